"""Transport plans between two samples: exact, entropic, and with a penalty on where the mass of a class goes."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
from scipy import sparse
from scipy.special import logsumexp, xlogy
from sklearn.metrics.pairwise import euclidean_distances, pairwise_distances

from sktl._checks import Interval, import_extra
from sktl._core.kernels import canonical_order

NORMS = {"median": np.median, "max": np.max, None: lambda _: 1.0}
METRICS = ("cosine", "euclidean", "manhattan", "sqeuclidean")
#: Constraints of the parameters of estimators by transport.
TRANSPORT = {
    "reg": (Interval(low=0),),
    "metric": METRICS,
    "norm": tuple(NORMS),
    "max_iter": (Interval(Integral, 1),),
    "tol": (Interval(low=0, closed="neither"),),
}
PIVOTS = 10_000_000  # of the network simplex; 5,000 x 5,000 rows need about a tenth of it
CHECK_EVERY = 10  # Sinkhorn iterations between two looks at the marginals
ABSORB = 50.0  # largest size of a log-scaling before it moves into the potentials
INNER_TOL = 0.01  # precision of the plans that a penalised one goes towards, in units of its own
SHRINK = 4.0  # ratio of one entropic weight to the next on the way down to the one wanted


@dataclass(frozen=True)
class Plan:
    """A transport plan and how good it is.

    Attributes
    ----------
    plan : ndarray of shape (n, m)
        Not negative, with the wanted sums of rows and columns.
    objective : float
        What was minimised, at ``plan``.
    gap : float
        How far from optimal: ``objective`` minus a lower bound of the minimum (exact and penalised plans), or the
        absolute error of the marginals before it was mended (entropic plans).
    n_iter : int
        Iterations done (0 for exact plans, whose solver does not tell).
    converged : bool
        Whether ``gap`` is within the tolerance.
    potentials : tuple of ndarrays of shape (n,) and (m,), or None
        Where an entropic solver may start the next time.
    """

    plan: np.ndarray = field(repr=False)
    objective: float
    gap: float
    n_iter: int
    converged: bool
    potentials: tuple | None = field(default=None, repr=False)


def ground_cost(X, Y, metric="sqeuclidean", norm="median"):
    """Distances of all pairs of rows, (n, m), divided by what ``norm`` says: their "median", "max" or None."""
    cost = _distances(X, Y, metric)
    value = NORMS[norm](cost)
    value = value if value > 0 else cost.max()  # a median of 0 is no unit
    return cost / value if value > 0 else cost


def _distances(X, Y, metric):
    """Distances in double precision; rows that lie far from 0 are centred first, so that none loses its digits."""
    if sparse.issparse(X):
        X, Y = X.astype(np.float64), Y.astype(np.float64)
    else:
        X, Y = np.asarray(X, dtype=np.float64), np.asarray(Y, dtype=np.float64)
        if metric != "cosine":
            centre = Y.mean(axis=0)
            X, Y = X - centre, Y - centre
    if metric == "sqeuclidean":
        return euclidean_distances(X, Y, squared=True)
    return pairwise_distances(X, Y, metric=metric)


def fixed_order(X, keys=None) -> np.ndarray:
    """Order of the rows by their values, then by ``keys``, whatever order they came in.

    A linear programme with ties, solved on rows in this order, has one answer.
    """
    keys = np.zeros(X.shape[0]) if keys is None else keys
    if sparse.issparse(X):
        rank = np.empty(X.shape[0], dtype=np.int64)
        order = canonical_order(X)
        steps = np.asarray(abs(X[order[1:]] - X[order[:-1]]).sum(axis=1)).ravel()
        rank[order] = np.cumsum(np.concatenate([[0], steps != 0]))
    else:
        rank = np.unique(X, axis=0, return_inverse=True)[1].ravel()
    return np.lexsort((keys, rank))


def uniform(n) -> np.ndarray:
    """Weights 1 / n."""
    return np.full(n, 1 / n)


# --- exact and entropic plans ---


def exact_plan(cost, a, b) -> Plan:
    """Minimise <plan, cost> by POT's network simplex; the gap is that to the value of its dual."""
    ot = import_extra("ot", "ot", "An exact transport plan")
    with warnings.catch_warnings():  # POT warns in words; the record has the numbers
        warnings.simplefilter("ignore")
        plan, log = ot.emd(a, b, cost, numItermax=PIVOTS, log=True)
    objective = float(np.vdot(plan, cost))
    gap = max(objective - float(a @ log["u"] + b @ log["v"]), 0.0)
    return Plan(plan, objective, gap, 0, log["warning"] is None)


def sinkhorn_plan(cost, a, b, reg, tol=1e-6, max_iter=1000, start=None) -> Plan:
    """Minimise <plan, cost> + reg sum plan log plan by Sinkhorn's iterations, stable for any ``reg``.

    The weight of the entropy falls to ``reg`` in steps, each starting from the one before; ``start``, the potential of
    a plan nearby, goes there at once. ``max_iter`` bounds the iterations at ``reg``.
    """
    spread = float(cost.max() - cost.min())
    n_steps = 0 if start is not None or spread <= reg else int(np.ceil(np.log(spread / reg) / np.log(SHRINK)))
    potential = np.zeros(len(b)) if start is None else start
    for k in range(n_steps, 0, -1):
        potential = _scale(cost, a, b, reg * SHRINK**k, 0.0, CHECK_EVERY, potential)[0]
    potential, plan, error, n_iter = _scale(cost, a, b, reg, tol, max_iter, potential)
    plan = onto_marginals(plan, a, b)
    objective = float(np.vdot(plan, cost)) + reg * negative_entropy(plan)
    return Plan(plan, objective, error, n_iter, error <= tol, potential)


