import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sktl._core.folds import equal_rows, fold_numbers


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_equal_rows_share_a_number_and_a_fold(container):
    rng = np.random.default_rng(0)
    table = rng.integers(0, 3, size=(401, 3)).astype(float)
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
