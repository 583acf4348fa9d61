import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import eigh, subspace_angles
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from textbook import squared_unit

from sktl import OnLabeled
from sktl._core import kernels
from sktl.exceptions import SingleDomainWarning
from sktl.feature import TCA


def textbook(K, target, mu, k):
    """Largest solutions of KHK w = lambda (KMK + mu I) w with dense n x n matrices; columns of unit norm."""
    n, n_target = len(K), target.sum()
    e = np.where(target, -1 / n_target, 1 / (n - n_target))
    M = np.outer(e, e)
    M /= np.linalg.norm(M)
    H, mu = np.eye(n) - 1 / n, mu * squared_unit(K, np.diagonal(K))
    values, vectors = eigh(K @ H @ K, K @ M @ K + mu * np.eye(n), subset_by_index=[n - k, n - 1])
    return values[::-1], vectors[:, ::-1] / np.linalg.norm(vectors[:, ::-1], axis=0)


def same_up_to_sign(A, B, **tolerance):
    signs = np.sign(np.sum(A * B, axis=0))
    assert_allclose(A * signs, B, **tolerance)


@pytest.mark.parametrize("mu", [0.1, 10.0])
def test_exact_kernel_is_the_textbook_problem(mu, two_domains):
    X, y, _ = two_domains
    K = rbf_kernel(X, gamma=0.2)
    values, W = textbook(K, np.isnan(y), mu, 4)
    tca = TCA(4, kernel="rbf", gamma=0.2, mu=mu)
    same_up_to_sign(tca.fit_transform(X, y), K @ W, rtol=1e-6, atol=1e-9)
    assert_allclose(tca.eigenvalues_, values, rtol=1e-8)
    assert (tca.solver_, tca.approximation_) == ("dual", "exact")


def test_lanczos_is_the_textbook_problem(monkeypatch):
    from sktl._core import components, linalg

    rng = np.random.default_rng(0)
    X = rng.normal(size=(333, 4))
    X[200:, 0] += 1
    target = np.arange(333) >= 200
    monkeypatch.setattr(linalg, "DENSE_SIZE", 50)
    monkeypatch.setattr(components, "DENSE_SIZE", 50)
    K = rbf_kernel(X, gamma=0.3)
    _, W = textbook(K, target, 1.0, 5)
    tca = TCA(5, kernel="rbf", gamma=0.3).fit(X, sample_domain=target)
    assert subspace_angles(tca.components_.T, W).max() < 1e-6
    same_up_to_sign(tca.components_.T, W, atol=1e-7)


def test_linear_kernel_is_the_textbook_problem_in_features(two_domains):
    X, y, _ = two_domains
    target = np.isnan(y)
    e = np.where(target, -1 / target.sum(), 1 / (~target).sum())
    M = np.outer(e, e) / (e @ e)
    H = np.eye(len(X)) - 1 / len(X)
    _, A = eigh(X.T @ H @ X, X.T @ M @ X + 0.5 * squared_unit(X) * np.eye(5), subset_by_index=[3, 4])
    A = A[:, ::-1] / np.linalg.norm(A[:, ::-1], axis=0)
    tca = TCA(2, mu=0.5).fit(X, y)
    same_up_to_sign(tca.components_.T, A, atol=1e-9)
    assert tca.solver_ == "primal" and tca.landmarks_ is None
    assert_allclose(tca.transform(X), X @ tca.components_.T)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_more_columns_than_rows_give_the_same_problem(container):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 70))
    target = np.arange(30) >= 18
    e = np.where(target, -1 / 12, 1 / 18)
    M, H = np.outer(e, e) / (e @ e), np.eye(30) - 1 / 30
    _, A = eigh(X.T @ H @ X, X.T @ M @ X + squared_unit(X) * np.eye(70), subset_by_index=[65, 69])
    A = A[:, ::-1] / np.linalg.norm(A[:, ::-1], axis=0)
    tca = TCA(5).fit(container(X), sample_domain=target)
    assert tca.solver_ == "dual"
    same_up_to_sign(tca.components_.T, A, atol=1e-7)


