"""Gradual self-training: against a plain loop, on a rotation that one step can't take, and its routes by hand."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linear_sum_assignment
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from sktl._core import transport
from sktl.exceptions import MissingExtraError, UnlabeledSourceWarning
from sktl.model_selection import GradualSelfTraining

NAMES = ["start", "e", "a", "d", "b", "c", "f", "g", "target"]  # in the order of the angles


@pytest.fixture(scope="module")
def rotation():
    """Class 1 moves round class 0 by 180 degrees in nine domains of 61 rows; labels of the first; rows shuffled."""
    rng = np.random.default_rng(0)
    y, step = rng.integers(0, 2, 9 * 61), rng.permutation(np.repeat(np.arange(9), 61))
    angle = np.linspace(0, np.pi, 9)[step]
    X = rng.normal(size=(len(y), 2)) / 3 + 2.5 * y[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    site = np.array(NAMES)[step]
    return X, y, site, np.where(step == 0, y, np.nan)


LINEAR = LogisticRegression(max_iter=1000)


def test_it_is_the_loop_of_the_paper(rotation):
    X, y, site, shown = rotation
    fitted = GradualSelfTraining(LINEAR, path=NAMES[1:-1], drop=0.1).fit(X, shown, sample_domain=site)
    model = LogisticRegression(max_iter=1000).fit(X[site == "start"], y[site == "start"])
    for k, name in enumerate(NAMES[1:], start=1):
        rows = X[site == name]
        sure = model.predict_proba(rows).max(axis=1)
        kept = sorted(range(61), key=lambda i: sure[i])[6:]
        model = LogisticRegression(max_iter=1000).fit(rows[kept], model.predict(rows[kept]))
        assert_allclose(fitted.estimators_[k].coef_, model.coef_, rtol=1e-4)
    assert_array_equal(fitted.n_kept_, [61] + [55] * 8)
    assert_allclose(fitted.predict_proba(X), model.predict_proba(X), rtol=1e-4)


def test_small_steps_arrive_where_one_step_fails(rotation):
    X, y, site, shown = rotation
    target = site == "target"
    gradual = GradualSelfTraining().fit(X, shown, sample_domain=site)
    assert gradual.path_ == ["source", *NAMES[1:]]  # the order is found from distances alone
    direct = GradualSelfTraining(path=[]).fit(X, shown, sample_domain=site)
    assert direct.path_ == ["source", "target"]
    assert gradual.score(X[target], y[target]) > 0.95
    assert max(direct.score(X[target], y[target]), gradual.estimators_[0].score(X[target], y[target])) < 0.7


@pytest.mark.parametrize("seed", [0, 1])  # the median width leads straight to the target in draw 1
def test_a_route_is_found_in_many_noisy_columns(seed):
    rng = np.random.default_rng(seed)
    step = np.repeat(np.arange(9), 200)
    y, angle = rng.integers(0, 2, len(step)), np.radians(11 * step)
    mean = 2.5 * np.column_stack([np.cos(angle), np.sin(angle), *np.zeros((58, len(step)))])
    X = rng.normal(size=(len(step), 60)) + np.where(y == 1, 1, -1)[:, None] * mean
    site, shown = np.array(NAMES)[step], np.where(step == 0, y, np.nan)
    gradual = GradualSelfTraining(LogisticRegression(C=0.01)).fit(X, shown, sample_domain=site)
    direct = gradual.estimators_[0].score(X[step == 8], y[step == 8])
    assert gradual.score(X[step == 8], y[step == 8]) > 0.95 > 0.7 > direct


def test_given_is_the_order_of_the_table(rotation):
    X, _, site, shown = rotation
    order = np.argsort([NAMES.index(name) for name in site], kind="stable")
    fitted = GradualSelfTraining(path="given").fit(X[order], shown[order], sample_domain=site[order])
    assert fitted.path_ == ["source", *NAMES[1:]]


def test_known_target_labels_are_kept_as_they_are(rotation):
    X, y, site, shown = rotation
    target = np.flatnonzero(site == "target")
    told = shown.copy()
    told[target[:30]] = 1 - y[target[:30]]  # what they say goes, even if the model is sure of the contrary
    fitted = GradualSelfTraining(KNeighborsClassifier(1), path=NAMES[1:-1]).fit(X, told, sample_domain=site)
    assert_array_equal(fitted.predict(X[target[:30]]), 1 - y[target[:30]])


def test_a_domain_all_in_one_class_teaches_nothing():
    X = np.array([[0.0], [1.0], [9.0], [10.0], [20.0], [21.0]])
    y = np.array(["low", "low", "high", "high", None, None], dtype=object)
    fitted = GradualSelfTraining().fit(X, y)
    assert fitted.estimators_[1] is fitted.estimators_[0] and fitted.predict([[0.5]]).tolist() == ["low"]


def test_rows_on_their_way_stand_in_for_missing_domains():
    pytest.importorskip("ot", reason="interpolation needs the ot extra")
    rng = np.random.default_rng(2)
    y = np.tile([0, 1], 100)
    X = rng.normal(size=(200, 2)) / 4 + 2.0 * y[:, None]
    X[100:] = X[:100] + np.array([0.0, 0.6])  # each row, moved
    shown = np.where(np.arange(200) < 100, y, np.nan)
    fitted = GradualSelfTraining(LINEAR, n_interpolated=2, drop=0.0).fit(X, shown)
    assert fitted.path_ == ["source", pytest.approx(1 / 3), pytest.approx(2 / 3), "target"]
    model = LogisticRegression(max_iter=1000).fit(X[:100], y[:100])
    for fraction in (1 / 3, 2 / 3, 1.0):  # the optimal plan moves each row to its own image
        rows = X[:100] + fraction * np.array([0.0, 0.6])
        model = LogisticRegression(max_iter=1000).fit(rows, model.predict(rows))
    assert_allclose(fitted.predict_proba(X), model.predict_proba(X), rtol=1e-3, atol=1e-6)


def test_a_plan_that_does_not_fit_is_refused_before_it_is_made(rotation, monkeypatch):
    X, _, site, shown = rotation
    monkeypatch.setattr(transport, "MAX_PAIRS", 3720)
    with pytest.raises(ValueError, match=r"61 source rows and 61 target rows has 3721 .*Put domains between them"):
        GradualSelfTraining(LINEAR, path=["b"], n_interpolated=1).fit(X, shown, sample_domain=site)


def test_domains_are_made_between_each_two_on_the_path(rotation):
    pytest.importorskip("ot", reason="interpolation needs the ot extra")
    X, _, site, shown = rotation
    fitted = GradualSelfTraining(LINEAR, path=["b"], n_interpolated=1, drop=0.1).fit(X, shown, sample_domain=site)
    assert fitted.path_ == ["source", 0.5, "b", 0.5, "target"]
    start, middle = X[site == "start"], X[site == "b"]
    rows, columns = linear_sum_assignment(((start[:, None] - middle) ** 2).sum(axis=-1))  # as many rows: a matching
    between = (start[rows] + middle[columns]) / 2
    first = fitted.estimators_[0]
    kept = np.argsort(first.predict_proba(between).max(axis=1))[6:]
    by_hand = LogisticRegression(max_iter=1000).fit(between[kept], first.predict(between[kept]))
    assert_allclose(fitted.estimators_[1].coef_, by_hand.coef_, rtol=1e-3)
    order = np.random.default_rng(1).permutation(len(X))
    again = GradualSelfTraining(LINEAR, path=["b"], n_interpolated=1, drop=0.1).fit(
        X[order], shown[order], sample_domain=site[order]
    )
    assert_allclose(again.predict_proba(X), fitted.predict_proba(X), rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("classes", [2, 3])
def test_decision_values_are_the_last_model_s(classes):
    rng = np.random.default_rng(5)
    y, step = rng.integers(0, classes, 90), np.repeat([0, 1], 45)
    X = rng.normal(size=(90, 2)) / 4 + np.column_stack([2.0 * (y == 1), 2.0 * (y == 2)])
    fitted = GradualSelfTraining(LinearSVC()).fit(X, np.where(step == 0, y, np.nan))
    assert_array_equal(fitted.decision_function(X), fitted.estimators_[-1].decision_function(X))
    assert not hasattr(fitted, "predict_proba") and not hasattr(GradualSelfTraining(GaussianNB()), "decision_function")


@pytest.mark.parametrize("classes", [3, 4])
def test_decision_values_where_a_class_went_missing(classes):
    rng = np.random.default_rng(6)
    y, step = rng.integers(0, classes, 120), np.repeat([0, 1], 60)
    X = rng.normal(size=(120, 2)) / 4 + 3.0 * np.array([[0, 0], [1, 0], [0, 1], [1, 1]])[y]
    kept = (step == 0) | (y != 1)  # the target has no row of class 1
    X, y, step = X[kept], y[kept], step[kept]
    fitted = GradualSelfTraining(LinearSVC()).fit(X, np.where(step == 0, y, np.nan))
    values, last = fitted.decision_function(X), fitted.estimators_[-1]
    assert values.shape == (len(X), classes) and (values[:, 1] == -np.inf).all() and len(last.classes_) == classes - 1
    assert_array_equal(fitted.classes_[values.argmax(axis=1)], fitted.predict(X))


def test_one_of_several_domains_without_labels_is_named_the_target(rotation):
    X, _, site, shown = rotation
    step = np.array([NAMES.index(name) for name in site])
    for names in (np.where(site == "target", "end", site), 15 * step):
        with pytest.raises(
            ValueError,
            match=r"several domains without labels, \[.*\], and does not say .* Name that one 'target'",
        ):
            GradualSelfTraining().fit(X, shown, sample_domain=names)
    by_sign = GradualSelfTraining().fit(X, shown, sample_domain=np.where(step == 8, -1, step))
    assert by_sign.path_ == ["source", *range(1, 8), "target"]
    pooled = np.where(step >= 7, -step, step)  # two names of the target, said to be so
    assert GradualSelfTraining().fit(X, shown, sample_domain=pooled).path_ == ["source", *range(1, 7), "target"]
    two = np.isin(site, ["start", "target"])  # one domain without labels is the target by any name
    assert GradualSelfTraining().fit(X[two], shown[two], sample_domain=step[two]).path_ == ["source", "target"]


def test_errors(rotation, monkeypatch):
    X, _, site, shown = rotation
    with pytest.raises(ValueError, match=r"path names \['z'\]; the domains without labels .* are \['"):
        GradualSelfTraining(path=["z"]).fit(X, shown, sample_domain=site)
    with pytest.raises(ValueError, match="path must be 'auto' or 'given' or a list"):
        GradualSelfTraining(path="shortest").fit(X, shown, sample_domain=site)
    with pytest.raises(ValueError, match="drop must be"):
        GradualSelfTraining(drop=1.0).fit(X, shown, sample_domain=site)
    with pytest.raises(TypeError, match="must have predict_proba or decision_function"):
        GradualSelfTraining(_Mute()).fit(X, shown)
    with pytest.warns(UnlabeledSourceWarning), pytest.raises(ValueError, match="starts from labelled source rows"):
        GradualSelfTraining().fit(X, np.where(site == "target", np.arange(len(X)) % 2, np.nan), site == "target")
    with pytest.raises(ValueError, match="starts from labelled source rows; there are none"):
        GradualSelfTraining().fit(X, np.full(len(X), np.nan), site)
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None: pass source labels"):
        GradualSelfTraining().fit(X, None, site)
    with pytest.raises(ValueError, match=r"path must name each domain once; got \['a', 'a'\]"):
        GradualSelfTraining(path=["a", "a"]).fit(X, shown, site)
    with pytest.raises(
        TypeError, match=r"must be None or a classifier or regressor, .* such as LogisticRegression\(\)"
    ):
        GradualSelfTraining(LogisticRegression).fit(X, shown, site)
    lonely = np.where(np.arange(len(X)) == np.flatnonzero(site == "a")[0], "lonely", site)
    with pytest.raises(ValueError, match="needs two rows of each domain; 'lonely' has 1. .* or pass path, or a metric"):
        GradualSelfTraining().fit(X, shown, lonely)
    assert "lonely" in GradualSelfTraining(path=["lonely"]).fit(X, shown, lonely).path_
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(MissingExtraError, match=r"sktl\[ot\]"):
        GradualSelfTraining(n_interpolated=1).fit(X, np.where(site == "target", np.nan, 1.0 * (X[:, 0] > 0)))


class _Mute(KNeighborsClassifier):
    """Says neither how sure it is, nor how far it is from the boundary."""

    predict_proba = property()
