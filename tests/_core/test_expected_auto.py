"""The joined estimate: how far answers differ, the pull to chance, the belief around it, by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import ks_2samp, norm

from sktl._core import expected_auto
from sktl._core.expected_auto import answers_moved, expectation
from sktl._core.expected_numbers import NUMBER_SCORES
from sktl._core.soft_scores import SCORES

ACCURACY = SCORES["accuracy"]


def test_the_distance_is_kolmogorov_s_less_what_chance_makes_of_it():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=301).round(1), rng.normal(0.7, 1, 203).round(1)  # with ties
    by_chance = np.pi**2 / 12 * (1 / 301 + 1 / 203)
    assert_allclose(answers_moved(a, b) ** 2, ks_2samp(a, b).statistic ** 2 - by_chance)
    assert answers_moved(a, a) == 0
    assert_allclose([answers_moved(-a, -b), answers_moved(b, rng.permutation(a))], answers_moved(a, b))
    assert_allclose(answers_moved(np.zeros(5000), np.ones(5000)), 1, atol=1e-3)
    squares = [ks_2samp(*rng.uniform(size=(2, 400))).statistic ** 2 for _ in range(300)]
    assert_allclose(np.mean(squares), np.pi**2 / 12 / 200, rtol=0.12)  # of two samples of one law


def test_the_estimate_goes_to_chance_where_rows_are_not_covered_and_answers_differ():
    def value(overlap, moved):
        return expectation([0.8, 0.9, 0.7], 0.5, 0.01, overlap, moved, ACCURACY).value

    assert_allclose(value(0.36, 0.25), 0.8 - 0.7 * np.sqrt(0.64 * 0.25) * 0.3)
    assert_allclose([value(1.0, 1.0), value(0.0, 0.0)], 0.8)


def test_the_belief_is_two_normals_cut_at_the_bounds_by_hand():
    values, overlap, moved, error = np.array([0.8, 0.9, 0.7]), 0.36, 0.25, 0.02
    belief = expectation(values, 0.5, error, overlap, moved, ACCURACY).belief
    centre = 0.8 - 0.7 * 0.4 * 0.3
    sure = np.sqrt((0.04 * 0.5) ** 2 + values.var() + error**2 + (0.35 * 0.64 * 0.3) ** 2)
    wide = np.sqrt(sure**2 + (0.15 * 0.5) ** 2)
    density = 0.9 * norm.pdf(belief.values, centre, sure)
    density += 0.1 * norm.pdf(belief.values, centre - 0.5 * (centre - 0.5), wide)
    assert (belief.values[0], belief.values[-1]) == (0, 1)
    assert_allclose(belief.shares, 0.99 * density / density.sum() + 0.01 / len(density))


def test_an_unknown_error_is_as_wide_as_the_way_from_chance_to_the_best():
    known, unknown = (expectation([0.8, 0.8], 0.5, error, 1.0, 0.0, ACCURACY) for error in (0.5, np.inf))
    assert_allclose(unknown.belief.shares, known.belief.shares)


@pytest.mark.parametrize("name", ["r2", "mean_squared_error"])
def test_units_of_a_score_of_numbers_are_those_of_its_way_to_chance(name):
    score = NUMBER_SCORES[name]
    values, chance = (np.array([0.5, 0.6]), -1.0) if name == "r2" else (np.array([4.0, 5.0]), 16.0)
    found = expectation(values, chance, 0.1, 1.0, 0.0, score)
    assert_allclose(found.value, values.mean())
    unit = abs(score.best - chance)
    middle = 0.5 * (found.belief.quantile(0.25) + found.belief.quantile(0.75))
    assert abs(middle - found.value) < 0.1 * unit
    assert found.belief.quantile(0.5) > 0 or name == "r2"  # no loss below 0
    assert expected_auto.SURE < (found.belief.quantile(0.9) - found.belief.quantile(0.1)) / unit < 0.5
