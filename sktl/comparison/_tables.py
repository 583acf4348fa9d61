"""The columns that two tables of one kind of thing share, in one plain form."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from numbers import Number

import numpy as np

from sktl._core.columns import MAX_LEVELS, MISSING, frequent_levels, have_words, numbers_rows
from sktl._core.dates import PARTS, date_order, date_parts, mostly_dates, parse_dates
from sktl._tables.columns import as_dates
from sktl._tables.encoder import Columns
from sktl.comparison._files import MIN_ROWS
from sktl.comparison._suspects import check_size, check_texts, identifier_note, rounded, stray_text
from sktl.comparison._words import columns_named, did_you_mean, few_names, pandas
from sktl.exceptions import InputError

ROLES = ("SOURCE", "TARGET")
KINDS = {"numbers": "numbers", "booleans": "numbers", "durations": "numbers", "text": "text", "dates": "dates"}
ID_SHARE = 0.9  # a text column with more different values than this share of its rows names rows
VARIOUS = 0.5  # texts of which more than this share are different are read by their words, if they share any
SIDE_BY_SIDE = 3  # whole numbers that name rows lie so close: their range is at most so many times the rows


@dataclass
class Found:
    """What a look at the shared columns found.

    Attributes
    ----------
    numeric, categories, words : list of str
        Columns by how they are read.
    dates : dict of str -> str
        The order of day and month of each column of dates.
    notes : list of str
        What was left out or needs a second look.
    problems : list of str
        Sentences on columns that can't be read; all are raised at once.
    """

    numeric: list = field(default_factory=list)
    categories: list = field(default_factory=list)
    words: list = field(default_factory=list)
    dates: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    problems: list = field(default_factory=list)


def shared_features(source, target, label=None, drop=(), keep=()):
    """Features of both tables in one plain form.

    Columns that name rows are left out, but those of ``keep``; dates become their parts.

    Returns
    -------
    X_source, X_target : DataFrame
        The shared columns: float64 (NaN = missing), or objects (strings, NaN = missing).
    columns : Columns
    notes : list of str
        What was left out, and how unusual columns were read.
    """
    for option, asked in (("--drop", drop), ("--keep", keep)):
        unknown = [name for name in asked if name not in source and name not in target]
        if unknown:
            hint = did_you_mean(unknown[0], [*source, *target])
            raise InputError(f"{option} {unknown[0]}: neither table has such a column.{hint}")
    left_out = {label, *drop}
    names = [name for name in source if name in target and name not in left_out]
    found = Found(notes=_only_in(source, target, "SOURCE", left_out) + _only_in(target, source, "TARGET", left_out))
    for name in names:
        if not _is_left_out(name, source, target, found.notes):
            _sort(name, source[name], target[name], found, name in keep)
    if found.problems:
        raise InputError(" ".join(found.problems))
    columns, notes = _schema(source, target, found)
    if not columns.names:
        left = [note for note in found.notes + notes if note.startswith("left out")]
        raise InputError(
            "The tables share no column to learn from: "
            f"SOURCE has {few_names(source.columns)}, TARGET has {few_names(target.columns)}."
            + "".join(f" {note[0].upper()}{note[1:]}." for note in left)
        )
    plain = [plain_rows(table, columns) for table in (source, target)]
    return *plain, columns, found.notes + notes


def _schema(source, target, found):
    """The :class:`Columns` of what was found, and notes on columns that are not read as they stand."""
    both = {name: pandas().concat([source[name], target[name]]) for name in found.categories}
    # of both tables together, so that a column means the same in each
    levels = {name: frequent_levels(_texts(values).fillna(MISSING)) for name, values in both.items()}
    many = [name for name, values in both.items() if values.nunique() + bool(values.isna().any()) > MAX_LEVELS]
    notes = []
    dates = {name: (order, _date_columns(name, order, source, target, notes)) for name, order in found.dates.items()}
    columns = Columns(
        [*found.numeric, *(part for _, parts in dates.values() for part in parts.values())],
        levels,
        many,
        found.words,
        {name: read for name, read in dates.items() if read[1]},
    )
    if many:
        notes.append(
            f"of more than {MAX_LEVELS} values, for which models take the label's mean of each: {columns_named(many)}"
        )
    if found.words:
        notes.append(f"read by their words, as texts: {columns_named(found.words)}")
    return columns, notes


def _date_columns(name, order, source, target, notes):
    """Names of the columns of a date's parts: those that vary, and do not by themselves tell the tables apart."""
    times = [_dates(table[name], order) for table in (source, target)]
    parts = [date_parts(each) for each in times]
    kept, apart = {}, []
    for part in PARTS:
        one, other = (values[part][~np.isnan(values[part])] for values in parts)
        if len(one) and len(other) and np.ptp(np.concatenate([one, other])) > 0:
            if one.max() < other.min() or other.max() < one.min():  # nothing of it could be learned for TARGET
                apart.append(part)
            else:
                kept[part] = f"{name} ({part})"
    lost = sum(
        int((table[name].notna() & np.isnat(each)).sum()) for table, each in zip((source, target), times, strict=True)
    )
    how = {"mdy": ", month first", "dmy": ", day first"}.get(order, "")
    notes.append(f"read as dates{how} ({', '.join(kept) or 'no part can be used'}): column {name!r}")
    if apart:
        notes.append(f"left out, since they alone tell SOURCE from TARGET: {', '.join(apart)} of column {name!r}")
    if lost:
        notes.append(f"no dates, taken as missing: {lost} of the values of column {name!r}")
    return kept


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
    """Whether a column holds "numbers", "booleans", "text", "dates" or "durations"; else its dtype or type."""
    types = pandas().api.types
    if types.is_bool_dtype(column):
        return "booleans"
    if types.is_numeric_dtype(column) and not types.is_complex_dtype(column):
        return "numbers"
    if isinstance(column.dtype, pandas().CategoricalDtype):
        return "text"
    if types.is_datetime64_any_dtype(column):
        return "dates"
    if types.is_timedelta64_dtype(column):
        return "durations"
    if column.dtype == object or types.is_string_dtype(column):
        return _kind_of_objects(column.dropna())
    return str(column.dtype)


