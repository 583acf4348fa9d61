"""Leave-one-out losses of GLMs towards a source against refits, and the path's choice."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktl._core import biased_glm
from sktl._core.biased_glm import Problem, fit_at, fit_path, left_out_loss, penalties_for
from sktl._core.coordinates import Coordinates, coordinates
from sktl._core.losses import LOGISTIC, POISSON, SQUARED, SQUARED_HINGE, multinomial_value


def make_problem(kind, n=37, d=5, intercept="free", seed=0):
    rng = np.random.default_rng(seed)
    X, source = rng.normal(size=(n, d)), rng.normal(size=(3, d)) * 0.6
    eta, offset = X @ source.T, X @ (source + 0.3 * rng.normal(size=(3, d))).T
    weights = rng.integers(1, 3, n).astype(float)
    if kind == "multinomial":
        y, loss = (eta + rng.gumbel(size=eta.shape)).argmax(axis=1), None
    else:
        loss = {"squared": SQUARED, "logistic": LOGISTIC, "poisson": POISSON, "hinge": SQUARED_HINGE}[kind]
        offset, eta = offset[:, :1], eta[:, 0]
        if kind in ("logistic", "hinge"):
            y = (eta + rng.logistic(size=n) > 0).astype(float)[:, None]
        else:
            y = (eta + rng.normal(size=n) if kind == "squared" else rng.poisson(np.exp(eta)))[:, None].astype(float)
    return Problem(coordinates(X), y, offset, weights, loss, intercept)


def refitted_loss(problem, reg):
    """Mean loss of each row by a fit without one unit of its weight."""
    total = 0.0
    for i in range(len(problem.weights)):
        left = problem.weights.copy()
        left[i] -= 1
        kept = left > 0
        rest = Problem(
            Coordinates(problem.rows.rows[kept]),
            problem.y[kept],
            problem.offset[kept],
            left[kept],
            problem.loss,
            problem.intercept,
        )
        coef, intercept, *_ = fit_at(rest, reg)
        eta = problem.offset[i] + intercept + coef @ problem.rows.rows[i]
        if problem.loss is None:
            total += problem.weights[i] * multinomial_value(problem.y[[i]], eta[None])[0]
        else:
            total += problem.weights[i] * problem.loss.value(problem.y[i], eta)[0]
    return total / problem.total


@pytest.mark.parametrize("intercept", ["free", "penalised", "none"])
@pytest.mark.parametrize(
    "kind, tolerance",
    [("squared", 1e-6), ("logistic", 0.02), ("poisson", 0.03), ("hinge", 0.05), ("multinomial", 0.03)],
)
def test_left_out_losses_are_near_those_of_refits(kind, tolerance, intercept):
    problem = make_problem(kind, intercept=intercept)
    for reg in (1.0, 10.0, np.inf):
        coef, offset, *_ = fit_at(problem, reg)
        assert_allclose(left_out_loss(problem, reg, coef, offset), refitted_loss(problem, reg), rtol=tolerance)


def test_class_by_class_leverages_are_near_the_joint_ones(monkeypatch):
    problem = make_problem("multinomial")
    fit = fit_at(problem, 5.0)
    joint = left_out_loss(problem, 5.0, *fit[:2])
    monkeypatch.setattr(biased_glm, "MOST_JOINT", 1)
    assert_allclose(left_out_loss(problem, 5.0, *fit[:2]), joint, rtol=0.15)


@pytest.mark.parametrize("kind", ["logistic", "poisson", "hinge", "multinomial"])
def test_the_path_takes_the_least_loss_and_its_fit(kind):
    problem = make_problem(kind)
    found = fit_path(problem)
    assert found.reg == found.regs[np.argmin(found.losses)]
    assert list(found.regs) == list(penalties_for(problem)[: len(found.regs)])
    coef, intercept, *_ = fit_at(problem, found.reg)
    assert_allclose(found.coef, coef, atol=1e-5)
    assert_allclose(found.intercept, intercept, atol=1e-5)


def test_repeated_rows_are_weights():
    problem = make_problem("logistic")
    repeat = np.repeat(np.arange(37), problem.weights.astype(int))
    rows = Coordinates(problem.rows.rows[repeat])
    repeated = Problem(rows, problem.y[repeat], problem.offset[repeat], np.ones(len(repeat)), LOGISTIC, "free")
    assert_allclose(fit_path(repeated, problem_regs := [1.0, 9.0]).losses, fit_path(problem, problem_regs).losses)
