import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.dummy import DummyClassifier

from sktl.exceptions import WeakClassifierWarning
from sktl.instance import BBSE, RLLS


@pytest.fixture(scope="module")
def shifted():
    """Three classes, 301 source rows and 251 target rows with other shares."""
    rng = np.random.default_rng(0)
    y = np.r_[rng.choice(3, 301, p=[0.5, 0.3, 0.2]), rng.choice(3, 251, p=[0.2, 0.2, 0.6])].astype(float)
    X = rng.normal(size=(552, 2)) + 2 * np.array([[0, 0], [1, 0], [0, 1]])[y.astype(int)]
    y[301:] = np.nan
    return X, y


@pytest.mark.parametrize("confusion", ["soft", "hard"])
@pytest.mark.parametrize("reg", ["auto", 0.01, 0.1])
def test_weights_are_cvxpy_s(reg, confusion, shifted):
    X, y = shifted
    fitted = RLLS(reg=reg, confusion=confusion).fit(X, y)
    if reg == "auto":
        assert fitted.reg_ == pytest.approx(0.03 * (2 * np.log(120) / 903 + np.sqrt(2 * np.log(120) / 301)))
    C, rows = fitted.confusion_matrix_, X[301:]
    responses = fitted.estimator_.predict_proba(rows)
    if confusion == "hard":
        responses = np.eye(3)[fitted.estimator_.predict(rows)]
    theta = cp.Variable(3)
    residual = C @ theta - (responses.mean(axis=0) - C.sum(axis=1))
    cp.Problem(cp.Minimize(cp.norm(residual) + fitted.reg_ * cp.norm(theta)), [theta >= -1]).solve(solver=cp.CLARABEL)
    weights = 1 + theta.value
    assert_allclose(fitted.class_weights_, weights / (fitted.source_prior_ @ weights), atol=1e-3)


def test_shrinkage_draws_to_one(shifted):
    X, y = shifted
    whole, half = (RLLS(shrinkage=s).fit(X, y) for s in (0.0, 0.5))
    away = whole.class_weights_ - 1  # on one line, since both are scaled to the same mean
    assert_allclose(half.class_weights_ - 1, away * (half.class_weights_ - 1)[0] / away[0], atol=1e-2)
    assert 0.4 < (half.class_weights_ - 1)[0] / away[0] < 0.6
    assert_allclose(RLLS(shrinkage=1.0).fit(X, y).class_weights_, np.ones(3))


def test_a_large_penalty_means_no_shift(shifted):
    X, y = shifted
    assert_allclose(RLLS(reg=10.0).fit(X, y).class_weights_, np.ones(3))


def test_a_singular_confusion_matrix_is_no_error(shifted):
    X, y = shifted
    with pytest.warns(WeakClassifierWarning):
        fitted = RLLS(DummyClassifier(), confusion="hard").fit(X, y)  # always the most frequent class
    assert_allclose(fitted.class_weights_, np.ones(3))


@pytest.mark.filterwarnings("ignore::sktl.exceptions.WeakClassifierWarning")  # which is the case here
def test_smaller_errors_than_bbse_with_few_rows():
    errors = {BBSE: [], RLLS: []}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = np.r_[np.arange(40) % 4, rng.choice(4, 60, p=[0.4, 0.2, 0.2, 0.2])].astype(float)
        X = rng.normal(size=(100, 2)) + np.array([[0, 0], [1, 0], [0, 1], [1, 1]])[y.astype(int)]
        y[40:] = np.nan
        for kind, found in errors.items():
            weighter = kind(reg=0.1) if kind is RLLS else kind()
            found.append(np.mean((weighter.fit(X, y).class_weights_ - [1.6, 0.8, 0.8, 0.8]) ** 2))
    assert np.mean(errors[RLLS]) < 0.5 * np.mean(errors[BBSE])


@pytest.mark.parametrize(
    "parameter, value, message",
    [
        ("reg", -1.0, "reg must be 'auto' or a number >= 0; got -1.0"),
        ("shrinkage", 1.5, "shrinkage must be a number >= 0 and <= 1; got 1.5"),
        ("confusion", "medium", "confusion must be one of 'soft', 'hard'; got 'medium'"),
    ],
)
def test_errors(parameter, value, message, shifted):
    with pytest.raises(ValueError, match=message):
        RLLS(**{parameter: value}).fit(*shifted)
