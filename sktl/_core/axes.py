"""Principal axes of a sample."""

import numpy as np
from scipy import sparse
from scipy.linalg import eigh

from sktl._core.linalg import NEGLIGIBLE
from sktl._core.moments import Moments, merge, moments_by_name, moments_of, row_blocks

WHOLE = 256  # size of a matrix up to which all its eigenvectors are found


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
    return axes_of(moments_of(row_blocks(X)), n_components) if d <= n else _axes_of_few(X, n_components)


def axes_of(sums: Moments, n_components=None):
    """:func:`principal_axes` of the rows that the moments are sums of."""
    largest = np.max(np.abs(sums.mean) + np.sqrt(np.abs(np.diagonal(sums.scatter))))  # no entry is larger
    values, vectors = _leading(sums.scatter, n_components, sums.n, largest)
    return sums.mean, _signed(vectors), values


def axes_by_name(X, members: dict, n_components=None):
    """:func:`principal_axes` of each domain, by name, and a function that finds those of several domains at once.

    The function takes names and a number of axes. Where the domains have as many rows as columns, all comes from one
    pass over the rows.
    """
    sums = moments_by_name(X, {name: index for name, index in members.items() if len(index) >= X.shape[1]})

    def axes(names, size=n_components):
        if all(name in sums for name in names):
            return axes_of(merge(sums[name] for name in names), size)
        return principal_axes(X[np.sort(np.concatenate([members[name] for name in names]))], size)

    return {name: axes([name]) for name in members}, axes


def _axes_of_few(X, n_components):
    """:func:`principal_axes` of fewer rows than columns, from the products of all pairs of rows."""
    mean, rows, products = _centred(X)
    values, vectors = _leading(products, n_components, X.shape[0], abs(X).max())
    # the products' vectors as combinations of rows lose orthogonality as values fall; QR gives it back
    axes, _ = np.linalg.qr(np.asarray(rows.T @ (vectors - vectors.mean(axis=0)), dtype=np.float64))
    return mean, _signed(axes), values


def _leading(matrix, n_components, n, largest):
    """Leading eigenvalues, falling, and vectors of a scatter; those that are rounding are left out.

    Rounding is small beside the largest eigenvalue, or beside what ``n`` entries of size ``largest`` lose.
    """
    p = len(matrix)
    size = p if n_components is None else min(n_components, p)
    some = [p - size, p - 1] if p > WHOLE else None  # all vectors of a small matrix cost less than some of them
    values, vectors = eigh((matrix + matrix.T) / 2, subset_by_index=some, driver="evr" if some else "evd")
    values, vectors = values[-size:], vectors[:, -size:]
    rounding = max(NEGLIGIBLE * values[-1], n * p * (np.finfo(np.float64).eps * float(largest)) ** 2)
    kept = np.flatnonzero(values > rounding)[::-1]
    return values[kept], vectors[:, kept]


def _signed(axes):
    """Columns whose entry of the largest size is positive."""
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    return axes * np.where(largest < 0, -1.0, 1.0)


def _centred(X):
    """Mean of the rows, the rows less the mean (CSR ones as they are), and the products of all pairs of the former."""
    if not sparse.issparse(X):
        mean = X.mean(axis=0, dtype=np.float64)
        rows = X - mean  # first, against cancellation
        return mean, rows, rows @ rows.T
    gram = (X @ X.T).toarray().astype(np.float64)
    gram += gram.mean() - gram.mean(axis=0) - gram.mean(axis=1)[:, None]
    return np.asarray(X.mean(axis=0), dtype=np.float64).ravel(), X, gram
