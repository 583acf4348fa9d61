import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.covariance import ledoit_wolf_shrinkage

from sktl._core.linear_maps import LinearMap, domain_gaussians, gaussian, ledoit_wolf, matrix_power
from sktl._core.moments import BLOCK, moments_of


@pytest.mark.parametrize("n, d", [(101, 7), (20, 61)])
def test_shrinkage_is_scikit_learn_s(n, d):
    X = np.random.default_rng(0).normal(size=(n, d)) * np.linspace(0.3, 2, d) + 3
    index = {"a": np.arange(n)}
    gaussians, basis = domain_gaussians(X, index, shrinkage="auto")
    assert (basis is None) == (n > d)
    share = ledoit_wolf_shrinkage(X)
    assert 0.01 < share < 0.99
    assert_allclose(gaussians["a"].shrinkage, share, rtol=1e-8)
    full = np.cov(X.T)
    expected = (1 - share) * full + share * np.trace(full) / d * np.eye(d)
    found = gaussians["a"].covariance
    if basis is not None:
        found = basis @ (found - gaussians["a"].rest * np.eye(len(found))) @ basis.T + gaussians["a"].rest * np.eye(d)
    assert_allclose(found, expected, atol=1e-9)


def test_a_sphere_is_shrunk_whole():
    X = np.vstack([np.eye(3), -np.eye(3)])
    sums = moments_of([X], norms=True)
    assert ledoit_wolf(sums, 3) == 1.0
    assert gaussian(sums, sums.mean, 3, 0.5, 1.0).rest == pytest.approx(0.4 + 0.5)


def test_powers():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(4, 4))
    C = root @ root.T
    assert_allclose(matrix_power(C, 0.5) @ matrix_power(C, 0.5), C, atol=1e-10)
    assert_allclose(matrix_power(C, -0.5) @ C @ matrix_power(C, -0.5), np.eye(4), atol=1e-8)
    singular = np.diag([4.0, 0.0])
    assert_allclose(matrix_power(singular, -0.5), np.diag([0.5, 0.0]))
    assert_allclose(matrix_power(np.zeros((2, 2)), -0.5), 0)


def test_a_map_within_a_basis_is_the_full_matrix():
    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.normal(size=(9, 3)))
    M, start, end = rng.normal(size=(3, 3)), rng.normal(size=9), rng.normal(size=9)
    X = rng.normal(size=(BLOCK + 5, 9))
    full = basis @ M @ basis.T + 0.7 * (np.eye(9) - basis @ basis.T)
    expected = (X - start) @ full + end
    assert_allclose(LinearMap(start, end, M, basis, 0.7)(X), expected, atol=1e-12)
    assert_allclose(LinearMap(start, end, full)(X), expected, atol=1e-12)
    assert LinearMap(start, end, M, basis, 0.7)(X.astype(np.float32)).dtype == np.float32
