import numpy as np
import pytest
from made_shifts import TARGET, make
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import sqrtm
from scipy.stats import ks_2samp, norm, ttest_1samp, ttest_ind
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics.pairwise import rbf_kernel

from sktl.inspection.report._tests import (
    PENALTIES,
    _dependence,
    _weighted_ks,
    align,
    concept_test,
    expectation,
    expected_mean_test,
    kernel_test,
    lie_apart,
    matched_pairs,
    matched_test,
    mixture_test,
    n_relabellings,
    nearest_mixture,
    rescale,
    scores_of_a_mixture_test,
    scores_of_pairs_test,
    scores_within_classes_test,
    shapes_test,
    source_scores,
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
    pairs = matched_pairs(y_source, y_target)
    assert np.abs(y_source[pairs[0]] - y_target[pairs[1]]).max() < 0.1 * y_source.std()
    (distance, pvalue), share = matched_test(*parts, pairs, gamma=0.5), pairs[2]
    assert whole.pvalue < 0.01 < 0.2 < pvalue
    assert distance < 0.05 * whole.statistic
    reach = np.abs(y_source[:, None] - y_target).min(axis=0) < 0.1 * y_source.std()
    assert 0.5 < share <= reach.mean()
    assert matched_pairs(y_source, y_target + 9) is None
    left = scores_of_pairs_test(parts[0][:, 0], parts[1][:, 0], pairs)
    assert left.left < 0.05 * left.whole and left.whole_pvalue < 1e-9
    gaps = y_target[pairs[1]] - y_source[pairs[0]]
    assert_allclose(left.pvalue, ttest_1samp(gaps, 0).pvalue, rtol=0.1)
    assert_allclose(left.whole, y_target.mean() - y_source.mean())
    assert_allclose(
        norm.isf(left.whole_pvalue / 2), -ttest_ind(y_source, y_target, equal_var=False).statistic, rtol=0.01
    )


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


def wavy(n, seed, shift=0.0, turn=1.0):
    """Labels that trees and lines underfit (``shift``, ``turn``: how the target's differ), and features of one law."""
    rng = np.random.default_rng(seed)
    X, target = rng.normal(size=(n, 5)), np.arange(n) >= n // 2
    f = (np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2]) * np.where(target, turn, 1) + shift * target
    return X, (rng.random(n) < 1 / (1 + np.exp(-2.5 * f))).astype(float), target


def test_a_poor_model_of_the_labels_does_not_cost_the_level():
    found = [concept_test(*wavy(400, seed), True, seed, n_draws=99)[1] for seed in range(20)]
    assert np.sum(np.array(found) <= 0.05) <= 3  # P(more than 3 of 20) = 0.016 at the level


@pytest.mark.parametrize("change", [{"shift": 0.6}, {"turn": -1.0}])
def test_other_labels_of_the_same_rows_are_found(change):
    assert max(concept_test(*wavy(600, seed, **change), True, seed)[1] for seed in range(3)) <= 0.02


def test_where_concepts_agree_a_shift_of_the_rows_is_no_concept_shift():
    found = [concept_test(*make("covariate", seed, True), True, seed)[1] for seed in range(5)]
    assert min(found) > 0.01
    rng, target = np.random.default_rng(0), np.arange(500) >= 250
    X = rng.standard_t(2, size=(500, 3)) * np.where(target, 1.8, 1)[:, None]  # heavy tails in rows and numbers
    y = X[:, 0] + rng.standard_t(2, size=500)
    assert concept_test(X, y, target, False)[1] > 0.05
    assert concept_test(X, y + 1.5 * target, target, False)[1] < 0.01


