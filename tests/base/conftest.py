"""Data that the tests of the contracts share."""

import numpy as np
import pandas as pd
import pytest
from conftest import read_only
from wrapped_models import NAN


@pytest.fixture(scope="module")
def named():
    """4 rows, of which the second and the last have no label."""
    return read_only(np.arange(8.0).reshape(4, 2)), read_only(np.array([1, NAN, 0, NAN]))


@pytest.fixture(scope="module")
def told(two_domains):
    """All labels known; sample_domain tells the domains, in three forms."""
    X, y, y_true = two_domains
    target = np.isnan(y)
    return X, y_true, [read_only(target), np.where(target, -1, 0), pd.Series(np.where(target, "target", "lab"))]
