"""The domains of a table, as every look at data reads them."""

import numpy as np

from sktl.domains import n_rows, read_domains


def domains_of(X, y, sample_domain):
    """:class:`~sktl.domains.Domains` of one table of all domains; an error that says so of two tables."""
    if _is_table_like(y, X):
        raise ValueError(
            f"y looks like a second table, of {n_rows(y)} rows and {_width(y)} columns as X has; here one table holds "
            "the rows of all domains. Stack them first: X, y, sample_domain = "
            "sktl.stack_domains(source=(X_source, y_source), target=X_target)."
        )
    return read_domains(X, y, sample_domain)


def _is_table_like(y, X):
    """Whether ``y`` has the columns of ``X``."""
    if hasattr(y, "columns") and hasattr(X, "columns"):
        return [str(name) for name in y.columns] == [str(name) for name in X.columns]
    return _width(y) > 1 and _width(y) == _width(X)


def _width(X):
    """Columns of a table; 0 of what is none."""
    shape = X.shape if hasattr(X, "shape") else np.shape(np.array(X, dtype=object))
    return shape[1] if len(shape) == 2 else 0
