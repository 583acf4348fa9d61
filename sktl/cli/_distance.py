"""How far apart the two tables are: one number by a kernel, one by a classifier, and the columns that differ most."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import ks_2samp

from sktl.cli._methods import prepare
from sktl.cli._tables import MISSING
from sktl.metrics import mmd, proxy_a_distance

MAX_ROWS = 5000  # of each table, for the distances, whose cost grows with the square


@dataclass(frozen=True)
class Distance:
    """Distances between the tables, on encoded rows."""

    mmd: float
    floor: float
    proxy_a: float
    rows: int

    def lines(self):
        """Say the distances in words."""
        sampled = f" (of {self.rows} random rows a table at most)" if self.rows else ""
        return [
            f"distance{sampled}: MMD^2 {self.mmd:.4f}, against {self.floor:.4f} between two random halves of SOURCE "
            "(either may fall below 0);",
            f"          proxy A-distance {self.proxy_a:.2f} (0 = alike, 2 = a classifier tells every row's table)",
        ]


def measure_distance(problem, seed, n_jobs=None):
    """Distances between the rows of ``problem``, and the noise floor: the same between halves of the source."""
    encoded = prepare(problem.columns).fit_transform(problem.X)
    rng = np.random.default_rng(seed)
    source, target = (_sample(encoded[rows], rng) for rows in (~problem.target, problem.target))
    halves = rng.permutation(len(source))[: 2 * (len(source) // 2)].reshape(2, -1)
    return Distance(
        mmd=mmd(source, target, n_jobs=n_jobs),
        floor=mmd(source[halves[0]], source[halves[1]], n_jobs=n_jobs),
        proxy_a=proxy_a_distance(source, target, n_jobs=n_jobs, random_state=seed),
        rows=MAX_ROWS if max(problem.target.sum(), (~problem.target).sum()) > MAX_ROWS else 0,
    )


def _sample(rows, rng):
    """Keep at most ``MAX_ROWS`` of the rows."""
    return rows if len(rows) <= MAX_ROWS else rows[np.sort(rng.choice(len(rows), MAX_ROWS, replace=False))]


def column_differences(problem):
    """For each column, the one that differs most first: name, measure, difference (0 to 1), missing shares.

    The Kolmogorov-Smirnov statistic for numbers, the total variation distance for categories.
    """
    X_source, X_target = problem.X[~problem.target], problem.X[problem.target]
    rows = []
    for name in problem.columns.names:
        source, target = X_source[name], X_target[name]
        if name in problem.columns.levels:
            measure, difference = "total variation", _total_variation(source, target)
        else:
            measure, difference = "KS", _kolmogorov_smirnov(source, target)
        rows.append((name, measure, difference, source.isna().mean(), target.isna().mean()))
    return sorted(rows, key=lambda row: -row[2])


def _kolmogorov_smirnov(source, target):
    """Find the largest gap between the two distribution functions of the known values."""
    return float(ks_2samp(source.dropna().to_numpy(), target.dropna().to_numpy(), method="asymp").statistic)


def _total_variation(source, target):
    """Halve the summed gaps between the shares of each value; missing counts as one."""
    shares = [column.fillna(MISSING).value_counts(normalize=True) for column in (source, target)]
    return float(shares[0].subtract(shares[1], fill_value=0).abs().sum() / 2)
