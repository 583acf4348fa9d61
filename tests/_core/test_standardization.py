"""Maps between instruments against scikit-learn's ridge, refits without the row, and their definitions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge

from sktl._core.standardization import (
    REGS,
    band_map,
    leading_directions,
    left_out_error,
    n_parasitic,
    ridge_map,
    spectral_map,
    spectral_maps,
)


@pytest.fixture
def pairs():
    """Eleven samples on two instruments of 17 columns: a gain, a mixing of neighbours, an offset and noise."""
    rng = np.random.default_rng(0)
    own = rng.normal(size=(11, 3)) @ rng.normal(size=(3, 17)) + 0.1 * rng.normal(size=(11, 17)) + 5
    other = 1.2 * own + 0.3 * np.roll(own, 1, axis=1) - 2 + 0.05 * rng.normal(size=(11, 17))
    return own, other


@pytest.mark.parametrize("keep", [1.0, 0.0])
@pytest.mark.parametrize("reg", [1e-6, 0.03])
def test_the_map_is_a_ridge_of_the_change(pairs, reg, keep):
    own, other = pairs
    mapping, used = ridge_map(own, other, reg, keep)
    energy = np.sum((own - own.mean(axis=0)) ** 2)
    ridge = Ridge(reg * energy, solver="cholesky").fit(own, other - keep * own)
    new = np.random.default_rng(1).normal(size=(5, 17)) + 5
    assert_allclose(mapping(new), keep * new + ridge.predict(new), rtol=1e-6)
    assert used == reg


def test_without_a_ridge_it_is_the_pseudo_inverse(pairs):
    own, other = pairs
    S, R = own - own.mean(axis=0), other - other.mean(axis=0)
    new = np.random.default_rng(1).normal(size=(5, 17)) + 5
    expected = other.mean(axis=0) + (new - own.mean(axis=0)) @ np.linalg.pinv(S) @ R
    assert_allclose(ridge_map(own, other, 0, 0.0)[0](new), expected, rtol=1e-8)
    assert_allclose(ridge_map(own, other, 0)[0](own), other, rtol=1e-8)  # more columns than pairs: exact on these
    shift = other.mean(axis=0) - own.mean(axis=0)
    assert_allclose(ridge_map(own, other, np.inf)[0](new), new + shift, rtol=1e-12)
    assert_allclose(ridge_map(own[:1], other[:1], "auto")[0](new), new + other[0] - own[0], rtol=1e-12)


@pytest.mark.parametrize("reg", [1e-4, 0.1, np.inf])
def test_left_out_errors_are_those_of_refits(pairs, reg):
    own, other = pairs
    # the penalty is a share of all rows' sum of squares, with and without the row
    energy = np.sum((own - own.mean(axis=0)) ** 2)
    expected = 0.0
    for out in range(11):
        rest = np.arange(11) != out
        if np.isinf(reg):
            guess = (other - own)[rest].mean(axis=0)
        else:
            guess = (
                Ridge(reg * energy, solver="cholesky").fit(own[rest], (other - own)[rest]).predict(own[out : out + 1])
            )
        expected += np.sum((other[out] - own[out] - guess) ** 2)
    U, s, _ = np.linalg.svd(own - own.mean(axis=0), full_matrices=False)
    T = other - own - (other - own).mean(axis=0)
    assert left_out_error(U, s, T, reg) == pytest.approx(expected, rel=1e-7)


def test_auto_takes_the_least_left_out_error(pairs):
    own, other = pairs
    U, s, _ = np.linalg.svd(own - own.mean(axis=0), full_matrices=False)
    T = other - own - (other - own).mean(axis=0)
    errors = [left_out_error(U, s, T, reg) for reg in REGS]
    assert ridge_map(own, other, "auto")[1] == REGS[int(np.argmin(errors))] not in (REGS[0], REGS[-1])
    assert ridge_map(own, own + 3.0, "auto")[1] == np.inf  # an offset alone: nothing else to learn


@pytest.mark.parametrize("half_width", [0, 2, 16])
def test_a_band_is_a_ridge_for_each_column(pairs, half_width):
    own, other = pairs
    mapping, _ = band_map(own, other, half_width, 0.01)
    new = np.random.default_rng(1).normal(size=(5, 17)) + 5
    for j in range(17):
        window = slice(max(j - half_width, 0), j + half_width + 1)
        energy = np.sum((own[:, window] - own[:, window].mean(axis=0)) ** 2)
        ridge = Ridge(0.01 * energy, solver="cholesky").fit(own[:, window], (other - own)[:, j])
        assert_allclose(mapping(new)[:, j], new[:, j] + ridge.predict(new[:, window]), rtol=1e-7)


def test_the_band_s_ridge_has_the_least_left_out_error_over_all_columns(pairs):
    own, other = pairs
    errors = []
    for reg in REGS:
        total = 0.0
        for j in range(17):
            window = own[:, max(j - 1, 0) : j + 2]
            U, s, _ = np.linalg.svd(window - window.mean(axis=0), full_matrices=False)
            T = (other - own)[:, j] - (other - own)[:, j].mean()
            total += left_out_error(U, s, T[:, None], reg)
        errors.append(total)
    assert band_map(own, other, 1, "auto")[1] == REGS[int(np.argmin(errors))]


def test_spectral_maps_are_by_their_definition(pairs):
    own, other = pairs
    S, R = own - own.mean(axis=0), other - other.mean(axis=0)
    _, _, Vt = np.linalg.svd(np.hstack([R, S]))
    new = np.random.default_rng(1).normal(size=(5, 17)) + 5
    for k, mapping in enumerate(spectral_maps(own, other, 4)):
        P_r, P_s = Vt[:k, :17], Vt[:k, 17:]
        centred = new - own.mean(axis=0)
        expected = other.mean(axis=0) + centred + centred @ np.linalg.pinv(P_s) @ (P_r - P_s)
        assert_allclose(mapping(new), expected, rtol=1e-8)
    errors = []
    for k in range(9):  # of ten folds each has one pair, but for the first, which has two
        folds = [(np.arange(11) % 10) == fold for fold in range(10)]
        maps = [(out, list(spectral_maps(own[~out], other[~out], k))[k]) for out in folds]
        errors.append(sum(np.sum((mapping(own[out]) - other[out]) ** 2) for out, mapping in maps))
    assert len(spectral_map(own, other, "auto").coef) == np.argmin(errors) > 0


def test_equal_instruments_are_left_alone(pairs):
    own, _ = pairs
    new = np.random.default_rng(1).normal(size=(5, 17)) + 5
    for mapping in (ridge_map(own, own, "auto")[0], band_map(own, own, 2, "auto")[0], spectral_map(own, own, 3)):
        assert_allclose(mapping(new), new, rtol=1e-10)


def test_parasitic_directions_are_counted_by_samples_left_out():
    rng = np.random.default_rng(0)
    shapes = np.linalg.qr(rng.normal(size=(20, 6)))[0].T
    signal = rng.normal(size=(30, 4)) @ shapes[:4]
    added = rng.normal(size=(30, 2)) * [3, 2] @ shapes[4:]
    rows = np.concatenate([signal, signal + added]) + 0.01 * rng.normal(size=(60, 20))
    samples = np.tile(np.arange(30), 2)
    means = np.tile((rows[:30] + rows[30:]) / 2, (2, 1))
    count = n_parasitic(rows - means, means, samples)
    assert count == 2
    found = leading_directions(rows - means, count)
    assert_allclose(np.linalg.norm(found @ shapes[4:].T), np.sqrt(2), rtol=1e-3)  # the two shapes
    ratios = []
    for k in range(11):
        within = between = 0.0
        for fold in range(10):
            out = samples % 10 == fold
            rest = np.eye(20) - (V := leading_directions((rows - means)[~out], k)).T @ V
            within += np.sum(((rows - means)[out] @ rest) ** 2)
            between += np.sum(((means - means.mean(axis=0))[out] @ rest) ** 2)
        ratios.append(within / between)
    assert count == np.argmax(ratios <= min(ratios) + 1e-3 * ratios[0])
