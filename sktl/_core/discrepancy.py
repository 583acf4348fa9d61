"""Distances between the means of two samples in a kernel's feature space, and what a domain classifier says."""

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse

from sktl._core.distances import middle, squared_distances
from sktl._core.kernels import Kernel, blocks, stack_samples, subsample

ROWS = 8192  # rows of a block of random features or of pairs
FEATURE_KERNELS = ("rbf", "laplacian")  # kernels with random features
CONTRAST_ROWS = 500  # rows of a sample that the choice of a width looks at
FINER = 2.0 ** np.arange(7)  # the widths it chooses from: gamma times these


# --- all pairs ---


def mmd_squared(kernel: Kernel, X, Y, unbiased: bool, n_jobs=None) -> float:
    """Squared maximum mean discrepancy: mean k(x, x') + mean k(y, y') - 2 mean k(x, y), in blocks.

    ``unbiased`` leaves out the pairs of a row with itself (the U-statistic of Gretton et al. 2012, eq. 3).
    """
    within = [_mean_within(kernel, Z, unbiased, n_jobs) for Z in (X, Y)]
    between = kernel.row_sums(X, Y, n_jobs).sum() / (X.shape[0] * Y.shape[0])
    return float(within[0] + within[1] - 2 * between)


def _mean_within(kernel, X, unbiased, n_jobs):
    """Mean kernel value over pairs of rows of one sample."""
    n, total = X.shape[0], kernel.row_sums(X, None, n_jobs).sum()
    if unbiased:
        return (total - kernel.diagonal(X).sum()) / (n * (n - 1))
    return total / n**2


def energy_squared(X, Y, unbiased: bool, n_jobs=None) -> float:
    """2 mean |x - y| - mean |x - x'| - mean |y - y'|: the MMD^2 of the kernel -|x - y| (Sejdinovic et al. 2013)."""
    return -mmd_squared(Kernel("distance"), X, Y, unbiased, n_jobs)


def mmd_contrast(kernel_matrix, n) -> float:
    """MMD^2 in units of its spread were both samples (the first ``n`` rows, and the others) of one distribution.

    The variance then is 2 (1 / n + 1 / m)^2 E[k~^2], with k~ the kernel centred (Gretton et al. 2009, "A fast,
    consistent kernel two-sample test").
    """
    K, m = kernel_matrix, len(kernel_matrix) - n
    within = [(block.sum() - np.trace(block)) / (len(block) * (len(block) - 1)) for block in (K[:n, :n], K[n:, n:])]
    means = K.mean(axis=0)
    centred = K - means - means[:, None] + means.mean()
    np.fill_diagonal(centred, 0)
    variance = 2 * (1 / n + 1 / m) ** 2 * np.sum(centred**2) / ((n + m) * (n + m - 1))
    difference = within[0] + within[1] - 2 * K[:n, n:].mean()
    return difference / np.sqrt(variance) if variance > 0 else 0.0


def sharpest_gamma(gamma, X, Y) -> float:
    """Of ``gamma`` times 1, 2, 4, ... 64, that of the Gaussian kernel which best tells the samples apart."""
    if min(X.shape[0], Y.shape[0]) < 2:
        return gamma
    X, Y = (Z[subsample(Z, CONTRAST_ROWS, np.random.default_rng(0))] for Z in (X, Y))
    both = stack_samples(X, Y)
    squares = squared_distances(both, both)
    return gamma * FINER[np.argmax([mmd_contrast(np.exp(-gamma * k * squares), X.shape[0]) for k in FINER])]


# --- some pairs: linear in rows, or nearly ---


def shuffle(X, rng):
    """The rows in a random order that does not depend on the one they came in."""
    return X[subsample(X, X.shape[0], rng)]


