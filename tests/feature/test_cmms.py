import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from office import office_pairs
from scipy.linalg import eigh
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from sktl._core import neighbors
from sktl._core.clusters import class_means
from sktl._core.distances import squared_distances
from sktl.exceptions import SingleDomainWarning
from sktl.feature import CMMSClassifier, _cmms
from sktl.feature._cmms import adaptive_graph, cost_matrix, laplacian, matched_centroids


@pytest.fixture
def clusters():
    """Three classes; the target's 83 rows are shifted, and of other shares; (X, y, y_true)."""
    rng = np.random.default_rng(3)
    labels = np.concatenate([rng.integers(0, 3, 121), rng.choice(3, 83, p=[0.5, 0.3, 0.2])])
    X = rng.normal(size=(204, 6)) + 4 * np.eye(6)[labels]
    X[121:] += [0, 0, 1, 2, -1, 0]
    return X, np.where(np.arange(204) < 121, labels, np.nan), labels


def objective(P, F, codes, S, delta, X_s, codes_s, X_t, alpha, beta, gamma):
    """The class docstring's formula, by loops; beta in the units of |P|^2."""
    total = beta * np.sum(P**2)
    for c in range(len(F)):
        if np.any(codes_s == c):
            total += np.sum((X_s[codes_s == c].mean(axis=0) @ P - F[c]) ** 2)
    for i, x in enumerate(X_t):
        total += alpha * np.sum((x @ P - F[codes[i]]) ** 2)
        for j, other in enumerate(X_t):
            total += gamma * (np.sum((x @ P - other @ P) ** 2) * S[i, j] + delta[i] * S[i, j] ** 2)
    return total


def test_the_first_projection_is_the_textbook_problem(clusters):
    X, y, _ = clusters
    target, start = np.isnan(y), LogisticRegression()
    model = CMMSClassifier(3, alpha=0.3, beta=2.0, graph_weight=0.7, n_neighbors=4, max_iter=1, estimator=start).fit(
        X, y
    )
    centred = X - X.mean(axis=0)
    X_s, X_t, codes_s = centred[~target], centred[target], y[~target].astype(int)
    codes = start.fit(X_s, codes_s).predict(X_t)
    G, E = np.eye(3)[codes], np.eye(3)[codes_s] / np.bincount(codes_s)
    R = np.vstack([np.hstack([E @ E.T, np.zeros((121, 83))]), np.hstack([np.zeros((83, 121)), 0.3 * np.eye(83)])])
    B = np.vstack([E, 0.3 * G])  # F = P'XB (I + alpha G'G)^-1 is put in
    R -= B @ np.linalg.inv(np.eye(3) + 0.3 * G.T @ G) @ B.T
    S, _ = adaptive_graph(X_t / np.linalg.norm(X_t, axis=1, keepdims=True), 4)
    L = np.zeros((204, 204))
    L[121:, 121:] = 2 * laplacian(S).toarray()
    stacked = np.vstack([X_s, X_t])
    nu = np.mean(np.sum(centred**2, axis=1))
    A = stacked.T @ (R + 0.7 * L) @ stacked + 2.0 * nu * np.eye(6)
    values, P = eigh(A, centred.T @ centred, subset_by_index=[0, 2])
    assert_allclose(model.eigenvalues_, values)
    P *= np.sign(np.sum(P * model.components_.T, axis=0))
    assert_allclose(model.components_.T, P, atol=1e-9)
    F = (P.T @ stacked.T @ B @ np.linalg.inv(np.eye(3) + 0.3 * G.T @ G)).T
    assert_allclose(model.centroids_, F, atol=1e-9)


