"""Transport plans between two samples: their costs, exact plans and entropic ones."""

from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.special import logsumexp
from sklearn.metrics.pairwise import pairwise_distances

from sktl._checks import Interval, check_fits, import_extra
from sktl._core.distances import squared_distances
from sktl._core.kernels import canonical_order
from sktl._core.wasserstein import power_mean
from sktl._threads import quiet

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
MAX_PAIRS = 25_000_000  # source rows times target rows: 200 MB a matrix, of which there are four or five
PIVOTS = 10_000_000  # of the network simplex; 5,000 x 5,000 rows need about a tenth of it
ASSIGNED = 200  # rows up to which an assignment is no slower than the simplex; 700 in two columns take twice as long
DEAR = 1e9  # cost, in units of the longest way of a plan, from which ways are equally bad
NEGLIGIBLE_POWER = 1e-6  # p-th power of the longest way, in the unit it was found in, that has lost digits
CHECK_EVERY = 10  # Sinkhorn iterations between two looks at the marginals
ABSORB = 50.0  # largest size of a log-scaling before it moves into the potentials
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
    """Distances of all pairs of rows, (n, m), divided by what ``norm`` says: their "median", "max" or None.

    The unit comes from distances between rows less the mean of their sample: an offset between the samples would make
    it, and all that is measured in it, as large as one likes. Squared Euclidean distances are these themselves: what an
    offset adds is a constant a row and a column, which no plan can save.
    """
    if metric == "cosine" or (sparse.issparse(X) and metric != "sqeuclidean"):
        cost = shape = _distances(X, Y, metric)
    elif sparse.issparse(X):
        cost = shape = _centred_squares(X.astype(np.float64), Y.astype(np.float64))
    else:
        X, Y = (np.asarray(Z, dtype=np.float64) for Z in (X, Y))
        offset = Y.mean(axis=0)
        shape = _distances(X - X.mean(axis=0), Y - offset, metric)
        cost = shape if metric == "sqeuclidean" else _distances(X - offset, Y - offset, metric)
    value = NORMS[norm](shape)
    value = value if value > 0 else shape.max()  # a median of 0 is no unit
    if value > 0:
        cost /= value
    return cost


def _centred_squares(X, Y):
    """|x - z - gap|^2 of CSR rows, with the gap between the samples' means."""
    gap = np.asarray(X.mean(axis=0)).ravel() - np.asarray(Y.mean(axis=0)).ravel()
    along = [np.asarray(Z @ gap).ravel() for Z in (X, Y)]
    cost = squared_distances(X, Y) + gap @ gap
    cost -= 2 * along[0][:, None]
    cost += 2 * along[1]
    return np.maximum(cost, 0, out=cost)


def _distances(X, Y, metric):
    """Distances in double precision."""
    if sparse.issparse(X):
        X, Y = X.astype(np.float64), Y.astype(np.float64)
    if metric == "sqeuclidean":
        return squared_distances(X, Y)
    return pairwise_distances(X, Y, metric=metric)


def equal_rows(X) -> np.ndarray:
    """A number for each row, (n,), the same for equal rows alone, in an order that depends on their values."""
    rank = np.empty(X.shape[0], dtype=np.int64)
    order = canonical_order(X)
    ordered = X[order]
    if sparse.issparse(X):
        steps = np.asarray(abs(ordered[1:] - ordered[:-1]).sum(axis=1)).ravel() != 0
    else:
        steps = (ordered[1:] != ordered[:-1]).any(axis=1)
    rank[order] = np.cumsum(np.concatenate([[0], steps]))
    return rank


def fixed_order(X, keys=None) -> np.ndarray:
    """Order of the rows by their values, then by ``keys``, whatever order they came in.

    A linear programme with ties, solved on rows in this order, has one answer.
    """
    keys = np.zeros(X.shape[0]) if keys is None else keys
    return np.lexsort((keys, equal_rows(X)))


def check_pairs(n: int, m: int, way_out: str):
    """Raise before any work where a plan, of one number per pair of rows, does not fit."""
    needs = f"{n * m} entries ({5 * 8e-9 * n * m:.2g} GB with what it is made of)"
    check_fits(n * m, MAX_PAIRS, f"A plan between {n} source rows and {m} target rows has {needs}", way_out)


def uniform(n) -> np.ndarray:
    """Weights 1 / n."""
    return np.full(n, 1 / n)


# --- exact and entropic plans ---


