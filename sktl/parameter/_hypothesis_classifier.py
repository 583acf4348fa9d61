"""A classifier that starts from any model: its log-odds moved, scaled, corrected, or left aside."""

import numpy as np
from scipy.special import log_expit
from sklearn.base import clone, is_regressor
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from sktl._core.averaging import effective_columns
from sktl.base import BaseParameterTransfer, BaseTransferClassifier, default_floor, source_log_proba, union_of_classes
from sktl.domains import known_labels, take_rows
from sktl.parameter import _hypothesis
from sktl.parameter._class_offsets import can_take_offset, fit_classifier_on_offset
from sktl.parameter._few_rows import FEW_ROWS, LOGISTIC_PLANS, WIDE, FewRows
from sktl.parameter._hypothesis import (
    CONSTRAINTS,
    modes_of,
    predict_modes,
    read_by_all_parts,
    trust,
    with_columns,
)
from sktl.parameter._offsets import weights_for

__all__ = ["HypothesisTransferClassifier"]

LEAST_SPREAD = 0.1  # of log-odds, which are made at most ten times as sure


def log_odds_of(log_proba):
    """Log-odds of each class against the rest, (n, K); of the second class alone, (n, 1), where there are two."""
    if log_proba.shape[1] == 2:
        return log_proba[:, 1:] - log_proba[:, :1]
    # a class predicted with certainty has infinite log-odds against the rest: bounded
    return log_proba - np.log(np.maximum(-np.expm1(np.minimum(log_proba, 0)), 1e-12))


def log_proba_of(log_odds):
    """Log-probabilities (n, K) from log-odds of each class against the rest, made to sum to 1."""
    if log_odds.shape[1] == 1:
        return np.hstack([log_expit(-log_odds), log_expit(log_odds)])
    scores = log_expit(log_odds)
    return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)


def sharpen(log_proba, known, unit):
    """Log-probabilities (n, K) whose log-odds between the classes ``known`` (K,) are divided by ``unit``.

    Classes that the source does not know keep their probability.
    """
    if unit == 1 or not known.any():
        return log_proba
    inner, out = log_proba[:, known], log_proba.copy()
    share = np.logaddexp.reduce(inner, axis=1, keepdims=True)
    inner = inner / unit
    out[:, known] = inner - np.logaddexp.reduce(inner, axis=1, keepdims=True) + share
    return out


