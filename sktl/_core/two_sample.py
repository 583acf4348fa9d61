"""Tests of two samples: the statistic of every relabelling at once, and what its ranks say.

A discrepancy of two samples that averages a function k of pairs is a quadratic form v'Kv of the labels v. One pass over
tiles of K serves all relabellings, the columns of one matrix, and all widths of the kernel; K itself is never kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from scipy import linalg, sparse
from scipy.stats import rankdata
from sklearn.metrics.pairwise import manhattan_distances

from sktl._core.distances import squared_distance_factors, squared_distances
from sktl._core.kernels import MEDIAN_ROWS, blocks, subsample

TILE = 1024  # rows and columns of a tile of the kernel matrix
DOUBLE_ROWS = 2048  # up to so many rows sums are in double precision, beyond it tiles and products are in single
N_WIDTHS = 10  # widths of the default grid
SELECT_ROWS = 1000  # rows per sample that the choice of one width looks at
SHRINKAGE = 0.1  # of the discriminant, in units of the variance of a standardised column
LABEL_BLOCK = 256  # relabellings whose scores are held at once
DIGITS = 9  # statistics that agree to so many digits are ties

Tiles = Callable[[slice, slice], Iterator[np.ndarray]]  # (rows, columns) -> one matrix of kernel values a kernel


# --- kernels, tile by tile: one distance, then all widths ---


def _distances(X, metric: str) -> Callable[[slice, slice], np.ndarray]:
    """A function of two slices of rows: "sqeuclidean" or "manhattan" distances in double precision."""
    if metric == "manhattan":
        return lambda rows, columns: manhattan_distances(X[rows], X[columns])
    if sparse.issparse(X):
        return lambda rows, columns: squared_distances(X[rows], X[columns])
    left, right = squared_distance_factors(X, X)

    def squared(rows, columns):
        distance = left[rows] @ right[columns].T
        return np.maximum(distance, 0, out=distance)

    return squared


def width_tiles(X, metric: str, gammas, dtype) -> Tiles:
    """Tiles of the kernels "rbf" or "laplacian" of the rows of ``X``, one a width."""
    distances = _distances(X, "sqeuclidean" if metric == "rbf" else "manhattan")

    def tiles(rows, columns):
        distance = distances(rows, columns).astype(dtype, copy=False)
        for gamma in gammas:
            values = distance * dtype(-gamma)
            yield np.exp(values, out=values)

    return tiles


def energy_tiles(X, dtype) -> Tiles:
    """Tiles of -|x - y|, the kernel whose discrepancy is the energy distance."""
    distances = _distances(X, "sqeuclidean")

    def tiles(rows, columns):
        values = np.sqrt(distances(rows, columns))
        if rows.start == columns.start and rows.stop == columns.stop:
            np.fill_diagonal(values, 0)  # the root enlarges a rounding error of 1e-16 to 1e-8
        yield (-values).astype(dtype, copy=False)

    return tiles


def kernel_tiles(X, kernel, dtype) -> Tiles:
    """Tiles of one :class:`~sktl._core.kernels.Kernel`."""

    def tiles(rows, columns):
        yield kernel(X[rows], X[columns]).astype(dtype)  # a copy: the sums write to it

    return tiles


def width_grid(X, metric: str, n_widths: int = N_WIDTHS) -> np.ndarray:
    """Values of gamma from wide to narrow: widths from half the 5 % to twice the 95 % quantile of the distances.

    The grid of Schrab et al. (2023, section 5.2): geometric, and a function of the pooled rows alone.
    """
    rows = X[subsample(X, MEDIAN_ROWS, np.random.default_rng(0))]
    distance = _distances(rows, "sqeuclidean" if metric == "rbf" else "manhattan")(slice(None), slice(None))
    distance = distance[np.triu_indices(rows.shape[0], 1)]
    if not distance.any():
        return np.ones(1)
    usual = np.quantile(distance, 0.95) or distance.max()  # not the largest: one far row would make all others equal
    distance = distance[distance > 1e-14 * usual]
    distance = np.sqrt(distance) if metric == "rbf" else distance
    low, high = np.quantile(distance, [0.05, 0.95], method="lower")
    return np.geomspace(2 * high, low / 2, n_widths) ** (-2.0 if metric == "rbf" else -1.0)


# --- the statistic of all relabellings ---


@dataclass(frozen=True)
class PairSums:
    """Sums of a kernel over pairs of different rows, for each kernel and each relabelling.

    Attributes
    ----------
    source, target, between : ndarray of shape (n_kernels, n_relabellings)
        Over ordered pairs within the source, within the target, and over pairs of a source and a target row.
    source_diagonal, target_diagonal : ndarray of shape (n_kernels, n_relabellings)
        Sums of k(x, x).
    n_source, n_target : int
    """

    source: np.ndarray
    target: np.ndarray
    between: np.ndarray
    source_diagonal: np.ndarray
    target_diagonal: np.ndarray
    n_source: int
    n_target: int

    def discrepancy(self, unbiased: bool) -> np.ndarray:
        """Mean within the source + mean within the target - 2 mean between, shape (n_kernels, n_relabellings)."""
        m, n = self.n_source, self.n_target
        between = 2 * self.between / (m * n)
        if unbiased:
            return self.source / (m * (m - 1)) + self.target / (n * (n - 1)) - between
        return (self.source + self.source_diagonal) / m**2 + (self.target + self.target_diagonal) / n**2 - between


def working_dtype(n: int):
    """Precision of the tiles for ``n`` rows in all."""
    return np.float64 if n <= DOUBLE_ROWS else np.float32


def relabellings(is_target, n_permutations: int, rng) -> np.ndarray:
    """The labels and ``n_permutations`` random permutations of them: shape (n, 1 + n_permutations), int8."""
    row = np.asarray(is_target).astype(np.int8)
    shuffled = rng.permuted(np.tile(row, (n_permutations, 1)), axis=1)
    return np.ascontiguousarray(np.concatenate([row[None], shuffled]).T)


def pair_sums(tiles: Tiles, n_kernels: int, labels: np.ndarray, n_jobs=None) -> PairSums:
    """Sums over pairs for all kernels and all columns of ``labels`` (n, n_relabellings; 1 = target), in one pass.

    Only tiles on and above the diagonal are computed. A constant is taken from each kernel before the products and put
    back after, so that single precision does not cancel: the average value carries no information.
    """
    n = labels.shape[0]
    ends = slice(0, min(n, 256)), slice(max(0, n - 256), n)
    shifts = [float(values.mean()) for values in tiles(*ends)]
    strips = Parallel(n_jobs=n_jobs, require="sharedmem", return_as="generator")(
        delayed(_strip_sums)(tiles, shifts, rows, labels) for rows in blocks(n, TILE)
    )
    form = np.zeros((n_kernels, labels.shape[1]))
    sums, diagonal = np.zeros((n_kernels, n)), np.zeros((n_kernels, n))
    for part, row_sums, own in strips:
        form += part
        start = n - row_sums.shape[1]
        sums[:, start:] += row_sums
        diagonal[:, start : start + own.shape[1]] = own
    return _assemble(form, sums, diagonal, np.array(shifts)[:, None], labels)


def _strip_sums(tiles, shifts, rows, labels):
    """What the tiles of one strip of rows, from the diagonal on, add to v'Kv, the row sums and the diagonal."""
    n, size = labels.shape[0], rows.stop - rows.start
    form = np.zeros((len(shifts), labels.shape[1]))
    sums, diagonal = np.zeros((len(shifts), n - rows.start)), np.zeros((len(shifts), size))
    left = None
    for columns in (slice(s, min(s + TILE, n)) for s in range(rows.start, n, TILE)):
        right = None
        for k, values in enumerate(tiles(rows, columns)):
            if right is None:
                right = labels[columns].astype(values.dtype)
                left = right if left is None else left
            if columns.start == rows.start:
                diagonal[k] = np.diagonal(values)
            values -= values.dtype.type(shifts[k])
            if columns.start == rows.start:
                np.fill_diagonal(values, 0)
                form[k] += np.einsum("ij,ij->j", left, values @ right)
                sums[k, :size] += values.sum(axis=1, dtype=np.float64)
            else:
                form[k] += 2 * np.einsum("ij,ij->j", left, values @ right)
                sums[k, :size] += values.sum(axis=1, dtype=np.float64)
                part = slice(columns.start - rows.start, columns.stop - rows.start)
                sums[k, part] += values.sum(axis=0, dtype=np.float64)
    return form, sums, diagonal


