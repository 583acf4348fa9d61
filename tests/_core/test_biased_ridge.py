"""Ridge towards a source: against cvxpy, scikit-learn's Ridge, and refits without each row."""

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.linear_model import Ridge

from sktl._core.biased_ridge import label_moments, ridge_path, solve_ridge
from sktl._core.coordinates import coordinates
from sktl._core.moments import merge


@pytest.fixture(params=[(31, 4), (17, 40)], ids=["long", "wide"])
def rows(request):
    n, d = request.param
    rng = np.random.default_rng(5)
    X, truth = rng.normal(size=(n, d)) + 3.0, rng.normal(size=d)
    sources = np.array([truth + 0.3 * rng.normal(size=d), rng.normal(size=d)])
    return X, X @ truth + rng.normal(size=n), rng.integers(1, 4, n).astype(float), sources, np.array([0.4, -0.2])


def refitted(X, y, weights, reg, base, base_intercept, fit_intercept=True):
    """Predictions of each row by a fit without one unit of its weight."""
    found = np.zeros(len(y))
    for i in range(len(y)):
        left = weights.copy()
        left[i] -= min(1.0, left[i])
        kept = left > 0
        model = Ridge(alpha=reg, fit_intercept=fit_intercept)
        model.fit(X[kept], (y - X @ base - base_intercept)[kept], sample_weight=left[kept])
        found[i] = X[i] @ base + base_intercept + model.predict(X[[i]])[0]
    return found


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighting", ["simplex", "ball", (0.7, 0.2)])
def test_leave_one_out_errors_are_those_of_refits(rows, weighting, fit_intercept):
    X, y, weights, sources, intercepts = rows
    path = ridge_path(coordinates(X), y, weights, sources, intercepts, weighting, fit_intercept=fit_intercept)
    for index in (4, 12, 20):
        b = path.weights[index]
        left_out = refitted(X, y, weights, path.regs[index], b @ sources, b @ intercepts, fit_intercept)
        assert_allclose(path.errors[index], weights @ (y - left_out) ** 2 / weights.sum(), rtol=1e-7)


def test_rows_of_a_small_weight_are_left_out_whole(rows):
    X, y, weights, sources, intercepts = rows
    weights = weights / 10
    path = ridge_path(coordinates(X), y, weights, sources[:1], intercepts[:1], regs=[2.0])
    left_out = refitted(X, y, weights, 2.0, sources[0], intercepts[0])
    assert_allclose(path.errors[0], weights @ (y - left_out) ** 2 / weights.sum(), rtol=1e-8)


@pytest.mark.parametrize("weighting", ["simplex", "ball"])
def test_source_weights_have_the_least_leave_one_out_error(rows, weighting):
    X, y, weights, sources, intercepts = rows
    path = ridge_path(coordinates(X), y, weights, sources, intercepts, weighting, regs=[5.0])
    parts = [refitted(X, t, weights, 5.0, s, a) for t, s, a in [(y, 0 * sources[0], 0.0)]]
    zeros = [refitted(X, 0 * y, weights, 5.0, s, a) for s, a in zip(sources, intercepts, strict=True)]
    b = cp.Variable(2, nonneg=True)  # a refit's prediction is linear in (y, sources)
    residual = y - parts[0] - np.column_stack(zeros) @ b
    edge = [cp.sum(b) == 1] if weighting == "simplex" else [cp.norm(b) <= 1]
    cp.Problem(cp.Minimize(cp.sum(cp.multiply(weights, cp.square(residual)))), edge).solve(solver=cp.CLARABEL)
    assert_allclose(path.weights[0], b.value, atol=2e-5)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_solutions_are_cvxpys_optimum(rows, container, fit_intercept):
    X, y, weights, sources, intercepts = rows
    base, own = sources[0], intercepts[0]
    w, a = cp.Variable(X.shape[1]), cp.Variable()
    fit = X @ w + (a if fit_intercept else own)
    objective = weights @ cp.square(y - fit) + 2.5 * cp.sum_squares(w - base)
    cp.Problem(cp.Minimize(objective)).solve(solver=cp.CLARABEL)
    inner = coordinates(container(X))
    path = ridge_path(inner, y, weights, sources[:1], intercepts[:1], "simplex", [2.5], fit_intercept)
    coef, intercept = path.coefficients(0)
    assert_allclose(coef, w.value, atol=1e-5)
    assert_allclose(intercept, a.value if fit_intercept else own, atol=1e-4)
    moments = label_moments(container(X), y, weights)
    coef, intercept = solve_ridge(moments, weights.sum(), 2.5, base, None if fit_intercept else own)
    assert_allclose(coef, w.value, atol=1e-5)
    assert_allclose(intercept, a.value if fit_intercept else own, atol=1e-4)


def test_moments_of_parts_merge_to_those_of_all_rows(rows):
    X, y, weights, sources, _ = rows
    parts = [label_moments(X[part], y[part], np.ones(X[part].shape[0])) for part in (slice(0, 6), slice(6, None))]
    both = solve_ridge(merge(parts), float(len(y)), 1.3, sources[0])
    whole = Ridge(alpha=1.3).fit(X, y - X @ sources[0])
    assert_allclose(both[0], sources[0] + whole.coef_, atol=1e-9)
    assert_allclose(both[1], whole.intercept_, atol=1e-8)


def test_an_infinite_penalty_keeps_the_source_and_none_is_least_squares():
    rng = np.random.default_rng(0)
    X, w = rng.normal(size=(30, 3)), np.array([1.0, 2, 3])
    y = X @ w + rng.normal(size=30)
    path = ridge_path(coordinates(X), y, np.ones(30), w[None], np.zeros(1), "simplex", [0.0, np.inf])
    assert_allclose(path.coefficients(1)[0], w)
    assert_allclose(path.coefficients(1)[1], np.mean(y - X @ w))
    assert_allclose(path.coefficients(0)[0], np.linalg.lstsq(np.c_[X, np.ones(30)], y)[0][:3])


def test_with_many_rows_the_mean_leverage_stands_for_each(monkeypatch):
    rng = np.random.default_rng(0)
    X, sources = rng.normal(size=(3001, 3)), rng.normal(size=(2, 3))
    y, weights = X @ sources[0] + rng.normal(size=3001), rng.uniform(0.5, 2, 3001)
    args = (coordinates(X), y, weights, sources, np.zeros(2), "ball")
    quick = ridge_path(*args)
    monkeypatch.setattr("sktl._core.biased_ridge.MANY_ROWS", 10_000)
    exact = ridge_path(*args)
    assert_allclose(quick.errors, exact.errors, rtol=2e-3)
    assert_allclose(quick.weights, exact.weights, atol=0.02)
    assert quick.best == pytest.approx(exact.best, abs=1)
