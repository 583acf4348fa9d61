"""External parameter orthogonalisation: what it takes away, from pairs and from means."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktl.feature import EPO


@pytest.fixture
def table():
    """20 samples in three domains, each with its own amounts of two shapes; some rows have no partner."""
    rng = np.random.default_rng(0)
    shapes = np.linalg.qr(rng.normal(size=(12, 6)))[0].T
    signal = rng.normal(size=(20, 4)) @ shapes[:4]
    X = np.concatenate([signal + rng.normal(size=(20, 2)) * size @ shapes[4:] + size for size in (0.0, 1.0, 2.0)])
    X += 1e-3 * rng.normal(size=X.shape)
    ids = np.tile(np.arange(20.0), 3)
    ids[[3, 25]] = np.nan
    return X, np.repeat(["a", "b", "target"], 20), ids


def by_definition(X, domain, ids, k):
    """Projection off the leading directions of each sample's differences from its mean."""
    rows = []
    for value in np.unique(ids[~np.isnan(ids)]):
        own = X[ids == value]
        if len(own) > 1:
            rows.extend(own - own.mean(axis=0))
    _, _, Vt = np.linalg.svd(np.array(rows))
    return X @ (np.eye(X.shape[1]) - Vt[:k].T @ Vt[:k])


@pytest.mark.parametrize("k", [1, 3])
def test_it_projects_off_the_differences_of_samples(table, k):
    X, domain, ids = table
    fitted = EPO(k).fit(X, sample_domain=domain, sample_id=ids)
    assert_allclose(fitted.transform(X), by_definition(X, domain, ids, k), atol=1e-10)
    assert_allclose(fitted.directions_ @ fitted.directions_.T, np.eye(k), atol=1e-12)
    assert_allclose(fitted.transform(X, domain), fitted.transform(X))  # one projection for all


def test_auto_finds_the_shapes_that_domains_add(table):
    X, domain, ids = table
    fitted = EPO().fit(X, sample_domain=domain, sample_id=ids)
    assert fitted.n_components_ == 3  # two shapes, and the constant offset
    mapped = fitted.transform(X).reshape(3, 20, 12)
    assert np.abs(mapped[0] - mapped[2]).max() < 0.02 < np.abs(X[:20] - X[40:]).max() / 100


def test_without_pairs_it_projects_off_the_domain_means(table):
    X, domain, _ = table
    fitted = EPO().fit(X, sample_domain=domain)
    assert fitted.n_components_ == 2  # of three means
    centers = [fitted.transform(X[domain == name]).mean(axis=0) for name in ("a", "b", "target")]
    assert_allclose(centers[0], centers[1], atol=1e-12)
    assert_allclose(centers[0], centers[2], atol=1e-12)
    assert EPO(1).fit(X, sample_domain=domain).n_components_ == 1


def test_nothing_to_take_away():
    X = np.random.default_rng(0).normal(size=(9, 4))
    same = np.vstack([X, X])
    fitted = EPO(2).fit(same, sample_domain=np.repeat(["a", "target"], 9), sample_id=np.tile(np.arange(9), 2))
    assert fitted.n_components_ == 0
    assert_allclose(fitted.transform(X), X)
