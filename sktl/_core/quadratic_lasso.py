"""Minimisers of w'Gw/2 - c'w + penalty |w|_1 for several (G, c) at once: what each lasso comes down to.

Small problems guess the signs of w: given them it solves linear equations, and its optimality tells the next guess, of
all problems at once. Where that does not settle, and for larger ones, scikit-learn's coordinate descent.
"""

import numpy as np
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning

from sktl._threads import quiet

SMALL = 100  # columns up to which equations are solved: their cost grows by the cube
GUESSES = 8  # of the signs; two or three settle most problems that start from a near one
MISFIT = 1e-6  # of a solved equation, as a share of the penalty: far above rounding, far below what moves a digit
TOL = 1e-7  # of coordinate descent, as a share of the squared labels


def quadratic_lassos(grams, crosses, squares, penalties, starts) -> np.ndarray:
    """Minimisers (n_problems, p).

    Parameters
    ----------
    grams, crosses : ndarray of shape (n_problems, p, p) and (n_problems, p)
        G and c.
    squares, penalties : ndarray of shape (n_problems,)
        Mean squared labels, the unit of the tolerance, and penalties.
    starts : ndarray of shape (n_problems, p)
        Where to start.
    """
    coef, settled = starts, np.zeros(len(starts), dtype=bool)
    if crosses.shape[1] <= SMALL:
        coef, settled = by_signs(grams, crosses, penalties, starts)
    if settled.all():
        return coef
    coef = coef.copy()
    for b in np.flatnonzero(~settled):
        coef[b] = by_descent(grams[b], crosses[b], squares[b], penalties[b], starts[b])
    return coef


def by_signs(grams, crosses, penalties, starts):
    """Minimisers by guesses of their signs (a semismooth Newton method), and which of them are right."""
    p = crosses.shape[1]
    coef, penalties, diagonal = starts, penalties[:, None], np.einsum("bii->bi", grams)
    last, identity = np.full(starts.shape, np.nan), np.eye(p)
    for _ in range(GUESSES):
        # where each coordinate would go by itself, in units of the penalty: the signs of a minimum stay as they are
        slope = crosses - np.matmul(grams, coef[:, :, None])[:, :, 0]
        alone = diagonal * coef + slope
        signs = np.where(np.abs(alone) > penalties, np.sign(alone), 0.0)
        # equations of more columns than rows may be solved by numbers without meaning
        solved = np.abs(slope - penalties * signs) <= MISFIT * penalties
        settled = ((signs == last) & (solved | (signs == 0))).all(axis=1)
        if settled.all():
            break
        on = np.abs(signs)
        equations = grams * (on[:, :, None] * on[:, None, :]) + identity * (1.0 - on)[:, :, None]
        try:
            coef = np.linalg.solve(equations, (on * (crosses - penalties * signs))[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:  # columns that depend on each other
            return starts, np.zeros(len(starts), dtype=bool)
        last = signs
    return coef, settled


def by_descent(gram, cross, square, penalty, start):
    """The minimiser (p,) of one problem by scikit-learn's coordinate descent."""
    from sklearn.linear_model import enet_path  # here, to keep `import sktl` quick

    # its checks of parameters cost more than a small problem
    # and its warnings say nothing here: a Newton step is checked by what it gains
    with quiet(category=ConvergenceWarning), config_context(skip_parameter_validation=True):
        # one row that stands for all: with the sums given, only its number and the labels' square are looked at
        _, coef, _ = enet_path(
            np.zeros((1, len(cross)), order="F"),
            np.array([np.sqrt(max(square, 1e-300))]),
            l1_ratio=1.0,
            alphas=np.array([penalty]),
            precompute=np.ascontiguousarray(gram),
            Xy=np.ascontiguousarray(cross),
            coef_init=start.copy(),  # which it writes into
            check_input=False,
            tol=TOL,
            max_iter=10_000,
            random_state=0,  # None would draw from the caller's generator, though nothing is drawn
        )
    return coef[:, 0]
