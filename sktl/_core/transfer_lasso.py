"""Two-step transfer of sparse linear models, with detection of the sources that help.

First a lasso of target and chosen sources together, each domain with its own intercept; then a lasso of the difference
on the target alone (Li, Cai, Li, 2022; Tian, Feng, 2023). What is chosen is chosen by held-out target rows: sources
are whole in every fit, so that a target's loss is all that counts.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from joblib import Parallel, delayed

from sktl._core.biased_ridge import label_moments
from sktl._core.glm import Loss
from sktl._core.lasso import Rows, follow, penalty_grid, solve, stacked, suits_sums
from sktl._core.lasso_fits import RowFits, SumFits
from sktl._core.moments import merge

GAIN = 3e-4  # of a Newton step in a fit that only judges: the error left is far below the noise of a held-out loss
RISES = 4  # a cross-validated path ends where so many smaller penalties in a row are worse than the best
DOUBT = 3.0  # standard errors of a loss up to which a source is judged again, by the rows of more domains
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


# --- cross-validation by held-out rows ---


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


# --- detection of sources ---


@dataclass(frozen=True)
class Detection:
    """Which sources help.

    Attributes
    ----------
    chosen : ndarray of shape (n_sources,), dtype bool
        Those that help.
    gains : ndarray of shape (n_sources,)
        Held-out loss of the target alone, minus that with each source.
    errors : ndarray of shape (n_sources,)
        Standard errors of the gains.
    """

    chosen: np.ndarray
    gains: np.ndarray
    errors: np.ndarray


@dataclass(frozen=True)
class Problem:
    """The data of a fit.

    Attributes
    ----------
    loss : Loss
        Of a row.
    target : Part
        It judges in every fit, if it has folds.
    sources : list of Part
        Whole in a fit, or, if they have folds, judges beside the target.
    n_penalties : int
        Along a path.
    smallest : float
        The last penalty of a path, as a share of the first.
    """

    loss: Loss
    target: Part
    sources: list
    n_penalties: int
    smallest: float

    def fits(self, members):
        """The fit of all rows of the target and some sources."""
        return make_fits(self.loss, [], [self.target, *(self.sources[k] for k in members)])

    def grid(self, members):
        """Penalties for the target with some sources, from the least one on at which all coefficients are 0."""
        return penalty_grid(np.abs(self.fits(members).gradient).max(initial=0.0), self.smallest, self.n_penalties)

    def judge(self, judges, members=()) -> CrossValidated:
        """Held-out losses of the rows of the target and of the ``judges``, by fits with these and other ``members``."""
        penalties, others = self.grid([*judges, *members]), [self.sources[k] for k in members]
        if self.target.folds is None:  # nothing can be held out: coefficients of 0
            return CrossValidated(penalties[:1], np.zeros((1, 1)), np.ones(1))
        able = [self.sources[k] for k in judges if self.sources[k].folds is not None]
        unable = [self.sources[k] for k in judges if self.sources[k].folds is None]
        return cross_validate(self.loss, [self.target, *able], [*unable, *others], penalties)


def gain(alone: CrossValidated, other: CrossValidated):
    """Mean gain in held-out loss of ``other`` over ``alone``, row by row, and its standard error."""
    differences = alone.chosen - other.chosen
    return float(alone.weights @ differences / alone.weights.sum()), standard_error(differences, alone.weights)


def detect(problem: Problem, alone: CrossValidated, n_jobs=None) -> Detection:
    """The sources with which held-out rows are predicted better, or no worse.

    The target's rows judge each source by itself; that of the largest gain is taken, if the gain is more than a
    standard error (the largest of several is positive by chance alone often enough). From then on
    the held-out rows of the sources taken judge as well, since their coefficients are the target's or nearly so: more
    rows make surer judges. A source joins if its gain is not below 0 by more than a standard error; those that miss
    this by little are judged again by the larger set.
    """
    singles = judge_each(problem, [], range(len(problem.sources)), alone, n_jobs)
    gains, errors = (np.array(part, dtype=float) for part in zip(*singles, strict=True))
    chosen, left = [], []
    best = int(gains.argmax())
    if gains[best] > errors[best]:
        chosen = [best]
        left = [k for k in range(len(gains)) if k not in chosen]
    while left:
        judged = judge_each(problem, chosen, left, problem.judge(chosen), n_jobs)
        joining = [k for k, (more, error) in zip(left, judged, strict=True) if more > -error]
        doubtful = [k for k, (more, error) in zip(left, judged, strict=True) if -DOUBT * error < more <= -error]
        chosen, left = [*chosen, *joining], doubtful if joining else []
    return Detection(np.isin(np.arange(len(gains)), chosen), gains, errors)


def judge_each(problem, judges, sources, base, n_jobs):
    """For each of some sources, the gain over ``base``, and its standard error, of fits that take it in."""
    found = Parallel(n_jobs=n_jobs)(delayed(problem.judge)(judges, [k]) for k in sources)
    return [gain(base, one) for one in found]


# --- the two steps ---


@dataclass(frozen=True)
class TwoSteps:
    """Coefficients of both steps.

    Attributes
    ----------
    shared, own : ndarray of shape (p,)
        Coefficients of target and sources together, and the target's difference from them.
    intercept : float
        The target's.
    penalties : tuple of float
        Of the two steps; the second is NaN where there is no source.
    """

    shared: np.ndarray
    own: np.ndarray
    intercept: float
    penalties: tuple


def two_steps(problem: Problem, members, judged: CrossValidated | None = None) -> TwoSteps:
    """Fit target and sources together, then the target's difference; without sources the target's own lasso.

    The first penalty has the least held-out loss, of all rows, since those of the target alone are few. The second is
    the largest within a standard error of the least: the held-out rows have had a part in the first step, and would ask
    for too little.
    """
    target = problem.target
    judged = problem.judge(members) if judged is None else judged
    path = follow(problem.fits(members), judged.penalties[: judged.best + 1])
    shared, intercept = path.coef[-1], float(path.intercepts[-1, 0])
    if not members or target.folds is None:
        return TwoSteps(shared, np.zeros_like(shared), intercept, (float(path.penalties[-1]), np.nan))
    rest = replace(target.rows, offset=target.rows.offset + target.rows.X @ shared)
    alone = replace(problem, target=Part(rest, target.folds), sources=[])
    again = alone.judge([])
    # the largest penalty that does as well: what the target has of its own is small unless rows show it
    path = follow(alone.fits([]), again.penalties[: again.within_one_error + 1])
    penalties = float(judged.penalties[judged.best]), float(path.penalties[-1])
    return TwoSteps(shared, path.coef[-1], float(path.intercepts[-1, 0]), penalties)
