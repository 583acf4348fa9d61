"""Labels spread over graphs against dense systems written out, and scikit-learn's LabelSpreading."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.semi_supervised import LabelSpreading

from sktl._core.propagation import (
    conjugate_gradients,
    feature_links,
    half_columns,
    mixed,
    new_feature_links,
    row_links,
    spread_labels,
)


@pytest.fixture
def graph():
    """A symmetric graph of 37 rows without loops, and one row without links."""
    rng = np.random.default_rng(0)
    W = rng.uniform(size=(37, 37)) * (rng.uniform(size=(37, 37)) < 0.2)
    W = np.triu(W, 1) + np.triu(W, 1).T
    W[5] = W[:, 5] = 0
    return W


def two_sided(X):
    """B B' without its leading pair, with the degrees written out; of signed columns both parts."""
    parts = np.hstack([np.maximum(X, 0), np.maximum(-X, 0)])
    parts = parts[:, parts.sum(axis=0) > 0]
    rows, columns = parts.sum(axis=1), parts.sum(axis=0)
    B = parts / np.sqrt(np.outer(rows, columns))
    leading = np.sqrt(rows / rows.sum())
    return B @ B.T - np.outer(leading, leading)


def test_rows_alone_are_label_spreading(graph):
    y = np.where(np.arange(37) < 12, np.arange(37) % 3, -1)
    alpha = 0.6
    model = LabelSpreading(kernel=lambda A, B: graph, alpha=alpha, max_iter=10_000, tol=1e-14).fit(np.eye(37), y)
    labels = np.eye(3)[np.where(y < 0, 0, y)] * (y >= 0)[:, None]
    links, _ = row_links(sparse.csr_array(graph))
    F, _, converged = spread_labels(mixed(links, None, 0.3), labels, alpha, 1e-12, 500)
    # with the rows' share alone the operator is .7 of the graph's
    exact = np.linalg.solve(np.eye(37) - alpha * 0.7 * links.toarray(), (1 - alpha) * labels)
    assert converged
    assert_allclose(F, exact, atol=1e-9)
    F, _, _ = spread_labels(mixed(links, None, 0.0), labels, alpha, 1e-12, 500)
    reached = F.sum(axis=1) > 0
    assert_allclose(
        (F / np.maximum(F.sum(axis=1, keepdims=True), 1e-300))[reached], model.label_distributions_[reached]
    )


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("share", [0.25, 1.0])
def test_both_graphs_are_the_dense_system(graph, make, share):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(37, 6))
    labels = rng.uniform(size=(37, 2))
    links, _ = row_links(sparse.csr_array(graph))
    features = feature_links(make(X))
    assert features.signed
    S = (1 - share) * links.toarray() + share * two_sided(X)
    F, _, converged = spread_labels(mixed(links, features, share), labels, 0.9, 1e-12, 500)
    assert converged
    assert_allclose(F, np.linalg.solve(np.eye(37) - 0.9 * S, 0.1 * labels), atol=1e-9)


def test_the_operators_have_norm_one_at_most(graph):
    X = np.random.default_rng(2).uniform(size=(37, 9))
    links, _ = row_links(sparse.csr_array(graph))
    both = mixed(links, feature_links(X), 0.5)(np.eye(37))
    assert_allclose(both, both.T, atol=1e-12)
    assert np.abs(np.linalg.eigvalsh(both)).max() <= 1 + 1e-12
    leading = np.sqrt(X.sum(axis=1))
    assert_allclose(mixed(None, feature_links(X), 1.0)(leading[:, None]), 0, atol=1e-12)


def test_new_rows_have_the_links_they_would_have_had():
    X = np.random.default_rng(3).normal(size=(20, 4))
    known = feature_links(X)
    assert_allclose(new_feature_links(X[3:7], known), known.links[3:7])
    counts = sparse.csr_array(np.maximum(X, 0))
    assert_allclose(
        new_feature_links(counts[3:7], feature_links(counts)).toarray(), feature_links(counts).links[3:7].toarray()
    )
    assert not feature_links(counts).signed
    assert_allclose(half_columns(sparse.csr_array(X), True).toarray(), half_columns(X, True))


def test_conjugate_gradients_stop_for_each_column():
    rng = np.random.default_rng(4)
    root = rng.normal(size=(15, 15))
    A = root @ root.T + np.eye(15)
    right = np.column_stack([np.zeros(15), A[:, 0], rng.normal(size=15)])
    found, steps, converged = conjugate_gradients(lambda Z: A @ Z, right, 1e-13, 200)
    assert converged and steps < 60
    assert_allclose(found, np.linalg.solve(A, right), atol=1e-8)
    assert not conjugate_gradients(lambda Z: A @ Z, right, 1e-13, 2)[2]
