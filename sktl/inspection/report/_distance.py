"""How far apart two domains are: by a kernel and by a classifier, each with its noise floor and its test."""

from dataclasses import dataclass

import numpy as np

from sktl._checks import N_JOBS, SEED, InstanceOf, checked
from sktl._core.kernels import canonical_order, make_kernel, stack_samples
from sktl._tables.columns import encode_table
from sktl.inspection.report._tests import N_PERMUTATIONS, kernel_test, sample_rows
from sktl.inspection.report._text import pvalue
from sktl.metrics import classifier_two_sample_test, mmd, proxy_a_distance

MAX_ROWS = 5000  # of each domain, for the distances, whose cost grows with the square
FLOOR_ROWS = 2000  # of the source, that are cut in halves
N_HALVES = 20  # times
N_REFITS = 10  # of them, in which classifiers are fitted
QUANTILE = 0.95  # of the distances of the halves: the noise floor


@dataclass(frozen=True, eq=False)
class Distance:
    """Distances between two domains, on encoded rows.

    Attributes
    ----------
    sampled : bool
        Whether they look at ``MAX_ROWS`` random rows of a domain that has more.
    mmd, floor : float
        MMD^2, and what 95 % of samples of one distribution stay below: the quantile over random halves of the source,
        scaled to the domains' sizes.
    proxy_a, proxy_a_floor : float
        Proxy A-distance, and that quantile over the halves (of at most 1,000 rows each).
    kernel_test : MMDTestResult
        Of :func:`~sktl.metrics.mmd_test`, over many widths.
    classifier_test : TwoSampleResult
        Of :func:`~sktl.metrics.classifier_two_sample_test`; ``statistic`` is the area under the ROC curve.
    """

    sampled: bool
    mmd: float
    floor: float
    proxy_a: float
    proxy_a_floor: float
    kernel_test: object
    classifier_test: object


@checked(n_jobs=N_JOBS, random_state=SEED)
def measure_distance(X, target, *, n_jobs=None, random_state=0):
    """How far apart the two domains of a table are: :class:`Distance`.

    Parameters
    ----------
    X : array-like, pandas or polars frame of shape (n_samples, n_features)
        Rows of both domains; numbers, times, texts and missing values.
    target : ndarray of bool of shape (n_samples,)
        Target rows.
    n_jobs : int, default=None
        Parallel jobs of the distances and of the classifiers.
    random_state : int, default=0
        Seed of the row samples, the random halves and the folds.

    Returns
    -------
    Distance
        ``mmd``, ``proxy_a``, their noise floors ``floor`` and ``proxy_a_floor``, and the tests ``kernel_test`` and
        ``classifier_test``, as in :class:`~sktl.inspection.DomainReport`.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.inspection.report import measure_distance
    >>> rng = np.random.default_rng(0)
    >>> found = measure_distance(rng.normal(size=(100, 2)), np.arange(100) >= 60)
    >>> found.mmd < found.floor
    True
    """
    encoded = encode_table(X, target)
    tests = row_tests(encoded, target, random_state, n_jobs)
    return distance_of_rows(encoded, target, tests, random_state, n_jobs)


def row_tests(encoded, target, seed=0, n_jobs=None, n_permutations=N_PERMUTATIONS):
    """Results of the kernel test and of the classifier test of at most ``MAX_ROWS`` rows a domain."""
    parts = _parts(encoded, target, np.random.default_rng(seed))
    options = {"n_permutations": n_permutations, "n_jobs": n_jobs}
    kernel = kernel_test(*parts, seed=seed, **options)
    return kernel, classifier_two_sample_test(*parts, cv=min(5, *map(len, parts)), random_state=seed, **options)


