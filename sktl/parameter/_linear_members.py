"""The methods that the linear models share which shrink towards a source: what is passed, ``fit``, decisions, classes.

A class takes them as its own (``fit = _linear_members.fit``) and says in ``_solve(rows)`` what its loss is.
"""

from sktl._threads import threads_by_size
from sktl.parameter._linear import decision, most_likely, read_target


def store(self, source=None, *, reg="auto", weights="ball", fit_intercept=True, per_source=False, tol=1e-4):
    """Keep the parameters as they come."""
    self.source = source
    self.reg = reg
    self.weights = weights
    self.fit_intercept = fit_intercept
    self.per_source = per_source
    self.tol = tol


@threads_by_size
def fit(self, X, y, sample_domain=None, sample_weight=None):
    """Find the sources' weights, the penalty and the coefficients from the labelled target rows.

    Parameters
    ----------
    X : array-like or CSR matrix of shape (n_samples, n_features)
        Target rows; with an unfitted source, rows of all domains.
    y : array-like of shape (n_samples,)
        Labels (numbers or counts in regressions); rows where they are missing are left out.
    sample_domain : array-like of shape (n_samples,), default=None
        Which rows are the target's, where the source is not fitted.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    self

    Raises
    ------
    TypeError, ValueError
        If a parameter, a source, a label or a domain is not as described, or source and target have no class in common.

    Warns
    -----
    SingleDomainWarning
        If the source is not fitted and there is only one domain: no label is missing and no ``sample_domain`` is
        given.
    """
    self._solve(read_target(self, X, y, sample_domain, sample_weight))
    return self


def decision_function(self, X):
    """Decision values: log-odds, logits or distances to the margin's middle, of the second of two classes or of each.

    Parameters
    ----------
    X : array-like or CSR matrix of shape (n_samples, n_features)
        New rows.

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, n_classes)
    """
    return decision(self, X)


def predict_class(self, X):
    """Most probable class of target rows.

    Parameters
    ----------
    X : array-like or CSR matrix of shape (n_samples, n_features)
        New rows.

    Returns
    -------
    ndarray of shape (n_samples,)
    """
    return most_likely(self, decision(self, X))
