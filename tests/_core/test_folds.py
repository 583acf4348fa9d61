import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktl._core.folds import equal_rows, fold_numbers, mean_of_equals


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_equal_rows_share_a_number_and_a_fold(container):
    rng = np.random.default_rng(0)
    table = rng.integers(0, 6, size=(401, 3)).astype(float)
    numbers = equal_rows(container(table))
    expected = np.unique(table, axis=0, return_inverse=True)[1].ravel()
    assert len(set(zip(numbers, expected, strict=True))) == len(set(expected)) == len(set(numbers))
    stratum = np.arange(401) < 60
    folds = fold_numbers(container(table), stratum, 4, np.random.RandomState(0))
    assert len(set(zip(folds, expected, strict=True))) == len(set(expected))
    order = rng.permutation(401)
    again = fold_numbers(container(table[order]), stratum[order], 4, np.random.RandomState(0))
    assert_array_equal(again, folds[order])


def test_folds_are_stratified():
    X, stratum = np.random.default_rng(0).normal(size=(401, 2)), np.arange(401) < 43
    folds = fold_numbers(X, stratum, 5, np.random.RandomState(0))
    assert set(np.bincount(folds)) == {80, 81} and set(np.bincount(folds[stratum])) <= {8, 9}


def test_a_level_of_many_rows_is_in_every_fold():
    rng = np.random.default_rng(0)
    X = np.r_[rng.integers(0, 2, size=301), rng.normal(size=100)][:, None].astype(float)  # two levels, and single rows
    stratum = np.arange(401) % 3 == 0
    folds = fold_numbers(X, stratum, 5, np.random.RandomState(0))
    for level in (0, 1):
        for kind in (False, True):
            counts = np.bincount(folds[(X[:, 0] == level) & (stratum == kind)], minlength=5)
            assert np.ptp(counts) <= 1 and counts.min() > 5
    order = rng.permutation(401)
    again = fold_numbers(X[order], stratum[order], 5, np.random.RandomState(0))
    single = np.arange(401)[order] >= 301
    assert_array_equal(again[single], folds[order][single])
    values = rng.normal(size=401)
    means = mean_of_equals(values, X, stratum)
    here = (X[:, 0] == 1) & stratum
    assert_allclose(means[here], values[here].mean())
    assert_array_equal(means[301:], values[301:])