def test_a_callable_linear_kernel_is_the_paper_s_penalty(two_domains):
    X, y, _ = two_domains
    K = X @ X.T
    _, W = textbook(K, np.isnan(y), 1.0, 2)
    same_up_to_sign(TCA(2, kernel=linear_kernel).fit_transform(X, y), K @ W, rtol=1e-6, atol=1e-8)


def test_landmarks_tend_to_the_exact_solution(two_domains):
    X, y, _ = two_domains
    exact = TCA(3, kernel="rbf", gamma=0.02).fit(X, y)
    assert TCA(3, kernel="rbf", n_landmarks=len(X)).fit(X, y).approximation_ == "exact"
    near = TCA(3, kernel="rbf", gamma=0.02, n_landmarks=len(X) - 1).fit(X, y)
    assert near.approximation_ == "nystroem"
    alike = np.corrcoef(near.transform(X).T, exact.transform(X).T)[:3, 3:].diagonal()
    assert np.abs(alike).min() > 0.99
    assert_allclose(near.eigenvalues_, exact.eigenvalues_, rtol=0.03)


def test_landmarks_follow_the_formula(two_domains):
    X, y, _ = two_domains
    tca = TCA(2, kernel="rbf", gamma=0.2, mu=0.7, n_landmarks=20).fit(X, y)
    F = rbf_kernel(X, tca.landmarks_, gamma=0.2)
    e = np.where(np.isnan(y), -1 / 67, 1 / 101)
    b = F.T @ (e / np.linalg.norm(e))
    centred, mu = F - F.mean(axis=0), 0.7 * 20 / 168 * squared_unit(F, 1.0)
    _, V = eigh(centred.T @ centred, np.outer(b, b) + mu * np.eye(20), subset_by_index=[18, 19])
    V = V[:, ::-1] / np.linalg.norm(V[:, ::-1], axis=0) * np.sqrt(168 / 20)
    same_up_to_sign(tca.transform(X), F @ V, rtol=1e-6, atol=1e-8)


def test_landmarks_beyond_the_documented_size(monkeypatch):
    monkeypatch.setattr(kernels, "MAX_EXACT", 100)
    monkeypatch.setattr(kernels, "AUTO_LANDMARKS", 40)
    X = np.random.default_rng(0).normal(size=(151, 3))
    domain = np.arange(151) > 80
    assert TCA(kernel="rbf").fit(X, sample_domain=domain).landmarks_.shape == (40, 3)
    assert TCA(kernel="rbf", n_landmarks=None).fit(X, sample_domain=domain).approximation_ == "exact"


def test_small_mu_brings_the_means_together(two_domains):
    X, y, _ = two_domains
    target = np.isnan(y)

    def gap(mu):
        Z = TCA(2, mu=mu).fit_transform(X, y)
        return np.linalg.norm(Z[target].mean(axis=0) - Z[~target].mean(axis=0))

    assert 1e3 * gap(1e-6) < gap(1e-2) < gap(1.0) < gap(1e6)


def test_without_penalty_on_the_means_it_is_pca(two_domains):
    X, y, _ = two_domains
    pca = PCA(2).fit(X)
    same_up_to_sign(TCA(2, mu=1e9).fit(X, y).components_.T, pca.components_.T, atol=1e-6)
    with pytest.warns(SingleDomainWarning):
        alone = TCA(2).fit(X)
    same_up_to_sign(alone.components_.T, pca.components_.T, atol=1e-9)


def test_it_helps_where_the_shift_is_off_the_classes():
    # the classes differ along column 0; column 1 tells them in the source too, and is shifted by far in the target
    gains = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 2, 800)
        X = rng.normal(size=(800, 2)) * [0.5, 1.0] + np.outer(labels, [1.0, 1.5])
        X[400:, 1] = rng.normal(size=400) + 6
        y = np.where(np.arange(800) < 400, labels, np.nan)
        model = OnLabeled(LogisticRegression())
        plain = make_pipeline(StandardScaler(), model).fit(X, y).score(X[400:], labels[400:])
        adapted = make_pipeline(StandardScaler(), TCA(1, mu=1e-3), model).fit(X, y).score(X[400:], labels[400:])
        gains.append(adapted - plain)
    assert min(gains) > 0.1


