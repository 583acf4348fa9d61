"""A source's decision tree, moved to the target by SER, STRUT or both (Segev et al. 2017)."""

from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sktl._checks import RANDOM_STATE
from sktl.base import BaseParameterTransfer, BaseTransferClassifier, BaseTransferRegressor
from sktl.parameter import _continued
from sktl.parameter._tree_transfer import CONSTRAINTS, METHODS, move_trees, shrinkages

__all__ = ["TransferTreeClassifier", "TransferTreeRegressor"]


class TransferTreeClassifier(BaseParameterTransfer, BaseTransferClassifier):
    r"""Move a source's decision tree to the target: grow its leaves (SER), renew its thresholds (STRUT), or both.

    Two ways [1]_, both from the labelled target rows alone:

    - *SER*, structure expansion and reduction: every leaf that target rows of several classes reach grows a full
      subtree of them; then, from the bottom up, a node of the source becomes a leaf where that does not increase the
      error.
    - *STRUT*, structure transfer: top-down, each node keeps its column and gets a new threshold. Among the local maxima
      of the information gain it is the one with the largest divergence gain :math:`1 - \frac{n_l}{n} \mathrm{JS}(Q_l,
      Q_l^S) - \frac{n_r}{n} \mathrm{JS}(Q_r, Q_r^S)`, with the class shares Q on either side and those of the source's
      children; the children are swapped where that gains more.
    - *mix*: the mean of both trees.

    The prediction at x is then averaged with that of the source's tree, :math:`p(x) = (n(x) p_T(x) + k p_S(x)) / (n(x)
    + k)`, with the weight :math:`n(x)` of the target rows in the leaf that x falls into, and k rows (``shrinkage``) for
    the source.

    It *helps* where a single tree is wanted, to be read or drawn: a tree of the target alone is worse. Accuracy in % at
    10 / 50 labels (``benchmarks/few_shot.py``): adult by country, education and marital status 87.4 / 88.4 (the
    target's own logistic regression 87.7 / 87.8), seven mixed tables 69.3 / 72.8 (67.2 / 70.9). It *hurts* as single
    trees always do: a forest in its place (:class:`TransferForestClassifier`) has 89.0 / 90.3 and 73.1 / 74.1. At 50
    labels it loses to the target's own logistic regression on heart disease (77.1 against 79.1), newsgroups (67.4,
    85.3) and digits of another origin (37.1, 72.8): text and pixels need sums of many columns, and a tree of 50 rows
    splits on few.

    Parameters
    ----------
    source : decision tree classifier or list of (name, model) pairs, default=None
        The model to start from. A fitted one is used as it is, and all rows of ``fit`` are target rows; of an unfitted
        one a clone is fitted on the labelled source rows first. A scikit-learn tree, or a Pipeline that ends in one.
        Several sources are averaged by ``source_weights_``. None:
        ``DecisionTreeClassifier(min_weight_fraction_leaf=0.01)``.
    method : {"ser", "strut", "mix"}, default="mix"
        How the tree is moved.
    shrinkage : float or "auto", default="auto"
        Number of rows k that the source's prediction counts as, at least 0. 0 is the paper's method, ``numpy.inf`` the
        source. "auto": of 0, 0.5, 1, 2, ..., 32 and infinity the one that predicts left-out target rows best (five
        folds); among those within half a standard error of the best, the largest.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.
    random_state : int, RandomState instance or None, default=0
        Seeds the new subtrees, where several columns give equal splits.

    Attributes
    ----------
    sources_ : list of (name, model) pairs
        The fitted source models, unchanged.
    source_weights_ : ndarray of shape (n_sources,)
        Weight of each source in the prediction, by the likelihood of held-out target rows. They sum to 1.
    models_ : list
        The adapted model of each source, with a method ``outputs``.
    shrinkage_ : ndarray of shape (n_sources,)
        Number of rows that the source's prediction counts as. Infinite: the source is kept as it is.
    classes_ : ndarray of shape (n_classes,)
        Classes that the source or the target knows, sorted.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    TransferForestClassifier : The same for a forest, which predicts better.
    LeafRefitClassifier : Keeps the structure of the tree.

    Notes
    -----
    *Departures.* A node that no target row reaches keeps the source's prediction; in [1]_ it is pruned. ``shrinkage``
    is ours.

    *Classes* that only the source or only the target has are handled.

    *Missing values* go where the source's tree sends them.

    *Cost.* SER fits one small tree per leaf reached, STRUT sorts the rows of each node reached; "auto" does this six
    times.

    References
    ----------
    .. [1] N. Segev, M. Harel, S. Mannor, K. Crammer, R. El-Yaniv (2017). Learn on source, refine on target: a model
       transfer learning framework with random forests. IEEE TPAMI 39(9), 1811-1824.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sktl.parameter import TransferTreeClassifier
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(500, 2)), rng.normal(size=(230, 2))
    >>> old = DecisionTreeClassifier(max_depth=3).fit(X, X[:, 0] > 0)
    >>> y_target = X_target[:, 0] > 0.7  # the threshold has moved
    >>> new = TransferTreeClassifier(old, method="strut").fit(X_target[:30], y_target[:30])
    >>> for model in (old, new):
    ...     print(f"{model.score(X_target[30:], y_target[30:]):.2f}")
    0.75
    0.95
    """

    _constraints = CONSTRAINTS | {"method": tuple(METHODS), "random_state": RANDOM_STATE}

    def __init__(self, source=None, *, method="mix", shrinkage="auto", per_source=False, random_state=0):
        self.source = source
        self.method = method
        self.shrinkage = shrinkage
        self.per_source = per_source
        self.random_state = random_state

    fit = _continued.fit
    predict_proba = _continued.predict_proba
    predict = _continued.predict_class
    __sklearn_tags__ = _continued.sklearn_tags
    _transfer = move_trees
    shrinkage_ = property(shrinkages)

    def _default_source(self, X):
        return DecisionTreeClassifier(min_weight_fraction_leaf=0.01, random_state=0)  # grown to the end it fits noise


