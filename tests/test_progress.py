import importlib
import sys
import warnings

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sktl._progress
from sktl._progress import as_they_come
from sktl.feature import BDA, JDA, TJM
from sktl.instance import (
    MultiSourceTrAdaBoostClassifier,
    TaskTrAdaBoostClassifier,
    TrAdaBoostClassifier,
    TrAdaBoostRegressor,
    TwoStageTrAdaBoostRegressor,
)

has_callbacks = pytest.mark.skipif(
    not hasattr(TrAdaBoostClassifier, "set_callbacks"), reason="scikit-learn has callbacks from 1.9 on"
)
BOOSTERS = [
    (TrAdaBoostClassifier(LogisticRegression(), n_estimators=4), 4),
    (MultiSourceTrAdaBoostClassifier(n_estimators=3), 3),
    (TaskTrAdaBoostClassifier(n_estimators=3), 1),
    (TrAdaBoostRegressor(n_estimators=5), 5),
    (TwoStageTrAdaBoostRegressor(n_steps=3, n_estimators=2, cv=4), 12),
]
boosters = pytest.mark.parametrize("booster, n_steps", BOOSTERS, ids=lambda value: type(value).__name__)


class Recorder:
    """Callback that keeps what it is told; from ``stop_after`` tasks on it asks for the end."""

    def __init__(self, stop_after=None):
        self.stop_after, self.told = stop_after, []

    def setup(self, estimator, context):
        self.told.append("setup")

    def teardown(self, estimator, context):
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.told.append(f"begin {context.task_name} of {context.max_subtasks}")

    def on_fit_task_end(self, estimator, context):
        self.told.append(f"end {context.task_name}")
        n_ended = sum(event in ("end round", "end fold") for event in self.told)
        return context.parent is not None and n_ended == self.stop_after


def in_table(two_domains):
    X, y, y_true = two_domains
    return X, y_true, np.isnan(y)


@has_callbacks
@boosters
def test_each_step_is_told(booster, n_steps, two_domains):
    recorder = Recorder()
    plain = clone(booster).fit(*in_table(two_domains))
    told = clone(booster).set_callbacks(recorder).fit(*in_table(two_domains))
    name = {"TwoStageTrAdaBoostRegressor": "fold", "TaskTrAdaBoostClassifier": "source"}.get(
        type(booster).__name__, "round"
    )
    steps = [f"begin {name} of 0", f"end {name}"] * n_steps
    assert recorder.told == ["setup", f"begin fit of {n_steps}", *steps, "end fit", "teardown"]
    assert np.array_equal(plain.predict(two_domains[0]), told.predict(two_domains[0]))


@has_callbacks
@boosters
def test_a_callback_may_end_the_fit(booster, n_steps, two_domains):
    recorder = Recorder(stop_after=2)
    fitted = clone(booster).set_callbacks(recorder).fit(*in_table(two_domains))
    assert recorder.told[-2:] == ["end fit", "teardown"] and recorder.told.count("end round") in (0, 2)
    assert np.isfinite(fitted.predict(two_domains[0])).all()
    if "begin round of 0" in recorder.told:
        assert fitted.n_iter_ == 2


@has_callbacks
def test_an_error_still_tears_down(two_domains):
    recorder = Recorder()
    with pytest.raises(ValueError, match="n_estimators"):
        TrAdaBoostRegressor(n_estimators=0).set_callbacks(recorder).fit(*in_table(two_domains))
    with pytest.raises(ZeroDivisionError):
        TrAdaBoostClassifier(Failing()).set_callbacks(recorder).fit(*in_table(two_domains))
    assert recorder.told == ["setup", "begin fit of 10", "begin round of 0", "teardown"]


class Failing(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        return 1 / 0


@has_callbacks
@boosters
def test_callbacks_reach_through_pipelines_and_searches(booster, n_steps, two_domains):
    class Propagated(Recorder):
        max_propagation_depth = None

    X, y, target = in_table(two_domains)
    recorder = Propagated()
    pipe = make_pipeline(StandardScaler(), clone(booster))
    pipe.set_callbacks(recorder).fit(X, y, **{f"{pipe.steps[-1][0]}__sample_domain": target})
    assert sum(event.startswith(("end round", "end fold", "end source")) for event in recorder.told) == n_steps
    search = GridSearchCV(pipe.set_callbacks(), {"standardscaler__with_std": [True, False]}, cv=KFold(2, shuffle=True))
    search.set_callbacks(recorder).fit(X, y, **{f"{pipe.steps[-1][0]}__sample_domain": target})
    assert (
        sum(event.startswith(("end round", "end fold", "end source")) for event in recorder.told)
        == (1 + 4 + 1) * n_steps
    )


def test_without_callbacks_in_scikit_learn_there_is_nothing_to_set(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.callback", None)  # as in 1.8: importing it is an ImportError
    spec = importlib.util.spec_from_file_location("old_progress", sktl._progress.__file__)
    old = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(old)
    assert not hasattr(old.ReportsProgress, "set_callbacks")
    assert old.reported(old.ReportsProgress(), iter("abc"), 3, "round") == ["a", "b", "c"]
    assert old.with_callbacks(len) is len


@has_callbacks
@boosters
def test_the_bar_of_scikit_learn_shows_them(booster, n_steps, two_domains, capsys):
    pytest.importorskip("rich", reason="scikit-learn's ProgressBar draws with rich")
    from sklearn.callback import ProgressBar

    plain = clone(booster).fit(*in_table(two_domains))
    shown = clone(booster).set_callbacks(ProgressBar()).fit(*in_table(two_domains))
    assert f"{type(booster).__name__} - fit" in capsys.readouterr().out
    assert np.array_equal(plain.predict(two_domains[0]), shown.predict(two_domains[0]))


@has_callbacks
@pytest.mark.parametrize("model", [JDA(max_iter=3), BDA(max_iter=3, balance=1), TJM(max_iter=3, tol=0)], ids=repr)
def test_iterations_of_components_are_told(model, two_domains):
    X, y, _ = two_domains
    plain, recorder = clone(model).fit(X, y), Recorder()
    told = clone(model).set_callbacks(recorder).fit(X, y)
    steps = ["begin iteration of 0", "end iteration"] * 3
    assert recorder.told == ["setup", "begin fit of 3", *steps, "end fit", "teardown"]
    assert np.array_equal(plain.components_, told.components_)


@has_callbacks
@pytest.mark.parametrize("model", [JDA(), BDA(balance=1), TJM(tol=0)], ids=repr)
def test_a_callback_may_end_the_iterations(model, two_domains):
    class AfterTwo(Recorder):
        def on_fit_task_end(self, estimator, context):
            super().on_fit_task_end(estimator, context)
            return context.parent is not None and self.told.count("end iteration") == 2

    X, y, _ = two_domains
    fitted = clone(model).set_callbacks(AfterTwo()).fit(X, y)
    assert fitted.n_iter_ == 2
    assert np.array_equal(fitted.components_, clone(model).set_params(max_iter=2).fit(X, y).components_)
    if hasattr(fitted, "pseudo_label_changes_"):
        assert len(fitted.pseudo_label_changes_) == 2


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_results_come_in_order_under_every_backend_and_leave_filters_alone(backend):
    before = list(warnings.filters)
    with joblib.parallel_config(backend):
        assert list(as_they_come((joblib.delayed(abs)(-i) for i in range(5)), n_jobs=2)) == [0, 1, 2, 3, 4]
    assert warnings.filters == before
