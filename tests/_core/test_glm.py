"""Losses of generalised linear models: derivatives, and minima against scikit-learn's and against offsets by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor, Ridge, TweedieRegressor
from sklearn.svm import LinearSVC

from sktl._core import glm
from sktl._core.glm import fit_glm, fit_multinomial
from sktl._core.losses import (
    GAMMA,
    LOGISTIC,
    POISSON,
    SQUARED,
    SQUARED_HINGE,
    multinomial_gradient,
    multinomial_value,
    tweedie_loss,
)

LOSSES = [SQUARED, LOGISTIC, POISSON, GAMMA, tweedie_loss(1.5), tweedie_loss(3), SQUARED_HINGE]


def table(loss, n=83, d=4, seed=0):
    rng = np.random.default_rng(seed)
    X, offset = rng.normal(size=(n, d)), 0.5 * rng.normal(size=n)
    eta = X @ (0.4 * rng.normal(size=d)) + 0.3 + offset
    y = {"squared_error": eta + rng.normal(size=n), "log_loss": (rng.random(n) < expit(eta)).astype(float)}
    y["squared_hinge"] = y["log_loss"]
    return X, y.get(loss.name, rng.gamma(2, np.exp(np.clip(eta, -5, 5)) / 2)), offset, rng.random(n) + 0.5


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_derivatives_are_those_of_finite_differences(loss):
    _, y, _, _ = table(loss)
    eta, h = np.linspace(-2, 2, len(y)), 1e-5
    assert_allclose(loss.gradient(y, eta), (loss.value(y, eta + h) - loss.value(y, eta - h)) / (2 * h), atol=1e-7)
    if loss.name == "tweedie(3)":  # not convex: its curvature is the expected one, at y = exp(eta)
        assert_allclose(loss.hessian(y, eta), np.exp(-eta))
        return
    by_differences = (loss.gradient(y, eta + h) - loss.gradient(y, eta - h)) / (2 * h)
    assert_allclose(loss.hessian(y, eta), by_differences, rtol=1e-7, atol=1e-7)


def test_multinomial_gradient_is_that_of_finite_differences():
    rng = np.random.default_rng(0)
    eta, codes, h = rng.normal(size=(7, 3)), np.array([0, 1, 2, 2, 1, 0, 0]), 1e-6
    for k in range(3):
        step = h * np.eye(3)[k]
        rise = (multinomial_value(codes, eta + step) - multinomial_value(codes, eta - step)) / (2 * h)
        assert_allclose(multinomial_gradient(codes, eta)[:, k], rise, atol=1e-8)


@pytest.mark.parametrize(
    "loss, twin",
    [
        (POISSON, PoissonRegressor(alpha=0.1, tol=1e-10, max_iter=1000)),
        (GAMMA, GammaRegressor(alpha=0.1, tol=1e-10, max_iter=1000)),
        (tweedie_loss(1.5), TweedieRegressor(power=1.5, alpha=0.1, tol=1e-10, max_iter=1000)),
    ],
    ids=["poisson", "gamma", "tweedie"],
)
@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_twins_of_scikit_learn(loss, twin, solver):
    X, y, _, weight = table(loss)
    twin.fit(X, y, sample_weight=weight)
    for rows in (X, sparse.csr_array(X)):
        fit = fit_glm(loss, rows, y, sample_weight=weight, penalty=0.1, solver=solver)
        assert fit.converged
        assert_allclose(fit.coef, twin.coef_, rtol=1e-5, atol=1e-7)
        assert_allclose(fit.intercept, twin.intercept_, rtol=1e-5)


def test_ridge_and_logistic_twins():
    X, y, _, weight = table(SQUARED)
    fit = fit_glm(SQUARED, X, y, sample_weight=weight, penalty=3 / weight.sum())
    ridge = Ridge(alpha=3).fit(X, y, sample_weight=weight)
    assert_allclose(np.append(fit.coef, fit.intercept), np.append(ridge.coef_, ridge.intercept_), rtol=1e-9)
    X, y, _, _ = table(LOGISTIC)
    fit = fit_glm(LOGISTIC, X, y, penalty=1 / (0.7 * len(y)))
    twin = LogisticRegression(C=0.7, tol=1e-10).fit(X, y)
    assert_allclose(np.append(fit.coef, fit.intercept), np.append(twin.coef_, twin.intercept_), rtol=1e-5)


def test_multinomial_twin():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3))
    codes = (X @ rng.normal(size=(3, 4)) + rng.gumbel(size=(90, 4))).argmax(axis=1)
    fit = fit_multinomial(X, codes, 4, penalty=1 / 90)
    twin = LogisticRegression(C=1, tol=1e-10, max_iter=1000).fit(X, codes)
    assert_allclose(fit.coef, twin.coef_, atol=1e-5)
    assert_allclose(fit.intercept - fit.intercept.mean(), twin.intercept_ - twin.intercept_.mean(), atol=1e-5)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_an_offset_is_a_column_whose_coefficient_is_one(loss):
    """At the minimum the derivatives are zero with the offset in eta; an offset of X w moves the coefficients by w."""
    X, y, offset, weight = table(loss)
    fit = fit_glm(loss, X, y, offset=offset, sample_weight=weight)
    by_eta = weight * loss.gradient(y, X @ fit.coef + fit.intercept + offset)
    assert_allclose(X.T @ by_eta, 0, atol=1e-5)
    assert_allclose(by_eta.sum(), 0, atol=1e-5)
    w = np.array([0.2, -0.1, 0.3, 0.0])
    moved = fit_glm(loss, X, y, offset=offset + X @ w + 0.4, sample_weight=weight)
    assert_allclose(moved.coef, fit.coef - w, atol=1e-6)
    assert_allclose(moved.intercept, fit.intercept - 0.4, atol=1e-6)


def test_the_log_link_offset_of_poisson_is_an_exposure():
    X, y, offset, _ = table(POISSON)
    exposure = np.exp(offset)
    fit = fit_glm(POISSON, X, y, offset=offset, penalty=0.2 * exposure.mean())
    rate = PoissonRegressor(alpha=0.2, tol=1e-12, max_iter=1000).fit(X, y / exposure, sample_weight=exposure)
    assert_allclose(fit.coef, rate.coef_, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_separable_rows_and_few_rows_end(solver):
    X, y = np.array([[-1.0, 0], [-2, 1], [1, 0], [3, 1]]), np.array([0.0, 0, 1, 1])
    fit = fit_glm(LOGISTIC, X, y, penalty=1e-6, solver=solver)
    assert np.isfinite(fit.coef).all() and fit.coef[0] > 1
    alone = fit_glm(SQUARED, X[:1], y[:1] + 2, penalty=1.0, solver=solver)
    assert_allclose(np.append(alone.coef, alone.intercept), [0, 0, 2], atol=1e-6)


@pytest.mark.parametrize("n, d", [(101, 7), (41, 80)])
def test_squared_hinge_with_a_penalised_intercept_is_liblinears(n, d):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n, d))
    y, weight = (X[:, 0] + rng.normal(size=n) > 0).astype(float), rng.uniform(0.2, 2.0, n)
    penalty = 1.7 / weight.sum()
    fit = fit_glm(SQUARED_HINGE, X, y, sample_weight=weight, penalty=penalty, intercept_penalty=penalty)
    twin = LinearSVC(C=1 / 1.7, tol=1e-10, max_iter=100_000).fit(X, y, sample_weight=weight)
    assert_allclose(np.append(fit.coef, fit.intercept), np.append(twin.coef_, twin.intercept_), atol=1e-6)


@pytest.mark.parametrize("loss", [SQUARED, LOGISTIC, POISSON, GAMMA, SQUARED_HINGE], ids=lambda loss: loss.name)
@pytest.mark.parametrize("intercept", ["none", "free", "penalised"])
def test_with_an_offset_it_is_cvxpys_optimum(loss, intercept):
    import cvxpy as cp

    X, y, offset, weight = table(loss)
    w, b = cp.Variable(X.shape[1]), cp.Variable()
    eta = offset + X @ w + (b if intercept != "none" else 0)
    losses = {
        "squared_error": lambda: cp.square(y - eta) / 2,
        "log_loss": lambda: cp.logistic(eta) - cp.multiply(y, eta),
        "poisson": lambda: cp.exp(eta) - cp.multiply(y, eta),
        "gamma": lambda: eta + cp.multiply(y, cp.exp(-eta)),
        "squared_hinge": lambda: cp.square(cp.pos(1 - cp.multiply(2 * y - 1, eta))),
    }[loss.name]()
    own = {"fit_intercept": intercept != "none", "intercept_penalty": 0.4 if intercept == "penalised" else 0.0}
    objective = weight @ losses / weight.sum() + 0.05 * cp.sum_squares(w) + own["intercept_penalty"] / 2 * b**2
    cp.Problem(cp.Minimize(objective)).solve(solver=cp.CLARABEL)
    fit = fit_glm(loss, X, y, offset=offset, sample_weight=weight, penalty=0.1, **own)
    assert_allclose(fit.coef, w.value, atol=2e-4)
    assert_allclose(fit.intercept, 0 if intercept == "none" else b.value, atol=2e-4)


def test_rows_in_an_order_do_not_mislead_the_part_that_steps_are_taken_from(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2400, 3))
    X[::2] *= 30.0  # every second row: the part of every second row has no other
    y = (X[:, 0] + rng.normal(size=2400) > 0).astype(float)
    whole = fit_glm(LOGISTIC, X, y, penalty=1e-3)
    monkeypatch.setattr(glm, "FEW_ROWS", 1200)
    part = fit_glm(LOGISTIC, X, y, penalty=1e-3)
    assert part.converged and part.n_iter != whole.n_iter
    assert_allclose(part.coef, whole.coef, rtol=1e-4)


@pytest.mark.parametrize(
    "few", [slice(None, None, 3), slice(0, 40)], ids=["spread", "the first, which are unlike the rest"]
)
@pytest.mark.parametrize("loss", [LOGISTIC, POISSON], ids=lambda loss: loss.name)
@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_a_part_that_is_fitted_first_moves_the_start_and_not_the_optimum(loss, few, solver):
    rng = np.random.default_rng(0)
    X, weight, offset = rng.normal(size=(331, 4)), rng.uniform(0.5, 2, 331), 0.3 * rng.normal(size=331)
    X[:40] = np.abs(X[:40]) + 1
    y = rng.poisson(np.exp(0.3 * X[:, 0] - 0.2)).clip(0, 1 if loss is LOGISTIC else None).astype(float)
    options = {"offset": offset, "sample_weight": weight, "penalty": 0.01, "solver": solver}
    whole, after = fit_glm(loss, X, y, **options), fit_glm(loss, X, y, few=few, **options)
    assert after.converged
    assert_allclose(after.coef, whole.coef, atol=1e-5)
    assert_allclose(after.intercept, whole.intercept, atol=1e-5)
