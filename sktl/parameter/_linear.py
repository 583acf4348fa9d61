"""What the linear models that shrink towards a source share: reading rows, source coefficients, decisions."""

import warnings
from dataclasses import dataclass
from math import inf
from numbers import Real

import numpy as np
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from sktl._checks import BOOLEAN, InstanceOf, Interval, check_parameters
from sktl._core.biased_glm import Problem, fit_path
from sktl._core.coordinates import coordinates
from sktl._core.losses import multinomial_gradient, multinomial_value
from sktl._core.source_weights import WEIGHTINGS, predictor_weights
from sktl.base import linear_parameters, union_of_classes, validate_rows
from sktl.domains import as_column, known_labels, n_rows, one_column, take_rows, user_level

ENOUGH_ROWS = 5000  # from which weights of sources are found
WEIGHTS = (*WEIGHTINGS, InstanceOf(list, tuple, np.ndarray, noun="one number per source"))
#: The parameters that these models share.
LINEAR = {
    "reg": ("auto", inf, Interval(Real, 0)),
    "weights": WEIGHTS,
    "fit_intercept": BOOLEAN,
    "tol": (Interval(Real, 0, closed="neither"),),
}


@dataclass(frozen=True)
class TargetRows:
    """The labelled target rows of a fit; none where there is one domain.

    Attributes
    ----------
    X : ndarray or CSR matrix of shape (n, d)
        Rows.
    labels : ndarray of shape (n,)
        Labels.
    weights : ndarray of shape (n,)
        Weights, none of them 0.
    """

    X: object
    labels: np.ndarray
    weights: np.ndarray

    @property
    def coordinates(self):
        """The rows in coordinates of their span."""
        return coordinates(self.X)


def check_weights(sample_weight, n):
    """Weights of n rows as floats, or None."""
    if sample_weight is None:
        return None
    weights = np.asarray(as_column(sample_weight), dtype=np.float64)
    if weights.ndim == 0:
        weights = np.full(n, float(weights))
    if weights.shape != (n,):
        raise ValueError(f"sample_weight must have one number per row, shape ({n},); got shape {weights.shape}.")
    if not np.isfinite(weights).all() or (weights < 0).any():
        bad = weights[~np.isfinite(weights) | (weights < 0)][0]
        raise ValueError(f"sample_weight must hold finite numbers that are not negative; got {bad}.")
    return weights


def flat_labels(y):
    """Labels of one output as a flat column, with scikit-learn's warning where they come as a matrix of one column."""
    if y is None or np.ndim(as_column(y)) != 2:
        return y
    warnings.warn(
        "A column-vector y was passed when a 1d array was expected; its one column is used. Pass y.ravel().",
        DataConversionWarning,
        stacklevel=user_level(),
    )
    return one_column(y)


def read_target(model, X, y, sample_domain, sample_weight) -> TargetRows:
    """The *check* and *split* acts of ``fit``: sets ``sources_``, and returns the labelled target rows."""
    check_parameters(model)
    X = validate_rows(model, X, dtype=np.float64)
    weights = check_weights(sample_weight, n_rows(X))
    y = flat_labels(y)
    domains = model._split(X, y, sample_domain)
    assert_all_finite(known_labels(y, domains.labeled), input_name="y")
    model.sources_ = model._fitted_sources(X, y, domains, weights)
    check_source_weights(model)
    rows = model._labeled_target(domains)
    if weights is not None and rows.any():
        if not weights[rows].any():
            raise ValueError(
                f"The weights of all {rows.sum()} labelled target rows are 0; at least one must be above 0."
            )
        rows = rows & (weights > 0)
    discrete = hasattr(model, "decision_function")
    own = np.ones(rows.sum()) if weights is None else weights[rows]
    # with one domain there are no target rows, but its labels still say what kind of labels there are
    return TargetRows(take_rows(X, rows), known_labels(y, rows if rows.any() else domains.labeled, discrete), own)


def as_floats(labels):
    """Labels of a regression as floats, or an error that says what else they may be for."""
    try:
        return labels.astype(np.float64)
    except ValueError as error:
        text = next(label for label in labels.tolist() if isinstance(label, str))
        raise ValueError(
            f"The labels of a regression must be numbers; got {text!r}. For classes use the classifier of the same "
            "kind (TransGLM: family='binomial')."
        ) from error


def numbers(y, rows=None):
    """Labels of a regression (of some rows) as finite floats."""
    labels = np.asarray(y) if rows is None else known_labels(y, rows, discrete=False)
    labels = as_floats(column_or_1d(labels, warn=True))
    assert_all_finite(labels, input_name="y")
    return labels


def check_source_weights(model):
    """Raise unless given weights are one number a source, not negative."""
    if isinstance(model.weights, str):
        return
    weights = np.asarray(model.weights, dtype=float)
    if weights.shape != (len(model.sources_),) or not np.isfinite(weights).all() or (weights < 0).any():
        names = [name for name, _ in model.sources_]
        raise ValueError(
            f"weights must be 'simplex', 'ball' or one number >= 0 for each of the sources {names}; "
            f"got {weights.tolist()}."
        )


def equal_weights(model):
    """The sources' weights where there are no labels to find them by."""
    n = len(model.sources_)
    return np.full(n, 1 / n) if isinstance(model.weights, str) else np.asarray(model.weights, dtype=float)


# --- source coefficients of classes ---


