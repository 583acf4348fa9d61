"""The sums that merge against numpy on all rows at once."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktl._core.moments import BLOCK, deviations, merge, moments_by_name, moments_of, row_blocks, rows_by_name

RNG = np.random.default_rng(0)


def table(n, d, dtype=np.float64):
    return (RNG.normal(size=(n, d)) @ RNG.normal(size=(d, d)) + np.linspace(-30, 5, d)).astype(dtype)


@pytest.mark.parametrize("dtype, rtol", [(np.float64, 1e-12), (np.float32, 2e-5)])
def test_moments_are_numpy_s(dtype, rtol):
    X = table(2 * BLOCK + 77, 3, dtype)
    index = np.flatnonzero(RNG.random(len(X)) < 0.9)
    sums = moments_by_name(X, {"a": index})["a"]
    assert sums.n == len(index)
    assert_allclose(sums.mean, X[index].mean(axis=0, dtype=np.float64), rtol=rtol)
    assert_allclose(sums.covariance, np.cov(X[index].astype(np.float64).T), rtol=rtol, atol=rtol * 10)


def naive(X, groups, n_groups):
    """Everything a record holds, by its definition."""
    centred = X - X.mean(axis=0)
    lengths = np.sum(centred**2, axis=1)
    means = np.array([X[groups == g].mean(axis=0) if (groups == g).any() else 0 * X[0] for g in range(n_groups)])
    return means, centred.T @ centred, lengths @ centred, np.sum(lengths**2)


@pytest.mark.parametrize("cuts", [[], [1], [40, 41, 200]])
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_merged_chunks_are_the_whole(cuts, offset):
    X, groups = RNG.integers(-40, 40, size=(303, 4)) / 8.0, RNG.integers(0, 3, size=303)  # exact beside the offset
    X[:, 3] += X[:, 0]
    parts = np.split(np.arange(303), cuts)
    merged = merge(moments_of(row_blocks(X[rows] + offset), groups[rows], 4, norms=True) for rows in parts)
    means, scatter, cubes, fourth = naive(X, groups, 4)
    assert_array_equal(merged.counts, [*np.bincount(groups), 0])
    assert_allclose(merged.offsets[:3] + (merged.origin - offset), means[:3], rtol=1e-10)
    assert_allclose(merged.scatter, scatter, rtol=1e-10)
    assert_allclose(merged.cubes, cubes, rtol=1e-10, atol=1e-10 * fourth**0.75)
    assert_allclose(merged.fourth, fourth, rtol=1e-10)
    assert_allclose(merged.group_sums[:3], merged.counts[:3, None] * (means[:3] - X.mean(axis=0)), atol=1e-9)
    one = merged.merged_groups()
    assert_allclose(one.mean, X.mean(axis=0) + offset, rtol=1e-12)
    assert_allclose(one.scatter, scatter, rtol=1e-10)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("diagonal", [True, False])
def test_containers_and_diagonals(container, diagonal):
    X, groups = RNG.poisson(0.7, size=(101, 5)).astype(float), RNG.integers(0, 2, size=101)
    sums = moments_of(row_blocks(container(X)), groups, 2, diagonal=diagonal)
    means, scatter, *_ = naive(X, groups, 2)
    assert_allclose(sums.means, means)
    assert_allclose(sums.scatter, np.diagonal(scatter) if diagonal else scatter, atol=1e-10)
    assert_allclose(deviations(sums), X.std(axis=0))


def test_far_from_zero_moments_keep_their_digits():
    X = RNG.normal(size=(501, 2))
    far = X + 1e8
    assert_allclose(moments_of(row_blocks(far)).covariance, np.cov((far - 1e8).T), rtol=1e-12)
    assert_allclose(moments_of([X[[3]]]).covariance, 0)


def test_constant_columns_deviate_by_nothing():
    X = np.column_stack([np.full(1001, 0.1), np.full(1001, 1e9 / 3), RNG.normal(size=1001)])
    found = deviations(moments_of(row_blocks(X), diagonal=True))
    assert_array_equal(found[:2], 0)
    assert found[2] > 0.9


def test_blocks_of_rows_that_follow_on_are_views():
    X = table(3 * BLOCK, 2)
    parts = list(row_blocks(X, np.arange(BLOCK, 3 * BLOCK)))
    assert len(parts) == 2 and all(np.shares_memory(part, X) for part in parts)
    index = np.flatnonzero(RNG.random(len(X)) < 0.5)
    assert_array_equal(np.concatenate(list(row_blocks(X, index))), X[index])


def test_rows_by_name():
    found = rows_by_name(np.array(["b", "a", "b"], dtype=object))
    assert {name: rows.tolist() for name, rows in found.items()} == {"a": [1], "b": [0, 2]}
