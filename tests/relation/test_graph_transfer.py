"""GraphTransferClassifier against LabelSpreading and dense systems; nodes, searches, errors."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import kneighbors_graph
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.semi_supervised import LabelSpreading

from sktl.relation import GraphTransferClassifier


@pytest.fixture
def counts():
    """71 rows of 9 counts, the last 30 of the target; labels of two classes, NaN on target rows; true labels."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 71)
    X = rng.poisson(np.where(truth[:, None] == np.arange(9) % 2, 2.0, 0.5)).astype(float)
    X[:, 0] += 1
    y = truth.astype(float)
    y[41:] = np.nan
    return X, y, truth


@pytest.fixture
def links():
    """Weights of a symmetric graph of 71 nodes."""
    rng = np.random.default_rng(1)
    W = rng.uniform(size=(71, 71)) * (rng.uniform(size=(71, 71)) < 0.1)
    return sparse.csr_array(np.triu(W, 1) + np.triu(W, 1).T)


def test_without_features_it_is_label_spreading(counts, links):
    X, y, _ = counts
    model = GraphTransferClassifier(adjacency=links, feature_share=0.0, alpha=0.7, tol=1e-12).fit(X, y)
    twin = LabelSpreading(kernel=lambda A, B: links.toarray(), alpha=0.7, max_iter=10_000, tol=1e-14)
    twin.fit(X, np.where(np.isnan(y), -1, y).astype(int))
    F = model.label_distributions_
    assert_allclose(F / F.sum(axis=1, keepdims=True), twin.label_distributions_, atol=1e-8)
    assert model.feature_scores_ is None


def test_pooled_neighbours_are_those_of_all_rows(counts):
    X, y, _ = counts
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    nearest = kneighbors_graph(unit, 5, metric="cosine").toarray()
    W = np.maximum(nearest, nearest.T) * (unit @ unit.T)
    model = GraphTransferClassifier(n_neighbors=5, feature_share=0.0, alpha=0.5, tol=1e-12).fit(X, y)
    S = W / np.sqrt(np.outer(W.sum(axis=1), W.sum(axis=1)))
    labels = np.eye(2)[np.nan_to_num(y).astype(int)] * ~np.isnan(y)[:, None]
    assert_allclose(model.label_distributions_, np.linalg.solve(np.eye(71) - 0.5 * S, 0.5 * labels), atol=1e-8)


def test_by_domain_joins_both_domains(counts):
    X, y, _ = counts
    X = X.copy()
    X[41:, :] = X[41:, ::-1] * [1, 1, 1, 1, 9, 1, 1, 1, 1]  # no target row is among the nearest of a source row
    model = GraphTransferClassifier("by_domain", n_neighbors=2, feature_share=0.0).fit(X, y)
    assert (model.label_distributions_[41:].sum(axis=1) > 0).all()
    # a new row has as many neighbours of each domain: one step from theirs
    new = X[50:51] + 0.1
    near = [rows[np.argsort(-cosine(new, X[rows]))[:2]] for rows in (np.arange(41), np.arange(41, 71))]
    near = np.concatenate(near)
    weights = cosine(new, X[near])
    scores = weights / np.sqrt(weights.sum()) @ (model.label_distributions_[near] * roots(X, y)[near][:, None])
    assert_allclose(model.decision_function(new), 0.9 * (scores[1] - scores[0]), atol=1e-8)


def cosine(x, rows):
    """Cosines of one row with others."""
    return (rows @ x[0]) / np.linalg.norm(rows, axis=1) / np.linalg.norm(x)


def roots(X, y):
    """D^-1/2 of the graph of two neighbours of each domain."""
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    similar, target = unit @ unit.T, np.isnan(y)
    W = np.zeros_like(similar)
    for i in range(len(X)):
        for side in (target, ~target):
            others = np.flatnonzero(side & (np.arange(len(X)) != i))
            nearest = others[np.argsort(-similar[i, others], kind="stable")[:2]]
            W[i, nearest] = similar[i, nearest]
    W = np.maximum(W, W.T)
    return 1 / np.sqrt(W.sum(axis=1))


