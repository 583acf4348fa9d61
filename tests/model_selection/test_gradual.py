"""Gradual self-training: against a plain loop, on a rotation that one step can't take, and its routes by hand."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from sktl.exceptions import MissingExtraError, UnlabeledSourceWarning
from sktl.model_selection import GradualSelfTraining
from sktl.model_selection._gradual import confidence, most_confident, shortest_route

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


def test_it_is_the_loop_of_the_paper(rotation):
    X, y, site, shown = rotation
    fitted = GradualSelfTraining(path=NAMES[1:-1]).fit(X, shown, sample_domain=site)
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


def test_routes():
    line = np.abs(np.subtract.outer(np.array([0.0, 2.0, 1.0, 3.0]), np.array([0.0, 2.0, 1.0, 3.0])))
    assert shortest_route(line**2) == [0, 2, 1, 3]  # squares: small steps add up to less
    detour = line**2
    detour[1, :] = detour[:, 1] = 50.0
    assert shortest_route(detour) == [0, 2, 3]
    assert shortest_route(np.zeros((2, 2))) == [0, 1]


def test_given_is_the_order_of_the_table(rotation):
    X, _, site, shown = rotation
    order = np.argsort([NAMES.index(name) for name in site], kind="stable")
    fitted = GradualSelfTraining(path="given").fit(X[order], shown[order], sample_domain=site[order])
    assert fitted.path_ == ["source", *NAMES[1:]]


def test_confidence():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(40, 2)), rng.integers(0, 3, 40)
    probable = GaussianNB().fit(X, y)
    assert_allclose(confidence(probable, X), probable.predict_proba(X).max(axis=1))
    margins = LinearSVC().fit(X, y)
    values = np.sort(margins.decision_function(X), axis=1)
    assert_allclose(confidence(margins, X), values[:, 2] - values[:, 1])
    two = LinearSVC().fit(X, y > 0)
    assert_allclose(confidence(two, X), np.abs(two.decision_function(X)))
    assert_array_equal(most_confident(np.array([3.0, 1.0, 2.0, 5.0]), 0.5), [True, False, False, True])
    assert most_confident(np.arange(9.0), 0.1).all()


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
    fitted = GradualSelfTraining(n_interpolated=2, drop=0.0).fit(X, shown)
    assert fitted.path_ == ["source", pytest.approx(1 / 3), pytest.approx(2 / 3), "target"]
    model = LogisticRegression(max_iter=1000).fit(X[:100], y[:100])
    for fraction in (1 / 3, 2 / 3, 1.0):  # the optimal plan moves each row to its own image
        rows = X[:100] + fraction * np.array([0.0, 0.6])
        model = LogisticRegression(max_iter=1000).fit(rows, model.predict(rows))
    assert_allclose(fitted.predict_proba(X), model.predict_proba(X), rtol=1e-3, atol=1e-6)


def test_errors(rotation, monkeypatch):
    X, _, site, shown = rotation
    with pytest.raises(ValueError, match=r"path names \['z'\]; the domains without labels .* are \['"):
        GradualSelfTraining(path=["z"]).fit(X, shown, sample_domain=site)
    with pytest.raises(ValueError, match="path must be 'auto', 'given' or a list"):
        GradualSelfTraining(path="shortest").fit(X, shown, sample_domain=site)
    with pytest.raises(ValueError, match="drop must be"):
        GradualSelfTraining(drop=1.0).fit(X, shown, sample_domain=site)
    with pytest.raises(TypeError, match="must have predict_proba or decision_function"):
        GradualSelfTraining(_Mute()).fit(X, shown)
    with pytest.warns(UnlabeledSourceWarning), pytest.raises(ValueError, match="starts from labelled source rows"):
        GradualSelfTraining().fit(X, np.where(site == "target", np.arange(len(X)) % 2, np.nan), site == "target")
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(MissingExtraError, match=r"sktl\[ot\]"):
        GradualSelfTraining(n_interpolated=1).fit(X, np.where(site == "target", np.nan, 1.0 * (X[:, 0] > 0)))


class _Mute(KNeighborsClassifier):
    """Says neither how sure it is, nor how far it is from the boundary."""

    predict_proba = property()
