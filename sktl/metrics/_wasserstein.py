"""Wasserstein distance between two samples."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from sktl._checks import N_JOBS, RANDOM_STATE, Interval, check_fits, checked, import_extra
from sktl._core.kernels import Kernel
from sktl._core.transport import PIVOTS, exact_distance
from sktl._core.wasserstein import power_mean, random_directions, wasserstein_columns, wasserstein_projections
from sktl.domains import warn_unconverged
from sktl.metrics._samples import check_samples


@checked(
    method=("marginal", "sliced", "exact"),
    p=(Interval(low=1),),
    n_projections=(Interval(Integral, 1),),
    max_pairs=(Interval(Integral, 1),),
    random_state=RANDOM_STATE,
    n_jobs=N_JOBS,
)
def wasserstein_distance(
    X_source,
    X_target,
    *,
    method="marginal",
    p=1,
    n_projections=100,
    max_pairs=25_000_000,
    random_state=0,
    n_jobs=None,
):
    r"""Wasserstein distance: how far the rows of one sample must be moved, on average, to become the other.

    .. math:: W_p^p = \min_{\pi} \operatorname{E}_\pi \|x - y\|^p

    over the couplings of the two empirical distributions. "exact" is this distance. "marginal" is the power mean (mean
    W_p^p)^(1/p) of the distances of the single columns, each exact: it is 0 if every column has the same distribution,
    even if correlations differ. "sliced" is the same over random directions: 0 only where the distributions are equal.
    *Range*: [0, inf). *Units*: those of X, so all columns must be on one scale: standardise first. *What it misses*:
    "marginal", changes of correlation; "exact" is far above 0 for equal distributions in many columns (its noise floor
    falls as n^(-1/d)); compare with the distance between two halves of one sample.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    method : {"marginal", "sliced", "exact"}, default="marginal"
        Which distance, see above. "exact" needs the extra ``ot``, except for a single column.
    p : float >= 1, default=1
        Order.
    n_projections : int, default=100
        Directions of "sliced".
    max_pairs : int, default=25_000_000
        Largest n_source * n_target for which "exact" builds its matrix of costs (200 MB).
    random_state : int, RandomState instance or None, default=0
        Draws the directions.
    n_jobs : int, default=None
        Threads that share columns or directions.

    Returns
    -------
    float
        The distance, W_p (not its power).

    Raises
    ------
    ValueError
        If a sample is empty or not finite, columns differ, or there are more than ``max_pairs`` pairs.
    MissingExtraError
        If ``method="exact"`` and POT is not installed.

    Warns
    -----
    ConvergenceWarning
        If the network simplex of "exact" did not converge.

    See Also
    --------
    energy_distance : All columns jointly, in blocks; 0 on average for equal distributions.
    frechet_distance : W_2 in closed form, if both samples were Gaussian.

    Notes
    -----
    Cost, for n rows in all: "marginal" O(d n log n) time, "sliced" O(n_projections n (d + log n)), both with O(n d)
    memory; "exact" about O(n^3 log n) time and O(n_source n_target) memory. For Gaussians of one covariance
    whose means differ by a vector m, "exact" is |m| and "sliced" with p=2 is |m| / sqrt(d).

    References
    ----------
    .. [1] G. Peyre, M. Cuturi, "Computational optimal transport", Foundations and Trends in Machine Learning 11, 2019.
    .. [2] N. Bonneel, J. Rabin, G. Peyre, H. Pfister, "Sliced and Radon Wasserstein barycenters of measures", Journal
       of Mathematical Imaging and Vision 51, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import wasserstein_distance
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(500, 2)), rng.normal(size=(400, 2)) + [1, 0]
    >>> round(wasserstein_distance(X, Y), 1)  # 1 in the first column, 0 in the second
    0.6
    """
    # single columns are sorted, never squared
    X_source, X_target = check_samples(X_source, X_target, squares=method != "marginal")
    if method == "exact" and X_source.shape[1] > 1:
        return _exact(X_source, X_target, p, max_pairs)
    if method == "sliced":
        directions = random_directions(X_source.shape[1], n_projections, check_random_state(random_state))
        distances = wasserstein_projections(X_source, X_target, directions, p, n_jobs)
    else:
        distances = wasserstein_columns(X_source, X_target, p, n_jobs)
    return float(power_mean(distances, p, np.full(len(distances), 1 / len(distances))))


def _exact(X_source, X_target, p, max_pairs):
    """W_p by POT's network simplex."""
    n, m = X_source.shape[0], X_target.shape[0]
    needs = f"method='exact' builds a matrix of {n} x {m} costs ({8e-9 * n * m:.2g} GB)"
    check_fits(n * m, max_pairs, needs, "Pass fewer rows, use method='sliced', or raise max_pairs.")
    import_extra("ot", "ot", "wasserstein_distance(method='exact')")
    value, converged = exact_distance(Kernel("distance")(X_source, X_target), p)
    if not converged:
        warn_unconverged(f"The transport of {n} rows to {m} was not solved in {PIVOTS} steps of the network simplex.")
    return value
