"""From which probability on a row is of the second class: tuned where the score depends on it."""

from dataclasses import dataclass, replace

import numpy as np

from sktl.comparison._candidates import METHODS
from sktl.comparison._metrics import METRICS
from sktl.comparison._protocols import SourceFolds
from sktl.exceptions import InputError

USUAL = 0.5
TUNED = ("balanced_accuracy", "f1")  # accuracy and its kin are best at one half, ranks and probabilities need no cut
MOST = 99  # cuts that are tried: finer steps are chance's
CERTAIN = 2.0  # standard errors by which a cut must be better than one half: the best of many looks better by chance


@dataclass(frozen=True)
class Threshold:
    """A cut, and what it brings.

    Attributes
    ----------
    value : float
    gain : float
        How much better the score is than at one half, on held-out rows; 0 for one half itself.
    """

    value: float = USUAL
    gain: float = 0.0


def tune_threshold(choice):
    """The cut of the chosen model's probabilities: another than one half only if held-out rows show that it is better.

    These are folds of the target's labels where the method learns from them, of the source's rows else.
    """
    protocol, setting = choice.protocol, choice.protocol.setting
    if setting.n_classes != 2 or setting.metric.name not in TUNED:
        return Threshold()
    protocol = protocol if protocol.uses_labels else SourceFolds(protocol.problem, setting)
    soft = replace(protocol, setting=replace(setting, metric=METRICS["roc_auc"]))  # its answers are probabilities
    try:
        answers, _ = soft.predict(METHODS[choice.chosen.name], 1)
    except InputError:  # the method has none
        return Threshold()
    return best_cut(soft.truth, answers[:, 1], setting.metric)


def best_cut(truth, probabilities, metric):
    """The best of some cuts at quantiles of the probabilities, if it is certainly better than one half."""
    cuts = np.quantile(probabilities, np.linspace(0, 1, MOST + 2)[1:-1])
    rows = [metric.rows(truth, (probabilities > cut).astype(float)) for cut in [USUAL, *cuts]]
    gains = np.array([part - rows[0] for part in rows])
    best = int(gains.mean(axis=1).argmax())
    gain = gains[best].mean()
    if not gain > CERTAIN * gains[best].std() / np.sqrt(len(truth)):
        return Threshold()
    return Threshold(float(cuts[best - 1]), float(gain))


def class_numbers(pipeline, X, threshold):
    """Class numbers of rows: by the model itself, or by a cut of its own."""
    if threshold in (None, USUAL):
        return np.asarray(pipeline.predict(X)).astype(int)
    low, high = np.asarray(pipeline.classes_).astype(int)
    return np.where(pipeline.predict_proba(X)[:, 1] > threshold, high, low)
