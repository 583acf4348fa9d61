"""Maximum mean discrepancy between two samples."""

import numpy as np

from sktl._checks import check_kernel, check_option
from sktl._core.discrepancy import mmd_squared
from sktl._core.kernels import make_kernel, stack_samples
from sktl.metrics._samples import check_samples


def mmd(
    X_source,
    X_target,
    *,
    kernel="rbf",
    gamma="median",
    degree=3,
    coef0=1,
    estimator="unbiased",
    squared=True,
    n_jobs=None,
):
    r"""Maximum mean discrepancy: how far apart the means of two samples are in a kernel's feature space.

    .. math:: \mathrm{MMD}^2 = \operatorname{E} k(x, x') + \operatorname{E} k(y, y') - 2 \operatorname{E} k(x, y)

    with independent x, x' from the source and y, y' from the target. It is 0 if and only if the distributions are
    equal, for a characteristic kernel ("rbf", "laplacian"); "linear" sees the means alone. *Range*: [0, 2 max k] (2 for
    "rbf"); the unbiased estimate may fall below 0. *What it misses*: differences finer, or far coarser, than the
    kernel's width: the median rule is blind to small-scale structure. *Units*: those of k, none for "rbf"; X must be on
    one scale, so standardise first.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    kernel : str or callable, default="rbf"
        A pairwise kernel of scikit-learn, or a callable that takes two samples and returns the matrix of kernel values.
    gamma : float > 0, "median", "auto" or "scale", default="median"
        Parameter of the kernels that have one: with m the median squared distance between rows (at most 1,000 of them,
        seeded), "median" is 1 / (2 m), "auto" 0.3 / m; "scale" is 1 / (n_features * X.var()).
    degree, coef0 : float, default=3, 1
        Parameters of the "poly" and "sigmoid" kernels.
    estimator : {"unbiased", "biased"}, default="unbiased"
        "unbiased" leaves out the pairs of a row with itself: equal distributions give 0 on average; it needs two rows
        a sample. "biased" is the distance of the two sample means, never below 0.
    squared : bool, default=True
        Return MMD^2; False returns its square root (of 0 where the estimate is negative).
    n_jobs : int, default=None
        Threads that share the blocks.

    Returns
    -------
    float
        MMD^2, or MMD if ``squared=False``.

    Raises
    ------
    ValueError
        If a sample is empty or not finite, columns differ, or a parameter is unknown.

    See Also
    --------
    proxy_a_distance : How well a classifier tells the samples apart.

    Notes
    -----
    Cost O((n_source + n_target)^2 d) time and O(n d) memory: kernel values are summed in blocks and never kept. For rbf
    kernels the rows are centred first, so that data far from 0 lose no digits. Sums are in double precision.

    References
    ----------
    .. [1] A. Gretton, K. Borgwardt, M. Rasch, B. Schoelkopf, A. Smola, "A kernel two-sample test", JMLR 13, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import mmd
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(500, 1)), rng.normal(1.0, size=(400, 1))
    >>> round(mmd(X, Y, gamma=0.5), 2)  # 0.177 for N(0, 1) and N(1, 1)
    0.19
    """
    check_kernel(kernel, gamma, degree, coef0)
    check_option("estimator", estimator, ("unbiased", "biased"))
    check_option("squared", squared, (True, False))
    X_source, X_target = check_samples(X_source, X_target, min_rows=2 if estimator == "unbiased" else 1)
    function = make_kernel(kernel, gamma, stack_samples(X_source, X_target), degree, coef0)
    value = mmd_squared(function, X_source, X_target, estimator == "unbiased", n_jobs)
    if estimator == "biased":
        value = max(value, 0.0)  # a squared norm: below 0 by rounding alone
    return value if squared else float(np.sqrt(max(value, 0.0)))
