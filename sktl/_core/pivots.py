"""Which features occur where: counts, mutual information, and the choice of pivot features."""

import numpy as np
from scipy import sparse
from scipy.special import xlogy


def occurrences(X):
    """1.0 where an entry is positive, else 0.0; CSR if ``X`` is."""
    return (X > 0).astype(np.float64)


def counts_by_group(occurs, groups):
    """Number of rows of each group in which each feature occurs.

    Parameters
    ----------
    occurs : ndarray or CSR matrix of shape (n, d)
        Of :func:`occurrences`.
    groups : ndarray of shape (n,), dtype int
        Group of each row, 0, ..., g - 1.

    Returns
    -------
    counts : ndarray of shape (g, d)
        Whole numbers.
    sizes : ndarray of shape (g,)
        Rows of each group.
    """
    sizes = np.bincount(groups)
    member = sparse.csr_matrix((np.ones(len(groups)), (groups, np.arange(len(groups)))), (len(sizes), len(groups)))
    counts = member @ occurs
    return (counts.toarray() if sparse.issparse(counts) else np.asarray(counts)), sizes


def mutual_information(counts, sizes):
    """Mutual information, in nats, of a feature's occurrence and the group of a row.

    Parameters
    ----------
    counts : ndarray of shape (g, d)
        Rows of each group in which each feature occurs.
    sizes : ndarray of shape (g,)
        Rows of each group.

    Returns
    -------
    ndarray of shape (d,)
    """
    n = sizes.sum()
    share = sizes[:, None] / n
    information = np.zeros(counts.shape[1])
    for joint in (counts / n, (sizes[:, None] - counts) / n):  # the feature occurs, or does not
        independent = share * joint.sum(axis=0)
        # no row can be in a cell of probability 0: 0 log 0 = 0
        information += np.sum(xlogy(joint, joint / np.where(independent > 0, independent, 1.0)), axis=0)
    return np.maximum(information, 0.0)


def common_features(counts, sizes, min_rows):
    """Mask of the features that occur in at least ``min_rows`` rows of each group, or half of a group's if fewer."""
    needed = np.minimum(min_rows, np.ceil(sizes / 2))
    return (counts >= needed[:, None]).all(axis=0)


def best_features(candidates, *scores):
    """Columns of the mask ``candidates``, best first: largest first score, ties by the next, then by position."""
    columns = np.flatnonzero(candidates)
    # scores that differ by rounding are ties, or it would choose
    keys = [-np.round(score[columns], 12) for score in reversed(scores)]
    return columns[np.lexsort(keys)]
