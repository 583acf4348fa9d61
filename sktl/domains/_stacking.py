"""Tables of several domains stacked into one, and taken apart again."""

import sys

import numpy as np
from scipy import sparse

from sktl._checks import checked
from sktl.domains._convention import TARGET, read_domains
from sktl.domains._tables import (
    EXACT,
    as_column,
    known_labels,
    library_of,
    missing_values,
    n_rows,
    plain_rows,
    take_rows,
)


@checked(columns=("same", "union"))
def stack_domains(source, target, *, columns="same"):
    """Stack source and target rows into one table, with missing labels on unlabelled target rows.

    Parameters
    ----------
    source : tuple (X_source, y_source), or dict of name -> (X, y)
        The labelled domains: arrays, pandas or polars frames, or sparse matrices (which become CSR), all of the same
        kind.
    target : X_target, or tuple (X_target, y_target)
        The domain a model is wanted for; ``y_target`` may be None or hold missing labels.
    columns : {"same", "union"}, default="same"
        "same": frames with other columns are refused, so that a misspelt name is noticed. "union", for frames whose
        columns differ: all columns by name, with missing values (NaN in numbers) where a domain lacks one.

    Returns
    -------
    X : same kind as given
        All rows: the sources in the order given, then the target. With ``columns="union"`` the first domain's columns
        come first, then what the others add, in their order.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Labels. If some are missing: numbers become floats with NaN; strings, booleans and integers of 2**53 or more
        become an object array with None.
    sample_domain : ndarray of shape (n_samples,), dtype object
        The name of each row's domain: "source" (or the dict's names) and "target".

    Raises
    ------
    ValueError
        If a domain has no rows, X and y of a domain have different numbers of rows, columns differ between domains, no
        label is known, or a source is named "target".
    TypeError
        If the domains are of different kinds, ``source`` is not of the form above, or ``columns="union"`` meets tables
        without names.

    See Also
    --------
    split_domains : The inverse.
    sktl.feature.SharedColumns, sktl.feature.UnionColumns : First steps where columns differ.

    Examples
    --------
    >>> from sktl import stack_domains
    >>> X, y, domain = stack_domains(source=([[0.0], [1.0]], [0, 1]), target=[[3.0]])
    >>> y
    array([ 0.,  1., nan])
    >>> domain.tolist()
    ['source', 'source', 'target']
    """
    if isinstance(source, tuple) and len(source) == 2:
        source = {"source": source}
    pairs = list(source.values()) if isinstance(source, dict) else []
    if not pairs or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
        found = "a dict without entries" if isinstance(source, dict) and not pairs else type(source).__name__
        raise TypeError(f"source must be a tuple (X_source, y_source) or a dict of name -> (X, y); got {found}.")
    if TARGET in source:
        raise ValueError("A source may not be named 'target': that name marks the target domain. Choose another name.")
    X_target, y_target = target if isinstance(target, tuple) and len(target) == 2 else (target, None)
    parts = [*((name, X, y) for name, (X, y) in source.items()), (TARGET, X_target, y_target)]
    for name, X, y in parts:
        if n_rows(X) == 0:
            raise ValueError(f"The domain {name!r} has no rows; each domain needs at least one.")
        if y is not None and n_rows(y) != n_rows(X):
            raise ValueError(f"The domain {name!r} has {n_rows(X)} rows of X but {n_rows(y)} labels.")
    sample_domain = np.repeat(np.array([name for name, _, _ in parts], dtype=object), [n_rows(X) for _, X, _ in parts])
    return (
        _concatenate([X for _, X, _ in parts], columns == "union"),
        _stack_labels([(n_rows(X), y) for _, X, y in parts]),
        sample_domain,
    )


def split_domains(X, y, sample_domain=None):
    """Split one table into its source and target domains: the inverse of :func:`stack_domains`.

    Parameters
    ----------
    X : array, frame or sparse matrix of n_samples rows
        The rows of all domains.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
        Labels, missing where unknown.
    sample_domain : array-like of shape (n_samples,), default=None
        Each row's domain, in any form that ``fit`` takes; by default rows without a label are the target.

    Returns
    -------
    source : dict of name -> (X, y)
        One entry per source domain; "source" if it has no other name.
    target : tuple (X_target, y_target)
        ``y_target`` (as the ``y`` of a source) is None where all its labels are missing.

    Examples
    --------
    >>> from sktl import split_domains
    >>> source, (X_target, y_target) = split_domains([[0.0], [1.0], [3.0]], [0, 1, None])
    >>> source["source"][1].tolist(), X_target.tolist(), y_target is None
    ([0, 1], [[3.0]], True)
    """
    domains = read_domains(X, y, sample_domain)
    X = X if hasattr(X, "shape") else np.asarray(X)
    members = {TARGET: []}
    for row, name in enumerate(domains.names.tolist()):
        members.setdefault(name, []).append(row)
    parts = {}
    for name, rows in members.items():
        mask = np.zeros(len(domains.names), dtype=bool)
        mask[rows] = True
        parts[name] = take_rows(X, mask), _domain_labels(y, mask, domains.labeled)
    target = parts.pop(TARGET)
    return parts, target


