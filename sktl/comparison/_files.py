"""Read a table from a CSV or parquet file, or say why not."""

import warnings
from collections import Counter
from numbers import Integral
from pathlib import Path

from sktl._checks import InstanceOf, Interval, checked, import_extra
from sktl._files import check_table_file
from sktl.comparison._units import units_row
from sktl.comparison._words import count, few_names, pandas
from sktl.exceptions import InputError

MIN_ROWS = 10
SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'"}  # what some programs put where a CSV has commas


@checked(
    path=(InstanceOf(str, Path, noun="a path"),),
    role=(InstanceOf(str, noun="a name"),),
    min_rows=(Interval(Integral, 1),),
)
def read_table(path, role="SOURCE", min_rows=MIN_ROWS):
    """Read a CSV or parquet file into a frame of nullable columns.

    Parameters
    ----------
    path : str or path
        The file; one with a header and at least 10 rows.
    role : str, default="SOURCE"
        Name of the table in error messages.
    min_rows : int, default=10
        Least number of rows.

    Returns
    -------
    DataFrame

    Raises
    ------
    InputError
        If the file can't be read as a table; one line says why.

    Examples
    --------
    >>> from sktl.comparison import read_table
    >>> read_table("scans.xlsx")
    Traceback (most recent call last):
    sktl.exceptions.InputError: SOURCE must be a .csv or .parquet file with a header; got 'scans.xlsx'.
    """
    path = Path(path)
    check_table_file(path, role)
    frames = pandas()
    if path.suffix.lower() == ".parquet":
        import_extra("pyarrow", "cli", "Reading a .parquet file")
    read, kind = (_read_csv, "CSV") if path.suffix.lower() == ".csv" else (_read_parquet, "parquet")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", frames.errors.ParserWarning)
            table = read(path, role, frames)
    except InputError:
        raise
    except Exception as error:  # parsers raise errors of many kinds; each means that the file is no such table
        form = f"{kind} (commas, one header line, UTF-8)" if kind == "CSV" else kind
        raise InputError(f"{role}: can't read {str(path)!r} as {form}: {error}") from error
    table.columns = table.columns.map(str)  # a parquet file's names may be numbers
    return check_table(table, role, min_rows)


def _read_csv(path, role, frames):
    """Read a CSV file, whose header is looked at first: pandas would rename what occurs twice."""
    options = {"encoding": "utf-8-sig", "index_col": False}  # with or without the mark that some programs put first
    header = frames.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False, **options)
    names = header.iloc[0].tolist()
    for character, words in SEPARATORS.items():
        if len(names) == 1 and character in names[0]:
            raise InputError(
                f"{role}: {str(path)!r} seems to use {words}, not commas, between fields: save it with commas "
                "(and with decimal points, not decimal commas)."
            )
    _check_names([name for name in names if name], role)
    try:
        table = frames.read_csv(path, dtype_backend="numpy_nullable", low_memory=False, **options)
        units = units_row(table)
        if units:
            table = frames.read_csv(path, dtype_backend="numpy_nullable", low_memory=False, skiprows=[1], **options)
            table.attrs["units"] = units
        return table
    except frames.errors.ParserWarning as error:  # the only one: rows longer than the header
        raise InputError(
            f"{role}: can't read {str(path)!r} as CSV: some row has more fields than the {len(names)} of the header. "
            "If decimals are written with commas, write them with points."
        ) from error


def _read_parquet(path, role, frames):
    """Read a parquet file."""
    return frames.read_parquet(path, dtype_backend="numpy_nullable")


def check_table(table, role, min_rows=MIN_ROWS):
    """Return ``table`` if it has enough rows, and one column a name."""
    if len(table) < min_rows:
        needs = f"a comparison needs at least {min_rows} in each table" if min_rows > 1 else "there is none to predict"
        raise InputError(f"{role} has {count(len(table), 'row')}; {needs}.")
    _check_names(table.columns, role)
    return table


def _check_names(names, role):
    """Refuse a name that several columns have."""
    doubled = [name for name, times in Counter(names).items() if times > 1]
    if doubled:
        raise InputError(
            f"{role} has several columns with the same name: {few_names(doubled)}. Rename or remove all but one."
        )
