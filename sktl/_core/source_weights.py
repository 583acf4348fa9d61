"""Non-negative weights of several sources, by a small quadratic or convex programme."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, minimize, nnls

from sktl._core.optimize import solve_box_slab_qp


def _root(matrix):
    """L with LL' = matrix, for a positive semi-definite one."""
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(np.maximum(values, 0.0))


def simplex_weights(quadratic: np.ndarray, linear: np.ndarray) -> np.ndarray:
    """The b >= 0 of sum 1 with the least b'Qb/2 - q'b."""
    if len(linear) == 1:
        return np.ones(1)
    solution = solve_box_slab_qp(_root(quadratic), -linear, 2.0, (1.0, 1.0), tol=1e-10)
    weights = np.where(solution.x < 1e-8, 0.0, solution.x)  # an interior point stops just inside
    return weights / weights.sum()


def ball_weights(quadratic: np.ndarray, linear: np.ndarray) -> np.ndarray:
    """The b >= 0 of length at most 1 with the least b'Qb/2 - q'b, the weights of multi-KT (Tommasi et al., 2010)."""
    if not np.any(linear > 0):
        return np.zeros(len(linear))  # no source lowers the error
    scale = max(float(np.trace(quadratic)) / len(linear), float(np.abs(linear).max()))
    root = _root(quadratic / scale).T

    def solve(multiplier):  # of the length: a ridge on b
        rows = np.vstack([root, np.sqrt(multiplier) * np.eye(len(linear))])
        right = np.linalg.lstsq(root.T, linear / scale)[0]
        return nnls(rows, np.append(right, np.zeros(len(linear))))[0]

    # a breath of ridge makes the answer one where sources say the same
    weights = solve(1e-12)
    if np.linalg.norm(weights) <= 1:
        return weights
    most = np.linalg.norm(linear) / scale  # with it as a ridge, b is at most of length 1
    multiplier = brentq(lambda m: np.linalg.norm(solve(m)) - 1, 1e-12, max(most, 1e-9) * 1.01, xtol=1e-12)
    return solve(multiplier)


#: What the weights of several sources may be.
WEIGHTINGS = {"simplex": simplex_weights, "ball": ball_weights}


def predictor_weights(loss: Callable, sources: np.ndarray, weighting: str, free: bool) -> np.ndarray:
    """Weights with which the sum of the sources' linear predictors, and intercepts, has the least mean loss.

    Parameters
    ----------
    loss : callable
        Mean loss, and its derivatives (n, n_outputs), of linear predictors (n, n_outputs).
    sources : ndarray of shape (n, n_outputs, n_sources)
        Linear predictors of each source.
    weighting : {"simplex", "ball"}
        The set of the weights: not negative, and of sum 1 or of length at most 1.
    free : bool
        Whether the outputs have intercepts.

    Returns
    -------
    ndarray of shape (n_sources,)
    """
    n_outputs, n_sources = sources.shape[1:]
    if weighting == "simplex" and n_sources == 1:
        return np.ones(1)

    def objective(z):
        value, slope = loss(sources @ z[:n_sources] + (z[n_sources:] if free else 0.0))
        by_weights = np.einsum("ikj,ik->j", sources, slope)
        return value, np.append(by_weights, slope.sum(axis=0)) if free else by_weights

    pad = np.zeros(n_outputs if free else 0)
    sets = {
        "simplex": ("eq", lambda z: z[:n_sources].sum() - 1, lambda z: np.append(np.ones(n_sources), pad)),
        "ball": ("ineq", lambda z: 1 - z[:n_sources] @ z[:n_sources], lambda z: np.append(-2 * z[:n_sources], pad)),
    }
    kind, value, slope = sets[weighting]
    found = minimize(
        objective,
        np.append(np.full(n_sources, 1 / n_sources), pad),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * n_sources + [(None, None)] * len(pad),
        constraints={"type": kind, "fun": value, "jac": slope},
        options={"maxiter": 200, "ftol": 1e-10},
    )
    weights = np.clip(found.x[:n_sources], 0, 1)
    # what the solver leaves of weights at their bound
    weights[weights < 1e-7] = 0.0
    return weights / (weights.sum() if weighting == "simplex" else max(np.linalg.norm(weights), 1.0))
