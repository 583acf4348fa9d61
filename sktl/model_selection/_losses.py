"""Losses of single rows, and the score that a mean of them stands for."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.base import is_classifier, is_regressor

from sktl._checks import checked


@dataclass(frozen=True)
class Loss:
    """A loss per row.

    Attributes
    ----------
    of_rows : callable
        Function of (y_true, answer, classes): losses (n_samples,).
    method : str
        The method of the estimator that gives the answer.
    score : callable
        The score, higher is better, that an estimated mean loss stands for.
    """

    of_rows: Callable
    method: str = "predict"
    score: Callable = np.negative


def zero_one(y, answer, classes):
    """1 for a wrong class."""
    return (np.asarray(answer) != y).astype(float)


def log_loss(y, answer, classes):
    """Minus the logarithm of the true class's probability, which counts as 2.2e-16 at least."""
    known = np.isin(y, classes)
    share = np.zeros(len(y))
    columns = np.searchsorted(classes, y[known])
    share[known] = np.asarray(answer)[np.flatnonzero(known), columns]
    return -np.log(np.maximum(share, np.finfo(float).eps))  # the bound of scikit-learn's log_loss


def accuracy(risk):
    """Share of right answers, from that of wrong ones."""
    return 1 - risk


def brier(y, answer, classes):
    """Squared distance of the class probabilities from the truth, 0 to 2."""
    hits = np.asarray(y)[:, None] == np.asarray(classes)
    # a class that the model does not know has no column, and its 1 is missed whole
    return ((np.asarray(answer) - hits) ** 2).sum(axis=1) + (1 - hits.any(axis=1))


def squared_error(y, answer, classes):
    """Square of the difference; the mean over several outputs."""
    return by_row((np.asarray(answer, dtype=float) - y) ** 2)


def absolute_error(y, answer, classes):
    """Size of the difference; the mean over several outputs."""
    return by_row(np.abs(np.asarray(answer, dtype=float) - y))


def by_row(losses):
    """One loss per row: the mean over its outputs."""
    return losses if losses.ndim == 1 else losses.mean(axis=1)


LOSSES = {
    "zero_one": Loss(zero_one, score=accuracy),
    "log_loss": Loss(log_loss, "predict_proba"),
    "brier": Loss(brier, "predict_proba"),
    "squared_error": Loss(squared_error),
    "absolute_error": Loss(absolute_error),
}


def own_loss(y, answer, classes, *, loss):
    """Losses by the caller's function of (y_true, y_pred), which must return one per row."""
    losses = np.asarray(loss(y, answer), dtype=float)
    if losses.shape != (len(y),):
        raise ValueError(f"loss must return one number per row, shape ({len(y)},); it returned shape {losses.shape}.")
    return losses


def check_outputs(who, estimator, y):
    """Raise if a classifier is to be judged by several labels per row."""
    shape = np.shape(y)
    if is_classifier(estimator) and len(shape) > 1:
        raise ValueError(
            f"{who} judges classifiers of one output only; y has {shape[1]} columns. Judge one classifier per output."
        )


@checked(loss=("auto", *LOSSES, callable))
def choose_loss(loss, estimator):
    """Losses of rows, by name, from a callable, or by the kind of the estimator.

    Parameters
    ----------
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"} or callable
        "auto": "squared_error" for regressors, "zero_one" for classifiers. A callable takes (y_true, y_pred) and
        returns one number a row.
    estimator : estimator object
        The model to be judged.

    Returns
    -------
    Loss
        ``of_rows(y_true, answer, classes)``, the ``method`` that gives the answer, and ``score``, of a mean loss.

    Raises
    ------
    ValueError
        If the loss does not suit the kind of the estimator.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sktl.model_selection.evidence import choose_loss
    >>> choose_loss("auto", Ridge()).of_rows([1.0, 2.0], [1.5, 2.0], None).tolist()
    [0.25, 0.0]
    """
    if callable(loss):
        return Loss(partial(own_loss, loss=loss))  # can be pickled if the caller's function can
    if loss == "auto":
        loss = "squared_error" if is_regressor(estimator) else "zero_one"
    if is_regressor(estimator) != (loss in ("squared_error", "absolute_error")):
        kind = "regressor" if is_regressor(estimator) else "classifier"
        better = "squared_error" if kind == "regressor" else "zero_one"
        raise ValueError(f"loss={loss!r} does not suit a {kind}. Choose loss={better!r}.")
    return LOSSES[loss]
