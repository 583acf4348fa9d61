"""Losses of rows of both domains by models of one size that have not seen them."""

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import is_classifier

from sktl._core.kernels import canonical_order
from sktl.base import fit_on_domains, on_missing_labels, respond
from sktl.domains import draw_rows, hidden_labels, known_labels
from sktl.model_selection.evidence import choose_loss, label_folds

MIN_SOURCE = 20  # labelled source rows: fewer leave folds of a row or two


def held_out_losses(estimator, loss, X, y, domains, rows, encoded, cv, n_jobs, seed):
    """Losses of ``rows`` by models that have not seen them, and labels less predictions; NaN without a label."""
    kind, model = choose_loss(loss, estimator), on_missing_labels(estimator)
    known = np.flatnonzero(domains.labeled)
    labels = known_labels(y, domains.labeled, discrete=is_classifier(estimator))
    source = known[domains.source[known]]
    order = canonical_order(encoded[source])
    folds = np.full(len(domains.target), -1)
    dealt = label_folds(
        labels[np.searchsorted(known, source[order])], cv, np.random.RandomState(seed), is_classifier(estimator)
    )
    folds[source[order]] = dealt
    asked = rows[domains.labeled[rows]]
    truth = labels[np.searchsorted(known, asked)]
    found = Parallel(n_jobs=n_jobs)(
        delayed(_one_fold)(model, kind, X, y, domains, asked, truth, np.unique(labels), folds, fold)
        for fold in range(cv)
    )
    out = [np.full((len(rows), *part.shape[1:]), np.nan) for part in found[0]]
    places = domains.labeled[rows]
    is_target = domains.target[asked]
    for k, values in enumerate(out):
        by_fold = np.array([part[k] for part in found])
        own = by_fold[np.maximum(folds[asked], 0), np.arange(len(asked))]
        shaped = is_target.reshape(-1, *[1] * (own.ndim - 1))
        values[places] = np.where(shaped, by_fold.mean(axis=0), own)
    return out


def _one_fold(model, loss, X, y, domains, asked, truth, classes, folds, fold):
    """Losses and residuals of the rows ``asked`` by a model that saw neither the fold's labels nor the target's."""
    fitted = fit_on_domains(model, X, hidden_labels(y, domains.target | (folds == fold)), domains.names)
    rows, names = draw_rows(X, asked), domains.names[asked]
    answer = respond(fitted, rows, names, loss.method)
    losses = loss.of_rows(truth, answer, getattr(fitted, "classes_", None))
    if not is_classifier(model):
        return losses, (truth - np.asarray(respond(fitted, rows, names), dtype=float))[:, None]
    hits = (truth[:, None] == classes).astype(float)
    if not hasattr(fitted, "predict_proba"):
        return losses, hits[:, 1:] - (np.asarray(respond(fitted, rows, names))[:, None] == classes)[:, 1:]
    shares = np.zeros(hits.shape)
    shares[:, np.searchsorted(classes, fitted.classes_)] = respond(fitted, rows, names, "predict_proba")
    return losses, (hits - shares)[:, 1:]  # the last one follows from the others
