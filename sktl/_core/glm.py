"""Penalised generalised linear models with an offset for each row: losses, and Newton's method for one output.

An offset is a part of the linear predictor that is known beforehand, such as what a source model says. Shrinkage
towards coefficients c is shrinkage of w - c to 0 with the offset X c, so that one solver serves both.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve, eigh, qr
from scipy.optimize import minimize
from scipy.special import expit

NEWTON_SIZE = 2000  # most coefficients of a Newton step, whose matrix is dense: beyond it L-BFGS
BLOCK = 8192  # rows whose weighted copy is made at a time: it stays in the cache
FEW_ROWS = 10_000  # rows that a step's matrix is first taken from: its cost is then that of a gradient
ROWS_A_COLUMN = 100  # and at least as many a column, so that it is within a tenth or two of the whole
LARGEST_EXPONENT = 500.0  # exp of it is finite, and squares of sums of it are as well


@dataclass(frozen=True)
class Loss:
    """A convex loss of labels and linear predictors, row by row: its value, and two derivatives in the predictor."""

    name: str
    value: Callable = field(repr=False)
    gradient: Callable = field(repr=False)
    hessian: Callable = field(repr=False)


def _exp(eta):
    return np.exp(np.minimum(eta, LARGEST_EXPONENT))


def _hinge(y, eta):
    """How far a row is short of the margin 1, and its sign; labels are 0 and 1."""
    sign = 2.0 * y - 1.0
    return np.maximum(1.0 - sign * eta, 0.0), sign


def tweedie(power):
    """Half the Tweedie deviance with a logarithmic link, less what does not depend on the predictor; power > 1, not 2.

    The variance of a label is mean**power: 1 < power < 2 for amounts that are often 0, power > 2 for positive ones.
    """
    a, b = 1.0 - power, 2.0 - power

    def curvature(y, eta):
        if power > 2:  # not convex: the expected second derivative stands in, which is positive
            return _exp(b * eta)
        return b * _exp(b * eta) - a * y * _exp(a * eta)

    return Loss(
        f"tweedie({power:g})",
        lambda y, eta: _exp(b * eta) / b - y * _exp(a * eta) / a,
        lambda y, eta: _exp(b * eta) - y * _exp(a * eta),
        curvature,
    )


#: Losses by name. Labels of "logistic" and "squared_hinge" are 0 and 1; "poisson" and "gamma" have a logarithmic link.
LOSSES = {
    loss.name: loss
    for loss in (
        Loss("squared", lambda y, eta: 0.5 * (y - eta) ** 2, lambda y, eta: eta - y, lambda y, eta: np.ones_like(eta)),
        Loss(
            "logistic",
            lambda y, eta: np.logaddexp(0.0, eta) - y * eta,
            lambda y, eta: expit(eta) - y,
            lambda y, eta: expit(eta) * expit(-eta),  # not p (1 - p), which is 0 where p rounds to 1
        ),
        Loss("poisson", lambda y, eta: _exp(eta) - y * eta, lambda y, eta: _exp(eta) - y, lambda y, eta: _exp(eta)),
        Loss(
            "gamma",
            lambda y, eta: eta + y * _exp(-eta),
            lambda y, eta: 1.0 - y * _exp(-eta),
            lambda y, eta: y * _exp(-eta),
        ),
        Loss(
            "squared_hinge",
            lambda y, eta: _hinge(y, eta)[0] ** 2,
            lambda y, eta: -2.0 * np.multiply(*_hinge(y, eta)),
            lambda y, eta: 2.0 * (_hinge(y, eta)[0] > 0),
        ),
    )
}


@dataclass(frozen=True)
class GLMFit:
    """What a fit returns.

    Attributes
    ----------
    coef : ndarray of shape (d,) or (n_outputs, d)
        Coefficients, without what the offset holds.
    intercept : float or ndarray of shape (n_outputs,)
        Intercept.
    n_iter : int
        Newton steps, or iterations of L-BFGS.
    converged : bool
        Whether no step brings the objective down by more than the tolerance.
    """

    coef: np.ndarray = field(repr=False)
    intercept: float | np.ndarray
    n_iter: int
    converged: bool


# --- coordinates: with fewer rows than columns, a penalised solution is a sum of rows ---


@dataclass(frozen=True)
class Coordinates:
    """Rows in an orthonormal basis of their span: at most as many columns as rows, the same inner products."""

    rows: np.ndarray
    basis: np.ndarray | None = None  # (d, r)
    combine: np.ndarray | None = None  # (n, r): the basis is X' combine, where X is sparse
    original: object = None

    def back(self, coef):
        """Coefficients (..., r) in these coordinates as coefficients (..., d) of the columns."""
        if self.basis is not None:
            return coef @ self.basis.T
        return coef if self.combine is None else (self.original.T @ (self.combine @ coef.T)).T


def coordinates(X):
    """The rows as :class:`Coordinates`: as they are where there are fewer columns than rows."""
    n, d = X.shape
    if d <= n or (sparse.issparse(X) and n > NEWTON_SIZE):
        return Coordinates(X)
    if not sparse.issparse(X):
        basis, triangle = qr(X.T, mode="economic", check_finite=False)
        return Coordinates(triangle.T.copy(), basis)
    values, vectors = eigh((X @ X.T).toarray())
    kept = values > values[-1] * n * np.finfo(float).eps if values[-1] > 0 else np.zeros(n, dtype=bool)
    root = np.sqrt(values[kept])
    return Coordinates(vectors[:, kept] * root, combine=vectors[:, kept] / root, original=X)


# --- the sums over rows of a Newton step ---


def weighted_gram(X, curvature):
    """Sums X' D X and X' D 1 over the rows, with D = diag(curvature): (d, d) and (d,)."""
    if sparse.issparse(X):
        return (X.T @ X.multiply(curvature[:, None]).tocsr()).toarray(), X.T @ curvature
    gram = np.zeros((X.shape[1], X.shape[1]))
    root = np.sqrt(curvature)[:, None]
    for start in range(0, X.shape[0], BLOCK):
        block = X[start : start + BLOCK] * root[start : start + BLOCK]
        gram += block.T @ block  # of one array, which BLAS does by half the work
    return gram, X.T @ curvature


def bordered_hessian(X, curvature, penalty, intercept_penalty, fit_intercept):
    """Hessian in (w, b) of the penalised sum of losses: (d + 1, d + 1), or (d, d) without an intercept."""
    gram, border = weighted_gram(X, curvature)
    d = len(gram)
    hessian = np.zeros((d + 1, d + 1))
    hessian[:d, :d] = gram
    hessian[:d, d] = hessian[d, :d] = border
    hessian[d, d] = curvature.sum() + intercept_penalty
    hessian.flat[: d * (d + 2) : d + 2] += penalty
    return hessian if fit_intercept else hessian[:d, :d]


def solve_positive(matrix, right):
    """Solution of a positive semi-definite system; the diagonal is lifted by rounding until it can be factored."""
    lift, mean = 0.0, max(float(np.trace(matrix)) / len(matrix), np.finfo(float).tiny)
    for _ in range(8):
        try:
            lifted = matrix if lift == 0 else matrix + lift * np.eye(len(matrix))
            return cho_solve(cho_factor(lifted, check_finite=False), right, check_finite=False)
        except np.linalg.LinAlgError:
            lift = max(100 * lift, 1e-14 * mean)
    return np.linalg.lstsq(matrix, right)[0]


# --- one output ---


@dataclass(frozen=True)
class _Problem:
    """The objective: a weighted sum of losses and half the penalty times the squared coefficients."""

    loss: Loss
    X: object
    y: np.ndarray
    offset: np.ndarray
    weights: np.ndarray
    penalty: float
    intercept_penalty: float
    fit_intercept: bool

    def predictor(self, w):
        """Linear predictor of each row, of coefficients with the intercept last."""
        return self.offset + self.X @ w[:-1] + w[-1]

    def value(self, w, eta):
        """Objective."""
        losses = self.weights @ self.loss.value(self.y, eta)
        return losses + 0.5 * (self.penalty * (w[:-1] @ w[:-1]) + self.intercept_penalty * w[-1] ** 2)

    def gradient(self, w, eta):
        """Gradient, 0 for an intercept that is not fitted."""
        slope = self.weights * self.loss.gradient(self.y, eta)
        border = slope.sum() + self.intercept_penalty * w[-1] if self.fit_intercept else 0.0
        return np.append(self.X.T @ slope + self.penalty * w[:-1], border)

    def step(self, gradient, eta, stride):
        """Newton's step, with the matrix of every ``stride``-th row in place of all."""
        curvature = stride * self.weights[::stride] * self.loss.hessian(self.y[::stride], eta[::stride])
        hessian = bordered_hessian(
            self.X[::stride], curvature, self.penalty, self.intercept_penalty, self.fit_intercept
        )
        return -np.append(solve_positive(hessian, gradient[: len(hessian)]), [] if self.fit_intercept else [0.0])


