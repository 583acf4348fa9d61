import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import sqrtm

from sktl.metrics import coral_distance, frechet_distance


def frechet_by_matrix_root(X, Y):
    C, D = np.cov(X.T), np.cov(Y.T)
    gap = X.mean(axis=0) - Y.mean(axis=0)
    return gap @ gap + np.trace(C + D - 2 * np.real(sqrtm(C @ D)))


def test_frechet_is_the_textbook_s():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(53, 4)) @ rng.normal(size=(4, 4)), rng.normal(size=(41, 4)) + 1
    assert frechet_distance(X, Y) == pytest.approx(frechet_by_matrix_root(X, Y), rel=1e-9)
    assert frechet_distance(X, Y, squared=False) == pytest.approx(np.sqrt(frechet_by_matrix_root(X, Y)), rel=1e-9)


def test_frechet_closed_form_of_normals():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(20_011, 3)), rng.normal(size=(15_013, 3)) * [1, 2, 3] + [1, 0, 2]
    assert frechet_distance(X, Y) == pytest.approx(1 + 4 + (2 - 1) ** 2 + (3 - 1) ** 2, rel=0.02)


def test_frechet_as_pot():
    ot = pytest.importorskip("ot", reason="POT, the oracle, comes with the ot extra")
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(53, 4)), 2 * rng.normal(size=(41, 4)) + 1
    expected = ot.gaussian.bures_wasserstein_distance(X.mean(axis=0), Y.mean(axis=0), np.cov(X.T), np.cov(Y.T))
    assert frechet_distance(X, Y, squared=False) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("function", [frechet_distance, coral_distance])
def test_more_columns_than_rows(function):
    # 30 columns of noise times few rows: the covariances are singular; appended zeros switch to products of rows
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(23, 20)) + 1, 2 * rng.normal(size=(29, 20))
    X2, Y2 = (np.hstack([Z, np.zeros((len(Z), 20))]) for Z in (X, Y))
    factor = 4.0 if function is coral_distance else 1.0  # its 4 d^2
    assert function(X2, Y2) * factor == pytest.approx(function(X, Y), rel=1e-9)
    assert function(sparse.csr_matrix(X2), sparse.csr_matrix(Y2)) == pytest.approx(function(X2, Y2), rel=1e-9)
    assert function(X2, X2) == pytest.approx(0, abs=1e-10)


def test_coral_is_the_loss():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(53, 4)), 2 * rng.normal(size=(41, 4)) + 1
    expected = np.sum((np.cov(X.T) - np.cov(Y.T)) ** 2) / (4 * 4**2)
    assert coral_distance(X, Y) == pytest.approx(expected, rel=1e-10)
    assert coral_distance(X, Y, squared=False) == pytest.approx(np.sqrt(expected), rel=1e-10)
    assert coral_distance(X, Y + 5) == pytest.approx(expected, rel=1e-10)  # blind to means
    assert coral_distance(10 * X, 10 * Y) == pytest.approx(1e4 * expected, rel=1e-10)


def test_frechet_is_unchanged_by_rotation_and_in_squared_units():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(53, 4)), 2 * rng.normal(size=(41, 4)) + 1
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    assert frechet_distance(X @ turn, Y @ turn) == pytest.approx(frechet_distance(X, Y), rel=1e-9)
    assert frechet_distance(10 * X, 10 * Y) == pytest.approx(100 * frechet_distance(X, Y), rel=1e-9)


def test_a_table_of_many_blocks():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(9001, 2)) + np.arange(9001)[:, None] / 1000, rng.normal(size=(5003, 2))  # drifting rows
    assert frechet_distance(X, Y) == pytest.approx(frechet_by_matrix_root(X, Y), rel=1e-9)


@pytest.mark.parametrize("function", [frechet_distance, coral_distance])
def test_errors(function):
    with pytest.raises(ValueError, match=r"X_source has 1 row\(s\); this measure needs at least 2"):
        function(np.ones((1, 2)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="squared must be one of True, False; got 'yes'"):
        function(np.ones((3, 2)), np.ones((3, 2)), squared="yes")