@pytest.mark.parametrize("n", [31, 151])  # fewer rows than columns, and more
def test_expectation_is_scikit_learns_ridge_by_leave_one_out(n):
    rng = np.random.default_rng(0)
    F, G = rng.normal(size=(n, 40)) + 3, rng.normal(size=(7, 40))
    Y = np.column_stack([F[:, 0] + rng.normal(size=n), rng.normal(size=n), 1e3 * F[:, 1]])
    expected = [RidgeCV(PENALTIES).fit(F, y).predict(G) for y in Y.T]
    assert_allclose(expectation(F, Y)(G), np.transpose(expected), rtol=1e-6, atol=1e-6)
    assert_allclose(expectation(np.zeros((5, 1)), Y[:5])(np.zeros((2, 1))), [Y[:5].mean(axis=0)] * 2)


def test_dependence_by_naive_sums():
    rng = np.random.default_rng(0)
    errors, surprise, scores, X = (rng.normal(size=(13, k)) for k in (1, 4, 1, 2))
    P, near = errors * surprise, X - X.mean(axis=0)
    gaps = ((near[:, None] - near) ** 2).sum(axis=-1)
    gamma = 1 / (2 * np.median(np.sqrt(gaps[np.triu_indices(13, 1)])) ** 2)
    found = list(_dependence(errors, surprise, scores, X))
    for b in range(4):
        p, s = P[:, b], scores[:, 0] - scores.mean()
        assert_allclose(found[0][b], sum(p) ** 2)
        assert_allclose(found[1][b], sum(p * s) ** 2)
        assert_allclose(found[2][b], sum(sum(p * near[:, j]) ** 2 for j in range(2)))
        pairs = [(i, j) for i in range(13) for j in range(13) if i != j]
        assert_allclose(found[3][b], sum(p[i] * p[j] * np.exp(-gamma * gaps[i, j]) for i, j in pairs))


def test_label_shift_leaves_the_scores_within_classes_as_they_are():
    rng, target = np.random.default_rng(0), np.arange(600) >= 300
    y = (rng.random(600) < np.where(target, 0.8, 0.4)).astype(float)
    X = rng.normal(size=(600, 3)) + y[:, None]
    scores = source_scores(X, y, target, 2)
    found = scores_within_classes_test(scores, y, target)
    assert found.pvalue > 0.05 and found.left < 0.3 * found.whole and found.whole_pvalue < 1e-6
    parts = [[scores[(y == k) & rows, 1] for rows in (~target, target)] for k in (0, 1)]
    share = [np.mean(y[target] == k) for k in (0, 1)]
    assert_allclose(found.left, abs(sum(w * (b.mean() - a.mean()) for w, (a, b) in zip(share, parts, strict=True))))
    assert_allclose(found.whole, abs(scores[target, 1].mean() - scores[~target, 1].mean()))
    other = (X[:, 0] + np.where(target, 1.0, 0.0) + 0.5 * rng.normal(size=600) > 0.7).astype(float)  # other labels
    scores = source_scores(X - 0.4 * target[:, None], other, target, 2)
    assert scores_within_classes_test(scores, other, target).pvalue < 0.01


def test_a_mixture_is_told_from_rows_that_moved_by_scores():
    rng, target = np.random.default_rng(0), np.arange(1000) >= 500
    y = (rng.random(1000) < np.where(target, 0.85, 0.4)).astype(float)
    X = rng.normal(size=(1000, 2)) + 2 * y[:, None]
    hidden = np.where(target, np.nan, y)
    scores = source_scores(X, hidden, target, 2)
    left, pvalue, whole = scores_of_a_mixture_test(scores, hidden, target, np.array([0.15, 0.85]))
    assert pvalue > 0.05 and whole > 0.25
    moved = rng.normal(size=(1000, 2)) + np.outer(target, [1.0, 0.0])
    y = np.where(target, np.nan, (moved[:, 0] + 0.3 * rng.normal(size=1000) > 0).astype(float))
    prior = np.array([np.mean(moved[target, 0] <= 0), np.mean(moved[target, 0] > 0)])
    assert scores_of_a_mixture_test(source_scores(moved, y, target, 2), y, target, prior)[1] < 0.01


