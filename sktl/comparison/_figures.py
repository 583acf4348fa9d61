"""The figures of a comparison for programs: unrounded, one record per method."""

import numpy as np

from sktl.comparison._compare import gains_over_baseline
from sktl.comparison._metrics import others_of


def figures(choice):
    """One dict per method that was tried, a constant's the last; NaN where nothing judged.

    "method", "model", the scores by the names of their metrics, "gain" over the baseline with its "standard_error",
    "seconds", "failed".
    """
    gains = gains_over_baseline([*choice.outcomes, choice.floor])
    tried = [*(outcome for outcome in choice.outcomes if not outcome.skipped), choice.floor]
    return [_record(outcome, gains.get(outcome.name), choice) for outcome in tried]


def _record(outcome, gain, choice):
    """One method's figures."""
    metric, judged = choice.protocol.setting.metric, outcome.scored and not choice.verdict.unknown
    scores = {metric.name: metric.sign * outcome.score} | outcome.also
    names = [metric.name, *(other.name for other in others_of(metric))]
    return {
        "method": outcome.name,
        "model": outcome.model,
        **{name: float(scores[name]) if judged else np.nan for name in names},
        "gain": np.nan if gain is None or not judged else float(gain.estimate),
        "standard_error": np.nan if gain is None or not judged else float(gain.standard_error),
        "seconds": float(outcome.seconds),
        "failed": outcome.failed or "",
    }
