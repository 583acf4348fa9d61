import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import metrics

from sktl.comparison import METRICS, _metrics
from sktl.exceptions import InputError


@pytest.fixture
def answered():
    """Truth of three uneven classes, and probabilities that know something of it."""
    rng = np.random.default_rng(0)
    truth = rng.choice(3, 101, p=[0.6, 0.3, 0.1]).astype(float)
    odds = rng.gamma(1.0, size=(101, 3)) + 1.5 * (truth[:, None] == np.arange(3))
    return truth, odds / odds.sum(axis=1, keepdims=True)


def test_scores_are_scikit_learn_s(answered):
    truth, proba = answered
    labels = _metrics.labels_of(proba)
    one_hot = np.eye(3)[truth.astype(int)]
    expected = {
        "accuracy": metrics.accuracy_score(truth, labels),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, labels),
        "f1": metrics.f1_score(truth, labels, average="macro"),
        "log_loss": metrics.log_loss(truth, proba),
        "roc_auc": metrics.roc_auc_score(one_hot, proba, average="macro"),
    }
    assert {name: pytest.approx(METRICS[name].score(truth, proba)) for name in expected} == expected
    numbers, guess = np.random.default_rng(1).normal(size=(2, 101))
    expected = {
        "r2": metrics.r2_score(numbers, guess),
        "mae": metrics.mean_absolute_error(numbers, guess),
        "rmse": metrics.root_mean_squared_error(numbers, guess),
    }
    assert {name: pytest.approx(METRICS[name].score(numbers, guess)) for name in expected} == expected


@pytest.mark.parametrize("name", ["f1", "roc_auc", "rmse"])
def test_the_spread_of_rows_is_the_score_s(name):
    """Standard errors from the rows against the spread of the score over fresh draws."""
    rng, scores, errors = np.random.default_rng(0), [], []
    for _ in range(300):
        truth = (rng.random(203) < 0.3).astype(float)
        signal = truth + rng.normal(size=203)
        answers = np.column_stack([-signal, signal]) if name == "roc_auc" else (signal > 0.7).astype(float)
        if name == "rmse":
            truth, answers = signal, truth
        rows = METRICS[name].rows(truth, answers)
        scores.append(rows.mean())
        errors.append(rows.std(ddof=1) / np.sqrt(203))
    assert_allclose(np.mean(errors), np.std(scores), rtol=0.1)  # a spread of 300 draws: to 4 %


def test_balanced_accuracy_where_a_class_is_rare():
    def choice(source, target=()):
        return _metrics.choose_metric(None, "classification", np.array(source), np.array(target)).name

    even, rare = np.repeat([0.0, 1.0], 50), np.repeat([0.0, 1.0], [81, 19])
    assert choice(even) == "accuracy" and choice(rare) == "balanced_accuracy"
    assert choice(np.repeat([0.0, 1.0], [80, 20])) == "accuracy"
    assert choice(even, np.repeat([0.0, 1.0], [17, 3])) == "balanced_accuracy"
    assert choice(even, np.repeat([0.0, 1.0], [16, 3])) == "accuracy"  # too few labels of the target
    assert choice(np.repeat(np.arange(10.0), 5)) == "accuracy"  # ten classes, none rarer than the others
    with pytest.raises(InputError, match="--metric r2 is made for regression, and the task is classification: choose"):
        _metrics.choose_metric("r2", "classification", even, even)


def test_the_constant_is_the_best_one():
    known = np.array([0.0, 1.0, 1.0, 1.0, 2.0, 9.0])
    assert _metrics.constant_answers(known, METRICS["r2"], 0, 2).tolist() == [known.mean()] * 2
    assert _metrics.constant_answers(known, METRICS["mae"], 0, 2).tolist() == [1.0] * 2
    assert _metrics.constant_answers(known[:5], METRICS["accuracy"], 3, 2).tolist() == [1.0] * 2
    assert_allclose(_metrics.constant_answers(known[:5], METRICS["log_loss"], 4, 1), [[0.2, 0.6, 0.2, 0]])
