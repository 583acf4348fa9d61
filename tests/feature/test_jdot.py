"""Joint transport: the objective by a naive loop, its descent, closed forms, the limits, known target labels."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sktl._core import transport
from sktl._core.transport import exact_plan, sinkhorn_plan, uniform
from sktl.exceptions import EarlyStopWarning, MissingExtraError
from sktl.feature import JDOTClassifier, JDOTRegressor


@pytest.fixture(scope="module")
def turned():
    """Two blobs of 61 rows, and of 43 target rows turned by 60 degrees (y is NaN); (X, y, y_true)."""
    rng = np.random.default_rng(0)
    y_true = np.concatenate([np.arange(61) % 2, np.arange(43) % 2]).astype(float)
    X = rng.normal(size=(104, 2)) + 6 * y_true[:, None]
    X[61:] = X[61:] @ [[0.5, 0.87], [-0.87, 0.5]]
    return X, np.where(np.arange(104) < 61, y_true, np.nan), y_true


@pytest.fixture(scope="module")
def shifted_line():
    """y = 2 x + noise on 61 rows, and on 43 rows shifted by 0.5 (y is NaN); (X, y, y_true)."""
    rng = np.random.default_rng(0)
    X = np.concatenate([np.linspace(-1, 1, 61), np.linspace(-1, 1, 43)])[:, None]
    y_true = 2 * X[:, 0] + 0.1 * rng.normal(size=104)
    X[61:] += 0.5
    return X, np.where(np.arange(104) < 61, y_true, np.nan), y_true


def distances(X, n_source):
    source, target = X[:n_source], X[n_source:]  # an offset is no cost: it is a constant a row and a column
    cost = cdist(source - source.mean(axis=0), target - target.mean(axis=0), "sqeuclidean")
    return cost / np.median(cost)


def entropy(plan):
    return np.sum(plan[plan > 0] * np.log(plan[plan > 0]))


@pytest.mark.parametrize("reg", [0.0, 0.1])
@pytest.mark.parametrize("alpha", [0.3, 2.0])
def test_classifier_s_objective_by_a_naive_loop(alpha, reg, turned):
    if reg == 0:
        pytest.importorskip("ot", reason="exact plans come from POT, of the ot extra")
    X, y, y_true = turned
    model = JDOTClassifier(alpha=alpha, reg=reg).fit(X, y)
    cost, proba = distances(X, 61), model.predict_proba(X[61:])
    total = reg * entropy(model.plan_)
    for i in range(61):
        for j in range(43):
            loss = -np.log(max(proba[j, int(y_true[i])], 1e-6))
            total += model.plan_[i, j] * (alpha * cost[i, j] + loss)
    assert model.objective_path_[-1] == pytest.approx(total, rel=1e-9)
    assert_allclose(model.plan_.sum(axis=1), 1 / 61)
    assert_allclose(model.plan_.sum(axis=0), 1 / 43)


def test_regressor_s_objective_by_a_naive_loop(shifted_line):
    X, y, y_true = shifted_line
    model = JDOTRegressor(alpha=0.5, reg=0.1).fit(X, y)
    cost, predicted = distances(X, 61), model.predict(X[61:])
    total = 0.1 * entropy(model.plan_)
    for i in range(61):
        for j in range(43):
            loss = (y_true[i] - predicted[j]) ** 2 / np.var(y_true[:61])
            total += model.plan_[i, j] * (0.5 * cost[i, j] + loss)
    assert model.objective_path_[-1] == pytest.approx(total, rel=1e-9)


def test_the_plan_is_optimal_for_the_predictions(turned):
    pytest.importorskip("ot", reason="exact plans come from POT, of the ot extra")
    X, y, y_true = turned
    model = JDOTClassifier().fit(X, y)
    loss = -np.log(np.maximum(model.predict_proba(X[61:]), 1e-6)).T[y_true[:61].astype(int)]
    best = exact_plan(distances(X, 61) + loss, uniform(61), uniform(43))
    assert model.objective_path_[-1] == pytest.approx(best.objective, rel=1e-9)
    assert_allclose(model.plan_, best.plan, atol=1e-12)


def test_one_iteration_by_hand_for_numbers(shifted_line):
    X, y, y_true = shifted_line
    with pytest.warns(ConvergenceWarning, match="objective still fell by .* in iteration 1"):
        model = JDOTRegressor(LinearRegression(), reg=0.1, max_iter=1).fit(X, y)
    source = LinearRegression().fit(X[:61], y_true[:61])
    loss = (y_true[:61, None] - source.predict(X[61:])) ** 2 / np.var(y_true[:61])
    plan = sinkhorn_plan(distances(X, 61) + loss, uniform(61), uniform(43), 0.1, 1e-10, 10_000).plan
    refitted = LinearRegression().fit(X[61:], 43 * plan.T @ y_true[:61])
    assert_allclose(model.predict(X), refitted.predict(X), atol=1e-4)


def test_weighted_labels_are_the_refit_of_the_pairs(turned):
    X, y, y_true = turned
    with pytest.warns(ConvergenceWarning):
        model = JDOTClassifier(LogisticRegression(C=10, max_iter=1000), reg=0.1, max_iter=1, tol=1e-9).fit(X, y)
    base = LogisticRegression(C=10, max_iter=1000)
    proba = base.fit(X[:61], y_true[:61]).predict_proba(X[61:])
    loss = -np.log(np.maximum(proba, 1e-6)).T[y_true[:61].astype(int)]
    plan = sinkhorn_plan(distances(X, 61) + loss, uniform(61), uniform(43), 0.1, 1e-10, 10_000).plan
    pairs = np.repeat(X[61:], 61, axis=0)  # all pairs, each with its mass: no sum over classes
    refitted = base.fit(pairs, np.tile(y_true[:61], 43), sample_weight=43 * plan.T.ravel())
    assert_allclose(model.predict_proba(X), refitted.predict_proba(X), atol=1e-3)


@pytest.mark.parametrize(
    "estimator",
    [None, GaussianNB(), DecisionTreeClassifier(max_depth=2), make_pipeline(StandardScaler(), GaussianNB())],
)
@pytest.mark.parametrize("alpha", [0.1, 3.0])
@pytest.mark.filterwarnings("ignore::sktl.exceptions.EarlyStopWarning")
def test_the_objective_never_rises(estimator, alpha, two_domains):
    X, y, _ = two_domains
    model = JDOTClassifier(estimator, alpha=alpha, reg=0.05).fit(X, y)
    assert len(model.objective_path_) >= 1 and (np.diff(model.objective_path_) <= 0).all()
    assert model.n_iter_ == max(len(model.objective_path_) - 1, 1)


def test_no_shift_no_change():
    pytest.importorskip("ot", reason="exact plans come from POT, of the ot extra")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    y = X[:, 0] + 0.1 * rng.normal(size=40)
    both, labels = np.concatenate([X, X]), np.concatenate([y, np.full(40, np.nan)])
    model = JDOTRegressor(LinearRegression(), alpha=100).fit(both, labels)
    assert_allclose(model.plan_, np.eye(40) / 40, atol=1e-12)
    assert_allclose(model.predict(X), LinearRegression().fit(X, y).predict(X), atol=1e-9)


def test_it_follows_the_target_where_the_source_s_model_fails(turned, shifted_line):
    X, y, y_true = turned
    assert LogisticRegression().fit(X[:61], y[:61]).score(X[61:], y_true[61:]) < 0.85
    assert JDOTClassifier(reg=0.05).fit(X, y).score(X[61:], y_true[61:]) > 0.95
    X, y, y_true = shifted_line
    error = JDOTRegressor(reg=0.01).fit(X, y).predict(X[61:]) - y_true[61:]
    plain = Ridge().fit(X[:61], y[:61]).predict(X[61:]) - y_true[61:]
    assert np.mean(error**2) < 0.1 * np.mean(plain**2)


def test_known_target_labels_are_fitted_as_they_are(shifted_line):
    X, y, y_true = shifted_line
    X, y = np.concatenate([X, X[61:62] + 9]), np.append(y, 50.0)
    target = np.arange(105) >= 61
    model = JDOTRegressor(LinearRegression(), reg=0.1).fit(X, y, sample_domain=target)
    labels = 44 * model.plan_.T @ y[:61]
    assert abs(labels[-1] - 50) > 40  # the plan can't bring such a label
    assert abs(model.predict(X[-1:])[0] - 50) < 10


def test_known_target_labels_draw_their_own_class(two_domains):
    X, y, y_true = two_domains
    y = y.copy()
    y[101:131] = y_true[101:131]
    plan = JDOTClassifier(reg=0.1).fit(X, y, sample_domain=np.arange(168) >= 101).plan_
    wrong = y_true[:101, None] != y_true[101:131]
    assert plan[:, :30][wrong].sum() < 1e-4
    assert JDOTClassifier(reg=0.1).fit(X, np.where(np.arange(168) < 101, y, np.nan)).plan_[:, :30][wrong].sum() > 1e-3


def test_a_class_that_the_target_rows_lack(two_domains):
    X, y, y_true = two_domains
    y = y_true.copy()
    y[0] = 2.0  # and all target rows have labels, 0 or 1
    model = JDOTClassifier(reg=0.1).fit(X, y, sample_domain=np.arange(168) >= 101)
    assert model.predict_proba(X).shape == (168, 3)
    assert_allclose(model.predict_proba(X)[:, 2], 0)


def test_sparse_rows(turned):
    X, y, _ = turned
    dense = JDOTClassifier(reg=0.1).fit(X, y)
    assert_allclose(
        JDOTClassifier(reg=0.1).fit(sparse.csr_array(X), y).predict_proba(sparse.csr_array(X)),
        dense.predict_proba(X),
        atol=1e-3,
    )


def test_an_estimator_that_can_t_follow_says_so(turned):
    X, y, _ = turned
    stiff = LogisticRegression(C=1e-6)  # fitted on rows far away it predicts 1/2 everywhere

    class Grudging(LogisticRegression):
        """Fits the first time it is asked, and then not well any more."""

        def fit(self, X, y, sample_weight=None):
            return super().fit(X, y if sample_weight is None else 1 - y, sample_weight)

    with pytest.warns(EarlyStopWarning, match="the one fitted on the source rows is kept"):
        model = JDOTClassifier(Grudging(), reg=0.1).fit(X, y)
    assert len(model.objective_path_) == 1 and model.n_iter_ == 1
    assert_allclose(model.predict_proba(X), LogisticRegression().fit(X[:61], y[:61]).predict_proba(X))
    JDOTClassifier(stiff, reg=0.1).fit(X, y)


def test_too_many_rows_is_an_early_error(turned, monkeypatch):
    monkeypatch.setattr(transport, "MAX_PAIRS", 2600)
    with pytest.raises(ValueError, match="61 source rows and 43 target rows has 2623 entries .*; the limit is 2600"):
        JDOTClassifier(reg=0.1).fit(turned[0], turned[1])


@pytest.mark.parametrize("cls", [JDOTClassifier, JDOTRegressor])
def test_without_pot_the_message_names_the_extra(cls, turned, monkeypatch):
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(MissingExtraError, match=r"\(reg=0\), .* needs ot, .*pip install 'sktl\[ot\]'"):
        cls().fit(turned[0], turned[1])
    cls(reg=0.1).fit(turned[0], turned[1])


def test_without_labelled_source_rows(two_domains):
    X, y, y_true = two_domains
    labels = np.where(np.isnan(y), y_true, np.nan)
    with (
        pytest.raises(ValueError, match="JDOTClassifier needs labelled source rows; there are none"),
        pytest.warns(UserWarning, match="No source row has a label"),
    ):
        JDOTClassifier(reg=0.1).fit(X, labels, sample_domain=np.isnan(y))


@pytest.mark.parametrize(
    "model, kind, match",
    [
        (JDOTClassifier(alpha=0), ValueError, "alpha must be a number > 0; got 0"),
        (JDOTClassifier(reg=-1), ValueError, "reg must be a number >= 0; got -1"),
        (JDOTClassifier(metric="l3"), ValueError, "metric must be one of .*; got 'l3'"),
        (JDOTClassifier(max_iter=0), ValueError, "max_iter must be an integer >= 1; got 0"),
        (JDOTClassifier(tol=0), ValueError, "tol must be a number > 0; got 0"),
        (JDOTClassifier(LinearSVC()), TypeError, "must be a classifier with predict_proba; got LinearSVC"),
        (JDOTClassifier(Ridge()), TypeError, "must be None or a classifier with fit and predict; got Ridge"),
        (JDOTClassifier(KNeighborsClassifier()), TypeError, "must take sample_weight in fit"),
        (
            JDOTRegressor(LogisticRegression()),
            TypeError,
            "must be None or a regressor .*; got LogisticRegression",
        ),
    ],
)
def test_errors(model, kind, match, two_domains):
    with pytest.raises(kind, match=match):
        model.fit(two_domains[0], two_domains[1])


def test_row_order_does_not_matter_where_labels_differ_on_equal_rows(turned):
    X, y, _ = turned
    X, y = np.concatenate([X[:1], X]), np.concatenate([[1 - y[0]], y])
    order = np.random.default_rng(3).permutation(105)
    straight = JDOTClassifier(reg=0.1).fit(X, y).predict_proba(X)
    assert_array_equal(JDOTClassifier(reg=0.1).fit(X[order], y[order]).predict_proba(X), straight)
