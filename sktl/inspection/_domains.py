"""The domains of a table, as every look at data reads them."""

import numpy as np

from sktl.domains import n_rows, read_domains


def domains_of(X, y, sample_domain, two=False):
    """:class:`~sktl.domains.Domains` of one table of all domains; an error that says so of two tables.

    With ``two`` both domains must be there.
    """
    if not hasattr(X, "shape") and not isinstance(X, (list, tuple)):
        raise TypeError(f"X must be a table, the rows of all domains; got {X!r}.")
    if _is_table_like(y, X):
        raise ValueError(
            f"y looks like a second table ({n_rows(y)} rows, the {_width(y)} columns of X); here one table holds the "
            "rows of all domains. Stack them first: X, y, sample_domain = "
            "sktl.stack_domains(source=(X_source, y_source), target=X_target)."
        )
    domains = read_domains(X, y, sample_domain)
    if two and domains.single:
        raise ValueError("Two domains are needed: leave the labels of target rows missing, or pass sample_domain.")
    return domains


def as_numbers(X):
    """The rows of a table as floats; an error that names what can be done with texts."""
    try:
        return np.asarray(X, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"X must hold numbers to be drawn ({error}). Encode its columns first, or use DomainReport or "
            "FeatureShiftDisplay, which take text too."
        ) from error


def _is_table_like(y, X):
    """Whether ``y`` has the columns of ``X``."""
    if hasattr(y, "columns") and hasattr(X, "columns"):
        return [str(name) for name in y.columns] == [str(name) for name in X.columns]
    return _width(y) > 1 and _width(y) == _width(X)


def _width(X):
    """Columns of a table; 0 of what is none."""
    shape = X.shape if hasattr(X, "shape") else np.shape(np.array(X, dtype=object))
    return shape[1] if len(shape) == 2 else 0
