"""Weights of several sources against cvxpy."""

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktl._core.losses import LOGISTIC
from sktl._core.source_weights import ball_weights, predictor_weights, simplex_weights

SETS = {"simplex": lambda b: [cp.sum(b) == 1], "ball": lambda b: [cp.norm(b) <= 1]}


@pytest.mark.parametrize("scale", [1.0, 1e6])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("solve", [simplex_weights, ball_weights])
def test_quadratic_programmes_are_cvxpys(solve, seed, scale):
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(4, 6))
    Q, q = scale * factor @ factor.T, scale * rng.normal(size=4) * (1 + 3 * seed)
    b = cp.Variable(4, nonneg=True)
    objective = cp.sum_squares(factor.T @ b) / 2 - (q / scale) @ b
    cp.Problem(cp.Minimize(objective), SETS[solve.__name__.split("_")[0]](b)).solve(solver=cp.CLARABEL)
    assert_allclose(solve(Q, q), b.value, atol=3e-5)


def test_no_source_is_worth_anything():
    assert ball_weights(np.eye(2), np.array([-1.0, -2.0])).tolist() == [0.0, 0.0]
    assert simplex_weights(np.eye(1), np.array([-1.0])).tolist() == [1.0]


@pytest.mark.parametrize("free", [True, False])
@pytest.mark.parametrize("weighting", ["simplex", "ball"])
def test_weights_of_predictors_are_cvxpys(weighting, free):
    rng = np.random.default_rng(2)
    sources = rng.normal(size=(61, 3))
    y = (sources @ [1.5, 0.5, -1.0] + 0.5 + rng.logistic(size=61) > 0).astype(float)

    def loss(eta):
        return LOGISTIC.value(y, eta[:, 0]).mean(), LOGISTIC.gradient(y, eta[:, 0])[:, None] / 61

    b, a = cp.Variable(3, nonneg=True), cp.Variable()
    eta = sources @ b + (a if free else 0)
    cp.Problem(cp.Minimize(cp.sum(cp.logistic(eta) - cp.multiply(y, eta))), SETS[weighting](b)).solve(
        solver=cp.CLARABEL
    )
    assert_allclose(predictor_weights(loss, sources[:, None, :], weighting, free), b.value, atol=1e-4)