def test_signs_are_fixed_and_dead_components_are_zero(two_domains):
    X, y, _ = two_domains
    X = np.column_stack([X, np.ones(len(X)), X[:, 0]])  # a constant and a copy: 5 directions in 7 columns
    tca = TCA(7).fit(X, y)
    largest = np.abs(tca.components_).argmax(axis=1)
    assert (tca.components_[np.arange(5), largest[:5]] > 0).all()
    assert_array_equal(tca.components_[5:], 0)
    assert_array_equal(tca.eigenvalues_[5:], 0)


def test_new_rows_are_mapped_as_training_rows(two_domains):
    X, y, _ = two_domains
    for tca in (TCA(2), TCA(2, kernel="rbf"), TCA(2, kernel="rbf", n_landmarks=20)):
        mapped = tca.fit_transform(X, y)
        assert_allclose(tca.transform(X[5:9]), mapped[5:9])


def test_random_state_chooses_the_landmarks(two_domains):
    X, y, _ = two_domains

    def landmarks(seed):
        return TCA(kernel="rbf", n_landmarks=9, random_state=seed).fit(X, y).landmarks_

    assert_array_equal(landmarks(1), landmarks(1))
    assert not np.array_equal(landmarks(1), landmarks(2))


PAIRS = ["C>A", "C>W", "C>D", "A>C", "A>W", "A>D", "W>C", "W>A", "W>D", "D>C", "D>A", "D>W"]
NEAREST_NEIGHBOUR = [
    23.70,
    25.76,
    25.48,
    26.00,
    29.83,
    25.48,
    19.86,
    22.96,
    59.24,
    26.27,
    28.50,
    63.39,
]  # Long et al. 2013


def office_pairs(data):
    """(X, y, X_target, y_target) of the 12 pairs, preprocessed as in the literature; y is NaN on target rows."""
    X = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0].upper() for name in data.domain_names]
    for d in range(4):
        rows = data.domain == d
        X[rows] = StandardScaler().fit_transform(X[rows])
    for pair in PAIRS:
        source, target = (data.domain == letters.index(letter) for letter in pair.split(">"))
        y = np.concatenate([data.y[source], np.full(target.sum(), np.nan)])
        yield np.concatenate([X[source], X[target]]), y, X[target], data.y[target]


def test_published_figures_on_office_caltech(real_data):
    pairs = list(office_pairs(real_data("office_caltech10_surf")))

    def accuracies(*steps):
        model = make_pipeline(*steps, OnLabeled(KNeighborsClassifier(1)))
        return [100 * model.fit(X, y).score(X_target, y_target) for X, y, X_target, y_target in pairs]

    assert_allclose(accuracies(), NEAREST_NEIGHBOUR, atol=0.006)
    assert np.mean(accuracies(Normalizer(), TCA(20), Normalizer())) >= 46.0
    assert np.mean(accuracies(Normalizer(), TCA(100), Normalizer())) >= 43.6


@pytest.mark.parametrize(
    "parameters, kind, match",
    [
        ({"n_components": 6}, ValueError, r"n_components=6 .* min\(n_samples=168, n_features=5\) = 5"),
        ({"n_components": 9, "kernel": "rbf", "n_landmarks": 8}, ValueError, "n_landmarks = 8"),
        ({"n_components": 169, "kernel": "rbf"}, ValueError, "n_samples = 168"),
        ({"n_components": 0}, ValueError, "n_components must be 'auto' or an integer >= 1; got 0"),
        ({"mu": 0}, ValueError, "mu must be a number > 0; got 0"),
        ({"kernel": "precomputed"}, ValueError, "kernel must be one of"),
        ({"n_landmarks": "all"}, ValueError, "n_landmarks must be 'auto' or None or an integer >= 1; got 'all'"),
    ],
)
def test_errors(parameters, kind, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(kind, match=match):
        TCA(**parameters).fit(X, y)
