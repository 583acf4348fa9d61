"""Wrappers that make an ordinary estimator fit where labels are missing."""

from abc import ABCMeta, abstractmethod
from inspect import signature

from sklearn import get_config
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from sktl._checks import HasMethods, check_parameters
from sktl.base._rows import is_per_row, labeled_only
from sktl.base._transformers import BaseDomainTransformer
from sktl.base._weighters import BaseWeighter
from sktl.domains import draw_rows, labeled_rows, n_rows


def _inner_has(name):
    """Check for ``available_if``: whether the wrapped estimator has a method."""

    def check(self):
        getattr(self.estimator_ if hasattr(self, "estimator_") else self.estimator, name)
        return True

    return check


class BaseOnLabeled(MetaEstimatorMixin, BaseEstimator, metaclass=ABCMeta):
    """What the wrappers of an ordinary estimator share: they fit it on labelled rows and otherwise behave like it."""

    _constraints = {"estimator": (HasMethods("fit"),)}

    @abstractmethod
    def fit(self, X, y=None, **fit_params):
        """Fit ``estimator_`` on labelled rows."""

    def _fit_inner(self, X, y, fit_params, rows=None):
        """Clone and fit the wrapped estimator on labelled rows; parameters of one value per row are cut alike.

        With ``rows``, positions among the labelled rows that may repeat, it is fitted on these.
        """
        if y is not None:
            discrete = get_tags(self.estimator).estimator_type != "regressor"
            X, y, fit_params = labeled_only(X, y, fit_params, f"{type(self).__name__} needs", discrete)
        if rows is not None:
            n = n_rows(X)
            fit_params = {k: draw_rows(v, rows) if is_per_row(v, n) else v for k, v in fit_params.items()}
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
            Passed on to the wrapped estimator; a parameter with one value per row is cut to the labelled rows.

        Returns
        -------
        float
        """
        check_is_fitted(self, "estimator_")
        params = self._routed("score", params)
        if y is not None:
            X, y, params = labeled_only(X, y, params, needs="a score needs")
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


def takes_any_parameter(method):
    """Whether a method has ``**params``."""
    return any(p.kind is p.VAR_KEYWORD for p in signature(method).parameters.values())


def weight_parameter_within(meta):
    """Name by which a search, a transformed regressor or an ensemble of named estimators hands weights on."""
    inner = next((getattr(meta, name) for name in ("estimator", "regressor") if getattr(meta, name, None)), None)
    if inner is not None:
        return weight_parameter(inner)
    parts = [part for _, part in getattr(meta, "estimators", None) or () if part != "drop"]
    names = {weight_parameter(part) for part in parts}
    if len(names) == 1:
        return names.pop()
    raise TypeError(
        f"The estimator must take sample_weight in fit, since its rows are weighted; {meta!r} passes weights on "
        "only if all estimators inside it take them under the same name (found: "
        f"{sorted(names) or 'no estimators'}). A pipeline takes them under the name of its last step: put the "
        "ensemble inside one pipeline, not pipelines inside the ensemble."
    )


def weight_parameter(estimator):
    """Name of the ``fit`` parameter by which weights of rows reach an estimator, or the last step of a pipeline.

    Parameters
    ----------
    estimator : estimator object
        A model that learns from labels, or a pipeline that ends in one.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        If it takes no weights.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sktl.base import weight_parameter
    >>> weight_parameter(make_pipeline(StandardScaler(), Ridge()))
    'ridge__sample_weight'
    """
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        return f"{name}__{weight_parameter(last)}"
    if isinstance(estimator, BaseOnLabeled):
        return weight_parameter(estimator.estimator)
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise TypeError(f"The estimator must be an object with fit, such as LogisticRegression(); got {estimator!r}.")
    if has_fit_parameter(estimator, "sample_weight"):
        return "sample_weight"
    if takes_any_parameter(estimator.fit):  # scikit-learn's metas: what is passed goes to the estimators within
        return weight_parameter_within(estimator)
    raise TypeError(
        f"The estimator must take sample_weight in fit, since its rows are weighted; {estimator!r} does not. Use "
        "one that does (LogisticRegression, Ridge, trees, ...), or a Pipeline that ends in one."
    )


class OnLabeled(BaseOnLabeled):
    """Fit any classifier or regressor on the labelled rows only.

    An ordinary estimator refuses a ``y`` with missing labels. Wrapped in ``OnLabeled`` it can end a pipeline of domain
    transformers: these see all rows, the estimator the labelled ones only. In all else it *is* the wrapped estimator:
    tags, methods, ``classes_`` and ``score`` are those of the inner one.

    Parameters
    ----------
    estimator : estimator object
        Any scikit-learn classifier or regressor. It is cloned, never changed.

    Attributes
    ----------
    estimator_ : estimator object
        The clone fitted on the labelled rows.
    classes_ : ndarray of shape (n_classes,)
        Class labels (classifiers). Integral float labels that were stored together with NaN are integers again.
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
            Passed on; a parameter with one value per row (``sample_weight``) is cut to the labelled rows.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no row has a label, or a row has only some of its outputs.
        TypeError
            If the wrapped estimator adapts, and so needs the rows without a label.
        """
        check_parameters(self)
        parts = [self.estimator, *self.estimator.get_params().values()] if y is not None else []
        adapters = [part for part in parts if isinstance(part, (BaseDomainTransformer, BaseWeighter))]
        if adapters and not labeled_rows(X, y).all():
            way_out = "put it before OnLabeled, as in make_pipeline(TCA(), OnLabeled(...))"
            if isinstance(adapters[0], BaseWeighter):
                way_out = "pass it to ImportanceWeighted(estimator, weighter) in place of OnLabeled"
            raise TypeError(f"{adapters[0]!r} needs the rows without a label, which OnLabeled removes: {way_out}.")
        return self._fit_inner(X, y, self._routed("fit", fit_params))
