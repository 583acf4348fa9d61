"""The choice of a kernel's width: its ratio against repeated draws, and what it chooses."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics.pairwise import rbf_kernel

from sktl._core.discrepancy import mmd_contrast, mmd_squared, sharpest_gamma
from sktl._core.kernels import make_kernel


def contrast(X, Y, gamma):
    """The ratio for a Gaussian kernel."""
    return mmd_contrast(rbf_kernel(np.concatenate([X, Y]), gamma=gamma), len(X))


@pytest.mark.parametrize("gamma", [0.02, 0.5])
def test_the_ratio_has_unit_spread_where_the_samples_are_alike(gamma):
    rng = np.random.default_rng(0)
    ratios = [contrast(rng.normal(size=(41, 4)), rng.normal(size=(67, 4)), gamma) for _ in range(600)]
    assert np.std(ratios) == pytest.approx(1, rel=0.12)
    assert abs(np.mean(ratios)) < 0.15


def test_its_numerator_is_the_unbiased_estimate():
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(11, 3)), rng.normal(1, 1, size=(17, 3))
    estimate = mmd_squared(make_kernel("rbf", 0.3, X), X, Y, unbiased=True)
    K = rbf_kernel(np.concatenate([X, Y]), gamma=0.3)
    centring = np.eye(28) - 1 / 28
    centred = centring @ K @ centring
    spread = np.sqrt(2 * np.mean(centred[~np.eye(28, dtype=bool)] ** 2)) * (1 / 11 + 1 / 17)
    assert contrast(X, Y, 0.3) == pytest.approx(estimate / spread)


def test_small_structure_wants_a_small_width_and_a_shift_a_wide_one():
    rng = np.random.default_rng(2)
    X, Y = rng.integers(0, 8, (700, 1)) + 0.1 * rng.normal(size=(700, 1)), rng.uniform(-0.5, 7.5, (600, 1))  # a comb
    gamma = 1 / (2 * np.median(np.abs(X - Y.T)) ** 2)
    assert sharpest_gamma(gamma, X, Y) >= 32 * gamma
    assert sharpest_gamma(gamma, X, X[:500] + 1.0) <= 2 * gamma
    order = rng.permutation(700)
    assert sharpest_gamma(gamma, X[order], Y) == sharpest_gamma(gamma, X, Y)
    assert sharpest_gamma(gamma, sparse.csr_array(X), sparse.csr_array(Y)) == sharpest_gamma(gamma, X, Y)
    assert sharpest_gamma(0.7, X[:1], Y) == 0.7  # a single row tells nothing
