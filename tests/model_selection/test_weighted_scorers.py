"""The control variate of weighted losses."""

import numpy as np
import pytest

from sktl.model_selection._weighted_scorers import control_variate_mean


def test_the_control_variate_of_constant_weights_corrects_nothing():
    rng = np.random.default_rng(2)
    losses = rng.random(101)
    for level in (0.2, 1.0, 7.0):
        weights = level * (1 + 1e-15 * rng.normal(size=101))
        assert control_variate_mean(weights * losses, weights) == pytest.approx(np.mean(weights * losses))


def test_the_control_variate_corrects_no_more_than_chance_can_take():
    rng = np.random.default_rng(3)
    losses, weights = rng.random(301), 0.7 + 1e-3 * rng.normal(size=301)  # a wrong ratio: its mean is far from 1
    values = weights * losses
    bound = 3 * values.std() / np.sqrt(301)  # three standard errors, if the two went together wholly
    assert abs(control_variate_mean(values, weights) - values.mean()) <= bound
    true = rng.exponential(size=301)
    true *= 1.05 / true.mean()
    values = true * losses
    slope = np.cov(values, true, bias=True)[0, 1] / true.var()
    assert control_variate_mean(values, true) == pytest.approx(values.mean() - 0.05 * slope)  # within chance: in full
