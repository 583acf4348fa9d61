"""The columns of all domains with their gaps, for models that take missing values."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sktl._checks import check_parameters
from sktl.base import BaseDomainTransformer, validate_rows
from sktl.feature._shared_columns import kept_names


class UnionColumns(BaseDomainTransformer):
    """Keep the columns of all domains, with gaps where a domain lacks one, or with the gaps filled.

    For a table of domains with different columns, as ``stack_domains(..., columns="union")`` makes it. With
    ``fill=None`` the result suits models that take missing values, such as
    :class:`~sklearn.ensemble.HistGradientBoostingClassifier`: one model of all labelled rows, which uses what a row
    has. With ``fill="mean"`` a gap becomes the column's mean over the rows that have a value: for linear models, in
    which a gap then says nothing. No unit matters.

    *When it helps*: the baseline of every method for different columns; boosted trees on the union use shared columns
    for all rows and the target's own where labelled target rows show that they matter. *When it hurts*: no shared
    column: then the source's trees tell a target row nothing.

    Parameters
    ----------
    fill : "mean" or None, default=None
        What stands in a gap: nothing, or the column's mean.

    Attributes
    ----------
    columns_ : ndarray of int
        Positions of the columns kept: all that have a value in some labelled row (in some row, if none has a label);
        from any other a model could learn nothing, and boosted trees may refuse it.
    means_ : ndarray of shape (n_columns,)
        Mean of each of these over its known values.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    SharedColumns : Those that every domain has.

    Notes
    -----
    Columns of numbers. *Cost*: O(n d). A union of sparse blocks (words of one language, characters of another) would be
    gigabytes of gaps: do not make one. With only one domain (``SingleDomainWarning``) nothing changes.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from sktl import OnLabeled, stack_domains
    >>> from sktl.feature import UnionColumns
    >>> old = pd.DataFrame({"age": [30.0, 50.0] * 20, "income": [2.0, 3.0] * 20})
    >>> new = pd.DataFrame({"age": [20.0, 60.0], "clicks": [7.0, 1.0]})
    >>> X, y, domain = stack_domains((old, [0, 1] * 20), new, columns="union")
    >>> pipe = make_pipeline(UnionColumns(), OnLabeled(HistGradientBoostingClassifier()))
    >>> pipe.fit(X, y).predict(X).shape
    (42,)
    """

    _takes_sparse = False
    _constraints = {"fill": ("mean", None)}

    def __init__(self, fill=None):
        self.fill = fill

    def fit(self, X, y=None, sample_domain=None):
        """Find the columns that have values, and their means.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of all domains, NaN where a domain lacks the column.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described, or no value is known.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain.
        """
        check_parameters(self)
        X, domains = self._check_rows(
            X, y, sample_domain, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan"
        )
        rows = domains.labeled if domains.labeled.any() else slice(None)
        self.columns_ = np.flatnonzero(~np.isnan(X[rows]).all(axis=0))
        if len(self.columns_) == 0:
            raise ValueError(
                f"All values of the {X.shape[1]} columns are missing in labelled rows; at least one must be known."
            )
        self.means_ = np.nanmean(X[:, self.columns_], axis=0, dtype=np.float64)
        self._n_features_out = len(self.columns_)
        return self

    def transform(self, X):
        """Keep the columns of rows of any domain, and fill their gaps if asked for.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_columns)
            The columns.
        """
        check_is_fitted(self)
        kinds = [np.float64, np.float32]
        X = validate_rows(self, X, dtype=kinds, reset=False, ensure_all_finite="allow-nan")[:, self.columns_]
        if self.fill == "mean":
            X = np.where(np.isnan(X), self.means_.astype(X.dtype), X)
        return X

    def get_feature_names_out(self, input_features=None):
        """Names of the columns kept.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns, where ``fit`` saw none.

        Returns
        -------
        ndarray of str
        """
        return kept_names(self, input_features)

    def __sklearn_tags__(self):
        """Tags that say that missing values are taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
