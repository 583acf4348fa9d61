"""Rows in a unit of their own, so that the penalties of default estimators see no units of X."""

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

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
        # constant columns have no deviation to average
        size = 1 if self.per == "row" else max(np.count_nonzero(spreads), 1)
        self.scale_ = float(np.sqrt(spreads.sum() / size)) or 1.0  # equal rows: any unit serves
        self.mean_ = 0.0 if sparse.issparse(X) else sums.mean  # centred CSR rows would be dense
        return self

    def transform(self, X):
        """Apply them."""
        return X / self.scale_ if sparse.issparse(X) else (X - self.mean_) / self.scale_


def _inner_has(method):
    return lambda self: hasattr(self.estimator, method)


class OnCommonScale(BaseEstimator):
    """An estimator fitted, with weights, on rows as :class:`CommonScale` makes them; no pipeline, which would route."""

    def __init__(self, estimator, per="row"):
        self.estimator = estimator
        self.per = per

    def fit(self, X, y, sample_weight=None):
        """Find the scale, and fit a clone."""
        self.scale_ = CommonScale(self.per).fit(X)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.estimator_ = clone(self.estimator).fit(self.scale_.transform(X), y, **weights)
        if hasattr(self.estimator_, "classes_"):
            self.classes_ = self.estimator_.classes_
        return self

    def predict(self, X):
        """Predict by the clone."""
        return self.estimator_.predict(self.scale_.transform(X))

    @available_if(_inner_has("predict_proba"))
    def predict_proba(self, X):
        """Probabilities by the clone."""
        return self.estimator_.predict_proba(self.scale_.transform(X))

    @available_if(_inner_has("decision_function"))
    def decision_function(self, X):
        """Decision values by the clone."""
        return self.estimator_.decision_function(self.scale_.transform(X))

    def __sklearn_tags__(self):
        """Tags of the estimator inside."""
        return get_tags(self.estimator)
