"""Principal axes of a sample."""

import numpy as np
from scipy import sparse
from scipy.linalg import eigh

from sktl._core.kernels import blocks
from sktl._core.linalg import NEGLIGIBLE, moments

BLOCK = 4096  # rows of a block of the scatter matrix


def principal_axes(X, n_components=None):
    """Mean of the rows, their leading directions of variance, and the scatter along each, falling.

    O(n d min(n, d)) time; nothing larger than (d, d) or (n, n), whichever is smaller, beside the rows.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, d)
        Rows.
    n_components : int, default=None
        How many directions at the most; None: all.

    Returns
    -------
    mean : ndarray of shape (d,)
    axes : ndarray of shape (d, r)
        Orthonormal columns, r <= min(n_components, n - 1, d): those along which the rows vary. The entry of the largest
        size in each is positive.
    scatter : ndarray of shape (r,)
        Sums over rows of the squared coordinates.
    """
    n, d = X.shape
    if d <= n:
        matrix, _, mean = moments((X[rows] for rows in blocks(n, BLOCK)), np.zeros((n, 0)))
    else:
        mean, rows, matrix = _centred(X)
    size = len(matrix) if n_components is None else min(n_components, len(matrix))
    values, vectors = eigh((matrix + matrix.T) / 2, subset_by_index=[len(matrix) - size, len(matrix) - 1])
    kept = np.flatnonzero(values > _negligible(X, values[-1]))[::-1]
    values, axes = values[kept], vectors[:, kept]
    if d > n:
        axes, _ = np.linalg.qr(np.asarray(rows.T @ (axes - axes.mean(axis=0)), dtype=np.float64))
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    return mean, axes * np.where(largest < 0, -1.0, 1.0), values


def _centred(X):
    """Mean of the rows, the rows less the mean (CSR ones as they are), and the products of all pairs of the former."""
    if not sparse.issparse(X):
        mean = X.mean(axis=0, dtype=np.float64)
        rows = X - mean  # first, against cancellation
        return mean, rows, rows @ rows.T
    gram = (X @ X.T).toarray().astype(np.float64)
    gram += gram.mean() - gram.mean(axis=0) - gram.mean(axis=1)[:, None]
    return np.asarray(X.mean(axis=0), dtype=np.float64).ravel(), X, gram


def _negligible(X, top):
    """Scatter that is rounding, beside the largest one and beside the size of the entries."""
    largest = abs(X).max() if X.shape[0] else 0.0
    return max(NEGLIGIBLE * top, X.shape[0] * X.shape[1] * (np.finfo(np.float64).eps * float(largest)) ** 2)
