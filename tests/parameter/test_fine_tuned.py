"""Fine-tuning: the search against its own paths, limits."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, Perceptron, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sktl.parameter import FineTunedClassifier, FineTunedRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # small networks, short fits


def test_gradient_steps_do_not_depend_on_units_of_rows_of_one_length():
    """The step is in units of the longest row: a row ten times as long is fitted as far."""
    X, y = np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]]), np.array([1.0, 2, -1, -2])
    said = []
    for unit in (1, 1e4):
        source = SGDRegressor(penalty=None, fit_intercept=False, random_state=0).partial_fit(X * unit, np.zeros(4))
        model = FineTunedRegressor(source, learning_rate=0.5, max_epochs=4, n_folds=2).fit(X * unit, y)
        said.append(model.predict(X * unit))
    assert_allclose(*said, rtol=0.5)


# --- the search ---


def test_history_begins_at_the_source_and_the_best_point_is_taken(rows):
    X, y, X_target, y_target, _ = rows
    source = LogisticRegression().fit(X, y)
    model = FineTunedClassifier(source, n_iter_no_change=4).fit(X_target, y_target)
    history = model.history_
    assert {len(column) for column in history.values()} == {len(history["epoch"])}
    proba = source.predict_proba(X_target)[np.arange(41), y_target]
    first = history["held_out_loss"][history["epoch"] == 0]
    assert_allclose(first, np.mean(-np.log(np.clip(proba, 1e-3, 1))))
    losses, epochs, rates = (history[name] for name in ("held_out_loss", "epoch", "learning_rate"))
    taken = losses[(epochs == model.n_epochs_[0]) & (rates == model.learning_rate_[0])]
    assert losses.min() <= taken[0] < first[0]
    for rate in np.unique(history["learning_rate"]):
        path = history["held_out_loss"][history["learning_rate"] == rate]
        assert len(path) == 51 or len(path) - 1 - np.argmin(path) == 4  # it ran out, or was given up


def test_a_source_that_can_not_be_beaten_stays_as_it_is(rows):
    """Labels drawn from the source's own probabilities; no epochs; one row, which can't be held out."""
    X, y, _, _, X_new = rows
    rng = np.random.default_rng(0)
    X_target = rng.normal(size=(300, 3))
    source = LogisticRegression(C=0.05).fit(X, y)
    labels = (rng.random(300) < source.predict_proba(X_target)[:, 1]).astype(int)
    for options, n in (({}, 300), ({"max_epochs": 0}, 300), ({}, 1)):
        model = FineTunedClassifier(source, **options).fit(X_target[:n], labels[:n])
        assert model.n_epochs_[0] == 0 and len(model.history_["epoch"]) in (0, len(model.history_["source"]))
        assert_array_equal(model.predict_proba(X_new), source.predict_proba(X_new))


def test_a_fitted_model_holds_no_row_of_the_target(rows):
    X, y, X_target, y_target, _ = rows
    for source in (GaussianNB().fit(X, y), LogisticRegression().fit(X, y)):
        model = FineTunedClassifier(source).fit(X_target, y_target)
        assert model.n_epochs_[0] > 0
        assert X_target[:, 0].tobytes() not in pickle.dumps(model) and X_target.tobytes() not in pickle.dumps(model)
        assert model.models_[0].stepper.X is None


CLASSIFIERS = [
    SGDClassifier(random_state=0),
    SGDClassifier(loss="log_loss", random_state=0),
    make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", random_state=0)),
    Perceptron(random_state=0),
    GaussianNB(),
    MLPClassifier((4,), max_iter=100, random_state=0),
    GradientBoostingClassifier(n_estimators=5, random_state=0),
    HistGradientBoostingClassifier(max_iter=5, random_state=0),
    RandomForestClassifier(5, random_state=0),
]


@pytest.mark.parametrize("source", CLASSIFIERS, ids=lambda s: type(s).__name__)
def test_sources_stay_bit_for_bit_and_classes_of_one_side_are_handled(source, rows):
    X, y, X_target, y_target, X_new = rows
    source.fit(X, np.array(["a", "b"])[y])
    before = pickle.dumps(source)
    for labels in (np.array(["a", "b"])[y_target], np.array(["b", "c"])[y_target], np.full(41, "a")):
        model = FineTunedClassifier(source, max_epochs=3).fit(X_target, labels)
        assert model.classes_.tolist() == sorted({"a", "b", *labels})
        assert pickle.dumps(source) == before
        again = pickle.loads(pickle.dumps(model))
        assert_array_equal(again.predict(X_new), model.predict(X_new))
        assert hasattr(model, "predict_proba") == hasattr(source, "predict_proba")
        if hasattr(source, "predict_proba"):
            assert_allclose(model.predict_proba(X_new).sum(axis=1), 1)


REGRESSORS = [
    SGDRegressor(random_state=0),
    MLPRegressor(hidden_layer_sizes=(4,), max_iter=100, random_state=0),
    GradientBoostingRegressor(n_estimators=5, random_state=0),
    HistGradientBoostingRegressor(max_iter=5, random_state=0),
]


@pytest.mark.parametrize("source", REGRESSORS, ids=lambda s: type(s).__name__)
def test_regressors_learn_a_moved_level(source, rows):
    X, y, X_target, _, X_new = rows
    source.fit(X, X[:, 0])
    before = pickle.dumps(source)
    model = FineTunedRegressor(source).fit(X_target, X_target[:, 0] + 1)
    assert pickle.dumps(source) == before
    old, new = source.predict(X_new) - X_new[:, 0] - 1, model.predict(X_new) - X_new[:, 0] - 1
    assert np.sqrt(np.mean(new**2)) < 0.7 * np.sqrt(np.mean(old**2))


def test_sources_that_know_the_names_of_columns(rows):
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    X, y, X_target, y_target, X_new = rows
    frame, target, new = (pandas.DataFrame(table, columns=list("abc")) for table in (X, X_target, X_new))
    for source in (
        SGDClassifier(loss="log_loss", random_state=0),
        GradientBoostingClassifier(n_estimators=5, random_state=0),
        HistGradientBoostingClassifier(max_iter=5, random_state=0),
        make_pipeline(StandardScaler(), GaussianNB()),
    ):
        model = FineTunedClassifier(source.fit(frame, y), max_epochs=3).fit(target, y_target)
        assert len(model.predict(new)) == len(new)
        with pytest.raises(ValueError, match="X lacks"):
            FineTunedClassifier(source).fit(target.rename(columns={"a": "z"}), y_target)


def test_a_pipeline_of_mixed_columns(rows):
    """Last year's whole model: words become columns in its first step, and only its last one goes on."""
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    X, y, X_target, y_target, X_new = rows
    frame, target, new = (
        pandas.DataFrame({"size": table[:, 0], "place": np.where(table[:, 1] > 0, "here", "there")})
        for table in (X, X_target, X_new)
    )
    columns = ColumnTransformer([("words", OneHotEncoder(), ["place"])], remainder=StandardScaler())
    source = make_pipeline(columns, SGDClassifier(loss="log_loss", random_state=0)).fit(frame, y)
    model = FineTunedClassifier(source).fit(target, y_target)
    assert model.n_epochs_[0] > 0
    assert model.score(new, (X_new[:, 0] > 0.6).astype(int)) > source.score(new, (X_new[:, 0] > 0.6).astype(int))


