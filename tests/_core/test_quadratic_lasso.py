"""Several quadratic lassos at once: the optimality conditions, and what happens where signs can't be found."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktl._core.quadratic_lasso import by_signs, quadratic_lassos


def make_problems(n, p, seed=0):
    """Grams, cross products and squares of three tables of n rows."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(3, n, p)), rng.normal(size=(3, n))
    X[1, :, 1] = X[1, :, 0]  # columns that depend on each other
    y += X[:, :, 0] - X[:, :, 2]
    grams, crosses = np.einsum("bij,bik->bjk", X, X) / n, np.einsum("bij,bi->bj", X, y) / n
    return grams, crosses, np.einsum("bi,bi->b", y, y) / n


@pytest.mark.parametrize("n, p", [(31, 7), (11, 23), (301, 120)], ids=["small", "more columns than rows", "large"])
@pytest.mark.parametrize("start", [0.0, 0.3])
def test_the_optimality_conditions_hold(n, p, start):
    grams, crosses, squares = make_problems(n, p)
    penalties = np.array([0.05, 0.1, 0.2])
    coef = quadratic_lassos(grams, crosses, squares, penalties, np.full((3, p), start))
    slope = crosses - np.einsum("bij,bj->bi", grams, coef)
    assert (np.abs(slope) <= penalties[:, None] * 1.01).all()
    on = coef != 0
    assert on.any(axis=1).all() and not on.all()
    assert_allclose(slope[on], (penalties[:, None] * np.sign(coef))[on], rtol=1e-2)


def test_signs_are_exact_where_they_settle_and_left_alone_where_equations_have_no_answer():
    grams, crosses, _ = make_problems(31, 7)
    starts = np.zeros((3, 7))
    coef, settled = by_signs(grams, crosses, np.full(3, 0.1), starts)
    assert coef is starts and not settled.any()  # the second has two columns that are one
    grams, crosses = grams[[0, 2]], crosses[[0, 2]]
    coef, settled = by_signs(grams, crosses, np.full(2, 0.1), starts[:2])
    assert settled.all()
    slope, on = crosses - np.einsum("bij,bj->bi", grams, coef), coef != 0
    assert_allclose(slope[on], 0.1 * np.sign(coef[on]), rtol=1e-9)
    assert (np.abs(slope) <= 0.1 + 1e-9).all()
    wide = make_problems(5, 40)  # more columns than rows: a small penalty asks for more of them than there are rows
    coef, settled = by_signs(*wide[:2], np.full(3, 1e-4), np.ones((3, 40)))
    assert np.abs(coef[settled]).max(initial=0) < 1e3


def test_a_start_is_not_written_into():
    grams, crosses, squares = make_problems(11, 120)
    starts = np.zeros((3, 120))
    starts.flags.writeable = False
    assert quadratic_lassos(grams, crosses, squares, np.full(3, 0.1), starts).any()
