"""Read two tables of one kind of thing, and find the columns that they share."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sktl._checks import import_extra

MIN_ROWS = 10
MISSING = "(missing)"  # the level of a categorical column that stands for no value
MAX_LEVELS = 50  # levels of a categorical column that get an indicator column, the most frequent ones
ID_SHARE = 0.9  # a text column with more different values than this share of its rows names rows


class InputError(Exception):
    """What the user gave can't be worked with; the message is one line that says why and the way out."""


def pandas():
    """Import pandas, or say which extra brings it."""
    return import_extra("pandas", "cli", "The command line")


# --- files ---


def read_table(path, role):
    """Read a CSV or parquet file into a frame of nullable columns; ``role`` (SOURCE or TARGET) names it in errors."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise InputError(f"{role} must be a .csv or .parquet file with a header; got {str(path)!r}.")
    if not path.is_file():
        raise InputError(f"{role}: there is no file {str(path)!r}.")
    frames = pandas()
    if suffix == ".parquet":
        import_extra("pyarrow", "cli", "Reading a .parquet file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", frames.errors.ParserWarning)
            if suffix == ".csv":
                options = {"dtype_backend": "numpy_nullable", "low_memory": False, "index_col": False}
                table = frames.read_csv(path, encoding="utf-8-sig", **options)
            else:
                table = frames.read_parquet(path, dtype_backend="numpy_nullable")
    except Exception as error:  # parsers raise errors of many kinds; each means that the file is no such table
        kind = "CSV (commas, one header line, UTF-8)" if suffix == ".csv" else "parquet"
        raise InputError(f"{role}: can't read {str(path)!r} as {kind}: {error}") from error
    table.columns = table.columns.map(str)
    return check_table(table, role)


def check_table(table, role):
    """Return ``table`` if it has enough rows, and one column a name."""
    if len(table) < MIN_ROWS:
        rows = f"{len(table)} row{'' if len(table) == 1 else 's'}"
        raise InputError(f"{role} has {rows}; a comparison needs at least {MIN_ROWS} in each table.")
    doubled = table.columns[table.columns.duplicated()]
    if len(doubled):
        raise InputError(f"{role} has two columns named {doubled[0]!r}; rename one.")
    return table


# --- columns ---


@dataclass(frozen=True)
class Columns:
    """The shared columns that models see.

    Attributes
    ----------
    numeric : list of str
        Columns of numbers or booleans.
    levels : dict of str -> list of str
        For each categorical column, the values that get an indicator column.
    """

    numeric: list
    levels: dict

    @property
    def names(self):
        """All shared columns, the numeric ones first."""
        return [*self.numeric, *self.levels]

    @property
    def width(self):
        """Number of columns after encoding."""
        return len(self.numeric) + sum(map(len, self.levels.values()))


def shared_features(source, target, label=None, drop=()):
    """Features of both tables in one plain form.

    Returns
    -------
    X_source, X_target : DataFrame
        The shared columns: float64 (NaN = missing), or objects (strings, NaN = missing).
    columns : Columns
    notes : list of str
        What was left out.
    """
    unknown = [name for name in drop if name not in source and name not in target]
    if unknown:
        raise InputError(f"--drop {unknown[0]}: neither table has such a column.")
    left_out = {label, *drop}
    names = [name for name in source if name in target and name not in left_out]
    notes = _only_in(source, target, "SOURCE", left_out) + _only_in(target, source, "TARGET", left_out)
    names = [name for name in names if not _is_left_out(name, source, target, notes)]
    if not names:
        raise InputError(
            "The tables share no column to learn from: "
            f"SOURCE has {few_names(source.columns)}, TARGET has {few_names(target.columns)}."
        )
    kinds = {name: _shared_kind(name, source[name], target[name]) for name in names}
    numeric = [name for name in names if kinds[name] == "numbers"]
    textual = [name for name in names if kinds[name] == "text"]
    plain = [_plain(table, numeric, textual) for table in (source, target)]
    notes += [
        f"infinite values of column {name!r} are taken as missing"
        for name in numeric
        if any(_has_infinite(table[name]) for table in (source, target))
    ]
    levels = {name: _frequent_levels(plain[0][name], plain[1][name]) for name in textual}
    return *plain, Columns(numeric, levels), notes


def _only_in(table, other, role, left_out):
    """Say which columns only one table has, if any."""
    names = [name for name in table if name not in other and name not in left_out]
    return [f"left out, since only {role} has it: column {few_names(names)}"] if names else []


def _is_left_out(name, source, target, notes):
    """Whether a shared column can't be used; if so, a note says why."""
    if name.startswith("Unnamed: "):
        notes.append(f"left out, since it has no header (a saved row index?): column {name!r}")
        return True
    empty = [role for role, table in (("SOURCE", source), ("TARGET", target)) if table[name].isna().all()]
    if empty:
        notes.append(f"left out, since it is empty in {' and '.join(empty)}: column {name!r}")
    return bool(empty)


