from types import SimpleNamespace

import numpy as np
import pytest
from two_tables import pd

from sktl.comparison import Comparison, _advice


def pair(n=91, m=73, label=lambda X: X[:, 0] + 0.3 * np.sin(9 * X[:, 1])):
    rng = np.random.default_rng(0)
    frames = [pd.DataFrame(rng.normal(size=(k, 3)), columns=["a", "b", "c"]) for k in (n, m)]
    return [frame.assign(y=label(frame.to_numpy())) for frame in frames]


def problem_of(source, target):
    return Comparison.from_tables(source, target, "y").problem


def test_columns_that_must_be_looked_at_come_first():
    source, target = pair()
    target = target.assign(a=0.0, b=target["b"] + 40.25)
    first, second, *rest = _advice.column_advice(problem_of(source, target))
    assert first == "'a' is 0 in all rows of TARGET: a missing code? --drop a"
    assert second == "'b' alone tells the tables apart (KS 1.00): a period, a place, other units? --drop b"
    assert rest == []
    both = source.assign(a=3.0), target.assign(a=3.0, b=source["b"][:73])
    assert _advice.column_advice(problem_of(*both)) == []
    renamed = [frame.rename(columns={"a": "serum chol"}) for frame in (source, target)]
    assert "--drop 'serum chol'" in _advice.column_advice(problem_of(*renamed))[0]


class Choice:
    """What the words ask of a choice: 30 rows without a label."""

    class protocol:
        class problem:
            target = np.ones(50, dtype=bool)
            y = np.where(np.arange(50) < 20, 1.0, np.nan)


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        ((0.2, 0.05, True, 0), "a scores better than b (+0.200, standard error 0.050): more than chance."),
        (
            (0.02, 0.015, False, 14),
            "a looks better than b (+0.020, standard error 0.015), not proven: label about 20 more.",
        ),
        ((0.02, 0.05, False, 320), "not proven: label about 400 more (30 rows are left)."),
        ((1e-6, 0.05, False, None), "not proven, and no number of labels would prove so little."),
        (
            (-0.01, 0.05, False, None),
            "a scores no better than b on these labels (-0.010, standard error 0.050); it rarely harms.",
        ),
    ],
)
def test_how_sure_the_choice_is_in_words(standing, words):
    fields = ("name", "against", "gain", "standard_error", "proven", "more")
    found = SimpleNamespace(**dict(zip(fields, ("a", "b", *standing), strict=True)))
    assert _advice.standing_words(found, Choice).endswith(words)


def test_without_labels_a_score_is_expected_and_labels_are_asked_for():
    source, target = pair()
    choice = Comparison.from_tables(source, target.drop(columns="y"), "y", methods="source-only,scaled").run()
    header, rows = choice.cells()
    assert header[2:5] == ["expected R2", "90 % interval", "rank by circular validation"]
    assert sorted(row[4] for row in rows) == ["1", "2"]
    expected = choice.expected
    assert expected.low < expected.value < expected.high and expected.value > 0.5 and not expected.reason
    assert rows[0][2:4] == [f"{expected.value:.3f}", f"{expected.low:.3f} to {expected.high:.3f}"]
    words = choice.words()
    assert words[1] == f"Expected R2 of source-only: {expected.value:.3f} ({rows[0][3]}, by 90 %)."
    assert (
        words[-2].startswith("Label about 73 rows of TARGET") and "To compare with those labels: scaled." in words[-1]
    )
    assert choice.report().method in choice.report().suggestion and "Fit an ordinary" not in choice.report().suggestion


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_few_labels_correct_the_source_s_model(task):
    source, target = pair(203, 141)
    target["y"] += 3  # the source's model is off by that
    if task == "classification":
        source = source.assign(y=np.where(source["y"] > 0, "up", "down"))
        target = target.assign(y=np.where(target["y"] > 1.8, "up", "down"))  # a threshold elsewhere
    truth = target["y"].copy()
    few = target.assign(y=target["y"].astype(object).where(np.arange(141) < 40, None))
    few["y"] = few["y"].astype(float) if task == "regression" else few["y"]
    choice = Comparison.from_tables(source, few, "y", methods="source-only,offset,corrected").run()
    assert choice.expected is None and choice.chosen.name == choice.verdict.usual == "corrected"
    scores = {outcome.name: outcome.score for outcome in choice.outcomes}
    assert scores["corrected"] > scores["source-only"] and choice.usable
    assert any(line.startswith("corrected scores better than source-only (+") for line in choice.words())
    if task == "regression":
        problem = choice.protocol.problem
        errors = choice.predict() - truth.to_numpy()[problem.row[problem.target]]
        assert np.mean(errors**2) < 0.3  # 9 by the source's model


def test_labels_that_only_score_are_offered_for_learning():
    choice = Comparison.from_tables(*pair(), "y", methods="source-only").run()
    assert choice.expected is None
    assert choice.advice()[-1].startswith("The 73 labels of TARGET only score here: --target-labels use")
