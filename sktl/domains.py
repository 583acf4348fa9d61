"""What a domain label means: the one place that tells source rows from target rows.

A row whose label is missing is a target row; where labels do not show it, ``sample_domain`` says it. Everything else in
sktl asks :func:`read_domains`.
"""

import inspect
import sys
import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import type_of_target

from sktl.exceptions import SingleDomainWarning, UnlabeledSourceWarning

__all__ = ["split_domains", "stack_domains", "target_mask"]

TARGET = "target"
WAYS_OUT = "Mark target rows 'target' (or True, or a negative integer), or leave their labels missing."
ONE_DOMAIN_IS_MEANT = ContextVar("one domain is meant", default=False)
EXACT = np.float64(2**53)  # integers below it are floats without loss


@dataclass(frozen=True)
class Domains:
    """Which domain each row belongs to.

    Attributes
    ----------
    target : ndarray of shape (n_samples,), dtype bool
        Rows of the target domain.
    labeled : ndarray of shape (n_samples,), dtype bool
        Rows whose label is known.
    names : ndarray of shape (n_samples,)
        The source's name (as given in ``sample_domain``, or "source") or "target".
    single : bool
        Nothing tells the domains apart: there is one, and ``target`` is False everywhere.
    aliases : tuple
        Other names under which ``sample_domain`` gave target rows.
    """

    target: np.ndarray
    labeled: np.ndarray
    names: np.ndarray
    single: bool
    aliases: tuple = ()

    @property
    def source(self):
        """Rows of all source domains."""
        return ~self.target

    @property
    def sources(self):
        """Names of the source domains, in a fixed order."""
        return sorted(set(self.names[self.source].tolist()), key=repr)


# --- containers: numpy, scipy.sparse, pandas and polars, none of the last two imported here ---


def _library(data):
    """The already imported frame library that ``data`` comes from: "pandas", "polars" or None."""
    roots = {kind.__module__.partition(".")[0] for kind in type(data).__mro__}
    return next((root for root in ("pandas", "polars") if root in roots), None)


def n_rows(data):
    """Number of rows of an array, frame, sparse matrix or list."""
    if hasattr(data, "shape"):
        return data.shape[0]
    return len(data) if hasattr(data, "__len__") else len(np.asarray(data))


def take_rows(data, rows):
    """The rows of ``data`` that the boolean mask ``rows`` names, in the container they came in."""
    if rows.all():  # no copy
        return data
    library = _library(data)
    if library == "pandas":
        return data[rows] if data.ndim == 1 else data.loc[rows]
    if library == "polars":
        return data[np.flatnonzero(rows)]
    if sparse.issparse(data):
        return data.tocsr()[np.flatnonzero(rows)]
    if isinstance(data, (list, tuple)):
        return [value for value, keep in zip(data, rows, strict=True) if keep]
    return as_column(data)[rows]


def draw_rows(data, index):
    """The rows of ``data`` at the positions ``index``, which may repeat, in the container they came in."""
    if hasattr(data, "iloc"):
        return data.iloc[index]
    if isinstance(data, (list, tuple)):
        return [data[i] for i in index]
    return (data.tocsr() if sparse.issparse(data) else data)[index]


def plain_rows(X, name="X"):
    """``X`` itself, or CSR with its duplicate entries summed on a copy; an error if entries of it are masked.

    numpy silently drops the mask of a masked array when it is converted, and formulas on the stored values of a sparse
    matrix (norms, products of the data) take duplicate entries for different ones.
    """
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        raise ValueError(
            f"{name} has {np.ma.count_masked(X)} masked entries, and masks are not read. Fill them first: with "
            f"{name}.filled(np.nan) for an estimator that takes missing values, else with imputed values."
        )
    if sparse.issparse(X) and X.format == "csr" and not X.has_canonical_format:
        X = X.copy()  # the caller's matrix keeps its entries
        X.sum_duplicates()
    return X


