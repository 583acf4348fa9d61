"""Rows in a unit of their own, so that the penalties of default estimators see no units of X."""

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from sktl._core.moments import deviations, moments_of, row_blocks


class CommonScale(TransformerMixin, BaseEstimator):
    """Rows less their mean (CSR: as they are), all columns divided by one number, so that a penalty sees no units.

    ``per`` is what is of size 1 after it: the root mean squared distance of "row"s from their mean, or the deviation of
    a "column", on the average of those that vary.
    """

    def __init__(self, per="row"):
        self.per = per

    def fit(self, X, y=None):
        """Find mean and scale."""
        sums = moments_of(row_blocks(X), diagonal=True)
        spreads = deviations(sums) ** 2
        size = 1 if self.per == "row" else max(np.count_nonzero(spreads), 1)
        self.scale_ = float(np.sqrt(spreads.sum() / size)) or 1.0
        self.mean_ = 0.0 if sparse.issparse(X) else sums.mean
        return self

    def transform(self, X):
        """Apply them."""
        return X / self.scale_ if sparse.issparse(X) else (X - self.mean_) / self.scale_
