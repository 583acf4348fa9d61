"""Lasso paths of squared, logistic and Poisson losses, with offsets and an intercept a domain, that nothing penalises.

The objective is, with weights s_i, offsets o_i and the domain g(i) of row i,

    sum_i s_i loss(y_i, o_i + x_i'w + b_g(i)) / sum_i s_i + penalty |w|_1.

Squared losses are a function of sums over the rows, whose path scikit-learn's coordinate descent follows. Other losses
are solved by proximal Newton steps, each the same descent on the columns that may matter (strong rules; Tibshirani et
al., 2012), checked against all columns.
"""

from dataclasses import dataclass

import numpy as np
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning

from sktl._core.biased_ridge import label_moments
from sktl._core.glm import SQUARED, Loss, weighted_gram
from sktl._threads import quiet

N_PENALTIES = 40
MOST_STEPS = 50  # of Newton's method at one penalty
TOL = 1e-7  # of coordinate descent, as a share of the squared labels
GAIN = 1e-5  # of a Newton step, as a share of the objective: what the next would gain is about its square
SATURATED = 0.98  # share of the deviance from which on a path only learns its rows by heart
ROUNDING = 1e-6  # by how much a gradient may exceed the penalty


@dataclass(frozen=True)
class LassoPath:
    """Coefficients along falling penalties.

    Attributes
    ----------
    penalties : ndarray of shape (n_penalties,)
        Falling; fewer than asked for where the path saturated.
    coef : ndarray of shape (n_penalties, p)
        Coefficients.
    intercepts : ndarray of shape (n_penalties, n_domains)
        Intercepts of each domain.
    """

    penalties: np.ndarray
    coef: np.ndarray
    intercepts: np.ndarray


@dataclass(frozen=True)
class Rows:
    """Rows of one or several domains.

    Attributes
    ----------
    X : ndarray of shape (n, p)
        Rows, best in columns (Fortran's order).
    y, offset, weights : ndarray of shape (n,)
        Labels, the known part of the linear predictor, and weights.
    domain : ndarray of shape (n,)
        0, 1, ...: rows of one number share an intercept.
    """

    X: np.ndarray
    y: np.ndarray
    offset: np.ndarray
    weights: np.ndarray
    domain: np.ndarray

    @property
    def n_domains(self):
        """Number of intercepts."""
        return int(self.domain.max(initial=0)) + 1

    def take(self, rows):
        """Some of the rows."""
        return Rows(self.X[rows], self.y[rows], self.offset[rows], self.weights[rows], self.domain[rows])

    def means(self, values, weights):
        """Weighted means of ``values`` (n,) or (n, k) of each domain."""
        total = np.bincount(self.domain, weights, self.n_domains)
        if values.ndim == 1:
            # a domain whose weights are all 0 has no mean
            return np.bincount(self.domain, weights * values, self.n_domains) / np.maximum(total, 1e-300)
        if len(total) == 1:
            return (weights @ values / total)[None]
        sums = np.zeros((self.n_domains, values.shape[1]))
        for g in range(self.n_domains):
            own = self.domain == g
            sums[g] = weights[own] @ values[own]
        return sums / np.maximum(total, 1e-300)[:, None]


def stacked(parts) -> Rows:
    """Rows of several domains, each with an intercept of its own."""
    parts = list(parts)
    domain = np.repeat(np.arange(len(parts)), [len(part.y) for part in parts])
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in ("y", "offset", "weights")]
    return Rows(np.asfortranarray(np.vstack([part.X for part in parts])), *columns, domain)


# --- the quadratic problem that all come down to ---