def test_weighted_ks_by_repeated_rows():
    rng = np.random.default_rng(0)
    source, other, times = rng.normal(size=23), rng.normal(0.5, 1, size=17), rng.integers(1, 5, size=23)
    repeated = ks_2samp(np.repeat(source, times), other).statistic
    assert_allclose(_weighted_ks(source, times.astype(float), other), repeated)


def test_rescaling_finds_the_units_of_heavy_tails_and_of_gaps():
    rng = np.random.default_rng(0)
    Z = rng.standard_t(2, size=(401, 2))
    source, target = Z[:201].copy(), Z[201:] * [2.0, 0.4] + [1, -3]
    scaled = rescale(source, target, np.ones(2, dtype=bool))
    assert_allclose(scaled, source * [2.0, 0.4] + [1, -3], rtol=0.2, atol=0.4)
    exact = rescale(source, source * [2.0, 0.4] + [1, -3], np.ones(2, dtype=bool))
    assert_allclose(exact, source * [2.0, 0.4] + [1, -3])
    gaps = np.zeros(source.shape, dtype=bool), np.zeros(target.shape, dtype=bool)
    gaps[0][:50, 0] = True
    source[:50, 0] = 7.0
    filled = rescale(source, target, np.array([True, False]), gaps)
    assert_array_equal(filled[:50, 0], 7.0)
    assert_array_equal(filled[:, 1], source[:, 1])
    assert_allclose(filled[50:, 0], 2 * source[50:, 0] + 1, rtol=0.2, atol=0.4)


def test_shapes_of_few_values_survive_an_estimated_scale():
    rng = np.random.default_rng(0)
    source, target = rng.integers(0, 4, size=(251, 1)) * 1.03 + 0.02, rng.integers(0, 4, size=(249, 1)) * 1.0
    assert ks_2samp(source[:, 0], target[:, 0]).pvalue < 1e-3
    assert shapes_test(source, target)[1] > 0.05
    other = np.where(target == 3, 9.0, target)
    assert shapes_test((source - source.mean()) / source.std(), (other - other.mean()) / other.std())[1] < 0.01


def test_the_nearest_mixture_by_a_grid():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, size=83)
    source, target = (
        rng.normal(size=(83, 2)) + 2 * codes[:, None],
        rng.normal(size=(71, 2)) + 2 * (rng.random(71) < 0.8)[:, None],
    )
    shares = nearest_mixture(source, codes, target, gamma=0.3)
    grid = np.linspace(0, 1, 1001)
    k = [rbf_kernel(source[codes == i], source[codes == j], gamma=0.3) for i, j in ((0, 0), (0, 1), (1, 1))]
    within = [(part.sum() - len(part)) / (len(part) * (len(part) - 1)) for part in (k[0], k[2])]
    across = [rbf_kernel(source[codes == i], target, gamma=0.3).mean() for i in (0, 1)]
    distances = (
        (1 - grid) ** 2 * within[0]
        + grid**2 * within[1]
        + 2 * grid * (1 - grid) * k[1].mean()
        - 2 * ((1 - grid) * across[0] + grid * across[1])
    )
    assert_allclose(shares, [1 - grid[distances.argmin()], grid[distances.argmin()]], atol=1e-3)
    assert shares[1] > 0.65


def test_units_keep_the_shape_of_a_column_and_periods_do_not():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(201, 3)), rng.normal(size=(151, 3)) * [2.2, 1, 1] + [5, 0, 0]
    assert lie_apart(source, target, 1.0, 1.5).tolist() == [True, False, False]
    standard = [(Z - Z.mean(axis=0)) / Z.std(axis=0) for Z in (source, target)]
    assert shapes_test(*standard)[1] > 0.05
    years = rng.integers(2018, 2022, size=(201, 1)), rng.integers(2022, 2024, size=(151, 1))
    assert shapes_test(*((Z - Z.mean()) / Z.std() for Z in years))[1] < 0.01


def test_low_levels_get_the_relabellings_they_need():
    assert n_relabellings(0.05) == 499
    assert 1 / (n_relabellings(0.001) + 1) < 0.001 / 9  # three tests of each of three kinds share a level
