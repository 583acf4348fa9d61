"""A source's forest, moved to the target tree by tree (Segev et al. 2017)."""

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from sktl._checks import BOOLEAN, N_JOBS, RANDOM_STATE
from sktl.base import BaseParameterTransfer, BaseTransferClassifier, BaseTransferRegressor
from sktl.parameter import _continued
from sktl.parameter._tree_transfer import CONSTRAINTS, METHODS, move_trees, shrinkages

__all__ = ["TransferForestClassifier", "TransferForestRegressor"]


class TransferForestClassifier(BaseParameterTransfer, BaseTransferClassifier):
    """Move a source's forest to the target, tree by tree: grow its leaves (SER), renew its thresholds (STRUT), or both.

    Each tree is moved as by :class:`TransferTreeClassifier` [1]_, on its own bootstrap sample of the labelled
    target rows, and the predictions are averaged. A tree's prediction at x is averaged with that of the source's tree,
    :math:`(n(x) p_T(x) + k p_S(x)) / (n(x) + k)`, with the weight :math:`n(x)` of the target rows in the leaf that x
    falls into, and k rows (``shrinkage``) for the source.

    It *helps* with about 20 labels or more, where the source's trees split on the right columns and their thresholds or
    leaf values have changed. Accuracy in % at 10 / 50 labels (``benchmarks/few_shot.py``): heart disease at four sites
    78.6 / 80.8 (the source 73.0 / 72.4, the target's own logistic regression 74.1 / 79.1), adult by country, education
    and marital status 89.0 / 90.3 (89.0 / 89.1, 87.7 / 87.8), seven mixed tables 73.1 / 74.1 (72.9 / 72.8, 67.2 /
    70.9). Without shrinkage, as in [1]_, it has 73.6 / 80.9, 88.9 / 89.2 and 69.1 / 73.9 there, with it 77.1 / 81.0,
    89.8 / 90.4 and 72.1 / 74.2 (``benchmarks/continued.py``, three draws). It *hurts* on text and pixels: at 50 labels
    it loses to the target's own logistic regression on digits of another origin (63.4 against 72.8) and on newsgroups
    (75.2, 85.3), where a class is a sum of many columns, and no target row reaches most of the leaves.

    Parameters
    ----------
    source : forest classifier or list of (name, model) pairs, default=None
        The model to start from. A fitted one is used as it is, and all rows of ``fit`` are target rows; of an unfitted
        one a clone is fitted on the labelled source rows first. ``RandomForest*``, ``ExtraTrees*``, a tree, or a
        Pipeline that ends in one. Several sources are averaged by ``source_weights_``. None:
        ``ExtraTreesClassifier(n_estimators=50)``.
    method : {"ser", "strut", "mix"}, default="mix"
        How each tree is moved; "mix" averages both forests.
    shrinkage : float or "auto", default="auto"
        Number of rows k that the source tree's prediction counts as, at least 0. 0 is the paper's method, ``numpy.inf``
        the source. "auto": of 0, 0.5, 1, 2, ..., 32 and infinity the one that predicts out-of-bag target rows best;
        among those within half a standard error of the best, the largest.
    bootstrap : bool, default=True
        Whether each tree sees a bootstrap sample of the rows, or all of them. Without bootstrap ``shrinkage="auto"``
        uses five folds.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.
    n_jobs : int or None, default=None
        Number of trees moved in parallel, through joblib; -1 uses all processors.
    random_state : int, RandomState instance or None, default=0
        Seeds the bootstrap samples and the new subtrees.

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
    TransferTreeClassifier : One tree.
    LeafRefitClassifier : Keeps the structure of the trees; much faster.
    sktl.parameter.HypothesisTransferClassifier : Any source model.

    Notes
    -----
    *Departures* from [1]_: nodes that no target row reaches keep the source's prediction, and there is ``shrinkage``.

    *Classes* that only the source or only the target has are handled.

    *Cost.* For each tree one small tree per leaf reached (SER) and one sort of the rows per node reached (STRUT): 50
    labels and 100 trees take two or three seconds.

    References
    ----------
    .. [1] N. Segev, M. Harel, S. Mannor, K. Crammer, R. El-Yaniv (2017). Learn on source, refine on target: a model
       transfer learning framework with random forests. IEEE TPAMI 39(9), 1811-1824.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sktl.parameter import TransferForestClassifier
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(500, 2)), rng.normal(size=(230, 2))
    >>> old = RandomForestClassifier(n_estimators=30, random_state=0).fit(X, X[:, 0] > 0)
    >>> y_target = X_target[:, 0] > 0.7  # the target's rule differs
    >>> new = TransferForestClassifier(old).fit(X_target[:30], y_target[:30])
    >>> for model in (old, new):
    ...     print(f"{model.score(X_target[30:], y_target[30:]):.2f}")
    0.75
    0.95
    """

    _constraints = CONSTRAINTS | {
        "method": tuple(METHODS),
        "bootstrap": BOOLEAN,
        "n_jobs": N_JOBS,
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        source=None,
        *,
        method="mix",
        shrinkage="auto",
        bootstrap=True,
        per_source=False,
        n_jobs=None,
        random_state=0,
    ):
        self.source = source
        self.method = method
        self.shrinkage = shrinkage
        self.bootstrap = bootstrap
        self.per_source = per_source
        self.n_jobs = n_jobs
        self.random_state = random_state

    fit = _continued.fit
    predict_proba = _continued.predict_proba
    predict = _continued.predict_class
    __sklearn_tags__ = _continued.sklearn_tags
    _transfer = move_trees
    shrinkage_ = property(shrinkages)

    def _default_source(self, X):
        return ExtraTreesClassifier(n_estimators=50, random_state=0)


