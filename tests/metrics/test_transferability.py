import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal
from sklearn.covariance import ledoit_wolf

import sktl
from sktl._core.transferability import ledoit_wolf_shrinkage
from sktl.metrics.transferability import h_score, leep, log_me, nce, trans_rate


def task(n=61, d=5, n_classes=3, shift=1.0, seed=0):
    """Features whose first columns tell classes of unequal sizes apart."""
    rng = np.random.default_rng(seed)
    y = rng.choice(n_classes, n, p=[0.5, 0.3, 0.2][:n_classes] if n_classes == 3 else None)
    return rng.normal(size=(n, d)) + shift * np.eye(n_classes, d)[y], y


def between(X, y):
    """Covariance of the class means, by a loop over rows."""
    B = np.zeros((X.shape[1], X.shape[1]))
    for label in y:
        gap = X[y == label].mean(axis=0) - X.mean(axis=0)
        B += np.outer(gap, gap) / len(y)
    return B


def test_h_score_by_definition():
    X, y = task()
    truth = np.trace(np.linalg.inv(np.cov(X.T, bias=True)) @ between(X, y))
    assert h_score(X, y) == pytest.approx(truth)
    S, s = np.cov(X.T, bias=True), 0.3
    shrunk = (1 - s) * S + s * np.trace(S) / 5 * np.eye(5)
    assert h_score(X, y, shrinkage=s) == pytest.approx((1 - s) * np.trace(np.linalg.inv(shrunk) @ between(X, y)))
    assert h_score(X, y, shrinkage=0) == pytest.approx(truth)
    assert h_score(X, y, shrinkage=1) == 0


@pytest.mark.parametrize("d", [5, 90])
def test_shrunk_h_score_takes_ledoit_and_wolf_s_optimum(d):
    X, y = task(d=d)
    S, s = ledoit_wolf(X)
    assert ledoit_wolf_shrinkage(X) == pytest.approx(s)
    assert h_score(X, y, shrinkage="auto") == pytest.approx((1 - s) * np.trace(np.linalg.inv(S) @ between(X, y)))


def test_h_score_range_and_invariance():
    X, y = task()
    A = np.random.default_rng(1).normal(size=(5, 5))
    assert h_score(X @ A + 1e3, y) == pytest.approx(h_score(X, y))
    assert h_score(X * [1, 1e-9, 1e4, 1e9, 1], y) == pytest.approx(h_score(X, y))
    assert h_score(np.column_stack([X, X[:, 0]]), y) == pytest.approx(h_score(X, y))  # singular: pseudo-inverse
    assert h_score(np.eye(3)[y], y) == pytest.approx(2)  # number of classes - 1
    wide, y = task(41, 60, shift=0)
    assert h_score(wide, y) == pytest.approx(2)  # more columns than rows: it says nothing
    assert h_score(wide, y, shrinkage="auto") < 1
    assert h_score(np.ones((9, 2)), np.arange(9) % 2) == h_score(np.ones((9, 2)), np.arange(9) % 2, shrinkage=0.5) == 0


def evidence(X, y):
    """Largest log density of y under N(0, I / beta + X X' / alpha), by a numerical optimiser."""

    def negative(logs):
        a, b = np.exp(logs)
        return -multivariate_normal.logpdf(y, np.zeros(len(y)), np.eye(len(y)) / b + X @ X.T / a)

    return -min(minimize(negative, start, method="Nelder-Mead", tol=1e-10).fun for start in ((0, 0), (3, 1)))


@pytest.mark.parametrize("n, d", [(41, 4), (23, 31)])
def test_log_me_maximises_the_evidence(n, d):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    y = X[:, :2] @ [1.0, -2.0] + rng.normal(size=n)
    assert log_me(X, y) == pytest.approx(evidence(X, y) / n, abs=1e-5)
    Y = np.column_stack([y, X[:, 0] + 3 * rng.normal(size=n)])
    assert log_me(X, Y) == pytest.approx(np.mean([evidence(X, column) for column in Y.T]) / n, abs=1e-4)
    codes = (y > 0).astype(int)
    truth = np.mean([evidence(X, (codes == c).astype(float)) for c in (0, 1)]) / n
    assert log_me(X, codes) == pytest.approx(truth, abs=1e-4)
    assert log_me(X, codes.astype(float)) == log_me(X, np.where(codes, "b", "a")) == log_me(X, codes)


def test_log_me_limits():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(41, 4))
    y = X @ [1.0, 2.0, 0.0, 1.0] + rng.normal(size=41)
    assert log_me(1e3 * X, y) == pytest.approx(log_me(X, y), abs=1e-6)
    assert log_me(X, 10 * y) == pytest.approx(log_me(X, y) - np.log(10), abs=1e-6)
    assert log_me(X, X[:, 0]) > 5  # without noise: large, and finite
    assert log_me(X, 1e-9 * y) == pytest.approx(log_me(X, y) + 9 * np.log(10), abs=1e-6)
    assert log_me(X, y) > log_me(X[:, [2]], y)


