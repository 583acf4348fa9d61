from dataclasses import FrozenInstanceError, fields, replace

import pytest

from sktl.inspection.report._verdict import Evidence, Question, decide


def asked(holds, statistic=1.0, opposite=False):
    return Question("?", statistic, "", 0.5, holds, "yes" if holds else "no", opposite)


YES, NO, TRACE = asked(True), asked(False, opposite=True), asked(True, 0.3)
OPEN = asked(False)
UNSEEN = {"weights": YES, "covered": False}
MOVED, STILL = (YES, NO, NO), (NO, NO, NO)


@pytest.mark.parametrize(
    ("kind", "evidence"),
    [
        ("none", Evidence(STILL)),
        ("none", Evidence(STILL, NO, NO)),
        ("covariate", Evidence(MOVED)),
        ("covariate", Evidence(MOVED, YES, NO)),  # other labels, as the features predict them
        ("concept", Evidence(STILL, NO, YES)),
        ("concept", Evidence(STILL, YES, NO)),  # the features do not differ, the labels do
        ("concept", Evidence(MOVED, YES, YES)),
        ("label", Evidence(MOVED, YES, YES, other_labels=(YES, YES))),
        ("concept", Evidence(MOVED, YES, YES, other_labels=(YES, NO))),
        ("label or concept", Evidence(MOVED, YES, YES, other_labels=(YES, OPEN))),
        ("label or concept", Evidence(STILL, YES, NO, other_labels=(YES, OPEN))),
        ("concept", Evidence(STILL, YES, NO, other_labels=(YES, NO))),
        ("covariate", Evidence(MOVED, shares_apart=YES, other_labels=(YES, NO))),
        ("label", Evidence(MOVED, shares_apart=YES, other_labels=(YES, YES), accounts=YES)),
        ("label or covariate", Evidence(MOVED, shares_apart=YES, other_labels=(YES, YES), accounts=OPEN)),
        ("label or covariate", Evidence(MOVED, shares_apart=YES, other_labels=(YES, OPEN), accounts=YES)),
        ("covariate", Evidence(MOVED, shares_apart=YES, other_labels=(YES, YES), accounts=NO)),
        ("covariate", Evidence(MOVED, YES, NO, other_labels=(YES,), labels_move=NO, accounts=NO)),
        ("label or covariate", Evidence(MOVED, YES, NO, other_labels=(YES,), labels_move=NO, accounts=OPEN)),
        ("label or covariate", Evidence(MOVED, YES, NO, other_labels=(YES,), labels_move=YES, accounts=OPEN)),
        ("label", Evidence(MOVED, YES, NO, other_labels=(YES,), labels_move=YES, accounts=YES)),
        ("label", Evidence(MOVED, YES, YES, other_labels=(YES,), labels_move=NO)),
        ("scale or covariate", Evidence(MOVED, weights=YES, aligned=YES, scaled=YES)),  # no target labels
        ("scale or covariate", Evidence(MOVED, far=True, weights=NO, aligned=YES)),
        ("covariate", Evidence(MOVED, weights=NO, aligned=YES)),
        ("covariate", Evidence(MOVED, weights=YES, aligned=NO)),
        ("covariate", Evidence(MOVED, weights=YES, aligned=YES, shapes=NO)),  # a year is no unit
        ("covariate", Evidence(MOVED, NO, NO, weights=YES, aligned=YES, better_aligned=NO, concept_aligned=NO)),
        ("scale", Evidence(MOVED, NO, YES, weights=YES, aligned=YES, better_aligned=NO, concept_aligned=NO)),
        ("covariate", Evidence(MOVED, NO, NO, weights=YES, aligned=YES, better_aligned=YES, concept_aligned=YES)),
        ("scale", Evidence(MOVED, NO, NO, aligned=YES, better_aligned=YES, concept_aligned=NO, **UNSEEN)),
        ("scale or covariate", Evidence(MOVED, NO, NO, aligned=YES, better_aligned=YES, concept_aligned=YES, **UNSEEN)),
        ("scale", Evidence(MOVED, NO, NO, weights=YES, aligned=YES, better_aligned=YES, concept_aligned=NO)),
        (
            "scale or covariate",  # aligned rows predict better, but not by half
            Evidence(MOVED, NO, NO, weights=YES, aligned=YES, better_aligned=TRACE, concept_aligned=NO),
        ),
        (
            "scale or covariate",
            Evidence(MOVED, NO, NO, weights=YES, aligned=YES, better_aligned=OPEN, concept_aligned=NO),
        ),
        ("concept", Evidence(MOVED, NO, YES, weights=YES, aligned=YES, better_aligned=YES, concept_aligned=YES)),
        (
            "scale",
            Evidence(MOVED, NO, YES, weights=YES, aligned=YES, better_aligned=YES, concept_aligned=TRACE),
        ),
    ],
)
def test_the_kind_is_a_function_of_the_evidence(kind, evidence):
    decision = decide(evidence)
    assert decision.kind == kind
    assert decision == decide(evidence)


def test_evidence_is_frozen_and_every_question_is_listed_once():
    evidence = Evidence(MOVED, YES, YES, weights=YES, aligned=YES)
    with pytest.raises(FrozenInstanceError):
        evidence.labels = NO
    named = {field.name: asked(True) for field in fields(Evidence) if "Question" in str(field.type)}
    named = {name: replace(question, question=name) for name, question in named.items()}
    found = [question.question for question in decide(Evidence(MOVED, **named)).questions]
    assert sorted(found) == sorted([*named, "?", "?", "?"])


def test_what_is_ruled_out_is_said():
    shares = Evidence(MOVED, shares_apart=TRACE, other_labels=(YES, NO), aligned=NO, weights=NO)
    decision = decide(shares)
    assert decision.ruled_out == ("different class shares", "different scales or axes") and decision.weights_mend
    assert TRACE not in decision.questions  # estimated shares mean nothing then
    assert decide(Evidence(MOVED)).ruled_out == () and not decide(Evidence(MOVED)).weights_mend
