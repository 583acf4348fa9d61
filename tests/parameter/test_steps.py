"""Each kind of step against the same done by hand."""

from copy import deepcopy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import Perceptron, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.tree import DecisionTreeRegressor

from sktl.parameter._steps import (
    BayesSteps,
    BoostingSteps,
    LinearSteps,
    NetworkSteps,
    ResidualSteps,
    model_outputs,
    stepper_for,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # small networks, short fits


@pytest.fixture(scope="module")
def rows():
    """Source (151 rows) and target (41 labelled, 60 new rows) whose thresholds differ."""
    rng = np.random.default_rng(3)
    X, X_new = rng.normal(size=(151, 3)), rng.normal(size=(101, 3))
    arrays = X, (X[:, 0] > 0).astype(int), X_new, (X_new[:, 0] > 0.6).astype(int)
    for array in arrays:
        array.setflags(write=False)
    return *arrays[:2], X_new[:41], arrays[3][:41], X_new[41:]


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


def test_a_residual_tree_by_hand(rows):
    X, y, X_target, y_target, X_new = rows
    source = HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(X, y)
    stepper = begun(ResidualSteps, source, X_target, y_target, np.array([0, 1]), rate=0.3, watched=X_new)
    stepper.step()
    p = np.clip(source.predict_proba(X_target)[:, 1], 1e-3, 1 - 1e-3)
    tree = DecisionTreeRegressor(max_depth=2, random_state=0).fit(X_target, y_target - p)
    leaves, step = tree.apply(X_target), {}
    for leaf in np.unique(leaves):
        here = leaves == leaf
        step[leaf] = (y_target - p)[here].sum() / ((p * (1 - p))[here].sum() + 1 / 4)  # the row that stands still
    start = np.clip(source.predict_proba(X_new)[:, 1], 1e-3, 1 - 1e-3)
    scores = np.log(start / (1 - start)) + 0.3 * np.array([step[leaf] for leaf in tree.apply(X_new)])
    assert_allclose(stepper.watched()[:, 1], expit(scores))
    for _ in range(3):
        stepper.step()
    assert_allclose(stepper.watched(), stepper.outputs(X_new))


def test_a_step_goes_down(rows):
    """The loss of the rows themselves falls with each residual tree, whatever their weights."""
    X, y, X_target, y_target, _ = rows
    weights = np.linspace(0.5, 2, 41)
    source = RandomForestClassifier(5, random_state=0).fit(X, np.digitize(X[:, 0], [-0.5, 0.5]))
    codes = np.digitize(X_target[:, 1], [-0.5, 0.5])
    stepper = begun(ResidualSteps, source, X_target, codes, np.arange(3), rate=0.3, weights=weights)
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
    assert stepper_for(boosted, np.array([0, 0]), classes).__name__ == "ResidualSteps"  # a class is absent
    assert stepper_for(Perceptron().fit(X, y), y, np.arange(3)).__name__ == "ResidualSteps"


def test_outputs_of_a_model_without_probabilities(rows):
    X, y, *_ = rows
    source = SGDClassifier(random_state=0).fit(X, y)
    proba = model_outputs(source, X, np.array([0, 1, 4]))
    assert_array_equal(proba.argmax(axis=1), source.predict(X))
