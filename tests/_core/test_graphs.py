"""Neighbour graphs against a naive loop."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.sparse.csgraph import laplacian

from sktl._core import graphs, neighbors
from sktl._core.graphs import neighbor_graph, normalized_laplacian

X = np.random.default_rng(0).normal(size=(23, 4))


def naive_graph(X, k):
    """Weights of the k nearest rows by cosine, one row at a time."""
    unit = X / np.linalg.norm(X, axis=1)[:, None]
    cosine = unit @ unit.T
    W = np.zeros((len(X), len(X)))
    for i in range(len(X)):
        others = [j for j in np.argsort(-cosine[i], kind="stable") if j != i][:k]
        W[i, others] = np.maximum(cosine[i, others], 0)
    return np.maximum(W, W.T)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_the_graph_is_the_naive_one(container):
    graph = neighbor_graph(container(X), 3)
    assert_allclose(graph.toarray(), naive_graph(X, 3), atol=1e-12)
    assert_array_equal(neighbor_graph(container(X), 3, weights="connectivity").toarray() > 0, naive_graph(X, 3) > 0)


def test_no_more_neighbours_than_rows():
    assert_allclose(neighbor_graph(X[:4], 10).toarray(), naive_graph(X[:4], 3), atol=1e-12)


def test_the_laplacian_is_scipy_s():
    graph = neighbor_graph(X, 3)
    assert_allclose(normalized_laplacian(graph).toarray(), laplacian(graph.toarray(), normed=True), atol=1e-12)
    lonely = sparse.csr_array(np.array([[0, 1.0, 0], [1, 0, 0], [0, 0, 0]]))
    assert_array_equal(normalized_laplacian(lonely).toarray(), [[1, -1, 0], [-1, 1, 0], [0, 0, 1]])


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_cells_join_nearly_the_same_rows(metric, monkeypatch):
    X = np.random.default_rng(0).normal(size=(701, 4)) + 2
    exact = neighbor_graph(X, 6, metric=metric, weights="connectivity").toarray()
    monkeypatch.setattr(graphs, "MAX_EXACT", 100)
    monkeypatch.setattr(neighbors, "MAX_EXACT", 100)
    found = neighbor_graph(X, 6, metric=metric, weights="connectivity").toarray()
    assert np.array_equal(found, found.T) and not found.diagonal().any()
    assert (found * exact).sum() > 0.97 * exact.sum()
