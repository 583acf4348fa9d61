"""Each kind of step against the same done by hand."""

from copy import deepcopy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl.parameter import FineTunedClassifier
from sktl.parameter._steps import (
    BayesSteps,
    BoostingSteps,
    LinearSteps,
    LineSteps,
    NetworkSteps,
    model_outputs,
    stepper_for,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # small networks, short fits


def begun(kind, model, X, y, classes=None, rate=0.1, watched=None, weights=None):
    """A stepper at a fitted model."""
    weights = np.ones(len(y)) if weights is None else weights
    return kind(model, X, y, weights, classes, rate, 0, X if watched is None else watched)


def test_naive_bayes_adds_counts(rows):
    """An epoch of rate 1: the target weighs as much as the source, as in one fit on both."""
    X, y, X_target, y_target, X_new = rows
    both, labels, weights = np.vstack([X, X_target]), np.r_[y, y_target], np.r_[np.ones(151), np.full(41, 151 / 41)]
    for model in (MultinomialNB(), BernoulliNB(), ComplementNB()):
        source = model.fit(np.abs(X), y)
        stepper = begun(BayesSteps, source, np.abs(X_target), y_target, np.array([0, 1]), rate=1.0)
        stepper.step()
        pooled = type(model)().fit(np.abs(both), labels, sample_weight=weights)
        assert_allclose(stepper.outputs(np.abs(X_new)), pooled.predict_proba(np.abs(X_new)))
    source = GaussianNB(var_smoothing=0).fit(X, y)
    stepper = begun(BayesSteps, source, X_target, y_target, np.array([0, 1]), rate=1.0)
    stepper.step()
    pooled = GaussianNB(var_smoothing=0).fit(both, labels, sample_weight=weights)
    assert_allclose(stepper.outputs(X_new), pooled.predict_proba(X_new))


def test_naive_bayes_takes_new_classes(rows):
    X, y, X_target, y_target, X_new = rows
    for model in (GaussianNB(), MultinomialNB(), ComplementNB()):
        source, classes = model.fit(np.abs(X), y), np.array([0, 1, 5])
        codes = np.where(X_target[:, 1] > 1, 2, y_target)
        stepper = begun(BayesSteps, source, np.abs(X_target), codes, classes)
        kept = stepper.model.class_count_[:2]
        assert_allclose(kept, source.class_count_)
        stepper.step()
        assert np.isfinite(stepper.outputs(np.abs(X_new))).all()


@pytest.mark.parametrize("labels", [2, 3])
def test_gradient_steps_are_partial_fits(labels, rows):
    X, y, X_target, y_target, X_new = rows
    source = SGDClassifier(loss="log_loss", random_state=0).fit(X, np.digitize(X[:, 0], [-0.5, 0.5][: labels - 1]))
    stepper = begun(LinearSteps, source, X_target, y_target, np.arange(labels), rate=0.5)
    by_hand = deepcopy(source)
    step = 0.5 / (1 + np.square(X_target).sum(axis=1).max())
    by_hand.set_params(learning_rate="constant", eta0=step, random_state=0)
    for _ in range(3):
        stepper.step()
        by_hand.partial_fit(X_target, y_target)
    assert_allclose(stepper.outputs(X_new), by_hand.predict_proba(X_new))


def test_a_linear_model_keeps_its_log_odds_beside_new_classes(rows):
    X, y, X_target, y_target, X_new = rows
    source = SGDClassifier(loss="log_loss", random_state=0).fit(X, y)
    stepper = begun(LinearSteps, source, X_target, np.where(X_target[:, 1] > 1, 2, y_target), np.array([0, 1, 7]))
    scores = stepper.model.decision_function(X_new)
    assert_allclose(scores[:, 1], source.decision_function(X_new))
    assert_allclose(scores[:, 0], -source.decision_function(X_new))
    share = np.mean(X_target[:, 1] > 1)
    assert_allclose(scores[:, 2], np.log(share / (1 - share)))


def test_a_network_starts_at_the_source_s_weights(rows):
    X, y, X_target, y_target, X_new = rows
    for labels, classes in ((y, [0, 1]), (np.digitize(X[:, 0], [-0.5, 0.5]), [0, 1, 2])):
        source = MLPClassifier((5, 4), max_iter=50, random_state=0).fit(X, labels)
        stepper = begun(NetworkSteps, source, X_target, y_target, np.array(classes), rate=1e-3)
        assert_allclose(stepper.outputs(X_new), source.predict_proba(X_new))
    source = MLPRegressor(hidden_layer_sizes=(5,), max_iter=50, random_state=0, solver="lbfgs").fit(X, y)
    stepper = begun(NetworkSteps, source, X_target, y_target.astype(float), rate=1e-3)
    assert_allclose(stepper.outputs(X_new)[:, 0], source.predict(X_new))


def test_a_network_s_renewed_outputs_keep_the_odds_of_old_classes(rows):
    X, y, X_target, y_target, X_new = rows
    source = MLPClassifier((5,), max_iter=50, random_state=0).fit(X, y)
    codes = np.where(X_target[:, 1] > 1, 2, y_target)
    proba = begun(NetworkSteps, source, X_target, codes, np.array([0, 1, 9]), rate=1e-3).outputs(X_new)
    old = source.predict_proba(X_new)
    assert_allclose(np.log(proba[:, 1] / proba[:, 0]), np.log(old[:, 1] / old[:, 0]), rtol=1e-6)
    assert (proba[:, 2] > 0).all()


def test_boosting_s_steps_are_its_warm_start(rows):
    X, y, X_target, y_target, X_new = rows
    source = GradientBoostingClassifier(n_estimators=10, random_state=0).fit(X, y)
    stepper = begun(BoostingSteps, source, X_target, y_target, np.array([0, 1]))
    for _ in range(4):
        stepper.step()
    by_hand = deepcopy(source).set_params(warm_start=True, random_state=0, n_estimators=14).fit(X_target, y_target)
    assert_allclose(stepper.outputs(X_new), by_hand.predict_proba(X_new))


def features(X, scores):
    """A one, the source's scores and the columns, as a line sees them: standardised, and divided by sqrt(d)."""
    return np.column_stack([np.ones(len(X)), scores, (X - X.mean(axis=0)) / X.std(axis=0) / np.sqrt(X.shape[1])])


def test_a_line_s_first_step_is_down_the_gradient(rows):
    """Of the mean log-loss in (intercept, factor, slopes), by finite differences; its size by the trace."""
    X, y, X_target, y_target, _ = rows
    source = LogisticRegression().fit(X, y)
    weights = np.linspace(0.5, 2, 41)
    stepper = begun(LineSteps, source, X_target, y_target, np.array([0, 1]), rate=0.7, weights=weights)
    stepper.step()
    odds = np.clip(source.decision_function(X_target), -np.log(999), np.log(999))  # probabilities within 1e-3
    columns = features(X_target, odds / 3)

    def loss(coef):
        return np.average(np.logaddexp(0, -(2 * y_target - 1) * (odds + columns @ coef)), weights=weights)

    slopes = [(loss(1e-5 * axis) - loss(-1e-5 * axis)) / 2e-5 for axis in np.eye(5)]
    size = 0.7 / (0.25 * np.average(np.square(columns).sum(axis=1), weights=weights))
    factor, rest = stepper.model.coef
    assert_allclose([rest[0, 0], factor, *rest[1:, 0]], -size * np.array(slopes), rtol=1e-6)
    assert_allclose(stepper.watched(), stepper.outputs(X_target))


def test_a_line_ends_at_least_squares(rows):
    X, y, X_target, _, X_new = rows
    source = HistGradientBoostingRegressor(max_iter=5, random_state=0).fit(X, X[:, 0] ** 2)
    said = source.predict(X_target)
    labels = X_target @ [2.0, 1, 0] + np.sin(X_target[:, 1])
    stepper = begun(LineSteps, source, X_target, labels, rate=1.0)
    for _ in range(1000):
        stepper.step()
    columns = features(X_target, (said - said.mean()) / said.std())
    best = np.linalg.lstsq(columns, labels - said, rcond=None)[0]
    assert_allclose(stepper.watched()[:, 0], said + columns @ best, atol=1e-5)


def test_a_line_does_not_depend_on_units(rows):
    X, y, X_target, y_target, X_new = rows
    units, said = np.array([1e3, 1e-4, 7]), []
    for factor in (1.0, units):
        source = make_pipeline(StandardScaler(), LogisticRegression()).fit(X * factor, y)
        model = FineTunedClassifier(source).fit(X_target * factor, y_target)
        assert model.n_epochs_[0] > 0
        said.append(model.predict_proba(X_new * factor))
    assert_allclose(*said, rtol=1e-6)


def test_a_step_goes_down(rows):
    """The loss of the rows themselves falls with each step of three classes, whatever the weights."""
    X, y, X_target, y_target, _ = rows
    weights = np.linspace(0.5, 2, 41)
    source = RandomForestClassifier(5, random_state=0).fit(X, np.digitize(X[:, 0], [-0.5, 0.5]))
    codes = np.digitize(X_target[:, 1], [-0.5, 0.5])
    stepper = begun(LineSteps, source, X_target, codes, np.arange(3), rate=1.0, weights=weights)
    losses = []
    for _ in range(10):
        losses.append(weights @ -np.log(stepper.watched()[np.arange(41), codes]))
        stepper.step()
    assert (np.diff(losses) < 0).all()


def test_the_kind_of_step():
    y, classes = np.array([0, 1, 1]), np.array([0, 1])
    X = np.array([[0.0], [1], [2]])
    boosted = GradientBoostingClassifier(n_estimators=2).fit(X, y)
    assert stepper_for(boosted, y, classes).__name__ == "BoostingSteps"
    assert stepper_for(boosted, np.array([0, 0]), classes).__name__ == "LineSteps"  # a class is absent
    assert stepper_for(Perceptron().fit(X, y), y, np.arange(3)).__name__ == "LineSteps"


def test_outputs_of_a_model_without_probabilities(rows):
    X, y, *_ = rows
    source = SGDClassifier(random_state=0).fit(X, y)
    proba = model_outputs(source, X, np.array([0, 1, 4]))
    assert_array_equal(proba.argmax(axis=1), source.predict(X))
