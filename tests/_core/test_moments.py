import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.covariance import ledoit_wolf_shrinkage

from sktl._core.moments import (
    BLOCK,
    Gaussian,
    LinearMap,
    domain_gaussians,
    ledoit_wolf,
    matrix_power,
    moments,
    regularised,
    rows_by_name,
)


@pytest.mark.parametrize("dtype, rtol", [(np.float64, 1e-12), (np.float32, 2e-5)])
def test_moments_are_numpy_s(dtype, rtol):
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(2 * BLOCK + 77, 3)) @ rng.normal(size=(3, 3)) + [0, 5, -30]).astype(dtype)
    index = np.flatnonzero(rng.random(len(X)) < 0.9)
    mean, covariance = moments(X, index)
    assert_allclose(mean, X[index].mean(axis=0, dtype=np.float64), rtol=rtol)
    assert_allclose(covariance, np.cov(X[index].astype(np.float64).T), rtol=rtol, atol=rtol * 10)


def test_moments_far_from_zero_keep_their_digits():
    X = np.random.default_rng(0).normal(size=(501, 2))
    assert_allclose(moments(X + 1e8, np.arange(501))[1], np.cov(X.T), atol=1e-6)
    assert_allclose(moments(X, np.array([3]))[1], 0)


@pytest.mark.parametrize("n, d", [(101, 7), (20, 61)])
def test_shrinkage_is_scikit_learn_s(n, d):
    X = np.random.default_rng(0).normal(size=(n, d)) * np.linspace(0.3, 2, d) + 3
    index = {"a": np.arange(n)}
    gaussians, basis = domain_gaussians(X, index, shrinkage="ledoit-wolf")
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
    mean, covariance = moments(X, np.arange(6))
    assert ledoit_wolf(X, np.arange(6), Gaussian(mean, covariance, 6)) == 1.0
    assert regularised(Gaussian(mean, covariance, 6), 3, 0.5, 1.0).rest == pytest.approx(0.4 + 0.5)


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


def test_rows_by_name():
    found = rows_by_name(np.array(["b", "a", "b"], dtype=object))
    assert {name: rows.tolist() for name, rows in found.items()} == {"a": [1], "b": [0, 2]}
