"""Nearest rows by cells against a comparison of all pairs."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.metrics import pairwise_distances

from sktl._core import neighbors
from sktl._core.neighbors import nearest_rows


def textbook(X, queries, k):
    distances = pairwise_distances(X if queries is None else queries, X)
    if queries is None:
        np.fill_diagonal(distances, np.inf)
    return distances.argsort(axis=1)[:, :k]


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(701, 4)) + 1e3, rng.normal(size=(203, 4)) * 1.5 + 1e3


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("k", [1, 7])
def test_few_rows_and_all_cells_are_exact(k, alone, rows, monkeypatch):
    X, queries = rows[0], None if alone else rows[1]
    expected = textbook(X, queries, k)
    assert_array_equal(nearest_rows(X, queries, k), expected)
    assert_array_equal(nearest_rows(sparse.csr_array(X), None if alone else sparse.csr_array(queries), k), expected)
    monkeypatch.setattr(neighbors, "MAX_EXACT", 100)
    monkeypatch.setattr(neighbors, "PROBES", 10**6)
    monkeypatch.setattr(neighbors, "ENTRIES", 1000)
    found = nearest_rows(X, queries, k)
    assert np.mean(found == expected) > 0.999  # single precision may turn two round that are equally far


@pytest.mark.parametrize("alone", [False, True])
def test_most_of_the_nearest_are_found_in_a_few_cells(alone, rows, monkeypatch):
    X, queries = rows[0], None if alone else rows[1]
    expected = textbook(X, queries, 5)
    monkeypatch.setattr(neighbors, "MAX_EXACT", 100)
    found = nearest_rows(X, queries, 5)
    assert np.mean(found[:, 0] == expected[:, 0]) > 0.98
    shared = [len(set(a) & set(b)) / 5 for a, b in zip(found, expected, strict=True)]
    assert np.mean(shared) > 0.97
    if alone:
        assert (found != np.arange(701)[:, None]).all()


def test_the_order_of_the_rows_does_not_matter(rows, monkeypatch):
    monkeypatch.setattr(neighbors, "MAX_EXACT", 100)
    X, queries = rows
    order = np.random.default_rng(1).permutation(len(X))
    assert_array_equal(X[order][nearest_rows(X[order], queries)[:, 0]], X[nearest_rows(X, queries)[:, 0]])


def test_equal_rows_and_small_cells(monkeypatch):
    monkeypatch.setattr(neighbors, "MAX_EXACT", 100)
    monkeypatch.setattr(neighbors, "PROBES", 1)
    X = np.zeros((300, 3))
    X[:40] = np.random.default_rng(0).normal(size=(40, 3)) * 100
    found = nearest_rows(X, k=6)
    distances = pairwise_distances(X)
    np.fill_diagonal(distances, np.inf)
    assert (found != np.arange(300)[:, None]).all()
    assert (distances[np.arange(40, 300)[:, None], found[40:]] == 0).all()
    assert len(set(map(len, map(set, found.tolist())))) == 1  # no row twice
