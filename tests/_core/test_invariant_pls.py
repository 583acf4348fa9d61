"""Weights of domain-invariant partial least squares: optimal by finite differences, and their limits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import approx_fprime

from sktl._core.invariant_pls import difference, invariant_pls, weight_vector


@pytest.fixture
def tables():
    """Labelled rows, two sources and a target of 6 columns, each with its own covariance, all centred."""
    rng = np.random.default_rng(0)
    parts = [rng.normal(size=(n, 6)) @ rng.normal(size=(6, 6)) for n in (19, 14, 23)]
    a, b, target = (part - part.mean(axis=0) for part in parts)
    y = a @ rng.normal(size=6) + rng.normal(size=19)
    return a, y - y.mean(), [a, b], target


def naive_difference(sources, target):
    """Mean absolute difference of covariances, through its eigenvalues one by one."""
    total = np.zeros((6, 6))
    for rows in sources:
        values, vectors = np.linalg.eigh(np.cov(rows.T) - np.cov(target.T))
        for value, vector in zip(values, vectors.T, strict=True):
            total += abs(value) * np.outer(vector, vector) / len(sources)
    return total


def test_the_weights_are_the_optimum(tables):
    X, y, sources, target = tables
    D = naive_difference(sources, target)
    assert_allclose(difference(sources, target), D, rtol=1e-9, atol=1e-12)
    unit = np.mean([np.trace(np.cov(rows.T)) for rows in (*sources, target)])

    def objective(w):
        return np.sum((X - np.outer(y, w)) ** 2) + 3.0 * (y @ y / unit) * w @ D @ w

    w = weight_vector(X, y, sources, target, 3.0)
    scale = (w @ (X.T @ y)) / (y @ y * (1 + 3.0 / unit * w @ D @ w))  # the length that fits best
    assert_allclose(approx_fprime(scale * w, objective, 1e-6), 0, atol=1e-3 * np.sum(X**2) / 100)
    for step in np.random.default_rng(1).normal(size=(20, 6)) * 0.01:
        assert objective(scale * w) < objective(scale * w + step)
    for direction in np.eye(6):  # what |D| bounds
        spread = np.mean([abs(direction @ (np.cov(s.T) - np.cov(target.T)) @ direction) for s in sources])
        assert direction @ D @ direction >= spread - 1e-12


def test_large_weights_leave_the_directions_of_equal_variance(tables):
    X, y, _, _ = tables
    stretched = X.copy()
    stretched[:, :4] *= 3  # the last two columns keep their variances
    cut = np.linalg.qr(X)[0] @ np.diag([4, 3, 2, 2, 1, 1.0])  # uncorrelated, so that directions are columns
    other = cut * [3, 3, 3, 3, 1, 1]
    w = weight_vector(cut, y, [cut], other, 1e9)
    assert_allclose(w[:4], 0, atol=1e-6)
    assert_allclose(w[4:], (cut.T @ y)[4:] / np.linalg.norm((cut.T @ y)[4:]), rtol=1e-6)


def test_equal_domains_and_units_change_nothing(tables):
    X, y, sources, target = tables
    plain = X.T @ y / np.linalg.norm(X.T @ y)
    assert_allclose(weight_vector(X, y, [X], X, 5.0), plain, rtol=1e-9)
    assert_allclose(weight_vector(X, y, sources, target, 0.0), plain, rtol=1e-12)
    one = weight_vector(X, y, sources, target, 5.0)
    moved = weight_vector(1e4 * X, 1e-3 * y, [1e4 * rows for rows in sources], 1e4 * target, 5.0)
    assert_allclose(moved, one, rtol=1e-9)


def test_every_table_is_deflated_by_its_own_scores(tables):
    X, y, sources, target = tables
    found = invariant_pls(X, y, sources, target, 3, 2.0)
    rows, labels, domains = X.copy(), y.copy(), [s.copy() for s in (*sources, target)]
    for k in range(3):
        w = weight_vector(rows, labels, domains[:-1], domains[-1], 2.0)
        assert_allclose(found.weights[:, k], w, rtol=1e-7)
        t = rows @ w
        assert_allclose(found.inner[k], labels @ t / (t @ t), rtol=1e-7)
        labels = labels - (labels @ t / (t @ t)) * t
        rows = rows - np.outer(t, t @ rows) / (t @ t)
        domains = [d - np.outer(d @ w, (d @ w) @ d) / ((d @ w) @ (d @ w)) for d in domains]
    assert_allclose(X @ found.rotations, X @ found.rotations, rtol=1e-9)
    scores = X @ found.rotations
    assert_allclose(scores.T @ scores - np.diag(np.diag(scores.T @ scores)), 0, atol=1e-8 * np.sum(scores**2))
    assert len(invariant_pls(X, y, sources, target, 50, 2.0).inner) <= 6