def test_new_rows_take_one_step(counts, links):
    X, y, _ = counts
    seen = np.r_[0:41, 41:61]
    model = GraphTransferClassifier(adjacency=links, feature_share=0.3, alpha=0.8).fit(X[seen], y[seen], None, seen)
    new = np.arange(61, 71)
    W, F = links.toarray(), model.label_distributions_
    among = W[np.ix_(seen, seen)].sum(axis=1)
    mine = W[np.ix_(new, seen)]
    with np.errstate(divide="ignore"):
        inner, outer = (np.where(d > 0, 1 / np.sqrt(d), 0) for d in (among, mine.sum(axis=1)))
    by_links = outer[:, None] * (mine @ (inner[:, None] * F))
    by_features = (X[new] / np.sqrt(np.outer(X[new].sum(axis=1), X[seen].sum(axis=0)))) @ model.feature_scores_
    scores = 0.8 * (0.7 * by_links + 0.3 * by_features)
    assert_allclose(model.decision_function(X[new], new), scores[:, 1] - scores[:, 0], atol=1e-9)
    # rows of fit keep their scores, in any order
    found = model.decision_function(X[seen], seen)
    assert_array_equal(found, F[:, 1] - F[:, 0])
    assert_array_equal(model.decision_function(X[seen][::-1], seen[::-1]), found[::-1])
    assert model.score(X[new], counts[2][new], sample_index=new) == np.mean(
        model.predict(X[new], sample_index=new) == counts[2][new]
    )


def test_searches_keep_the_graph_whole(counts, links):
    X, _, truth = counts
    y = truth.astype(float)
    y[::7] = np.nan
    order = np.random.default_rng(2).permutation(71)  # rows in another order than the nodes
    target = np.arange(71) >= 41
    folds = KFold(3, shuffle=True, random_state=0)
    with sklearn.config_context(enable_metadata_routing=True):
        pipe = make_pipeline(Normalizer(), GraphTransferClassifier(adjacency=links))
        search = GridSearchCV(pipe, {"graphtransferclassifier__alpha": [0.2, 0.9]}, cv=folds, error_score="raise")
        search.fit(X[order], y[order], sample_domain=target[order], sample_index=order)
        found = search.best_estimator_.predict(X[:5], sample_index=np.arange(5))
    score = search.cv_results_["split0_test_score"][1]
    train, test = next(folds.split(X))
    unit = Normalizer().fit_transform(X[order])
    model = GraphTransferClassifier(adjacency=links).fit(
        unit[train], y[order][train], target[order][train], order[train]
    )
    assert score == model.score(unit[test], y[order][test], sample_index=order[test])
    assert len(found) == 5
    with pytest.raises(ValueError, match="turn metadata routing on"):
        model.predict(unit[test])


def test_signed_columns_are_two_features(counts):
    X, y, _ = counts
    signed = X - X.mean(axis=0)
    both = np.hstack([np.maximum(signed, 0), np.maximum(-signed, 0)])
    options = {"neighbors": None, "feature_share": 1.0}
    model, twin = GraphTransferClassifier(**options).fit(signed, y), GraphTransferClassifier(**options).fit(both, y)
    assert_allclose(model.label_distributions_, twin.label_distributions_)
    assert model.feature_scores_.shape == (18, 2)


@pytest.mark.parametrize(
    "options, index, kind, match",
    [
        ({"adjacency": np.ones((3, 4))}, None, ValueError, r"must be square.*got shape \(3, 4\)"),
        ({"adjacency": -np.ones((71, 71))}, None, ValueError, "finite weights >= 0; got -1.0"),
        ({"adjacency": np.ones((9, 9))}, None, ValueError, "adjacency has 9 nodes, X has 71 rows"),
        ({"adjacency": np.ones((99, 99))}, np.full(71, 7), ValueError, "names node 7 for 71 rows"),
        ({"adjacency": np.ones((71, 71))}, np.arange(71) + 1, ValueError, "nodes 0 to 70 of adjacency; got 71"),
        ({"adjacency": np.ones((71, 71))}, np.arange(71) + 0.5, TypeError, "must hold integers"),
        ({"adjacency": np.ones((71, 71))}, np.arange(70), ValueError, r"one value per row, shape \(71,\)"),
    ],
)
def test_what_is_wrong_is_said(counts, options, index, kind, match):
    with pytest.raises(kind, match=match):
        GraphTransferClassifier(**options).fit(counts[0], counts[1], None, index)


def test_too_few_steps_are_said(counts):
    with pytest.warns(ConvergenceWarning, match="in 2 steps. Raise max_iter or tol"):
        GraphTransferClassifier(max_iter=2).fit(*counts[:2])
