import numpy as np
import pytest
from scipy import sparse, stats

from sktl._core.wasserstein import random_directions, wasserstein_columns, wasserstein_projections
from sktl.exceptions import MissingExtraError
from sktl.metrics import coral_distance, energy_distance, mmd, proxy_a_distance, wasserstein_distance


@pytest.fixture
def pot():
    return pytest.importorskip("ot", reason="POT, the oracle, comes with the ot extra")


@pytest.mark.parametrize("n, m", [(101, 101), (101, 67), (3, 7), (1, 5), (6, 4)])
def test_columns_as_scipy_and_pot(n, m, pot):
    rng = np.random.default_rng(n)
    X, Y = rng.normal(size=(n, 3)), rng.gamma(2.0, size=(m, 3))
    X[:, 2], Y[:, 2] = np.round(X[:, 2]), np.round(Y[:, 2])  # ties
    expected = [stats.wasserstein_distance(X[:, j], Y[:, j]) for j in range(3)]
    np.testing.assert_allclose(wasserstein_columns(X, Y, 1), expected, rtol=1e-10)
    assert wasserstein_distance(X, Y) == pytest.approx(np.mean(expected))
    squares = [pot.emd2_1d(X[:, j], Y[:, j]) for j in range(3)]
    np.testing.assert_allclose(wasserstein_columns(X, Y, 2) ** 2, squares, rtol=1e-10)
    assert wasserstein_distance(X, Y, p=2) == pytest.approx(np.sqrt(np.mean(squares)))


def test_levels_that_coincide_are_counted_once():
    # quantiles of 4 and 6 rows step together at 1/2 and 1
    X, Y = np.array([[0.0], [1], [2], [3]]), np.array([[0.0], [0], [1], [2], [3], [3]])
    dense = np.repeat(X, 3, axis=0) - np.repeat(Y, 2, axis=0)
    assert wasserstein_distance(X, Y, p=3) == pytest.approx(np.mean(np.abs(dense) ** 3) ** (1 / 3), rel=1e-12)


def test_sliced_as_pot(pot):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(101, 5)), rng.normal(size=(67, 5)) + 0.5
    directions = random_directions(5, 31, rng)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=0), 1)
    ours = np.mean(wasserstein_projections(X, Y, directions, 2) ** 2) ** 0.5
    assert ours == pytest.approx(pot.sliced_wasserstein_distance(X, Y, projections=directions, p=2), rel=1e-10)


def test_exact_as_the_assignment():
    pytest.importorskip("ot", reason="exact transport comes with the ot extra")
    from scipy.optimize import linear_sum_assignment

    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(61, 3)), rng.normal(size=(61, 3)) + 1
    for p in (1, 2):
        costs = np.linalg.norm(X[:, None] - Y[None], axis=2) ** p
        expected = costs[linear_sum_assignment(costs)].mean() ** (1 / p)
        assert wasserstein_distance(X, Y, method="exact", p=p) == pytest.approx(expected, rel=1e-10)


def test_closed_form_of_normals():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(20_011, 4)), rng.normal(size=(15_013, 4))
    moved = Y + [2, 0, 0, 0]
    assert wasserstein_distance(X, moved) == pytest.approx(2 / 4, abs=0.03)
    assert wasserstein_distance(X, moved, p=2) == pytest.approx(2 / 2, abs=0.03)  # sqrt(4 / 4)
    assert wasserstein_distance(X, moved, p=2, method="sliced", n_projections=400) == pytest.approx(1, abs=0.1)
    assert wasserstein_distance(X[:, :1], 3 * Y[:, :1] + 1, p=2) == pytest.approx(np.sqrt(1 + 2**2), rel=0.02)


def test_marginals_miss_correlation():
    rng = np.random.default_rng(0)
    X, Z = rng.normal(size=(2003, 2)), rng.normal(size=2003)
    Y = np.column_stack([Z, Z])  # standard normal columns, but equal to each other
    assert wasserstein_distance(X, Y) < 0.1 < 0.2 < wasserstein_distance(X, Y, method="sliced")


