"""Boosting that mistrusts source rows which contradict a few labelled target rows (TrAdaBoost)."""

import numpy as np

from sktl._core.boosting import (
    ERROR_TOL,
    initial_weights,
    is_chance,
    log_source_factor,
    log_target_factor,
    scaled_weights,
    second_half,
    updated_weights,
)
from sktl._progress import reported, with_callbacks
from sktl._threads import threads_by_size
from sktl.domains import take_rows
from sktl.instance._boosting import (
    BoostedClassifier,
    base_of,
    first_smallest,
    fit_learner,
    generator,
    nan_checks,
    split_labeled,
    store_rounds,
    store_row_weights,
    warn_if_ended_at_once,
)

__all__ = ["TrAdaBoostClassifier"]


# --- figure 1 of [1], and algorithm 1 of Yao & Doretto (2010) where there are several sources ---


def boost(booster, X, y, codes, target, sources):
    """Yield (learner, error, weight of its vote, weights of the rows, its source) of each round that is kept."""
    n_classes = len(booster.classes_)
    log_source = log_source_factor(np.count_nonzero(~target), booster.n_estimators)
    # in logarithms: products of many factors leave the range of doubles
    log_weights = np.log(initial_weights(target, booster.target_weight, len(sources)))
    rng = generator(booster)
    for n_before in range(booster.n_estimators):
        weights = scaled_weights(log_weights)  # step 1, up to the scale
        learner, loss, error, source = learn(booster, X, y, codes, weights, target, sources, rng)
        guesses = is_chance(error, n_classes)
        if guesses and n_before:
            return
        log_target = log_target_factor(error, n_classes)  # step 4, with SAMME's term for more classes [2]
        yield learner, error, 1.0 if guesses else log_target, weights if booster.store_weights else None, source
        if guesses or error <= ERROR_TOL:
            return
        log_weights = updated_weights(log_weights, loss, target, log_source, log_target)  # step 5


def learn(booster, X, y, codes, weights, target, sources, rng):
    """Return (learner, loss of each row, error, its source): the best learner of a source and the target."""
    found = []
    for number, source in enumerate(sources):
        rows = source | target
        if np.ptp(codes[rows]) == 0:
            continue  # of one class
        # they sum to the number of rows: a penalty such as C then acts as without weights
        share = weights[rows] * (np.count_nonzero(rows) / weights[rows].sum())
        learner = fit_learner(base_of(booster), take_rows(X, rows), y[rows], share, rng)
        loss = booster._loss(learner, X, codes)
        found.append((learner, loss, float(np.average(loss[target], weights=weights[target])), number))
    return found[first_smallest([error for _, _, error, _ in found])]


def store_boosting(booster, rounds, rows, target):
    """Keep what :func:`boost` yielded, and say why it ended where there is something to do about it."""
    other_loss = "loss='soft' or " if booster.loss == "zero_one" else ""
    ways_out = (
        "Raise target_weight, or choose a stronger estimator, to fit these rows better.",
        f"No source row was re-weighted. Choose {other_loss}a simpler estimator, which leaves errors to learn from.",
    )
    warn_if_ended_at_once(booster, rounds[0][1], len(booster.classes_), target, ways_out)
    store_rounds(booster, rounds)
    store_row_weights(booster, [kept[3] for kept in rounds], rows)


