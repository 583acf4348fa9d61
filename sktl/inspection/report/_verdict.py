"""From the evidence to the kind of shift: a function of what was asked, which asks nothing itself."""

from dataclasses import dataclass

from sktl.inspection.report._evidence import Evidence, Question, holds
from sktl.inspection.report._tests import HALVED


@dataclass(frozen=True)
class Decision:
    """The kind of shift, and what may be said of it.

    Attributes
    ----------
    kind : {"none", "covariate", "label", "scale", "concept", or two of them with "or" between}
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
    labels_differ : bool
        Whether the target's labels differ from what the source's rows predict.
    """

    kind: str
    questions: list[Question]
    labels_fit: bool = False
    turned: bool = False
    ruled_out: tuple = ()
    weights_mend: bool = False
    labels_differ: bool = False


def decide(evidence: Evidence) -> Decision:
    """Find the kind of shift that the :class:`Evidence` shows: a :class:`Decision`."""
    kind = _kind(evidence)
    return Decision(
        kind,
        _questions(evidence),
        labels_fit=_labels_fit(evidence) and not (evidence.accounts is not None and evidence.accounts.opposite),
        turned="scale" in kind and evidence.scaled is not None and not evidence.scaled.holds,
        ruled_out=tuple(_ruled_out(evidence)),
        weights_mend=evidence.weights is not None and not evidence.weights.holds,
        labels_differ=holds(evidence.concept),
    )


def _kind(evidence):
    """The simplest account that the evidence allows; two, where it does not decide between them."""
    if not (evidence.moved or holds(evidence.labels) or holds(evidence.concept)):
        return "none"
    plain = "concept" if holds(evidence.concept) or not evidence.moved else "covariate"
    return _label_kind(evidence) or _scale_kind(evidence) or plain


def _labels_fit(evidence):
    """Whether other labels explain the difference of the rows."""
    return bool(evidence.other_labels) and all(asked.holds for asked in evidence.other_labels)


def _labels_out(evidence):
    """Whether other labels do not explain it, or nobody asked."""
    return not evidence.other_labels or any(asked.opposite for asked in evidence.other_labels)


def _label_kind(evidence):
    """Whether other labels explain the difference, and nothing else does as well; None: they don't."""
    if _labels_out(evidence):
        return None
    if holds(evidence.concept) or not evidence.moved:
        # p(y|x) differs, as it does under label shift; whether the rows have moved with the labels must be seen
        return "label" if _labels_fit(evidence) else "label or concept"
    if evidence.accounts.opposite:
        return None
    return "label" if evidence.accounts.holds and _labels_fit(evidence) else "label or covariate"


def _scale_kind(evidence):
    """Whether other means and covariances explain the difference, and neither weights nor the rows as they are do."""
    if not (holds(evidence.aligned) and (evidence.far or evidence.weights.holds)):
        return None
    if evidence.shapes is not None and not evidence.shapes.holds:
        return None
    if evidence.better_aligned is None:
        return "scale or covariate"  # no label of the target says whether the same values mean the same
    better, left = evidence.better_aligned, evidence.concept_aligned
    if not holds(evidence.concept):
        # the labels follow from the rows as they are, as far as can be seen; where rows tell the domain, nobody can
        if better.opposite or (left.holds and evidence.covered):
            return None
        # but where a model of the rows as they are goes wrong and one of aligned rows comes right, units explain it
        agree = better.holds and better.statistic >= HALVED and not left.holds
        return "scale" if agree else "scale or covariate"
    # moments are estimates: a trace of the difference stays where they explain it
    explained = not left.holds or (better.holds and left.statistic <= HALVED * evidence.concept.statistic)
    return "scale" if explained else None


def _ruled_out(evidence):
    """What was asked about and does not explain the difference."""
    if evidence.other_labels and _labels_out(evidence):
        yield "different class shares" if len(evidence.other_labels) > 1 else "a different distribution of the labels"
    shapes_differ = evidence.shapes is not None and not evidence.shapes.holds
    if evidence.aligned is not None and (not evidence.aligned.holds or shapes_differ):
        yield "different scales or axes"


def _questions(evidence):
    """The questions in their order; shares that rest on an account that does not hold are left out."""
    apart = evidence.shares_apart if not evidence.other_labels or not _labels_out(evidence) else None
    asked = [
        *evidence.rows,
        evidence.labels,
        evidence.concept,
        apart,
        *evidence.other_labels,
        evidence.accounts,
        evidence.labels_move,
        evidence.weights,
        evidence.aligned,
        evidence.scaled,
        evidence.shapes,
        evidence.better_aligned,
        evidence.concept_aligned,
    ]
    return [question for question in asked if question is not None]
