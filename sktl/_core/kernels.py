"""Kernels and their sums, computed in blocks so that memory never grows with n_source x n_target."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from inspect import signature

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from scipy.spatial.distance import pdist
from sklearn.metrics.pairwise import (
    PAIRWISE_KERNEL_FUNCTIONS,
    euclidean_distances,
    pairwise_distances,
    pairwise_kernels,
)
from sklearn.utils import check_random_state

from sktl._core.distances import squared_distance_factors

BLOCK = 1024  # rows of a block of the kernel matrix: 8 MB a block
UNIT_DIAGONAL = ("rbf", "laplacian")
AUTO_WIDTH = 0.3  # gamma="auto" in units of 1 / squared median distance; benchmarks/kmm.py has the evidence
PDIST_NAMES = {"euclidean": "euclidean", "manhattan": "cityblock"}
MEDIAN_ROWS = 1000  # rows that the median heuristic looks at
MAX_EXACT = 5000  # rows up to which n_landmarks="auto" takes all of them: 200 MB a kernel matrix
AUTO_LANDMARKS = 1000  # beyond: n_landmarks^2 numbers a matrix, and a pass over the rows of 1,000 kernel values each
SAFE_EXPONENT = 1e6  # gamma |x|^2 up to which rounding alone leaves exp(-gamma |x - y|^2) below 1 + 1e-8


def stack_samples(X, Y):
    """The rows of two samples in one table, dense or CSR."""
    return sparse.vstack([X, Y], format="csr") if sparse.issparse(X) else np.concatenate([X, Y])


def canonical_order(X) -> np.ndarray:
    """Sort the rows along one fixed direction: an order that depends on their values alone, not on how they came.

    Columns count in units of their standard deviation, so that neither units nor offsets change the order.
    """
    if X.shape[0] < 2:
        return np.arange(X.shape[0])  # no rows have no deviation
    if sparse.issparse(X):
        mean = np.asarray(X.mean(axis=0)).ravel()
        scale = np.sqrt(np.maximum(np.asarray(X.multiply(X).mean(axis=0)).ravel() - mean**2, 0))
    else:
        scale = X.std(axis=0, dtype=np.float64)
    direction = np.random.default_rng(0).uniform(0.5, 1.5, size=X.shape[1]) / np.where(scale > 0, scale, 1)
    return np.argsort(np.asarray(X @ direction).ravel(), kind="stable")


def subsample(X, size: int, rng) -> np.ndarray:
    """Indices of ``size`` rows drawn without replacement; which rows does not depend on their order."""
    return canonical_order(X)[rng.choice(X.shape[0], size=min(size, X.shape[0]), replace=False)]


def choose_landmarks(X, n_landmarks, random_state) -> np.ndarray | None:
    """Numbers of the rows that a function is expanded in; None where it is all of them.

    ``n_landmarks`` is a number, None (all), or "auto": all of up to ``MAX_EXACT``, and ``AUTO_LANDMARKS`` beyond.
    """
    n = X.shape[0]
    if n_landmarks == "auto":
        n_landmarks = n if n <= MAX_EXACT else AUTO_LANDMARKS
    if n_landmarks is None or n_landmarks >= n:
        return None
    return subsample(X, n_landmarks, check_random_state(random_state))


def median_distance(X, metric: str) -> float:
    """Median distance between two different rows, on a seeded subsample of at most ``MEDIAN_ROWS``."""
    rows = X[subsample(X, MEDIAN_ROWS, np.random.default_rng(0))]
    if sparse.issparse(rows):
        distances = pairwise_distances(rows, metric=metric)[np.triu_indices(rows.shape[0], 1)]
    else:  # each pair once, by differences: half the time, and no digit lost far from 0
        distances = pdist(np.asarray(rows, dtype=np.float64), PDIST_NAMES[metric])
    distances = distances[distances > 0]
    return float(np.median(distances)) if len(distances) else 1.0


def scale_gamma(X) -> float:
    """scikit-learn's rule "scale": 1 / (n_features * variance of all entries)."""
    mean = X.mean()
    variance = X.multiply(X).mean() - mean**2 if sparse.issparse(X) else X.var(dtype=np.float64)
    return float(1 / (X.shape[1] * variance)) if variance > 0 else 1.0


