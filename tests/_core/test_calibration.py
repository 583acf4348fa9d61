"""Weighted calibration maps against scipy's optimum and scikit-learn's calibrators."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from sktl._core.calibration import (
    calibration_scores,
    expected_calibration_error,
    fit_calibration_map,
    fit_sigmoid,
    fit_temperature,
    smoothed_targets,
)


class Scores(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose decision values are its rows."""

    def __init__(self, n_classes):
        self.n_classes = n_classes

    def fit(self, X, y):
        self.classes_, self.n_features_in_ = np.arange(self.n_classes), X.shape[1]
        return self

    def predict(self, X):
        return self.classes_[X.argmax(axis=1)]

    def decision_function(self, X):
        return X[:, 1] if self.n_classes == 2 else X


@pytest.fixture(params=[2, 3], ids=["two classes", "three classes"])
def rows(request):
    """Scores, classes and weights."""
    rng = np.random.default_rng(request.param)
    codes = rng.integers(0, request.param, 211)
    scores = 3 * rng.normal(size=(211, request.param))
    scores[np.arange(211), codes] += 1.5
    return scores if request.param > 2 else scores - scores.mean(axis=1, keepdims=True), codes, rng.gamma(1, size=211)


def test_temperature_is_scipy_s_optimum(rows):
    scores, codes, weights = rows
    share = weights / weights.sum()

    def loss(b):
        return (
            -share @ log_softmax(b * scores, axis=1)[np.arange(len(codes)), codes]
            + 0.005 * share @ share * (b - 1) ** 2
        )

    best = minimize_scalar(loss, bounds=(0, 10), method="bounded", options={"xatol": 1e-10}).x
    assert_allclose(fit_temperature(scores, codes, weights), best, rtol=1e-5)


def test_temperature_at_its_ends():
    logits, codes = np.array([[0.0, 2.0], [2.0, 0.0], [0.0, 1.0]]), np.array([1, 0, 1])
    assert 1.5 < fit_temperature(logits, codes, np.ones(3)) < 1000  # separable: the ridge keeps it finite
    assert fit_temperature(logits, 1 - codes, np.ones(3)) < 1e-6  # worse than chance: no score is worth anything
    weights = np.array([1.0, 2.0, 5.0])
    assert_allclose(fit_temperature(logits, [0, 0, 1], weights), fit_temperature(logits, [0, 0, 1], 3 * weights))


def test_sigmoid_is_scipy_s_optimum(rows):
    scores, codes, weights = rows
    positive, column = codes == 1, 100 + 7 * scores[:, 1]
    targets = smoothed_targets(positive, weights)

    def loss(parameters):
        values = parameters[0] * scores[:, 1] + parameters[1]
        return weights @ (np.logaddexp(0, values) - targets * values)

    slope, intercept = fit_sigmoid(column, positive, weights)
    best = minimize(loss, np.zeros(2), options={"gtol": 1e-8}).x
    assert_allclose([7 * slope, intercept + 100 * slope], best, rtol=1e-4)


@pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not appear")  # it needs no weights
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_curves_are_scikit_learn_s(method, rows):
    scores, codes, weights = rows
    frozen = FrozenEstimator(Scores(scores.shape[1]).fit(scores, codes))
    theirs = CalibratedClassifierCV(frozen, method=method).fit(scores, codes, sample_weight=weights)
    ours = fit_calibration_map(method, scores, codes, weights)
    new = scores[:50] + 0.3
    assert_allclose(ours(new), theirs.predict_proba(new), atol=2e-4 if method == "sigmoid" else 1e-12)


def test_what_maps_are_fitted_to():
    proba = np.array([[0.2, 0.8], [1.0, 0.0]])
    logits = calibration_scores(proba, "temperature", True)
    assert_allclose(np.exp(logits[0, 1] - logits[0, 0]), 4)
    assert_allclose(np.exp(calibration_scores(proba, "sigmoid", True)[0]), [0.25, 4])
    assert np.isfinite(calibration_scores(proba, "sigmoid", True)).all()
    assert_allclose(calibration_scores(proba, "isotonic", True), proba)
    assert_allclose(calibration_scores(np.array([3.0]), "temperature", False), [[-1.5, 1.5]])
    assert_allclose(calibration_scores(np.array([3.0]), "sigmoid", False), [[-3, 3]])


def test_calibration_error_of_a_loop():
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=101)
    codes = np.random.default_rng(1).integers(0, 3, 101)
    codes = np.where(proba.max(axis=1) < 0.6, proba.argmax(axis=1), codes)  # too little sure here, too sure there
    total = 0.0
    for low in np.arange(10) / 10:
        rows = [
            i for i in range(101) if low <= proba[i].max() < low + 0.1 - 1e-12 or (low == 0.9 and proba[i].max() == 1)
        ]
        if rows:
            right = np.mean([proba[i].argmax() == codes[i] for i in rows])
            total += len(rows) / 101 * abs(right - np.mean([proba[i].max() for i in rows]))
    assert_allclose(expected_calibration_error(proba, codes, 10), total)
