"""The verdict on losses: evidence joined as by Stouffer, the level kept, and said in words."""

import numpy as np
import pytest
from scipy import stats

from sktl.model_selection._verdict import CIRCULAR_CAP, with_circular
from sktl.model_selection.evidence import judge


def test_labels_and_circular_validation_are_summed_as_by_stouffer():
    d = np.random.default_rng(0).normal(0.1, 1, 101)
    z = d.mean() / stats.sem(d)
    assert 0.5 < z < CIRCULAR_CAP
    both = stats.combine_pvalues([0.03, stats.norm.sf(z)], method="stouffer").pvalue
    assert with_circular(0.03, d, 0) == pytest.approx(both)
    capped = stats.norm.sf((stats.norm.isf(0.03) + CIRCULAR_CAP) / np.sqrt(2))
    assert with_circular(0.03, d + 5, 0) == pytest.approx(capped) == with_circular(0.03, np.ones(9), 0)
    assert with_circular(0.03, np.zeros(9), 0) == pytest.approx(stats.norm.sf(stats.norm.isf(0.03) / np.sqrt(2)))
    assert with_circular(0.7, d + 5, 0) > 0.05  # whatever it says, labels that speak against transfer refuse it


def test_what_is_used_without_transfer_must_be_beaten():
    rng = np.random.default_rng(0)
    common = rng.normal(size=41)
    losses = {"source-only": common + 3, "target-only": common + 1 + 0.1 * rng.normal(size=41)}
    losses["pooled"] = common + 0.5 + 0.1 * rng.normal(size=41)
    losses["a"], losses["b"] = common + 0.2 * rng.normal(size=41), common + 0.6
    verdict = judge(losses, "source-only", ["target-only", "pooled"], ["a", "b"], 0.05)
    assert verdict.fallback == "pooled" and verdict.accepted == ["a"] and verdict.chosen == verdict.best == "a"
    test = stats.ttest_rel(losses["pooled"], losses["a"], alternative="greater")
    assert verdict.pvalues["a"] == pytest.approx(test.pvalue)
    assert verdict.gains["a"].low == pytest.approx(test.confidence_interval(1 - 0.025).low)
    assert judge(losses, "source-only", ["target-only"], ["b"], 0.05).chosen == "b"  # pooled was not offered
    none = judge(losses, "source-only", ["pooled"], ["b"], 0.05)
    assert none.chosen == "pooled" and none.accepted == []


def test_luck_is_not_enough():
    usual, noise = np.zeros(41), np.random.default_rng(1).normal(size=41)
    noise = (noise - noise.mean()) / stats.sem(noise)  # standard error 1
    lucky, clear = usual - 1 + noise, usual - 1.8 + noise  # one-sided p-values 0.16 and 0.04
    losses = {"source-only": usual, "pooled": lucky, "a": clear, "b": lucky}
    assert judge(losses, "source-only", ["pooled"], ["b"], 0.05).fallback == "source-only"
    assert judge(losses, "source-only", ["pooled"], ["b"], 0.2).fallback == "pooled"
    assert judge(losses, "source-only", [], ["a"], 0.05).accepted == ["a"]
    assert judge(losses, "source-only", [], ["a", "b"], 0.05).accepted == []  # the level is shared
    assert judge(losses, "source-only", [], ["a"], 0.05, margin=1.0).accepted == []


def test_circular_validation_keeps_the_margin_too():
    """Both pieces of evidence are of a gain that equals the margin: 5 % are accepted."""
    rng = np.random.default_rng(0)
    accepted = []
    for _ in range(2000):
        zeros, margin = np.zeros(40), 0.3
        losses = {"source-only": zeros, "transfer": zeros - margin + rng.normal(size=40)}
        circular = {"transfer": margin + rng.normal(size=120)}
        accepted += judge(losses, "source-only", [], ["transfer"], 0.05, margin, circular).accepted
    assert 0.035 < len(accepted) / 2000 < 0.065


def test_a_model_that_changes_next_to_nothing_counts_as_tried():
    losses = {"a": np.r_[np.ones(4), np.zeros(60)], "b": np.zeros(64), "c": np.r_[np.ones(4), np.zeros(60)]}
    assert judge(losses, "a", [], ["b"], 0.05).accepted == ["b"]  # four wins of four: mid-p 1/32
    assert judge(losses, "a", [], ["b"], 0.05, min_changed=5).accepted == []
    verdict = judge(losses, "a", [], ["b", "c"], 0.05, min_changed=5)
    assert verdict.pvalues == {"b": 1.0, "c": 1.0} and "2 models tried" in str(verdict)


def test_the_verdict_in_words():
    wins = np.r_[np.ones(30), np.zeros(30)]
    losses = {"source-only": wins, "pooled": wins, "transfer": np.zeros(60)}
    said = str(judge(losses, "source-only", ["pooled"], ["transfer"], 0.05))
    assert said.startswith("use transfer: it gains over source-only (+0.500, +0.391 to +0.609) more than chance would")
    assert said.endswith("(paired test at 5 %, 1 model tried, by target labels)")
    none = str(judge(losses, "source-only", [], ["pooled"], 0.05, evidence="circular validation"))
    assert none.startswith(
        "use source-only: no transfer model gains over it more than chance would (paired test at 5 %"
    )
    assert none.endswith("; the best is pooled (+0.000, +0.000 to +0.000)")
    better = str(judge(losses, "source-only", ["transfer"], ["pooled"], 0.05, margin=0.1))
    assert better.startswith("use transfer: it beats source-only, and no transfer model gains over it more than chance")
    assert "and more than 0.1 (paired" in better
