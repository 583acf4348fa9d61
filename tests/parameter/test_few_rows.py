"""The model of few rows: what is different where rows are unlike each other, and where many offsets are estimated."""

import numpy as np
from numpy.testing import assert_allclose

from sktl._core.averaging import Part, average_logistic, linear_kernel_of
from sktl.parameter._few_rows import LOGISTIC_PLANS, FewRows


def wide_rows():
    """A hundred rows of 400 columns, half of which decide together; the first 20 have labels."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(100, 400))
    X[:, :200] += 0.6 * rng.choice([-1, 1], size=(100, 1))
    return X, (X[:, :200].mean(axis=1) > 0).astype(float)


def probability_of_truth(model, X, y):
    odds = model.predict(np.zeros(len(X)), X)
    return np.mean(1 / (1 + np.exp(-np.where(y > 0, odds, -odds))))


def test_wide_rows_need_variances_that_the_evidence_does_not_find():
    X, y = wide_rows()
    plan, few = LOGISTIC_PLANS["stack"], slice(20)
    sure = [
        probability_of_truth(
            FewRows(plan, False, wide).fit(y[few], np.zeros(20), X[few], None, 0.0, 1.0), X[20:], y[20:]
        )
        for wide in (True, False)
    ]
    assert sure[0] > 0.9 > 0.85 > sure[1]


def test_a_wide_plan_is_the_average_of_its_longer_grid_by_left_out_rows():
    X, y = wide_rows()
    X, y, source = X[:20], y[:20], np.linspace(-1, 1, 20)
    plan = LOGISTIC_PLANS["stack"]
    model = FewRows(plan, False, wide=True).fit(y, source, X, None, 0.0, 1.0)
    kappas = np.sqrt(10) ** np.arange(-4, 7)
    part = Part(linear_kernel_of(X / 20), kappas, np.array([[3.0, s] for s in plan.slopes]))
    by_hand = average_logistic(y, np.zeros(20), np.column_stack([np.ones(20), source]), [part], by_left_out=True)
    assert_allclose(model.left_out_, by_hand.left_out)


def test_a_shift_of_one_of_many_classes_is_shrunk_more():
    """One label of three in the class: the mode of the penalised likelihood, its variance cut by ``shrink``."""
    plan = LOGISTIC_PLANS["shift"]
    y, none = np.array([1.0, 0, 0, 1, 1, 1]), np.empty((6, 0))
    shifts = [
        FewRows(plan, False, shrink=k).fit(y, np.zeros(6), none, None, 0.0, 1.0).basis_coef_[0] for k in (1, 0.5, 1e-6)
    ]
    assert shifts[0] > shifts[1] > 0 and abs(shifts[2]) < 1e-5
