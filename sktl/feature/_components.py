"""What the transfer components share: parameters, the table that they are expanded in, and the map of new rows."""

from numbers import Integral

import numpy as np
from sklearn.utils import assert_all_finite, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from sktl._checks import check_kernel, check_number
from sktl._core.components import kernel_table, landmark_table, linear_table
from sktl._core.kernels import blocks, make_kernel, subsample
from sktl._core.linalg import row_space
from sktl.base import BaseDomainTransformer, validate_rows
from sktl.domains import known_labels

MAX_EXACT = 5000  # rows up to which n_landmarks="auto" is exact: 200 MB of kernel matrix
AUTO_LANDMARKS = 1000


class BaseComponents(BaseDomainTransformer):
    """Contract of the transformers whose new features are a few solutions of one generalised eigenproblem.

    A child has the parameters ``n_components``, ``kernel``, ``gamma``, ``degree``, ``coef0``, ``mu``, ``n_landmarks``
    and ``random_state``; its ``fit`` is: ``_check_params``, ``_check_rows``, ``_table``, a solution of its own in the
    table's columns, ``_store``.
    """

    def _check_params(self):
        """Raise if a parameter is not as documented."""
        check_number("n_components", self.n_components, Integral, low=1)
        check_kernel(self.kernel, self.gamma, self.degree, self.coef0)
        check_number("mu", self.mu, low=0, closed="neither")
        check_number("n_landmarks", self.n_landmarks, Integral, low=1, options=("auto", None))

    def _check_rows(self, X, y, sample_domain, **check_params):
        """The *check* and *split* acts of ``fit``, keeping float32."""
        return super()._check_rows(X, y, sample_domain, dtype=[np.float64, np.float32], **check_params)

    def _check_rank(self, bound, what):
        if self.n_components > bound:
            raise ValueError(
                f"n_components={self.n_components} exceeds the number of directions, {what} = {bound}. Lower it."
            )

    def _table(self, X, groups, n_groups):
        """The table that components are expanded in: features, kernel values of all rows, or of landmarks."""
        n, d = X.shape
        if self.kernel == "linear":
            self._check_rank(min(n, d), f"min(n_samples={n}, n_features={d})")
            self.solver_, self.approximation_ = ("primal" if d <= n else "dual"), "exact"
            self.landmarks_, self._landmark_rows, self.gamma_ = None, None, np.nan
            return linear_table(X, groups, n_groups, basis=None if d <= n else row_space(X))
        self._kernel = make_kernel(self.kernel, self.gamma, X, self.degree, self.coef0)
        self.gamma_ = self._kernel.params.get("gamma", np.nan)
        size = {"auto": n if n <= MAX_EXACT else AUTO_LANDMARKS, None: n}.get(self.n_landmarks, self.n_landmarks)
        size = min(size, n)
        self._check_rank(size, "n_samples" if size == n else "n_landmarks")
        if size == n:
            self.solver_, self.approximation_, self.landmarks_ = "dual", "exact", X.copy()
            self._landmark_rows = np.arange(n)
            return kernel_table(X, self._kernel, groups, n_groups)
        self.solver_, self.approximation_ = "primal", "nystroem"
        self._landmark_rows = subsample(X, size, check_random_state(self.random_state))
        self.landmarks_ = X[self._landmark_rows]
        return landmark_table(X, self.landmarks_, self._kernel, groups, n_groups)

    def _store(self, table, vectors, values, dtype):
        """Keep the solution as coefficients of the input's columns or of landmarks."""
        vectors = vectors if table.basis is None else table.basis @ vectors
        self.components_ = np.ascontiguousarray(vectors.T, dtype=dtype)
        self.eigenvalues_ = values
        self._n_features_out = self.n_components
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
        X = validate_rows(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        if self.landmarks_ is None:
            return np.asarray(X @ self.components_.T.astype(X.dtype, copy=False))
        mapped = np.empty((X.shape[0], self.n_components), dtype=X.dtype)
        coefficients = self.components_.T.astype(np.float64)
        for rows in blocks(X.shape[0]):
            mapped[rows] = self._kernel(X[rows], self.landmarks_) @ coefficients
        return mapped


class LabeledComponents(BaseComponents):
    """Contract of those that learn from labels of the source."""

    def _check_labeled(self, X, y, sample_domain):
        """Check rows and labels: X, its domains, and the code of each row's class (-1 where the label is missing)."""
        name = type(self).__name__
        if y is None:
            raise ValueError(f"{name} requires y to be passed, but the target y is None.")
        X, domains = self._check_rows(X, y, sample_domain)
        if not np.any(domains.source & domains.labeled):
            raise ValueError(
                f"{name} needs labelled source rows; the {np.count_nonzero(domains.source)} source rows have no label. "
                "Label some, or use TCA, which needs no labels."
            )
        labels = column_or_1d(known_labels(y, domains.labeled), warn=True)
        assert_all_finite(labels, input_name="y")
        check_classification_targets(labels)
        codes = np.full(X.shape[0], -1)
        self.classes_, codes[domains.labeled] = np.unique(labels, return_inverse=True)
        return X, domains, codes

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
