import numpy as np

from sktl._core.held_out import first_as_good


def test_first_as_good_allows_one_standard_error():
    source, target = np.array([[1.0, 3.0], [0.9, 2.9], [0.0, 2.0]]), np.zeros((3, 5))
    assert first_as_good(source, target) == 2  # the others are behind by the same in each row: no doubt
    assert first_as_good(source, np.arange(15.0).reshape(3, 5) * [[0.0], [0.0], [0.08]]) == 1
    noisy = source + [[0.0, 0.0], [5.0, -5.0], [0.0, 0.0]]
    assert first_as_good(noisy, target) == 1  # behind by 0.9 with a standard error of 5 / sqrt(2)
