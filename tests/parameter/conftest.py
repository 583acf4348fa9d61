"""Rows that the tests of fine-tuning share."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def rows():
    """Source (151 rows) and target (41 labelled, 60 new rows) whose thresholds differ."""
    rng = np.random.default_rng(3)
    X, X_new = rng.normal(size=(151, 3)), rng.normal(size=(101, 3))
    arrays = X, (X[:, 0] > 0).astype(int), X_new, (X_new[:, 0] > 0.6).astype(int)
    for array in arrays:
        array.setflags(write=False)
    return *arrays[:2], X_new[:41], arrays[3][:41], X_new[41:]
