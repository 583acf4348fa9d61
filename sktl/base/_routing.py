"""Fit any estimator where labels are missing: ``sample_domain`` goes wherever it is asked for, routing on or off."""

from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from sktl.base._wrappers import BaseOnLabeled, OnLabeled, weight_parameter


def consumes_domains(estimator, method):
    """Whether some part of the estimator takes ``sample_domain`` in the given method.

    Parameters
    ----------
    estimator : estimator object
        A pipeline, for instance.
    method : str
        "fit", "transform", "predict", ...

    Returns
    -------
    bool

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sktl.base import consumes_domains
    >>> from sktl.feature import TCA
    >>> consumes_domains(TCA(), "fit"), consumes_domains(Ridge(), "fit")
    (True, False)
    """
    with config_context(enable_metadata_routing=True):
        return bool(get_routing_for_object(estimator).consumes(method, ["sample_domain"]))


def fit_on_domains(estimator, X, y, sample_domain, weights=None, sample_id=None):
    """Fit a clone; ``sample_domain`` and ``sample_id`` reach every part that asks for them, at any depth of a pipeline.

    Parameters
    ----------
    estimator : estimator object
        It is cloned, never changed.
    X : array-like or CSR matrix of shape (n_samples, n_features)
        Rows of all domains.
    y : array-like of shape (n_samples,)
        Labels.
    sample_domain : array-like of shape (n_samples,) or None
        Domains of the rows.
    weights : array-like of shape (n_samples,), default=None
        Weights of the rows: they reach only what learns from labels, the last step of a pipeline.
    sample_id : array-like of shape (n_samples,), default=None
        Which physical sample a row is, for the parts that learn from partners.

    Returns
    -------
    estimator object
        The fitted clone.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sktl.base import fit_on_domains
    >>> from sktl.feature import DomainScaler
    >>> pipe = make_pipeline(DomainScaler(), Ridge())
    >>> X, y = [[0.0], [1.0], [10.0], [11.0]], [0.0, 1.0, 0.0, 1.0]
    >>> fit_on_domains(pipe, X, y, ["lab", "lab", "target", "target"]).predict([[10.0], [11.0]]).round(1).tolist()
    [0.1, 0.9]
    """
    model, params = clone(estimator), {} if weights is None else {"sample_weight": weights}
    if consumes_domains(model, "fit"):
        with config_context(enable_metadata_routing=True):
            if params:
                ask_for_weights(model)
            if sample_id is not None and get_routing_for_object(model).consumes("fit", ["sample_id"]):
                params["sample_id"] = sample_id
            return model.fit(X, y, sample_domain=sample_domain, **params)
    if not params:
        return model.fit(X, y)
    with config_context(enable_metadata_routing=False):  # else every step must say whether it wants them
        return model.fit(X, y, **{weight_parameter(model): weights})


def ask_for_weights(model):
    """Have ``sample_weight`` routed to the last step of the model (a pipeline, ``OnLabeled``), and to no other part."""
    last = model
    while isinstance(last, (Pipeline, BaseOnLabeled)):
        last = last.steps[-1][1] if isinstance(last, Pipeline) else last.estimator
    wanted = {id(part) for part in parts(last)}
    for part in parts(model):
        if has_fit_parameter(part, "sample_weight") and hasattr(part, "set_fit_request"):
            part.set_fit_request(sample_weight=id(part) in wanted)


def parts(model):
    """The estimator and all within it."""
    return [
        model,
        *(value for value in model.get_params().values() if hasattr(value, "fit") and not isinstance(value, type)),
    ]


def on_missing_labels(estimator):
    """The estimator itself, if it can be fitted where labels are missing; else wrapped to see labelled rows.

    Parameters
    ----------
    estimator : estimator object
        Any classifier, regressor or pipeline.

    Returns
    -------
    estimator object
        The same, or with :class:`OnLabeled` around it or around its last step.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sktl.base import on_missing_labels
    >>> on_missing_labels(Ridge())
    OnLabeled(estimator=Ridge())
    """
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if isinstance(last, BaseOnLabeled) or consumes_domains(last, "fit"):
        return estimator
    if isinstance(estimator, Pipeline) and consumes_domains(estimator, "fit"):  # adapts, then learns from labelled rows
        return Pipeline([*estimator.steps[:-1], (estimator.steps[-1][0], OnLabeled(last))])
    return OnLabeled(estimator)
