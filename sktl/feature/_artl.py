"""Adaptation regularisation: least squares in a kernel with the domains' means, and neighbours, kept together."""

from sktl.feature._adaptation_regularization import BaseAdaptationRegularization


class ARTLClassifier(BaseAdaptationRegularization):
    r"""Kernel least squares, regularised so that the domains' means, and neighbouring rows, get similar values.

    With the default kernel the units of X do not matter; with a linear one ``reg`` is in squared units of X.

    With the kernel matrix K of the n rows of all domains, one-hot labels Y (zero where unknown) and the diagonal J of
    labelled rows, the function :math:`f(x) = \sum_i w_i k(x_i, x)` of each class minimises

    .. math:: \|J (Y - K w)\|^2 + \eta\, w^\top K w + \lambda\, w^\top K M K w + \rho\, w^\top K L K w ,

    solved by :math:`((J + \lambda M + \rho L) K + \eta I)\, w = J Y`. M, of Frobenius norm 1, measures the squared
    distance between the domains' means, of all rows and of each class (by pseudo-labels in the target): joint MMD. L is
    the normalised Laplacian of the neighbour graph of all rows. Pseudo-labels start from ``estimator`` and are renewed
    until they no longer change.

    *When it helps*: classes form clusters that are connected across the domains, and the first pseudo-labels are mostly
    right: on digits of two origins (rows of unit norm, ``gamma=0.5``, both ways) it has 77.0 %, the best of all in
    ``benchmarks/amazon_digits.py``, against 59.4 for its 1-nearest-neighbour start and 57.3 for logistic regression on
    the same source rows. *When it hurts*: the first pseudo-labels are mostly wrong, since each round trusts the last
    one. On Office-Caltech (SURF) it has 44.5 % on average over 12 pairs, 43.8 after one round, against 47.0 of logistic
    regression; on Amazon reviews (12 pairs) 71.1 against 78.1. It also hurts where class shares differ, since the means
    of all rows are brought together: two overlapping classes, one of them half of the source and 50, 30, 15, 5 % of the
    target, 79.6, 74.4, 66.9, 60.4 against 80.8, 77.6, 76.2, 76.1 of logistic regression. Standardise each domain by
    itself first.

    Parameters
    ----------
    estimator : classifier, default=None
        Gives the first pseudo-labels; a clone is fitted on the labelled rows. None: 1-nearest-neighbour.
    kernel : str or callable, default="rbf"
        A pairwise kernel of scikit-learn, or a callable that takes two samples and returns the matrix of kernel values.
    gamma : float > 0, "median", "auto" or "scale", default="median"
        Parameter of the kernels that have one, in 1 / squared units of X: with m the median squared distance between
        rows, "median" is 1 / (2 m), "auto" 0.3 / m; "scale" is 1 / (n_features * X.var()).
    degree, coef0 : float, default=3, 1
        Parameters of the "poly" and "sigmoid" kernels.
    reg : float > 0, default=0.1
        Weight eta of the squared norm of f.
    mmd_weight : float >= 0, default=10.0
        Weight lambda of the distance between the domains' means, beside an M of Frobenius norm 1.
    graph_weight : float >= 0, default=1.0
        Weight rho of the differences between neighbours.
    n_neighbors : int >= 1, default=10
        Neighbours of a row in the graph, by cosine and without the row itself; the graph is made symmetric.
    max_iter : int >= 1, default=10
        Maximum number of rounds of pseudo-labels. 1 is the method of [1].
    n_landmarks : int >= 1, "auto" or None, default="auto"
        Rows that f is expanded in. None: all (O(n^2) memory). "auto": all of up to 5,000 rows and 1,000 beyond.
    random_state : int, RandomState instance or None, default=0
        Seeds the choice of landmarks, which does not depend on the order of the rows.

    Attributes
    ----------
    coef_ : ndarray of shape (n_landmarks, n_classes) or (n_features, n_classes)
        Coefficients w on the rows ``landmarks_``; without landmarks on the columns.
    landmarks_ : ndarray or CSR matrix of shape (n_landmarks, n_features), or None
        Rows that kernels are computed with; None for the linear kernel on dense rows, at least as many as columns.
    solver_ : {"primal", "dual"}
        Whether the system was solved in features (columns or landmarks) or in rows.
    approximation_ : {"exact", "nystroem"}
        Whether landmarks were used in place of all rows.
    gamma_ : float
        The value used (NaN for kernels without a gamma).
    pseudo_label_changes_ : ndarray of shape (n_iter_,)
        Share of the unlabelled target rows whose pseudo-label each round changed.
    n_iter_ : int
        Number of rounds, at most ``max_iter``; with fewer, the last round changed no pseudo-label.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    sktl.feature.MEDAClassifier : The same on geodesic flow features, with the two parts of M balanced by the data.
    sktl.feature.TCA : Brings the means together in new features, whatever the labels.

    Notes
    -----
    *Cost*, with n rows, C classes, and m landmarks (or columns, for the linear kernel): exact O(n^3 + n^2 d) once and
    O(n^2 C) a round, with two n x n matrices; else O(n m (m + d) + m^3) once and O(n m C) a round, O(n m) memory. M is
    a factor of C + 1 columns and enters by Woodbury's identity, so that the system is factored once; L is sparse. The
    neighbours are sought among all pairs of up to 5,000 dense rows, and in cells beyond (O(n^1.5 d)); CSR rows are
    always compared in pairs. New rows cost O(m d) each.

    *Departures.* Rounds are repeated; ``max_iter=1`` is the paper's. M weighs the distance between all rows' means by
    the number of classes; a class without pseudo-labels in the target is left out of M. Only the squared loss is
    offered (ARRLS), not the hinge. New rows are predicted by f. All sources are treated as one. With m = n landmarks
    the solution is the exact one. The values of f are not probabilities.

    With scikit-learn 1.9 or newer, ``set_callbacks(ProgressBar())`` shows the rounds.

    References
    ----------
    .. [1] M. Long, J. Wang, G. Ding, S. J. Pan, P. S. Yu, "Adaptation regularization: a general framework for transfer
       learning", IEEE Transactions on Knowledge and Data Engineering 26, 2014.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> from sktl import stack_domains
    >>> from sktl.feature import ARTLClassifier
    >>> X_source, y_source = make_blobs(60, centers=[[0, 0], [4, 4]], random_state=0)
    >>> X_target, y_target = make_blobs(40, centers=[[2, 0], [6, 4]], random_state=1)
    >>> X, y, _ = stack_domains((X_source, y_source), X_target)
    >>> ARTLClassifier().fit(X, y).score(X_target, y_target)
    1.0
    """

    def __init__(
        self,
        estimator=None,
        *,
        kernel="rbf",
        gamma="median",
        degree=3,
        coef0=1,
        reg=0.1,
        mmd_weight=10.0,
        graph_weight=1.0,
        n_neighbors=10,
        max_iter=10,
        n_landmarks="auto",
        random_state=0,
    ):
        self.estimator = estimator
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.reg = reg
        self.mmd_weight = mmd_weight
        self.graph_weight = graph_weight
        self.n_neighbors = n_neighbors
        self.max_iter = max_iter
        self.n_landmarks = n_landmarks
        self.random_state = random_state

    def _fit_features(self, X, target):
        """The rows themselves."""
        return X

    def _features(self, X):
        """The rows themselves."""
        return X

    def _choose_balance(self, Z, target, codes):
        """Both parts of M with equal weights."""
        return 0.5  # all rows' means count as much as those of all classes together
