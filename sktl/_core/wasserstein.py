"""Optimal transport between samples of one column, where sorting solves it."""

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse

ENTRIES = 2**21  # values of both samples that are sorted at once: 16 MB


def wasserstein_columns(X, Y, p: float, n_jobs=None) -> np.ndarray:
    """W_p between the columns of two samples (dense or CSR), one value a column."""
    if sparse.issparse(X):
        X, Y = X.tocsc(), Y.tocsc()
    parts = Parallel(n_jobs=n_jobs, require="sharedmem")(
        delayed(_sorted_distance)(X[:, columns], Y[:, columns], p) for columns in _batches(X, Y, X.shape[1])
    )
    return np.concatenate(parts)


def wasserstein_projections(X, Y, directions, p: float, n_jobs=None) -> np.ndarray:
    """W_p between the projections on the columns of ``directions``, one value a direction."""
    offset = np.zeros(X.shape[1])
    if not sparse.issparse(X):
        offset = np.mean(X, axis=0, dtype=np.float64)  # projections of rows far from 0 would lose their digits

    def project(Z, columns):
        return np.asarray(Z @ directions[:, columns] if sparse.issparse(Z) else (Z - offset) @ directions[:, columns])

    parts = Parallel(n_jobs=n_jobs, require="sharedmem")(
        delayed(lambda columns: _sorted_distance(project(X, columns), project(Y, columns), p))(columns)
        for columns in _batches(X, Y, directions.shape[1])
    )
    return np.concatenate(parts)


def random_directions(n_columns: int, n_projections: int, rng) -> np.ndarray:
    """Unit vectors, uniform on the sphere, shape (n_columns, n_projections)."""
    directions = rng.normal(size=(n_columns, n_projections))
    return directions / np.linalg.norm(directions, axis=0)


def _batches(X, Y, n_columns):
    """Slices of columns whose values in both samples are ``ENTRIES`` at the most, or one column."""
    size = max(1, ENTRIES // (X.shape[0] + Y.shape[0]))
    return [slice(start, min(start + size, n_columns)) for start in range(0, n_columns, size)]


def _sorted_distance(X, Y, p):
    """p-th root of the mean |quantile of X - quantile of Y|^p over all levels, a column."""
    X, Y = (np.sort(Z.toarray().T if sparse.issparse(Z) else np.ascontiguousarray(Z.T), axis=1) for Z in (X, Y))
    n, m = X.shape[1], Y.shape[1]
    if n == m:
        gaps, shares = np.subtract(X, Y, dtype=np.float64), np.full(n, 1 / n)
    else:  # the levels i / n and j / m at which a quantile function steps, in units of 1 / (n m)
        steps = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
        gaps = np.subtract(X[:, (steps - 1) // m], Y[:, (steps - 1) // n], dtype=np.float64)
        shares = np.diff(steps, prepend=0) / (n * m)
    return power_mean(np.abs(gaps, out=gaps), p, shares)


def power_mean(values, p: float, shares) -> np.ndarray:
    """(sum of shares * values^p)^(1 / p) over the last axis, for values >= 0 of any size and any p."""
    if p == 1:
        return values @ shares
    top = values.max(axis=-1, keepdims=True)  # powers of what is at most 1 can't overflow, and the largest is 1
    relative = np.divide(values, top, out=np.zeros_like(values), where=top > 0)
    return top[..., 0] * ((relative**p) @ shares) ** (1 / p)
