"""Paired tests of a gain: against scipy's, and their level."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from sktl.model_selection._gains import gain_of_folds, gain_of_rows, gain_of_weighted_rows


def test_p_values_are_scipy_s():
    d = np.random.default_rng(0).normal(0.3, 1, 31)
    gain = gain_of_rows(d, 0.05, 0.1)
    assert gain.pvalue == pytest.approx(stats.ttest_1samp(d, 0.1, alternative="greater").pvalue)
    low, high = stats.ttest_1samp(d, 0).confidence_interval(0.9)
    assert_allclose([gain.low, gain.high], [low, high])
    folds = gain_of_folds(d, 5, 0.05, 0.0)
    error = np.sqrt((1 / 31 + 1 / 4) * d.var(ddof=1))
    assert folds.pvalue == pytest.approx(stats.t.sf(d.mean() / error, 30))
    assert gain_of_rows(np.zeros(5), 0.05, 0).pvalue == 1.0
    assert gain_of_folds(np.ones(5), 5, 0.05, 0).pvalue == 0.0
    assert gain_of_rows(np.array([1.0] * 5 + [0.0] * 20), 0.05, 0).pvalue == 1 / 64  # mid-p: half of the exact 1 / 32


def test_weighted_rows_of_equal_weight_are_tested_as_rows():
    d, rng = np.random.default_rng(0).normal(0.1, 1, 31), np.random.default_rng(1)
    gain = gain_of_weighted_rows(d, np.full(31, 3.0), 0.05, 0.0)
    assert gain.pvalue == pytest.approx(stats.ttest_1samp(d, 0, alternative="greater").pvalue)
    assert_allclose([gain.low, gain.high], stats.ttest_1samp(d, 0).confidence_interval(0.9))
    w = rng.exponential(size=31)
    assert gain_of_weighted_rows(d, w, 0.05, 0).estimate == pytest.approx(np.average(d, weights=w))
    lone = gain_of_weighted_rows(d, np.eye(31)[0], 0.05, 0)  # one row carries all the weight: no evidence
    assert lone.pvalue == 1.0 and lone.low == -np.inf
    assert gain_of_weighted_rows(np.zeros(31), w, 0.05, 0).pvalue == 1.0


def test_weighted_rows_keep_the_level():
    rng, n = np.random.default_rng(2), 200
    x = rng.normal(size=(3000, n))
    w = np.exp(x - 0.5)
    d = rng.normal(size=(3000, n)) * (1 + 0.5 * x) - 0.1 * (x - 1)  # of weighted mean 0, not of mean 0
    refused = [
        gain_of_weighted_rows(values, weights, 0.05, 0).pvalue >= 0.05 for values, weights in zip(d, w, strict=True)
    ]
    assert 0.93 < np.mean(refused) < 0.985