def choose_gamma(metric, gamma, X) -> float:
    """``gamma`` as given, or by rule from the rows ``X`` of both samples.

    "median": 1 / (2 m^2) with the median distance m for "rbf", 1 / m with the median L1 distance for "laplacian";
    "auto": ``AUTO_WIDTH`` times 1 / m^2 or 1 / m; "scale", and both rules for the other kernels: :func:`scale_gamma`.
    """
    if not isinstance(gamma, str):
        return float(gamma)
    if gamma == "scale" or metric not in UNIT_DIAGONAL:
        return scale_gamma(X)
    if metric == "laplacian":
        return (AUTO_WIDTH if gamma == "auto" else 1.0) / median_distance(X, "manhattan")
    return (AUTO_WIDTH if gamma == "auto" else 0.5) / median_distance(X, "euclidean") ** 2


@dataclass(frozen=True)
class Kernel:
    """A kernel on rows: one of scikit-learn's pairwise kernels by name, or a callable ``k(X, Y) -> matrix``.

    Attributes
    ----------
    metric : str or callable
        Name in ``sklearn.metrics.pairwise.PAIRWISE_KERNEL_FUNCTIONS``, or a function of two samples that returns the
        matrix of kernel values; or "distance", the Euclidean distance (no kernel, but summed like one: minus it is).
    params : dict
        Parameters of the named kernel.
    """

    metric: str | Callable
    params: dict = field(default_factory=dict)

    def __call__(self, X, Y) -> np.ndarray:
        """Kernel values of all pairs, shape (n_X, n_Y), in double precision."""
        X, Y = _double(X), _double(Y)
        if callable(self.metric):
            return np.asarray(self.metric(X, Y), dtype=np.float64)
        if self.metric in ("rbf", "distance") and not sparse.issparse(X) and not sparse.issparse(Y):
            centre = Y.mean(axis=0)  # distances of rows far from 0 would lose their digits
            X, Y = X - centre, Y - centre
        if self.metric == "distance":
            return euclidean_distances(X, Y)
        return pairwise_kernels(X, Y, metric=self.metric, **self.params)

    def diagonal(self, X) -> np.ndarray:
        """k(x, x) of each row."""
        n = X.shape[0]
        if self.metric in (*UNIT_DIAGONAL, "distance"):
            return np.full(n, 0.0 if self.metric == "distance" else 1.0)
        return self.paired(X, X)

    def paired(self, X, Y) -> np.ndarray:
        """k(x_i, y_i) of two samples of as many rows."""
        if self.metric == "rbf":
            return np.exp(-self.params["gamma"] * _paired_squares(X, Y))
        return np.concatenate([np.diagonal(self(X[rows], Y[rows])) for rows in blocks(X.shape[0], 64)])

    def row_sums(self, X, Y=None, n_jobs=None) -> np.ndarray:
        """Sum of k(x, y) over the rows y of ``Y``, for each row x of ``X``; ``Y=None`` is ``X`` at half the work."""
        block = self._block_function(X, X if Y is None else Y)
        starts = range(0, X.shape[0], BLOCK)
        strip = _symmetric_strip if Y is None else _strip
        n_columns = X.shape[0] if Y is None else Y.shape[0]
        parts = Parallel(n_jobs=n_jobs, require="sharedmem", return_as="generator")(
            delayed(strip)(block, start, X.shape[0], n_columns) for start in starts
        )
        total = np.zeros(X.shape[0])
        for start, part in zip(starts, parts, strict=True):
            total[start : start + len(part)] += part
        return total

    def _block_function(self, X, Y):
        """A function of two slices that gives that block of the kernel matrix."""
        if not sparse.issparse(X) and not sparse.issparse(Y):
            if self.metric == "rbf":
                return _rbf_block_function(X, Y, self.params["gamma"])
            if self.metric == "distance":
                return _distance_block_function(X, Y)
        return lambda rows, columns: self(X[rows], Y[columns])


