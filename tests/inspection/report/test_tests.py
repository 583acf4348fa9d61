import numpy as np
from made_shifts import TARGET, make
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import sqrtm
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import rbf_kernel

from sktl.inspection.report._tests import (
    align,
    concept_test,
    expected_mean_test,
    kernel_test,
    matched_test,
    mixture_test,
    n_relabellings,
    weighted_distance,
)
from sktl.metrics import mmd


def test_weighted_distance_by_a_naive_sum():
    rng = np.random.default_rng(0)
    source, target, weights = rng.normal(size=(13, 2)), rng.normal(size=(11, 2)), rng.random(13)
    k = rbf_kernel(np.concatenate([source, target]), gamma=0.7)
    pairs = [(i, j) for i in range(13) for j in range(13) if i != j]
    within = sum(weights[i] * weights[j] * k[i, j] for i, j in pairs) / sum(weights[i] * weights[j] for i, j in pairs)
    other = np.mean([k[13 + i, 13 + j] for i in range(11) for j in range(11) if i != j])
    between = sum(weights[i] * k[i, 13 + j] for i in range(13) for j in range(11)) / (11 * weights.sum())
    assert_allclose(weighted_distance(source, weights, target, 0.7), within + other - 2 * between)
    assert_allclose(weighted_distance(source, np.ones(13), target, 0.7), mmd(source, target, gamma=0.7))


def test_expected_means_are_right_if_the_regression_or_the_weights_are():
    rng = np.random.default_rng(0)
    x_source, x_target = rng.normal(size=(4001, 1)), rng.normal(0.7, 1, size=(3001, 1))
    weights, equal = np.exp(0.7 * x_source[:, 0] - 0.245), np.ones(4001)
    noise = rng.normal(size=4001), rng.normal(size=3001)
    for power, used, right in ((2, equal, True), (3, weights, True), (3, equal, False)):  # no cubes in the regression
        y = [x[:, 0] ** power + part for x, part in zip((x_source, x_target), noise, strict=True)]
        left, pvalue = expected_mean_test(x_source, y[0], used, x_target, y[1])
        assert (pvalue > 0.01) == right
        assert (abs(left) < 0.2) == right
        model = Ridge().fit(np.hstack([x_source, x_source**2]), y[0])
        errors = [part - model.predict(np.hstack([x, x**2])) for x, part in zip((x_source, x_target), y, strict=True)]
        assert_allclose(left, errors[1].mean() - np.average(errors[0], weights=used))
    left, pvalue = expected_mean_test(x_source, noise[0], equal, x_target, noise[1] + 0.2)  # p(y|x) differs
    assert_allclose(left, 0.2, atol=0.1)
    assert pvalue < 0.001


def test_matched_rows_have_labels_that_agree():
    rng = np.random.default_rng(0)
    y_source, y_target = rng.normal(size=301), rng.normal(1, 1, size=151)
    parts = [np.column_stack([y, y**2]) for y in (y_source, y_target)]  # the row gives the label away
    whole = kernel_test(*parts, gamma=0.5)
    distance, pvalue, share = matched_test(parts[0], y_source, parts[1], y_target, gamma=0.5)
    assert whole.pvalue < 0.01 < 0.2 < pvalue
    assert distance < 0.05 * whole.statistic
    reach = np.abs(y_source[:, None] - y_target).min(axis=0) < 0.1 * y_source.std()
    assert 0.5 < share <= reach.mean()
    assert matched_test(parts[0], y_source, parts[1], y_target + 9) is None


def test_alignment_gives_the_target_s_moments():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(201, 3)), rng.normal(size=(151, 3)) @ rng.normal(size=(3, 3)) + 5
    aligned = align(source, target, np.ones(3, dtype=bool))
    assert_allclose(aligned.mean(axis=0), target.mean(axis=0))
    assert_allclose(np.cov(aligned.T, bias=True), np.cov(target.T, bias=True))
    roots = [sqrtm(np.cov(Z.T, bias=True)) for Z in (source, target)]
    assert_allclose(aligned - target.mean(0), (source - source.mean(0)) @ np.linalg.inv(roots[0]) @ roots[1])
    assert_array_equal(align(source, target, np.array([True, False, False]))[:, 1:], source[:, 1:])
    scaled = align(source, target, np.ones(3, dtype=bool), axes=False)
    assert_allclose(scaled, (source - source.mean(0)) / source.std(0) * target.std(0) + target.mean(0))


def test_drawing_by_class_shares_explains_label_shift_alone():
    for kind, explained in (("label", True), ("covariate", False)):
        X, y, _ = make(kind, 0, True)
        prior = np.bincount(y[TARGET].astype(int)) / TARGET.sum()
        _, pvalue = mixture_test(X[~TARGET], y[~TARGET].astype(int), X[TARGET], prior)
        assert (pvalue > 0.05) == explained


def test_being_told_the_domain_gains_nothing_where_concepts_agree():
    found = [concept_test(*make("covariate", seed, True), True, seed)[1] for seed in range(5)]
    assert min(found) > 0.01


def test_low_levels_get_the_relabellings_they_need():
    assert n_relabellings(0.05) == 499
    assert 1 / (n_relabellings(0.001) + 1) < 0.001 / 9  # three tests of each of three kinds share a level
