"""Go on with a fitted model on the target's rows, as far as rows held out say that it pays."""

from dataclasses import dataclass
from functools import partial
from numbers import Integral

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from sktl._checks import FOLDS, RANDOM_STATE, Interval
from sktl.base import BaseTransferClassifier, BaseTransferRegressor
from sktl.domains import draw_rows
from sktl.parameter._continued import (
    ContinuesClassifiers,
    ContinuesRegressors,
    mean_log_loss,
    mean_squared_error,
    spread_folds,
)
from sktl.parameter._steps import model_outputs, stepper_for
from sktl.parameter._tree_sources import mapped, taken_apart

__all__ = ["FineTunedClassifier", "FineTunedRegressor"]


@dataclass
class Continued:
    """The steps in front, the source's last model, and the stepper that went on with it (None: nothing was gained).

    ``paths`` (n_rates, max_epochs + 1) are the losses held out, NaN after an early stop.
    """

    front: object
    model: object
    classes: np.ndarray | None
    rates: tuple = ()
    paths: np.ndarray = None
    stepper: object = None
    rate: float = np.nan
    n_epochs: int = 0

    def outputs(self, X):
        """Outputs for rows, (n_samples, n_outputs)."""
        X = mapped(self.front, X)
        return model_outputs(self.model, X, self.classes) if self.stepper is None else self.stepper.outputs(X)


class _FineTunes:
    """What the two share: the search over rates and epochs, and the fit of the winner."""

    _constraints = {
        "learning_rate": ("auto", Interval(low=0, closed="neither")),
        "max_epochs": (Interval(Integral, 0),),
        "n_iter_no_change": (Interval(Integral, 1),),
        "cv": FOLDS,
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        source=None,
        *,
        learning_rate="auto",
        max_epochs=50,
        n_iter_no_change=5,
        cv=5,
        per_source=False,
        random_state=0,
    ):
        self.source = source
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.n_iter_no_change = n_iter_no_change
        self.cv = cv
        self.per_source = per_source
        self.random_state = random_state

    def _transfer(self, name, model, X, y, weights, rng):
        """Return (the model gone on with, its loss on rows held out)."""
        front, model = taken_apart(model)
        part = Continued(front, model, self.classes_ if is_classifier(self) else None)
        if len(y) < 2 or not self.max_epochs:  # no row can be held out: nothing speaks against the source
            return part, 0.0
        X, seed = mapped(front, X), int(rng.integers(2**31))
        kind = stepper_for(model, y, part.classes)
        part.rates = kind.rates if self.learning_rate == "auto" or np.isnan(kind.rates[0]) else (self.learning_rate,)
        begin = partial(self._begin, kind, model, X, y, weights, part.classes, seed)
        part.paths = np.array([self._path(begin, model, X, y, weights, part.classes, rate) for rate in part.rates])
        # of equal losses the one of fewest epochs: the source itself first
        n_epochs, best = np.unravel_index(np.nanargmin(part.paths.T), part.paths.T.shape)
        if n_epochs:
            part.stepper, part.rate, part.n_epochs = begin(np.arange(len(y)), part.rates[best], X[:1]), part.rates[best], n_epochs
            for _ in range(n_epochs):
                part.stepper.step()
        return part, float(part.paths[best, n_epochs])

    @staticmethod
    def _begin(kind, model, X, y, weights, classes, seed, kept, rate, watched):
        """A stepper at the source's model, for the rows ``kept``."""
        return kind(model, draw_rows(X, kept), y[kept], weights[kept], classes, rate, seed, watched)

    def _path(self, begin, model, X, y, weights, classes, rate):
        """Loss on rows held out after each epoch, (max_epochs + 1,): all folds go in step, NaN once they stop."""
        folds = spread_folds(y, self.cv)
        outs = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
        steppers = [begin(np.flatnonzero(~np.isin(np.arange(len(y)), out)), rate, draw_rows(X, out)) for out in outs]
        losses = np.full(self.max_epochs + 1, np.nan)
        said = model_outputs(model, X, classes)
        losses[0] = self._held_out_loss(said, y, weights)
        for epoch in range(1, self.max_epochs + 1):
            for out, stepper in zip(outs, steppers, strict=True):
                stepper.step()
                said[out] = stepper.watched()
            losses[epoch] = self._held_out_loss(said, y, weights)
            if epoch - np.nanargmin(losses) >= self.n_iter_no_change:
                break
        return losses

    @property
    def history_(self):
        """Loss on rows held out by source, learning rate and epoch: a dict of columns, to plot."""
        columns = {name: [] for name in ("source", "learning_rate", "epoch", "held_out_loss")}
        for (name, _), part in zip(self.sources_, self.models_, strict=True):
            for rate, path in zip(part.rates, part.paths if len(part.rates) else (), strict=True):
                epochs = np.flatnonzero(~np.isnan(path))
                rows = [name] * len(epochs), [rate] * len(epochs), epochs, path[epochs]
                for column, values in zip(columns.values(), rows, strict=True):
                    column.extend(values)
        return {name: np.array(column) for name, column in columns.items()}

    @property
    def n_epochs_(self):
        """Epochs that each source went on for, (n_sources,)."""
        return np.array([part.n_epochs for part in self.models_])

    @property
    def learning_rate_(self):
        """Learning rate of each source's epochs, (n_sources,)."""
        return np.array([part.rate for part in self.models_])


class FineTunedClassifier(_FineTunes, ContinuesClassifiers, BaseTransferClassifier):
    _held_out_loss = staticmethod(mean_log_loss)

    def _default_source(self, X):
        return GradientBoostingClassifier(n_estimators=50, random_state=0)


class FineTunedRegressor(_FineTunes, ContinuesRegressors, BaseTransferRegressor):
    _held_out_loss = staticmethod(mean_squared_error)

    def _default_source(self, X):
        return GradientBoostingRegressor(n_estimators=50, random_state=0)
