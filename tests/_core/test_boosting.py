import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import brentq

from sktl._core.boosting import (
    initial_weights,
    log_shrink_factor,
    residual_loss,
    scaled_weights,
    shrunk_weights,
    weighted_median,
)

# --- the bisection of beta ---


@pytest.mark.parametrize("share", [0.999, 0.7, 0.2, 1e-3, 1e-9])
@pytest.mark.parametrize("seed", range(3))
def test_shrink_factor_is_brentq_s_root(share, seed):
    rng = np.random.default_rng(seed)
    weights, loss = rng.uniform(size=101), rng.uniform(0.02, 1, size=101)
    total = share * weights.sum()
    log_beta = brentq(lambda log_beta: np.log(weights @ np.exp(loss * log_beta) / total), -1e4, 0, xtol=1e-13)
    assert_allclose(log_shrink_factor(weights, loss, total), log_beta, rtol=1e-9)
    shrunk = shrunk_weights(weights, loss, total)
    assert_allclose(shrunk, weights * np.exp(log_beta) ** loss, rtol=1e-6)
    assert_allclose(shrunk.sum(), total, rtol=1e-14)


def test_shrink_factor_has_limits():
    weights, loss = np.array([2.0, 1, 1]), np.array([0.0, 0.5, 1])
    assert log_shrink_factor(weights, loss, 4.5) == 0 == log_shrink_factor(weights, loss, 4.0)
    assert log_shrink_factor(weights, loss, 2.0) == -np.inf
    assert_array_equal(shrunk_weights(weights, loss, 1.5), [1.5, 0, 0])  # the row without loss is scaled down
    assert_array_equal(shrunk_weights(np.ones(3), np.array([0, 1e-17, 1]), 1.5), [0.75, 0.75, 0])  # rounding: no loss
    assert_allclose(shrunk_weights(weights, np.ones(3), 1.0), weights / 4)  # equal losses: proportional


# --- losses and the median ---


def test_losses_are_drucker_s():
    y = np.array([5.0, 3, -2, 0])
    predicted = y + [-4.0, 2, 0, 1]
    assert_allclose(residual_loss(predicted, y, "linear"), [1, 0.5, 0, 0.25])
    assert_allclose(residual_loss(predicted, y, "square"), [1, 0.25, 0, 0.0625])
    assert_allclose(residual_loss(predicted, y, "exponential"), 1 - np.exp([-1, -0.5, 0, -0.25]))


@pytest.mark.parametrize("kind", ["linear", "square", "exponential"])
def test_rounding_is_no_loss(kind):
    y = np.array([5.0, 3, -2, 0])
    assert_array_equal(residual_loss(np.nextafter(y, 9), y, kind), np.zeros(4))
    assert_array_equal(residual_loss(np.zeros(4), np.zeros(4), kind), np.zeros(4))


def test_weighted_median_is_the_smallest_value_that_half_the_weight_does_not_exceed():
    rng = np.random.default_rng(0)
    values, weights = rng.integers(0, 6, size=(53, 7)).astype(float), rng.uniform(size=7)
    for row, median in zip(values, weighted_median(values, weights), strict=True):
        enough = [v for v in row if weights[row <= v].sum() >= weights.sum() / 2]
        assert median == min(enough)


@pytest.mark.parametrize("weights", [[0.1] * 6, [0.3, 0.3, 0.2, 0.2, 0.1, 0.1]])
def test_a_tie_of_the_median_goes_to_the_lower_value_in_any_order(weights):
    values = np.array([1.0, 1, 1, 3, 3, 3]) if len(set(weights)) == 1 else np.array([1.0, 3, 1, 3, 1, 3])
    orders = [np.random.default_rng(seed).permutation(6) for seed in range(20)]
    assert {weighted_median(values[None, o], np.array(weights)[o])[0] for o in orders} == {1.0}


# --- weights of rows ---


def test_no_row_ever_weighs_nothing():  # some learners drop rows of weight 0, and with them a class
    weights = scaled_weights(np.array([0.0, -2000.0, 1500.0]))
    assert np.all(weights > 0) and weights.sum() == 3


def test_initial_weights_of_several_sources():
    target = np.arange(10) >= 6
    assert_allclose(initial_weights(target, 2.0, n_sources=3)[target].sum(), 2 * 6 / 3)
    assert_array_equal(initial_weights(target, None), np.ones(10))
