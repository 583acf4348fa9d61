"""How far each source is from the target."""

from dataclasses import dataclass

import numpy as np

from sktl.inspection.report._distance import MAX_ROWS
from sktl.inspection.report._tests import MIN_ROWS, sample_rows
from sktl.metrics import mmd, proxy_a_distance


@dataclass(frozen=True)
class SourceDistance:
    """How far one source is from the target.

    Attributes
    ----------
    source : str
    n_rows : int
    mmd, proxy_a : float
        MMD^2 and proxy A-distance.
    """

    source: str
    n_rows: int
    mmd: float
    proxy_a: float


def source_distances(encoded, domains, distance, n_jobs, seed):
    """A :class:`SourceDistance` a source, the nearest first; those of too few rows have none and stand last."""
    if len(domains.sources) == 1:
        n_source = int((~domains.target).sum())
        return [SourceDistance(str(domains.sources[0]), n_source, distance.mmd, distance.proxy_a)]
    rng = np.random.default_rng(seed)
    other = encoded[sample_rows(np.flatnonzero(domains.target), MAX_ROWS, rng)]
    found = []
    for name in domains.sources:
        rows = np.flatnonzero(domains.names == name)
        part = encoded[sample_rows(rows, MAX_ROWS, rng)]
        known = len(part) >= MIN_ROWS
        found.append(
            SourceDistance(
                str(name),
                len(rows),
                mmd(part, other, n_jobs=n_jobs) if known else np.nan,
                proxy_a_distance(part, other, cv=5, n_jobs=n_jobs, random_state=seed) if known else np.nan,
            )
        )
    return sorted(found, key=lambda row: (np.isnan(row.mmd), row.mmd))
