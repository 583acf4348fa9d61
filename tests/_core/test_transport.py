"""Transport plans: linear programmes, POT, and bounds of how far from optimal they are."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import linprog
from scipy.spatial.distance import cdist

from sktl._core import transport
from sktl._core.penalized_transport import group_lasso, laplacian_of_images, penalized_plan
from sktl._core.transport import (
    exact_plan,
    fixed_order,
    ground_cost,
    onto_marginals,
    sinkhorn_plan,
    uniform,
)


@pytest.fixture(scope="module")
def samples():
    """31 and 19 rows of 3 columns, the second shifted, and 3 classes of the first."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(31, 3)), rng.normal(size=(19, 3)) + 1, rng.integers(0, 3, 31)


def problem(samples):
    """Cost and weights."""
    X, Y, _ = samples
    return ground_cost(X, Y), uniform(len(X)), uniform(len(Y))


def entropy(plan):
    return np.sum(plan[plan > 0] * np.log(plan[plan > 0]))


def naive_group_lasso(plan, codes):
    return sum(np.linalg.norm(plan[codes == c, j]) for c in set(codes.tolist()) for j in range(plan.shape[1]))


def assert_marginals(plan, a, b):
    assert plan.min() >= 0
    assert_allclose(plan.sum(axis=1), a, atol=1e-15)
    assert_allclose(plan.sum(axis=0), b, atol=1e-15)


