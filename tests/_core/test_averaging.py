"""Averages over prior variances: one grid point against the closed form, evidence and left-out rows by brute force."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import multivariate_t

from sktl._core import averaging
from sktl._core.averaging import (
    Part,
    average_logistic,
    average_squared,
    effective_columns,
    kernel_of,
    linear_kernel_of,
    tempered,
)


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(23, 4))
    source = rng.normal(size=23)
    y = source + 1.0 + Z @ [0.5, 0, -0.3, 0] + 0.3 * rng.normal(size=23)
    return Z, source, y, np.column_stack([np.ones(23), source]), rng.random(23) + 0.5


def one_point(Z, kappa, variances):
    return [Part(linear_kernel_of(Z), np.array([kappa]), np.array([variances]))]


def ridge_by_hand(Z, B, r, weights, kappa, variances):
    """Coefficients of [B, Z] under penalties 1 / variances and 1 / kappa, by the normal equations."""
    design = np.hstack([B, Z])
    penalty = np.diag(np.concatenate([1 / np.asarray(variances), np.full(Z.shape[1], 1 / kappa)]))
    return np.linalg.solve(design.T @ (weights[:, None] * design) + penalty, design.T @ (weights * r))


def test_one_grid_point_is_the_ridge_of_its_variances(table):
    Z, source, y, B, weights = table
    fit = average_squared(y, source, B, one_point(Z, 0.7, [2.0, 0.3]), weights=weights)
    coef = ridge_by_hand(Z, B, y - source, weights, 0.7, [2.0, 0.3])
    assert_allclose(fit.basis_coef, coef[:2], rtol=1e-8)
    assert_allclose(Z.T @ fit.duals[0], coef[2:], rtol=1e-8)


def test_left_out_predictions_are_those_of_brute_force(table):
    Z, source, y, B, weights = table
    fit = average_squared(y, source, B, one_point(Z, 0.7, [2.0, 0.3]), weights=weights)
    for i in range(len(y)):
        rest = np.arange(len(y)) != i
        coef = ridge_by_hand(Z[rest], B[rest], (y - source)[rest], weights[rest], 0.7, [2.0, 0.3])
        assert_allclose(fit.left_out[i], source[i] + np.hstack([B[i], Z[i]]) @ coef, rtol=1e-8)


def test_evidence_is_the_density_of_a_t_distribution(table):
    """With s^2 ~ inverse gamma(1, noise / 2) the labels are t with 2 degrees of freedom, up to a common factor."""
    Z, source, y, B, _ = table
    grid = [(0.1, [1.0, 0.1]), (1.0, [1.0, 0.1]), (1.0, [10.0, 3.0]), (0.01, [0.1, 0.1])]
    densities, fits = [], []
    for kappa, variances in grid:
        C = np.eye(len(y)) + B @ np.diag(variances) @ B.T + kappa * Z @ Z.T
        densities.append(multivariate_t(shape=0.5 * C, df=2).logpdf(y - source))
        fits.append(average_squared(y, source, B, one_point(Z, kappa, variances), noise=1.0))
    parts = [part for kappa, variances in grid for part in one_point(Z, kappa, variances)]
    both = average_squared(y, source, B, parts, noise=1.0, temper=1.0)
    shares = tempered(np.array(densities), 1.0)
    assert_allclose(both.basis_coef, sum(s * fit.basis_coef for s, fit in zip(shares, fits, strict=True)), rtol=1e-7)
    assert_allclose(both.left_out, sum(s * fit.left_out for s, fit in zip(shares, fits, strict=True)), rtol=1e-7)


def test_shift_alone_is_the_shrunken_mean(table):
    _, source, y, _, _ = table
    k = 2.5
    shift = average_squared(y, source, np.ones((23, 1)), [Part(None, np.zeros(0), np.array([[1 / k]]))])
    assert_allclose(shift.basis_coef, [(y - source).sum() / (23 + k)])


def test_a_wide_table_is_solved_among_its_rows():
    rng = np.random.default_rng(1)
    Z, y = rng.normal(size=(7, 31)), rng.normal(size=7)
    fit = average_squared(y, np.zeros(7), np.ones((7, 1)), one_point(Z, 0.5, [1.0]))
    coef = ridge_by_hand(Z, np.ones((7, 1)), y, np.ones(7), 0.5, [1.0])
    assert_allclose(Z.T @ fit.duals[0], coef[1:], rtol=1e-7, atol=1e-10)


def logistic_by_hand(Z, B, y, offset, weights, kappa, variances):
    """Coefficients of [B, Z] by a general optimiser."""
    design = np.hstack([B, Z])
    penalty = np.concatenate([1 / np.asarray(variances), np.full(Z.shape[1], 1 / kappa)])

    def objective(coef):
        eta = offset + design @ coef
        return weights @ (np.logaddexp(0, eta) - y * eta) + 0.5 * penalty @ coef**2

    found = minimize(objective, np.zeros(design.shape[1]), method="BFGS", options={"gtol": 1e-9})
    eta = offset + design @ found.x
    hessian = design.T @ ((weights * expit(eta) * expit(-eta))[:, None] * design) + np.diag(penalty)
    evidence = -found.fun - 0.5 * np.linalg.slogdet(hessian)[1] + 0.5 * np.log(penalty).sum()
    return found.x, evidence


def test_logistic_average_is_that_of_laplace(table):
    Z, source, y, B, weights = table
    classes = (y > y.mean()).astype(float)
    grid = [(0.5, [1.0, 0.2]), (3.0, [1.0, 0.2]), (3.0, [4.0, 2.0])]
    fits = [logistic_by_hand(Z, B, classes, source, weights, *point) for point in grid]
    parts = [part for point in grid for part in one_point(Z, *point)]
    fit = average_logistic(classes, source, B, parts, weights=weights, temper=0.5)
    shares = tempered(np.array([evidence for _, evidence in fits]), 0.5)
    coef = sum(share * found for share, (found, _) in zip(shares, fits, strict=True))
    assert_allclose(fit.basis_coef, coef[:2], atol=1e-4)
    assert_allclose(sum(Z.T @ dual for dual in fit.duals), coef[2:], atol=1e-4)


def test_left_out_rows_can_stand_for_the_evidence(table):
    Z, source, y, B, weights = table
    classes = (y > y.mean()).astype(float)
    grid = [(0.1, [1.0, 0.2]), (30.0, [1.0, 0.2])]
    fits = [average_logistic(classes, source, B, one_point(Z, *point), weights=weights) for point in grid]
    likelihoods = [weights @ np.log(expit(np.where(classes > 0, f.left_out, -f.left_out))) for f in fits]
    parts = [part for point in grid for part in one_point(Z, *point)]
    fit = average_logistic(classes, source, B, parts, weights=weights, temper=0.5, by_left_out=True)
    shares = tempered(np.array(likelihoods), 0.5)
    assert_allclose(fit.basis_coef, sum(s * f.basis_coef for s, f in zip(shares, fits, strict=True)), rtol=1e-8)
    assert np.abs(fit.basis_coef - average_logistic(classes, source, B, parts, weights=weights).basis_coef).max() > 0.01


@pytest.mark.parametrize("as_sparse", [False, True])
def test_effective_columns_by_pairs(as_sparse, monkeypatch):
    rng = np.random.default_rng(0)
    Z, labeled = rng.normal(size=(40, 7)) * [3, 1, 1, 1, 1, 1, 0], np.arange(40) % 3 == 0
    pairs = [(Z[i] @ Z[j]) ** 2 for i in np.flatnonzero(labeled) for j in range(40) if j != i]
    by_hand = (Z[labeled] ** 2).sum(axis=1).mean() ** 2 / np.mean(pairs)
    monkeypatch.setattr(averaging, "BLOCK", 16)
    assert_allclose(effective_columns(sparse.csr_array(Z) if as_sparse else Z, labeled), by_hand)


def test_effective_columns_of_independent_ones_and_of_nothing():
    Z = np.random.default_rng(0).normal(size=(3000, 30))
    assert abs(effective_columns(Z, np.arange(3000) < 300) - 30) < 1.5
    for rows in (Z[:1], np.eye(3), np.zeros((3, 2))):  # one row, no likeness at all, no rows to speak of
        assert effective_columns(rows, np.ones(len(rows), dtype=bool)) == 0


def test_left_out_log_odds_are_near_those_of_brute_force(table):
    Z, source, y, B, weights = table
    classes = (y > y.mean()).astype(float)
    fit = average_logistic(classes, source, B, one_point(Z, 0.3, [1.0, 0.2]), weights=weights)
    exact = []
    for i in range(len(y)):
        rest = np.arange(len(y)) != i
        coef, _ = logistic_by_hand(Z[rest], B[rest], classes[rest], source[rest], weights[rest], 0.3, [1.0, 0.2])
        exact.append(source[i] + np.hstack([B[i], Z[i]]) @ coef)
    assert_allclose(fit.left_out, exact, atol=0.06)  # one Newton step
    assert np.abs(fit.left_out - exact).mean() < 0.015


def test_kernel_keeps_what_is_more_than_rounding():
    Z = np.random.default_rng(0).normal(size=(9, 3))
    for kernel in (kernel_of(Z @ Z.T), linear_kernel_of(Z), linear_kernel_of(np.hstack([Z, np.zeros((9, 20))]))):
        assert kernel.vectors.shape == (9, 3)
        assert_allclose(kernel.vectors * kernel.values @ kernel.vectors.T, Z @ Z.T, atol=1e-10)


def test_row_order_and_units_of_y(table):
    Z, source, y, B, _ = table
    order = np.random.default_rng(2).permutation(len(y))
    parts, shuffled = one_point(Z, 0.5, [1.0, 1.0]), one_point(Z[order], 0.5, [1.0, 1.0])
    straight = average_squared(y, source, B, parts, noise=0.1)
    assert_allclose(
        average_squared(y[order], source[order], B[order], shuffled, noise=0.1).left_out, straight.left_out[order]
    )
    scaled = average_squared(1000 * y, 1000 * source, B, parts, noise=0.1e6)
    assert_allclose(scaled.left_out, 1000 * straight.left_out)