def test_one_column_needs_no_pot(monkeypatch):
    def missing(module, extra, purpose):
        raise MissingExtraError(f"{purpose} needs {module}")

    monkeypatch.setattr("sktl.metrics._wasserstein.import_extra", missing)
    X = np.random.default_rng(0).normal(size=(31, 1))
    assert wasserstein_distance(X, X + 2, method="exact") == pytest.approx(2)
    with pytest.raises(MissingExtraError, match=r"wasserstein_distance\(method='exact'\) needs ot"):
        wasserstein_distance(np.hstack([X, X]), np.hstack([X, X]), method="exact")


def test_errors():
    X = np.ones((30, 2))
    with pytest.raises(ValueError, match=r"30 x 30 costs .7.2e-06 GB\); the limit is 899. Pass fewer rows"):
        wasserstein_distance(X, X, method="exact", max_pairs=899)
    with pytest.raises(ValueError, match="method must be one of 'marginal', 'sliced', 'exact'; got 'sinkhorn'"):
        wasserstein_distance(X, X, method="sinkhorn")
    with pytest.raises(ValueError, match="p must be a number >= 1; got 0.5"):
        wasserstein_distance(X, X, p=0.5)


@pytest.mark.parametrize("method", ["marginal", "sliced", "exact"])
@pytest.mark.parametrize("p", [1, 2, 7.5])
@pytest.mark.parametrize("unit", [1e-8, 1e-150, 3e150])
def test_the_distance_has_the_units_of_the_rows(method, p, unit):
    if method == "exact":
        pytest.importorskip("ot")
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(41, 3)), rng.normal(size=(53, 3)) + 1
    plain = wasserstein_distance(X, Y, method=method, p=p)
    assert wasserstein_distance(unit * X, unit * Y, method=method, p=p) == pytest.approx(unit * plain, rel=1e-9)


@pytest.mark.parametrize("method", ["marginal", "exact"])
def test_large_powers_tend_to_the_longest_way(method):
    # one way of 3, all others of 1 / 1024: W_p = 3 (1 / 40)^(1 / p), which tends to 3
    pytest.importorskip("ot")
    X = np.column_stack([8.0 * np.arange(40), np.zeros(40)])
    Y = X + [2.0**-10, 0]
    Y[7] = X[7] + [3, 0]
    for p in (1, 50, 700, 5000):
        shares = (39 * 2.0 ** (-10 * p) + 3**p) / 40 if p < 100 else None
        expected = shares ** (1 / p) if shares else 3 * 40 ** (-1 / p)
        found = wasserstein_distance(X, Y, method=method, p=p)
        # a mean over the two columns, of which the second is 0
        expected = expected * 0.5 ** (1 / p) if method == "marginal" else expected
        assert found == pytest.approx(expected, rel=1e-6)


def test_far_rows_do_not_hide_where_the_mass_goes():
    # both samples hold a pair 1e5 apart; mass moves by 1, and (1 / 1e5)^80 is 0
    pytest.importorskip("ot")
    X = np.array([[0.0, 0.0], [1e5, 0.0], [5.0, 5.0]])
    assert wasserstein_distance(X, X + [1, 0], method="exact", p=80) == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("metric", [wasserstein_distance, mmd, energy_distance, coral_distance, proxy_a_distance])
def test_a_dense_sample_beside_a_sparse_one(metric):
    rng = np.random.default_rng(0)
    X, Y = rng.poisson(1.0, size=(41, 4)).astype(float), rng.poisson(2.0, size=(29, 4)).astype(float)
    expected = metric(sparse.csr_matrix(X), sparse.csr_matrix(Y))
    assert metric(sparse.csr_matrix(X), Y) == pytest.approx(expected)
    assert metric(X, sparse.csr_array(Y)) == pytest.approx(expected)
