import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.metrics.pairwise import rbf_kernel

from sktl._core.ratio import (
    LeastSquares,
    clip_weights,
    effective_sample_size,
    equal_rows,
    first_as_good,
    fold_numbers,
    gaussian_expansion,
    gaussian_moments,
    least_squares_loss,
    log_features,
    log_mean_features,
    log_sum_expansion,
    odds_to_ratio,
    solve_mixture,
    squared_distances,
)


def features(seed, n_source=23, n_target=17, b=7):
    """Kernel features of two samples of unequal size."""
    rng = np.random.default_rng(seed)
    source, target = rng.normal(size=(n_source, 2)), rng.normal(0.7, 0.8, size=(n_target, 2))
    return rbf_kernel(source, target[:b], gamma=0.5), rbf_kernel(target, target[:b], gamma=0.5)


def naive_coef(source, target, alpha, reg):
    """(alpha H_t + (1 - alpha) H_s + reg I)^-1 h, row by row."""
    H = np.zeros((source.shape[1],) * 2)
    for row in source:
        H += (1 - alpha) * np.outer(row, row) / len(source)
    for row in target:
        H += alpha * np.outer(row, row) / len(target)
    return np.linalg.inv(H + reg * np.eye(len(H))) @ target.mean(axis=0)


def least_squares(source, target, alpha):
    return LeastSquares(
        source.T @ source / len(source),
        target.T @ target / len(target),
        target.mean(axis=0),
        len(source),
        len(target),
        alpha,
    )


@pytest.mark.parametrize("sizes", [(23, 17), (11, 31), (2, 9), (9, 2)])
@pytest.mark.parametrize("reg", [1e-3, 0.1, 3.0])
@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("nonnegative", ["ratio", "coef"])
def test_leave_one_out_is_brute_force(nonnegative, alpha, reg, sizes):
    source, target = features(0, *sizes)
    problem = least_squares(source, target, alpha)
    cut = (lambda coef: coef) if nonnegative == "ratio" else (lambda coef: np.maximum(coef, 0))
    without_source = [naive_coef(np.delete(source, i, 0), target, alpha, reg) for i in range(len(source))]
    without_target = [naive_coef(source, np.delete(target, j, 0), alpha, reg) for j in range(len(target))]
    assert_allclose(problem.leave_one_out_solutions(source, reg, from_target=False), without_source, rtol=1e-7)
    assert_allclose(problem.leave_one_out_solutions(target, reg, from_target=True), without_target, rtol=1e-7)
    r_source = np.maximum([row @ cut(coef) for row, coef in zip(source, without_source, strict=True)], 0)
    r_target = np.maximum([row @ cut(coef) for row, coef in zip(target, without_target, strict=True)], 0)
    loss = (1 - alpha) / 2 * np.mean(r_source**2) + alpha / 2 * np.mean(r_target**2) - np.mean(r_target)
    assert problem.leave_one_out(source, target, reg, nonnegative) == pytest.approx(loss, rel=1e-8)


def test_some_left_out_ratios_are_negative():  # or the test above would not see the cut
    source, target = features(0)
    coef = least_squares(source, target, 0.0).leave_one_out_solutions(source, 1e-3, from_target=False)
    assert (np.einsum("ij,ij->i", source, coef) < 0).any() and (coef < 0).any()


def test_one_row_is_not_left_out():
    source, target = features(0, 9, 1, 1)
    problem = least_squares(source, target, 0.3)
    assert_allclose(problem.leave_one_out_solutions(target, 0.1, from_target=True), [problem.solve(0.1)])


