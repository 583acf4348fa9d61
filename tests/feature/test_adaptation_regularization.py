"""ARTL and MEDA: the same engine on other features."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler, normalize

from sktl._core import kernels
from sktl._core.geodesic import geodesic_factor
from sktl.exceptions import SingleDomainWarning
from sktl.feature import ARTLClassifier, MEDAClassifier

both = pytest.mark.parametrize("model", [ARTLClassifier(), MEDAClassifier(n_components=2)], ids=["artl", "meda"])


def naive_laplacian(Z, k):
    """I - D^-1/2 W D^-1/2, W = max(a, a') with a the cosine of the k nearest rows by cosine."""
    unit = Z / np.linalg.norm(Z, axis=1)[:, None]
    cosine = unit @ unit.T
    W = np.zeros_like(cosine)
    for i in range(len(Z)):
        nearest = [j for j in np.argsort(-cosine[i]) if j != i][:k]
        W[i, nearest] = np.maximum(cosine[i, nearest], 0)
    W = np.maximum(W, W.T)
    scale = 1 / np.sqrt(W.sum(axis=1))
    return np.eye(len(Z)) - scale[:, None] * W * scale


def naive_fit(K, Z, codes, target, mu, max_iter, reg=0.1, mmd_weight=10.0, graph_weight=1.0, k=10):
    """Rounds of the paper's dense equation; rows of ``target`` without a label start from 1-nearest-neighbour."""
    n, n_classes = len(Z), codes.max() + 1
    J, Y = np.diag((codes >= 0) * 1.0), np.zeros((n, n_classes))
    Y[codes >= 0, codes[codes >= 0]] = 1
    L, guess, changes = naive_laplacian(Z, k), codes.copy(), []
    guess[codes < 0] = KNeighborsClassifier(1).fit(Z[codes >= 0], codes[codes >= 0]).predict(Z[codes < 0])
    for _ in range(max_iter):
        M = np.zeros((n, n))
        for rows, weight in [(guess == c, mu) for c in range(n_classes)] + [(guess >= 0, (1 - mu) * n_classes)]:
            e = rows * np.where(target, -1 / (rows & target).sum(), 1 / (rows & ~target).sum())
            M += weight * np.outer(e, e)
        M /= np.linalg.norm(M)
        w = np.linalg.solve((J + mmd_weight * M + graph_weight * L) @ K + reg * np.eye(n), J @ Y)
        found = (K @ w).argmax(axis=1)
        changes.append(np.mean(found[codes < 0] != guess[codes < 0]))
        guess[codes < 0] = found[codes < 0]
        if changes[-1] == 0:
            break
    return w, changes


@pytest.fixture(scope="module")
def three_classes():
    """83 source and 52 target rows of three classes in 7 columns; (X, codes with -1 on target rows, y, true y)."""
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 3, 135)
    X = rng.normal(size=(135, 7)) + 1.6 * np.eye(3, 7)[truth]
    X[83:] += [0.5, -0.8, 0, 1, 0, 0, 0]
    codes = np.where(np.arange(135) < 83, truth, -1)
    return X, codes, np.where(codes < 0, np.nan, truth), truth


def test_artl_is_the_dense_equation(three_classes):
    X, codes, y, _ = three_classes
    w, changes = naive_fit(rbf_kernel(X, gamma=0.2), X, codes, codes < 0, 0.5, 10)
    model = ARTLClassifier(gamma=0.2).fit(X, y)
    assert_allclose(model.coef_, w, atol=1e-8)
    assert_allclose(model.pseudo_label_changes_, changes)
    assert model.n_iter_ == len(changes) > 1
    assert (model.solver_, model.approximation_, model.gamma_) == ("dual", "exact", 0.2)
    new = np.random.default_rng(0).normal(size=(11, 7))
    assert_allclose(model.decision_function(new), rbf_kernel(new, X, gamma=0.2) @ w, atol=1e-8)


def test_meda_is_the_dense_equation_on_flow_features(three_classes):
    X, codes, y, _ = three_classes
    axes = [PCA(3).fit(X[rows]).components_.T for rows in (codes >= 0, codes < 0)]
    Z = normalize(X @ geodesic_factor(*axes)[0])
    w, changes = naive_fit(rbf_kernel(Z, gamma=0.5), Z, codes, codes < 0, 0.3, 10, k=6)
    model = MEDAClassifier(n_components=3, balance=0.3, n_neighbors=6).fit(X, y)
    assert_allclose(model.coef_, w, atol=1e-7)
    assert_allclose(model.pseudo_label_changes_, changes)
    assert_array_equal(model.balance_, 0.3)
    assert_allclose(model.decision_function(X), rbf_kernel(Z, gamma=0.5) @ w, atol=1e-7)


