"""The columns that all domains have: the first step where columns differ."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sktl._checks import check_parameters
from sktl.base import BaseDomainTransformer, validate_rows
from sktl.domains import TARGET


def columns_with_values(X, domains):
    """Which columns have a known value in each domain, {name: mask}."""
    known = ~np.isnan(X)
    names = [*domains.sources, *([TARGET] if domains.target.any() else [])]
    return {name: known[domains.names == name].any(axis=0) for name in names}


class SharedColumns(BaseDomainTransformer):
    """Keep the columns that have values in every domain, and leave the others out.

    For a table of domains with different columns, as ``stack_domains(..., columns="union")`` makes it: a column that a
    domain lacks is missing (NaN) in all of its rows. No unit matters.

    *When it helps*: domains that share their best columns; ordinary transfer then does the rest. *When it hurts*: what
    only the target has is lost, and with a few dozen target labels that may be worth more than all source rows. Compare
    with :class:`UnionColumns` and with the target's labelled rows alone.

    Attributes
    ----------
    columns_ : ndarray of int
        Positions of the columns kept.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    UnionColumns : Keeps them all, with their gaps.

    Notes
    -----
    Columns of numbers; gaps within a shared column stay missing. *Cost*: O(n d). With only one domain
    (``SingleDomainWarning``) the columns that have a value are kept.

    Examples
    --------
    >>> import pandas as pd
    >>> from sktl import stack_domains
    >>> from sktl.feature import SharedColumns
    >>> old = pd.DataFrame({"age": [30.0, 50.0], "income": [2.0, 3.0]})
    >>> new = pd.DataFrame({"age": [20.0, 40.0], "clicks": [7.0, 1.0]})
    >>> X, y, domain = stack_domains((old, [0, 1]), new, columns="union")
    >>> SharedColumns().fit(X, y).get_feature_names_out().tolist()
    ['age']
    """

    _takes_sparse = False
    _constraints = {}

    def fit(self, X, y=None, sample_domain=None):
        """Find the columns that have values in every domain.

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
            If a domain is not as described, or no column has values in all domains.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain.
        """
        check_parameters(self)
        X, domains = self._check_rows(
            X, y, sample_domain, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan"
        )
        found = columns_with_values(X, domains)
        self.columns_ = np.flatnonzero(np.logical_and.reduce(list(found.values())))
        if len(self.columns_) == 0:
            counts = ", ".join(f"{name!r} has values in {mask.sum()}" for name, mask in found.items())
            raise ValueError(
                f"No column has values in all domains: of {X.shape[1]} columns {counts}. Use UnionColumns, or a model "
                "of the target's labelled rows alone."
            )
        self._n_features_out = len(self.columns_)
        return self

    def transform(self, X):
        """Keep the shared columns of rows of any domain.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_columns)
            The columns kept.
        """
        check_is_fitted(self)
        kinds = [np.float64, np.float32]
        X = validate_rows(self, X, dtype=kinds, reset=False, ensure_all_finite="allow-nan")
        return X[:, self.columns_]

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


def kept_names(estimator, input_features):
    """Names of the columns that an estimator keeps (``columns_``)."""
    check_is_fitted(estimator)
    names = getattr(estimator, "feature_names_in_", None)
    if input_features is not None:
        given = np.asarray(input_features, dtype=object)
        if names is not None and given.tolist() != names.tolist():
            raise ValueError("input_features is not equal to feature_names_in_")
        if len(given) != estimator.n_features_in_:
            raise ValueError(
                f"input_features should have length equal to number of features ({estimator.n_features_in_}), got "
                f"{len(given)}"
            )
        names = given
    if names is None:
        names = np.array([f"x{j}" for j in range(estimator.n_features_in_)], dtype=object)
    return names[estimator.columns_]
