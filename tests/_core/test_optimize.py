import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from sklearn.metrics.pairwise import rbf_kernel

from sktl._core.active_set import active_set
from sktl._core.optimize import box_slab_gap, solve_box_slab_cvxpy, solve_box_slab_qp


def problem(seed):
    """Matrix, factor, linear part, upper bound, slab and ridge of a random programme; equality slabs among them."""
    rng = np.random.default_rng(seed)
    n, m, d = int(rng.integers(50, 401)), int(rng.integers(30, 500)), int(rng.integers(1, 6))
    X, Y = rng.normal(size=(n, d)), 0.7 * rng.normal(size=(m, d)) + 0.5
    gamma, upper, ridge = (0.1, 1.0, 5.0)[seed % 3], (1000.0, 5.0, 2.0)[seed % 3], (0.0, 0.3)[seed % 2]
    eps = ((np.sqrt(n) - 1) / np.sqrt(n), 0.1, 0.0)[seed % 3]
    K = rbf_kernel(X, gamma=gamma)
    values, vectors = np.linalg.eigh(K)
    kept = values > 1e-13 * values[-1]
    factor = vectors[:, kept] * np.sqrt(values[kept])
    kappa = rbf_kernel(X, Y, gamma=gamma).sum(axis=1) * n / m
    return K, factor, -kappa, upper, (n * (1 - eps), n * (1 + eps)), ridge


@pytest.mark.parametrize("seed", range(12))  # each width, bound and ridge twice
def test_objective_is_cvxpy_s(seed, monkeypatch):
    K, factor, linear, upper, slab, ridge = problem(seed)
    theirs = solve_box_slab_cvxpy(K, linear, upper, slab, ridge)
    for steps in (15, 0):  # active set first, interior point alone
        monkeypatch.setattr("sktl._core.active_set.ACTIVE_STEPS", steps)
        ours = solve_box_slab_qp(factor, linear, upper, slab, ridge, tol=1e-7)
        assert ours.converged and theirs.converged
        assert abs(ours.objective - theirs.objective) <= 1e-6 * abs(theirs.objective)  # the issue asks for 1e-4
        for x in (ours.x, theirs.x):
            assert x.min() >= 0 and x.max() <= upper
            assert slab[0] - 1e-6 * len(x) <= x.sum() <= slab[1] + 1e-6 * len(x)
        true_objective = 0.5 * ours.x @ (K @ ours.x + ridge * ours.x) + linear @ ours.x
        assert ours.objective == pytest.approx(true_objective, rel=1e-7)
        assert 0 <= ours.gap <= 1e-7 * abs(ours.objective)
        assert ours.objective - theirs.objective <= ours.gap + theirs.gap + 1e-9 * abs(ours.objective)


def test_analytic_answer_without_a_matrix():
    # min -c'x over 0 <= x <= 1, sum(x) = 2.5: fill the largest c first
    c = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    solution = solve_box_slab_qp(np.zeros((5, 1)), -c, 1.0, (2.5, 2.5), tol=1e-9)
    assert_allclose(solution.x, [1, 1, 0.5, 0, 0], atol=1e-6)
    assert solution.objective == pytest.approx(-10.5)


def test_analytic_answer_with_a_ridge():
    # min 1/2 |x|^2 - c'x inside the box and the slab: x = c; with sum(x) <= 3: x = c - shift
    c = np.array([0.5, 1.0, 2.5])
    assert_allclose(solve_box_slab_qp(np.zeros((3, 1)), -c, 9.0, (0.0, 9.0), 1.0, 1e-10).x, c, atol=1e-5)
    assert_allclose(solve_box_slab_qp(np.zeros((3, 1)), -c, 9.0, (0.0, 3.7), 1.0, 1e-10).x, c - 0.1, atol=1e-5)


def test_scipy_agrees_on_a_small_one():
    rng = np.random.default_rng(4)
    L, q = rng.normal(size=(6, 3)), rng.normal(size=6)
    slab = {"type": "ineq", "fun": lambda x: [x.sum() - 1, 4 - x.sum()]}
    theirs = minimize(
        lambda x: 0.5 * np.sum((L.T @ x) ** 2) + q @ x,
        np.full(6, 0.3),
        bounds=[(0, 2)] * 6,
        constraints=slab,
        tol=1e-12,
    )
    assert solve_box_slab_qp(L, q, 2.0, (1.0, 4.0), tol=1e-9).objective == pytest.approx(theirs.fun, abs=1e-6)


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_units_do_not_matter(unit):
    K, factor, linear, upper, slab, ridge = problem(1)
    base = solve_box_slab_qp(factor, linear, upper, slab, ridge, tol=1e-9)
    scaled = solve_box_slab_qp(factor * np.sqrt(unit), linear * unit, upper, slab, ridge * unit, tol=1e-9)
    assert scaled.objective == pytest.approx(base.objective * unit, rel=1e-8)


@pytest.mark.parametrize("seed", [1, 3, 5, 7, 9, 11])
def test_the_active_set_ends_at_the_exact_solution(seed):
    K, factor, linear, upper, slab, ridge = problem(seed)
    x, multiplier, n_steps = active_set(factor, linear, upper, slab, ridge, 100)
    gradient = K @ x + ridge * x + linear + multiplier
    free, scale = (x > 0) & (x < upper), np.abs(linear).max()
    assert n_steps <= 15 and x.min() >= 0 and x.max() <= upper
    assert_allclose(gradient[free], 0, atol=1e-9 * scale)  # the optimality conditions, each to the last digits
    assert gradient[x == 0].min(initial=0) >= 0 and gradient[x == upper].max(initial=0) <= 0
    assert multiplier == 0 or np.isclose(x.sum(), slab[0 if multiplier < 0 else 1], rtol=1e-9)


def test_the_active_set_knows_what_it_can_t_solve():
    _, factor, linear, upper, slab, ridge = problem(1)
    assert active_set(factor, linear, upper, slab, ridge, max_iter=1) is None  # not at its end yet
    assert active_set(np.zeros((3, 1)), -np.ones(3), 1.0, (1.0, 2.0), 0.0, 100) is None  # no one solution


def test_the_gap_bounds_any_point():
    K, factor, linear, upper, slab, ridge = problem(3)
    best = solve_box_slab_qp(factor, linear, upper, slab, ridge, tol=1e-9).objective
    for seed in range(5):
        x = np.random.default_rng(seed).uniform(0, 2, len(linear))
        quadratic, gradient = x @ (K @ x) + ridge * x @ x, K @ x + ridge * x + linear
        gap = box_slab_gap(x, gradient, quadratic, upper, slab, multiplier=0.3 * seed - 0.5)
        assert 0.5 * quadratic + linear @ x - best <= gap * (1 + 1e-9)


def test_too_few_iterations_say_so():
    K, factor, linear, upper, slab, ridge = problem(0)
    solution = solve_box_slab_qp(factor, linear, upper, slab, ridge, tol=1e-9, max_iter=2)
    assert not solution.converged and solution.n_iter == 2 and solution.relative_gap > 1e-9
