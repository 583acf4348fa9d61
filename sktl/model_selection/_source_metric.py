"""A distance of domains from the user's function, or the default one: who gets rows, who labels too."""

from functools import partial
from inspect import signature
from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from sktl._core.discrepancy import sharpest_gamma
from sktl._core.kernels import choose_gamma
from sktl._tables.columns import encode_table
from sktl.base import is_numeric
from sktl.domains import draw_rows, known_labels
from sktl.metrics import mmd
from sktl.model_selection._by_domain import check_numbers

SINGLE_ROWS = "pass a metric that takes single rows"


def standardised_mmd(X_source, X_target, scaler, gamma):
    """Squared MMD of rows in common units, with one kernel width."""
    return mmd(scaler.transform(X_source), scaler.transform(X_target), gamma=gamma)


def as_numbers(X, target):
    """``X`` if its rows are numbers, else encoded as a report encodes them: dates, texts and missing values.

    ``target`` is the mask of a domain: a column without a value in it, or in all others, is left out.
    """
    if sparse.issparse(X) or is_numeric(X):
        return X
    return encode_table(X, target)


def make_metric(metric, X, ends=None):
    """The metric, or the default one with the units and the width of all rows.

    With ``ends``, the masks of two domains, the width is the one that best tells these two apart.
    """
    if metric is not None:
        return metric
    check_numbers(X, "The default metric", "or pass a metric that takes such rows")
    scaler = StandardScaler(with_mean=not sparse.issparse(X)).fit(X)
    scaled = scaler.transform(X)
    # one width from all rows: under a width of its own each distance would have another unit
    gamma = choose_gamma("rbf", "median", scaled)
    if ends is not None:
        gamma = sharpest_gamma(gamma, *(scaled[rows] for rows in ends))
    return partial(standardised_mmd, scaler=scaler, gamma=gamma)


def takes_labels(metric):
    """Whether the metric wants the labels of both samples."""
    try:
        return {"y_source", "y_target"} <= set(signature(metric).parameters)
    except ValueError:  # some built-in functions have no signature
        return False


def called(metric):
    """What a metric is called in an error."""
    return getattr(metric, "__name__", repr(metric))


def names_of_samples(metric):
    """Names that a metric with labels has for the source's rows and for the target's."""
    names = [name for name in signature(metric).parameters if name not in ("y_source", "y_target")]
    if {"X_source", "X_target"} <= set(names):
        return "X_source", "X_target"
    if len(names) < 2:
        raise TypeError(f"metric must take two samples besides y_source and y_target; {called(metric)} takes {names}.")
    return names[:2]


def rows_and_labels(X, y, domains, name):
    """Arguments that stand for the domain ``name``: its rows, or its labelled rows and their labels."""
    rows = domains.names == name
    if y is None:
        return (draw_rows(X if hasattr(X, "shape") else np.asarray(X), np.flatnonzero(rows)),)
    rows = rows & domains.labeled
    if not rows.any():
        raise ValueError(
            f"The metric needs labels of both domains; {name!r} has none. Label some rows, or use a metric that only "
            "takes rows."
        )
    return draw_rows(X, np.flatnonzero(rows)), known_labels(y, rows)


def ask(compare, source, target):
    """The metric of two domains, with their labels where it wants them; an error if it is no number."""
    if len(source) == 1:
        value = compare(*source, *target)
    else:
        (X_source, y_source), (X_target, y_target) = source, target
        first, second = names_of_samples(compare)
        value = compare(**{first: X_source, second: X_target}, y_source=y_source, y_target=y_target)
    if np.ndim(value) or not isinstance(value, (Real, np.ndarray)):
        raise TypeError(f"metric must return a number; {called(compare)} returned {value!r}.")
    if not np.isfinite(value):
        raise ValueError(f"metric must return a finite number; {called(compare)} returned {value!r}.")
    return float(value)
