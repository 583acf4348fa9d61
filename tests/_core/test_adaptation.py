"""Adaptation regularisation against dense textbook solutions and naive loops."""

import numpy as np
from numpy.testing import assert_allclose
from sklearn.metrics.pairwise import rbf_kernel

from sktl._core.adaptation import GroupSums, exact_system, feature_system, inverse_root
from sktl._core.contrasts import joint_contrast
from sktl._core.graphs import neighbor_graph, normalized_laplacian

RNG = np.random.default_rng(0)
X = RNG.normal(size=(41, 3))
TARGET = np.arange(41) >= 24
CODES = np.concatenate([np.arange(24) % 3, np.arange(17) % 2])  # class 2 is absent from the target
ONEHOT = np.eye(3)[CODES] * ~TARGET[:, None]
K = rbf_kernel(X, gamma=0.3)
LAPLACIAN = normalized_laplacian(neighbor_graph(X, 4))


def textbook_matrix(mu):
    """(1 - mu) C M_0 + mu sum_c M_c, of Frobenius norm 1, with dense n x n matrices."""
    M = np.zeros((41, 41))
    for rows, weight in [(np.ones(41, dtype=bool), (1 - mu) * 3), (CODES == 0, mu), (CODES == 1, mu)]:
        e = np.where(TARGET, -1.0, 1.0) * rows
        e[TARGET] /= (rows & TARGET).sum()
        e[~TARGET] /= (rows & ~TARGET).sum()
        M += weight * np.outer(e, e)
    return M / np.linalg.norm(M)


def test_the_exact_system_is_the_paper_s_equation():
    M, J = textbook_matrix(0.4), np.diag(~TARGET * 1.0)
    w = np.linalg.solve((J + 7 * M + 2 * LAPLACIAN.toarray()) @ K + 0.1 * np.eye(41), J @ ONEHOT)
    system = exact_system(K, ONEHOT, ~TARGET, LAPLACIAN, 2.0, 0.1)
    assert_allclose(system.coefficients(joint_contrast(TARGET, CODES, 3, 0.4), 7.0), w, atol=1e-9)
    without = np.linalg.solve((J + 2 * LAPLACIAN.toarray()) @ K + 0.1 * np.eye(41), J @ ONEHOT)
    assert_allclose(system.coefficients(joint_contrast(TARGET, CODES, 3, 0.4), 0.0), without, atol=1e-10)


def test_features_give_the_exact_function_where_they_span_the_kernel():
    contrast = joint_contrast(TARGET, CODES, 3, 0.4)
    w = exact_system(K, ONEHOT, ~TARGET, LAPLACIAN, 2.0, 0.1).coefficients(contrast, 7.0)
    features = K @ inverse_root(K)
    v = feature_system(features, ONEHOT, ~TARGET, LAPLACIAN, 2.0, 0.1).coefficients(contrast, 7.0)
    assert_allclose(features @ v, K @ w, atol=1e-6)


def test_group_sums_follow_the_rows_that_move():
    groups, later = np.arange(41) % 3, np.arange(41) % 4
    sums = GroupSums(X, groups, 5)
    assert_allclose(sums.sums, [X[groups == k].sum(axis=0) for k in range(5)])
    sums.move(later)
    assert_allclose(sums.sums, [X[later == k].sum(axis=0) for k in range(5)], atol=1e-13)
    assert sums.counts.tolist() == [11, 10, 10, 10, 0]
    contrast = joint_contrast(TARGET, CODES, 3, 0.4)
    system = feature_system(X, ONEHOT, ~TARGET, LAPLACIAN, 2.0, 0.1)
    assert_allclose(system.coefficients(contrast, 7.0, contrast.T @ X), system.coefficients(contrast, 7.0))
    rows = np.array([3, 40, 7])
    assert_allclose(system.values(np.eye(3), rows), X[rows])


def test_features_solve_their_normal_equations():
    M, J = textbook_matrix(0.4), np.diag(~TARGET * 1.0)
    A = X.T @ (J + 7 * M + 2 * LAPLACIAN.toarray()) @ X + 0.1 * np.eye(3)
    system = feature_system(X, ONEHOT, ~TARGET, LAPLACIAN, 2.0, 0.1)
    found = system.coefficients(joint_contrast(TARGET, CODES, 3, 0.4), 7.0)
    assert_allclose(found, np.linalg.solve(A, X.T @ ONEHOT), atol=1e-10)
