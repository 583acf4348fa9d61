"""Squared Euclidean distances between rows, in double precision and free of cancellation far from 0."""

import numpy as np
from scipy import sparse
from sklearn.metrics.pairwise import euclidean_distances

MIDDLE_ROWS = 128  # rows that the point to measure from is the middle of


def middle(X) -> np.ndarray:
    """A point near most rows of a dense table, to measure from: distances of rows far from 0 would lose their digits.

    The median of some hundred rows: one far row would take the mean away from all others.
    """
    return np.median(X[:: max(1, len(X) // MIDDLE_ROWS)], axis=0).astype(np.float64)


def squared_distance_factors(X, Y, factor=1.0):
    """Tables whose product, left @ right.T, is ``factor`` |x - y|^2; both samples are moved to near 0 first."""
    centre = middle(X)
    X, Y = (np.asarray(Z, dtype=np.float64) - centre for Z in (X, Y))
    left = np.column_stack([X, np.einsum("ij,ij->i", X, X), np.ones(len(X))])
    right = np.column_stack([-2 * factor * Y, np.full(len(Y), factor), factor * np.einsum("ij,ij->i", Y, Y)])
    return left, right


def squared_distances(X, Y) -> np.ndarray:
    """|x - y|^2 of all pairs of rows, dense or CSR, shape (n_X, n_Y), never below 0."""
    if sparse.issparse(X):
        return euclidean_distances(X.astype(np.float64), Y.astype(np.float64), squared=True)
    left, right = squared_distance_factors(Y, X)  # one matrix product; measured from the middle of the centres Y,
    distances = right @ left.T  # which are few, and the same in every block
    return np.maximum(distances, 0, out=distances)
