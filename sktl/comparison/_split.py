"""One table cut into sources and a target: by the values of a column, or by time."""

import numpy as np

from sktl._checks import InstanceOf, checked
from sktl._core.dates import date_order, parse_dates
from sktl._tables.columns import as_dates
from sktl.comparison._files import MIN_ROWS, check_table
from sktl.comparison._tables import kind_of
from sktl.comparison._words import COLUMN, count, did_you_mean, few_names, pandas
from sktl.domains import TARGET
from sktl.exceptions import InputError

TEXT = (InstanceOf(str, noun="a text"),)


@checked(column=COLUMN, target=TEXT)
def split_by_domain(table, column, target):
    """Cut one table by the values of a column: one is the target, each other one a source.

    Parameters
    ----------
    table : DataFrame
    column : str
        It is no feature afterwards.
    target : str
        The target's value, as it would be written.

    Returns
    -------
    sources : dict of str -> DataFrame
    target : DataFrame
        With the index of ``table``.
    notes : list of str
        Rows that were left out.

    Raises
    ------
    InputError
        If there is no such column or value, or one side has too few rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from sktl.comparison import split_by_domain
    >>> table = pd.DataFrame({"site": ["VA"] * 12 + ["Basel"] * 15 + ["Bonn"] * 11, "age": range(38)})
    >>> sources, target, notes = split_by_domain(table, "site", "VA")
    >>> {name: len(source) for name, source in sources.items()}, len(target)
    ({'Basel': 15, 'Bonn': 11}, 12)
    """
    _check_column("--domain", column, table)
    names = table[column].map(_written, na_action="ignore")
    found = sorted(names.dropna().unique())
    if target not in found:
        hint = did_you_mean(target, found)
        raise InputError(f"--target {target!r}: column {column!r} has no such value; it has {few_names(found)}.{hint}")
    rest = table.drop(columns=column)
    others = [name for name in found if name != target]
    if not others:
        raise InputError(f"--domain {column}: all rows are {target!r}; there is no source to learn from.")
    sources = {f"{column}={name}" if name == TARGET else name: rest[(names == name).to_numpy()] for name in others}
    if sum(map(len, sources.values())) < MIN_ROWS:
        check_table(pandas().concat(sources.values()), "SOURCE")
    is_target = (names == target).to_numpy(dtype=bool, na_value=False)
    return sources, check_table(rest[is_target], "TARGET"), _left_out(names.isna(), column)


@checked(column=COLUMN, start=TEXT)
def split_by_time(table, column, start):
    """Cut one table by time: rows from ``start`` on are the target, earlier ones the source.

    Parameters
    ----------
    table : DataFrame
    column : str
        Dates, which stay features (months and weekdays repeat), or numbers such as years, which do not.
    start : str
        A date, a month or a year ("2012-01-31", "2012-01", "2012"), or a number.

    Returns
    -------
    source, target : DataFrame
        With the index of ``table``.
    notes : list of str
        Rows that were left out.

    Raises
    ------
    InputError
        If there is no such column, it holds no times, or one side has too few rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from sktl.comparison import split_by_time
    >>> table = pd.DataFrame({"year": [2010] * 12 + [2011] * 15 + [2012] * 11, "age": range(38)})
    >>> source, target, notes = split_by_time(table, "year", "2012")
    >>> len(source), len(target), list(target)
    (27, 11, ['age'])
    """
    _check_column("--time", column, table)
    kind = kind_of(table[column])
    if kind in ("numbers", "booleans"):
        times, first = table[column].to_numpy(dtype=float, na_value=np.nan), _number(start)
        unknown, rest = np.isnan(times), table.drop(columns=column)
    else:
        times, first = _times(table[column], column, kind), _date(start, table[column])
        unknown, rest = np.isnat(times), table
    late = times >= first  # False where the time is missing
    source, target = rest[~late & ~unknown], rest[late]
    for words, part in (("earlier than that", source), ("from then on", target)):
        if len(part) < MIN_ROWS:
            span = f", whose times are {times[~unknown].min()} to {times[~unknown].max()}," if (~unknown).any() else ""
            rows = count(len(part), "row")
            raise InputError(
                f"--from {start!r}: {rows} of column {column!r}{span} {words}; at least {MIN_ROWS} are needed."
            )
    return source, target, _left_out(pandas().Series(unknown), column)


def _check_column(option, column, table):
    if column not in table:
        raise InputError(f"{option} {column}: the table has no such column.{did_you_mean(column, table)}")


def _written(value):
    """A value as text; a whole number has no decimals."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _left_out(unknown, column):
    n = int(unknown.sum())
    return [f"left out, since their {column!r} is missing: {count(n, 'row')}"] if n else []


def _times(values, column, kind):
    """A column as datetime64."""
    times = as_dates(values)
    if times is None:
        raise InputError(f"--time {column}: the column holds {kind}, no times: dates such as 2012-01-31, or numbers.")
    return times


def _number(start):
    """A number from the command line."""
    try:
        return float(start)
    except ValueError:
        raise InputError(f"--from must be a number, as the column of times is; got {start!r}.") from None


def _date(start, values):
    """A date from the command line, written with the year first, or as the column writes it."""
    try:
        return np.datetime64(start, "s")
    except ValueError:
        texts = [value for value in values.dropna() if isinstance(value, str)]
        when = parse_dates([start], date_order(texts))[0]
    if np.isnat(when):
        raise InputError(f"--from must be a date, such as 2012-01-31, 2012-01 or 2012; got {start!r}.")
    return when
