"""Maximum independence domain adaptation: directions of large variance that depend little on the domain."""

import numpy as np
from sklearn.utils.multiclass import type_of_target

from sktl._checks import Interval, check_parameters
from sktl._core.components import combined
from sktl._threads import threads_by_size
from sktl.domains import known_labels
from sktl.feature._components import DTYPES, BaseComponents, warn_if_matched

NOTHING = 1e-12  # norm of centred indicators below which there is one domain, or one class


def numbered(names):
    """A number for each row's name, in the order in which names appear: sums that do not depend on what they say."""
    _, first, codes = np.unique(names.astype(str), return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[codes]


def group_contrasts(table):
    """F'E, (p, n_groups), with EE' = H D D' H scaled to the largest eigenvalue 1, for the indicator D of the groups."""
    counts = table.counts
    # one domain's largest eigenvalue is 0, by rounding a little less: clip
    norm = np.sqrt(np.linalg.eigvalsh(np.diag(counts) - np.outer(counts, counts) / counts.sum())[-1].clip(0))
    return table.sums / norm if norm > NOTHING else np.zeros((len(table.sums), 1))


def label_contrasts(table, y, labeled):
    """F'E, (p, c), with EE' = H Q Q' H scaled alike, for classes' indicators Q, or numbers less their mean.

    Rows without a label have 0 in Q.
    """
    known = known_labels(y, labeled)
    kind = type_of_target(known)
    if kind not in ("binary", "multiclass", "continuous"):
        raise ValueError(
            f"label_weight > 0 needs one class or number per row in y; got labels of type {kind!r}. Pass 0."
        )
    _, codes = (None, None) if kind == "continuous" else np.unique(known.astype(str), return_inverse=True)
    columns = known[:, None] - known.mean() if codes is None else np.eye(codes.max() + 1)[codes]
    Q = np.zeros((len(labeled), columns.shape[1]))
    Q[labeled] = columns
    Q -= Q.mean(axis=0)
    norm = np.linalg.norm(Q, ord=2)  # the largest eigenvalue of QQ' is its square
    return table.products(Q / norm if norm > NOTHING else 0 * Q)


class MIDA(BaseComponents):
    r"""Maximum independence domain adaptation: components with large variance that depend little on the domain.

    With the n rows of all domains, their kernel matrix K, the centring matrix H and the matrix L = H D D' H of the
    domains (d_ij = 1 where row i belongs to domain j), scaled to the largest eigenvalue 1, the components W solve

    .. math:: \max_W \operatorname{tr}(W^\top K (\mu H - L + w L_y) K W) \quad\text{subject to}\quad W^\top W = I:

    large variance, little dependence on the domain (tr W'KLKW is the Hilbert-Schmidt independence criterion, up to a
    factor) and, with w > 0, much dependence on the known labels, with L_y made of their classes (or values) as L is of
    the domains. For ``kernel="linear"`` the components are directions A = X'W of the input space with A'A = I.

    *When it helps*: there are several domains, and they differ by shifts along some directions that the labels do not
    depend on. *When it hurts*: the shift lies along the directions that separate the classes, or class shares differ.
    Measured with 20 components between unit-norm rows, on columns standardised within each domain, mean of the 12 pairs
    of Office-Caltech10 SURF and of the Amazon reviews: logistic regression (C=10 and C=1) 47.0 and 78.1 without it,
    47.9 and 77.5 with it (PCA: 47.8 and 77.6, since the means nearly agree there), 49.7 and 78.0 with
    ``label_weight=1``; 1-nearest-neighbour (Office) 31.4 and 46.3. On digits of two origins it costs logistic
    regression 3 to 4 points of 57.3. By default settings on columns standardised over all rows it gains 12 and loses 5
    points on digits, and costs 1 on objects and on tables, at most 5 (customers whose contracts differ; ``mu=0.1``
    costs 37 there), 0 on texts (``benchmarks/defaults.py``). Standardise the columns first, those of all domains alike:
    after :class:`DomainScaler` it is PCA.

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
    mu : float > 0, default=0.5
        Weight of the variance. With two domains a direction counts if the difference of the domains explains less than
        a share ``mu`` of its variance: below 1 differences between the domains are penalised, at 1 they are ignored
        (PCA of the rows minus the mean of their domain), and larger values approach PCA of all rows.
    label_weight : float >= 0, default=0.0
        w, the weight of the labels, used as classes or as numbers. Rows without a label do not count.
    n_landmarks : int >= 1, "auto" or None, default="auto"
        Rows that the components are expanded in, for kernels other than "linear". None: all (O(n^2) memory). "auto":
        all of up to 5,000 rows and 1,000 beyond.
    random_state : int, RandomState instance or None, default=0
        Seeds the choice of landmarks, which does not depend on the order of the rows.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features) or (n_components, n_landmarks)
        Coefficients: directions A' for the linear kernel, else W' on the rows ``landmarks_``. Rows of norm 1 (times
        sqrt(n / n_landmarks)); the entry of largest size is positive; zero where the variance does not outweigh the
        dependence.
    eigenvalues_ : ndarray of shape (n_components,)
        What each component adds to the objective, in falling order.
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
    TCA : Bounds the distance of two domains' means instead of subtracting it.
    sklearn.decomposition.PCA : What it becomes (up to scale) with only one domain.

    Notes
    -----
    *Cost*: linear kernel O(n d min(n, d) + min(n, d)^3) time and O(min(n, d)^2) memory beside X; exact kernel O(n^2 (d
    + 2 q)) with about q = 100 products of K with a vector, and O(n^2) memory; m landmarks O(n m (d + m) + m^3) time and
    O(m^2) memory. L and L_y are never formed: their factors have one column per domain or class. New rows cost O(d k)
    (linear) or O(m (d + k)) each, for k components.

    *Departures from the paper*: L and L_y have largest eigenvalue 1, so that one ``mu`` suits all numbers of rows. The
    linear kernel bounds A, as :class:`TCA` does; a callable (``sklearn.metrics.pairwise.linear_kernel``) gives the
    paper's W'W = I. The rows are not augmented by their domain, so that one map serves all domains, unseen ones too.
    With m landmarks W lives on them, and m = n is the exact solution. With only one domain (``SingleDomainWarning``), L
    = 0.

    References
    ----------
    .. [1] K. Yan, L. Kou, D. Zhang, "Learning domain-invariant subspace using domain features and independence
       maximization", IEEE Transactions on Cybernetics 48, 2018 (online 2017).

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sktl import OnLabeled
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.feature import MIDA
    >>> data = make_covariate_shift(n_features=5, random_state=0)  # y is NaN on target rows
    >>> pipe = make_pipeline(StandardScaler(), MIDA(n_components=3), OnLabeled(LogisticRegression()))
    >>> pipe.fit(data.X, data.y).predict(data.X).shape == data.y.shape
    True
    """

    _constraints = {"label_weight": (Interval(low=0),)}

    def __init__(
        self,
        n_components="auto",
        *,
        kernel="linear",
        gamma="median",
        degree=3,
        coef0=1,
        mu=0.5,
        label_weight=0.0,
        n_landmarks="auto",
        random_state=0,
    ):
        self.n_components = n_components
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.mu = mu
        self.label_weight = label_weight
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
            Labels, missing on target rows; with ``label_weight=0`` only which ones are missing matters.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target"). Each name is a separate domain.

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
            If the domains' means are already equal, as after :class:`DomainScaler`: the components are those of PCA,
            unless labels are used.
        """
        check_parameters(self)
        X, domains = self._check_rows(X, y, sample_domain, dtype=DTYPES)
        groups = numbered(domains.names)
        table = self._expand(X, groups, groups.max() + 1)
        terms = [(-1.0, group_contrasts(table))]
        if self.label_weight and domains.labeled.any():
            terms.append((self.label_weight, label_contrasts(table, y, domains.labeled)))
        elif not domains.single:
            warn_if_matched(self, table, terms[0][1])
        operator, nothing = combined(table.operator, self.mu, *terms), np.zeros((len(table.sums), 1))
        vectors, values = table.solve(table.ridge, self.n_components_, nothing, operator)  # |W| alone is held small
        return self._store(table, vectors, values, X.dtype)
