"""Quadratic programming over a box and a slab, at a cost linear in the variables."""

from dataclasses import dataclass, field

import numpy as np

from sktl._core.active_set import active_set

STEP_BACK = 0.99  # how far of the way to the boundary a step may go: on it the barrier has no derivative


@dataclass(frozen=True)
class QPSolution:
    """What a quadratic programme's solver returns.

    Attributes
    ----------
    x : ndarray of shape (n,)
        The minimiser, feasible.
    objective : float
        ``0.5 x'Qx + q'x`` at ``x``.
    gap : float
        ``objective`` minus the value of a feasible dual point: the objective lies at most this far above the minimum.
    n_iter : int
        Iterations done.
    converged : bool
        Whether ``gap <= tol * max(1, |objective|)``.
    multiplier : float
        Of the bounds of the sum: at the optimum Qx + q + multiplier is 0 wherever x is within its own bounds.
    """

    x: np.ndarray = field(repr=False)
    objective: float
    gap: float
    n_iter: int
    converged: bool
    multiplier: float

    @property
    def relative_gap(self):
        """``gap`` in units of the objective."""
        return self.gap / max(1.0, abs(self.objective))


def box_slab_gap(x, gradient, quadratic, upper, slab, multiplier):
    """Duality gap of ``x`` and a ``multiplier`` of the slab, in the problem of :func:`solve_box_slab_qp`.

    With the reduced gradient r = Qx + q + multiplier, the multipliers max(r, 0) of x >= 0 and max(-r, 0) of
    x <= upper are feasible for the dual, whatever ``x`` and ``multiplier`` are; ``quadratic`` is x'Qx.
    """
    reduced = gradient + multiplier
    dual = -0.5 * quadratic - upper * np.maximum(-reduced, 0).sum()
    dual -= max(multiplier, 0) * slab[1] - max(-multiplier, 0) * slab[0]
    primal = gradient @ x - 0.5 * quadratic
    return primal - dual


class _LowRankPlusDiagonal:
    """Solver of (L L' + diag(d)) z = r by the Woodbury identity, with one step of iterative refinement."""

    def __init__(self, factor, diagonal):
        self.factor, self.diagonal = factor, diagonal
        scaled = factor / np.sqrt(diagonal)[:, None]
        core = scaled.T @ scaled
        core.flat[:: len(core) + 1] += 1.0
        # numpy alone in this loop: its threads and those of scipy's BLAS would wait for each other
        self.inverse_root = np.linalg.inv(np.linalg.cholesky(core))

    def _solve_once(self, right):
        inner = right / self.diagonal
        core_part = self.inverse_root.T @ (self.inverse_root @ (self.factor.T @ inner))
        return inner - (self.factor @ core_part) / self.diagonal

    def solve(self, right):
        first = self._solve_once(right)
        residual = right - self.factor @ (self.factor.T @ first) - self.diagonal * first
        # near the end the diagonal spans many orders, and one solve would lose digits
        return first + self._solve_once(residual)


def _newton_step(system, ones_solved, residual, slacks, duals, targets):
    """One Newton step of the barrier equations; (dx, dy, dslacks, dduals).

    ``slacks`` are [x, upper - x, s - low, high - s], where s = sum(x) has y as the multiplier of its definition (the
    last two are absent when low = high); ``targets`` are the wanted changes of the products slack * dual.
    """
    n = len(ones_solved)
    over_slack = targets / slacks
    residual_x, residual_s, residual_sum = residual
    right = -residual_x + over_slack[:n] - over_slack[n : 2 * n]
    solved = system.solve(right)
    if len(slacks) > 2 * n:
        curvature = (duals[2 * n :] / slacks[2 * n :]).sum()
        right_s = -residual_s + over_slack[2 * n] - over_slack[2 * n + 1]
        dy = (solved.sum() + residual_sum - right_s / curvature) / (ones_solved.sum() + 1 / curvature)
        ds = [(right_s + dy) / curvature, -(right_s + dy) / curvature]
    else:
        dy = (solved.sum() + residual_sum) / ones_solved.sum()
        ds = []
    dx = solved - dy * ones_solved
    dslacks = np.concatenate([dx, -dx, ds])
    return dx, dy, dslacks, over_slack - duals / slacks * dslacks


