"""Which rows are one physical sample, measured in several domains: ``sample_id``, read in one place."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sktl.domains._convention import TARGET
from sktl.domains._tables import as_column, missing_values, unboxed


def read_samples(sample_id, n):
    """Number of each row's sample, from 0 in the order of the ids; -1 where the id is missing: a row with no partner.

    Parameters
    ----------
    sample_id : array-like of shape (n,), or None
        Numbers or names; None, NaN and ``pd.NA`` are missing.
    n : int
        Number of rows.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    samples = np.full(n, -1)
    if sample_id is None:
        return samples
    column = as_column(sample_id)
    if column.ndim != 1 or len(column) != n:
        raise ValueError(f"sample_id must have one value per row, shape ({n},); got shape {column.shape}.")
    known = ~missing_values(sample_id)
    values = unboxed(column[known])
    if values.dtype.kind == "O":  # numbers beside texts have an order as texts alone
        numbers = {value: number for number, value in enumerate(sorted(set(values.tolist()), key=repr))}
        samples[known] = [numbers[value] for value in values.tolist()]
    else:
        samples[known] = np.unique(values, return_inverse=True)[1]
    return samples


def units_of(samples):
    """Number of each row's unit, in the order of the rows: the rows of a sample are one, any other row is one alone."""
    keys = np.where(samples < 0, -1 - np.arange(len(samples)), samples)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


@dataclass(frozen=True)
class PairedMeans:
    """The samples that were measured in two domains or more: one row for each sample and domain.

    Attributes
    ----------
    rows : ndarray of shape (m, d)
        Mean of the sample's rows in the domain, where it was measured several times.
    samples : ndarray of shape (m,)
        Number of the sample.
    names : ndarray of shape (m,), dtype object
        Name of the domain.
    """

    rows: np.ndarray
    samples: np.ndarray
    names: np.ndarray

    def of(self, first, second):
        """Rows of the samples measured in both domains, (k, d) each, in the order of the ids."""
        own = [np.flatnonzero(self.names == name) for name in (first, second)]  # each in the order of the samples
        _, *places = np.intersect1d(*(self.samples[rows] for rows in own), return_indices=True)
        return tuple(self.rows[rows[place]] for rows, place in zip(own, places, strict=True))

    def differences(self):
        """Each row minus the mean of its sample over the domains, (m, d)."""
        _, inverse = np.unique(self.samples, return_inverse=True)
        return self.rows - (_averages(inverse) @ self.rows)[inverse]


def _averages(groups):
    """Matrix (n_groups, n) that takes the mean over the rows of each group."""
    counts = np.bincount(groups)
    return sparse.csr_array((1 / counts[groups], (groups, np.arange(len(groups)))), shape=(len(counts), len(groups)))


def paired_means(X, domains):
    """:class:`PairedMeans` of the rows (an array) of a table.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Rows of all domains.
    domains : Domains
        With the samples.

    Returns
    -------
    PairedMeans
    """
    known = np.flatnonzero(domains.samples >= 0)
    names = [*domains.sources, TARGET]
    codes = {name: code for code, name in enumerate(names)}
    cells = domains.samples[known] * len(names) + np.array([codes[name] for name in domains.names[known].tolist()], int)
    cell, inverse = np.unique(cells, return_inverse=True)
    samples = cell // len(names)
    shared = np.bincount(samples, minlength=1)[samples] > 1
    rows = _averages(inverse) @ np.asarray(X[known], dtype=np.float64) if len(known) else np.empty((0, X.shape[1]))
    return PairedMeans(rows[shared], samples[shared], np.array(names, dtype=object)[cell % len(names)][shared])
