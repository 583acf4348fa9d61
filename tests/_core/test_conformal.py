"""Conformal prediction against the papers' definitions, written as loops."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktl._core.conformal import (
    Band,
    WeightedScores,
    conformal_bounds,
    conformal_pvalues,
    keeps,
    label_scores,
    mixture_quantile,
    needed_level,
    own_share,
    pooled_weights,
    scores_by_cell,
)


def loop_quantile(scores, weights, own, alpha):
    """Tibshirani et al. (2019): quantile 1 - alpha of sum_i p_i delta_{s_i} + p_new delta_inf."""
    total = weights.sum() + own
    for value in np.sort(scores):
        if weights[scores <= value].sum() / total >= 1 - alpha:
            return value
    return np.inf


@pytest.mark.parametrize("alpha", [0.03, 0.1, 0.37, 0.9])
def test_the_quantile_is_that_of_the_definition(alpha):
    rng = np.random.default_rng(0)
    scores, weights = rng.integers(0, 25, 53) / 7, rng.gamma(0.7, size=53)  # with ties
    own = np.array([0.0, 0.01, 0.5, 2.0, 30.0])
    part = WeightedScores.of(scores, weights)
    found = part.quantile(needed_level(alpha, own_share(own, part.total)))
    assert_array_equal(found, [loop_quantile(scores, weights, w, alpha) for w in own])


def test_equal_weights_are_the_plain_split_conformal_method():
    scores = np.random.default_rng(1).normal(size=99)
    part, share = WeightedScores.of(scores, np.ones(99)), own_share(1.0, 99)
    for hundredths in range(1, 100):
        alpha = hundredths / 100
        k = -(-(1 - Fraction(hundredths, 100)) * 100 // 1)  # ceil((1 - alpha)(n + 1)), in whole numbers
        assert part.quantile(needed_level(alpha, share)) == (np.sort(scores)[int(k) - 1] if k <= 99 else np.inf)
        kept = keeps(conformal_pvalues([part], [scores], share), alpha)
        assert_array_equal(kept, scores <= np.append(np.sort(scores), np.inf)[int(k) - 1])


def test_pvalues_keep_what_the_quantile_keeps():
    rng = np.random.default_rng(2)
    scores, weights, values = rng.normal(size=61), rng.gamma(1, size=61), rng.normal(size=(17, 4))
    part, share = WeightedScores.of(scores, weights), own_share(rng.gamma(1, size=(17, 1)), weights.sum())
    by_quantile = values <= part.quantile(needed_level(0.2, share))
    assert_array_equal(keeps(conformal_pvalues([part], [values], share), 0.2), by_quantile)


def test_the_new_row_s_own_weight_is_an_infinite_score():
    part = WeightedScores.of(np.arange(10.0), np.ones(10))
    assert part.quantile(needed_level(0.1, own_share(np.array([0.0, 1.0, 1.2, np.inf]), 10))).tolist() == [
        8.0,
        9.0,
        np.inf,
        np.inf,
    ]
    nothing = WeightedScores.of(np.empty(0), np.empty(0))
    assert nothing.quantile(needed_level(0.1, own_share(1.0, nothing.total))) == np.inf
    assert conformal_pvalues([nothing], [np.array([3.0])], own_share(1.0, 0.0)) == 1


def test_without_the_new_row_s_mass_the_coverage_is_too_low():
    """20 calibration rows, ratio e^{x - 1/2}, residuals that grow with x; 4,000 draws: a standard error of .005."""
    rng = np.random.default_rng(0)
    hits = np.zeros(2)
    for _ in range(4000):
        x, new = rng.normal(size=20), rng.normal() + 1
        part = WeightedScores.of(np.exp(x) * np.abs(rng.normal(size=20)), np.exp(x - 0.5))
        score, share = np.exp(new) * np.abs(rng.normal()), own_share(np.exp(new - 0.5), part.total)
        hits += score <= part.quantile(needed_level(0.1, share)), score <= part.quantile(0.9)
    with_mass, without = hits / 4000
    assert with_mass > 0.89 and without < 0.85


def test_jackknife_plus_is_that_of_the_definition():
    rng = np.random.default_rng(3)
    parts = [WeightedScores.of(rng.gamma(1, size=n), rng.gamma(1, size=n)) for n in (7, 12, 9)]
    low, scale = rng.normal(size=(23, 3)), rng.gamma(3, size=(23, 3))
    bands = [Band(low[:, k], low[:, k] + 0.3, scale[:, k]) for k in range(3)]
    total = sum(part.total for part in parts)
    own = rng.gamma(2, size=23)
    found = conformal_bounds(parts, bands, needed_level(0.2, own_share(own, total)))
    weights = np.concatenate([np.diff(part.below) * part.total for part in parts])
    for i in range(23):
        ends = [part.scores * scale[i, k] for k, part in enumerate(parts)]
        down = np.concatenate([low[i, k] - end for k, end in enumerate(ends)])
        up = np.concatenate([low[i, k] + 0.3 + end for k, end in enumerate(ends)])
        expected = -loop_quantile(-down, weights, own[i], 0.2), loop_quantile(up, weights, own[i], 0.2)
        assert_allclose(found[i], expected, rtol=1e-9)
    assert np.isfinite(found).any()


def test_equal_models_in_all_folds_are_one_model():
    rng = np.random.default_rng(4)
    scores, weights = rng.gamma(1, size=40), rng.gamma(1, size=40)
    whole = WeightedScores.of(scores, weights)
    parts = scores_by_cell(scores, weights, np.arange(40) % 4, 4)
    level = np.array([0.05, 0.5, 0.93, 1.1])
    pooled = mixture_quantile(parts, np.zeros((4, 4)), np.ones((4, 4)), level)
    assert_allclose(pooled, whole.quantile(level), rtol=1e-9)


def test_a_band_drawn_in_beyond_its_middle_is_its_middle():
    part, band = WeightedScores.of(np.full(9, -2.0), np.ones(9)), Band(np.zeros(1), np.ones(1), np.ones(1))
    assert_allclose(conformal_bounds([part], [band], np.array([0.5])), [[0.5, 0.5]])


def test_pooled_weights_approximate_the_chance_to_be_the_new_row():
    """Given the values of n_s + m + 1 rows: m + 1 of them, any, are target rows in proportion to their ratios."""
    rng = np.random.default_rng(5)
    for m, tolerance in ((0, 1e-12), (2, 0.06)):
        ratio = np.exp(0.5 * rng.normal(size=12))
        subsets = list(combinations(range(12), m + 1))
        chances = np.array([np.prod(ratio[list(subset)]) for subset in subsets])
        included = np.array([[i in subset for subset in subsets] for i in range(12)]) @ chances
        weights = pooled_weights(ratio, 11 - m, m)
        assert_allclose(weights / weights.sum(), included / included.sum(), rtol=tolerance)


def test_limits_of_pooled_weights():
    assert_array_equal(pooled_weights(np.array([0.0, 0.3, np.inf]), 10, 0), [0, 0.3, np.inf])
    assert_allclose(pooled_weights(np.array([0.0, 1, np.inf]), 10, 5), [0, 1, 3])
    # where source and target have no rows in common, it is the plain method on the target's rows
    weights = pooled_weights(np.r_[np.zeros(10), np.full(5, np.inf)], 10, 5)
    assert own_share(pooled_weights(np.inf, 10, 5), weights.sum()) == pytest.approx(1 / 6)


def test_label_scores_are_those_of_the_papers():
    proba = np.array([[0.5, 0.2, 0.3], [0.1, 0.8, 0.1]])
    draws = np.array([0.25, 0.5])
    assert_allclose(label_scores(proba, "lac"), 1 - proba)
    assert_allclose(label_scores(proba, "aps"), [[0.5, 1, 0.8], [0.9, 0.8, 1]])
    assert_allclose(label_scores(proba, "aps", draws), [[0.375, 0.95, 0.725], [0.85, 0.4, 0.95]])
    assert_allclose(label_scores(proba, "raps", None, 0.1, 1), [[0.5, 1.2, 0.9], [1.0, 0.8, 1.2]])


def test_randomised_scores_are_uniform_where_the_probabilities_are_true():
    rng = np.random.default_rng(6)
    proba = rng.dirichlet(np.ones(4), size=20_000)
    y = (rng.random((20_000, 1)) > proba.cumsum(axis=1)).sum(axis=1)
    scores = label_scores(proba, "aps", rng.random(20_000))[np.arange(20_000), y]
    assert_allclose(np.quantile(scores, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.015)


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
def test_coverage_is_what_exchangeable_rows_of_unequal_weights_allow(alpha):
    """Each of the n + 1 rows is the new one with its share of the weight: 1 - alpha, and at most one share more."""
    rng = np.random.default_rng(3)
    scores, weights = rng.normal(size=31), rng.gamma(0.5, size=31)
    share, kept = weights / weights.sum(), np.empty(31, dtype=bool)
    for new in range(31):
        part = [WeightedScores.of(np.delete(scores, new), np.delete(weights, new))]
        own = own_share(weights[new], part[0].total)
        kept[new] = keeps(conformal_pvalues(part, [scores[new]], own), alpha)
    coverage = share @ kept
    assert 1 - alpha <= coverage <= 1 - alpha + share.max()
    missed = np.cumsum(share[np.argsort(-scores)])
    assert_allclose(coverage, 1 - missed[missed <= alpha].max(initial=0))
