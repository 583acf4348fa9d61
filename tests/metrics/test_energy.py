import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import euclidean_distances

from sktl.metrics import energy_distance


def test_definitions_with_loops():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(31, 3)), rng.normal(size=(23, 3)) + 0.5

    def mean(A, B, distinct):
        return np.mean(
            [np.linalg.norm(a - b) for i, a in enumerate(A) for j, b in enumerate(B) if not distinct or i != j]
        )

    for biased, distinct in ((False, True), (True, False)):
        loops = 2 * mean(X, Y, False) - mean(X, X, distinct) - mean(Y, Y, distinct)
        assert energy_distance(X, Y, biased=biased) == pytest.approx(loops, rel=1e-10)
        assert energy_distance(X, Y, biased=biased, squared=False) == pytest.approx(np.sqrt(loops), rel=1e-10)


def test_one_column_as_scipy():
    rng = np.random.default_rng(1)
    X, Y = rng.gamma(2.0, size=(1207, 1)), rng.normal(size=(1103, 1))  # more than a block of rows
    expected = stats.energy_distance(X[:, 0], Y[:, 0])
    assert energy_distance(X, Y, biased=True, squared=False) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("shift", [0.5, 1, 3])
def test_closed_form_of_normals(shift):
    # E|N(m, s^2)| is the mean of a folded normal; x - y has variance 2
    between = stats.foldnorm(shift / np.sqrt(2), scale=np.sqrt(2)).mean()
    within = 2 / np.sqrt(np.pi)
    X, Y = (stats.norm.ppf((np.arange(n) + 0.5) / n)[:, None] for n in (2003, 1501))  # quantiles: no chance in it
    assert energy_distance(X, Y + shift, biased=True) == pytest.approx(2 * between - 2 * within, rel=0.005)


def test_unbiased_estimate_is_zero_on_average():
    rng = np.random.default_rng(0)
    values = [energy_distance(rng.normal(size=(40, 2)), rng.normal(size=(30, 2))) for _ in range(150)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(150)
    assert min(values) < 0


def test_duplicates_and_far_clusters_keep_their_digits():
    X = np.repeat(np.random.default_rng(0).normal(size=(3, 2)), 40, axis=0)
    assert energy_distance(X, X, biased=True) == pytest.approx(0, abs=1e-9)
    Y = X + 1e8  # the within terms must not drown: each sample is centred by itself
    within = euclidean_distances(X).mean()
    far = 2 * np.mean(np.linalg.norm(Y[:, None] - X[None], axis=2)) - 2 * within
    assert energy_distance(X, Y, biased=True) == pytest.approx(far, rel=1e-12)


def test_one_far_row_leaves_the_others_their_digits():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(60, 3)), rng.normal(size=(50, 3)) + 0.5
    X[0] = 1e9
    within = [cdist(Z, Z).mean() for Z in (X, Y)]
    assert energy_distance(X, Y, biased=True) == pytest.approx(2 * cdist(X, Y).mean() - sum(within), rel=1e-6)
    ones = X[1:], np.r_[X[1:], X[1:]] + 1e-3
    assert energy_distance(*ones, biased=True) < 1e-3


def test_units_are_those_of_the_columns():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(101, 3)), rng.normal(size=(97, 3)) + 0.5
    assert energy_distance(1000 * X, 1000 * Y) == pytest.approx(1000 * energy_distance(X, Y))


def test_errors():
    X = np.ones((3, 2))
    with pytest.raises(ValueError, match="biased must be one of True, False; got 'linear'"):
        energy_distance(X, X, biased="linear")
    with pytest.raises(ValueError, match=r"X_target has 1 row\(s\); this measure needs at least 2"):
        energy_distance(X, X[:1])
    assert energy_distance(X[:1], X[:1] + 1, biased=True) == pytest.approx(2 * np.sqrt(2))
