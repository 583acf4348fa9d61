"""How far apart two domains are: one number by a kernel, one by a classifier, each beside its noise floor."""

from dataclasses import dataclass

import numpy as np

from sktl.inspection._evidence import sample_rows
from sktl.metrics import mmd, proxy_a_distance

MAX_ROWS = 5000  # of each domain, for the distances, whose cost grows with the square


@dataclass(frozen=True)
class Distance:
    """Distances between two domains, on encoded rows.

    Attributes
    ----------
    mmd, floor : float
        MMD^2, and the same between two random halves of the source.
    proxy_a, proxy_a_floor : float
        Proxy A-distance, and the same between the halves.
    """

    mmd: float
    floor: float
    proxy_a: float
    proxy_a_floor: float


def measure_distance(encoded, target, seed=0, n_jobs=None):
    """Distances between the rows of the two domains, at most ``MAX_ROWS`` of each, and between halves of the source."""
    rng = np.random.default_rng(seed)
    parts = [encoded[sample_rows(np.flatnonzero(rows), MAX_ROWS, rng)] for rows in (~target, target)]
    source = parts[0]
    halves = rng.permutation(len(source))[: 2 * (len(source) // 2)].reshape(2, -1)
    halves = source[halves[0]], source[halves[1]]
    return Distance(
        mmd=mmd(*parts, n_jobs=n_jobs),
        floor=mmd(*halves, n_jobs=n_jobs),
        proxy_a=_a_distance(*parts, seed, n_jobs),
        proxy_a_floor=_a_distance(*halves, seed, n_jobs),
    )


def _a_distance(source, target, seed, n_jobs):
    """Proxy A-distance with as many folds as the rows allow."""
    return proxy_a_distance(source, target, cv=min(5, len(source), len(target)), n_jobs=n_jobs, random_state=seed)