def class_parameters(sources, classes, d, halves):
    """Coefficients (n_sources, K, d) and intercepts (n_sources, K) of the sources for ``classes``; K = 1 for two.

    A class that a source doesn't know has zeros. Of a source of two classes among several its one function f is split:
    -f and f, or by ``halves`` -f/2 and f/2, between which a softmax has the same odds.
    """
    K = 1 if len(classes) == 2 else len(classes)
    coef, intercept = np.zeros((len(sources), K, d)), np.zeros((len(sources), K))
    for s, (name, model) in enumerate(sources):
        known = np.asarray(getattr(model, "classes_", classes))
        if len(known) < 2:
            continue  # a source that has seen one class tells no two apart
        own = linear_parameters(name, model, d, "decision_function")
        if K > 1 and len(known) == 2:
            share = 0.5 if halves else 1.0
            own = [np.concatenate([-share * part, share * part]) for part in own]
        if K == 1:
            coef[s], intercept[s] = own
        else:
            rows = np.searchsorted(classes, known)
            shift = [part.mean(axis=0) if halves else 0.0 for part in own]  # which a softmax does not see
            coef[s, rows], intercept[s, rows] = own[0] - shift[0], own[1] - shift[1]
    return coef, intercept


# --- losses of linear predictors (n, K), for the sources' weights ---


def mean_loss(loss, y, shares):
    """Mean loss, and derivatives, of predictors of K outputs; ``y`` (n, K), or (n,) codes where ``loss`` is None."""

    def evaluate(eta):
        if loss is None:
            return shares @ multinomial_value(y, eta), shares[:, None] * multinomial_gradient(y, eta)
        return float((shares @ loss.value(y, eta)).sum()), shares[:, None] * loss.gradient(y, eta)

    return evaluate


def choose_weights(model, rows, loss, y, coef, intercept, free):
    """Weights (n_sources,) of the sources, with which they predict the target's labels best as they are."""
    if not isinstance(model.weights, str):
        return np.asarray(model.weights, dtype=float)
    if len(model.sources_) == 1 and model.weights == "simplex":
        return np.ones(1)
    few = slice(
        None, None, max(1, len(rows.weights) // ENOUGH_ROWS)
    )  # for a few numbers, a part of many rows is enough
    rows, y = TargetRows(rows.X[few], rows.labels[few], rows.weights[few]), y[few]
    eta = np.stack([rows.X @ c.T + b for c, b in zip(coef, intercept, strict=True)], axis=2)  # (n, K, n_sources)
    return predictor_weights(mean_loss(loss, y, rows.weights / rows.weights.sum()), eta, model.weights, free)


# --- the fit of losses other than the squared one ---


def fit_biased(model, rows, loss, y, coef, intercept, mode, scale=1.0):
    """Find weights of the sources, penalty and coefficients (K, d), and store them.

    Parameters
    ----------
    loss : Loss or None
        None for the multinomial log-loss.
    y : ndarray of shape (n, K), or (n,) of codes
        Labels.
    coef, intercept : ndarray of shape (n_sources, K, d) and (n_sources, K)
        Of the sources.
    mode : {"free", "penalised", "none"}
        What becomes of the intercepts.
    scale : float
        ``reg`` in units of the penalty of the summed losses.
    """
    weights = choose_weights(model, rows, loss, y, coef, intercept, mode == "free")
    start, start_intercept = np.tensordot(weights, coef, 1), weights @ intercept
    if mode == "free":
        start_intercept = np.zeros(len(start_intercept))
    problem = Problem(
        rows.coordinates, y, rows.X @ start.T + start_intercept, rows.weights, loss, mode, min(model.tol, 1e-4)
    )
    fit = fit_path(problem, None if model.reg == "auto" else [model.reg * scale])
    if not fit.converged:
        warnings.warn(
            f"The fit with reg={fit.reg / scale:.3g} stopped after {fit.n_iter} steps before its minimum was reached. "
            "Raise reg, or scale the columns.",
            ConvergenceWarning,
            stacklevel=user_level(),
        )
    model.coef_, model.intercept_ = start + fit.coef, start_intercept + fit.intercept
    model.reg_, model.source_weights_, model.n_iter_ = fit.reg / scale, weights, fit.n_iter
    for name in ("regs_", "loo_losses_"):
        vars(model).pop(name, None)  # of an earlier fit
    if model.reg == "auto":
        model.regs_, model.loo_losses_ = fit.regs / scale, fit.losses


def keep_source(model, coef, intercept):
    """One domain: the sources as they are, with equal weights."""
    model.source_weights_, model.reg_, model.n_iter_ = equal_weights(model), inf, 0
    model.coef_ = np.tensordot(model.source_weights_, coef, 1)
    model.intercept_ = model.source_weights_ @ intercept


def classes_of(model, labels):
    """Set ``classes_`` to those of the sources and of the labels."""
    labels = column_or_1d(labels, warn=True)
    check_classification_targets(labels)
    model.classes_ = union_of_classes(model.sources_, labels)
    if len(model.classes_) < 2:
        raise ValueError(
            f"At least two classes are needed; source and target have only one class, {model.classes_.tolist()[0]!r}. "
            "Add rows of another class."
        )
    return labels


def indicators(labels, classes):
    """Columns of 0 and 1, one a class; one column for two classes."""
    codes = np.searchsorted(classes, labels)
    return (codes[:, None] == np.arange(1 if len(classes) == 2 else 0, len(classes))).astype(float)


# --- decisions of fitted linear models ---


def decision(model, X):
    """Linear predictors of new rows, (n,) where there is one output, else (n, K)."""
    check_is_fitted(model)
    X = validate_rows(model, X, dtype=np.float64, reset=False)
    values = X @ np.atleast_2d(model.coef_).T + model.intercept_
    return values[:, 0] if values.shape[1] == 1 else values


def most_likely(model, values):
    """Classes of the largest decision values."""
    return model.classes_[(values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)]


def probabilities(values):
    """Class probabilities (n, K) of log-odds (n,) or logits (n, K)."""
    return softmax(np.column_stack([np.zeros(len(values)), values]) if values.ndim == 1 else values, axis=1)
