"""Transferred trees and forests: predictions against a loop over rows, limits, the worlds of the paper by hand."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sktl._core.trees import LEAF
from sktl.parameter import (
    TransferForestClassifier,
    TransferForestRegressor,
    TransferTreeClassifier,
    TransferTreeRegressor,
)


@pytest.fixture(scope="module")
def rows():
    """Source (201 rows) and target (47 labelled, 60 new rows) whose thresholds differ, two noise columns."""
    rng = np.random.default_rng(5)
    X, X_new = rng.normal(size=(201, 3)), rng.normal(size=(107, 3))
    arrays = X, (X[:, 0] > 0).astype(int), X_new, (X_new[:, 0] > 0.8).astype(int)
    for array in arrays:
        array.setflags(write=False)
    return *arrays[:2], X_new[:47], arrays[3][:47], X_new[47:]


def leaf_by_hand(tree, x):
    """Leaf of one row, node by node."""
    node = 0
    while tree.left[node] != LEAF:
        go = np.float32(x[tree.feature[node]]) <= tree.threshold[node]
        node = tree.left[node] if go else tree.right[node]
    return node


@pytest.mark.parametrize("method", ["ser", "strut", "mix"])
def test_predictions_are_those_of_a_loop_over_rows_and_trees(method, rows):
    X, y, X_target, y_target, X_new = rows
    source = RandomForestClassifier(4, random_state=0).fit(X, y)
    model = TransferForestClassifier(source, method=method, shrinkage=1.5).fit(X_target, y_target)
    part, expected = model.models_[0], np.zeros((len(X_new), 2))
    for fitted, trees in zip(source.estimators_, part.trees, strict=True):
        assert len(trees) == (2 if method == "mix" else 1)
        for i, x in enumerate(X_new):
            old = fitted.predict_proba(x[None])[0]
            for tree in trees:
                leaf = leaf_by_hand(tree, x)
                n = tree.count[leaf]
                expected[i] += (n * tree.value[leaf] + 1.5 * old) / (n + 1.5) / len(trees) / 4
    assert_allclose(model.predict_proba(X_new), expected)


def kinds(rows):
    X, y, *_ = rows
    return [
        (TransferTreeClassifier, DecisionTreeClassifier(max_depth=4, random_state=0).fit(X, y), "predict_proba"),
        (TransferTreeRegressor, DecisionTreeRegressor(max_depth=4, random_state=0).fit(X, X[:, 0]), "predict"),
        (TransferForestClassifier, RandomForestClassifier(5, random_state=0).fit(X, y), "predict_proba"),
        (TransferForestRegressor, RandomForestRegressor(5, random_state=0).fit(X, X[:, 0]), "predict"),
    ]


@pytest.mark.parametrize("i", range(4))
def test_infinite_shrinkage_is_the_source_which_never_changes(i, rows):
    kind, source, method = kinds(rows)[i]
    _, _, X_target, y_target, X_new = rows
    before = pickle.dumps(source)
    model = kind(source, shrinkage=np.inf).fit(X_target, y_target)
    assert_allclose(getattr(model, method)(X_new), getattr(source, method)(X_new), atol=1e-12)
    other = kind(source, shrinkage=0).fit(X_target, y_target)
    assert np.abs(getattr(other, method)(X_new) - getattr(source, method)(X_new)).max() > 0.1
    assert pickle.dumps(source) == before
    again = pickle.loads(pickle.dumps(other))
    assert_array_equal(getattr(again, method)(X_new), getattr(other, method)(X_new))


def test_ser_without_shrinkage_knows_its_rows_by_heart(rows):
    X, y, X_target, _, _ = rows
    noisy = np.random.default_rng(1).integers(0, 3, 47)
    source = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y)
    assert TransferTreeClassifier(source, method="ser", shrinkage=0).fit(X_target, noisy).score(X_target, noisy) == 1
    values = np.random.default_rng(1).normal(size=47)
    source = DecisionTreeRegressor(max_depth=3, random_state=0).fit(X, X[:, 0])
    model = TransferTreeRegressor(source, shrinkage=0).fit(X_target, values)
    assert_allclose(model.predict(X_target), values)


def test_ser_is_the_source_s_structure_where_the_rows_agree_with_it(rows):
    """Leaves that all rows call by one class grow nothing; the paper's figure of a tree that only gets relabelled."""
    X, y, X_target, _, X_new = rows
    source = DecisionTreeClassifier(max_depth=1, random_state=0).fit(X, y)
    model = TransferTreeClassifier(source, method="ser", shrinkage=0).fit(X_target, source.predict(X_target))
    assert len(model.models_[0].trees[0][0].left) == 3
    flipped = TransferTreeClassifier(source, method="ser", shrinkage=0).fit(X_target, 1 - source.predict(X_target))
    assert_array_equal(flipped.predict(X_new), 1 - source.predict(X_new))


