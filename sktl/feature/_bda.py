"""Balanced distribution adaptation: JDA that weighs the means of the domains against those of the classes."""

from numbers import Integral

import numpy as np

from sktl._checks import BOOLEAN, CLASSIFIER, Interval, check_parameters
from sktl._core.contrasts import balance_factor
from sktl._core.kernels import canonical_order
from sktl._progress import ReportsProgress, reported, with_callbacks
from sktl._threads import threads_by_size
from sktl.feature._components import BaseComponents, read_classes
from sktl.feature._pseudo_labels import NearestDirection, alternate, store_turns


class BDA(ReportsProgress, BaseComponents):
    r"""Balanced distribution adaptation: JDA with a weight between the domains' means and those of the classes.

    JDA with, for C classes and a ``balance`` b in [0, 1],

    .. math::

        M = \Big( (1 - b) C e_0 e_0^\top + b \sum_{c=1}^C e_c e_c^\top \Big) \Big/ \lVert \cdot \rVert_F :

    :math:`e_0` contrasts the means of the domains, :math:`e_c` those of class c (see JDA). b = 0 is TCA, b = 1/2 is
    JDA. The paper calls b mu; here ``mu`` is the weight of the penalty, as everywhere. "auto" estimates b in each
    iteration from left-out A-distances of the rows: with d_0 between the domains and d_c between the rows of class
    c, b = mean(d_c) / (d_0 + mean(d_c)).

    *When it helps*: the classes moved more, or less, than the domains as a whole. *When it hurts*: as JDA; and there is
    little to gain over it: on Office-Caltech10 (as for JDA) "auto" reaches 47.0 where JDA has 46.8, and all fixed
    balances from 0.2 to 1 lie within 0.5 points on six pairs; on Amazon reviews they have 78.0 and 78.1, on digits of
    two origins 65.8 and 65.9. Try JDA first.

    Parameters
    ----------
    n_components : int >= 1 or "auto", default="auto"
        Number of new features. "auto": 20, or the number of directions of the rows if that is smaller.
    balance : float in [0, 1] or "auto", default="auto"
        Weight of the class means (the paper's mu).
    class_balanced : bool, default=False
        W-BDA: the mean of class c counts with the root of the share of that class in its domain, so that differing
        class shares are not forced together.
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
    balances_ : ndarray of shape (n_iter_,)
        Balance of each iteration. The first has no effect, since there are no class means yet, unless some target
        labels are known.
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
    JDA : ``balance=0.5``.
    TCA : ``balance=0``; needs no labels.

    Notes
    -----
    *Cost*: that of JDA; "auto" adds, for each class and iteration, one factorisation of a min(n, d) x min(n, d) matrix
    for a ridge classifier's exact leave-one-out error on n <= 2,000 rows. A class with fewer than 2 rows in a domain is
    left out of the estimate; b = 1/2 where no class has more.

    *Departures from the paper*: the domains' part is multiplied by C, as in its authors' code, so that b = 1/2 is JDA.
    The contrasts of W-BDA do not sum to 0; they act here on centred rows (H E for E), so that the origin of X makes no
    difference. Otherwise those of JDA.

    References
    ----------
    .. [1] J. Wang, Y. Chen, S. Hao, W. Feng, Z. Shen, "Balanced distribution adaptation for transfer learning", ICDM
       2017.
    .. [2] J. Wang, W. Feng, Y. Chen, H. Yu, M. Huang, P. S. Yu, "Visual domain adaptation with manifold embedded
       distribution alignment", ACM Multimedia 2018: the estimate of the balance.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sktl import OnLabeled
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.feature import BDA
    >>> data = make_covariate_shift(n_features=5, random_state=0)  # y is NaN on target rows
    >>> pipe = make_pipeline(StandardScaler(), BDA(n_components=3), OnLabeled(LogisticRegression()))
    >>> pipe.fit(data.X, data.y).predict(data.X).shape == data.y.shape
    True
    """

    _constraints = {
        "balance": ("auto", Interval(low=0, high=1)),
        "class_balanced": BOOLEAN,
        "estimator": (None, *CLASSIFIER),
        "max_iter": (Interval(Integral, 1),),
    }
    _needs_labels = True

    def __init__(
        self,
        n_components="auto",
        *,
        balance="auto",
        class_balanced=False,
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
        self.balance = balance
        self.class_balanced = class_balanced
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
        balances, order = [], canonical_order(X)  # once: the A-distances' rows follow values, not the order of rows

        def solve(codes):
            auto = self.balance == "auto"
            estimate = balance_factor(X, rows.target, codes, len(rows.classes), order) if auto else self.balance
            balances.append(float(estimate))
            return table.solve(
                table.penalty(self.mu), self.n_components_, table.contrasts(balances[-1], self.class_balanced)
            )

        turns = reported(self, alternate(table, X, rows, solve, classifier, self.max_iter), self.max_iter, "iteration")
        self.balances_ = np.array(balances)
        return store_turns(self, table, turns, rows, X.dtype)
