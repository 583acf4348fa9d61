"""Ask a fitted model about rows of several domains, each through its own domain's map."""

from sklearn import config_context
from sklearn.utils.metadata_routing import get_routing_for_object


def consumes_domains(estimator, method):
    """Whether ``sample_domain`` can reach a part of the estimator (a step that maps domains apart) by ``method``."""
    with config_context(enable_metadata_routing=True):
        return bool(get_routing_for_object(estimator).consumes(method, ["sample_domain"]))


def respond(estimator, X, sample_domain, method="predict"):
    """``estimator.method(X)`` with each row taken as one of its own domain, in any pipeline, routing on or off.

    Without it, the maps of a pipeline take every row for a target row, source rows too.

    Parameters
    ----------
    estimator : estimator object
        Fitted.
    X : array-like of n_samples rows
        Rows of any of the domains that ``fit`` saw.
    sample_domain : array-like of shape (n_samples,)
        Their domains.
    method : str
        ``"predict"``, ``"predict_proba"``, ``"decision_function"`` or ``"transform"``.
    """
    estimator = getattr(estimator, "best_estimator_", estimator)  # a search passes no metadata on
    if not consumes_domains(estimator, method):
        return getattr(estimator, method)(X)
    with config_context(enable_metadata_routing=True):
        return getattr(estimator, method)(X, sample_domain=sample_domain)
