"""What says where a number lies and how far off that may be: a prediction, one with a spread, or two quantiles."""

from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl._core.conformal import Band
from sktl.calibration._held_out import ask_at, deal_out, fit_values, fit_without, is_frozen

# Least spread of a row, as a share of the mean one: a model of spreads that predicts none, or less than none, would
# make any residual beside it infinitely unusual.
LEAST_SPREAD = 0.1
OUTER_QUANTILES = (0.05, 0.95)


@dataclass(frozen=True)
class Bands:
    """How the models of a band are fitted, and what they say together.

    Attributes
    ----------
    estimator : regressor object
        Predicts the number.
    conformity : {"absolute", "normalized", "quantile"}
        Score of a row.
    residual_estimator : regressor object or None
        Predicts the residuals' sizes for "normalized".
    quantile_estimators : pair of regressors or None
        Predict the ends for "quantile".
    cv : int
        Folds of the residuals that the spread is learned from.
    random_state : int
        Draws them.
    """

    estimator: object
    conformity: str
    residual_estimator: object
    quantile_estimators: object
    cv: int
    random_state: int

    @classmethod
    def of(cls, conformal):
        """By the parameters of a conformal regressor."""
        return cls(**{name: getattr(conformal, name) for name in cls.__dataclass_fields__})

    def learners(self):
        """All models that learn from the rows that do not calibrate."""
        if self.conformity == "quantile":
            return [self.estimator, *self._quantiles()]
        return [self.estimator] if self.conformity == "absolute" else [self.estimator, self._residual()]

    def fit(self, table, held):
        """Models fitted without the rows held out, and the least spread that they may predict."""
        if self.conformity == "quantile":
            return tuple(fit_without(model, table, held) for model in self._quantiles()), 1.0
        point = fit_without(self.estimator, table, held)
        if self.conformity == "absolute":
            return (point,), 1.0
        spread, least = self._fit_spread(point, table, held)
        return (point, spread), least

    def read(self, models, least, ask_one):
        """The band of the rows that each model is asked about."""
        said = [np.asarray(ask_one(model), dtype=np.float64).ravel() for model in models]
        unit = np.ones(len(said[0]))
        if self.conformity == "quantile":
            return Band(np.minimum(*said), np.maximum(*said), unit)
        return Band(said[0], said[0], unit if len(said) == 1 else np.maximum(said[1], least))

    def _quantiles(self):
        if self.quantile_estimators is not None:
            return list(self.quantile_estimators)
        from sklearn.ensemble import HistGradientBoostingRegressor  # slow to import, and not needed otherwise

        return [
            HistGradientBoostingRegressor(loss="quantile", quantile=q, random_state=self.random_state)
            for q in OUTER_QUANTILES
        ]

    def _residual(self):
        if self.residual_estimator is not None:
            return self.residual_estimator
        if not is_frozen(self.estimator):
            return self.estimator
        from sklearn.linear_model import Ridge  # here, to keep `import sktl` quick

        return make_pipeline(StandardScaler(), Ridge())

    def _fit_spread(self, point, table, held):
        """Model of the residuals' sizes, from rows kept from fit and calibration in turn, and its least value."""
        model, rows = self._residual(), np.setdiff1d(table.rows, held)
        if is_frozen(model):
            return fit_without(model, table, held), np.finfo(float).tiny
        outs = [rows]
        if not is_frozen(self.estimator):
            codes = np.zeros(len(table.rows), dtype=int)
            outs = [np.intersect1d(rows, out) for out in deal_out(table, codes, self.cv, self.random_state)]
            if max(map(len, outs)) == len(rows):  # so few that a fold would leave none to learn from: one spread
                return fit_values(model, table, np.ones(len(rows)), rows), 1.0
        sizes = np.empty(len(rows))
        for out in filter(len, outs):
            fitted = point if len(outs) == 1 else fit_without(self.estimator, table, np.union1d(held, out))
            sizes[np.searchsorted(rows, out)] = np.abs(ask_at(fitted, table, out) - table.labels_at(out))
        return fit_values(model, table, sizes, rows), max(LEAST_SPREAD * sizes.mean(), np.finfo(float).tiny)
