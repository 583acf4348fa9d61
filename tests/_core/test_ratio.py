import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.metrics.pairwise import rbf_kernel

from sktl._core.distances import squared_distances
from sktl._core.ratio import LeastSquares, gaussian_expansion, gaussian_moments, least_squares_loss


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
