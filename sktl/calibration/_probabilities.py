"""What a classifier that corrects another's probabilities predicts from them."""

import numpy as np
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sktl.base import BaseOnLabeled
from sktl.domains import known_labels, labeled_rows, plain_rows, take_rows


class BaseByProbability(BaseOnLabeled):
    """Contract of the classifiers whose every answer comes from a ``predict_proba`` of their own.

    A child has ``predict_proba`` and the parameter ``shift``.
    """

    def predict_log_proba(self, X):
        """Logarithms of the probabilities.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X):
        """Predict the class with the largest calibrated probability.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    @available_if(lambda self: False)  # those of the estimator are not calibrated
    def decision_function(self, X):
        """Not available: calibrated probabilities are what this estimator gives.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        None
        """

    def score(self, X, y=None):
        """Mean accuracy on the rows whose label is known.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows, taken as target rows.
        y : array-like of shape (n_samples,)
            Labels; rows where they are missing are left out.

        Returns
        -------
        float
        """
        check_is_fitted(self)
        X = plain_rows(X)
        labeled = labeled_rows(X, y)
        if not labeled.any():
            raise ValueError(f"The labels of all {len(labeled)} rows are missing: a score needs at least one.")
        return float(np.mean(self.predict(take_rows(X, labeled)) == known_labels(y, labeled)))

    def _router(self):
        return MetadataRouter(owner=type(self).__name__).add_self_request(self)

    def __sklearn_tags__(self):
        """Tags of the wrapped estimator; weights of rows need finite numbers."""
        tags = get_tags(self.estimator)
        tags.input_tags.allow_nan = tags.input_tags.allow_nan and self.shift is None
        tags.target_tags.required, tags.target_tags.multi_output = True, False
        return tags
