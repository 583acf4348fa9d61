"""Two-step transfer of sparse linear models, with detection of the sources that help.

First a lasso of target and chosen sources together, each domain with its own intercept; then a lasso of the difference
on the target alone (Li, Cai, Li, 2022; Tian, Feng, 2023). What is chosen is chosen by held-out target rows: sources
are whole in every fit, so that a target's loss is all that counts.
"""

from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed

from sktl._core.held_out_lasso import CrossValidated, Part, cross_validate, make_fits, standard_error
from sktl._core.lasso import follow, penalty_grid
from sktl._core.losses import Loss

DOUBT = 3.0  # standard errors of a loss up to which a source is judged again, by the rows of more domains
EVERY = (
    2  # of the penalties, where sources are judged: near its least a loss is flat, and a gain is a difference of two
)

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
        largest = np.abs(self.fits(members).gradient).max(initial=0.0)
        return penalty_grid(largest, self.smallest, self.n_penalties)

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
