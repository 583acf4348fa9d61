"""What the members that go on with a source model share: rows read and ordered, one part a source, parts averaged."""

from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.special import softmax
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils import assert_all_finite, check_array, column_or_1d, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from sktl._checks import check_parameters
from sktl._core.kernels import canonical_order
from sktl.base import BaseParameterTransfer, union_of_classes, validate_rows
from sktl.domains import as_column, draw_rows, known_labels, n_rows, take_rows
from sktl.parameter._linear import as_floats

# Probabilities are kept this far from 0 where a held-out loss is taken, so that one surprise isn't infinitely bad.
PROBABILITY_FLOOR = 1e-3
# How much worse than the best, in standard errors, an option that trusts the source more may be and still be taken.
STANDARD_ERRORS = 0.5


def row_order(X, y):
    """An order of the rows that depends on their values alone, so that folds and draws don't depend on how they came.

    Rows of other things than numbers keep their order.
    """
    values = X if sparse.issparse(X) else np.asarray(X)
    if values.dtype.kind not in "fiub":
        return np.arange(n_rows(X))
    if not sparse.issparse(X):
        values = np.nan_to_num(values, nan=0.0)
    # equal rows in the order of their labels, since the sort by values is a stable one
    by_label = np.argsort(np.unique(np.asarray(y, dtype=str), return_inverse=True)[1], kind="stable")
    return by_label[canonical_order(values[by_label])]


def read_weights(sample_weight, n):
    """Weights of the rows, (n,), ones where none are given; an error unless they are finite and at least 0."""
    if sample_weight is None:
        return np.ones(n)
    weights = check_array(sample_weight, ensure_2d=False, dtype=float, input_name="sample_weight")
    weights = np.full(n, float(weights)) if weights.ndim == 0 else column_or_1d(weights)
    if len(weights) != n or weights.min() < 0:
        raise ValueError(
            f"sample_weight must hold one number >= 0 per row, {n} in all; got {len(weights)}, the smallest is "
            f"{weights.min():g}."
        )
    if not weights.any():
        raise ValueError(f"sample_weight must have a weight above zero; all {n} are zero.")
    return weights


# --- methods, taken over by each class as they stand ---


def fit(self, X, y, sample_domain=None, sample_weight=None):
    """Fit the sources where they are not fitted, then go on with each by the labelled target rows.

    Parameters
    ----------
    X : array-like, frame or CSR matrix of shape (n_samples, n_features)
        Rows of the target; of all domains, where the source is not fitted.
    y : array-like of shape (n_samples,)
        Labels; rows where they are missing (NaN, None, ``pd.NA``) are left out.
    sample_domain : array-like of shape (n_samples,), default=None
        Booleans (True = target), integers (negative = target) or names ("target"). Needed where the source is not
        fitted, since some target rows must have labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows, for the target's share and for the fit of a source that is not fitted.

    Returns
    -------
    self

    Raises
    ------
    ValueError
        If no target row has a label, the source has other columns or no class in common with the target, or is a
        model that this estimator can't go on with.

    Warns
    -----
    SingleDomainWarning
        If the source is not fitted, no label is missing and there is no ``sample_domain``: the source is fitted on
        all rows, and nothing is adapted.
    """
    check_parameters(self)
    X = _checked_rows(self, X, reset=True)
    domains = self._split(X, y, sample_domain)
    weights = None if sample_weight is None else read_weights(sample_weight, n_rows(X))
    _check_labels(y, domains.labeled, is_classifier(self))
    X, y, domains, weights = _ordered(X, y, domains, weights)
    self.sources_ = self._fitted_sources(X, y, domains, weights)
    weights = np.ones(n_rows(X)) if weights is None else weights
    rows = self._labeled_target(domains)
    labels = _class_codes(self, y, rows) if is_classifier(self) else _values(y, rows)
    # by themselves: rows without labels have no say in which fold a labelled one is
    own = row_order(take_rows(X, rows), labels)
    known = draw_rows(take_rows(X, rows), own), labels[own], weights[rows][own], np.random.default_rng(_seed(self))
    parts = [self._transfer(name, model, *known) for name, model in self.sources_]
    self.models_, losses = (list(column) for column in zip(*parts, strict=True))
    self.source_weights_ = _shares(np.array(losses, dtype=float), weights[rows].sum(), is_classifier(self))
    return self


def _gives_probabilities(self):
    """Whether every source does, where its kind may not (margins are no probabilities)."""
    return all(hasattr(model, "predict_proba") for model in given_models(self))


@available_if(_gives_probabilities)
def predict_proba(self, X):
    """Class probabilities of rows of the target.

    Parameters
    ----------
    X : array-like, frame or CSR matrix of shape (n_samples, n_features)
        New rows.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
    """
    return _mixed(self, X)


def predict_class(self, X):
    """Most probable class of rows of the target.

    Parameters
    ----------
    X : array-like, frame or CSR matrix of shape (n_samples, n_features)
        New rows.

    Returns
    -------
    ndarray of shape (n_samples,)
    """
    winners = _mixed(self, X).argmax(axis=1)
    return self.classes_[winners]


def predict_value(self, X):
    """Values predicted for rows of the target.

    Parameters
    ----------
    X : array-like, frame or CSR matrix of shape (n_samples, n_features)
        New rows.

    Returns
    -------
    ndarray of shape (n_samples,)
    """
    return _mixed(self, X)[:, 0]


