"""What the hypothesis transfer estimators share: rows, modes, what each is worth, and their average."""

import numpy as np
from scipy.sparse import csr_array, issparse
from scipy.sparse import hstack as sparse_hstack
from scipy.special import softmax
from sklearn.utils import check_array, get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from sktl._checks import ESTIMATOR, check_parameters
from sktl.domains import draw_rows, n_rows, plain_rows, take_rows
from sktl.parameter._columns import StandardColumns

MODES = ("source", "shift", "affine", "offset", "stack", "target")
LEARNED = ("offset", "stack", "target")  # the modes that look at the columns
#: Share of a log-likelihood ratio by which modes are weighed. Left-out errors of modes fitted to the same few rows are
#: close and noisy: with 1 the better of two is taken for much better than it is (see ``benchmarks/``).
TRUST = 0.25
FOLDS = 10
OWN = ("stack", "target")  # must learn a whole model from the labels: doubted until there are ``_own_labels`` of them


def trust(log_likelihoods):
    """Weights of candidates from the log-likelihoods of rows that they have not seen."""
    return softmax(TRUST * np.asarray(log_likelihoods))


def held_out_folds(X, labels, source):
    """Positions of the rows that each of ten fits leaves out; of each row where there are ten rows or fewer.

    Rows go to the folds in turn, sorted by label and by what the source says: each fold has its share of every class,
    whatever the order of the rows. A fixed mix of the columns tells rows apart of which trees say the same.
    """
    mix = np.zeros(len(labels))
    if not hasattr(X, "columns") and X.dtype.kind in "biuf":
        mix = np.nan_to_num(np.asarray(X @ np.cos(np.arange(X.shape[1]))))
    order = np.lexsort((mix, *source.reshape(len(labels), -1).T, labels))
    return [order[k :: min(len(order), FOLDS)] for k in range(min(len(order), FOLDS))]


def row_weights(sample_weight, n):
    """Weights as an array (n,), or an error."""
    weights = check_array(sample_weight, ensure_2d=False, dtype=float, input_name="sample_weight")
    if weights.shape != (n,):
        raise ValueError(f"sample_weight must have one value per row, shape ({n},); got shape {weights.shape}.")
    if not weights.any():
        raise ValueError(f"Sample weights must contain at least one non-zero number; all {n} are 0.")
    if (weights < 0).any():
        raise ValueError(f"sample_weight must hold numbers >= 0; the smallest is {weights.min():.3g}.")
    return weights


def with_columns(X, extra):
    """Rows with further columns (n, k) at their end, in the container they came in."""
    if hasattr(X, "columns"):
        named = {f"source_{j}": extra[:, j] for j in range(extra.shape[1])}
        if hasattr(X, "with_columns"):
            return X.with_columns(**named)
        return X.assign(**named)
    return sparse_hstack([X, csr_array(extra)]).tocsr() if issparse(X) else np.hstack([X, extra])


#: What both classes allow their parameters to be, beside those of the contract.
CONSTRAINTS = {"estimator": (None, *ESTIMATOR), "mode": ("auto", *MODES)}


def store(self, source=None, estimator=None, mode="auto", *, per_source=False):
    """Keep the parameters as they come."""
    self.source = source
    self.estimator = estimator
    self.mode = mode
    self.per_source = per_source


def fit(self, X, y, sample_domain=None, sample_weight=None):
    """Fit the source where it is not fitted, then the modes on the labelled target rows.

    Parameters
    ----------
    X : array-like, frame or CSR matrix of shape (n_samples, n_features)
        Target rows, labelled or not; with an unfitted source the rows of all domains.
    y : array-like of shape (n_samples,)
        Labels, missing (NaN, None, ``pd.NA``) where unknown.
    sample_domain : array-like of shape (n_samples,), default=None
        Domains, needed if missing labels do not mark the target. With a fitted source all rows are target rows by
        default, and rows of other domains are left out.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows, also of the source rows where the source is fitted here.

    Returns
    -------
    self

    Raises
    ------
    NoTargetLabelsError
        If no target row has a label.
    TypeError, ValueError
        If a parameter, a label or a domain is not as described, or the source does not fit the rows.

    Warns
    -----
    SingleDomainWarning
        If the source is not fitted and there is only one domain (no label is missing and no ``sample_domain`` is
        given): the source is fitted, and nothing is adapted.
    """
    check_parameters(self)
    X = rows_of(self, X, reset=True)
    domains = self._split(X, y, sample_domain)
    weights = None if sample_weight is None else row_weights(sample_weight, n_rows(X))
    self.sources_ = self._fitted_sources(X, y, domains, weights)
    rows = self._labeled_target(domains)
    if weights is not None:
        rows = rows & (weights > 0)
    self._read_labels(y, rows, domains)
    if domains.single:
        store_source_alone(self)
    else:
        own = None if weights is None else weights[rows]
        fit_modes(self, take_rows(X, domains.target), rows[domains.target], own)
    del self._labels  # training rows are no part of a fitted model
    return self


