"""Fit any regressor on top of a fixed offset, what a source predicts, also those that take none.

``fit_regressor_on_offset(estimator, X, y, offset)`` learns g in a predictor offset + g(x): the residuals, or with a log
link the label over the source's prediction; LightGBM and XGBoost start from the offset.
"""

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_array

from sktl._checks import check_squares
from sktl._core.glm import fit_glm
from sktl._core.losses import GAMMA, POISSON, tweedie_loss
from sktl.base import weight_parameter

LOG_LINKS = {"poisson": 1.0, "gamma": 2.0}
#: Objectives of LightGBM and XGBoost whose raw score is the logarithm of the prediction.
LOG_OBJECTIVES = ("poisson", "gamma", "tweedie", "count:poisson", "reg:gamma", "reg:tweedie")


def is_of(estimator, *names):
    """Whether an estimator is of a class of one of the names, without importing what it may come from."""
    return any(kind.__name__ in names for kind in type(estimator).__mro__)


def weights_for(estimator, sample_weight):
    """Arguments of ``fit`` by which weights reach an estimator, or the last step of a pipeline."""
    return {} if sample_weight is None else {weight_parameter(estimator): sample_weight}


def finite_rows(estimator, X):
    """Rows as the linear model would take them, or its own error where they are texts or have missing values."""
    X = check_array(X, accept_sparse="csr", dtype=np.float64, estimator=estimator, input_name="X")
    check_squares(X)
    return X


class PipelineOffset:
    """A pipeline whose last step is fitted on the offset, and the others before it."""

    def __init__(self, fit_last):
        self.fit_last = fit_last

    def fit(self, estimator, X, y, offset, sample_weight=None):
        """Fit the steps in turn."""
        *first, (_, last) = estimator.steps
        self.first_ = clone(type(estimator)(first)) if first else None
        Z = X if self.first_ is None else self.first_.fit_transform(X, y)
        self.last_ = self.fit_last(last, Z, y, offset, sample_weight)
        return self

    def _through(self, X):
        return X if self.first_ is None else self.first_.transform(X)

    def predict(self, X, offset):
        """Predictions of a regression."""
        return self.last_.predict(self._through(X), offset)

    def log_proba(self, X, offset):
        """Log-probabilities of a classification."""
        return self.last_.log_proba(self._through(X), offset)


# --- regression ---


def log_link_power(estimator):
    """The variance's power of a regressor with log link (1 Poisson, 2 Gamma), or None of one without."""
    if is_of(estimator, "PoissonRegressor", "GammaRegressor"):
        return 1.0 if is_of(estimator, "PoissonRegressor") else 2.0
    if is_of(estimator, "TweedieRegressor"):
        link = estimator.link
        logarithmic = link == "log" or (link == "auto" and estimator.power > 0)
        return float(estimator.power) if logarithmic else None
    if is_of(estimator, "HistGradientBoostingRegressor"):
        return LOG_LINKS.get(estimator.loss)
    return None


def check_positive(estimator, offset):
    """Raise where an estimator with a log link is to start from predictions that have no logarithm."""
    if not (offset > 0).all():
        raise ValueError(
            f"{estimator!r} has a log link, so the source must predict positive numbers; its smallest "
            f"prediction is {offset.min():.3g}. Use another estimator or another source."
        )


class Residuals:
    """A regressor of what the source leaves; with a log link, of the label over the source's prediction."""

    def __init__(self, power=None):
        self.power = power

    def fit(self, estimator, X, y, offset, sample_weight=None):
        """Fit to labels y on top of predictions ``offset``."""
        if self.power is None:
            model = clone(estimator)
            if is_of(model, "GradientBoostingRegressor"):
                model.set_params(init="zero")  # its first stage is the offset, and no mean on top of it
            self.model_ = model.fit(X, y - offset, **weights_for(model, sample_weight))
            return self
        check_positive(estimator, offset)
        if is_of(estimator, "PoissonRegressor", "GammaRegressor", "TweedieRegressor"):
            self.model_ = _GLM().fit(estimator, self.power, X, y, np.log(offset), sample_weight)
        else:  # half the deviance at offset * exp(g) is offset^(2 - p) times that of y / offset at exp(g)
            exposure = offset ** (2 - self.power) * (1 if sample_weight is None else sample_weight)
            self.model_ = clone(estimator).fit(X, y / offset, sample_weight=exposure)
        return self

    def predict(self, X, offset):
        """Predictions on top of the source's."""
        found = np.asarray(self.model_.predict(X)).reshape(len(offset))
        return offset + found if self.power is None else offset * found


class _GLM:
    """A generalised linear model with log link and an offset, with the parameters of scikit-learn's."""

    def fit(self, estimator, power, X, y, offset, sample_weight):
        loss = {1.0: POISSON, 2.0: GAMMA}.get(power) or tweedie_loss(power)
        found = fit_glm(
            loss,
            finite_rows(estimator, X),
            y,
            offset=offset,
            sample_weight=sample_weight,
            penalty=estimator.alpha,
            fit_intercept=estimator.fit_intercept,
        )
        self.coef_, self.intercept_ = found.coef, found.intercept
        return self

    def predict(self, X):
        return np.exp(np.asarray(X @ self.coef_) + self.intercept_)


class BoosterOffset:
    """LightGBM's or XGBoost's sklearn wrapper, regressor or classifier, started from raw scores."""

    def fit(self, estimator, X, y, offset, sample_weight=None):
        """Fit on top of raw scores ``offset``, (n,) or (n, K) for the labels' K classes."""
        self.margin_ = not is_of(estimator, "LGBMModel")
        start = {"base_margin" if self.margin_ else "init_score": offset}
        self.model_ = clone(estimator).fit(X, y, **start, **weights_for(estimator, sample_weight))
        return self

    def raw(self, X, offset):
        """Raw scores of rows."""
        if self.margin_:
            return np.asarray(self.model_.predict(X, output_margin=True, base_margin=offset), dtype=float)
        return offset + np.asarray(self.model_.predict(X, raw_score=True), dtype=float)


class BoosterPredictions:
    """LightGBM's or XGBoost's regressor, started from predictions: from their logarithm where its raw score is one."""

    def fit(self, estimator, X, y, offset, sample_weight=None):
        """Fit to labels y on top of predictions ``offset``."""
        self.logarithmic_ = estimator.get_params().get("objective") in LOG_OBJECTIVES
        if self.logarithmic_:
            check_positive(estimator, offset)
        self.booster_ = BoosterOffset().fit(estimator, X, y, self._start(offset), sample_weight)
        return self

    def _start(self, offset):
        return np.log(offset) if self.logarithmic_ else offset

    def predict(self, X, offset):
        """Predictions on top of the source's."""
        raw = self.booster_.raw(X, self._start(offset))
        return np.exp(raw) if self.logarithmic_ else raw


def is_booster(estimator):
    """Whether an estimator is a wrapper of LightGBM or XGBoost, whatever it is called."""
    return is_of(estimator, "LGBMModel", "XGBModel")


def fit_regressor_on_offset(estimator, X, y, offset, sample_weight=None):
    """A model with ``predict(X, offset)``, fitted to y on top of predictions ``offset`` (n,)."""
    if hasattr(estimator, "steps"):
        return PipelineOffset(fit_regressor_on_offset).fit(estimator, X, y, offset, sample_weight)
    if is_booster(estimator):
        return BoosterPredictions().fit(estimator, X, y, offset, sample_weight)
    return Residuals(log_link_power(estimator)).fit(estimator, X, y, offset, sample_weight)
