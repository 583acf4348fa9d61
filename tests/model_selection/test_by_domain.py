"""Each row answered through its own domain's map: by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktl import OnLabeled
from sktl.base import consumes_domains, respond


@pytest.fixture
def three_sites():
    """Three sites of unequal size whose means differ; 130 rows, sorted by nothing."""
    rng = np.random.default_rng(4)
    y, site = rng.integers(0, 2, 130), rng.choice(["a", "b", "target"], 130, p=[0.5, 0.3, 0.2])
    X = rng.normal(size=(130, 2)) + 2 * y[:, None] + np.select([site == "a", site == "b"], [0.0, 3.0], 6.0)[:, None]
    return X, y, site


def test_source_rows_are_answered_through_the_source_s_map(three_sites, centre):
    X, y, site = three_sites
    pipe = make_pipeline(centre(), OnLabeled(LogisticRegression()))
    hidden, two = np.where(site == "target", np.nan, y), np.where(site == "target", "target", "lab")
    pipe.fit(X, hidden)
    own = np.concatenate([X - X[two == name].mean(axis=0) for name in ("lab", "target")])
    by_hand = pipe[-1].predict_proba(np.where((two == "lab")[:, None], own[:130], own[130:]))
    assert_allclose(respond(pipe, X, two == "target", "predict_proba"), by_hand)
    assert np.abs(pipe.predict_proba(X) - by_hand).max() > 0.1  # as target rows, they differ
    plain = OnLabeled(LogisticRegression()).fit(X, hidden)
    assert not consumes_domains(plain, "predict")
    assert_array_equal(respond(plain, X, two), plain.predict(X))
