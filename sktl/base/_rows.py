"""How the contracts read the rows they are given: their domains, and which of them have labels."""

from sklearn.utils import get_tags
from sklearn.utils.validation import validate_data

from sktl.domains import known_labels, labeled_rows, read_domains, take_rows


def check_rows(estimator, X, y, sample_domain, **check_params):
    """The *check* and *split* acts of ``fit``: validated ``X`` and its :class:`~sktl.domains.Domains`."""
    sparse = "csr" if get_tags(estimator).input_tags.sparse else False
    X = validate_data(estimator, X, accept_sparse=check_params.pop("accept_sparse", sparse), **check_params)
    return X, read_domains(X, y, sample_domain)


def labeled_only(X, y, params, needs, discrete=True):
    """The rows whose label is known, and parameters of one value a row cut alike; an error if there is no such row."""
    labeled = labeled_rows(X, y)
    n = len(labeled)
    if n and not labeled.any():
        raise ValueError(f"The labels of all {n} rows are missing: {needs} at least one labelled row.")
    cut = {name: take_rows(value, labeled) if is_per_row(value, n) else value for name, value in params.items()}
    return take_rows(X, labeled), known_labels(y, labeled, discrete), cut


def is_per_row(value, n):
    """Whether a parameter has one value a row (so that it is cut with the rows)."""
    if isinstance(value, (list, tuple)):
        return len(value) == n
    return len(getattr(value, "shape", ())) > 0 and value.shape[0] == n