def kind_of(column):
    """Whether a column holds "numbers", "booleans" or "text"; its dtype's name if none of them."""
    types = pandas().api.types
    if types.is_bool_dtype(column):
        return "booleans"
    if types.is_numeric_dtype(column) and not types.is_complex_dtype(column):
        return "numbers"
    if isinstance(column.dtype, pandas().CategoricalDtype):
        return "text"
    if column.dtype == object or types.is_string_dtype(column):
        known = column.dropna()
        if all(isinstance(value, str) for value in known):
            return "text"
        return type(next(value for value in known if not isinstance(value, str))).__name__
    return str(column.dtype)


def _shared_kind(name, source, target):
    """Tell a column's kind in both tables, "numbers" or "text", or raise."""
    way_out = f"Convert it, or leave it out with --drop {name!r}."
    kinds = {role: kind_of(column) for role, column in (("SOURCE", source), ("TARGET", target))}
    for role, kind in kinds.items():
        if kind not in ("numbers", "booleans", "text"):
            raise InputError(f"Column {name!r} of {role} holds {kind}, neither numbers nor text. {way_out}")
    if len({kind == "text" for kind in kinds.values()}) > 1:
        raise InputError(
            f"Column {name!r} holds {kinds['SOURCE']} in SOURCE but {kinds['TARGET']} in TARGET. {way_out}"
        )
    if kinds["SOURCE"] != "text":
        return "numbers"
    for role, column in (("SOURCE", source), ("TARGET", target)):
        known, different = int(column.notna().sum()), column.nunique()
        if different > max(MIN_ROWS, ID_SHARE * known):
            raise InputError(
                f"Column {name!r} looks like an identifier: {different} different texts in {known} rows of {role}. "
                f"Leave it out with --drop {name!r}."
            )
    return "text"


def _has_infinite(column):
    return bool(np.isinf(_numbers(column)).any())


def _numbers(column):
    """Convert a numeric or boolean column to float64, NaN where missing."""
    return column.to_numpy(dtype=float, na_value=np.nan)


def _plain(table, numeric, textual):
    """Convert columns to float64, or to objects that are strings or NaN: the types that scikit-learn reads."""
    frames = pandas()
    columns = {}
    for name in numeric:
        values = _numbers(table[name])
        columns[name] = frames.Series(np.where(np.isinf(values), np.nan, values))
    for name in textual:
        values = table[name].astype(object)
        columns[name] = values.map(str).where(values.notna(), np.nan).astype(object)
    return frames.DataFrame(columns)


def _frequent_levels(source, target):
    """Find the most frequent values of a categorical column in both tables, those that get an indicator column."""
    counts = pandas().concat([source, target], ignore_index=True).fillna(MISSING).value_counts()
    by_count = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return sorted(level for level, _ in by_count[:MAX_LEVELS])


def few_names(names, most=10):
    """Names for a message, cut where there are many."""
    names = list(names)
    return ", ".join(map(repr, names[:most])) + (f", ... ({len(names)} in all)" if len(names) > most else "")
