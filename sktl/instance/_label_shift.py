"""What the label-shift weighters share: a cross-fitted source classifier, its confusion matrix, class weights."""

import sys
import warnings
from abc import abstractmethod

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import assert_all_finite, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from sktl._checks import CLASSIFIER, FOLDS, N_JOBS, RANDOM_STATE
from sktl._core.kernels import canonical_order
from sktl._core.label_shift import joint_confusion, separation
from sktl._threads import threads_by_size
from sktl.base import BaseWeighter, default_classifier, validate_rows
from sktl.domains import known_labels, user_level
from sktl.exceptions import WeakClassifierWarning


def check_frozen_columns(estimator, names):
    """Raise if a frozen ``estimator`` was fitted on other columns than ``names``: its rows reach it without names."""
    if not isinstance(estimator, FrozenEstimator) or names is None:
        return
    fitted = getattr(estimator, "feature_names_in_", names)
    if not np.array_equal(fitted, names):
        raise ValueError(
            f"The frozen classifier was fitted on the columns {list(fitted)}; X has {list(names)}. Give X these "
            "columns, in this order."
        )


def call_with_names(method, X):
    """What ``method`` of a fitted model says of X, under the names that the model was fitted with, if it was.

    Names are checked already; without them scikit-learn would warn, and filters of warnings are no thread's own.
    """
    names = getattr(method.__self__, "feature_names_in_", None)
    return np.asarray(method(X if names is None else with_names(X, names)))


def with_names(X, names):
    """X as a frame of the library that is in use."""
    if "pandas" not in sys.modules and "polars" in sys.modules:
        return sys.modules["polars"].DataFrame(X.toarray() if sparse.issparse(X) else X, schema=list(names))
    from pandas import DataFrame  # here: pandas is an extra, and what gave the names

    return DataFrame.sparse.from_spmatrix(X, columns=names) if sparse.issparse(X) else DataFrame(X, columns=names)


def one_hot(model, X, classes):
    """Predicted classes as rows of 0 and a 1, (n_samples, n_classes)."""
    return (call_with_names(model.predict, X)[:, None] == classes).astype(float)


def probabilities(model, X, classes):
    """Predicted probabilities, with a column for each of ``classes``."""
    if not np.array_equal(model.classes_, classes):
        raise ValueError(
            f"The classifier knows the classes {model.classes_.tolist()}, but the labelled source rows have "
            f"{classes.tolist()}: these must be the same. Give source rows of each class, or refit the classifier."
        )
    return call_with_names(model.predict_proba, X).astype(np.float64)


def _fit_and_respond(estimator, X, y, train, test, respond, classes):
    return respond(estimator.fit(X[train], y[train]), X[test], classes)


def held_out_responses(estimator, X, y, respond, cv, n_jobs, random_state):
    """Responses to each row of a classifier that has not seen it; a frozen one is taken at its word."""
    classes, counts = np.unique(y, return_counts=True)
    if isinstance(estimator, FrozenEstimator):
        return respond(estimator, X, classes)
    if counts.min() < 2:
        raise ValueError(
            f"The class {classes.tolist()[counts.argmin()]!r} has 1 labelled source row: cross-fitting needs at least "
            "2 of each class. Add rows of it, drop it, or pass a fitted classifier as FrozenEstimator(classifier)."
        )
    from sklearn.model_selection import StratifiedKFold

    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    # no more folds than rows of the rarest class: each fit must know all
    folds = list(StratifiedKFold(min(cv, counts.min()), shuffle=True, random_state=seed).split(np.zeros(len(y)), y))
    parts = Parallel(n_jobs=n_jobs)(
        delayed(_fit_and_respond)(clone(estimator), X, y, train, test, respond, classes) for train, test in folds
    )
    responses = np.empty((len(y), len(classes)))
    for (_, test), part in zip(folds, parts, strict=True):
        responses[test] = part
    return responses


