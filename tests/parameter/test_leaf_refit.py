"""Leaf refit: naive loops over trees, limits of the shrinkage, classes of one side, what a source must be."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sktl.parameter import LeafRefitClassifier, LeafRefitRegressor


@pytest.fixture(scope="module")
def rows():
    """Source (151 rows) and target (43 labelled, 60 new rows) whose thresholds differ."""
    rng = np.random.default_rng(3)
    X, X_new = rng.normal(size=(151, 3)), rng.normal(size=(103, 3))
    arrays = X, (X[:, 0] > 0).astype(int), X_new, (X_new[:, 0] > 0.6).astype(int)
    for array in arrays:
        array.setflags(write=False)
    return *arrays[:2], X_new[:43], arrays[3][:43], X_new[43:]


def test_a_tree_s_leaves_by_hand(rows):
    X, y, X_target, y_target, X_new = rows
    source = DecisionTreeRegressor(max_depth=3, random_state=0).fit(X, X[:, 0])
    model = LeafRefitRegressor(source, shrinkage=2.5).fit(X_target, y_target)
    leaves, expected = source.apply(X_target), []
    for leaf, old in zip(source.apply(X_new), source.predict(X_new), strict=True):
        own = y_target[leaves == leaf]
        expected.append((own.sum() + 2.5 * old) / (len(own) + 2.5))
    assert_allclose(model.predict(X_new), expected)


def test_a_forest_by_a_loop_over_trees(rows):
    X, y, X_target, y_target, X_new = rows
    source = RandomForestClassifier(7, random_state=0).fit(X, y)
    model = LeafRefitClassifier(source, shrinkage=1).fit(X_target, y_target)
    expected = np.zeros(len(X_new))
    for tree in source.estimators_:
        leaves = tree.apply(X_target)
        for i, (leaf, old) in enumerate(zip(tree.apply(X_new), tree.predict_proba(X_new)[:, 1], strict=True)):
            own = y_target[leaves == leaf]
            expected[i] += (own.sum() + old) / (len(own) + 1) / 7
    assert_allclose(model.predict_proba(X_new)[:, 1], expected)


SOURCES = [
    DecisionTreeClassifier(max_depth=4, random_state=0),
    RandomForestClassifier(5, random_state=0),
    GradientBoostingClassifier(n_estimators=5, random_state=0),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: type(s).__name__)
def test_infinite_shrinkage_is_the_source_which_never_changes(source, rows):
    X, y, X_target, y_target, X_new = rows
    source.fit(X, y)
    before = pickle.dumps(source)
    model = LeafRefitClassifier(source, shrinkage=np.inf).fit(X_target, y_target)
    assert_allclose(model.predict_proba(X_new), source.predict_proba(X_new), atol=1e-12)
    other = LeafRefitClassifier(source, shrinkage=1).fit(X_target, y_target)
    assert np.abs(other.predict_proba(X_new) - source.predict_proba(X_new)).max() > 0.1
    assert pickle.dumps(source) == before
    assert_array_equal(pickle.loads(pickle.dumps(other)).predict_proba(X_new), other.predict_proba(X_new))


def test_leaves_without_target_rows_keep_the_source_s_value(rows):
    X, y, X_target, y_target, X_new = rows
    source = RandomForestClassifier(5, random_state=0).fit(X, y)
    right = X_target[:, 0] > 1  # rows of one corner: elsewhere nothing changes
    model = LeafRefitClassifier(source, shrinkage=0).fit(X_target[right], y_target[right])
    touched = np.zeros(len(X_new), bool)
    for tree in source.estimators_:
        touched |= np.isin(tree.apply(X_new), tree.apply(X_target[right]))
    assert (~touched).sum() > 10
    assert_allclose(model.predict_proba(X_new[~touched]), source.predict_proba(X_new[~touched]))


def test_weights_are_repetitions(rows):
    X, y, X_target, y_target, X_new = rows
    for source in SOURCES:
        source.fit(X, y)
        times = np.arange(43) % 3
        heavy = LeafRefitClassifier(source, shrinkage=2).fit(X_target, y_target, sample_weight=times)
        many = LeafRefitClassifier(source, shrinkage=2).fit(np.repeat(X_target, times, 0), np.repeat(y_target, times))
        assert_allclose(heavy.predict_proba(X_new), many.predict_proba(X_new), atol=1e-12)


def test_classes_of_one_side(rows):
    X, y, X_target, y_target, X_new = rows
    source = RandomForestClassifier(5, random_state=0).fit(X, np.array(["a", "b"])[y])
    labels = np.array(["b", "c"])[y_target]
    model = LeafRefitClassifier(source, shrinkage=1).fit(X_target, labels)
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert_allclose(model.predict_proba(X_new).sum(axis=1), 1)
    assert "c" in model.predict(X_target)
    with pytest.raises(ValueError, match=r"no trees for the classes \['c'\]"):
        LeafRefitClassifier(GradientBoostingClassifier().fit(X, np.array(["a", "b"])[y])).fit(X_target, labels)


def test_auto_trusts_a_source_that_is_right_and_leaves_one_that_is_wrong():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(700, 2))
    source = DecisionTreeRegressor(max_depth=3).fit(X[:500], X[:500, 0] > 0)
    noise = rng.normal(0, 0.5, 200)
    right = LeafRefitRegressor(source).fit(X[500:], (X[500:, 0] > 0) + noise)
    wrong = LeafRefitRegressor(source).fit(X[500:], 5 - 8 * (X[500:, 0] > 0) + noise)
    assert right.shrinkage_[0] == np.inf and wrong.shrinkage_[0] <= 1


def test_regression_does_not_depend_on_the_unit_of_y(rows):
    X, y, X_target, y_target, X_new = rows
    stacked, labels, target = np.vstack([X, X_target]), np.r_[X[:, 0], y_target], np.arange(194) >= 151
    for kind in (ExtraTreesRegressor(5, random_state=0), GradientBoostingRegressor(n_estimators=5, random_state=0)):
        one = LeafRefitRegressor(kind).fit(stacked, labels, target)
        other = LeafRefitRegressor(kind).fit(stacked, 8.0 * labels, target)  # a power of two: the same trees
        assert_allclose(other.predict(X_new), 8 * one.predict(X_new), atol=1e-9)


def test_the_steps_before_the_trees_stay(rows):
    X, y, X_target, y_target, X_new = rows
    pipe = make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=0)).fit(X, y)
    whole = LeafRefitClassifier(pipe, shrinkage=1).fit(X_target, y_target).predict_proba(X_new)
    inner = LeafRefitClassifier(pipe[-1], shrinkage=1).fit(pipe[0].transform(X_target), y_target)
    assert_allclose(whole, inner.predict_proba(pipe[0].transform(X_new)))


def test_several_sources_are_weighed_by_what_they_explain(rows):
    X, y, X_target, y_target, X_new = rows
    good = RandomForestClassifier(20, random_state=0).fit(X, X[:, 0] > 0.6)
    bad = RandomForestClassifier(20, random_state=0).fit(X, X[:, 0] < 0.6)
    model = LeafRefitClassifier([("bad", bad), ("good", good)]).fit(X_target, y_target.astype(bool))
    assert model.source_weights_[1] > 0.9
    assert_allclose(model.source_weights_.sum(), 1)


def test_errors_say_what_a_source_must_be(rows):
    X, y, X_target, y_target, _ = rows
    with pytest.raises(ValueError, match="must be a scikit-learn tree or a forest .* got LogisticRegression"):
        LeafRefitClassifier(LogisticRegression().fit(X, y)).fit(X_target, y_target)
    with pytest.raises(ValueError, match="loss among .* got loss='huber'"):
        LeafRefitRegressor(GradientBoostingRegressor(loss="huber").fit(X, y)).fit(X_target, y_target)
    with pytest.raises(ValueError, match="fitted on 3 columns; X has 2"):
        LeafRefitClassifier(DecisionTreeClassifier().fit(X, y)).fit(X_target[:, :2], y_target)
    with pytest.raises(ValueError, match=r"sample_weight must hold one number >= 0 per row, 43 in all"):
        LeafRefitClassifier(DecisionTreeClassifier().fit(X, y)).fit(X_target, y_target, sample_weight=np.full(43, -1))
    with pytest.raises(ValueError, match="shrinkage must be"):
        LeafRefitClassifier(shrinkage=-1).fit(X_target, y_target)
