"""Fit any classifier on top of fixed log-probabilities, what a source says, also those that take none.

``fit_classifier_on_offset(estimator, X, codes, offset)`` is exact for ``LogisticRegression`` (the same penalised
log-loss with the offset in it), ``GradientBoostingClassifier`` (its ``init``), LightGBM and XGBoost; others learn by
Newton-weighted fits of a regressor of its kind to the residuals. Offset and answer are (n, K) log-probabilities.
"""

import importlib

import numpy as np
from scipy.special import expit, log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_regressor
from sklearn.utils.validation import has_fit_parameter

from sktl._core.glm import fit_glm, fit_multinomial
from sktl._core.losses import LOGISTIC
from sktl.parameter._offsets import BoosterOffset, PipelineOffset, finite_rows, is_booster, is_of, weights_for

NEWTON_FITS = 2  # of a learner that is no part of a sum: each sees what the last one left
LARGEST_RESPONSE = 4.0  # of a Newton step on the log-odds, as in LogitBoost: a row that is surely wrong has no bound


class _LogOdds:
    """A classifier on top of log-probabilities: increments for the classes among the labels, none for the others."""

    def fit(self, estimator, X, codes, offset, sample_weight=None):
        """Fit to class numbers ``codes`` (n,) on top of log-probabilities ``offset`` (n, K)."""
        self.present_, own = np.unique(codes, return_inverse=True)
        if len(self.present_) > 1:
            start = offset[:, self.present_]
            start = start[:, 1] - start[:, 0] if len(self.present_) == 2 else start
            self._fit(estimator, X, own, start, sample_weight)
        return self

    def log_proba(self, X, offset):
        """Log-probabilities of all classes."""
        if len(self.present_) < 2:
            return offset
        start = offset[:, self.present_]
        if len(self.present_) > 2:
            raw = self._raw(X, start)
        else:
            raw = self._raw(X, start[:, 1] - start[:, 0])
            # half to either side: classes without labels keep their odds against the two together
            raw = np.column_stack([-raw / 2, raw / 2]) + start.mean(axis=1, keepdims=True)
        scores = offset.copy()
        scores[:, self.present_] = raw
        return log_softmax(scores, axis=1)


