"""Maximum independence domain adaptation: the directions of large variance that tell least about the domain."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from sktl._checks import check_kernel, check_number
from sktl._core.kernels import blocks, canonical_order, make_kernel, subsample
from sktl._core.linalg import leading_vectors, row_space, scatter
from sktl.base import BaseDomainTransformer
from sktl.domains import known_labels

MAX_EXACT = 5000  # rows up to which n_landmarks="auto" is exact: 200 MB of kernel matrix
AUTO_LANDMARKS = 1000


def indicators(values):
    """One column a distinct value, 1 on its rows."""
    _, codes = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    return np.eye(codes.max() + 1)[codes]


def centred_factor(features):
    """E with EE' = H D D' H scaled to the largest eigenvalue 1, for the features D of the rows."""
    centred = features - features.mean(axis=0)
    norm = np.linalg.norm(centred, ord=2) if centred.size else 0.0
    return centred / norm if norm > 1e-12 else np.zeros((len(features), 1))


def label_features(y, labeled):
    """Indicators of the classes, or the numbers of a regression without their mean; 0 on rows without a label."""
    known = known_labels(y, labeled)
    kind = type_of_target(known)
    if kind not in ("binary", "multiclass", "continuous"):
        raise ValueError(f"y_weight > 0 needs one class or number a row in y; got labels of type {kind!r}. Pass 0.")
    columns = known[:, None] - known.mean() if kind == "continuous" else indicators(known)
    features = np.zeros((len(labeled), columns.shape[1]))
    features[labeled] = columns
    return features


class MIDA(BaseDomainTransformer):
    def __init__(
        self,
        n_components=2,
        *,
        kernel="linear",
        gamma="median",
        degree=3,
        coef0=1,
        mu=1.0,
        y_weight=0.0,
        n_landmarks="auto",
        random_state=0,
    ):
        self.n_components = n_components
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.mu = mu
        self.y_weight = y_weight
        self.n_landmarks = n_landmarks
        self.random_state = random_state

    def fit(self, X, y=None, sample_domain=None):
        self._check_params()
        X, domains = self._check_rows(X, y, sample_domain, dtype=[np.float64, np.float32])
        dependence = centred_factor(indicators(domains.names))
        labels = np.zeros((X.shape[0], 0))
        if self.y_weight and y is not None:
            labels = np.sqrt(self.y_weight) * centred_factor(label_features(y, domains.labeled))
        fit = self._fit_linear if self.kernel == "linear" else self._fit_kernel
        vectors, self.eigenvalues_ = fit(X, np.hstack([dependence, labels]), dependence.shape[1])
        self.components_ = np.ascontiguousarray(vectors.T, dtype=X.dtype)
        self._n_features_out = self.n_components
        return self

    def transform(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        if self.landmarks_ is None:
            return np.asarray(X @ self.components_.T.astype(X.dtype, copy=False))
        mapped = np.empty((X.shape[0], self.n_components), dtype=X.dtype)
        coefficients = self.components_.T.astype(np.float64)
        for rows in blocks(X.shape[0]):
            mapped[rows] = self._kernel(X[rows], self.landmarks_) @ coefficients
        return mapped

    def _check_params(self):
        check_number("n_components", self.n_components, Integral, low=1)
        check_kernel(self.kernel, self.gamma, self.degree, self.coef0)
        check_number("mu", self.mu, low=0, closed="neither")
        check_number("y_weight", self.y_weight, low=0)
        check_number("n_landmarks", self.n_landmarks, Integral, low=1, options=("auto", None))

    def _check_rank(self, bound, what):
        if self.n_components > bound:
            raise ValueError(
                f"n_components={self.n_components} exceeds the number of directions, {what} = {bound}. Lower it."
            )

    def _solve(self, parts, factors, n_domain, n_components):
        """Leading eigenvectors of F'(mu H - LL' + w YY')F for a table F that comes in blocks of rows."""
        total, projected = scatter(parts, factors)
        domain, label = projected[:, :n_domain], projected[:, n_domain:]
        matrix = self.mu * total - domain @ domain.T + label @ label.T
        return leading_vectors(matrix, np.zeros((len(matrix), 1)), 1.0, n_components)

    def _fit_linear(self, X, factors, n_domain):
        """Components as directions of the input space; with fewer rows than columns, within the span of the rows."""
        n, d = X.shape
        self._check_rank(min(n, d), f"min(n_samples={n}, n_features={d})")
        self.solver_, self.approximation_ = ("primal" if d <= n else "dual"), "exact"
        self.landmarks_, self.gamma_ = None, np.nan
        basis = None if d <= n else row_space(X)
        parts = (X[rows] if basis is None else np.asarray(X[rows] @ basis) for rows in blocks(n, 4096))
        within = min(self.n_components, d if basis is None else basis.shape[1])
        vectors, values = self._solve(parts, factors, n_domain, within)
        vectors = vectors if basis is None else basis @ vectors
        missing = self.n_components - within  # rows that are no more than `within` different directions
        return np.pad(vectors, ((0, 0), (0, missing))), np.pad(values, (0, missing))

    def _fit_kernel(self, X, factors, n_domain):
        """Components as expansions in the rows, or in landmarks among them."""
        n = X.shape[0]
        self._kernel = make_kernel(self.kernel, self.gamma, X, self.degree, self.coef0)
        self.gamma_ = self._kernel.params.get("gamma", np.nan)
        size = {"auto": n if n <= MAX_EXACT else AUTO_LANDMARKS, None: n}.get(self.n_landmarks, self.n_landmarks)
        size = min(size, n)
        self._check_rank(size, "n_samples" if size == n else "n_landmarks")
        if size < n:
            self.solver_, self.approximation_ = "primal", "nystroem"
            self.landmarks_ = X[subsample(X, size, check_random_state(self.random_state))]
            parts = (self._kernel(X[rows], self.landmarks_) for rows in blocks(n))
            vectors, values = self._solve(parts, factors, n_domain, self.n_components)
            return vectors * np.sqrt(n / size), values * n / size
        self.solver_, self.approximation_, self.landmarks_ = "dual", "exact", X.copy()
        K = self._kernel(X, X)
        signs = np.where(np.arange(factors.shape[1]) < n_domain, -1.0, 1.0)

        def multiply(v):
            f = K @ v
            weights = (signs * (factors.T @ f).T).T
            return K @ (self.mu * (f - f.mean(axis=0)) + factors @ weights)

        start = np.empty(n)
        start[canonical_order(X)] = 1 + np.arange(n) / n  # depends on a row's values, not on its place
        return leading_vectors((n, multiply), np.zeros((n, 1)), 1.0, self.n_components, start)
