"""Held-out losses of lassos along falling penalties: the rows of a domain in folds, fits without each fold.

Rows that judge are left out of a fit fold by fold; the other rows are whole in every fit.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sktl._core.biased_ridge import label_moments
from sktl._core.lasso import Rows, solve, stacked, suits_sums
from sktl._core.lasso_fits import RowFits, SumFits
from sktl._core.losses import Loss
from sktl._core.moments import merge

GAIN = 3e-4  # of a Newton step in a fit that only judges: the error left is far below the noise of a held-out loss
RISES = 4  # a cross-validated path ends where so many smaller penalties in a row are worse than the best
WORST = 1e6  # loss of a held-out row at the most: one wild mean of a Poisson model would hide all other rows


@dataclass(frozen=True)
class Part:
    """The rows of one domain, dealt to folds.

    Attributes
    ----------
    rows : Rows
        Of one domain.
    folds : ndarray of shape (n,), or None
        Fold of each row, 0, 1, ...; None where none can be held out.
    """

    rows: Rows
    folds: np.ndarray | None

    @cached_property
    def of_folds(self):
        """:class:`Moments` of the rows of each fold, of all rows where there is none."""
        groups = [self.rows] if self.folds is None else [self.rows.take(self.folds == f) for f in range(self.n_folds)]
        return [label_moments(g.X, g.y - g.offset, g.weights, 1.0) for g in groups if len(g.y)]

    @cached_property
    def moments(self):
        """Moments of all rows."""
        return merge(self.of_folds)

    @cached_property
    def without(self):
        """Moments of the rows without each fold."""
        return [merge([one for f, one in enumerate(self.of_folds) if f != left]) for left in range(self.n_folds)]

    @property
    def n_folds(self):
        """Number of folds; 0 where there is none."""
        return 0 if self.folds is None else int(self.folds.max()) + 1


def make_fits(loss: Loss, judges, members):
    """Fits of all rows of some parts, one without each fold of the ``judges``; of all rows if there is no judge."""
    parts = [*judges, *members]
    n_folds = max((part.n_folds for part in judges), default=0)
    if suits_sums(loss, sum(len(part.rows.y) for part in parts), parts[0].rows.X.shape[1]):
        whole = [part.moments for part in members]
        folds = [[part.without[f] for part in judges] for f in range(n_folds)] or [[]]
        return SumFits([[*own, *whole] for own in folds])
    rows = stacked([part.rows for part in parts])
    if not n_folds:
        return RowFits(loss, rows)
    folds = [part.folds for part in judges] + [np.full(len(part.rows.y), -1) for part in members]
    return RowFits(loss, rows, rows.weights[:, None] * (np.concatenate(folds)[:, None] != np.arange(n_folds)))


@dataclass(frozen=True)
class CrossValidated:
    """Losses of the target's rows, each by a fit without its fold, along falling penalties.

    Attributes
    ----------
    penalties : ndarray of shape (n_tried,)
        Penalties.
    losses : ndarray of shape (n, n_tried)
        Losses of the rows.
    weights : ndarray of shape (n,)
        Weights of the rows.
    """

    penalties: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)

    @property
    def means(self):
        """Mean loss of each penalty."""
        return self.weights @ self.losses / self.weights.sum()

    @property
    def best(self):
        """Position of the least mean loss."""
        return int(self.means.argmin())

    @property
    def within_one_error(self):
        """Position of the largest penalty whose loss is within a standard error of the least."""
        excess = self.losses - self.losses[:, [self.best]]
        mean = self.weights @ excess / self.weights.sum()
        return int(np.flatnonzero(mean <= standard_error(self.losses[:, self.best], self.weights))[0])

    @property
    def chosen(self):
        """Losses of the rows at the best penalty."""
        return self.losses[:, self.best]


def standard_error(values, weights):
    """Of a weighted mean."""
    mean = weights @ values / weights.sum()
    effective = weights.sum() ** 2 / np.sum(weights**2)  # Kish's number of rows; one is spent on the mean
    return float(np.sqrt(weights @ (values - mean) ** 2 / weights.sum() / max(effective - 1, 1)))


# --- cross-validation ---


def cross_validate(loss: Loss, judges, members, penalties) -> CrossValidated:
    """Losses of the rows of the ``judges``, by fits of all parts without each of their folds.

    All folds go down the path side by side, so that it ends where smaller penalties only do worse.
    """
    fits = make_fits(loss, judges, members)
    y, offset, weights = (
        np.concatenate([getattr(p.rows, name) for p in judges]) for name in ("y", "offset", "weights")
    )
    own = np.arange(len(y)), np.concatenate([part.folds for part in judges])
    ended = np.zeros(len(fits.coef), dtype=bool)
    at, losses, best, rises = np.full(len(ended), penalties[0]), [], np.inf, 0
    for penalty in penalties:
        last, at = at, np.where(ended, at, penalty)  # a saturated fit stays where it is
        solve(fits, at, last, GAIN)
        ended = fits.is_saturated
        eta = fits.eta[own] if isinstance(fits, RowFits) else _linear_parts(fits, judges)[own] + offset
        losses.append(np.minimum(loss.value(y, eta), WORST))
        mean = weights @ losses[-1]
        rises, best = (0, mean) if mean < best else (rises + 1, best)
        if rises >= RISES or ended.all():
            break
    return CrossValidated(penalties[: len(losses)], np.column_stack(losses), weights)


def _linear_parts(fits, judges):
    """Linear predictors of the rows of the judges by each fit, without offsets, (n, n_fits)."""
    columns = np.flatnonzero(fits.coef.any(axis=0))
    coef, intercepts = fits.coef[:, columns].T, fits.intercepts
    return np.vstack([part.rows.X[:, columns] @ coef + intercepts[:, g] for g, part in enumerate(judges)])
