import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from two_tables import pd

import sktl
from sktl.comparison import METRICS, SavedModel
from sktl.comparison._threshold import Threshold, best_cut, class_numbers

RNG = np.random.default_rng(0)
P = RNG.uniform(size=2001)


@pytest.mark.parametrize("name", ["f1", "balanced_accuracy"])
def test_the_best_cut_is_that_of_a_naive_loop(name):
    truth = (RNG.uniform(size=2001) < P**6).astype(float)  # the probabilities overstate the second class
    cuts = np.quantile(P, np.linspace(0, 1, 101)[1:-1])
    scores = [METRICS[name].score(truth, (cut < P).astype(float)) for cut in cuts]
    found = best_cut(truth, P, METRICS[name])
    assert_allclose(found.value, cuts[np.argmax(scores)])
    assert_allclose(found.gain, max(scores) - METRICS[name].score(truth, (P > 0.5).astype(float)))
    if name == "f1":
        assert_allclose(max(scores), f1_score(truth, found.value < P, average="macro"))


def test_right_probabilities_are_cut_at_one_half():
    truth = (RNG.uniform(size=2001) < P).astype(float)
    assert best_cut(truth, P, METRICS["balanced_accuracy"]) == Threshold(0.5, 0.0)


def test_class_numbers_by_a_cut():
    X, y = P[:, None], (P > 0.7).astype(float)
    model = LogisticRegression().fit(X, y)
    assert_array_equal(class_numbers(model, X, 0.5), model.predict(X))
    assert_array_equal(class_numbers(model, X, None), model.predict(X))
    assert_array_equal(class_numbers(model, X, 0.1), model.predict_proba(X)[:, 1] > 0.1)


@pytest.fixture(scope="module")
def rare():
    """One row of nine is ill, and F1 wants more of them said than one half says."""
    rng = np.random.default_rng(1)
    a = rng.normal(size=900)
    ill = rng.uniform(size=900) < 1 / (1 + np.exp(2.6 - 1.2 * a))
    return pd.DataFrame({"a": a, "b": rng.normal(size=900), "state": np.where(ill, "sick", "fine")})


def test_a_tuned_cut_is_kept_said_and_used(rare, tmp_path):
    pytest.importorskip("skops.io", reason="the cli extra (skops) is not installed")
    source, target = rare[:600], rare[600:].drop(columns="state")
    found = sktl.compare(source, target, "state", methods="source-only", metric="f1")
    cut = found.choice.threshold.value
    assert 0.1 < cut < 0.4 and f"decision threshold: 'sick' from a probability of {cut:.2f} on" in str(found)
    found.model.save(tmp_path / "m.skops")
    model = SavedModel.load(tmp_path / "m.skops")
    assert model.record["threshold"] == cut
    sick = model.predict_proba(target)["sick"] > cut
    assert_array_equal(model.predict(target), np.where(sick, "sick", "fine"))
    assert_array_equal(found.predict(), model.predict(target))
    plain = sktl.compare(source, target, "state", methods="source-only", metric="accuracy")
    assert plain.choice.threshold.value == 0.5 and "decision threshold" not in str(plain)