class LogisticOffset(_LogOdds):
    """``LogisticRegression`` with an l2 penalty or none: the same penalised log-loss, with the offset in it."""

    def _fit(self, estimator, X, codes, start, sample_weight):
        weights = np.ones(len(codes)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        weights = weights * _class_weights(estimator, codes)
        # beside the mean loss here, beside the sum in scikit-learn
        penalty = 0.0 if estimator.penalty is None else 1 / (estimator.C * weights.sum())
        rows = finite_rows(estimator, X)
        options = {"offset": start, "sample_weight": weights, "penalty": penalty}
        options["fit_intercept"] = estimator.fit_intercept
        if start.ndim == 1:
            self.fit_ = fit_glm(LOGISTIC, rows, codes.astype(float), **options)
        else:
            self.fit_ = fit_multinomial(rows, codes, start.shape[1], **options)

    def _raw(self, X, start):
        return start + np.asarray(X @ self.fit_.coef.T) + self.fit_.intercept


def _class_weights(estimator, codes):
    """A weight a row, of ``class_weight="balanced"``; ones without it."""
    if estimator.class_weight is None:
        return np.ones(len(codes))
    counts = np.bincount(codes)
    return (len(codes) / (len(counts) * counts))[codes]


class _Start(ClassifierMixin, BaseEstimator):
    """A first stage whose probabilities are those of the rows that the boosting is fitted on, in their order."""

    def __init__(self, log_odds=None):
        self.log_odds = log_odds

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        if self.log_odds.ndim == 1:
            return np.column_stack([expit(-self.log_odds), expit(self.log_odds)])
        return np.exp(log_softmax(self.log_odds, axis=1))


class GradientBoostingOffset(_LogOdds):
    """``GradientBoostingClassifier`` whose ``init`` is the offset; new rows add its trees to theirs."""

    def _fit(self, estimator, X, codes, start, sample_weight):
        model = clone(estimator).set_params(init=_Start(start))
        self.model_ = model.fit(X, codes, **weights_for(model, sample_weight))
        self.model_.init_ = self.model_.init = None  # it holds training rows' offsets, and is not asked again

    def _raw(self, X, start):
        rows = X if hasattr(X, "tocsr") else np.asarray(X, dtype=np.float32)  # trees compare in float32
        steps = [sum(tree.predict(rows) for tree in column) for column in self.model_.estimators_.T]
        steps = self.model_.learning_rate * np.column_stack(steps)
        return start + (steps[:, 0] if start.ndim == 1 else steps)


class BoosterLogOdds(_LogOdds):
    """LightGBM's or XGBoost's classifier, started from the offset."""

    def _fit(self, estimator, X, codes, start, sample_weight):
        self.model_ = BoosterOffset().fit(estimator, X, codes, start, sample_weight)

    def _raw(self, X, start):
        return self.model_.raw(X, start)


class NewtonFits(_LogOdds):
    """A regressor of the Newton responses (y - p) / (p (1 - p)) under weights p (1 - p), twice; one class at a time."""

    def _fit(self, estimator, X, codes, start, sample_weight):
        given = np.ones(len(codes)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        # a class predicted with certainty has infinite log-odds against the rest: bounded
        columns = start[:, None] if start.ndim == 1 else start - np.log(np.maximum(-np.expm1(start), 1e-12))
        self.steps_ = []
        for k in range(columns.shape[1]):
            y, odds = (codes == (1 if start.ndim == 1 else k)).astype(float), columns[:, k].copy()
            self.steps_.append([])
            for _ in range(NEWTON_FITS):
                p = expit(odds)
                # rows predicted with certainty have no curvature left: the floor keeps their responses finite
                curvature = np.maximum(p * (1 - p), 1e-6)
                response = np.clip((y - p) / curvature, -LARGEST_RESPONSE, LARGEST_RESPONSE)
                model = clone(estimator)
                taken = has_fit_parameter(model, "sample_weight")
                weights = weights_for(model, given * curvature if taken else None)
                self.steps_[-1].append(model.fit(X, response, **weights))
                odds += np.asarray(model.predict(X)).reshape(len(odds))

    def _raw(self, X, start):
        steps = np.column_stack([sum(np.asarray(m.predict(X)).reshape(-1) for m in models) for models in self.steps_])
        return start + (steps[:, 0] if start.ndim == 1 else steps)


def regressor_of(estimator):
    """A regressor that can learn what a classifier would: itself, or its twin by name with the same parameters."""
    if is_regressor(estimator):
        return clone(estimator)
    name = type(estimator).__name__
    twin_names = {"SVC": "SVR", "LinearSVC": "LinearSVR", "SGDClassifier": "SGDRegressor", "RidgeClassifier": "Ridge"}
    twin_name = twin_names.get(name, name.replace("Classifier", "Regressor"))
    module = importlib.import_module(".".join(type(estimator).__module__.split(".")[:2]))
    twin = getattr(module, twin_name, None)
    if twin is None or twin_name == name:
        raise TypeError(
            f"{estimator!r} takes no offset, and there is no regressor of the same kind to fit to residuals. Pass a "
            "regressor, such as Ridge() or RandomForestRegressor(), or a classifier with a regressor counterpart."
        )
    model = twin()
    shared = {key: value for key, value in estimator.get_params(deep=False).items() if key in model.get_params()}
    return model.set_params(**{k: v for k, v in shared.items() if k not in ("loss", "criterion", "class_weight")})


def fit_classifier_on_offset(estimator, X, codes, offset, sample_weight=None):
    """A model with ``log_proba(X, offset)``, fitted to class numbers on top of log-probabilities ``offset`` (n, K)."""
    if hasattr(estimator, "steps"):
        return PipelineOffset(fit_classifier_on_offset).fit(estimator, X, codes, offset, sample_weight)
    if is_booster(estimator) and not is_regressor(estimator):
        return BoosterLogOdds().fit(estimator, X, codes, offset, sample_weight)
    if is_of(estimator, "GradientBoostingClassifier") and estimator.n_iter_no_change is None:
        return GradientBoostingOffset().fit(estimator, X, codes, offset, sample_weight)
    if _is_plain_logistic(estimator):
        return LogisticOffset().fit(estimator, X, codes, offset, sample_weight)
    return NewtonFits().fit(regressor_of(estimator), X, codes, offset, sample_weight)


def can_take_offset(estimator):
    """Whether a classifier (or a pipeline's last step) can be fitted on an offset."""
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    try:
        return is_booster(last) or regressor_of(last) is not None
    except TypeError:
        return _is_plain_logistic(last)


def _is_plain_logistic(estimator):
    """Whether it is ``LogisticRegression`` with an l2 penalty or none, classes weighted alike or evened out."""
    if type(estimator).__name__ != "LogisticRegression" or estimator.class_weight not in (None, "balanced"):
        return False
    return estimator.penalty in ("l2", "deprecated", None) and getattr(estimator, "l1_ratio", 0) in (None, 0, 0.0)
