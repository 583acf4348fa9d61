"""Shares of sources against cvxpy, and their limits."""

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktl._core.source_votes import disagreements, least_squares_shares, mixture_shares, nearness_shares


def test_mixture_shares_maximise_the_posterior():
    rng = np.random.default_rng(0)
    L = rng.gamma(1.0, size=(23, 4))
    w = cp.Variable(4, nonneg=True)
    objective = cp.sum(cp.log(L @ w)) + 2.0 / 4 * cp.sum(cp.log(w))
    cp.Problem(cp.Maximize(objective), [cp.sum(w) == 1]).solve()
    assert_allclose(mixture_shares(L, prior_rows=2.0, max_iter=20_000, tol=1e-12), w.value, atol=1e-4)
    assert_allclose(mixture_shares(1e-300 * L), mixture_shares(L), rtol=1e-6)  # only ratios count
    assert_allclose(mixture_shares(np.zeros((3, 2))), 0.5)


def test_least_squares_shares_solve_the_programme():
    rng = np.random.default_rng(1)
    y = rng.normal(size=17)
    P = y[:, None] * [1.0, 0.5, -1.0] + rng.normal(size=(17, 3))
    ridge = np.mean((P.mean(axis=1) - y) ** 2)
    w = cp.Variable(3, nonneg=True)
    objective = cp.sum_squares(P @ w - y) / 17 + ridge / 17 * cp.sum_squares(w - 1 / 3)
    cp.Problem(cp.Minimize(objective), [cp.sum(w) == 1]).solve()
    assert_allclose(least_squares_shares(P, y), w.value, atol=1e-5)
    assert_allclose(least_squares_shares(7 * P, 7 * y), least_squares_shares(P, y), atol=1e-6)
    assert_allclose(least_squares_shares(np.ones((4, 2)), np.ones(4)), 0.5)


def test_near_sources_have_more():
    shares = nearness_shares(np.array([1.0, 2.0, 3.0]))
    assert_allclose(shares[0] / shares[1], np.exp(0.5))
    assert_allclose(nearness_shares(np.array([5.0, 10.0, 15.0])), shares)
    assert_allclose(nearness_shares(np.array([0.0, -1e-9])), 0.5)


def test_disagreement_is_with_the_others():
    answers = np.array([[[0.0], [1.0]], [[0.0], [1.0]], [[1.0], [0.0]]])
    assert_allclose(disagreements(answers), [0.25, 0.25, 1.0])
    assert disagreements(answers[:1]) == pytest.approx(0)
