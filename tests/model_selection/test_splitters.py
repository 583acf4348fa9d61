"""Splitters: what each fold must hold, counted by hand; no target label where none belongs."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    LeaveOneGroupOut,
    RandomizedSearchCV,
    check_cv,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl import OnLabeled
from sktl.feature import TCA
from sktl.instance import TrAdaBoostClassifier
from sktl.model_selection import (
    LeaveOneDomainOut,
    SourceTargetKFold,
    SourceTargetShuffleSplit,
    TargetKFold,
)

Y = np.repeat([0, 1, 2, np.nan], [31, 17, 4, 23])
X = np.zeros((len(Y), 1))


def counts(y, rows):
    """Rows of each class, and of none."""
    return [int((y[rows] == value).sum()) for value in (0, 1, 2)] + [int(np.isnan(y[rows]).sum())]


@pytest.mark.parametrize("shuffle", [True, False])
def test_source_target_folds_hold_their_share_of_every_domain_and_class(shuffle):
    folds = list(SourceTargetKFold(5, shuffle=shuffle).split(X, Y))
    assert len(folds) == SourceTargetKFold(5).get_n_splits() == 5
    assert_array_equal(np.sort(np.concatenate([test for _, test in folds])), np.arange(len(Y)))
    for train, test in folds:
        assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(len(Y)))
        for found, total in zip(counts(Y, test), (31, 17, 4, 23), strict=True):
            assert found in (total // 5, total // 5 + 1)
        assert len(test) == 15


def test_source_target_folds_follow_the_domains_of_groups():
    site = np.tile(["a", "b", "target"], 25)
    y = np.arange(75) % 2
    for _, test in SourceTargetKFold(5).split(X, y, site):
        assert all((site[test] == name).sum() == 5 for name in ("a", "b", "target"))
    for _, test in SourceTargetKFold(5).split(X, np.linspace(0, 1, 75), site == "target"):  # numbers: by domain alone
        assert (site[test] == "target").sum() == 5 and len(test) == 15


def test_splits_are_the_same_each_time_and_differ_by_seed():
    first = [test.tolist() for _, test in SourceTargetKFold(3).split(X, Y)]
    assert first == [test.tolist() for _, test in SourceTargetKFold(3).split(X, Y)]
    assert first != [test.tolist() for _, test in SourceTargetKFold(3, random_state=1).split(X, Y)]
    draws = [test.tolist() for _, test in SourceTargetShuffleSplit(4).split(X, Y)]
    assert draws == [test.tolist() for _, test in SourceTargetShuffleSplit(4).split(X, Y)]
    assert len({tuple(draw) for draw in draws}) == 4


def test_shuffle_split_takes_its_share_of_every_domain_and_class():
    splits = list(SourceTargetShuffleSplit(20, test_size=0.3, random_state=3).split(X, Y))
    for train, test in splits:
        assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(len(Y)))
        for found, total in zip(counts(Y, test), (31, 17, 4, 23), strict=True):
            assert abs(found - 0.3 * total) <= 1
    assert set(np.concatenate([test for _, test in splits]).tolist()) == set(range(len(Y)))  # each row has its chance


def test_target_folds_test_labelled_target_rows_and_train_on_all_others():
    target = np.arange(75) >= 40
    y = np.where(np.arange(75) < 60, np.arange(75) % 2, np.nan)
    tested = []
    for train, test in TargetKFold(4).split(X, y, target):
        assert target[test].all() and not np.isnan(y[test]).any() and len(test) == 5
        assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(75))
        assert sorted(counts(y, test)[:2]) == [2, 3]
        tested += test.tolist()
    assert sorted(tested) == list(range(40, 60))


def test_leave_one_domain_out_is_scikit_learn_s_where_all_rows_have_labels():
    site = np.tile(["x", "y", "target"], 25)
    y = np.arange(75) % 2
    ours, theirs = LeaveOneDomainOut().split(X, y, site), LeaveOneGroupOut().split(X, y, site)
    for (train, test), (their_train, their_test) in zip(
        sorted(ours, key=lambda s: s[1][0]), sorted(theirs, key=lambda s: s[1][0]), strict=True
    ):
        assert_array_equal(train, their_train)
        assert_array_equal(test, their_test)
    half = np.where(site == "y", np.nan, y)
    assert LeaveOneDomainOut().get_n_splits(X, half, site) == 2
    assert all((site[test] != "y").all() for _, test in LeaveOneDomainOut().split(X, half, site))


# --- with scikit-learn's own tools ---


def test_a_search_over_an_adapting_pipeline(two_domains):
    X, y, _ = two_domains
    pipe = make_pipeline(StandardScaler(), TCA(), OnLabeled(LogisticRegression()))
    search = GridSearchCV(pipe, {"tca__n_components": [1, 2]}, cv=SourceTargetKFold(3), error_score="raise")
    assert search.fit(X, y).best_score_ > 0.6
    with sklearn.config_context(enable_metadata_routing=True):  # sample_domain reaches the splitter and TCA
        named = np.where(np.isnan(y), "target", "lab")
        routed = GridSearchCV(pipe, {"tca__n_components": [1, 2]}, cv=SourceTargetKFold(3), error_score="raise")
        assert_array_equal(
            routed.fit(X, y, sample_domain=named).cv_results_["mean_test_score"], search.cv_results_["mean_test_score"]
        )


def test_supervised_transfer_by_ordinary_accuracy(two_domains):
    X, y, y_true = two_domains
    target = np.isnan(y)
    boost = TrAdaBoostClassifier(n_estimators=3)
    scores = cross_validate(
        boost, X, y_true, groups=target, params={"sample_domain": target}, cv=TargetKFold(3), scoring="accuracy"
    )["test_score"]
    by_hand = []
    for train, test in TargetKFold(3).split(X, y_true, target):
        fitted = TrAdaBoostClassifier(n_estimators=3).fit(X[train], y_true[train], sample_domain=target[train])
        by_hand.append(fitted.score(X[test], y_true[test]))
    assert_array_equal(scores, by_hand)


TOLD = pytest.mark.parametrize("routing", [False, True])


def told(routing, domains, step="tradaboostclassifier"):
    """How the domains are passed to a search over a pipeline."""
    return {"sample_domain": domains} if routing else {"groups": domains, f"{step}__sample_domain": domains}


@pytest.fixture
def supervised(two_domains):
    """Rows, labels (half of the target's are known), which rows are the target's, a pipeline, its scores by hand."""
    X, y, y_true = two_domains
    target = np.isnan(y)
    y = np.where(target & (np.arange(len(y)) % 2 == 0), np.nan, y_true)
    pipe = make_pipeline(StandardScaler(), TrAdaBoostClassifier(n_estimators=2))
    by_hand = {}
    for n in (1, 3):
        by_hand[n] = []
        for train, test in TargetKFold(3).split(X, y, target):
            model = clone(pipe).set_params(tradaboostclassifier__n_estimators=n)
            model.fit(X[train], y[train], tradaboostclassifier__sample_domain=target[train])
            by_hand[n].append(np.mean(model.predict(X[test]) == y[test]))
    return X, y, target, pipe, by_hand


@TOLD
@pytest.mark.parametrize("search", [GridSearchCV, RandomizedSearchCV])
def test_searches_by_accuracy_on_the_target(search, routing, supervised):
    X, y, target, pipe, by_hand = supervised
    extra = {"n_iter": 2, "random_state": 0} if search is RandomizedSearchCV else {}
    grid = {"tradaboostclassifier__n_estimators": [1, 3]}
    with sklearn.config_context(enable_metadata_routing=routing):
        fitted = search(pipe, grid, cv=TargetKFold(3), scoring="accuracy", error_score="raise", **extra)
        fitted.fit(X, y, **told(routing, target))
    found = {p["tradaboostclassifier__n_estimators"]: k for k, p in enumerate(fitted.cv_results_["params"])}
    for n, k in found.items():
        assert_allclose([fitted.cv_results_[f"split{fold}_test_score"][k] for fold in range(3)], by_hand[n])


@TOLD
def test_cross_validate_by_accuracy_on_the_target(routing, supervised):
    X, y, target, pipe, by_hand = supervised
    pipe.set_params(tradaboostclassifier__n_estimators=3)
    passed = told(routing, target)
    groups = {} if routing else {"groups": passed.pop("groups")}
    with sklearn.config_context(enable_metadata_routing=routing):
        scores = cross_validate(pipe, X, y, cv=TargetKFold(3), scoring=["accuracy", "f1"], params=passed, **groups)
        alone = cross_val_score(pipe, X, y, cv=TargetKFold(3), params=passed, **groups)
    assert_allclose(scores["test_accuracy"], by_hand[3])
    assert_allclose(alone, by_hand[3])


@TOLD
def test_predictions_out_of_fold(routing, two_domains):
    X, y, _ = two_domains
    target, pipe = np.isnan(y), make_pipeline(StandardScaler(), TCA(2), OnLabeled(LogisticRegression()))
    passed = told(routing, target, "tca")
    groups = {} if routing else {"groups": passed.pop("groups")}
    with sklearn.config_context(enable_metadata_routing=routing):
        predicted = cross_val_predict(pipe, X, y, cv=SourceTargetKFold(3), params=passed, **groups)
        with pytest.raises(ValueError, match="only works for partitions"):  # source rows are never tested
            cross_val_predict(pipe, X, np.where(target, 0, y), cv=TargetKFold(3), params=passed, **groups)
    for train, test in SourceTargetKFold(3).split(X, y):
        assert_array_equal(predicted[test], clone(pipe).fit(X[train], y[train]).predict(X[test]))


def test_generalisation_to_a_new_domain(two_domains):
    X, y, y_true = two_domains
    site = np.where(np.isnan(y), "target", "lab")
    scores = cross_val_score(LogisticRegression(), X, y_true, groups=site, cv=LeaveOneDomainOut())
    with sklearn.config_context(enable_metadata_routing=True):
        routed = cross_val_score(
            LogisticRegression(), X, y_true, params={"sample_domain": site}, cv=LeaveOneDomainOut()
        )
    plain = cross_val_score(LogisticRegression(), X, y_true, groups=site, cv=LeaveOneGroupOut())
    assert_array_equal(scores, plain)
    assert_array_equal(routed, plain)


@pytest.mark.parametrize(
    "splitter", [SourceTargetKFold(3), SourceTargetShuffleSplit(3), TargetKFold(3), LeaveOneDomainOut()], ids=repr
)
def test_groups_where_routing_is_on(splitter, two_domains):
    X, y, y_true = two_domains
    target, search = np.isnan(y), GridSearchCV(OnLabeled(LogisticRegression()), {}, cv=splitter, error_score="raise")
    plain = search.fit(X, y_true, groups=target).best_score_
    with sklearn.config_context(enable_metadata_routing=True):
        assert search.fit(X, y_true, sample_domain=target).best_score_ == plain
        with pytest.raises(TypeError, match="groups"):
            search.fit(X, y_true, groups=target)


@pytest.mark.parametrize(
    ("splitter", "n_splits", "text"),
    [
        (SourceTargetKFold(4), 4, "SourceTargetKFold(n_splits=4, random_state=0, shuffle=True)"),
        (SourceTargetShuffleSplit(6), 6, "SourceTargetShuffleSplit(n_splits=6, random_state=0, test_size=0.25)"),
        (TargetKFold(3, shuffle=False), 3, "TargetKFold(n_splits=3, random_state=0, shuffle=False)"),
        (LeaveOneDomainOut(), 3, "LeaveOneDomainOut()"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_protocol_of_splitters(splitter, n_splits, text):
    site, y = np.tile(["a", "b", "target"], 25), np.arange(75) % 2
    assert repr(splitter) == text
    assert splitter.get_n_splits(X, y, site) == n_splits == len(list(splitter.split(X, y, site)))
    assert check_cv(splitter) is splitter
    for container in (list, pd.Series, pl.Series):
        again = list(splitter.split(pd.DataFrame(X), container(y.tolist()), container(site.tolist())))
        for (train, test), (other_train, other_test) in zip(splitter.split(X, y, site), again, strict=True):
            assert_array_equal(train, other_train)
            assert_array_equal(test, other_test)
            assert not set(train) & set(test) and train.dtype.kind == test.dtype.kind == "i"
    if hasattr(splitter, "random_state"):  # an instance gives other rows each time, a seed the same
        drawn = clone(splitter, safe=False)
        drawn.random_state = np.random.RandomState(0)
        first, second = ([test.tolist() for _, test in drawn.split(X, y, site)] for _ in range(2))
        assert (first != second) == (getattr(splitter, "shuffle", True))


# --- errors ---


def test_errors_say_what_is_needed():
    with pytest.raises(
        ValueError, match=r"n_splits=5 folds need at least that many rows of each domain; the target has 3"
    ):
        next(SourceTargetKFold(5).split(X[:55], Y[:55]))
    for splitter in (SourceTargetKFold(3), SourceTargetShuffleSplit()):
        for y in (Y[:52], None):
            with pytest.raises(
                ValueError, match=f"{type(splitter).__name__} splits source and target.* all 52 rows are"
            ):
                next(splitter.split(X[:52], y))
        assert len(next(splitter.split(X[:52], None, Y[:52] == 1))) == 2
    with pytest.raises(ValueError, match="A split needs at least two rows of each domain; the target has 1"):
        next(SourceTargetShuffleSplit().split(X[:53], Y[:53]))
    with pytest.raises(ValueError, match="Pass groups=sample_domain"):
        next(TargetKFold().split(X, Y))
    with pytest.raises(ValueError, match="there are 2. Lower n_splits"):
        next(TargetKFold().split(X, Y, np.arange(75) < 2))
    with pytest.raises(ValueError, match="needs groups=sample_domain"):
        LeaveOneDomainOut().get_n_splits(X, Y)
    with pytest.raises(ValueError, match="At least two domains are needed"):
        next(LeaveOneDomainOut().split(X, Y, np.zeros(75)))
    with pytest.raises(ValueError, match="sample_domain is missing in some rows"):
        next(LeaveOneDomainOut().split(X, Y, Y))
    with pytest.raises(ValueError, match="[Ii]nconsistent"):
        next(LeaveOneDomainOut().split(X, Y, [1, 2]))
    for splitter in (SourceTargetKFold(1), TargetKFold(1), SourceTargetShuffleSplit(0)):
        with pytest.raises(ValueError, match="n_splits must be"):
            next(splitter.split(X, Y, np.isnan(Y)))
    with pytest.raises(ValueError, match="test_size must be"):
        next(SourceTargetShuffleSplit(test_size=1.0).split(X, Y))


def test_random_splits_do_not_depend_on_the_hash_seed():
    code = """
import numpy as np
from sktl.model_selection import SourceTargetShuffleSplit
site = np.repeat(["north", "south", "east", "west", "target"], 8)
print([test.tolist() for _, test in SourceTargetShuffleSplit(2).split(np.zeros((40, 1)), np.zeros(40), site)])
"""
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_masked_labels_are_missing_and_a_masked_domain_is_refused():
    masked, plain = np.ma.array(np.nan_to_num(Y), mask=np.isnan(Y)), SourceTargetKFold(2)
    for (train, test), (train_expected, test_expected) in zip(plain.split(X, masked), plain.split(X, Y), strict=True):
        assert_array_equal(train, train_expected)
        assert_array_equal(test, test_expected)
    domain = np.ma.array(np.where(np.isnan(Y), -1, 0), mask=np.arange(len(Y)) == 7)
    for splitter in (plain, TargetKFold(2), SourceTargetShuffleSplit(2), LeaveOneDomainOut()):
        with pytest.raises(ValueError, match=r"sample_domain is missing in (row 7|some rows)"):
            list(splitter.split(X, np.nan_to_num(Y), domain))
