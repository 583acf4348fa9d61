"""Boosting that mistrusts source rows which contradict a few labelled target rows (TrAdaBoost)."""

import warnings
from numbers import Integral

import numpy as np
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.utils import assert_all_finite, check_random_state, column_or_1d, get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from sktl._checks import check_number, check_option
from sktl.base import BaseTransferClassifier, weight_parameter
from sktl.domains import known_labels, take_rows
from sktl.exceptions import EarlyStopWarning

__all__ = ["TrAdaBoostClassifier"]

# An error this near to 0 or to chance counts as 0 or chance, so that rounding never decides when boosting ends.
ERROR_TOL = 1e-10


# --- figure 1 of [1] as functions; in logarithms, so that a long run neither overflows nor loses a row ---


def initial_weights(target, target_weight):
    """First weights (n_samples,): 1 on source rows, and a total of ``target_weight`` times theirs on target rows."""
    weights = np.ones(len(target))
    n_target = np.count_nonzero(target)
    if target_weight is not None and n_target < len(target):
        weights[target] = target_weight * (len(target) - n_target) / n_target
    return weights


def log_source_factor(n_source, n_rounds):
    """Logarithm of beta = 1 / (1 + sqrt(2 ln(n_source) / n_rounds)); step 4 of [1]."""
    return -np.log1p(np.sqrt(2 * np.log(max(n_source, 1)) / n_rounds))


def log_target_factor(error, n_classes):
    """Logarithm of 1 / beta_t, beta_t = error / (1 - error); step 4 of [1], with SAMME's term for more classes [2]."""
    error = max(error, ERROR_TOL)
    return float(np.log1p(-error) - np.log(error) + np.log(n_classes - 1))


def updated_weights(log_weights, loss, target, log_source, log_target):
    """Logarithms of the next weights: times beta^loss on source rows, beta_t^-loss on target rows; step 5 of [1]."""
    return log_weights + loss * np.where(target, log_target, log_source)


def scaled_weights(log_weights):
    """Weights that sum to the number of rows, none of them 0; step 1 of [1] up to the scale."""
    weights = np.exp(log_weights - log_weights.max())
    return np.maximum(weights * (len(weights) / weights.sum()), np.finfo(float).tiny)


def is_chance(error, n_classes):
    """Whether a learner errs as often as guesses among the classes, so that beta_t >= 1."""
    return error >= 1 - 1 / n_classes - ERROR_TOL


def first_voter(n_rounds, has_source):
    """Index of the first round that votes: round ceil(n_rounds / 2) of [1]; without a source the first, as AdaBoost."""
    return (n_rounds - 1) // 2 if has_source else 0


# --- the base estimator ---


def set_random_states(estimator, rng):
    """Give every ``random_state`` of an estimator, nested ones too, an integer drawn from ``rng``."""
    names = [name for name in sorted(estimator.get_params()) if name.split("__")[-1] == "random_state"]
    return estimator.set_params(**{name: int(rng.randint(np.iinfo(np.int32).max)) for name in names})