@pytest.mark.parametrize("alpha", [0.0, 0.4])
def test_closed_form_and_its_cut(alpha):
    source, target = features(1)
    problem, coef = least_squares(source, target, alpha), naive_coef(source, target, alpha, 0.01)
    assert coef.min() < 0
    assert_allclose(problem.solve(0.01), coef, rtol=1e-8)
    assert_allclose(problem.solve(0.01, "coef"), np.maximum(coef, 0), rtol=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_exact_is_cvxpy_s_optimum(seed):
    import cvxpy as cp

    source, target = features(seed)
    problem = least_squares(source, target, 0.2)
    ours = problem.solve(0.003, "exact")
    x, system = cp.Variable(7), problem.matrix + 0.003 * np.eye(7)
    cp.Problem(cp.Minimize(0.5 * cp.quad_form(x, cp.psd_wrap(system)) - problem.mean @ x), [x >= 0]).solve(
        solver=cp.CLARABEL, tol_gap_rel=1e-10, tol_gap_abs=1e-10
    )
    assert_allclose(ours, x.value, atol=1e-5)
    assert ours.min() == 0
    objective = lambda coef: 0.5 * coef @ system @ coef - problem.mean @ coef  # noqa: E731
    assert objective(ours) <= objective(problem.solve(0.003, "coef"))


def test_loss_of_the_true_ratio_is_the_divergence():
    # ratio 2 on half of the source, 0 on the other; the target sees only the first half: PE = 1/2 mean (r - 1)^2
    source, target = np.array([2.0, 2.0, 0.0, 0.0]), np.array([2.0, 2.0, 2.0])
    assert -least_squares_loss(source, target, 0.0) - 0.5 == pytest.approx(0.5 * np.mean((source - 1) ** 2))
    half_s, half_t = source / (0.5 * source + 0.5), target / (0.5 * target + 0.5)  # relative ratio, alpha = 1/2
    mixture = 0.5 * np.mean((half_s - 1) ** 2) + 0.5 * np.mean((half_t - 1) ** 2)
    assert -least_squares_loss(half_s, half_t, 0.5) - 0.5 == pytest.approx(0.5 * mixture)


# --- likelihood ---


@pytest.mark.parametrize("seed", range(8))
def test_mixture_is_cvxpy_s_optimum(seed):
    import cvxpy as cp

    rng = np.random.default_rng(seed)
    log_features = rng.normal(size=(61, 13)) * (1, 5)[seed % 2]
    ours = solve_mixture(log_features, tol=1e-9)
    assert ours.converged and ours.gap <= 1e-9 and ours.n_iter < 40
    assert ours.x.min() >= 0 and ours.x.sum() == pytest.approx(1, abs=1e-12)
    assert ours.objective == pytest.approx(np.mean(np.log(np.exp(log_features) @ ours.x)), rel=1e-10)
    x = cp.Variable(13)
    top = log_features.max(axis=1)
    scaled = np.exp(log_features - top[:, None])
    best = cp.Problem(cp.Maximize(cp.sum(cp.log(scaled @ x)) / 61), [x >= 0, cp.sum(x) == 1]).solve(cp.CLARABEL)
    assert ours.objective >= best + top.mean() - 1e-6
    assert ours.objective <= best + top.mean() + 1e-6


def test_mixture_stops_at_max_iter_with_an_honest_gap():
    log_features = np.random.default_rng(0).normal(size=(61, 13)) * 3
    short, best = solve_mixture(log_features, max_iter=3), solve_mixture(log_features, tol=1e-10)
    assert not short.converged and short.n_iter == 3
    assert short.objective <= best.objective <= short.objective + short.gap


@pytest.mark.parametrize("shift", [0.0, 2.0])
def test_mixture_of_many_rows_is_that_of_all_of_them(shift, monkeypatch):
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(5001, 1)), rng.normal(shift, 1, size=(4001, 1))
    logs = log_features(target, target[:25], 0.5, log_mean_features(source, target[:25], [0.5])[0])
    some = solve_mixture(logs, tol=1e-9)  # the curvature of 1 row in 16
    monkeypatch.setattr("sktl._core.ratio.CURVATURE_ROWS", 10**6)
    every = solve_mixture(logs, tol=1e-9)
    assert some.converged and every.converged
    assert some.objective == pytest.approx(every.objective, abs=2e-9)
    assert_allclose(np.exp(logs) @ some.x, np.exp(logs) @ every.x, rtol=1e-3)
    order = rng.permutation(4001)  # which rows are looked at does not depend on their order
    assert_allclose(solve_mixture(logs[order], tol=1e-9).x, some.x, atol=1e-6)


