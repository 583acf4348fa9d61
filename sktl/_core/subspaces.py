"""How many leading directions two subspaces share."""

import numpy as np


def subspace_disagreement(first, second, both):
    """Gong et al.'s measure D(k) = (sin a_k + sin b_k) / 2 for k = 1, 2, ...

    a_k (b_k) is the largest angle between the spans of the first k axes of the first (second) sample and of both
    samples together. It rises to 1, where the spans hold directions at right angles to each other.

    Parameters
    ----------
    first, second, both : ndarray of shape (d, n_axes)
        Orthonormal principal axes of each sample and of both together, leading ones first.

    Returns
    -------
    ndarray of shape (n_axes,)
    """
    sines = [_largest_sines(axes.T @ both) for axes in (first, second)]
    return (sines[0] + sines[1]) / 2


def _largest_sines(cosines):
    """Sine of the largest principal angle of each leading square block."""
    smallest = [np.linalg.svd(cosines[:k, :k], compute_uv=False)[-1] for k in range(1, len(cosines) + 1)]
    return np.sqrt(np.maximum(1 - np.minimum(smallest, 1) ** 2, 0))
