import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from sktl._core.overlap import WIDE, Overlap, covered_sample_size, domain_overlap, newton_logistic


def normals(shift, scale=1.0, n=301, d=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), scale * rng.normal(size=(n, d)) + shift * (np.arange(d) == 0)


def test_newton_s_method_is_scikit_learn_s_logistic_regression():
    X, y = np.concatenate(normals(1.0)), np.repeat([0.0, 1.0], 301)
    coef = newton_logistic(np.column_stack([X, np.ones(len(X))]), y, 2.0, np.zeros(3))
    expected = LogisticRegression(C=0.5, tol=1e-10).fit(X, y)
    assert_allclose(coef, [*expected.coef_[0], expected.intercept_[0]], atol=1e-4)


def test_the_ladder_of_the_true_ratio():
    """The mean of exp(s x - s^2 / 2) over the source rows, what a sample of that size says: 1.0, .65, .47, .03, 0."""
    for shift, low, high in ((0, 0.95, 1.0), (1, 0.9, 1.0), (2, 0.6, 1.0), (3, 0.3, 0.7), (5, 0, 0.08), (8, 0, 0.02)):
        shares = [domain_overlap(*normals(shift, seed=seed)).share for seed in range(3)]
        assert low <= np.mean(shares) <= high, (shift, shares)
    assert domain_overlap(*normals(20)).missing > 0.95
    assert domain_overlap(*normals(1)).missing == domain_overlap(*normals(0, d=20)).missing == 0


@pytest.mark.parametrize("d", [3, WIDE + 11])
def test_a_target_inside_or_outside_the_source(d):
    assert domain_overlap(*normals(0, scale=0.5, d=d)).missing == 0
    assert domain_overlap(*normals(12, d=d)).missing > 0.8
    assert domain_overlap(*normals(12, d=d)[::-1]).missing > 0.8


def test_neither_order_nor_units_nor_container_matter():
    X, Y = normals(2)
    order = np.random.default_rng(1).permutation(301)
    found, shuffled = domain_overlap(X, Y), domain_overlap(X[order], Y)
    assert found.share == pytest.approx(shuffled.share, rel=1e-6)
    assert found.share == pytest.approx(domain_overlap(1e-3 * X + 5, 1e-3 * Y + 5).share, rel=1e-3)
    kept = [np.where(np.abs(Z) < 0.7, 0, Z) for Z in (X, Y)]
    assert domain_overlap(*kept).share == pytest.approx(domain_overlap(*map(sparse.csr_matrix, kept)).share, abs=0.05)


def test_levels_and_small_tables():
    rng = np.random.default_rng(0)
    X, Y = (rng.random((300, 1)) < 0.15).astype(float), (rng.random((300, 1)) < 0.85).astype(float)
    assert domain_overlap(X, Y).share > 0.9
    assert domain_overlap(np.zeros((300, 1)), np.ones((300, 1))).share < 0.05
    for n in (1, 2, 5):
        assert domain_overlap(np.zeros((n, 2)), np.ones((1, 2))).share == 1  # nothing can be said
    assert domain_overlap(np.zeros((40, 2)), np.zeros((30, 2))).share == pytest.approx(1, abs=1e-3)


def test_missing_mass_counts_as_rows():
    weights = np.ones(400)
    assert covered_sample_size(weights, Overlap(1.0, 0.1)) == pytest.approx(400)
    assert covered_sample_size(weights, Overlap(0.85, 0.025)) == pytest.approx(1 / (1 / 400 + 0.1**2))  # two errors
    assert covered_sample_size(weights, Overlap(0.0, 0.0)) < 1
