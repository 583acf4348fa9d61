"""The contracts of sktl's estimators, and ``OnLabeled``; no algorithm.

Five base classes say what the families promise: :class:`BaseWeighter` (with :class:`BaseRatioWeighter` for those that
weigh new rows too), :class:`BaseDomainTransformer`, :class:`BaseTransferClassifier`, :class:`BaseTransferRegressor`;
:class:`BaseOnLabeled` is what the wrappers of ordinary estimators share.
"""

import warnings
from abc import ABCMeta, abstractmethod

import numpy as np
from sklearn import get_config
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    TransformerMixin,
    clone,
)
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from sktl._checks import check_number
from sktl._core.ratio import clip_weights, effective_sample_size
from sktl.domains import draw_rows, known_labels, labeled_rows, n_rows, read_domains, take_rows, user_level
from sktl.exceptions import LowEffectiveSampleSizeWarning

__all__ = [
    "BaseDomainTransformer",
    "BaseOnLabeled",
    "BaseRatioWeighter",
    "BaseTransferClassifier",
    "BaseTransferRegressor",
    "BaseWeighter",
    "OnLabeled",
]

HANDFUL = 5  # effective rows below which a weighter warns
FEW_ROWS = 4 * HANDFUL  # a source of no more rows than this is small by itself: no warning


# --- estimators that adapt ---


class _TakesSampleDomain:
    """``sample_domain`` is metadata that ``fit`` asks for, so that routing needs no ``set_fit_request``."""

    __metadata_request__fit = {"sample_domain": True}

    def _check_rows(self, X, y, sample_domain, **check_params):
        """The *check* and *split* acts of ``fit``: validated ``X`` and its :class:`~sktl.domains.Domains`."""
        sparse = "csr" if get_tags(self).input_tags.sparse else False
        X = validate_data(self, X, accept_sparse=check_params.pop("accept_sparse", sparse), **check_params)
        return X, read_domains(X, y, sample_domain)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class BaseWeighter(_TakesSampleDomain, BaseEstimator, metaclass=ABCMeta):
    """Contract of the estimators that weight source rows towards the target.

    ``fit(X, y=None, sample_domain=None)`` sets ``weights_`` (n_samples,), in the order of the rows of ``X``: on source
    rows the density ratio p_target(x) / p_source(x), scaled to mean 1 over them; 1 on target rows. A child implements
    ``_check_params`` and ``_weigh``, or ``_weigh_rows`` if it needs labels; one whose ``__init__`` takes ``clip``
    bounds its weights by it.
    """

    clip = None  # a child's parameter of this name stands before it

    def fit(self, X, y=None, sample_domain=None):
        """Find the weights of the source rows.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels; only which ones are missing (target rows) matters.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, where the labels can't tell: booleans (True = target), integers (negative = target) or names
            ("target").

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described.

        Warns
        -----
        SingleDomainWarning
            If there is one domain: all weights are 1 then.
        LowEffectiveSampleSizeWarning
            If fewer than 5 of more than 20 source rows carry all the weight.
        """
        check_number("clip", self.clip, low=0, closed="neither", options=(None,))
        self._check_params()
        X, domains = self._check_rows(X, y, sample_domain)
        self.weights_, share, self._single = np.ones(X.shape[0]), 0.0, domains.single
        if domains.single:
            self._weigh_nothing(X)
        else:
            weights = self._weigh_rows(X, y, domains)
            if not weights.any():
                raise ValueError(
                    f"{type(self).__name__} finds a ratio of 0 at all {len(weights)} source rows: the domains do not "
                    "overlap. Scale the columns, widen the kernel, or find a source nearer the target."
                )
            weights, share = clip_weights(weights, self.clip)
            self.weights_[domains.source] = weights / np.mean(weights)
        self.effective_sample_size_ = effective_sample_size(self.weights_[domains.source])
        if "clip" in self.get_params():
            self.clipped_share_ = share
        self._warn_if_few(np.count_nonzero(domains.source))
        return self

    def _weigh_rows(self, X, y, domains):
        """Weights of the source rows, on any scale; weighters that learn from labels put their own here."""
        return self._weigh(X[domains.source], X[domains.target])

    def _warn_if_few(self, n_source):
        """Warn where the source's weight rests on a handful of rows."""
        if self.effective_sample_size_ < HANDFUL and n_source > FEW_ROWS:
            warnings.warn(
                f"The weights of {n_source} source rows are worth {self.effective_sample_size_:.1f} equally weighted "
                "ones: the target lies where the source has next to no rows. Bound the weights (clip), or find a "
                "source nearer the target.",
                LowEffectiveSampleSizeWarning,
                stacklevel=user_level(),
            )

    @abstractmethod
    def _check_params(self):
        """Raise if a parameter is not as documented."""

    def _weigh(self, X_source, X_target):
        """Weights of the rows of ``X_source``, on any scale; sets the child's fitted attributes."""
        raise NotImplementedError(f"{type(self).__name__} implements neither _weigh nor _weigh_rows.")

    def _weigh_nothing(self, X):
        """Set the child's fitted attributes where there is one domain, so that there is nothing to weigh."""