def mmd_linear(kernel: Kernel, X, Y, rng) -> float:
    """Unbiased MMD^2 from disjoint random pairs within each sample, and each row in one pair between them.

    With samples of one size this is the statistic of Gretton et al. 2012, Lemma 14; the smaller one is gone through
    again where sizes differ.
    """
    X, Y = shuffle(X, rng), shuffle(Y, rng)
    halves = [np.arange(Z.shape[0] // 2) for Z in (X, Y)]
    within = [_mean_paired(kernel, Z, Z, half, half + len(half)) for Z, half in zip((X, Y), halves, strict=True)]
    n, m = X.shape[0], Y.shape[0]
    rows = np.arange(max(n, m))
    return within[0] + within[1] - 2 * _mean_paired(kernel, X, Y, rows % n, rows % m)


def _mean_paired(kernel, X, Y, rows_x, rows_y):
    """Mean of k(X[rows_x[i]], Y[rows_y[i]]) over i."""
    return sum(kernel.paired(X[rows_x[b]], Y[rows_y[b]]).sum() for b in blocks(len(rows_x), ROWS)) / len(rows_x)


def mmd_blocks(kernel: Kernel, X, Y, block_size: int, rng, n_jobs=None) -> float:
    """Mean of the unbiased MMD^2 of random disjoint blocks (Zaremba et al. 2013).

    A block has ``block_size`` rows of the smaller sample, or a few more, and a like share of the larger.
    """
    X, Y = shuffle(X, rng), shuffle(Y, rng)
    n_blocks = max(1, min(X.shape[0], Y.shape[0]) // block_size)
    cuts = [np.linspace(0, Z.shape[0], n_blocks + 1).astype(int) for Z in (X, Y)]
    values = Parallel(n_jobs=n_jobs, require="sharedmem")(
        delayed(mmd_squared)(kernel, X[a:b], Y[c:d], True)
        for a, b, c, d in zip(cuts[0][:-1], cuts[0][1:], cuts[1][:-1], cuts[1][1:], strict=True)
    )
    return float(np.mean(values))


def mmd_random_features(kernel: Kernel, X, Y, n_features: int, rng, n_jobs=None) -> float:
    """MMD^2 of all pairs of different rows under a random kernel whose mean is ``kernel`` (Rahimi & Recht 2007).

    With z(x) the cosines and sines of n_features / 2 random waves, scaled so that |z(x)| = 1, the mean of z(x)'z(x')
    over pairs of different rows is (n |mean z|^2 - 1) / (n - 1).
    """
    waves = random_waves(kernel, X.shape[1], n_features, rng)
    offset = 0.0 if sparse.issparse(X) else middle(X)  # phases keep their digits
    means = [_mean_waves(Z, offset, waves, n_jobs) for Z in (X, Y)]
    within = [(Z.shape[0] * (z @ z) - 1) / (Z.shape[0] - 1) for Z, z in zip((X, Y), means, strict=True)]
    return float(within[0] + within[1] - 2 * means[0] @ means[1])


def random_waves(kernel: Kernel, n_columns: int, n_features: int, rng) -> np.ndarray:
    """Frequencies in turns, (n_columns, n_features / 2), from the kernel's spectral distribution."""
    shape, gamma = (n_columns, n_features // 2), kernel.params["gamma"]
    if kernel.metric == "rbf":
        return rng.normal(size=shape) * (np.sqrt(2 * gamma) / (2 * np.pi))
    return rng.standard_cauchy(size=shape) * (gamma / (2 * np.pi))


def _mean_waves(X, offset, waves, n_jobs):
    """Mean over the rows of the cosines and sines of all waves."""
    parts = Parallel(n_jobs=n_jobs, require="sharedmem", return_as="generator")(
        delayed(_sum_waves)(X[rows], offset, waves) for rows in blocks(X.shape[0], ROWS)
    )
    return sum(parts) / (X.shape[0] * np.sqrt(waves.shape[1]))


def _sum_waves(X, offset, waves):
    """Sums for one block: whole turns leave in double precision, so that single precision is enough for the rest."""
    turns = np.asarray((X - offset if np.ndim(offset) else X) @ waves)
    turns -= np.rint(turns)
    phase = (2 * np.pi * turns).astype(np.float32)
    return np.concatenate([np.cos(phase).sum(axis=0, dtype=np.float64), np.sin(phase).sum(axis=0, dtype=np.float64)])


# --- what a classifier says ---


def proxy_a_distance(error: float) -> float:
    """2 (1 - 2 error) of a domain classifier, not below 0 (Ben-David et al. 2007)."""
    return float(np.clip(2 * (1 - 2 * error), 0, 2))
