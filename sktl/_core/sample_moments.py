"""Distances between the means, covariances and leading subspaces of two samples."""

import numpy as np
from scipy import sparse
from scipy.linalg import subspace_angles

from sktl._core.moments import Moments, moments_of, row_blocks


def centred(X) -> np.ndarray:
    """A dense sample minus its mean, in double precision."""
    X = np.asarray(X, dtype=np.float64)
    return X - X.mean(axis=0)


def sums(X) -> Moments:
    """Moments of a sample in double precision, in one pass over blocks of rows."""
    return moments_of(part.astype(np.float64, copy=False) for part in row_blocks(X))


def cross_gram(X, Y) -> np.ndarray:
    """Products (x - mean of X)'(y - mean of Y) of all rows, over sqrt((n - 1)(m - 1)): shape (n, m)."""
    if sparse.issparse(X):
        products = (X.astype(np.float64) @ Y.astype(np.float64).T).toarray()
        products -= products.mean(axis=0)
        products -= products.mean(axis=1, keepdims=True)
    else:
        products = centred(X) @ centred(Y).T
    return products / np.sqrt((X.shape[0] - 1.0) * (Y.shape[0] - 1.0))


def is_wide(X, Y) -> bool:
    """Whether products between rows are the smaller matrices: more columns than either sample has rows."""
    return X.shape[1] > max(X.shape[0], Y.shape[0])


def squared_mean_gap(X, Y) -> float:
    """Squared distance of the two means."""
    if sparse.issparse(X):
        gap = np.asarray(X.mean(axis=0)).ravel() - np.asarray(Y.mean(axis=0)).ravel()
    else:
        offset = np.asarray(X[0], dtype=np.float64)  # sums of rows far from 0 would lose their digits
        gap = np.mean(X - offset, axis=0) - np.mean(Y - offset, axis=0)
    return float(gap @ gap)


def frechet_squared(X, Y) -> float:
    """|m_x - m_y|^2 + tr(C_x + C_y - 2 (C_x^1/2 C_y C_x^1/2)^1/2), the W_2^2 of two Gaussians."""
    if not is_wide(X, Y):
        return frechet_of(sums(X), sums(Y))
    traces = [np.trace(cross_gram(Z, Z)) for Z in (X, Y)]
    return _frechet(squared_mean_gap(X, Y), traces, cross_gram(X, Y))


def frechet_of(x: Moments, y: Moments) -> float:
    """:func:`frechet_squared` of two samples, from their moments."""
    gap = y.offset + (y.origin - x.origin) - x.offset  # the origins first: they may lie far from 0
    left, right = (_root(Z.covariance) for Z in (x, y))
    return _frechet(gap @ gap, [np.trace(Z.covariance) for Z in (x, y)], left @ right.T)


def _frechet(gap, traces, product):
    """From the squared gap of the means, the traces of C, and the product R_x R_y' of any factors C = R'R.

    The trace of the root is the sum of the product's singular values: the rows themselves are factors where there are
    more columns than rows.
    """
    fidelity = np.linalg.svd(product, compute_uv=False).sum()
    return float(gap) + max(float(sum(traces) - 2 * fidelity), 0.0)


def _root(C):
    """R with R'R = C, for a positive semi-definite C."""
    values, vectors = np.linalg.eigh(C)
    return np.sqrt(np.maximum(values, 0))[:, None] * vectors.T


def covariance_gap(X, Y) -> float:
    """Squared Frobenius norm of the difference of the covariances."""
    if is_wide(X, Y):  # tr C_x C_y is the squared norm of the products between rows
        grams = [np.sum(cross_gram(*pair) ** 2) for pair in ((X, X), (Y, Y), (X, Y))]
        return max(float(grams[0] + grams[1] - 2 * grams[2]), 0.0)
    return float(np.sum((sums(X).covariance - sums(Y).covariance) ** 2))


def angles_between(A, B) -> np.ndarray:
    """Principal angles of the spans of two orthonormal bases, rising, in radians."""
    return subspace_angles(A, B)[::-1]
