"""What the commands print and write."""

import json
import os
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sktl._files import check_writable, replacing
from sktl.exceptions import InputError, MissingExtraError

WIDTH = 100  # letters of a line of text
KINDS = {  # of the files that each option writes
    "--out": (".csv", ".parquet"),
    "--save": (".skops",),
    "--html": (".html", ".htm"),
    "--json": (".json",),
}
NEEDS = {".parquet": ("pyarrow", "Writing a .parquet file"), ".skops": ("skops", "Saving a model")}


def _need(package, purpose):
    """Refuse what a package that is not installed would do; it is not imported for that."""
    if find_spec(package) is None:
        raise MissingExtraError(f"{purpose} needs {package}, which is not installed: pip install 'sktl[cli]'.")


def check_place(option, path, inputs):
    """Refuse a path of the wrong kind, in no folder, that is one, that is an input, or that can't be made."""
    kinds = KINDS[option]
    if Path(path).suffix.lower() not in kinds:
        raise InputError(
            f"{option} must be a {' or '.join(kinds[:2] if option == '--out' else kinds[:1])} file; got {path!r}."
        )
    if Path(path).suffix.lower() in NEEDS:
        _need(*NEEDS[Path(path).suffix.lower()])
    path = Path(path)
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
    import pandas as frames

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


def write_json(path, record):
    """Write a record as strict JSON, completely or not at all."""
    with _refusing("--json", path), replacing(path) as beside:
        beside.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")


@contextmanager
def _refusing(option, path):
    """Say what can't be written, and why, in one line."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{option}: can't write {str(path)!r}: {error.strerror}") from error
