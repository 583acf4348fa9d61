"""How near the truth are the density-ratio weighters, and at what cost.

Prints, in order: the error and the rank correlation of every weighter's weights under known truth, by defaults, beside
constant weights and published figures; the same for a strong shift and for none; cost against rows. Run:
``python benchmarks/ratio.py`` (about five minutes; ``--quick`` for less than one; ``--million`` adds 10^6 + 10^6 rows).
"""

import argparse
import resource
import time
import warnings

import numpy as np
from scipy.stats import spearmanr

from sktl.datasets import make_covariate_shift
from sktl.exceptions import LowEffectiveSampleSizeWarning
from sktl.instance import (
    KLIEP,
    KMM,
    RULSIF,
    ULSIF,
    DiscriminatorWeighter,
    GaussianWeighter,
    KDEWeighter,
    NearestNeighborWeighter,
)

DIMENSIONS = (1, 5, 10, 20)
PUBLISHED = {  # the same measure, setting and number of runs, by other implementations with their defaults
    "constant weights": (148, 166, 159, 149),
    "KDE": (33, 135, 184, 444),
    "logistic regression": (3.1, 14, 28, 54),
    "uLSIF": (59, 140, 147, 140),
    "KLIEP": (71, 128, 138, 148),
    "KMM, median width": (233, 271, 195, 145),
}


def weighters():
    """Every weighter of the family by its defaults, and the papers' settings where ours differ."""
    return {
        "DiscriminatorWeighter": DiscriminatorWeighter(),
        "GaussianWeighter": GaussianWeighter(),
        "RULSIF": RULSIF(),
        "ULSIF": ULSIF(),
        "KMM": KMM(),
        "KLIEP": KLIEP(),
        "KDEWeighter": KDEWeighter(),
        "NearestNeighborWeighter": NearestNeighborWeighter(),
        "- ULSIF, nonnegative='coef'": ULSIF(nonnegative="coef"),
        "- ULSIF, nonnegative='exact'": ULSIF(nonnegative="exact"),
        "- Discriminator, cv=None": DiscriminatorWeighter(cv=None),
        "- NearestNeighbor, a cell a row": NearestNeighborWeighter(None),
    }


def weights_and_truth(weighter, n_source, n_target, d, shift, scale, seed):
    """Weights of the source rows, and the true ratio there."""
    data = make_covariate_shift(n_source, n_target, d, shift=shift, scale=scale, random_state=seed)
    fitted = weighter.fit(data.X, data.y)
    return fitted.weights_[:n_source], data.weights[:n_source], fitted.effective_sample_size_


def error(weights, truth):
    """1e6 mean((w / sum w - true / sum true)^2)."""
    return 1e6 * np.mean((weights / weights.sum() - truth / truth.sum()) ** 2)


def table_of_errors(n_source, n_target, shift, scale, runs):
    """Error (rank correlation) of each weighter against the number of columns."""
    print(f"\nN(0, I) -> N({shift:g} e_1, {scale:g}^2 I), {n_source} / {n_target} rows, {runs} runs: error (rank)")
    print(f"{'':<32}" + "".join(f"{'d = ' + str(d):>15}" for d in DIMENSIONS))
    rows = {"constant weights": None, **weighters()}
    for name, weighter in rows.items():
        line = f"{name:<32}"
        for d in DIMENSIONS:
            cells = []
            for seed in range(runs):
                w, truth, _ = weights_and_truth(
                    weighter or GaussianWeighter(1.0), n_source, n_target, d, shift, scale, seed
                )
                w = np.ones(n_source) if weighter is None else w
                cells.append((error(w, truth), 0.0 if weighter is None else spearmanr(w, truth)[0]))
            mean = np.mean(cells, axis=0)
            line += f"{mean[0]:8.3g}" + (f" ({mean[1]:+.2f})" if weighter else " " * 8).ljust(7)
        print(line, flush=True)


def table_of_published():
    """The figures to beat."""
    print("\npublished, same setting as the first table")
    for name, values in PUBLISHED.items():
        print(f"{name:<32}" + "".join(f"{value:8.3g}       " for value in values))


def table_without_shift(runs):
    """Median weight and effective share of the rows where there is nothing to weigh."""
    print("\nno shift, 800 / 700 rows: median weight, effective rows / rows")
    for name, weighter in weighters().items():
        line = f"{name:<32}"
        for d in DIMENSIONS:
            cells = [weights_and_truth(weighter, 800, 700, d, 0.0, 1.0, seed) for seed in range(runs)]
            line += f"{np.mean([np.median(w) for w, _, _ in cells]):8.2f}{np.mean([e for *_, e in cells]) / 800:6.2f} "
        print(line, flush=True)


def table_of_cost(sizes):
    """Seconds of wall time and peak memory against rows."""
    print("\nn + n rows, d = 20: seconds, peak MB of the whole process so far")
    for n in sizes:
        data = make_covariate_shift(n, n, 20, random_state=0)
        for name in (
            "ULSIF",
            "RULSIF",
            "KLIEP",
            "DiscriminatorWeighter",
            "NearestNeighborWeighter",
            "GaussianWeighter",
        ):
            start = time.perf_counter()
            weights = weighters()[name].fit(data.X, data.y).weights_[:n]
            seconds = time.perf_counter() - start
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            rank = spearmanr(weights, data.weights[:n])[0]
            print(f"{n:>9} {name:<26}{seconds:8.1f}{peak:8.0f}   rank {rank:+.2f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs, smaller sizes")
    parser.add_argument("--million", action="store_true", help="also the cost of a million rows a domain")
    options = parser.parse_args()
    warnings.simplefilter("ignore", LowEffectiveSampleSizeWarning)
    table_of_errors(100, 1000, 1.0, 1.0, 3 if options.quick else 30)
    table_of_published()
    table_of_errors(500, 500, 2.0, 1.0, 1 if options.quick else 5)
    table_without_shift(1 if options.quick else 3)
    table_of_cost([1000, 10_000] + ([] if options.quick else [100_000]) + ([1_000_000] if options.million else []))