def _is_null(value):
    """Whether one object stands for a missing value: None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and value != value


def missing_values(values):
    """Mask of the missing entries (rows, where every output is missing) of a column of any kind."""
    library = _library(values)
    if library == "pandas":
        mask = np.asarray(values.isna())
    elif library == "polars" and hasattr(values, "is_null"):
        # polars tells missing from NaN
        mask = (values.is_null() | values.is_nan() if values.dtype.is_float() else values.is_null()).to_numpy()
    elif sparse.issparse(values):  # indicators of many labels per row
        mask = np.zeros(values.shape[0], dtype=bool)
    else:
        array = as_column(values)
        if array.dtype.kind == "f":
            mask = np.isnan(array)
        elif array.dtype.kind == "O":
            mask = np.array([_is_null(value) for value in array.ravel()], dtype=bool).reshape(array.shape)
        else:
            mask = np.zeros(array.shape, dtype=bool)
    if mask.ndim == 1:
        return mask
    rows = mask.reshape(len(mask), -1)
    if np.any(rows.any(axis=1) & ~rows.all(axis=1)):
        row = int(np.flatnonzero(rows.any(axis=1) & ~rows.all(axis=1))[0])
        raise ValueError(
            f"Row {row} of y has some of its {rows.shape[1]} outputs missing: a row must have all of them or "
            "none. Drop such rows, or fit one estimator per output."
        )
    return rows.all(axis=1)


def as_column(values):
    """``values`` as an array; a list becomes an object array where another dtype would change its values.

    Masked entries become None: a mask says that a value is missing, and numpy would silently drop it.
    """
    if _library(values):
        return values.to_numpy()
    if np.ma.is_masked(values):
        column = values.data.astype(object)
        column[np.ma.getmaskarray(values)] = None
        return column
    if not isinstance(values, (list, tuple)):
        return values if sparse.issparse(values) else np.asarray(values)
    return _unboxed(np.array(values, dtype=object))


def _unboxed(column):
    """An object array of nothing but numbers (or booleans) in their own type, if that loses nothing; else as it is."""
    numbers = (bool, int, float, np.bool_, np.number)
    if column.dtype.kind != "O" or column.size == 0 or not all(isinstance(value, numbers) for value in column.ravel()):
        return column
    natural = np.array(column.tolist())
    return natural if (natural == column).all() else column  # a large integer beside floats would lose digits


def one_column(y):
    """``y`` as a flat column where it holds one output, shape (n_samples, 1); else as it is."""
    shape = np.shape(as_column(y) if isinstance(y, (list, tuple)) else y)
    if len(shape) != 2 or shape[1] != 1 or sparse.issparse(y):
        return y
    library = _library(y)
    if library:
        return y.iloc[:, 0] if library == "pandas" else y[:, 0]
    return as_column(y)[:, 0]


def labeled_rows(X, y):
    """Mask of the rows of ``X`` whose label is known, or an error if ``y`` has another number of rows."""
    if n_rows(y) != n_rows(X):
        raise ValueError(f"X and y must have the same number of rows: X has {n_rows(X)}, y has {n_rows(y)}.")
    return ~missing_values(y)


def known_labels(y, labeled, discrete=True):
    """Labels of the ``labeled`` rows as an array, in the type they had before missing ones forced another.

    With ``discrete``, integral floats that stand beside NaN come back as integers; floats of a ``y`` that misses none
    stay floats. Objects that are all numbers or all booleans come back as such, strings as they are.
    """
    known = _unboxed(as_column(take_rows(y, labeled)))
    restore = discrete and known.dtype.kind == "f" and not labeled.all()
    # NaN beside them made floats of integers; beyond 2^53 which one is not known
    if restore and (np.abs(known) < EXACT).all() and (known == np.floor(known)).all():
        return known.astype(np.int64)
    return known


def class_codes(y, labeled):
    """Code of each row's class (or combination of outputs), 0 and up; -1 where the label is missing.

    None where there are no labels, or they are no classes.
    """
    if y is None or not labeled.any():
        return None
    known = known_labels(one_column(y), labeled)
    known = known.toarray() if sparse.issparse(known) else known
    if known.ndim > 1 and known.dtype.kind == "f" and (known != np.floor(known)).any():
        return None  # several outputs to regress on
    if known.ndim > 1 or len({type(value) for value in known.tolist()}) > 1:  # outputs, or numbers beside texts
        rows = known.reshape(len(known), -1)
        rows = rows if rows.dtype.kind in "biu" else rows.astype(str)
        known = np.unique(rows, axis=0, return_inverse=True)[1].ravel()
    elif type_of_target(known) not in ("binary", "multiclass"):
        return None
    codes = np.full(len(labeled), -1)
    codes[labeled] = np.unique(known, return_inverse=True)[1]
    return codes


def hidden_labels(y, rows):
    """A copy of the labels with those of ``rows`` (a mask, or positions) missing: floats with NaN, else objects."""
    y = as_column(y)
    floats = y.dtype.kind == "f" or (y.dtype.kind in "iu" and (np.abs(y.astype(float)) < EXACT).all())
    hidden = np.array(y, dtype=y.dtype if y.dtype.kind == "f" else float if floats else object)
    hidden[missing_values(y)] = np.nan if floats else None
    hidden[rows] = np.nan if floats else None
    return hidden


# --- the convention ---


@contextmanager
def one_domain_is_meant():
    """Without the warning that there is one domain, where the caller makes one of several, in this thread alone.

    A filter of Python's ``warnings`` would hold for all threads, and could outlive the block.
    """
    token = ONE_DOMAIN_IS_MEANT.set(True)
    try:
        yield
    finally:
        ONE_DOMAIN_IS_MEANT.reset(token)


def read_domains(X, y=None, sample_domain=None):
    """Tell source rows from target rows; the one interpreter of missing labels and of ``sample_domain``.

    Parameters
    ----------
    X : array, frame or sparse matrix of n_samples rows
        Only its number of rows is used.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Labels; missing ones are NaN, None or ``pd.NA``.
    sample_domain : array-like of shape (n_samples,), default=None
        Booleans (True = target), integers (negative = target, others name a source each), or names ("target").

    Returns
    -------
    Domains
    """
    n = n_rows(plain_rows(X))
    labeled = np.ones(n, dtype=bool) if y is None else labeled_rows(X, y)
    if sample_domain is not None:
        target, names, aliases = _read_sample_domain(sample_domain, n, labeled)
        if labeled.any() and not labeled[~target].any():
            warnings.warn(
                f"No source row has a label, while {labeled.sum()} target rows do. If source and target are "
                "swapped, correct sample_domain: True, a negative integer or 'target' marks a target row.",
                UnlabeledSourceWarning,
                stacklevel=user_level(),
            )
        return Domains(target, labeled, names, single=False, aliases=aliases)
    names = np.where(labeled, "source", TARGET).astype(object)
    if labeled.all():
        if ONE_DOMAIN_IS_MEANT.get():
            return Domains(~labeled, labeled, names, single=True)
        warnings.warn(
            "No label is missing and no sample_domain was passed: all rows are one domain, and nothing is adapted. "
            "Leave the labels of target rows missing (NaN or None; -1 counts as a label), or pass sample_domain.",
            SingleDomainWarning,
            stacklevel=user_level(),
        )
        return Domains(~labeled, labeled, names, single=True)
    if not labeled.any():
        raise ValueError(
            f"The labels of all {n} rows are missing, which makes every row a target row, but at least one source "
            "row is needed. Pass the labels of the source rows, or sample_domain if the source has no labels."
        )
    return Domains(~labeled, labeled, names, single=False)


def read_target_domain(X, y=None, sample_domain=None):
    """Tell the domains where the source is a model: every row is a target row unless ``sample_domain`` names a source.

    Parameters
    ----------
    X : array, frame or sparse matrix of n_samples rows
        Only its number of rows is used.
    y : array-like of shape (n_samples,), default=None
        Labels; missing ones are NaN, None or ``pd.NA``.
    sample_domain : array-like of shape (n_samples,), default=None
        As :func:`read_domains` takes it; it may name target rows alone.

    Returns
    -------
    Domains
    """
    n = n_rows(X)
    labeled = np.ones(n, dtype=bool) if y is None else labeled_rows(X, y)
    names, target, aliases = np.full(n, TARGET, dtype=object), np.ones(n, dtype=bool), ()
    if sample_domain is not None and not _names_of_domains(sample_domain, n)[1].all():
        target, names, aliases = _read_sample_domain(sample_domain, n, labeled)
    return Domains(target, labeled, names, single=False, aliases=aliases)


def user_level():
    """Stack level, for the caller's warning, of the first line that is not sktl's, scikit-learn's or joblib's."""
    frame, level = inspect.currentframe(), 0
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] in ("sktl", "sklearn", "joblib"):
        frame, level = frame.f_back, level + 1
    return level


def warn_unconverged(message):
    """Warn that an iteration ended before it reached its tolerance; the warning points at the user's line."""
    warnings.warn(message, ConvergenceWarning, stacklevel=user_level())


