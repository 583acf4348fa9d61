"""New values of leaves: against refits without a row, direct minimisation, and scikit-learn's own boosting."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from sktl._core.leaf_refit import (
    BINOMIAL,
    EXPONENTIAL,
    SQUARED_ERROR,
    leaf_sums,
    left_out_average,
    multinomial,
    refitted_stages,
)
from sktl._core.trees import class_values, mean_values, shrunken


@pytest.fixture
def fallen():
    """17 rows in the leaves of 3 trees of 4, 3 and 5 nodes; statistics of two classes, with weights."""
    rng = np.random.default_rng(2)
    leaves = np.stack([rng.integers(0, size, 17) for size in (4, 3, 5)], axis=1)
    source = [rng.dirichlet([1, 1], size) for size in (4, 3, 5)]
    statistics = np.eye(2)[rng.integers(0, 2, 17)] * rng.uniform(0.5, 2, 17)[:, None]
    return leaves, source, statistics


@pytest.mark.parametrize("values", [class_values, mean_values])
def test_rows_left_out_are_those_of_refits_without_them(fallen, values):
    leaves, source, statistics = fallen
    if values is mean_values:
        y = np.arange(17.0)
        statistics, source = np.column_stack([np.ones(17), y, y**2]), [old[:, :1] for old in source]
    shrinkages = np.array([0, 0.5, 3, np.inf])
    said = left_out_average(leaves, statistics, source, values, shrinkages)
    for row in range(17):
        others = np.arange(17) != row
        for k, shrinkage in enumerate(shrinkages):
            refits = []
            for leaf, old in zip(leaves.T, source, strict=True):
                own, count = values(leaf_sums(leaf[others], statistics[others], len(old)))
                refits.append(shrunken(own, count, old, shrinkage)[leaf[row]])
            assert_allclose(said[k, row], np.mean(refits, axis=0), atol=1e-12)


def objective(v, loss, y, f, w, penalty, old):
    """Penalised loss of one leaf's rows at f + v."""
    raw = {"squared": (y - f - v) ** 2 / 2, "log": np.logaddexp(0, f + v) - y * (f + v)}[loss]
    return w @ raw + penalty / 2 * (v - old) ** 2


@pytest.mark.parametrize("shrinkage", [0.0, 0.7, 30.0])
def test_a_step_of_squared_error_is_the_minimum(shrinkage):
    rng = np.random.default_rng(0)
    y, w, f = rng.normal(size=(9, 1)), rng.uniform(0.5, 2, 9), rng.normal(size=(9, 1))
    leaves, old = np.repeat([0, 1, 1], 3)[:, None, None], np.array([0.3, -0.2, 5.0])
    new = refitted_stages(leaves, y, w, f, [[old]], SQUARED_ERROR, 0.1, shrinkage)[0][0]
    for leaf in (0, 1):
        rows = leaves[:, 0, 0] == leaf
        best = minimize_scalar(objective, args=("squared", y[rows, 0], f[rows, 0], w[rows], shrinkage, old[leaf])).x
        assert_allclose(new[leaf], best, atol=1e-6)
    assert new[2] == 5.0  # no rows: the source's


@pytest.mark.parametrize("loss, y", [(BINOMIAL, [[1.0]]), (EXPONENTIAL, [[1.0]]), (EXPONENTIAL, [[0.0]])])
def test_derivatives_are_those_of_the_loss(loss, y):
    y, f, step = np.array(y), np.array([[0.4]]), 1e-5

    def value(f):
        return np.logaddexp(0, f) - y * f if loss.undecided == 0.25 else np.exp(-(2 * y - 1) * f)

    gradient, curvature = loss.derivatives(y, f)
    assert_allclose(-gradient, (value(f + step) - value(f - step)) / (2 * step), rtol=1e-6)
    assert_allclose(curvature, (value(f + step) - 2 * value(f) + value(f - step)) / step**2, rtol=1e-3)
    assert loss.derivatives(y, np.zeros((1, 1)))[1] == pytest.approx(loss.undecided)


def test_derivatives_of_several_classes():
    y, f = np.eye(3)[[2]], np.array([[0.1, -0.3, 0.8]])
    gradient, curvature = multinomial(3).derivatives(y, f)
    p = softmax(f, axis=1)
    assert_allclose(gradient, (y - p) * 2 / 3)
    assert_allclose(curvature, p * (1 - p))
    assert multinomial(3).undecided == pytest.approx(2 / 9)


def test_infinite_shrinkage_is_the_source_and_a_huge_one_nearly():
    y, w, f = np.array([[1.0], [0.0], [1.0]]), np.ones(3), np.zeros((3, 1))
    leaves, source = np.array([0, 1, 1])[:, None, None].repeat(2, axis=1), [[np.array([1.0, -1])], [np.array([0.5, 2])]]
    for shrinkage, tolerance in ((np.inf, 0), (1e9, 1e-7)):
        new = refitted_stages(leaves, y, w, f, source, BINOMIAL, 0.1, shrinkage)
        for own, old in zip(new, source, strict=True):
            assert_allclose(own[0], old[0], atol=tolerance)


def test_one_sure_row_makes_no_huge_step():
    """Without the penalty's fixed curvature a row at p = 1 - 1e-6 would ask for a step of a million."""
    leaves, f = np.zeros((1, 1, 1), int), np.full((1, 1), np.log(1e6))
    new = refitted_stages(leaves, np.zeros((1, 1)), np.ones(1), f, [[np.zeros(1)]], BINOMIAL, 1.0, 4.0)[0][0]
    assert -1.01 < new[0] < -0.98


MODELS = [
    (GradientBoostingRegressor(n_estimators=7, random_state=0), lambda x: x),
    (GradientBoostingClassifier(n_estimators=7, random_state=0), lambda x: (x > 0).astype(int)),
    (GradientBoostingClassifier(n_estimators=7, random_state=0), lambda x: np.digitize(x, [-0.5, 0.5])),
    (GradientBoostingClassifier(n_estimators=7, loss="exponential", random_state=0), lambda x: (x > 0).astype(int)),
]


@pytest.mark.parametrize("model, labels", MODELS, ids=["squared", "two", "three", "exponential"])
def test_without_shrinkage_the_source_s_own_rows_give_the_source(model, labels):
    """scikit-learn's own Newton steps, refitted from the rows that they came from."""
    from sktl.parameter import LeafRefitClassifier, LeafRefitRegressor

    rng = np.random.default_rng(1)
    X = rng.normal(size=(151, 3))
    y = labels(X[:, 0] + 0.5 * rng.normal(size=151))
    model.fit(X, y)
    kind = LeafRefitRegressor if isinstance(model, GradientBoostingRegressor) else LeafRefitClassifier
    refit = kind(model, shrinkage=0).fit(X, y)
    method = "predict" if kind is LeafRefitRegressor else "predict_proba"
    assert_allclose(getattr(refit, method)(X), getattr(model, method)(X), atol=1e-8)
