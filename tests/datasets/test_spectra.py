"""Made spectra against their formula and their own truth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktl.datasets import make_spectra


def test_without_noise_both_instruments_are_their_formula():
    sizes = {"n_compounds": 3, "n_pairs": 7, "gain": 0.2, "offset": 0.3, "axis_shift": 2}
    data = make_spectra(30, 21, 80, **sizes, noise=0, random_state=0)
    assert_allclose(data.X_as_source, data.amounts @ data.pure)
    assert_allclose(data.X[:30], data.X_as_source[:30])
    place = np.linspace(0, 1, 80)
    moved = (1 + 0.2 * place) * np.roll(data.X_as_source[30:], -2, axis=1) + 0.3 * np.sin(np.pi * place)
    assert_allclose(data.X[30:, :-2], moved[:, :-2])  # a shift by whole columns reads the neighbours
    assert_array_equal(data.y_true, data.amounts[:, 0])
    assert np.isnan(data.y[30:]).all() and not np.isnan(data.y[:30]).any()


def test_partners_are_the_same_samples():
    data = make_spectra(30, 21, n_pairs=7, label_shift=2.0, random_state=0)
    for value in range(7):
        assert_array_equal(*data.amounts[data.sample_id == value])
    assert np.isnan(data.sample_id).sum() == 51 - 14
    rest = (data.sample_domain == "target") & np.isnan(data.sample_id)
    assert data.y_true[rest].min() > 2 > data.y_true[~rest].max()


def test_interference_is_one_shape_in_the_target_alone():
    with_it, without = (make_spectra(interference=size, noise=0, random_state=0) for size in (0.5, 0.0))
    assert_allclose(with_it.X[:100], without.X[:100])
    added = np.linalg.svd((with_it.X - without.X)[100:], compute_uv=False)
    assert added[1] < 1e-10 < added[0]


def test_noise_and_pairs():
    noisy, clean = (make_spectra(n_features=500, noise=noise, random_state=3) for noise in (0.1, 0.0))
    assert np.std(noisy.X - clean.X) == pytest.approx(0.1, rel=0.02)
    with pytest.raises(ValueError, match="n_pairs=11 samples .* need as many rows of each; got n_source=10"):
        make_spectra(10, 20, n_pairs=11)