def quadratic_lasso(gram, cross, square, penalties, start=None):
    """Minimisers (n_penalties, p) of w'Gw/2 - c'w + penalty |w|_1 along falling penalties.

    ``square`` is the mean squared label, the unit of the tolerance.
    """
    from sklearn.linear_model import enet_path  # here, to keep `import sktl` quick

    p = len(cross)
    if p == 0:
        return np.zeros((len(penalties), 0))
    # its checks of parameters cost more than a small problem
    # and its warnings say nothing here: a Newton step is checked by what it gains
    with quiet(category=ConvergenceWarning), config_context(skip_parameter_validation=True):
        # one row that stands for all: with the sums given, only its number and the labels' square are looked at
        _, coef, _ = enet_path(
            np.zeros((1, p), order="F"),
            np.array([np.sqrt(max(square, 1e-300))]),
            l1_ratio=1.0,
            alphas=np.asarray(penalties, dtype=float),
            precompute=np.ascontiguousarray(gram),
            Xy=np.ascontiguousarray(cross),
            coef_init=start,
            check_input=False,
            tol=TOL,
            max_iter=10_000,
            random_state=0,  # None would draw from the caller's generator, though nothing is drawn
        )
    return coef.T


# --- squared losses: sums over the rows ---


def squared_path(moments, penalties) -> np.ndarray:
    """Coefficients (n_penalties, p) of squared losses, from the :class:`Moments` of columns and labels of each domain.

    Each domain's sums are about its own means: its intercept is free.
    """
    total = sum(one.n for one in moments)
    scatter = sum(one.scatter for one in moments) / total
    return quadratic_lasso(scatter[:-1, :-1], scatter[:-1, -1], scatter[-1, -1], penalties)


def squared_intercept(moments, coef):
    """Intercepts (n_penalties,) of one domain."""
    return moments.mean[-1] - coef @ moments.mean[:-1]


def largest_penalty(loss: Loss, rows: Rows) -> float:
    """The least penalty at which all coefficients are 0."""
    eta = rows.offset + _null_intercepts(loss, rows)[rows.domain]
    slope = rows.weights * loss.gradient(rows.y, eta) / rows.weights.sum()
    return float(np.abs(rows.X.T @ slope).max(initial=0.0))


def penalty_grid(largest: float, smallest_share: float, n: int = N_PENALTIES) -> np.ndarray:
    """Falling penalties from the largest one on, evenly in their logarithm."""
    # columns that say nothing at all still need a path of penalties
    return max(largest, 1e-12) * np.geomspace(1.0, smallest_share, n)


# --- other losses: proximal Newton steps ---


def _null_intercepts(loss, rows, start=None):
    """Intercepts of each domain without any column, by Newton's method."""
    b = np.zeros(rows.n_domains) if start is None else start.copy()
    for _ in range(MOST_STEPS):
        eta = rows.offset + b[rows.domain]
        slope = np.bincount(rows.domain, rows.weights * loss.gradient(rows.y, eta), rows.n_domains)
        curvature = np.bincount(rows.domain, rows.weights * loss.hessian(rows.y, eta), rows.n_domains)
        # a step of 2 in the log-odds at most: beyond it the quadratic model of the loss is no guide
        step = np.clip(-slope / np.maximum(curvature, 1e-12), -2.0, 2.0)
        b += step
        if np.abs(step).max(initial=0) < 1e-10:
            break
    return b