def _longest_step(values, directions):
    """Largest step, at most 1, that keeps ``values`` positive, drawn back a little from the boundary."""
    shrinking = directions < 0
    if not shrinking.any():
        return 1.0
    return min(1.0, STEP_BACK * float(np.min(-values[shrinking] / directions[shrinking])))


def _interior_point(factor, linear, upper, slab, ridge, tol, max_iter):
    """Mehrotra's predictor and corrector; (x, multiplier of the slab, iterations)."""
    n = len(linear)
    low, high = slab
    total = 0.5 * (low + high)
    x = np.full(n, total / n)
    # a slab of no width has no interior for its slacks: an equation in its place
    edges = [total - low, high - total] if high - low > 1e-9 * total else []
    slacks = np.concatenate([x, upper - x, edges])
    duals = np.ones_like(slacks)
    y = 0.0
    best = (np.inf, x, y)
    for n_iter in range(max_iter + 1):
        gradient, quadratic = _gradient(x, factor, linear, ridge)
        gap = box_slab_gap(x, gradient, quadratic, upper, slab, y)
        if gap < best[0]:
            best = (gap, x, y)
        # relative to the objective, which may be 0; variables are in units of their mean, so that n is its scale
        if gap <= tol * max(1e-12 * n, abs(gradient @ x - 0.5 * quadratic)) or n_iter == max_iter:
            break
        edge_duals = duals[2 * n :]
        residual = (
            gradient + y - duals[:n] + duals[n : 2 * n],
            -y - edge_duals[0] + edge_duals[1] if len(edges) else 0.0,
            x.sum() - (low + slacks[2 * n] if len(edges) else total),
        )
        pull = duals / slacks
        system = _LowRankPlusDiagonal(factor, pull[:n] + pull[n : 2 * n] + ridge)
        ones_solved = system.solve(np.ones(n))
        products = slacks * duals
        _, _, dslacks, dduals = _newton_step(system, ones_solved, residual, slacks, duals, -products)
        ahead = (slacks + _longest_step(slacks, dslacks) * dslacks) @ (duals + _longest_step(duals, dduals) * dduals)
        # Mehrotra's cube: the further the predictor gets, the less it is pulled back to the centre
        centre = (ahead / products.sum()) ** 3 * products.mean()
        # with the product of both changes, which a linear step leaves out
        targets = centre - products - dslacks * dduals
        dx, dy, dslacks, dduals = _newton_step(system, ones_solved, residual, slacks, duals, targets)
        # one length for both: Qx stands in the dual equations too
        step = min(_longest_step(slacks, dslacks), _longest_step(duals, dduals))
        x, y = x + step * dx, y + step * dy
        slacks, duals = slacks + step * dslacks, duals + step * dduals
    return best[1], best[2], n_iter


def _gradient(x, factor, linear, ridge):
    """Qx + q and x'Qx, where Q = L L' + ridge I."""
    half = factor.T @ x
    return factor @ half + ridge * x + linear, half @ half + x @ (ridge * x)


