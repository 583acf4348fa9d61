"""What a method of a comparison is expected to score on TARGET where none of its labels says it."""

from dataclasses import dataclass

import numpy as np

from sktl.comparison._candidates import pipeline, trees
from sktl.model_selection import TargetScoreEstimator

SCORINGS = {"f1": "f1_macro", "mae": "mean_absolute_error", "rmse": "root_mean_squared_error"}
MAX_ROWS = 3_000  # of each table: the interval is one of assumptions, not of few rows
FOLDS = 3
OUTSIDE = 0.1  # of the intervals' truths


@dataclass(frozen=True)
class Expected:
    """An expected score; ``str`` shows it as one line.

    Attributes
    ----------
    name : str
        The method.
    words : str
        What the score is called.
    value, low, high : float
        The estimate and its interval of 90 %; NaN where it can't be judged.
    reason : str
        Why it can't be judged; empty where it can.
    """

    name: str
    words: str
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    reason: str = ""

    def __str__(self):
        """Return the estimate in words."""
        if self.reason:
            return f"expected {self.words} of {self.name}: cannot be judged: {self.reason}"
        return f"expected {self.words} of {self.name}: {self.value:.3f} ({self.interval}, by 90 %)"

    @property
    def interval(self):
        """Its ends in words."""
        return f"{self.low:.3f} to {self.high:.3f}"


def no_overlap(share):
    """Say that the tables hardly overlap."""
    return f"the tables hardly overlap (SOURCE covers about {100 * share:.0f} % of TARGET)"


def expect(method, protocol, unknown=""):
    """:class:`Expected` score of a method, which sees no label of the target; ``unknown`` says why none is tried."""
    setting, words = protocol.setting, protocol.setting.metric.words
    if unknown:
        return Expected(method.name, words, reason=unknown)
    rows, problem = _sample(protocol), protocol.problem
    X, target = problem.X.iloc[rows], problem.target[rows]
    y = np.where(target, np.nan, problem.y[rows])
    # density ratios need finite numbers: gaps are filled for trees too
    model = pipeline(setting, trees(setting)) if method.name == "source-trees" else method.build(setting)
    score = TargetScoreEstimator(model, scoring=_scoring(setting), alpha=OUTSIDE, cv=FOLDS, random_state=setting.seed)
    try:
        found = score.fit(X, y, sample_domain=target).estimate_
    except (ValueError, TypeError) as error:  # a class of one row, a model without probabilities
        return Expected(method.name, words, reason=str(error).splitlines()[0])
    if found.reason:
        return Expected(method.name, words, reason=found.reason)
    return Expected(method.name, words, float(found.value), float(found.low), float(found.high))


def _scoring(setting):
    """The metric by its name elsewhere."""
    name = setting.metric.name
    return "roc_auc_ovr" if name == "roc_auc" and setting.n_classes > 2 else SCORINGS.get(name, name)


def _sample(protocol):
    """Rows of both tables, a fixed sample of many."""
    rng, rows = np.random.RandomState(protocol.setting.seed), []
    for part in (~protocol.problem.target, protocol.problem.target):
        found = np.flatnonzero(part)
        rows.append(found if len(found) <= MAX_ROWS else np.sort(rng.choice(found, MAX_ROWS, replace=False)))
    return np.concatenate(rows)
