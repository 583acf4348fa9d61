"""Adaptation regularisation: least squares in a kernel, with MMD and graph penalties, solved anew as labels change."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh, lu_factor, lu_solve

from sktl._core.linalg import NEGLIGIBLE

COLUMNS = 256  # columns of a product with the Laplacian that are held at once


def joint_contrast(target, codes, n_classes: int, mu: float):
    """E with M = E E', the MMD matrix of marginal and class-conditional means, of Frobenius norm 1.

    M is proportional to (1 - mu) C e e' + mu sum_c e_c e_c', with e'f the difference of the domains' means of f and
    e_c'f that of class c; a class that one domain lacks has e_c = 0.

    Parameters
    ----------
    target : ndarray of shape (n,), dtype bool
        Rows of the target.
    codes : ndarray of shape (n,)
        Class 0 ... n_classes - 1 of each row (a guess will do), -1 where there is none.
    n_classes : int
        C.
    mu : float
        Share of the class-conditional part, 0 <= mu <= 1.

    Returns
    -------
    ndarray of shape (n, n_classes + 1)
    """
    contrast = np.zeros((len(target), n_classes + 1))
    for column, rows in enumerate([codes == code for code in range(n_classes)] + [np.ones(len(target), dtype=bool)]):
        if (rows & target).any() and (rows & ~target).any():
            contrast[rows & target, column] = -1 / np.count_nonzero(rows & target)
            contrast[rows & ~target, column] = 1 / np.count_nonzero(rows & ~target)
    contrast *= np.sqrt(np.append(np.full(n_classes, mu), (1 - mu) * n_classes))
    norm = np.linalg.norm(contrast.T @ contrast)
    return contrast / np.sqrt(norm) if norm > 0 else contrast


@dataclass(frozen=True)
class RegularizedLeastSquares:
    """Penalised least squares f = basis @ w for any contrast, factored once without it.

    Attributes
    ----------
    basis : ndarray of shape (n, p)
        Values of the p functions on all rows.
    solve : callable
        b -> A^-1 b, with A the matrix of the problem without contrast.
    constant : ndarray of shape (p, C)
        Solution without contrast.
    symmetric : bool
        Whether a contrast enters A as basis' E E' basis, or as E E' basis.
    """

    basis: np.ndarray
    solve: Callable
    constant: np.ndarray
    symmetric: bool

    def coefficients(self, contrast, weight: float):
        """Solution (p, C) with the penalty weight * |contrast' f|^2, by Woodbury's identity."""
        left = contrast.T @ self.basis
        used = np.linalg.norm(left, axis=1) > 0
        if weight == 0 or not used.any():
            return self.constant
        left = left[used]
        lifted = self.solve(left.T if self.symmetric else contrast[:, used])
        core = np.eye(len(left)) / weight + left @ lifted
        return self.constant - lifted @ np.linalg.solve(core, left @ self.constant)


def exact_system(K, onehot, labeled, laplacian, graph_weight, reg) -> RegularizedLeastSquares:
    """Solve for w in ((J + graph_weight L) K + reg I) w = J Y, one coefficient a row; J: diagonal of labelled rows.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Kernel matrix.
    onehot : ndarray of shape (n, C)
        Y, zero on rows without a label.
    labeled : ndarray of shape (n,), dtype bool
        Rows with a label.
    laplacian : sparse array of shape (n, n)
        L.
    graph_weight, reg : float
        Weights of the penalties.
    """
    A = graph_weight * (laplacian @ K)
    A[labeled] += K[labeled]
    A[np.diag_indices(len(A))] += reg
    factors = lu_factor(A, overwrite_a=True, check_finite=False)

    def solve(b):
        return lu_solve(factors, b, check_finite=False)

    return RegularizedLeastSquares(K, solve, solve(onehot), symmetric=False)


def feature_system(features, onehot, labeled, laplacian, graph_weight, reg) -> RegularizedLeastSquares:
    """Solve for w in (P' (J + graph_weight L) P + reg I) w = P' J Y, one coefficient a column of P (n, p).

    Memory O(n p) for P and O(p^2 + n) beside it.
    """
    A = features[labeled].T @ features[labeled]
    if graph_weight > 0:
        for start in range(0, len(A), COLUMNS):
            columns = slice(start, start + COLUMNS)
            A[:, columns] += graph_weight * (features.T @ (laplacian @ features[:, columns]))
    A[np.diag_indices(len(A))] += reg
    factors = cho_factor((A + A.T) / 2, check_finite=False)

    def solve(b):
        return cho_solve(factors, b, check_finite=False)

    return RegularizedLeastSquares(features, solve, solve(features.T @ onehot), symmetric=True)


def inverse_root(K):
    """R (m, r) with R R' the (pseudo-)inverse of a positive semi-definite kernel matrix."""
    values, vectors = eigh(K)
    kept = values > NEGLIGIBLE * max(values[-1], np.finfo(float).tiny)
    return vectors[:, kept] / np.sqrt(values[kept])


def linear_a_distance(X, target, reg: float = 1.0) -> float:
    """Proxy A-distance 2 (1 - 2 error), not below 0, of a balanced ridge classifier's exact leave-one-out error.

    One factorisation of (d + 1) x (d + 1) stands in for a fit without each row. At least two rows a domain are needed.
    """
    n_target = np.count_nonzero(target)
    weights = len(target) * np.where(target, 0.5 / n_target, 0.5 / (len(target) - n_target))
    signs = np.where(target, 1.0, -1.0)
    rows = np.column_stack([X - np.average(X, axis=0, weights=weights), np.ones(len(X))])
    weighted = rows * weights[:, None]
    A = weighted.T @ rows
    A[np.diag_indices(X.shape[1])] += reg
    factors = cho_factor(A)
    leverage = np.einsum("ij,ji->i", weighted, cho_solve(factors, rows.T))
    values = rows @ cho_solve(factors, weighted.T @ signs)
    wrong = (values - leverage * signs) * signs <= 0  # the sign of the value without the row
    error = (wrong[target].mean() + wrong[~target].mean()) / 2
    return float(max(0.0, 2 * (1 - 2 * error)))


def balance_factor(X, target, codes, n_classes: int) -> float:
    """Estimate mu: mean A-distance of the classes as a share of itself plus that of all rows; 0.5 if both are 0."""
    groups = [codes == code for code in range(n_classes)]
    groups = [rows for rows in groups if min((rows & target).sum(), (rows & ~target).sum()) >= 2]
    if not groups or min(target.sum(), (~target).sum()) < 2:
        return 0.5
    within = np.mean([linear_a_distance(X[rows], target[rows]) for rows in groups])
    total = within + linear_a_distance(X, target)
    return float(within / total) if total > 0 else 0.5
