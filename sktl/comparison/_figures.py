"""The figures of a comparison for programs: unrounded, one record per method."""

import numpy as np

from sktl.comparison._compare import gains_over_baseline, ranks_of
from sktl.comparison._metrics import others_of


def figures(choice):
    """One dict per method that was tried, a constant's the last; NaN where nothing judged.

    "method", "model", the scores by the names of their metrics, "gain" over the baseline with its "standard_error",
    "expected", "low" and "high" (what a score is expected to be) and "rank" where no target label is known, "seconds",
    "failed".
    """
    gains = gains_over_baseline([*choice.outcomes, choice.floor])
    tried = [*(outcome for outcome in choice.outcomes if not outcome.skipped), choice.floor]
    ranks = {} if choice.verdict.unknown or _judged(choice) else ranks_of(choice.outcomes)
    return [_record(outcome, gains.get(outcome.name), choice, ranks) for outcome in tried]


def _judged(choice):
    """Whether scores are scores on the target: learning back from predictions only ranks."""
    return choice.protocol.evidence == "target labels"


def _record(outcome, gain, choice, ranks):
    """One method's figures."""
    metric, judged = choice.protocol.setting.metric, outcome.scored and _judged(choice)
    scores = {metric.name: metric.sign * outcome.score} | outcome.also
    names = [metric.name, *(other.name for other in others_of(metric))]
    expected = choice.expectations.get(outcome.name)
    return {
        "method": outcome.name,
        "model": outcome.model,
        **{name: float(scores[name]) if judged else np.nan for name in names},
        "gain": np.nan if gain is None or not judged else float(gain.estimate),
        "standard_error": np.nan if gain is None or not judged else float(gain.standard_error),
        "expected": np.nan if expected is None else expected.value,
        "low": np.nan if expected is None else expected.low,
        "high": np.nan if expected is None else expected.high,
        "rank": ranks.get(outcome.name, np.nan),
        "seconds": float(outcome.seconds),
        "failed": outcome.failed or "",
    }
