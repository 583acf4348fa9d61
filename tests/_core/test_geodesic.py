"""The geodesic flow against its textbook parametrisation and numerical quadrature."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad_vec
from scipy.linalg import null_space, orth, subspace_angles

from sktl._core.geodesic import flow_scales, geodesic_factor, to_principal_axes

RNG = np.random.default_rng(0)


def textbook_flow(source, target):
    """P(t) = P_s U1 cos(t angle) - R_s U2 sin(t angle), with R_s the orthogonal complement of P_s: (4) of the paper."""
    complement = null_space(source.T)
    U1, cosines, Vt = np.linalg.svd(source.T @ target)
    U2 = -(complement.T @ target @ Vt.T) / np.sin(np.arccos(cosines))
    angles = np.arccos(cosines)
    return lambda t: source @ U1 * np.cos(t * angles) - complement @ U2 * np.sin(t * angles)


def test_the_factor_is_the_integral():
    source, target = orth(RNG.normal(size=(11, 4))), orth(RNG.normal(size=(11, 4)))
    flow = textbook_flow(source, target)
    assert_allclose(flow(0.3).T @ flow(0.3), np.eye(4), atol=1e-12)
    assert_allclose(subspace_angles(flow(1), target), 0, atol=1e-7)
    integral, _ = quad_vec(lambda t: flow(t) @ flow(t).T, 0, 1, epsabs=1e-12)
    factor, angles = geodesic_factor(source, target)
    assert_allclose(factor @ factor.T, integral, atol=1e-10)
    assert_allclose(angles, subspace_angles(source, target)[::-1], atol=1e-12)


@pytest.mark.parametrize("angle", [1e-9, 1e-5, 9.9e-3, 1.01e-2, 0.5, np.pi / 2])
def test_one_plane_at_any_angle(angle):
    source, target = np.array([[1.0], [0.0]]), np.array([[np.cos(angle)], [np.sin(angle)]])

    def product(t):
        p = np.array([np.cos(t * angle), np.sin(t * angle)])
        return np.outer(p, p)

    factor, angles = geodesic_factor(source, target)
    assert_allclose(factor @ factor.T, quad_vec(product, 0, 1, epsabs=1e-15)[0], rtol=1e-9, atol=1e-25)
    assert_allclose(angles, angle, rtol=1e-9)


def test_scales_are_smooth_where_the_series_takes_over():
    below, above = flow_scales(np.array([0.01 - 1e-9])), flow_scales(np.array([0.01 + 1e-9]))
    assert_allclose(below, above, rtol=1e-9)
    assert_allclose(flow_scales(np.zeros(1)), [[0.5], [1 / np.sqrt(12)]])


def test_equal_subspaces_give_the_projector():
    basis = orth(RNG.normal(size=(9, 3)))
    factor, _ = geodesic_factor(basis, basis @ orth(RNG.normal(size=(3, 3))))
    assert_allclose(factor @ factor.T, basis @ basis.T, atol=1e-12)


def test_rotation_keeps_products_and_uncorrelates():
    X, factor = RNG.normal(size=(40, 6)), RNG.normal(size=(6, 4))
    rotated = to_principal_axes(factor, 39 * np.cov((X @ factor).T))
    assert_allclose(rotated @ rotated.T, factor @ factor.T, atol=1e-12)
    covariance = np.cov((X @ rotated).T)
    assert_allclose(covariance, np.diag(covariance.diagonal()), atol=1e-10)
    assert (np.diff(covariance.diagonal()) < 0).all()