class BaseLabelShiftWeighter(BaseWeighter):
    """Contract of the weighters that assume label shift: p(y) changes, p(x | y) does not.

    They learn from the labels of source rows, and weight a row by its class. A child has the parameters ``estimator``,
    ``cv``, ``n_jobs`` and ``random_state``, and implements ``_solve``; ``_calibrate_on`` and ``_calibrated`` are for
    those that calibrate the classifier first, ``_is_hard`` for those that may look at predicted classes alone.
    """

    _constraints = {"estimator": (None, *CLASSIFIER), "cv": FOLDS, "n_jobs": N_JOBS, "random_state": RANDOM_STATE}

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None):
        """Estimate the class shares of the target, and weight source rows by their class.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing on target rows; known labels of target rows are not used.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target").

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described, no source row has a label, a class has one row only, or the
            confusion matrix is singular where it must not be.

        Warns
        -----
        SingleDomainWarning
            If there is one domain: all weights are 1 then, and no classifier is fitted.
        WeakClassifierWarning
            If the classifier may tell the classes apart no better than chance.
        """
        return super().fit(X, y, sample_domain)

    def predict_weights(self, X):
        """Weights of new source rows without labels: the mean of the class weights under the row's probabilities.

        That is the density ratio of the rows, p_target(x) / p_source(x), if the probabilities are right. (With a
        classifier that has no ``predict_proba``: the weight of the predicted class.) A row with a label y has
        ``class_weights_[y]``.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Source rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return self._mean_weights(validate_rows(self, X, reset=False, accept_sparse="csr"))

    # --- check and split ---

    def _check_params(self):
        if self.estimator is not None and not self._is_hard() and not hasattr(self.estimator, "predict_proba"):
            hard = "confusion='hard', " if hasattr(self, "confusion") else ""
            raise ValueError(
                f"{type(self).__name__} needs predict_proba here, which {self.estimator!r} does not have. Choose {hard}"
                "another classifier, or CalibratedClassifierCV around this one."
            )

    def _is_hard(self):
        """Whether the confusion matrix is that of predicted classes, not of probabilities."""
        return False

    def _check_rows(self, X, y, sample_domain, **check_params):
        """Add what the labels of the source rows say to the *check* and *split* acts."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        X, domains = super()._check_rows(X, y, sample_domain, **check_params)
        check_frozen_columns(self.estimator, getattr(self, "feature_names_in_", None))
        if not np.any(domains.source & domains.labeled):
            raise ValueError(
                f"{type(self).__name__} needs labelled source rows; the {np.count_nonzero(domains.source)} source rows "
                "have no label. Label some, or use a weighter that needs no labels, such as KMM."
            )
        labels = self._source_labels(y, domains)
        assert_all_finite(labels, input_name="y")
        check_classification_targets(labels)
        self.classes_, counts = np.unique(labels, return_counts=True)
        self.source_prior_ = counts / len(labels)
        return X, domains

    def _source_labels(self, y, domains):
        return column_or_1d(known_labels(y, domains.source & domains.labeled))

    # --- solve ---

    def _weigh_nothing(self, X):
        self.estimator_, self.confusion_matrix_ = None, None
        self.class_weights_, self.target_prior_ = np.ones(len(self.classes_)), self.source_prior_.copy()

    def _weigh_rows(self, X, y, domains):
        rows, labels = domains.source & domains.labeled, self._source_labels(y, domains)
        codes = np.searchsorted(self.classes_, labels)
        if len(self.classes_) == 1:
            self._weigh_nothing(X)  # one class has the share 1 in both domains
            return np.ones(np.count_nonzero(domains.source))
        order = np.argsort(codes, kind="stable")
        order = order[canonical_order(X[rows][order])]  # so that the order in which the rows came can't matter
        self._estimate(X[rows][order], labels[order], codes[order], X[domains.target])
        weights = np.empty(X.shape[0])
        weights[rows] = self.class_weights_[codes]
        unlabeled = domains.source & ~domains.labeled
        if unlabeled.any():
            weights[unlabeled] = self._mean_weights(X[unlabeled])
        return weights[domains.source]

    def _estimate(self, X, y, codes, X_target):
        """Fit the classifier, and set the class weights and priors, from labelled source rows and target rows."""
        base = default_classifier(X, tol=1e-6) if self.estimator is None else self.estimator
        respond = one_hot if self._is_hard() else probabilities
        held_out = held_out_responses(base, X, y, respond, self.cv, self.n_jobs, self.random_state)
        self.estimator_ = clone(base).fit(X, y)
        held_out = self._calibrate_on(held_out, codes)
        self.confusion_matrix_ = joint_confusion(held_out, codes, len(self.classes_))
        responses = self._calibrated(respond(self.estimator_, X_target, self.classes_))
        weights = self._solve(responses, len(y))
        self.target_prior_ = self.source_prior_ * weights / (self.source_prior_ @ weights)
        self.class_weights_ = self.target_prior_ / self.source_prior_
        self._warn_if_weak(*separation(held_out, codes, len(self.classes_)))
        self._check_fit(X, codes, held_out, X_target, responses)

    @abstractmethod
    def _solve(self, target_responses, n_source):
        """Class weights (n_classes,), on any scale, from the confusion matrix and the responses to target rows."""

    def _check_fit(self, X, codes, held_out, X_target, responses):
        """Warn if the target's rows, or the responses to them, are no mixture of those of the classes."""

    def _calibrate_on(self, held_out, codes):
        """Learn to calibrate the held-out responses to source rows; returns them calibrated."""
        return held_out

    def _calibrated(self, responses):
        """Responses by the calibration learned."""
        return responses

    def _mean_weights(self, X):
        if self.estimator_ is None:
            return np.ones(X.shape[0])
        if not hasattr(self.estimator_, "predict_proba"):
            return one_hot(self.estimator_, X, self.classes_) @ self.class_weights_
        return self._calibrated(probabilities(self.estimator_, X, self.classes_)) @ self.class_weights_

    # --- say so ---

    def _warn_if_weak(self, smallest, error):
        if smallest <= 2 * error:  # two standard errors: it may well be 0
            warnings.warn(
                "The source classifier may tell the classes apart no better than chance: the smallest singular "
                f"value of P(prediction | class) is {smallest:.2g}, with a sampling error of {error:.2g}, so that "
                "class_weights_ are mostly noise. Use a better estimator or more source rows, merge classes that it "
                "confuses, or shrink the weights (RLLS).",
                WeakClassifierWarning,
                stacklevel=user_level(),
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
