"""Ask a model about rows of several domains; and the numbers that a weighter can read where rows are none."""

from sklearn import config_context
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array, get_tags

from sktl.base._routing import consumes_domains
from sktl.base._wrappers import BaseOnLabeled


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

    Returns
    -------
    ndarray of n_samples rows

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sktl.base import fit_on_domains, respond
    >>> from sktl.feature import DomainScaler
    >>> X, y, domain = [[0.0], [1.0], [10.0], [11.0]], [0.0, 1.0, 0.0, 1.0], ["lab", "lab", "target", "target"]
    >>> model = fit_on_domains(make_pipeline(DomainScaler(), Ridge()), X, y, domain)
    >>> respond(model, X, domain).round(1).tolist()
    [0.1, 0.9, 0.1, 0.9]
    """
    estimator = getattr(estimator, "best_estimator_", estimator)  # a search passes no metadata on
    if not consumes_domains(estimator, method):
        return getattr(estimator, method)(X)
    with config_context(enable_metadata_routing=True):
        return getattr(estimator, method)(X, sample_domain=sample_domain)


def is_numeric(X):
    """Whether all rows are finite numbers, as weighters need them.

    Parameters
    ----------
    X : array-like, frame or sparse matrix of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    bool

    Examples
    --------
    >>> from sktl.base import is_numeric
    >>> is_numeric([[1.0, 2.0]]), is_numeric([["Bonn", 2.0]])
    (True, False)
    """
    try:
        check_array(X, accept_sparse="csr")
    except (TypeError, ValueError):
        return False
    return True


def numeric_steps(model, X):
    """Fit the first steps of a pipeline that make finite numbers of the rows, on all rows without their labels.

    As few as do; none that adapts, since that would hide the difference that weights are to mend.

    Parameters
    ----------
    model : estimator object
        A pipeline, or what wraps one, with unfitted steps.
    X : array-like, frame or sparse matrix of shape (n_samples, n_features)
        Rows of all domains.

    Returns
    -------
    list of fitted transformers
        Empty where the rows are finite numbers, or no steps make them so.

    Examples
    --------
    >>> from sklearn.impute import SimpleImputer
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sktl.base import numeric_steps
    >>> numeric_steps(make_pipeline(SimpleImputer(), Ridge()), [[1.0], [float("nan")]])
    [SimpleImputer()]
    """
    while isinstance(model, (BaseOnLabeled, FrozenEstimator)):
        model = model.estimator
    if not isinstance(model, Pipeline) or is_numeric(X):
        return []
    fitted = []
    for _, step in model.steps[:-1]:
        if step is None or isinstance(step, str):
            continue
        if not hasattr(step, "transform") or consumes_domains(step, "fit") or get_tags(step).target_tags.required:
            return []
        fitted.append(clone(step))
        X = fitted[-1].fit_transform(X)
        if is_numeric(X):
            return fitted
    return []
