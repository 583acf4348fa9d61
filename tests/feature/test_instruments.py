"""Maps of one instrument's rows into another's space, on made spectra with known truth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktl.datasets import make_spectra
from sktl.feature import DirectStandardization, PiecewiseDirectStandardization, SpectralSpaceTransformation

ALL = pytest.mark.parametrize(
    "aligner", [DirectStandardization(), PiecewiseDirectStandardization(), SpectralSpaceTransformation()], ids=repr
)


@pytest.fixture(scope="module")
def data():
    return make_spectra(40, 30, 60, n_pairs=15, axis_shift=0.5, noise=1e-4, random_state=0)


@ALL
def test_spectra_come_near_what_the_source_would_measure(aligner, data):
    aligner.fit(data.X, data.y, sample_id=data.sample_id)
    new = (data.sample_domain == "target") & np.isnan(data.sample_id)
    before, after = (
        np.abs(rows - data.X_as_source[new]).mean() for rows in (data.X[new], aligner.transform(data.X[new]))
    )
    assert after < before / 20
    source = data.sample_domain == "source"
    assert_array_equal(aligner.transform(data.X[source], data.sample_domain[source]), data.X[source])
    assert aligner.reference_ == "source"


@ALL
def test_the_other_way_round(aligner, data):
    there = aligner.set_params(reference="target").fit(data.X, data.y, sample_id=data.sample_id)
    target = data.sample_domain == "target"
    assert_array_equal(there.transform(data.X[target]), data.X[target])
    swapped = np.where(target, "lab", "target")
    aligner.set_params(reference="target").fit(data.X, data.y, sample_id=data.sample_id)
    expected = aligner.transform(data.X[~target], data.sample_domain[~target])
    back = aligner.set_params(reference=None).fit(data.X, sample_domain=swapped, sample_id=data.sample_id)
    assert_allclose(back.transform(data.X[~target]), expected, rtol=1e-9)
    assert set(back.maps_) == {"target"}


@ALL
def test_each_of_several_domains_has_its_own_pairs(aligner, data):
    pairs = np.flatnonzero(~np.isnan(data.sample_id))
    third = data.X[pairs[:15]] * 1.1 + 0.2
    X = np.vstack([data.X, third])
    domain = np.concatenate([data.sample_domain, np.repeat("field", 15)])
    ids = np.concatenate([data.sample_id, data.sample_id[pairs[:15]]])
    with pytest.raises(ValueError, match=r"There are 2 sources, \['field', 'source'\]: say into which"):
        aligner.set_params(reference=None).fit(X, sample_domain=domain, sample_id=ids)
    fitted = aligner.set_params(reference="source").fit(X, sample_domain=domain, sample_id=ids)
    assert set(fitted.maps_) == {"field", "target"}
    assert_allclose(fitted.transform(third, np.repeat("field", 15)), data.X[pairs[:15]], atol=5e-3)
    alone = aligner.fit(data.X, sample_domain=data.sample_domain, sample_id=data.sample_id).transform(data.X)
    assert_allclose(aligner.fit(X, sample_domain=domain, sample_id=ids).transform(data.X), alone, rtol=1e-9)
    with pytest.raises(
        ValueError, match=r"reference='elsewhere' is none of the domains \['field', 'source', 'target'\]"
    ):
        aligner.set_params(reference="elsewhere").fit(X, sample_domain=domain, sample_id=ids)
    aligner.set_params(reference=None)


@ALL
def test_a_sample_measured_twice_counts_by_its_mean(aligner, data):
    pairs = np.flatnonzero(data.sample_id == 3)
    noise = np.random.default_rng(1).normal(scale=1e-3, size=60)
    X = np.vstack([data.X, data.X[pairs[:1]] + noise])
    X[pairs[0]] -= noise
    domain, ids = np.append(data.sample_domain, "source"), np.append(data.sample_id, 3)
    twice = aligner.fit(X, sample_domain=domain, sample_id=ids).transform(data.X)
    once = aligner.fit(data.X, sample_domain=data.sample_domain, sample_id=data.sample_id).transform(data.X)
    assert_allclose(twice, once, rtol=1e-9)


@ALL
def test_names_of_samples_in_their_order_do_not_matter(aligner, data):
    named = np.array([None if np.isnan(value) else f"sample {value:03.0f}" for value in data.sample_id], dtype=object)
    one, other = (aligner.fit(data.X, data.y, sample_id=ids).transform(data.X) for ids in (data.sample_id, named))
    assert_array_equal(one, other)


@ALL
def test_samples_in_both_domains_are_needed(aligner, data):
    with pytest.raises(ValueError, match="none of the 0 ids in sample_id .* use DomainScaler"):
        aligner.fit(data.X, data.y)
    ids = np.where(data.sample_domain == "source", data.sample_id, np.nan)
    with pytest.raises(ValueError, match="none of the 15 ids in sample_id is in 'target' and in 'source'"):
        aligner.fit(data.X, data.y, sample_id=ids)


def test_options_of_each(data):
    kept = {"sample_domain": data.sample_domain, "sample_id": data.sample_id}
    assert SpectralSpaceTransformation(3).fit(data.X, **kept).n_components_ == {"target": 3}
    assert SpectralSpaceTransformation(99).fit(data.X, **kept).n_components_ == {"target": 14}  # pairs less one
    assert DirectStandardization(reg=0.1).fit(data.X, **kept).regs_ == {"target": 0.1}
    wide = PiecewiseDirectStandardization(500, reg=0.1).fit(data.X, **kept)  # no wider than the spectrum
    assert wide.maps_["target"].band.shape == (60, 119)
