"""Verdicts that erred once, in small worlds whose truth is known; ``benchmarks/shift_kinds.py`` counts them in many."""

import numpy as np
import pytest

from sktl.inspection import DomainReport

N = 400
TARGET = np.arange(N) >= N // 2


def rows(seed, d=4):
    rng = np.random.default_rng(seed)
    return rng, rng.normal(size=(N, d))


def drawn(rng, f, numbers):
    """Labels of a response: numbers with noise, or two classes."""
    return f + 0.7 * rng.normal(size=N) if numbers else (rng.random(N) < 1 / (1 + np.exp(-2.5 * f))).astype(float)


def kind(X, y, known=N):
    """The verdict where that many target labels are known."""
    y = y.copy()
    y[np.flatnonzero(TARGET)[known:]] = np.nan
    return DomainReport.from_data(X, y, TARGET).kind


@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize("linear", [False, True])
def test_stretched_columns_under_one_response_are_not_a_concept_nor_other_units(numbers, linear):
    """Neither before nor after aligning; to scale each domain by itself would cost trees 2 to 14 points."""
    rng, X = rows(1)
    X[TARGET] *= 1.8
    f = X[:, 0] + 0.5 * X[:, 1] if linear else np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2]
    assert kind(X, drawn(rng, f, numbers)) in ("covariate", "scale or covariate")


@pytest.mark.parametrize("known", [100, N])
def test_an_intercept_of_numbers_is_not_a_matter_of_the_rows(known):
    """The rows do not differ, so that weights could mend nothing."""
    for seed in range(2):
        rng, X = rows(seed)
        assert kind(X, drawn(rng, X[:, 0] + 0.5 * X[:, 1] + TARGET, True), known) == "concept"


def test_an_intercept_of_classes_is_not_a_label_shift():
    for seed in range(2):
        rng, X = rows(seed)
        assert kind(X, drawn(rng, X[:, 0] + 0.5 * X[:, 1] + 0.8 * TARGET, False)) in ("concept", "label or concept")


@pytest.mark.parametrize("known", [0, N])
def test_an_identifier_or_a_year_is_no_matter_of_units(known):
    """One column that lies apart; the label moves with none."""
    rng, X = rows(3)
    y = drawn(rng, X[:, 0], False)
    for column in (np.arange(N), np.where(TARGET, 2023, 2019) + rng.integers(0, 3, N)):
        assert kind(np.column_stack([X, column]), y, known) == "none"


@pytest.mark.parametrize("numbers", [False, True])
def test_without_labels_a_column_that_drives_them_is_not_taken_for_label_shift(numbers):
    for seed in range(2):
        rng, X = rows(seed)
        X[TARGET, 0] += 1
        assert kind(X, drawn(rng, X[:, 0] + 0.5 * X[:, 1], numbers), 0) in ("covariate", "label or covariate")


def test_other_units_are_named_where_labels_show_them():
    """No row of the source lies where the target's do: aligned rows predict the target's labels, others do not."""
    for numbers in (False, True):
        rng, X = rows(2)
        y = drawn(rng, X[:, 0] + 0.5 * X[:, 1], numbers)
        X[TARGET] = X[TARGET] * [3, 0.4, 2, 1.7] + [2, 3, -2, 1]
        assert kind(X, y) == "scale"
