"""Contracts of the transformers that bring the domains together."""

from abc import ABCMeta, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from sktl._checks import check_parameters
from sktl._threads import threads_by_size
from sktl.base._rows import check_rows, validate_rows
from sktl.domains import read_new_domains


class BaseDomainTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, metaclass=ABCMeta):
    """Contract of the transformers that bring the domains together.

    ``fit`` learns from the rows of all domains, ``transform`` takes new rows as target rows, ``fit_transform`` keeps
    the caller's row order. float32 stays float32. A child implements ``fit`` and ``transform`` and sets
    ``_n_features_out``.
    """

    _takes_sparse = True  # a child that takes dense rows alone says False
    __metadata_request__fit = {"sample_domain": True}  # so that routing needs no set_fit_request
    _check_rows = check_rows

    @abstractmethod
    def fit(self, X, y=None, sample_domain=None):
        """Learn the map."""

    @abstractmethod
    def transform(self, X):
        """Map rows."""

    def fit_transform(self, X, y=None, sample_domain=None):
        """Learn the map and return the mapped rows, in the caller's order.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_components)
            The mapped rows.
        """
        return self.fit(X, y, sample_domain).transform(X)

    def __sklearn_tags__(self):
        """Tags of a transformer that keeps float32."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _pieces(rows, size=65536):
    """Sorted positions in pieces that stay in the cache, as slices where they follow on each other: no copy."""
    for start in range(0, len(rows), size):
        piece = rows[start : start + size]
        yield slice(piece[0], piece[-1] + 1) if piece[-1] - piece[0] + 1 == len(piece) else piece


class BaseDomainAligner(BaseDomainTransformer):
    """Contract of the domain transformers that map each domain by a map of its own.

    ``fit_transform`` maps each row by its own domain's map; ``transform`` takes new rows as target rows unless
    ``sample_domain`` says otherwise. A child implements ``_fit_maps`` (which learns the maps and sets
    ``_n_features_out``) and ``_map``. Where there is one domain, ``_fit_maps`` sees no target row.
    """

    __metadata_request__fit = {"sample_domain": True, "sample_id": True}
    __metadata_request__transform = {"sample_domain": True}
    _takes_sparse = False

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None, sample_id=None):
        """Learn the map of each domain.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target"). Each name that is not the target's is a source of its own.
        sample_id : array-like of shape (n_samples,), default=None
            Which physical sample a row is: rows of different domains with the same value are partners, a missing value
            means that there is none. For those that learn from partners; the others do not use it.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described.

        Warns
        -----
        SingleDomainWarning
            If there is one domain, which then is source and target.
        """
        self._fit(X, y, sample_domain, sample_id)
        return self

    def _fit(self, X, y, sample_domain, sample_id):
        """``fit``, and return the checked rows with the name of each row's domain."""
        check_parameters(self)
        X, domains = self._check_rows(X, y, sample_domain, sample_id, dtype=[np.float64, np.float32])
        self._sources, self._aliases, self._single = domains.sources, domains.aliases, domains.single
        self._fit_maps(X, y, domains)
        return X, domains.names

    def transform(self, X, sample_domain=None):
        """Map rows, each by its domain's map.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains of the rows, as ``fit`` takes them; by default all are target rows.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features_out)
            The mapped rows.

        Raises
        ------
        ValueError
            If ``sample_domain`` names a domain that ``fit`` has not seen.
        """
        check_is_fitted(self)
        sparse = "csr" if get_tags(self).input_tags.sparse else False
        X = validate_rows(self, X, accept_sparse=sparse, dtype=[np.float64, np.float32], reset=False)
        return self._map_rows(X, self._read_new(X, sample_domain))

    def _read_new(self, X, sample_domain):
        """Names of the domains of new rows."""
        return read_new_domains(X, sample_domain, self._sources, self._aliases)

    @threads_by_size
    def fit_transform(self, X, y=None, sample_domain=None, sample_id=None):
        """Learn the maps and return each row mapped by its own domain's, in the caller's order.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target.
        sample_id : array-like of shape (n_samples,), default=None
            Which physical sample a row is: rows of different domains with the same value are partners, a missing value
            means that there is none. For those that learn from partners; the others do not use it.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features_out)
            The mapped rows.
        """
        return self._map_rows(*self._fit(X, y, sample_domain, sample_id))

    def _map_rows(self, X, names):
        """Map each row by the map of the domain that ``names`` says."""
        distinct = set(names.tolist())
        if len(distinct) == 1:
            return self._map(X, distinct.pop())
        mapped = np.empty((X.shape[0], self._n_features_out), dtype=X.dtype)
        for name in distinct:
            for rows in _pieces(np.flatnonzero(names == name)):
                mapped[rows] = self._map(X[rows], name)
        return mapped

    @abstractmethod
    def _fit_maps(self, X, y, domains):
        """Learn the maps; set the child's fitted attributes and ``_n_features_out``."""

    @abstractmethod
    def _map(self, X, name):
        """Map rows of the domain ``name`` ("target" for the target): an array of the dtype of ``X``.

        Where there is one domain (``self._single``), both its name "source" and "target" mean the same map.
        """
