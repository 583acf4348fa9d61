import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.cluster import KMeans

from sktl._core.clusters import adaptive_weights, class_means, lloyd, unit_rows, whole_axes
from sktl._core.distances import squared_distances


def naive_lloyd(X, centers, fixed):
    """K-means by loops over rows."""
    centers, codes = centers.copy(), None
    while True:
        new = [fixed[i] if fixed[i] >= 0 else min(range(len(centers)), key=lambda c, x=x: sum((x - centers[c]) ** 2))
               for i, x in enumerate(X)]  # fmt: skip
        if new == codes:
            return centers
        codes = new
        for c in range(len(centers)):
            members = [x for x, code in zip(X, codes, strict=True) if code == c]
            if members:
                centers[c] = np.mean(members, axis=0)


@pytest.mark.parametrize("n_fixed", [0, 7])
def test_lloyd_is_the_naive_loop(n_fixed):
    rng = np.random.default_rng(0)
    X, centers = rng.normal(size=(101, 3)), rng.normal(size=(4, 3))
    centers[3] = 50.0  # stays empty
    fixed = np.where(np.arange(101) < n_fixed, 2, -1)
    found = lloyd(X, centers, fixed)
    assert_allclose(found, naive_lloyd(X, centers, fixed))
    assert_array_equal(found[3], centers[3])
    order = rng.permutation(101)
    assert_allclose(lloyd(X[order], centers, fixed[order]), found)


def test_lloyd_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(150, 2)) + 3 * rng.integers(0, 3, 150)[:, None]
    assert_allclose(lloyd(X, X[:3]), KMeans(3, init=X[:3], n_init=1, tol=0).fit(X).cluster_centers_)


@pytest.mark.parametrize("k", [1, 4])
def test_adaptive_weights_are_the_optimum_on_the_simplex(k):
    d = np.sort(np.random.default_rng(0).uniform(1, 2, size=9))
    weights, delta = adaptive_weights(d[None, : k + 1])
    s = cp.Variable(9, nonneg=True)
    problem = cp.Problem(cp.Minimize(d @ s + delta[0] * cp.sum_squares(s)), [cp.sum(s) == 1])
    problem.solve(solver="CLARABEL", tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
    assert_allclose(weights[0], s.value[:k], atol=3e-5)
    assert_allclose(s.value[k:], 0, atol=3e-5)


def test_equally_near_rows_weigh_the_same():
    weights, delta = adaptive_weights(np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]))
    assert_array_equal(weights, 0.5)
    assert_array_equal(delta, 0)


def test_degenerate_rows():
    mean, axes, scatter = whole_axes(np.ones((7, 3)))
    assert axes.tolist() == [[1], [0], [0]] and scatter.tolist() == [1.0] and mean.tolist() == [1, 1, 1]
    assert_array_equal(unit_rows(np.zeros((2, 3))), 0)
    assert_array_equal(class_means(np.ones((2, 1)), np.array([-1, 0]), 2)[1], [1, 0])
    assert_allclose(squared_distances(np.full((1, 2), 1e8), np.array([[1e8, 1e8 + 1]])), 1)
