"""Rows in a basis of their span: with fewer rows than columns, what a ridge learns is a sum of rows."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import eigh, qr

MOST_SPARSE_ROWS = 5000  # of a wide sparse table: beyond it the products between rows would not fit


@dataclass(frozen=True)
class Coordinates:
    """Rows in an orthonormal basis of their span, with at most as many columns as rows and the same inner products.

    Attributes
    ----------
    rows : ndarray or CSR matrix of shape (n, r)
        The coordinates.
    basis : ndarray of shape (d, r), or None
        The basis; None where it is the identity, or where ``combine`` says it.
    combine : ndarray of shape (n, r), or None
        The basis is X' combine, for the sparse rows X.
    original : CSR matrix of shape (n, d), or None
        X.
    """

    rows: np.ndarray
    basis: np.ndarray | None = None
    combine: np.ndarray | None = None
    original: object = None

    def back(self, coef):
        """Coefficients (..., r) in these coordinates as coefficients (..., d) of the columns."""
        if self.basis is not None:
            return coef @ self.basis.T
        return coef if self.combine is None else (self.original.T @ (self.combine @ coef.T)).T

    def project(self, coef):
        """Coefficients (..., d) of the columns in these coordinates, (..., r): what the rows can tell of them."""
        if self.basis is not None:
            return coef @ self.basis
        return coef if self.combine is None else (self.original @ coef.T).T @ self.combine


def coordinates(X) -> Coordinates:
    """The rows as :class:`Coordinates`; they stay as they are where there are at most as many columns as rows."""
    n, d = X.shape
    if d <= n or (sparse.issparse(X) and n > MOST_SPARSE_ROWS):
        return Coordinates(X)
    if not sparse.issparse(X):
        basis, triangle = qr(X.T, mode="economic", check_finite=False)
        return Coordinates(triangle.T.copy(), basis)
    values, vectors = eigh((X @ X.T).toarray())
    # below it eigenvalues of X X' are rounding, and 1 / root would be large
    kept = values > max(values[-1], 0.0) * n * np.finfo(float).eps
    root = np.sqrt(values[kept])
    return Coordinates(vectors[:, kept] * root, combine=vectors[:, kept] / root, original=X)
