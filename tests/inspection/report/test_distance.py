import numpy as np
from numpy.testing import assert_allclose
from sklearn.metrics.pairwise import rbf_kernel

from sktl.inspection.report._distance import distance_of_rows, halves_mmd
from sktl.metrics import mmd


def test_the_mmd_of_halves_is_the_metric_s():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(41, 3))
    halves = [rng.permutation(41)[:40].reshape(2, -1) for _ in range(3)]
    expected = [mmd(X[one], X[other], gamma=0.3) for one, other in halves]
    assert_allclose(halves_mmd(rbf_kernel(X, gamma=0.3), halves), expected, atol=1e-12)


def test_noise_floors_are_quantiles_of_distances_without_a_difference(report):
    rng = np.random.default_rng(0)
    source = report.distance.floor, report.distance.proxy_a_floor
    assert 0 < source[0] < 0.02 and 0 < source[1] < 0.6
    below = []
    for _ in range(15):  # samples of one law: nearly all lie below the floor, as 95 % should
        X = rng.normal(size=(300, 3))
        found = distance_of_rows(X, np.arange(300) >= 200, (None, None))
        below.append((found.mmd <= found.floor, found.proxy_a <= found.proxy_a_floor + 0.05))
    assert (np.mean(below, axis=0) >= 0.8).all()


def test_distances_do_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(0)
    X, target = rng.normal(size=(200, 3)), np.arange(200) >= 120
    order = rng.permutation(200)
    one, other = (
        distance_of_rows(X, target, (None, None)),
        distance_of_rows(X[order], target[order], (None, None)),
    )
    for name in ("mmd", "floor", "proxy_a", "proxy_a_floor"):
        assert_allclose(getattr(one, name), getattr(other, name), atol=1e-12)
