"""Angles between the leading subspaces of two samples."""

from numbers import Integral

import numpy as np

from sktl._checks import Interval, checked
from sktl._core.axes import principal_axes
from sktl._core.sample_moments import angles_between
from sktl.metrics._samples import check_samples

N_COMPONENTS = ("auto", Interval(Integral, 1))
MOST = 10  # components that the default takes, at the most


@checked(n_components=N_COMPONENTS)
def principal_angles(X_source, X_target, *, n_components="auto"):
    r"""Principal angles between the subspaces in which two samples vary most.

    With orthonormal bases P_s and P_t of the leading principal components of each sample, the cosines of the angles are
    the singular values of :math:`P_s^\top P_t`. *Range*: [0, pi / 2] each; 0 means a common direction. *Units*:
    radians; the components depend on the units of the columns: standardise first. *What it misses*: means, and how much
    the samples vary along their components. If variances are nearly equal, chance decides which directions lead.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source, at least two.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target, at least two.
    n_components : int >= 1 or "auto", default="auto"
        Dimension of both subspaces. With r_s and r_t the number of directions in which each sample varies, "auto" is
        min(10, max(r_s, r_t) / 2 rounded up, r_s, r_t): two bases of the whole space would have no angle between them.

    Returns
    -------
    ndarray of shape (n_components,)
        Angles, rising.

    Raises
    ------
    ValueError
        If a sample has fewer than two rows, is not finite or varies in fewer than ``n_components`` directions, or
        columns differ.

    See Also
    --------
    subspace_distance : One number from the angles.

    Notes
    -----
    Cost O(n d^2 + d^3) time and O(n d) memory; for a sample of n <= d rows O(n^2 d). Small angles are taken from their
    sines, so that they keep their digits.

    References
    ----------
    .. [1] A. V. Knyazev, M. E. Argentati, "Principal angles between subspaces in an A-based scalar product", SIAM
       Journal on Scientific Computing 23, 2002.
    .. [2] B. Gong, Y. Shi, F. Sha, K. Grauman, "Geodesic flow kernel for unsupervised domain adaptation", CVPR 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import principal_angles
    >>> X = np.random.default_rng(0).normal(size=(400, 2)) * [5, 1]
    >>> turn = np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]])
    >>> principal_angles(X, X @ turn).round(2)
    array([0.3])
    """
    X_source, X_target = check_samples(X_source, X_target, min_rows=2)
    bases = [principal_axes(X)[1] for X in (X_source, X_target)]
    ranks = [basis.shape[1] for basis in bases]
    if n_components == "auto":
        # half of all directions: as many as there are would span the same space
        n_components = max(min(MOST, -(-max(ranks) // 2), *ranks), 1)
    for name, rank in zip(("X_source", "X_target"), ranks, strict=True):
        if rank < n_components:
            raise ValueError(
                f"{name} varies in {rank} direction(s), fewer than n_components={n_components}: lower "
                "n_components, or pass more rows."
            )
    return angles_between(*(basis[:, :n_components] for basis in bases))


@checked(n_components=N_COMPONENTS, metric=("chordal", "geodesic", "projection"))
def subspace_distance(X_source, X_target, *, n_components="auto", metric="chordal"):
    r"""Distance between the subspaces in which two samples vary most, from their principal angles.

    .. math:: \text{chordal: } \sqrt{\textstyle\sum_i \sin^2 \theta_i}, \qquad
              \text{geodesic: } \sqrt{\textstyle\sum_i \theta_i^2}, \qquad
              \text{projection: } \max_i \sin \theta_i

    *Range*: [0, sqrt(k)], [0, sqrt(k) pi / 2] and [0, 1] for k components; 0 means the same subspace. *Units*: none,
    but the components depend on the units of the columns: standardise first. *What it misses*: as
    :func:`principal_angles`.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source, at least two.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target, at least two.
    n_components : int >= 1 or "auto", default="auto"
        Dimension of both subspaces; "auto" as in :func:`principal_angles`.
    metric : {"chordal", "geodesic", "projection"}, default="chordal"
        Which distance; "chordal" is the Frobenius norm of the difference of the projections, over sqrt(2); "projection"
        its spectral norm.

    Returns
    -------
    float
        The distance.

    Raises
    ------
    ValueError
        As :func:`principal_angles`.

    See Also
    --------
    principal_angles : The angles themselves.
    coral_distance : How the covariances differ, their sizes included.

    Notes
    -----
    Cost: that of :func:`principal_angles`.

    References
    ----------
    .. [1] A. Edelman, T. A. Arias, S. T. Smith, "The geometry of algorithms with orthogonality constraints", SIAM
       Journal on Matrix Analysis and Applications 20, 1998.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import subspace_distance
    >>> X = np.random.default_rng(0).normal(size=(400, 2)) * [5, 1]
    >>> round(subspace_distance(X, X[:, ::-1]), 1)  # at right angles
    1.0
    """
    angles = principal_angles(X_source, X_target, n_components=n_components)
    if metric == "geodesic":
        return float(np.linalg.norm(angles))
    sines = np.sin(angles)
    return float(sines.max() if metric == "projection" else np.linalg.norm(sines))
