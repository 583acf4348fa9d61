"""Fit any estimator where labels are missing: ``sample_domain`` goes wherever it is asked for, routing on or off."""

from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object

from sktl.base._wrappers import BaseOnLabeled, OnLabeled


def consumes_domains(estimator, method):
    """Whether ``sample_domain`` can reach a part of the estimator (a step that maps domains apart) by ``method``."""
    with config_context(enable_metadata_routing=True):
        return bool(get_routing_for_object(estimator).consumes(method, ["sample_domain"]))


def fit_on_domains(estimator, X, y, sample_domain):
    """A clone fitted; ``sample_domain`` goes wherever it is asked for, at any depth of a pipeline."""
    model = clone(estimator)
    if not consumes_domains(model, "fit"):
        return model.fit(X, y)
    with config_context(enable_metadata_routing=True):
        return model.fit(X, y, sample_domain=sample_domain)


def on_missing_labels(estimator):
    """The estimator itself, if it can be fitted where labels are missing; else wrapped to see labelled rows."""
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if isinstance(last, BaseOnLabeled) or consumes_domains(last, "fit"):
        return estimator
    if isinstance(estimator, Pipeline) and consumes_domains(estimator, "fit"):  # adapts, then learns from labelled rows
        return Pipeline([*estimator.steps[:-1], (estimator.steps[-1][0], OnLabeled(last))])
    return OnLabeled(estimator)
