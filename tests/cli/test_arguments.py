from sktl.cli import _arguments
from sktl.comparison import METHODS, METRICS


def test_names_that_are_known_before_the_comparison_is_imported_are_its_own():
    assert tuple(METHODS) == _arguments.METHODS and tuple(METRICS) == _arguments.METRICS
