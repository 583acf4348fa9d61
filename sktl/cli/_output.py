"""What the commands print and write."""

import os
from contextlib import contextmanager, suppress
from pathlib import Path

from sktl._checks import import_extra
from sktl.cli._words import InputError, pandas
from sktl.inspection._html import page

LEFT = (0, 1, 6)  # columns of words


def table_lines(header, rows):
    """Lay out a table of strings: words to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = []
    for row in [header, *rows]:
        cells = zip(row, widths, strict=True)
        padded = [cell.ljust(width) if i in LEFT else cell.rjust(width) for i, (cell, width) in enumerate(cells)]
        lines.append("  ".join(padded).rstrip())
    return lines


def check_out(path, inputs):
    """Refuse a path that predictions can't be written to, before any work is done."""
    if Path(path).suffix.lower() not in (".csv", ".parquet"):
        raise InputError(f"--out must be a .csv or .parquet file; got {path!r}.")
    if Path(path).suffix.lower() == ".parquet":
        import_extra("pyarrow", "cli", "Writing a .parquet file")
    _check_place("--out", Path(path), inputs)


def check_html(path, inputs):
    """Refuse a path that a page can't be written to, before any work is done."""
    if Path(path).suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--html must be a .html file; got {path!r}.")
    _check_place("--html", Path(path), inputs)


def _check_place(option, path, inputs):
    """Refuse a path in no folder, that is one, that is an input, or that can't be made."""
    if not os.path.isdir(path.parent):
        raise InputError(f"{option}: there is no folder {str(path.parent)!r}; make it first.")
    if os.path.isdir(path):
        raise InputError(f"{option}: {str(path)!r} is a directory; name a file in it.")
    if any(path.resolve() == Path(other).resolve() for other in inputs):
        raise InputError(f"{option} {str(path)!r} would overwrite an input table.")
    with _writing(option, path) as beside:
        beside.touch()  # what can't be made now can't be later, after all the work


def write_predictions(path, rows, predictions):
    """Write one line a row of TARGET, whole or not at all."""
    path = Path(path)
    table = pandas().DataFrame({"row": rows, "prediction": predictions}).sort_values("row", ignore_index=True)
    with _writing("--out", path) as beside:
        if path.suffix.lower() == ".csv":
            table.to_csv(beside, index=False)
        else:
            table.to_parquet(beside, index=False)
        os.replace(beside, path)


def write_page(path, report, extra=()):
    """Write a report, with further tables, as one page, whole or not at all."""
    path = Path(path)
    with _writing("--html", path) as beside:
        beside.write_text(page(report, extra), encoding="utf-8")
        os.replace(beside, path)


@contextmanager
def _writing(option, path):
    """Lend a file beside ``path`` to write to, and remove it; an error names only ``path``."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
    except OSError as error:
        reason = (error.strerror or str(error)).replace(str(beside), str(path))
        raise InputError(f"{option}: can't write {str(path)!r}: {reason}") from error
    finally:
        with suppress(OSError):  # a name that can't be made can't be removed either
            beside.unlink(missing_ok=True)
