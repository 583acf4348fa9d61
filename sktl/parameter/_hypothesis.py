"""What the hypothesis transfer estimators share: rows, modes, what each is worth, and their average."""

import numpy as np
from scipy.sparse import csr_array, issparse
from scipy.sparse import hstack as sparse_hstack
from scipy.special import softmax
from sklearn.utils import check_array, get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from sktl._checks import ESTIMATOR, check_parameters
from sktl.base import BaseParameterTransfer
from sktl.domains import draw_rows, n_rows, plain_rows, take_rows
from sktl.parameter._columns import StandardColumns

MODES = ("source", "shift", "affine", "offset", "stack", "target")
LEARNED = ("offset", "stack", "target")  # the modes that look at the columns
#: Share of a log-likelihood ratio by which modes are weighed. Left-out errors of modes fitted to the same few rows are
#: close and noisy: with 1 the better of two is taken for much better than it is (see ``benchmarks/``).
TRUST = 0.25
FOLDS = 10
OWN = ("stack", "target")  # what must learn a whole model from the labels is doubted up to some ten of them
OWN_LABELS = 10


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
        raise ValueError(f"sample_weight must have one value a row, shape ({n},); got shape {weights.shape}.")
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


class BaseHypothesisTransfer(BaseParameterTransfer):
    """The four acts of ``fit``, and prediction; a child says what a mode is and how its rows are judged."""

    _constraints = {"estimator": (None, *ESTIMATOR), "mode": ("auto", *MODES)}

    def __init__(self, source=None, estimator=None, mode="auto", *, per_source=False):
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
            Domains, where the labels can't tell. With a fitted source all rows are the target's by default, and rows
            of other domains are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, of the source's too where it is fitted here.

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
            If the source is not fitted and there is one domain: the source is fitted, and nothing is adapted.
        """
        check_parameters(self)
        X = self._rows(X, reset=True)
        domains = self._split(X, y, sample_domain)
        weights = None if sample_weight is None else row_weights(sample_weight, n_rows(X))
        self.sources_ = self._fitted_sources(X, y, domains, weights)
        rows = self._labeled_target(domains)
        if weights is not None:
            rows = rows & (weights > 0)
        self._read_labels(y, rows, domains)
        if domains.single:
            self._store_source_alone()
        else:
            own = None if weights is None else weights[rows]
            self._fit_modes(take_rows(X, domains.target), rows[domains.target], own)
        del self._labels  # training rows are no part of a fitted model
        return self

    def _rows(self, X, reset=False):
        """Rows whose columns are those of ``fit``; frames as they are, since the source knows what to do with them."""
        check = {"skip_check_array": True} if hasattr(X, "columns") else {"dtype": None, "accept_sparse": "csr"}
        if "dtype" in check:
            check["ensure_all_finite"] = "allow-nan" if get_tags(self).input_tags.allow_nan else True
        checked = validate_data(self, plain_rows(X), reset=reset, **check)
        return X if hasattr(X, "columns") else checked

    def _store_source_alone(self):
        self.source_weights_ = np.full(len(self.sources_), 1 / len(self.sources_))
        self.models_, self.mode_weights_, self.evidence_ = {"source": None}, {"source": 1.0}, {}
        self.columns_ = None

    def _fit_modes(self, target, learn, weights):
        """The modes on the labelled rows ``learn`` of the ``target`` rows, and what each is worth."""
        said = self._ask_sources(target)  # once for all modes: (n_target, n_sources, ...)
        self._learn_scale(said)
        self.source_weights_ = self._weigh_sources(said[learn], weights)
        source = self._combine(said)[learn]
        X = take_rows(target, learn)
        modes = self._modes()
        standardised = self.estimator is None and any(mode in LEARNED for mode in modes)
        self.columns_ = StandardColumns().fit(target) if standardised else None
        Z = self.columns_.transform(X) if standardised else np.empty((len(source), 0))
        self.models_, left_out = {}, {}
        for mode in modes:
            self.models_[mode], left_out[mode] = self._fit_mode(mode, X, Z, source, weights)
        likelihoods = {mode: self._log_likelihood(found, weights) for mode, found in left_out.items()}
        self.evidence_ = {mode: self._error(found, weights) for mode, found in left_out.items()}
        n = len(source) if weights is None else weights.sum()
        prior = [np.log(n / (n + OWN_LABELS)) if mode in OWN else 0.0 for mode in modes]
        shares = softmax(TRUST * np.array(list(likelihoods.values())) + prior)
        self.mode_weights_ = {mode: float(share) for mode, share in zip(modes, shares, strict=True)}

    def _modes(self):
        """The modes to fit: all that the estimator is able to, or the one asked for."""
        return MODES if self.mode == "auto" else (self.mode,)

    def _fit_mode(self, mode, X, Z, source, weights):
        """A mode's model, and what it says of each labelled row without having seen it."""
        if mode == "source":
            return None, source
        if mode in LEARNED and self.estimator is not None:
            left_out = np.empty(source.shape)
            for fold in held_out_folds(X, self._labels, source):
                rest = np.setdiff1d(np.arange(len(source)), fold)
                model = self._fit_learner(mode, X, source, weights, rest) if len(rest) else None
                left_out[fold] = self._ask(mode, model, draw_rows(X, fold), None, source[fold])
            return self._fit_learner(mode, X, source, weights, np.arange(len(source))), left_out
        return self._fit_few_rows(mode, Z, source, weights)

    def _predict_modes(self, X):
        """Predictions of rows by the modes, and the modes' weights, in the same order."""
        check_is_fitted(self, "mode_weights_")
        X = self._rows(X)
        source = self._combine(self._ask_sources(X))
        Z = np.empty((n_rows(X), 0)) if self.columns_ is None else self.columns_.transform(X)
        for mode, weight in self.mode_weights_.items():
            yield weight, self._ask(mode, self.models_[mode], X, Z, source)

    def __sklearn_tags__(self):
        """Tags: what both the source and the estimator can read."""
        tags = super().__sklearn_tags__()
        inner = [get_tags(model).input_tags for model in self._parts()]
        tags.input_tags.sparse = all(tag.sparse for tag in inner)
        tags.input_tags.allow_nan = all(tag.allow_nan for tag in inner)
        return tags

    def _parts(self):
        """The estimators within, as far as scikit-learn knows them."""
        source = self.source if isinstance(self.source, (list, tuple)) else [("source", self.source)]
        models = [self._default_source(None) if model is None else model for _, model in source]
        return [model for model in [*models, self.estimator] if hasattr(model, "__sklearn_tags__")]
