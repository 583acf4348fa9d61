"""Lasso paths with offsets and an intercept a domain, against cvxpy, scikit-learn and the optimality conditions."""

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Lasso

from sktl._core.lasso import Rows, follow, largest_penalty, lasso, penalty_grid, solve, stacked
from sktl._core.lasso_fits import RowFits, SharedCurvature
from sktl._core.losses import LOGISTIC, POISSON, SQUARED

LOSSES = [SQUARED, LOGISTIC, POISSON]


def make_rows(loss, n, p, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    eta, offset = X[:, 0] - 0.7 * X[:, 1] + shift, 0.5 * rng.normal(size=n)
    y = {
        "squared_error": eta + offset + rng.normal(size=n),
        "log_loss": (eta + offset + rng.logistic(size=n) > 0).astype(float),
        "poisson": rng.poisson(np.exp(0.5 * (eta + offset))).astype(float),
    }[loss.name]
    weights = rng.uniform(0.5, 2.0, n)
    return Rows(np.asfortranarray(X), y, offset, weights, np.zeros(n, dtype=int))


@pytest.fixture(params=LOSSES, ids=lambda loss: loss.name)
def loss(request):
    return request.param


@pytest.fixture(params=[(61, 9), (31, 70)], ids=["long", "wide"])
def rows(request, loss):
    n, p = request.param
    return stacked([make_rows(loss, n, p, 0), make_rows(loss, n // 2, p, 1, shift=1.5)])


def test_each_point_is_cvxpys_optimum(loss, rows):
    penalties = penalty_grid(largest_penalty(loss, rows), 0.1, 7)
    path = lasso(loss, rows, penalties)
    w, b = cp.Variable(rows.X.shape[1]), cp.Variable(2)
    eta = rows.offset + rows.X @ w + b[rows.domain]
    losses = {
        "squared_error": lambda: cp.square(rows.y - eta) / 2,
        "log_loss": lambda: cp.logistic(eta) - cp.multiply(rows.y, eta),
        "poisson": lambda: cp.exp(eta) - cp.multiply(rows.y, eta),
    }[loss.name]()
    for k in (0, 3, 6):
        objective = rows.weights @ losses / rows.weights.sum() + penalties[k] * cp.norm1(w)
        cp.Problem(cp.Minimize(objective)).solve(solver=cp.CLARABEL)
        assert_allclose(path.coef[k], w.value, atol=2e-3)
        assert_allclose(path.intercepts[k], b.value, atol=3e-3)


def test_the_optimality_conditions_hold(loss, rows):
    penalties = penalty_grid(largest_penalty(loss, rows), 0.1, 12)
    path = lasso(loss, rows, penalties)
    assert_allclose(path.coef[0], 0, atol=1e-8)
    for k, penalty in enumerate(penalties):
        eta = rows.offset + rows.X @ path.coef[k] + path.intercepts[k][rows.domain]
        slope = rows.weights * loss.gradient(rows.y, eta) / rows.weights.sum()
        gradient, active = rows.X.T @ slope, path.coef[k] != 0
        assert (np.abs(gradient) <= penalty * 1.01).all()
        assert_allclose(gradient[active], -penalty * np.sign(path.coef[k][active]), rtol=2e-2)
        assert_allclose(np.bincount(rows.domain, slope), 0, atol=1e-4)


def test_one_domain_of_squared_losses_is_scikit_learns_lasso():
    rows = make_rows(SQUARED, 53, 8, 2)
    penalty = 0.3 * largest_penalty(SQUARED, rows)
    twin = Lasso(alpha=penalty, tol=1e-10).fit(rows.X, rows.y - rows.offset, sample_weight=rows.weights)
    path = lasso(SQUARED, rows, [penalty])
    assert_allclose(path.coef[0], twin.coef_, atol=1e-5)
    assert_allclose(path.intercepts[0, 0], twin.intercept_, atol=1e-5)


def test_squared_losses_from_sums_and_by_newton_steps_agree(rows, loss):
    if loss is not SQUARED:
        pytest.skip("only squared losses have sums")
    penalties = penalty_grid(largest_penalty(SQUARED, rows), 0.1, 5)
    sums, steps = lasso(SQUARED, rows, penalties), follow(RowFits(SQUARED, rows), penalties)
    assert_allclose(steps.coef, sums.coef[: len(steps.coef)], atol=2e-3)


def test_a_path_ends_where_it_is_saturated():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(21, 60))
    rows = Rows(np.asfortranarray(X), (X[:, 0] > 0).astype(float), np.zeros(21), np.ones(21), np.zeros(21, dtype=int))
    penalties = penalty_grid(largest_penalty(LOGISTIC, rows), 1e-4, 60)
    assert len(lasso(LOGISTIC, rows, penalties).penalties) < 60


def test_fits_side_by_side_are_those_one_by_one(rows, loss):
    weights = rows.weights[:, None] * (np.arange(len(rows.y))[:, None] % 3 != np.arange(3))
    penalty = 0.3 * largest_penalty(loss, rows)
    together, start = RowFits(loss, rows, weights), np.full(3, 3 * penalty)
    solve(together, np.full(3, penalty), start, 1e-9)
    for fold in range(3):
        alone = RowFits(loss, rows, weights[:, [fold]])
        solve(alone, np.array([penalty]), start[:1], 1e-9)
        assert_allclose(together.coef[fold], alone.coef[0], atol=1e-5)
        assert_allclose(together.intercepts[fold], alone.intercepts[0], atol=1e-5)
        assert_allclose(together.eta[:, fold], alone.eta[:, 0], atol=1e-4)


def test_the_shared_curvature_is_that_of_the_weights_it_was_summed_with():
    rng = np.random.default_rng(0)
    X, domains, weights = rng.normal(size=(53, 9)), np.eye(2)[np.arange(53) % 2], np.linspace(1, 2, 53)
    shared = SharedCurvature(X, domains)
    near, far = 1.01 * weights, weights**3
    for columns, given, used in (([5, 1], weights, weights), ([1, 2, 7], near, weights), ([2, 1], far, far)):
        corner, border, gram = shared.of(np.array(columns), given)
        own = X[:, columns]
        assert_allclose(gram, (own.T * used) @ own)
        assert_allclose(border, domains.T @ (own * used[:, None]))
        assert_allclose(corner, used @ domains)


def test_many_rows_have_the_optimum_of_few(loss):
    rows = stacked([make_rows(loss, 901, 8, 0), make_rows(loss, 300, 8, 1, shift=1.5)])  # one curvature for all fits
    path = follow(RowFits(loss, rows), [0.05])
    eta = rows.offset + rows.X @ path.coef[0] + path.intercepts[0][rows.domain]
    slope = rows.weights * loss.gradient(rows.y, eta) / rows.weights.sum()
    gradient, on = rows.X.T @ slope, path.coef[0] != 0
    assert on.any() and (np.abs(gradient) <= 0.05 * 1.01).all()
    assert_allclose(gradient[on], -0.05 * np.sign(path.coef[0][on]), rtol=2e-2)
    assert_allclose(np.bincount(rows.domain, slope), 0, atol=1e-3)