def exact_plan(cost, a, b) -> Plan:
    """Minimise <plan, cost> exactly: an assignment of a few rows that weigh the same, else by POT's network simplex.

    The gap is that to the value of the simplex' dual; an assignment is found by its dual, with none left.
    """
    n, m = cost.shape
    if n == m <= ASSIGNED and np.ptp(a) == 0 and np.ptp(b) == 0:  # a vertex of such plans is a permutation
        rows, columns = linear_sum_assignment(cost)
        plan = np.zeros((n, m))
        plan[rows, columns] = a
        return Plan(plan, float(cost[rows, columns] @ a), 0.0, 0, True)
    ot = import_extra("ot", "ot", "An exact transport plan")
    unit = _binary_unit(np.abs(cost).max())  # the simplex has absolute tolerances
    with quiet():  # POT warns in words; the record has the numbers
        plan, log = ot.emd(a, b, cost / unit if unit != 1 else cost, numItermax=PIVOTS, log=True)
    objective = float(np.vdot(plan, cost))
    gap = max(objective - unit * float(a @ log["u"] + b @ log["v"]), 0.0)
    return Plan(plan, objective, gap, 0, log["warning"] is None)


def _binary_unit(value):
    """The power of 2 next to ``value``: dividing by it costs no digit. 1 for 0."""
    return 2.0 ** int(np.rint(np.log2(value))) if value > 0 else 1.0


def exact_distance(distances, p: float) -> tuple[float, bool]:
    """W_p of two samples of equal weights from the distances of all pairs, and whether the solver came to its end.

    Powers are of distances in units of the longest way that mass goes, which a plan tells: others then cost so much
    more, or so much less, that it does not matter if large p rounds them to ``DEAR`` or to 0.
    """
    a, b = uniform(distances.shape[0]), uniform(distances.shape[1])
    unit = float(distances.max())
    while unit > 0:
        costs = distances / unit
        if p != 1:
            np.minimum(costs, DEAR ** (1 / p), out=costs)
            np.power(costs, p, out=costs)
        found = exact_plan(costs, a, b)
        rows, columns = np.nonzero(found.plan)
        ways, masses = distances[rows, columns], found.plan[rows, columns]
        longest = float(ways.max())
        if p == 1 or longest == 0 or p * np.log(unit / longest) <= np.log(1 / NEGLIGIBLE_POWER):
            return float(power_mean(ways, p, masses)), found.converged
        unit = longest
    return 0.0, True


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
    f, g, kernel = _first_scaling(cost, a, b, reg, g)
    v, error, n_iter, done = np.ones(len(b)), np.inf, 0, False
    while not done:
        n_iter += 1
        u = a / (kernel @ v)
        v = b / (u @ kernel)
        if n_iter % CHECK_EVERY == 0 or n_iter >= max_iter:
            error = float(np.abs(u * (kernel @ v) - a).sum())
        done = error <= tol or n_iter >= max_iter
        if done:
            g = g + reg * np.log(v)
            kernel *= u[:, None]
            kernel *= v
        elif max(np.abs(np.log(u)).max(), np.abs(np.log(v)).max()) > ABSORB:
            f, g = f + reg * np.log(u), g + reg * np.log(v)
            kernel, v = _gibbs(cost, reg, f, g), np.ones(len(b))
    return g, kernel, error, n_iter


def _first_scaling(cost, a, b, reg, g):
    """Potentials f and g whose K has the wanted sums of columns, and K, by one iteration with logarithms."""
    kernel = (g - cost) / reg
    top = kernel.max(axis=1, keepdims=True)  # so that each row has an entry of 1 before it is scaled
    kernel -= top
    np.exp(kernel, out=kernel)
    rows = a / kernel.sum(axis=1)
    f = reg * (np.log(rows) - top[:, 0])
    kernel *= rows[:, None]
    columns = kernel.sum(axis=0)
    if columns.min() > np.finfo(np.float64).tiny:
        kernel *= b / columns
        return f, g + reg * np.log(b / columns), kernel
    exponents = (f[:, None] - cost) / reg  # a column underflowed: its sum needs logarithms too
    g = reg * (np.log(b) - logsumexp(exponents, axis=0))
    return f, g, _gibbs(cost, reg, f, g)


def _gibbs(cost, reg, f, g):
    """K = exp((f + g - cost) / reg)."""
    kernel = f[:, None] - cost
    kernel += g
    kernel /= reg
    return np.exp(kernel, out=kernel)


def negative_entropy(plan) -> float:
    """Sum of p log p."""
    return float(np.vdot(plan, np.log(np.maximum(plan, np.finfo(np.float64).tiny))))  # twice as fast as xlogy


def onto_marginals(plan, a, b):
    """A plan with exactly the sums a and b, near one that has them nearly (Altschuler et al. 2017, algorithm 2)."""
    plan = plan * np.minimum(1, a / plan.sum(axis=1))[:, None]
    plan *= np.minimum(1, b / plan.sum(axis=0))
    rows, columns = np.maximum(a - plan.sum(axis=1), 0), np.maximum(b - plan.sum(axis=0), 0)
    lacking = columns.sum()
    return plan + np.outer(rows, columns / lacking) if lacking > 0 else plan
