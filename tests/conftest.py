"""Data that several tests share; all arrays are read-only, so that a test fails if an estimator writes to them."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from sktl.datasets import load_npz

sys.path.insert(0, str(Path(__file__).parent))  # tests/discovery.py, under --import-mode=importlib
if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the cores: threads of each would wait for the others'
    threadpool_limits(1)


@pytest.fixture(autouse=True)
def _fixed_seed():
    """Estimators with random_state=None draw from numpy's global state: the same in every test."""
    np.random.seed(0)


def read_only(*arrays):
    """The arrays, not writeable."""
    for array in arrays:
        array.setflags(write=False)
    return arrays if len(arrays) > 1 else arrays[0]


@pytest.fixture(scope="session")
def shifted_normals():
    """N(0, 1) -> N(1, 1): 3001 source rows, 1009 target rows (y is NaN)."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 1, (3001, 1)), rng.normal(1, 1, (1009, 1))])
    y = np.where(np.arange(len(X)) < 3001, (X[:, 0] > 0.5).astype(float), np.nan)
    return read_only(X, y)


@pytest.fixture(scope="session")
def two_domains():
    """101 labelled source rows and 67 target rows (y is NaN) of 5 columns, two classes; (X, y, y_true)."""
    rng = np.random.default_rng(1)
    y_true = np.concatenate([rng.integers(0, 2, 101), rng.integers(0, 2, 67)]).astype(float)
    X = rng.normal(size=(168, 5)) + 1.5 * y_true[:, None] * np.array([1, 0, 0.5, 0, 0])
    X[101:] += [0, 1.5, 0, 0.3, 0]
    y = y_true.copy()
    y[101:] = np.nan
    return read_only(X, y, y_true)


@pytest.fixture(scope="session")
def real_data():
    """Function of a name: the data set, from SKTL_DATA, ~/sktl_data or ../shared/data beside the project; or a skip."""

    def load(name):
        beside = Path(__file__).parents[2] / "shared" / "data"
        try:
            return load_npz(name, data_home=None if "SKTL_DATA" in os.environ else beside)
        except FileNotFoundError as error:
            pytest.skip(str(error))

    return load