def rows_of(model, X, reset=False):
    """Rows whose columns are those of ``fit``; frames as they are, since the source knows what to do with them."""
    if hasattr(X, "columns"):
        validate_data(model, X, reset=reset, skip_check_array=True)
        return X
    finite = "allow-nan" if get_tags(model).input_tags.allow_nan else True
    sparse = "csr" if get_tags(model).input_tags.sparse else False
    return validate_data(model, plain_rows(X), reset=reset, dtype=None, accept_sparse=sparse, ensure_all_finite=finite)


def store_source_alone(model):
    """What is known where there is one domain."""
    model.source_weights_ = np.full(len(model.sources_), 1 / len(model.sources_))
    model.models_, model.mode_weights_, model.evidence_ = {"source": None}, {"source": 1.0}, {}
    model.columns_ = None


def fit_modes(model, target, learn, weights):
    """The modes on the labelled rows ``learn`` of the ``target`` rows, and what each is worth."""
    said = model._ask_sources(target)  # once for all modes: (n_target, n_sources, ...)
    model._learn_scale(said)
    model.source_weights_ = model._weigh_sources(said[learn], weights)
    source = model._combine(said)[learn]
    X, modes = take_rows(target, learn), model._modes()
    standardised = model.estimator is None and any(mode in LEARNED for mode in modes)
    model.columns_ = StandardColumns().fit(target) if standardised else None
    Z = model.columns_.transform(X) if standardised else np.empty((len(source), 0))
    model._learn_width(target, learn)
    found = {mode: fit_mode(model, mode, X, Z, source, weights) for mode in modes}
    model.models_ = {mode: fitted for mode, (fitted, _) in found.items()}
    model.evidence_ = {mode: model._error(left_out, weights) for mode, (_, left_out) in found.items()}
    likelihoods = [model._log_likelihood(left_out, weights) for _, left_out in found.values()]
    n = len(source) if weights is None else weights.sum()
    prior = [np.log(n / (n + model._own_labels)) if mode in OWN else 0.0 for mode in modes]
    shares = softmax(TRUST * np.array(likelihoods) + prior)
    model.mode_weights_ = {mode: float(share) for mode, share in zip(modes, shares, strict=True)}


def modes_of(model):
    """All modes, or the one asked for."""
    return MODES if model.mode == "auto" else (model.mode,)


def fit_mode(model, mode, X, Z, source, weights):
    """A fitted mode, and what it says of each labelled row without having seen it."""
    if mode == "source":
        return None, source
    if mode not in LEARNED or model._learner() is None:
        return model._fit_few_rows(mode, Z, source, weights)
    X = Z if model.estimator is None else X
    every, left_out = np.arange(len(source)), np.empty(source.shape)
    for fold in held_out_folds(X, model._labels, source):
        rest = np.setdiff1d(every, fold)
        fitted, out = model._fit_learner(mode, X, source, weights, rest) if len(rest) else None, draw_rows(X, fold)
        left_out[fold] = model._ask(mode, fitted, out, out, source[fold])
    return model._fit_learner(mode, X, source, weights, every), left_out


def predict_modes(model, X):
    """Each mode's weight and what it says of rows."""
    check_is_fitted(model, "mode_weights_")
    X = rows_of(model, X)
    source = model._combine(model._ask_sources(X))
    Z = np.empty((n_rows(X), 0)) if model.columns_ is None else model.columns_.transform(X)
    for mode, weight in model.mode_weights_.items():
        yield weight, model._ask(mode, model.models_[mode], X, Z, source)


def read_by_all_parts(model, tags):
    """The tags of ``model``, with what both its source and its estimator can read."""
    source = model.source if isinstance(model.source, (list, tuple)) else [("source", model.source)]
    models = [model._default_source(None) if inner is None else inner for _, inner in source]
    inner = [get_tags(m).input_tags for m in [*models, model.estimator] if hasattr(m, "__sklearn_tags__")]
    tags.input_tags.sparse = all(tag.sparse for tag in inner)
    tags.input_tags.allow_nan = all(tag.allow_nan for tag in inner)
    return tags
