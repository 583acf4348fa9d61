"""Counts, means and scatter of rows, by groups: the sums that estimators of moments are functions of, and that merge.

Every part of a table gives a :class:`Moments`; ``+`` makes those of the whole (Chan, Golub, LeVeque 1979). So rows in
memory, in blocks of a file or on several machines come to the same record, and what is learned from it can't tell.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np
from scipy import sparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from sktl._core.kernels import blocks

BLOCK = 4096  # rows of a block: their products add up in the dtype of the rows, the blocks in double precision
EPS = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Moments:
    """Numbers and means of the rows of each of g groups, and the scatter of all rows.

    Means are kept as differences from ``origin``, a point near the rows: far from 0 (at 1e8, say) a mean itself has
    lost the digits that its difference from another one needs.

    Attributes
    ----------
    counts : ndarray of shape (g,)
        Rows of each group.
    origin : ndarray of shape (d,)
        Where means are seen from.
    offsets : ndarray of shape (g, d)
        Mean of each group minus the origin; 0 where a group has no rows.
    scatter : ndarray of shape (d, d) or (d,)
        Sum over all rows of (x - mean)(x - mean)', or its diagonal alone.
    cubes : ndarray of shape (d,), or None
        Sum over all rows of |x - mean|^2 (x - mean).
    fourth : float or None
        Sum over all rows of |x - mean|^4.
    """

    counts: np.ndarray
    origin: np.ndarray
    offsets: np.ndarray
    scatter: np.ndarray
    cubes: np.ndarray | None = None
    fourth: float | None = None

    @property
    def n(self):
        """Number of rows."""
        return self.counts.sum()

    @property
    def offset(self):
        """Mean of all rows minus the origin, (d,)."""
        return self.counts @ self.offsets / max(self.n, 1)

    @property
    def mean(self):
        """Mean of all rows, (d,)."""
        return self.origin + self.offset

    @property
    def means(self):
        """Mean of each group, (g, d)."""
        return self.origin + self.offsets

    @property
    def covariance(self):
        """Scatter over n - 1; 0 for one row."""
        return self.scatter / max(self.n - 1, 1)

    @property
    def group_sums(self):
        """Sums over the rows of each group of their differences from the mean of all rows, (g, d)."""
        return self.counts[:, None] * (self.offsets - self.offset)

    def __add__(self, other):
        """Moments of the rows of both."""
        shift = other.origin - self.origin  # exact for two points far from 0 and near each other
        theirs = np.where(other.counts[:, None] > 0, other.offsets + shift, 0.0)
        counts = self.counts + other.counts
        share = other.counts / np.maximum(counts, 1)
        offsets = self.offsets + share[:, None] * (theirs - self.offsets)
        gap = other.offset + shift - self.offset  # between the means of all rows
        weight = self.n * other.n / max(self.n + other.n, 1)
        between = gap * gap if self.scatter.ndim == 1 else np.outer(gap, gap)
        scatter = self.scatter + other.scatter + weight * between
        merged = Moments(counts, self.origin, offsets, scatter)
        if self.fourth is None or other.fourth is None:
            return merged
        here, there = gap * (other.n / merged.n), -gap * (self.n / merged.n)  # steps to the common mean
        cubes, fourth = (
            sum(pair)
            for pair in zip(
                norms_about(here, self.n, 0 * gap, self.scatter, self.cubes, self.fourth),
                norms_about(there, other.n, 0 * gap, other.scatter, other.cubes, other.fourth),
                strict=True,
            )
        )
        return replace(merged, cubes=cubes, fourth=fourth)

    def merged_groups(self):
        """All rows as one group."""
        return replace(self, counts=np.array([self.n]), offsets=self.offset[None])


def norms_about(step, n, first, second, cubes, fourth):
    """Sums over n rows u of |u - s|^2 (u - s) and |u - s|^4, for a step s, from those of u, uu', |u|^2 u and |u|^4."""
    along, energy, length = second @ step, np.trace(second), step @ step
    moved = cubes - energy * step - 2 * along + 2 * (first @ step) * step + length * (first - n * step)
    return moved, float(
        fourth - 4 * cubes @ step + 2 * length * energy + 4 * step @ along - 4 * length * first @ step + n * length**2
    )


def moments_of(parts: Iterable, groups=None, n_groups: int = 1, diagonal=False, norms=False) -> Moments:
    """The moments of a table that comes in blocks of rows, in one pass.

    Parameters
    ----------
    parts : iterable of ndarray or CSR matrix of shape (n_block, d)
        Blocks, in order.
    groups : ndarray of shape (n,), default=None
        Group of each row, 0 ... n_groups - 1; all of one by default.
    n_groups : int
        g.
    diagonal : bool
        Whether only the diagonal of the scatter is wanted.
    norms : bool
        Whether ``cubes`` and ``fourth`` are wanted (dense rows).
    """
    return reduce(add, _of_blocks(parts, groups, n_groups, diagonal, norms))


