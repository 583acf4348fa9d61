"""GLMs towards source coefficients along a path of penalties, with leave-one-out losses from one fit each.

The objective is sum_i s_i loss(y_i, x_i'w + b) + (reg / 2) |w - w_0|^2: an offset x_i'w_0 and a ridge on the
difference. Without row i the linear predictor at x_i moves, to second order, by

    q_i g_i / (1 - q_i h_i),   q_i = x_i' H^-1 x_i,

with the loss's derivatives g_i, h_i at row i and the Hessian H of the objective (Rad & Maleki, 2020): exact for squared
errors, and close for smooth losses. As for ridge regression, a row of weight s counts as s rows, of which one is left
out, so that repeated rows and weights are the same.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import softmax

from sktl._core.coordinates import Coordinates
from sktl._core.glm import fit_glm, fit_multinomial, weighted_gram
from sktl._core.losses import Loss, multinomial_value

N_REGS = 13
REG_RANGE = (-4.0, 3.0)  # powers of ten of the path, in units of the mean eigenvalue of the curvature
PILOT = 20_000  # rows from which on a fit starts from that of a part of them
RISES = 3  # the path ends where so many smaller penalties in a row are worse than the best
MOST_JOINT = 1500  # coefficients of several classes whose Hessian is taken as a whole, not class by class


@dataclass(frozen=True)
class BiasedFit:
    """Coefficients and intercepts for one penalty, and the leave-one-out losses of the path it was chosen from.

    Attributes
    ----------
    coef : ndarray of shape (n_outputs, d)
        Differences from the source coefficients.
    intercept : ndarray of shape (n_outputs,)
        Intercepts.
    reg : float
        The penalty.
    regs, losses : ndarray of shape (n_tried,)
        Penalties tried, falling from inf, and the mean loss of rows left out.
    converged : bool
        Whether the fit came to its minimum.
    n_iter : int
        Steps of the fit.
    """

    coef: np.ndarray = field(repr=False)
    intercept: np.ndarray
    reg: float
    regs: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    converged: bool
    n_iter: int


@dataclass(frozen=True)
class Problem:
    """Rows, labels and offsets of a fit towards source coefficients: K outputs, each of a loss, or one multinomial.

    Attributes
    ----------
    rows : Coordinates
        Of the n labelled rows.
    y : ndarray of shape (n, n_outputs), or (n,) of class codes
        Labels of each output; codes for a multinomial.
    offset : ndarray of shape (n, n_outputs)
        What the source says of each row: its linear predictors without intercept.
    weights : ndarray of shape (n,)
        Of the rows, none 0.
    loss : Loss or None
        None for the multinomial log-loss.
    intercept : {"free", "penalised", "none"}
        A penalised one is drawn to 0 by the same penalty: put the source's into the offset.
    tol : float
        Of the fit: largest element of the gradient of the mean loss.
    """

    rows: Coordinates
    y: np.ndarray
    offset: np.ndarray
    weights: np.ndarray
    loss: Loss | None
    intercept: str
    tol: float = 1e-8

    @property
    def total(self):
        """Sum of the weights."""
        return self.weights.sum()

    def penalties(self, reg):
        """Penalties of the coefficients and of the intercept in units of the mean loss."""
        return reg / self.total, reg / self.total if self.intercept == "penalised" else 0.0


def fit_at(problem: Problem, reg: float, start=None):
    """The fit at one penalty: (coef (K, r), intercept (K,), steps, converged), in the rows' coordinates."""
    if not np.isfinite(reg):
        return _fit_intercepts(problem)
    penalty, intercept_penalty = problem.penalties(reg)
    shared = {"sample_weight": problem.weights, "penalty": penalty, "tol": problem.tol}
    shared |= {"fit_intercept": problem.intercept != "none", "intercept_penalty": intercept_penalty}
    X, offset = problem.rows.rows, problem.offset
    few = None
    if start is None and X.shape[0] >= PILOT and X.shape[1] > 0:
        few = slice(None, None, X.shape[0] // (PILOT // 2))
    if problem.loss is None:
        start = start if few is None else fit_at(_part(problem, few), reg)[:2]
        fit = fit_multinomial(X, problem.y, offset.shape[1], offset=offset, start=start, **shared)
        return fit.coef, _centred(fit.intercept, problem), fit.n_iter, fit.converged
    starts = [None] * offset.shape[1] if start is None else list(zip(*start, strict=True))
    fits = [
        fit_glm(problem.loss, X, problem.y[:, k], offset=offset[:, k], start=starts[k], few=few, **shared)
        for k in range(offset.shape[1])
    ]
    steps, converged = max(f.n_iter for f in fits), all(f.converged for f in fits)
    return np.array([f.coef for f in fits]), np.array([f.intercept for f in fits]), steps, converged


def _part(problem, few):
    """A part of the rows, each for as many as it is one of."""
    rows, weights = Coordinates(problem.rows.rows[few]), problem.weights[few]
    weights = weights * (problem.total / weights.sum())
    return replace(problem, rows=rows, y=problem.y[few], offset=problem.offset[few], weights=weights)


def _centred(intercept, problem):
    """Free intercepts of a softmax, which are known up to a number, with mean 0."""
    return intercept - intercept.mean() if problem.intercept == "free" else intercept


def _fit_intercepts(problem):
    """The fit at an infinite penalty: the source's coefficients, and intercepts of their own where these are free."""
    K, r = problem.offset.shape[1], problem.rows.rows.shape[1]
    if problem.intercept != "free":
        return np.zeros((K, r)), np.zeros(K), 0, True
    without = Coordinates(np.zeros((len(problem.weights), 0)))
    bare = Problem(without, problem.y, problem.offset, problem.weights, problem.loss, "free", problem.tol)
    _, intercept, n_iter, converged = fit_at(bare, 1.0)
    return np.zeros((K, r)), intercept, n_iter, converged


# --- leave-one-out ---


def left_out_loss(problem: Problem, reg: float, coef, intercept) -> float:
    """Mean loss of each row by the fit without it, to second order."""
    X = problem.rows.rows if np.isfinite(reg) else np.zeros((len(problem.weights), 0))
    eta = problem.offset + intercept + (X @ coef.T if np.isfinite(reg) else 0.0)
    out = np.minimum(problem.weights, 1.0)
    if problem.loss is None:
        eta = eta + _multinomial_move(problem, X, reg, eta, out)
        return float(problem.weights @ multinomial_value(problem.y, eta) / problem.total)
    loss, total = problem.loss, 0.0
    for k in range(eta.shape[1]):
        y, own = problem.y[:, k], eta[:, k]
        gradient, curvature = loss.gradient(y, own), loss.hessian(y, own)
        leverage = out * _leverages(problem, X, problem.weights * curvature, reg)
        # a row that alone decides its own fit has leverage 1: its left-out value is bounded, not infinite
        moved = own + leverage * gradient / np.maximum(1.0 - leverage * curvature, 1e-10)
        total += float(problem.weights @ loss.value(y, moved))
    return total / problem.total


def _bordered(X, intercept):
    """Rows with a column of ones where there is an intercept."""
    X = X.toarray() if hasattr(X, "toarray") else X
    return X if intercept == "none" else np.column_stack([X, np.ones(X.shape[0])])


def _add_penalty(hessian, reg, intercept, n_outputs=1):
    """Add the penalty to a Hessian, of the classes one after the other; in place."""
    size = len(hessian) // n_outputs
    diagonal = np.zeros(size)
    if np.isfinite(reg):
        diagonal[: size - (intercept != "none")] = reg
        if intercept == "penalised":
            diagonal[-1] = reg
    elif intercept == "penalised":
        diagonal[-1] = 1e300
    hessian.flat[:: len(hessian) + 1] += np.tile(diagonal, n_outputs)


def _leverages(problem, X, curvature, reg):
    """x_i' H^-1 x_i of each row, for one output."""
    if not np.isfinite(reg) and problem.intercept != "free":
        return np.zeros(X.shape[0])
    rows = _bordered(X, problem.intercept)
    hessian = weighted_gram(rows, curvature)
    _add_penalty(hessian, reg, problem.intercept)
    return np.einsum("ij,ji->i", rows, _solve(hessian, rows.T)) if len(rows) < 2000 else _blockwise(rows, hessian)


def _blockwise(rows, hessian):
    """The same with the inverse, where there are many rows."""
    inverse = _solve(hessian, np.eye(len(hessian)))
    return np.einsum("ij,ij->i", rows @ inverse, rows)


def _solve(matrix, right):
    """Solution of a positive definite system; of one that is singular to rounding, with its diagonal lifted."""
    lift = 0.0
    for _ in range(6):
        try:
            lifted = matrix + lift * np.eye(len(matrix)) if lift else matrix
            return cho_solve(cho_factor(lifted, check_finite=False), right, check_finite=False)
        except LinAlgError:
            # a singular Hessian is lifted by rounding's size first, and by 100 times more where that is too little
            lift = max(100 * lift, 1e-14 * max(np.trace(matrix) / len(matrix), np.finfo(float).tiny))
    return np.linalg.pinv(matrix, hermitian=True) @ right


def _multinomial_move(problem, X, reg, eta, out):
    """How the logits of each row move when it is left out, (n, K)."""
    n, K = eta.shape
    if not np.isfinite(reg) and problem.intercept != "free":
        return np.zeros((n, K))
    rows, p = _bordered(X, problem.intercept), softmax(eta, axis=1)
    gradient = p.copy()
    gradient[np.arange(n), problem.y] -= 1.0
    curvature = p[:, :, None] * (np.eye(K) - p[:, None, :])  # (n, K, K)
    leverage = out[:, None, None] * _joint_leverages(problem, rows, curvature, reg)
    system = np.eye(K) - curvature @ leverage
    # a row that alone decides its own fit makes the system singular
    moved = np.linalg.solve(system + 1e-10 * np.eye(K), gradient[:, :, None])
    return (leverage @ moved)[:, :, 0]


def _joint_leverages(problem, rows, curvature, reg):
    """Blocks (n, K, K) of each row's leverage; class by class alone where the joint Hessian would be large."""
    n, size = rows.shape
    K, weights = curvature.shape[1], problem.weights
    if size * K > MOST_JOINT:
        leverage = np.zeros((n, K, K))
        for k in range(K):
            hessian = weighted_gram(rows, weights * curvature[:, k, k])
            _add_penalty(hessian, reg, problem.intercept)
            leverage[:, k, k] = _blockwise(rows, hessian)
        return leverage
    hessian = np.zeros((K * size, K * size))
    for k in range(K):
        for j in range(k + 1):
            block = (rows * (weights * curvature[:, k, j])[:, None]).T @ rows
            hessian[k * size : (k + 1) * size, j * size : (j + 1) * size] = block
            hessian[j * size : (j + 1) * size, k * size : (k + 1) * size] = block.T
    _add_penalty(hessian, reg, problem.intercept, K)
    if problem.intercept == "free":  # a number added to all classes' intercepts changes nothing: fix it
        last = np.arange(size - 1, K * size, size)
        hessian[np.ix_(last, last)] += weights.sum() / K
    inverse = _solve(hessian, np.eye(K * size)).reshape(K, size, K, size)
    return np.stack(
        [np.stack([np.einsum("ij,ij->i", rows @ inverse[k, :, j], rows) for j in range(K)], 1) for k in range(K)], 1
    )


# --- the path ---


def penalties_for(problem: Problem) -> np.ndarray:
    """Penalties of the path, falling from inf, in units of the mean eigenvalue of the curvature under the source."""
    rows = problem.rows.rows
    squares = rows.multiply(rows) if hasattr(rows, "multiply") else rows * rows
    if problem.loss is None:
        p = softmax(problem.offset, axis=1)
        curvature = np.mean(p * (1 - p), axis=1)
    else:
        curvature = np.mean([problem.loss.hessian(problem.y[:, k], problem.offset[:, k]) for k in _outputs(problem)], 0)
    spread = np.asarray(squares.sum(axis=1)).ravel() @ (problem.weights * np.minimum(curvature, 1e6))
    unit = spread / max(min(rows.shape), 1)
    return np.append(np.inf, np.geomspace(*(10.0**power for power in REG_RANGE[::-1]), N_REGS) * (unit or 1.0))


def _outputs(problem):
    return range(problem.offset.shape[1])


def fit_path(problem: Problem, regs=None) -> BiasedFit:
    """The fit whose rows, left out, have the least loss, along falling penalties, each started from the last.

    The path ends early where smaller penalties only make it worse. With one penalty in ``regs`` nothing is left out.
    """
    given = penalties_for(problem) if regs is None else np.asarray(regs, dtype=float)
    best, losses, start = None, [], None
    for reg in given:
        fit = fit_at(problem, reg, start)
        losses.append(left_out_loss(problem, reg, *fit[:2]) if len(given) > 1 else np.nan)
        if best is None or losses[-1] < best[0]:
            best, since = (losses[-1], reg, fit), 0
        else:
            since += 1
        if since == RISES:
            break
        start = fit[:2]
    _, reg, (coef, intercept, n_iter, converged) = best
    tried = given[: len(losses)]
    return BiasedFit(problem.rows.back(coef), intercept, float(reg), tried, np.array(losses), converged, n_iter)
