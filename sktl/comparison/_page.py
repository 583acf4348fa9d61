"""What a comparison says: the scores as cells, the choice in sentences, and both on the page of a report."""

import numpy as np

from sktl.comparison._advice import proof_words
from sktl.comparison._compare import gains_over_baseline, ranks_of
from sktl.comparison._metrics import others_of
from sktl.comparison._protocols import CircularValidation
from sktl.comparison._usable import what_helps
from sktl.comparison._words import count


def heading(problem):
    """Say what is compared: two lines."""
    n_target, labels = int(problem.target.sum()), problem.labels
    rows = [count(n, "row") for n in (len(problem.y) - n_target, n_target)]
    kind = labels.task if labels.classes is None else f"{labels.task}, {len(labels.classes)} classes"
    shared = count(len(problem.columns.names), "shared column")
    return [f"SOURCE {rows[0]}, TARGET {rows[1]}, {shared}", f"label {labels.name!r}: {kind}"]


def cells(choice):
    """Header and rows: of scores, a constant's the last; where no target label is known of expectations and ranks."""
    if isinstance(choice.protocol, CircularValidation):
        return _rank_cells(choice)
    metric, baseline = choice.protocol.setting.metric, choice.outcomes[0].name
    also = [other.words for other in others_of(metric)]
    header = ["method", "model", f"{metric.words} {choice.protocol.where}", *also]
    header += [f"gain over {baseline}", "std. error", "seconds", ""]
    gains = gains_over_baseline([*choice.outcomes, choice.floor])
    tried = [*(outcome for outcome in choice.outcomes if not outcome.skipped), choice.floor]
    return header, [_row(outcome, gains.get(outcome.name), choice) for outcome in tried]


def _row(outcome, gain, choice):
    """One method's cells."""
    metric = choice.protocol.setting.metric
    if not outcome.scored:
        none = ["-"] * (3 + len(others_of(metric)))
        return [outcome.name, outcome.model, *none, "-", f"failed: {outcome.failed}"]
    gains = ["", ""] if gain is None else [f"{gain.estimate:+.3f}", f"{gain.standard_error:.3f}"]
    scores = [metric.sign * outcome.score, *outcome.also.values()]
    return [outcome.name, outcome.model, *(f"{score:.3f}" for score in scores), *gains, f"{outcome.seconds:.1f}", ""]


def _rank_cells(choice):
    """What is expected of the models asked about, and the rank of each by circular validation, which is no score."""
    words, ranks = choice.protocol.setting.metric.words, ranks_of(choice.outcomes)
    header = ["method", "model", f"expected {words}", "90 % interval", "rank by circular validation", "seconds", ""]
    rows = []
    for outcome in (outcome for outcome in choice.outcomes if not outcome.skipped):
        last = f"failed: {outcome.failed}" if outcome.failed else ""
        expected = choice.expectations.get(outcome.name)
        found = ["-", "-"]
        if expected is not None:
            last = last or ("can't be judged" if expected.reason else "")
            found = found if expected.reason else [f"{expected.value:.3f}", expected.interval]
        rank = "-" if choice.verdict.unknown else str(ranks.get(outcome.name, "-"))
        seconds = f"{outcome.seconds:.1f}" if outcome.scored else "-"
        rows.append([outcome.name, outcome.model, *found, rank, seconds, last])
    return header, rows


def baseline_words(choice):
    """Which model of the source is the baseline, and what it is worth there: one line."""
    metric = choice.protocol.setting.metric
    scores = ", ".join(
        f"{name} {metric.sign * outcome.score:.3f}" if outcome.scored else f"{name} failed ({outcome.failed})"
        for name, outcome in choice.source.items()
    )
    return f"baseline: {choice.outcomes[0].name} ({metric.words} on SOURCE, cross-validated: {scores})"


def remarks(choice):
    """What was skipped and why, and warnings: one line each."""
    outcomes = choice.outcomes
    reasons = dict.fromkeys(outcome.skipped for outcome in outcomes if outcome.skipped)
    skipped = [
        f"skipped ({reason}): {', '.join(o.name for o in outcomes if o.skipped == reason)}" for reason in reasons
    ]
    return [
        baseline_words(choice),
        *skipped,
        *(f"warning from {o.name}: {message}" for o in outcomes for message in o.warnings),
    ]


def choice_words(choice):
    """Which method is chosen, why, how far to trust it, and what to do next: one line each."""
    chosen, verdict = choice.chosen, choice.verdict
    lines = [f"choice: {chosen.name} ({chosen.model})", *useless_words(choice), *_expected_words(choice)]
    lines += _reasons(chosen, verdict)
    if verdict.unknown:
        lines.append("Label some target rows: they decide.")
    elif isinstance(choice.protocol, CircularValidation):
        lines.append("No target label was used: circular validation can mislead, it only ranks.")
    elif choice.protocol.uses_labels:
        lines += proof_words(choice)
    if chosen.name != verdict.usual and choice.protocol.evidence == "target labels":
        lines.append("Its score is optimistic: the same target labels were used to choose it.")
    return lines + choice.advice()


def _expected_words(choice):
    """What the choice is expected to score: a list of one line, or none where target labels say it."""
    if choice.expected is None:
        return []
    words = str(choice.expected)
    return [f"{words[0].upper()}{words[1:]}."]


def useless_words(choice):
    """Say that the chosen model is of no use, why, and what would help: two lines, or none."""
    if choice.usable:
        return []
    return [f"No usable model: {'; '.join(choice.useless)}.", what_helps(choice.protocol)]


def _reasons(chosen, verdict):
    """Why it is the one."""
    if not np.isnan(chosen.agreement) and chosen.name in verdict.accepted:
        return [
            f"{', '.join(verdict.accepted)} gain over {verdict.fallback} {verdict.test}.",
            f"Of these, the predictions of {chosen.name} agree most with those of all methods.",
        ]
    found = verdict.unknown or verdict.gains or verdict.baseline_gains
    return [f"{str(verdict)}."] if found else ["No other method was scored."]


def tried_words(choice):
    """What was tried and chosen, in place of a report's general advice: it was run here, and may have refuted that."""
    tried = [outcome.name for outcome in choice.outcomes if outcome.scored]
    only = "" if len(tried) > 1 else "Nothing else could be judged. "
    return f"Of {count(len(tried), 'method')} tried on these tables {choice.chosen.name} is the choice. {only}".strip()


def block(choice):
    """The table for a report's page: title, points, header, rows."""
    return ("The methods", remarks(choice), *cells(choice))
