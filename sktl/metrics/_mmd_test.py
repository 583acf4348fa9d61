"""Kernel and energy tests that two samples have one distribution."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from sktl._checks import BOOLEAN, KERNEL, N_JOBS, RANDOM_STATE, InstanceOf, Interval, checked
from sktl._core.kernels import UNIT_DIAGONAL, canonical_order, choose_gamma, make_kernel, stack_samples
from sktl._core.regularized_mmd import regularized_statistics
from sktl._core.two_sample import (
    SELECT_ROWS,
    aggregate_pvalue,
    energy_tiles,
    kernel_tiles,
    pair_sums,
    power_ratios,
    rank_pvalues,
    relabellings,
    swapped_pair_means,
    width_grid,
    width_tiles,
    working_dtype,
)
from sktl.metrics._result import MMDTestResult, TwoSampleResult
from sktl.metrics._samples import check_samples

METHODS = ("auto", "permutation", "block")
N_AGGREGATED = 5  # widths of "aggregate"
GAMMA = ("aggregate", "select", *KERNEL["gamma"], InstanceOf(list, tuple, np.ndarray, noun="a list of such numbers"))
RESAMPLING = {
    "method": METHODS,
    "n_permutations": (Interval(Integral, 1),),
    "block_size": (Interval(Integral, 2),),
    "max_exact": (Interval(Integral, 1),),
    "n_jobs": N_JOBS,
    "random_state": RANDOM_STATE,
}


@checked(**KERNEL | {"gamma": GAMMA}, biased=BOOLEAN, **RESAMPLING)
def mmd_test(
    X_source,
    X_target,
    *,
    kernel="rbf",
    gamma="aggregate",
    degree=3,
    coef0=1,
    biased=False,
    method="auto",
    n_permutations=1000,
    block_size=128,
    max_exact=10_000,
    n_jobs=None,
    random_state=0,
):
    r"""Test by the maximum mean discrepancy that two samples have one distribution.

    The statistic is MMD^2 (see :func:`~sktl.metrics.mmd`). Its p-value is its rank among the values for random
    relabellings of the pooled rows, so that the level is exact at any sample size. The power depends on the kernel. By
    default eight statistics are tried at once (MMDAgg [2]_): MMD^2 at five widths, and at the three in the middle also
    the spectrally regularised MMD^2 [3]_

    .. math:: \big\| (C + \lambda I)^{-1/2} (\mu_s - \mu_t) \big\|^2

    where mu are the means of the two samples in the kernel's feature space, C is the covariance of all rows there and
    lambda = 0.001. It gives directions in which the rows vary little the same weight as the others, and so finds fine
    structure that plain MMD loses among the coarse. Of the p-values p_k of the eight,

    .. math:: T = \min_k p_k, \qquad p = \frac{1}{B + 1} \#\{b = 0, \dots, B : T_b \le T_0\}

    where T_0 is the smallest observed p-value, and T_b the smallest that relabelling b gives if it is treated as the
    data. The rank of T_0 accounts for trying eight statistics, so that this level is exact too.

    *When it helps*: differences of any kind, at a scale that need not be known. *What it misses*: small differences in
    few of many columns (:func:`feature_shift_test` tests each). Units matter: standardise first. In
    ``benchmarks/two_sample.py``, "aggregate" finds the finely structured Blobs (40 rows per mode) in all draws and the
    changed correlations of HDGM in 60 %, where the median width finds them in 0 and 4 %; a mean shift of 0.5 in one of
    2 columns in 80 % where it does in 90 % (one of 10: 60 and 66 %; 100 rows). "select", with half the rows, has less
    power than "aggregate" on all pairs there.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    kernel : str or callable, default="rbf"
        A pairwise kernel of scikit-learn, or a callable that takes two samples and returns the matrix of kernel values.
        Only "rbf" and "laplacian" have a width to aggregate or select; for others these rules mean "scale".
    gamma : {"aggregate", "select", "median", "auto", "scale"}, float or array-like, default="aggregate"
        The width. "aggregate" tries five, from half the 5 % to twice the 95 % quantile of the distances between rows,
        and the regularised MMD at the three in the middle ("permutation" only); an array of values aggregates over
        plain MMD at these. "select" takes the one of ten widths with the largest estimated power on a random half of
        the rows, and tests on the other half. The other rules and numbers are those of :func:`~sktl.metrics.mmd`.
    degree, coef0 : float, default=3, 1
        Parameters of the "poly" and "sigmoid" kernels.
    biased : bool, default=False
        Whether pairs of a row with itself count. It does not change the p-value if the samples have equal sizes and
        k(x, x) is constant.
    method : {"auto", "permutation", "block"}, default="auto"
        "permutation": all pairs of rows. "block": the mean over blocks of ``block_size`` random pairs (x_i, y_i), whose
        p-value comes from random swaps within pairs (wild bootstrap); it is linear in the number of rows, always
        unbiased, and leaves out the surplus rows of the larger sample. "auto" is "permutation" up to ``max_exact``
        rows in all.
    n_permutations : int, default=1000
        Number of relabellings B, or of swaps; the smallest p-value is 1 / (B + 1).
    block_size : int >= 2, default=128
        Pairs in a block; 2 is the linear-time estimate of [1]_. Larger blocks have more power and cost more.
    max_exact : int, default=10000
        Rows in all up to which "auto" uses all pairs.
    n_jobs : int, default=None
        Threads that share the tiles of the kernel matrix, or the blocks.
    random_state : int, RandomState instance or None, default=0
        Seed of the relabellings. They do not depend on the order of the rows.

    Returns
    -------
    MMDTestResult
        Record with ``pvalue``, ``statistic`` (plain MMD^2 at the width ``gamma`` whose p-value is the smallest), and
        for each kernel its width (``gammas``), whether it was ``regularized``, and the values (``statistics``) and
        ``pvalues`` that it alone would have.

    Raises
    ------
    ValueError
        If a sample has too few rows or is not finite, columns differ, or a parameter is unknown.

    See Also
    --------
    mmd : The distance alone.
    energy_test : No width to choose.
    classifier_two_sample_test : Whether a classifier tells the samples apart.
    feature_shift_test : Which columns differ.

    Notes
    -----
    Let N be the number of rows in all. "permutation" computes each tile of the distance matrix once, derives all widths
    from it, and multiplies each by all relabellings at once: O(N^2 (d + n_widths B)) time, no N x N matrix and no loop
    over relabellings. Memory is N B bytes for the labels and some 20 MB for tiles. Beyond 2,048 rows tiles are in
    single precision. The regularised statistics stand on the features of r = 300 random rows (Nystrom; which ones does
    not depend on the order) and cost O(N r (r + B)) time and N r numbers each. "block" costs O(N block_size (d +
    n_widths B)).

    Departures from [2]_: one set of relabellings serves for the quantiles and for the level, which is exact in
    finite samples and gives a p-value; ties of T are broken by the largest standardised statistic; uniform weights.
    From [3]_: the covariance is that of all rows, which no relabelling changes, so that none are held out for it; one
    lambda instead of a grid.

    References
    ----------
    .. [1] A. Gretton, K. Borgwardt, M. Rasch, B. Schoelkopf, A. Smola, "A kernel two-sample test", JMLR 13, 2012.
    .. [2] A. Schrab, I. Kim, M. Albert, B. Laurent, B. Guedj, A. Gretton, "MMD aggregated two-sample test", JMLR 24,
       2023.
    .. [3] O. Hagrass, B. K. Sriperumbudur, B. Li, "Spectral regularized kernel two-sample tests", Annals of Statistics
       52, 2024.
    .. [4] F. Liu, W. Xu, J. Lu, G. Zhang, A. Gretton, D. Sutherland, "Learning deep kernels for non-parametric
       two-sample tests", ICML 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import mmd_test
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(80, 2)), rng.normal(size=(60, 2))
    >>> mmd_test(X, Y).pvalue > 0.05
    True
    >>> round(mmd_test(X, 2 * Y).pvalue, 3)
    0.001
    """
    gamma = _check_gamma(gamma)
    plan = _Resampling(method, n_permutations, block_size, max_exact, n_jobs)
    X_source, X_target = check_samples(X_source, X_target, min_rows=4 if gamma == "select" else 2)
    X, is_target, rng = _pool(X_source, X_target, random_state)
    if gamma == "select" and kernel in UNIT_DIAGONAL:
        X, is_target, gamma = _select_width(X, is_target, kernel, rng)
    gammas = _widths(X, kernel, gamma)
    dtype = working_dtype(X.shape[0])
    middle = slice(1, -1) if gamma == "aggregate" and kernel in UNIT_DIAGONAL else slice(0, 0)

    def tiles_of(rows):
        if kernel in UNIT_DIAGONAL:
            return width_tiles(rows, kernel, gammas, dtype)
        return kernel_tiles(rows, make_kernel(kernel, gammas[0], rows, degree, coef0), dtype)

    def regularized(labels):
        return regularized_statistics(X, kernel, gammas[middle], labels, dtype, not biased)

    statistics, method, sizes = plan.statistics(
        tiles_of, len(gammas), X, is_target, not biased, rng, regularized if len(gammas[middle]) else None
    )
    pvalues = rank_pvalues(statistics)[:, 0]
    n_plain, n_kernels = len(gammas), len(statistics)
    best = _strongest(statistics[:n_plain], pvalues[:n_plain])
    return MMDTestResult(
        statistic=float(statistics[best, 0]),
        pvalue=aggregate_pvalue(statistics) if n_kernels > 1 else float(pvalues[0]),
        method=method,
        n_source=sizes[0],
        n_target=sizes[1],
        n_permutations=n_permutations,
        gamma=float(gammas[best]),
        gammas=np.concatenate([gammas, gammas[middle]])[:n_kernels],
        regularized=np.arange(n_kernels) >= n_plain,
        statistics=statistics[:, 0],
        pvalues=pvalues,
    )


@checked(**RESAMPLING)
def energy_test(
    X_source,
    X_target,
    *,
    method="auto",
    n_permutations=1000,
    block_size=128,
    max_exact=10_000,
    n_jobs=None,
    random_state=0,
):
    r"""Test by the energy distance that two samples have one distribution.

    .. math:: E = 2 \operatorname{E} |x - y| - \operatorname{E} |x - x'| - \operatorname{E} |y - y'|

    with independent x, x' from the source and y, y' from the target; |.| is the Euclidean norm. E is 0 if and only if
    the distributions are equal. The p-value is the rank of E among those of random relabellings of the pooled rows: its
    level is exact.

    *When it helps*: shifts of location and of scale; there is no width to choose. *What it misses*: fine structure
    within a wide spread, like the median width of :func:`mmd_test` (``benchmarks/two_sample.py``). Units matter:
    standardise first.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    method : {"auto", "permutation", "block"}, default="auto"
        All pairs, or blocks of pairs with a wild bootstrap, as in :func:`mmd_test`.
    n_permutations : int, default=1000
        Number of relabellings B; the smallest p-value is 1 / (B + 1).
    block_size : int >= 2, default=128
        Pairs in a block.
    max_exact : int, default=10000
        Rows in all up to which "auto" uses all pairs.
    n_jobs : int, default=None
        Threads that share the tiles of the distance matrix, or the blocks.
    random_state : int, RandomState instance or None, default=0
        Seed of the relabellings. They do not depend on the order of the rows.

    Returns
    -------
    TwoSampleResult
        Record with ``statistic``, E in the units of X with the pairs of a row with itself ("permutation": never
        below 0) or without ("block"), and ``pvalue``.

    Raises
    ------
    ValueError
        If a sample has fewer than two rows or is not finite, columns differ, or a parameter is unknown.

    See Also
    --------
    mmd_test : Kernels of many widths, which see fine structure too.

    Notes
    -----
    Cost and memory are those of :func:`mmd_test` with one width. In one dimension E is the square of
    ``scipy.stats.energy_distance``.

    References
    ----------
    .. [1] G. J. Szekely, M. L. Rizzo, "Energy statistics: a class of statistics based on distances", Journal of
       Statistical Planning and Inference 143, 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import energy_test
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(80, 2)), rng.normal(size=(60, 2))
    >>> energy_test(X, Y).pvalue > 0.05
    True
    >>> round(energy_test(X, Y + 1).pvalue, 3)
    0.001
    """
    plan = _Resampling(method, n_permutations, block_size, max_exact, n_jobs)
    X_source, X_target = check_samples(X_source, X_target, min_rows=2)
    X, is_target, rng = _pool(X_source, X_target, random_state)
    dtype = working_dtype(X.shape[0])
    statistics, method, sizes = plan.statistics(lambda rows: energy_tiles(rows, dtype), 1, X, is_target, False, rng)
    pvalue = float(rank_pvalues(statistics)[0, 0])
    # of all pairs it is a squared distance: below 0 by rounding alone
    statistic = float(statistics[0, 0]) if method == "block" else max(float(statistics[0, 0]), 0.0)
    return TwoSampleResult(statistic, pvalue, method, *sizes, n_permutations)


# --- steps that both tests share ---


@dataclass(frozen=True)
class _Resampling:
    """How the null distribution is drawn; the parameters are those of the tests."""

    method: str
    n_permutations: int
    block_size: int
    max_exact: int
    n_jobs: int | None

    def statistics(self, tiles_of, n_kernels, X, is_target, unbiased, rng, more=None):
        """The statistic of each kernel and relabelling (the first is none), the method used, and the sizes used.

        ``more`` gives further rows of statistics for the labels of "permutation".
        """
        method = self.method
        if method == "auto":
            method = "permutation" if X.shape[0] <= self.max_exact else "block"
        if method == "permutation":
            labels = relabellings(is_target, self.n_permutations, rng)
            sums = pair_sums(tiles_of(X), n_kernels, labels, self.n_jobs)
            statistics = [sums.discrepancy(unbiased)] + ([] if more is None else [more(labels)])
            return np.concatenate(statistics), method, (sums.n_source, sums.n_target)
        # random pairs: rows come in the order of their values, in which neighbours are alike
        rows = [rng.permutation(np.flatnonzero(is_target == label)) for label in (False, True)]
        n_pairs = min(map(len, rows))
        tiles = tiles_of(X[np.concatenate([half[:n_pairs] for half in rows])])
        means = swapped_pair_means(tiles, n_kernels, n_pairs, self.block_size, self.n_permutations, rng, self.n_jobs)
        return means, method, (n_pairs, n_pairs)


def _check_gamma(gamma):
    """A rule, a float, or a tuple of floats to aggregate over."""
    if isinstance(gamma, str):
        return gamma
    if np.ndim(gamma) == 0:
        return float(gamma)
    values = np.asarray(gamma, dtype=float)
    if values.ndim != 1 or not len(values) or not (np.isfinite(values) & (values > 0)).all():
        raise ValueError(f"gamma must be a rule, a number > 0 or a list of such numbers; got {gamma!r}.")
    return tuple(values.tolist())


def _pool(X_source, X_target, random_state):
    """All rows in an order that depends on their values alone, which are target rows, and a generator."""
    X = stack_samples(X_source, X_target)
    is_target = np.arange(X.shape[0]) >= X_source.shape[0]
    order = canonical_order(X)
    seed = check_random_state(random_state).randint(2**31 - 1)
    return X[order], is_target[order], np.random.default_rng(seed)


def _widths(X, kernel, gamma):
    """The values of gamma to test with."""
    if callable(kernel):
        return np.full(1, np.nan)
    if kernel not in UNIT_DIAGONAL:
        gamma = "scale" if gamma in ("aggregate", "select") else gamma[0] if isinstance(gamma, tuple) else gamma
    if gamma == "aggregate":
        return width_grid(X, kernel, N_AGGREGATED)
    return np.array(gamma if isinstance(gamma, tuple) else [choose_gamma(kernel, gamma, X)])


def _select_width(X, is_target, kernel, rng):
    """The width with the largest estimated power on a random half of the rows, and the other half to test on."""
    train, test = [], []
    for label in (False, True):
        rows = rng.permutation(np.flatnonzero(is_target == label))
        train.append(rows[: len(rows) // 2])
        test.append(rows[len(rows) // 2 :])
    n_pairs = min(*map(len, train), SELECT_ROWS)  # the choice of a width costs all pairs of these rows
    rows = X[np.concatenate([half[:n_pairs] for half in train])]
    grid = width_grid(rows, kernel)
    ratios = power_ratios(width_tiles(rows, kernel, grid, np.float64), n_pairs) if n_pairs > 1 else np.zeros(len(grid))
    test = np.sort(np.concatenate(test))  # back in the order of the rows' values
    return X[test], is_target[test], float(grid[np.argmax(ratios)])


def _strongest(statistics, pvalues):
    """The kernel with the smallest p-value; among ties, the one with the largest standardised statistic."""
    spread = statistics.std(axis=1)
    # a kernel that no relabelling changes says nothing: z = 0
    z = (statistics[:, 0] - statistics.mean(axis=1)) / np.where(spread > 0, spread, np.inf)
    return int(np.lexsort((-z, pvalues))[0])
