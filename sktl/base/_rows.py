"""How the contracts read the rows they are given: their domains, and which of them have labels."""

from dataclasses import replace

from sklearn.utils import get_tags
from sklearn.utils.validation import validate_data

from sktl._checks import check_squares
from sktl.domains import known_labels, labeled_rows, plain_rows, read_domains, read_samples, take_rows


def validate_rows(estimator, X, **check_params):
    """Rows as scikit-learn's ``validate_data`` checks them; masked entries are refused, duplicate CSR entries summed.

    Parameters
    ----------
    estimator : estimator object
        Whose number and names of columns are kept or compared; its tags say whether CSR is taken.
    X : array-like or CSR matrix of shape (n_samples, n_features)
        Rows.
    **check_params : dict
        As ``sklearn.utils.validation.validate_data`` takes them; ``reset=False`` for new rows.

    Returns
    -------
    ndarray or CSR matrix of shape (n_samples, n_features)

    Raises
    ------
    ValueError
        If rows are not finite (or their squares are not), are masked, or have other columns than in ``fit``.

    Examples
    --------
    >>> from sktl.base import validate_rows
    >>> from sktl.feature import TCA
    >>> validate_rows(TCA(), [[1, 2], [3, 4]]).shape
    (2, 2)
    """
    sparse = "csr" if get_tags(estimator).input_tags.sparse else False
    X = plain_rows(validate_data(estimator, plain_rows(X), **{"accept_sparse": sparse} | check_params))
    check_squares(X)
    return X


def check_rows(estimator, X, y, sample_domain, sample_id=None, **check_params):
    """The *check* and *split* acts of ``fit``: validated ``X`` and its :class:`~sktl.domains.Domains`."""
    X = validate_rows(estimator, X, **check_params)
    domains = read_domains(X, y, sample_domain)
    return X, replace(domains, samples=read_samples(sample_id, len(domains.names)))


def labeled_only(X, y, params, needs, discrete=True):
    """Rows whose label is known, with parameters of one value per row cut alike; an error if there is no such row."""
    X = plain_rows(X)
    labeled = labeled_rows(X, y)
    n = len(labeled)
    if n and not labeled.any():
        raise ValueError(f"The labels of all {n} rows are missing: {needs} at least one labelled row.")
    cut = {name: take_rows(value, labeled) if is_per_row(value, n) else value for name, value in params.items()}
    return take_rows(X, labeled), known_labels(y, labeled, discrete), cut


def is_per_row(value, n):
    """Whether a parameter has one value per row (so that it is cut with the rows)."""
    if isinstance(value, (list, tuple)):
        return len(value) == n
    return len(getattr(value, "shape", ())) > 0 and value.shape[0] == n
