"""Scores without labels against naive loops, hand-solved systems and the papers' definitions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.isotonic import IsotonicRegression

from sktl._core.expected import (
    ACCURACY_METHODS,
    CLASS_METHODS,
    ClassEvidence,
    above_threshold,
    class_weights,
    jackknife_error,
)
from sktl._core.soft_scores import SCORES, Answers

ACCURACY = SCORES["accuracy"]


def said(proba):
    return Answers(proba.argmax(axis=1), proba)


@pytest.fixture
def evidence():
    rng = np.random.default_rng(0)
    held, new = rng.dirichlet([2, 1, 1], 301), rng.dirichlet([1, 1, 2], 203)
    codes = np.array([rng.choice(3, p=0.7 * p + 0.1) for p in held])
    return ClassEvidence(said(held), codes, rng.uniform(0, 3, 301), said(new))


def test_importance_is_the_naive_loop(evidence):
    total = right = 0.0
    for decided, code, weight in zip(evidence.held.decided, evidence.codes, evidence.ratio, strict=True):
        total += weight
        right += weight * (decided == code)
    assert_allclose(CLASS_METHODS["importance"](evidence, ACCURACY), right / total)


def test_label_shift_is_solved_by_hand(evidence):
    decided, codes = evidence.held.decided, evidence.codes
    C = np.array([[np.mean((decided == i) & (codes == j)) for j in range(3)] for i in range(3)])
    pi = np.array([np.mean(codes == j) for j in range(3)])
    weights = np.array([0.4, 2.0, 0.0])
    weights /= weights @ pi
    # a target whose predictions are exactly those of the source's classes in other shares
    shares = C @ weights
    new = np.repeat(np.arange(3), np.round(shares * 1_000_000).astype(int))
    shifted = ClassEvidence(evidence.held, codes, evidence.ratio, Answers(new, np.eye(3)[new]))
    assert_allclose(class_weights(shifted), weights, atol=1e-4)
    recalls = np.array([np.mean(decided[codes == j] == j) for j in range(3)])
    assert_allclose(CLASS_METHODS["label"](shifted, ACCURACY), (weights * pi) @ recalls, atol=1e-5)


def test_class_weights_average_to_one_where_no_shares_fit_exactly(evidence):
    new = np.zeros(203, dtype=int)  # one class for all: more than any shares of these classes give
    only = ClassEvidence(evidence.held, evidence.codes, evidence.ratio, Answers(new, np.eye(3)[new]))
    assert_allclose(class_weights(only) @ np.bincount(evidence.codes) / 301, 1)


def test_a_confidence_at_the_threshold_is_above_it():
    of_source = np.array([0.4, 0.1, 0.3, 0.2])
    assert above_threshold(of_source, np.array([0.3, 0.3, 0.2, 0.5]), 0.5) == 0.75
    assert above_threshold(of_source, np.array([0.4, 0.5]), 0.0) == 0.5


@pytest.mark.parametrize(("method", "weighted"), [("cbpe", False), ("pape", True)])
def test_calibrated_confidence_is_an_isotonic_regression_a_class(evidence, method, weighted):
    q = np.zeros_like(evidence.new.proba)
    for k in range(3):
        curve = IsotonicRegression(out_of_bounds="clip")
        weights = evidence.ratio if weighted else None
        curve.fit(evidence.held.proba[:, k], evidence.codes == k, sample_weight=weights)
        q[:, k] = curve.predict(evidence.new.proba[:, k])
    q /= q.sum(axis=1, keepdims=True)
    assert_allclose(
        CLASS_METHODS[method](evidence, ACCURACY),
        np.mean(q[np.arange(203), evidence.new.decided]),
        rtol=1e-9,
    )


def test_confidence_is_the_mean_of_the_largest_probability(evidence):
    assert_allclose(CLASS_METHODS["confidence"](evidence, ACCURACY), evidence.new.proba.max(axis=1).mean())


def test_doc_adds_the_difference_of_confidences(evidence):
    hits = np.mean(evidence.held.decided == evidence.codes)
    gain = evidence.new.proba.max(axis=1).mean() - evidence.held.proba.max(axis=1).mean()
    assert_allclose(ACCURACY_METHODS["doc"](evidence, ACCURACY), hits + gain)


@pytest.mark.parametrize("method", ["atc", "atc_entropy"])
def test_atc_counts_rows_above_the_threshold_that_the_source_s_errors_lie_below(evidence, method):
    def sureness(proba):
        return proba.max(axis=1) if method == "atc" else np.sum(proba * np.log(proba), axis=1)

    source, target = sureness(evidence.held.proba), sureness(evidence.new.proba)
    error = np.mean(evidence.held.decided != evidence.codes)
    # the paper: the threshold t with E[1(s < t)] = error on the source
    t = next(t for t in np.sort(source) if np.mean(source < t) >= error - 1e-12)
    assert_allclose(ACCURACY_METHODS[method](evidence, ACCURACY), np.mean(target >= t))


def test_without_a_shift_all_agree_with_the_source():
    rng = np.random.default_rng(5)
    p = rng.beta(2, 1, 20_000)
    proba = np.column_stack([1 - p, p])
    codes = (rng.uniform(size=20_000) < p).astype(int)  # calibrated
    half = np.arange(20_000) < 10_000
    evidence = ClassEvidence(said(proba[half]), codes[half], np.ones(10_000), said(proba[~half]))
    truth = np.mean(evidence.new.decided == codes[~half])
    for name, method in (CLASS_METHODS | ACCURACY_METHODS).items():
        assert_allclose(method(evidence, ACCURACY), truth, atol=0.02, err_msg=name)


def test_jackknife_is_the_error_of_a_weighted_mean_and_does_not_hang_on_the_order_of_rows(evidence):
    error = jackknife_error(evidence, lambda e: CLASS_METHODS["source"](e, ACCURACY))
    share = np.mean(evidence.held.decided == evidence.codes)
    assert_allclose(error, np.sqrt(share * (1 - share) / 301), rtol=0.25)  # of 80 groups
    rng = np.random.default_rng(1)
    moved = evidence.at(rng.permutation(301), rng.permutation(203))
    for method in CLASS_METHODS.values():
        same = [jackknife_error(e, lambda e, m=method: m(e, ACCURACY)) for e in (evidence, moved)]
        assert_allclose(*same, rtol=1e-6)


def test_chance_is_what_unrelated_answers_score(evidence):
    assert_allclose(evidence.chance(ACCURACY), 1 / 3)
    assert_allclose(evidence.chance(SCORES["balanced_accuracy"]), 1 / 3)
    assert_allclose(evidence.chance(SCORES["roc_auc_ovr"]), 0.5, atol=1e-12)


def test_the_jackknife_of_many_rows_looks_at_some_and_gives_the_error_of_all():
    rng = np.random.default_rng(3)
    n = 12_000
    proba, right = np.tile([0.3, 0.7], (n, 1)), rng.uniform(size=n) < 0.7
    evidence = ClassEvidence(said(proba), right.astype(int), np.ones(n), said(proba))
    error = jackknife_error(evidence, lambda e: CLASS_METHODS["source"](e, ACCURACY))
    share = right.mean()
    assert_allclose(error, np.sqrt(share * (1 - share) / n), rtol=0.25)
    # a domain that was looked at whole has its own error, which the other's does not lower
    few = evidence.at(slice(None), slice(0, 500))
    assert_allclose(jackknife_error(few, lambda e: CLASS_METHODS["source"](e, ACCURACY)), error * np.sqrt(3), rtol=0.25)
