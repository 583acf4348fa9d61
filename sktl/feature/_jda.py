"""Joint distribution adaptation: components on which the domains agree in their means and in those of each class."""

from numbers import Integral

from sktl._checks import CLASSIFIER, Interval, check_parameters
from sktl._progress import ReportsProgress, reported, with_callbacks
from sktl._threads import threads_by_size
from sktl.feature._components import BaseComponents, read_classes
from sktl.feature._pseudo_labels import NearestDirection, alternate, store_turns


class JDA(ReportsProgress, BaseComponents):
    r"""Joint distribution adaptation: new features on which the domains look alike, class by class.

    TCA with another MMD matrix. With the n rows of all domains, their kernel matrix K, the centring matrix H and C
    classes, the components W solve

    .. math::

        \max_W \operatorname{tr}(W^\top K H K W) \quad\text{subject to}\quad W^\top (K M K + \mu I) W = I,
        \qquad M = \Big( C e_0 e_0^\top + \sum_{c=1}^C e_c e_c^\top \Big) \Big/ \lVert \cdot \rVert_F :

    :math:`e_0` contrasts the means of the domains (1 / n_source on source rows, -1 / n_target on target rows), and
    :math:`e_c` those of class c (the same, among rows of that class). Where target labels are missing, a classifier
    guesses them from the components; components and guesses are renewed in turn until no guess changes. The first
    components are those of TCA. For ``kernel="linear"`` the components are directions A = X'W of the input space, and
    X'HX, X'MX + mu I take the place of KHK, KMK + mu I.

    *When it helps*: the first guesses are mostly right, and classes moved differently. On digits of two origins
    (logistic regression, both ways, 20 components) it reaches 65.9 where TCA has 53.4 and no adaptation 57.3; on
    Office-Caltech10 (SURF, rows of unit norm, 20 components, 1-nearest-neighbour, 12 pairs) 46.8 where TCA has 46.2.
    *When it hurts*: wrong guesses confirm themselves, and nothing stops that. Logistic regression on the same unit-norm
    rows, without any adaptation, has 47.0 on Office-Caltech10. On Amazon reviews (12 pairs, rows of unit norm, logistic
    regression) JDA and no adaptation have 78.1, pairs from 2.5 points worse to 3 better. By default settings on columns
    standardised over all rows it gains 18 points on digits, 6 on texts, 2 on objects and loses 0.4 on tables
    (``benchmarks/defaults.py``); ``mu=0.3`` gained 2 more on digits and texts.

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
        Weight of the penalty on the coefficients (the paper's lambda), beside an MMD matrix of Frobenius norm 1, in
        units of the rows' total variance (other kernels: of the square of their variance in the kernel's feature
        space), so that the units of X do not matter.
    estimator : classifier, default=None
        Guesses the classes of target rows from the components. None: 1-nearest-neighbour on rows scaled to unit norm,
        as in the literature; beyond 5,000 labelled rows the search is approximate (in cells of nearby rows) and nearly
        always finds the nearest. Another classifier sees the components unscaled, with very different sizes:
        ``make_pipeline(StandardScaler(), LogisticRegression())``.
    max_iter : int >= 1, default=10
        Maximum number of eigenproblems; the literature uses 10.
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
        Scatter of each component over M's measure of the distance between the domains, plus mu in its units (for
        components of norm 1). Falling.
    classes_ : ndarray of shape (n_classes,)
        Classes of the labelled rows.
    pseudo_labels_ : ndarray of shape (n_target,)
        Classes of the target rows after the last iteration, in row order; known labels are kept.
    pseudo_label_changes_ : ndarray of shape (n_iter_,)
        Share of the pseudo-labels that changed in each iteration; 1 in the first, and 0 in the last if the iterations
        converged.
    n_iter_ : int
        Eigenproblems solved.
    estimator_ : classifier
        The classifier, fitted on the last components of the labelled rows; None where there is one class.
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
    TCA : Matches the means of the domains alone; needs no labels.
    BDA : Weights the means of the domains against those of the classes.

    Notes
    -----
    *Cost*: that of TCA, where the scatter (or the kernel matrix) is computed once; each further iteration adds an
    eigenproblem, a pass for the embedding, the classifier, and the sums over the rows whose guess changed. M is kept
    as a factor E E' of C + 1 columns; its Frobenius norm is that of E'E. 100,000 + 100,000 rows of 100 columns and ten
    classes take less than 30 s of one core by default, most of it the search of neighbours.

    *Convergence*: the iterations stop when no guess changes. They may also cycle; reaching ``max_iter`` is common, so
    there is no warning: look at ``pseudo_label_changes_``.

    *Departures from the paper*: none for a callable linear kernel, ``sklearn.metrics.pairwise.linear_kernel``, which
    gives its figures pair by pair (100 components: 46.3); ``kernel="linear"`` penalises tr(A'A) instead of tr(W'W), and
    is faster and as good (20 components: 46.8, and 47.2 by the paper's penalty). Components have unit Euclidean norm. A
    class without rows in one of the domains has no contrast in that iteration. Known target labels are used from the
    first iteration on. Source rows without a label count only in the means of the domains. With m landmarks W lives on
    them and mu is scaled by m / n. With only one domain (``SingleDomainWarning``), M = 0.

    References
    ----------
    .. [1] M. Long, J. Wang, G. Ding, J. Sun, P. S. Yu, "Transfer feature learning with joint distribution adaptation",
       ICCV 2013.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sktl import OnLabeled
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.feature import JDA
    >>> data = make_covariate_shift(n_features=5, random_state=0)  # y is NaN on target rows
    >>> pipe = make_pipeline(StandardScaler(), JDA(n_components=3), OnLabeled(LogisticRegression()))
    >>> pipe.fit(data.X, data.y).predict(data.X).shape == data.y.shape
    True
    """

    _constraints = {"estimator": (None, *CLASSIFIER), "max_iter": (Interval(Integral, 1),)}
    _needs_labels = True

    def __init__(
        self,
        n_components="auto",
        *,
        kernel="linear",
        gamma="median",
        degree=3,
        coef0=1,
        mu=1.0,
        estimator=None,
        max_iter=10,
        n_landmarks="auto",
        random_state=0,
    ):
        self.n_components = n_components
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.mu = mu
        self.estimator = estimator
        self.max_iter = max_iter
        self.n_landmarks = n_landmarks
        self.random_state = random_state

    @with_callbacks
    @threads_by_size
    def fit(self, X, y=None, sample_domain=None):
        """Find the components.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Class labels, missing on target rows. Known target labels are used too.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target"). Several sources are treated as one.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described, no source row has a label, ``y`` is not of classes, or
            ``n_components`` exceeds the number of directions there are.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain; the components then maximise variance alone.
        """
        check_parameters(self)
        X, rows = read_classes(self, X, y, sample_domain)
        table = self._expand(X, rows.groups(rows.codes), rows.n_groups)
        classifier = NearestDirection() if self.estimator is None else self.estimator

        def solve(codes):  # the table's groups are those of the codes
            return table.solve(table.penalty(self.mu), self.n_components_)

        turns = reported(self, alternate(table, X, rows, solve, classifier, self.max_iter), self.max_iter, "iteration")
        return store_turns(self, table, turns, rows, X.dtype)
