"""Tables of any container as plain columns: numbers, or texts; dates as the numbers that a model can use."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sktl._core.columns import MISSING, frequent_levels
from sktl._core.dates import date_order, date_parts, mostly_dates, parse_dates
from sktl._tables.encoder import Columns, table_encoder
from sktl.domains import known_labels, missing_values, n_rows

MAX_SIZE = 1e150  # the squares of larger numbers, summed, may be infinite
NAME_SHARE = 0.9  # a text column with more different values than this share of its rows names rows
MIN_NAMES = 10  # different texts that are never taken for names of rows


@dataclass(frozen=True)
class Column:
    """One column of both domains in plain form.

    Attributes
    ----------
    name : str
    values : ndarray of shape (n_samples,)
        Floats with NaN, or texts with :data:`MISSING`.
    missing : ndarray of bool
        Which values there are not.
    position : int
        Which column of the table it is.
    is_time : bool
        Whether the numbers are a part of dates.
    """

    name: str
    values: np.ndarray
    missing: np.ndarray
    position: int
    is_time: bool = False

    @property
    def is_number(self):
        """Whether the values are numbers."""
        return self.values.dtype.kind == "f"


def read_columns(X, target, times=()):
    """Columns of ``X`` that can be compared, and notes on those that can't.

    Parameters
    ----------
    X : array-like, pandas or polars frame of shape (n_samples, n_features)
        :func:`expand_dates` first: dates are no numbers.
    target : ndarray of bool
    times : collection of str
        Names of columns that are parts of dates.

    Returns
    -------
    columns : list of Column
    notes : list of str
    """
    if sparse.issparse(X):
        raise TypeError(
            f"X is a sparse matrix of {X.shape[1]} columns, but a report looks at each column by itself. "
            "Pass X.toarray(), with fewer columns if there are thousands."
        )
    columns, notes = [], []
    for position, (name, values) in enumerate(named_columns(X)):
        column = _plain(name, values, position, name in times)
        empty = [role for role, rows in (("source", ~target), ("target", target)) if column.missing[rows].all()]
        if empty:
            notes.append(f"left out, since it is empty in the {' and the '.join(empty)}: column {name!r}")
        elif _names_rows(column):
            notes.append(f"left out, since nearly every row has a different text: column {name!r}")
        else:
            columns.append(column)
    if not columns:
        raise ValueError(f"No column of X can be compared. {'; '.join(notes)}.")
    return columns, notes


def named_columns(X):
    """Pairs of a name and the values of a column."""
    if hasattr(X, "columns"):
        names = [str(name) for name in X.columns]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(
                f"X has several columns with the same name: {doubled[:5]}. Rename or remove all but one of each."
            )
        return list(zip(names, (X[name] for name in X.columns), strict=True))
    array = as_table(X)
    if array.ndim != 2:
        raise ValueError(f"X must have two dimensions; got the shape {array.shape}.")
    return [(f"x{j}", array[:, j]) for j in range(array.shape[1])]


def as_table(X):
    """A frame as it is; an array of what is none, in which numbers beside texts stay numbers."""
    if hasattr(X, "columns"):
        return X
    return np.asarray(X) if hasattr(X, "shape") else np.array(X, dtype=object)


def _plain(name, values, position, is_time):
    """A :class:`Column` of what a container holds."""
    missing = missing_values(values)
    known = known_labels(values, ~missing, discrete=False)
    if hasattr(getattr(values, "dtype", None), "categories"):  # pandas' or polars' levels, be they written as numbers
        known = known.astype(str)
    if known.dtype.kind in "mM":
        known = known.astype(f"{known.dtype.kind}8[us]").astype(np.int64)
    if known.dtype.kind in "biuf" or not len(known):
        numbers = np.full(n_rows(values), np.nan)
        numbers[~missing] = known
        if np.isinf(numbers).any():
            raise ValueError(f"Column {name!r} of X has infinite values. Replace them, by NaN for instance.")
        large = numbers[np.abs(numbers) > MAX_SIZE]
        if len(large):
            raise ValueError(f"Column {name!r} of X holds {large[0]:g}: too large to compute with. Rescale it.")
        return Column(name, numbers, missing, position, is_time)
    texts = np.full(n_rows(values), MISSING, dtype=object)  # missing is a value of its own: a share may differ
    texts[~missing] = [str(value) for value in known]
    return Column(name, texts, missing, position)


def _names_rows(column):
    """Whether a column of texts tells every row from every other."""
    if column.is_number:
        return False
    known = column.values[~column.missing]
    return len(set(known)) > max(MIN_NAMES, NAME_SHARE * len(known))


# --- dates ---


def expand_dates(X):
    """``X`` with the varying :data:`~sktl._core.dates.PARTS` of each date in its place, and the names of these.

    Dates are times of any library, and texts most of which are written as dates. The container stays of its kind.
    """
    if sparse.issparse(X):
        return X, []
    table = as_table(X)
    if not hasattr(table, "columns") and (table.ndim != 2 or table.dtype.kind not in "OMUS"):
        return X, []
    columns, times = {}, []
    for name, values in named_columns(table):
        when = as_dates(values)
        if when is None:
            columns[name] = values
            continue
        parts = {f"{name} ({part})": numbers for part, numbers in date_parts(when).items()}
        kept = {part: numbers for part, numbers in parts.items() if _varies(numbers)}
        times += list(kept)
        columns |= kept or dict([next(iter(parts.items()))])
    if not times and len(columns) == len(named_columns(table)):
        return X, []
    if hasattr(table, "columns"):
        return type(table)({name: as_values(values) for name, values in columns.items()}), times
    stacked = np.empty((len(table), len(columns)), dtype=object)
    for j, values in enumerate(columns.values()):
        stacked[:, j] = values
    return stacked, times


def as_values(values):
    """A column of a frame as it is, but without an index that would be aligned."""
    return values.reset_index(drop=True) if hasattr(values, "reset_index") else values


def _varies(numbers):
    known = numbers[~np.isnan(numbers)]
    return len(known) > 0 and bool((known != known[0]).any())


def as_dates(values):
    """A column as datetime64[s], NaT where there is none; None if it holds no dates."""
    missing = missing_values(values)
    if getattr(getattr(values, "dtype", None), "tz", None) is not None:
        values = values.dt.tz_localize(None)  # pandas: the hour on the clock there
    if missing.all() or hasattr(getattr(values, "dtype", None), "categories"):
        return None
    known = known_labels(values, ~missing, discrete=False)
    if known.dtype.kind in "OU" and all(isinstance(value, str) for value in known):
        if not mostly_dates(known):
            return None
        known = parse_dates(known, date_order(known))
    elif known.dtype.kind == "O" and all(hasattr(value, "isoformat") and hasattr(value, "year") for value in known):
        known = np.array([value.isoformat()[:19] for value in known], dtype="datetime64[s]")  # whatever their zone
    if known.dtype.kind != "M":
        return None
    when = np.full(len(missing), np.datetime64("NaT", "s"))
    when[~missing] = known.astype("datetime64[s]")
    return when


# --- all columns as a matrix ---


def encode(columns):
    """The columns as a finite matrix, numbers on one scale, and the column that each of its columns came from.

    Missing numbers become the median; texts an indicator column for each frequent value.
    """
    numeric = [j for j, column in enumerate(columns) if column.is_number]
    levels = {j: frequent_levels(column.values) for j, column in enumerate(columns) if not column.is_number}
    rows = np.empty((len(columns[0].values), len(columns)), dtype=object)
    for j, column in enumerate(columns):
        rows[:, j] = column.values
    encoded = table_encoder(Columns(numeric, levels)).fit_transform(rows)
    owners = np.array([*numeric, *(j for j, kept in levels.items() for _ in kept)], dtype=int)
    order = np.argsort(owners, kind="stable")  # as the columns stand in the table
    return encoded[:, order], owners[order]


def encode_table(X, target):
    """Rows of any table as a finite matrix: :func:`expand_dates`, :func:`read_columns`, :func:`encode`."""
    X, times = expand_dates(X)
    return encode(read_columns(X, target, times)[0])[0]
