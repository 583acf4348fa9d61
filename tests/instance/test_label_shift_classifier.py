import numpy as np
import pandas as pd
import pytest
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from sktl.exceptions import SingleDomainWarning
from sktl.instance import BBSE, KMM, MLLS, RLLS, LabelShiftClassifier

WEIGHTERS = [None, MLLS(), MLLS(calibration="none"), BBSE(), BBSE(confusion="hard"), RLLS()]
weighters = pytest.mark.parametrize("weighter", WEIGHTERS, ids=repr)


@pytest.fixture(scope="module")
def shifted():
    """Three classes, 1201 source rows and 2001 target rows with other shares."""
    rng = np.random.default_rng(0)
    y_true = np.r_[rng.choice(3, 1201, p=[0.5, 0.3, 0.2]), rng.choice(3, 2001, p=[0.1, 0.1, 0.8])]
    X = rng.normal(size=(3202, 2)) + 1.5 * np.array([[0, 0], [1, 0], [0, 1]])[y_true]
    return read_only(X, np.where(np.arange(3202) < 1201, y_true, np.nan), y_true)


@weighters
def test_probabilities_are_the_classifier_s_times_the_weights(weighter, shifted):
    X, y, y_true = shifted
    model = LabelShiftClassifier(LogisticRegression(), weighter, calibrate=False).fit(X, y)
    plain = LogisticRegression().fit(X[:1201], y_true[:1201])
    by_hand = plain.predict_proba(X) * model.class_weights_
    assert_allclose(model.predict_proba(X), by_hand / by_hand.sum(axis=1, keepdims=True), atol=1e-5)
    assert_array_equal(model.predict(X), model.classes_[model.predict_proba(X).argmax(axis=1)])
    assert model.score(X[1201:], y_true[1201:]) == np.mean(model.predict(X[1201:]) == y_true[1201:])
    assert_allclose(model.class_weights_, model.target_prior_ / model.source_prior_)
    assert_allclose(model.class_weights_, model.weighter_.class_weights_)


@weighters
def test_it_is_the_optimal_classifier_of_the_target(weighter, shifted):
    X, y, y_true = shifted
    target = slice(1201, None)
    model = LabelShiftClassifier(GaussianNB(), weighter).fit(X, y)
    source_only = GaussianNB().fit(X[:1201], y_true[:1201])
    densities = np.exp(-0.5 * ((X[:, None] - 1.5 * np.array([[0, 0], [1, 0], [0, 1]])) ** 2).sum(axis=2))
    best = densities * [0.1, 0.1, 0.8]
    best_score = np.mean(best.argmax(axis=1)[target] == y_true[target])
    assert source_only.score(X[target], y_true[target]) < best_score - 0.1
    assert model.score(X[target], y_true[target]) > best_score - 0.02
    if isinstance(model.weighter_, MLLS):  # the others' errors, or a weight of 0, show in the probabilities
        truth = best[target] / best[target].sum(axis=1, keepdims=True)
        assert log_loss(y_true[target], model.predict_proba(X[target])) < log_loss(y_true[target], truth) + 0.02


def test_a_frozen_classifier_is_corrected_and_not_refitted(shifted):
    X, y, y_true = shifted
    fitted = LogisticRegression().fit(X[:600], y_true[:600])
    before = fitted.coef_.copy()
    rows = slice(600, None)
    model = LabelShiftClassifier(FrozenEstimator(fitted), BBSE()).fit(X[rows], y[rows])
    assert_array_equal(fitted.coef_, before)
    assert model.estimator_.estimator is fitted
    by_hand = fitted.predict_proba(X[rows]) * model.class_weights_
    assert_allclose(model.predict_proba(X[rows]), by_hand / by_hand.sum(axis=1, keepdims=True))


@weighters
def test_a_classifier_frozen_on_a_frame(weighter, shifted):
    X, y, y_true = shifted
    frame = pd.DataFrame(X, columns=["a", "b"])
    frozen = FrozenEstimator(LogisticRegression().fit(frame[:600], y_true[:600]))
    model = LabelShiftClassifier(frozen, weighter).fit(frame, y)  # warnings are errors here
    plain = FrozenEstimator(LogisticRegression().fit(X[:600], y_true[:600]))
    expected = LabelShiftClassifier(plain, weighter).fit(X, y)
    assert_allclose(model.predict_proba(frame), expected.predict_proba(X))
    for estimator in (LabelShiftClassifier(frozen, weighter), BBSE(frozen)):
        with pytest.raises(ValueError, match=r"fitted on the columns \['a', 'b'\]; X has \['b', 'a'\]"):
            estimator.fit(frame[["b", "a"]], y)