def target_mask(X, y=None, sample_domain=None):
    """Which rows belong to the target domain.

    Parameters
    ----------
    X : array-like of n_samples rows
        The stacked rows of all domains; only their number is used.
    y : array-like of shape (n_samples,), default=None
        Labels, missing (NaN, None, ``pd.NA``) on target rows.
    sample_domain : array-like of shape (n_samples,), default=None
        Where the labels can't tell: booleans (True = target), integers (negative = target) or names ("target"). If no
        row is marked so, the domains in which every label is missing are the target.

    Returns
    -------
    ndarray of shape (n_samples,), dtype bool

    Raises
    ------
    ValueError
        If lengths differ, no target or no source row is named, or all labels are missing.
    TypeError
        If ``sample_domain`` holds neither booleans, integers nor names.

    Warns
    -----
    SingleDomainWarning
        If no label is missing and there is no ``sample_domain``: no row is a target row.

    Examples
    --------
    >>> from sktl.domains import target_mask
    >>> target_mask([[0.1], [0.2], [0.9]], [0, 1, float("nan")])
    array([False, False,  True])
    >>> target_mask([[0.1], [0.2], [0.9]], sample_domain=["lab", "target", "field"])
    array([False,  True, False])
    """
    return read_domains(X, y, sample_domain).target


