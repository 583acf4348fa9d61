"""Silence about warnings that our code expects, which leaves no filter behind, whatever threads do meanwhile."""

import warnings
from contextlib import contextmanager
from threading import Lock

_lock, _open = Lock(), []


@contextmanager
def quiet(message="", category=Warning):
    """Ignore warnings of a kind in a block of code.

    Two threads in ``warnings.catch_warnings`` restore each other's filters, and one of them stays for good: so the
    first block that opens saves the caller's filters, and the last one that closes puts them back.
    """
    with _lock:
        if not _open:
            saved = warnings.catch_warnings()
            saved.__enter__()
            _open.append(saved)
        else:
            _open.append(None)
        warnings.filterwarnings("ignore", message=message, category=category)
    try:
        yield
    finally:
        with _lock:
            if len(_open) == 1:
                _open[0].__exit__(None, None, None)
            _open.pop()
