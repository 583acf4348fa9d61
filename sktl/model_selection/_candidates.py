"""The models that the guard compares: how each is fitted, and its losses on rows that no fit saw."""

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.base import clone, is_regressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl.base import default_classifier, fit_on_domains, numeric_steps
from sktl.domains import TARGET, draw_rows, known_labels, missing_values, n_rows, one_domain_is_meant, read_domains
from sktl.model_selection._by_domain import check_numbers
from sktl.model_selection._hide import hide_labels
from sktl.model_selection._target_kfold import TargetKFold

TRANSFER, SOURCE_ONLY, TARGET_ONLY, POOLED = "transfer", "source-only", "target-only", "pooled"
BASELINES = (SOURCE_ONLY, TARGET_ONLY, POOLED)


def default_baseline(estimator, X):
    """Linear model of the estimator's kind on standardised columns, which the first steps of its pipeline may make."""
    steps = numeric_steps(estimator, X)  # text and gaps: what encodes and imputes for the one does so for the other
    for step in steps:
        X = step.transform(X)
    check_numbers(X, "The default baseline", "or pass baseline, such as the pipeline without adaptation")
    model = _linear_model(estimator, X)
    return make_pipeline(*(clone(step) for step in steps), *model.named_steps.values()) if steps else model


def _linear_model(estimator, X):
    if not is_regressor(estimator):
        return default_classifier(X, tol=1e-6)  # so tight that the order of rows does not show in a p-value
    from sklearn.linear_model import Ridge  # here, to keep `import sktl` quick

    return make_pipeline(StandardScaler(with_mean=not sparse.issparse(X)), Ridge())


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


def fitted_quietly(name, model, X, y, names):
    """The candidate fitted; one that sees one domain, as it should, does not warn of that."""
    if name == TRANSFER:
        return fit_candidate(name, model, X, y, names)
    with one_domain_is_meant():
        return fit_candidate(name, model, X, y, names)


def read_labeled_domains(X, y, sample_domain):
    """Domains of the rows, which must have labels."""
    if y is None:
        raise ValueError("y is needed: the labels of the sources, and of some target rows; got None.")
    return read_domains(X, y, sample_domain)


def labels_at(y, domains, rows):
    """Labels of some labelled rows, in their own type."""
    return known_labels(y, domains.labeled)[np.searchsorted(np.flatnonzero(domains.labeled), rows)]


# --- losses of rows that no fit saw ---


def losses_on_labels(models, loss, X, y, domains, cv, random_state, n_jobs=None):
    """Losses of the labelled target rows by model, each fitted without the row's label (the row stays)."""
    rows = np.flatnonzero(domains.target & domains.labeled)
    folds = [test for _, test in TargetKFold(cv, random_state=random_state).split(X, y, domains.target)]
    # the source's model sees no target label: one fit serves all folds
    tasks = [(name, test) for name in models for test in ([rows] if name == SOURCE_ONLY else folds)]
    found = Parallel(n_jobs=n_jobs)(
        delayed(_held_out_losses)(name, models[name], loss, X, y, domains, test) for name, test in tasks
    )
    losses = {name: np.full(n_rows(X), np.nan) for name in models}
    for (name, test), values in zip(tasks, found, strict=True):
        losses[name][test] = values
    return {name: values[rows] for name, values in losses.items()}


def _held_out_losses(name, model, loss, X, y, domains, test):
    """Losses of some labelled target rows by a model that was fitted with their labels hidden."""
    fitted = fit_candidate(name, model, X, hide_labels(y, test), domains.names)
    answer = getattr(fitted, loss.method)(draw_rows(X, test))
    return loss.of_rows(labels_at(y, domains, test), answer, getattr(fitted, "classes_", None))
