import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktl._core.mixture import log_features, log_mean_features, log_sum_expansion, solve_mixture


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
    monkeypatch.setattr("sktl._core.mixture.CURVATURE_ROWS", 10**6)
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


def test_log_mean_features_do_not_underflow():
    rng = np.random.default_rng(0)
    X, centers = rng.normal(size=(9001, 2)), np.array([[0.0, 0.0], [60.0, 0.0]])
    ours = log_mean_features(X, centers, [0.3, 2.0])
    assert ours[0, 0] == pytest.approx(np.log(np.mean(np.exp(-0.3 * (X**2).sum(1)))))
    far = ((X - centers[1]) ** 2).sum(1)
    assert ours[1, 1] == pytest.approx(-2 * far.min() + np.log(np.mean(np.exp(-2 * (far - far.min())))))


# --- features, weights, rows ---
