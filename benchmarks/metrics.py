"""Distances between two samples and tests: time and memory against rows, beside other forms of the same sums.

Each row of the table runs in a process of its own, so that its peak memory is its own. n rows a sample, 20 columns, a
shift by 0.5 in one of them. Run: ``python benchmarks/metrics.py`` (about ten minutes; ``--quick`` stops at 5,000 rows).

CPU seconds (MB of memory beyond the data), one thread, on a machine that was busy with other work; the ratios count::

    n                       1,000        5,000       20,000      100,000    1,000,000
    mmd                  0.01 (9)    0.17 (20)    2.10 (32)
    mmd, dense           0.01 (8)   0.79 (192) 14.13 (3054)
    mmd, POT            0.03 (23)   1.47 (573) 37.41 (9156)
    mmd, stacked        0.03 (61)  1.03 (1529)
    mmd, block           0.01 (0)     0.05 (2)     0.18 (6)    0.47 (32)  10.37 (314)
    mmd, features        0.01 (5)    0.03 (26)    0.15 (42)    0.53 (42)   6.34 (305)
    mmd, linear          0.00 (1)     0.01 (4)    0.02 (10)    0.08 (37)   1.97 (339)
    energy               0.02 (9)    0.22 (20)    3.12 (32)
    energy, dense        0.02 (8)   0.93 (192) 15.36 (3054)
    Wasserstein          0.00 (1)     0.01 (3)     0.03 (9)    0.25 (24)    2.81 (31)
    W, sliced            0.01 (4)    0.04 (19)    0.17 (40)    1.10 (46)  24.47 (168)
    W, sliced, POT      0.04 (18)    0.21 (98)   1.44 (395) 11.02 (1984)
    W, exact            0.17 (39)
    Frechet              0.00 (0)     0.00 (1)     0.01 (4)    0.03 (16)   0.58 (154)
    CORAL                0.00 (0)     0.00 (1)     0.00 (1)     0.02 (1)     0.15 (1)
    subspace             0.00 (0)     0.00 (1)     0.00 (1)     0.02 (1)     0.16 (1)
    KL, neighbours       0.01 (1)     0.19 (4)    2.48 (16)
    JS, neighbours       0.03 (1)     0.46 (6)    7.00 (26)
    Pearson             0.17 (19)    0.27 (20)    0.40 (25)    1.22 (61)  10.08 (616)
    A-distance           0.03 (1)     0.06 (5)    0.16 (21)   0.87 (105)  9.87 (1049)
    mmd_test            0.91 (52)   7.43 (148)
    mmd_test, block     0.04 (19)    0.06 (22)    0.15 (26)    0.89 (96)
    energy_test         0.19 (42)    1.69 (43)
    C2ST                0.22 (17)    1.35 (90)   6.37 (360) 52.39 (1483)
    feature shift        0.03 (0)     0.10 (1)     0.34 (3)    2.16 (18)  25.11 (176)

Where a line ends: mmd and energy look at all pairs, so that 100,000 rows take 25 times as long (a minute) and a million
two hours: take "block", "features" or "linear", or sliced Wasserstein. Dense forms end where memory does: one stacked
matrix at 20,000 rows would be 13 GB. Exact transport is cubic; neighbours in 20 columns are all pairs again. mmd_test
and energy_test with all pairs and 1,000 permutations go over to blocks beyond 10,000 rows in all (here 100 swaps); C2ST
keeps a label of a byte for each row and permutation.

At 20,000 rows a sample and equal values ``mmd`` takes 1/6.7 of the CPU time and 1/95 of the memory of the dense form
(skada's loss, which needs torch, is that form) and 1/18 and 1/290 of POT's costs; ``energy_distance`` 1/4.9 and 1/95 of
the dense form; sliced Wasserstein at 100,000 rows 1/10 and 1/43 of POT's, to the last digit of the value. At 5,000 rows
``mmd`` takes 1/6 of one stacked matrix (alibi-detect's form). Wall time of ``mmd`` and ``energy_distance`` at 20,000
rows: 2.2 and 2.9 seconds. The values are 0.00341 (exact) at 20,000 rows, 0.0034, 0.0042 and 0.0033 by blocks, 512
random features and pairs. ``benchmarks/two_sample.py`` has ``mmd_test`` beside a loop.

``n_jobs``: two cores with a load of 3 to 4, wall seconds with one and two jobs: A-distance 5.9, 3.4, C2ST 3.1, 2.2 and
feature shift 1.6, 1.0 by processes. mmd (3.5, 3.7) and mmd_test (2.6, 2.4) share threads, which gained nothing there;
nor did two threads of ``numpy.exp`` alone, so that the machine may be why, not the code. On idle cores: not measured.
"""

