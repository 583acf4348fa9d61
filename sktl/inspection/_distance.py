"""How far apart two domains are: by a kernel and by a classifier, each with its noise floor and its test."""

from dataclasses import dataclass

import numpy as np

from sktl.inspection._evidence import N_PERMUTATIONS, kernel_test, sample_rows
from sktl.metrics import classifier_two_sample_test, mmd, proxy_a_distance

MAX_ROWS = 5000  # of each domain, for the distances, whose cost grows with the square


@dataclass(frozen=True, eq=False)
class Distance:
    """Distances between two domains, on encoded rows.

    Attributes
    ----------
    mmd, floor : float
        MMD^2, and the same between two random halves of the source.
    proxy_a, proxy_a_floor : float
        Proxy A-distance, and the same between the halves.
    kernel_test : MMDTestResult
        Of :func:`~sktl.metrics.mmd_test`, over many widths.
    classifier_test : TwoSampleResult
        Of :func:`~sktl.metrics.classifier_two_sample_test`; ``statistic`` is the area under the ROC curve.
    """

    mmd: float
    floor: float
    proxy_a: float
    proxy_a_floor: float
    kernel_test: object
    classifier_test: object


def measure_distance(encoded, target, seed=0, n_jobs=None, n_permutations=N_PERMUTATIONS):
    """Distances between the rows of the two domains, at most ``MAX_ROWS`` of each, and between halves of the source."""
    rng = np.random.default_rng(seed)
    parts = [encoded[sample_rows(np.flatnonzero(rows), MAX_ROWS, rng)] for rows in (~target, target)]
    source = parts[0]
    halves = rng.permutation(len(source))[: 2 * (len(source) // 2)].reshape(2, -1)
    halves = source[halves[0]], source[halves[1]]
    options = {"n_permutations": n_permutations, "n_jobs": n_jobs}
    cv = min(5, *map(len, parts))
    return Distance(
        mmd=mmd(*parts, n_jobs=n_jobs),
        floor=mmd(*halves, n_jobs=n_jobs),
        proxy_a=_a_distance(*parts, seed, n_jobs),
        proxy_a_floor=_a_distance(*halves, seed, n_jobs),
        kernel_test=kernel_test(*parts, seed=seed, **options),
        classifier_test=classifier_two_sample_test(*parts, cv=cv, random_state=seed, **options),
    )


def _a_distance(source, target, seed, n_jobs):
    """Proxy A-distance with as many folds as the rows allow."""
    return proxy_a_distance(source, target, cv=min(5, len(source), len(target)), n_jobs=n_jobs, random_state=seed)
