"""What every measure of two samples checks first."""

import numpy as np
from scipy import sparse
from sklearn.utils import check_array

from sktl._checks import check_squares
from sktl._core.kernels import canonical_order, stack_samples
from sktl.domains import as_column, n_rows, plain_rows, stack_domains


def check_samples(X_source, X_target, min_rows=1, squares=True):
    """Both samples as finite arrays, or both as CSR matrices, of the same columns and at least ``min_rows`` rows.

    ``squares``: whether the measure squares values, so that these must not exceed the largest number.
    """
    samples = {"X_source": plain_rows(X_source, "X_source"), "X_target": plain_rows(X_target, "X_target")}
    _check_sizes(*samples.values(), min_rows)
    for name, X in samples.items():
        texts = _columns_of_text(X)
        if texts:
            raise ValueError(
                f"{name} has columns that are not numbers: {texts[:5]}. Encode them (OneHotEncoder, fitted on both "
                "samples), or compare the tables as they are with sktl.metrics.feature_shift_test or "
                "sktl.inspection.DomainReport."
            )
    checked = [
        plain_rows(check_array(X, accept_sparse="csr", dtype=[np.float64, np.float32], input_name=name))
        for name, X in samples.items()
    ]
    _check_widths(*checked)
    for name, X in zip(samples, checked, strict=True) if squares else ():
        check_squares(X, name)
    kinds = {type(X) for X in checked if sparse.issparse(X)}  # a dense sample beside a CSR one becomes one
    return [X if sparse.issparse(X) or not kinds else next(iter(kinds))(X) for X in checked]


def pool_samples(X_source, X_target, estimator, min_rows):
    """Rows of both samples, in an order that depends on their values alone, and which of them are the target's.

    Without an ``estimator`` they are finite arrays or CSR matrices. One of the user's own gets tables as they are, and
    judges texts and gaps itself.
    """
    if estimator is None:
        X = stack_samples(*check_samples(X_source, X_target, min_rows))
        order = canonical_order(X)
    else:
        X_source, X_target = plain_rows(X_source, "X_source"), plain_rows(X_target, "X_target")
        _check_sizes(X_source, X_target, min_rows)
        if all(hasattr(X, "columns") for X in (X_source, X_target)):
            X, _, _ = stack_domains((X_source, np.zeros(n_rows(X_source))), X_target)
            order = canonical_order(np.column_stack([_codes(X[name]) for name in X.columns]))
        else:
            samples = [
                check_array(
                    X,
                    accept_sparse="csr",
                    dtype=[np.float64, np.float32],
                    ensure_all_finite="allow-nan",
                    input_name=name,
                )
                for name, X in (("X_source", X_source), ("X_target", X_target))
            ]
            _check_widths(*samples)
            X = stack_samples(*samples)
            order = canonical_order(X if hasattr(X, "tocsr") else np.nan_to_num(X))  # NaN has no order
    return X, order, np.arange(n_rows(X)) >= n_rows(X_source)


def root(value) -> float:
    """Square root of an estimate of a square, of 0 where it is negative."""
    return float(np.sqrt(max(value, 0.0)))


def _check_sizes(X_source, X_target, min_rows):
    """Raise unless both are tables with the same names of columns, if any, and enough rows."""
    for name, X in (("X_source", X_source), ("X_target", X_target)):
        n_dimensions = 2 if hasattr(X, "columns") or hasattr(X, "tocsr") else np.ndim(X)
        if n_dimensions == 0:
            raise TypeError(f"{name} must be a table (n_samples, n_features); got {X!r}.")
        if n_dimensions == 1:
            raise ValueError(
                f"{name} must be a table (n_samples, n_features); got {n_rows(X)} value(s) in one dimension. One "
                "column is x.reshape(-1, 1)."
            )
    names = [list(getattr(X, "columns", ())) for X in (X_source, X_target)]
    if all(names) and names[0] != names[1]:
        if set(names[0]) == set(names[1]):
            raise ValueError(
                "X_source and X_target have the same columns in different orders. Pass X_target[X_source.columns]."
            )
        apart = sorted(map(str, set(names[0]) ^ set(names[1])))
        raise ValueError(
            f"The columns of X_source and X_target have different names; not in both: {apart[:5]}. Rename them, or "
            "pass the columns that both have."
        )
    for name, X in (("X_source", X_source), ("X_target", X_target)):
        if n_rows(X) < min_rows:
            raise ValueError(f"{name} has {n_rows(X)} row(s); this measure needs at least {min_rows} in each sample.")


def _check_widths(X_source, X_target):
    """Raise unless both have as many columns."""
    if X_source.shape[1] != X_target.shape[1]:
        raise ValueError(
            f"X_source has {X_source.shape[1]} columns and X_target {X_target.shape[1]}: "
            "both samples need the same columns."
        )


def _columns_of_text(X):
    """Names of the columns of a frame that hold text."""
    return [name for name in getattr(X, "columns", ()) if _holds_text(X[name])]


def _holds_text(column):
    values = column.drop_nulls() if hasattr(column, "drop_nulls") else column.dropna()
    return any(isinstance(value, str) for value in as_column(values)[:1].tolist())


def _codes(column):
    """Ranks of the values of a column of any kind."""
    return np.unique(as_column(column).astype(str), return_inverse=True)[1]