import os
import resource
import subprocess
import sys
import time

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel
from sklearn.neighbors import KNeighborsClassifier

from sktl.metrics import (
    classifier_two_sample_test,
    coral_distance,
    energy_distance,
    energy_test,
    feature_shift_test,
    frechet_distance,
    js_divergence,
    kl_divergence,
    mmd,
    mmd_test,
    pearson_divergence,
    proxy_a_distance,
    subspace_distance,
    wasserstein_distance,
)


def dense_mmd(X, Y):
    """The unbiased estimate from three full kernel matrices: the form of skada's loss, which needs torch."""
    n, m = len(X), len(Y)
    within = [(rbf_kernel(Z, gamma=0.05).sum() - len(Z)) / (len(Z) * (len(Z) - 1)) for Z in (X, Y)]
    return within[0] + within[1] - 2 * rbf_kernel(X, Y, gamma=0.05).sum() / (n * m)


def dense_energy(X, Y):
    """The unbiased estimate from three full matrices of distances."""
    n, m = len(X), len(Y)
    within = [euclidean_distances(Z).sum() / (len(Z) * (len(Z) - 1)) for Z in (X, Y)]
    return 2 * euclidean_distances(X, Y).sum() / (n * m) - within[0] - within[1]


def pot_mmd(X, Y):
    """The same with POT's costs, which are the nearest that it offers."""
    import ot

    n, m = len(X), len(Y)
    within = [(np.exp(-0.05 * ot.dist(Z, Z)).sum() - len(Z)) / (len(Z) * (len(Z) - 1)) for Z in (X, Y)]
    return within[0] + within[1] - 2 * np.exp(-0.05 * ot.dist(X, Y)).sum() / (n * m)


def pot_sliced(X, Y):
    """POT's sliced distance of order 1, in as many directions as ours."""
    import ot

    return ot.sliced_wasserstein_distance(X, Y, n_projections=100, p=1, seed=0)


def stacked_mmd(X, Y):
    """One matrix of all pairs, as alibi-detect has it: memory (n_source + n_target)^2, biased."""
    Z = np.concatenate([X, Y])
    K, n = np.exp(-0.05 * euclidean_distances(Z, squared=True)), len(X)
    return K[:n, :n].mean() + K[n:, n:].mean() - 2 * K[:n, n:].mean()


