"""What SCL and SFA share: the numbers of pivots and components, and which rows count as one group."""

from numbers import Integral

import numpy as np

from sktl._checks import Interval
from sktl.domains import TARGET

#: Constraints of the parameters that SCL and SFA share.
PIVOTS = {
    "n_components": ("auto", Interval(Integral, 1)),
    "n_pivots": ("auto", Interval(Integral, 1)),
    "min_rows": (Interval(Integral, 1),),
    "feature_scale": (Interval(low=0),),
}


def domain_codes(domains):
    """A number for each row's domain."""
    code = {name: place for place, name in enumerate(dict.fromkeys([*domains.sources, TARGET]))}
    codes = np.array([code[name] for name in domains.names.tolist()])
    return np.unique(codes, return_inverse=True)[1]


def take_pivots(ranked, n_pivots, most, n_features, min_rows):
    """The first ``n_pivots`` of the ``ranked`` columns, and a mask of the columns that are none."""
    if n_features == 1:
        raise ValueError("n_features = 1: pivots and other features are needed, at least 2 features.")
    if len(ranked) == 0:
        raise ValueError(
            f"No feature is positive in min_rows={min_rows} rows of every domain (or half of its rows), so that none "
            "can be a pivot. Lower min_rows, or give features that the domains share."
        )
    bound = min(len(ranked), n_features - 1)
    size = min(most, bound, n_features // 2) if n_pivots == "auto" else n_pivots  # half is left to predict them by
    if size > bound:
        raise ValueError(
            f"n_pivots={n_pivots} exceeds {bound}: {len(ranked)} of the {n_features} features are positive in "
            f"min_rows={min_rows} rows of every domain, and one feature at least is no pivot. Lower one of them."
        )
    others = np.ones(n_features, dtype=bool)
    others[ranked[:size]] = False
    return ranked[:size], others


def take_size(n_components, most, n_pivots, n_others):
    """Number of components, or an error that names the bound."""
    bound = min(n_pivots, n_others)
    if n_components == "auto":
        return min(most, bound)
    if n_components > bound:
        raise ValueError(
            f"n_components={n_components} exceeds min(n_pivots={n_pivots}, other features={n_others}) = {bound}. "
            "Lower it."
        )
    return n_components


def left_vectors(matrix, size):
    """Left singular vectors as rows, and singular values; the entry of largest size is positive, dead ones are 0."""
    U, values, _ = np.linalg.svd(matrix, full_matrices=False)
    U, values = U[:, :size].T, values[:size]
    largest = U[np.arange(size), np.abs(U).argmax(axis=1)]
    # directions of rounding's size carry no feature
    alive = values > 1e-10 * max(values[0], np.finfo(float).tiny)
    return U * (np.where(largest < 0, -1.0, 1.0) * alive)[:, None], values * alive


def on_all_columns(components, others, dtype):
    """Components on the columns of the mask ``others``, as components on all columns."""
    full = np.zeros((len(components), len(others)), dtype=dtype)
    full[:, others] = components
    return full
