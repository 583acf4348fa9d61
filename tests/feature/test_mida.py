import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import eigh
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel

from sktl._core import kernels
from sktl.exceptions import SingleDomainWarning
from sktl.feature import MIDA


def contrast(values):
    """H K H with K = 1 where two rows have one value (0 where a value is missing), of largest eigenvalue 1."""
    values = np.asarray(values)
    K = (values[:, None] == values).astype(float)  # NaN is not equal to NaN
    H = np.eye(len(K)) - 1 / len(K)
    return H @ K @ H / np.linalg.norm(H @ K @ H, 2)


def textbook(K, domain, mu, k, y=None, weight=0.0):
    """Largest solutions of K (-HK_dH + mu H + w HK_yH) K w = lambda w, with dense n x n matrices."""
    n = len(K)
    M = mu * (np.eye(n) - 1 / n) - contrast(domain) + (weight * contrast(y) if weight else 0)
    values, vectors = eigh(K @ M @ K, subset_by_index=[n - k, n - 1])
    return values[::-1], vectors[:, ::-1]


def same_up_to_sign(A, B, **tolerance):
    assert_allclose(A * np.sign(np.sum(A * B, axis=0)), B, **tolerance)


@pytest.fixture
def three_domains(two_domains):
    """The rows of two domains, the source cut in two of its own; (X, y, domain)."""
    X, y, _ = two_domains
    X = X.copy()
    X[:40, 2] -= 1
    return X, y, np.where(np.isnan(y), "target", np.where(np.arange(len(y)) < 40, "a", "b"))


