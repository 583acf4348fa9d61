import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.metrics import mutual_info_score

from sktl._core.pivots import best_features, common_features, counts_by_group, mutual_information, occurrences


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix, sparse.csr_array])
def test_counts_and_information_are_scikit_learn_s(container):
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 3, 71)
    X = rng.normal(size=(71, 5)) * (rng.random((71, 5)) < 0.4) + np.outer(groups == 1, [0, 3, 0, 0, 0])
    X[:, 4] = 1.0  # occurs everywhere
    occurs = occurrences(container(X))
    counts, sizes = counts_by_group(occurs, groups)
    assert_array_equal(sizes, [(groups == g).sum() for g in range(3)])
    assert_array_equal(counts, [(X[groups == g] > 0).sum(axis=0) for g in range(3)])
    expected = [mutual_info_score(groups, X[:, j] > 0) for j in range(5)]
    assert_allclose(mutual_information(counts, sizes), expected, atol=1e-12)
    assert expected[1] > 5 * expected[0] and expected[4] == 0


def test_common_features_and_their_order():
    counts, sizes = np.array([[5.0, 4, 9, 5], [2, 2, 1, 2]]), np.array([20, 3])
    common = common_features(counts, sizes, 5)  # half of the second group's 3 rows is 2
    assert_array_equal(common, [True, False, False, True])
    assert_array_equal(best_features(common, np.array([1.0, 9, 9, 2])), [3, 0])
    assert_array_equal(
        best_features(np.ones(4, bool), np.array([1.0, 1, 2, 1]), np.array([0.0, 5, 0, 5])), [2, 1, 3, 0]
    )