class HypothesisTransferClassifier(BaseParameterTransfer, BaseTransferClassifier):
    r"""Start from any fitted classifier and correct it with about 1 to 100 target labels.

    With the source's log-odds :math:`l(x)` (of each class against the rest where there are more than two), standardised
    columns z and target labels, the modes are (in all but the first, l is divided by its deviation over the target rows
    where that is less than 1, at most tenfold: penalised models of wide data are too unsure)

    - ``"source"``: :math:`l(x)`; ``"shift"``: :math:`l(x) + b`, one offset per class, shrunk to 0;
    - ``"affine"``: :math:`s\, l(x) + b`, with a temperature 1 / s too, shrunk to 1;
    - ``"offset"``: :math:`l(x) + b + w'z + g(z)`, with l a fixed offset of the log-loss; ``"stack"``:
      :math:`s\, l(x) + b + w'z`;
    - ``"target"``: the target's own model, :math:`b + w'z + g(z)`,

    with independent Gaussian priors of b, s, w and the smooth function g, whose variances are averaged over, weighted
    by the square root of Laplace's evidence, or of the likelihood of left-out rows in wide data (up to 150 labelled
    rows that are as unlike each other as rows of 100 independent columns). With more than two classes the modes that
    look at columns are one softmax each, fitted as ``LogisticRegression()`` is. ``mode="auto"`` averages the modes'
    probabilities with weights :math:`\pi_m \propto a_m \prod_i \hat p_{m,-i}(y_i)^{1/4}`, where
    :math:`\hat p_{m,-i}` is fitted without row i and :math:`a_m` is 1, but n / (n + 5 K) for "stack" and "target" with
    K > 2 classes.

    *When it helps*: where the source is better than chance and labels are few. Accuracy in % at 2 / 10 / 50 labels
    (``benchmarks/few_shot.py``, which has the rivals): heart disease, each of four sites from the others, 78.2 / 80.2 /
    81.5 (the source 74.8 / 74.9 / 74.6, the target's own logistic regression 68.0 / 74.1 / 79.1), adult by country,
    education, marital status 90.4 / 91.2 / 91.6 (89.5 / 89.5 / 89.6, 79.3 / 87.7 / 87.8), seven mixed tables 71.2 /
    73.5 / 75.1 (73.7 / 73.8 / 73.6, 65.0 / 67.2 / 70.9), ten digits of another origin 48.8 / 54.9 / 78.2 (48.3 / 48.2 /
    48.0, 12.4 / 36.3 / 72.8), texts of two newsgroups 71.5 / 80.7 / 95.2 (80.0 / 80.0 / 79.9, 52.8 / 63.0 / 85.3). Four
    newsgroups at 10 / 50 labels 53 / 71 (57 / 56, 30 / 58). *When it hurts*: up to five labels of wide data, where one
    label moves many predictions (the newsgroups above; reviews of four goods with two labels 72.4, the source 80.0):
    the source as it is, or, where its rows are available, a pooled fit with up-weighted target rows (83.6) is better.

    Parameters
    ----------
    source : classifier, list of (str, classifier) or None, default=None
        The model to start from. A fitted one is used as it is, kept by ``clone`` too, and ``fit`` takes target rows;
        its probabilities are clipped at 1e-3 (if it is fitted here, at 0.5 / n for n training rows). Without
        ``predict_proba`` its decision function is taken as log-odds. An unfitted one is fitted on the labelled source
        rows first. None stands for ``HistGradientBoostingClassifier(random_state=0)``, unfitted. In a grid search over
        ``source`` wrap fitted models in ``FrozenEstimator``.
    estimator : classifier or regressor, default=None
        Learner of the modes "offset", "stack" and "target". None: the models above, on columns
        standardised over all target rows, labelled or not (missing values become the mean, text becomes indicator
        columns). Otherwise any classifier. In mode "offset", ``LogisticRegression`` gets an exact offset,
        ``GradientBoostingClassifier``, LightGBM and XGBoost start from it, and for any other classifier the regressor
        of the same kind is fitted to Newton residuals. Left-out probabilities then come from ten folds.
    mode : {"auto", "source", "shift", "affine", "offset", "stack", "target"}, default="auto"
        One of the modes, or their average ("auto") without those that ``estimator`` can't learn: with a regressor only
        "offset" is possible; a classifier that takes no offset and has no regressor of its kind (``GaussianNB``) can do
        all but "offset".
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.

    Attributes
    ----------
    sources_ : list of (str, classifier)
        The fitted sources: the objects given, or the clones fitted.
    source_weights_ : ndarray of shape (n_sources,)
        Weights of the sources, by their left-out log-loss after one offset per class; they sum to 1.
    mode_weights_ : dict of str -> float
        Weight of each mode in the probabilities.
    evidence_ : dict of str -> float
        Mean log-loss of each mode on left-out labelled target rows.
    models_ : dict of str -> object
        The fitted modes.
    columns_ : object or None
        How the columns are standardised; None if they are not.
    classes_ : ndarray of shape (n_classes,)
        All classes of the source and of the target's labels. A class that is new to the source starts from the smallest
        probability, one without target labels keeps the source's log-odds.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    HypothesisTransferRegressor : The same for numbers.
    sktl.instance.TrAdaBoostClassifier : Learns from the source's rows, not from a model of it.

    Notes
    -----
    The default costs a few Newton steps in min(n, d) dimensions for each of about 100 grid points (one class against
    the rest at a time), with several classes some 30 softmax fits, n the labelled rows; left-out log-odds are one
    Newton step from the whole fit. Results do not depend on the units of X, except for sparse rows, which are scaled by
    one number.

    References
    ----------
    .. [1] I. Kuzborskij and F. Orabona, "Stability and hypothesis transfer learning", ICML 2013.
    .. [2] K. R. Rad and A. Maleki, "A scalable estimate of the out-of-sample prediction error via approximate
       leave-one-out cross-validation", JRSS-B 82, 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.parameter import HypothesisTransferClassifier
    >>> X = np.arange(8.0)[:, None]
    >>> old = LogisticRegression().fit(X, X[:, 0] > 3)
    >>> model = HypothesisTransferClassifier(old).fit(X[[2, 4, 6]], [False, False, True])
    >>> bool(model.predict_proba(X[[4]])[0, 1] < old.predict_proba(X[[4]])[0, 1])
    True
    """

    _constraints = CONSTRAINTS

    @property
    def _own_labels(self):
        """Doubt of a whole model of its own: five labels a class where there are several.

        With two classes the log-loss of few rows already doubts a model that is sure by few of them.
        """
        return 5 * len(self.classes_) if len(self.classes_) > 2 else 0

    __init__ = _hypothesis.store
    fit = _hypothesis.fit

    def _default_source(self, X):
        from sklearn.ensemble import HistGradientBoostingClassifier  # here, to keep `import sktl` quick

        return HistGradientBoostingClassifier(random_state=0)

    def _read_labels(self, y, rows, domains):
        """Classes of either side, and the labels' codes while fitting."""
        labels = column_or_1d(known_labels(y, domains.labeled if domains.single else rows))
        assert_all_finite(labels, input_name="y")
        check_classification_targets(labels)
        self.classes_ = union_of_classes(self.sources_, labels)
        if len(self.classes_) < 2:
            raise ValueError(
                f"At least two classes are needed; source and target have only one class, {self.classes_[0]!r}. "
                "Add rows of another class."
            )
        known = np.count_nonzero(domains.source & domains.labeled)  # rows that an unfitted source is fitted on
        self._floor = default_floor(known if self._fits_its_source else None)
        self._labels = np.searchsorted(self.classes_, labels)

    def _modes(self):
        """All modes, or the one asked for; "auto" leaves out what the estimator can't learn."""
        modes = modes_of(self)
        if self.mode != "auto" or self.estimator is None:
            return modes
        cannot = () if can_take_offset(self.estimator) else ("offset",)
        cannot += ("stack", "target") if is_regressor(self.estimator) else ()
        return tuple(mode for mode in modes if mode not in cannot)

    def _ask_sources(self, X):
        """Log-probabilities by the sources, (n, n_sources, n_classes)."""
        return np.stack([source_log_proba(model, X, self.classes_, self._floor) for _, model in self.sources_], axis=1)

    def _learn_scale(self, said):
        """The deviation of the source's log-odds over all target rows, where it is less than 1."""
        spread = float(np.sqrt(log_odds_of(said.mean(axis=1)).var(axis=0).mean()))
        # a source that says the same of all rows has no spread, and noise must not become knowledge
        self._unit = min(max(spread, LEAST_SPREAD), 1.0) if spread > 1e-6 else 1.0
        self._known = np.isin(self.classes_, np.concatenate([model.classes_ for _, model in self.sources_]))
        self._wide = False

    def _learn_width(self, target, learn):
        """Whether the labelled rows are unlike each other (see ``WIDE``)."""
        if self.columns_ is not None and np.count_nonzero(learn) <= FEW_ROWS:
            self._wide = effective_columns(self.columns_.transform(target), learn) > WIDE

    def _weigh_sources(self, said, weights):
        """What each source is worth, by its log-loss where shrunken class offsets have been added."""
        if said.shape[1] == 1:
            return np.ones(1)
        none = np.empty((len(said), 0))
        left_out = [self._fit_few_rows("shift", none, said[:, j], weights)[1] for j in range(said.shape[1])]
        return trust([self._log_likelihood(found, weights) for found in left_out])

    def _combine(self, said):
        """Log of the mean probabilities."""
        # a weight of 0 has no logarithm: that source drops out
        with_shares = said + np.log(np.maximum(self.source_weights_, 1e-300))[None, :, None]
        return np.logaddexp.reduce(with_shares, axis=1)

    def _fit_few_rows(self, mode, Z, source, weights):
        """One model a class against the rest, and the left-out log-probabilities."""
        source = sharpen(source, self._known, self._unit)
        odds, first = log_odds_of(source), 0 if len(self.classes_) > 2 else 1
        shrink = 2 / len(self.classes_)  # a label says less of each offset the more of them there are
        models = [
            FewRows(LOGISTIC_PLANS[mode], squared=False, wide=self._wide, shrink=shrink).fit(
                (self._labels == first + k).astype(float), odds[:, k], Z, weights, 0.0, 1.0
            )
            for k in range(odds.shape[1])
        ]
        return models, log_proba_of(np.column_stack([model.left_out_ for model in models]))

    def _learner(self):
        """The user's estimator, or one softmax of all columns for several classes; None: averaged models."""
        if self.estimator is not None or len(self.classes_) == 2:
            return self.estimator
        from sklearn.linear_model import LogisticRegression  # here, to keep `import sktl` quick

        return LogisticRegression(max_iter=1000)

    def _fit_learner(self, mode, X, source, weights, rows):
        """The learner on the positions ``rows`` of the labelled target rows."""
        source = sharpen(source, self._known, self._unit)
        mask = np.zeros(len(source), dtype=bool)
        mask[rows] = True
        learner = self._learner()
        X, codes, source = take_rows(X, mask), self._labels[mask], source[mask]
        own = None if weights is None else weights[mask]
        if mode == "offset":
            return fit_classifier_on_offset(learner, X, codes, source, own)
        if len(np.unique(codes)) == 1:
            from sklearn.dummy import DummyClassifier  # here, to keep `import sktl` quick

            return DummyClassifier().fit(np.zeros((len(codes), 1)), codes)
        X = with_columns(X, log_odds_of(source)) if mode == "stack" else X
        return clone(learner).fit(X, codes, **weights_for(learner, own))

    def _ask(self, mode, model, X, Z, source):
        """Log-probabilities by a mode."""
        if model is None:
            # without rows to learn from all classes are alike
            return source if mode == "source" else np.full(source.shape, -np.log(source.shape[1]))
        source = sharpen(source, self._known, self._unit)
        if isinstance(model, list):
            odds = log_odds_of(source)
            return log_proba_of(np.column_stack([m.predict(odds[:, k], Z) for k, m in enumerate(model)]))
        X = Z if self.estimator is None else X
        if mode == "offset":
            return model.log_proba(X, source)
        X = with_columns(X, log_odds_of(source)) if mode == "stack" else X
        return source_log_proba(model, X, np.arange(len(self.classes_)), self._floor)

    def _log_likelihood(self, left_out, weights):
        found = left_out[np.arange(len(left_out)), self._labels]
        return float(found.sum() if weights is None else weights @ found)

    def _error(self, left_out, weights):
        return -self._log_likelihood(left_out, weights) / (len(left_out) if weights is None else weights.sum())

    def predict_proba(self, X):
        """Class probabilities of target rows.

        Parameters
        ----------
        X : array-like, frame or CSR matrix of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return sum(weight * np.exp(values) for weight, values in predict_modes(self, X))

    def predict(self, X):
        """Predict classes of target rows.

        Parameters
        ----------
        X : array-like, frame or CSR matrix of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        best = self.predict_proba(X).argmax(axis=1)  # first: it says so where there is nothing fitted
        return self.classes_[best]

    def __sklearn_tags__(self):
        """Tags: what both the source and the estimator can read."""
        return read_by_all_parts(self, super().__sklearn_tags__())
