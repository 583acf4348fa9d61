"""The selector's choice among ranked sources: by hand, and against cvxpy."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression

from sktl.domains import read_domains
from sktl.model_selection import SourceSelector
from sktl.model_selection._selector import distance_weights


def test_weights_by_distance_by_hand():
    two, ten = np.array([0.0, 1.0]), np.array([10.0, 10.0])
    assert_allclose(distance_weights(two, ten, np.sqrt(50)), [4 / 3, 2 / 3])  # 10 v^2 + 10 (v - 1)^2 = 50: v = 2
    assert_allclose(distance_weights(two, ten, np.sqrt(10)), [1, 0])  # v = 1: the second one's weight is just 0
    assert_allclose(distance_weights(two, ten, 0), [1, 0])
    assert_allclose(distance_weights(np.zeros(3), np.array([5.0, 1.0, 9.0]), 0.3), np.ones(3))
    assert_allclose(distance_weights(two, ten, 1e6), [1, 1], rtol=1e-5)  # a long reach: all rows alike


@pytest.mark.parametrize("reach", [0.2, 1.0, 3.0, 9.0, 40.0])
def test_weights_by_distance_are_the_optimum_of_the_bound(reach):
    cvxpy = pytest.importorskip("cvxpy")
    distances, rows = np.array([0.1, 0.13, 0.4, 0.45, 2.0]), np.array([7.0, 41.0, 12.0, 100.0, 30.0])
    shares = cvxpy.Variable(5, nonneg=True)
    bound = shares @ distances + reach * cvxpy.norm(cvxpy.multiply(shares, 1 / np.sqrt(rows)))
    cvxpy.Problem(cvxpy.Minimize(bound), [cvxpy.sum(shares) == 1]).solve(solver="CLARABEL")
    weights = distance_weights(distances, rows, reach)
    assert_allclose(weights * rows / (weights @ rows), shares.value, atol=1e-4)
    assert_allclose(
        distance_weights(1e3 * (distances + 5), rows, 1e3 * reach), weights
    )  # neither units nor zero matter


def test_auto_keeps_those_that_no_other_is_nearer_than():
    errors = np.array([0.2, 0.01, 0.02, 0.02])
    ranking = SimpleNamespace(names=list("abcd"), distances=np.array([-0.1, 0.0, 0.05, 0.14]), standard_errors=errors)
    domains = read_domains(np.zeros(5), None, ["a", "b", "c", "d", "target"])
    names, weights = SourceSelector(LogisticRegression())._choose(ranking, domains)
    assert names == ["a", "b"]  # "c" is 0.05 > 2 * hypot(0.01, 0.02) behind "b", though none can say so of "a"
    assert_array_equal(weights, [1, 1])
