"""Scores of answers against a mass of labels: scikit-learn's with weights, and expectations by enumeration."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import metrics

from sktl._core.soft_scores import SCORES, Answers, expected_confusion, one_hot


def answers(rng, n, n_classes):
    proba = rng.dirichlet(np.ones(n_classes), n).round(2) + 0.01  # ties among them
    proba /= proba.sum(axis=1, keepdims=True)
    return Answers(proba.argmax(axis=1), proba)


PEERS = {
    "accuracy": lambda y, a, w: metrics.accuracy_score(y, a.decided, sample_weight=w),
    "balanced_accuracy": lambda y, a, w: metrics.balanced_accuracy_score(y, a.decided, sample_weight=w),
    "f1_macro": lambda y, a, w: metrics.f1_score(y, a.decided, average="macro", sample_weight=w),
    "f1_weighted": lambda y, a, w: metrics.f1_score(y, a.decided, average="weighted", sample_weight=w),
    "precision_macro": lambda y, a, w: metrics.precision_score(y, a.decided, average="macro", sample_weight=w),
    "recall_macro": lambda y, a, w: metrics.recall_score(y, a.decided, average="macro", sample_weight=w),
    "matthews_corrcoef": lambda y, a, w: metrics.matthews_corrcoef(y, a.decided, sample_weight=w),
    "roc_auc_ovr": lambda y, a, w: np.mean(
        [metrics.roc_auc_score(y == k, a.proba[:, k], sample_weight=w) for k in range(a.proba.shape[1])]
    ),
    "log_loss": lambda y, a, w: metrics.log_loss(y, a.proba, sample_weight=w),
    "neg_log_loss": lambda y, a, w: -metrics.log_loss(y, a.proba, sample_weight=w),
}
PEERS_OF_TWO = {
    "f1": lambda y, a, w: metrics.f1_score(y, a.decided, sample_weight=w),
    "precision": lambda y, a, w: metrics.precision_score(y, a.decided, sample_weight=w),
    "recall": lambda y, a, w: metrics.recall_score(y, a.decided, sample_weight=w),
    "roc_auc": lambda y, a, w: metrics.roc_auc_score(y, a.proba[:, 1], sample_weight=w),
    "average_precision": lambda y, a, w: metrics.average_precision_score(y, a.proba[:, 1], sample_weight=w),
    "brier": lambda y, a, w: metrics.brier_score_loss(y, a.proba[:, 1], sample_weight=w),
    "neg_brier_score": lambda y, a, w: -metrics.brier_score_loss(y, a.proba[:, 1], sample_weight=w),
}


def test_each_score_has_a_peer():
    assert set(PEERS) | set(PEERS_OF_TWO) == set(SCORES)


@pytest.mark.parametrize(("name", "n_classes"), [(name, 2) for name in SCORES] + [(name, 3) for name in PEERS])
def test_a_mass_of_known_labels_is_the_weighted_score_of_scikit_learn(name, n_classes):
    peer = (PEERS | PEERS_OF_TWO)[name]
    rng = np.random.default_rng(3)
    said, y, w = answers(rng, 101, n_classes), rng.integers(0, n_classes, 101), rng.uniform(0.1, 3, 101)
    assert_allclose(SCORES[name](said, one_hot(y, n_classes) * w[:, None]), peer(y, said, w), rtol=1e-10)


def test_brier_of_three_classes_is_the_squared_distance():
    rng = np.random.default_rng(0)
    said, y = answers(rng, 31, 3), rng.integers(0, 3, 31)
    expected = np.mean(np.sum((said.proba - one_hot(y, 3)) ** 2, axis=1))
    assert_allclose(SCORES["brier"](said, one_hot(y, 3)), expected)


def enumerated(score, said, q):
    """Mean of a function of all ways to label the rows, each by its probability."""
    n, n_classes = q.shape
    total = 0
    for labels in product(range(n_classes), repeat=n):
        chance = np.prod(q[np.arange(n), labels])
        total = total + chance * score(one_hot(np.array(labels), n_classes))
    return total


def test_probabilities_give_the_expected_confusion_over_all_labellings():
    rng = np.random.default_rng(1)
    said, q = answers(rng, 5, 3), rng.dirichlet(np.ones(3), 5)
    by_hand = enumerated(lambda mass: expected_confusion(said.decided, mass), said, q)
    assert_allclose(expected_confusion(said.decided, q), by_hand)
    for name in ("accuracy", "log_loss", "brier"):
        assert_allclose(SCORES[name](said, q), enumerated(lambda mass, s=SCORES[name]: s(said, mass), said, q))


def test_expected_pairs_leave_out_a_row_beside_itself():
    rng = np.random.default_rng(2)
    said, q = answers(rng, 7, 2), rng.dirichlet(np.ones(2), 7)

    def pairs(mass):
        positive, negative = np.flatnonzero(mass[:, 1]), np.flatnonzero(mass[:, 0])
        s = said.proba[:, 1]
        won = [(s[i] > s[j]) + 0.5 * (s[i] == s[j]) for i in positive for j in negative]
        return np.array([np.sum(won), len(won)], dtype=float)

    won, of = enumerated(pairs, said, q)
    assert_allclose(SCORES["roc_auc"](said, q), won / of)


def test_names_of_classes_and_the_order_of_rows_do_not_matter():
    rng = np.random.default_rng(4)
    said, q = answers(rng, 53, 3), rng.dirichlet(np.ones(3), 53)
    order, names = rng.permutation(53), np.array([2, 0, 1])
    moved = Answers(np.argsort(names)[said.decided][order], said.proba[order][:, names])
    for name in PEERS:
        assert_allclose(SCORES[name](moved, q[order][:, names]), SCORES[name](said, q), err_msg=name)