def read_new_domains(X, sample_domain, sources, aliases=()):
    """Name the domain of each new row, one that ``fit`` saw; every row is a target row if nothing is said.

    Parameters
    ----------
    X : array, frame or sparse matrix of n_samples rows
        Only its number of rows is used.
    sample_domain : array-like of shape (n_samples,), or None
        As ``fit`` takes it; it may name target rows alone, or source rows alone. False stands for the source if ``fit``
        saw only one.
    sources : list
        Names of the source domains that ``fit`` saw.
    aliases : tuple
        Names, other than "target", that stood for the target.

    Returns
    -------
    ndarray of shape (n_samples,), dtype object
    """
    n = n_rows(X)
    if sample_domain is None:
        return np.full(n, TARGET, dtype=object)
    names, target, kind = _names_of_domains(sample_domain, n)
    if kind == "b" and len(sources) == 1:
        names[~target] = sources[0]
    target |= np.array([name in aliases for name in names], dtype=bool)
    names[target] = TARGET
    unknown = sorted(set(names[~target].tolist()) - set(sources), key=repr)
    if unknown:
        way_out = "Name one of these, or fit again with rows of the new domain."
        if kind == "b":
            way_out = (
                "False does not say which of these sources a row belongs to: pass names. In a search, a scorer "
                "receives them only with metadata routing: sklearn.set_config(enable_metadata_routing=True), "
                "then search.fit(X, y, sample_domain=names)."
            )
        raise ValueError(
            f"sample_domain names the domains {listed(np.array(unknown, dtype=object))}, which fit has not seen: it "
            f"saw the sources {listed(np.array(sources, dtype=object))} and the target. {way_out}"
        )
    return names


def _names_of_domains(sample_domain, n):
    """Names from one value per row, the mask of those marked as target, and the dtype's kind."""
    column = as_column(sample_domain)
    if column.ndim != 1 or len(column) != n:
        raise ValueError(f"sample_domain must have one value per row, shape ({n},); got shape {column.shape}.")
    if missing_values(sample_domain).any():
        row = int(np.flatnonzero(missing_values(sample_domain))[0])
        raise ValueError(f"sample_domain is missing in row {row}: every row needs a domain. Name it, or drop the row.")
    column = _unboxed(column)
    kind = column.dtype.kind
    if kind not in "biuOUS":
        raise TypeError(
            "sample_domain must hold booleans (True = target), integers (negative = target) or names ('target'); "
            f"got dtype {column.dtype}. Convert it, for instance with astype(int) or astype(str)."
        )
    names = np.array(column.tolist(), dtype=object)
    if kind == "b":
        return np.where(column, TARGET, "source").astype(object), column.copy(), kind
    return names, (column < 0 if kind in "iu" else np.array([name == TARGET for name in names], dtype=bool)), kind