def test_calibration_comes_first(shifted):
    X, y, _ = shifted
    model = LabelShiftClassifier(GaussianNB()).fit(X, y)
    raw = LabelShiftClassifier(GaussianNB(), calibrate=False).fit(X, y)
    assert_array_equal(model.class_weights_, raw.class_weights_)
    logs = np.log(model.estimator_.predict_proba(X)) / model.weighter_.temperature_ + model.weighter_.bias_
    by_hand = np.exp(logs) * model.class_weights_
    assert_allclose(model.predict_proba(X), by_hand / by_hand.sum(axis=1, keepdims=True))
    assert np.abs(model.predict_proba(X) - raw.predict_proba(X)).max() > 1e-3


def test_calibration_helps_an_overconfident_classifier(shifted):
    X, y, y_true = shifted
    copies = np.tile(X, (1, 4))  # naive Bayes counts each column four times
    target = slice(1201, None)
    models = [LabelShiftClassifier(GaussianNB(), calibrate=c).fit(copies, y) for c in (True, False)]
    losses = [log_loss(y_true[target], model.predict_proba(copies[target])) for model in models]
    assert losses[0] < 0.7 * losses[1]


def test_the_classifier_is_fitted_once_or_the_weighter_has_its_own(shifted):
    X, y, _ = shifted
    shared = LabelShiftClassifier(GaussianNB(), BBSE()).fit(X, y)
    assert shared.estimator_ is shared.weighter_.estimator_
    own = LabelShiftClassifier(GaussianNB(), BBSE(LogisticRegression())).fit(X, y)
    assert isinstance(own.estimator_, GaussianNB) and isinstance(own.weighter_.estimator_, LogisticRegression)
    assert_allclose(own.class_weights_, BBSE(LogisticRegression()).fit(X, y).class_weights_)
    other = LabelShiftClassifier(GaussianNB(), MLLS(LogisticRegression())).fit(X, y)  # whose calibration is not its own
    by_hand = other.estimator_.predict_proba(X) * other.class_weights_
    assert_allclose(other.predict_proba(X), by_hand / by_hand.sum(axis=1, keepdims=True))


def test_no_shift_changes_nothing(shifted):
    X, _, y_true = shifted
    X, y = X[:1201], np.where(np.arange(1201) % 2, y_true[:1201], np.nan)
    model = LabelShiftClassifier(LogisticRegression(), RLLS(reg=10.0)).fit(X, y)
    plain = LogisticRegression().fit(X[1::2], y_true[1:1201:2])
    assert_allclose(model.predict_proba(X), plain.predict_proba(X), atol=1e-5)
    with pytest.warns(SingleDomainWarning):
        single = LabelShiftClassifier(LogisticRegression()).fit(X, y_true[:1201])
    assert_array_equal(single.class_weights_, np.ones(3))
    assert single.weighter_ is None
    expected = LogisticRegression().fit(X, y_true[:1201]).predict_proba(X)
    assert_allclose(single.predict_proba(X), expected)


def test_target_labels_are_not_used_to_fit_and_count_in_score(shifted):
    X, y, y_true = shifted
    model = LabelShiftClassifier().fit(X, y)
    told = LabelShiftClassifier().fit(X, y_true, sample_domain=np.isnan(y))
    assert_array_equal(told.predict_proba(X), model.predict_proba(X))
    assert model.score(X, y) == np.mean(model.predict(X[:1201]) == y_true[:1201])  # rows without a label are left out


def test_grid_search_over_nested_parameters(shifted):
    X, y, _ = shifted
    model = LabelShiftClassifier(LogisticRegression(), MLLS())
    grid = {"estimator__C": [0.1, 1.0], "weighter__calibration": ["bcts", "none"]}
    search = GridSearchCV(model, grid, cv=KFold(3, shuffle=True, random_state=0), error_score="raise").fit(X, y)
    assert np.isfinite(search.best_score_)


@pytest.mark.filterwarnings("ignore::sktl.exceptions.UnlabeledSourceWarning")
def test_errors(shifted):
    X, y, y_true = shifted
    with pytest.raises(TypeError, match="estimator must be None or a classifier.*Ridge"):
        LabelShiftClassifier(Ridge()).fit(X, y)
    with pytest.raises(TypeError, match=r"a weighter by class shares \(BBSE, RLLS, MLLS\); got KMM"):
        LabelShiftClassifier(weighter=KMM()).fit(X, y)
    with pytest.raises(ValueError, match=r"LinearSVC\(\) has no predict_proba. Choose another classifier"):
        LabelShiftClassifier(LinearSVC()).fit(X, y)
    with pytest.raises(ValueError, match="of one class, 1. Add rows of another class"):
        LabelShiftClassifier().fit(X, np.where(np.isnan(y), np.nan, 1))
    with pytest.raises(ValueError, match="needs labelled source rows; the 1201 source rows have no label"):
        LabelShiftClassifier().fit(X, np.where(np.isnan(y), y_true, np.nan), sample_domain=np.isnan(y))
    with pytest.raises(ValueError, match="requires y to be passed"):
        LabelShiftClassifier().fit(X, None)
    with pytest.raises(ValueError, match="calibrate must be one of True, False; got 'yes'"):
        LabelShiftClassifier(calibrate="yes").fit(X, y)