def test_leep_by_loops():
    rng = np.random.default_rng(0)
    proba, y = rng.dirichlet(np.ones(4), size=31), rng.integers(0, 3, 31)
    total = 0
    for i in range(31):
        inside = 0
        for z in range(4):
            joint = sum(proba[k, z] for k in range(31) if y[k] == y[i]) / 31
            inside += joint / (sum(proba[:, z]) / 31) * proba[i, z]
        total += np.log(inside) / 31
    assert leep(proba, y) == pytest.approx(total)
    assert leep(np.column_stack([proba, np.zeros(31)]), y) == pytest.approx(total)


def test_nce_by_loops():
    rng = np.random.default_rng(0)
    z, y = rng.choice(["a", "b", "c"], 31), rng.integers(0, 3, 31)
    total = 0
    for label, source in zip(y, z, strict=True):
        total += np.log(np.sum((y == label) & (z == source)) / np.sum(z == source)) / 31
    assert nce(z, y) == pytest.approx(total)
    assert nce(y, np.where(y > 0, "p", "q")) == pytest.approx(0)


def test_leep_and_nce_limits():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 31)
    shares = np.bincount(y) / 31
    entropy = -np.sum(shares * np.log(shares))
    assert nce(np.zeros(31), y) == pytest.approx(-entropy) and leep(np.ones((31, 1)), y) == pytest.approx(-entropy)
    z = rng.integers(0, 4, 31)
    assert leep(np.eye(4)[z], y) == pytest.approx(nce(z, y))  # certain predictions


def test_trans_rate_by_definition():
    X, y = task()
    Z = X - X.mean(axis=0)

    def rate(Z):
        return 0.5 * np.linalg.slogdet(np.eye(5) + Z.T @ Z / (len(Z) * 0.01))[1]

    truth = rate(Z) - sum(np.mean(y == c) * rate(Z[y == c]) for c in range(3))
    assert trans_rate(X, y, eps=0.01) == pytest.approx(truth)
    assert trans_rate(X + 100, y, eps=0.01) == pytest.approx(truth)
    assert trans_rate(10 * X, y, eps=1.0) == pytest.approx(truth)
    wide, y = task(31, 60)
    Z = wide - wide.mean(axis=0)
    assert trans_rate(wide, y) == pytest.approx(
        0.5 * np.linalg.slogdet(np.eye(60) + Z.T @ Z / (31 * 1e-4))[1]
        - sum(
            np.mean(y == c) * 0.5 * np.linalg.slogdet(np.eye(60) + Z[y == c].T @ Z[y == c] / (np.sum(y == c) * 1e-4))[1]
            for c in range(3)
        )
    )


def test_trans_rate_is_blind_to_two_even_classes():
    half = np.random.default_rng(0).normal(size=(30, 4)) + 5
    X, y = np.concatenate([half, -half]), np.repeat([0, 1], 30)
    assert trans_rate(X, y) == pytest.approx(0, abs=1e-9)
    assert h_score(X, y) > 0.5


@pytest.mark.parametrize("score", [h_score, log_me, trans_rate])
def test_features_that_tell_more_score_more(score):
    values = [score(*task(301, shift=shift)) for shift in (0, 1, 2, 4)]
    assert np.all(np.diff(values) > 0)
    X, y = task()
    assert score(X[::-1], y[::-1]) == pytest.approx(score(X, y))
    assert score(X, np.array(["x", "y", "z"])[y]) == pytest.approx(score(X, y))


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda: h_score(np.ones((4, 2)), np.ones(4)), r"y has one class, \[1.0\]; this score needs at least two"),
        (lambda: h_score(np.ones((4, 2)), [0, 1, 0]), "inconsistent numbers of samples"),
        (lambda: h_score(np.full((4, 2), np.nan), [0, 1, 0, 1]), "Input X contains NaN"),
        (lambda: h_score(np.ones((4, 2)), [0, 1, 0, 1], shrinkage=2), "shrinkage must be .*; got 2"),
        (lambda: log_me(np.ones((4, 2)), [0, 1, 0, 1], task="rank"), "task must be one of"),
        (lambda: log_me(np.ones((4, 2)), [0.5, np.nan, 0, 1], task="regression"), "Input y contains NaN"),
        (lambda: log_me(np.ones((4, 2)), np.zeros(4), task="regression"), "An output of y is 0 in every row"),
        (lambda: log_me(np.ones((4, 2)), [0, 1, 0, 1], max_iter=0), "max_iter must be"),
        (lambda: leep([[0.5, 0.6], [0.5, 0.5]], [0, 1]), "Rows of y_proba must be probabilities .* from 1 to 1.1"),
        (lambda: leep([0, 1], [0, 1]), "y_proba must hold a probability for each source class.*For predicted classes"),
        (lambda: leep([[-0.5, 1.5], [0.5, 0.5]], [0, 1]), "least -0.5"),
        (lambda: nce([0, 1, 1], [0, 1]), "inconsistent numbers of samples"),
        (lambda: trans_rate(np.ones((4, 2)), [0, 1, 0, 1], eps=0), "eps must be a number > 0; got 0"),
    ],
)
def test_errors(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_where_it_lives():
    assert sktl.metrics.transferability.h_score is h_score
