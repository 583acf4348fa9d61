"""The ordinary classifiers that methods fall back on where the user names none."""

from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def default_classifier(X, **params):
    """Unfitted logistic regression on standardised columns (sparse ones are not centred: they would become dense).

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Rows that it is meant for.
    **params : dict
        Parameters of the logistic regression; ``max_iter`` is 1000 if not given.

    Returns
    -------
    Pipeline

    Examples
    --------
    >>> from sktl.base import default_classifier
    >>> default_classifier([[0.0], [1.0]], C=10)[-1]
    LogisticRegression(C=10, max_iter=1000)
    """
    from sklearn.linear_model import LogisticRegression  # here, to keep `import sktl` quick

    scaler = StandardScaler(with_mean=not sparse.issparse(X))
    return make_pipeline(scaler, LogisticRegression(**{"max_iter": 1000} | params))


def domain_classifier(X):
    """Unfitted default classifier that tells source rows from target rows, both domains counting the same.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Rows that it is meant for.

    Returns
    -------
    Pipeline

    Examples
    --------
    >>> from sktl.base import domain_classifier
    >>> domain_classifier([[0.0], [1.0]])[-1].class_weight
    'balanced'
    """
    return default_classifier(X, class_weight="balanced")