class TransferForestRegressor(BaseParameterTransfer, BaseTransferRegressor):
    """Move a source's forest to the target, tree by tree: grow its leaves with target rows (SER).

    Each tree is moved as by :class:`TransferTreeRegressor` [1]_, on its own bootstrap sample of the labelled
    target rows, and the predictions are averaged. A tree's prediction at x is averaged with that of the source's tree,
    :math:`(n(x) p_T(x) + k p_S(x)) / (n(x) + k)`, with the weight :math:`n(x)` of the target rows in the leaf that x
    falls into, and k rows (``shrinkage``) for the source.

    It *helps* where the source's trees split on the right columns and the target differs within their leaves. Root mean
    squared error over that of the target's own ridge regression, 15 mixed tables, 30 trees, two draws, geometric mean
    at 10 / 50 labels: .87 / .92, the source as it is .90 / 1.01, the target's own forest .98 / 1.01, without shrinkage
    .90 / .93. It *hurts* where the target's values go on linearly beyond the source's: trees can't extrapolate. There
    ``HypothesisTransferRegressor`` with a linear model is the better choice.

    Parameters
    ----------
    source : forest regressor or list of (name, model) pairs, default=None
        The model to start from. A fitted one is used as it is, and all rows of ``fit`` are target rows; of an unfitted
        one a clone is fitted on the labelled source rows first. ``RandomForest*``, ``ExtraTrees*``, a tree, or a
        Pipeline that ends in one. Several sources are averaged by ``source_weights_``. None:
        ``ExtraTreesRegressor(n_estimators=50)``.
    shrinkage : float or "auto", default="auto"
        Number of rows k that the source tree's prediction counts as, at least 0. 0 is the paper's method, ``numpy.inf``
        the source. "auto": of 0, 0.5, 1, 2, ..., 32 and infinity the one that predicts out-of-bag target rows best;
        among those within half a standard error of the best, the largest.
    bootstrap : bool, default=True
        Whether each tree sees a bootstrap sample of the rows, or all of them. Without bootstrap ``shrinkage="auto"``
        uses five folds.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.
    n_jobs : int or None, default=None
        Number of trees moved in parallel, through joblib; -1 uses all processors.
    random_state : int, RandomState instance or None, default=0
        Seeds the bootstrap samples and the new subtrees.

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
    TransferTreeRegressor : One tree.
    LeafRefitRegressor : Keeps the structure of the trees; much faster.
    sktl.parameter.HypothesisTransferRegressor : Any source model.

    Notes
    -----
    *Departures* from [1]_: nodes that no target row reaches keep the source's prediction, and there is ``shrinkage``.

    *STRUT* compares class shares, so it is not defined for regression.

    *Cost.* For each tree one small tree per leaf reached: 50 labels and 100 trees take two or three seconds.

    References
    ----------
    .. [1] N. Segev, M. Harel, S. Mannor, K. Crammer, R. El-Yaniv (2017). Learn on source, refine on target: a model
       transfer learning framework with random forests. IEEE TPAMI 39(9), 1811-1824.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sktl.parameter import TransferForestRegressor
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(500, 2)), rng.normal(size=(230, 2))
    >>> old = RandomForestRegressor(n_estimators=30, random_state=0).fit(X, X[:, 0])
    >>> y_target = X_target[:, 0] + (X_target[:, 1] > 0)  # the target's rule differs
    >>> new = TransferForestRegressor(old).fit(X_target[:30], y_target[:30])
    >>> for model in (old, new):
    ...     print(f"{model.score(X_target[30:], y_target[30:]):.2f}")
    0.51
    0.62
    """

    _constraints = CONSTRAINTS | {"bootstrap": BOOLEAN, "n_jobs": N_JOBS, "random_state": RANDOM_STATE}

    def __init__(self, source=None, *, shrinkage="auto", bootstrap=True, per_source=False, n_jobs=None, random_state=0):
        self.source = source
        self.shrinkage = shrinkage
        self.bootstrap = bootstrap
        self.per_source = per_source
        self.n_jobs = n_jobs
        self.random_state = random_state

    fit = _continued.fit
    predict = _continued.predict_value
    __sklearn_tags__ = _continued.sklearn_tags
    _transfer = move_trees
    shrinkage_ = property(shrinkages)

    def _default_source(self, X):
        return ExtraTreesRegressor(n_estimators=50, random_state=0)