class BaseRatioWeighter(BaseWeighter):
    """Contract of the weighters that estimate the density ratio as a function, and so weigh new rows too.

    A child implements ``_check_params``, ``_weigh`` (which fits that function and returns it at the source rows) and
    ``_ratio``.
    """

    def predict_weights(self, X):
        """Weights of any rows: the estimated ratio itself, neither scaled to a mean of 1 nor clipped.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, as ``fit`` takes them.

        Returns
        -------
        weights : ndarray of shape (n_samples,)
            Not negative; 1 everywhere if ``fit`` saw one domain.
        """
        check_is_fitted(self, "weights_")
        sparse = "csr" if get_tags(self).input_tags.sparse else False
        X = validate_data(self, X, accept_sparse=sparse, reset=False)
        return np.ones(X.shape[0]) if self._single else self._ratio(X)

    @abstractmethod
    def _ratio(self, X):
        """The ratio at the rows of ``X``, shape (n_samples,)."""


class BaseDomainTransformer(
    _TakesSampleDomain, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, metaclass=ABCMeta
):
    """Contract of the transformers that bring the domains together.

    ``fit`` learns from the rows of all domains, ``transform`` takes new rows as target rows, ``fit_transform`` keeps
    the caller's row order. float32 stays float32. A child implements ``fit`` and ``transform`` and sets
    ``_n_features_out``.
    """

    @abstractmethod
    def fit(self, X, y=None, sample_domain=None):
        """Learn the map."""

    @abstractmethod
    def transform(self, X):
        """Map rows."""

    def fit_transform(self, X, y=None, sample_domain=None):
        """Learn the map and return the mapped rows, in the caller's order.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, where the labels can't tell.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_components)
            The mapped rows.
        """
        return self.fit(X, y, sample_domain).transform(X)

    def __sklearn_tags__(self):
        """Tags of a transformer that keeps float32."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class BaseTransferClassifier(_TakesSampleDomain, ClassifierMixin, BaseEstimator, metaclass=ABCMeta):
    """Contract of the classifiers that learn from several domains.

    ``fit(X, y, sample_domain=None)``; ``predict`` takes new rows as target rows; ``score`` leaves out rows without a
    label.
    """

    @abstractmethod
    def fit(self, X, y, sample_domain=None):
        """Learn from the rows of all domains."""

    def score(self, X, y, sample_weight=None):
        """Mean accuracy on the rows of ``X`` whose label is known.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.
        y : array-like of shape (n_samples,)
            Labels; rows where they are missing are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
        """
        X, y, params = _labeled_only(X, y, {"sample_weight": sample_weight}, needs="a score needs")
        return super().score(X, y, **params)


class BaseTransferRegressor(_TakesSampleDomain, RegressorMixin, BaseEstimator, metaclass=ABCMeta):
    """Contract of the regressors that learn from several domains.

    ``fit(X, y, sample_domain=None)``; ``predict`` takes new rows as target rows; ``score`` leaves out rows without a
    label.
    """

    @abstractmethod
    def fit(self, X, y, sample_domain=None):
        """Learn from the rows of all domains."""

    def score(self, X, y, sample_weight=None):
        """Coefficient of determination R^2 on the rows of ``X`` whose label is known.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.
        y : array-like of shape (n_samples,)
            Labels; rows where they are missing are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
        """
        X, y, params = _labeled_only(X, y, {"sample_weight": sample_weight}, needs="a score needs", discrete=False)
        return super().score(X, y, **params)


# --- ordinary estimators, wrapped ---


def _labeled_only(X, y, params, needs, discrete=True):
    """The rows whose label is known, and parameters of one value a row cut alike; an error if there is no such row."""
    labeled = labeled_rows(X, y)
    n = len(labeled)
    if n and not labeled.any():
        raise ValueError(f"The labels of all {n} rows are missing: {needs} at least one labelled row.")
    cut = {name: take_rows(value, labeled) if _is_per_row(value, n) else value for name, value in params.items()}
    return take_rows(X, labeled), known_labels(y, labeled, discrete), cut


def _is_per_row(value, n):
    """Whether a parameter has one value a row (so that it is cut with the rows)."""
    if isinstance(value, (list, tuple)):
        return len(value) == n
    return len(getattr(value, "shape", ())) > 0 and value.shape[0] == n


def _inner_has(name):
    """Check for ``available_if``: whether the wrapped estimator has a method."""

    def check(self):
        getattr(self.estimator_ if hasattr(self, "estimator_") else self.estimator, name)
        return True

    return check


class BaseOnLabeled(MetaEstimatorMixin, BaseEstimator, metaclass=ABCMeta):
    """What the wrappers of an ordinary estimator share: they fit on labelled rows and are otherwise that estimator."""

    @abstractmethod
    def fit(self, X, y=None, **fit_params):
        """Fit ``estimator_`` on labelled rows."""

    def _fit_inner(self, X, y, fit_params, rows=None):
        """Clone and fit the wrapped estimator on labelled rows; parameters of one value a row are cut alike.

        With ``rows``, positions among the labelled rows that may repeat, it is fitted on these.
        """
        if y is not None:
            discrete = get_tags(self.estimator).estimator_type != "regressor"
            X, y, fit_params = _labeled_only(X, y, fit_params, f"{type(self).__name__} needs", discrete)
        if rows is not None:
            n = n_rows(X)
            fit_params = {k: draw_rows(v, rows) if _is_per_row(v, n) else v for k, v in fit_params.items()}
            X, y = draw_rows(X, rows), None if y is None else draw_rows(y, rows)
        self.estimator_ = clone(self.estimator).fit(X, y, **fit_params)
        return self

    def _routed(self, method, params):
        """Parameters for the wrapped estimator's ``method``, by metadata routing where it is on."""
        if get_config()["enable_metadata_routing"] and params:
            return process_routing(self, method, **params)["estimator"][method]
        return params

    def get_metadata_routing(self):
        """Routing of metadata: all of it goes to the wrapped estimator's method of the same name.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping()
        for method in ("fit", "predict", "score"):
            mapping.add(caller=method, callee=method)
        return self._router().add(estimator=self.estimator, method_mapping=mapping)

    def _router(self):
        return MetadataRouter(owner=type(self).__name__)

    @available_if(_inner_has("predict"))
    def predict(self, X, **params):
        """Predict with the fitted estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            New rows.
        **params : dict
            Passed on to the wrapped estimator.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict(X, **self._routed("predict", params))

    @available_if(_inner_has("predict_proba"))
    def predict_proba(self, X):
        """Class probabilities by the fitted estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict_proba(X)

    @available_if(_inner_has("predict_log_proba"))
    def predict_log_proba(self, X):
        """Logarithms of the class probabilities by the fitted estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict_log_proba(X)

    @available_if(_inner_has("decision_function"))
    def decision_function(self, X):
        """Decision values of the fitted estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.decision_function(X)

    @available_if(_inner_has("transform"))
    def transform(self, X):
        """Transform with the fitted estimator (discriminant analysis, for instance).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.transform(X)

    @available_if(_inner_has("set_output"))
    def set_output(self, *, transform=None):
        """Set the container that ``transform`` returns.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            As in scikit-learn; None changes nothing.

        Returns
        -------
        self
        """
        for inner in (self.estimator, getattr(self, "estimator_", self.estimator)):
            inner.set_output(transform=transform)
        return self

    @available_if(_inner_has("score"))
    def score(self, X, y=None, **params):
        """Score of the fitted estimator on the rows whose label is known.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, of any domain.
        y : array-like of shape (n_samples,), default=None
            Labels; rows where they are missing are left out.
        **params : dict
            Passed on to the wrapped estimator; one value a row is cut to the labelled rows.

        Returns
        -------
        float
        """
        check_is_fitted(self, "estimator_")
        params = self._routed("score", params)
        if y is not None:
            X, y, params = _labeled_only(X, y, params, needs="a score needs")
        return self.estimator_.score(X, y, **params)

    @property
    def classes_(self):
        """Class labels of the fitted classifier."""
        return self.estimator_.classes_

    @property
    def n_features_in_(self):
        """Number of columns seen by ``fit``."""
        return self.estimator_.n_features_in_

    @property
    def feature_names_in_(self):
        """Names of the columns seen by ``fit``, where they had names."""
        return self.estimator_.feature_names_in_

    def __sklearn_tags__(self):
        """Tags of the wrapped estimator."""
        return get_tags(self.estimator)


