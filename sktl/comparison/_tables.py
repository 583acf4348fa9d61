"""The columns that two tables of one kind of thing share, in one plain form."""

from dataclasses import dataclass

import numpy as np

from sktl._core.columns import MISSING, frequent_levels
from sktl.comparison._files import MIN_ROWS
from sktl.comparison._suspects import check_size, check_texts, identifier_note, rounded, stray_text
from sktl.comparison._words import columns_named, did_you_mean, few_names, pandas
from sktl.exceptions import InputError

ID_SHARE = 0.9  # a text column with more different values than this share of its rows names rows


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
        hint = did_you_mean(unknown[0], [*source, *target])
        raise InputError(f"--drop {unknown[0]}: neither table has such a column.{hint}")
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
    for name in numeric:
        notes += _number_notes(name, source[name], target[name])
    for name in textual:
        notes += _text_notes(name, source[name], target[name])
    plain = [plain_rows(table, numeric, textual) for table in (source, target)]
    levels = {
        # of both tables together, so that a column means the same in each
        name: frequent_levels(pandas().concat([part[name] for part in plain]).fillna(MISSING))
        for name in textual
    }
    return *plain, Columns(numeric, levels), notes


def _only_in(table, other, role, left_out):
    """Say which columns only one table has, if any."""
    names = [name for name in table if name not in other and name not in left_out]
    it = "it" if len(names) == 1 else "them"
    return [f"left out, since only {role} has {it}: {columns_named(names)}"] if names else []


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
            f"Column {name!r} holds {kinds['SOURCE']} in SOURCE but {kinds['TARGET']} in TARGET"
            f"{stray_words(source, target)}. {way_out}"
        )
    if kinds["SOURCE"] != "text":
        return "numbers"
    for role, column in (("SOURCE", source), ("TARGET", target)):
        check_texts(name, role, column)
        known, different = int(column.notna().sum()), column.nunique()
        if different > max(MIN_ROWS, ID_SHARE * known):
            raise InputError(
                f"Column {name!r} looks like an identifier: {different} different texts in {known} rows of {role}"
                f"{stray_words(source, target)}. Leave it out with --drop {name!r}."
            )
    return "text"


def stray_words(source, target):
    """Say where texts stand among numbers, in brackets; nothing if they do nowhere."""
    found = [
        words
        for role, column in (("SOURCE", source), ("TARGET", target))
        if kind_of(column) == "text" and (words := stray_text(column, role))
    ]
    return f" ({'; '.join(found)})" if found else ""


def _number_notes(name, source, target):
    """Say what may be wrong with a column of numbers; refuse numbers that are too large."""
    values = _numbers(source), _numbers(target)
    notes = identifier_note(name, *values)
    for role, part in zip(("SOURCE", "TARGET"), values, strict=True):
        check_size(name, role, part)
    if any(np.isinf(part).any() for part in values):
        notes.append(f"infinite values in column {name!r} count as missing")
    if rounded(source) or rounded(target):
        notes.append(f"whole numbers beyond 2**53 in column {name!r} are rounded")
    return notes


def _text_notes(name, source, target):
    """Say that a column with texts among its numbers is taken as categories."""
    words = stray_words(source, target)
    return [f"read as categories, not as numbers: column {name!r}{words}"] if words else []


def _numbers(column):
    """Convert a numeric or boolean column to float64, NaN where missing."""
    return column.to_numpy(dtype=float, na_value=np.nan)


def plain_rows(table, numeric, textual):
    """Convert columns to float64, or to objects that are strings or NaN: the types that scikit-learn reads."""
    frames = pandas()
    columns = {}
    for name in numeric:
        values = _numbers(table[name])
        columns[name] = frames.Series(np.where(np.isinf(values), np.nan, values))  # imputed like the missing ones
    for name in textual:
        values = table[name].astype(object)
        # str makes a text of missing values too, so that they are put back after it
        columns[name] = values.map(str).where(values.notna(), np.nan).astype(object)
    return frames.DataFrame(columns)