def _domain_labels(y, rows, labeled):
    """Labels of one domain's ``rows``: None if all are missing, their own type if none is."""
    if y is None or not labeled[rows].any():
        return None
    if labeled[rows].all() and not labeled.all():
        return known_labels(y, rows)
    return take_rows(y if hasattr(y, "shape") else as_column(y), rows)


def _concatenate(tables, union):
    """Stack tables of one kind on each other, and refuse what would lose or invent something."""
    library = {library_of(X) for X in tables}
    if len(library) > 1 or len({sparse.issparse(X) for X in tables}) > 1:
        found = ", ".join(sorted({type(X).__name__ for X in tables}))
        raise TypeError(f"All domains must be the same kind of table; got {found}. Convert them to one kind first.")
    if library != {None}:
        return _concatenate_frames(tables, sys.modules[library.pop()], union)
    if union:
        raise TypeError(
            f"columns='union' puts columns together by their names, which {type(tables[0]).__name__} has not. Pass "
            "pandas or polars frames."
        )
    tables = [X if sparse.issparse(X) else np.asarray(plain_rows(X)) for X in tables]
    widths = sorted({X.shape[1] if X.ndim > 1 else 1 for X in tables})
    if len(widths) > 1:
        raise ValueError(
            f"All domains must have the same number of columns; got {widths}. If they are different columns, pass "
            "frames with names and columns='union'."
        )
    if sparse.issparse(tables[0]):
        return sparse.vstack(tables, format="csr")
    return np.concatenate(tables)


def _concatenate_frames(tables, library, union):
    """Stack pandas or polars frames on each other, with their columns in the first one's order."""
    columns = list(tables[0].columns)
    differ = sorted({str(name) for X in tables[1:] for name in set(X.columns) ^ set(columns)})
    if differ and not union:
        raise ValueError(
            f"All domains must have the same columns; not in all of them: {differ}. If that is meant, pass "
            "columns='union': they are missing where a domain lacks them."
        )
    if differ:
        columns = list(dict.fromkeys(name for X in tables for name in X.columns))
    else:
        tables = [X if list(X.columns) == columns else X[columns] for X in tables]
    for name in dict.fromkeys(columns):
        kinds = {_kind_of(X[name]) for X in tables if name in X.columns} - {None}
        if len(kinds) > 1:
            raise TypeError(
                f"Column {name!r} holds {' in one domain and '.join(sorted(kinds))} in another: stacking would turn "
                "the numbers into text. Convert one of them."
            )
    if library.__name__ == "pandas":
        return library.concat(tables, ignore_index=True)
    return library.concat(tables, how="diagonal_relaxed" if differ else "vertical_relaxed")


def _kind_of(column):
    """What a column holds: "numbers", "text", or None for anything else (nothing, categories, dates, ...)."""
    if getattr(column, "ndim", 1) != 1:  # columns that share one name
        return None
    known = column[~missing_values(column)] if library_of(column) == "pandas" else column.drop_nulls()
    if len(known) == 0 or "categor" in str(column.dtype).lower():
        return None
    values = as_column(known)
    if values.dtype.kind in "iuf":
        return "numbers"
    return "text" if any(isinstance(value, str) for value in values.tolist()) else None


def _stack_labels(parts):
    """One label column from (number of rows, labels or None) a domain."""
    absent = [np.ones(n, dtype=bool) if y is None else missing_values(y) for n, y in parts]
    known = [known_labels(y, ~mask) for (_, y), mask in zip(parts, absent, strict=True) if not mask.all()]
    if not known:
        raise ValueError("No domain has labels. Pass the labels of at least one source domain.")
    shapes = sorted({labels.shape[1:] for labels in known})
    if len(shapes) > 1:
        raise ValueError(f"The labels of all domains must have the same number of outputs; got {shapes} per row.")
    missing = np.concatenate(absent)
    kinds = {labels.dtype.kind for labels in known}
    as_floats = kinds <= set("iuf") and all(k.dtype.kind == "f" or (np.abs(k) < EXACT).all() for k in known)
    if not missing.any() and (as_floats or len(kinds) == 1):
        return np.concatenate(known)
    column = np.full((len(missing), *shapes[0]), np.nan if as_floats else None)
    column[~missing] = np.concatenate(known if as_floats else [labels.astype(object) for labels in known])
    return column
