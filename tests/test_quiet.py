import warnings

import pytest

from sktl._quiet import quiet


def test_blocks_that_interleave_leave_no_filter():
    before = list(warnings.filters)
    one, other = quiet("what is expected"), quiet(category=RuntimeWarning)
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)  # as another thread may, while the second block is open
    warnings.warn("some figure", RuntimeWarning, stacklevel=1)
    other.__exit__(None, None, None)
    assert list(warnings.filters) == before


def test_other_warnings_are_heard_and_errors_pass():
    before = list(warnings.filters)
    with pytest.warns(UserWarning, match="something else"), quiet("what is expected"):
        warnings.warn("what is expected of it", UserWarning, stacklevel=1)
        warnings.warn("something else", UserWarning, stacklevel=1)
    with pytest.raises(KeyError), quiet():
        raise KeyError("x")
    assert list(warnings.filters) == before
