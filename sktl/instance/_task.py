"""Boosting over ready learners: each source's own, of which a few labelled target rows choose (TaskTrAdaBoost)."""

from numbers import Integral

import numpy as np
from joblib import delayed
from sklearn.utils import check_random_state

from sktl._checks import Interval
from sktl._core.boosting import ERROR_TOL, is_chance, log_target_factor, scaled_weights
from sktl._progress import as_they_come, reported, with_callbacks
from sktl._threads import threads_by_size
from sktl.domains import take_rows
from sktl.instance._boosting import (
    BoostedClassifier,
    base_of,
    first_smallest,
    fit_learner,
    generator,
    loss_of,
    nan_checks,
    source_masks,
    split_labeled,
    store_rounds,
    vote_of,
    warn_if_ended_at_once,
)

__all__ = ["TaskTrAdaBoostClassifier"]


def boost_source(base, X, y, classes, loss, n_rounds, threshold, seed):
    """Learners of one source by AdaBoost, those whose vote is above ``threshold``, or the first; algorithm 2 of [1]."""
    codes = np.searchsorted(classes, y)
    if np.ptp(codes) == 0:
        from sklearn.dummy import DummyClassifier  # here, to keep `import sktl` quick

        return [DummyClassifier().fit(X, y)]  # of a source of one class: it always says that class
    rng = None if seed is None else check_random_state(seed)
    learners, kept, log_weights = [], [], np.zeros(len(y))
    for _ in range(n_rounds):
        weights = scaled_weights(log_weights)
        learners.append(fit_learner(base, X, y, weights, rng))
        losses = loss_of(vote_of(learners[-1], X, classes, loss), codes)
        error = float(np.average(losses, weights=weights))
        if is_chance(error, len(classes)):
            break
        vote = log_target_factor(error, len(classes))
        kept += [learners[-1]] if vote > threshold else []
        if error <= ERROR_TOL:
            break
        log_weights = log_weights + losses * vote
    return kept or learners[:1]


