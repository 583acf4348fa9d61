"""Boosting for regression that cross-validates how far to trust the source rows (two-stage TrAdaBoost.R2)."""

import warnings
from numbers import Integral

import numpy as np
from joblib import delayed
from sklearn.utils import check_random_state

from sktl._checks import FOLDS, Interval
from sktl._core.boosting import (
    ERROR_TOL,
    is_chance,
    log_target_factor,
    residual_loss,
    shrunk_weights,
    weighted_median,
)
from sktl._progress import as_they_come, reported, with_callbacks
from sktl._threads import threads_by_size
from sktl.domains import take_rows, user_level
from sktl.exceptions import EarlyStopWarning
from sktl.instance._boosting import (
    BoostedRegressor,
    base_of,
    fit_learner,
    generator,
    nan_checks,
    split_labeled,
    store_rounds,
    store_row_weights,
)

__all__ = ["TwoStageTrAdaBoostRegressor"]


# --- algorithm 3 of [1] as functions; weights sum to 1, and a row of weight 0 takes no part ---


def target_shares(n_target, n_rows, n_steps):
    """Total weight of the target rows in each step, (n_steps,): from their share of the rows to 1; step 4 of [1]."""
    return np.linspace(n_target / n_rows, 1, n_steps)


def step_weights(base, X, y, target, loss, shares, rng):
    """Yield each step's weights (n_samples,): source rows that one learner misses lose some; steps 2-4 of [1]."""
    weights = np.full(len(y), 1 / len(y))
    yield weights
    for share in shares[1:]:
        weights = weights.copy()
        total = weights[target].sum() * (1 / share - 1)  # of source rows, before all are scaled by Z_t
        if total > 0:
            learner = fit_learner(base, X, y, weights * len(y), rng)
            losses = residual_loss(learner.predict(X), y, loss)
            weights[~target] = shrunk_weights(weights[~target], losses[~target], total)
        else:
            weights[~target] = 0.0
        weights = weights / weights.sum()
        yield weights


def boost_target(base, X, y, target, weights, n_rounds, loss, rng):
    """Yield (learner, error, weight of its vote) of each round of AdaBoost.R2', which never moves source weights."""
    used = weights > 0
    X, y, target, weights = take_rows(X, used), y[used], target[used], weights[used] / weights.sum()
    total = weights[target].sum()
    for n_before in range(n_rounds):
        learner = fit_learner(base, X, y, weights * len(y), rng)
        losses = residual_loss(learner.predict(X), y, loss)
        error = float(weights @ losses)
        guesses = is_chance(error)
        if guesses and n_before:
            return
        log_factor = log_target_factor(error)
        yield learner, error, 1.0 if guesses else log_factor
        if guesses or error <= ERROR_TOL:
            return
        # Times beta_t^(1 - loss), scaled back to the target's total: the factor beta_t^1 goes, and an overflow with it.
        moved = weights[target] * np.exp((losses[target] - losses[target].max()) * log_factor)
        weights = weights.copy()
        weights[target] = np.maximum(moved * (total / moved.sum()), np.finfo(float).tiny)


def deal_folds(X, y, n_folds, rng):
    """Number of the fold of each row: rows sorted by label are dealt out, so that the row order does not matter."""
    n_folds = min(n_folds, len(y))
    ties = X @ rng.normal(size=X.shape[1])  # equal labels by a random direction of X, not by their order
    order = np.lexsort([ties, y])
    # a new order for each round of dealing: no fold always gets the smallest label
    hands = np.concatenate([rng.permutation(n_folds) for _ in range(0, len(y), n_folds)])
    folds = np.empty(len(y), dtype=int)
    folds[order] = hands[: len(y)]
    return folds


def draw_seed(rng):
    """Integer for one run, or None where there is no generator."""
    return None if rng is None else int(rng.randint(np.iinfo(np.int32).max))


def held_out_loss(base, X, y, target, weights, held_out, n_rounds, loss, seed):
    """Sum of squared errors on the ``held_out`` target rows of a model of all the others."""
    rng = None if seed is None else check_random_state(seed)
    rounds = list(boost_target(base, X, y, target, np.where(held_out, 0.0, weights), n_rounds, loss, rng))
    new = take_rows(X, held_out)
    values = np.column_stack([learner.predict(new) for learner, _, _ in rounds])
    predicted = weighted_median(values, np.array([vote for _, _, vote in rounds]))
    return float(np.sum((predicted - y[held_out]) ** 2))


