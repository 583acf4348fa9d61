import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from sktl.exceptions import SingleDomainWarning
from sktl.feature import LinearOT


@pytest.fixture
def correlated():
    """71 source and 49 target rows of 4 correlated columns with means apart; (X, target)."""
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(71, 4)) @ rng.normal(size=(4, 4)), rng.normal(size=(49, 4)) + [0, 3, 0, -1]])
    return X, np.arange(120) >= 71


def test_the_mapped_source_has_the_target_s_moments(correlated):
    X, target = correlated
    ot = LinearOT(shrinkage=None)
    mapped = ot.fit_transform(X, sample_domain=target)
    assert_allclose(np.cov(mapped[~target].T), np.cov(X[target].T), atol=1e-12)
    assert_allclose(mapped[~target].mean(axis=0), X[target].mean(axis=0))
    assert_array_equal(mapped[target], X[target])
    A = ot.maps_["source"].matrix
    assert_array_equal(A, A.T)
    assert np.linalg.eigvalsh(A)[0] > 0


@pytest.mark.parametrize("unit", [1e-150, 1e150])
def test_units_at_the_ends_of_the_numbers_leave_the_map(unit, correlated):
    X, target = correlated
    ot = LinearOT(shrinkage=0.1)
    maps = [clone(ot).fit(rows, sample_domain=target).maps_["source"].matrix for rows in (X, X * unit)]
    assert_allclose(*maps)


def test_the_rule_of_shrinkage_refuses_numbers_whose_fourth_powers_are_none(correlated):
    X, target = correlated
    with pytest.raises(ValueError, match="sums of their 4th powers exceed the largest number"):
        LinearOT().fit(X * 1e150, sample_domain=target)


def test_one_column_is_the_increasing_map_by_hand():
    X = np.concatenate([[1.0, 3, 5], [10, 20, 30, 40]])[:, None]
    mapped = LinearOT(shrinkage=None).fit_transform(X, sample_domain=np.arange(7) > 2)
    ratio = np.std([10, 20, 30, 40], ddof=1) / 2
    assert_allclose(mapped[:3, 0], 25 + ratio * np.array([-2, 0, 2]))


@pytest.mark.parametrize("reg", [1e-3, 0.5])
def test_is_pot_s_map(reg, correlated):
    ot = pytest.importorskip("ot", reason="POT comes with the ot extra")
    X, target = correlated
    found = LinearOT(reg=reg, shrinkage=None).fit(X, sample_domain=target).maps_["source"]
    means = [X[rows].mean(axis=0) for rows in (~target, target)]
    covariances = [np.cov(X[rows].T) + reg * np.eye(4) for rows in (~target, target)]
    A, b = ot.gaussian.bures_wasserstein_mapping(*means, *covariances)
    assert_allclose(found.matrix, A, rtol=1e-9, atol=1e-10)
    assert_allclose(X @ A + b, found(X), atol=1e-8)


def test_it_moves_the_rows_least_of_all_maps_that_match_the_moments(correlated):
    from sktl.feature import CORAL

    X, target = correlated
    moved = [
        np.mean((aligner.fit_transform(X, sample_domain=target) - X)[~target] ** 2)
        for aligner in (LinearOT(shrinkage=None), CORAL(reg=0))
    ]
    assert moved[0] < moved[1]
    means, (Cs, Ct) = [X[r].mean(axis=0) for r in (~target, target)], [np.cov(X[r].T) for r in (~target, target)]
    overlap = np.sqrt(np.linalg.eigvals(Cs @ Ct).real).sum()  # tr (C_s^1/2 C_t C_s^1/2)^1/2
    bures = np.trace(Cs) + np.trace(Ct) - 2 * overlap
    distance = np.sum((means[0] - means[1]) ** 2) + bures * 70 / 71
    assert_allclose(4 * moved[0], distance)


def test_units_of_the_columns_do_not_matter_where_the_covariances_commute():
    rng = np.random.default_rng(0)
    Q = rng.normal(size=(30, 3))
    Q, _ = np.linalg.qr(Q - Q.mean(axis=0))  # exactly uncorrelated columns
    X = np.vstack([Q * [1, 2, 3], Q[::-1] * [4, 1, 2] + 1])
    target = np.arange(60) >= 30
    units = np.array([10, 0.2, 3])
    plain, changed = (LinearOT(shrinkage=None).fit_transform(Z, sample_domain=target) for Z in (X, X * units))
    assert_allclose(changed, plain * units, atol=1e-9)


def test_a_rotation_of_all_rows_rotates_the_result(correlated):
    X, target = correlated
    R, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))
    plain, rotated = (LinearOT(shrinkage=None).fit_transform(Z, sample_domain=target) for Z in (X, 3 * X @ R + 2))
    assert_allclose(rotated, 3 * plain @ R + 2, atol=1e-9)


def test_back_and_forth_is_the_identity(correlated):
    X, target = correlated
    there = LinearOT(shrinkage=None).fit(X, sample_domain=target).maps_["source"]
    back = LinearOT(shrinkage=None).fit(X, sample_domain=~target).maps_["source"]
    assert_allclose(back(there(X)), X, atol=1e-9)


def test_more_columns_than_rows_give_the_same_map(monkeypatch):
    from sktl._core import linear_maps

    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(19, 60)) * np.linspace(0.5, 2, 60), rng.normal(size=(13, 60)) + 1])
    target, new = np.arange(32) >= 19, rng.normal(size=(5, 60))
    ot = LinearOT(reg=0.2, shrinkage=0.1)
    low_rank = ot.fit(X, sample_domain=target).maps_["source"]
    assert low_rank.matrix.shape == (30, 30)
    monkeypatch.setattr(linear_maps, "row_space", lambda rows: np.eye(60))  # the d x d problem
    assert_allclose(ot.fit(X, sample_domain=target).maps_["source"](new), low_rank(new), atol=1e-8)


def test_equal_domains_stay_and_each_source_has_its_map(correlated):
    X, target = correlated
    twice = np.vstack([X, X])
    for ot in (LinearOT(), LinearOT(shrinkage=None), LinearOT(reg=0.1)):
        assert_allclose(ot.fit_transform(twice, sample_domain=np.arange(240) >= 120), twice, atol=1e-8)
    with pytest.warns(SingleDomainWarning):
        assert_array_equal(LinearOT().fit_transform(X), X)
    domain = np.where(target, "target", np.where(np.arange(120) < 30, "a", "b"))
    mapped = LinearOT(shrinkage=None).fit_transform(X, sample_domain=domain)
    for name in "ab":
        assert_allclose(np.cov(mapped[domain == name].T), np.cov(X[target].T), atol=1e-12)


def test_constant_columns_without_a_ridge(correlated):
    X, target = correlated
    X = X.copy()
    X[:, 2] = 4.0
    assert_allclose(LinearOT(shrinkage=None).fit_transform(X, sample_domain=target)[:, 2], 4.0)


@pytest.mark.parametrize(
    "parameters, match",
    [({"reg": -1}, "reg must be a number >= 0; got -1"), ({"shrinkage": "oas"}, "shrinkage must be 'auto'")],
)
def test_errors(parameters, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match=match):
        LinearOT(**parameters).fit(X, y)