def test_far_rows_are_added_up_in_logarithms():
    X, centers = np.array([[0.0], [30.0], [80.0]]), np.array([[0.0], [1.0]])
    exponents = np.array([3.0, -2.0]) - 0.5 * (X - centers.T) ** 2
    assert exponents[2].max() < -3000
    assert_allclose(log_sum_expansion(X, centers, 0.5, np.array([3.0, -2.0])), np.logaddexp(*exponents.T), rtol=1e-12)


def test_first_as_good_allows_one_standard_error():
    source, target = np.array([[1.0, 3.0], [0.9, 2.9], [0.0, 2.0]]), np.zeros((3, 5))
    assert first_as_good(source, target) == 2  # the others are behind by the same in each row: no doubt
    assert first_as_good(source, np.arange(15.0).reshape(3, 5) * [[0.0], [0.0], [0.08]]) == 1
    noisy = source + [[0.0, 0.0], [5.0, -5.0], [0.0, 0.0]]
    assert first_as_good(noisy, target) == 1  # behind by 0.9 with a standard error of 5 / sqrt(2)


def test_log_mean_features_do_not_underflow():
    rng = np.random.default_rng(0)
    X, centers = rng.normal(size=(9001, 2)), np.array([[0.0, 0.0], [60.0, 0.0]])
    ours = log_mean_features(X, centers, [0.3, 2.0])
    assert ours[0, 0] == pytest.approx(np.log(np.mean(np.exp(-0.3 * (X**2).sum(1)))))
    far = ((X - centers[1]) ** 2).sum(1)
    assert ours[1, 1] == pytest.approx(-2 * far.min() + np.log(np.mean(np.exp(-2 * (far - far.min())))))


# --- features, weights, rows ---


def test_moments_and_expansion_over_several_blocks():
    rng = np.random.default_rng(0)
    X, centers = rng.normal(size=(9001, 3)) + 1e4, rng.normal(size=(5, 3)) + 1e4
    first, second = gaussian_moments(X, centers, [0.2, 1.0])
    for k, gamma in enumerate([0.2, 1.0]):
        F = np.exp(-gamma * ((X[:, None] - centers[None]) ** 2).sum(-1))
        assert_allclose(first[k], F.mean(axis=0), rtol=1e-7)
        assert_allclose(second[k], F.T @ F / 9001, rtol=1e-7)
        assert_allclose(gaussian_expansion(X, centers, gamma, np.arange(5)), F @ np.arange(5), rtol=1e-7)
    rows = sparse.csr_matrix(X[:50] - 1e4)
    assert_allclose(squared_distances(rows, rows[:5]), squared_distances(X[:50], X[:5]), atol=1e-6)


def test_weights_and_odds():
    weights = np.array([1.0, 2.0, 3.0, 6.0])
    assert clip_weights(weights, None) == (pytest.approx(weights), 0.0)
    assert clip_weights(weights, 1.0) == (pytest.approx([1, 2, 3, 3]), 0.25)
    assert clip_weights(weights, 0.5) == (pytest.approx([1, 2, 2.5, 2.5]), 0.5)
    assert effective_sample_size(weights) == pytest.approx(144 / 50)
    assert odds_to_ratio(0.5, 10, 30) == pytest.approx(1 / 3)  # as likely target as source, though 3 times as many


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_equal_rows_share_a_number_and_a_fold(container):
    rng = np.random.default_rng(0)
    table = rng.integers(0, 3, size=(401, 3)).astype(float)
    numbers = equal_rows(container(table))
    expected = np.unique(table, axis=0, return_inverse=True)[1].ravel()
    assert len(set(zip(numbers, expected, strict=True))) == len(set(expected)) == len(set(numbers))
    stratum = np.arange(401) < 60
    folds = fold_numbers(container(table), stratum, 4, np.random.RandomState(0))
    assert len(set(zip(folds, expected, strict=True))) == len(set(expected))
    order = rng.permutation(401)
    again = fold_numbers(container(table[order]), stratum[order], 4, np.random.RandomState(0))
    assert_array_equal(again, folds[order])


def test_folds_are_stratified():
    X, stratum = np.random.default_rng(0).normal(size=(401, 2)), np.arange(401) < 43
    folds = fold_numbers(X, stratum, 5, np.random.RandomState(0))
    assert set(np.bincount(folds)) == {80, 81} and set(np.bincount(folds[stratum])) <= {8, 9}
