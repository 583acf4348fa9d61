import numpy as np
import pytest

from sktl.inspection._style import scatter_domains


@pytest.mark.parametrize("n, size", [(100, 18.0), (2000, 5.0)])
def test_many_points_are_small(n, size):
    figure = pytest.importorskip("matplotlib.figure", reason="the plot extra (matplotlib) is not installed")
    ax = figure.Figure().subplots()
    drawn = scatter_domains(ax, np.zeros((n, 2)), np.arange(n) % 2 == 0, np.full(n, np.nan), None)
    assert drawn[0].get_sizes()[0] == size
