"""Small work takes one thread, large work all: in one place, and nothing stays changed."""

import json
import os
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from sktl._threads import quiet

# in a fresh interpreter: libraries that were loaded with one thread (OMP_NUM_THREADS, as the tests are run) keep to it
CHECKS = {
    "threads by the size of the work": """
cases = [((426, 10), 1, 1), ((1000, 1000), 1, 1), ((1001, 1000), 2, 1), ((10_000, 5), 2, 1), ((50_000, 5), 2, 2)]
for shape, blas, openmp in cases:
    with limited_threads(*shape):
        assert threads("blas") == {blas} and threads("openmp") == {openmp}, (shape, threads("blas"), threads("openmp"))
    assert threads("blas") == threads("openmp") == {2}
""",
    "a wide table of few rows is large": """
with limited_threads(10, 200_000):
    assert threads("blas") == {2}
""",
    "a decorated fit": """
for X in (np.zeros((9, 2)), [[0.0], [1.0]], [0.0, 1.0], None):
    assert Watching().fit(X).threads_ == {1} and Watching().fit(X=X).threads_ == {1} and threads("blas") == {2}
""",
    "a fit that fails": """
try:
    Watching().fit(np.zeros((9, 2)), 1)
except ValueError:
    assert threads("blas") == {2}
else:
    raise AssertionError
""",
    "a fit of ours": """
from sktl.feature import TCA
assert hasattr(TCA.fit, "__wrapped__")
""",
}
SETUP = """
import numpy as np, scipy.linalg, sklearn.ensemble
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_info, threadpool_limits
from sktl._threads import limited_threads, threads_by_size

threadpool_limits(2)

def threads(api):
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == api}

class Watching(BaseEstimator):
    @threads_by_size
    def fit(self, X, y=None):
        if y is not None:
            raise ValueError("a fit that fails")
        self.threads_ = threads("blas")
        return self
"""


RUN = """
import json, traceback
failed = {}
for name, code in CHECKS.items():
    try:
        exec(code)
    except Exception:  # whatever it is, it fails the test of that name
        failed[name] = traceback.format_exc()
print(json.dumps(failed))
"""


@pytest.fixture(scope="module")
def failed():
    """Errors of the checks that failed, by name: all run in one interpreter."""
    found = subprocess.run(
        [sys.executable, "-c", f"{SETUP}\nCHECKS = {CHECKS!r}\n{RUN}"],
        env={**os.environ, "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


@pytest.mark.parametrize("name", CHECKS)
def test_threads(name, failed):
    assert name not in failed, failed[name]


def test_silence_of_several_threads_leaves_no_filter():
    """With plain catch_warnings this leaves filters behind in nearly every run."""
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        for quiet_ones in [pool.map(silenced, range(20)) for _ in range(5)]:
            assert all(quiet_ones)
    assert warnings.filters == before
    with pytest.warns(UserWarning, match="loud"):
        warnings.warn("loud", UserWarning, stacklevel=1)


def silenced(turn):
    with quiet("not to be heard", UserWarning):
        time.sleep(0.001 * (turn % 3))
        warnings.warn("not to be heard", UserWarning, stacklevel=1)
    return True


def test_a_filter_that_foreign_code_leaves_behind_silences_nothing():
    """Another thread looks at the filters within a silence, and puts back what it saw after it."""
    seen, over = Event(), Event()

    def foreign():
        with warnings.catch_warnings():
            seen.set()
            over.wait(10)

    before = list(warnings.filters)
    with ThreadPoolExecutor(1) as pool:
        with quiet():
            inner = pool.submit(foreign)
            assert seen.wait(10)
        over.set()
        inner.result()
    try:
        assert warnings.filters != before  # left behind
        with pytest.warns(UserWarning, match="loud"):
            warnings.warn("loud", UserWarning, stacklevel=1)
    finally:
        warnings.filters[:] = before


def test_silence_is_of_one_thread_and_of_the_warnings_named():
    def warn(category):
        warnings.warn("loud", category, stacklevel=1)

    with ThreadPoolExecutor(1) as pool, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with quiet(category=RuntimeWarning):
            pool.submit(warn, RuntimeWarning).result()
            warn(RuntimeWarning)
            warn(UserWarning)
    assert [w.category for w in heard] == [RuntimeWarning, UserWarning]