def weight_parameter(estimator):
    """Name of the ``fit`` parameter by which weights of rows reach an estimator, or the last step of a pipeline."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        return f"{name}__{weight_parameter(last)}"
    if isinstance(estimator, BaseOnLabeled):
        return weight_parameter(estimator.estimator)
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise TypeError(f"The estimator must be an object with fit, such as LogisticRegression(); got {estimator!r}.")
    if not has_fit_parameter(estimator, "sample_weight"):
        raise TypeError(
            f"The estimator must take sample_weight in fit, since its rows are weighted; {estimator!r} does not. Use "
            "one that does (LogisticRegression, Ridge, trees, ...), or a Pipeline that ends in one."
        )
    return "sample_weight"


class OnLabeled(BaseOnLabeled):
    """Fit any classifier or regressor on the labelled rows only.

    An ordinary estimator refuses a ``y`` with missing labels. Wrapped in ``OnLabeled`` it stands at the end of a
    pipeline of domain transformers, which need the unlabelled target rows that it must not see. Apart from that it *is*
    the wrapped estimator: tags, methods, ``classes_`` and ``score`` are the inner one's.

    Parameters
    ----------
    estimator : estimator object
        Any scikit-learn classifier or regressor. It is cloned, never changed.

    Attributes
    ----------
    estimator_ : estimator object
        The clone fitted on the labelled rows.
    classes_ : ndarray of shape (n_classes,)
        Class labels (classifiers). Integral float labels that stood beside NaN are integers again.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    sktl.instance.ImportanceWeighted : The same, with weights that make source rows look like the target.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> X, y = np.array([[0.0], [1.0], [7.0], [8.0], [9.0]]), np.array([0, 0, 1, 1, np.nan])
    >>> OnLabeled(LogisticRegression()).fit(X, y).predict(X)
    array([0, 0, 1, 1, 1])
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y=None, **fit_params):
        """Fit the wrapped estimator on the rows whose label is known.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Labels, missing (NaN, None, ``pd.NA``) where unknown.
        **fit_params : dict
            Passed on; one value a row (``sample_weight``) is cut to the labelled rows.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no row has a label, or a row has only some of its outputs.
        TypeError
            If what is wrapped adapts by itself, and so needs the rows without a label.
        """
        parts = [self.estimator, *self.estimator.get_params().values()] if y is not None else []
        adapters = [part for part in parts if isinstance(part, (BaseDomainTransformer, BaseWeighter))]
        if adapters and not labeled_rows(X, y).all():
            raise TypeError(
                f"{adapters[0]!r} needs the rows without a label, which OnLabeled takes away: put it in front, as in "
                "make_pipeline(TCA(), OnLabeled(...)), or give weights by ImportanceWeighted."
            )
        return self._fit_inner(X, y, self._routed("fit", fit_params))
