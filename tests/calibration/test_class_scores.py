"""Scores of classes: columns, draws and cells by hand."""

import numpy as np
from numpy.testing import assert_array_equal

from sktl.calibration._class_scores import aligned_proba, blocks, codes_in, of_own_class


def test_codes_of_values_of_any_kind():
    assert_array_equal(codes_in(np.array(["a", "b"]), np.array(["b", "c", "a"])), [1, -1, 0])
    assert_array_equal(codes_in(np.array([3, 7]), np.array([7.0, 5.0])), [1, -1])


def test_classes_that_a_model_has_not_seen_have_no_probability():
    aligned = aligned_proba(np.array([[0.2, 0.8], [0.9, 0.1]]), np.array(["a", "c"]), np.array(["a", "b", "c"]))
    assert_array_equal(aligned, [[0.2, 0, 0.8], [0.9, 0, 0.1]])
    turned = aligned_proba(np.array([[0.2, 0.8]]), np.array(["c", "a"]), np.array(["a", "b", "c"]))
    assert_array_equal(turned, [[0.8, 0, 0.2]])


def test_a_class_without_a_column_has_an_infinite_score():
    """So that its rows raise the quantile: no set of known classes can hold them."""
    assert_array_equal(of_own_class(np.array([[0.1, 0.9], [0.3, 0.7]]), np.array([1, -1])), [0.9, np.inf])


def test_cells_of_groups_and_classes():
    groups = np.array([1, 0, -1, 1])
    whole = {cell: (rows.tolist(), list(columns)) for rows, columns, cell in blocks(groups, 3, by_class=False)}
    assert whole == {-1: ([2], [0, 1, 2]), 0: ([1], [0, 1, 2]), 1: ([0, 3], [0, 1, 2])}
    by_class = [(rows.tolist(), list(columns), cell) for rows, columns, cell in blocks(groups, 3, by_class=True)]
    assert by_class == [
        *(([2], [code], -1) for code in range(3)),  # a group that was not seen is compared with nothing
        *(([1], [code], code) for code in range(3)),
        *(([0, 3], [code], 3 + code) for code in range(3)),
    ]