#: distance: its largest number of rows
METHODS = {
    "mmd": (lambda X, Y: mmd(X, Y, gamma=0.05), 20_000),
    "mmd, dense": (dense_mmd, 20_000),
    "mmd, POT": (pot_mmd, 20_000),
    "mmd, stacked": (stacked_mmd, 5_000),
    "mmd, block": (lambda X, Y: mmd(X, Y, gamma=0.05, method="block"), 1_000_000),
    "mmd, features": (lambda X, Y: mmd(X, Y, gamma=0.05, method="random_features"), 1_000_000),
    "mmd, linear": (lambda X, Y: mmd(X, Y, gamma=0.05, method="linear"), 1_000_000),
    "energy": (energy_distance, 20_000),
    "energy, dense": (dense_energy, 20_000),
    "Wasserstein": (wasserstein_distance, 1_000_000),
    "W, sliced": (lambda X, Y: wasserstein_distance(X, Y, method="sliced"), 1_000_000),
    "W, sliced, POT": (pot_sliced, 100_000),
    "W, exact": (lambda X, Y: wasserstein_distance(X, Y, method="exact"), 1_000),
    "Frechet": (frechet_distance, 1_000_000),
    "CORAL": (coral_distance, 1_000_000),
    "subspace": (subspace_distance, 1_000_000),
    "KL, neighbours": (kl_divergence, 20_000),
    "JS, neighbours": (js_divergence, 20_000),
    "Pearson": (pearson_divergence, 1_000_000),
    "A-distance": (proxy_a_distance, 1_000_000),
    "mmd_test": (lambda X, Y: mmd_test(X, Y).pvalue, 5_000),
    "mmd_test, block": (lambda X, Y: mmd_test(X, Y, method="block", n_permutations=100).pvalue, 100_000),
    "energy_test": (lambda X, Y: energy_test(X, Y).pvalue, 5_000),
    "C2ST": (lambda X, Y: classifier_two_sample_test(X, Y).pvalue, 100_000),
    "feature shift": (lambda X, Y: feature_shift_test(X, Y).pvalue[0], 1_000_000),
}
NEIGHBOURS = KNeighborsClassifier(15)
#: what takes jobs: its number of rows, and the function of two samples and of n_jobs
PARALLEL = {
    "mmd": (20_000, lambda X, Y, jobs: mmd(X, Y, gamma=0.05, n_jobs=jobs)),
    "mmd_test": (2_000, lambda X, Y, jobs: mmd_test(X, Y, n_jobs=jobs)),
    "A-distance": (20_000, lambda X, Y, jobs: proxy_a_distance(X, Y, NEIGHBOURS, n_jobs=jobs)),
    "C2ST": (20_000, lambda X, Y, jobs: classifier_two_sample_test(X, Y, NEIGHBOURS, n_jobs=jobs)),
    "feature shift": (100_000, lambda X, Y, jobs: feature_shift_test(X, Y, n_jobs=jobs)),
}
SIZES = (1_000, 5_000, 20_000, 100_000, 1_000_000)
CASES = [(name, n) for name, (_, most) in METHODS.items() for n in SIZES if n <= most]


def samples(n):
    """Two samples of n rows and 20 columns, a shift by 0.5 in one."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(n, 20)), rng.normal(size=(n, 20))
    Y[:, 0] += 0.5
    return X, Y


def parallel():
    """Wall seconds with one job and with two, and the load of the machine, to judge them by."""
    print(f"\n{'n_jobs':<16}{'rows':>10}{'1: wall s':>12}{'2: wall s':>12}   load of the machine")
    for name, (n, function) in PARALLEL.items():
        X, Y = samples(n)
        seconds = []
        for jobs in (1, 2):
            function(X[:200], Y[:200], jobs)  # workers start
            start = time.perf_counter()
            function(X, Y, jobs)
            seconds.append(time.perf_counter() - start)
        print(f"{name:<16}{n:>10,}{seconds[0]:>12.2f}{seconds[1]:>12.2f}   {os.getloadavg()[0]:.1f}", flush=True)


def one_case(name, n):
    """Compute one distance; print one line."""
    X, Y = samples(n)
    distance = METHODS[name][0]
    distance(X[:100], Y[:100])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter(), time.process_time()
    value = distance(X, Y)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    print(f"{name:<16}{n:>10,}{value:>12.6f}{wall:>9.2f}{cpu:>9.2f}{extra:>10.0f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1].isdigit():
        one_case(*CASES[int(sys.argv[1])])
    else:
        print(f"{'distance':<16}{'rows':>10}{'value':>12}{'wall s':>9}{'CPU s':>9}{'extra MB':>10}", flush=True)
        for case, (_, n) in enumerate(CASES):
            if "--quick" not in sys.argv or n <= 5_000:
                subprocess.run([sys.executable, __file__, str(case)], check=True)
        parallel()