def _assemble(form, sums, diagonal, shift, labels):
    """The pair sums from v'Kv and K1, with the constants put back."""
    n_target = int(labels[:, 0].sum(dtype=np.int64))
    n_source = len(labels) - n_target
    crossing, target_diagonal = (np.stack([_products(row, labels) for row in rows]) for rows in (sums, diagonal))
    total = sums.sum(axis=1, keepdims=True)
    return PairSums(
        source=total - 2 * crossing + form + shift * (n_source * (n_source - 1)),
        target=form + shift * (n_target * (n_target - 1)),
        between=crossing - form + shift * (n_source * n_target),
        source_diagonal=diagonal.sum(axis=1, keepdims=True) - target_diagonal,
        target_diagonal=target_diagonal,
        n_source=n_source,
        n_target=n_target,
    )


def _products(vector, labels):
    """``vector @ labels`` in double precision, without a double copy of the labels."""
    return sum(vector[rows] @ labels[rows].astype(np.float64) for rows in blocks(len(labels), TILE))


def swapped_pair_means(
    tiles: Tiles, n_kernels: int, n_pairs: int, block_size: int, n_swaps: int, rng, n_jobs=None
) -> np.ndarray:
    """Block estimates of the discrepancy under random swaps within pairs: shape (n_kernels, 1 + n_swaps).

    Rows i and n_pairs + i are a pair (x_i, y_i); the estimate is the mean over blocks of pairs of h_ij = k(x_i, x_j) +
    k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i), i != j. To swap x_i and y_i turns the sign of h_ij for all j, which is the
    wild bootstrap sum of e_i e_j h_ij with e_i = +-1. The first column has no swap.
    """
    sizes = [x.stop - x.start for x in blocks(n_pairs, block_size)]
    parts = Parallel(n_jobs=n_jobs, require="sharedmem", return_as="generator")(  # signs are drawn here, in order
        delayed(_swapped_sums)(tiles, n_kernels, n_pairs, x, _random_signs(size, n_swaps, rng))
        for x, size in zip(blocks(n_pairs, block_size), sizes, strict=True)
    )
    return sum(parts) / sum(size * (size - 1) for size in sizes)


