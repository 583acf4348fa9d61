"""Adaptation regularisation: least squares in a kernel, with MMD and graph penalties, solved anew as labels change."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve, eigh, lu_factor, lu_solve

from sktl._core.kernels import blocks
from sktl._core.linalg import NEGLIGIBLE

NEGLIGIBLE_SINGLE = 1e-7  # eigenvalues whose root's inverse would lift the rounding of single precision into features
LARGE = 400_000_000  # bytes of features in double precision from which they are made and held in single


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

    def values(self, coefficients, rows):
        """Values (n_rows, C) of the functions on the rows of these numbers."""
        parts = [np.asarray(self.basis[rows[k]], dtype=np.float64) @ coefficients for k in blocks(len(rows))]
        return np.concatenate(parts) if parts else np.empty((0, coefficients.shape[1]))

    def coefficients(self, contrast, weight: float, left=None):
        """Solution (p, C) with the penalty weight * |contrast' f|^2, by Woodbury's identity.

        ``left`` is contrast' basis, where that is known.
        """
        left = columns_times(self.basis, contrast).T if left is None else left
        used = np.linalg.norm(left, axis=1) > 0
        if weight == 0 or not used.any():
            return self.constant
        left = left[used]  # a class without rows has no contrast, and zeros would only enlarge the core
        lifted = self.solve(left.T if self.symmetric else contrast[:, used])
        # as large as the contrast has columns: labels change, the factored matrix stays
        core = np.eye(len(left)) / weight + left @ lifted
        return self.constant - lifted @ np.linalg.solve(core, left @ self.constant)


class GroupSums:
    """Sums (n_groups, p) of a table's rows by group, kept up to date by the rows that change their group alone.

    From the second round on few pseudo-labels change, and a pass over all of a large table costs seconds.
    """

    def __init__(self, table, groups, n_groups: int):
        self.table, self.groups, self.n_groups = table, groups, n_groups
        self.sums = np.zeros((n_groups, table.shape[1]))
        self._add(np.arange(len(groups)), 1.0)

    @property
    def counts(self):
        """Rows of each group."""
        return np.bincount(self.groups, minlength=self.n_groups)

    def move(self, groups):
        """Take the rows to other groups."""
        moved = np.flatnonzero(groups != self.groups)
        self._add(moved, -1.0)
        self.groups = groups
        self._add(moved, 1.0)

    def _add(self, rows, sign):
        for part in (rows[k] for k in blocks(len(rows))):
            members = sparse.csr_array(
                (np.full(len(part), sign), (self.groups[part], np.arange(len(part)))), shape=(self.n_groups, len(part))
            )
            self.sums += members @ np.asarray(self.table[part], dtype=np.float64)  # the table may be single


def exact_system(K, onehot, labeled, laplacian, graph_weight, reg) -> RegularizedLeastSquares:
    """Solve for w in ((J + graph_weight L) K + reg I) w = J Y, one coefficient per row; J: diagonal of labelled rows.

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
    # not symmetric, though K and L are: their product is not
    factors = lu_factor(A, overwrite_a=True, check_finite=False)

    def solve(b):
        return lu_solve(factors, b, check_finite=False)

    return RegularizedLeastSquares(K, solve, solve(onehot), symmetric=False)


def feature_system(features, onehot, labeled, laplacian, graph_weight, reg) -> RegularizedLeastSquares:
    """Solve for w in (P' (J + graph_weight L) P + reg I) w = P' J Y, one coefficient per column of P (n, p).

    Memory O(n p) for P, which may be in single precision (products are in double), and O(p^2 + n) beside it.
    """
    n, p = features.shape
    laplacian = sparse.csr_array(laplacian).astype(features.dtype)  # else each product would convert all of P
    A = np.zeros((p, p))
    for rows in blocks(n):
        part = np.asarray(features[rows], dtype=np.float64)
        weighted = part * labeled[rows, None]
        if graph_weight > 0:
            weighted += graph_weight * (laplacian[rows] @ features)
        A += part.T @ weighted
    A[np.diag_indices(len(A))] += reg
    factors = cho_factor((A + A.T) / 2, check_finite=False)  # symmetric but for the rounding of the sums over blocks

    def solve(b):
        return cho_solve(factors, b, check_finite=False)

    return RegularizedLeastSquares(features, solve, solve(columns_times(features, onehot)), symmetric=True)


def columns_times(P, E) -> np.ndarray:
    """P'E in double precision, in blocks of rows: P may be large and single."""
    return sum(np.asarray(P[rows], dtype=np.float64).T @ E[rows] for rows in blocks(P.shape[0]))


def nystroem_features(kernel, Z, landmarks):
    """Features P (n, r) with P P' ~ the kernel matrix, exact at the landmarks, and R with P = K(Z, landmarks) R.

    Single precision where double would take more than ``LARGE`` bytes: its rounding is far below that of landmarks.
    """
    m = landmarks.shape[0]
    large = 8 * Z.shape[0] * m > LARGE
    dtype = np.float32 if large else np.float64
    root = inverse_root(kernel(landmarks, landmarks), NEGLIGIBLE_SINGLE if large else NEGLIGIBLE)
    features, factor = np.empty((Z.shape[0], root.shape[1]), dtype=dtype), root.astype(dtype)
    for rows in blocks(Z.shape[0]):
        features[rows] = kernel(Z[rows], landmarks).astype(dtype, copy=False) @ factor
    return features, root


def inverse_root(K, negligible=NEGLIGIBLE):
    """R (m, r) with R R' the (pseudo-)inverse of a positive semi-definite kernel matrix."""
    values, vectors = eigh(K)
    # what is left is rounding, and its inverse would be large
    kept = values > negligible * max(values[-1], np.finfo(float).tiny)
    return vectors[:, kept] / np.sqrt(values[kept])
