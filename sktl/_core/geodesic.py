"""Principal subspaces of two samples and the geodesic flow between them (Gong et al. 2012)."""

import numpy as np
from scipy.linalg import eigh

from sktl._core.linalg import NEGLIGIBLE

SMALL_ANGLE = 1e-2  # below it (1 - sin(t) / t) / (1 - cos(t)) would lose its digits


def geodesic_factor(source, target):
    r"""Thin factor F of the geodesic flow kernel: G = F F' = integral of P(t) P(t)' over 0 <= t <= 1.

    P(t) runs along the geodesic from the subspace ``source`` to ``target``. With principal vectors a_i, c_i and angles
    t_i between them, the flow turns a_i into c_i within their plane, evenly; seen from the middle of the arc the
    integral of each plane is diagonal, with axes a_i + c_i and c_i - a_i and values (1 + sin(t_i) / t_i) / 2 and
    (1 - sin(t_i) / t_i) / 2.

    Parameters
    ----------
    source, target : ndarray of shape (d, k)
        Orthonormal columns.

    Returns
    -------
    factor : ndarray of shape (d, 2 k)
    angles : ndarray of shape (k,)
        Principal angles, rising.
    """
    U, _, Vt = np.linalg.svd(source.T @ target)
    a, c = source @ U, target @ Vt.T
    along, across = a + c, c - a
    angle = 2 * np.arctan2(np.linalg.norm(across, axis=0), np.linalg.norm(along, axis=0))  # exact for small ones
    along_scale, across_scale = flow_scales(angle)
    return np.hstack([along * along_scale, across * across_scale]), angle


def flow_scales(angle):
    """Factors of a + c and c - a, whose squared norms are 2 (1 + cos(angle)) and 2 (1 - cos(angle)), in the root of G.

    For equal directions they tend to 1/2 and 1 / sqrt(12).
    """
    ratio = np.sinc(angle / np.pi)
    safe = np.where(angle < SMALL_ANGLE, 1.0, angle)
    exact = (1 - np.sinc(safe / np.pi)) / (4 * (1 - np.cos(safe)))
    series = (1 + angle**2 / 30) / 12
    across = np.where(angle < SMALL_ANGLE, series, exact)
    return np.sqrt((1 + ratio) / (4 * (1 + np.cos(angle)))), np.sqrt(across)


def to_principal_axes(factor, scatter):
    """Rotate the columns of a factor (d, m) so that those of X @ factor are uncorrelated, their variances falling.

    The products of new rows stay; what fixes the columns is X, not the signs and rotations of a decomposition. Columns
    that are zero on all rows are zero; the entry of largest size of the others is positive.

    Parameters
    ----------
    factor : ndarray of shape (d, m)
        What rows are multiplied by.
    scatter : ndarray of shape (m, m)
        Centred scatter of X @ factor.
    """
    rotated = factor @ eigh((scatter + scatter.T) / 2)[1][:, ::-1]
    largest = rotated[np.argmax(np.abs(rotated), axis=0), np.arange(factor.shape[1])]
    return rotated * np.where(np.abs(largest) < NEGLIGIBLE, 0.0, np.where(largest < 0, -1.0, 1.0))
