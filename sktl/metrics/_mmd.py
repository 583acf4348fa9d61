"""Maximum mean discrepancy between two samples, and between the classes of two samples."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from sktl._checks import BOOLEAN, KERNEL, N_JOBS, RANDOM_STATE, InstanceOf, Interval, check_value, checked
from sktl._core.discrepancy import FEATURE_KERNELS, mmd_blocks, mmd_linear, mmd_random_features, mmd_squared
from sktl._core.kernels import make_kernel, stack_samples
from sktl.metrics._labels import check_labels, check_same_kind
from sktl.metrics._samples import check_samples, root

METHODS = ("exact", "linear", "block", "random_features")
GAMMAS = (*KERNEL["gamma"], InstanceOf(list, tuple, np.ndarray, noun="a list of these"))


@checked(
    **KERNEL | {"gamma": GAMMAS},
    method=METHODS,
    biased=BOOLEAN,
    block_size=(None, Interval(Integral, 2)),
    n_features=(Interval(Integral, 2),),
    squared=BOOLEAN,
    random_state=RANDOM_STATE,
    n_jobs=N_JOBS,
)
def mmd(
    X_source,
    X_target,
    *,
    kernel="rbf",
    gamma="median",
    degree=3,
    coef0=1,
    method="exact",
    biased=False,
    block_size=None,
    n_features=512,
    squared=True,
    random_state=0,
    n_jobs=None,
):
    r"""Maximum mean discrepancy: how far apart the means of two samples are in a kernel's feature space.

    .. math:: \mathrm{MMD}^2 = \operatorname{E} k(x, x') + \operatorname{E} k(y, y') - 2 \operatorname{E} k(x, y)

    with independent x, x' from the source and y, y' from the target. It is 0 if and only if the distributions are
    equal, for a characteristic kernel ("rbf", "laplacian"); "linear" sees only the means. *Range*: [0, 2 max k] (2 for
    "rbf"); every estimate but the biased one may fall below 0. *What it misses*: differences much finer or much "
    "coarser than the kernel's width: the median rule does not see small-scale structure, a list of widths sees "
    "more. *Units*: those of k, none for "rbf"; the columns of X must be on one scale: standardise first.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    kernel : str or callable, default="rbf"
        A pairwise kernel of scikit-learn, or a callable that takes two samples and returns the matrix of kernel values.
    gamma : float > 0, "median", "auto", "scale" or a list of these, default="median"
        Parameter of the kernels that have one: with m the median squared distance between rows (at most 1,000 of them,
        seeded), "median" is 1 / (2 m), "auto" 0.3 / m; "scale" is 1 / (n_features * X.var()). A list stands for the
        mean of the kernels with these values.
    degree, coef0 : float, default=3, 1
        Parameters of the "poly" and "sigmoid" kernels.
    method : {"exact", "linear", "block", "random_features"}, default="exact"
        "exact" looks at all pairs of rows. The others are quicker, and unbiased over their draws (see
        ``random_state``): "linear" looks at some pairs only, "block" at the pairs within blocks of rows,
        "random_features" at all pairs under a random kernel of finite rank ("rbf" and "laplacian").
    biased : bool, default=False
        False leaves out the pairs of a row with itself: equal distributions give 0 on average; it needs two rows per
        sample. True ("exact" only) is the distance of the two sample means, never below 0.
    block_size : int >= 2, default=None
        Rows of the smaller sample in each block of "block"; None means the square root of their number.
    n_features : int >= 2, default=512
        Number of random cosines and sines for "random_features". The error that they add is proportional to the value
        and falls as 1 / sqrt(n_features): about 20 % of it for 512 and a shift by 0.5 in one of 20 columns.
    squared : bool, default=True
        Return MMD^2; False returns its square root (of 0 where the estimate is negative).
    random_state : int, RandomState instance or None, default=0
        Draws the pairs of "linear", the blocks and the random features. They do not depend on the order of the rows:
        with one seed, rows of the same ranks (along a fixed direction) are joined in any data, so use a different seed
        for each sample if you average over many.
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
    conditional_mmd : The same within each class.
    energy_distance : The same for the kernel -|x - y|: no width to choose.
    proxy_a_distance : How well a classifier tells the samples apart.

    Notes
    -----
    Cost, for n rows in all: "exact" O(n^2 d) time, "block" O(n block_size d), "random_features"
    O(n n_features d), "linear" O(n d) after a sort; memory O(n d) always: kernel values are summed in blocks and never
    kept. A callable, or a kernel other than "rbf", costs "linear" O(64 n d). The spread of "linear" falls as
    1 / sqrt(n) even where the distributions are equal, that of "exact" as 1 / n. "linear" differs from [1], Lemma
    14, where sample sizes do: no row is dropped. For rbf kernels the rows are centred first, so that data far from 0
    lose no digits. Sums are in double precision.

    References
    ----------
    .. [1] A. Gretton, K. Borgwardt, M. Rasch, B. Schoelkopf, A. Smola, "A kernel two-sample test", JMLR 13, 2012.
    .. [2] W. Zaremba, A. Gretton, M. Blaschko, "B-test: a non-parametric, low variance kernel two-sample test", NIPS
       2013.
    .. [3] A. Rahimi, B. Recht, "Random features for large-scale kernel machines", NIPS 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import mmd
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(500, 1)), rng.normal(1.0, size=(400, 1))
    >>> round(mmd(X, Y, gamma=0.5), 2)  # 0.177 for N(0, 1) and N(1, 1)
    0.19
    """
    gammas = check_gammas(gamma)
    if biased and method != "exact":
        raise ValueError(f"biased=True is for method='exact' only: method={method!r} has no biased form.")
    if method == "random_features" and kernel not in FEATURE_KERNELS:
        raise ValueError(
            f"method='random_features' needs kernel to be one of {', '.join(map(repr, FEATURE_KERNELS))}; "
            f"got {kernel!r}. method='block' takes any kernel."
        )
    X_source, X_target = check_samples(X_source, X_target, min_rows=1 if biased else 2)
    X = stack_samples(X_source, X_target)
    kernels = [make_kernel(kernel, width, X, degree, coef0) for width in gammas]
    del X
    seed = check_random_state(random_state).randint(2**31 - 1)

    def estimate(one):
        rng = np.random.default_rng(seed)  # anew for each kernel, so that all widths look at the same pairs
        if method == "linear":
            return mmd_linear(one, X_source, X_target, rng)
        if method == "block":
            # blocks that grow as the square root, as [2] proposes: consistent, and O(n^1.5)
            size = block_size or max(2, round(np.sqrt(min(X_source.shape[0], X_target.shape[0]))))
            return mmd_blocks(one, X_source, X_target, size, rng, n_jobs)
        if method == "random_features":
            return mmd_random_features(one, X_source, X_target, n_features, rng, n_jobs)
        return mmd_squared(one, X_source, X_target, not biased, n_jobs)

    value = float(np.mean([estimate(one) for one in kernels]))  # MMD^2 is linear in the kernel
    if biased:
        value = max(value, 0.0)  # a squared norm: below 0 by rounding alone
    return value if squared else root(value)


def check_gammas(gamma):
    """``gamma`` as a list, every member checked."""
    gammas = list(gamma) if isinstance(gamma, list | tuple | np.ndarray) else [gamma]
    if not gammas:
        raise ValueError("gamma is an empty list: give at least one value.")
    for one in gammas:
        check_value("gamma", one, KERNEL["gamma"])
    return gammas


@checked(**KERNEL | {"gamma": GAMMAS}, biased=BOOLEAN, average=("macro", "weighted"), squared=BOOLEAN, n_jobs=N_JOBS)
def conditional_mmd(
    X_source,
    y_source,
    X_target,
    y_target,
    *,
    kernel="rbf",
    gamma="median",
    degree=3,
    coef0=1,
    biased=False,
    average="macro",
    squared=True,
    n_jobs=None,
):
    r"""Maximum mean discrepancy within classes: how far p(x | y) has moved, averaged over the classes.

    .. math:: \sum_c v_c \, \mathrm{MMD}^2\big(p_s(x \mid c), p_t(x \mid c)\big), \qquad \sum_c v_c = 1.

    0 means that no class has moved. Under pure label shift it is 0 and :func:`mmd` is not: the two together tell label
    shift from shifts of the features. *Range*: [0, 2 max k]; unbiased estimates may fall below 0. *Units*: those of k,
    none for "rbf"; standardise X first. *What it misses*: what :func:`mmd` misses, most of all in classes with few
    rows; with pseudo-labels as ``y_target`` also the errors of the classifier, since rows that it predicts as c
    resemble c.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source.
    y_source : array-like of shape (n_source,)
        Their classes.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    y_target : array-like of shape (n_target,)
        Their classes, known or predicted.
    kernel : str or callable, default="rbf"
        As in :func:`mmd`.
    gamma : float > 0, "median", "auto", "scale" or a list of these, default="median"
        As in :func:`mmd`; a rule uses the rows of all classes, so that each class has the same kernel.
    degree, coef0 : float, default=3, 1
        Parameters of the "poly" and "sigmoid" kernels.
    biased : bool, default=False
        As in :func:`mmd`; False needs two rows of each class in both samples.
    average : {"macro", "weighted"}, default="macro"
        v_c: the same for all classes, or the share of the class among the target rows.
    squared : bool, default=True
        Return the mean of MMD^2; False returns its square root (of 0 where it is negative).
    n_jobs : int, default=None
        Threads that share the blocks.

    Returns
    -------
    float
        The mean over classes.

    Raises
    ------
    ValueError
        If a sample is empty or not finite, a label is missing, a class has too few rows in a sample, or a parameter is
        unknown.

    See Also
    --------
    mmd : The same for all rows together.
    label_shift_distance : How far the class shares have moved.

    Notes
    -----
    Cost: that of :func:`mmd` on the rows of each class. This is the class-wise distance of joint distribution
    adaptation [1] (there with a linear kernel in the space sought), not the Hilbert-Schmidt distance of conditional
    embedding operators.

    References
    ----------
    .. [1] M. Long, J. Wang, G. Ding, J. Sun, P. S. Yu, "Transfer feature learning with joint distribution adaptation",
       ICCV 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import conditional_mmd, mmd
    >>> rng = np.random.default_rng(0)
    >>> y, z = rng.random(500) < 0.2, rng.random(400) < 0.8  # only the shares of the classes differ
    >>> X, Y = rng.normal(3.0 * y[:, None]), rng.normal(3.0 * z[:, None])
    >>> bool(abs(conditional_mmd(X, y, Y, z)) < 0.01 < 0.2 < mmd(X, Y))
    True
    """
    gammas = check_gammas(gamma)
    X_source, X_target = check_samples(X_source, X_target)
    y_source = check_labels("y_source", y_source, X_source.shape[0])
    y_target = check_labels("y_target", y_target, X_target.shape[0])
    check_same_kind(y_source=y_source, y_target=y_target)
    classes, counts = _shared_classes(y_source, y_target, 1 if biased else 2)
    X = stack_samples(X_source, X_target)
    kernels = [make_kernel(kernel, width, X, degree, coef0) for width in gammas]
    del X
    values = [
        np.mean([mmd_squared(one, *pair, not biased, n_jobs) for one in kernels])
        for pair in ((X_source[y_source == c], X_target[y_target == c]) for c in classes)
    ]
    value = float(np.average(values, weights=counts if average == "weighted" else None))
    if biased:
        value = max(value, 0.0)
    return value if squared else root(value)


def _shared_classes(y_source, y_target, min_rows):
    """Classes, and their numbers of target rows; every one must have ``min_rows`` rows in both samples."""
    classes = np.union1d(y_source, y_target)
    counts = {
        name: np.array([np.sum(y == c) for c in classes]) for name, y in (("source", y_source), ("target", y_target))
    }
    for name, count in counts.items():
        if count.min() < min_rows:
            few = classes[count < min_rows].tolist()
            raise ValueError(
                f"The {name} has fewer than {min_rows} row(s) of the class(es) {few[:5]}: p(x | class) can't be "
                "compared there. Leave these classes out of both samples."
            )
    return classes, counts["target"]
