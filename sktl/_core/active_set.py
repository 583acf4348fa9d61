"""Quadratic programming over a box by guessing which variables are at a bound, and guessing again until it is right.

The primal-dual active set method: given the guess, the free variables solve a linear system; those that leave their
bounds and those whose gradient points inwards change sides. It ends at the exact minimiser, nearly always within ten
steps where there is a ridge, and cycles at times: then it returns None, and an interior point method takes over.
"""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

ACTIVE_STEPS = 15  # where the method ends, it mostly does so within ten steps: what takes more is likely to cycle
RIDGES = (1e-2, 0.0)  # without a ridge: guesses come from a programme that has one, in units of the mean diagonal of Q


def active_set(factor, linear, upper, slab, ridge, max_iter):
    """Minimise 1/2 x'(LL' + ridge I)x + q'x over 0 <= x <= upper and slab[0] <= sum(x) <= slab[1].

    Returns
    -------
    tuple of (x, multiplier of the slab, steps), or None
        None where the steps do not come to an end, or a system is singular.
    """
    free, at_top = np.ones(len(linear), dtype=bool), np.zeros(len(linear), dtype=bool)
    unit = float(np.einsum("ij,ij->", factor, factor)) / len(linear)
    found, steps = None, 0
    for weight in (ridge,) if ridge > 0 else np.multiply(RIDGES, unit):
        problem = factor, linear, upper, weight, max_iter
        found = _settle(*problem, None, free, at_top)
        if found is not None and not slab[0] <= found[0].sum() <= slab[1]:
            # the programme is convex: its solution then lies on the edge that the one without the slab crosses
            total = slab[0] if found[0].sum() < slab[0] else slab[1]
            found = _settle(*problem, total, *found[3:])
        if found is None:
            return None
        free, at_top = found[3:]
        steps += found[2]
    return (*found[:2], steps) if steps <= max_iter else None


def _settle(factor, linear, upper, ridge, max_iter, total, free, at_top):
    """Step until the guess is right: (x, multiplier, steps, free, at_top), or None. ``total``: the sum of x, if set."""
    for step in range(1, min(ACTIVE_STEPS, max_iter) + 1):
        found = _given_the_guess(factor, linear, upper, ridge, total, free, at_top)
        if found is None:
            return None
        x, multiplier = found
        gradient = factor @ (factor.T @ x) + ridge * x + linear + multiplier
        low, high = free & (x < 0), free & (x > upper)
        inwards = ~free & np.where(at_top, gradient > 0, gradient < 0)
        if not (low.any() or high.any() or inwards.any()):
            return x, multiplier, step, free, at_top
        free, at_top = (free & ~low & ~high) | inwards, (at_top & ~inwards) | high
    return None


def _given_the_guess(factor, linear, upper, ridge, total, free, at_top):
    """Solve the equations of the guess for x and the multiplier; None if they have no one solution."""
    if not free.any():
        return None
    x = np.where(at_top, upper, 0.0)
    right = -(linear + factor @ (factor[at_top].T @ x[at_top])) if at_top.any() else -linear
    right = right[free, None] if total is None else np.column_stack([right, np.ones_like(right)])[free]
    try:
        solved = _solve_free(factor if free.all() else factor[free], ridge, right)
    except LinAlgError:
        return None
    multiplier = 0.0 if total is None else float((solved[:, 0].sum() + x.sum() - total) / solved[:, 1].sum())
    x[free] = solved[:, 0] if total is None else solved[:, 0] - multiplier * solved[:, 1]
    return x, multiplier


def _solve_free(factor, ridge, right):
    """Solve (LL' + ridge I) z = r for the columns of ``right``, by the smaller of the two systems."""
    m, rank = factor.shape
    if m <= rank or ridge == 0:
        if m > rank:
            raise LinAlgError("LL' has no inverse")
        return cho_solve(_factored(factor @ factor.T, ridge), right, check_finite=False)
    factors = _factored(factor.T @ factor, ridge)

    def once(right):  # Woodbury's identity
        return (right - factor @ cho_solve(factors, factor.T @ right, check_finite=False)) / ridge

    first = once(right)
    # the difference above loses the digits by which L's values exceed the ridge: one refinement brings them back
    return first + once(right - factor @ (factor.T @ first) - ridge * first)


def _factored(matrix, ridge):
    matrix.flat[:: len(matrix) + 1] += ridge
    return cho_factor(matrix, overwrite_a=True, check_finite=False)
