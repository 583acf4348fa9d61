"""Distances between two samples."""

import numpy as np

from sktl._core.kernels import Kernel


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


def proxy_a_distance(error: float) -> float:
    """2 (1 - 2 error) of a domain classifier, not below 0 (Ben-David et al. 2007)."""
    return float(np.clip(2 * (1 - 2 * error), 0, 2))