class TrAdaBoostClassifier(BaseTransferClassifier):
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

    It *helps* where some source rows follow the target's rule and some don't, and a few dozen labelled target rows
    show which. It *hurts* where these are noisy or not typical: round by round they come to outweigh the source (on
    newsgroup texts 2 to 120 times after ten rounds, the more the less sure the probabilities are), so that the last
    learners overfit them. The rival to compare with is one fit with the target rows up-weighted: it is often as good.

    Parameters
    ----------
    estimator : classifier, default=None
        What is boosted: a classifier whose ``fit`` takes ``sample_weight``, or a Pipeline that ends in one. It is
        cloned. None stands for ``LogisticRegression(C=10, max_iter=1000)``.
    n_estimators : int, default=10
        Most rounds N, at least 1. More is not better: on newsgroup texts 20 rounds gain next to nothing over 10, and
        with a linear SVM vary two to three times as much with the labelled rows drawn.
    loss : {"soft", "zero_one"}, default="soft"
        A row's loss: one minus the probability of its label by ``predict_proba``, or whether ``predict`` misses its
        label. On a few dozen target rows the first learner often makes no mistake: then "zero_one" ends there, without
        having moved a weight.
    target_weight : float or None, default=1.0
        Initial total weight of the labelled target rows, divided by that of the labelled source rows: with 1.0 both
        domains weigh the same, however many rows each has; with 4.0 the target weighs four times as much as the source.
        None: every row weighs the same.
    store_weights : bool, default=False
        Whether to keep ``sample_weights_``.
    random_state : int, RandomState instance or None, default=None
        Seeds every ``random_state`` of each round's learner. None leaves the base estimator's own settings alone.

    Attributes
    ----------
    estimators_ : list of classifiers
        The fitted learners, one a round.
    estimator_weights_ : ndarray of shape (n_iter_,)
        Weight ln(1/beta_t) of each learner in the votes that it takes part in.
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
    sklearn.ensemble.AdaBoostClassifier : What remains where there is no source.

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
            If the base estimator is no classifier or takes no ``sample_weight``, or a parameter is of the wrong kind.
        ValueError
            If no target row or no source row has a label, the labels are of one class, the base estimator lacks the
            ``predict_proba`` that ``loss="soft"`` needs, or a parameter is out of range.

        Warns
        -----
        SingleDomainWarning
            If no label is missing and there is no ``sample_domain``: all rows are target rows.
        EarlyStopWarning
            If the first learner ends the boosting, by no error or one no better than chance.
        """
        self._check_parameters(y)
        X, domains = self._check_rows(X, y, sample_domain, **self._x_checks())
        rows, target = self._split(domains)
        X, y, codes = take_rows(X, rows), *self._encode(y, rows)
        rounds = list(self._boost(X, y, codes, target))
        self._warn_if_over_at_once(rounds, target)
        return self._store(rounds, rows, target)

    def predict(self, X):
        """Predict the class with the largest share of the vote.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        shares = self.predict_proba(X)
        return self.classes_[shares.argmax(axis=1)]

    def predict_proba(self, X):
        """Share of each class in the weighted vote of the second half of the rounds.

        With ``loss="soft"`` a learner votes by its probabilities, so that this is their weighted mean; with "zero_one"
        it votes for the class that it predicts. Neither is calibrated.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to 1; columns in the order of ``classes_``.
        """
        X = self._check_new(X)
        voters = self.estimators_[first_voter(self.n_iter_, self._has_source) :]
        return self._tally([self._vote(learner, X) for learner in voters], self.n_iter_)

    def staged_predict(self, X):
        """Predict as if boosting had ended after round 1, 2, ..., ``n_iter_``.

        After round t the rounds ceil(t/2), ..., t vote (all of them if there was no source); the last stage is
        ``predict``. The weights of the rows stay those of ``n_estimators`` rounds.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Yields
        ------
        ndarray of shape (n_samples,)
        """
        X = self._check_new(X)
        votes = []
        for n_rounds, learner in enumerate(self.estimators_, start=1):
            votes.append(self._vote(learner, X))
            votes = votes[first_voter(n_rounds, self._has_source) - n_rounds :]
            yield self.classes_[self._tally(votes, n_rounds).argmax(axis=1)]

    # --- check ---

    def _check_parameters(self, y):
        """Refuse parameters and base estimators that boosting can't work with, before any work."""
        check_number("n_estimators", self.n_estimators, Integral, low=1)
        check_option("loss", self.loss, ("soft", "zero_one"))
        check_number("target_weight", self.target_weight, low=0, high=np.inf, closed="neither", options=(None,))
        check_option("store_weights", self.store_weights, (False, True))
        base = self._base()
        weight_parameter(base)
        if not is_classifier(base):
            raise TypeError(f"The base estimator must be a classifier; got {base!r}.")
        if self.loss == "soft" and not hasattr(base, "predict_proba"):
            raise ValueError(
                f"loss='soft' needs predict_proba, which {base!r} does not have. Choose loss='zero_one', or a base "
                "estimator with probabilities (for instance CalibratedClassifierCV around this one)."
            )
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")

    def _base(self):
        """Return the base estimator, or the default one."""
        if self.estimator is not None:
            return self.estimator
        from sklearn.linear_model import LogisticRegression  # here, to keep `import sktl` quick

        return LogisticRegression(C=10, max_iter=1000)

    def _x_checks(self):
        """How X is checked: missing values pass where the base estimator takes them."""
        return {"ensure_all_finite": "allow-nan" if get_tags(self).input_tags.allow_nan else True}

    def _check_new(self, X):
        """Rows to predict, checked against those of ``fit``."""
        check_is_fitted(self)
        return validate_data(self, X, reset=False, accept_sparse="csr", **self._x_checks())

    # --- split ---

    def _split(self, domains):
        """Masks of the labelled rows (n_samples,), and of the target rows among these (n_labeled,)."""
        rows, name = domains.labeled, type(self).__name__
        target = np.ones(np.count_nonzero(rows), dtype=bool) if domains.single else domains.target[rows]
        if not target.any():
            raise ValueError(
                f"{name} needs labelled target rows; the {np.count_nonzero(domains.target)} target rows have no label. "
                "Label a few of them and pass sample_domain to say which rows are the target's, or use a method that "
                "needs no target labels, such as KMM."
            )
        if target.all() and not domains.single:
            raise ValueError(
                f"{name} needs labelled source rows; the {np.count_nonzero(domains.source)} source rows have no label. "
                "Label some, or fit the base estimator on the labelled target rows alone."
            )
        return rows, target

    def _encode(self, y, rows):
        """Known labels and their codes in ``classes_``, both (n_labeled,)."""
        y = column_or_1d(known_labels(y, rows), warn=True)
        assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"At least two classes are needed; the labelled rows are of one class, {self.classes_.tolist()[0]!r}. "
                "Add rows of another class."
            )
        return y, codes

    # --- solve ---

    def _boost(self, X, y, codes, target):
        """Yield (learner, error, weight of its vote, weights of the rows or None) of each round that is kept."""
        n_classes = len(self.classes_)
        log_source = log_source_factor(np.count_nonzero(~target), self.n_estimators)
        log_weights = np.log(initial_weights(target, self.target_weight))
        rng = None if self.random_state is None else check_random_state(self.random_state)
        for n_before in range(self.n_estimators):
            weights = scaled_weights(log_weights)
            learner = self._fit_learner(X, y, weights, rng)
            loss = self._loss(learner, X, y, codes)
            error = float(np.average(loss[target], weights=weights[target]))
            guesses = is_chance(error, n_classes)
            if guesses and n_before:
                return
            log_target = log_target_factor(error, n_classes)
            yield learner, error, 1.0 if guesses else log_target, weights if self.store_weights else None
            if guesses or error <= ERROR_TOL:
                return
            log_weights = updated_weights(log_weights, loss, target, log_source, log_target)

    def _fit_learner(self, X, y, weights, rng):
        """Fit a new learner under ``weights``."""
        learner = clone(self._base())
        if rng is not None:
            set_random_states(learner, rng)
        # With routing on, a nested learner would want requests set for these weights, which are none of the user's.
        with config_context(enable_metadata_routing=False):
            return learner.fit(X, y, **{weight_parameter(learner): weights})

    def _loss(self, learner, X, y, codes):
        """|h_t(x_i) - c(x_i)| of [1] for each row."""
        if self.loss == "zero_one":
            return (np.asarray(learner.predict(X)) != y).astype(float)
        return 1 - learner.predict_proba(X)[np.arange(len(codes)), codes].astype(float)

    def _warn_if_over_at_once(self, rounds, target):
        """Say why boosting ended in the first of several rounds, where there is something to do about it."""
        error = rounds[0][1]
        if self.n_estimators > 1 and is_chance(error, len(self.classes_)):
            message = (
                f"The first learner is no better than chance on the labelled target rows (error {error:.3g}), so that "
                "boosting ended there. A larger target_weight or a stronger estimator fits these rows better."
            )
        elif self.n_estimators > 1 and error <= ERROR_TOL and not target.all():
            other_loss = "loss='soft' or " if self.loss == "zero_one" else ""
            message = (
                "The first learner makes no error on the labelled target rows, so that boosting ended there and no "
                f"source row was re-weighted. To leave an error to learn from, choose {other_loss}a simpler estimator."
            )
        else:
            return
        warnings.warn(message, EarlyStopWarning, stacklevel=3)

    # --- store ---

    def _store(self, rounds, rows, target):
        """Keep what the rounds found."""
        learners, errors, vote_weights, row_weights = zip(*rounds, strict=True)
        self.estimators_ = list(learners)
        self.estimator_errors_ = np.array(errors)
        self.estimator_weights_ = np.array(vote_weights)
        self.n_iter_ = len(rounds)
        self._has_source = not target.all()
        vars(self).pop("sample_weights_", None)  # of an earlier fit
        if self.store_weights:
            self.sample_weights_ = np.zeros((self.n_iter_, len(rows)))
            self.sample_weights_[:, rows] = row_weights
        return self

    # --- predict ---

    def _vote(self, learner, X):
        """Vote of one learner, (n_samples, n_classes): its probabilities, or 1 for the class that it predicts."""
        if self.loss == "zero_one":
            return (np.asarray(learner.predict(X))[:, None] == self.classes_).astype(float)
        return learner.predict_proba(X)

    def _tally(self, votes, n_rounds):
        """Weighted mean of the votes of the last rounds up to ``n_rounds``."""
        return np.average(votes, axis=0, weights=self.estimator_weights_[n_rounds - len(votes) : n_rounds])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = get_tags(self._base()).input_tags.allow_nan
        return tags