def test_weights_shift_the_answer(rows):
    X, y, X_target, y_target, X_new = rows
    source = GaussianNB().fit(X, y)
    up = FineTunedClassifier(source).fit(X_target, y_target, sample_weight=np.where(y_target == 1, 50.0, 1.0))
    down = FineTunedClassifier(source).fit(X_target, y_target, sample_weight=np.where(y_target == 0, 50.0, 1.0))
    assert up.predict_proba(X_new)[:, 1].mean() > down.predict_proba(X_new)[:, 1].mean()


def test_errors_are_clear(rows):
    X, y, X_target, y_target, _ = rows
    with pytest.raises(ValueError, match="fitted on 3 columns; X has 2"):
        FineTunedClassifier(GaussianNB().fit(X, y)).fit(X_target[:, :2], y_target)
    with pytest.raises(ValueError, match="none in common"):
        FineTunedClassifier(GaussianNB().fit(X, y)).fit(X_target, y_target + 7)
    with pytest.raises(ValueError, match="learning_rate must be"):
        FineTunedClassifier(learning_rate=0).fit(X_target, y_target)


@pytest.mark.parametrize("package, kind", [("lightgbm", "LGBM"), ("xgboost", "XGB")])
def test_boosting_libraries_go_on(package, kind, rows):
    module = pytest.importorskip(package, reason=f"{package} is a peer, not a dependency")
    X, y, X_target, y_target, X_new = rows
    source = getattr(module, f"{kind}Classifier")(
        n_estimators=5, n_jobs=1, **({"verbose": -1} if kind == "LGBM" else {})
    )
    source.fit(X, y)
    model = FineTunedClassifier(source, max_epochs=0).fit(X_target, y_target)
    assert_allclose(model.predict_proba(X_new), source.predict_proba(X_new))
    assert FineTunedClassifier(source).fit(X_target, y_target).n_epochs_[0] > 0