def sklearn_tags(self):
    """Tags: missing values and sparse rows are taken where all given sources take them."""
    tags = super(BaseParameterTransfer, self).__sklearn_tags__()  # of what stands beside it
    inner = [get_tags(model).input_tags for model in given_models(self) if hasattr(model, "__sklearn_tags__")]
    if inner:
        tags.input_tags.allow_nan = all(tag.allow_nan for tag in inner)
        tags.input_tags.sparse = all(tag.sparse for tag in inner)
    return tags


# --- what they are made of ---


def given_models(self):
    """The models given as source, without their names; none where the default is asked for."""
    if isinstance(self.source, (list, tuple)):
        return [pair[-1] for pair in self.source if isinstance(pair, (list, tuple)) and pair]
    return [] if self.source is None else [self.source]


def row_losses(self, outputs, y):
    """Loss of each row by outputs held out, (n,): log-loss of a classifier, squared error of a regressor."""
    return (log_losses if is_classifier(self) else squared_errors)(outputs, y)


def _seed(self):
    """Seed of what is drawn."""
    state = getattr(self, "random_state", 0)
    return state.randint(2**31) if isinstance(state, np.random.RandomState) else state


def _shares(losses, n, is_class):
    """Weights (n_sources,) that sum to 1, by the likelihood of ``n`` rows at each source's held-out loss."""
    if len(losses) == 1 or not n:
        return np.full(len(losses), 1 / len(losses))
    # squared errors count as a normal's likelihood does, log-losses are one already
    return softmax(-n * (losses if is_class else np.log(np.maximum(losses, np.finfo(float).tiny)) / 2))


def _mixed(self, X):
    """Outputs of the parts for new rows, averaged, (n_samples, n_outputs)."""
    check_is_fitted(self, "models_")
    X = _checked_rows(self, X, reset=False)
    return sum(weight * part.outputs(X) for weight, part in zip(self.source_weights_, self.models_, strict=True))


def _checked_rows(self, X, reset):
    """Rows checked; a frame of any columns where every source is a pipeline that begins by transforming it."""
    sources = given_models(self)
    if sources and all(isinstance(model, Pipeline) for model in sources) and hasattr(X, "columns"):
        validate_data(self, X, reset=reset, skip_check_array=True)
        return X
    finite = "allow-nan" if get_tags(self).input_tags.allow_nan else True
    return validate_rows(self, X, reset=reset, ensure_all_finite=finite)


def _check_labels(y, labeled, is_class):
    """Raise unless the known labels are finite, one a row, and of classes where classes are asked for."""
    known = column_or_1d(known_labels(y, labeled, discrete=is_class), warn=True)
    assert_all_finite(known if is_class else as_floats(known), input_name="y")
    if is_class:
        check_classification_targets(known)


def _class_codes(self, y, rows):
    """Set ``classes_``; codes of the labels of the ``rows``."""
    labels = column_or_1d(known_labels(y, rows)) if rows.any() else self.sources_[0][1].classes_[:1]
    self.classes_ = union_of_classes(self.sources_, labels)
    if len(self.classes_) < 2:
        raise ValueError(
            f"At least two classes are needed; source and target have only one class, {self.classes_.tolist()[0]!r}. "
            "Add rows of another class."
        )
    return np.searchsorted(self.classes_, labels)[: np.count_nonzero(rows)]


def _values(y, rows):
    """Return the labels of the ``rows`` as floats."""
    return as_floats(column_or_1d(known_labels(y, rows, discrete=False)))


def _ordered(X, y, domains, weights):
    """Rows, labels, domains and weights in the order of the rows' values."""
    y = as_column(y)
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    order = row_order(X, y)
    if weights is not None:  # a row of no weight says nothing, its class included
        domains = replace(domains, labeled=domains.labeled & (weights > 0))
    names = ("target", "labeled", "names")
    domains = replace(domains, **{name: getattr(domains, name)[order] for name in names})
    return draw_rows(X, order), draw_rows(y, order), domains, None if weights is None else weights[order]


def log_losses(proba, codes):
    """Log-loss of each row's probabilities (n, n_classes), (n,)."""
    return -np.log(np.clip(proba[np.arange(len(codes)), codes], PROBABILITY_FLOOR, 1.0))


def squared_errors(predicted, y):
    """Squared error of each row's prediction (n, 1), (n,)."""
    return (predicted[:, 0] - y) ** 2


def most_cautious(losses, weights, standard_errors=STANDARD_ERRORS):
    """Index of the option to take, and its loss: of those as good as the best, up to chance, the last.

    ``losses`` (n_options, n) of rows held out, options in the order of trust in the source. An option is as good as
    the best if its mean excess over it is at most ``standard_errors`` standard errors of that excess.
    """
    means = np.average(losses, axis=1, weights=weights)
    excess = losses - losses[np.argmin(means)]
    share = weights / weights.sum()
    mean = excess @ share
    error = np.sqrt(np.maximum((excess - mean[:, None]) ** 2 @ share**2, 0))
    # errors equal but for rounding count as equal
    best = int(np.flatnonzero(mean <= standard_errors * error + 1e-12)[-1])
    return best, float(means[best])


def spread_folds(y, most):
    """Fold of each row, at most ``most`` and as many as rows: each class, or range of values, spread over all."""
    folds = np.empty(len(y), dtype=int)
    folds[np.argsort(y, kind="stable")] = np.arange(len(y)) % min(most, max(len(y), 1))
    return folds