class TaskTrAdaBoostClassifier(BoostedClassifier):
    r"""Choose and weight classifiers of several sources by boosting on a few labelled target rows.

    TaskTrAdaBoost. *Phase 1*: AdaBoost on each source alone gives learners :math:`h`, which are pooled. *Phase 2*:
    AdaBoost on the labelled target rows, with weights :math:`w_i`, where in each of :math:`N` rounds nothing is fitted:
    the learner of the pool with the smallest error is taken out of it,

    .. math::

        \epsilon_t = \min_h \frac{\sum_i w_i \ell_i(h)}{\sum_i w_i}, \qquad
        \beta_t = \frac{\epsilon_t}{1 - \epsilon_t}, \qquad w_i \leftarrow w_i \, \beta_t^{-\ell_i(h_t)},

    with :math:`\ell_i \in [0, 1]` its loss on target row i. With two classes a learner whose error is above 1/2 is
    inverted first. The learners taken vote with weights :math:`\ln(1/\beta_t)`.

    It *helps* if there are many sources and the target's rule is close to that of some of them, or to a mixture: the
    few target rows only choose the weights of a vote, which is hard to overfit, and a new target needs no new fit. On
    heart disease at four hospitals, each in turn the target, with 20 labelled rows it errs on 20.0 % of the others,
    like the one source that errs least on these rows (20.1 %); a pooled fit with the target rows errs on 20.8 %, the
    target rows alone give 21.7 % (50 rows: 19.5, 19.9, 20.1, 19.6). It *hurts* if no source is near, since no learner
    is ever fitted on a target row (at the hospital with 93 % ill: 15.2 %, the target rows alone 6.8 %), and if the
    target rows are too few to choose by (10 rows: 22.4 %, the pooled fit 21.8 %). Compare it with that one source, the
    pooled fit, and :class:`MultiSourceTrAdaBoostClassifier`, which fits on target rows (``benchmarks/multisource.py``).

    Parameters
    ----------
    estimator : classifier, default=None
        The model to boost on each source: a classifier whose ``fit`` takes ``sample_weight``, or a Pipeline that ends
        in one. It is cloned. None stands for ``LogisticRegression(C=10, max_iter=1000)``.
    n_estimators : int, default=10
        Most rounds N of phase 2, at least 1; no more than there are learners in the pool.
    n_source_estimators : int, default=10
        Most rounds of AdaBoost on each source, at least 1.
    threshold : float, default=0.0
        Source learners join the pool only if their vote ln(1/beta) on their own source is above this (twice the paper's
        gamma). 0 keeps all that are better than chance. The first learner of a source stays if no other does.
    loss : {"soft", "zero_one"}, default="soft"
        A row's loss, in both phases: one minus the probability of its label by ``predict_proba``, or, as in the paper,
        whether ``predict`` misses its label. With "zero_one" a learner that makes no mistake on the few target rows
        ends the boosting.
    n_jobs : int, default=None
        Number of sources boosted in parallel, through joblib; -1 uses all processors.
    random_state : int, RandomState instance or None, default=None
        Seeds every ``random_state`` of the source learners. None keeps the base estimator's own settings.

    Attributes
    ----------
    estimators_ : list of classifiers
        The learners chosen, one per round.
    estimator_weights_ : ndarray of shape (n_iter_,)
        Weight ln(1/beta_t) of each learner in the vote.
    estimator_errors_ : ndarray of shape (n_iter_,)
        Error epsilon_t of each learner, after inversion if it was: its weighted mean loss on the labelled target rows.
    estimator_sources_ : list of length n_iter_
        Name of the source that each learner was made from.
    estimator_inverted_ : ndarray of shape (n_iter_,), dtype bool
        Whether the learner's vote is inverted.
    source_names_ : list
        Names of the sources with labelled rows, sorted.
    n_candidates_ : int
        Number of learners in the pool.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_iter_ : int
        Number of rounds kept, at most ``n_estimators``.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    sktl.instance.MultiSourceTrAdaBoostClassifier : Its learners are fitted on a source and the target together.
    sktl.instance.TrAdaBoostClassifier : All sources as one.

    Notes
    -----
    *Sources* are told by ``sample_domain``: every name, or non-negative integer, is one. A source with rows of one
    class gives one learner, which always says that class. If nothing tells the domains apart, the one domain is its own
    source. Rows without a label are left out. Of equally good learners the first one is taken, in the order of the
    sources' names and of their rounds.

    *More than two classes.* As in SAMME; no learner is inverted then.

    *Early stop.* Phase 2 ends when the best learner left is no better than chance, or makes no error on the target
    rows, as in :class:`TrAdaBoostClassifier`.

    *Cost.* ``n_source_estimators`` fits for each source, and one prediction of the labelled target rows by each
    learner; phase 2 costs N products of a (learners, target rows) table with the weights. With scikit-learn 1.9 or
    newer, ``set_callbacks(ProgressBar())`` shows the sources that are done.

    References
    ----------
    .. [1] Y. Yao, G. Doretto (2010). Boosting for transfer learning with multiple sources. CVPR. Algorithms 2 and 3.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.instance import TaskTrAdaBoostClassifier
    >>> rng = np.random.default_rng(0)
    >>> X, domain = rng.normal(size=(600, 2)), np.repeat(["near", "far", "target"], 200)
    >>> slope = np.select([domain == "far", domain == "near"], [-1, 0.5], 1)
    >>> y = (X[:, 0] + slope * X[:, 1] > 0).astype(float)
    >>> truth, y[410:] = y[410:].copy(), np.nan  # the target has labels in 10 rows
    >>> model = TaskTrAdaBoostClassifier().fit(X, y, sample_domain=domain)
    >>> print(model.estimator_sources_[0], f"{np.mean(model.predict(X[410:]) == truth):.2f}")
    near 0.92
    """

    _constraints = {"n_source_estimators": (Interval(Integral, 1),), "threshold": (Interval(low=0),)}

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=10,
        n_source_estimators=10,
        threshold=0.0,
        loss="soft",
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.n_source_estimators = n_source_estimators
        self.threshold = threshold
        self.loss = loss
        self.n_jobs = n_jobs
        self.random_state = random_state

    @with_callbacks
    @threads_by_size
    def fit(self, X, y, sample_domain=None):
        """Boost each source, then boost over their learners on the labelled target rows.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels; rows where they are missing (NaN, None, ``pd.NA``) are left out.
        sample_domain : array-like of shape (n_samples,), default=None
            Names ("target", and one for each source), integers (negative = target) or booleans (True = target).
            Missing labels can't tell the domains here, since some target rows must have labels.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If the base estimator is not a classifier or takes no ``sample_weight``, or a parameter has the wrong type.
        ValueError
            If no target row or no source row has a label, the labels are of one class, the base estimator lacks the
            ``predict_proba`` that ``loss="soft"`` needs, or a parameter is out of range.

        Warns
        -----
        SingleDomainWarning
            If no label is missing and there is no ``sample_domain``: all rows are target rows, and the one source.
        EarlyStopWarning
            If phase 2 ends with the first learner, which makes no error or is no better than chance.
        """
        self._check_parameters(y)
        X, domains = self._check_rows(X, y, sample_domain, **nan_checks(self))
        rows, target = split_labeled(self, domains)
        X, y, codes = take_rows(X, rows), *self._encode(y, rows)
        self.source_names_, sources = source_masks(domains.names[rows], target)
        pools = self._boost_sources(X, y, sources or [target])
        rounds = list(self._choose(pools, take_rows(X, target), codes[target]))
        store_rounds(self, rounds)
        self.estimator_inverted_ = np.array([kept[3] for kept in rounds])
        self.estimator_sources_ = [self.source_names_[kept[4]] if self.source_names_ else "target" for kept in rounds]
        warn_if_ended_at_once(self, rounds[0][1], len(self.classes_), target, self._ways_out())
        return self

    def _ways_out(self):
        """What to do if the first learner is no better than chance, and if it makes no error."""
        way_out = "; choose loss='soft' to have several vote." if self.loss == "zero_one" else "."
        return (
            "No source seems near: fit on the labelled target rows alone, or use MultiSourceTrAdaBoostClassifier.",
            "Only this learner votes" + way_out,
        )

    def _boost_sources(self, X, y, sources):
        """Phase 1: the learners of each source."""
        rng = generator(self)
        # drawn before the runs: the learners do not depend on n_jobs
        seeds = [None if rng is None else int(rng.randint(np.iinfo(np.int32).max)) for _ in sources]
        options = self.classes_, self.loss, self.n_source_estimators, self.threshold
        runs = as_they_come(
            (
                delayed(boost_source)(base_of(self), take_rows(X, source), y[source], *options, seed)
                for source, seed in zip(sources, seeds, strict=True)
            ),
            self.n_jobs,
        )
        return reported(self, runs, len(sources), "source")

    def _choose(self, pools, X, codes):
        """Yield (learner, error, weight of its vote, inverted, its source) of each round; algorithm 3 of [1]."""
        pool = [(learner, number) for number, learners in enumerate(pools) for learner in learners]
        self.n_candidates_, n_classes = len(pool), len(self.classes_)
        losses = np.array([self._loss(learner, X, codes) for learner, _ in pool])
        # in logarithms: products of many factors leave the range of doubles
        left, log_weights = np.arange(len(pool)), np.zeros(len(codes))
        for n_before in range(min(self.n_estimators, len(pool))):
            weights = scaled_weights(log_weights)
            errors = losses[left] @ weights / weights.sum()
            inverted = (errors > 0.5 + ERROR_TOL) & (n_classes == 2)  # beyond rounding: at 1/2 neither vote is better
            errors = np.where(inverted, 1 - errors, errors)
            best = first_smallest(errors)
            error, chosen, is_inverted = float(errors[best]), left[best], bool(inverted[best])
            guesses = is_chance(error, n_classes)
            if guesses and n_before:
                return
            vote = log_target_factor(error, n_classes)
            yield pool[chosen][0], error, 1.0 if guesses else vote, is_inverted, pool[chosen][1]
            if guesses or error <= ERROR_TOL:
                return
            left = np.delete(left, best)
            log_weights = log_weights + vote * (1 - losses[chosen] if is_inverted else losses[chosen])

    def _vote(self, t, X):
        """Vote of round ``t``'s learner, turned round if it is inverted, (n_samples, n_classes)."""
        vote = super()._vote(t, X)
        return 1 - vote if self.estimator_inverted_[t] else vote