def _swapped_sums(tiles, n_kernels, n_pairs, x, signs):
    """Sums of e_i e_j h_ij over one block of pairs: shape (n_kernels, 1 + n_swaps)."""
    y = slice(x.start + n_pairs, x.stop + n_pairs)
    total = np.empty((n_kernels, signs.shape[1]))
    for k, (xx, yy, xy) in enumerate(zip(tiles(x, x), tiles(y, y), tiles(x, y), strict=True)):
        h = xx + yy - xy - xy.T
        np.fill_diagonal(h, 0)
        total[k] = np.einsum("ij,ij->j", signs, h @ signs.astype(h.dtype))
    return total


def _random_signs(n, n_swaps, rng):
    """A column of ones and ``n_swaps`` columns of random signs."""
    bits = np.unpackbits(np.frombuffer(rng.bytes(-(-n * n_swaps // 8)), dtype=np.uint8), count=n * n_swaps)
    return np.column_stack([np.ones(n, dtype=np.int8), 1 - 2 * bits.reshape(n, n_swaps).astype(np.int8)])


# --- what the ranks say ---


def rank_pvalues(statistics: np.ndarray) -> np.ndarray:
    """Share of relabellings whose statistic is at least as large, for each relabelling; shape as ``statistics``."""
    scale = np.abs(statistics).max(axis=1, keepdims=True)
    rounded = np.round(statistics / np.where(scale > 0, scale, 1), DIGITS)
    below = np.stack([np.searchsorted(np.sort(row), row, side="left") for row in rounded])
    return (statistics.shape[1] - below) / statistics.shape[1]


def aggregate_pvalue(statistics: np.ndarray) -> float:
    """P-value of the smallest p-value over kernels (rows), by the same relabellings (columns; the first is observed).

    The smallest of the p-values of each relabelling is a statistic of that relabelling: its rank among them has an
    exact level, as every function that treats the columns alike has. Ties, of which the smallest possible p-value
    has many, are broken by the largest standardised statistic.
    """
    smallest = np.round(rank_pvalues(statistics).min(axis=0) * statistics.shape[1])
    spread = statistics.std(axis=1, keepdims=True)
    centred = statistics - statistics.mean(axis=1, keepdims=True)
    z = np.round((centred / np.where(spread > 0, spread, np.inf)).max(axis=0), DIGITS)
    return float(np.mean((smallest < smallest[0]) | ((smallest == smallest[0]) & (z >= z[0]))))


def power_ratios(tiles: Tiles, n_pairs: int) -> np.ndarray:
    """Discrepancy over its standard error under the alternative, one a kernel: what the power grows with.

    Rows i and n_pairs + i are a pair; eqs. (2) and (5) of Liu et al. (2020). Keeps matrices of n_pairs^2 values.
    """
    x, y = slice(0, n_pairs), slice(n_pairs, 2 * n_pairs)
    ratios = []
    for xx, yy, xy in zip(tiles(x, x), tiles(y, y), tiles(x, y), strict=True):
        h = xx + yy - xy - xy.T
        np.fill_diagonal(h, 0)
        rows = h.sum(axis=1, dtype=np.float64)
        mean = rows.sum() / (n_pairs * (n_pairs - 1))
        variance = 4 * (np.sum(rows**2) / n_pairs**3 - rows.sum() ** 2 / n_pairs**4)
        # a variance of 0 must not make the ratio infinite
        ratios.append(mean / np.sqrt(max(variance, 0) + 1e-8))
    return np.array(ratios)


# --- scores of a classifier ---


def linear_scores(X, labels, X_test, shrinkage: float = SHRINKAGE) -> Iterator[np.ndarray]:
    """Scores of rows by the linear discriminant of each column of ``labels``, in blocks of columns.

    The direction is (X'X + shrinkage n I)^-1 X'y with centred X and y, proportional to that of linear discriminant
    analysis with a shrunk covariance. One factorisation serves all columns; through X X' where rows are fewer.
    """
    centre = X.mean(axis=0)
    X, X_test, n = X - centre, X_test - centre, len(X)
    wide = X.shape[1] > n
    gram = X @ X.T if wide else X.T @ X
    gram[np.diag_indices_from(gram)] += shrinkage * n
    hat = linalg.solve(gram, X @ X_test.T if wide else X.T, assume_a="pos")
    for columns in blocks(labels.shape[1], LABEL_BLOCK):
        y = labels[:, columns].astype(np.float64)
        y -= y.mean(axis=0)
        yield hat.T @ y if wide else X_test @ (hat @ y)


def rank_sums(scores, labels) -> np.ndarray:
    """Sum of the ranks of the rows labelled 1, for each column; ``scores`` come in blocks of columns."""
    sums, start = [], 0
    for block in scores:
        ranks = rankdata(block, axis=0)
        sums.append(np.einsum("ij,ij->j", ranks, labels[:, start : start + block.shape[1]].astype(np.float64)))
        start += block.shape[1]
    return np.concatenate(sums)


# --- many p-values ---


def holm(pvalues) -> np.ndarray:
    """P-values adjusted for the chance of one false rejection among all, whatever their dependence (Holm 1979)."""
    p = np.asarray(pvalues, dtype=float)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted


def benjamini_hochberg(pvalues) -> np.ndarray:
    """P-values adjusted for the share of false rejections (Benjamini and Hochberg 1995)."""
    p = np.asarray(pvalues, dtype=float)
    order = np.argsort(p, kind="stable")[::-1]
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1)), 1)
    return adjusted


def stability_index(source_counts, target_counts) -> float:
    """Population stability index of two histograms: sum (q - p) ln(q / p), half a row added to every bin."""
    p, q = ((counts + 0.5) / (np.sum(counts) + 0.5 * len(counts)) for counts in (source_counts, target_counts))
    return float(np.sum((q - p) * np.log(q / p)))
