"""Two-step transfer of sparse linear models, with detection of the sources that help.

First a lasso of target and chosen sources together, each domain with its own intercept; then a lasso of the difference
on the target alone (Li, Cai, Li, 2022; Tian, Feng, 2023). What is chosen is chosen by held-out target rows: sources
are whole in every fit, so that a target's loss is all that counts.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from joblib import Parallel, delayed

from sktl._core.biased_ridge import label_moments
from sktl._core.glm import SQUARED, Loss
from sktl._core.lasso import (
    Descent,
    Rows,
    largest_penalty,
    lasso,
    penalty_grid,
    squared_intercept,
    squared_path,
    stacked,
)
from sktl._core.moments import merge

RISES = 4  # a cross-validated path ends where so many smaller penalties in a row are worse than the best
DOUBT = 3.0  # standard errors of a loss up to which a source is judged again, by the rows of more domains
WORST = 1e6  # loss of a held-out row at the most: one wild mean of a Poisson model would hide all other rows


@dataclass(frozen=True)
class Part:
    """The rows of one domain, dealt to folds, or whole in every fit.

    Attributes
    ----------
    rows : Rows
        Of one domain.
    folds : ndarray of shape (n,), or None
        Fold of each row, 0, 1, ...; None where none is held out.
    moments : tuple of Moments
        Of each fold, or of all rows, for squared losses.
    """

    rows: Rows
    folds: np.ndarray | None
    moments: tuple = ()

    def without(self, fold):
        """Rows of the other folds."""
        return self.rows if self.folds is None else self.rows.take(self.folds != fold)

    def moments_without(self, fold):
        """Moments of the rows of the other folds."""
        return merge([one for f, one in enumerate(self.moments) if self.folds is None or f != fold])


def make_part(loss: Loss, rows: Rows, folds=None) -> Part:
    """A domain with the sums over each fold that squared losses need."""
    if loss is not SQUARED:
        return Part(rows, folds)
    groups = [rows] if folds is None else [rows.take(folds == f) for f in range(int(folds.max()) + 1)]
    return Part(rows, folds, tuple(label_moments(g.X, g.y - g.offset, g.weights, 1.0) for g in groups if len(g.y)))


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


def deal_folds(X, stratum, n_folds, rng):
    """Fold of each row: equal rows in one fold, each ``stratum`` spread over all, in any order and with any weights."""
    _, numbers = np.unique(X, axis=0, return_inverse=True)
    of_group = np.zeros(numbers.max() + 1, dtype=bool)
    of_group[numbers[stratum]] = True
    shuffled = rng.permutation(len(of_group))
    shuffled = shuffled[np.argsort(of_group[shuffled], kind="stable")]
    folds = np.empty(len(of_group), dtype=int)
    folds[shuffled] = np.arange(len(of_group)) % n_folds
    return folds[numbers]


# --- cross-validation by held-out rows ---


def cross_validate(loss: Loss, parts, penalties) -> CrossValidated:
    """Losses of the rows of the parts that have folds, by fits of all parts without each fold."""
    if all(part.folds is None for part in parts):  # nothing can be held out: coefficients of 0
        return CrossValidated(penalties[:1], np.zeros((1, 1)), np.ones(1))
    losses = (_squared_losses if loss is SQUARED else _newton_losses)(loss, parts, penalties)
    weights = np.concatenate([part.rows.weights for part in parts if part.folds is not None])
    return CrossValidated(penalties[: losses.shape[1]], losses, weights)


def _places(parts):
    """For each fold, what is held out: (number of the part, its rows, their places among all judged rows)."""
    judged = [(g, part) for g, part in enumerate(parts) if part.folds is not None]
    starts = np.cumsum([0, *(len(part.folds) for _, part in judged)])
    for f in range(max(int(part.folds.max()) for _, part in judged) + 1):
        held = [(g, part.folds == f, start) for (g, part), start in zip(judged, starts, strict=False)]
        yield f, [(g, parts[g].rows.take(own), start + np.flatnonzero(own)) for g, own, start in held]


def _n_judged(parts):
    return sum(len(part.folds) for part in parts if part.folds is not None)


def _squared_losses(loss, parts, penalties):
    """From sums: each fit's are those of the other folds."""
    losses = np.empty((_n_judged(parts), len(penalties)))
    for f, held in _places(parts):
        moments = [part.moments_without(f) for part in parts]
        coef = squared_path(moments, penalties)
        for g, rows, places in held:
            eta = rows.X @ coef.T + squared_intercept(moments[g], coef) + rows.offset[:, None]
            losses[places] = loss.value(rows.y[:, None], eta)
    return losses


def _newton_losses(loss, parts, penalties):
    """All folds go down the path side by side, so that it can end where smaller penalties only do worse."""
    places = list(_places(parts))
    descents = [Descent(loss, stacked([part.without(f) for part in parts])) for f, _ in places]
    weights = np.concatenate([part.rows.weights for part in parts if part.folds is not None])
    losses, last, best, rises, ended = [], penalties[0], np.inf, 0, [False] * len(places)
    for penalty in penalties:
        column = np.empty(len(weights))
        for f, held in places:
            if not ended[f]:
                descents[f].solve(penalty, last)
                ended[f] = descents[f].is_saturated
            for g, rows, own in held:
                values = loss.value(rows.y, rows.offset + rows.X @ descents[f].w + descents[f].b[g])
                column[own] = np.minimum(values, WORST)
        last = penalty
        losses.append(column)
        mean = weights @ column
        rises, best = (0, mean) if mean < best else (rises + 1, best)
        if rises >= RISES:
            break
    return np.column_stack(losses)


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
        Its rows are dealt to folds.
    sources : list of Part
        Whole in every fit.
    source_folds : list of (ndarray or None)
        Folds of each source's rows, None where they are too few to be held out.
    n_penalties : int
        Along a path.
    smallest : float
        The last penalty of a path, as a share of the first.
    """

    loss: Loss
    target: Part
    sources: list
    source_folds: list
    n_penalties: int
    smallest: float

    def grid(self, members):
        """Penalties for the target with some sources."""
        rows = stacked([self.target.rows, *(self.sources[k].rows for k in members)])
        return penalty_grid(largest_penalty(self.loss, rows), self.smallest, self.n_penalties)

    def judge(self, judges, members=()) -> CrossValidated:
        """Held-out losses of the rows of the target and of the ``judges``, by fits with these and other ``members``."""
        held = [make_part(self.loss, self.sources[k].rows, self.source_folds[k]) for k in judges]
        parts = [self.target, *held, *(self.sources[k] for k in members)]
        return cross_validate(self.loss, parts, self.grid([*judges, *members]))


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
    loss, target = problem.loss, problem.target
    judged = problem.judge(members) if judged is None else judged
    rows = stacked([target.rows, *(problem.sources[k].rows for k in members)])
    path = lasso(loss, rows, judged.penalties[: judged.best + 1])
    shared, intercept = path.coef[-1], float(path.intercepts[-1, 0])
    if not members or target.folds is None:
        return TwoSteps(shared, np.zeros_like(shared), intercept, (float(path.penalties[-1]), np.nan))
    rest = replace(target.rows, offset=target.rows.offset + target.rows.X @ shared)
    again = replace(problem, target=make_part(loss, rest, target.folds), sources=[]).judge([])
    # the largest penalty that does as well: what the target has of its own is small unless rows show it
    path = lasso(loss, rest, again.penalties[: again.within_one_error + 1])
    penalties = float(judged.penalties[judged.best]), float(path.penalties[-1])
    return TwoSteps(shared, path.coef[-1], float(path.intercepts[-1, 0]), penalties)
