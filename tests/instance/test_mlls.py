import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator

from sktl._core.label_shift import moments_by_class
from sktl.exceptions import LabelShiftMisfitWarning
from sktl.instance import BBSE, MLLS

PRIORS = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
CENTRES = 1.5 * np.array([[0, 0], [1, 0], [0, 1]])


class Posterior(ClassifierMixin, BaseEstimator):
    """The true p_s(y | x) of three Gaussians, sharpened by ``scale`` and skewed by ``bias``."""

    classes_ = np.arange(3)

    def __init__(self, scale=1.0, bias=(0, 0, 0)):
        self.scale = scale
        self.bias = bias

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict_proba(self, X):
        logs = np.log(PRIORS[0]) - 0.5 * ((X[:, None] - CENTRES) ** 2).sum(axis=2)
        return softmax(self.scale * logs + np.asarray(self.bias), axis=1)

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


def data(n_source, n_target, seed=0):
    rng = np.random.default_rng(seed)
    y = np.r_[rng.choice(3, n_source, p=PRIORS[0]), rng.choice(3, n_target, p=PRIORS[1])]
    X = rng.normal(size=(len(y), 2)) + CENTRES[y]
    return X, np.where(np.arange(len(y)) < n_source, y, np.nan)


def test_shares_maximise_the_likelihood():
    X, y = data(401, 301)
    fitted = MLLS(FrozenEstimator(Posterior()), calibration="none", tol=1e-12, max_iter=10**6).fit(X, y)
    proba = Posterior().predict_proba(X)
    prior = proba[:401].mean(axis=0)
    best = minimize(
        lambda shares: -np.mean(np.log((proba[401:] / prior) @ shares)),
        prior,
        bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda shares: shares.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-14},
    )
    weights = best.x / prior
    assert_allclose(fitted.class_weights_, weights / (fitted.source_prior_ @ weights), atol=1e-4)
    assert np.isnan(fitted.temperature_) and not fitted.bias_.any() and fitted.gap_ <= 1e-12


def test_true_probabilities_give_true_weights():
    X, y = data(20_001, 20_003)
    fitted = MLLS(FrozenEstimator(Posterior())).fit(X, y)
    assert_allclose(fitted.target_prior_, PRIORS[1], atol=0.02)
    assert fitted.temperature_ == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("scale, bias", [(4.0, (0, 0, 0)), (4.0, (2.0, -1.0, 0)), (0.3, (-1.0, 1.0, 0))])
def test_calibration_undoes_a_wrong_temperature_and_bias(scale, bias):
    X, y = data(3001, 3001)
    exact = MLLS(FrozenEstimator(Posterior())).fit(X, y)
    wrong = MLLS(FrozenEstimator(Posterior(scale, bias))).fit(X, y)
    assert_allclose(wrong.class_weights_, exact.class_weights_, rtol=0.01)
    assert wrong.temperature_ == pytest.approx(scale * exact.temperature_, rel=0.01)


def test_uncalibrated_em_is_worse_and_temperature_alone_does_not_repair_it():
    errors = {}
    for name in ("bcts", "ts", "none", "bbse"):
        found = []
        for seed in range(5):
            X, y = data(1001, 1001, seed)
            frozen = FrozenEstimator(Posterior(3.0, (1.5, -1.0, 0)))
            weighter = BBSE(frozen) if name == "bbse" else MLLS(frozen, calibration=name)
            found.append(np.mean((weighter.fit(X, y).class_weights_ - PRIORS[1] / PRIORS[0]) ** 2))
        errors[name] = np.mean(found)
    assert errors["bcts"] < errors["bbse"]
    assert errors["none"] > 5 * errors["bcts"] and errors["ts"] > 2 * errors["bcts"]


def test_shares_of_zero():
    X, y = data(1001, 1001)
    X[1001:] = CENTRES[0] - 1
    fitted = MLLS(FrozenEstimator(Posterior())).fit(X, y)
    assert_allclose(fitted.target_prior_, [1, 0, 0], atol=1e-6)


