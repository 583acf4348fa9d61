"""Rows that are equal, and folds that keep them together."""

import numpy as np
from scipy import sparse

from sktl._core.kernels import canonical_order

SPREAD = 2  # equal rows, in units of the number of folds, from which on they are a level rather than a copy


def equal_rows(X) -> np.ndarray:
    """A number for each row of ``X``, shared by equal rows, and the same in whatever order the rows come."""
    order = canonical_order(X)
    rows = X[order]
    if sparse.issparse(rows):
        differ = abs(rows[1:] - rows[:-1]).max(axis=1).toarray().ravel() > 0
    else:
        differ = (rows[1:] != rows[:-1]).any(axis=1)
    numbers = np.empty(len(order), dtype=int)
    numbers[order] = np.concatenate([[0], np.cumsum(differ)])
    return numbers


def deal_groups(numbers, stratum, n_folds, rng) -> np.ndarray:
    """Fold of each row: rows of one of the ``numbers`` in one fold, the groups that have a row of the ``stratum`` last.

    So they are spread over all folds, as are the others.
    """
    of_group = np.zeros(numbers.max() + 1, dtype=bool)
    of_group[numbers[stratum]] = True
    shuffled = rng.permutation(len(of_group))
    shuffled = shuffled[np.argsort(of_group[shuffled], kind="stable")]
    folds = np.empty(len(of_group), dtype=int)
    folds[shuffled] = np.arange(len(of_group)) % n_folds
    return folds[numbers]


def deal_rows(X, stratum, n_folds, rng) -> np.ndarray:
    """Fold of each dense row: equal rows in one fold, however many, so that a weight is as good as repeated rows."""
    return deal_groups(np.unique(X, axis=0, return_inverse=True)[1], stratum, n_folds, rng)


def fold_numbers(X, stratum, n_folds, rng) -> np.ndarray:
    """Fold of each row: equal rows in one fold, each ``stratum`` spread over all, whatever the order of the rows.

    Rows of which there are at least 2 ``n_folds`` equal ones (a level of a categorical column) are spread over all
    folds: kept together, no fold would be judged by what has seen the level.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, d)
        Rows.
    stratum : ndarray of shape (n,), dtype bool
        Such as which rows are target rows. Equal rows of both kinds count as True.
    n_folds : int
        How many.
    rng : RandomState
        Shuffles.
    """
    numbers = equal_rows(X)
    folds = deal_groups(numbers, stratum, n_folds, rng)
    many = np.bincount(numbers)[numbers] >= SPREAD * n_folds
    if many.any():
        for kind in (False, True):  # each kind of row is dealt out in turn, level by level
            rows = np.flatnonzero(many & (stratum == kind))
            rows = rows[np.argsort(numbers[rows], kind="stable")]
            folds[rows] = np.arange(len(rows)) % n_folds
    return folds


def mean_of_equals(values, X, stratum) -> np.ndarray:
    """``values`` (n,) averaged over equal rows of one stratum, so that it does not matter which fold each was in."""
    groups = 2 * equal_rows(X) + stratum
    counts = np.bincount(groups)
    return (np.bincount(groups, weights=values) / np.maximum(counts, 1))[groups]
