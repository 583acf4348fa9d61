"""Generalised linear models with an offset: the penalised minimum of their losses by Newton or L-BFGS steps.

The objective is, with weights s_i, offsets o_i and linear predictors eta_i = x_i'w + b + o_i,

    sum_i s_i loss(y_i, eta_i) / sum_i s_i + (penalty / 2) |w|^2 + (intercept_penalty / 2) b^2,

so that a penalty towards w_0 is an offset of x_i'w_0 and a plain penalty on the difference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.linalg import cho_factor, cho_solve, lstsq
from scipy.optimize import minimize
from scipy.sparse import issparse

from sktl._core.losses import Loss, multinomial_gradient, multinomial_value

NEWTON_COLUMNS = 400  # from here on a factorisation of d x d costs more than the L-BFGS steps it saves
FEW_ROWS = 10_000  # rows that a step's Hessian is first taken from: its cost is then that of a gradient
ROWS_A_COLUMN = 100  # and at least as many a column, so that it is within a tenth or two of the whole
BLOCK = 8192  # rows whose weighted copy is made at a time: it stays in the cache


@dataclass(frozen=True)
class LinearFit:
    """A penalised minimum: ``coef`` (d,) or (K, d), ``intercept`` a float or (K,), the objective there, and how."""

    coef: np.ndarray
    intercept: float | np.ndarray
    objective: float
    n_iter: int
    converged: bool


@dataclass(frozen=True)
class _Problem:
    """Value and gradient of the objective at packed parameters [coef.ravel(), intercept]; ``gradient`` of the loss."""

    value_of: Callable
    gradient_of: Callable
    X: np.ndarray
    offset: np.ndarray  # (n,) or (n, K)
    shares: np.ndarray  # weights that sum to 1
    penalty: float
    fit_intercept: bool
    intercept_penalty: float = 0.0

    def unpack(self, packed):
        """Coefficients (K, d) or (d,), and intercepts (K,) or a number."""
        d, outputs = self.X.shape[1], self.offset.shape[1:]
        size = d * int(np.prod(outputs))
        intercept = packed[size:] if self.fit_intercept else np.zeros(outputs or (1,))
        return packed[:size].reshape(*outputs, d), (intercept if outputs else intercept[0])

    def start(self):
        """All parameters zero: the offset alone."""
        return np.zeros((self.X.shape[1] + self.fit_intercept) * int(np.prod(self.offset.shape[1:])))

    def eta(self, packed):
        """Linear predictors."""
        coef, intercept = self.unpack(packed)
        return self.X @ coef.T + intercept + self.offset

    def objective(self, packed):
        """Mean loss and penalty."""
        return self.value(packed, self.eta(packed))

    def value(self, packed, eta):
        """The objective, of known linear predictors."""
        coef, intercept = self.unpack(packed)
        penalties = self.penalty * np.vdot(coef, coef) + self.intercept_penalty * np.sum(np.square(intercept))
        return float(self.shares @ self.value_of(eta) + penalties / 2)

    def gradient(self, packed, eta=None):
        """Derivatives by the packed parameters."""
        coef, intercept = self.unpack(packed)
        by_eta = self.gradient_of(self.eta(packed) if eta is None else eta)
        by_eta = by_eta * (self.shares if by_eta.ndim == 1 else self.shares[:, None])
        by_coef = (self.X.T @ by_eta).T + self.penalty * coef
        by_intercept = by_eta.sum(axis=0) + self.intercept_penalty * intercept
        return np.append(by_coef.ravel(), by_intercept) if self.fit_intercept else by_coef.ravel()

    def both(self, packed):
        """Objective and gradient from one pass over the rows."""
        eta = self.eta(packed)
        return self.value(packed, eta), self.gradient(packed, eta)


def fit_glm(
    loss: Loss,
    X,
    y,
    *,
    offset=None,
    sample_weight=None,
    penalty: float = 0.0,
    fit_intercept: bool = True,
    intercept_penalty: float = 0.0,
    start=None,
    few: slice | None = None,
    tol: float = 1e-8,
    max_iter: int = 200,
    solver: str | None = None,
) -> LinearFit:
    """Minimise the objective above over coefficients and intercept.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, d)
    y : ndarray of shape (n,)
    offset, sample_weight : ndarray of shape (n,), optional
        0 and 1 by default.
    start : tuple (coef, intercept), optional
        Where to start; a path of penalties goes from one solution to the next.
    few : slice, optional
        Rows that are fitted first, where there are many: all rows then start from their coefficients and curvature.
    tol : float
        Largest element of the gradient at the end.
    solver : {"newton", "lbfgs"}, optional
        By default Newton's for few columns, L-BFGS for many.
    """
    newton = solver == "newton" or (solver is None and X.shape[1] <= NEWTON_COLUMNS)
    offset = np.zeros(X.shape[0]) if offset is None else offset
    shares = _shares(sample_weight, X.shape[0])

    def solve(X, y, offset, shares, packed, inverse=None):
        values, slopes = partial(loss.value, y), partial(loss.gradient, y)
        problem = _Problem(values, slopes, X, offset, shares, penalty, fit_intercept, intercept_penalty)
        packed = problem.start() if packed is None else packed
        if newton:
            return _newton(problem, lambda eta, rows: loss.hessian(y[rows], eta), packed, tol, max_iter, inverse)
        return _lbfgs(problem, packed, tol, max_iter), None

    def pack(coef, intercept):
        return np.append(coef, [intercept] if fit_intercept else [])

    packed, inverse = None if start is None else pack(*start), None
    if few is not None:
        first, inverse = solve(X[few], y[few], offset[few], shares[few] / shares[few].sum(), packed)
        packed = pack(first.coef, first.intercept)
    return solve(X, y, offset, shares, packed, inverse)[0]


def fit_multinomial(
    X,
    codes,
    n_classes: int,
    *,
    offset=None,
    sample_weight=None,
    penalty: float = 0.0,
    fit_intercept: bool = True,
    intercept_penalty: float = 0.0,
    start=None,
    tol: float = 1e-7,
    max_iter: int = 1000,
) -> LinearFit:
    """The same for the log-loss of K classes: ``codes`` (n,) in 0..K-1, ``offset`` (n, K), by L-BFGS.

    All K rows of coefficients are penalised, as scikit-learn does; without a penalty they are known up to a common
    row only.
    """
    n = X.shape[0]
    problem = _Problem(
        partial(multinomial_value, codes),
        partial(multinomial_gradient, codes),
        X,
        np.zeros((n, n_classes)) if offset is None else offset,
        _shares(sample_weight, n),
        penalty,
        fit_intercept,
        intercept_penalty,
    )
    packed = problem.start() if start is None else np.append(np.ravel(start[0]), start[1] if fit_intercept else [])
    return _lbfgs(problem, packed, tol, max_iter)


def _shares(sample_weight, n):
    """Weights that sum to 1."""
    return np.full(n, 1 / n) if sample_weight is None else sample_weight / sample_weight.sum()


def _lbfgs(problem, packed, tol, max_iter):
    """Quasi-Newton steps by scipy."""
    options = {"maxiter": max_iter, "gtol": tol, "ftol": 1e-15, "maxls": 50}  # the gradient decides
    found = minimize(problem.both, packed, jac=True, method="L-BFGS-B", options=options)
    coef, intercept = problem.unpack(found.x)
    small = np.abs(problem.gradient(found.x)).max(initial=0) <= 10 * tol  # else a line search that ended at rounding
    return LinearFit(coef, intercept, float(found.fun), int(found.nit), bool(small or found.status == 0))


def _newton(problem, hessian_of, packed, tol, max_iter, inverse=None):
    """Newton steps, halved until the objective falls enough (Armijo's rule).

    With many rows the Hessian is that of every ``stride``-th one, whose steps come nearer by a factor of 5 to 10 each;
    where these don't speak for the whole (rows in some order), all rows are taken from then on. Returns the fit and the
    last inverse Hessian; the first step takes one that is given.
    """
    n, d = problem.X.shape
    stride, last = max(1, n // max(FEW_ROWS, ROWS_A_COLUMN * d)), np.inf
    keep = inverse is not None
    eta = problem.eta(packed)
    value, gradient = problem.value(packed, eta), problem.gradient(packed, eta)
    for n_iter in range(max_iter + 1):
        if np.abs(gradient).max(initial=0) <= tol or n_iter == max_iter:
            break
        rows = slice(None, None, stride)
        if not keep:
            inverse = _inverse(problem, hessian_of(eta[rows], rows), rows)
        step = -inverse(gradient)
        ahead = _line_search(problem, packed, eta, value, step, float(gradient @ step))
        if ahead is None and stride == 1 and not keep:  # at the limit of rounding: no step lowers the objective
            break
        gain, slow = -float(gradient @ step), -gradient @ step > 0.3 * last
        # that of some rows is kept while steps come nearer as fast as its sampling error lets them
        keep = ahead is not None and stride > 1 and gain <= 0.1 * last
        stride = 1 if ahead is None or slow else stride
        if ahead is not None:
            (packed, eta, value), last = ahead, gain
            gradient = problem.gradient(packed, eta)
    coef, intercept = problem.unpack(packed)
    # float sums of many rows end at some 1e-7; a tighter tolerance would never be met
    converged = bool(np.abs(gradient).max(initial=0) <= max(tol, 1e-6) or n_iter < max_iter)
    return LinearFit(coef, intercept, value, n_iter, converged), inverse


def _line_search(problem, packed, eta, value, step, slope):
    """The first of steps 1, 1/2, ... that lowers the objective enough: (parameters, predictors, objective), or None."""
    coef, intercept = problem.unpack(step)
    along, size = problem.X @ coef + intercept, 1.0  # predictors are linear in the step: one pass over the rows
    while size > 1e-10:
        ahead = packed + size * step, eta + size * along
        new = problem.value(*ahead)
        # Armijo's rule: a ten-thousandth of what the slope promises will do
        if new <= value + 1e-4 * size * slope and new < value:
            return *ahead, new
        size /= 2
    return None


def weighted_gram(X, weights):
    """Sums X'WX (d, d) over the rows of W = diag(weights)."""
    if issparse(X):
        return (X.multiply(weights[:, None]).tocsr().T @ X).toarray()
    gram, root = np.zeros((X.shape[1], X.shape[1])), np.sqrt(weights)[:, None]
    for start in range(0, X.shape[0], BLOCK):
        block = X[start : start + BLOCK] * root[start : start + BLOCK]
        gram += block.T @ block  # of one array with itself, which BLAS does by half the work
    return gram


def _inverse(problem, curvature, rows):
    """The inverse Hessian of some rows, as a function of the gradient; least squares where it is singular."""
    X, shares = problem.X[rows], problem.shares[rows]
    weights = shares * curvature / shares.sum()
    hessian = weighted_gram(X, weights)
    hessian.flat[:: len(hessian) + 1] += problem.penalty
    if problem.fit_intercept:
        cross, corner = X.T @ weights, weights.sum() + problem.intercept_penalty
        hessian = np.block([[hessian, cross[:, None]], [cross[None, :], corner[None, None]]])
    # a ridge at the limit of rounding: rows of a class that is told apart perfectly have no curvature left
    hessian.flat[:: len(hessian) + 1] += 1e-14 * max(np.trace(hessian) / len(hessian), 1e-300)
    try:
        return partial(cho_solve, cho_factor(hessian))
    except np.linalg.LinAlgError:
        return lambda gradient: lstsq(hessian, gradient)[0]
