"""The score of a regressor on rows without labels: weighted losses of the source's rows, and a model of the losses."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sktl._core.expected import LEAST_RATIO

PAIRS = 200  # quantiles of either side that the mean distance of unrelated numbers is made of: right to two hundredths


@dataclass(frozen=True)
class Moments:
    """What the scores of numbers are made of: mean squared and absolute error, and the variance of the labels."""

    squared: float
    absolute: float
    variance: float


@dataclass(frozen=True)
class NumberScore:
    """A score as a function of :class:`Moments`; its best value and the bound on the other side."""

    function: Callable
    best: float = 0.0
    worst: float = -np.inf

    def __call__(self, moments: Moments) -> float:
        """The score."""
        return float(self.function(moments))


def determination(moments):
    """R2; NaN where the labels do not vary."""
    return 1 - moments.squared / moments.variance if moments.variance > 0 else np.nan


#: Scores by name: scikit-learn's names of scorers, and the plain losses.
NUMBER_SCORES = {
    "r2": NumberScore(determination, best=1.0),
    "neg_mean_squared_error": NumberScore(lambda moments: -moments.squared),
    "neg_root_mean_squared_error": NumberScore(lambda moments: -np.sqrt(max(moments.squared, 0))),
    "neg_mean_absolute_error": NumberScore(lambda moments: -moments.absolute),
    "mean_squared_error": NumberScore(lambda moments: moments.squared, worst=np.inf),
    "root_mean_squared_error": NumberScore(lambda moments: np.sqrt(max(moments.squared, 0)), worst=np.inf),
    "mean_absolute_error": NumberScore(lambda moments: moments.absolute, worst=np.inf),
}


def weighted_moments(y, predicted, weights) -> Moments:
    """The moments of weighted rows with labels."""
    share = weights / weights.sum()
    errors = y - predicted
    return Moments(share @ errors**2, share @ np.abs(errors), share @ (y - share @ y) ** 2)


@dataclass(frozen=True)
class NumberEvidence:
    """What is known of a regressor without target labels.

    Attributes
    ----------
    predicted, y, ratio : ndarray of shape (n_source,)
        Of held-out source rows: predictions, labels, and density of the target over that of the source.
    new : ndarray of shape (n_target,)
        Predictions of rows of the target.
    losses : ndarray of shape (n_source, 2)
        Squared and absolute errors at the source rows, by a model of them.
    new_losses : ndarray of shape (n_target, 2)
        The same at the target's.
    """

    predicted: np.ndarray
    y: np.ndarray
    ratio: np.ndarray
    new: np.ndarray
    losses: np.ndarray
    new_losses: np.ndarray

    def at(self, source, target):
        """The evidence of some source rows and some target rows; the model of the losses stays."""
        of_source = (column[source] for column in (self.predicted, self.y, self.ratio))
        return NumberEvidence(*of_source, self.new[target], self.losses[source], self.new_losses[target])

    @property
    def sizes(self):
        """Numbers of source rows and of target rows."""
        return len(self.y), len(self.new)

    def columns(self):
        """Numbers of each source row and of each target row that decide what they say, for an order of the rows."""
        source = np.column_stack([self.predicted, self.y, self.ratio, self.losses])
        return source, np.column_stack([self.new, self.new_losses])

    def sureness(self):
        """What is compared between the domains in place of a classifier's sureness: the predictions."""
        return self.predicted, self.new

    def chance(self, score: NumberScore) -> float:
        """The score where the labels are the source's, and have nothing to do with the predictions."""
        levels = (np.arange(PAIRS) + 0.5) / PAIRS
        y, new = np.quantile(self.y, levels), np.quantile(self.new, levels)
        squared = self.y.var() + self.new.var() + (self.y.mean() - self.new.mean()) ** 2
        return score(Moments(squared, np.abs(y[:, None] - new).mean(), self.y.var()))


def numbers_by_source(evidence, score):
    """The source's score."""
    return score(weighted_moments(evidence.y, evidence.predicted, np.ones(len(evidence.y))))


def numbers_by_importance(evidence, score):
    """The score of source rows weighted by p_t(x) / p_s(x)."""
    return score(weighted_moments(evidence.y, evidence.predicted, evidence.ratio + LEAST_RATIO))


def variance_of_labels(evidence, squared) -> float:
    """Variance of the target's labels, of which its predictions and its mean squared error are known.

    For y = p + e it is var(p) + 2 cov(p, e) + var(e). The source's slope b of y on p gives cov(p, e) = (b - 1) var(p),
    and its mean error the square that var(e) is smaller than the mean squared error by.
    """
    errors, spread = evidence.y - evidence.predicted, evidence.predicted.var()
    slope = 1.0
    if spread > 0:
        slope += np.mean(errors * (evidence.predicted - evidence.predicted.mean())) / spread
    return (2 * slope - 1) * evidence.new.var() + max(squared - errors.mean() ** 2, 0.0)


def numbers_by_loss_model(evidence, score):
    """The mean of modelled losses over the target's rows, and of what the model misses over the source's."""
    errors = evidence.y - evidence.predicted
    missed = np.column_stack([errors**2, np.abs(errors)]) - evidence.losses
    squared, absolute = np.maximum(evidence.new_losses.mean(axis=0) + missed.mean(axis=0), 0)
    return score(Moments(squared, absolute, variance_of_labels(evidence, squared)))


NUMBER_METHODS = {
    "source": numbers_by_source,
    "importance": numbers_by_importance,
    "loss_model": numbers_by_loss_model,
}
