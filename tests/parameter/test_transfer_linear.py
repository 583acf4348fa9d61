"""Linear models that shrink towards a source: cvxpy's optimum, scikit-learn's twins, limits, one-sided classes."""

import pickle

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor

from sktl.parameter import (
    TransferLinearSVC,
    TransferLogisticRegression,
    TransferPoissonRegressor,
    TransferRidge,
)

TWINS = {  # a transfer model, its twin at reg, and the twin's parameters for the same penalty
    TransferRidge: (Ridge, lambda reg: {"alpha": reg}),
    TransferLogisticRegression: (LogisticRegression, lambda reg: {"C": 1 / reg, "tol": 1e-10, "max_iter": 10_000}),
    TransferLinearSVC: (LinearSVC, lambda reg: {"C": 1 / reg, "dual": False, "tol": 1e-12, "max_iter": 10_000}),
    TransferPoissonRegressor: (PoissonRegressor, lambda reg: {"alpha": reg, "tol": 1e-12, "max_iter": 10_000}),
}
CASES = [
    (TransferRidge, "numbers"),
    (TransferLogisticRegression, "two"),
    (TransferLogisticRegression, "three"),
    (TransferLinearSVC, "two"),
    (TransferLinearSVC, "three"),
    (TransferPoissonRegressor, "counts"),
]


def table(kind, n, seed=0, d=6, shift=0.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) + shift
    slopes = np.random.default_rng(7).normal(size=(3, d)) * 0.6 + shift
    eta = X @ slopes.T
    if kind == "numbers":
        return X, eta[:, 0] + rng.normal(size=n)
    if kind == "counts":
        return X, rng.poisson(np.exp(eta[:, 0] * 0.7)).astype(float)
    codes = (eta + rng.gumbel(size=eta.shape)).argmax(axis=1)
    return X, np.array(["a", "b", "c"])[codes] if kind == "three" else np.where(codes == 0, "no", "yes")


def tight(cls, *args, **params):
    """The model, fitted closely."""
    return cls(*args, **params | ({} if cls is TransferRidge else {"tol": 1e-9}))


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].__name__}-{case[1]}")
def case(request):
    cls, kind = request.param
    twin, at = TWINS[cls]
    source = twin(**at(0.1)).fit(*table(kind, 207))
    return cls, kind, source, table(kind, 53, seed=1, shift=0.2)


def test_a_source_of_zeros_makes_it_the_twin(case):
    cls, _, source, (X, y) = case
    source.coef_, source.intercept_ = 0 * source.coef_, 0 * source.intercept_
    twin, at = TWINS[cls]
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y))
    model = tight(cls, source, reg=2.0, weights="simplex").fit(X, y, sample_weight=weights)
    plain = twin(**at(2.0)).fit(X, y, sample_weight=weights)
    assert_allclose(model.coef_, plain.coef_, atol=1e-6)
    assert_allclose(model.intercept_, plain.intercept_, atol=1e-6)
    assert np.shape(model.coef_) == plain.coef_.shape and np.shape(model.intercept_) == np.shape(plain.intercept_)
    assert_array_equal(model.predict(X[:9]), plain.predict(X[:9])) if "three" in case else None


def losses_of(cls, y, eta, b):
    """Loss of each row as a cvxpy expression of linear predictors, and the classes' predictors."""
    if cls is TransferRidge:
        return cp.square(y - eta[:, 0])
    if cls is TransferPoissonRegressor:
        return (cp.exp(eta[:, 0]) - cp.multiply(y, eta[:, 0])) / len(y)
    classes = np.unique(y)
    if cls is TransferLinearSVC:
        signs = 2.0 * (y[:, None] == (classes[1:] if len(classes) == 2 else classes)) - 1
        return cp.sum(cp.square(cp.pos(1 - cp.multiply(signs, eta))), axis=1)
    if len(classes) == 2:
        return cp.logistic(eta[:, 0]) - cp.multiply((y == classes[1]).astype(float), eta[:, 0])
    return cp.log_sum_exp(eta, axis=1) - cp.sum(cp.multiply((y[:, None] == classes).astype(float), eta), axis=1)


