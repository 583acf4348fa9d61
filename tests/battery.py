"""What the batteries of common tests share: the instances, what they say about a table, and fits that all only read."""

import numpy as np
import pytest
from conftest import read_only
from discovery import instances
from scipy import sparse
from sklearn.base import clone, is_regressor
from sklearn.linear_model import Ridge

from sktl import OnLabeled
from sktl.base import BaseDomainAligner, BaseParameterTransfer, BaseTransferRegressor, BaseWeighter

estimators = pytest.mark.parametrize(
    "estimator",
    [*instances(["default"]), *(pytest.param(e, marks=pytest.mark.variant) for e in instances(["variant"]))],
    ids=repr,
)


def outcome(estimator, X):
    """What the fitted estimator has to say about rows: weights, features, probabilities, decisions or predictions."""
    if isinstance(estimator, BaseWeighter):
        return estimator.weights_
    if isinstance(estimator, BaseDomainAligner):
        mapped = estimator.transform(X), estimator.transform(X, sample_domain=as_source(estimator, X))
        return np.hstack([dense(rows) for rows in mapped])
    if hasattr(estimator, "transform"):
        return dense(estimator.transform(X))
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(X)
    if hasattr(estimator, "decision_function"):
        return estimator.decision_function(X)
    return estimator.predict(X)


def dense(rows):
    """Rows as an array, whatever they are."""
    return rows.toarray() if sparse.issparse(rows) else rows


def as_source(estimator, X):
    """Domains that make every row one of the (first) source."""
    return np.full(X.shape[0], estimator._sources[0], dtype=object)


def needs_target_labels(estimator):
    """Whether the estimator learns from labelled target rows, so that missing labels can't tell its domains."""
    return getattr(estimator, "_needs_target_labels", False)


def domains_for(estimator, two_domains):
    """Arguments of fit: labels missing on the target, or few-shot for those that need labelled target rows."""
    X, y, y_true = two_domains
    if needs_target_labels(estimator):
        return X, y_true, {"sample_domain": read_only(np.isnan(y))}
    return X, y, partners_for(estimator, len(X))


def partners_for(estimator, n):
    """``sample_id`` for those that learn nothing without: row 100 and 101 are one sample, 99 and 102, ..."""
    if not getattr(estimator, "_needs_partners", False):
        return {}
    ids = np.abs(np.arange(n) - 100.5)
    return {"sample_id": read_only(np.where(ids < 60, ids, np.nan))}


def takes_domain(estimator):
    """Whether fit takes sample_domain by itself."""
    return not isinstance(estimator, OnLabeled)


def without_trees(estimator):
    """The estimator, boosting Ridge instead of trees: rounding tells these which of two equally good splits to take."""
    own_source = ("LeafRefit", "TransferTree", "TransferForest", "TransferPoisson", "GaussianProcess")
    if type(estimator).__name__.startswith(own_source):  # of trees, whose rows have no two splits as good, or of none
        return estimator
    if isinstance(estimator, BaseParameterTransfer) and is_regressor(estimator) and estimator.source is None:
        return clone(estimator).set_params(source=Ridge())
    if isinstance(estimator, BaseTransferRegressor) and estimator.get_params().get("estimator", 0) is None:
        return clone(estimator).set_params(estimator=Ridge(solver="sparse_cg", tol=1e-12))
    return estimator


PLAIN = {}  # by what they are: fitted estimators, and what they say


def plain(estimator, two_domains):
    """A copy of the estimator fitted on the table as it is, and what it says of the rows: one fit for all tests."""
    return fitted_once(estimator, "plain", *domains_for(estimator, two_domains))


def fitted_once(estimator, table, X, y, kwargs):
    """The same on a table, which is known by its name: nobody may change what is returned."""
    key = table, repr(estimator)
    if key not in PLAIN:
        np.random.seed(0)  # as in every test, whichever is the first to ask
        fitted = clone(estimator).fit(X, y, **kwargs)
        PLAIN[key] = fitted, read_only(np.array(outcome(fitted, X)))
        np.random.seed(0)
    return PLAIN[key]
