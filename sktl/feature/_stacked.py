"""What the transformers share that set new features beside the given ones."""

from abc import abstractmethod

import numpy as np
from scipy import sparse
from sklearn.base import OneToOneFeatureMixin
from sklearn.utils.validation import check_is_fitted

from sktl._checks import BOOLEAN
from sktl.base import BaseDomainTransformer, validate_rows


class StackedTransformer(BaseDomainTransformer):
    """Domain transformer of x to [x, new features of x], or to these alone with ``stack=False``.

    CSR rows stay CSR where they are part of the result: a dense block costs 12 bytes an entry there instead of 8, while
    dense rows of a vocabulary would not fit. A child has the parameter ``stack``, implements ``fit`` and
    ``_new_features`` and sets ``_n_features_out``, the number of new features.
    """

    _constraints = {"stack": BOOLEAN}

    def transform(self, X):
        """Map rows, of any domain.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_features_out)
            With ``stack``, the rows and their new features side by side, CSR if the rows are; else the new features
            alone, dense.
        """
        check_is_fitted(self)
        X = validate_rows(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        new = np.asarray(self._new_features(X), dtype=X.dtype)
        if not self.stack:
            return new
        if sparse.issparse(X):
            return sparse.hstack([X, type(X)(new)], format="csr", dtype=X.dtype)
        return np.hstack([X, new])

    def get_feature_names_out(self, input_features=None):
        """Names of the features: with ``stack`` the given ones first, then the class name with a number.

        Parameters
        ----------
        input_features : array-like of shape (n_features_in_,), default=None
            Names to use if ``fit`` saw none; otherwise they must be the names seen by ``fit``.

        Returns
        -------
        ndarray of shape (n_features_out,), dtype object
        """
        given = OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        new = super().get_feature_names_out(input_features)
        return np.concatenate([given, new]) if self.stack else new

    @abstractmethod
    def _new_features(self, X):
        """The new features of checked rows: a dense array."""