def _read_sample_domain(sample_domain, n, labeled):
    """Target mask, names of domains and other names of the target, from one value per row."""
    names, target, kind = _names_of_domains(sample_domain, n)
    given = as_column(sample_domain)
    if not target.any() and labeled.any():
        target = _unlabeled_domains(names, labeled)
    if not target.any():
        found = f"{listed(given)}, {'none' if labeled.any() else 'all'} of them entirely unlabelled"
        raise ValueError(f"sample_domain names no target: found the domains {found}. {WAYS_OUT}")
    if target.all():
        raise ValueError(
            f"sample_domain names no source: all {n} rows are target rows (domains {listed(given)}). "
            "Give at least one row another domain."
        )
    others = set() if kind == "b" else set(names[target].tolist()) - {TARGET}
    aliases = tuple(sorted(others, key=repr))
    names[target] = TARGET
    return target, names, aliases


def _unlabeled_domains(names, labeled):
    """Rows of the domains in which every label is missing."""
    with_labels = set(names[labeled])
    return np.array([name not in with_labels for name in names], dtype=bool)


def listed(names, most=10):
    """The distinct names for a message, in a fixed order, cut where there are many."""
    distinct = sorted({str(name) if isinstance(name, (str, np.str_)) else name for name in names.tolist()}, key=repr)
    return f"[{', '.join(map(repr, distinct[:most]))}{', ...' if len(distinct) > most else ''}]"


# --- building and undoing the one table ---


def stack_domains(source, target):
    """Stack source and target rows into one table, with missing labels on unlabelled target rows.

    Parameters
    ----------
    source : tuple (X_source, y_source), or dict of name -> (X, y)
        The labelled domains: arrays, pandas or polars frames, or sparse matrices (which become CSR), all of the same
        kind.
    target : X_target, or tuple (X_target, y_target)
        The domain a model is wanted for; ``y_target`` may be None or hold missing labels.

    Returns
    -------
    X : same kind as given
        All rows: the sources in the order given, then the target.
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
        If the domains are of different kinds, or ``source`` is not of the form above.

    See Also
    --------
    split_domains : The inverse.

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
    return _concatenate([X for _, X, _ in parts]), _stack_labels([(n_rows(X), y) for _, X, y in parts]), sample_domain


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


def _concatenate(tables):
    """Stack tables of one kind on each other, and refuse what would lose or invent something."""
    library = {_library(X) for X in tables}
    if len(library) > 1 or len({sparse.issparse(X) for X in tables}) > 1:
        found = ", ".join(sorted({type(X).__name__ for X in tables}))
        raise TypeError(f"All domains must be the same kind of table; got {found}. Convert them to one kind first.")
    if library != {None}:
        return _concatenate_frames(tables, sys.modules[library.pop()])
    tables = [X if sparse.issparse(X) else np.asarray(plain_rows(X)) for X in tables]
    widths = sorted({X.shape[1] if X.ndim > 1 else 1 for X in tables})
    if len(widths) > 1:
        raise ValueError(f"All domains must have the same number of columns; got {widths}.")
    if sparse.issparse(tables[0]):
        return sparse.vstack(tables, format="csr")
    return np.concatenate(tables)


def _concatenate_frames(tables, library):
    """Stack pandas or polars frames on each other, with their columns in the first one's order."""
    columns = list(tables[0].columns)
    for X in tables[1:]:
        if set(X.columns) != set(columns):
            differ = sorted(map(str, set(X.columns) ^ set(columns)))
            raise ValueError(f"All domains must have the same columns; not in all of them: {differ}.")
    tables = [X if list(X.columns) == columns else X[columns] for X in tables]
    for name in dict.fromkeys(columns):
        kinds = {_kind_of(X[name]) for X in tables} - {None}
        if len(kinds) > 1:
            raise TypeError(
                f"Column {name!r} holds {' in one domain and '.join(sorted(kinds))} in another: stacking would turn "
                "the numbers into text. Convert one of them."
            )
    if library.__name__ == "pandas":
        return library.concat(tables, ignore_index=True)
    return library.concat(tables, how="vertical_relaxed")


def _kind_of(column):
    """What a column holds: "numbers", "text", or None for anything else (nothing, categories, dates, ...)."""
    if getattr(column, "ndim", 1) != 1:  # columns that share one name
        return None
    known = column[~missing_values(column)] if _library(column) == "pandas" else column.drop_nulls()
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
