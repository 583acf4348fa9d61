"""Transport plans with a penalty on where the mass of a class goes, by the generalised conditional gradient."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sktl._core.transport import Plan, exact_plan, negative_entropy, sinkhorn_plan

INNER_TOL = 0.01  # precision of the plans that a penalised one goes towards, in units of its own


@dataclass(frozen=True)
class Penalty:
    """A convex function of a plan, by its value and gradient."""

    value: Callable
    gradient: Callable


def group_lasso(members) -> Penalty:
    """Sum over target rows j and classes c of |plan[I_c, j]|, the Euclidean norm of what the class sends to the row.

    ``members`` is the (n, n_classes) indicator of the classes; rows of no class count nowhere. Other numbers than 1 are
    weights of the squares: a row of weight a among n stands for n a rows that send a like share each, with 1 / (n a).
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
    bend = ahead - value + gap  # value - gap t + bend t^2 along the way: the slope at 0 is -gap or steeper
    length = 1.0 if bend <= 0.5 * gap else 0.5 * gap / bend
    for _ in range(30):
        moved = plan + length * direction
        reached = objective(moved)
        if reached <= value - 0.1 * length * gap:  # Armijo's rule: a tenth of what the slope promises
            return moved, reached, True
        length /= 2
    return plan, value, False