class Descent:
    """Proximal Newton steps at one penalty after the other, over the columns that may matter."""

    def __init__(self, loss, rows):
        self.loss, self.rows, self.total = loss, rows, rows.weights.sum()
        self.w, self.b = np.zeros(rows.X.shape[1]), _null_intercepts(loss, rows)
        self.eta = rows.offset + self.b[rows.domain]
        self.null = self.mean_loss(self.eta)

    def mean_loss(self, eta):
        return float(self.rows.weights @ self.loss.value(self.rows.y, eta)) / self.total

    def gradient(self):
        """Of the mean loss, in all columns."""
        return self.rows.X.T @ (self.rows.weights * self.loss.gradient(self.rows.y, self.eta)) / self.total

    def solve(self, penalty, last):
        """Solve at one penalty, from the solution at the ``last`` one."""
        gradient = np.abs(self.gradient())
        active = (self.w != 0) | (gradient >= 2 * penalty - last)  # the strong rule
        while True:
            self._solve_on(np.flatnonzero(active), penalty)
            # ties of a column with the penalty, but for rounding, stay out
            missed = ~active & (np.abs(self.gradient()) > penalty * (1 + ROUNDING) + 1e-12)
            if not missed.any():
                return
            active |= missed

    def _solve_on(self, columns, penalty):
        """Newton steps on some columns, until one gains almost nothing."""
        X = self.rows.X[:, columns]
        value = self.mean_loss(self.eta) + penalty * np.abs(self.w).sum()
        for _ in range(MOST_STEPS):
            target, intercepts = self._step(X, columns, penalty)
            along = X @ (target - self.w[columns]) + (intercepts - self.b)[self.rows.domain]
            size, norms = 1.0, (np.abs(self.w).sum(), np.abs(target).sum())
            # a millionth of a step moves no printed digit
            while size > 1e-6:
                eta = self.eta + size * along
                new = self.mean_loss(eta) + penalty * ((1 - size) * norms[0] + size * norms[1])  # a bound, exact at 1
                if new <= value:
                    break
                size /= 2
            else:
                return
            self.w[columns] += size * (target - self.w[columns])
            self.b = self.b + size * (intercepts - self.b)
            self.eta, gain, value = eta, value - new, new
            # relative to the loss, and to .001 of it where a perfect fit has none left
            if gain <= GAIN * max(abs(value), 1e-3):
                return

    def _step(self, X, columns, penalty):
        """Minimiser of the loss's second-order model and the penalty: coefficients of the columns, intercepts."""
        rows = self.rows
        # rows predicted with certainty have no curvature left: the floor keeps the weighted squares finite
        curvature = rows.weights * np.maximum(self.loss.hessian(rows.y, self.eta), 1e-6)
        working = self.eta - rows.offset - rows.weights * self.loss.gradient(rows.y, self.eta) / curvature
        means, centre = rows.means(X, curvature), rows.means(working, curvature)
        X, residual = X - means[rows.domain], working - centre[rows.domain]
        gram, cross = weighted_gram(X, curvature / self.total), (curvature * residual / self.total) @ X
        square = curvature @ residual**2 / self.total
        coef = quadratic_lasso(gram, cross, square, [penalty], self.w[columns])[0]
        return coef, centre - means @ coef

    @property
    def is_saturated(self):
        """Whether next to all of the deviance is explained."""
        gained, possible = self.null - self.mean_loss(self.eta), self.null - best_possible(self.loss, self.rows)
        return gained > SATURATED * possible


def best_possible(loss: Loss, rows: Rows) -> float:
    """Mean loss of a model that knows the labels."""
    y, weights = rows.y, rows.weights / rows.weights.sum()
    if loss.name == "poisson":
        return float(weights @ (y - y * np.log(np.maximum(y, 1e-300))))
    return 0.0


def lasso(loss: Loss, rows: Rows, penalties) -> LassoPath:
    """The path of a loss along falling penalties; with other losses than the squared it ends where it is saturated."""
    penalties = np.asarray(penalties, dtype=float)
    if loss is SQUARED:
        parts = [rows.take(rows.domain == g) for g in range(rows.n_domains)]
        scale = 1.0 / rows.weights.min()
        moments = [label_moments(part.X, part.y - part.offset, part.weights, scale) for part in parts]
        coef = squared_path(moments, penalties)
        return LassoPath(penalties, coef, np.column_stack([squared_intercept(one, coef) for one in moments]))
    return glm_path_of(loss, rows, penalties)


def glm_path_of(loss: Loss, rows: Rows, penalties) -> LassoPath:
    """The path by proximal Newton steps, of any loss; it ends where it is saturated."""
    descent, found, last = Descent(loss, rows), [], max(float(penalties[0]), largest_penalty(loss, rows))
    for penalty in penalties:
        descent.solve(penalty, last)
        last = penalty
        found.append((descent.w.copy(), descent.b.copy()))
        if descent.is_saturated:
            break
    return LassoPath(penalties[: len(found)], *(np.array(part) for part in zip(*found, strict=True)))