@both
def test_it_ends_when_no_pseudo_label_changes(model, three_classes):
    X, _, y, _ = three_classes
    model = clone(model).set_params(max_iter=50).fit(X, y)
    changes = model.pseudo_label_changes_
    assert changes[-1] == 0 and (changes[:-1] > 0).all() and model.n_iter_ == len(changes) < 50
    assert clone(model).set_params(max_iter=1).fit(X, y).n_iter_ == 1


def test_meda_estimates_mu_each_round(three_classes):
    X, _, y, _ = three_classes
    model = MEDAClassifier(n_components=2).fit(X, y)
    assert model.balance_.shape == (model.n_iter_,) and ((model.balance_ >= 0) & (model.balance_ <= 1)).all()
    assert MEDAClassifier(n_components=4).fit(X, y).components_ is None  # 7 columns: no geodesic of 4 dimensions
    assert MEDAClassifier(n_components=3).fit(X, y).components_.shape == (6, 7)


def test_all_rows_as_landmarks_are_the_exact_solution(three_classes):
    X, _, y, _ = three_classes
    exact = ARTLClassifier(gamma=0.05).fit(X, y)
    near = ARTLClassifier(gamma=0.05, n_landmarks=len(X) - 1).fit(X, y)
    assert (near.solver_, near.approximation_) == ("primal", "nystroem") and near.landmarks_.shape == (134, 7)
    assert_allclose(near.decision_function(X), exact.decision_function(X), atol=0.02)
    assert_allclose(near.decision_function(X).argmax(axis=1), exact.decision_function(X).argmax(axis=1))


def test_landmarks_follow_the_formula(three_classes):
    X, codes, y, _ = three_classes
    model = ARTLClassifier(gamma=0.2, n_landmarks=20, mmd_weight=0).fit(X, y)
    F, inner = rbf_kernel(X, model.landmarks_, gamma=0.2), rbf_kernel(model.landmarks_, gamma=0.2)
    penalty = np.diag((codes >= 0) * 1.0) + naive_laplacian(X, 10)
    w = np.linalg.solve(F.T @ penalty @ F + 0.1 * inner, F[codes >= 0].T @ np.eye(3)[codes[codes >= 0]])
    assert_allclose(model.decision_function(X), F @ w, atol=1e-8)


def test_landmarks_beyond_the_documented_size(three_classes, monkeypatch):
    X, _, y, _ = three_classes
    monkeypatch.setattr(kernels, "MAX_EXACT", 100)
    monkeypatch.setattr(kernels, "AUTO_LANDMARKS", 40)
    assert ARTLClassifier().fit(X, y).landmarks_.shape == (40, 7)
    assert ARTLClassifier(n_landmarks=None).fit(X, y).approximation_ == "exact"


def test_the_linear_kernel_is_solved_in_columns(three_classes):
    X, _, y, _ = three_classes
    primal, dual = ARTLClassifier(kernel="linear").fit(X, y), ARTLClassifier(kernel=linear_kernel).fit(X, y)
    assert (primal.solver_, dual.solver_, primal.coef_.shape) == ("primal", "dual", (7, 3))
    assert_allclose(primal.decision_function(X), dual.decision_function(X), atol=1e-7)
    in_rows = ARTLClassifier(kernel="linear").fit(sparse.csr_array(X), y)
    assert in_rows.solver_ == "dual"
    assert_allclose(in_rows.decision_function(X), primal.decision_function(X), atol=1e-7)


def test_one_domain_without_neighbours_is_kernel_ridge(three_classes):
    X, _, _, truth = three_classes
    with pytest.warns(SingleDomainWarning):
        model = ARTLClassifier(gamma=0.2, graph_weight=0).fit(X, truth)
    w = np.linalg.solve(rbf_kernel(X, gamma=0.2) + 0.1 * np.eye(135), np.eye(3)[truth])
    assert_allclose(model.coef_, w, atol=1e-9)
    assert model.n_iter_ == 1


