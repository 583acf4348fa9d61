import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC

from sktl.model_selection import LabelPlanner

TARGET = np.arange(500) >= 301


@pytest.fixture(scope="module")
def table():
    """Rows, labels of the source, and all labels: a logistic world, the target moved by half a deviation."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3)) + 0.5 * TARGET[:, None]
    truth = (rng.random(500) < 1 / (1 + np.exp(-2 * X[:, 0]))) * 1.0
    return X, np.where(TARGET, np.nan, truth), truth


def test_the_score_is_unbiased_over_draws(table):
    X, y, truth = table
    plans = [LabelPlanner(LogisticRegression(), n=15, cv=2, random_state=seed).fit(X, y) for seed in range(40)]
    found = [plan.estimate(truth[plan.indices_]) for plan in plans]
    whole = plans[0].score(X[TARGET], truth[TARGET])
    scores = np.array([one.score for one in found])
    assert abs(scores.mean() - whole) < 3 * scores.std() / np.sqrt(40)
    inside = [low <= whole <= high for low, high in (one.interval for one in found)]
    assert np.mean(inside) > 0.85
    errors = np.array([one.standard_error for one in found])
    assert_allclose(np.sqrt((errors**2).mean()), scores.std(), rtol=0.4)


def test_all_rows_labelled_give_the_score_itself(table):
    X, y, truth = table
    for loss, model in (("zero_one", LogisticRegression()), ("brier", LogisticRegression())):
        plan = LabelPlanner(model, n=1000, loss=loss).fit(X, y)
        assert_array_equal(np.sort(plan.indices_), np.flatnonzero(TARGET))
        assert_allclose(plan.inclusion_probabilities_, 1)
        found = plan.estimate(truth[plan.indices_])
        assert_allclose([*found.interval], found.score)
    proba = plan.predict_proba(X[TARGET])[:, 1]
    assert_allclose(found.score, -2 * np.mean((proba - truth[TARGET]) ** 2))


def test_rows_that_the_model_doubts_are_drawn_more_often(table):
    X, y, _ = table
    plan = LabelPlanner(LogisticRegression(), n=40, uniform=0.0).fit(X, y)
    assert 0.3 < plan.slope_ <= 1
    doubt = 1 - plan.predict_proba(X[plan.indices_]).max(axis=1)
    assert np.corrcoef(doubt, plan.inclusion_probabilities_)[0, 1] > 0.9
    assert plan.inclusion_probabilities_.sum() > 40 * 40 / TARGET.sum()  # sizes bias the draw to large chances
    even = LabelPlanner(LogisticRegression(), n=40, uniform=1.0).fit(X, y)
    assert_allclose(even.inclusion_probabilities_, 40 / TARGET.sum())


def test_what_the_source_does_not_bear_out_is_not_believed(table):
    X, y, _ = table
    rng = np.random.default_rng(1)
    noise = np.where(TARGET, np.nan, rng.integers(0, 2, 500).astype(float))
    assert LabelPlanner(LogisticRegression(), n=20).fit(X, noise).slope_ < 0.5


def test_a_regressor_s_errors_are_foreseen():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(500, 2))
    truth = X[:, 1] + (0.1 + 2 * (X[:, 0] + 1)) * rng.normal(size=500)
    plan = LabelPlanner(Ridge(), n=30).fit(X, np.where(TARGET, np.nan, truth))
    assert plan.slope_ > 0.5
    found = plan.estimate(truth[plan.indices_])
    whole = -np.mean((plan.predict(X[TARGET]) - truth[TARGET]) ** 2)
    assert found.interval[0] < whole < found.interval[1]
    assert np.corrcoef(X[plan.indices_, 0], plan.inclusion_probabilities_)[0, 1] > 0.5
    absolute = LabelPlanner(Ridge(), n=30, loss="absolute_error").fit(X, np.where(TARGET, np.nan, truth))
    assert_allclose(absolute.expected_loss_.mean(), np.abs(truth - X[:, 1])[TARGET].mean(), rtol=0.2)


def test_neither_order_nor_names_of_labels_matter(table):
    X, y, _ = table
    order = np.random.default_rng(0).permutation(500)
    for purpose in ("score", "model"):
        plan = LabelPlanner(LogisticRegression(tol=1e-8), purpose, 25).fit(X, y)
        again = LabelPlanner(LogisticRegression(tol=1e-8), purpose, 25).fit(X, y)
        assert_array_equal(plan.indices_, again.indices_)
        assert len(set(plan.indices_)) == 25
        assert TARGET[plan.indices_].all()
        names = np.where(TARGET, None, np.where(y == 1, "yes", "no")).astype(object)
        texts = LabelPlanner(LogisticRegression(tol=1e-8), purpose, 25).fit(X, names)
        assert_array_equal(texts.indices_, plan.indices_)
    even = LabelPlanner(LogisticRegression(tol=1e-8), n=25, uniform=1.0)
    moved = LabelPlanner(LogisticRegression(tol=1e-8), n=25, uniform=1.0).fit(X[order], y[order])
    assert len(set(order[moved.indices_]) ^ set(even.fit(X, y).indices_)) <= 12  # folds are dealt in the table's order


def test_a_plan_for_a_model_spreads_over_the_target(table):
    X, y, truth = table
    groups = np.where(TARGET, np.arange(500) % 4, -1)
    X = X + 40 * np.array([[0, 0, 0], [1, 0, 1], [2, 1, 0], [3, 1, 1], [0, 0, 0]])[groups]
    plan = LabelPlanner(LinearSVC(), "model", 4).fit(X, y)
    assert set(groups[plan.indices_]) == {0, 1, 2, 3}
    known = y.copy()
    rows = np.flatnonzero(groups == 2)[:1]
    known[rows] = truth[rows]
    domain = np.where(TARGET, "target", "source")
    plan = LabelPlanner(LinearSVC(), "model", 3).fit(X, known, sample_domain=domain)
    assert set(groups[plan.indices_]) == {0, 1, 3}
    with pytest.raises(ValueError, match="These rows were not drawn to estimate a score"):
        plan.estimate(truth[plan.indices_])


def test_texts_and_models_without_probabilities(table):
    X, y, truth = table
    pandas = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    frame = pandas.DataFrame({"sign": np.where(X[:, 0] > 0, "+", "-"), "of": np.where(X[:, 1] > 0, "+", "-")})
    encode = OneHotEncoder(sparse_output=False)
    for purpose in ("score", "model"):
        plan = LabelPlanner(make_pipeline(encode, LogisticRegression()), purpose, 10).fit(frame, y)
        assert len(plan.indices_) == 10
    plain = LabelPlanner(LinearSVC(), n=10).fit(X, y)
    assert plain.slope_ == 0
    assert np.isfinite(plain.estimate(truth[plain.indices_]).score)
    with pytest.raises(ValueError, match="A plan for a model needs columns of finite numbers"):
        LabelPlanner(make_pipeline(_Words(), LogisticRegression()), "model").fit(frame, y)


class _Words(OneHotEncoder):
    """A first step that asks for labels, so that a plan can't use it."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def test_refused(table):
    X, y, truth = table
    plan = LabelPlanner(LogisticRegression(), n=10).fit(X, y)
    with pytest.raises(ValueError, match=r"needs the labels of the 10 rows of indices_.* got 3, 0 of them missing"):
        plan.estimate(truth[:3])
    with pytest.raises(ValueError, match=r"got 10, 10 of them missing"):
        plan.estimate(np.full(10, np.nan))
    with pytest.raises(ValueError, match="alpha must be a number > 0 and < 1; got 1"):
        plan.estimate(truth[plan.indices_], alpha=1)
    with pytest.raises(ValueError, match="loss='brier' does not suit a regressor"):
        LabelPlanner(Ridge(), loss="brier").fit(X, y)
