import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import pairwise_distances
from sklearn.metrics.pairwise import rbf_kernel
from textbook import leading, same_up_to_sign, squared_unit, three_classes

from sktl._core import components as engine
from sktl._core import linalg
from sktl.exceptions import SingleDomainWarning
from sktl.feature import SSTCA, TCA


def textbook(F, X, labels, target, k, label_weight=0.5, graph_weight=0.1, n_neighbors=10, mu=1.0, diagonal=None):
    """Equations of Pan et al. 2011 with dense n x n matrices; labels are NaN where missing."""
    n = len(F)
    e = np.where(target, -1 / target.sum(), 1 / (~target).sum())
    M, H = np.outer(e, e) / (e @ e), np.eye(n) - 1 / n
    label_kernel = np.equal.outer(labels, labels) / np.maximum([np.sum(labels == v) for v in labels], 1)
    D = pairwise_distances(X)
    nearest = np.argsort(D + np.diag(np.full(n, np.inf)), axis=1)[:, :n_neighbors]
    W = np.zeros((n, n))
    W[np.arange(n)[:, None], nearest] = 1
    W = np.maximum(W, W.T)
    half = np.diag(W.sum(axis=0) ** -0.5)
    L = np.eye(n) - half @ W @ half
    C = F.T @ H @ (label_weight * label_kernel + (1 - label_weight) * np.eye(n)) @ H @ F
    mu = mu * squared_unit(F, diagonal)
    return leading(C, F.T @ (M + graph_weight * L) @ F + mu * np.eye(F.shape[1]), k)


@pytest.mark.parametrize("parameters", [{}, {"label_weight": 0.9, "mu": 0.3}, {"graph_weight": 2.0, "n_neighbors": 4}])
@pytest.mark.parametrize("kernel", ["linear", "rbf", "rbf by functions"])
def test_it_is_the_textbook_problem(kernel, parameters, monkeypatch):
    if "functions" in kernel:
        monkeypatch.setattr(engine, "DENSE_SIZE", 20)
        monkeypatch.setattr(linalg, "DENSE_SIZE", 20)
    X, y, _, target = three_classes()
    F = X if kernel == "linear" else rbf_kernel(X, gamma=0.1)
    values, V = textbook(F, X, y, target, 3, **parameters, diagonal=None if F is X else 1.0)
    model = SSTCA(3, kernel=kernel.split()[0], gamma=0.1, **parameters)
    same_up_to_sign(model.fit_transform(X, y), F @ V, rtol=1e-6, atol=1e-7)
    assert_allclose(model.eigenvalues_, values, rtol=1e-7)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_more_columns_than_rows(container):
    X, y, _, target = three_classes(37, 23, 90)
    _, V = textbook(X, X, y, target, 4)
    model = SSTCA(4).fit(container(X), y)
    assert model.solver_ == "dual"
    same_up_to_sign(model.components_.T, V, atol=1e-7)


def test_landmarks_and_known_target_labels():
    X, _, y_true, target = three_classes()
    labels = y_true.copy()
    labels[130:] = np.nan
    model = SSTCA(3, kernel="rbf", gamma=0.1, n_landmarks=30).fit(X, labels, sample_domain=target)
    F = rbf_kernel(X, model.landmarks_, gamma=0.1)
    _, V = textbook(F, X, labels, target, 3, mu=30 / 168, diagonal=1.0)
    same_up_to_sign(model.transform(X), F @ V * np.sqrt(168 / 30), rtol=1e-6, atol=1e-7)


def test_without_labels_and_graph_it_is_tca():
    X, y, _, _ = three_classes()
    for kernel in ("linear", "rbf"):
        plain = SSTCA(3, label_weight=0, graph_weight=0, kernel=kernel).fit(X, y)
        assert_allclose(plain.components_, TCA(3, kernel=kernel).fit(X, y).components_, atol=1e-9)


def test_labels_alone_give_no_more_components_than_classes():
    X, y, _, _ = three_classes()
    model = SSTCA(5, label_weight=1.0).fit(X, y)
    assert_array_equal(model.eigenvalues_[3:], 0)
    assert_array_equal(model.components_[3:], 0)
    assert (model.eigenvalues_[:2] > 0).all()


def test_labels_turn_the_first_component_towards_the_classes():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, 300)
    X = rng.normal(size=(300, 2)) * [1, 3] + np.outer(codes, [2, 0])  # the classes differ where the variance is small
    y = np.where(np.arange(300) < 200, codes, np.nan)
    along = [abs(SSTCA(1, label_weight=w, graph_weight=0, mu=1e5).fit(X, y).components_[0, 0]) for w in (0, 0.5, 1)]
    assert along[0] < 0.3 and along[0] < along[1] < along[2] and along[2] > 0.9
    direction = LinearDiscriminantAnalysis().fit(X[:200], codes[:200]).coef_[0]
    assert abs(direction[0]) > abs(direction[1])  # an independent witness of where they differ


def test_the_graph_smooths():
    X, y, _, _ = three_classes()

    def roughness(weight):
        Z = SSTCA(2, kernel="rbf", graph_weight=weight).fit_transform(X, y)
        Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
        nearest = np.argsort(pairwise_distances(X), axis=1)[:, 1]
        return np.mean((Z - Z[nearest]) ** 2)

    assert roughness(10.0) < roughness(1.0) < roughness(0)


def test_one_domain_and_new_rows():
    X, y, y_true, _ = three_classes()
    with pytest.warns(SingleDomainWarning):
        SSTCA().fit(X, y_true)
    for model in (SSTCA(), SSTCA(kernel="rbf"), SSTCA(kernel="rbf", n_landmarks=20)):
        mapped = model.fit_transform(X, y)
        assert_allclose(model.transform(X[5:9]), mapped[5:9])


def test_beats_tca_on_two_pairs_of_office_caltech(real_data):
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.preprocessing import normalize

    data = real_data("office_caltech10_surf")
    rows = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0] for name in data.domain_names]

    def accuracy(model, pair):
        parts = [data.domain == letters.index(letter) for letter in pair]
        scaled = [(rows[p] - rows[p].mean(axis=0)) / np.maximum(rows[p].std(axis=0), 1e-12) for p in parts]
        y = np.concatenate([data.y[parts[0]], np.full(parts[1].sum(), np.nan)])
        Z = normalize(model.fit_transform(normalize(np.concatenate(scaled)), y))
        source = ~np.isnan(y)
        return 100 * KNeighborsClassifier(1).fit(Z[source], y[source]).score(Z[~source], data.y[parts[1]])

    ours = np.mean([accuracy(SSTCA(20), pair) for pair in ("wd", "dw")])
    assert ours > np.mean([accuracy(TCA(20), pair) for pair in ("wd", "dw")]) + 0.5
    assert ours > 90.5


@pytest.mark.parametrize(
    "parameters, y, match",
    [
        ({"label_weight": 1.5}, 0, "label_weight must be a number >= 0 and <= 1; got 1.5"),
        ({"graph_weight": -1}, 0, "graph_weight must be a number >= 0; got -1"),
        ({"n_neighbors": 0}, 0, "n_neighbors must be an integer >= 1; got 0"),
        ({"n_components": 7}, 0, r"min\(n_samples=168, n_features=6\) = 6"),
        ({}, None, "SSTCA requires y to be passed"),
        ({}, 0.3, "Unknown label type.*continuous"),
    ],
)
def test_errors(parameters, y, match):
    X, labels, _, _ = three_classes()
    with pytest.raises(ValueError, match=match):
        SSTCA(**parameters).fit(X, None if y is None else labels + y)
