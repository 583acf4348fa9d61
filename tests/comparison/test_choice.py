import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

from sktl.comparison import _choice


def scores(n, up=0, noise=0.0, seed=0):
    """Row scores with a mean of about ``up`` and a spread that pairs share."""
    rng = np.random.default_rng(seed)
    return np.random.default_rng(99).normal(size=n) + up + noise * rng.normal(size=n)


def test_labels_to_prove_are_those_at_which_the_test_has_its_power():
    gain, error, n = 0.02, 0.015, 50
    total = n + _choice.labels_to_prove(gain, error, n)
    spread = error * np.sqrt(n)
    power = norm.sf(norm.isf(_choice.LEVEL) - gain * np.sqrt(total) / spread)
    assert_allclose(power, _choice.POWER, atol=0.002)
    fewer = norm.sf(norm.isf(_choice.LEVEL) - gain * np.sqrt(total - 3) / spread)
    assert fewer < _choice.POWER


@pytest.mark.parametrize(("gain", "more"), [(0.0, None), (-0.1, None), (1e-9, None), (5.0, 1)])
def test_no_labels_prove_what_is_no_gain(gain, more):
    assert _choice.labels_to_prove(gain, 0.1, 20) == more


@pytest.mark.parametrize(("n", "asked"), [(1, 5), (5, 5), (6, 10), (11, 20), (99, 100), (101, 200), (1234, 2000)])
def test_numbers_of_labels_are_round_and_never_too_few(n, asked):
    assert _choice.rounded_up(n) == asked


def test_a_correction_is_used_until_another_is_proven_better():
    rows = {"source-trees": scores(50), "pooled": scores(50, 0.2, 0.9), "corrected": scores(50, 0.1, 0.1, 1)}
    assert _choice.verdict_of(rows, learns=True).chosen == "corrected"  # the best mean is pooled's, by luck or not
    assert rows["pooled"].mean() > rows["corrected"].mean()
    rows["pooled"] = scores(50, 0.6, 0.5)
    assert _choice.verdict_of(rows, learns=True).chosen == "pooled"
    assert _choice.verdict_of(rows, learns=False).usual == "source-trees"  # labels that only score start no correction
    del rows["corrected"]
    rows["offset"] = scores(50, 0.1)
    assert _choice.verdict_of(rows, learns=True).usual == "offset"
    del rows["offset"]
    assert _choice.verdict_of(rows, learns=True).usual == "source-trees"


@pytest.mark.parametrize(
    ("errors", "used"), [(0.4, "source-trees"), (0.0, "source-trees"), (-0.2, "source-trees"), (-0.3, "corrected")]
)
def test_a_correction_must_gain_a_quarter_of_a_standard_error(errors, used):
    noise = np.random.default_rng(1).normal(size=50)
    noise = (noise - noise.mean()) / noise.std(ddof=1) * np.sqrt(50)  # a standard error of 1
    rows = {"source-trees": scores(50), "corrected": scores(50) + noise - errors}
    assert _choice.used_without_evidence(rows, learns=True) == used
    assert _choice.used_without_evidence(rows, learns=False) == "source-trees"


def test_one_of_many_is_not_chosen_for_its_luck():
    rng, kept = np.random.default_rng(0), []
    for _ in range(200):
        common = rng.normal(size=40)
        rows = {name: common + 0.5 * rng.normal(size=40) for name in ("source-only", "corrected", *"abcdefgh")}
        kept.append(_choice.verdict_of(rows, learns=True).chosen in ("corrected", "source-only"))
    assert np.mean(kept) >= 0.93  # .95, less a standard error


def test_how_the_choice_stands():
    rows = {"source-only": scores(60), "corrected": scores(60, 0.5, 0.3, 1), "pooled": scores(60, 0.52, 0.3, 2)}
    first, second = _choice.standings_of(rows, "corrected", True)
    differences = rows["corrected"] - rows["source-only"]
    assert (first.name, first.against, first.proven, first.more) == ("corrected", "source-only", True, 0)
    assert_allclose([first.gain, first.standard_error], [differences.mean(), differences.std(ddof=1) / np.sqrt(60)])
    assert (second.name, second.against, second.proven) == ("pooled", "corrected", False)
    left = _choice.labels_to_prove(second.gain, second.standard_error, 60)
    assert second.more == left and (left is None) == (second.gain <= 0)
    assert _choice.standings_of({"a": rows["pooled"], "b": rows["source-only"]}, "a", True) == []
    assert len(_choice.standings_of(rows, "corrected", False)) == 1  # labels that only score


def with_t(n, t, seed=0):
    """Differences of rows whose mean is ``t`` standard errors."""
    noise = np.random.default_rng(seed).normal(size=n)
    return (noise - noise.mean()) / noise.std(ddof=1) + t / np.sqrt(n)


def test_plain_models_share_the_level_with_what_must_beat_them():
    """Two plain models beside the source's: each of three tests has a third of the 5 %."""
    rows = {"source-only": scores(400)}
    rows |= {name: rows["source-only"] + with_t(400, -1, seed) for seed, name in enumerate(("target-only", "pooled"))}
    for t, chosen in ((1.9, "source-only"), (2.4, "scaled")):  # one-sided p .029 and .008
        rows["scaled"] = rows["source-only"] + with_t(400, t, 5)
        assert _choice.verdict_of(rows, learns=False).chosen == chosen
