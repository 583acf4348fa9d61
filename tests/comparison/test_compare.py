from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import sem
from sklearn.metrics import accuracy_score, r2_score

from sktl.comparison import METRICS, _compare


def test_row_scores_average_to_sklearns_scores():
    rng = np.random.default_rng(0)
    truth, one, other = rng.normal(size=(3, 101))
    scores = [METRICS["r2"].rows(truth, guess) for guess in (one, other)]
    assert_allclose([s.mean() for s in scores], [r2_score(truth, one), r2_score(truth, other)])
    gain = _compare.gains_over_baseline(outcomes_of(scores[1], scores[0]))["b"]
    assert_allclose([gain.estimate, gain.standard_error], [np.mean(scores[0] - scores[1]), sem(scores[0] - scores[1])])
    truth, one = rng.integers(0, 3, size=(2, 101)).astype(float)
    assert_allclose(METRICS["accuracy"].rows(truth, one).mean(), accuracy_score(truth, one))


class Protocol:
    """What a verdict asks of a protocol."""

    evidence = "target labels"
    uses_labels = False

    def __init__(self, margin=0.0, task="classification"):
        self.margin, self.setting = margin, _compare.Setting(task, None, 0)


def chosen(outcomes, margin=0.0):
    """Name of the method that is chosen."""
    return _compare.choose(outcomes, _compare.give_verdict(outcomes, Protocol(margin))).name


def outcomes_of(*row_scores):
    """Outcomes named a (the baseline), b, c, ... with these scores of their rows."""
    outcomes = [
        _compare.Outcome(name, "", row_scores=scores) for name, scores in zip("abcdefg", row_scores, strict=False)
    ]
    return [*outcomes, _compare.Outcome("z", "", failed="it broke")]


def changed(scores, up, down=0):
    """Scores of which ``up`` zeros became ones, and ``down`` ones zeros."""
    scores = scores.copy()
    scores[np.flatnonzero(scores == 0)[:up]] = 1
    scores[np.flatnonzero(scores == 1)[-down or len(scores) :]] = 0
    return scores


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ([(20, 0), (30, 2)], "c"),
        ([(20, 0), (30, 25)], "b"),  # a high score of much noise
        ([(9, 10), (0, 8)], "a"),
        ([(0, 0)], "a"),
        ([(1, 0)], "a"),  # gain = standard error but for rounding
        ([(4, 0)], "a"),  # too few rows, however clear
        ([(5, 0)], "b"),
        ([(5, 0)] * 6, "a"),  # clear for one method, not for the best of six
    ],
)
def test_a_method_is_chosen_only_if_its_gain_exceeds_chance(changes, name):
    baseline = np.repeat([0.0, 1.0], [51, 50])
    outcomes = outcomes_of(baseline, *(changed(baseline, *change) for change in changes))
    assert chosen(outcomes) == name


def test_of_several_gains_the_one_that_agrees_with_most_is_chosen(monkeypatch):
    baseline = np.repeat([0.0, 1.0], [51, 50])
    outcomes = outcomes_of(baseline, changed(baseline, 20), changed(baseline, 30), changed(baseline, 40))
    answers = {"a": [0, 1, 0, 1], "b": [0, 1, 0, 0], "c": [0, 1, 1, 1], "d": [1, 0, 1, 0]}
    answers = {name: np.array(values, dtype=float) for name, values in answers.items()}
    monkeypatch.setattr(_compare, "final_predictions", lambda protocol, outcome: answers[outcome.name])
    assert chosen(outcomes) == "d"  # the surest gain
    verdict = _compare.give_verdict(outcomes, Protocol())
    outcomes = _compare.with_agreement(outcomes, Protocol(), verdict)
    # most say 0, 1, 0, 0 (a tie goes to the lower class)
    assert [o.agreement for o in outcomes[:4]] == [0.75, 1.0, 0.5, 0.25] and np.isnan(outcomes[4].agreement)
    assert _compare.choose(outcomes, verdict).name == "b"
    outcomes = _compare.with_agreement(outcomes, Protocol(task="regression"), verdict)
    mean = np.mean(list(answers.values()), axis=0)
    assert_allclose([o.agreement for o in outcomes[:4]], [-np.mean((v - mean) ** 2) for v in answers.values()])
    one = outcomes_of(baseline, changed(baseline, 20), baseline)
    verdict = _compare.give_verdict(one, Protocol())
    assert _compare.with_agreement(one, Protocol(), verdict) == one  # nothing to choose between: no fit for it


def test_what_transfers_must_beat_what_the_target_s_own_labels_give():
    baseline = np.repeat([0.0, 1.0], [101, 50])
    own, pooled, adapted = changed(baseline, 20), changed(baseline, 40), changed(baseline, 44)

    def named(*row_scores):
        usual, *rest = outcomes_of(*row_scores)
        plain = [replace(o, name=name) for o, name in zip(rest[:2], ("target-only", "pooled"), strict=True)]
        return [usual, *plain, *rest[2:]]

    outcomes = named(baseline, own, pooled, adapted)
    verdict = _compare.give_verdict(outcomes, Protocol())
    assert verdict.fallback == "pooled" and verdict.accepted == []  # 4 rows more are chance's
    assert chosen(outcomes) == "pooled"
    far = named(baseline, own, pooled, changed(baseline, 60))
    assert chosen(far) == "d"
    assert chosen(far, margin=0.2) == "pooled"  # 20 of 151 rows are no 20 points


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("n", [23, 301])
def test_on_noise_the_baseline_is_kept_at_the_level(task, n):
    rng = np.random.default_rng(0)
    kept, metric = [], METRICS["accuracy" if task == "classification" else "r2"]
    for _ in range(400):
        common, own, truth = rng.normal(size=n), rng.normal(size=(7, n)), rng.normal(size=n)
        guesses = common + own  # alike, as methods are; none knows anything of the truth
        if task == "classification":
            guesses, truth = guesses > 0, truth > 0
        outcomes = outcomes_of(*(metric.rows(truth, guess) for guess in guesses))
        kept.append(chosen(outcomes) == "a")
    assert np.mean(kept) >= 0.94  # 0.95, less a standard error


def test_slow_methods_are_tried_by_name_alone():
    names = [method.name for method in _compare.select_methods(None)]
    assert "votes" not in names and "tca" in names
    assert [method.name for method in _compare.select_methods("votes")] == ["source-only", "source-trees", "votes"]
