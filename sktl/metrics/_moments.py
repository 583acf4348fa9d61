"""Distances between the means and covariances of two samples."""

from sktl._checks import BOOLEAN, check_squares, checked
from sktl._core.sample_moments import covariance_gap, frechet_squared
from sktl.metrics._samples import check_samples, root


@checked(squared=BOOLEAN)
def frechet_distance(X_source, X_target, *, squared=True):
    r"""Frechet distance: Wasserstein distance of order 2, as if both samples were Gaussian.

    .. math:: \|m_s - m_t\|^2 + \operatorname{tr}\big(C_s + C_t - 2 (C_s^{1/2} C_t C_s^{1/2})^{1/2}\big)

    with the means m and covariances C (divisor n - 1) of the two samples. Between network features of images it is
    known as FID; between covariances alone, as the Bures distance. *Range*: [0, inf). *Units*: those of X, squared; all
    columns must be on one scale: standardise first. 0 means equal means and covariances. *What it misses*: everything
    but these: shapes, clusters, tails. With fewer than about ten rows per column it is well above 0 even for equal
    distributions: compare it with the distance between two halves of one sample.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source, at least two.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target, at least two.
    squared : bool, default=True
        Return the square, as above; False returns its root, a metric.

    Returns
    -------
    float
        The (squared) distance.

    Raises
    ------
    ValueError
        If a sample has fewer than two rows or is not finite, or columns differ.

    See Also
    --------
    coral_distance : The covariances alone, entry by entry.
    wasserstein_distance : Without the Gaussian assumption.

    Notes
    -----
    Cost O(n d^2 + d^3) time and O(n d) memory; where there are more columns than either sample has rows, O(n^2 d + n^3)
    with n rows in all. Singular covariances are no obstacle: the trace of the root is a sum of singular values.

    References
    ----------
    .. [1] D. C. Dowson, B. V. Landau, "The Frechet distance between multivariate normal distributions", Journal of
       Multivariate Analysis 12, 1982.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import frechet_distance
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(500, 1)), 1.0 + 2 * rng.normal(size=(400, 1))
    >>> round(frechet_distance(X, Y))  # 2 for N(0, 1) and N(1, 4)
    2
    """
    X_source, X_target = _samples_of_size(X_source, X_target)
    value = frechet_squared(X_source, X_target)
    return value if squared else root(value)


@checked(squared=BOOLEAN)
def coral_distance(X_source, X_target, *, squared=True):
    r"""CORAL distance: squared difference of the covariances, as in the CORAL loss.

    .. math:: \frac{1}{4 d^2} \|C_s - C_t\|_F^2

    with covariances C (divisor n - 1) over d columns. *Range*: [0, inf). *Units*: the fourth power of those of X; all
    columns must be on one scale: standardise both samples by the same means and deviations first. 0 means equal
    covariances. *What it misses*: everything else, above all shifts of means. With few rows per column it is well above
    0 even for equal distributions.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source, at least two.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target, at least two.
    squared : bool, default=True
        Return the loss as above; False returns its root, |C_s - C_t|_F / (2 d), in squared units of X.

    Returns
    -------
    float
        The distance.

    Raises
    ------
    ValueError
        If a sample has fewer than two rows or is not finite, or columns differ.

    See Also
    --------
    frechet_distance : Means too, and a metric between Gaussians.

    Notes
    -----
    Cost O(n d^2) time and O(n d) memory; where there are more columns than either sample has rows, O(n^2 d) with n rows
    in all.

    References
    ----------
    .. [1] B. Sun, K. Saenko, "Deep CORAL: correlation alignment for deep domain adaptation", ECCV workshops 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import coral_distance
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(5000, 1)), 5 + 2 * rng.normal(size=(4000, 1))
    >>> round(coral_distance(X, Y), 1)  # (4 - 1)^2 / 4 = 2.25
    2.3
    """
    X_source, X_target = _samples_of_size(X_source, X_target, power=4)  # squares of covariances are fourth powers
    value = covariance_gap(X_source, X_target) / (4 * X_source.shape[1] ** 2)
    return value if squared else root(value)


def _samples_of_size(X_source, X_target, power=2):
    """Both samples, checked; an error if the given powers of their values exceed the largest number."""
    samples = check_samples(X_source, X_target, min_rows=2)
    for name, X in zip(("X_source", "X_target"), samples, strict=True):
        check_squares(X, name, power)
    return samples
