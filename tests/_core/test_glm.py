"""Penalised GLMs with offsets against scikit-learn's, cvxpy's optimum, and finite differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor, Ridge, TweedieRegressor
from sklearn.svm import LinearSVC

from sktl._core import glm
from sktl._core.glm import LOSSES, fit_glm, tweedie

ALL = [*LOSSES.values(), tweedie(1.5), tweedie(3.0)]


def make_labels(name, X, rng):
    """Labels that suit a loss."""
    eta = 0.4 * X[:, 0] - 0.3 * X[:, -1]
    if name in ("logistic", "squared_hinge"):
        return (eta + rng.logistic(size=len(X)) > 0).astype(float)
    if name == "squared":
        return eta + rng.normal(size=len(X))
    return rng.poisson(np.exp(eta)) + (0.5 if name == "gamma" or name.endswith("(3)") else 0.0)


@pytest.fixture(params=[(101, 7), (41, 80)], ids=["long", "wide"])
def rows(request):
    rng = np.random.default_rng(3)
    X = rng.normal(size=request.param)
    return X, rng.uniform(0.2, 2.0, len(X)), rng.normal(size=len(X)), rng


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_derivatives_are_finite_differences(loss):
    eta = np.array([-2.3, -0.4, 0.7, 1.9])
    for y in (0.0, 1.0):
        step = 1e-5
        values, slopes = (
            [f(np.full(4, y), eta + sign * step) for sign in (1, -1)] for f in (loss.value, loss.gradient)
        )
        assert_allclose(loss.gradient(np.full(4, y), eta), (values[0] - values[1]) / (2 * step), atol=1e-8)
        if loss.name == "tweedie(3)":  # not convex: its curvature is the expected one, at y = exp(eta)
            assert_allclose(loss.hessian(y, eta), np.exp(-eta))
            continue
        assert_allclose(loss.hessian(np.full(4, y), eta), (slopes[0] - slopes[1]) / (2 * step), atol=1e-8)


TWINS = {
    "squared": lambda penalty, total: Ridge(alpha=penalty, tol=1e-12),
    "logistic": lambda penalty, total: LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=10_000),
    "squared_hinge": lambda penalty, total: LinearSVC(C=1 / penalty, tol=1e-10, max_iter=100_000),
    "poisson": lambda penalty, total: PoissonRegressor(alpha=penalty / total, tol=1e-12, max_iter=10_000),
    "gamma": lambda penalty, total: GammaRegressor(alpha=penalty / total, tol=1e-12, max_iter=10_000),
    "tweedie": lambda penalty, total: TweedieRegressor(
        power=1.5, link="log", alpha=penalty / total, tol=1e-12, max_iter=10_000
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_without_an_offset_it_is_scikit_learns(name, rows):
    X, weights, _, rng = rows
    y = make_labels(name, X, rng)
    loss = tweedie(1.5) if name == "tweedie" else name
    extra = {"intercept_penalty": 1.7} if name == "squared_hinge" else {}  # liblinear penalises it
    fit = fit_glm(loss, X, y, weights=weights, penalty=1.7, **extra)
    twin = TWINS[name](1.7, weights.sum()).fit(X, y, sample_weight=weights)
    assert fit.converged
    assert_allclose(fit.coef, np.ravel(twin.coef_), atol=2e-6)
    assert_allclose(fit.intercept, np.ravel(twin.intercept_)[0], atol=2e-6)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("name", ["squared", "logistic", "poisson", "gamma", "squared_hinge"])
def test_with_an_offset_it_is_cvxpys_optimum(name, fit_intercept, rows):
    import cvxpy as cp

    X, weights, offset, rng = rows
    y = make_labels(name, X, rng)
    w, b = cp.Variable(X.shape[1]), cp.Variable()
    eta = offset + X @ w + (b if fit_intercept else 0)
    losses = {
        "squared": lambda: cp.square(y - eta) / 2,
        "logistic": lambda: cp.logistic(eta) - cp.multiply(y, eta),
        "poisson": lambda: cp.exp(eta) - cp.multiply(y, eta),
        "gamma": lambda: eta + cp.multiply(y, cp.exp(-eta)),
        "squared_hinge": lambda: cp.square(cp.pos(1 - cp.multiply(2 * y - 1, eta))),
    }[name]()
    cp.Problem(cp.Minimize(weights @ losses + 0.85 * cp.sum_squares(w))).solve(solver=cp.CLARABEL)
    fit = fit_glm(name, X, y, offset=offset, weights=weights, penalty=1.7, fit_intercept=fit_intercept)
    assert_allclose(fit.coef, w.value, atol=2e-4)
    if fit_intercept:
        assert_allclose(fit.intercept, b.value, atol=2e-4)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_the_gradient_vanishes_at_the_solution(loss, rows):
    X, weights, offset, rng = rows
    y = make_labels(loss.name, X, rng)
    fit = fit_glm(loss, X, y, offset=offset, weights=weights, penalty=0.3, tol=1e-13)
    slope = weights * loss.gradient(y, offset + X @ fit.coef + fit.intercept)
    assert_allclose(X.T @ slope + 0.3 * fit.coef, 0, atol=1e-4)
    assert_allclose(slope.sum(), 0, atol=1e-4)


def test_lbfgs_and_sparse_rows_find_the_same(rows, monkeypatch):
    X, weights, offset, rng = rows
    X = np.where(np.abs(X) > 0.7, X, 0.0)
    y = make_labels("logistic", X, rng)
    dense = fit_glm("logistic", X, y, offset=offset, weights=weights, penalty=0.5)
    csr = fit_glm("logistic", sparse.csr_array(X), y, offset=offset, weights=weights, penalty=0.5)
    assert_allclose(csr.coef, dense.coef, atol=1e-8)
    monkeypatch.setattr(glm, "NEWTON_SIZE", 1)
    other = fit_glm("logistic", X, y, offset=offset, weights=weights, penalty=0.5, tol=1e-14)
    assert_allclose(other.coef, dense.coef, atol=1e-5)


def test_sorted_rows_do_not_mislead_the_part_that_steps_are_taken_from(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2400, 3))
    X[::2] *= 30.0  # every second row: the part of every second row alone has no other
    y = make_labels("logistic", X, rng)
    whole = fit_glm("logistic", X, y)
    monkeypatch.setattr(glm, "FEW_ROWS", 1200)
    part = fit_glm("logistic", X, y)
    assert part.converged
    assert_allclose(part.coef, whole.coef, rtol=1e-4)


def test_separable_labels_without_a_penalty_are_not_said_to_converge():
    X, y = np.array([[-1.0], [1.0]]), np.array([0.0, 1.0])
    assert not fit_glm("logistic", X, y, penalty=0.0, max_iter=5).converged