class TwoStageTrAdaBoostRegressor(BoostedRegressor):
    r"""Boost a regressor on source rows and a few target rows; cross-validation sets how far the source is trusted.

    Two-stage TrAdaBoost.R2. The *first stage* moves the weight, in :math:`S` steps, from the :math:`n` source rows to
    the :math:`m` labelled target rows. In step :math:`t` a learner of all rows has on row i the loss :math:`e_i \in
    [0, 1]`, its residual as a share of the largest; source rows that it misses lose weight,

    .. math::

        w_i \leftarrow w_i \, \beta_t^{e_i} / Z_t \quad (i \in \text{source}), \qquad
        w_i \leftarrow w_i / Z_t \quad (i \in \text{target}),

    with the :math:`\beta_t` found by bisection for which the target rows have the total weight

    .. math::

        \frac{m}{n+m} + \frac{t}{S-1} \left(1 - \frac{m}{n+m}\right).

    So the first step's weights are equal, and the last one's 0 on all source rows. The *second stage* boosts from each
    step's weights by AdaBoost.R2', which re-weights target rows only. The step whose model has the smallest
    cross-validated error on the labelled target rows is taken.

    It *helps* if it is not known beforehand how far the source can be trusted: the first step pools all rows, the last
    uses the target alone. It *hurts* if there are few labelled target rows (fewer than about twenty): cross-validation
    then picks a step by chance. Compare it with :class:`TrAdaBoostRegressor`, which costs much less.

    Parameters
    ----------
    estimator : regressor, default=None
        The model to boost: a regressor whose ``fit`` takes ``sample_weight``, or a Pipeline that ends in one. It is
        cloned. None stands for ``DecisionTreeRegressor(min_samples_leaf=3, max_features=0.5)``.
    n_steps : int, default=5
        Steps S of the first stage, at least 1. The more steps, the less reliably a few target rows choose among them.
    n_estimators : int, default=30
        Most rounds of AdaBoost.R2' in each step, at least 1.
    cv : int, default=5
        Folds of the cross-validation, at least 2, but no more than there are labelled target rows.
    loss : {"linear", "square", "exponential"}, default="linear"
        How a row's share :math:`e_i` of the largest residual counts, in both stages: as it is, squared, or as
        :math:`1 - \exp(-e_i)`.
    store_weights : bool, default=False
        Whether to keep ``sample_weights_``.
    n_jobs : int, default=None
        Number of models cross-validated at a time, through joblib; -1 uses all processors.
    random_state : int, RandomState instance or None, default=0
        Seeds the folds and every ``random_state`` of the learners, so that each tree draws its own features. None
        keeps the base estimator's own settings, and draws the same folds each time.

    Attributes
    ----------
    estimators_ : list of regressors
        The learners of the chosen model, one per round of AdaBoost.R2'.
    estimator_weights_ : ndarray of shape (n_iter_,)
        Weight ln(1/beta) of each learner in the median.
    estimator_errors_ : ndarray of shape (n_iter_,)
        Error of each learner: its weighted mean loss on all rows of its fit.
    n_iter_ : int
        Number of rounds kept, at most ``n_estimators``.
    best_step_ : int
        The chosen step: 0 means equal weights, ``n_steps - 1`` the target alone.
    step_errors_ : ndarray of shape (n_steps,)
        Cross-validated mean squared error of each step's model on labelled target rows; NaN where there is one step.
    target_shares_ : ndarray of shape (n_steps,)
        Total weight of the target rows in each step, as a share of all.
    sample_weights_ : ndarray of shape (n_steps, n_samples)
        Weights with which AdaBoost.R2' starts in each step, in the row order of ``X``. Each step's sum to the number of
        labelled rows; rows without a label have 0. Only with ``store_weights=True``.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    sktl.instance.TrAdaBoostRegressor : One run of boosting, without a choice of the trust in the source.
    sklearn.ensemble.AdaBoostRegressor : The method to use if there is no source.

    Notes
    -----
    *Rows.* Rows without a label, of either domain, are left out. If nothing tells the domains apart, all rows count as
    target rows, and there is one step: AdaBoost.R2. With one labelled target row there is one step too (equal weights)
    and a warning, since nothing can be cross-validated.

    *Where the paper is silent.* "The weights of the source rows are never modified" in AdaBoost.R2': after each round
    the target rows are scaled back to their total. In a fold the rows that remain keep their weights, so that the
    target has a little less than its share. Rows sorted by label are dealt out to the folds, so that each has labels of
    all sizes and their order does not matter. Errors are squared and averaged over rows; of equal steps the first is
    taken. Where source rows without any loss alone weigh more than the schedule allows, no :math:`\beta_t` will do:
    all others get 0, and they are scaled down.

    *Early stop* within AdaBoost.R2': a learner with an error of 1/2 and more is dropped and ends the rounds (the first
    is kept, with weight 1); one without error is the last.

    *Defaults* were chosen by ``benchmarks/tradaboost_r2.py --sweep``: 5 steps of 30 rounds have errors 3 % below those
    of 10 steps of 30, and about 8 % below those of 10 steps of 10. ``random_state`` is 0 for the reason given at
    :class:`TrAdaBoostRegressor`.

    *Cost.* S - 1 fits of the base estimator one after the other, then S x ``cv`` + 1 runs of at most ``n_estimators``
    fits: the first stage's weights don't depend on the second's models, so these run in parallel, and only the model
    taken is fitted on all rows. With the defaults about 800 fits. With scikit-learn 1.9 or newer,
    ``set_callbacks(ProgressBar())`` shows these runs.

    References
    ----------
    .. [1] D. Pardoe, P. Stone (2010). Boosting for regression transfer. ICML. Algorithm 3.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sktl.instance import TwoStageTrAdaBoostRegressor
    >>> rng = np.random.default_rng(0)
    >>> X, target = rng.normal(size=(600, 2)), np.arange(600) >= 300
    >>> wrong = ~target & (np.arange(600) % 2 == 0)  # half of the source follows another rule
    >>> y = X[:, 0] + np.where(wrong, -2, 2) * X[:, 1] + rng.normal(size=600)
    >>> y[315:] = np.nan  # the target has labels in 15 rows
    >>> model = TwoStageTrAdaBoostRegressor(LinearRegression()).fit(X, y, sample_domain=target)
    >>> error = model.predict(X[315:]) - X[315:] @ [1, 2]
    >>> print(f"{np.sqrt(np.mean(error**2)):.1f}")  # one fit of all rows: 1.6
    0.4
    """

    _constraints = {"n_steps": (Interval(Integral, 1),), "cv": FOLDS}

    def __init__(
        self,
        estimator=None,
        *,
        n_steps=5,
        n_estimators=30,
        cv=5,
        loss="linear",
        store_weights=False,
        n_jobs=None,
        random_state=0,
    ):
        self.estimator = estimator
        self.n_steps = n_steps
        self.n_estimators = n_estimators
        self.cv = cv
        self.loss = loss
        self.store_weights = store_weights
        self.n_jobs = n_jobs
        self.random_state = random_state

    @with_callbacks
    @threads_by_size
    def fit(self, X, y, sample_domain=None):
        """Find each step's weights, cross-validate its model, and fit the best one.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Numbers; rows where they are missing (NaN, None, ``pd.NA``) are left out.
        sample_domain : array-like of shape (n_samples,), default=None
            Booleans (True = target), integers (negative = target) or names ("target"). Missing labels can't tell the
            domains here, since some target rows must have labels.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If the base estimator is not a regressor or takes no ``sample_weight``, or a parameter has the wrong type.
        ValueError
            If no target row or no source row has a label, or a parameter is out of range.

        Warns
        -----
        SingleDomainWarning
            If no label is missing and there is no ``sample_domain``: all rows are target rows.
        EarlyStopWarning
            If one target row has a label, so that no step can be chosen.
        """
        self._check_parameters(y)
        X, domains = self._check_rows(X, y, sample_domain, **nan_checks(self))
        rows, target = split_labeled(self, domains)
        X, y = take_rows(X, rows), self._numbers(y, rows)
        rng = generator(self)
        self.target_shares_ = target_shares(target.sum(), len(target), self._n_steps_for(target))
        steps = step_weights(base_of(self), X, y, target, self.loss, self.target_shares_, rng)
        weights = list(steps)
        self._solve(X, y, target, weights, rng)
        store_row_weights(self, np.array(weights) * len(y), rows)
        return self

    def _n_steps_for(self, target):
        """Return ``n_steps``, or 1 where there is nothing to choose from, or nothing to choose by."""
        if target.all():
            return 1
        if self.n_steps > 1 and np.count_nonzero(target) == 1:
            warnings.warn(
                "Only one target row has a label, so the steps can't be cross-validated: the first one is used, "
                "in which all rows have the same weight. Label more target rows, or use TrAdaBoostRegressor.",
                EarlyStopWarning,
                stacklevel=user_level(),
            )
            return 1
        return self.n_steps

    def _solve(self, X, y, target, weights, rng):
        """Cross-validate the steps if there are several, and fit the best one's model on all rows."""
        base, options = base_of(self), (self.n_estimators, self.loss)
        folds = self._folds(X, y, target, rng) if len(weights) > 1 else []
        jobs = [(step, held_out, draw_seed(rng)) for step in weights for held_out in folds]
        runs = as_they_come(
            (
                delayed(held_out_loss)(base, X, y, target, step, held_out, *options, seed)
                for step, held_out, seed in jobs
            ),
            self.n_jobs,
        )
        losses = reported(self, runs, len(jobs), "fold")
        losses += [np.nan] * (len(weights) * max(len(folds), 1) - len(losses))  # nothing to choose, or told to stop
        self.step_errors_ = np.reshape(losses, (len(weights), -1)).sum(axis=1) / np.count_nonzero(target)
        known = np.where(np.isnan(self.step_errors_), np.inf, self.step_errors_)
        self.best_step_ = int(known.argmin())
        store_rounds(self, list(boost_target(base, X, y, target, weights[self.best_step_], *options, rng)))

    def _folds(self, X, y, target, rng):
        """Masks (n_labeled,) of the target rows to hold out, one per fold."""
        fold = np.full(len(y), -1)
        fold[target] = deal_folds(take_rows(X, target), y[target], self.cv, check_random_state(draw_seed(rng) or 0))
        return [fold == number for number in np.unique(fold[target])]
