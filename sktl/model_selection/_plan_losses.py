"""What a model expects of its own losses, and how far held-out rows of the source bear that out."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import is_classifier

from sktl.base import fit_on_domains, respond
from sktl.domains import draw_rows, hidden_labels, n_rows
from sktl.model_selection._candidates import labels_at
from sktl.model_selection._folds import label_folds

MIN_JUDGED = 20  # labelled source rows that tell what expected losses are worth: with fewer all rows count alike
OF_SIZE = {"squared_error": (np.pi / 2, np.sqrt(2)), "absolute_error": (1.0, np.sqrt(np.pi / 2 - 1))}
# of normal errors with mean size a: the mean loss in units of a^2 or a, and the deviation in units of that mean


@dataclass(frozen=True)
class Foreseen:
    """Losses foreseen at some rows.

    Attributes
    ----------
    expected, spread : ndarray of shape (n_rows,)
    slope : float
        Share of what the model itself expects that was believed.
    """

    expected: np.ndarray
    spread: np.ndarray
    slope: float


def foresee(model, fitted, name, loss, X, y, domains, rows, cv, seed):
    """:class:`Foreseen` losses of a fitted model at the ``rows``: its own, drawn to the source's mean by evidence."""
    source = np.flatnonzero(domains.source & domains.labeled)
    asks = is_classifier(fitted) and hasattr(fitted, "predict_proba")
    if len(source) < max(MIN_JUDGED, 2 * cv) or (is_classifier(fitted) and not asks):
        return Foreseen(np.zeros(len(rows)), np.ones(len(rows)), 0.0)
    losses, own, own_at_rows = (_of_classes if asks else _of_numbers)(
        model, fitted, name, loss, X, y, domains, source, rows, cv, seed
    )
    slope = believed(losses, own[0])
    expected = losses.mean() + slope * (own_at_rows[0] - own[0].mean())
    spread = (1 - slope) * losses.std() + slope * own_at_rows[1]
    return Foreseen(np.maximum(expected, 0), np.maximum(spread, 1e-12), slope)  # above 0, to be a share of chances


def believed(losses, own):
    """Slope of the losses in what was expected, at most 1, times the share of its square that chance does not explain.

    With F = (slope / its standard error)^2 that is 1 - 1 / F, and 0 below F = 1 or a slope of 0.
    """
    centred = own - own.mean()
    total = centred @ centred
    if total <= (1e-9 * np.abs(own).max(initial=1e-300)) ** 2 * len(own):  # rounding of equal values
        return 0.0
    slope = centred @ losses / total
    left = losses - losses.mean() - slope * centred
    squared_error = (centred**2 @ left**2) / total**2
    return float(np.clip(slope, 0, 1) * max(1 - squared_error / slope**2, 0)) if slope > 0 else 0.0


def _folds(y, domains, source, cv, seed, are_classes):
    """Fold of each row; -1 for those that are not dealt."""
    folds = np.full(n_rows(y), -1)
    folds[source] = label_folds(labels_at(y, domains, source), cv, np.random.RandomState(seed), are_classes)
    return folds


def _of_classes(model, fitted, name, loss, X, y, domains, source, rows, cv, seed):
    """Held-out losses of the source; their mean and deviation by the models' own probabilities, there and at rows."""
    folds = _folds(y, domains, source, cv, seed, True)
    losses, own = np.zeros(len(folds)), np.zeros((2, len(folds)))
    for fold in range(cv):
        out = np.flatnonzero(folds == fold)
        part = fit_on_domains(model, X, hidden_labels(y, out), domains.names)
        answer = respond(part, draw_rows(X, out), domains.names[out], loss.method)
        losses[out] = loss.of_rows(labels_at(y, domains, out), answer, part.classes_)
        own[:, out] = _own_losses(part, loss, X, domains, out)
    return losses[source], own[:, source], _own_losses(fitted, loss, X, domains, rows)


def _own_losses(fitted, loss, X, domains, rows):
    """Mean and deviation of the loss at some rows, if the model's probabilities were right, (2, n)."""
    if not len(rows):
        return np.zeros((2, 0))
    part, names = draw_rows(X, rows), domains.names[rows]
    chances, answer = (respond(fitted, part, names, method) for method in ("predict_proba", loss.method))
    by_class = [loss.of_rows(np.full(len(rows), c), answer, fitted.classes_) for c in fitted.classes_]
    of_class = np.column_stack(by_class)
    mean = (chances * of_class).sum(axis=1)
    return np.array([mean, np.sqrt(np.maximum((chances * of_class**2).sum(axis=1) - mean**2, 0))])


def _of_numbers(model, fitted, name, loss, X, y, domains, source, rows, cv, seed):
    """The same for a regressor: the size of its errors is learned by another of its kind, and judged on other folds."""
    folds = _folds(y, domains, source, cv, seed, False)
    sizes, losses, foreseen = np.full(len(folds), np.nan), np.zeros(len(folds)), np.zeros(len(folds))
    for fold in range(cv):
        out = np.flatnonzero(folds == fold)
        part = fit_on_domains(model, X, hidden_labels(y, out), domains.names)
        answer = respond(part, draw_rows(X, out), domains.names[out])
        truth = labels_at(y, domains, out)
        sizes[out], losses[out] = np.abs(truth - answer), loss.of_rows(truth, answer, None)
    for fold in range(cv):
        out = np.flatnonzero(folds == fold)
        part = fit_on_domains(model, X, hidden_labels(sizes, out), domains.names)
        foreseen[out] = respond(part, draw_rows(X, out), domains.names[out])
    whole = fit_on_domains(model, X, sizes, domains.names)
    at_rows = respond(whole, draw_rows(X, rows), domains.names[rows]) if len(rows) else np.zeros(0)
    factor, spread = OF_SIZE[name]
    means = [factor * np.maximum(a, 0) ** (2 if name == "squared_error" else 1) for a in (foreseen[source], at_rows)]
    return losses[source], *(np.array([mean, spread * mean]) for mean in means)