def make_kernel(metric, gamma, X, degree=3, coef0=1) -> Kernel:
    """A :class:`Kernel` with the parameters that ``metric`` takes; ``gamma`` may be a rule."""
    if callable(metric):
        return Kernel(metric)
    takes = signature(PAIRWISE_KERNEL_FUNCTIONS[metric]).parameters
    params = {"degree": degree, "coef0": coef0}
    if "gamma" in takes:
        params["gamma"] = choose_gamma(metric, gamma, X)
    return Kernel(metric, {name: value for name, value in params.items() if name in takes})


def blocks(n: int, size: int = BLOCK) -> Iterator[slice]:
    """Slices that cover ``range(n)``."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _double(X):
    """``X`` in double precision; nothing is copied where it is so already."""
    return X.astype(np.float64) if sparse.issparse(X) else np.asarray(X, dtype=np.float64)


def _rbf_block_function(X, Y, gamma):
    """Blocks of exp(-gamma |x - y|^2) by one matrix product and one pass each.

    The exponent 2 gamma x'y - gamma |x|^2 - gamma |y|^2 is the product of the rows [x, |x|^2, 1] and
    [2 gamma y, -gamma, -gamma |y|^2]; centring first keeps it free of cancellation when the data stand far from 0.
    """
    left, right = squared_distance_factors(X, Y, -gamma)
    far = gamma * max(left[:, -2].max(), right[:, -1].min() / -gamma) > SAFE_EXPONENT

    def block(rows, columns):
        exponent = left[rows] @ right[columns].T
        if far:  # elsewhere rounding can't lift the exponent above 0 by more than some 1e-8
            np.minimum(exponent, 0, out=exponent)
        return np.exp(exponent, out=exponent)

    return block


def _distance_block_function(X, Y):
    """Blocks of |x - y|, as :func:`_rbf_block_function` does them."""
    same = X is Y
    left, right = squared_distance_factors(X, Y, 1.0)

    def block(rows, columns):
        distances = left[rows] @ right[columns].T
        np.maximum(distances, 0, out=distances)
        if same and rows == columns:
            np.fill_diagonal(distances, 0)  # the root of a rounding error is some 1e-8
        return np.sqrt(distances, out=distances)

    return block


def _paired_squares(X, Y):
    """|x_i - y_i|^2 of two samples of as many rows, in double precision."""
    difference = _double(X) - _double(Y)
    if sparse.issparse(difference):
        return np.asarray(difference.multiply(difference).sum(axis=1)).ravel()
    return np.einsum("ij,ij->i", difference, difference)


def _strip(block, start, n_rows, n_columns):
    """Row sums of the rows ``start`` ... of one strip of blocks."""
    rows = slice(start, min(start + BLOCK, n_rows))
    return sum(block(rows, columns).sum(axis=1) for columns in blocks(n_columns))


def _symmetric_strip(block, start, n_rows, n_columns):
    """What the blocks right of the diagonal, from row ``start``, add to the row sums of the rows from ``start`` on."""
    total = np.zeros(n_rows - start)
    rows = slice(start, min(start + BLOCK, n_rows))
    size = rows.stop - start
    total[:size] = block(rows, rows).sum(axis=1)
    for later in range(rows.stop, n_columns, BLOCK):
        columns = slice(later, min(later + BLOCK, n_columns))
        values = block(rows, columns)
        total[:size] += values.sum(axis=1)
        total[columns.start - start : columns.stop - start] += values.sum(axis=0)
    return total
