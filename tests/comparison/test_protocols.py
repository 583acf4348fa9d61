import numpy as np
import pytest
from joblib import Parallel
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from two_tables import two_moons_apart

from sktl.comparison import METHODS, Comparison, _protocols


def one_nn(setting):
    return make_pipeline(StandardScaler(), KNeighborsClassifier(1))


def problem_of(source, target):
    comparison = Comparison.from_tables(source, target, "mood", keep=["z"] if "z" in source else [])
    return comparison.problem, comparison.protocol.setting


def nearest_label(X, y, x):
    return y[np.argmin(((X - x) ** 2).sum(axis=1))]


def test_reverse_validation_equals_a_naive_loop():
    problem, setting = problem_of(*two_moons_apart(61, 43))
    X, y, target = problem.X.to_numpy(), problem.y, problem.target
    protocol = _protocols.CircularValidation(problem, setting)
    method = _protocols.Method("1-nn", None, one_nn)
    expected = np.full(len(y), np.nan)
    for held in protocol.pieces(method):
        train = np.setdiff1d(np.flatnonzero(~target), held)
        scale = StandardScaler().fit(X[train]).transform
        pseudo = np.array([nearest_label(scale(X[train]), y[train], x) for x in scale(X[target])])
        scale = StandardScaler().fit(X[target]).transform
        expected[held] = [nearest_label(scale(X[target]), pseudo, x) for x in scale(X[held])]
    predictions, _ = protocol.predict(method, n_jobs=1)
    assert_array_equal(predictions, expected[~target])
    assert 0.6 < accuracy_score(protocol.truth, predictions) < 1


class Recorder(LogisticRegression):
    """Logistic regression that remembers what each fit saw."""

    seen = []

    def fit(self, X, y):
        self.seen.append((X[:, -1], y))
        return super().fit(X, y)


@pytest.fixture
def recorded(monkeypatch):
    """A problem whose last column numbers its rows, a method, and the list of what its fits see."""
    source, target = two_moons_apart(47, 41)
    source, target = source.assign(z=np.arange(47.0)), target.assign(z=100 + np.arange(41.0))
    problem, setting = problem_of(source, target)
    monkeypatch.setattr(Recorder, "seen", [])

    def method(**options):
        return _protocols.Method(
            "recorder",
            None,
            lambda s: Pipeline([("rows", FunctionTransformer(np.asarray)), ("model", Recorder())]),
            **options,
        )

    return problem, setting, method, Recorder.seen


def test_reverse_validation_scores_rows_that_no_fit_saw(recorded):
    problem, setting, method, seen = recorded
    protocol = _protocols.CircularValidation(problem, setting)
    protocol.predict(method(), n_jobs=1)
    assert len(seen) == 2 * _protocols.SOURCE_FOLDS
    for fold, held in enumerate(protocol.pieces(None)):
        forward, back = seen[2 * fold][0], seen[2 * fold + 1][0]
        assert not set(forward) & set(problem.X["z"].iloc[held])
        assert_array_equal(forward < 100, True)
        assert_array_equal(back, problem.X["z"][problem.target])


def test_folds_never_show_the_labels_that_they_score(recorded):
    problem, setting, method, seen = recorded
    protocol = _protocols.FoldedLabels(problem, setting)
    protocol.predict(method(learns_from="both"), n_jobs=1)
    held = [set(problem.X["z"].iloc[piece]) for piece in protocol.pieces(method(learns_from="both"))]
    assert set.union(*held) == set(100 + np.arange(41.0))
    for rows, (fitted, _) in zip(held, seen, strict=True):
        assert set(fitted) == set(problem.X["z"]) - rows
    seen.clear()
    protocol.predict(method(learns_from="target"), n_jobs=1)
    assert all((rows >= 100).all() for rows, _ in seen)
    seen.clear()
    protocol.predict(method(), n_jobs=1)
    assert [set(rows) for rows, _ in seen] == [set(np.arange(47.0))]


@pytest.mark.parametrize("name", ["tca", "scaled", "coral", "greedy"])
def test_hidden_labels_do_not_change_a_prediction(tables, name):
    source, target = tables
    greedy = _protocols.Method(
        "greedy", None, METHODS["source-only"].build, learns_from="both"
    )  # takes what labels it gets
    method = METHODS.get(name, greedy)
    results = []
    for mood in (target["mood"], target["mood"].sample(frac=1, random_state=0).to_numpy()):
        protocol = _protocols.HiddenLabels(*problem_of(source, target.assign(mood=mood)))
        results.append((protocol.predict(method, n_jobs=1)[0], protocol.predict_target(method)))
    assert_array_equal(*results)


def test_one_pseudo_class_is_scored_as_the_constant_that_it_is():
    source, target = two_moons_apart(61, 43)
    problem, setting = problem_of(source, target.assign(a=target["a"] + 50))
    protocol = _protocols.CircularValidation(problem, setting)
    predictions, _ = protocol.predict(METHODS["source-only"], n_jobs=1)
    assert_array_equal(predictions, 1)
    assert accuracy_score(protocol.truth, predictions) == pytest.approx(source["mood"].mean())


def test_folds_share_out_the_labels():
    y = np.repeat([0.0, 1.0, 2.0], [50, 30, 5])
    folds = _protocols.deal_labels(y, 5, _protocols.Setting("classification", None, 3))
    counts = np.array([[((y == label) & (folds == fold)).sum() for label in range(3)] for fold in range(5)])
    assert_array_equal(counts, [[10, 6, 1]] * 5)
    y = np.random.default_rng(0).permutation(103).astype(float)
    folds = _protocols.deal_labels(y, 5, _protocols.Setting("regression", None, 3))
    assert np.bincount(folds).tolist() == [21, 21, 21, 20, 20]
    for stratum in range(21):  # of low to high numbers: its rows are in folds of their own
        assert np.unique(folds[y * 21 // 103 == stratum], return_counts=True)[1].max() == 1


@pytest.mark.parametrize("asked, used", [(1, 1), (2, 2), (1000, 3)])
def test_no_more_processes_than_there_is_work(monkeypatch, asked, used):
    """A worker without a piece would start, idle, and outlive the command."""
    problem, setting = problem_of(*two_moons_apart(61, 43))
    protocol, seen = _protocols.CircularValidation(problem, setting), []

    def here(n_jobs):
        seen.append(n_jobs)
        return Parallel(n_jobs=1)

    monkeypatch.setattr(_protocols, "Parallel", here)
    method = _protocols.Method("1-nn", None, one_nn)
    assert len(protocol.pieces(method)) == 3
    predictions, _ = protocol.predict(method, n_jobs=asked)
    assert seen == [used] and len(predictions) == 61
