"""TrAdaBoost with several sources: each round learns from the one that helps the target most."""

from sktl._progress import reported, with_callbacks
from sktl.domains import take_rows
from sktl.instance._boosting import BoostedClassifier, nan_checks, source_masks, split_labeled
from sktl.instance._tradaboost import TrAdaBoostClassifier, boost, store_boosting

__all__ = ["MultiSourceTrAdaBoostClassifier"]


class MultiSourceTrAdaBoostClassifier(BoostedClassifier):
    r"""Boost a classifier on several sources and a few labelled target rows, each round from the best source.

    MultiSourceTrAdaBoost. In each of :math:`N` rounds one candidate :math:`h^k` is fitted for each source k, on its
    rows and the target's, with weights :math:`w_i`. The round's learner :math:`h_t` is the candidate with the smallest
    error on the target rows,

    .. math::

        \epsilon_t = \min_k \frac{\sum_{i \in \text{target}} w_i \ell^k_i}{\sum_{i \in \text{target}} w_i}, \qquad
        \beta_t = \frac{\epsilon_t}{1 - \epsilon_t}, \qquad
        \beta = \frac{1}{1 + \sqrt{2 \ln n / N}},

    with :math:`\ell^k_i \in [0, 1]` its loss and :math:`n` the rows of all sources. Then all weights move as in
    :class:`TrAdaBoostClassifier`: by :math:`\beta_t^{-\ell_i}` on target rows and :math:`\beta^{\ell_i}` on the rows of
    every source. All rounds vote, with weights :math:`\ln(1/\beta_t)`.

    It *helps* if some sources are unlike the target and it is not known which: a bad one is rarely chosen, while in a
    pool of all sources its rows would have to be down-weighted one by one. On heart disease at four hospitals, each in
    turn the target, it errs less than :class:`TrAdaBoostClassifier`: on 21.9 % against 25.8 % with 50 labelled target
    rows, 24.9 % against 25.8 % with 20. It *hurts* if each source is small, since no learner sees two of them; if every
    candidate fits the few target rows, so that chance chooses; and if labels are noisy, as there: one pooled fit with
    the target rows errs on 20.1 % and 20.8 % (``benchmarks/multisource.py``). Compare it with that fit, with and
    without more weight on the target rows, and with :class:`TaskTrAdaBoostClassifier`.

    Parameters
    ----------
    estimator : classifier, default=None
        The model to boost: a classifier whose ``fit`` takes ``sample_weight``, or a Pipeline that ends in one. It is
        cloned. None stands for ``LogisticRegression(C=10, max_iter=1000)``.
    n_estimators : int, default=10
        Largest number of rounds N, at least 1.
    loss : {"soft", "zero_one"}, default="soft"
        A row's loss: one minus the probability of its label by ``predict_proba``, or, as in the paper, whether
        ``predict`` misses its label. With "zero_one" a learner that makes no mistake on the few target rows ends the
        boosting.
    target_weight : float or None, default=1.0
        Initial total weight of the labelled target rows, divided by that of an average source: with 1.0 both count the
        same in a candidate's fit. None: every row has the same weight.
    store_weights : bool, default=False
        Whether to keep ``sample_weights_``.
    random_state : int, RandomState instance or None, default=None
        Seeds every ``random_state`` of each candidate. None keeps the base estimator's own settings.

    Attributes
    ----------
    estimators_ : list of classifiers
        The learners chosen, one per round.
    estimator_weights_ : ndarray of shape (n_iter_,)
        Weight ln(1/beta_t) of each learner in the vote.
    estimator_errors_ : ndarray of shape (n_iter_,)
        Error epsilon_t of each learner: its weighted mean loss on the labelled target rows.
    estimator_sources_ : list of length n_iter_
        Name of the source that each learner was made from.
    source_names_ : list
        Names of the sources with labelled rows, sorted.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_iter_ : int
        Number of rounds kept, at most ``n_estimators``.
    sample_weights_ : ndarray of shape (n_iter_, n_samples)
        Weights of the rows in each round, in the row order of ``X``; a candidate sees those of its source and of the
        target, scaled to sum to the number of its rows. Each round's sum to the number of labelled rows; rows without
        a label have 0. Only with ``store_weights=True``.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    sktl.instance.TrAdaBoostClassifier : All sources as one.
    sktl.instance.TaskTrAdaBoostClassifier : Learners of each source alone, then a choice among them: far fewer fits
        when the target changes.

    Notes
    -----
    *One source.* Weights, errors and learners are TrAdaBoost's; the votes differ, since all rounds take part in the
    paper's sum, and only the second half of them in TrAdaBoost's.

    *Sources* are told by ``sample_domain``: every name, or non-negative integer, is one. A source that has, with the
    target rows, one class only gives no candidate. Of equally good candidates the first by name is taken.

    *Departures.* The paper's votes :math:`\alpha_t = \frac12 \ln((1-\epsilon_t)/\epsilon_t)` and labels of -1 and 1
    give the same factors and the same vote. The soft loss, more than two classes, the scale of the weights, and where
    boosting ends are those of :class:`TrAdaBoostClassifier`.

    *Cost.* N fits of the base estimator for each source. With scikit-learn 1.9 or newer,
    ``set_callbacks(ProgressBar())`` shows the rounds.

    References
    ----------
    .. [1] Y. Yao, G. Doretto (2010). Boosting for transfer learning with multiple sources. CVPR. Algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.instance import MultiSourceTrAdaBoostClassifier
    >>> rng = np.random.default_rng(0)
    >>> X, domain = rng.normal(size=(600, 2)), np.repeat(["near", "far", "target"], 200)
    >>> slope = np.select([domain == "far", domain == "near"], [-1, 0.5], 1)
    >>> y = (X[:, 0] + slope * X[:, 1] > 0).astype(float)
    >>> truth, y[410:] = y[410:].copy(), np.nan  # the target has labels in 10 rows
    >>> model = MultiSourceTrAdaBoostClassifier().fit(X, y, sample_domain=domain)
    >>> print(model.estimator_sources_[0], f"{np.mean(model.predict(X[410:]) == truth):.2f}")  # one pooled fit: 0.77
    near 0.94
    """

    __init__ = TrAdaBoostClassifier.__init__

    @with_callbacks
    def fit(self, X, y, sample_domain=None):
        """Boost the base estimator on the labelled rows of all domains.

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
        self.source_names_, sources = source_masks(domains.names[rows], target)
        rounds = boost(self, X, y, codes, target, sources or [~target])
        rounds = reported(self, rounds, self.n_estimators, "round")
        self.estimator_sources_ = [self.source_names_[kept[4]] if self.source_names_ else "target" for kept in rounds]
        store_boosting(self, rounds, rows, target)
        return self
