"""The spectrally regularised MMD of every relabelling at once: the distance of two means in whitened features.

The means of two samples in a kernel's feature space may differ most surely in directions where the rows vary little:
plain MMD does not see these below the noise of the others. Divided by the covariance (plus a ridge), all count alike.
"""

import numpy as np
from scipy import linalg
from scipy.linalg.lapack import dpstrf

from sktl._core.kernels import blocks, subsample
from sktl._core.two_sample import PairSums, width_tiles

LANDMARKS = 300  # rows that span the features: all directions whose variance is near the ridge, on the pairs measured
RIDGE = 1e-3  # of the covariance, whose trace is at most k(x, x) = 1; benchmarks/two_sample.py has the evidence
RESIDUAL = 1e-8  # of the landmarks' kernel: directions below it are rounding
ROWS = 2048  # labels turned to floats at once


def whitened_features(K, landmarks, ridge: float = RIDGE) -> np.ndarray:
    """Features (C + ridge I)^-1/2 f(x) of all rows, centred: shape (rank, n).

    ``K`` (n, n_landmarks) has the kernel of all rows and the ``landmarks`` (positions of some of them), f(x) the
    Nystrom features that it spans, and C their covariance over all rows. With all rows as landmarks the inner products
    of the columns are the matrix K (K / n + ridge I)^-1 of the centred kernel.
    """
    factor, pivots, rank, _ = dpstrf(K[landmarks], tol=RESIDUAL, lower=1)
    features = linalg.solve_triangular(factor[:rank, :rank], K[:, pivots[:rank] - 1].T, lower=True)
    features -= features.mean(axis=1, keepdims=True)
    covariance = features @ features.T / features.shape[1]
    covariance[np.diag_indices(rank)] += ridge
    return linalg.solve_triangular(linalg.cholesky(covariance, lower=True), features, lower=True)


def feature_sums(features, labels, dtype=np.float64) -> PairSums:
    """Sums of the inner products of centred ``features`` (rank, n) over pairs of rows, for each relabelling."""
    own = np.einsum("ij,ij->j", features, features)
    features = features.astype(dtype, copy=False)
    total, target_diagonal = 0.0, 0.0
    for rows in blocks(labels.shape[0], ROWS):
        part = labels[rows].astype(dtype)
        total = total + features[:, rows] @ part
        target_diagonal = target_diagonal + own[rows] @ part
    square = np.einsum("ij,ij->j", total, total, dtype=np.float64)  # of the sum over the target; the source's is its -
    source_diagonal = own.sum() - target_diagonal
    n_target = int(labels[:, 0].sum(dtype=np.int64))
    sums = (square - source_diagonal, square - target_diagonal, -square, source_diagonal, target_diagonal)
    return PairSums(*(row[None] for row in sums), labels.shape[0] - n_target, n_target)


def regularized_statistics(X, metric: str, gammas, labels, dtype, unbiased: bool) -> np.ndarray:
    """Regularised MMD^2 of each relabelling (column of ``labels``), shape (n_gammas, n_relabellings)."""
    landmarks = subsample(X, LANDMARKS, np.random.default_rng(0))
    kernels = width_tiles(X, metric, gammas, np.float64)(slice(0, X.shape[0]), landmarks)
    sums = [feature_sums(whitened_features(K, landmarks), labels, dtype) for K in kernels]
    return np.concatenate([one.discrepancy(unbiased) for one in sums])
