"""Rows assigned to classes at least cost, no class left empty: a transportation programme, and its prices."""

import numpy as np
from scipy import sparse

SHARED = 1e-6  # of a row: less than this is rounding


def assign_classes(costs, demand):
    """Solve min sum M_ic D_ic over M >= 0 with sum_c M_ic = 1 for every row and sum_i M_ic >= demand_c.

    Where the cheapest class of each row meets every demand, it is the solution; else the programme goes to HiGHS.

    Parameters
    ----------
    costs : ndarray of shape (n, C)
        D.
    demand : ndarray of shape (C,)
        Rows that a class must get, with sum at most n.

    Returns
    -------
    plan : ndarray of shape (n, C)
        M.
    prices : ndarray of shape (C,)
        Dual values u >= 0 of the demands, from inside their range: each row goes to a class of least D - u.
    """
    n, n_classes = costs.shape
    plan = np.zeros((n, n_classes))
    plan[np.arange(n), costs.argmin(axis=1)] = 1
    if (plan.sum(axis=0) >= demand).all():
        return plan, np.zeros(n_classes)
    plan, prices = _solve(costs, demand)
    return plan, _middle_prices(costs, plan, demand, prices)


def _solve(costs, demand):
    """The programme by HiGHS: C n variables, n + C sparse constraints."""
    from scipy.optimize import linprog  # here, to keep `import sktl` quick

    n, n_classes = costs.shape
    scale = max(np.abs(costs).max(), np.finfo(float).tiny)  # its tolerances are absolute
    of_class = sparse.kron(np.ones((1, n)), sparse.eye_array(n_classes), format="csr")
    of_row = sparse.kron(sparse.eye_array(n), np.ones((1, n_classes)), format="csr")
    found = linprog(
        costs.ravel() / scale, A_ub=-of_class, b_ub=-demand, A_eq=of_row, b_eq=np.ones(n), method="highs-ds"
    )
    if found.status != 0:
        raise RuntimeError(f"The linear programme of {n} rows and {n_classes} classes was not solved: {found.message}")
    return found.x.reshape(n, n_classes), -found.ineqlin.marginals * scale


def _middle_prices(costs, plan, demand, prices):
    """A point inside the set of optimal prices; HiGHS gives one of its corners, where rows are tied.

    A row of class c stays there while u_b - u_c <= D_b - D_c for every class b, and a class with more than its demand
    has u = 0. So the largest u_c is the shortest path to c from these classes, the smallest minus the shortest one from
    c to any class; the mean of the points where one price is largest and all others smallest leaves no tie that can be
    left.
    """
    n_classes, chosen = costs.shape[1], plan.argmax(axis=1)
    slack = plan.sum(axis=0) > demand + SHARED
    if plan.max(axis=1).min() < 1 - SHARED or not slack.any():
        return prices  # rows shared by classes, or a level that nothing fixes
    paths = np.full((n_classes, n_classes), np.inf)
    for code in np.unique(chosen):
        rows = chosen == code
        paths[code] = (costs[rows] - costs[rows, code][:, None]).min(axis=0)
    paths[np.diag_indices(n_classes)] = 0
    for code in range(n_classes):  # Floyd and Warshall
        paths = np.minimum(paths, paths[:, [code]] + paths[[code]])
    largest, smallest = paths[slack].min(axis=0), np.maximum(0, -paths).max(axis=1)
    ends = np.maximum(smallest, largest[:, None] - paths.T)  # row c: the optimal u with u_c largest, then all smallest
    return np.where(slack, 0.0, ends.mean(axis=0))
