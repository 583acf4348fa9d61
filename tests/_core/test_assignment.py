"""The programme of rows and classes against cvxpy, and its prices against the conditions of optimality."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktl._core.assignment import assign_classes


def hard_costs(seed, n=23, n_classes=5):
    """Costs of which the cheapest leave some classes empty."""
    return np.random.default_rng(seed).random((n, n_classes)) + np.array([0, 0, 0.8, 2, 3])[:n_classes]


@pytest.mark.parametrize("n, demand", [(23, np.ones(5)), (23, [0, 4, 1, 3, 2]), (6, np.ones(5)), (3, np.full(5, 0.6))])
def test_the_optimum_is_cvxpy_s(n, demand):
    cvxpy = pytest.importorskip("cvxpy")
    D, demand = hard_costs(0, n), np.asarray(demand, dtype=float)
    M = cvxpy.Variable(D.shape, nonneg=True)
    problem = cvxpy.Problem(
        cvxpy.Minimize(cvxpy.sum(cvxpy.multiply(M, D))), [cvxpy.sum(M, axis=1) == 1, cvxpy.sum(M, axis=0) >= demand]
    )
    problem.solve(solver=cvxpy.CLARABEL)
    plan, prices = assign_classes(D, demand)
    assert_allclose((plan * D).sum(), problem.value, rtol=1e-6)
    assert_allclose(plan.sum(axis=1), 1)
    assert (plan.sum(axis=0) >= demand - 1e-9).all() and (prices >= 0).all()
    assert_allclose((D - prices).min(axis=1).sum() + prices @ demand, problem.value, rtol=1e-6)  # strong duality


@pytest.mark.parametrize("seed", range(20))
def test_prices_are_a_rule_that_repeats_the_assignment(seed):
    D = hard_costs(seed)
    plan, prices = assign_classes(D, np.ones(5))
    reduced = np.sort(D - prices, axis=1)
    assert_array_equal((D - prices).argmin(axis=1), plan.argmax(axis=1))
    assert (reduced[:, 1] - reduced[:, 0]).min() > 1e-9  # no ties left
    assert_array_equal(prices[plan.sum(axis=0) > 1], 0)


def test_without_an_empty_class_the_cheapest_is_taken():
    D = np.random.default_rng(0).random((40, 3))
    plan, prices = assign_classes(D, np.ones(3))
    assert_array_equal(plan.argmax(axis=1), D.argmin(axis=1))
    assert_array_equal(prices, 0)
    plan, prices = assign_classes(np.empty((0, 3)), np.zeros(3))
    assert plan.shape == (0, 3) and not prices.any()


def test_units_scale_the_prices():
    D = hard_costs(1)
    assert_allclose(assign_classes(1e-6 * D, np.ones(5))[1], 1e-6 * assign_classes(D, np.ones(5))[1], rtol=1e-6)


def test_ten_thousand_rows():
    D = np.random.default_rng(0).random((10007, 10)) + 3 * np.arange(10)
    plan, prices = assign_classes(D, np.ones(10))
    assert plan.sum(axis=0).min() == 1
    assert_array_equal((D - prices).argmin(axis=1), plan.argmax(axis=1))
