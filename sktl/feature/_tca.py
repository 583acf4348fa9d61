"""Transfer component analysis: the few directions in which the domains have one mean and the data still vary."""

from sktl._checks import check_parameters
from sktl._core.contrasts import row_groups
from sktl._threads import threads_by_size
from sktl.feature._components import DTYPES, BaseComponents, warn_if_matched


class TCA(BaseComponents):
    r"""Transfer component analysis: new features on which the domains look alike.

    With the n rows of all domains, their kernel matrix K, the centring matrix H and M = e e' (e is 1 / n_source on
    source rows and -1 / n_target on target rows, scaled so that M has Frobenius norm 1), the components W solve

    .. math:: \max_W \operatorname{tr}(W^\top K H K W) \quad\text{subject to}\quad W^\top (K M K + \mu I) W = I:

    large variance, a small distance between the domains' means (tr W'KMKW is their squared MMD in the new space) and
    small coefficients. For ``kernel="linear"`` the components are directions A = X'W of the input space, and X'HX, X'MX
    + mu I take the place of KHK, KMK + mu I.

    *When it helps*: the domains differ by a shift along some directions that the labels do not depend on, and far fewer
    components than features are enough. *When it hurts*: the shift lies along the directions that separate the classes,
    or class shares differ (matching the means then mixes classes). Standardise the columns first, those of all domains
    alike: after :class:`DomainScaler` the means are equal and TCA is PCA (a warning says so). The literature's protocol
    standardises each domain by itself and then scales rows to unit norm, which leaves almost nothing to match: with 20
    components before logistic regression TCA has 47.9 on Office-Caltech10 (12 pairs), PCA 47.8, neither 47.0; on Amazon
    reviews (12 pairs) 77.6, 77.6 and 78.1; on digits of two origins 53.4, 53.7 and 57.3. Columns standardised over all
    rows, by default settings (``benchmarks/defaults.py``): gains of 16 and -5 points on digits (PCA: -2 and -5), -1 on
    objects (0), 0 on texts (1), -1 on tables (-2).

    Parameters
    ----------
    n_components : int >= 1 or "auto", default="auto"
        Number of new features. "auto": 20, or the number of directions of the rows if that is smaller.
    kernel : str or callable, default="linear"
        A pairwise kernel of scikit-learn, or a callable that takes two samples and returns the matrix of kernel values.
    gamma : float > 0, "median", "auto" or "scale", default="median"
        Parameter of the kernels that have one, in 1 / squared units of X: with m the median squared distance between
        rows, "median" is 1 / (2 m), "auto" 0.3 / m; "scale" is 1 / (n_features * X.var()).
    degree, coef0 : float, default=3, 1
        Parameters of the "poly" and "sigmoid" kernels.
    mu : float > 0, default=1.0
        Weight of the penalty on the coefficients, beside an M of Frobenius norm 1, in units of the rows' total variance
        (other kernels: of the square of their variance in the kernel's feature space), so that the units of X do not
        matter. Smaller values bring the means closer together.
    n_landmarks : int >= 1, "auto" or None, default="auto"
        Rows that the components are expanded in, for kernels other than "linear". None: all (O(n^2) memory). "auto":
        all of up to 5,000 rows and 1,000 beyond.
    random_state : int, RandomState instance or None, default=0
        Seeds the choice of landmarks, which does not depend on the order of the rows.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features) or (n_components, n_landmarks)
        Coefficients: directions A' for the linear kernel, else W' on the rows ``landmarks_``. Rows of norm 1 (times
        sqrt(n / n_landmarks)); the entry of largest size is positive; zero where nothing is left to explain.
    eigenvalues_ : ndarray of shape (n_components,)
        Scatter of each component (n_samples times its variance) over its squared distance between the domains' means,
        times n_source n_target / n_samples, plus mu in its units (for components of norm 1). Falling.
    n_components_ : int
        Number of components.
    landmarks_ : ndarray or CSR matrix of shape (n_landmarks, n_features), or None
        Rows that kernels are computed with; None for the linear kernel.
    solver_ : {"primal", "dual"}
        The eigenproblem solved: in features or in rows.
    approximation_ : {"exact", "nystroem"}
        Whether landmarks were used in place of all rows.
    gamma_ : float
        The value used (NaN for kernels without a gamma).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    sklearn.decomposition.PCA : Only variance; what TCA becomes (up to scale) with only one domain.
    SSTCA : Looks at labels and neighbours as well.
    JDA : Matches the means of the classes too.
    TJM : Leaves out source rows that the target does not need.
    sktl.instance.KMM : Changes the weights of rows, not the features.

    Notes
    -----
    *Cost*: linear kernel O(n d min(n, d) + min(n, d)^3) time and O(min(n, d)^2) memory beside X; exact kernel O(n^2 (d
    + 4 q)) with about q = 100 products of K with a vector, and O(n^2) memory; m landmarks O(n m (d + m) + m^3) time and
    O(m^2) memory. New rows cost O(d k) (linear) or O(m (d + k)) each, for k components.

    *Departures from the paper*: M has Frobenius norm 1, so that one ``mu`` suits all numbers of rows; the paper's mu
    for its own L is ``mu``, in its units, times 1 / n_source + 1 / n_target. Components have unit Euclidean norm
    instead of the constraint's scale, which is what reproduces the published figures of [2]. For the linear kernel the
    penalty is tr(A'A), as in [2]; a callable (``sklearn.metrics.pairwise.linear_kernel``) gives the paper's tr(W'W).
    With m landmarks W lives on them and mu is scaled by m / n, so that m = n is the exact solution. With only one
    domain (``SingleDomainWarning``), M = 0.

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
        n_components="auto",
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

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None):
        """Find the components.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels; only used to find the target rows, whose labels are missing.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target").

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
            If there is only one domain; the components then maximise variance alone.
        MatchedMeansWarning
            If the domains' means are already equal, as after :class:`DomainScaler`: the components are those of PCA.
        """
        check_parameters(self)
        X, domains = self._check_rows(X, y, sample_domain, dtype=DTYPES)
        table = self._expand(X, row_groups(domains.target), n_groups=2)
        if not domains.single:
            warn_if_matched(self, table, table.contrasts())
        vectors, values = table.solve(table.penalty(self.mu), self.n_components_)
        return self._store(table, vectors, values, X.dtype)