@pytest.mark.parametrize("weight", [1.0, 0.6])
def test_it_is_cvxpys_optimum(case, weight):
    cls, kind, source, (X, y) = case
    base, own = weight * np.atleast_2d(source.coef_), weight * np.atleast_1d(source.intercept_)
    if kind == "three" and cls is TransferLogisticRegression:
        base = base - base.mean(axis=0)
    W, b = cp.Variable(base.shape), cp.Variable(len(base))
    eta = X @ W.T + np.ones((len(y), 1)) @ cp.reshape(b, (1, len(base)), order="C")
    penalty = cp.sum_squares(W - base) * (1.5 if cls is TransferRidge else 0.75)
    if cls is TransferLinearSVC:
        penalty += 0.75 * cp.sum_squares(b - own)
    cp.Problem(cp.Minimize(cp.sum(losses_of(cls, y, eta, b)) + penalty)).solve(solver=cp.CLARABEL)
    model = tight(cls, source, reg=1.5, weights=[weight]).fit(X, y)
    assert_allclose(np.atleast_2d(model.coef_), W.value, atol=3e-4)
    centre = 0 if kind != "three" or cls is TransferLinearSVC else b.value.mean()
    assert_allclose(model.intercept_, b.value - centre, atol=1e-3)
    assert model.source_weights_.tolist() == [weight] and model.reg_ == 1.5


def test_an_infinite_penalty_keeps_the_sources_coefficients(case):
    cls, kind, source, (X, y) = case
    model = tight(cls, source, reg=np.inf, weights="simplex").fit(X, y)
    expected = source.coef_
    if kind == "three" and cls is TransferLogisticRegression:
        expected = expected - expected.mean(axis=0)
    assert_allclose(model.coef_, expected)
    near = tight(cls, source, reg=1e9, weights="simplex").fit(X, y)
    assert_allclose(near.coef_, model.coef_, atol=1e-6)
    assert_allclose(near.intercept_, model.intercept_, atol=1e-4)
    kept = tight(cls, source, reg=np.inf, weights="simplex", fit_intercept=False).fit(X, y)
    assert_allclose(kept.predict(X), source.predict(X)) if y.dtype.kind == "f" else assert_array_equal(
        kept.predict(X), source.predict(X)
    )


def test_no_penalty_leaves_the_target_alone(case):
    cls, kind, source, _ = case
    X, y = table(kind, 301, seed=3)
    model = tight(cls, source, reg=0.0).fit(X, y)
    other = tight(cls, clone(source).fit(X, np.roll(y, 7)), reg=0.0).fit(X, y)  # any other source
    assert_allclose(model.predict(X), other.predict(X), atol=1e-4) if y.dtype.kind == "f" else assert_allclose(
        model.decision_function(X), other.decision_function(X), atol=3e-2 if kind == "three" else 1e-4
    )


def test_sources_stay_as_they_are_and_pickles_need_no_data(case):
    cls, kind, source, (X, y) = case
    before = pickle.dumps(source)
    model = cls(source).fit(X, y)
    assert pickle.dumps(source) == before
    assert clone(model).source is source
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(X), model.predict(X))
    arrays = [v for v in vars(again).values() if isinstance(v, np.ndarray)]
    assert max(a.size for a in arrays) < X.size


def test_unfitted_sources_come_to_the_same(case):
    cls, kind, source, (X, y) = case
    X_old, y_old = table(kind, 207)
    X_all, y_all = np.vstack([X_old, X]), np.concatenate([y_old, y])
    domain = np.r_[np.zeros(207, dtype=int), np.full(53, -1)]
    whole = cls(clone(source)).fit(X_all, y_all, sample_domain=domain)
    parts = cls(source).fit(X, y)
    assert_allclose(whole.coef_, parts.coef_, rtol=1e-6, atol=1e-8)
    assert whole.reg_ == pytest.approx(parts.reg_)


def test_a_useless_source_among_several_gets_no_weight(case):
    cls, kind, source, (X, y) = case
    useless = clone(source).fit(X, y)
    useless.coef_ = np.roll(source.coef_, 1, axis=-1)
    for weights in ("simplex", "ball"):
        model = cls([("good", source), ("bad", useless)], weights=weights, reg=100.0).fit(X, y)
        good, bad = model.source_weights_
        assert bad < 0.5 * good and good > 0.2
    useless.coef_, useless.intercept_ = -source.coef_, -source.intercept_
    assert cls(useless, weights="ball", reg=100.0).fit(X, y).source_weights_[0] < 0.05


def test_auto_takes_the_least_left_out_loss(case):
    cls, _, source, (X, y) = case
    model = tight(cls, source).fit(X, y)
    assert model.loo_losses_.min() == model.loo_losses_[np.flatnonzero(model.regs_ == model.reg_)[0]]
    fixed = tight(cls, source, reg=model.reg_, weights=model.source_weights_).fit(X, y)
    assert not hasattr(fixed, "regs_")
    assert_allclose(fixed.coef_, model.coef_, atol=1e-4)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_one_and_two_labels(case, n):
    cls, kind, source, _ = case
    X, y = table(kind, n, seed=9)
    model = cls(source).fit(X, y)
    assert np.isfinite(model.coef_).all() and np.isfinite(model.intercept_).all()


