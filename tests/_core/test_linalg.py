import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import eigh, subspace_angles
from sklearn.metrics.pairwise import rbf_kernel

from sktl._core import linalg
from sktl._core.kernels import Kernel, make_kernel
from sktl._core.linalg import conjugate_gradients, leading_vectors, pivoted_cholesky, row_space


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(211, 3))


def test_full_rank_factor_is_exact(X):
    low_rank = pivoted_cholesky(make_kernel("rbf", 0.5, X), X, max_rank=len(X))
    assert_allclose(low_rank.factor @ low_rank.factor.T, rbf_kernel(X, gamma=0.5), atol=1e-10)
    assert low_rank.residual < 1e-10


def test_factor_is_nystroem_s_on_its_pivots(X):
    K = rbf_kernel(X, gamma=0.5)
    low_rank = pivoted_cholesky(make_kernel("rbf", 0.5, X), X, max_rank=20)
    p = low_rank.pivots
    assert len(p) == 20 == len(set(p))
    nystroem = K[:, p] @ np.linalg.solve(K[np.ix_(p, p)], K[p])
    assert_allclose(low_rank.factor @ low_rank.factor.T, nystroem, atol=1e-9)
    assert low_rank.residual == pytest.approx(1 - np.trace(nystroem) / len(X))
    Y = X[:7] + 0.1
    assert_allclose(
        low_rank.factor @ low_rank.extend(rbf_kernel(X[p], Y, gamma=0.5)),
        K[:, p] @ np.linalg.solve(K[np.ix_(p, p)], rbf_kernel(X[p], Y, gamma=0.5)),
        atol=1e-9,
    )


def test_rank_stops_where_the_kernel_does(X):
    assert len(pivoted_cholesky(make_kernel("linear", None, X), X, max_rank=100).pivots) == 3
    assert len(pivoted_cholesky(make_kernel("rbf", 1.0, X), np.repeat(X[:5], 9, axis=0), max_rank=45).pivots) == 5


def test_indefinite_kernels_are_refused(X):
    with pytest.raises(np.linalg.LinAlgError, match="not positive semi-definite"):
        pivoted_cholesky(Kernel(lambda A, B: -(A @ B.T)), X, 50)
    distance = Kernel(lambda A, B: 1 + np.linalg.norm(A[:, None] - B[None], axis=2))
    with pytest.raises(np.linalg.LinAlgError, match="negative eigenvalue"):
        pivoted_cholesky(distance, X, 50)


@pytest.mark.parametrize("method", ["dense", "lanczos", "lanczos from a function"])
def test_leading_vectors_solve_the_textbook_pencil(method, monkeypatch):
    rng = np.random.default_rng(0)
    F = rng.normal(size=(300, 80)) * np.linspace(3, 0.1, 80)
    C, b, mu = F.T @ F, rng.normal(size=(80, 2)) * 5, 0.7
    values, vectors = eigh(C, b @ b.T + mu * np.eye(80), subset_by_index=[76, 79])
    if method != "dense":
        monkeypatch.setattr(linalg, "DENSE_SIZE", 10)
    operator = (80, lambda v: C @ v) if "function" in method else C
    ours, eigenvalues = leading_vectors(operator, b, mu, 4)
    assert_allclose(eigenvalues, values[::-1], rtol=1e-9)
    for j in range(4):
        assert subspace_angles(ours[:, [j]], vectors[:, [3 - j]])[0] < 1e-6
    assert_allclose(np.linalg.norm(ours, axis=0), 1)
    assert (ours[np.abs(ours).argmax(axis=0), range(4)] > 0).all()


def test_nothing_left_gives_zeros():
    vectors, values = leading_vectors(np.diag([4.0, 1.0, 0.0]), np.zeros((3, 1)), 1.0, 3)
    assert_allclose(values, [4, 1, 0])
    assert_allclose(vectors, [[1, 0, 0], [0, 1, 0], [0, 0, 0]], atol=1e-12)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_row_space(container):
    X = np.random.default_rng(0).normal(size=(12, 40))
    X[5] = X[4]
    basis = row_space(container(X))
    assert basis.shape == (40, 11)
    assert_allclose(basis.T @ basis, np.eye(11), atol=1e-9)
    assert_allclose(X @ basis @ basis.T, X, atol=1e-7)


def test_conjugate_gradients_solve_every_column():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(23, 40))
    A = A @ A.T + np.diag(np.linspace(1, 50, 23))
    B = rng.normal(size=(23, 4)) * [1, 1e-6, 1e6, 0]
    solution, n_iter, converged = conjugate_gradients(A.__matmul__, B, 1e-12, 500)
    assert converged and 0 < n_iter < 200
    assert_allclose(solution / [1, 1e-6, 1e6, 1], np.linalg.solve(A, B) / [1, 1e-6, 1e6, 1], rtol=1e-9, atol=1e-11)
    _, n_iter, converged = conjugate_gradients(A.__matmul__, B, 1e-12, 2)
    assert n_iter == 2 and not converged


def test_the_whole_matrix_and_its_columns_give_one_factor(monkeypatch):
    X = np.random.default_rng(0).normal(size=(101, 3))
    for kernel in (Kernel("rbf", {"gamma": 0.2}), Kernel("linear")):
        whole = pivoted_cholesky(kernel, X, 40)
        monkeypatch.setattr("sktl._core.linalg.DIRECT_ROWS", 0)
        columns = pivoted_cholesky(kernel, X, 40)
        monkeypatch.undo()
        assert_array_equal(whole.pivots, columns.pivots)
        assert_allclose(whole.factor, columns.factor, atol=1e-9)
        assert whole.residual == pytest.approx(columns.residual, abs=1e-12)