def test_each_step_is_a_minimum_given_the_rest(clusters):
    X, y, _ = clusters
    target, rng = np.isnan(y), np.random.default_rng(0)
    X = X - X.mean(axis=0)
    X_s, X_t, codes_s = X[~target], X[target], y[~target].astype(int)
    values, axes = np.linalg.eigh(X.T @ X)
    unit = axes / np.sqrt(values)
    codes, (S, delta) = rng.integers(0, 3, 83), adaptive_graph(X_t, 5)
    F, P = rng.normal(size=(3, 2)), unit @ np.linalg.qr(rng.normal(size=(6, 2)))[0]

    def value():
        return objective(P, F, codes, S.toarray(), delta, X_s, codes_s, X_t, alpha=0.2, beta=3.0, gamma=0.5)

    means, counts = class_means(X_s @ unit, codes_s, 3)
    for _ in range(4):
        seen = [value()]
        A = cost_matrix(means, counts, X_t @ unit, codes, S, 0.2, 0.5) + np.diag(3.0 / values)
        P = unit @ eigh(A, subset_by_index=[0, 1])[1]
        placed = X_t @ P
        F = matched_centroids(class_means(X_s @ P, codes_s, 3)[0], counts, *class_means(placed, codes, 3), 0.2)
        seen.append(value())  # P and F together
        assert_allclose(seen[-1] - 0.5 * delta @ np.asarray(S.multiply(S).sum(axis=1)).ravel(), np.trace(
            (np.linalg.pinv(unit) @ P).T @ A @ (np.linalg.pinv(unit) @ P)))  # fmt: skip
        codes = ((placed[:, None] - F) ** 2).sum(axis=2).argmin(axis=1)
        seen.append(value())
        S_new, delta = adaptive_graph(placed, 5)
        seen_with_new_delta = value()
        S = S_new
        assert value() <= seen_with_new_delta * (1 + 1e-12)
        assert np.all(np.diff(seen) <= 1e-9 * seen[0])


def test_without_a_graph_the_objective_never_rises(clusters):
    X, y, _ = clusters
    target = np.isnan(y)
    centred, codes_s = X - X.mean(axis=0), y[~target].astype(int)
    nu = np.mean(np.sum(centred**2, axis=1))
    seen = []
    for t in range(1, 6):
        model = CMMSClassifier(2, alpha=0.5, beta=0.3, graph_weight=0.0, max_iter=t).fit(X, y)
        S, delta = np.zeros((83, 83)), np.zeros(83)
        parts = centred[~target], codes_s, centred[target], 0.5, 0.3 * nu, 0.0
        seen.append(objective(model.components_.T, model.centroids_, model.predict(X[target]), S, delta, *parts))
    assert np.all(np.diff(seen) <= 1e-9 * seen[0])


def test_laplacian_is_the_sum_over_pairs():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(17, 3))
    S, _ = adaptive_graph(Z, 4)
    assert_allclose(S.sum(axis=1), 1)
    assert np.diff(S.indptr).tolist() == [4] * 17
    pairs = sum(S.toarray()[i, j] * np.sum((Z[i] - Z[j]) ** 2) for i in range(17) for j in range(17))
    assert_allclose(2 * np.trace(Z.T @ (laplacian(S) @ Z)), pairs)
    assert adaptive_graph(Z[:2], 4)[0].nnz == 0


def test_constraint_and_new_rows(clusters):
    X, y, labels = clusters
    model = CMMSClassifier(2).fit(X, y)
    Z = (X - model.mean_) @ model.components_.T
    assert_allclose(Z.T @ Z, np.eye(2), atol=1e-9)
    assert model.score(X[121:], labels[121:]) > 0.9
    new = np.random.default_rng(0).normal(size=(5, 6))
    assert_allclose(model.decision_function(new), model.decision_function(np.concatenate([X, new]))[204:])
    assert len(model.n_changes_) == model.n_iter_ - 1


@pytest.mark.parametrize("start", [None, GaussianNB()])
@pytest.mark.parametrize("unit", [1e-4, 1e3])
def test_units_offsets_and_order_do_not_matter(start, unit, clusters):
    X, y, _ = clusters
    order = np.random.default_rng(0).permutation(len(X))
    straight = CMMSClassifier(3, estimator=start).fit(X, y).decision_function(X)
    far = unit * (X + 7)
    moved = CMMSClassifier(3, estimator=start).fit(far[order], y[order]).decision_function(far)
    assert_allclose(moved, straight, rtol=1e-5, atol=1e-7)


