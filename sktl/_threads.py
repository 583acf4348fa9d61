"""Threads: how many by the size of the work, the one place that decides; and what they share.

Threads of BLAS and OpenMP wait for each other: on small work with busy cores they take ten times as long as one thread
(426 rows of boosted trees: 91 s against 12 s). Results do not depend on it.
"""

import sys
import warnings
from contextlib import ExitStack, contextmanager
from functools import lru_cache, wraps
from threading import RLock, local

from threadpoolctl import ThreadpoolController  # a dependency of scikit-learn's

SMALL_MATRIX = 1_000_000  # numbers in the largest matrix that is likely to be formed: some 20 ms for one BLAS thread
FILTERS = RLock()  # whose turn it is to change the filters of warnings
SMALL_TABLE = 10_000  # rows up to which histogram boosting gains almost nothing by a second thread


@lru_cache(maxsize=1)
def _controller(n_modules):
    """The libraries loaded so far; looked up again (0.3 ms) once other modules have been imported."""
    return ThreadpoolController()


@contextmanager
def limited_threads(n_rows, n_columns):
    """One thread of BLAS, of OpenMP, or of both, for work on a table of this shape, where that is small."""
    controller = _controller(len(sys.modules))
    with ExitStack() as limits:
        # kernels and distances make n x n numbers, by blocks of a few thousand rows where n is large
        if n_rows * max(n_columns, min(n_rows, 2000)) <= SMALL_MATRIX:
            limits.enter_context(controller.limit(limits=1, user_api="blas"))
        if n_rows <= SMALL_TABLE:
            limits.enter_context(controller.limit(limits=1, user_api="openmp"))
        yield


def threads_by_size(function):
    """Run a method ``(self, X, ...)`` with the threads that the shape of ``X`` deserves."""

    @wraps(function)
    def wrapper(self, X, *args, **kwargs):
        shape = getattr(X, "shape", None) or (len(X), 1) if hasattr(X, "__len__") else (0, 0)
        with limited_threads(shape[0], shape[1] if len(shape) > 1 else 1):
            return function(self, X, *args, **kwargs)

    return wrapper


class _Here(local):
    """What is hushed in this thread."""

    categories = ()


class _WhileHushed(type):
    """Of :class:`Hushed`: which warnings it stands for is asked anew for each, in the thread that warns."""

    def __subclasscheck__(cls, category):
        return any(issubclass(category, hushed) for hushed in HERE.categories)


class Hushed(Warning, metaclass=_WhileHushed):
    """The warnings that :func:`quiet` hushes in this thread; none at any other time, and none in other threads."""


HERE = _Here()


@contextmanager
def quiet(message="", category=Warning):
    """Silence about some warnings of foreign code, which has no other way to be told; one thread at a time.

    The filters of warnings are the whole process's: two threads that change them at once and put them back in another
    order leave one's behind. Ours wait for each other; where code that does not wait (scikit-learn's checks of arrays)
    leaves one of ours behind, it silences nothing. Only for single calls: within, nothing may wait for a thread that
    wants silence too.
    """
    before = HERE.categories
    with FILTERS, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message, Hushed)
        HERE.categories = (*before, category)
        try:
            yield
        finally:
            HERE.categories = before
