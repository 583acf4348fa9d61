"""Lasso paths of squared, logistic and Poisson losses, with offsets and an intercept a domain, that nothing penalises.

The objective is, with weights s_i, offsets o_i and the domain g(i) of row i,

    sum_i s_i loss(y_i, o_i + x_i'w + b_g(i)) / sum_i s_i + penalty |w|_1.

Several fits go down a path side by side: those of the same rows, each without another fold. Each penalty is solved on
the columns that may matter (strong rules; Tibshirani et al., 2012), and checked against all columns. With squared
losses and many rows all comes from sums over the rows; else by proximal Newton steps.
"""

from dataclasses import dataclass

import numpy as np

from sktl._core.biased_ridge import label_moments
from sktl._core.lasso_fits import RowFits, SumFits
from sktl._core.losses import SQUARED, Loss

N_PENALTIES = 40
GAIN = 1e-5  # of a Newton step, as a share of the objective: what the next would gain is about its square
MOST_STRONG = 100  # columns up to which all that the strong rules keep are taken
SUMS_FROM = 5  # rows a column: sums of some ten sets of rows (domains, folds) then take no more than twice their place
ROUNDING = 1e-6  # by how much a gradient may exceed the penalty


@dataclass(frozen=True)
class LassoPath:
    """Coefficients along falling penalties.

    Attributes
    ----------
    penalties : ndarray of shape (n_penalties,)
        Falling; fewer than asked for where the path saturated.
    coef : ndarray of shape (n_penalties, p)
        Coefficients.
    intercepts : ndarray of shape (n_penalties, n_domains)
        Intercepts of each domain.
    """

    penalties: np.ndarray
    coef: np.ndarray
    intercepts: np.ndarray


@dataclass(frozen=True)
class Rows:
    """Rows of one or several domains.

    Attributes
    ----------
    X : ndarray of shape (n, p)
        Rows, best in columns (Fortran's order).
    y, offset, weights : ndarray of shape (n,)
        Labels, the known part of the linear predictor, and weights.
    domain : ndarray of shape (n,)
        0, 1, ...: rows of one number share an intercept.
    """

    X: np.ndarray
    y: np.ndarray
    offset: np.ndarray
    weights: np.ndarray
    domain: np.ndarray

    @property
    def n_domains(self):
        """Number of intercepts."""
        return int(self.domain.max(initial=0)) + 1

    def take(self, rows):
        """Some of the rows."""
        return Rows(self.X[rows], self.y[rows], self.offset[rows], self.weights[rows], self.domain[rows])


def stacked(parts) -> Rows:
    """Rows of several domains, each with an intercept of its own."""
    parts = list(parts)
    domain = np.repeat(np.arange(len(parts)), [len(part.y) for part in parts])
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in ("y", "offset", "weights")]
    return Rows(np.asfortranarray(np.vstack([part.X for part in parts])), *columns, domain)


def largest_penalty(loss: Loss, rows: Rows) -> float:
    """The least penalty at which all coefficients are 0."""
    return float(np.abs(RowFits(loss, rows).gradient).max(initial=0.0))


def penalty_grid(largest: float, smallest_share: float, n: int = N_PENALTIES) -> np.ndarray:
    """Falling penalties from the largest one on, evenly in their logarithm."""
    # columns that say nothing at all still need a path of penalties
    return max(largest, 1e-12) * np.geomspace(1.0, smallest_share, n)


# --- paths ---


def solve(fits, penalties, last, gain=GAIN):
    """Solve each fit at its penalty, (n_fits,), from the solution at its ``last`` one."""
    size, support = np.abs(fits.gradient), fits.coef != 0
    active = (support | (size >= (2 * penalties - last)[:, None])).any(axis=0)
    if np.count_nonzero(active) > MOST_STRONG:  # curvatures of so many cost more than another look at what was missed
        active = (support | (size >= penalties[:, None])).any(axis=0)
    while active.any():
        fits.solve_on(np.flatnonzero(active), penalties, gain)
        # ties of a column with the penalty, but for rounding, stay out
        missed = ~active & (np.abs(fits.gradient) > penalties[:, None] * (1 + ROUNDING) + 1e-12).any(axis=0)
        if not missed.any():
            return
        active |= missed


def follow(fits, penalties) -> LassoPath:
    """The path of one fit along falling penalties; it ends where it is saturated."""
    penalties = np.asarray(penalties, dtype=float)
    found, last = [], np.maximum(penalties[:1], np.abs(fits.gradient).max(initial=0.0))
    for penalty in penalties:
        solve(fits, np.array([penalty]), last)
        last = np.array([penalty])
        found.append((fits.coef[0].copy(), fits.intercepts[0].copy()))
        if fits.is_saturated[0]:
            break
    return LassoPath(penalties[: len(found)], *(np.array(part) for part in zip(*found, strict=True)))


def suits_sums(loss: Loss, n: int, p: int) -> bool:
    """Whether sums over n rows serve better than the rows: squared losses, and p x p sums much smaller than n x p."""
    return loss is SQUARED and n >= SUMS_FROM * p


def lasso(loss: Loss, rows: Rows, penalties) -> LassoPath:
    """The path of a loss along falling penalties."""
    if not suits_sums(loss, *rows.X.shape):
        return follow(RowFits(loss, rows), penalties)
    parts = [rows.take(rows.domain == g) for g in range(rows.n_domains)]
    scale = 1.0 / rows.weights.min()
    return follow(
        SumFits([[label_moments(part.X, part.y - part.offset, part.weights, scale) for part in parts]]), penalties
    )