def _kind_of_objects(known):
    """The kind of objects, none of them missing."""
    for kind, classes in (("text", str), ("booleans", bool), ("numbers", (int, float, Decimal)), ("dates", date)):
        if all(isinstance(value, classes) for value in known):
            return kind
    if all(isinstance(value, (str, Number)) for value in known):
        return "text"
    return type(next(value for value in known if not isinstance(value, str))).__name__


def _sort(name, source, target, found, keep):
    """Add a column to what was found: by its kind, or as a note, or as a problem."""
    kinds = {role: kind_of(column) for role, column in zip(ROLES, (source, target), strict=True)}
    strange = {role: kind for role, kind in kinds.items() if kind not in KINDS}
    if strange:
        held = " and ".join(f"{kind} in {role}" for role, kind in strange.items())
        found.notes.append(f"left out, since it holds {held}: column {name!r}")
        return
    try:
        groups = {KINDS[kind] for kind in kinds.values()}
        if "dates" in groups or (groups == {"text"} and _hold_dates(source, target)):
            _check_dates(name, source, target, kinds)
            found.dates[name] = _order(source, target)
        elif len(groups) > 1:
            raise InputError(
                f"Column {name!r} holds {kinds['SOURCE']} in SOURCE but {kinds['TARGET']} in TARGET"
                f"{stray_words(source, target)}. {_way_out(name)}"
            )
        elif groups == {"numbers"}:
            _sort_numbers(name, source, target, found, keep)
        else:
            _sort_texts(name, source, target, found, keep)
    except InputError as error:
        found.problems.append(str(error))


def _way_out(name):
    return f"Convert it, or leave it out with --drop {name!r}."


def _hold_dates(source, target):
    """Whether two columns of text hold dates."""
    return all(mostly_dates(map(str, column.dropna())) for column in (source, target))


def _check_dates(name, source, target, kinds):
    """Refuse a column that holds dates in one table only."""
    for column, (role, kind) in zip((source, target), kinds.items(), strict=True):
        if kind != "dates" and not (kind == "text" and mostly_dates(map(str, column.dropna()))):
            other = next(each for each in ROLES if each != role)
            raise InputError(f"Column {name!r} holds dates in {other} but {kind} in {role}. {_way_out(name)}")


