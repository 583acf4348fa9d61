"""Paired tests of a gain: what transfer brings over no transfer, row by row."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

TINY = 1e-9  # in place of no degree of freedom: a single row's spread is beyond bounds, not 0 / 0


@dataclass(frozen=True)
class Gain:
    """What transfer brings over the best baseline, in units of the score: higher is better.

    Parameters
    ----------
    estimate : float
        Mean gain.
    low, high : float
        Confidence interval of level 1 - 2 alpha (alpha divided by the number of transfer models).
    pvalue : float
        One-sided: probability of a gain at least as large if the true gain were the margin.
    standard_error : float
        Of the estimate.

    Examples
    --------
    >>> from sktl.model_selection.evidence import judge
    >>> import numpy as np
    >>> gain = judge({"a": np.ones(9), "b": np.tile([0.0, 0.0, 1.0], 3)}, "a", [], ["b"], alpha=0.05).gains["b"]
    >>> round(gain.estimate, 3), round(gain.pvalue, 3)
    (0.667, 0.008)
    """

    estimate: float
    low: float
    high: float
    pvalue: float
    standard_error: float


def student_gain(mean, error, n, alpha, margin):
    """Student's one-sided test of a mean above ``margin``, of ``n`` rows (perhaps a fraction: weighted ones)."""
    reach = stats.t.ppf(1 - alpha, n - 1) * error if n > 1 else np.inf
    # without spread every row says the same: certain, either way; a single row says nothing
    pvalue = stats.t.sf((mean - margin) / error, n - 1) if error > 0 and n > 1 else float(n <= 1 or mean <= margin)
    return Gain(float(mean), float(mean - reach), float(mean + reach), float(pvalue), float(error))


def gain_of_rows(differences, alpha, margin):
    """Gain from one paired difference of losses per row; by McNemar's mid-p (one-sided) where these are -1, 0 and 1."""
    n = len(differences)
    gain = student_gain(differences.mean(), np.sqrt(differences.var(ddof=1) / n), n, alpha, margin)
    if margin == 0 and np.isin(differences, (-1, 0, 1)).all():
        # Student's test is far from its level where few rows differ; the exact test never reaches it, mid-p nearly does
        wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
        changed = stats.binom(wins + losses, 0.5)
        return replace(gain, pvalue=float(changed.sf(wins) + changed.pmf(wins) / 2) if wins + losses else 1.0)
    return gain


def weighted_mean(values, weights):
    """Weighted mean of rows, its standard error, and how many equally weighted rows the weights are worth."""
    share = weights / weights.sum()
    mean, n = np.sum(share * values), 1 / np.sum(share**2)
    # n / (n - 1) as in a plain variance, with the rows that the weights are worth
    return mean, np.sqrt(np.sum((share * (values - mean)) ** 2) * n / max(n - 1, TINY)), n


def gain_of_weighted_rows(differences, weights, alpha, margin):
    """Gain from weighted differences of losses: Student's test, with as many rows as the weights are worth."""
    return student_gain(*weighted_mean(differences, weights), alpha, margin)


def gain_of_folds(differences, n_folds, alpha, margin):
    """Gain from one difference of scores per fold, whose training rows overlap (Nadeau & Bengio 2003)."""
    n = len(differences)
    # test rows over training rows are added: these overlap, and 1 / n alone would promise too much
    error = np.sqrt((1 / n + 1 / (n_folds - 1)) * differences.var(ddof=1))
    return student_gain(differences.mean(), error, n, alpha, margin)