def solve_box_slab_qp(factor, linear, upper, slab, ridge=0.0, tol=1e-6, max_iter=100):
    """Minimise 1/2 x'(LL' + ridge I)x + q'x over 0 <= x <= upper and slab[0] <= sum(x) <= slab[1].

    An active set method, whose solution is exact; where it finds none within ``max_iter`` and ``ACTIVE_STEPS``, a
    primal-dual interior point method. Each iteration of both factors an r x r matrix, so that the cost is O(n r^2) an
    iteration and the memory O(n r).

    Parameters
    ----------
    factor : ndarray of shape (n, r)
        L, with Q = L L' + ridge I.
    linear : ndarray of shape (n,)
        q.
    upper : float
        Upper bound of each variable; the lower one is 0.
    slab : tuple of (float, float)
        Bounds of the sum, possibly equal, with ``0 < slab[1]`` and ``slab[0] < n * upper``.
    ridge : float
        Added to the diagonal of Q.
    tol : float
        Duality gap asked for, relative to the objective.
    max_iter : int
        Iterations at the most.

    Returns
    -------
    QPSolution
    """
    n = len(linear)
    low, high = max(slab[0], 0.0), min(slab[1], n * upper)
    unit = 0.5 * (low + high) / n  # x in units of its mean, the objective in units of its gradient
    curvature = _gradient(np.full(n, unit), factor, np.zeros(n), ridge)[0]
    scale = max(np.abs(linear).max(), np.abs(curvature).max(), np.finfo(float).tiny)
    found = active_set(factor, linear, upper, (low, high), ridge, max_iter)
    if found is not None:
        solution = _record(*found, factor, linear, upper, (low, high), ridge, tol)
        if solution.converged:
            return solution
    x, y, n_iter = _interior_point(
        factor * np.sqrt(unit / scale),
        linear / scale,
        upper / unit,
        (low / unit, high / unit),
        ridge * unit / scale,
        tol,
        max_iter,
    )
    return _record(x * unit, y * scale, n_iter, factor, linear, upper, (low, high), ridge, tol)


def _record(x, multiplier, n_iter, factor, linear, upper, slab, ridge, tol):
    """The record of a point and a multiplier of the slab, with the gap between them."""
    gradient, quadratic = _gradient(x, factor, linear, ridge)
    objective = float(0.5 * quadratic + linear @ x)
    # not below 0, where an exact solution's would be by rounding
    gap = max(float(box_slab_gap(x, gradient, quadratic, upper, slab, multiplier)), 0.0)
    converged = bool(gap <= tol * max(np.finfo(float).tiny, abs(objective)))
    return QPSolution(x, objective, gap, n_iter, converged, float(multiplier))


def solve_box_slab_cvxpy(matrix, linear, upper, slab, ridge=0.0, tol=1e-8):
    """The problem of :func:`solve_box_slab_qp` for a dense n x n matrix Q - ridge I, by cvxpy; O(n^3), the yardstick.

    Parameters
    ----------
    matrix : ndarray of shape (n, n)
        Positive semi-definite.
    linear, upper, slab, ridge, tol
        As in :func:`solve_box_slab_qp`.

    Returns
    -------
    QPSolution
    """
    import cvxpy as cp  # slow to import, and not needed otherwise

    n = len(linear)
    values, vectors = np.linalg.eigh(matrix)
    # a sum of squares: cvxpy would refuse a matrix that rounding made indefinite
    factor = vectors * np.sqrt(np.maximum(values + ridge, 0.0))
    x = cp.Variable(n)
    rows = [cp.sum(x) <= slab[1], cp.sum(x) >= slab[0]]
    problem = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(factor.T @ x) + linear @ x), [x >= 0, x <= upper, *rows])
    problem.solve(solver=cp.CLARABEL, tol_gap_rel=tol, tol_gap_abs=tol, tol_feas=tol)
    solved = np.clip(x.value, 0.0, upper)
    gradient, quadratic = _gradient(solved, factor, linear, 0.0)
    multiplier = float(rows[0].dual_value) - float(rows[1].dual_value)
    objective = float(0.5 * quadratic + linear @ solved)
    gap = float(box_slab_gap(solved, gradient, quadratic, upper, slab, multiplier))
    n_iter = problem.solver_stats.num_iters
    return QPSolution(solved, objective, gap, int(n_iter), problem.status == cp.OPTIMAL, multiplier)
