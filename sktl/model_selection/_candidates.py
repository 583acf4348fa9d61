"""The models that the guard compares: how each is fitted, and its losses on rows that no fit saw."""

import numpy as np
from scipy import sparse
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from sktl.base import fit_on_domains
from sktl.domains import TARGET, draw_rows, known_labels, missing_values, n_rows
from sktl.model_selection._hide import hide_labels
from sktl.model_selection._splitters import TargetKFold, class_codes, deal

CIRCULAR_FOLDS = 3
TRANSFER, SOURCE_ONLY, TARGET_ONLY, POOLED = "transfer", "source-only", "target-only", "pooled"
BASELINES = (SOURCE_ONLY, TARGET_ONLY, POOLED)


def default_baseline(estimator, X):
    """Linear model on standardised columns, of the estimator's kind."""
    from sklearn.linear_model import LogisticRegression, Ridge  # here, to keep `import sktl` quick

    model = Ridge() if is_regressor(estimator) else LogisticRegression(max_iter=1000, tol=1e-6)
    return make_pipeline(StandardScaler(with_mean=not sparse.issparse(X)), model)


def fit_candidate(name, model, X, y, names):
    """A clone, fitted on the rows that the candidate may learn from; a constant where these are of one class."""
    if name not in BASELINES:
        return fit_on_domains(model, X, y, names)
    rows = ~missing_values(y)
    if name != POOLED:
        rows &= np.array([domain == TARGET for domain in names.tolist()]) == (name == TARGET_ONLY)
    labels = known_labels(y, rows)
    if not is_regressor(model) and len(np.unique(labels)) == 1:
        from sklearn.dummy import DummyClassifier

        model = DummyClassifier()
    return clone(model).fit(draw_rows(X, np.flatnonzero(rows)), labels)


def labels_at(y, domains, rows):
    """Labels of some labelled rows, in their own type."""
    return known_labels(y, domains.labeled)[np.searchsorted(np.flatnonzero(domains.labeled), rows)]


# --- losses of rows that no fit saw ---


def losses_on_labels(models, loss, X, y, domains, cv, random_state):
    """Losses of the labelled target rows by model, each fitted without the row's label (the row stays)."""
    losses = {name: np.full(n_rows(X), np.nan) for name in models}
    once = {name: fit_candidate(name, models[name], X, y, domains.names) for name in models.keys() & {SOURCE_ONLY}}
    for _, test in TargetKFold(cv, random_state=random_state).split(X, y, domains.target):
        hidden, truth = hide_labels(y, test), labels_at(y, domains, test)
        for name, model in models.items():  # the source's model sees no target label: one fit serves all folds
            fitted = once[name] if name in once else fit_candidate(name, model, X, hidden, domains.names)
            answer = getattr(fitted, loss.method)(draw_rows(X, test))
            losses[name][test] = loss.of_rows(truth, answer, getattr(fitted, "classes_", None))
    rows = np.flatnonzero(domains.target & domains.labeled)
    return {name: values[rows] for name, values in losses.items()}


def circular_losses(name, model, loss, X, y, domains, random_state):
    """Losses of the labelled source rows, learned back from the target rows as the model predicts these.

    Each fold of the source rows is in neither fit (Zhong et al. 2010); no target label is in any.
    """
    hidden, target, labeled = hide_labels(y, domains.target), domains.target, domains.source & domains.labeled
    rows, codes = np.flatnonzero(labeled), class_codes(hidden, labeled)[labeled]
    folds, losses = deal(codes, CIRCULAR_FOLDS, check_random_state(random_state)), np.zeros(len(rows))
    for fold in np.unique(folds):
        kept = np.setdiff1d(np.arange(n_rows(X)), rows[folds == fold])
        X_kept, y_kept, role = draw_rows(X, kept), hidden[kept], target[kept]
        there = fit_candidate(name, model, X_kept, y_kept, domains.names[kept])
        guess = np.asarray(there.predict(draw_rows(X_kept, np.flatnonzero(role))))
        backwards = np.zeros((len(kept), *guess.shape[1:]), dtype=float if guess.dtype.kind in "iuf" else object)
        backwards[role] = guess
        alike = is_classifier(model) and len(np.unique(guess)) == 1  # then every row counts as that class
        back = fit_candidate(
            SOURCE_ONLY if alike else name,
            model,
            X_kept,
            hide_labels(backwards, ~role),
            np.where(role, "source", TARGET).astype(object),
        )
        answer = getattr(back, loss.method)(draw_rows(X, rows[folds == fold]))
        truth = labels_at(y, domains, rows[folds == fold])
        losses[folds == fold] = loss.of_rows(truth, answer, getattr(back, "classes_", None))
    return losses