class TransferTreeRegressor(BaseParameterTransfer, BaseTransferRegressor):
    """Move a source's regression tree to the target: grow its leaves with target rows (SER).

    Structure expansion and reduction (SER [1]_): every leaf that target rows of several values reach grows a full
    subtree of them; a node of the source becomes a leaf where that does not increase the squared error (where its rows
    all have one value). The answer at x is a mean with what the source's tree says there, :math:`f(x) = (n(x) f_T(x) +
    k f_S(x)) / (n(x) + k)`, with the weight :math:`n(x)` of the target rows in the leaf that x falls into, and k rows
    (``shrinkage``) for the source. STRUT compares class shares, so it is not defined for regression.

    It *helps* where a single tree is wanted, to be read or drawn, and the target differs within its leaves: counts of
    bikes and visits, error over that of the target's own ridge regression at 10 / 50 labels .62 / .72
    (``benchmarks/few_shot.py``). It *hurts* as single trees always do: :class:`TransferForestRegressor` predicts better
    at every number of labels (.51 / .61), and on fifteen mixed tables the error at 50 labels is 1.12 of that of the
    target's own ridge: steps are too coarse for what is linear.

    Parameters
    ----------
    source : decision tree regressor or list of (name, model) pairs, default=None
        The model to start from. A fitted one is used as it is, and all rows of ``fit`` are target rows; of an unfitted
        one a clone is fitted on the labelled source rows first. A scikit-learn tree, or a Pipeline that ends in one.
        Several sources are averaged by ``source_weights_``. None:
        ``DecisionTreeRegressor(min_weight_fraction_leaf=0.01)``.
    shrinkage : float or "auto", default="auto"
        Number of rows k that the source's prediction counts as, at least 0. 0 is the paper's method, ``numpy.inf`` the
        source. "auto": of 0, 0.5, 1, 2, ..., 32 and infinity the one that predicts left-out target rows best (five
        folds); among those within half a standard error of the best, the largest.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.
    random_state : int, RandomState instance or None, default=0
        Seeds the new subtrees, where several columns give equal splits.

    Attributes
    ----------
    sources_ : list of (name, model) pairs
        The fitted source models, unchanged.
    source_weights_ : ndarray of shape (n_sources,)
        Weight of each source in the prediction, by the likelihood of held-out target rows. They sum to 1.
    models_ : list
        The adapted model of each source, with a method ``outputs``.
    shrinkage_ : ndarray of shape (n_sources,)
        Number of rows that the source's prediction counts as. Infinite: the source is kept as it is.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    TransferForestRegressor : The same for a forest, which predicts better.
    LeafRefitRegressor : Keeps the structure of the tree.

    Notes
    -----
    *Cost.* One small tree per leaf reached; "auto" does this six times. Nodes that no target row reaches keep the
    source's prediction.

    References
    ----------
    .. [1] N. Segev, M. Harel, S. Mannor, K. Crammer, R. El-Yaniv (2017). Learn on source, refine on target: a model
       transfer learning framework with random forests. IEEE TPAMI 39(9), 1811-1824.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from sktl.parameter import TransferTreeRegressor
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(500, 2)), rng.normal(size=(230, 2))
    >>> old = DecisionTreeRegressor(max_depth=4).fit(X, X[:, 0])
    >>> y_target = X_target[:, 0] + (X_target[:, 1] > 0)  # the target's rule differs
    >>> new = TransferTreeRegressor(old).fit(X_target[:30], y_target[:30])
    >>> for model in (old, new):
    ...     print(f"{model.score(X_target[30:], y_target[30:]):.2f}")
    0.50
    0.73
    """

    _constraints = CONSTRAINTS | {"random_state": RANDOM_STATE}

    def __init__(self, source=None, *, shrinkage="auto", per_source=False, random_state=0):
        self.source = source
        self.shrinkage = shrinkage
        self.per_source = per_source
        self.random_state = random_state

    fit = _continued.fit
    predict = _continued.predict_value
    __sklearn_tags__ = _continued.sklearn_tags
    _transfer = move_trees
    shrinkage_ = property(shrinkages)

    def _default_source(self, X):
        return DecisionTreeRegressor(min_weight_fraction_leaf=0.01, random_state=0)  # grown to the end it fits noise