@pytest.mark.parametrize("mu", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("label_weight", [0.0, 0.7])
def test_exact_kernel_is_the_textbook_problem(mu, label_weight, three_domains):
    X, y, domain = three_domains
    K = rbf_kernel(X, gamma=0.2)
    values, W = textbook(K, domain, mu, 3, y, label_weight)
    mida = MIDA(3, kernel="rbf", gamma=0.2, mu=mu, label_weight=label_weight)
    same_up_to_sign(mida.fit_transform(X, y, sample_domain=domain), K @ W, rtol=1e-6, atol=1e-8)
    assert_allclose(mida.eigenvalues_, values, rtol=1e-8)


def test_lanczos_is_the_textbook_problem(monkeypatch, three_domains):
    from sktl._core import linalg

    monkeypatch.setattr(linalg, "DENSE_SIZE", 50)
    X, y, domain = three_domains
    K = rbf_kernel(X, gamma=0.2)
    _, W = textbook(K, domain, 1.0, 3)
    same_up_to_sign(MIDA(3, kernel="rbf", gamma=0.2, mu=1.0).fit(X, y, domain).components_.T, W, atol=1e-6)


def test_a_callable_linear_kernel_is_the_paper_s_constraint(three_domains):
    X, y, domain = three_domains
    _, W = textbook(X @ X.T, domain, 0.8, 2)
    mida = MIDA(2, kernel=linear_kernel, mu=0.8)
    same_up_to_sign(mida.fit_transform(X, y, domain), X @ X.T @ W, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("n, d", [(60, 7), (25, 70)])
def test_linear_components_are_the_textbook_problem_in_features(container, n, d):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    domain = np.where(np.arange(n) < n // 2, "a", "target")
    y = np.where(domain == "a", np.arange(n) % 3, np.nan)
    M = 0.9 * (np.eye(n) - 1 / n) - contrast(domain) + 0.4 * contrast(y)
    values, A = eigh(X.T @ M @ X, subset_by_index=[d - 4, d - 1])
    mida = MIDA(4, mu=0.9, label_weight=0.4).fit(container(X), y)
    assert mida.solver_ == ("primal" if d < n else "dual")
    same_up_to_sign(mida.components_.T, A[:, ::-1], atol=1e-8)
    assert_allclose(mida.eigenvalues_, values[::-1], rtol=1e-9)


def test_landmarks_follow_the_formula_and_tend_to_the_exact_solution(two_domains):
    X, y, _ = two_domains
    mida = MIDA(2, kernel="rbf", gamma=0.2, mu=0.7, n_landmarks=20).fit(X, y)
    F = rbf_kernel(X, mida.landmarks_, gamma=0.2)
    M = 0.7 * (np.eye(168) - 1 / 168) - contrast(np.isnan(y))
    values, V = eigh(F.T @ M @ F, subset_by_index=[18, 19])
    same_up_to_sign(mida.transform(X), F @ V[:, ::-1] * np.sqrt(168 / 20), rtol=1e-6, atol=1e-8)
    assert_allclose(mida.eigenvalues_, values[::-1] * 168 / 20)
    exact = MIDA(3, kernel="rbf", gamma=0.02).fit(X, y)
    near = MIDA(3, kernel="rbf", gamma=0.02, n_landmarks=167).fit(X, y)
    assert near.approximation_ == "nystroem" and exact.approximation_ == "exact"
    assert_allclose(near.eigenvalues_, exact.eigenvalues_, rtol=0.03)


def test_landmarks_beyond_the_documented_size(monkeypatch):
    monkeypatch.setattr(kernels, "MAX_EXACT", 100)
    monkeypatch.setattr(kernels, "AUTO_LANDMARKS", 40)
    X = np.random.default_rng(0).normal(size=(151, 3))
    domain = np.arange(151) > 80
    assert MIDA(kernel="rbf").fit(X, sample_domain=domain).landmarks_.shape == (40, 3)
    assert MIDA(kernel="rbf", n_landmarks=None).fit(X, sample_domain=domain).approximation_ == "exact"


def test_components_are_independent_of_the_domain_as_mu_falls(three_domains):
    X, y, domain = three_domains

    def dependence(mu):  # largest share of a component's variance that the domains explain
        Z = MIDA(2, mu=mu).fit_transform(X, y, domain)
        Z = Z - Z.mean(axis=0)
        between = sum((domain == name).sum() * Z[domain == name].mean(axis=0) ** 2 for name in set(domain))
        return np.max(between / np.sum(Z**2, axis=0))

    assert 10 * dependence(0.01) < dependence(1.0) < dependence(100.0)


def test_without_dependence_it_is_pca(two_domains):
    X, y, _ = two_domains
    pca = PCA(2).fit(X)
    same_up_to_sign(MIDA(2, mu=1e9).fit(X, y).components_.T, pca.components_.T, atol=1e-6)
    with pytest.warns(SingleDomainWarning):
        alone = MIDA(2).fit(X)
    same_up_to_sign(alone.components_.T, pca.components_.T, atol=1e-9)


def test_labels_draw_the_components_to_the_classes(two_domains):
    X, y, y_true = two_domains
    X = X * [1, 1, 1, 3, 1]  # a column of large variance that tells nothing

    def told(label_weight):
        Z = MIDA(1, label_weight=label_weight).fit_transform(X, y)
        return abs(np.corrcoef(Z[:, 0], y_true)[0, 1])

    assert told(0) + 0.3 < told(100)


def test_numbers_are_labels_too():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3)) * [1, 1, 3]
    y = np.where(np.arange(80) < 50, X[:, 0] + 0.25, np.nan)
    centred = np.where(np.isnan(y), 0, y - np.nanmean(y))
    centred -= centred.mean()
    domains = contrast(np.isnan(y))
    M = np.eye(80) - 1 / 80 - domains + 100 * np.outer(centred, centred) / (centred @ centred)
    _, A = eigh(X.T @ M @ X, subset_by_index=[2, 2])
    same_up_to_sign(MIDA(1, label_weight=100, mu=1.0).fit(X, y).components_.T, A, atol=1e-8)


def test_names_of_domains_and_classes_do_not_matter(three_domains):
    X, y, domain = three_domains
    renamed = np.select([domain == "a", domain == "b"], ["zebra", "ant"], "target")
    words = np.array([None if v != v else ("no", "yes")[int(v)] for v in y], dtype=object)
    plain, other = (MIDA(label_weight=0.5).fit_transform(X, *told) for told in ((y, domain), (words, renamed)))
    assert_allclose(other, plain)


def test_components_that_do_not_pay_for_their_dependence_are_zero():
    X = np.array([[0.0, 1], [0, -1], [9, 1], [9, -1.5]])  # column 0 is the domain
    mida = MIDA(2, mu=0.5).fit(X, sample_domain=[False, False, True, True])
    assert_array_equal(mida.components_[1], 0)
    assert mida.eigenvalues_[1] == 0


@pytest.mark.parametrize(
    "parameters, match",
    [
        ({"n_components": 6}, r"n_components=6 .* min\(n_samples=168, n_features=5\) = 5"),
        ({"n_components": 9, "kernel": "rbf", "n_landmarks": 8}, "n_landmarks = 8"),
        ({"n_components": 169, "kernel": "rbf"}, "n_samples = 168"),
        ({"mu": 0}, "mu must be a number > 0; got 0"),
        ({"label_weight": -1}, "label_weight must be a number >= 0; got -1"),
        ({"kernel": "precomputed"}, "kernel must be one of"),
    ],
)
def test_errors(parameters, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match=match):
        MIDA(**parameters).fit(X, y)


def test_several_outputs_are_no_labels(two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="one class or number per row in y; got labels of type 'multilabel-indicator'"):
        MIDA(label_weight=1).fit(X, np.column_stack([y, y]))