def test_too_few_steps_warn():
    X, y = data(201, 201)
    with pytest.warns(ConvergenceWarning, match=r"MLLS stopped after 2 EM steps, at most .* Raise max_iter or tol"):
        fitted = MLLS(FrozenEstimator(Posterior()), max_iter=2).fit(X, y)
    assert fitted.n_iter_ == 2 and fitted.gap_ > 1e-8


def test_calibration_changes_with_the_parameter():
    X, y = data(301, 301)
    fits = {c: MLLS(FrozenEstimator(Posterior(2.0)), calibration=c).fit(X, y) for c in ("bcts", "ts", "none")}
    assert fits["bcts"].bias_.any() and not fits["ts"].bias_.any()
    assert fits["ts"].temperature_ == pytest.approx(2, rel=0.3)
    proba = Posterior(2.0).predict_proba(X)
    assert_allclose(fits["none"].predict_weights(X), proba @ fits["none"].class_weights_)
    logs = np.log(proba) / fits["bcts"].temperature_ + fits["bcts"].bias_
    assert_allclose(fits["bcts"].predict_weights(X), softmax(logs, axis=1) @ fits["bcts"].class_weights_)
    assert_array_equal(fits["bcts"].classes_, [0, 1, 2])


@pytest.mark.parametrize(
    "parameter, value, message",
    [
        ("calibration", "platt", "calibration must be one of 'bcts', 'ts', 'none'; got 'platt'"),
        ("tol", 0, "tol must be a number > 0; got 0"),
        ("max_iter", 0, "max_iter must be an integer >= 1; got 0"),
    ],
)
def test_errors(parameter, value, message):
    with pytest.raises(ValueError, match=message):
        MLLS(**{parameter: value}).fit(*data(31, 31))


def of_classes(shares, n, centers, seed):
    """Rows of normal classes around ``centers``, and their classes."""
    rng = np.random.default_rng(seed)
    y = rng.choice(len(shares), size=n, p=shares)
    return centers[y] + rng.normal(size=(n, 2)), y


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("place", [[0.0, 4.0], [9.0, 0.0], [2.5, 0.0]])  # aside, beyond, and between the known classes
def test_a_class_that_the_source_lacks_is_told(place, container):
    centers = np.array([[0.0, 0.0], [5.0, 0.0], place])
    X_source, y_source = of_classes([0.5, 0.5, 0.0], 601, centers, 0)
    X_target, _ = of_classes([0.2, 0.2, 0.6], 401, centers, 1)
    X, y = container(np.concatenate([X_source, X_target])), np.r_[y_source, np.full(401, np.nan)]
    with pytest.warns(LabelShiftMisfitWarning, match="not a mixture of the source's classes, whatever their shares"):
        fitted = MLLS().fit(X, y)
    assert fitted.misfit_ > 0.5


def test_nothing_is_told_under_label_shift():
    centers = np.array([[0.0, 0.0], [3.0, 0.0]])
    for seed in range(5):
        X_source, y_source = of_classes([0.5, 0.5], 601, centers, seed)
        X_target, _ = of_classes([0.9, 0.1], 401, centers, seed + 10)
        y = np.r_[y_source, np.full(401, np.nan)]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fitted = MLLS().fit(np.concatenate([X_source, X_target]), y)
        assert fitted.misfit_ == 0


def test_moments_by_class_are_naive_ones():
    X, codes = np.random.default_rng(0).normal(size=(101, 3)), np.arange(101) % 4
    for table in (X, sparse.csr_matrix(X)):
        means, variances, counts = moments_by_class(table, codes, 4)
        assert_allclose(means, [X[codes == k].mean(axis=0) for k in range(4)])
        assert_allclose(variances, [X[codes == k].var(axis=0) for k in range(4)])
        assert counts.tolist() == [26, 25, 25, 25]
