import numpy as np
import pytest

from sktl._core.kernels import median_distance
from sktl.metrics import conditional_mmd, mmd


@pytest.fixture
def labelled():
    rng = np.random.default_rng(0)
    y, z = rng.integers(0, 3, 101), rng.integers(0, 3, 83)
    return rng.normal(size=(101, 2)) + y[:, None], y, rng.normal(size=(83, 2)) + 1.5 * z[:, None], z


@pytest.mark.parametrize("biased", [False, True])
def test_it_is_the_mean_over_classes(labelled, biased):
    X, y, Y, z = labelled
    each = [mmd(X[y == c], Y[z == c], gamma=0.4, biased=biased) for c in range(3)]
    options = {"gamma": 0.4, "biased": biased}
    assert conditional_mmd(X, y, Y, z, **options) == pytest.approx(np.mean(each))
    expected = np.average(each, weights=np.bincount(z))
    assert conditional_mmd(X, y, Y, z, average="weighted", **options) == pytest.approx(expected)
    assert conditional_mmd(X, y, Y, z, squared=False, **options) == pytest.approx(np.sqrt(np.mean(each)))


def test_the_width_is_that_of_all_rows(labelled):
    X, y, Y, z = labelled
    gamma = 0.5 / median_distance(np.concatenate([X, Y]), "euclidean") ** 2
    assert conditional_mmd(X, y, Y, z) == pytest.approx(conditional_mmd(X, y, Y, z, gamma=gamma))
    mean = (conditional_mmd(X, y, Y, z, gamma=0.1) + conditional_mmd(X, y, Y, z, gamma=1.0)) / 2
    assert conditional_mmd(X, y, Y, z, gamma=[0.1, 1.0]) == pytest.approx(mean)


def test_names_of_classes_do_not_matter(labelled):
    X, y, Y, z = labelled
    names = np.array(["b", "c", "a"])
    assert conditional_mmd(X, names[y], Y, names[z]) == pytest.approx(conditional_mmd(X, y, Y, z))
    assert conditional_mmd(X, names[y].astype(object), Y, list(names[z])) == pytest.approx(conditional_mmd(X, y, Y, z))


def test_errors(labelled):
    X, y, Y, z = labelled
    with pytest.raises(ValueError, match=r"The target has fewer than 2 row\(s\) of the class\(es\) \[7\]"):
        conditional_mmd(X, np.where(y == 2, 7, y), Y, np.where(z == 2, 1, z))
    with pytest.raises(ValueError, match="y_target has 82 labels for 83 rows"):
        conditional_mmd(X, y, Y, z[1:])
    with pytest.raises(ValueError, match="y_source lacks 101 of 101 labels"):
        conditional_mmd(X, np.full(101, np.nan), Y, z)
    with pytest.raises(ValueError, match="average must be one of 'macro', 'weighted'; got 'micro'"):
        conditional_mmd(X, y, Y, z, average="micro")
