"""Calibrated probabilities: against hand-made ones, in the limits, and where nothing can be said."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from sktl._core.calibration import expected_calibration_error, fit_temperature
from sktl._core.label_shift import correct_prior
from sktl.calibration import TransferCalibratedClassifier
from sktl.exceptions import NoOverlapWarning
from sktl.instance import KLIEP, MLLS, DiscriminatorWeighter


def moved(seed=0, n=400, shift=0.8):
    """Rows of N(0, I_2) > N(shift e_1, I_2) with one p(y|x), bent; (X, y shown, y, target)."""
    rng = np.random.default_rng(seed)
    X, target = rng.normal(size=(2 * n, 2)), np.arange(2 * n) >= n
    X[target, 0] += shift
    y = (X[:, 0] ** 2 - 1 + X[:, 1] + 0.5 * rng.normal(size=2 * n) > 0).astype(float)
    return X, np.where(target, np.nan, y), y, target


def frozen(model, seed=1):
    X, _, y, target = moved(seed)
    return FrozenEstimator(model.fit(X[~target], y[~target]))


def prior_and_weights(weights, worth):
    """Weights that count as one row less than they are worth, and thirty rows of the source's own calibration."""
    mixed = (worth - 1) * weights / weights.sum() + 30 / len(weights)
    return mixed * mixed.sum() / (mixed**2).sum()  # as many as the mixture is worth


@pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not appear")  # it needs no weights
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_weighted_curves_are_scikit_learn_s(method):
    X, shown, y, target = moved()
    # its decision values are the log-odds that a sigmoid is fitted to; it takes probabilities where there are no others
    base = frozen(LogisticRegression() if method == "sigmoid" else GaussianNB())
    model = TransferCalibratedClassifier(base, method).fit(X, shown)
    weights = DiscriminatorWeighter().fit(X, shown).predict_weights(X[~target])
    weights = prior_and_weights(weights, model.effective_sample_size_)
    theirs = CalibratedClassifierCV(base, method=method).fit(X[~target], y[~target], sample_weight=weights)
    assert_allclose(model.predict_proba(X), theirs.predict_proba(X), atol=1e-4 if method == "sigmoid" else 1e-9)
    assert np.isnan(model.temperature_) and model.source_share_ < 0.2


def test_weighted_temperature_by_hand():
    X, shown, y, target = moved()
    base = frozen(GaussianNB())
    model = TransferCalibratedClassifier(base).fit(X, shown)
    logs = np.log(base.predict_proba(X))
    weights = DiscriminatorWeighter().fit(X, shown).predict_weights(X[~target])
    weights = prior_and_weights(weights, model.effective_sample_size_)
    scale = fit_temperature(logs[~target], y[~target].astype(int), weights)
    assert_allclose(model.temperature_, 1 / scale, rtol=1e-6)
    powers = np.exp(scale * logs)
    assert_allclose(model.predict_proba(X), powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)
    assert_array_equal(model.predict(X), base.predict(X))


def test_label_shift_is_the_source_s_calibration_times_the_class_weights():
    rng, target = np.random.default_rng(0), np.arange(800) >= 400
    y = (rng.random(800) < np.where(target, 0.15, 0.5)).astype(float)
    X, shown = rng.normal(size=(800, 2)) + 1.5 * y[:, None], np.where(target, np.nan, y)
    base = FrozenEstimator(GaussianNB().fit(X[~target] + 0.1, y[~target]))
    source = TransferCalibratedClassifier(base, "isotonic", shift=None).fit(X, shown).predict_proba(X)
    model = TransferCalibratedClassifier(base, "isotonic", shift="label").fit(X, shown)
    assert_allclose(model.class_weights_, MLLS(base).fit(X, shown).class_weights_)
    assert_allclose(model.predict_proba(X), correct_prior(source, model.class_weights_))
    assert abs(model.predict_proba(X[target])[:, 1].mean() - y[target].mean()) < 0.04


def test_scores_are_cross_fitted():
    X, shown, y, target = moved(n=200, shift=0.0)
    y = np.where(np.random.default_rng(0).random(400) < 0.5, y, 1 - y)  # nothing can be learned

    from sklearn.neighbors import KNeighborsClassifier

    model = TransferCalibratedClassifier(KNeighborsClassifier(1), shift=None).fit(X, np.where(target, np.nan, y))
    assert model.temperature_ > 5  # of rows learned by heart it would be sure


def test_the_target_s_error_falls():
    before, after = [], []
    for seed in range(5):
        X, shown, y, target = moved(seed, n=1000)
        for shift, errors in ((None, before), ("covariate", after)):
            model = TransferCalibratedClassifier(LogisticRegression(), "isotonic", shift=shift).fit(X, shown)
            errors.append(expected_calibration_error(model.predict_proba(X[target]), y[target].astype(int)))
    assert np.mean(after) < 0.7 * np.mean(before)


def test_classes_by_decision_values_and_names():
    X, shown, y, target = moved()
    three = np.where(X[:, 1] > 1, "c", np.where(y == 1, "b", "a")).astype(object)
    three[target] = None
    for method in ("temperature", "sigmoid", "isotonic"):
        model = TransferCalibratedClassifier(LinearSVC(), method).fit(X, three)
        proba = model.predict_proba(X)
        assert proba.shape == (800, 3) and model.classes_.tolist() == ["a", "b", "c"]
        assert_allclose(proba.sum(axis=1), 1)
        assert model.score(X[~target], three[~target]) > 0.6
        assert not hasattr(model, "decision_function")


@pytest.mark.filterwarnings("ignore::sktl.exceptions.LowEffectiveSampleSizeWarning")
def test_no_overlap_is_said():
    X, shown, _, _ = moved(shift=8.0)
    with pytest.warns(NoOverlapWarning, match="source's own calibration, and on the target they cannot be judged"):
        model = TransferCalibratedClassifier(frozen(GaussianNB())).fit(X, shown)
    plain = TransferCalibratedClassifier(frozen(GaussianNB()), shift=None).fit(X, shown)
    assert model.source_share_ > 0.9 and model.overlap_ < 0.1
    assert_allclose(model.predict_proba(X), plain.predict_proba(X), atol=0.02)
    assert (plain.source_share_, plain.effective_sample_size_) == (0, 400)


def test_labelled_target_rows_under_label_shift():
    rng, target = np.random.default_rng(0), np.arange(4000) >= 2000
    y = (rng.random(4000) < np.where(target, 0.1, 0.5)).astype(float)
    X = rng.normal(size=(4000, 2)) + 0.7 * y[:, None]
    base = FrozenEstimator(GaussianNB().fit(X[~target] * 0.5, y[~target]))
    with_labels = TransferCalibratedClassifier(base, "sigmoid", shift="label").fit(X, y, sample_domain=target)
    without = TransferCalibratedClassifier(base, "sigmoid", shift="label").fit(X, np.where(target, np.nan, y))
    # as many rows of each class as if all were the source's: the map of the source, from twice the rows
    assert_allclose(with_labels.predict_proba(X), without.predict_proba(X), atol=0.03)


def test_errors():
    X, shown, y, _ = moved()
    rare = np.where(np.arange(800) == 0, 7, shown)
    with pytest.raises(ValueError, match="The class 7 has 1 labelled row.*FrozenEstimator"):
        TransferCalibratedClassifier(LogisticRegression()).fit(X, rare)
    with pytest.raises(TypeError, match="BBSE"):
        TransferCalibratedClassifier(LogisticRegression(), shift="label", weighter=KLIEP()).fit(X, shown)
