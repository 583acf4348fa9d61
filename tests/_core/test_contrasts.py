"""Contrasts of means against the papers' dense matrices, distances against loops of fits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.linear_model import Ridge
from textbook import mmd_matrix

from sktl._core import contrasts
from sktl._core.contrasts import (
    balance_factor,
    indicator,
    joint_contrast,
    linear_a_distance,
    mean_contrasts,
    row_groups,
)

N_CLASSES = 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(41, 3))
TARGET = np.arange(41) >= 24
CODES = np.concatenate([np.arange(24) % 3, np.arange(17) % 2])  # class 2 is absent from the target


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    target = np.arange(97) >= 58
    codes = rng.integers(-1, 3, 97)  # the last class has no row
    codes[target & (codes == 1)] = 0  # class 1 is the source's alone
    return rng.normal(size=(97, 5)) + 7, target, codes


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("balance", [0, 0.3, 0.5, 1])
def test_the_factor_is_the_mmd_matrix_of_the_papers(balance, weighted, rows):
    _, target, codes = rows
    G = indicator(row_groups(target, codes, N_CLASSES), 2 * N_CLASSES + 2).toarray()
    T = mean_contrasts(G.sum(axis=0), balance, weighted)
    E = G @ T
    assert E.shape[1] == 3  # two classes are in both domains
    expected = mmd_matrix(target, codes, N_CLASSES, balance, weighted)
    H = np.eye(97) - 1 / 97
    assert_allclose(H @ E @ E.T @ H if weighted else E @ E.T, expected, atol=1e-14)
    assert_allclose(np.linalg.norm(E @ E.T), 1)


def test_without_common_classes_the_means_of_the_domains_remain(rows):
    _, target, _ = rows
    codes = np.where(target, -1, 2)
    groups = row_groups(target, codes, N_CLASSES)
    for balance in (0, 0.5, 1):
        T = mean_contrasts(np.bincount(groups, minlength=10), balance)
        e = np.where(target, -1 / 39, 1 / 58)
        assert_allclose(T[groups, 0], e / np.linalg.norm(e))
    assert_array_equal(mean_contrasts(np.array([3, 0])), 0)


@pytest.mark.parametrize("balance", [0.0, 0.3, 1.0])
def test_rows_of_the_contrast(balance):
    E = joint_contrast(TARGET, CODES, 3, balance)
    assert_allclose(E @ E.T, mmd_matrix(TARGET, CODES, 3, balance), atol=1e-14)
    assert not joint_contrast(np.zeros(41, dtype=bool), CODES, 3, balance).any()


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("n_columns", [15, 60])  # fewer columns than rows, and more
def test_leave_one_out_is_a_loop_of_fits(n_columns, container):
    Z = np.random.default_rng(1).normal(size=(41, n_columns)) + np.outer(TARGET, np.eye(n_columns)[0] * 2) + 3
    weights = 41 * np.where(TARGET, 0.5 / 17, 0.5 / 24)
    signs = np.where(TARGET, 1.0, -1.0)
    reg = np.average((Z - np.average(Z, axis=0, weights=weights)) ** 2, axis=0, weights=weights).sum()
    wrong = np.zeros(41)
    for i in range(41):
        rest = np.arange(41) != i
        fitted = Ridge(reg).fit(Z[rest], signs[rest], sample_weight=weights[rest])
        wrong[i] = fitted.predict(Z[[i]])[0] * signs[i] <= 0
    error = (wrong[TARGET].mean() + wrong[~TARGET].mean()) / 2
    within = Ridge(reg).fit(Z, signs, sample_weight=weights).predict(Z) * signs <= 0
    assert within.mean() < error < 0.5  # judged on its own rows, a classifier tells the domains apart too well
    assert_allclose(linear_a_distance(container(Z), TARGET), 2 * (1 - 2 * error))
    assert_allclose(linear_a_distance(container(1e-6 * Z), TARGET), 2 * (1 - 2 * error))
    assert linear_a_distance(np.ones((41, 3)), TARGET) == 0


def test_balance_is_the_share_of_the_classes():
    far = np.column_stack([np.where(TARGET, 9.0, -9.0) + X[:, 0], X[:, 1]])
    assert_allclose(balance_factor(far, TARGET, CODES, 3), 0.5)  # rows and classes all told apart
    crossed = far * np.where(CODES == 0, 1, -1)[:, None]  # the classes shift opposite ways: the marginal much less
    assert balance_factor(crossed, TARGET, CODES, 3) > 0.6
    assert balance_factor(X, TARGET, np.full(41, -1), 3) == 0.5
    assert balance_factor(X[:25], TARGET[:25], CODES[:25], 3) == 0.5  # one target row


def test_distances_are_of_a_bounded_number_of_rows(monkeypatch):
    rng = np.random.default_rng(0)
    target, codes = np.arange(900) >= 500, rng.integers(0, 2, 900)
    Z = rng.normal(size=(900, 3)) + np.outer(target, [1.0, 0, 0])
    whole = balance_factor(Z, target, codes, 2)
    monkeypatch.setattr(contrasts, "MAX_ROWS", 200)
    few, order = balance_factor(Z, target, codes, 2), rng.permutation(900)
    assert few == balance_factor(Z[order], target[order], codes[order], 2)
    assert few != whole and abs(few - whole) < 0.1
