"""The top of a comparison's page: what to use, what it scores, and why."""

from sktl.inspection.report import Lead


def lead(choice):
    """What stands on top of the page: the choice, what it scores, and why."""
    chosen, usual = choice.chosen, choice.outcomes[0]
    title = f"use {chosen.name} ({chosen.model})" if choice.usable else "no usable model"
    label = choice.protocol.problem.labels.name
    tiles = [
        ("choice", chosen.name, chosen.model),
        _score_tile(choice),
        ("baseline", usual.name, _why_baseline(choice)),
    ]
    first, *points = choice.words()
    points = [f"{point[0].upper()}{point[1:]}" for point in (points if choice.usable else [first, *points])]
    return Lead(f"{label}: {title}", tiles, points)


def _why_baseline(choice):
    """Why it is the baseline."""
    if choice.protocol.setting.given is not None:
        return "the model that was given"
    return f"the better model of the source, by {choice.protocol.setting.metric.words} there"


def _score_tile(choice):
    """The chosen method's score, where one judged it on the target; and a constant's beside it."""
    metric, chosen, protocol = choice.protocol.setting.metric, choice.chosen, choice.protocol
    if choice.expected is not None:
        expected = choice.expected
        if expected.reason:
            return f"expected {metric.words} on the target", "cannot be judged", expected.reason
        return f"expected {metric.words} on the target", f"{expected.value:.3f}", f"{expected.interval}, by 90 %"
    floor = metric.sign * choice.floor.score
    return f"{metric.words} {protocol.where}", f"{metric.sign * chosen.score:.3f}", f"a constant's is {floor:.3f}"