def test_strut_moves_the_threshold_and_turns_the_sides(rows):
    X, y, X_target, _, _ = rows
    source = DecisionTreeClassifier(max_depth=1, random_state=0).fit(X, y)
    for labels in (X_target[:, 0] > 0.8, X_target[:, 0] < 0.8):
        model = TransferTreeClassifier(source, method="strut", shrinkage=0).fit(X_target, labels.astype(int))
        tree = model.models_[0].trees[0][0]
        around = np.sort(X_target[:, 0])
        assert tree.feature[0] == 0
        assert around[around <= 0.8].max() <= tree.threshold[0] <= around[around > 0.8].min()
        assert model.score(X_target, labels.astype(int)) == 1


def test_a_forest_of_one_tree_without_bootstrap_is_the_tree(rows):
    X, y, X_target, y_target, X_new = rows
    tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(X, y)
    for shrinkage in (2, "auto"):
        one = TransferTreeClassifier(tree, shrinkage=shrinkage).fit(X_target, y_target)
        other = TransferForestClassifier(tree, bootstrap=False, shrinkage=shrinkage).fit(X_target, y_target)
        assert_array_equal(one.predict_proba(X_new), other.predict_proba(X_new))


def test_more_jobs_give_the_same(rows):
    X, y, X_target, y_target, X_new = rows
    source = RandomForestClassifier(4, random_state=0).fit(X, y)
    said = [TransferForestClassifier(source, n_jobs=n).fit(X_target, y_target).predict_proba(X_new) for n in (None, 2)]
    assert_array_equal(*said)


def test_classes_of_one_side_and_rows_of_one_class(rows):
    X, y, X_target, y_target, X_new = rows
    named = np.array(["a", "b"])[y]
    sources = {
        TransferForestClassifier: RandomForestClassifier(6, random_state=0).fit(X, named),
        TransferTreeClassifier: DecisionTreeClassifier().fit(X, named),
    }
    for labels in (np.array(["b", "c"])[y_target], np.full(47, "b")):
        for kind, source in sources.items():
            model = kind(source).fit(X_target, labels)
            assert model.classes_.tolist() == sorted({"a", "b", *labels})
            assert_allclose(model.predict_proba(X_new).sum(axis=1), 1)
            assert np.isin(labels, model.predict(X_target)).all()


def test_one_row_is_no_evidence_against_the_source(rows):
    X, y, X_target, y_target, X_new = rows
    source = RandomForestClassifier(6, random_state=0).fit(X, y)
    model = TransferForestClassifier(source).fit(X_target[:1], y_target[:1])
    assert_allclose(model.predict_proba(X_new), source.predict_proba(X_new))


def test_units_do_not_matter(rows):
    X, y, X_target, y_target, X_new = rows
    scale = np.array([4, 0.25, 1024])  # exact in binary
    said = []
    for s in (np.ones(3), scale):
        source = RandomForestClassifier(5, random_state=0).fit(X * s, y)
        said.append(TransferForestClassifier(source).fit(X_target * s, y_target).predict_proba(X_new * s))
    assert_allclose(*said)


def test_missing_values(rows):
    X, y, X_target, y_target, X_new = rows
    X, X_target, X_new = X.copy(), X_target.copy(), X_new.copy()
    for table in (X, X_target, X_new):
        table[::5, 1] = np.nan
        table[::7, 0] = np.nan
    source = RandomForestClassifier(5, random_state=0).fit(X, y)
    proba = TransferForestClassifier(source, shrinkage=1).fit(X_target, y_target).predict_proba(X_new)
    assert np.isfinite(proba).all()


def test_errors_say_what_a_source_must_be(rows):
    X, y, X_target, y_target, _ = rows
    boosted = GradientBoostingClassifier(n_estimators=3).fit(X, y)
    with pytest.raises(ValueError, match="must be a scikit-learn tree or a forest .* got GradientBoosting"):
        TransferForestClassifier(boosted).fit(X_target, y_target)
    with pytest.raises(ValueError, match="must be a classifier"):
        TransferTreeClassifier(DecisionTreeRegressor().fit(X, y)).fit(X_target, y_target)
    with pytest.raises(ValueError, match="none in common"):
        TransferTreeClassifier(DecisionTreeClassifier().fit(X, y)).fit(X_target, y_target + 7)
    with pytest.raises(ValueError, match="method must be one of 'ser', 'strut', 'mix'"):
        TransferTreeClassifier(method="relabel").fit(X_target, y_target)
