"""What the transfer components share: parameters, the table that they are expanded in, and the map of new rows."""

import warnings
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from sktl._checks import KERNEL, RANDOM_STATE, Interval
from sktl._core.components import kernel_table, landmark_table, linear_table
from sktl._core.contrasts import row_groups
from sktl._core.kernels import blocks, choose_landmarks, make_kernel
from sktl._core.linalg import row_space
from sktl.base import BaseDomainTransformer, validate_rows
from sktl.domains import known_labels, user_level
from sktl.exceptions import MatchedMeansWarning

DTYPES = [np.float64, np.float32]
AUTO_COMPONENTS = 20  # the literature's number of components
MATCHED = 1e-3  # distance of the means, where random halves of the rows have some 1, that nothing but scaling explains


class BaseComponents(BaseDomainTransformer):
    """Contract of the transformers whose new features are a few solutions of one generalised eigenproblem.

    A child has the parameters below; its ``fit`` reads: check (``check_parameters``, ``_check_rows`` or
    :func:`read_classes`), split (``_expand`` in a table with groups of rows), solve (by functions of the table),
    ``_store``.
    """

    _constraints = {
        "n_components": ("auto", Interval(Integral, 1)),
        "mu": (Interval(low=0, closed="neither"),),
        "n_landmarks": ("auto", None, Interval(Integral, 1)),
        "random_state": RANDOM_STATE,
        **KERNEL,
    }
    _needs_labels = False  # whether y is required

    def _expand(self, X, groups, n_groups):
        """The table that components are expanded in: features, kernel values of all rows, or of landmarks."""
        n, d = X.shape
        if self.kernel == "linear":
            self.n_components_ = self._count(min(n, d), f"min(n_samples={n}, n_features={d})")
            self.solver_, self.approximation_ = ("primal" if d <= n else "dual"), "exact"
            self.landmarks_, self.gamma_ = None, np.nan
            # more columns than rows: in the span of the rows, n x n instead of d x d
            return linear_table(X, groups, n_groups, basis=None if d <= n else row_space(X))
        self._kernel = make_kernel(self.kernel, self.gamma, X, self.degree, self.coef0)
        self.gamma_ = self._kernel.params.get("gamma", np.nan)
        rows = choose_landmarks(X, self.n_landmarks, self.random_state)
        if rows is None:
            self.n_components_ = self._count(n, "n_samples")
            self.solver_, self.approximation_, self.landmarks_ = "dual", "exact", X.copy()
            return kernel_table(X, self._kernel, groups, n_groups)
        self.n_components_ = self._count(len(rows), "n_landmarks")
        self.solver_, self.approximation_, self.landmarks_ = "primal", "nystroem", X[rows]
        return landmark_table(X, rows, self._kernel, groups, n_groups)

    def _count(self, bound, what):
        """Number of components; an error where there are not so many directions."""
        if self.n_components == "auto":
            return min(AUTO_COMPONENTS, bound)
        if self.n_components > bound:
            raise ValueError(
                f"n_components={self.n_components} exceeds the number of directions, {what} = {bound}. Lower it."
            )
        return self.n_components

    def _store(self, table, vectors, values, dtype):
        """Keep the solution as coefficients of the input's columns or of landmarks."""
        vectors = vectors if table.basis is None else table.basis @ vectors
        self.components_ = np.ascontiguousarray(vectors.T, dtype=dtype)
        self.eigenvalues_ = values
        self._n_features_out = self.n_components_
        return self

    def transform(self, X):
        """Map rows, of any domain, onto the components.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        check_is_fitted(self)
        X = validate_rows(self, X, accept_sparse="csr", dtype=DTYPES, reset=False)
        if self.landmarks_ is None:
            return np.asarray(X @ self.components_.T.astype(X.dtype, copy=False))
        mapped = np.empty((X.shape[0], self.n_components_), dtype=X.dtype)
        coefficients = self.components_.T.astype(np.float64)  # sums over up to all rows: in double
        for rows in blocks(X.shape[0]):
            mapped[rows] = self._kernel(X[rows], self.landmarks_) @ coefficients
        return mapped

    def __sklearn_tags__(self):
        """Tags of a transformer that requires y where its child says so."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self._needs_labels
        return tags


def warn_if_matched(estimator, table, contrast):
    """Say so where the contrast of the domains' means, F'E, is nothing: there is nothing to match."""
    gap = np.linalg.norm(contrast) / table.unit
    if gap < MATCHED:
        name = type(estimator).__name__
        warnings.warn(
            f"The means of the domains are equal already (their difference is {gap:.1g} of that of random halves of "
            f"the rows), as they are after DomainScaler: {name} has nothing to match, and its components are those of "
            "PCA. Use PCA, or scale all rows alike (StandardScaler) instead of each domain by itself.",
            MatchedMeansWarning,
            stacklevel=user_level(),
        )


@dataclass(frozen=True)
class ClassRows:
    """Which class each row is of, as far as its label is known.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, sorted.
    codes : ndarray of shape (n_samples,)
        Position in ``classes`` of each row's label, -1 where it is missing.
    target : ndarray of shape (n_samples,), dtype bool
        Rows of the target.
    """

    classes: np.ndarray
    codes: np.ndarray
    target: np.ndarray

    @property
    def n_groups(self):
        """Number of groups of rows."""
        return 2 * len(self.classes) + 2

    def groups(self, codes):
        """Group of each row by its domain and class, whether known or guessed."""
        return row_groups(self.target, codes, len(self.classes))


def read_classes(estimator, X, y, sample_domain):
    """The *check* act of components that learn from labels: validated ``X`` and its :class:`ClassRows`."""
    name = type(estimator).__name__
    if y is None:
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")
    X, domains = estimator._check_rows(X, y, sample_domain, dtype=DTYPES)
    if not np.any(domains.source & domains.labeled):
        raise ValueError(
            f"{name} needs labelled source rows; the {np.count_nonzero(domains.source)} source rows have no label. "
            "Label some, or use TCA, which needs no labels."
        )
    labels = column_or_1d(known_labels(y, domains.labeled), warn=True)
    assert_all_finite(labels, input_name="y")
    check_classification_targets(labels)
    codes = np.full(X.shape[0], -1)
    classes, codes[domains.labeled] = np.unique(labels, return_inverse=True)
    return X, ClassRows(classes, codes, domains.target)
