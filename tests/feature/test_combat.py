"""ComBat as an aligner: covariates, a reference, new rows and new batches."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktl.feature import ComBat, DomainScaler


@pytest.fixture
def batches():
    """Three batches of 30 columns and unequal size; the group makes a difference and is spread unevenly over them."""
    rng = np.random.default_rng(0)
    batch = np.repeat(["a", "b", "target"], [40, 31, 52])
    group = (rng.uniform(size=123) < np.repeat([0.2, 0.5, 0.8], [40, 31, 52])).astype(float)
    signal = rng.normal(size=30)
    moved = np.repeat(np.arange(3), [40, 31, 52])
    X = (
        rng.normal(size=(123, 30)) * np.array([1.0, 1.5, 0.7])[moved][:, None]
        + np.array([0.0, 3.0, 8.0])[moved][:, None]
    )
    return np.column_stack([group, X + group[:, None] * signal]), batch, signal


def effect_of_group(X):
    """Difference of the groups' means in each column."""
    return X[X[:, 0] == 1, 1:].mean(axis=0) - X[X[:, 0] == 0, 1:].mean(axis=0)


def test_covariates_are_kept(batches):
    X, batch, signal = batches
    kept = ComBat(covariates=[0]).fit_transform(X, sample_domain=batch)
    assert_array_equal(kept[:, 0], X[:, 0])
    errors = [np.abs(effect_of_group(rows) - signal).mean() for rows in (kept, X)]
    assert errors[0] < 0.25 and errors[1] > 1
    lost = ComBat().fit_transform(X, sample_domain=batch)  # takes the groups' shares for the batches' own
    assert np.abs(effect_of_group(np.column_stack([X[:, 0], lost[:, 1:]])) - signal).mean() > errors[0]
    frame = pd.DataFrame(X, columns=["group", *(f"g{j}" for j in range(30))])
    assert_array_equal(ComBat(covariates=["group"]).fit_transform(frame, sample_domain=batch), kept)


def test_many_rows_leave_nothing_to_shrink():
    rng = np.random.default_rng(1)
    X = np.concatenate([rng.normal(size=(3000, 20)), 2 * rng.normal(size=(3001, 20)) + rng.normal(size=20)])
    batch = np.repeat(["a", "target"], [3000, 3001])
    plain, combat = (aligner.fit_transform(X, sample_domain=batch) for aligner in (DomainScaler(), ComBat()))
    assert_allclose(combat, plain * combat.std(axis=0) + combat.mean(axis=0), atol=0.15)


@pytest.mark.parametrize("reference", ["target", "b"])
def test_a_reference_stays_and_is_what_the_others_come_to(batches, reference):
    X, batch, _ = batches
    mapped = ComBat(reference=reference).fit_transform(X[:, 1:], sample_domain=batch)
    own = batch == reference
    assert_array_equal(mapped[own], X[own, 1:])
    assert_allclose(mapped[batch == "a"].mean(), mapped[own].mean(), atol=0.1)
    assert_allclose(mapped[batch == "a"].std(), mapped[own].std(), rtol=0.1)
    with pytest.raises(ValueError, match=r"reference='c' is none of the domains \['a', 'b', 'target'\]"):
        ComBat(reference="c").fit(X, sample_domain=batch)


@pytest.mark.parametrize("method", ["parametric", "nonparametric"])
def test_a_new_batch_is_mapped_as_if_it_had_been_known(batches, method):
    X, batch, _ = batches
    fitted = ComBat(method=method, reference="target").fit(X[:, 1:], sample_domain=batch)
    again = fitted.transform(X[batch == "a", 1:], sample_domain=["a, later"] * 40)
    known = fitted.transform(X[batch == "a", 1:], sample_domain=["a"] * 40)
    assert_allclose(again, known, atol=0.3 if method == "parametric" else 1e-12)  # the prior is the others' mean
    one = fitted.transform(X[:1, 1:], sample_domain=["new"])
    assert np.isfinite(one).all()
    fresh = np.random.default_rng(2).normal(size=(6, 30)) + 5
    assert abs(fitted.transform(fresh, sample_domain=["new"] * 6).mean() - X[batch == "target", 1:].mean()) < 0.2
    with pytest.raises(ValueError, match="fit has not seen"):
        fitted.transform(fresh, sample_domain=[False] * 6)  # which of the sources?


def test_a_batch_of_one_row_has_its_location_moved_alone(batches):
    X, batch, _ = batches
    batch = batch.copy()
    batch[0] = "alone"
    mapped = ComBat().fit(X[:, 1:], sample_domain=batch)
    assert_array_equal(mapped.effects_["alone"].variance, 1.0)
    assert np.isfinite(mapped.transform(X[:1, 1:], sample_domain=["alone"])).all()


def test_units_of_columns_do_not_matter(batches):
    X, batch, _ = batches
    units = 10.0 ** np.arange(-15, 15)
    one, other = (ComBat().fit_transform(rows, sample_domain=batch) for rows in (X[:, 1:], X[:, 1:] * units))
    assert_allclose(other / units, one, rtol=1e-7, atol=1e-9)


def test_covariates_must_be_columns(batches):
    X, batch, _ = batches
    with pytest.raises(ValueError, match="covariates names the column 'age', which X does not have: it has 31 columns"):
        ComBat(covariates=["age"]).fit(X, sample_domain=batch)
    with pytest.raises(ValueError, match="All 2 columns of X are covariates"):
        ComBat(covariates=[0, 1]).fit(X[:, :2], sample_domain=batch)
