"""Two tables of one kind of thing."""

import pytest
from two_tables import mixed_table


@pytest.fixture
def tables():
    return mixed_table(131, 0.0, 0), mixed_table(97, 0.8, 1)
