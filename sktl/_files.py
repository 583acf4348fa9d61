"""Files that are written whole or not at all, and files of tables that can be read; imports next to nothing."""

import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from sktl.exceptions import InputError


@contextmanager
def replacing(path):
    """Lend a new file beside ``path`` to write to; it takes the place of ``path`` if nothing fails, else it is removed.

    Its name is new and nobody's guess. A link stays one: the file that it leads to is replaced. A file that exists
    keeps its mode. A pipe or a device is no file to replace: it is lent itself. An ``OSError`` names ``path`` alone.
    """
    path = Path(path)
    place = Path(os.path.realpath(path))
    if place.exists() and not (place.is_file() or place.is_dir()):
        yield path
        return
    beside = place.with_name(f".{token_hex(8)}{path.suffix}")  # writers look at the suffix
    try:
        mode = _mode(place)
        beside.open("xb").close()  # fails if there is one of that name, whoever made it
        yield beside
        if mode is not None:
            beside.chmod(mode)
        os.replace(beside, place)
    except OSError as error:
        words = (error.strerror or str(error)).replace(str(beside), str(path))
        raise OSError(error.errno, words, str(path)) from error
    finally:
        with suppress(OSError):  # a name that can't be made can't be removed either
            beside.unlink(missing_ok=True)


def check_writable(path):
    """Raise an ``OSError`` if a file can't be made where ``path`` is to be written; leaves nothing."""
    with suppress(_NothingWritten), replacing(path):
        raise _NothingWritten


class _NothingWritten(Exception):
    """The file that was lent is not to take its place."""


def _mode(place):
    """The mode of a file that exists, or None."""
    try:
        return stat.S_IMODE(place.stat().st_mode)
    except FileNotFoundError:
        return None


def check_table_file(path, role):
    """Refuse a path that is no .csv or .parquet file, or that may not be opened."""
    path = Path(path)
    if os.path.isdir(path):
        raise InputError(f"{role}: {str(path)!r} is a directory; name a .csv or .parquet file in it.")
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise InputError(f"{role} must be a .csv or .parquet file with a header; got {str(path)!r}.")
    if not os.path.isfile(path):
        raise InputError(f"{role}: there is no file {str(path)!r}.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{role}: can't open {str(path)!r}: {error.strerror or error}.") from error
