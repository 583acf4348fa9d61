"""Models that start where a source model stands, with room for other classes or a fresh optimiser.

Each is a clone taken through one ``partial_fit``, which makes arrays of the right shapes, whose public arrays then get
the source's values in place.
"""

import numpy as np
from sklearn.base import clone

from sktl.parameter._tree_sources import columns_in


def _first_pass(model, rows):
    """The clone after one pass over the target's rows, and the columns of the source's classes."""
    weights = {"sample_weight": rows.weights}
    if rows.classes is None:
        return model.partial_fit(rows.X, rows.y, **weights), None
    model.partial_fit(rows.X, rows.classes[rows.y], classes=rows.classes, **weights)
    return model, rows.classes


def _as_rows_a_class(array):
    """One row a class: two classes that share a row (or number) of log-odds get it with both signs."""
    array = np.asarray(array)
    return np.concatenate([-array, array]) if len(array) == 1 else array


def renewed_linear(model, rows):
    """A linear model trained by stochastic gradients, for more classes; new ones start at their share of the rows."""
    copy, classes = _first_pass(clone(model).set_params(class_weight=None, early_stopping=False), rows)
    known = columns_in(model.classes_, classes)
    share = np.bincount(rows.y, weights=rows.weights, minlength=len(classes)) / rows.weights.sum()
    # no share of a class is taken as certain
    share = np.clip(share, 1e-3, 1 - 1e-3)
    copy.coef_[:] = 0.0
    copy.intercept_[:] = np.log(share / (1 - share))
    copy.coef_[known] = _as_rows_a_class(model.coef_)
    copy.intercept_[known] = _as_rows_a_class(model.intercept_)
    return copy


def renewed_bayes(model, rows):
    """Naive Bayes for more classes: the source's counts and moments for its own, the rows' for new ones."""
    copy, classes = _first_pass(clone(model), rows)
    known = columns_in(model.classes_, classes)
    names = ("theta_", "var_", "class_count_") if hasattr(model, "theta_") else ("feature_count_", "class_count_")
    for name in names:
        getattr(copy, name)[known] = getattr(model, name)
    if hasattr(model, "theta_"):
        copy.epsilon_ = model.epsilon_  # it is part of the variances just taken over
    elif hasattr(model, "feature_all_"):
        copy.feature_all_ = copy.feature_count_.sum(axis=0)
    return copy


def renewed_network(model, rows):
    """A network at the source's weights with a fresh optimiser; its output layer has the classes of both sides.

    Weights to the outputs of new classes keep their random start. The one pass before the weights are copied leaves
    its gradient in Adam's averages, where it fades.
    """
    changes = {"learning_rate_init": rows.rate, "early_stopping": False, "random_state": rows.seed, "warm_start": False}
    if model.solver == "lbfgs":
        changes["solver"] = "adam"  # it has no epochs
    if model.batch_size != "auto":
        changes["batch_size"] = min(model.batch_size, len(rows.y))
    copy, classes = _first_pass(clone(model).set_params(**changes), rows)
    for own, old in zip(
        (*copy.coefs_[:-1], *copy.intercepts_[:-1]), (*model.coefs_[:-1], *model.intercepts_[:-1]), strict=True
    ):
        own[:] = old
    last, bias = model.coefs_[-1], model.intercepts_[-1]
    if classes is None or len(classes) == len(model.classes_):
        copy.coefs_[-1][:], copy.intercepts_[-1][:] = last, bias
        return copy
    known = columns_in(model.classes_, classes)
    # two classes share one logistic output: half of it with both signs gives softmax the same odds
    half = 0.5 if last.shape[1] == 1 else 1.0
    copy.coefs_[-1][:, known] = half * _as_rows_a_class(last.T).T
    copy.intercepts_[-1][known] = half * _as_rows_a_class(bias)
    return copy
