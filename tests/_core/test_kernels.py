import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.metrics.pairwise import pairwise_kernels

from sktl._core import kernels
from sktl._core.kernels import Kernel, canonical_order, choose_gamma, make_kernel, median_distance, subsample


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    return np.abs(rng.normal(size=(2501, 3))), np.abs(rng.normal(size=(1303, 3)) + 0.4)


METRICS = ["rbf", "laplacian", "linear", "poly", "sigmoid", "cosine", "chi2"]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_row_sums_match_the_full_matrix(metric, n_jobs, samples):
    X, Y = samples
    kernel = make_kernel(metric, 0.3, X)
    full = pairwise_kernels(X, Y, metric=metric, filter_params=True, gamma=0.3, degree=3, coef0=1)
    assert_allclose(kernel.row_sums(X, Y, n_jobs), full.sum(axis=1), rtol=1e-10)
    within = pairwise_kernels(X, metric=metric, filter_params=True, gamma=0.3, degree=3, coef0=1)
    assert_allclose(kernel.row_sums(X, None, n_jobs), within.sum(axis=1), rtol=1e-10)
    assert_allclose(kernel.diagonal(X), np.diagonal(within), rtol=1e-10)


def test_callable_and_sparse_agree_with_the_named_kernel(samples):
    X, Y = samples
    named = make_kernel("rbf", 0.3, X)
    called = Kernel(lambda A, B: pairwise_kernels(A, B, metric="rbf", gamma=0.3))
    assert_allclose(called.row_sums(X, Y), named.row_sums(X, Y), rtol=1e-10)
    assert_allclose(called.diagonal(X), 1)
    assert_allclose(named.row_sums(sparse.csr_matrix(X), sparse.csr_array(Y)), named.row_sums(X, Y), rtol=1e-10)


def test_far_from_zero_loses_no_digits(samples):
    X, Y = samples
    kernel = make_kernel("rbf", 0.3, X)
    assert_allclose(kernel.row_sums(X + 1e8, Y + 1e8), kernel.row_sums(X, Y), rtol=1e-6)


def test_memory_is_a_few_blocks(samples, monkeypatch):
    largest = []
    function = kernels._rbf_block_function

    def watched(X, Y, gamma):
        block = function(X, Y, gamma)

        def sized(rows, columns):
            values = block(rows, columns)
            largest.append(values.size)
            return values

        return sized

    monkeypatch.setattr(kernels, "_rbf_block_function", watched)
    make_kernel("rbf", 0.3, samples[0]).row_sums(*samples)
    assert max(largest) <= kernels.BLOCK**2 and sum(largest) == 2501 * 1303


def test_median_rules():
    X = np.array([[0.0], [1.0], [3.0]])  # distances 1, 2, 3
    assert median_distance(X, "euclidean") == 2
    assert choose_gamma("rbf", "median", X) == 1 / 8  # 1 / (2 * 2^2)
    assert choose_gamma("rbf", "auto", X) == kernels.AUTO_WIDTH / 4
    assert choose_gamma("laplacian", "median", X) == 1 / 2
    assert choose_gamma("rbf", "scale", X) == pytest.approx(1 / X.var())
    assert choose_gamma("poly", "median", X) == pytest.approx(1 / X.var())
    assert choose_gamma("rbf", "scale", sparse.csr_matrix(X)) == pytest.approx(1 / X.var())
    assert choose_gamma("rbf", "median", np.ones((5, 2))) == 0.5  # no two rows differ: any width serves


def test_median_is_of_a_seeded_subsample(monkeypatch):
    X = np.random.default_rng(0).normal(size=(4001, 2))
    exact = np.median(np.linalg.norm(X[:, None] - X[None], axis=2)[np.triu_indices(len(X), 1)])
    value = median_distance(X, "euclidean")
    assert value == pytest.approx(exact, rel=0.05) and value != exact
    assert value == median_distance(X[::-1], "euclidean") == median_distance(X, "euclidean")


def test_subsample_depends_on_values_not_on_order():
    X = np.random.default_rng(0).normal(size=(301, 4))
    order = np.random.default_rng(1).permutation(301)
    picked = X[subsample(X, 17, np.random.RandomState(3))]
    again = X[order][subsample(X[order], 17, np.random.RandomState(3))]
    assert_array_equal(picked, again)
    assert_array_equal(X[canonical_order(X)], X[order][canonical_order(X[order])])
    assert_array_equal(canonical_order(X * [1, 10, 1e3, 1e-3] + 5), canonical_order(X))
    assert_array_equal(canonical_order(sparse.csr_matrix(X)), canonical_order(X))
    assert len(np.unique(subsample(X, 1000, np.random.RandomState(0)))) == 301
