"""Contracts of the classifiers and regressors that learn from several domains."""

from abc import ABCMeta, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from sktl.base._rows import check_rows, labeled_only
from sktl.domains import known_labels


class BaseTransferClassifier(ClassifierMixin, BaseEstimator, metaclass=ABCMeta):
    """Contract of the classifiers that learn from several domains.

    ``fit(X, y, sample_domain=None)``; ``predict`` takes new rows as target rows; ``score`` leaves out rows without a
    label.
    """

    _takes_sparse = True  # a child that takes dense rows alone says False
    __metadata_request__fit = {"sample_domain": True}  # so that routing needs no set_fit_request
    _check_rows = check_rows
    _needs_target_labels = False  # whether it learns nothing from target rows without a label

    @abstractmethod
    def fit(self, X, y, sample_domain=None):
        """Learn from the rows of all domains."""

    def _encode(self, y, rows):
        """Set ``classes_``; the labels of the labelled ``rows`` and their codes in ``classes_``, both (n_labeled,)."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        if not rows.any():
            raise ValueError(
                f"{type(self).__name__} needs labelled rows; none of the {len(rows)} rows has a label. Pass the labels "
                "of the source rows."
            )
        y = column_or_1d(known_labels(y, rows), warn=True)
        assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"At least two classes are needed; the labelled rows are of one class, {self.classes_.tolist()[0]!r}. "
                "Add rows of another class."
            )
        return y, codes

    def score(self, X, y, sample_weight=None):
        """Mean accuracy on the rows of ``X`` whose label is known.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.
        y : array-like of shape (n_samples,)
            Labels; rows where they are missing are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
        """
        X, y, params = labeled_only(X, y, {"sample_weight": sample_weight}, needs="a score needs")
        return super().score(X, y, **params)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags


class BaseTransferRegressor(RegressorMixin, BaseEstimator, metaclass=ABCMeta):
    """Contract of the regressors that learn from several domains.

    ``fit(X, y, sample_domain=None)``; ``predict`` takes new rows as target rows; ``score`` leaves out rows without a
    label.
    """

    _takes_sparse = True  # a child that takes dense rows alone says False
    __metadata_request__fit = {"sample_domain": True}  # so that routing needs no set_fit_request
    _check_rows = check_rows
    _needs_target_labels = False  # whether it learns nothing from target rows without a label

    @abstractmethod
    def fit(self, X, y, sample_domain=None):
        """Learn from the rows of all domains."""

    def score(self, X, y, sample_weight=None):
        """Coefficient of determination R^2 on the rows of ``X`` whose label is known.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.
        y : array-like of shape (n_samples,)
            Labels; rows where they are missing are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
        """
        X, y, params = labeled_only(X, y, {"sample_weight": sample_weight}, needs="a score needs", discrete=False)
        return super().score(X, y, **params)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags
