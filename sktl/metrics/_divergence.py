"""Divergences of the target's density from the source's."""

from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sktl._checks import N_JOBS, RANDOM_STATE, HasMethods, Interval, checked
from sktl._core.distances import middle
from sktl._core.divergence import js_of_ratio, kl_of_distances, kl_of_ratio
from sktl._core.kernels import stack_samples, subsample
from sktl._core.ratio import fit_least_squares, least_squares_loss
from sktl.metrics._samples import check_samples

NEIGHBORS_OR_RATIO = {
    "method": ("neighbors", "ratio"),
    "n_neighbors": (Interval(Integral, 1),),
    "weighter": (None, HasMethods("fit", "predict_weights", noun="a weighter object, such as sktl.instance.KLIEP(),")),
    "n_jobs": N_JOBS,
}


@checked(**NEIGHBORS_OR_RATIO)
def kl_divergence(X_source, X_target, *, method="neighbors", n_neighbors=5, weighter=None, n_jobs=None):
    r"""Kullback-Leibler divergence of the target from the source, in nats.

    .. math:: \operatorname{KL}(p_t \,\|\, p_s) = \operatorname{E}_t \log \frac{p_t(x)}{p_s(x)}

    It shows the price of importance weighting: it is large if the target has rows that the source almost never has. It
    is not symmetric: exchange the samples for the other direction. *Range*: [0, inf); an estimate below 0 is returned
    as 0. *Units*: nats. The divergence itself does not depend on the units of X, but its estimates use distances:
    standardise first. 0 means equal distributions. *What it misses*: for samples far apart "neighbors" grows only with
    the logarithm of the distance (the divergence itself grows much faster), and it is too small in many columns;
    "ratio" sees only what its weighter can express.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    method : {"neighbors", "ratio"}, default="neighbors"
        "neighbors": from distances to the k-th neighbour in both samples [1]; values must not repeat. "ratio": from
        the density ratio that ``weighter`` finds.
    n_neighbors : int >= 1, default=5
        k of "neighbors": more of them mean less variance and more bias.
    weighter : estimator with predict_weights, default=None
        Needed for "ratio", for instance ``sktl.instance.KLIEP()``. It is fitted on the two samples, unless it is
        already fitted.
    n_jobs : int, default=None
        Jobs of the search for neighbours.

    Returns
    -------
    float
        The estimate, in nats.

    Raises
    ------
    ValueError
        If a sample is not finite or has no more rows than ``n_neighbors``, columns differ, rows repeat, or ``weighter``
        is missing, is given without "ratio", or gives a target row a ratio of 0.
    TypeError
        If ``weighter`` has no ``predict_weights``.

    See Also
    --------
    js_divergence : Symmetric and bounded.
    pearson_divergence : Bounded, by least squares.

    Notes
    -----
    Cost of "neighbors": O(d n log n) in few columns, O(n^2 d) in more than some 15; O(n d) memory. A column that is the
    same in all rows is left out. It is biased towards 0 where the target is wider than the source, and in many columns:
    with 2,000 rows per sample, 0.52 for N(0, 4) from N(0, 1) (the truth is 0.81), 3.7 for N(3, 1) (4.5), and for a
    shift by 1 in one of 5 or 10 columns 0.38 and 0.33 (0.5; "ratio" with a ``DiscriminatorWeighter``, 0.51 and 0.52).
    "ratio" is E_t log r - log E_s r, a lower bound whatever the ratio r (in expectation over rows that r was not fitted
    on; on its own rows it is optimistic).

    References
    ----------
    .. [1] Q. Wang, S. R. Kulkarni, S. Verdu, "Divergence estimation for multidimensional densities via
       k-nearest-neighbor distances", IEEE Transactions on Information Theory 55, 2009.
    .. [2] X. Nguyen, M. J. Wainwright, M. I. Jordan, "Estimating divergence functionals and the likelihood ratio by
       convex risk minimization", IEEE Transactions on Information Theory 56, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import kl_divergence
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(2000, 1)), rng.normal(1.0, size=(1000, 1))
    >>> round(kl_divergence(X, Y), 1)  # 0.5 for N(1, 1) from N(0, 1)
    0.5
    """
    X_source, X_target = _check(X_source, X_target, method, n_neighbors, weighter)
    if method == "ratio":
        return max(kl_of_ratio(*_ratios(weighter, X_source, X_target)), 0.0)
    X_source, X_target = _prepared(X_source, X_target)
    if not X_source.shape[1]:  # all rows are the same
        return 0.0
    own, n_own = _radii(X_target, None, n_neighbors, n_jobs)
    other, n_other = _radii(X_source, X_target, n_neighbors, n_jobs)
    _refuse_ties(own, other)
    return max(kl_of_distances(own, other, n_own, n_other, X_source.shape[1]), 0.0)


@checked(**NEIGHBORS_OR_RATIO, random_state=RANDOM_STATE)
def js_divergence(X_source, X_target, *, method="neighbors", n_neighbors=5, weighter=None, random_state=0, n_jobs=None):
    r"""Jensen-Shannon divergence of the two samples, in nats: symmetric and bounded.

    .. math:: \tfrac12 \operatorname{KL}(p_s \,\|\, m) + \tfrac12 \operatorname{KL}(p_t \,\|\, m),
              \qquad m = \tfrac12 (p_s + p_t)

    It is the information that a row carries about its domain, if both domains are equally likely. *Range*: [0, log 2 =
    0.69]; estimates outside are cut. *Units*: nats; standardise first, since its estimates use distances. 0 means equal
    distributions, log 2 that they do not overlap; it does not say how far apart they then are. *What it misses*: as
    :func:`kl_divergence`; in more than some 5 columns "neighbors" often says 0 where there is a shift (Notes): take
    "ratio" there.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    method : {"neighbors", "ratio"}, default="neighbors"
        As in :func:`kl_divergence`.
    n_neighbors : int >= 1, default=5
        k of "neighbors".
    weighter : estimator with predict_weights, default=None
        For "ratio", as in :func:`kl_divergence`.
    random_state : int, RandomState instance or None, default=0
        Draws the rows of the larger sample that "neighbors" keeps.
    n_jobs : int, default=None
        Jobs of the search for neighbours.

    Returns
    -------
    float
        The estimate, in nats.

    Raises
    ------
    ValueError, TypeError
        As :func:`kl_divergence`.

    See Also
    --------
    kl_divergence : One direction, unbounded.
    proxy_a_distance : A bounded distance by a classifier.

    Notes
    -----
    Cost: as :func:`kl_divergence`. "neighbors" is the estimate of [1] for each half, with both samples as the sample of
    the mixture; so that each makes up one half of it, the larger sample is cut to the size of the smaller, at random.
    The search for neighbours is within the pooled rows, the row itself left out. "ratio" is log 2 minus the log-loss of
    telling the domains apart by the ratio r: a lower bound whatever r is, as in :func:`kl_divergence`.
    "neighbors" falls short in many columns: for a shift by 1 in one of 10 columns it finds 0.06 with 2,000 rows "
    "per sample, and for a shift by 0.5 in one of 20 columns 0 (the truth is 0.11 and 0.03; "ratio" with a
    ``DiscriminatorWeighter`` finds 0.11 in the first case).

    References
    ----------
    .. [1] Q. Wang, S. R. Kulkarni, S. Verdu, "Divergence estimation for multidimensional densities via
       k-nearest-neighbor distances", IEEE Transactions on Information Theory 55, 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import js_divergence
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(1000, 1)), rng.normal(1.0, size=(1000, 1))
    >>> round(js_divergence(X, Y), 1)  # 0.11 for N(0, 1) and N(1, 1)
    0.1
    """
    X_source, X_target = _check(X_source, X_target, method, n_neighbors, weighter)
    if method == "ratio":
        # an estimate may leave the range that the divergence has
        return float(np.clip(js_of_ratio(*_ratios(weighter, X_source, X_target)), 0, np.log(2)))
    n, rng = min(X_source.shape[0], X_target.shape[0]), check_random_state(random_state)
    X_source, X_target = (X if X.shape[0] == n else X[subsample(X, n, rng)] for X in (X_source, X_target))
    X_source, X_target = _prepared(X_source, X_target)
    if not X_source.shape[1]:
        return 0.0
    pooled, n_pooled = _radii(stack_samples(X_source, X_target), None, n_neighbors, n_jobs)
    halves = []
    for X, other in ((X_source, pooled[:n]), (X_target, pooled[n:])):
        own, n_own = _radii(X, None, n_neighbors, n_jobs)
        _refuse_ties(own, other)
        halves.append(kl_of_distances(own, other, n_own, n_pooled, X.shape[1]))
    return float(np.clip(np.mean(halves), 0, np.log(2)))


@checked(
    alpha=(Interval(low=0, high=1, closed="left"),),
    gamma=("auto", Interval(low=0, closed="neither")),
    reg=("auto", Interval(low=0, closed="neither")),
    n_centers=(Interval(Integral, 1),),
    random_state=RANDOM_STATE,
)
def pearson_divergence(X_source, X_target, *, alpha=0.1, gamma="auto", reg="auto", n_centers=100, random_state=0):
    r"""Relative Pearson divergence of the target from a mixture with the source, by RuLSIF.

    .. math:: \tfrac12 \operatorname{E}_{q}\big[(p_t(x) / q(x) - 1)^2\big],
              \qquad q = \alpha p_t + (1 - \alpha) p_s

    It is half the variance of the (relative) importance weights, and so shows what weighting will cost. It is not
    symmetric. *Range*: [0, (1 / alpha - 1) / 2], 4.5 by default; an estimate below 0 is returned as 0. *Units*: none,
    but the columns of X must be on one scale: standardise first. 0 means equal distributions. *What it misses*: what
    Gaussian bumps of one width at ``n_centers`` target rows can't express: it falls short of large divergences and in
    many columns.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    alpha : float in [0, 1), default=0.1
        Share of the target in the mixture; 0 is the plain Pearson divergence, which may be infinite.
    gamma : float > 0 or "auto", default="auto"
        Width of the kernel, in 1 / squared units of X. "auto" tries 0.1, 0.3, 1, 3 and 10 over the squared median
        distance.
    reg : float > 0 or "auto", default="auto"
        Ridge. "auto" tries 0.01, 0.1, 1 and 10.
    n_centers : int >= 1, default=100
        Largest number of centres, drawn among the target rows.
    random_state : int, RandomState instance or None, default=0
        Draws the centres. Which ones does not depend on the order of the rows.

    Returns
    -------
    float
        The estimate.

    Raises
    ------
    ValueError
        If a sample is empty or not finite, columns differ, or a parameter is out of its range.

    See Also
    --------
    kl_divergence : Unbounded, from neighbours or any weighter.

    Notes
    -----
    Cost O(n b (d + b)) time for each width (with b centres, n rows in all) and O(n d) memory: linear in rows. "auto" is
    decided by the leave-one-out error.

    References
    ----------
    .. [1] M. Yamada, T. Suzuki, T. Kanamori, H. Hachiya, M. Sugiyama, "Relative density-ratio estimation for robust
       distribution comparison", NIPS 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import pearson_divergence
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(2000, 1)), rng.normal(0.5, size=(1000, 1))
    >>> round(pearson_divergence(X, Y), 1)  # 0.096 for N(0.5, 1) and a tenth of it in N(0, 1)
    0.1
    """
    X_source, X_target = check_samples(X_source, X_target)
    rng = check_random_state(random_state)
    ratio = fit_least_squares(X_source, X_target, rng, alpha=alpha, gamma=gamma, reg=reg, n_centers=n_centers)
    return max(-least_squares_loss(ratio(X_source), ratio(X_target), alpha) - 0.5, 0.0)


def _check(X_source, X_target, method, n_neighbors, weighter):
    """Samples, after the parameters that :func:`kl_divergence` and :func:`js_divergence` share."""
    if method == "ratio":
        if weighter is None:
            raise ValueError("method='ratio' needs a weighter, such as sktl.instance.KLIEP(); got None.")
    elif weighter is not None:
        raise ValueError(f"method='neighbors' does not use a weighter; got {weighter!r}. Pass method='ratio' with it.")
    return check_samples(X_source, X_target, min_rows=1 if method == "ratio" else n_neighbors + 1)


def _ratios(weighter, X_source, X_target):
    """The weighter's ratio at the rows of both samples; it is fitted on them if it is not fitted."""
    try:
        check_is_fitted(weighter)
    except NotFittedError:
        is_target = np.arange(X_source.shape[0] + X_target.shape[0]) >= X_source.shape[0]
        weighter = clone(weighter).fit(stack_samples(X_source, X_target), sample_domain=is_target)
    ratios = [weighter.predict_weights(X) for X in (X_source, X_target)]
    zeros = int(np.sum(ratios[1] <= 0))
    if zeros or not np.any(ratios[0] > 0):
        what = f"{zeros} of {len(ratios[1])} target rows" if zeros else "all source rows"
        raise ValueError(
            f"{type(weighter).__name__} gives {what} a ratio of 0, which has no logarithm. Use a weighter whose "
            "ratios are positive, such as KLIEP or DiscriminatorWeighter."
        )
    return ratios


def _prepared(X_source, X_target):
    """Both samples without the columns that never vary; moved to near 0 if dense: distances keep their digits."""
    X = stack_samples(X_source, X_target)
    if sparse.issparse(X):
        varies = X.max(axis=0).toarray().ravel() > X.min(axis=0).toarray().ravel()
        return X_source[:, varies], X_target[:, varies]
    # a constant column adds to the dimension, but to no distance: the estimate would be wrong
    varies = X.max(axis=0) > X.min(axis=0)
    offset = middle(X[:, varies])
    return X_source[:, varies] - offset, X_target[:, varies] - offset


def _radii(X, queries, n_neighbors, n_jobs):
    """Distance of each query to its k-th neighbour in ``X`` (None: of each row to the others), and how many it sees."""
    from sklearn.neighbors import NearestNeighbors  # here, to keep `import sktl` quick

    search = NearestNeighbors(n_neighbors=n_neighbors, n_jobs=n_jobs).fit(X)
    return search.kneighbors(queries)[0][:, -1], X.shape[0] - (queries is None)


def _refuse_ties(own, other):
    """Raise where the k-th neighbour of a row lies at no distance."""
    ties = int(np.sum((own == 0) | (other == 0)))
    if ties:
        raise ValueError(
            f"The n_neighbors-th neighbours of {ties} of {len(own)} rows are equal to them: method='neighbors' "
            "needs values that do not repeat. Use method='ratio' with a weighter, drop duplicates, or raise "
            "n_neighbors."
        )
