from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktl._core.sampling import difference_estimate, inclusion_probabilities, interval_of, one_a_stratum, spread_out


def pivotal_samples(chances):
    """Every sample of the ordered pivotal method, with its probability: two rows duel, the winner meets the next."""
    open_ends, done = [(1.0, 0, chances[0], frozenset(), 1)], Counter()
    while open_ends:
        weight, row, mass, drawn, rival = open_ends.pop()
        if rival == len(chances):
            done[drawn | {row} if mass > 0.5 else drawn] += weight  # what is left is whole but for rounding
            continue
        own, total = chances[rival], mass + chances[rival]
        if mass <= 1e-12 or mass >= 1 - 1e-12:
            open_ends.append((weight, rival, own, drawn | {row} if mass > 0.5 else drawn, rival + 1))
        elif total <= 1:
            open_ends.append((weight * mass / total, row, total, drawn, rival + 1))
            open_ends.append((weight * own / total, rival, total, drawn, rival + 1))
        else:
            open_ends.append((weight * (1 - own) / (2 - total), rival, total - 1, drawn | {row}, rival + 1))
            open_ends.append((weight * (1 - mass) / (2 - total), row, total - 1, drawn | {rival}, rival + 1))
    return done


def test_chances_are_in_proportion_and_at_most_one():
    assert_allclose(inclusion_probabilities(np.array([1.0, 2.0, 5.0]), 1), [0.125, 0.25, 0.625])
    assert_allclose(inclusion_probabilities(np.array([1.0, 1.0, 8.0, 2.0]), 2), [0.25, 0.25, 1, 0.5])
    assert_allclose(inclusion_probabilities(np.ones(3), 7), 1)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_samples_are_those_of_the_pivotal_method_and_the_estimate_is_unbiased(n):
    rng = np.random.default_rng(n)
    sizes, values, expected = rng.uniform(0.2, 3, 7), rng.normal(size=7), rng.normal(size=7)
    sizes[3] *= 6  # of 4 rows this one is sure
    chances, order = inclusion_probabilities(sizes, n), rng.permutation(7)
    truth = {frozenset(order[list(s)]): p for s, p in pivotal_samples(chances[order]).items() if p > 1e-12}
    assert_allclose([sum(p for s, p in truth.items() if row in s) for row in range(7)], chances)
    draws = [one_a_stratum(chances, order, rng) for _ in range(6000)]
    found = Counter(frozenset(draw.tolist()) for draw in draws)
    assert set(found) <= set(truth)
    assert {len(s) for s in found} == {n}
    for sample, p in truth.items():
        assert abs(found[sample] / 6000 - p) < 4 * np.sqrt(p * (1 - p) / 6000) + 1e-12
    estimates = {s: difference_estimate(values[list(s)], expected, chances, list(s), np.ones(7))[0] for s in truth}
    assert_allclose(sum(p * estimates[s] for s, p in truth.items()), values.mean())  # over all samples


def test_a_census_knows_the_mean():
    values, chances = np.array([1.0, 5.0, 3.0]), np.ones(3)
    drawn = one_a_stratum(chances, np.array([2, 0, 1]), np.random.default_rng(0))
    assert_array_equal(drawn, [2, 0, 1])
    assert_allclose(difference_estimate(values[drawn], np.zeros(3), chances, drawn, np.ones(3)), [3, 0])
    assert interval_of(3.0, 0.0, 3, 0.05) == (3.0, 3.0)


def test_errors_are_those_of_repeated_draws_and_sorting_lowers_them():
    rng = np.random.default_rng(0)
    expected = rng.uniform(0, 1, 400)
    values, flat = (rng.random(400) < expected) * 1.0, np.zeros(400)
    chances = inclusion_probabilities(np.ones(400), 30)
    found = {}
    for name, order in (("sorted", np.argsort(expected)), ("any", None)):
        draws = [one_a_stratum(chances, rng.permutation(400) if order is None else order, rng) for _ in range(600)]
        found[name] = np.array([difference_estimate(values[d], flat, chances, d, np.full(400, 0.5)) for d in draws])
    for table in found.values():
        assert_allclose(table[:, 0].mean(), values.mean(), atol=0.01)
        assert_allclose(table[:, 1].mean(), table[:, 0].std(), rtol=0.15)
    assert found["sorted"][:, 0].std() < 0.9 * found["any"][:, 0].std()


def test_a_sample_of_equal_values_keeps_an_error():
    chances = inclusion_probabilities(np.ones(100), 10)
    drawn = one_a_stratum(chances, np.arange(100), np.random.default_rng(0))
    assert_array_equal(drawn // 10, np.arange(10))  # one of each ten
    estimate, error = difference_estimate(np.zeros(10), np.zeros(100), chances, drawn, np.full(100, 0.3))
    assert estimate == 0
    assert 0.02 < error < 0.04  # one row in eleven as uncertain as .3: .3 / sqrt(10 x 11), and 90 % are not seen


def test_rows_are_spread_over_groups():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(4), 25)
    X = rng.normal(size=(100, 2)) + 50 * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])[groups]
    for seed in range(5):
        chosen = spread_out(X, np.ones(100), 4, np.zeros((0, 2)), np.random.default_rng(seed))
        assert set(groups[chosen]) == {0, 1, 2, 3}
        known = spread_out(X, np.ones(100), 3, X[:1], np.random.default_rng(seed))
        assert set(groups[known]) == {1, 2, 3}


def test_the_first_row_is_drawn_by_weight():
    weights, X = np.array([1.0, 0.0, 3.0]), np.arange(3.0)[:, None]
    draws = Counter(int(spread_out(X, weights, 1, X[:0], np.random.default_rng(s))[0]) for s in range(400))
    assert draws[1] == 0
    assert 260 < draws[2] < 340
    assert sorted(spread_out(np.zeros((3, 1)), weights, 5, X[:0], np.random.default_rng(0))) == [0, 1, 2]


def test_the_error_by_hand():
    values, expected = np.array([0.2, 0.9, 0.4]), np.array([0.1, 0.5, 0.3, 0.8, 0.6])
    chances, spread, drawn = (
        np.array([0.5, 0.7, 0.4, 0.8, 0.6]),
        np.array([0.3, 0.5, 0.4, 0.4, 0.5]),
        np.array([0, 3, 2]),
    )
    surprise = [(0.2 - 0.1) / 0.5, (0.9 - 0.8) / 0.8, (0.4 - 0.3) / 0.4]
    steps = (surprise[1] - surprise[0]) ** 2 + (surprise[2] - surprise[1]) ** 2
    foreseen = (0.3 / 0.5) ** 2 + (0.4 / 0.8) ** 2 + (0.4 / 0.4) ** 2
    variance = (3 * (3 / 4 * steps) + foreseen) / 4 * (1 - 3 / 5)  # three of five rows are known
    estimate, error = difference_estimate(values, expected, chances, drawn, spread)
    assert_allclose((estimate, error), (expected.mean() + sum(surprise) / 5, np.sqrt(variance) / 5))
