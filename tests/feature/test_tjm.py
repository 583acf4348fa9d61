import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import normalize
from textbook import leading, mmd_matrix, same_up_to_sign, squared_unit, three_classes

from sktl.exceptions import SingleDomainWarning
from sktl.feature import TCA, TJM


def textbook(K, sparse_rows, M, mu, k, n_iter, ridge=1.0, diagonal=None):
    """Long et al. 2014 with dense matrices; K is F (n, m) where rows of W belong to m landmarks."""
    H = np.eye(len(K)) - 1 / len(K)
    K = K / np.sqrt(squared_unit(K, np.diagonal(K) if diagonal is None else diagonal))
    g = np.ones(K.shape[1])
    for _ in range(n_iter):
        values, W = leading(K.T @ H @ K, K.T @ M @ K + mu * ridge * np.diag(g), k)
        held = W / np.sqrt(np.diag(W.T @ K.T @ H @ K @ W))
        g = np.where(sparse_rows, 1 / (2 * ridge * np.linalg.norm(held, axis=1)), 1)
    return values, W


def objective(K, W, target, M, mu):
    H = np.eye(len(K)) - 1 / len(K)
    K = K / np.sqrt(squared_unit(K, np.diagonal(K)))
    W = W / np.sqrt(np.diag(W.T @ K @ H @ K @ W))
    norms = np.linalg.norm(W, axis=1)
    return np.trace(W.T @ K @ M @ K @ W) + mu * (norms[~target].sum() + (norms[target] ** 2).sum())


@pytest.mark.parametrize("n_iter", [1, 2, 5])
@pytest.mark.parametrize("kernel", ["rbf", linear_kernel])
def test_exact_kernels_are_the_textbook_iteration(kernel, n_iter):
    X, y, _, target = three_classes()
    K = rbf_kernel(X, gamma=0.05) if kernel == "rbf" else X @ X.T
    M = mmd_matrix(target, np.full(168, -1), 0)
    values, W = textbook(K, ~target, M, 0.5, 3, n_iter)
    tjm = TJM(3, kernel=kernel, gamma=0.05, mu=0.5, max_iter=n_iter, tol=0).fit(X, y)
    assert tjm.n_iter_ == n_iter
    same_up_to_sign(tjm.transform(X), K @ W, rtol=1e-5, atol=1e-6 * np.abs(K @ W).max())
    assert_allclose(tjm.eigenvalues_, values, rtol=1e-6)
    assert_allclose(tjm.row_norms_, np.linalg.norm(W, axis=1), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("shape", [(101, 67, 6), (37, 23, 90)])
def test_the_linear_kernel_solves_the_same_problem_in_features(shape, container):
    X, y, _, target = three_classes(*shape)
    K, M = X @ X.T, mmd_matrix(target, np.full(len(X), -1), 0)
    values, W = textbook(K, ~target, M, 1.0, 3, 3)
    tjm = TJM(3, max_iter=3, tol=0).fit(container(X), y)
    # W of the textbook may have a part that X does not see; it is at its least in ours, and the map is the same
    A = X.T @ W / np.sqrt(squared_unit(X))
    same_up_to_sign(tjm.components_.T, A, rtol=1e-5, atol=1e-5 * np.abs(A).max())
    assert_allclose(tjm.eigenvalues_, values, rtol=1e-6)
    assert_allclose(tjm.row_norms_, np.linalg.norm(W, axis=1), rtol=1e-4, atol=1e-6)


def test_landmarks_follow_the_formula():
    X, y, _, target = three_classes()
    tjm = TJM(3, kernel="rbf", gamma=0.05, n_landmarks=30, max_iter=3, tol=0).fit(X, y)
    F = rbf_kernel(X, tjm.landmarks_, gamma=0.05)
    of_source = np.array([np.flatnonzero((row == X).all(axis=1))[0] < 101 for row in tjm.landmarks_])
    _, W = textbook(F, of_source, mmd_matrix(target, np.full(168, -1), 0), 1.0, 3, 3, ridge=30 / 168, diagonal=1.0)
    same_up_to_sign(tjm.transform(X), F @ W * np.sqrt(168 / 30), rtol=1e-5, atol=1e-5)


def test_each_turn_lowers_the_objective_of_the_paper():
    X, y, _, target = three_classes()
    K, M = rbf_kernel(X, gamma=0.05), mmd_matrix(target, np.full(168, -1), 0)
    values = [
        objective(K, TJM(2, kernel="rbf", gamma=0.05, max_iter=t, tol=0).fit(X, y).components_.T, target, M, 1.0)
        for t in (1, 2, 3, 6, 10)
    ]
    assert (np.diff(values) < 0).all()


def test_the_first_turn_is_tca_with_the_paper_s_penalty():
    X, y, _, _ = three_classes()
    tca = TCA(3, kernel=linear_kernel).fit(X, y)
    same_up_to_sign(TJM(3, max_iter=1).fit_transform(X, y), tca.transform(X) / np.sqrt(squared_unit(X)), atol=1e-7)
    assert_allclose(TJM(3, kernel="rbf", max_iter=1).fit_transform(X, y), TCA(3, kernel="rbf").fit_transform(X, y))


def test_source_rows_without_counterpart_are_left_out():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(260, 3))
    X[:40, 0] += 15  # 40 of 160 source rows stand apart
    target = np.arange(260) >= 160
    tjm = TJM(2, kernel="rbf", gamma=0.1, mu=0.1).fit(X, sample_domain=target)
    apart, near, wanted = (tjm.row_norms_[rows].mean() for rows in (slice(40), slice(40, 160), slice(160, 260)))
    assert apart < 0.1 * wanted and near < wanted


