"""Tables as they are handed over: frames, paths of files, or arrays."""

from pathlib import Path

import numpy as np

from sktl.comparison._files import MIN_ROWS, check_table, read_table
from sktl.comparison._words import pandas
from sktl.exceptions import InputError

ARRAYS = "y"  # the label's name where rows come as arrays without one


def as_tables(source, target, label=None):
    """Both tables as frames, and the label's name.

    Each is a frame (pandas, or anything with ``to_pandas``), the path of a CSV or parquet file, rows as an array, or
    (rows, labels). A label of its own, an array or series, becomes a column called ``label``, or "y".
    """
    name = label if label is not None else _name_of(source)
    return _as_sources(source, name), _as_frame(target, "TARGET", name), name


def _as_sources(source, label):
    """The source as a frame, or each of a dict of sources."""
    if not isinstance(source, dict):
        return _as_frame(source, "SOURCE", label)
    frames = {str(name): _as_frame(table, str(name), label, min_rows=1) for name, table in source.items()}
    if sum(map(len, frames.values())) < MIN_ROWS:
        check_table(pandas().concat(frames.values()), "SOURCE")
    return frames


def _name_of(source):
    """What to call the label where nobody says it: its series' name, "y" for an array; a table has to say it."""
    if not isinstance(source, tuple):
        raise InputError("compare needs label=, the name of the column to predict, or source=(X, y).")
    name = getattr(source[1], "name", None)
    return ARRAYS if name is None else str(name)


def _as_frame(table, role, label, min_rows=MIN_ROWS):
    """One table as a frame whose columns have one name each, all of text."""
    if isinstance(table, str | Path):
        return read_table(table, role, min_rows)
    rows, labels = table if isinstance(table, tuple) and len(table) == 2 else (table, None)
    frame = _rows(rows, role)
    if labels is not None:
        if len(labels) != len(frame):
            raise InputError(f"{role} needs one label per row; got {len(frame)} rows and {len(labels)} labels.")
        if label in frame:
            raise InputError(f"{role} has a column {label!r} beside its labels of that name; give one of them.")
        frame = frame.assign(**{label: _plain(labels)})
    return check_table(frame, role, min_rows)


def _rows(rows, role):
    """Rows as a new frame with an index of their numbers."""
    frames = pandas()
    if hasattr(rows, "to_pandas"):  # polars, pyarrow
        rows = rows.to_pandas()
    if not isinstance(rows, frames.DataFrame):
        array = np.asarray(rows)
        if array.ndim != 2:
            raise InputError(f"{role} must be a frame, a path, a 2-D array or (X, y); got {type(rows).__name__}.")
        rows = frames.DataFrame(array, columns=[f"x{j}" for j in range(array.shape[1])])
    frame = rows.reset_index(drop=True)
    frame.columns = frame.columns.map(str)
    return frame.assign(**{name: _plain(frame[name]) for name in frame if frame.dtypes[name] is np.dtype(object)})


def _plain(column):
    """A column in one of pandas' types: of objects, such as whole numbers beside None, the type that they share."""
    column = pandas().Series(column).reset_index(drop=True)
    return column.convert_dtypes() if column.dtype == object else column
