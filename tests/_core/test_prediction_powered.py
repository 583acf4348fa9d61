"""Prediction-powered inference: its closed form by hand, and its error and coverage by Monte Carlo."""

import numpy as np
from numpy.testing import assert_allclose

from sktl._core.prediction_powered import powered_mean


def test_the_closed_form_by_hand():
    y, g, new = np.array([1.0, 0, 1, 1]), np.array([0.9, 0.5, 0.3, 0.7]), np.array([0.5, 0.8, 0.1, 0.4, 0.6, 0.3])
    covariance = sum((a - 0.75) * (b - 0.6) for a, b in zip(y, g, strict=True)) / 3
    all_guesses = np.r_[g, new]
    variance = sum((b - all_guesses.mean()) ** 2 for b in all_guesses) / 9
    power = min(covariance / ((1 + 4 / 6) * variance), 1)
    found = powered_mean(y, g, new)
    assert 0 < power < 1
    assert_allclose(found.power, power)
    assert_allclose(found.value, 0.75 - power * (0.6 - 0.45))
    left = y - power * g
    variance = sum((v - left.mean()) ** 2 for v in left) / 3 / 4 + power**2 * sum((v - 0.45) ** 2 for v in new) / 6 / 6
    assert_allclose(found.error, np.sqrt(variance))


def test_it_is_unbiased_no_worse_than_the_labels_and_knows_its_error():
    rng = np.random.default_rng(0)
    found, plain = [], []
    for _ in range(2000):
        g = rng.uniform(size=240)
        y = (rng.uniform(size=240) < g).astype(float)
        found.append(powered_mean(y[:60], g[:60], g[60:]))
        plain.append(y[:60].mean())
    values, errors = np.array([f.value for f in found]), np.array([f.error for f in found])
    assert_allclose(values.mean(), 0.5, atol=0.005)
    assert values.std() < 0.95 * np.std(plain)
    assert_allclose(np.mean(np.abs(values - 0.5) < 1.645 * errors), 0.9, atol=0.025)


def test_guesses_that_say_nothing_or_the_opposite_are_left_out():
    y = np.array([1.0, 0, 1, 0, 1])
    for guesses in (np.full(5, 0.3), 1 - y):
        found = powered_mean(y, guesses, np.array([0.1, 0.9]))
        assert found.power == 0 and found.value == y.mean()
    assert powered_mean(y[:1], y[:1], y).error == np.inf
