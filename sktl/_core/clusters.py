"""Means of classes and clusters, and weights of adaptive neighbours."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sktl._core.axes import principal_axes
from sktl._core.distances import squared_distances
from sktl._core.kernels import blocks, subsample

STEPS = 3  # of Lloyd's algorithm: more move prototypes by less than the spread of the rows they stand for


def class_sums(X: np.ndarray, codes: np.ndarray, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Sum of the rows of each class, (n_classes, d), and numbers of rows, (n_classes,); codes below 0 are no class."""
    known = codes >= 0
    members = sparse.csr_array(
        (np.ones(known.sum()), (codes[known], np.flatnonzero(known))), shape=(n_classes, len(codes))
    )
    return members @ X, np.bincount(codes[known], minlength=n_classes).astype(float)


def class_means(X: np.ndarray, codes: np.ndarray, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the rows of each class, (n_classes, d), 0 where there is none, and numbers of rows, (n_classes,)."""
    sums, counts = class_sums(X, codes, n_classes)
    return sums / np.maximum(counts, 1)[:, None], counts


def unit_rows(X: np.ndarray) -> np.ndarray:
    """Rows of Euclidean norm 1; rows that are zero stay so."""
    norms = np.linalg.norm(X, axis=1, keepdims=True)
    return np.divide(X, norms, out=np.zeros_like(X), where=norms > 0)


def lloyd(X: np.ndarray, centers: np.ndarray, fixed: np.ndarray | None = None, max_iter: int = 100) -> np.ndarray:
    """K-means from given centres, by Lloyd's algorithm: assign, average, until no row changes its cluster.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Rows.
    centers : ndarray of shape (n_clusters, d)
        First centres.
    fixed : ndarray of shape (n,), default=None
        Clusters of rows that may not move; -1 for those that may.
    max_iter : int
        Assignments at the most.

    Returns
    -------
    centers : ndarray of shape (n_clusters, d)
        Means of the clusters. One without rows keeps its centre.
    """
    moving = slice(None) if fixed is None else fixed < 0
    assigned = np.full(len(X), -1) if fixed is None else fixed.copy()
    for _ in range(max_iter):
        nearest = squared_distances(X[moving], centers).argmin(axis=1)
        if np.array_equal(nearest, assigned[moving]) and (assigned >= 0).all():
            break
        assigned[moving] = nearest
        means, counts = class_means(X, assigned, len(centers))
        centers = np.where(counts[:, None] > 0, means, centers)
    return centers


@dataclass(frozen=True)
class Prototypes:
    """Points that stand for rows: the rows themselves, or means of clusters of them.

    Attributes
    ----------
    points : ndarray of shape (k, d)
        In double precision.
    weights : ndarray of shape (k,)
        Share of the rows that each stands for; their sum is 1.
    codes : ndarray of shape (k,)
        Class of these rows.
    """

    points: np.ndarray
    weights: np.ndarray
    codes: np.ndarray

    def with_shares(self, shares):
        """The same points, weighted so that the classes have the shares ``shares`` (n_classes,)."""
        known = self.codes >= 0
        own = np.bincount(self.codes[known], self.weights[known], minlength=len(shares))
        # a class without points has nothing to weight
        ratio = np.divide(shares, own, out=np.ones(len(shares)), where=own > 0)
        weights = np.where(known, self.weights * ratio[self.codes], self.weights)
        return replace(self, weights=weights / weights.sum())


def prototypes(X, codes, size: int | None, rng) -> Prototypes:
    """At most ``size`` points for the rows (None: all rows): k-means within each class, of a few steps.

    Classes get points in proportion to their rows. What they are does not depend on the order of the rows: those that
    the clusters start from are drawn from a fixed order.
    """
    n = X.shape[0]
    if size is None or n <= size:
        return Prototypes(np.asarray(X, dtype=np.float64), np.full(n, 1 / n), codes)
    found = []
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        k = max(1, int(round(size * len(rows) / n)))  # at least one, or a rare class would vanish
        centers, counts = _few_steps(X[rows], X[rows[subsample(X[rows], k, rng)]])
        found.append((centers, counts / n, np.full(len(centers), code)))
    return Prototypes(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _few_steps(X, centers):
    """Means and sizes of the clusters after ``STEPS`` of Lloyd's steps; empty clusters are left out."""
    centers = np.asarray(centers, dtype=np.float64)
    for _ in range(STEPS):
        nearest = np.concatenate([squared_distances(X[rows], centers).argmin(axis=1) for rows in blocks(len(X))])
        centers, counts = class_means(X, nearest, len(centers))
        centers, counts = centers[counts > 0], counts[counts > 0]
    return centers, counts


def adaptive_weights(distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the k nearest neighbours of each row, from sorted squared distances to k + 1 of them.

    For each row they minimise ``sum_j d_j s_j + delta s_j^2`` over s >= 0, sum s = 1, with the largest delta that
    leaves the (k + 1)-th neighbour without weight: delta = (k d_{k+1} - sum_{j<=k} d_j) / 2 and s_j =
    (d_{k+1} - d_j) / (2 delta); 1 / k each where all are equally near.

    Parameters
    ----------
    distances : ndarray of shape (n, k + 1)
        Rising along each row.

    Returns
    -------
    weights : ndarray of shape (n, k)
        Rows sum to 1.
    delta : ndarray of shape (n,)
        Not negative.
    """
    last = distances[:, -1:]
    gaps = last - distances[:, :-1]
    total = gaps.sum(axis=1, keepdims=True)
    k = gaps.shape[1]
    # relative to the last value: an absolute tolerance would see the units
    near = total > 1e-12 * np.maximum(last, np.finfo(float).tiny)
    weights = np.divide(gaps, total, out=np.full(gaps.shape, 1 / max(k, 1)), where=near)
    return weights, total[:, 0] / 2


def whole_axes(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As :func:`principal_axes`, but equal rows have one axis, of scatter 1."""
    mean, axes, scatter = principal_axes(X)
    return (mean, axes, scatter) if len(scatter) else (mean, np.eye(len(mean), 1), np.ones(1))
