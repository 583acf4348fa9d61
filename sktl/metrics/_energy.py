"""Energy distance between two samples."""

from sktl._checks import BOOLEAN, N_JOBS, checked
from sktl._core.discrepancy import energy_squared
from sktl.metrics._samples import check_samples, root


@checked(biased=BOOLEAN, squared=BOOLEAN, n_jobs=N_JOBS)
def energy_distance(X_source, X_target, *, biased=False, squared=True, n_jobs=None):
    r"""Energy distance: mean distance between the samples, against mean distances within them.

    .. math:: D^2 = 2 \operatorname{E} \|x - y\| - \operatorname{E} \|x - x'\| - \operatorname{E} \|y - y'\|

    with independent x, x' from the source and y, y' from the target. For distributions with a finite mean it is 0 if
    and only if they are equal; it needs no kernel width and no classifier. *Range*: [0, inf), about 2 |shift| for far
    shifts; the unbiased estimate may fall below 0. *Units*: those of X (D^2), so all columns must be on one scale:
    standardise first. *What it misses*: fine structure; shifts of means count more than changes of shape, and one
    column among many counts little.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    biased : bool, default=False
        False leaves out the pairs of a row with itself: equal distributions give 0 on average; it needs two rows per
        sample. True is the distance of the two empirical distributions, never below 0.
    squared : bool, default=True
        Return D^2; False returns D (of 0 where the estimate is negative), as scipy's function for one column does.
    n_jobs : int, default=None
        Threads that share the blocks.

    Returns
    -------
    float
        D^2, or D if ``squared=False``.

    Raises
    ------
    ValueError
        If a sample is empty or not finite, or columns differ.

    See Also
    --------
    mmd : The same with a kernel in place of -|x - y|.
    wasserstein_distance : In the same units; grows with how far mass has moved.

    Notes
    -----
    Cost O((n_source + n_target)^2 d) time and O(n d) memory: distances are summed in blocks and never kept. Each sample
    is centred first, so that data far from 0 lose no digits.

    References
    ----------
    .. [1] G. J. Szekely, M. L. Rizzo, "Energy statistics: a class of statistics based on distances", Journal of
       Statistical Planning and Inference 143, 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import energy_distance
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(500, 1)), rng.normal(1.0, size=(400, 1))
    >>> round(energy_distance(X, Y), 1)  # 0.54 for N(0, 1) and N(1, 1)
    0.6
    """
    X_source, X_target = check_samples(X_source, X_target, min_rows=1 if biased else 2)
    value = energy_squared(X_source, X_target, not biased, n_jobs)
    if biased:
        value = max(value, 0.0)  # a squared norm: below 0 by rounding alone
    return value if squared else root(value)
