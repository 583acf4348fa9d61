"""Scores of numbers: scikit-learn's with weights, the variance of unseen labels, chance by all pairs."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import metrics

from sktl._core.expected_numbers import NUMBER_METHODS, NUMBER_SCORES, NumberEvidence, variance_of_labels


@pytest.fixture
def evidence():
    rng = np.random.default_rng(0)
    predicted, new = rng.normal(size=201), rng.normal(0.5, 2, 303)
    y = 0.8 * predicted + 0.3 * rng.normal(size=201) + 0.1
    return NumberEvidence(predicted, y, rng.uniform(0, 3, 201), new, np.zeros((201, 2)), np.full((303, 2), 0.0))


PEERS = {
    "r2": metrics.r2_score,
    "mean_squared_error": metrics.mean_squared_error,
    "mean_absolute_error": metrics.mean_absolute_error,
    "root_mean_squared_error": metrics.root_mean_squared_error,
}


@pytest.mark.parametrize("name", NUMBER_SCORES)
def test_weighted_scores_are_scikit_learn_s(evidence, name):
    sign = -1 if name.startswith("neg_") else 1
    expected = sign * PEERS[name.removeprefix("neg_")](evidence.y, evidence.predicted, sample_weight=evidence.ratio)
    assert_allclose(NUMBER_METHODS["importance"](evidence, NUMBER_SCORES[name]), expected)


def test_the_variance_of_labels_is_right_where_the_relation_holds():
    rng = np.random.default_rng(1)
    predicted, new = rng.normal(size=50_000), rng.normal(1, 2, 50_000)
    y, y_new = (0.7 * p + 0.2 + 0.5 * rng.normal(size=50_000) for p in (predicted, new))
    evidence = NumberEvidence(predicted, y, np.ones(50_000), new, np.zeros((50_000, 2)), np.zeros((50_000, 2)))
    squared = np.mean((y_new - new) ** 2)
    # the mean error of the target differs from the source's, whose square is all that is known of it
    bias = np.mean(y_new - new) ** 2 - np.mean(y - predicted) ** 2
    assert_allclose(variance_of_labels(evidence, squared), y_new.var() + bias, rtol=0.02)


def test_modelled_losses_are_corrected_by_what_the_model_misses(evidence):
    errors = evidence.y - evidence.predicted
    # a model that says nothing is corrected to the source's mean
    found = NUMBER_METHODS["loss_model"](evidence, NUMBER_SCORES["mean_absolute_error"])
    assert_allclose(found, np.mean(np.abs(errors)))


def test_chance_is_the_mean_over_all_pairs(evidence):
    pairs = evidence.y[:, None] - evidence.new
    assert_allclose(evidence.chance(NUMBER_SCORES["mean_squared_error"]), np.mean(pairs**2))
    assert_allclose(evidence.chance(NUMBER_SCORES["mean_absolute_error"]), np.mean(np.abs(pairs)), rtol=0.02)


def test_some_rows_keep_all_that_is_theirs(evidence):
    rng = np.random.default_rng(4)
    losses, new_losses = rng.uniform(size=(201, 2)), rng.uniform(size=(303, 2))
    whole = NumberEvidence(evidence.predicted, evidence.y, evidence.ratio, evidence.new, losses, new_losses)
    source, target = rng.permutation(201)[:50], rng.permutation(303)[:70]
    part = whole.at(source, target)
    for name in ("predicted", "y", "ratio", "losses"):
        assert_array_equal(getattr(part, name), getattr(whole, name)[source])
    for name in ("new", "new_losses"):
        assert_array_equal(getattr(part, name), getattr(whole, name)[target])
    assert part.sizes == (50, 70)


def test_answers_of_regressors_are_their_predictions(evidence):
    for found, expected in zip(evidence.sureness(), (evidence.predicted, evidence.new), strict=True):
        assert_array_equal(found, expected)
