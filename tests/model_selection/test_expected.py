"""Expected scores: what the estimator joins, what it says where nothing can be known, and its errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sktl.datasets import make_covariate_shift
from sktl.exceptions import LowEffectiveSampleSizeWarning, SingleDomainWarning
from sktl.instance import DiscriminatorWeighter
from sktl.model_selection import TargetScoreEstimator, expected_score


@pytest.fixture(scope="module")
def shifted():
    return make_covariate_shift(n_source=401, n_target=303, random_state=0)


@pytest.fixture(scope="module")
def fitted(shifted):
    return TargetScoreEstimator(LogisticRegression()).fit(shifted.X, shifted.y)


def test_source_and_importance_are_held_out_scores_with_the_weighter_s_weights(shifted, fitted):
    weights = DiscriminatorWeighter().fit(shifted.X, shifted.y).predict_weights(shifted.X[:401])
    held_out = TargetScoreEstimator(FrozenEstimator(fitted.estimator_)).fit(shifted.X, shifted.y)
    hits = fitted.estimator_.predict(shifted.X[:401]) == shifted.y[:401]
    assert_allclose(held_out.by_method_["source"], hits.mean())
    assert_allclose(held_out.by_method_["importance"], np.average(hits, weights=weights))


def test_the_function_is_the_estimator_of_a_frozen_model(shifted, fitted):
    X, y = shifted.X, shifted.y
    found = expected_score(fitted.estimator_, X[:401], y[:401], X[401:], scoring="roc_auc")
    same = TargetScoreEstimator(FrozenEstimator(fitted.estimator_), scoring="roc_auc").fit(X, y).estimate_
    assert found == same


def test_one_domain_is_judged_by_held_out_rows(shifted):
    X, y = shifted.X[:401], shifted.y[:401]
    with pytest.warns(SingleDomainWarning):
        model = TargetScoreEstimator(LogisticRegression(), method="source").fit(X, y)
    plain = np.mean(cross_val_predict(LogisticRegression(), X, y) == y)
    assert abs(model.estimate_.value - plain) < 0.03
    assert model.estimate_.n_rows == 401


def test_any_function_of_the_confusion_matrix_is_a_score(shifted, fitted):
    def accuracy(confusion):
        return np.trace(confusion) / confusion.sum()

    model = TargetScoreEstimator(LogisticRegression(), scoring=accuracy).fit(shifted.X, shifted.y)
    for name in model.by_method_:
        assert_allclose(model.by_method_[name], fitted.by_method_[name], err_msg=name)


def test_losses_and_their_negatives_agree(shifted):
    one, other = (
        TargetScoreEstimator(LogisticRegression(), scoring=s).fit(shifted.X, shifted.y).estimate_
        for s in ("log_loss", "neg_log_loss")
    )
    assert_allclose([one.value, one.low, one.high], [-other.value, -other.high, -other.low], rtol=1e-6)


def test_segments_of_one_value_are_the_whole_and_others_sum_to_it(shifted, fitted):
    (whole,) = fitted.by_segment(np.zeros(704)).values()
    assert_allclose(whole.value, fitted.estimate_.value)
    model = TargetScoreEstimator(LogisticRegression(), method="cbpe").fit(shifted.X, shifted.y)
    parts = model.by_segment(np.where(shifted.X[:, 0] > 1, "a", "b"))
    mean = sum(part.value * part.n_rows for part in parts.values()) / 303
    assert_allclose(mean, model.estimate_.value)


def test_labels_narrow_the_interval_and_overrule_the_source(shifted):
    y = shifted.y.copy()
    wrong = 401 + np.arange(60)
    model = LogisticRegression().fit(shifted.X[:401], shifted.y[:401])
    y[wrong] = 1 - model.predict(shifted.X[wrong])  # the relation is turned round
    target = np.arange(704) >= 401
    before = expected_score(model, shifted.X[~target], y[~target], shifted.X[target])
    found = TargetScoreEstimator(FrozenEstimator(model)).fit(shifted.X, y, target).estimate_
    assert found.n_labels == 60 and before.n_labels == 0
    assert found.value < 0.1 < before.low
    assert found.high - found.low < before.high - before.low


def test_labels_of_all_target_rows_are_the_score(shifted):
    model = LogisticRegression().fit(shifted.X[:401], shifted.y[:401])
    found = expected_score(model, shifted.X[:401], shifted.y[:401], shifted.X[401:], shifted.y_true[401:])
    truth = model.score(shifted.X[401:], shifted.y_true[401:])
    assert_allclose(found.by_method["labels"], truth)
    assert_allclose(found.value, truth, atol=0.02)
    assert found.n_rows == 303


@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc", "log_loss"])
def test_labels_join_any_score(shifted, scoring):
    y, target = shifted.y.copy(), np.arange(704) >= 401
    y[401:431] = shifted.y_true[401:431]
    model = TargetScoreEstimator(LogisticRegression(), scoring=scoring).fit(shifted.X, y, target)
    ends = sorted(
        [
            model.by_method_["labels"],
            TargetScoreEstimator(LogisticRegression(), scoring=scoring).fit(shifted.X, shifted.y).estimate_.value,
        ]
    )
    assert ends[0] - 0.05 < model.estimate_.value < ends[1] + 0.05
    assert ("ppi" in model.by_method_) == (scoring != "roc_auc")


def test_where_the_source_has_no_rows_nothing_can_be_judged():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(size=(200, 2)), rng.normal(12, 1, size=(150, 2))]
    y = np.r_[(X[:200, 0] > 0).astype(float), np.full(150, np.nan)]
    with pytest.warns(LowEffectiveSampleSizeWarning):
        found = TargetScoreEstimator(LogisticRegression()).fit(X, y).estimate_
    assert found.overlap < 0.05
    assert found.low <= 0.5 <= found.high
    assert str(found).startswith("accuracy cannot be judged: the 200 weighted source rows")


def test_regressions_by_weighted_and_by_modelled_losses():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(size=(600, 1)), rng.normal(1, 0.7, size=(400, 1))]
    y = X[:, 0] + np.exp(0.7 * X[:, 0]) * rng.normal(size=1000)  # more noise where the target lies
    model = TargetScoreEstimator(Ridge(), scoring="mean_absolute_error").fit(
        X, np.where(np.arange(1000) < 600, y, np.nan)
    )
    truth = np.mean(np.abs(model.predict(X[600:]) - y[600:]))
    assert model.by_method_["source"] < 0.75 * truth
    for name in ("importance", "loss_model", "auto"):
        assert_allclose(model.by_method_[name], truth, rtol=0.15)
    assert model.estimate_.low < truth < model.estimate_.high


def test_decision_values_stand_for_probabilities_and_are_calibrated(shifted):
    found = TargetScoreEstimator(LinearSVC()).fit(shifted.X, shifted.y).by_method_
    plain = TargetScoreEstimator(LogisticRegression()).fit(shifted.X, shifted.y).by_method_
    assert_allclose(found["pape"], plain["pape"], atol=0.03)
    assert set(found) == set(plain)


def test_without_weights_no_columns_of_numbers_are_needed(shifted):
    X = shifted.X.copy()
    X[::7, 0] = np.nan
    pipe = make_pipeline(SimpleImputer(), LogisticRegression())
    found = TargetScoreEstimator(pipe, method="cbpe").fit(X, shifted.y)
    assert "pape" not in found.by_method_ and found.weighter_ is None
    assert "pape" in TargetScoreEstimator(pipe).fit(X, shifted.y).by_method_  # weights of what the pipeline imputes
    model = pipe.fit(X[:401], shifted.y[:401])
    assert "pape" in expected_score(model, X[:401], shifted.y[:401], X[401:]).by_method


def test_errors_name_the_way_out(shifted, fitted):
    X, y = shifted.X, shifted.y

    def fit(estimator=None, y=y, domain=None, **settings):
        return TargetScoreEstimator(estimator or LogisticRegression(), **settings).fit(X, y, domain)

    with pytest.raises(ValueError, match="scoring='r2' does not suit a classifier. Choose one of 'accuracy'"):
        fit(scoring="r2")
    with pytest.raises(ValueError, match="RidgeClassifier\\(\\) has no predict_proba. Calibrate it"):
        fit(RidgeClassifier(), scoring="log_loss")
    with pytest.raises(ValueError, match="method='atc' can't estimate 'f1' here: choose among \\['auto', 'source'"):
        fit(scoring="f1", method="atc")
    with pytest.raises(ValueError, match="method='labels' can't estimate 'accuracy' here"):
        fit(method="labels")
    with pytest.raises(ValueError, match="scoring='f1' is for two classes; there are 3"):
        fit(y=np.where(np.isnan(y), y, np.arange(704) % 3), scoring="f1")
    with pytest.raises(ValueError, match="The labels of all 303 source rows are missing"), pytest.warns(UserWarning):
        fit(domain=np.arange(704) < 401)
    with pytest.raises(TypeError, match="scoring must return a number of the confusion matrix"):
        fit(scoring=lambda confusion: confusion)
    with pytest.raises(
        ValueError, match="groups must have one value for each row that fit was given, shape \\(704,\\)"
    ):
        fitted.by_segment([1, 2])
    with pytest.raises(ValueError, match="groups are missing in 3 target rows"):
        fitted.by_segment(np.where(np.arange(704) > 700, np.nan, 1.0))
    with pytest.raises(ValueError, match="method='source' weighs source rows, which belong to no segment"):
        fit(method="source").by_segment(np.zeros(704))
