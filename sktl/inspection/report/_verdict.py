"""From the evidence to the kind of shift: a function of what was asked, which asks nothing itself."""

from dataclasses import dataclass

from sktl.inspection.report._evidence import Evidence, Question, holds
from sktl.inspection.report._tests import HALVED


@dataclass(frozen=True)
class Decision:
    """The kind of shift, and what may be said of it.

    Attributes
    ----------
    kind : {"none", "covariate", "label", "scale", "concept"}
    questions : list of Question
        What it rests on.
    labels_fit : bool
        Whether other labels would explain the rows as well.
    turned : bool
        Whether, in a shift of scale, other offsets and scales of single columns are not enough to explain it.
    ruled_out : list of str
        Simpler accounts that were tested and do not explain the difference.
    weights_mend : bool
        Whether density-ratio weights were tried, and mend most of the difference.
    """

    kind: str
    questions: list[Question]
    labels_fit: bool = False
    turned: bool = False
    ruled_out: tuple = ()
    weights_mend: bool = False


def decide(evidence: Evidence) -> Decision:
    """Find the kind of shift that the :class:`Evidence` shows: a :class:`Decision`."""
    kind = _kind(evidence)
    return Decision(
        kind,
        _questions(evidence),
        labels_fit=_labels_fit(evidence),
        turned=kind == "scale" and not holds(evidence.scaled),
        ruled_out=tuple(_ruled_out(evidence)),
        weights_mend=evidence.weights is not None and not evidence.weights.holds,
    )


def _kind(evidence):
    """The simplest account that the evidence allows."""
    if not (evidence.moved or holds(evidence.labels) or holds(evidence.concept)):
        return "none"
    if _is_label_shift(evidence):
        return "label"
    if _is_scale_shift(evidence):
        return "scale"
    if holds(evidence.concept) or not evidence.moved:
        return "concept"  # if the rows do not differ but the labels do, these follow from the rows in another way
    return "covariate"


def _labels_fit(evidence):
    """Whether other labels explain the difference of the rows."""
    return bool(evidence.other_labels) and all(asked.holds for asked in evidence.other_labels)


def _is_label_shift(evidence):
    """Whether other labels explain the difference; of numbers, the rows must not explain the labels as well."""
    if evidence.labels_move is None:
        return _labels_fit(evidence)
    return _labels_fit(evidence) and (evidence.labels_move.holds or holds(evidence.concept))


def _is_scale_shift(evidence):
    """Whether other means and covariances explain the difference, and neither weights nor the rows as they are do."""
    if not (holds(evidence.aligned) and (evidence.far or evidence.weights.holds)):
        return False
    if evidence.shapes is not None and not evidence.shapes.holds:
        return False
    if evidence.better_aligned is None:
        return True
    if not evidence.concept_aligned.holds:
        return holds(evidence.concept) or evidence.better_aligned.holds
    if not holds(evidence.concept):  # the labels follow from the values as they are, if that could be seen
        return evidence.better_aligned.holds and not evidence.covered
    # moments are estimates: a trace of the difference stays where they explain it
    return evidence.better_aligned.holds and evidence.concept_aligned.statistic <= HALVED * evidence.concept.statistic


def _ruled_out(evidence):
    """What was asked about and does not explain the difference."""
    if evidence.other_labels and not _labels_fit(evidence):
        yield "different class shares" if len(evidence.other_labels) > 1 else "a different distribution of the labels"
    shapes_differ = evidence.shapes is not None and not evidence.shapes.holds
    if evidence.aligned is not None and (not evidence.aligned.holds or shapes_differ):
        yield "different scales or axes"


def _questions(evidence):
    """The questions in their order; shares that rest on an account that does not hold are left out."""
    apart = evidence.shares_apart if not evidence.other_labels or _labels_fit(evidence) else None
    asked = [
        *evidence.rows,
        evidence.labels,
        evidence.concept,
        apart,
        *evidence.other_labels,
        evidence.labels_move,
        evidence.weights,
        evidence.aligned,
        evidence.scaled,
        evidence.shapes,
        evidence.better_aligned,
        evidence.concept_aligned,
    ]
    return [question for question in asked if question is not None]
