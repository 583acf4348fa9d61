"""Whether a chosen model is of any use: the floor under every table."""

import numpy as np

from sktl.comparison._metrics import labels_of
from sktl.comparison._words import count

FEW = 100  # target labels with which pooling or recalibrating helped on nearly all of 38 real pairs


def why_useless(choice):
    """Why the chosen model is of no use, as a list of clauses: one class for all rows, or no better than a constant."""
    protocol, chosen = choice.protocol, choice.chosen
    clauses = _one_class(choice)
    if protocol.evidence == "target labels":
        return clauses + _below(chosen, choice.floor, protocol, "a constant on TARGET")
    on_source = choice.source.get(chosen.name, choice.source[choice.outcomes[0].name])
    return clauses + _below(on_source, choice.source["constant"], protocol, "a constant even on SOURCE")


def _one_class(choice):
    """Say that all of TARGET gets one class, where there are several."""
    protocol = choice.protocol
    if protocol.setting.task == "regression":
        return []
    if protocol.evidence == "target labels":
        answers, several = np.unique(labels_of(choice.chosen.answers)), len(np.unique(protocol.truth)) > 1
        answers = protocol.problem.labels.decode(answers)
    else:
        answers, several = np.unique(choice.predict()), True
    return [f"it predicts one class ({str(answers[0])!r}) for all rows"] if len(answers) == 1 and several else []


def _below(outcome, floor, protocol, words):
    """Say that a model scores below a constant, or that its R2 is below 0."""
    metric = protocol.setting.metric
    if outcome.score < floor.score:
        scores = f"{metric.words} {metric.sign * outcome.score:.3f} against {metric.sign * floor.score:.3f}"
        return [f"it is worse than {words} ({scores})"]
    if outcome.also.get("r2", 0.0) < 0:
        return [f"its R2 is {outcome.also['r2']:.3f}: worse than the mean"]
    return []


def what_helps(protocol):
    """Say what would help where no model is of use."""
    known = int((protocol.problem.target & ~np.isnan(protocol.problem.y)).sum())
    label = protocol.problem.labels.name
    columns = f"columns that say more about {label!r}"
    if known < FEW:
        more = f"{count(FEW - known, 'more label')} of TARGET" if known else f"labels of about {FEW} rows of TARGET"
        return f"What would help: {more}, or {columns}."
    if not protocol.uses_labels:
        return f"What would help: learning from the {known} labels of TARGET (--target-labels use), or {columns}."
    return f"What would help: {columns}, or more labels of TARGET than {known}."
