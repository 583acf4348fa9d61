import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sktl._core.weights import bounded_weights, clip_weights, effective_sample_size, odds_to_ratio, within_scale


def test_weights_and_odds():
    weights = np.array([1.0, 2.0, 3.0, 6.0])
    assert clip_weights(weights, None) == (pytest.approx(weights / 3), 0.0)
    assert clip_weights(weights, 1.0) == (pytest.approx([1, 1, 1, 1]), 0.75)
    assert clip_weights(weights, 0.5) == (pytest.approx([0.5, 1, 1.25, 1.25]), 0.5)
    assert effective_sample_size(weights) == pytest.approx(144 / 50)
    assert odds_to_ratio(0.5, 10, 30) == pytest.approx(1 / 3)  # as likely target as source, though 3 times as many


@pytest.mark.parametrize("most", [1.01, 1.5, 2.0, 4.4, 50.0])
def test_bound_and_mean_hold_together(most):
    weights = np.exp(2 * np.random.default_rng(0).normal(size=101))
    bounded, share = bounded_weights(weights, most)
    assert bounded.max() <= most * (1 + 1e-12) and bounded.mean() == pytest.approx(1)
    below = bounded < most
    assert share == pytest.approx(1 - below.mean())
    assert_allclose(bounded[below] / weights[below], bounded[below][0] / weights[below][0])  # in proportion
    assert not below.any() or bounded[~below].size == 0 or weights[~below].min() >= weights[below].max()


def test_rows_without_weight_share_what_the_bound_leaves():
    weights = np.array([0.0, 0, 0, 1, 3])
    bounded, share = clip_weights(weights, 2.0)
    assert bounded == pytest.approx([1 / 3, 1 / 3, 1 / 3, 2, 2]) and share == 0.4
    assert clip_weights(np.maximum(weights, 1e-12), 2.0)[0] == pytest.approx(bounded)  # the limit of tiny ones
    assert clip_weights(np.ones(4), 1.0)[0] == pytest.approx(np.ones(4))


def test_scale_within_domains():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(101, 3)), rng.normal(size=(51, 3)) * [1, 3, 1] + [100, 0, 0]
    source[:, 2], target[:, 2] = 4.0, 6.0
    expected = np.sqrt((source.var(axis=0) + target.var(axis=0)) / 2)
    assert_allclose(within_scale(source, target), [*expected[:2], 1.0])  # constant within: that of all, (6 - 4) / 2
    assert_allclose(within_scale(sparse.csr_matrix(source), sparse.csr_matrix(target)), [*expected[:2], 1.0])
    assert within_scale(np.full((5, 1), 0.1), np.full((7, 1), 0.1)) == 1
