"""Source models made of trees: read by scikit-learn's public arrays, behind the steps of a pipeline or not."""

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from sktl._core.trees import LEAF, Tree
from sktl._threads import quiet
from sktl.base import BaseOnLabeled
from sktl.domains import n_rows


def taken_apart(model):
    """Return (steps in front or None, last model) of a fitted model, out of any wrapper."""
    front = None
    while isinstance(model, (FrozenEstimator, BaseOnLabeled, Pipeline)):
        if isinstance(model, FrozenEstimator):
            model = model.estimator
        elif isinstance(model, BaseOnLabeled):
            model = model.estimator_
        else:
            steps = model[:-1] if len(model) > 1 else None
            front = steps if front is None else Pipeline([("front", front), ("steps", steps)]) if steps else front
            model = model.steps[-1][1]
    return front, model


def names_checked():
    """No warning that rows have no names of columns: they were compared with the source's before."""
    return quiet("X does not have valid feature names")


def mapped(front, X):
    """Rows as the steps in front of the last model pass them on."""
    with names_checked():
        return X if front is None else front.transform(X)


def as_float32(X):
    """Rows as scikit-learn's trees see them: float32, dense or a CSR matrix."""
    if sparse.issparse(X):
        return sparse.csr_matrix(X).astype(np.float32)
    return np.asarray(X, dtype=np.float32)


def columns_in(known, classes):
    """Positions among the sorted ``classes`` of those that a model knows."""
    return np.searchsorted(classes, np.asarray(known))


def read_tree(tree, columns=None, n_classes=None):
    """Arrays of scikit-learn's ``tree_``; class shares go to the ``columns`` of ``n_classes``."""
    value = tree.value[:, 0, :]
    if columns is not None:
        shares = value / value.sum(axis=1, keepdims=True)
        value = np.zeros((len(value), n_classes))
        value[:, columns] = shares
    return Tree(
        left=tree.children_left,
        right=tree.children_right,
        feature=tree.feature,
        threshold=tree.threshold,
        missing_left=tree.missing_go_to_left.astype(bool),
        value=value,
        count=tree.weighted_n_node_samples,
    )


def constant_tree(value):
    """Return a tree of one leaf with the ``value`` (n_outputs,)."""
    nothing = np.array([LEAF])
    return Tree(nothing, nothing, nothing, np.zeros(1), np.zeros(1, bool), np.atleast_2d(value), np.zeros(1))


def is_boosted(model):
    """Whether a model is scikit-learn's gradient boosting of ordinary trees."""
    return isinstance(model, (GradientBoostingClassifier, GradientBoostingRegressor))


def trees_of(name, model, classes=None):
    """The trees that a fitted tree or forest averages; an error that says what is needed for any other model."""
    if isinstance(model, DummyClassifier):  # a source of one class
        value = np.zeros(len(classes))
        value[columns_in(model.classes_, classes)] = 1.0
        return [constant_tree(value)]
    fitted = [model] if hasattr(model, "tree_") else np.ravel(getattr(model, "estimators_", []))
    averages = hasattr(model, "apply") and not is_boosted(model)
    if not (averages and len(fitted) and all(hasattr(part, "tree_") for part in fitted)):
        raise ValueError(
            f"The source {name!r} must be a scikit-learn tree or a forest of trees (RandomForest, ExtraTrees), for the "
            "LeafRefit estimators also GradientBoosting (not HistGradientBoosting), or a Pipeline that ends in one; "
            f"got {model!r}. For other models use the FineTuned or the HypothesisTransfer estimators."
        )
    if is_classifier(model) != (classes is not None):
        kind = "regressor" if classes is None else "classifier"
        raise ValueError(
            f"The source {name!r} must be a {kind}, like the estimator that starts from it; got {model!r}."
        )
    if getattr(model, "n_outputs_", 1) != 1:
        raise ValueError(f"The source {name!r} has {model.n_outputs_} outputs; it must have one.")
    if classes is None:
        return [read_tree(part.tree_) for part in fitted]
    columns = columns_in(model.classes_, classes)
    return [read_tree(part.tree_, columns, len(classes)) for part in fitted]


def statistics_of(y, weights, classes=None):
    """What the trees sum over rows: weighted one-hot labels of the codes ``y``, or (1, y, y^2) weighted."""
    if classes is None:
        return weights[:, None] * np.column_stack([np.ones(n_rows(y)), y, y**2])
    one_hot = np.zeros((len(y), len(classes)))
    one_hot[np.arange(len(y)), y] = weights
    return one_hot
