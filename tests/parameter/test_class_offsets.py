"""Offsets for classifiers that have none: against scikit-learn's ``init``, GLMs and Newton steps by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sktl.parameter._class_offsets import NewtonFits, fit_classifier_on_offset, regressor_of


class Fixed(ClassifierMixin, BaseEstimator):
    """A source that is a known function of the rows, fitted or not."""

    def __init__(self, coef=None):
        self.coef = coef

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.exp(log_softmax(X[:, : len(self.coef)] @ np.asarray(self.coef), axis=1))


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(97, 4)).astype(np.float32).astype(float)  # trees look at float32
    return X, 2 * X[:, 0] + np.sin(3 * X[:, 1]) + 0.2 * rng.normal(size=97), rng


def codes_of(X, rng, n_classes):
    return (X @ rng.normal(size=(4, n_classes)) + rng.gumbel(size=(len(X), n_classes))).argmax(axis=1)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_gradient_boosting_of_classes_is_scikit_learns_with_init(table, n_classes):
    X, _, rng = table
    codes, source = codes_of(X, rng, n_classes), Fixed(0.7 * rng.normal(size=(4, n_classes)))
    offset = np.log(source.predict_proba(X))
    ours = GradientBoostingClassifier(n_estimators=15, random_state=0)
    model = fit_classifier_on_offset(ours, X, codes, offset)
    theirs = GradientBoostingClassifier(n_estimators=15, random_state=0, init=source).fit(X, codes)
    assert_allclose(np.exp(model.log_proba(X, offset)), theirs.predict_proba(X), atol=1e-6)
    new = X[:5] + 1
    found = model.log_proba(new, np.log(source.predict_proba(new)))
    assert_allclose(np.exp(found), theirs.predict_proba(new), atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_logistic_regression_is_the_penalised_loss_with_an_offset(table, n_classes, weighted):
    X, _, rng = table
    codes, offset = codes_of(X, rng, n_classes), log_softmax(rng.normal(size=(97, n_classes)), axis=1)
    weights = rng.random(97) + 0.5 if weighted else np.ones(97)
    model = fit_classifier_on_offset(LogisticRegression(C=0.6), X, codes, offset, weights if weighted else None)

    def objective(packed):  # scikit-learn's binary form penalises one vector, the multinomial one a vector a class
        W, b = packed[: 4 * n_classes].reshape(n_classes, 4), packed[4 * n_classes :]
        W, b = (np.vstack([0 * W[0], W[1]]), np.array([0, b[1]])) if n_classes == 2 else (W, b)
        eta = offset + X @ W.T + b
        return 0.6 * weights @ (logsumexp(eta, axis=1) - eta[np.arange(97), codes]) + 0.5 * (W**2).sum()

    found = minimize(objective, np.zeros(5 * n_classes), method="BFGS", options={"gtol": 1e-8})
    W, b = found.x[: 4 * n_classes].reshape(n_classes, 4), found.x[4 * n_classes :]
    W, b = (np.vstack([0 * W[0], W[1]]), np.array([0, b[1]])) if n_classes == 2 else (W, b)
    assert_allclose(model.log_proba(X, offset), log_softmax(offset + X @ W.T + b, axis=1), atol=1e-5)


def test_without_offset_logistic_regression_is_scikit_learns(table):
    X, _, rng = table
    codes = codes_of(X, rng, 3)
    for penalised in (LogisticRegression(C=0.3, tol=1e-9), LogisticRegression(class_weight="balanced", tol=1e-9)):
        flat = np.full((97, 3), -np.log(3))
        model = fit_classifier_on_offset(penalised, X, codes, flat)
        expected = penalised.fit(X, codes).predict_proba(X)
        assert_allclose(np.exp(model.log_proba(X, flat)), expected, atol=1e-5)


def test_newton_fits_of_a_linear_regressor_are_newton_steps(table):
    """Two steps of iteratively re-weighted least squares from the offset, whose responses are within the bound."""
    X, _, rng = table
    codes = codes_of(X, rng, 2)
    offset = log_softmax(np.column_stack([np.zeros(97), 0.3 * X[:, 2]]), axis=1)
    eta, design = 0.3 * X[:, 2], np.hstack([np.ones((97, 1)), X])
    for _ in range(2):
        p = expit(eta)
        w = p * (1 - p)
        response = np.clip((codes - p) / w, -4, 4)
        eta = eta + design @ np.linalg.solve(design.T @ (w[:, None] * design), design.T @ (w * response))
    found = NewtonFits().fit(LinearRegression(), X, codes, offset).log_proba(X, offset)
    assert_allclose(found[:, 1] - found[:, 0], eta, rtol=1e-7)


@pytest.mark.parametrize("learner", [HistGradientBoostingClassifier(max_iter=10), RandomForestClassifier(20), SVC()])
def test_other_classifiers_learn_by_their_regressor_twin(table, learner):
    X, _, rng = table
    codes = codes_of(X, rng, 3)
    offset = np.full((97, 3), -np.log(3))
    model = fit_classifier_on_offset(learner, X, codes, offset)
    log_proba = model.log_proba(X, offset)
    assert_allclose(np.exp(log_proba).sum(axis=1), 1)
    assert log_proba[np.arange(97), codes].mean() > -np.log(3) + 0.2


def test_a_classifier_without_a_twin_is_an_error():
    with pytest.raises(TypeError, match="takes no offset, and there is no regressor of the same kind"):
        regressor_of(GaussianNB())


def test_classes_without_labels_keep_the_source_s_log_odds(table):
    X, _, rng = table
    offset = log_softmax(rng.normal(size=(97, 4)), axis=1)
    codes = np.where(X[:, 0] > 0, 3, 1)
    found = fit_classifier_on_offset(LogisticRegression(), X, codes, offset).log_proba(X, offset)
    assert_allclose(found[:, 0] - found[:, 2], offset[:, 0] - offset[:, 2])
    alone = fit_classifier_on_offset(LogisticRegression(), X, np.full(97, 2), offset).log_proba(X, offset)
    assert_allclose(alone, offset)


def test_pipelines_fit_their_last_step_on_the_offset(table):
    X, _, rng = table
    codes, offset = codes_of(X, rng, 3), log_softmax(rng.normal(size=(97, 3)), axis=1)
    pipe = make_pipeline(StandardScaler(), LogisticRegression())
    Z = StandardScaler().fit_transform(X)
    found = fit_classifier_on_offset(pipe, X, codes, offset).log_proba(X, offset)
    expected = fit_classifier_on_offset(LogisticRegression(), Z, codes, offset).log_proba(Z, offset)
    assert_allclose(found, expected)


@pytest.mark.parametrize("package, classifier", [("lightgbm", "LGBMClassifier"), ("xgboost", "XGBClassifier")])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_boosters_start_from_the_offset(table, package, classifier, n_classes):
    library = pytest.importorskip(package, reason=f"{package} is optional")
    options = {"n_estimators": 5, "n_jobs": 1} | ({"verbose": -1} if package == "lightgbm" else {})
    X, _, rng = table
    codes = codes_of(X, rng, n_classes)
    start = log_softmax(rng.normal(size=(97, n_classes)), axis=1)
    found = fit_classifier_on_offset(getattr(library, classifier)(**options), X, codes, start)
    proba = np.exp(found.log_proba(X, start))
    assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    assert -np.log(proba[np.arange(97), codes]).mean() < -start[np.arange(97), codes].mean() - 0.1


def test_missing_values_get_the_error_of_the_learner_itself(table):
    X, _, rng = table
    codes = codes_of(X, rng, 2)
    X = np.where(np.arange(97)[:, None] == 3, np.nan, X)
    with pytest.raises(ValueError, match=r"X contains NaN.\nLogisticRegression does not accept missing values"):
        fit_classifier_on_offset(LogisticRegression(), X, codes, np.log(np.full((97, 2), 0.5)))
