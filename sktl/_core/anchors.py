"""Least squares that are robust to shifts of the kind seen between domains: anchor regression from sums over rows."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg


@dataclass(frozen=True)
class Domain:
    """What least squares needs of a domain's rows; as few numbers as their sums of products, at full precision.

    Attributes
    ----------
    weight : float
        Sum of the rows' weights.
    mean : ndarray of shape (d + 1,)
        Means of the columns, then of the label.
    triangle : ndarray of shape (at most d + 1, d + 1)
        R with R'R = the sums of products about these means.
    """

    weight: float
    mean: np.ndarray
    triangle: np.ndarray


def reduce_domain(X, y, weights) -> Domain:
    """One domain's rows, reduced."""
    rows = np.column_stack([X, y])
    mean = weights @ rows / weights.sum()
    triangle = linalg.qr(np.sqrt(weights)[:, None] * (rows - mean), mode="r", check_finite=False)[0]
    return Domain(float(weights.sum()), mean, triangle[: rows.shape[1]])


def between_and_within(domains):
    """Mean of all rows, and rows (.., d + 1) whose products are those between domains' means, and within domains."""
    shares = np.array([one.weight for one in domains])
    means = np.array([one.mean for one in domains])
    centre = shares @ means / shares.sum()
    return centre, np.sqrt(shares)[:, None] * (means - centre), np.vstack([one.triangle for one in domains])


def anchor_solution(between, within, factor, reg):
    """Coefficients: least squares of the rows within and, with the factor, between, with a ridge."""
    d = within.shape[1] - 1
    ridge = np.sqrt(reg) * np.eye(d, d + 1)
    rows = np.vstack([within, np.sqrt(factor) * between, *([ridge] if reg > 0 else [])])
    units = np.linalg.norm(rows[:, :-1], axis=0)
    # columns of unit length: no column is taken for rounding because of its unit
    scaled = rows[:, :-1] / np.where(units > 0, units, 1.0)
    coef, _, rank, _ = linalg.lstsq(scaled, rows[:, -1], cond=1e-12)
    if rank == d:
        return coef / units
    return linalg.lstsq(rows[:, :-1], rows[:, -1], cond=1e-12)[0]  # of many solutions the shortest, as scikit-learn's


def left_out_errors(domains, factors, reg):
    """Mean squared error on each domain by the fit of all others, shape (n_domains, n_factors)."""
    errors = np.empty((len(domains), len(factors)))
    for k, own in enumerate(domains):
        centre, between, within = between_and_within(domains[:k] + domains[k + 1 :])
        for j, factor in enumerate(factors):
            # the residual is this combination of columns and label
            combination = np.append(-anchor_solution(between, within, factor, reg), 1.0)
            bias = combination @ (own.mean - centre)
            errors[k, j] = np.sum((own.triangle @ combination) ** 2) / own.weight + bias**2
    return errors