def distance_of_rows(encoded, target, tests, seed=0, n_jobs=None):
    """Distances between the rows of the two domains, at most ``MAX_ROWS`` of each, and their noise floors.

    They do not depend on the order of the rows. ``tests`` are those of :func:`row_tests`.
    """
    rng = np.random.default_rng(seed)
    parts = _parts(encoded, target, rng)
    source = parts[0][sample_rows(np.arange(len(parts[0])), FLOOR_ROWS, rng)]
    halves = [rng.permutation(len(source))[: 2 * (len(source) // 2)].reshape(2, -1) for _ in range(N_HALVES)]
    apart = [_a_distance(source[one], source[other], seed, n_jobs) for one, other in halves[:N_REFITS]]
    kernel = make_kernel("rbf", "median", stack_samples(*parts))
    # MMD^2 of one distribution is of the size 1/n + 1/m: from two halves to the domains
    scale = sum(1 / len(part) for part in parts) / (2 / halves[0].shape[1])
    return Distance(
        sampled=max(target.sum(), (~target).sum()) > MAX_ROWS,
        mmd=mmd(*parts, n_jobs=n_jobs),
        floor=scale * float(np.quantile(halves_mmd(kernel(source, source), halves), QUANTILE)),
        proxy_a=_a_distance(*parts, seed, n_jobs),
        proxy_a_floor=float(np.quantile(apart, QUANTILE)),
        kernel_test=tests[0],
        classifier_test=tests[1],
    )


@checked(distance=(InstanceOf(Distance, noun="a Distance of measure_distance"),))
def distance_words(distance):
    """Distances between two tables in words, with noise floors and p-values.

    Parameters
    ----------
    distance : Distance
        What :func:`measure_distance` returns.

    Returns
    -------
    list of str
        Lines of text.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.inspection.report import distance_words, measure_distance
    >>> rows = np.random.default_rng(0).normal(size=(100, 2))
    >>> print(distance_words(measure_distance(rows, np.arange(100) >= 60))[0])  # doctest: +ELLIPSIS
    distance: MMD^2 ... (can be negative; noise floor 0.0...), p-value 0...;
    """
    sampled = f" (on at most {MAX_ROWS} random rows of each table)" if distance.sampled else ""
    return [
        f"distance{sampled}: MMD^2 {distance.mmd:.4f} (can be negative; noise floor {distance.floor:.4f}), "
        f"p-value {pvalue(distance.kernel_test.pvalue)};",
        f"          proxy A-distance {distance.proxy_a:.2f} (0 = alike, 2 = a classifier is never wrong; "
        f"noise floor {distance.proxy_a_floor:.2f}), p-value {pvalue(distance.classifier_test.pvalue)}",
        "          noise floor: in 95 % of draws two random halves of SOURCE are closer than this",
    ]


def halves_mmd(K, halves):
    """Unbiased MMD^2 of each pair of halves of the rows behind a kernel matrix ``K``.

    Without a difference it is of the size 1/n + 1/m of the samples, so that it can be scaled to other sizes.
    """
    K = K - np.diag(np.diag(K))
    signs = np.zeros((len(K), len(halves)))
    for j, (one, other) in enumerate(halves):
        signs[one, j], signs[other, j] = 1, -1
    n = len(halves[0][0])
    ones = np.abs(signs)
    together, apart = (np.sum(S * (K @ S), axis=0) for S in (ones, signs))  # within + 2 across, within - 2 across
    within, across = (together + apart) / 2, (together - apart) / 2
    return within / (n * (n - 1)) - across / n**2


def _parts(encoded, target, rng):
    """At most ``MAX_ROWS`` rows of each domain; which and in what order depends on their values alone."""
    parts = [part[canonical_order(part)] for part in (encoded[~target], encoded[target])]
    return [part[sample_rows(np.arange(len(part)), MAX_ROWS, rng)] for part in parts]


def _a_distance(source, target, seed, n_jobs):
    """Proxy A-distance with as many folds as the rows allow."""
    return proxy_a_distance(source, target, cv=min(5, len(source), len(target)), n_jobs=n_jobs, random_state=seed)
