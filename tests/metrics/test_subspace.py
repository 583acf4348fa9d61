import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from sktl.metrics import principal_angles, subspace_distance


def turned(X, angle, i, j):
    """The rows turned by an angle in the plane of two columns."""
    turn = np.eye(X.shape[1])
    turn[[i, i, j, j], [i, j, i, j]] = np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle)
    return X @ turn


def test_a_known_rotation():
    X = np.random.default_rng(0).normal(size=(101, 6))
    X = np.linalg.qr(X - X.mean(axis=0))[0] * [9, 8, 7, 1, 1, 1]  # its components are the columns
    Y = turned(turned(X, 0.2, 0, 3), 0.7, 1, 4)
    assert principal_angles(X, Y, n_components=3) == pytest.approx([0, 0.2, 0.7], abs=1e-7)
    assert principal_angles(X, turned(X, 1e-6, 0, 3) + 5, n_components=3)[-1] == pytest.approx(1e-6, rel=1e-4)
    sines = np.sin([0.2, 0.7])
    assert subspace_distance(X, Y, n_components=3) == pytest.approx(np.linalg.norm(sines))
    assert subspace_distance(X, Y, n_components=3, metric="geodesic") == pytest.approx(np.linalg.norm([0.2, 0.7]))
    assert subspace_distance(X, Y, n_components=3, metric="projection") == pytest.approx(sines[1])


@pytest.mark.parametrize("shape", [(61, 8), (13, 30)])
def test_as_pca_and_projections(shape):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=shape) + 3, rng.normal(size=shape) * np.linspace(1, 3, shape[1])
    P, Q = (PCA(3).fit(Z).components_.T for Z in (X, Y))
    np.testing.assert_allclose(principal_angles(X, Y, n_components=3), subspace_angles(P, Q)[::-1], atol=1e-8)
    gap = P @ P.T - Q @ Q.T
    assert subspace_distance(X, Y, n_components=3) == pytest.approx(np.linalg.norm(gap) / np.sqrt(2))
    assert subspace_distance(X, Y, n_components=3, metric="projection") == pytest.approx(np.linalg.norm(gap, 2))
    assert subspace_distance(sparse.csr_matrix(X), sparse.csr_matrix(Y), n_components=3) == (
        pytest.approx(np.linalg.norm(gap) / np.sqrt(2))
    )


def test_the_default_dimension():
    rng = np.random.default_rng(0)
    assert len(principal_angles(rng.normal(size=(99, 40)), rng.normal(size=(99, 40)))) == 10
    assert len(principal_angles(rng.normal(size=(99, 5)), rng.normal(size=(99, 5)))) == 3
    assert len(principal_angles(rng.normal(size=(99, 5)), rng.normal(size=(3, 5)))) == 2
    X, Y = rng.normal(size=(99, 4)), rng.normal(size=(99, 4))
    padded = [np.column_stack([Z, np.ones((99, 3))]) for Z in (X, Y)]  # columns that never vary are no directions
    assert principal_angles(*padded) == pytest.approx(principal_angles(X, Y))


def test_errors():
    X = np.random.default_rng(0).normal(size=(31, 4))
    with pytest.raises(ValueError, match=r"X_target varies in 2 direction\(s\), fewer than n_components=3"):
        principal_angles(X, X[:3], n_components=3)
    with pytest.raises(ValueError, match="metric must be one of 'chordal', 'geodesic', 'projection'; got 'cosine'"):
        subspace_distance(X, X, metric="cosine")
    with pytest.raises(ValueError, match=r"n_components must be 'auto' or an integer >= 1; got 0"):
        principal_angles(X, X, n_components=0)
