"""What the commands print and write."""

import os
from contextlib import contextmanager
from pathlib import Path

from sktl._checks import import_extra
from sktl._files import check_writable, replacing
from sktl.exceptions import InputError

WIDTH = 100  # letters of a line of text


def check_out(path, inputs):
    """Refuse a path that predictions can't be written to, before any work is done."""
    if Path(path).suffix.lower() not in (".csv", ".parquet"):
        raise InputError(f"--out must be a .csv or .parquet file; got {path!r}.")
    if Path(path).suffix.lower() == ".parquet":
        import_extra("pyarrow", "cli", "Writing a .parquet file")
    _check_place("--out", Path(path), inputs)


def check_save(path, inputs):
    """Refuse a path that a model can't be written to, before any work is done."""
    if Path(path).suffix.lower() != ".skops":
        raise InputError(f"--save must be a .skops file; got {path!r}.")
    import_extra("skops.io", "cli", "Saving a model")
    _check_place("--save", Path(path), inputs)


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
    with _refusing(option, path):
        check_writable(path)  # what can't be made now can't be later, after all the work


def write_predictions(path, rows, columns):
    """Write one line per row, completely or not at all."""
    frames = import_extra("pandas", "cli", "The command line")
    # in the file's order: rows were sorted by their values to not depend on it
    table = frames.DataFrame({"row": rows, **columns}).sort_values("row", ignore_index=True)
    with _refusing("--out", path), replacing(path) as beside:
        if beside.suffix.lower() == ".parquet":
            table.to_parquet(beside, index=False)
        else:
            table.to_csv(beside, index=False)


def write_model(path, model):
    """Write a model, completely or not at all."""
    with _refusing("--save", path):
        model.save(path)


def write_page(path, found):
    """Write a report or a decision as one page, whole or not at all."""
    with _refusing("--html", path):
        found.to_html(path)


@contextmanager
def _refusing(option, path):
    """Say what can't be written, and why, in one line."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{option}: can't write {str(path)!r}: {error.strerror}") from error
