"""Adaptation regularisation: least squares in a kernel, with MMD and graph penalties, solved anew as labels change."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh, lu_factor, lu_solve

from sktl._core.linalg import NEGLIGIBLE

COLUMNS = 256  # columns of a product with the Laplacian that are held at once


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
