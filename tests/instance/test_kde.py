import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.stats import spearmanr, t

from sktl.instance import KDEWeighter


def kernel(A, B, h):
    """Gaussian kernel values; its constant cancels in a ratio."""
    return np.exp(-0.5 * ((A[:, None] - B[None]) ** 2).sum(-1) / h**2)


def within(X):
    """Deviations of the columns within the fixture's domains."""
    return np.sqrt((X[:101].var(axis=0) + X[101:].var(axis=0)) / 2)


@pytest.mark.parametrize("h", [0.8, 1.5])
def test_ratio_by_its_definition(h, two_domains):
    X, y, _ = two_domains
    Z = X / within(X)
    fitted = KDEWeighter(h).fit(X, y)
    trace = 0.1 / 67  # of one row of the smaller domain
    ratio = (kernel(Z, Z[101:], h).mean(axis=1) + trace) / (kernel(Z, Z[:101], h).mean(axis=1) + trace)
    assert_allclose(fitted.predict_weights(X), ratio, rtol=1e-8)


@pytest.mark.parametrize("h", [0.7, 1.5])
def test_weights_leave_the_row_itself_out(h, two_domains):
    X, y, _ = two_domains
    Z, trace = X / within(X), 0.1 / 67
    K = kernel(Z[:101], Z[:101], h)
    weights = (kernel(Z[:101], Z[101:], h).mean(axis=1) + trace) / ((K.sum(axis=1) - 1) / 100 + trace)
    assert_allclose(KDEWeighter(h).fit(X, y).weights_[:101], weights / weights.mean(), rtol=1e-7)


def test_weights_follow_the_analytic_ratio(shifted_normals):  # N(0, 1) -> N(1, 1)
    X, y = shifted_normals
    fitted = KDEWeighter().fit(X, y)
    truth = np.exp(X[:3001, 0] - 0.5)
    inner = np.abs(X[:3001, 0]) < 1.5
    assert_allclose(fitted.weights_[:3001][inner], truth[inner], rtol=0.5, atol=0.05)
    assert spearmanr(fitted.weights_[:3001], truth)[0] > 0.99


def test_far_rows_have_finite_weights(two_domains):
    X, y, _ = two_domains
    fitted = KDEWeighter(1.0).fit(X, y)
    assert np.isfinite(fitted.predict_weights(X + np.array([[1e6], [-30.0]]).repeat(84, axis=0))).all()
    assert_allclose(KDEWeighter(0.001).fit(X, y).weights_, 1)  # each row sees itself alone: nothing is known


def test_a_lonely_row_of_heavy_tails_does_not_take_the_weight():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        X = rng.standard_t(2, size=(600, 2))
        X[300:, 0] += 1
        weights = KDEWeighter().fit(X, np.repeat([0.0, np.nan], 300)).weights_[:300]
        truth = t.pdf(X[:300, 0] - 1, 2) / t.pdf(X[:300, 0], 2)
        truth /= truth.mean()
        assert np.mean((weights - truth) ** 2) < 1.1 * np.mean((1 - truth) ** 2)  # 58 times without smoothing


def test_the_kernel_does_not_grow_with_the_gap():
    """N(0, I_2) -> N((3, 0), I_2): the true weights are worth 5 of 300 rows, those by the deviation of all rows 106."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 2))
    X[300:, 0] += 3
    weights = KDEWeighter().fit(X, np.repeat([0.0, np.nan], 300)).weights_[:300]
    assert weights.sum() ** 2 / (weights @ weights) < 40


def test_no_shift_means_weights_of_one():
    X = np.random.default_rng(0).normal(size=(1501, 3))
    y = np.where(np.arange(1501) < 801, 0.0, np.nan)
    fitted = KDEWeighter().fit(X, y)
    assert abs(np.median(fitted.weights_[:801]) - 1) < 0.05
    assert fitted.effective_sample_size_ > 0.9 * 801


def test_units_do_not_matter(two_domains):
    X, y, _ = two_domains
    moved = KDEWeighter().fit(X * [1, 1e3, 1e-3, 7, 1e5], y)
    assert_allclose(moved.weights_, KDEWeighter().fit(X, y).weights_, rtol=1e-6)


def test_errors(two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="bandwidth must be 'auto' or a number > 0; got 0"):
        KDEWeighter(0).fit(X, y)
    with pytest.raises(TypeError, match="cv must be an integer >= 2; got 2.5"):
        KDEWeighter(cv=2.5).fit(X, y)
    with pytest.raises(TypeError, match="[Ss]parse"):
        KDEWeighter().fit(sparse.csr_matrix(X), y)


def test_a_constant_column_changes_nothing():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(101, 1)), rng.normal(0.7, size=(61, 1))])
    y = np.repeat([0.0, np.nan], [101, 61])
    plain = KDEWeighter().fit(X, y)
    wider = KDEWeighter().fit(np.column_stack([X, np.full((162, 2), 3.0)]), y)
    assert wider.bandwidth_ == plain.bandwidth_
    assert_allclose(wider.weights_, plain.weights_, rtol=1e-9)
