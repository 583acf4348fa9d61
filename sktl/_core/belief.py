"""What is believed of a score before and after a few labels: a mixture of two normals on a grid, and its posterior."""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy
from scipy.stats import norm

GRID = 2001  # values of the score that are looked at: steps of a hundredth of the widest normal's deviation


@dataclass(frozen=True)
class Belief:
    """Probabilities of values of a score.

    Attributes
    ----------
    values : ndarray of shape (n,)
        Ascending.
    shares : ndarray of shape (n,)
        Their probabilities, of sum 1.
    """

    values: np.ndarray
    shares: np.ndarray

    @property
    def mean(self) -> float:
        """The mean."""
        return float(self.values @ self.shares)

    def quantile(self, level: float) -> float:
        """The value up to which ``level`` of the probability lies, in between the values of the grid."""
        middles = np.cumsum(self.shares) - self.shares / 2
        return float(np.interp(level, middles, self.values))

    def after(self, log_likelihood) -> "Belief":
        """The belief after evidence, whose logarithm of the likelihood is given at ``values``; Bayes' rule."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.shares) + log_likelihood
        shares = np.exp(logs - logs.max())
        return Belief(self.values, shares / shares.sum())


def mixed_belief(centres, deviations, shares, low, high, rest=0.0) -> Belief:
    """A mixture of normals, cut at the bounds ``low`` and ``high`` of the score, which may be infinite.

    The share ``rest`` of the belief is the same at all values between the bounds (or within ten deviations), so that
    labels may say what nobody expected.
    """
    centres, deviations = np.asarray(centres, dtype=float), np.asarray(deviations, dtype=float)
    start, end = (centres - 10 * deviations).min(), (centres + 10 * deviations).max()
    values = np.linspace(low if np.isfinite(low) else start, high if np.isfinite(high) else end, GRID)
    density = sum(w * norm.pdf(values, c, s) for w, c, s in zip(shares, centres, deviations, strict=True))
    total = density.sum()
    shares = density / total if total > 0 else np.full(GRID, 1 / GRID)
    return Belief(values, (1 - rest) * shares + rest / GRID)


def binomial_log_likelihood(values, n_right, n):
    """Of a share, with ``n_right`` of ``n`` rows right."""
    return xlogy(n_right, values) + xlogy(n - n_right, 1 - values)


def normal_log_likelihood(values, estimate, error):
    """Of a score that an unbiased estimate of standard error ``error`` is known of."""
    return -0.5 * ((values - estimate) / error) ** 2
