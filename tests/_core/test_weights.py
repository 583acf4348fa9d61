import numpy as np
import pytest

from sktl._core.weights import clip_weights, effective_sample_size, odds_to_ratio


def test_weights_and_odds():
    weights = np.array([1.0, 2.0, 3.0, 6.0])
    assert clip_weights(weights, None) == (pytest.approx(weights), 0.0)
    assert clip_weights(weights, 1.0) == (pytest.approx([1, 2, 3, 3]), 0.25)
    assert clip_weights(weights, 0.5) == (pytest.approx([1, 2, 2.5, 2.5]), 0.5)
    assert effective_sample_size(weights) == pytest.approx(144 / 50)
    assert odds_to_ratio(0.5, 10, 30) == pytest.approx(1 / 3)  # as likely target as source, though 3 times as many
