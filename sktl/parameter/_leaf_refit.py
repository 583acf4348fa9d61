"""Leaf refit: the structure of a source's trees stays, the values in the leaves move towards the target's rows."""

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from sktl._checks import Interval
from sktl._core.trees import class_values, mean_values
from sktl.base import BaseParameterTransfer, BaseTransferClassifier, BaseTransferRegressor
from sktl.parameter import _continued
from sktl.parameter._continued import most_cautious, row_losses
from sktl.parameter._refit_parts import check_boosted, refit_average, refit_boosted
from sktl.parameter._tree_sources import is_boosted, statistics_of, taken_apart, trees_of

__all__ = ["LeafRefitClassifier", "LeafRefitRegressor"]


CONSTRAINTS = {"shrinkage": ("auto", Interval(low=0), float("inf"))}


def refit_leaves(self, name, model, X, y, weights, rng):
    """Return (what became of one source, its loss on rows held out)."""
    front, model = taken_apart(model)
    classes = self.classes_ if is_classifier(self) else None

    def choose(outputs):
        return most_cautious(np.array([row_losses(self, said, y) for said in outputs]), weights)

    if is_boosted(model):
        check_boosted(name, model, classes)
        part, used, loss = refit_boosted(front, model, X, y, weights, classes, self.shrinkage, choose)
    else:
        trees, statistics = trees_of(name, model, classes), statistics_of(y, weights, classes)
        values = mean_values if classes is None else class_values
        part, used, loss = refit_average(front, trees, X, statistics, values, self.shrinkage, choose)
    part.shrinkage = used
    return part, loss


def shrinkages(self):
    """Rows that each source's values count as, (n_sources,)."""
    return np.array([part.shrinkage for part in self.models_])


class LeafRefitClassifier(BaseParameterTransfer, BaseTransferClassifier):
    r"""Keep the structure of a source's trees and re-estimate the values in their leaves from target rows.

    In a tree or forest the leaf :math:`l` of a tree gets

    .. math::

        v_l = \frac{n_l \bar y_l + k v_l^S}{n_l + k},

    with the source's value :math:`v_l^S` (class shares), the weight :math:`n_l` of the target rows in the leaf and
    their mean :math:`\bar y_l`: the source counts as :math:`k` rows (``shrinkage``). A leaf that no target row reaches
    keeps the source's value; :math:`k = 0` is the plain refit, :math:`k = \infty` the source. In gradient boosting the
    stages are refitted in order, each leaf by a Newton step from the scores so far, :math:`v_l = (\sum w g + \kappa
    v_l^S) / (\sum w h + \kappa)`, with gradients g, curvatures h and :math:`\kappa` the curvature of k rows whose
    classes are equally likely.

    It *helps* where the source's splits still fit and the values in the leaves have changed. Accuracy in % at 10 / 50
    labels (``benchmarks/few_shot.py``), gradient boosting of 50 trees as source: heart disease at four sites 78.9 /
    80.9 (the target's own logistic regression 74.1 / 79.1), adult by country, education and marital status 90.1 / 91.6
    (87.7 / 87.8), seven mixed tables 73.2 / 73.9 (67.2 / 70.9); a forest of 20 trees: 75.7 / 78.9, 89.0 / 89.2, 73.4 /
    73.8 (the forest as it is 73.0 / 72.4, 89.0 / 89.1, 72.9 / 72.8). It *hurts* on text and pixels: at 50 labels a
    refitted forest loses to the target's own logistic regression on digits of another origin (64.2 against 72.8) and on
    newsgroups (two classes: 72.0, 85.3; four: 44.3, 57.6): the source is poor there, and no target row reaches most of
    the leaves. Where the source is right it neither gains nor loses.

    Parameters
    ----------
    source : tree, forest or gradient boosting classifier or list of (name, model) pairs, default=None
        The model to start from. A fitted one is used as it is, and all rows of ``fit`` are target rows; of an unfitted
        one a clone is fitted on the labelled source rows first. A scikit-learn tree, a forest (``RandomForest*``,
        ``ExtraTrees*``), ``GradientBoostingClassifier``, or a Pipeline that ends in one. Several sources are averaged
        by ``source_weights_``. None: ``ExtraTreesClassifier(min_weight_fraction_leaf=0.01)``.
    shrinkage : float or "auto", default="auto"
        Number of rows k that the source's value counts as in each leaf, at least 0; ``numpy.inf`` leaves the source as
        it is. "auto": of 0.5, 1, 2, ..., 128 and infinity the one that predicts left-out target rows best; among those
        within half a standard error of the best, the largest.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.

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
    TransferForestClassifier : Changes the structure of the trees too.
    FineTunedClassifier : Trains the source further: more trees, gradient steps, counts.
    sktl.parameter.HypothesisTransferClassifier : Any source model.

    Notes
    -----
    *Leave-one-out* is exact for trees and forests, since the row's part is subtracted from its leaves. Boosted trees
    use ten folds.

    *Classes.* The leaves of forests can take classes that only the target has; boosted trees have no trees for them,
    which raises an error. Classes that only the source has are kept.

    *Cost.* One pass of the target rows through the trees and sums over the leaves: far less than fitting the source.

    References
    ----------
    The refit with decay of gradient boosting libraries, with a weight by the rows of a leaf in place of a fixed decay.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sktl.parameter import LeafRefitClassifier
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(500, 2)), rng.normal(size=(230, 2))
    >>> old = RandomForestClassifier(random_state=0).fit(X, X[:, 0] > 0)
    >>> y_target = X_target[:, 0] > 0.7  # the target's rule differs
    >>> new = LeafRefitClassifier(old).fit(X_target[:30], y_target[:30])
    >>> for model in (old, new):
    ...     print(f"{model.score(X_target[30:], y_target[30:]):.2f}")
    0.75
    0.78
    """

    _constraints = CONSTRAINTS

    def __init__(self, source=None, *, shrinkage="auto", per_source=False):
        self.source = source
        self.shrinkage = shrinkage
        self.per_source = per_source

    fit = _continued.fit
    predict_proba = _continued.predict_proba
    predict = _continued.predict_class
    __sklearn_tags__ = _continued.sklearn_tags
    _transfer = refit_leaves
    shrinkage_ = property(shrinkages)

    def _default_source(self, X):
        # few target rows would reach smaller leaves
        return ExtraTreesClassifier(min_weight_fraction_leaf=0.01, random_state=0)


