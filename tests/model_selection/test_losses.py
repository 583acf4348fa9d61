"""Losses of single rows, by hand."""

import numpy as np
import pytest

from sktl.model_selection._losses import brier


def test_the_brier_score_counts_a_class_that_the_model_does_not_know():
    assert brier(np.array([0, 5]), [[0.2, 0.8], [0.5, 0.5]], np.array([0, 1])).tolist() == pytest.approx([1.28, 1.5])
