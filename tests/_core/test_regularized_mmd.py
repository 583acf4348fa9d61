import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.metrics.pairwise import laplacian_kernel, rbf_kernel

from sktl._core import regularized_mmd
from sktl._core.regularized_mmd import feature_sums, regularized_statistics, whitened_features
from sktl._core.two_sample import relabellings


@pytest.fixture
def pooled():
    """31 source rows, 23 target rows, mixed; and 7 relabellings."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(54, 2)), relabellings(rng.permutation(np.arange(54) < 23), 6, rng)


def regularized_kernel(K, ridge):
    """K (K / n + ridge I)^-1 of the centred kernel, densely."""
    n = len(K)
    centre = np.eye(n) - 1 / n
    K = centre @ K @ centre
    return K @ np.linalg.inv(K / n + ridge * np.eye(n))


def loop(M, label, unbiased):
    """Mean within the source + mean within the target - 2 mean between, pair by pair."""
    sums, counts = np.zeros((2, 2)), np.zeros((2, 2))
    for i, a in enumerate(label):
        for j, b in enumerate(label):
            if i != j or not unbiased:
                sums[a, b] += M[i, j]
                counts[a, b] += 1
    means = sums / counts
    return means[0, 0] + means[1, 1] - means[0, 1] - means[1, 0]


@pytest.mark.parametrize("ridge", [1e-3, 0.1])
def test_with_all_rows_as_landmarks_it_is_the_dense_formula(pooled, ridge):
    X, _ = pooled
    K = rbf_kernel(X, gamma=0.7)
    order = np.random.default_rng(1).permutation(54)
    A = whitened_features(K[:, order], order, ridge)
    assert_allclose(A.T @ A, regularized_kernel(K, ridge), atol=1e-4)  # residuals below 1e-8 / ridge are left out


def test_with_few_landmarks_it_is_the_dense_formula_of_their_kernel(pooled):
    X, _ = pooled
    K, landmarks = rbf_kernel(X, gamma=0.7), np.array([3, 8, 20, 50])
    nystrom = K[:, landmarks] @ np.linalg.inv(K[np.ix_(landmarks, landmarks)]) @ K[landmarks]
    A = whitened_features(K[:, landmarks], landmarks)
    assert A.shape == (4, 54)
    assert_allclose(A.T @ A, regularized_kernel(nystrom, 1e-3), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize("kernel, name", [(rbf_kernel, "rbf"), (laplacian_kernel, "laplacian")])
def test_every_relabelling_has_the_statistic_of_a_loop(pooled, unbiased, kernel, name, monkeypatch):
    monkeypatch.setattr(regularized_mmd, "ROWS", 13)
    X, labels = pooled
    gammas = (0.3, 2.0)
    found = regularized_statistics(X, name, gammas, labels, np.float64, unbiased)
    for row, gamma in zip(found, gammas, strict=True):
        M = regularized_kernel(kernel(X, gamma=gamma), regularized_mmd.RIDGE)
        assert_allclose(row, [loop(M, label, unbiased) for label in labels.T], rtol=1e-5)
    for data, dtype in ((X + 1e6, np.float64), (sparse.csr_matrix(X), np.float64), (X, np.float32)):
        assert_allclose(regularized_statistics(data, name, gammas, labels, dtype, unbiased), found, rtol=1e-3)


def test_a_linear_kernel_without_a_ridge_gives_the_mahalanobis_distance_of_the_means(pooled):
    X, labels = pooled
    X = X @ [[1, 5], [0, 0.1]]
    A = whitened_features(X @ X.T + 1, np.arange(54), 1e-12)  # + 1: the means take no part
    found = feature_sums(A, labels).discrepancy(unbiased=False)[0]
    precision = np.linalg.inv(np.cov(X.T, bias=True))
    gaps = [X[label == 0].mean(axis=0) - X[label == 1].mean(axis=0) for label in labels.T]
    assert_allclose(found, [gap @ precision @ gap for gap in gaps], rtol=1e-5)


def test_a_large_ridge_gives_the_plain_discrepancy(pooled):
    X, labels = pooled
    K = rbf_kernel(X, gamma=0.7)
    found = feature_sums(whitened_features(K, np.arange(54), 1e6), labels).discrepancy(True)[0]
    assert_allclose(1e6 * found, [loop(K, label, True) for label in labels.T], rtol=1e-4, atol=1e-7)


def test_landmarks_do_not_depend_on_the_order_of_the_rows(pooled, monkeypatch):
    monkeypatch.setattr(regularized_mmd, "LANDMARKS", 11)
    X, labels = pooled
    order = np.random.default_rng(2).permutation(54)
    base = regularized_statistics(X, "rbf", [0.5], labels, np.float64, True)
    assert_allclose(regularized_statistics(X[order], "rbf", [0.5], labels[order], np.float64, True), base, rtol=1e-6)


def test_equal_and_repeated_rows(pooled):
    X, labels = pooled
    assert_allclose(regularized_statistics(np.ones((54, 2)), "rbf", [1.0], labels, np.float64, True), 0, atol=1e-9)
    twice = np.repeat(X[:27], 2, axis=0)
    M = regularized_kernel(rbf_kernel(twice, gamma=0.5), regularized_mmd.RIDGE)
    found = regularized_statistics(twice, "rbf", [0.5], labels, np.float64, True)[0]
    assert_allclose(found, [loop(M, label, True) for label in labels.T], rtol=1e-5)