class LeafRefitRegressor(BaseParameterTransfer, BaseTransferRegressor):
    r"""Keep the structure of a source's trees and re-estimate the values in their leaves from target rows.

    In a tree or forest the leaf :math:`l` of a tree gets

    .. math::

        v_l = \frac{n_l \bar y_l + k v_l^S}{n_l + k},

    with the source's value :math:`v_l^S` (means), the weight :math:`n_l` of the target rows in the leaf and their mean
    :math:`\bar y_l`: the source counts as :math:`k` rows (``shrinkage``). A leaf that no target row reaches keeps the
    source's value; :math:`k = 0` is the plain refit, :math:`k = \infty` the source. In gradient boosting the stages are
    refitted in order, each leaf by a Newton step from the scores so far, :math:`v_l = (\sum w g + \kappa v_l^S) / (\sum
    w h + \kappa)`, with gradients g, curvatures h and :math:`\kappa` the curvature of k rows whose classes are equally
    likely.

    It *helps* where the source's splits still fit and the values in the leaves have changed. Root mean squared error
    over that of the target's own ridge regression at 10 / 50 labels (``benchmarks/few_shot.py``), gradient boosting of
    50 trees as source: fifteen mixed tables .79 / .91, counts of bikes and visits .54 / .62; a forest of 20 trees .85 /
    1.01 and .50 / .65 (as it is .85 / 1.05 and .51 / .69). It *hurts* where the target depends on columns that the
    source does not split on: new leaf values can't add them. :class:`TransferForestRegressor` then does better (.81 /
    .95 and .51 / .61).

    Parameters
    ----------
    source : tree, forest or gradient boosting regressor or list of (name, model) pairs, default=None
        The model to start from. A fitted one is used as it is, and all rows of ``fit`` are target rows; of an unfitted
        one a clone is fitted on the labelled source rows first. A scikit-learn tree, a forest (``RandomForest*``,
        ``ExtraTrees*``), ``GradientBoostingRegressor``, or a Pipeline that ends in one. Several sources are averaged by
        ``source_weights_``. None: ``ExtraTreesRegressor(min_weight_fraction_leaf=0.01)``.
    shrinkage : float or "auto", default="auto"
        Number of rows k that the source's value counts as in each leaf, at least 0; ``numpy.inf`` leaves the source as
        it is. "auto": of 0.5, 1, 2, ..., 128 and infinity the one that predicts left-out target rows best; among those
        within half a standard error of the best, the largest.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.

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
    TransferForestRegressor : Changes the structure of the trees too.
    FineTunedRegressor : Trains the source further: more trees, gradient steps, counts.
    sktl.parameter.HypothesisTransferRegressor : Any source model.

    Notes
    -----
    *Leave-one-out* is exact for trees and forests, since the row's part is subtracted from its leaves. Boosted trees
    use ten folds.

    *Losses.* Boosted trees need ``loss='squared_error'``: the leaves of other losses do not hold means.

    *Cost.* One pass of the target rows through the trees and sums over the leaves: far less than fitting the source.

    References
    ----------
    The refit with decay of gradient boosting libraries, with a weight by the rows of a leaf in place of a fixed decay.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sktl.parameter import LeafRefitRegressor
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(500, 2)), rng.normal(size=(230, 2))
    >>> old = RandomForestRegressor(random_state=0).fit(X, X[:, 0])
    >>> y_target = X_target[:, 0] + (X_target[:, 1] > 0)  # the target's rule differs
    >>> new = LeafRefitRegressor(old).fit(X_target[:30], y_target[:30])
    >>> for model in (old, new):
    ...     print(f"{model.score(X_target[30:], y_target[30:]):.2f}")
    0.51
    0.55
    """

    _constraints = CONSTRAINTS

    __init__ = LeafRefitClassifier.__init__

    fit = _continued.fit
    predict = _continued.predict_value
    __sklearn_tags__ = _continued.sklearn_tags
    _transfer = refit_leaves
    shrinkage_ = property(shrinkages)

    def _default_source(self, X):
        # few target rows would reach smaller leaves
        return ExtraTreesRegressor(min_weight_fraction_leaf=0.01, random_state=0)