def test_known_target_labels_are_kept(clusters):
    X, y, labels = clusters
    swapped = (labels + 1) % 3  # the target has another rule, which half of its rows tell
    target = np.isnan(y)
    y = np.where(target, np.where(np.arange(204) % 2 == 0, swapped, np.nan), y)
    unaware = CMMSClassifier(2).fit(X, np.where(target, np.nan, y)).score(X[target], swapped[target])
    aware = CMMSClassifier(2).fit(X, y, sample_domain=target).score(X[target], swapped[target])
    assert aware > unaware + 0.2


def test_classes_without_rows_in_one_domain():
    means, counts = np.array([[1.0], [2.0], [0.0]]), np.array([4.0, 5.0, 0.0])
    F = matched_centroids(means, counts, np.array([[3.0], [0.0], [7.0]]), np.array([10.0, 0.0, 2.0]), 0.1)
    assert_allclose(F[:, 0], [2.0, 2.0, 7.0])  # both, the source's alone, the target's alone


def test_more_columns_than_rows_and_one_domain(clusters):
    X, y, labels = clusters
    wide = np.hstack([X, np.random.default_rng(0).normal(size=(204, 300))])
    model = CMMSClassifier().fit(wide, y)
    assert model.components_.shape == (100, 306) and np.isfinite(model.decision_function(wide)).all()
    with pytest.warns(SingleDomainWarning):
        alone = CMMSClassifier(2).fit(X, labels)
    Z = (X - alone.mean_) @ alone.components_.T
    assert_allclose(alone.centroids_, class_means(Z, labels, 3)[0], atol=1e-9)


def test_office_caltech(real_data):
    pairs = office_pairs(real_data("office_caltech10_surf"), ["A>D", "W>D", "D>W"])
    scores = [make_pipeline(Normalizer(), CMMSClassifier()).fit(X, y).score(Xt, yt) for X, y, Xt, yt in pairs]
    assert_allclose(100 * np.array(scores), [59.9, 82.2, 85.1], atol=0.7)  # measured


@pytest.mark.parametrize(
    "parameters, kind, match",
    [
        ({"n_components": 7}, ValueError, r"n_components=7 exceeds .* n_features=6\) = 6"),
        ({"alpha": 0}, ValueError, "alpha must be a number > 0; got 0"),
        ({"beta": -1}, ValueError, "beta must be a number >= 0; got -1"),
        ({"graph_weight": "scale"}, TypeError, "graph_weight must be a number >= 0"),
        ({"n_neighbors": 0}, ValueError, "n_neighbors must be an integer >= 1"),
        ({"max_iter": 0}, ValueError, "max_iter must be an integer >= 1"),
        ({"estimator": Ridge()}, TypeError, "estimator must be None or a classifier"),
    ],
)
def test_errors(parameters, kind, match, clusters):
    with pytest.raises(kind, match=match):
        CMMSClassifier(**parameters).fit(*clusters[:2])


def test_labels_that_are_all_known_end_it_at_once(clusters):
    X, _, labels = clusters
    model = CMMSClassifier(2).fit(X, labels, sample_domain=np.arange(204) >= 121)
    assert model.n_iter_ == 2
    assert_array_equal(model.n_changes_, [0])


def test_many_rows_choose_neighbours_among_candidates(clusters, monkeypatch):
    X, y, _ = clusters
    exact = CMMSClassifier(2).fit(X, y)
    for module in (_cmms, neighbors):
        monkeypatch.setattr(module, "MAX_EXACT", 50)
    monkeypatch.setattr(_cmms, "START_ROWS", 100)
    model = CMMSClassifier(2).fit(X, y)
    assert np.mean(model.predict(X) == exact.predict(X)) > 0.98
    given = np.argsort(squared_distances(X, X) + 1e9 * np.eye(len(X)), axis=1)[:, :30]
    assert_allclose(adaptive_graph(X, 5, given)[0].toarray(), adaptive_graph(X, 5)[0].toarray(), atol=1e-9)