def test_the_start_is_the_estimator_s(three_classes):
    X, codes, y, _ = three_classes
    start = GaussianNB()
    model = ARTLClassifier(start, max_iter=1, gamma=0.2).fit(X, y)
    guess = GaussianNB().fit(X[codes >= 0], codes[codes >= 0]).predict(X[codes < 0])
    assert_allclose(model.pseudo_label_changes_, [np.mean(model.predict(X[codes < 0]) != guess)])
    assert not hasattr(start, "classes_")


def test_known_target_labels_are_used(three_classes):
    X, codes, _, truth = three_classes
    y = np.where(np.arange(135) < 110, truth, np.nan)  # 27 of the 52 target rows
    model = ARTLClassifier(gamma=0.2, max_iter=1).fit(X, y, sample_domain=codes < 0)
    known = np.where(np.isnan(y), -1, truth)
    w, _ = naive_fit(rbf_kernel(X, gamma=0.2), X, known, codes < 0, 0.5, 1)
    assert_allclose(model.coef_, w, atol=1e-8)


@both
def test_a_class_absent_from_the_pseudo_labels(model, three_classes):
    X, _, y, truth = three_classes
    kept = (np.arange(135) < 83) | (truth != 2)
    fitted = clone(model).fit(X[kept], y[kept])
    assert np.isfinite(fitted.decision_function(X)).all()


@both
def test_classes_as_names(model, three_classes):
    X, codes, y, _ = three_classes
    names = np.array([None if c < 0 else "cab"[c] for c in codes], dtype=object)
    by_name, plain = clone(model).fit(X, names), clone(model).fit(X, y)
    assert by_name.classes_.tolist() == ["a", "b", "c"]
    assert_allclose(by_name.decision_function(X)[:, [2, 0, 1]], plain.decision_function(X), atol=1e-9)


def test_meda_on_office_caltech(real_data):
    data = real_data("office_caltech10_surf")
    X = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0].upper() for name in data.domain_names]
    found = []
    for pair in ("W>D", "D>W"):
        source, target = (data.domain == letters.index(letter) for letter in pair.split(">"))
        stacked = np.concatenate([StandardScaler().fit_transform(X[rows]) for rows in (source, target)])
        y = np.concatenate([data.y[source], np.full(target.sum(), np.nan)])
        model = MEDAClassifier(balance=0.5, n_neighbors=9).fit(stacked, y)
        found.append(100 * model.score(stacked[source.sum() :], data.y[target]))
    assert_allclose(found, [88.5, 87.5], atol=0.5)  # published; one row is 0.6 and 0.3 per cent


class Recorder:
    """Callback that keeps the names of the tasks that end, and asks for the end after the first."""

    def __init__(self):
        self.ended = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.ended.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.ended.append(context.task_name)
        return True


@pytest.mark.skipif(not hasattr(ARTLClassifier, "set_callbacks"), reason="scikit-learn has callbacks from 1.9 on")
@both
def test_callbacks_are_told_of_each_round(model, three_classes):
    X, _, y, _ = three_classes
    recorder, once = Recorder(), clone(model).set_params(max_iter=1).fit(X, y)
    stopped = clone(model).set_callbacks(recorder).fit(X, y)
    assert recorder.ended == ["iteration", "fit", "teardown"] and stopped.n_iter_ == 1
    assert_allclose(stopped.coef_, once.coef_)


@pytest.mark.parametrize(
    "parameters, kind, match",
    [
        ({"reg": 0}, ValueError, "reg must be a number > 0; got 0"),
        ({"mmd_weight": -1}, ValueError, "mmd_weight must be a number >= 0; got -1"),
        ({"graph_weight": -1}, ValueError, "graph_weight must be a number >= 0; got -1"),
        ({"n_neighbors": 0}, ValueError, "n_neighbors must be an integer >= 1; got 0"),
        ({"max_iter": 1.5}, TypeError, "max_iter must be an integer"),
        ({"kernel": "precomputed"}, ValueError, "kernel must be one of"),
        ({"n_landmarks": "all"}, ValueError, "n_landmarks must be 'auto' or None or an integer >= 1; got 'all'"),
        ({"estimator": StandardScaler()}, TypeError, "estimator must be None or a classifier"),
    ],
)
@both
def test_errors(model, parameters, kind, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(kind, match=match):
        clone(model).set_params(**parameters).fit(X, y)


@pytest.mark.parametrize(
    "parameters, match",
    [({"balance": 2}, "balance must be 'auto' or a number"), ({"n_components": 0}, "n_components must be")],
)
def test_errors_of_meda(parameters, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match=match):
        MEDAClassifier(**parameters).fit(X, y)
