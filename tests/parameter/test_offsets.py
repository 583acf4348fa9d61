"""Offsets for regressors that have none: against scikit-learn's ``init``, GLMs by hand, the boosters' own arguments."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import GammaRegressor, LinearRegression, PoissonRegressor, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl.parameter._offsets import fit_regressor_on_offset


class Fixed(BaseEstimator):
    """A source that is a known function of the rows, fitted or not."""

    def fit(self, X, y, sample_weight=None):
        return self

    def predict(self, X):
        return 2 * X[:, 0] + 1


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(97, 4)).astype(np.float32).astype(float)  # trees look at float32
    return X, 2 * X[:, 0] + np.sin(3 * X[:, 1]) + 0.2 * rng.normal(size=97), rng


@pytest.mark.parametrize("loss", ["squared_error", "huber", "absolute_error"])
def test_gradient_boosting_of_a_regression_is_scikit_learns_with_init(table, loss):
    X, y, _ = table
    ours = GradientBoostingRegressor(loss=loss, n_estimators=20, random_state=0)
    model = fit_regressor_on_offset(ours, X, y, Fixed().predict(X))
    theirs = GradientBoostingRegressor(loss=loss, n_estimators=20, random_state=0, init=Fixed()).fit(X, y)
    assert_allclose(model.predict(X, Fixed().predict(X)), theirs.predict(X), atol=1e-6)


@pytest.mark.parametrize("twin, power", [(PoissonRegressor(alpha=0.1), 1), (GammaRegressor(alpha=0.1), 2)])
def test_a_log_link_takes_the_log_of_the_source_as_offset(table, twin, power):
    X, _, rng = table
    offset = np.exp(0.5 * X[:, 0])
    y = offset * np.exp(0.3 * X[:, 1]) * rng.gamma(5, 0.2, 97)
    model = fit_regressor_on_offset(twin, X, y, offset)
    mean = model.predict(X, offset)
    gradient = X.T @ (mean ** (1 - power) * (mean - y)) / 97 + 0.1 * model.model_.coef_
    assert_allclose(gradient, 0, atol=1e-6)
    assert_allclose((mean ** (1 - power) * (mean - y)).sum(), 0, atol=1e-5)


def test_boosted_trees_with_a_log_link_learn_the_ratio(table):
    X, _, rng = table
    offset = np.exp(X[:, 0])
    trees = HistGradientBoostingRegressor(loss="poisson", min_samples_leaf=5)
    y = rng.poisson(offset * (1 + (X[:, 1] > 0)))
    model = fit_regressor_on_offset(trees, X, y, offset)
    ratio = model.predict(X, offset) / offset
    assert abs(ratio[X[:, 1] > 0.3].mean() - 2) < 0.5 and abs(ratio[X[:, 1] < -0.3].mean() - 1) < 0.3
    with pytest.raises(ValueError, match="the source must predict positive numbers; its smallest .* -1"):
        fit_regressor_on_offset(trees, X, y, np.full(97, -1.0))


def test_any_regressor_learns_the_residuals(table):
    X, y, _ = table
    offset = Fixed().predict(X)
    for learner in (Ridge(), KNeighborsRegressor(), LinearRegression()):
        expected = offset + learner.fit(X, y - offset).predict(X)
        assert_allclose(fit_regressor_on_offset(learner, X, y, offset).predict(X, offset), expected)


def test_pipelines_fit_their_last_step_on_the_offset(table):
    X, y, rng = table
    Z, weights = StandardScaler().fit_transform(X), rng.random(97)
    ridge = fit_regressor_on_offset(make_pipeline(StandardScaler(), Ridge()), X, y, X[:, 0], weights)
    assert_allclose(ridge.predict(X, X[:, 0]), X[:, 0] + Ridge().fit(Z, y - X[:, 0], weights).predict(Z))


@pytest.mark.parametrize(
    "package, regressor, name",
    [("lightgbm", "LGBMRegressor", "init_score"), ("xgboost", "XGBRegressor", "base_margin")],
)
def test_boosters_start_from_the_offset(table, package, regressor, name):
    library = pytest.importorskip(package, reason=f"{package} is optional")
    options = {"n_estimators": 5, "n_jobs": 1} | ({"verbose": -1} if package == "lightgbm" else {})
    X, y, _ = table
    offset = Fixed().predict(X)
    model = fit_regressor_on_offset(getattr(library, regressor)(**options), X, y, offset)
    theirs = getattr(library, regressor)(**options).fit(X, y, **{name: offset})
    own = theirs.predict(X) + offset if package == "lightgbm" else theirs.predict(X, base_margin=offset)
    assert_allclose(model.predict(X, offset), own, rtol=1e-6)


@pytest.mark.parametrize(
    "package, regressor, name, objective",
    [
        ("lightgbm", "LGBMRegressor", "init_score", "poisson"),
        ("lightgbm", "LGBMRegressor", "init_score", "tweedie"),
        ("xgboost", "XGBRegressor", "base_margin", "count:poisson"),
        ("xgboost", "XGBRegressor", "base_margin", "reg:gamma"),
    ],
)
def test_boosters_with_a_log_link_start_from_the_logarithm(table, package, regressor, name, objective):
    library = pytest.importorskip(package, reason=f"{package} is optional")
    options = {"n_estimators": 5, "n_jobs": 1} | ({"verbose": -1} if package == "lightgbm" else {})
    booster = getattr(library, regressor)(objective=objective, **options)
    X, _, rng = table
    offset = 5 * np.exp(0.5 * X[:, 0])
    y = rng.poisson(offset * np.exp(0.3 * X[:, 1])) + 1.0
    model = fit_regressor_on_offset(booster, X, y, offset)
    theirs = booster.fit(X, y, **{name: np.log(offset)})
    own = offset * theirs.predict(X) if package == "lightgbm" else theirs.predict(X, base_margin=np.log(offset))
    assert_allclose(model.predict(X, offset), own, rtol=1e-5)  # XGBoost's scores are float32
    with pytest.raises(ValueError, match="the source must predict positive numbers; its smallest .* -1"):
        fit_regressor_on_offset(booster, X, y, np.full(97, -1.0))


def test_missing_values_get_the_error_of_the_learner_itself(table):
    X, y, _ = table
    X = np.where(np.arange(97)[:, None] == 3, np.nan, X)
    with pytest.raises(ValueError, match=r"X contains NaN.\nPoissonRegressor does not accept missing values"):
        fit_regressor_on_offset(PoissonRegressor(), X, np.abs(y), np.ones(97))
