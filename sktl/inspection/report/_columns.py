"""Tables of any kind as plain columns (numbers, or texts), how far apart each is, and all of them as one matrix."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.stats import ks_2samp

from sktl._core.columns import MISSING, frequent_levels
from sktl.domains import known_labels, missing_values, n_rows, take_rows

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
        Whether the numbers stand for times.
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


def read_columns(X, target):
    """Columns of ``X`` that can be compared, and notes on those that can't.

    Parameters
    ----------
    X : array-like, pandas or polars frame of shape (n_samples, n_features)
    target : ndarray of bool

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
    for position, (name, values) in enumerate(_named(X)):
        column = _plain(name, values, position)
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


def empty_columns(X, target):
    """Pairs of a name and a role, of the columns that have values in the other domain alone."""
    found = []
    for name, values in _named(X):
        missing = missing_values(values)
        empty = [role for role, rows in (("source", ~target), ("target", target)) if missing[rows].all()]
        if len(empty) == 1:
            found.append((name, empty[0]))
    return found


def _named(X):
    """Pairs of a name and the values of a column."""
    if hasattr(X, "columns"):
        names = [str(name) for name in X.columns]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(
                f"X has several columns with the same name: {doubled[:5]}. Rename or remove all but one of each."
            )
        return list(zip(names, (X[name] for name in X.columns), strict=True))
    array = _as_array(X)
    if array.ndim != 2:
        raise ValueError(f"X must have two dimensions; got the shape {array.shape}.")
    return [(f"x{j}", array[:, j]) for j in range(array.shape[1])]


def _as_array(X):
    """An array of what is no frame; numbers beside texts stay numbers."""
    return np.asarray(X) if hasattr(X, "shape") else np.array(X, dtype=object)


def _plain(name, values, position):
    """A :class:`Column` of what a container holds."""
    missing = missing_values(values)
    known = known_labels(values, ~missing, discrete=False)
    if hasattr(getattr(values, "dtype", None), "categories"):  # pandas' or polars' levels, be they written as numbers
        known = known.astype(str)
    is_time = known.dtype.kind == "M"
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


def split_table(X, columns, target):
    """Source rows and target rows of ``X``, of the ``columns`` alone, in the container they came in."""
    kept = [column.position for column in columns]
    table = X.iloc[:, kept] if hasattr(X, "iloc") else (X if hasattr(X, "columns") else _as_array(X))[:, kept]
    return take_rows(table, ~target), take_rows(table, target)


# --- one column ---


def column_difference(column, target):
    """Name of the measure, and the difference between the domains, 0 (alike) to 1 (apart).

    The Kolmogorov-Smirnov statistic of the known numbers, the total variation distance of texts (missing is one).
    """
    parts = [
        column.values[rows & ~column.missing] if column.is_number else column.values[rows] for rows in (~target, target)
    ]
    if column.is_number:
        return "KS", float(ks_2samp(*parts, method="asymp").statistic)
    shares = [dict(zip(*np.unique(part.astype(str), return_counts=True), strict=True)) for part in parts]
    levels = sorted(set(shares[0]) | set(shares[1]))
    gaps = [shares[0].get(level, 0) / len(parts[0]) - shares[1].get(level, 0) / len(parts[1]) for level in levels]
    return "total variation", float(np.abs(gaps).sum() / 2)


def moments(column, target):
    """How far the target's mean has moved, in standard deviations of the source, and the ratio of the deviations."""
    if not column.is_number:
        return np.nan, np.nan
    source, other = (column.values[rows & ~column.missing] for rows in (~target, target))
    deviation = source.std()
    if deviation == 0:
        return np.nan, np.nan
    return float((other.mean() - source.mean()) / deviation), float(other.std() / deviation)


# --- all columns as a matrix ---


def encode(columns):
    """The columns as a finite matrix, numbers on one scale, and the column that each of its columns came from.

    Missing numbers become the median; texts an indicator column for each frequent value.
    """
    parts, owners = [], []
    for j, column in enumerate(columns):
        part = _scaled(column) if column.is_number else _indicators(column)
        parts.append(part)
        owners += [j] * part.shape[1]
    return np.concatenate(parts, axis=1), np.array(owners)


def _scaled(column):
    """Missing values filled, mean 0, deviation 1 (or 0)."""
    values = np.where(column.missing, np.median(column.values[~column.missing]), column.values)
    centred = values - values.mean()
    deviation = centred.std()
    if deviation <= 10 * np.finfo(float).eps * np.abs(values).max(initial=0):  # rounding of a constant
        return np.zeros((len(values), 1))
    return (centred / deviation)[:, None]


def _indicators(column):
    """One column of 0 and 1 a frequent level."""
    return (column.values[:, None] == np.array(frequent_levels(column.values), dtype=object)).astype(float)
