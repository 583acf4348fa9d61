"""Transfer component analysis: the few directions in which the domains have one mean and the data still vary."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from sktl._checks import check_kernel, check_number
from sktl._core.kernels import blocks, canonical_order, make_kernel, subsample
from sktl._core.linalg import leading_vectors, row_space, scatter
from sktl.base import BaseDomainTransformer

MAX_EXACT = 5000  # rows up to which n_landmarks="auto" is exact: 200 MB of kernel matrix
AUTO_LANDMARKS = 1000


def mean_contrast(target):
    """E with M = e e', the MMD matrix of Frobenius norm 1: e'f is the difference of the domains' means of f, scaled."""
    n_target = target.sum()
    n_source = len(target) - n_target
    if n_source == 0 or n_target == 0:
        return np.zeros((len(target), 1))
    contrast = np.where(target, -1 / n_target, 1 / n_source)
    return (contrast / np.linalg.norm(contrast))[:, None]


class TCA(BaseDomainTransformer):
    r"""Transfer component analysis: new features on which the domains look alike.

    With the n rows of all domains, their kernel matrix K, the centring matrix H and M = e e' (e is 1 / n_source on
    source rows and -1 / n_target on target rows, scaled so that M has Frobenius norm 1), the components W solve

    .. math:: \max_W \operatorname{tr}(W^\top K H K W) \quad\text{subject to}\quad W^\top (K M K + \mu I) W = I:

    large variance, a small distance between the domains' means (tr W'KMKW is their squared MMD in the new space) and
    small coefficients. For ``kernel="linear"`` the components are directions A = X'W of the input space, and X'HX, X'MX
    + mu I take the place of KHK, KMK + mu I.

    *When it helps*: the domains differ by a shift along some directions that the labels do not depend on; far fewer
    components than features are enough. *When it hurts*: the shift lies along the directions that tell the classes
    apart, or class proportions differ (matching the means then mixes classes); and always compare with a linear model
    on well-scaled rows, which often does as well (``benchmarks/office_caltech.py``). Standardise the columns first.

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
        Weight of the penalty on the coefficients, beside an M of Frobenius norm 1. Smaller values press the means
        nearer together.
    n_landmarks : int >= 1, "auto" or None, default="auto"
        Rows that the components are expanded in, for kernels other than "linear". None: all (O(n^2) memory). "auto":
        all of up to 5,000 rows and 1,000 beyond.
    random_state : int, RandomState instance or None, default=0
        Seed of the choice of landmarks, which does not depend on the order of the rows.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features) or (n_components, n_landmarks)
        Coefficients: directions A' for the linear kernel, else W' on the rows ``landmarks_``. Rows of norm 1 (times
        sqrt(n / n_landmarks)); the entry of largest size is positive; zero where nothing is left to explain.
    eigenvalues_ : ndarray of shape (n_components,)
        Scatter of each component (n_samples times its variance) over its squared distance between the domains' means,
        times n_source n_target / n_samples, plus mu (for components of norm 1). Falling.
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
    sklearn.decomposition.PCA : Variance alone; what TCA becomes (up to scale) where there is one domain.
    sktl.instance.KMM : Moves weights of rows, not features.

    Notes
    -----
    *Cost*: linear kernel O(n d min(n, d) + min(n, d)^3) time and O(min(n, d)^2) memory beside X; exact kernel O(n^2 (d
    + 4 q)) with some q = 100 products of K with a vector, and O(n^2) memory; m landmarks O(n m (d + m) + m^3) time and
    O(m^2) memory. New rows cost O(d k) (linear) or O(m (d + k)) each, for k components.

    *Departures from the paper*: M has Frobenius norm 1, so that one ``mu`` suits all numbers of rows; the paper's mu
    for its own L is ``mu`` * (1 / n_source + 1 / n_target). Components have unit Euclidean norm instead of the
    constraint's scale, which is what reproduces the published figures of [2]. For the linear kernel the penalty is
    tr(A'A), as in [2]; a callable (``sklearn.metrics.pairwise.linear_kernel``) gives the paper's tr(W'W). With m
    landmarks W lives on them and mu is scaled by m / n, so that m = n is the exact solution. If there is one domain
    (``SingleDomainWarning``), M = 0.

    References
    ----------
    .. [1] S. J. Pan, I. W. Tsang, J. T. Kwok, Q. Yang, "Domain adaptation via transfer component analysis", IEEE
       Transactions on Neural Networks 22, 2011.
    .. [2] M. Long, J. Wang, G. Ding, J. Sun, P. S. Yu, "Transfer feature learning with joint distribution adaptation",
       ICCV 2013.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sktl import OnLabeled
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.feature import TCA
    >>> data = make_covariate_shift(n_features=5, random_state=0)  # y is NaN on target rows
    >>> pipe = make_pipeline(StandardScaler(), TCA(n_components=3), OnLabeled(LogisticRegression()))
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
        n_landmarks="auto",
        random_state=0,
    ):
        self.n_components = n_components
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.mu = mu
        self.n_landmarks = n_landmarks
        self.random_state = random_state

    def fit(self, X, y=None, sample_domain=None):
        """Find the components.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels; only which ones are missing (target rows) matters.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, where the labels can't tell: booleans (True = target), integers (negative = target) or names
            ("target").

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
        contrast = mean_contrast(domains.target)
        if self.kernel == "linear":
            vectors, self.eigenvalues_ = self._fit_linear(X, contrast)
        else:
            vectors, self.eigenvalues_ = self._fit_kernel(X, contrast)
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
        check_number("n_landmarks", self.n_landmarks, Integral, low=1, options=("auto", None))

    def _check_rank(self, bound, what):
        if self.n_components > bound:
            raise ValueError(
                f"n_components={self.n_components} exceeds the number of directions, {what} = {bound}. Lower it."
            )

    def _fit_linear(self, X, contrast):
        """Components as directions of the input space; with fewer rows than columns, within the span of the rows."""
        n, d = X.shape
        self._check_rank(min(n, d), f"min(n_samples={n}, n_features={d})")
        self.solver_, self.approximation_ = ("primal" if d <= n else "dual"), "exact"
        self.landmarks_, self.gamma_ = None, np.nan
        basis = None if d <= n else row_space(X)
        parts = (X[rows] if basis is None else np.asarray(X[rows] @ basis) for rows in blocks(n, 4096))
        matrix, projected = scatter(parts, contrast)
        within = min(self.n_components, len(matrix))
        vectors, values = leading_vectors(matrix, projected, self.mu, within)
        vectors = vectors if basis is None else basis @ vectors
        missing = self.n_components - within  # rows that are no more than `within` different directions
        return np.pad(vectors, ((0, 0), (0, missing))), np.pad(values, (0, missing))

    def _fit_kernel(self, X, contrast):
        """Components as expansions in the rows, or in landmarks among them."""
        n = X.shape[0]
        self._kernel = make_kernel(self.kernel, self.gamma, X, self.degree, self.coef0)
        self.gamma_ = self._kernel.params.get("gamma", np.nan)
        size = {"auto": n if n <= MAX_EXACT else AUTO_LANDMARKS, None: n}.get(self.n_landmarks, self.n_landmarks)
        size = min(size, n)
        self._check_rank(size, "n_samples" if size == n else "n_landmarks")
        if size == n:
            self.solver_, self.approximation_, self.landmarks_ = "dual", "exact", X.copy()
            K = self._kernel(X, X)
            start = 1 + canonical_rank(X) / n  # depends on a row's values, not on its place
            return leading_vectors((n, lambda v: K @ _centred(K @ v)), K @ contrast, self.mu, self.n_components, start)
        self.solver_, self.approximation_ = "primal", "nystroem"
        self.landmarks_ = X[subsample(X, size, check_random_state(self.random_state))]
        values = (self._kernel(X[rows], self.landmarks_) for rows in blocks(n))
        matrix, projected = scatter(values, contrast)
        vectors, eigenvalues = leading_vectors(matrix, projected, self.mu * size / n, self.n_components)
        return vectors * np.sqrt(n / size), eigenvalues


def _centred(v):
    return v - v.mean(axis=0)


def canonical_rank(X):
    """Place of each row in an order that depends on values alone."""
    rank = np.empty(X.shape[0])
    rank[canonical_order(X)] = np.arange(X.shape[0])
    return rank