def _line_search(problem, w, eta, value, step, slope):
    """The first of steps 1, 1/2, ... that brings the objective down enough, as (w, predictors, objective), or None."""
    along, size = problem.X @ step[:-1] + step[-1], 1.0
    while size > 1e-10:
        new_w, new_eta = w + size * step, eta + size * along
        new_value = problem.value(new_w, new_eta)
        if new_value <= value + 1e-4 * size * slope + 1e-13 * abs(value):  # the last term is rounding
            return new_w, new_eta, new_value
        size *= 0.5
    return None


def _newton(problem, w, tol, max_iter):
    """Newton's method with step halving; (w, steps, converged).

    With many rows the matrix is that of a part of them, whose steps come nearer by a factor of 5 to 10 each; where
    that part does not speak for the whole (rows sorted by something), all rows are taken from then on.
    """
    n, d = problem.X.shape
    stride, last = max(1, n // max(FEW_ROWS, ROWS_A_COLUMN * d)), np.inf
    eta = problem.predictor(w)
    value, total = problem.value(w, eta), problem.weights.sum()
    for n_iter in range(1, max_iter + 1):
        gradient = problem.gradient(w, eta)
        step = problem.step(gradient, eta, stride)
        slope = float(gradient @ step)  # minus twice what the step would gain on a quadratic
        found = _line_search(problem, w, eta, value, step, slope)
        if found is None and stride == 1:
            return w, n_iter, bool(-slope <= 1e-8 * (abs(value) + total))  # rounding, or no descent at all
        if found is None or -slope > 0.3 * last:
            stride = 1
        if found is not None:
            (w, eta, value), last = found, -slope
        if -slope <= tol * (abs(value) + total):
            return w, n_iter, True
    return w, max_iter, False


def _lbfgs(problem, w, tol, max_iter):
    """L-BFGS on the mean loss, whose scale does not grow with the rows; (w, iterations, converged)."""
    total = problem.weights.sum()

    def objective(w):
        eta = problem.predictor(w)
        return problem.value(w, eta) / total, problem.gradient(w, eta) / total

    options = {"maxiter": 20 * max_iter, "gtol": np.sqrt(tol), "ftol": 1e-15, "maxls": 50}
    found = minimize(objective, w, jac=True, method="L-BFGS-B", options=options)
    return found.x, int(found.nit), bool(found.success)


def fit_glm(
    loss,
    X,
    y,
    *,
    offset=None,
    weights=None,
    penalty=1.0,
    intercept_penalty=0.0,
    fit_intercept=True,
    start=None,
    tol=1e-10,
    max_iter=100,
) -> GLMFit:
    """Minimise sum_i s_i loss(y_i, o_i + x_i'w + b) + penalty/2 ||w||^2 + intercept_penalty/2 b^2.

    Newton's method, which needs few passes over the rows and is exact; with more than ``NEWTON_SIZE`` columns and rows,
    L-BFGS. With more columns than rows it works in the span of the rows.

    Parameters
    ----------
    loss : Loss or str
        A loss, or its name in ``LOSSES``.
    X : ndarray or CSR matrix of shape (n, d)
        Rows.
    y : ndarray of shape (n,)
        Labels.
    offset : ndarray of shape (n,), or None
        o; None means 0.
    weights : ndarray of shape (n,), or None
        s; None means 1.
    penalty, intercept_penalty : float
        Not negative.
    fit_intercept : bool
        Whether there is a b.
    start : tuple of (ndarray of shape (d,), float), or None
        Coefficients and intercept to start from.
    tol : float
        Stops when a step gains less than about this share of the objective.
    max_iter : int
        Newton steps at the most (twenty times as many iterations of L-BFGS).

    Returns
    -------
    GLMFit
    """
    n, d = X.shape
    if penalty > 0 and d > n and start is None:
        inner = coordinates(X)
        if inner.rows is not X:
            options = {"offset": offset, "weights": weights, "penalty": penalty, "fit_intercept": fit_intercept}
            options |= {"intercept_penalty": intercept_penalty, "tol": tol, "max_iter": max_iter}
            found = fit_glm(loss, inner.rows, y, **options)
            return GLMFit(inner.back(found.coef), found.intercept, found.n_iter, found.converged)
    problem = _Problem(
        LOSSES[loss] if isinstance(loss, str) else loss,
        X,
        np.asarray(y, dtype=np.float64),
        np.zeros(n) if offset is None else offset,
        np.ones(n) if weights is None else weights,
        penalty,
        intercept_penalty,
        fit_intercept,
    )
    newton = d < NEWTON_SIZE
    w = np.zeros(d + 1) if start is None else np.append(*start)
    w, n_iter, converged = (_newton if newton else _lbfgs)(problem, w, tol, max_iter)
    return GLMFit(w[:-1], float(w[-1]) if fit_intercept else 0.0, n_iter, converged)
