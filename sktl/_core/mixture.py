"""Maximum likelihood of a mixture of kernels: KLIEP's programme, in logarithms."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from sktl._core.distances import squared_distances
from sktl._core.kernels import blocks
from sktl._core.ratio import ROWS, gaussian_features

CURVATURE_ROWS = 10  # rows a feature that the curvature of a likelihood looks at, until more are needed
STEP_BACK = 0.99  # how far of the way to the boundary a step may go: on it the barrier has no derivative
SMALLEST = 1e-200  # sums of features below this are added up in logarithms


@dataclass(frozen=True)
class MixtureSolution:
    """What :func:`solve_mixture` returns.

    Attributes
    ----------
    x : ndarray of shape (b,)
        The maximiser: not negative, of sum 1.
    objective : float
        Mean logarithm at ``x``.
    gap : float
        The maximum lies at most this far above ``objective``.
    n_iter : int
        Iterations done.
    converged : bool
        Whether ``gap <= tol``.
    """

    x: np.ndarray
    objective: float
    gap: float
    n_iter: int
    converged: bool


def solve_mixture(log_features, tol=1e-6, max_iter=100) -> MixtureSolution:
    """Maximise mean_j log sum_l x_l exp(log_features[j, l]) over x >= 0, sum x = 1.

    The same as to minimise -mean_j log(..) + sum x over x >= 0 alone (the optimum has sum 1), by Newton's method on
    the primal-dual barrier equations. With the gradient g of the mean logarithm at x, concavity bounds the distance to
    the maximum by max g - 1. The gradient is that of all rows; the second derivatives are those of 10 b rows, and of
    twice as many whenever the bound does not fall by half although the barrier has: O(m b + b^3) an iteration.
    """
    m, b = log_features.shape
    top, features = np.empty(m), np.empty_like(log_features)
    for rows in blocks(m, ROWS):  # each row in units of its largest entry: x does not change
        top[rows] = log_features[rows].max(axis=1)
        np.exp(log_features[rows] - top[rows, None], out=features[rows])
    spread = np.argsort(top, kind="stable")  # an order of the rows that does not depend on how they came
    stride = max(m // (CURVATURE_ROWS * b), 1)
    some = features if stride == 1 else features[spread[::stride]]
    x, z = np.full(b, 1.0 / b), np.ones(b)
    best, last = MixtureSolution(x, -np.inf, np.inf, 0, False), np.inf
    for n_iter in range(max_iter + 1):
        values = features @ x
        gradient = (1 / values) @ features / m
        gap = float(gradient.max() * x.sum() - 1)
        if gap < best.gap:
            objective = float(np.mean(np.log(values) + top) - np.log(x.sum()))
            best = MixtureSolution(x / x.sum(), objective, max(gap, 0.0), n_iter, gap <= tol)
        if best.converged or n_iter == max_iter:
            break
        if stride > 1 and gap > max(0.5 * last, 10 * (x @ z)):
            stride = max(stride // 2, 1)
            some = features if stride == 1 else features[spread[::stride]]
        last = gap
        scaled = some / (some @ x)[:, None]
        factored = cho_factor(scaled.T @ scaled / len(some) + np.diag(z / x))
        step = cho_solve(factored, gradient - 1)  # predictor: towards x z = 0
        dual = -z - z / x * step
        ahead = (x + _longest(x, step) * step) @ (z + _longest(z, dual) * dual)
        centre = (ahead / (x @ z)) ** 3 * (x @ z) / b
        target = centre - step * dual  # corrector
        step = cho_solve(factored, gradient - 1 + target / x)
        dual = target / x - z - z / x * step
        x, z = x + _longest(x, step) * step, z + _longest(z, dual) * dual
    return MixtureSolution(best.x, best.objective, best.gap, n_iter, best.converged)


def _longest(values, directions) -> float:
    """Largest step, at most 1, that keeps ``values`` positive."""
    shrinking = directions < 0
    if not shrinking.any():
        return 1.0
    return min(1.0, STEP_BACK * float(np.min(-values[shrinking] / directions[shrinking])))


def log_mean_features(X, centers, gammas) -> np.ndarray:
    """Log of the mean over the rows of exp(-gamma |x - c|^2), shape (n_gammas, b); no underflow."""
    total = np.full((len(gammas), centers.shape[0]), -np.inf)
    for rows in blocks(X.shape[0], ROWS):
        distances = squared_distances(X[rows], centers)
        nearest = distances.min(axis=0)
        for k, gamma in enumerate(gammas):
            part = np.log(gaussian_features(distances - nearest, gamma).sum(axis=0)) - gamma * nearest
            total[k] = np.logaddexp(total[k], part)
    return total - np.log(X.shape[0])


def log_features(X, centers, gamma, log_means) -> np.ndarray:
    """Log of exp(-gamma |x - c|^2) in units of exp(log_means), shape (n, b)."""
    logs = np.empty((X.shape[0], centers.shape[0]))
    for rows in blocks(X.shape[0], ROWS):
        np.subtract(squared_distances(X[rows], centers) * -gamma, log_means, out=logs[rows])
    return logs


def log_sum_expansion(X, centers, gamma, log_coef) -> np.ndarray:
    """Log of ``sum_l exp(log_coef_l - gamma |x - c_l|^2)`` at each row, in blocks; no underflow."""
    largest = log_coef.max()
    coef, parts = np.exp(log_coef - largest), []
    for rows in blocks(X.shape[0], ROWS):
        distances = squared_distances(X[rows], centers)
        total = gaussian_features(distances, gamma) @ coef
        far = total < SMALLEST  # digits are lost: once more, in logarithms
        if far.any():
            exponents = log_coef - largest - gamma * distances[far]
            top = exponents.max(axis=1)
            total = np.log(np.where(far, 1.0, total))
            total[far] = top + np.log(np.exp(exponents - top[:, None]).sum(axis=1))
        else:
            np.log(total, out=total)
        parts.append(total + largest)
    return np.concatenate(parts)
