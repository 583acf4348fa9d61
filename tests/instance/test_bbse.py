import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator

from sktl.instance import BBSE, RLLS


class Table(ClassifierMixin, BaseEstimator):
    """Predicts by looking up the row's cell in a table."""

    classes_ = np.arange(3)

    def __init__(self, proba):
        self.proba = proba

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict_proba(self, X):
        return np.asarray(self.proba)[X[:, 0].astype(int)]

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


#: number of rows of each cell (in rows) and class (in columns): p(cell | class) is the same in both domains
SOURCE = np.array([[60, 10, 5], [15, 60, 5], [10, 10, 40]])
FACTORS = np.array([2, 1, 4])
PROBA = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7]])


def population():
    """The exact finite population: (X, y), the target's counts being FACTORS times the source's."""
    cells, classes = np.divmod(np.repeat(np.arange(9), SOURCE.ravel()), 3)
    target = np.repeat(cells, FACTORS[classes])
    return np.r_[cells, target][:, None].astype(float), np.r_[classes, np.full(len(target), np.nan)]


@pytest.mark.parametrize("confusion", ["soft", "hard"])
def test_an_exact_population_is_recovered(confusion):
    X, y = population()
    fitted = BBSE(FrozenEstimator(Table(PROBA)), confusion=confusion).fit(X, y)
    responses = PROBA if confusion == "soft" else np.eye(3)[PROBA.argmax(axis=1)]
    by_hand = responses.T @ SOURCE / SOURCE.sum()
    assert_allclose(fitted.confusion_matrix_, by_hand)
    mean = responses.T @ (SOURCE * FACTORS).sum(axis=1) / (SOURCE * FACTORS).sum()
    assert_allclose(fitted.class_weights_, np.linalg.solve(by_hand, mean), rtol=1e-9)
    counts = SOURCE.sum(axis=0)
    shares = FACTORS * counts / (FACTORS * counts).sum()
    assert_allclose(fitted.target_prior_, shares, rtol=1e-9)
    assert_allclose(fitted.class_weights_, shares / (counts / counts.sum()), rtol=1e-9)
    wanted = fitted.class_weights_[y[: SOURCE.sum()].astype(int)]
    assert_allclose(fitted.weights_[: SOURCE.sum()], wanted)


def test_negative_weights_become_zero():
    X, y = population()
    rows = np.r_[np.arange(SOURCE.sum()), SOURCE.sum() + np.flatnonzero(X[SOURCE.sum() :, 0] == 0)]
    fitted = BBSE(FrozenEstimator(Table(PROBA))).fit(X[rows], y[rows])  # a target that no mixture of classes gives
    assert fitted.class_weights_.min() == 0
    assert fitted.target_prior_.sum() == pytest.approx(1) and fitted.weights_[: SOURCE.sum()].mean() == pytest.approx(1)


def test_a_singular_confusion_matrix_says_so():
    X, y = population()
    constant = DummyClassifier(strategy="constant", constant=1)
    with pytest.raises(ValueError, match=r"singular \(the classes \[0, 2\] are never predicted\).*confusion='soft'"):
        BBSE(constant, confusion="hard").fit(X, y)
    alike = FrozenEstimator(Table(np.full((3, 3), 1 / 3)))
    with pytest.raises(ValueError, match="singular .some classes are predicted alike.*Choose RLLS or MLLS"):
        BBSE(alike).fit(X, y)


def test_rlls_without_penalty_is_bbse():
    X, y = population()
    bbse = BBSE(FrozenEstimator(Table(PROBA))).fit(X, y)
    rlls = RLLS(FrozenEstimator(Table(PROBA)), reg=0.0).fit(X, y)
    assert_allclose(rlls.class_weights_, bbse.class_weights_, rtol=1e-6)