def moments_by_name(X, members: dict, diagonal=False, norms=False) -> dict:
    """The moments of each domain's rows; ``members`` are their positions by name."""
    return {name: moments_of(row_blocks(X, index), None, 1, diagonal, norms) for name, index in members.items()}


def merge(moments: Iterable[Moments]) -> Moments:
    """The moments of the rows of all."""
    return reduce(add, moments)


def row_blocks(X, index=None, size: int = BLOCK) -> Iterator:
    """Rows of ``X`` at the rising positions ``index`` (None: all), in blocks; no copy where they follow on."""
    n = X.shape[0] if index is None else len(index)
    if sparse.issparse(X):  # products of sparse blocks come back dense: few and large ones are cheaper
        size = 16 * size
    for rows in blocks(n, size):
        if index is None:
            yield X[rows]
        else:
            first, last = index[rows.start], index[rows.stop - 1] + 1
            yield X[first:last] if last - first == rows.stop - rows.start else X[index[rows]]


def rows_by_name(names) -> dict:
    """Positions of each distinct name, in a fixed order of the names."""
    return {name: np.flatnonzero(names == name) for name in sorted(set(names.tolist()), key=repr)}


def deviations(moments: Moments) -> np.ndarray:
    """Standard deviation (divisor n) of each column, (d,); 0 where it is rounding."""
    n = moments.n
    variance = (moments.scatter if moments.scatter.ndim == 1 else np.diagonal(moments.scatter)) / n
    rounding = n * EPS * variance + (n * moments.mean * EPS) ** 2  # as scikit-learn's StandardScaler
    return np.sqrt(np.where(variance <= rounding, 0.0, variance))


def _of_blocks(parts, groups, n_groups, diagonal, norms):
    """The moments of each block, dense ones seen from the mean of the first."""
    start, origin, buffer = 0, None, None
    for part in parts:
        stop = start + part.shape[0]
        own = None if groups is None else groups[start:stop]
        if sparse.issparse(part):
            yield _of_sparse(part, own, n_groups, diagonal)
        else:
            if origin is None:  # against cancellation; in the rows' own dtype, so that differences have no rounding
                origin = part.mean(axis=0, dtype=np.float64).astype(part.dtype)
            if buffer is None or buffer.shape < part.shape:
                buffer = np.empty(part.shape, dtype=part.dtype)
            centred = np.subtract(part, origin, out=buffer[: len(part)])
            yield _of_dense(centred, origin, own, n_groups, diagonal, norms)
        start = stop


def _of_dense(centred, origin, groups, n_groups, diagonal, norms):
    """The moments of one block, given less the origin."""
    counts, sums = _group_sums(centred, groups, n_groups)
    n, total = len(centred), sums.sum(axis=0)
    offset = total / n
    squares = np.einsum("ij,ij->j", centred, centred) if diagonal else (centred.T @ centred).astype(np.float64)
    scatter = squares - (offset * total if diagonal else np.outer(offset, total))
    found = Moments(counts, origin.astype(np.float64), sums / np.maximum(counts, 1)[:, None], scatter)
    if not norms:
        return found
    lengths = np.einsum("ij,ij->i", centred, centred)
    cubes, fourth = (lengths @ centred).astype(np.float64), np.sum(lengths.astype(np.float64) ** 2)
    cubes, fourth = norms_about(offset, n, total, squares, cubes, fourth)
    return replace(found, cubes=cubes, fourth=fourth)


def _of_sparse(X, groups, n_groups, diagonal):
    """The moments of one CSR block, seen from 0."""
    counts, sums = _group_sums(X, groups, n_groups)
    total, origin = sums.sum(axis=0), np.zeros(X.shape[1])
    if diagonal:
        scatter = mean_variance_axis(X, axis=0)[1] * X.shape[0]
    else:
        X = X.astype(np.float64)
        scatter = (X.T @ X).toarray() - np.outer(total, total / X.shape[0])
    return Moments(counts, origin, sums / np.maximum(counts, 1)[:, None], scatter)


def _group_sums(rows, groups, n_groups):
    """Numbers of rows of each group, (g,), and their sums, (g, d), in double precision."""
    n = rows.shape[0]
    if groups is None:
        ones = np.ones(n, dtype=rows.dtype)  # the product with ones is BLAS, and several times as fast as a sum
        sums = rows.sum(axis=0, dtype=np.float64) if sparse.issparse(rows) else ones @ rows
        return np.array([float(n)]), np.asarray(sums, dtype=np.float64).reshape(1, -1)
    member = sparse.csr_array((np.ones(n), (groups, np.arange(n))), shape=(n_groups, n))
    sums = member @ rows
    sums = sums.toarray() if sparse.issparse(sums) else sums
    return np.bincount(groups, minlength=n_groups).astype(float), np.asarray(sums, dtype=np.float64)
