"""Votes of several classifiers: against the sum by hand; scales; what can't vote."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from office import office_pairs
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.svm import LinearSVC

from sktl import OnLabeled
from sktl.feature import MEDAClassifier, SPLClassifier, TransferVotingClassifier


def members():
    """One with probabilities, one with decision values alone, one that adapts."""
    return [
        ("bayes", GaussianNB()),
        ("svm", make_pipeline(Normalizer(), OnLabeled(LinearSVC(dual=False)))),
        ("spl", SPLClassifier(n_components=2)),
    ]


@pytest.fixture
def three_classes():
    """Three classes in the source, and a target that has moved; 150 rows of 4 columns."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 150).astype(float)
    X = rng.normal(size=(150, 4)) + 2 * np.eye(4)[y.astype(int)]
    X[90:] += [0.5, 0, 0, 1]
    return X, np.where(np.arange(150) < 90, y, np.nan), y


def test_the_sum_is_that_by_hand(three_classes):
    X, y, _ = three_classes
    source, target = ~np.isnan(y), np.isnan(y)
    vote = TransferVotingClassifier(members()).fit(X, y)
    fits = [
        np.log(GaussianNB().fit(X[source], y[source]).predict_proba(X)),
        make_pipeline(Normalizer(), LinearSVC(dual=False)).fit(X[source], y[source]).decision_function(X),
        np.log(SPLClassifier(n_components=2).fit(X, y).predict_proba(X)),
    ]
    total = 0
    for values in fits:
        values = np.maximum(values, np.log(np.finfo(float).eps)) if values is not fits[1] else values
        values = values - values.mean(axis=1, keepdims=True)
        total = total + values / values[target].std()
    assert_allclose(vote.decision_function(X), total, rtol=1e-6)
    assert_array_equal(vote.predict(X), vote.classes_[total.argmax(axis=1)])


def test_two_classes_have_one_value_a_row(two_domains):
    X, y, _ = two_domains
    vote = TransferVotingClassifier([("a", LogisticRegression()), ("b", LinearSVC())]).fit(X, y)
    rows = ~np.isnan(y)
    total = 0
    for member in (LogisticRegression(), LinearSVC()):
        values = member.fit(X[rows], y[rows]).decision_function(X)
        total = total + values / np.std([values[~rows], -values[~rows]])
    assert_allclose(vote.decision_function(X), total, rtol=1e-5)
    assert_array_equal(vote.predict(X), (total > 0).astype(int))


def test_scales_of_the_members_do_not_matter(three_classes):
    X, y, _ = three_classes

    class Louder(GaussianNB):
        def predict_proba(self, X):
            raise AssertionError("decision values come first")

        def decision_function(self, X):
            return 1000 * np.log(GaussianNB.predict_proba(self, X))

    class Softer(Louder):
        def decision_function(self, X):
            return np.log(GaussianNB.predict_proba(self, X))

    both = [
        TransferVotingClassifier([("nb", nb), ("svm", LinearSVC(dual=False))]).fit(X, y).decision_function(X)
        for nb in (Louder(), Softer())
    ]
    assert_allclose(both[0], both[1], rtol=1e-9)


def test_the_default_pair_beats_its_members_on_office_caltech(real_data):
    scores = []
    for X, y, X_target, y_target in office_pairs(real_data("office_caltech10_surf"), ["C>D", "W>D", "D>W"]):
        row = []
        for model in (TransferVotingClassifier(), MEDAClassifier(), SPLClassifier()):
            row.append(100 * make_pipeline(Normalizer(), model).fit(X, y).score(X_target, y_target))
        scores.append(row)
    vote, meda, spl = np.mean(scores, axis=0)
    assert vote == pytest.approx(np.mean([47.8, 88.5, 90.2]), abs=0.7)


def test_what_can_not_vote_is_refused(two_domains):
    X, y, _ = two_domains
    with pytest.raises(TypeError, match="'a' must be a classifier with decision_function or predict_proba"):
        TransferVotingClassifier([("a", Ridge())]).fit(X, y)
    with pytest.raises(TypeError, match=r"estimators must be a list of tuples \(name, classifier\); got \[\]"):
        TransferVotingClassifier([]).fit(X, y)