def test_it_ends_when_the_norms_hardly_change():
    X, y, _, _ = three_classes()
    tjm = TJM(2, kernel="rbf", tol=1e-3, max_iter=200).fit(X, y)
    assert 2 < tjm.n_iter_ < 200
    longer = TJM(2, kernel="rbf", tol=0, max_iter=tjm.n_iter_ + 1).fit(X, y)
    assert_allclose(longer.row_norms_, tjm.row_norms_, atol=2e-3 * tjm.row_norms_.max())
    assert longer.n_iter_ == tjm.n_iter_ + 1


def test_one_domain_is_pca():
    X, _, y_true, _ = three_classes()
    X = X - X.mean(axis=0)  # the penalty tr(W'W) looks at the origin
    with pytest.warns(SingleDomainWarning):
        tjm = TJM(3, kernel=linear_kernel).fit(X, y_true)
    Z = PCA(3).fit_transform(X)
    same_up_to_sign(normalize(tjm.transform(X), axis=0), normalize(Z, axis=0), atol=1e-8)
    assert tjm.n_iter_ <= 3


def test_one_target_row_and_a_constant_column():
    X, y, _, _ = three_classes()
    X = np.column_stack([X, np.full(168, 4.0)])[:102]
    Z = TJM(3, max_iter=30).fit_transform(X, y[:102])
    assert np.isfinite(Z).all()


def test_new_rows_are_mapped_as_training_rows():
    X, y, _, _ = three_classes()
    for tjm in (TJM(2), TJM(2, kernel="rbf"), TJM(2, kernel="rbf", n_landmarks=20)):
        mapped = tjm.fit_transform(X, y)
        assert_allclose(tjm.transform(X[5:9]), mapped[5:9])


def test_published_mean_of_two_pairs_of_office_caltech(real_data):
    data = real_data("office_caltech10_surf")
    rows = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0] for name in data.domain_names]
    found = []
    for pair in ("wd", "dw"):
        parts = [data.domain == letters.index(letter) for letter in pair]
        scaled = [(rows[p] - rows[p].mean(axis=0)) / np.maximum(rows[p].std(axis=0), 1e-12) for p in parts]
        y = np.concatenate([data.y[parts[0]], np.full(parts[1].sum(), np.nan)])
        Z = normalize(TJM(20).fit_transform(normalize(np.concatenate(scaled)), y))
        source = ~np.isnan(y)
        found.append(100 * KNeighborsClassifier(1).fit(Z[source], y[source]).score(Z[~source], data.y[parts[1]]))
    assert_allclose(np.mean(found), np.mean([89.17, 85.42]), atol=0.7)


@pytest.mark.parametrize(
    "parameters, match",
    [
        ({"max_iter": 0}, "max_iter must be an integer >= 1; got 0"),
        ({"tol": -1}, "tol must be a number >= 0; got -1"),
        ({"n_components": 7}, r"min\(n_samples=168, n_features=6\) = 6"),
        ({"kernel": "precomputed"}, "kernel must be one of"),
    ],
)
def test_errors(parameters, match):
    X, y, _, _ = three_classes()
    with pytest.raises(ValueError, match=match):
        TJM(**parameters).fit(X, y)


def test_labels_do_not_matter():
    X, y, y_true, target = three_classes()
    assert_array_equal(TJM().fit(X, sample_domain=target).components_, TJM().fit(X, y).components_)