def _order(source, target):
    """The order of day and month in two columns of dates: "" where none is in question."""
    texts = [value for column in (source, target) for value in column.dropna() if isinstance(value, str)]
    return date_order(texts) if any(not text.strip()[:4].isdigit() for text in texts) else ""


def _sort_numbers(name, source, target, found, keep):
    """Add a column of numbers, unless it numbers the rows; say what may be wrong with it."""
    values = _numbers(source), _numbers(target)
    for role, part in zip(ROLES, values, strict=True):
        check_size(name, role, part)
    if not keep and _number_rows(*values):
        found.notes.append(f"left out, since it numbers the rows (--keep {name!r} uses it): column {name!r}")
        return
    found.numeric.append(name)
    found.notes += identifier_note(name, *values)
    if any(np.isinf(part).any() for part in values):
        found.notes.append(f"infinite values in column {name!r} count as missing")
    if rounded(source) or rounded(target):
        found.notes.append(f"whole numbers beyond 2**53 in column {name!r} are rounded")


def _number_rows(source, target):
    """Whether whole numbers, nearly all different, rise or fall with the rows, or lie side by side in two ranges."""
    how = numbers_rows(source, target)
    if how != "apart":
        return how == "in order"
    both = np.concatenate([source, target])
    return np.nanmax(both) - np.nanmin(both) <= SIDE_BY_SIDE * len(both)


def _sort_texts(name, source, target, found, keep):
    """Add a column of text: as categories, by its words, or not at all, if it names the rows."""
    for role, column in zip(ROLES, (source, target), strict=True):
        check_texts(name, role, column)
    both = pandas().concat([source, target]).dropna().astype(str)
    share = max(column.nunique() / max(MIN_ROWS / ID_SHARE, column.notna().sum()) for column in (source, target))
    stray = stray_words(source, target)
    if share > VARIOUS and both.nunique() > MAX_LEVELS and have_words(both):
        found.words.append(name)
    elif share > ID_SHARE and not keep:
        found.notes.append(
            f"left out, since nearly every row has a different text{stray} (--keep {name!r} uses it): column {name!r}"
        )
    else:
        found.categories.append(name)
        found.notes += [f"read as categories, not as numbers: column {name!r}{stray}"] if stray else []


def stray_words(source, target):
    """Say where texts stand among numbers, in brackets; nothing if they do nowhere."""
    found = [
        words
        for role, column in (("SOURCE", source), ("TARGET", target))
        if kind_of(column) == "text" and (words := stray_text(column, role))
    ]
    return f" ({'; '.join(found)})" if found else ""


# --- plain rows ---


def _numbers(column):
    """Convert a column of numbers, booleans or durations (in days) to float64, NaN where missing."""
    if pandas().api.types.is_timedelta64_dtype(column):
        column = column / pandas().Timedelta(days=1)
    return column.to_numpy(dtype=float, na_value=np.nan)


def _texts(column):
    """Convert a column to objects that are strings or NaN."""
    values = column.astype(object)
    # str makes a text of missing values too, so that they are put back after it
    return values.map(str).where(values.notna(), np.nan).astype(object)


def _dates(column, order):
    """Convert a column of dates or texts to datetime64[s], NaT where there is no date."""
    if column.isna().all():
        return np.full(len(column), np.datetime64("NaT", "s"))
    if kind_of(column) == "dates":
        return as_dates(column)
    return parse_dates(column.astype(object).where(column.notna(), "").map(str).to_numpy(), order)


def plain_rows(table, columns):
    """Convert the columns to float64, or to objects that are strings or NaN: the types that scikit-learn reads."""
    parts = {}
    for name, (order, kept) in columns.dates.items():
        found = date_parts(_dates(table[name], order))
        parts |= {column: found[part] for part, column in kept.items()}
    plain = {}
    for name in columns.numeric:
        values = parts[name] if name in parts else _numbers(table[name])
        plain[name] = np.where(np.isinf(values), np.nan, values)  # imputed like the missing ones
    for name in [*columns.levels, *columns.words]:
        plain[name] = _texts(table[name]).to_numpy()
    return pandas().DataFrame(plain)
