"""Two-step transfer of sparse linear models: both steps against cvxpy, held-out losses against naive loops."""

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktl._core.folds import deal_rows
from sktl._core.held_out_lasso import CrossValidated, Part, standard_error
from sktl._core.lasso import Rows, lasso, stacked
from sktl._core.losses import LOGISTIC, POISSON, SQUARED
from sktl._core.transfer_lasso import Problem, detect, two_steps


def make_rows(loss, n, coef, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, len(coef)))
    eta = X @ coef + seed % 3
    y = {
        "squared_error": eta + rng.normal(size=n),
        "log_loss": (eta + rng.logistic(size=n) > 0).astype(float),
        "poisson": rng.poisson(np.exp(0.5 * eta)).astype(float),
    }[loss.name]
    return Rows(np.asfortranarray(X), y, np.zeros(n), rng.uniform(1, 2, n), np.zeros(n, dtype=int))


def make_problem(loss, p=12, good=2, bad=1, n=45):
    true = np.r_[1.0, -1.0, 0.8, np.zeros(p - 3)]
    coefs = [true, *[true] * good, *[-np.roll(true, 5)] * bad]
    rows = [make_rows(loss, n if k else n - 4, coef, k) for k, coef in enumerate(coefs)]
    folds = [np.arange(len(one.y)) % 4 for one in rows]
    target, *sources = (Part(one, fold) for one, fold in zip(rows, folds, strict=True))
    return Problem(loss, target, sources, 15, 0.01)


@pytest.fixture(params=[SQUARED, LOGISTIC, POISSON], ids=lambda loss: loss.name)
def problem(request):
    return make_problem(request.param)


def cvxpy_lasso(loss, rows, penalty):
    w, b = cp.Variable(rows.X.shape[1]), cp.Variable(rows.n_domains)
    eta = rows.offset + rows.X @ w + b[rows.domain]
    losses = {
        "squared_error": lambda: cp.square(rows.y - eta) / 2,
        "log_loss": lambda: cp.logistic(eta) - cp.multiply(rows.y, eta),
        "poisson": lambda: cp.exp(eta) - cp.multiply(rows.y, eta),
    }[loss.name]()
    objective = rows.weights @ losses / rows.weights.sum() + penalty * cp.norm1(w)
    cp.Problem(cp.Minimize(objective)).solve(solver=cp.CLARABEL)
    return w.value, b.value


def test_both_steps_are_cvxpys_optima(problem):
    steps = two_steps(problem, [0, 1])
    rows = problem.target.rows
    together = stacked([rows, problem.sources[0].rows, problem.sources[1].rows])
    shared, _ = cvxpy_lasso(problem.loss, together, steps.penalties[0])
    assert_allclose(steps.shared, shared, atol=2e-3)
    rest = Rows(rows.X, rows.y, rows.X @ steps.shared, rows.weights, rows.domain)
    own, intercept = cvxpy_lasso(problem.loss, rest, steps.penalties[1])
    assert_allclose(steps.own, own, atol=2e-3)
    assert_allclose(steps.intercept, intercept[0], atol=3e-3)


@pytest.mark.parametrize("judges, members", [([], []), ([], [0, 2]), ([1], [0])])
def test_held_out_losses_are_those_of_a_loop(problem, judges, members):
    judged = problem.judge(judges, members)
    parts = [(problem.target.rows, problem.target.folds)]
    parts += [(problem.sources[k].rows, problem.sources[k].folds) for k in judges]
    whole = [problem.sources[k].rows for k in members]
    n_tried, losses = len(judged.penalties), [np.empty((len(f), len(judged.penalties))) for _, f in parts]
    for fold in range(4):
        rows = stacked([*(r.take(f != fold) for r, f in parts), *whole])
        path = lasso(problem.loss, rows, judged.penalties)
        last = np.minimum(np.arange(n_tried), len(path.penalties) - 1)  # a saturated path stays where it ended
        for g, (r, f) in enumerate(parts):
            held = r.take(f == fold)
            eta = held.X @ path.coef[last].T + path.intercepts[last, g]
            losses[g][f == fold] = problem.loss.value(held.y[:, None], eta)
    assert_allclose(judged.losses, np.vstack(losses), rtol=2e-3, atol=2e-3)


def test_good_sources_are_detected_and_bad_ones_are_not(problem):
    found = detect(problem, problem.judge([]))
    assert_array_equal(found.chosen, [True, True, False])
    assert found.gains[2] < found.gains[:2].min()


@pytest.mark.parametrize("loss", [SQUARED, LOGISTIC], ids=lambda loss: loss.name)
def test_with_bad_sources_alone_it_is_the_targets_lasso(loss):
    problem = make_problem(loss, good=0, bad=2)
    alone = problem.judge([])
    assert not detect(problem, alone).chosen.any()
    steps = two_steps(problem, [], alone)
    assert_allclose(steps.shared, lasso(loss, problem.target.rows, alone.penalties).coef[alone.best], atol=1e-6)
    assert not steps.own.any()


def test_choices_of_penalties():
    losses = np.array([[3.0, 1.0, 0.9, 1.0], [3.0, 1.2, 1.1, 1.3], [3.1, 1.0, 1.3, 1.2]])
    judged = CrossValidated(np.array([4.0, 3, 2, 1]), losses, np.ones(3))
    assert judged.best == 1 and judged.within_one_error == 1
    assert_allclose(standard_error(losses[:, 1], np.ones(3)), losses[:, 1].std(ddof=1) / np.sqrt(3))
    assert_allclose(standard_error(losses[:, 1], np.full(3, 7.0)), losses[:, 1].std(ddof=1) / np.sqrt(3))


def test_folds_keep_equal_rows_together_in_any_order():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(23, 3))[rng.integers(0, 23, 50)]
    folds = deal_rows(X, X[:, 0] > 0, 4, np.random.RandomState(0))
    order = rng.permutation(50)
    assert_array_equal(deal_rows(X[order], X[order, 0] > 0, 4, np.random.RandomState(0)), folds[order])
    assert all(len(set(folds[(row == X).all(axis=1)])) == 1 for row in X)