@pytest.mark.parametrize("metric", ["sqeuclidean", "euclidean", "cosine", "manhattan"])
def test_costs_are_distances(metric, samples):
    X, Y, _ = samples
    name = {"manhattan": "cityblock"}.get(metric, metric)
    shape = cdist(X - X.mean(axis=0), Y - Y.mean(axis=0), name) if metric != "cosine" else cdist(X, Y, name)
    plain = shape if metric == "sqeuclidean" else cdist(X, Y, name)
    assert_allclose(ground_cost(X, Y, metric, None), plain, atol=1e-12)
    assert_allclose(ground_cost(X, Y, metric, "max"), plain / shape.max(), atol=1e-12)
    assert_allclose(ground_cost(X, Y, metric), plain / np.median(shape), atol=1e-12)
    assert_allclose(ground_cost(sparse.csr_array(X), sparse.csr_array(Y), metric, None), plain, atol=1e-7)
    if metric != "cosine":
        assert_allclose(ground_cost(X + 1e6, Y + 1e6, metric, None), plain, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("metric", ["sqeuclidean", "euclidean", "manhattan"])
def test_an_offset_between_the_samples_is_no_part_of_the_unit(metric, samples):
    X, Y, _ = samples
    near, far = ground_cost(X, Y, metric), ground_cost(X, Y + 100, metric)
    if metric == "sqeuclidean":
        assert_allclose(far, near, atol=1e-10)
    assert_allclose(np.ptp(far - far.mean(axis=0), axis=0), np.ptp(near - near.mean(axis=0), axis=0), rtol=1)


def test_a_median_of_zero_is_no_unit():
    X = np.array([[-4.0], [0.0], [0.0], [0.0], [4.0]])
    assert ground_cost(X, X[1:2]).max() == 1
    assert_array_equal(ground_cost(X[1:4], X[1:3]), 0)


def test_exact_plan_is_the_linear_programme_s(samples):
    pytest.importorskip("ot", reason="exact plans come from POT, of the ot extra")
    cost, a, b = problem(samples)
    n, m = cost.shape
    sums = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    optimum = linprog(cost.ravel(), A_eq=sums, b_eq=np.concatenate([a, b]), method="highs")
    found = exact_plan(cost, a, b)
    assert found.objective == pytest.approx(optimum.fun, rel=1e-9)
    assert_allclose(found.plan.ravel(), optimum.x, atol=1e-9)
    assert_marginals(found.plan, a, b)
    assert found.converged and found.gap < 1e-12


def test_exact_plan_cut_short_says_so_in_numbers(samples, monkeypatch):
    pytest.importorskip("ot", reason="exact plans come from POT, of the ot extra")
    monkeypatch.setattr(transport, "PIVOTS", 3)
    found = exact_plan(*problem(samples))  # POT's own warning would be an error here
    assert not found.converged


@pytest.mark.parametrize("reg", [1.0, 0.1, 0.01])
def test_entropic_plan_is_pot_s(reg, samples):
    ot = pytest.importorskip("ot", reason="POT is of the ot extra")
    cost, a, b = problem(samples)
    found = sinkhorn_plan(cost, a, b, reg, tol=1e-12, max_iter=20_000)
    theirs = ot.bregman.sinkhorn_log(a, b, cost, reg, numItermax=20_000, stopThr=1e-13)
    assert found.converged
    assert_allclose(found.plan, theirs, atol=1e-10)
    assert_marginals(found.plan, a, b)
    assert found.objective == pytest.approx(np.vdot(theirs, cost) + reg * entropy(theirs), abs=1e-9)


def test_entropic_plan_has_the_form_of_the_optimum(samples):
    # log plan + cost / reg = f_i + g_j: its mixed differences vanish, and with the sums this is the optimum
    cost, a, b = problem(samples)
    plan = sinkhorn_plan(cost, a, b, 0.3, tol=1e-13, max_iter=10_000).plan
    scaled = np.log(plan) + cost / 0.3
    assert_allclose(scaled - scaled[:1] - scaled[:, :1] + scaled[0, 0], 0, atol=1e-6)


def test_limits_of_the_entropic_plan(samples):
    cost, a, b = problem(samples)
    assert_allclose(sinkhorn_plan(cost, a, b, 1e6).plan, np.outer(a, b), rtol=1e-5)
    order = np.random.default_rng(1).permutation(31)
    matched = ground_cost(samples[0], samples[0][order])
    plan = sinkhorn_plan(matched, a, a, 1e-3, max_iter=5000).plan
    assert_allclose(plan[order, np.arange(31)], a, rtol=1e-3)


@pytest.mark.parametrize("reg", [1e-4, 1e-6])
def test_small_weights_neither_under_nor_overflow(reg, samples):
    cost, a, b = problem(samples)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        found = sinkhorn_plan(cost * 50, a, b, reg, max_iter=200)
    assert not found.converged and found.gap > 1e-6
    assert_marginals(found.plan, a, b)


def test_a_start_far_off_reaches_the_same_plan(samples):
    cost, a, b = problem(samples)
    found = sinkhorn_plan(cost, a, b, 0.05, 1e-12, 5000)
    again = sinkhorn_plan(cost, a, b, 0.05, 1e-12, 5000, start=np.linspace(-100, 100, 19))
    assert_allclose(again.plan, found.plan, atol=1e-11)
    assert sinkhorn_plan(cost, a, b, 0.05, 1e-12, 5000, start=found.potentials).n_iter <= transport.CHECK_EVERY


def test_mended_sums(samples):
    rng = np.random.default_rng(2)
    _, a, b = problem(samples)
    plan = rng.uniform(size=(31, 19))
    mended = onto_marginals(plan / plan.sum(), a, b)
    assert_marginals(mended, a, b)
    assert_allclose(onto_marginals(mended, a, b), mended, atol=1e-16)


def gradient_error(penalty, plan):
    """Largest difference of the gradient from finite differences, at ten entries."""
    exact, step = penalty.gradient(plan), 1e-7
    errors = []
    for i, j in zip(range(0, 30, 3), range(10), strict=True):
        moved = plan.copy()
        moved[i, j] += step
        lower = plan.copy()
        lower[i, j] -= step
        errors.append(abs((penalty.value(moved) - penalty.value(lower)) / (2 * step) - exact[i, j]))
    return max(errors)


def test_group_lasso_is_a_sum_of_norms(samples):
    codes = samples[2]
    members = (codes[:, None] == np.arange(3)).astype(float)
    plan = np.random.default_rng(3).uniform(size=(31, 19)) / 31 / 19
    assert group_lasso(members).value(plan) == pytest.approx(naive_group_lasso(plan, codes))
    assert gradient_error(group_lasso(members), plan) < 1e-6


def test_laplacian_is_a_mean_of_squared_distances(samples):
    X, Y, _ = samples
    weights = (cdist(X, X) < 1.5) * (1 - np.eye(31))
    laplacian = sparse.csr_array(np.diag(weights.sum(axis=1)) - weights)
    plan = onto_marginals(np.random.default_rng(3).uniform(size=(31, 19)), uniform(31), uniform(19))
    images = 31 * plan @ Y
    naive = np.sum(weights * cdist(images, images, "sqeuclidean")) / weights.sum()
    penalty = laplacian_of_images(laplacian, Y)
    assert penalty.value(plan) == pytest.approx(naive / cdist(Y, Y, "sqeuclidean").mean())
    assert gradient_error(penalty, plan) < 1e-5
    assert laplacian_of_images(sparse.csr_array((31, 31)), Y).value(plan) == 0


@pytest.mark.parametrize("reg, eta", [(0.1, 0.3), (0.02, 1.0)])
def test_group_lasso_plan_against_cvxpy(reg, eta, samples):
    import cvxpy as cp

    cost, a, b = problem(samples)
    members = (samples[2][:, None] == np.arange(3)).astype(float)
    variable = cp.Variable(cost.shape, nonneg=True)
    norms = [cp.sum(cp.norm(variable[np.flatnonzero(group)], 2, axis=0)) for group in members.T]
    goal = cp.sum(cp.multiply(cost, variable)) - reg * cp.sum(cp.entr(variable)) + eta * sum(norms)
    optimum = cp.Problem(cp.Minimize(goal), [cp.sum(variable, axis=1) == a, cp.sum(variable, axis=0) == b])
    optimum.solve(solver=cp.CLARABEL)
    found = penalized_plan(cost, a, b, reg, eta, group_lasso(members), tol=1e-5, max_iter=500, max_inner=5000)
    assert found.converged and found.gap <= 1e-5
    assert -1e-6 < found.objective - optimum.value <= found.gap + 1e-6
    naive = np.vdot(found.plan, cost) + reg * entropy(found.plan) + eta * naive_group_lasso(found.plan, samples[2])
    assert found.objective == pytest.approx(naive)
    assert_marginals(found.plan, a, b)


@pytest.mark.parametrize("reg", [0.0, 0.1])
def test_laplacian_plan_against_cvxpy(reg, samples):
    import cvxpy as cp

    if reg == 0:
        pytest.importorskip("ot", reason="exact plans come from POT, of the ot extra")
    X, Y, _ = samples
    cost, a, b = problem(samples)
    weights = (cdist(X, X) < 1.5) * (1 - np.eye(31))
    laplacian = np.diag(weights.sum(axis=1)) - weights
    values, vectors = np.linalg.eigh(laplacian)
    root = (vectors * np.sqrt(np.maximum(values, 0))).T
    scale = 2 * 31**2 / (weights.sum() * cdist(Y, Y, "sqeuclidean").mean())
    variable = cp.Variable(cost.shape, nonneg=True)
    smooth = scale * cp.sum_squares(root @ variable @ (Y - Y.mean(axis=0)))
    goal = cp.sum(cp.multiply(cost, variable)) - reg * cp.sum(cp.entr(variable)) + 0.7 * smooth
    optimum = cp.Problem(cp.Minimize(goal), [cp.sum(variable, axis=1) == a, cp.sum(variable, axis=0) == b])
    optimum.solve(solver=cp.CLARABEL)
    penalty = laplacian_of_images(sparse.csr_array(laplacian), Y)
    found = penalized_plan(cost, a, b, reg, 0.7, penalty, tol=1e-3, max_iter=500)
    assert found.converged and found.gap <= 1e-3
    assert -1e-6 < found.objective - optimum.value <= found.gap + 1e-6


def test_the_order_of_rows_depends_on_their_values_alone(samples):
    X, _, codes = samples
    X = np.concatenate([X, X[:5]])
    codes = np.concatenate([codes, (codes[:5] + 1) % 3])
    shuffle = np.random.default_rng(4).permutation(36)
    for table in (X, sparse.csr_array(X), sparse.csr_matrix(X)):
        order, other = fixed_order(table, codes), fixed_order(table[shuffle], codes[shuffle])
        assert_array_equal(X[order], X[shuffle][other])
        assert_array_equal(codes[order], codes[shuffle][other])
