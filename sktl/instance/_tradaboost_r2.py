"""Boosting for regression that mistrusts source rows which contradict a few labelled target rows (TrAdaBoost.R2)."""

import numpy as np

from sktl._core.boosting import (
    ERROR_TOL,
    initial_weights,
    is_chance,
    log_source_factor,
    log_target_factor,
    residual_loss,
    scaled_weights,
    second_half,
    updated_weights,
)
from sktl._progress import reported, with_callbacks
from sktl._threads import threads_by_size
from sktl.domains import take_rows
from sktl.instance._boosting import (
    BoostedRegressor,
    base_of,
    fit_learner,
    generator,
    nan_checks,
    split_labeled,
    store_rounds,
    store_row_weights,
    warn_if_ended_at_once,
)

__all__ = ["TrAdaBoostRegressor"]

WAYS_OUT = (
    "Raise target_weight, or choose a stronger estimator, to fit these rows better.",
    "No source row was re-weighted. Choose a simpler estimator, which leaves errors to learn from.",
)


class TrAdaBoostRegressor(BoostedRegressor):
    r"""Boost a regressor on many source rows and a few labelled target rows, mistrusting source rows that mislead.

    TrAdaBoost.R2. In each of :math:`N` rounds a learner :math:`h_t` is fitted on all labelled rows with weights
    :math:`w_i`. A row's loss is its residual, as a share of the largest one, and the learner's error that of the target
    rows alone:

    .. math::

        e_i = \frac{|y_i - h_t(x_i)|}{\max_j |y_j - h_t(x_j)|}, \qquad
        \epsilon_t = \frac{\sum_{i \in \text{target}} w_i e_i}{\sum_{i \in \text{target}} w_i}, \qquad
        \beta_t = \frac{\epsilon_t}{1 - \epsilon_t}, \qquad
        \beta = \frac{1}{1 + \sqrt{2 \ln n / N}},

    with :math:`n` source rows. Target rows that it misses gain weight, source rows that disagree with it lose weight:

    .. math::

        w_i \leftarrow w_i \, \beta_t^{-e_i} \quad (i \in \text{target}), \qquad
        w_i \leftarrow w_i \, \beta^{e_i} \quad (i \in \text{source}).

    The prediction is the weighted median of the learners of the second half of the rounds,
    :math:`\lceil N/2 \rceil, \dots, N`, with weights :math:`\ln(1/\beta_t)`.

    It *helps* if part of the source rows follows the target's function, a few labelled target rows show which, and the
    learner is too simple to follow both. It *hurts* if the learner is so flexible (deep trees) that it memorises the
    target rows and does not miss the misleading source rows around them; if target labels are noisy, since round by
    round they outweigh the source more; and if one extreme label sets the largest residual, so that all other losses
    are near 0. Compare it with boosted trees on all rows: on the three tables of ``benchmarks/tradaboost_r2.py`` they
    win.

    Parameters
    ----------
    estimator : regressor, default=None
        The model to boost: a regressor whose ``fit`` takes ``sample_weight``, or a Pipeline that ends in one. It is
        cloned. None stands for ``DecisionTreeRegressor(min_samples_leaf=3, max_features=0.5)``.
    n_estimators : int, default=30
        Largest number of rounds N, at least 1.
    loss : {"linear", "square", "exponential"}, default="square"
        How a row's share :math:`e_i` of the largest residual counts: as it is, squared, or as
        :math:`1 - \exp(-e_i)`. The squared loss forgives small residuals, so that noise moves fewer weights.
    target_weight : float or None, default=None
        Initial total weight of the labelled target rows, divided by that of the labelled source rows: with 1.0 both
        domains count the same, however many rows each has. None: every row has the same weight, as in the paper.
    store_weights : bool, default=False
        Whether to keep ``sample_weights_``.
    random_state : int, RandomState instance or None, default=0
        Seeds every ``random_state`` of each round's learner, so that each tree draws its own features. None keeps the
        base estimator's own settings.

    Attributes
    ----------
    estimators_ : list of regressors
        The fitted learners, one per round.
    estimator_weights_ : ndarray of shape (n_iter_,)
        Weight ln(1/beta_t) of each learner in the median.
    estimator_errors_ : ndarray of shape (n_iter_,)
        Error epsilon_t of each learner: its weighted mean loss on the labelled target rows.
    n_iter_ : int
        Number of rounds kept, at most ``n_estimators``.
    sample_weights_ : ndarray of shape (n_iter_, n_samples)
        Weights that each learner was fitted with, in the row order of ``X``. Each round's sum to the number of labelled
        rows; rows without a label have 0. Only with ``store_weights=True``.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    sktl.instance.TwoStageTrAdaBoostRegressor : Cross-validates how far to trust the source; costs many more fits.
    sktl.instance.TrAdaBoostClassifier : The same for classes.
    sktl.instance.ImportanceWeighted : Weights from the rows of the target alone, without its labels.
    sklearn.ensemble.AdaBoostRegressor : The method to use if there is no source.

    Notes
    -----
    *Rows.* Rows without a label, of either domain, are left out. If nothing tells the domains apart, all rows count as
    target rows and all rounds vote: that is AdaBoost.R2 [2]_, with weights given to the learner where scikit-learn's
    ``AdaBoostRegressor`` draws rows in proportion to them.

    *Scale.* Weights sum to the number of rows, not to 1 as in the paper, so that a regulariser such as Ridge's acts as
    it does without weights. Predictions have the unit of ``y``; weights and errors do not depend on it.

    *Early stop.* A learner with :math:`\epsilon_t \geq 1/2` is dropped and ends the boosting; if it is the first it is
    kept, with weight 1 and a warning. A learner without error on the target rows (below 1e-10) is kept as the last;
    its weight, infinite in the paper, is that of an error of 1e-10. The second half of the rounds that were kept votes.

    *Labels on other scales.* The paper first maps each source's labels to the target's scale by a linear regression;
    that is left to the user.

    *Defaults* were chosen by ``benchmarks/tradaboost_r2.py --sweep``: with the linear loss, root mean squared errors
    relative to AdaBoost.R2 of all rows are 1.21 to 1.28 for trees of depth 3 or 6 that see all features, and 1.06 for
    trees that draw half of them at each split, unlimited in depth but with three rows in a leaf (1.39 with one). The
    squared loss lowers this to 1.00; 100 rounds instead of 30 gain nothing. They differ from those of
    :class:`TrAdaBoostClassifier`, which were chosen on texts with a linear model, for which 10 rounds are enough and
    the few target rows need weight; and ``random_state`` is 0, since the default trees draw their features: None would
    give another model each time.

    *Cost.* N fits of the base estimator and N predictions of the labelled rows; what is added is linear in rows.
    With scikit-learn 1.9 or newer, ``set_callbacks(ProgressBar())`` shows the rounds.

    References
    ----------
    .. [1] D. Pardoe, P. Stone (2010). Boosting for regression transfer. ICML. Algorithm 2.
    .. [2] H. Drucker (1997). Improving regressors using boosting techniques. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sktl.instance import TrAdaBoostRegressor
    >>> rng = np.random.default_rng(0)
    >>> X, target = rng.normal(size=(600, 2)), np.arange(600) >= 300
    >>> wrong = ~target & (np.arange(600) % 2 == 0)  # half of the source follows another rule
    >>> y = X[:, 0] + np.where(wrong, -2, 2) * X[:, 1] + rng.normal(size=600)
    >>> y[315:] = np.nan  # the target has labels in 15 rows
    >>> model = TrAdaBoostRegressor(LinearRegression()).fit(X, y, sample_domain=target)
    >>> error = model.predict(X[315:]) - X[315:] @ [1, 2]
    >>> print(f"{np.sqrt(np.mean(error**2)):.1f}")  # one fit of all rows: 1.6
    0.5
    """

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=30,
        loss="square",
        target_weight=None,
        store_weights=False,
        random_state=0,
    ):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.loss = loss
        self.target_weight = target_weight
        self.store_weights = store_weights
        self.random_state = random_state

    @with_callbacks
    @threads_by_size
    def fit(self, X, y, sample_domain=None):
        """Boost the base estimator on the labelled rows of both domains.

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
            If boosting ends with the first learner, which has no error or one of at least 1/2.
        """
        self._check_parameters(y)
        X, domains = self._check_rows(X, y, sample_domain, **nan_checks(self))
        rows, target = split_labeled(self, domains)
        X, y = take_rows(X, rows), self._numbers(y, rows)
        self._has_source = not target.all()
        rounds = reported(self, self._boost(X, y, target), self.n_estimators, "round")
        warn_if_ended_at_once(self, rounds[0][1], 2, target, WAYS_OUT)
        store_rounds(self, rounds)
        store_row_weights(self, [kept[3] for kept in rounds], rows)
        return self

    def _boost(self, X, y, target):
        """Yield (learner, error, weight of its vote, weights of the rows) of each round kept; algorithm 2 of [1]."""
        log_source = log_source_factor(np.count_nonzero(~target), self.n_estimators)
        # in logarithms: products of many factors leave the range of doubles
        log_weights = np.log(initial_weights(target, self.target_weight))
        rng = generator(self)
        for n_before in range(self.n_estimators):
            weights = scaled_weights(log_weights)
            learner = fit_learner(base_of(self), X, y, weights, rng)  # step 1
            loss = residual_loss(learner.predict(X), y, self.loss)  # step 2
            error = float(np.average(loss[target], weights=weights[target]))  # step 3
            guesses = is_chance(error)
            if guesses and n_before:
                return
            log_target = log_target_factor(error)  # step 4
            yield learner, error, 1.0 if guesses else log_target, weights if self.store_weights else None
            if guesses or error <= ERROR_TOL:
                return
            log_weights = updated_weights(log_weights, loss, target, log_source, log_target)  # step 5

    def _first_voter(self, n_rounds):
        """Index of round ceil(n_rounds / 2) of [1]; without a source of the first, as in AdaBoost."""
        return second_half(n_rounds) if self._has_source else 0
