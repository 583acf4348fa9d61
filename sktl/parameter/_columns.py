"""Target rows of any kind as numbers on one scale, for the models of few rows that must not depend on units."""

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.utils import check_array

from sktl.domains import as_column, missing_values

MAX_LEVELS = 20  # frequent values of a column of words that get an indicator each


class StandardColumns:
    """Columns with mean 0 and deviation 1 over the target's rows, labelled or not; gaps are the mean.

    Words (of a frame) become indicators of their frequent values. A constant column is left out, of new rows too:
    few rows say nothing of its scale. Sparse rows are not centred and keep their shape: one number scales them all.
    """

    def fit(self, X):
        """Learn the scale from ``X``."""
        self.levels_ = _levels(X) if hasattr(X, "columns") else {}
        rows = self._numbers(X)
        if issparse(rows):
            # a table of zeros has no size
            size = np.sqrt(max(rows.multiply(rows).sum() / max(rows.shape[0] * rows.shape[1], 1), 1e-300))
            self.mean_, self.inverse_ = None, np.full(rows.shape[1], 1 / size)
            return self
        known = ~np.isnan(rows)
        count = np.maximum(known.sum(axis=0), 1)
        self.mean_ = np.where(known, rows, 0).sum(axis=0) / count
        centred = np.where(known, rows - self.mean_, 0)
        deviation = np.sqrt((centred**2).sum(axis=0) / count)
        # a deviation of rounding's size beside the mean is that of a constant column
        varies = deviation > 1e-12 * np.maximum(np.abs(self.mean_), np.finfo(float).tiny)
        self.inverse_, self.varies_ = 1 / np.where(varies, deviation, 1), varies
        return self

    def transform(self, X):
        """Rows (n, d) of standardised columns, sparse where they came so."""
        rows = self._numbers(X)
        if self.mean_ is None:  # learned from sparse rows
            return csr_array(np.nan_to_num(rows) if not issparse(rows) else rows) * self.inverse_[0]
        rows = rows.toarray() if issparse(rows) else rows
        rows = (rows - self.mean_) * self.inverse_
        return np.where(np.isnan(rows), 0, rows)[:, self.varies_]

    def _numbers(self, X):
        """Numbers with NaN for gaps: an array or CSR matrix as it is, a frame with its words coded."""
        if not hasattr(X, "columns"):
            return check_array(X, accept_sparse="csr", dtype=float, ensure_all_finite="allow-nan")
        blocks = [
            _as_numbers(X[name])[:, None] if levels is None else _indicators(X[name], levels)
            for name, levels in self.levels_.items()
        ]
        return check_array(np.hstack(blocks), dtype=float, ensure_all_finite="allow-nan")


def _levels(frame):
    """For each column of a frame: None if it holds numbers, else its frequent values as words."""
    return {name: _frequent(frame[name]) for name in frame.columns}


def _is_number(column):
    kind = getattr(as_column(column), "dtype", None)
    return kind is not None and kind.kind in "biuf"


def _frequent(column):
    """The most frequent words of a column, or None if it holds numbers."""
    if _is_number(column):
        return None
    words, counts = np.unique(_words(column), return_counts=True)
    return words[np.argsort(-counts, kind="stable")[:MAX_LEVELS]]


def _words(column):
    """Values of a column as words; gaps are a word of their own."""
    values = np.array([str(value) for value in as_column(column).tolist()], dtype=object)
    return np.where(missing_values(column), "", values).astype(str)


def _as_numbers(column):
    """Numbers, NaN where missing; words that were none when the columns were learned are gaps."""
    if _is_number(column):
        return np.asarray(as_column(column), dtype=float)
    values = np.where(missing_values(column), np.nan, as_column(column))
    return values.astype(float)


def _indicators(column, levels):
    """One column of 0 and 1 a level."""
    return (_words(column)[:, None] == levels[None, :]).astype(float)
