"""Maximum independence domain adaptation: the directions of large variance that tell least about the domain."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from sktl._checks import check_kernel, check_number
from sktl._core.kernels import blocks, canonical_order, make_kernel, subsample
from sktl._core.linalg import leading_vectors, row_space, scatter
from sktl.base import BaseDomainTransformer, validate_rows
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
    r"""Maximum independence domain adaptation: components of large variance that tell little about the domain.

    With the n rows of all domains, their kernel matrix K, the centring matrix H and the matrix L = H D D' H of the
    domains (d_ij = 1 where row i belongs to domain j), scaled to the largest eigenvalue 1, the components W solve

    .. math:: \max_W \operatorname{tr}(W^\top K (\mu H - L + w L_y) K W) \quad\text{subject to}\quad W^\top W = I:

    large variance, little dependence on the domain (tr W'KLKW is the Hilbert-Schmidt independence criterion, up to a
    factor) and, with w > 0, much dependence on the known labels, with L_y made of their classes (or values) as L is of
    the domains. For ``kernel="linear"`` the components are directions A = X'W of the input space with A'A = I.

    *When it helps*: there are several domains, and they differ by shifts along some directions that the labels do not
    depend on. *When it hurts*: the shift lies along the directions that tell the classes apart, or class shares differ.
    Measured with 20 components between unit-norm rows, on columns standardised within each domain, mean of the 12 pairs
    of Office-Caltech10 SURF and of the Amazon reviews: logistic regression (C=10 and C=1) 47.0 and 78.1 without it,
    47.9 and 77.5 with it, 48.9 and 77.9 with ``y_weight=1``; 1-nearest-neighbour (Office) 31.4 and 46.3. On digits of
    two origins it costs logistic regression 3 to 4 points of 57.3. Standardise the columns first.

    Parameters
    ----------
    n_components : int >= 1, default=2
        Number of new features.
    kernel : str or callable, default="linear"
        A pairwise kernel of scikit-learn, or a callable that takes two samples and returns the matrix of kernel values.
    gamma : float > 0, "median", "auto" or "scale", default="median"
        Parameter of the kernels that have one, in 1 / squared units of X: with m the median squared distance between
        rows, "median" is 1 / (2 m), "auto" 0.3 / m; "scale" is 1 / (n_features * X.var()).
    degree, coef0 : float, default=3, 1
        Parameters of the "poly" and "sigmoid" kernels.
    mu : float > 0, default=1.0
        Weight of the variance. 1 leaves out the differences between domains that L holds (for two domains: the variance
        counted is that within them); smaller values punish them, larger ones come near to PCA.
    y_weight : float >= 0, default=0.0
        w, the weight of the labels. A ``y`` of classes counts by class, one of real numbers by its values; rows without
        a label count nothing.
    n_landmarks : int >= 1, "auto" or None, default="auto"
        Rows that the components are expanded in, for kernels other than "linear". None: all (O(n^2) memory). "auto":
        all of up to 5,000 rows and 1,000 beyond.
    random_state : int, RandomState instance or None, default=0
        Seed of the choice of landmarks, which does not depend on the order of the rows.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features) or (n_components, n_landmarks)
        Coefficients: directions A' for the linear kernel, else W' on the rows ``landmarks_``. Rows of norm 1 (times
        sqrt(n / n_landmarks)); the entry of largest size is positive; zero where the variance does not pay for the
        dependence.
    eigenvalues_ : ndarray of shape (n_components,)
        What each component adds to the objective. Falling.
    landmarks_ : ndarray or CSR matrix of shape (n_landmarks, n_features), or None
        Rows that kernels are computed with; None for the linear kernel.
    solver_ : {"primal", "dual"}
        The eigenproblem solved: in features or in rows.
    approximation_ : {"exact", "nystroem"}
        Whether landmarks stood in for all rows.
    gamma_ : float
        The value used (nan for kernels without one).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    TCA : Bounds the distance of two domains' means instead of subtracting it.
    sklearn.decomposition.PCA : What it becomes (up to scale) where there is one domain.

    Notes
    -----
    *Cost*: linear kernel O(n d min(n, d) + min(n, d)^3) time and O(min(n, d)^2) memory beside X; exact
    kernel O(n^2 (d + 2 q)) with some q = 100 products of K with a vector, and O(n^2) memory; m landmarks O(n m (d + m)
    + m^3) time and O(m^2) memory. L and L_y are never formed: their factors have a column a domain and a class. New
    rows cost O(d k) (linear) or O(m (d + k)) each, for k components.

    *Departures from the paper*: L and L_y have largest eigenvalue 1, so that one ``mu`` suits all numbers of rows. The
    linear kernel bounds A, as :class:`TCA` does; a callable (``sklearn.metrics.pairwise.linear_kernel``) gives the
    paper's W'W = I. The rows are not augmented by their domain, so that one map serves all domains, unseen ones too.
    With m landmarks W lives on them, and m = n is the exact solution. If there is one domain (``SingleDomainWarning``),
    L = 0.

    References
    ----------
    .. [1] K. Yan, L. Kou, D. Zhang, "Learning domain-invariant subspace using domain features and independence
       maximization", IEEE Transactions on Cybernetics 48, 2018 (online 2017).

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sktl import OnLabeled
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.feature import MIDA, DomainScaler
    >>> data = make_covariate_shift(n_features=5, random_state=0)  # y is NaN on target rows
    >>> pipe = make_pipeline(DomainScaler(), MIDA(n_components=3), OnLabeled(LogisticRegression()))
    >>> pipe.fit(data.X, data.y).predict(data.X).shape == data.y.shape
    True
    """

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
        """Find the components.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows; with ``y_weight=0`` only which ones are missing matters.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, where the labels can't tell: booleans (True = target), integers (negative = target) or names
            ("target"). Each name is a domain of its own.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or a domain is not as described, or ``n_components`` exceeds the number of directions there
            are.

        Warns
        -----
        SingleDomainWarning
            If there is one domain; the components then maximise variance alone.
        """
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