def test_row_order_and_sparse_rows(case):
    from scipy import sparse

    cls, kind, source, _ = case
    for n in (40, 5):  # more rows than columns, and fewer
        X, y = table(kind, n, seed=4)
        X = np.where(np.abs(X) > 0.5, X, 0)
        model = tight(cls, source).fit(X, y)
        order = np.random.default_rng(0).permutation(n)
        for rows in (X, sparse.csr_array(X)):
            other = tight(cls, source).fit(rows[order], y[order])
            assert_allclose(other.coef_, model.coef_, atol=1e-6)


# --- classes that one side alone knows ---


@pytest.mark.parametrize("cls", [TransferLogisticRegression, TransferLinearSVC])
def test_a_class_without_target_labels_is_still_predicted(cls):
    X, y = table("three", 300)
    source = TWINS[cls][0](**TWINS[cls][1](0.1)).fit(X, y)
    few = np.flatnonzero(y != "c")[:12]
    model = cls(source).fit(X[few], y[few])
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert np.mean(model.predict(X)[y == "c"] == "c") > 0.5


@pytest.mark.parametrize("cls", [TransferLogisticRegression, TransferLinearSVC])
def test_a_class_that_the_source_does_not_know_is_learned(cls):
    X, y = table("three", 300)
    known = y != "c"
    source = TWINS[cls][0](**TWINS[cls][1](0.1)).fit(X[known], y[known])
    model = cls(source).fit(X[:60], y[:60])
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert np.mean(model.predict(X)[y == "c"] == "c") > 0.5


def test_two_classes_of_a_source_keep_their_odds_among_several():
    X, y = table("three", 300)
    known = y != "c"
    source = LogisticRegression().fit(X[known], y[known])
    model = TransferLogisticRegression(source, reg=np.inf, weights="simplex", fit_intercept=False).fit(X[:60], y[:60])
    odds = model.decision_function(X)[:, 1] - model.decision_function(X)[:, 0]
    assert_allclose(odds, source.decision_function(X))


# --- in searches and pipelines ---


def test_grids_over_the_source_and_pipelines():
    X_old, y_old = table("two", 200)
    X, y = table("two", 60, seed=1)
    sources = [FrozenEstimator(LogisticRegression(C=C).fit(X_old, y_old)) for C in (0.01, 1.0)]
    search = GridSearchCV(TransferLogisticRegression(), {"source": sources, "reg": [1.0, "auto"]}, cv=3).fit(X, y)
    assert search.best_estimator_.source in sources
    pipe = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_old, y_old)
    bare = LogisticRegression().fit(pipe[0].transform(X_old), y_old)
    model = TransferLogisticRegression(pipe, reg=np.inf, weights="simplex", fit_intercept=False).fit(X, y)
    assert_allclose(model.decision_function(X), bare.decision_function(pipe[0].transform(X)))


# --- errors ---


def test_errors_say_what_is_needed():
    X, y = table("numbers", 30)
    source = Ridge().fit(X, y)
    with pytest.raises(ValueError, match=r"must be linear: it needs coef_.*HypothesisTransferRegressor"):
        TransferRidge(DecisionTreeRegressor().fit(X, y)).fit(X, y)
    with pytest.raises(ValueError, match=r"fitted on 6 columns; X has 4"):
        TransferRidge(source).fit(X[:, :4], y)
    with pytest.raises(ValueError, match=r"one number >= 0 for each of the sources \['source'\]"):
        TransferRidge(source, weights=[0.5, 0.5]).fit(X, y)
    with pytest.raises(ValueError, match=r"sample_weight must hold finite numbers that are not negative; got -1.0"):
        TransferRidge(source).fit(X, y, sample_weight=np.full(30, -1.0))
    with pytest.raises(ValueError, match="30 labelled target rows are 0"):
        TransferRidge(source).fit(X, y, sample_weight=np.zeros(30))
    with pytest.raises(ValueError, match="logarithmic link.*TransferRidge"):
        TransferPoissonRegressor(LinearRegression().fit(X, y + 5)).fit(X, np.abs(y))
    with pytest.raises(ValueError, match="out of the valid range of a Poisson loss"):
        TransferPoissonRegressor(PoissonRegressor().fit(X, np.abs(y))).fit(X, y)
    with pytest.raises(ValueError, match="none in common"):
        TransferLogisticRegression(LogisticRegression().fit(X, y > 0)).fit(X, np.where(y > 0, 7, 8))
    with pytest.raises(ValueError, match="reg must be"):
        TransferRidge(source, reg=-1).fit(X, y)
