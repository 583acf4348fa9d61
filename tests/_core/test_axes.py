import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.decomposition import PCA

from sktl._core.axes import axes_by_name, principal_axes
from sktl._core.moments import BLOCK

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(53, 7), (8, 31), (2 * BLOCK + 9, 3)])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("n_components", [2, None])
def test_axes_are_those_of_pca(shape, container, n_components):
    X = RNG.normal(size=shape) * np.geomspace(3, 0.3, shape[1]) + 5
    mean, axes, scatter = principal_axes(container(X), n_components)
    pca = PCA(n_components or min(shape[0] - 1, shape[1])).fit(X)
    assert_allclose(mean, pca.mean_)
    assert_allclose(scatter, pca.explained_variance_ * (shape[0] - 1), rtol=1e-9)
    assert_allclose(np.abs(axes.T @ pca.components_.T), np.eye(len(scatter)), atol=1e-9)
    assert_allclose(axes.T @ axes, np.eye(len(scatter)), atol=1e-12)
    assert (axes[np.abs(axes).argmax(axis=0), np.arange(len(scatter))] > 0).all()


@pytest.mark.parametrize("shape", [(60, 4), (5, 20)])
def test_far_from_zero_the_axes_keep_their_digits(shape):
    X = RNG.integers(-8, 8, size=shape).astype(float)  # exact beside the offset
    (_, axes, scatter), (_, far, far_scatter) = principal_axes(X), principal_axes(X + 2.0**26)
    assert_allclose(far, axes, atol=1e-9)
    assert_allclose(far_scatter, scatter, rtol=1e-9)


def test_float32_is_summed_in_double_precision():
    X = RNG.normal(size=(500, 4)) * [4, 3, 2, 1]
    (_, axes, scatter), (_, single, single_scatter) = principal_axes(X), principal_axes(X.astype(np.float32))
    assert_allclose(single, axes, atol=1e-5)
    assert_allclose(single_scatter, scatter, rtol=1e-6)


def test_no_more_axes_than_directions():
    X = RNG.normal(size=(30, 2)) @ RNG.normal(size=(2, 6)) + 1e3
    assert principal_axes(X, 5)[1].shape == (6, 2)
    assert principal_axes(X[:5] @ RNG.normal(size=(6, 20)), 5)[1].shape == (20, 2)
    assert principal_axes(np.full((4, 3), 0.1), 2)[1].shape == (3, 0)
    mean, axes, scatter = principal_axes(X[:1], 2)
    assert axes.shape == (6, 0) and scatter.shape == (0,)
    assert_array_equal(mean, X[0])


@pytest.mark.parametrize("d", [3, 40])  # as many rows as columns in each domain, or fewer
def test_axes_of_domains_and_of_several_at_once(d):
    X = RNG.normal(size=(61, d)) * np.geomspace(3, 0.3, d)
    members = {"a": np.arange(20), "b": np.arange(20, 61, 2), "target": np.arange(21, 61, 2)}
    found, axes_of = axes_by_name(X, members, 2)
    for name, index in members.items():
        assert_allclose(found[name][1], principal_axes(X[index], 2)[1], atol=1e-9)
    both = np.sort(np.concatenate([members["a"], members["b"]]))
    assert_allclose(axes_of(["a", "b"])[1], principal_axes(X[both], 2)[1], atol=1e-9)
    assert_allclose(axes_of(list(members), 1)[2], principal_axes(X, 1)[2], rtol=1e-9)