def _scale(cost, a, b, reg, tol, max_iter, g):
    """Sinkhorn's iterations from the potential g: a new one, the plan, the absolute error of its rows, iterations.

    The plan is diag(u) K diag(v) with K = exp((f + g - cost) / reg). A first iteration with logarithms leaves no row
    or column of K empty, whatever g is; scalings move into the potentials before they grow too large.
    """
    f = _soft_potential((g - cost) / reg, a, reg)
    g = g + _soft_potential((f[:, None] + g - cost).T / reg, b, reg)
    kernel = np.exp((f[:, None] + g - cost) / reg)
    v, error, n_iter, done = np.ones(len(b)), np.inf, 0, False
    while not done:
        n_iter += 1
        u = a / (kernel @ v)
        v = b / (u @ kernel)
        if n_iter % CHECK_EVERY == 0 or n_iter >= max_iter:
            error = float(np.abs(u * (kernel @ v) - a).sum())
        done = error <= tol or n_iter >= max_iter
        if done or max(np.abs(np.log(u)).max(), np.abs(np.log(v)).max()) > ABSORB:
            f, g = f + reg * np.log(u), g + reg * np.log(v)
            kernel, v = np.exp((f[:, None] + g - cost) / reg), np.ones(len(b))
    return g, kernel, error, n_iter


def _soft_potential(exponents, weights, reg):
    """What to add to a potential so that the rows of exp(exponents) sum to ``weights``."""
    return reg * (np.log(weights) - logsumexp(exponents, axis=1))


def negative_entropy(plan) -> float:
    """Sum of p log p."""
    return float(xlogy(plan, plan).sum())


def onto_marginals(plan, a, b):
    """A plan with exactly the sums a and b, near one that has them nearly (Altschuler et al. 2017, algorithm 2)."""
    plan = plan * np.minimum(1, a / plan.sum(axis=1))[:, None]
    plan *= np.minimum(1, b / plan.sum(axis=0))
    rows, columns = np.maximum(a - plan.sum(axis=1), 0), np.maximum(b - plan.sum(axis=0), 0)
    lacking = columns.sum()
    return plan + np.outer(rows, columns / lacking) if lacking > 0 else plan


# --- plans with a penalty on where classes go ---


@dataclass(frozen=True)
class Penalty:
    """A convex function of a plan, by its value and gradient."""

    value: Callable
    gradient: Callable


def group_lasso(members) -> Penalty:
    """Sum over target rows j and classes c of |plan[I_c, j]|, the Euclidean norm of what the class sends to the row.

    ``members`` is the (n, n_classes) indicator of the classes; rows of no class count nowhere.
    """

    def norms(plan):
        return np.sqrt(members.T @ plan**2)

    def gradient(plan):
        sizes = norms(plan)
        return plan * (members @ np.divide(1, sizes, out=np.zeros_like(sizes), where=sizes > 0))

    return Penalty(lambda plan: float(norms(plan).sum()), gradient)


def laplacian_of_images(laplacian, X_target) -> Penalty:
    """Mean squared distance between the images of rows that a graph joins, over that between two target rows.

    The image of row i is n sum_j plan_ij x_j. ``laplacian`` is D - W of the graph (sparse), of total weight sum W.
    """
    n = laplacian.shape[0]
    X = X_target - X_target.mean(axis=0)  # rows of a plan have one sum: a shift changes no distance
    weight = laplacian.diagonal().sum()
    spread = 2 * float(np.mean(np.einsum("ij,ij->i", X, X)))
    scale = 2 * n**2 / (weight * spread) if weight * spread > 0 else 0.0

    def value(plan):
        images = plan @ X
        return scale * float(np.vdot(images, laplacian @ images))

    return Penalty(value, lambda plan: 2 * scale * (laplacian @ (plan @ X)) @ X.T)


def penalized_plan(cost, a, b, reg, eta, penalty, tol=1e-3, max_iter=100, max_inner=1000) -> Plan:
    """Minimise <plan, cost> + reg sum plan log plan + eta penalty(plan) by the generalised conditional gradient.

    Each iteration solves the problem with the penalty in its linear form, exactly where ``reg`` is 0, and goes towards
    that plan as far as the objective falls. The penalty is convex: the difference of the two linear forms bounds how
    far the objective lies above its minimum, and ends the iterations.
    """

    def solve(linear, start=None):
        return (
            exact_plan(linear, a, b)
            if reg == 0
            else sinkhorn_plan(linear, a, b, reg, INNER_TOL * tol, max_inner, start)
        )

    def objective(plan):
        return float(np.vdot(plan, cost)) + reg * negative_entropy(plan) + eta * penalty.value(plan)

    found = solve(cost)
    plan, potential = found.plan, found.potentials
    value = objective(plan)
    gap, n_iter, moved = np.inf, 0, True
    while moved and n_iter < max_iter:
        n_iter += 1
        linear = cost + eta * penalty.gradient(plan)
        found = solve(linear, potential)
        potential = found.potentials
        gap = float(np.vdot(plan, linear)) + reg * negative_entropy(plan) - found.objective
        if gap <= tol:
            break
        plan, value, moved = _step(plan, found.plan - plan, value, gap, objective)
    return Plan(plan, value, max(gap, 0.0), n_iter, gap <= tol)


def _step(plan, direction, value, gap, objective):
    """Go along ``direction`` to the lowest point of a parabola, or nearer until the objective falls enough."""
    ahead = objective(plan + direction)
    bend = ahead - value + gap
    length = 1.0 if bend <= 0.5 * gap else 0.5 * gap / bend
    for _ in range(30):
        moved = plan + length * direction
        reached = objective(moved)
        if reached <= value - 0.1 * length * gap:
            return moved, reached, True
        length /= 2
    return plan, value, False
