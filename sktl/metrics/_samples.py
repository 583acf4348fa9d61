"""What every distance between two samples checks first."""

import numpy as np
from sklearn.utils import check_array

from sktl.domains import n_rows


def check_samples(X_source, X_target, min_rows=1):
    """Both samples as finite arrays or CSR matrices with the same columns and at least ``min_rows`` rows each."""
    names = [list(getattr(X, "columns", ())) for X in (X_source, X_target)]
    if all(names) and names[0] != names[1]:
        raise ValueError(
            f"The columns of X_source and X_target have other names, or another order: {names[0][:5]} and "
            f"{names[1][:5]}. Pass X_target[X_source.columns]."
        )
    checked = []
    for name, X in (("X_source", X_source), ("X_target", X_target)):
        if n_rows(X) < min_rows:
            raise ValueError(f"{name} has {n_rows(X)} row(s); this distance needs at least {min_rows} in each sample.")
        checked.append(check_array(X, accept_sparse="csr", dtype=[np.float64, np.float32], input_name=name))
    if checked[0].shape[1] != checked[1].shape[1]:
        raise ValueError(
            f"X_source has {checked[0].shape[1]} columns and X_target {checked[1].shape[1]}: "
            "both samples need the same columns."
        )
    return checked


def root(value) -> float:
    """Square root of an estimate of a square, of 0 where it is negative."""
    return float(np.sqrt(max(value, 0.0)))
