import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from sktl.comparison import _candidates


def test_even_weights_make_the_tables_weigh_the_same():
    target = np.repeat([False, True], [30, 7])
    weights = _candidates.even_weights(np.zeros(37), target)
    assert_allclose(weights[target].sum(), weights[~target].sum())
    assert_array_equal(weights[~target], 1)
