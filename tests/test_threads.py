"""Small work takes one thread, large work all: in one place, and nothing stays changed."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_info, threadpool_limits

from sktl._threads import SMALL_MATRIX, SMALL_TABLE, limited_threads, threads_by_size


def threads(api):
    """Threads of the libraries of one kind."""
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == api}


@pytest.fixture(autouse=True)
def _two_threads():
    with threadpool_limits(2):
        yield


@pytest.mark.parametrize(
    "shape, blas, openmp",
    [((426, 10), 1, 1), ((1000, 1000), 1, 1), ((1001, 1000), 2, 1), ((SMALL_TABLE, 5), 2, 1), ((50_000, 5), 2, 2)],
)
def test_threads_by_the_size_of_the_work(shape, blas, openmp):
    with limited_threads(*shape):
        assert threads("blas") == {blas}
        assert threads("openmp") == {openmp} if threads("openmp") else True
    assert threads("blas") == {2}


def test_a_wide_table_of_few_rows_is_large():
    assert SMALL_MATRIX < 10 * 200_000
    with limited_threads(10, 200_000):
        assert threads("blas") == {2}


class Watching(BaseEstimator):
    @threads_by_size
    def fit(self, X, y=None):
        if y is not None:
            raise ValueError("a fit that fails")
        self.threads_ = threads("blas")
        return self


@pytest.mark.parametrize("X", [np.zeros((9, 2)), [[0.0], [1.0]], [0.0, 1.0]], ids=["array", "list", "flat list"])
def test_a_decorated_fit(X):
    assert Watching().fit(X).threads_ == {1} and threads("blas") == {2}
    assert Watching().fit(X=X).threads_ == {1}


def test_threads_come_back_where_a_fit_fails():
    with pytest.raises(ValueError, match="a fit that fails"):
        Watching().fit(np.zeros((9, 2)), 1)
    assert threads("blas") == {2}


def test_what_has_no_length_is_left_to_fit():
    assert Watching().fit(None).threads_ == {1}
