import numpy as np
from numpy.testing import assert_allclose

from sktl.model_selection._plan_losses import believed


def test_the_slope_is_that_of_a_line_less_what_chance_explains():
    rng = np.random.default_rng(0)
    own = rng.uniform(size=4000)
    losses = (rng.random(4000) < 0.2 + 0.5 * own) * 1.0
    slope, mean = np.polyfit(own, losses, 1)
    left = losses - slope * own - mean
    centred = own - own.mean()
    error = np.sqrt((centred**2 @ left**2) / (centred @ centred) ** 2)
    assert_allclose(believed(losses, own), slope * (1 - (error / slope) ** 2))


def test_what_is_not_borne_out_is_not_believed():
    own = np.random.default_rng(0).uniform(size=400)
    assert believed(-own, own) == 0
    assert believed(own, np.full(400, 0.3)) == 0
    assert believed(3 * own, own) == 1