class TrAdaBoostClassifier(BoostedClassifier):
    r"""Boost a classifier on many source rows and a few labelled target rows, mistrusting source rows that mislead.

    In each of :math:`N` rounds a learner :math:`h_t` is fitted on all labelled rows with weights :math:`w_i`. It has a
    loss :math:`\ell_i \in [0, 1]` on each row, and an error on the target rows alone:

    .. math::

        \epsilon_t = \frac{\sum_{i \in \text{target}} w_i \ell_i}{\sum_{i \in \text{target}} w_i}, \qquad
        \beta_t = \frac{\epsilon_t}{1 - \epsilon_t}, \qquad
        \beta = \frac{1}{1 + \sqrt{2 \ln n / N}},

    with :math:`n` source rows. Target rows that it misses gain weight, source rows that disagree with it lose weight:

    .. math::

        w_i \leftarrow w_i \, \beta_t^{-\ell_i} \quad (i \in \text{target}), \qquad
        w_i \leftarrow w_i \, \beta^{\ell_i} \quad (i \in \text{source}).

    The second half of the rounds, :math:`\lceil N/2 \rceil, \dots, N`, votes with weights :math:`\ln(1/\beta_t)`.

    It *helps* if some source rows follow the target's rule and others do not, and a few dozen labelled target rows show
    which. On newsgroup texts with one labelled target row per 100 source rows (linear SVM, 10 draws) its errors are 8,
    11 and 14 %; those of one fit in which the target rows have 4 times the weight of the source are 8, 13 and 18 %, and
    those of a fit of all rows, unweighted, 12, 19 and 24 %. From 5 rows per 100 on, the target rows alone are as good
    or better; on the mushroom table it never gains (``benchmarks/tradaboost.py``). It *hurts* if the target rows are
    noisy or not typical: round by round they outweigh the source more (on newsgroup texts 2 to 120 times after ten
    rounds; most with unsure probabilities), so that the last learners overfit them. On heart disease at four hospitals
    with 50 labelled rows it errs on 25.8 %, one pooled fit on 20.1 % (``benchmarks/multisource.py``). Compare it with
    one fit with more weight on the target rows: that is often as good.

    Parameters
    ----------
    estimator : classifier, default=None
        The model to boost: a classifier whose ``fit`` takes ``sample_weight``, or a Pipeline that ends in one. It is
        cloned. None stands for ``LogisticRegression(C=10, max_iter=1000)``.
    n_estimators : int, default=10
        Largest number of rounds N, at least 1. More is not better: on newsgroup texts 20 rounds err by 1 to 4 points
        more than 10 with a linear SVM, and 100 do no better than the target rows alone.
    loss : {"soft", "zero_one"}, default="soft"
        A row's loss: one minus the probability of its label by ``predict_proba``, or whether ``predict`` misses its
        label. On a few dozen target rows the first learner often makes no mistake; "zero_one" then stops, before it has
        changed any weight.
    target_weight : float or None, default=1.0
        Initial total weight of the labelled target rows, divided by that of the labelled source rows: with 1.0 both
        domains count the same, however many rows each has; with 4.0 the target counts four times as much as the source.
        None: every row has the same weight.
    store_weights : bool, default=False
        Whether to keep ``sample_weights_``.
    random_state : int, RandomState instance or None, default=None
        Seeds every ``random_state`` of each round's learner. None keeps the base estimator's own settings.

    Attributes
    ----------
    estimators_ : list of classifiers
        The fitted learners, one per round.
    estimator_weights_ : ndarray of shape (n_iter_,)
        Weight ln(1/beta_t) of each learner when it votes.
    estimator_errors_ : ndarray of shape (n_iter_,)
        Error epsilon_t of each learner: its weighted mean loss on the labelled target rows.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
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
    sktl.instance.KMM : Weights of source rows where no target row has a label.
    sktl.instance.ImportanceWeighted : Any estimator under such weights, in one fit.
    sklearn.ensemble.AdaBoostClassifier : The method to use if there is no source.

    Notes
    -----
    *Rows.* Rows without a label, of either domain, are left out. If nothing tells the domains apart, all rows count as
    target rows and all rounds vote: with ``loss="zero_one"`` that is AdaBoost (SAMME [2]_).

    *Scale.* Weights sum to the number of rows, not to 1 as in the paper, so that a regulariser such as ``C`` acts as it
    does without weights.

    *More than two classes.* Any wrong class counts alike, and :math:`\beta_t = \epsilon_t / ((1-\epsilon_t)(K-1))` as
    in SAMME. Chance among K classes, by guesses or by probabilities of 1/K, has the error (K - 1)/K and so
    :math:`\beta_t = 1`; with the paper's limit of 1/2, useful probabilities of many classes would end the boosting.
    For K = 2 it is the paper's rule.

    *Early stop.* A learner no better than chance, :math:`\epsilon_t \geq (K-1)/K`, is dropped and ends the boosting;
    if it is the first it is kept, with weight 1 and a warning. A learner without error on the target rows (below 1e-10)
    is kept as the last; its weight, infinite in the paper, is that of an error of 1e-10. If it is the first, so that
    no source weight has moved, there is a warning. The second half of the rounds that were kept votes.

    *Ties* go to the first class, as everywhere in scikit-learn; in the paper to the second.

    *Cost.* N fits of the base estimator and N predictions of the labelled rows; what is added is linear in rows.
    With scikit-learn 1.9 or newer, ``set_callbacks(ProgressBar())`` shows the rounds.

    *Defaults* were chosen by ``benchmarks/tradaboost.py`` on newsgroup texts, ``C=10`` because with ``C=1`` and rows of
    unit norm the shares of the classes among the few target rows decide.

    References
    ----------
    .. [1] W. Dai, Q. Yang, G.-R. Xue, Y. Yu (2007). Boosting for transfer learning. ICML.
    .. [2] J. Zhu, H. Zou, S. Rosset, T. Hastie (2009). Multi-class AdaBoost. Statistics and Its Interface 2, 349-360.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.instance import TrAdaBoostClassifier
    >>> rng = np.random.default_rng(0)
    >>> X, target = rng.normal(size=(600, 2)), np.arange(600) >= 300
    >>> y = np.where(target, X[:, 0] > 0, X.sum(axis=1) > 0).astype(float)  # the target has another rule
    >>> y[330:] = np.nan  # and labels in 30 rows
    >>> model = TrAdaBoostClassifier().fit(X, y, sample_domain=target)
    >>> print(f"{np.mean(model.predict(X[330:]) == (X[330:, 0] > 0)):.2f}")  # one pooled fit: 0.77
    0.99
    """

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=10,
        loss="soft",
        target_weight=1.0,
        store_weights=False,
        random_state=None,
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
            Labels; rows where they are missing (NaN, None, ``pd.NA``) are left out.
        sample_domain : array-like of shape (n_samples,), default=None
            Booleans (True = target), integers (negative = target) or names ("target"). Missing labels can't tell the
            domains here, since some target rows must have labels.

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
            If no label is missing and there is no ``sample_domain``: all rows are target rows.
        EarlyStopWarning
            If boosting ends with the first learner, which makes no error or is no better than chance.
        """
        self._check_parameters(y)
        X, domains = self._check_rows(X, y, sample_domain, **nan_checks(self))
        rows, target = split_labeled(self, domains)
        X, y, codes = take_rows(X, rows), *self._encode(y, rows)
        self._has_source = not target.all()
        rounds = reported(self, boost(self, X, y, codes, target, [~target]), self.n_estimators, "round")
        store_boosting(self, rounds, rows, target)
        return self

    def _first_voter(self, n_rounds):
        """Index of round ceil(n_rounds / 2) of [1]; without a source of the first, as in AdaBoost."""
        return second_half(n_rounds) if self._has_source else 0
