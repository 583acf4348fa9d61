"""Distances between two samples: time and memory against rows, beside the dense form of the same sum.

Each row of the table runs in a process of its own, so that its peak memory is its own. Run:
``python benchmarks/metrics.py`` (about three minutes; ``--quick`` leaves out 100,000 rows).
"""

import resource
import subprocess
import sys
import time

import numpy as np
from sklearn.metrics.pairwise import rbf_kernel

from sktl.metrics import mmd, proxy_a_distance


def dense_mmd(X, Y):
    """The unbiased estimate from three full kernel matrices."""
    n, m = len(X), len(Y)
    within = [(rbf_kernel(Z, gamma=0.05).sum() - len(Z)) / (len(Z) * (len(Z) - 1)) for Z in (X, Y)]
    return within[0] + within[1] - 2 * rbf_kernel(X, Y, gamma=0.05).sum() / (n * m)


METHODS = {
    "mmd": lambda X, Y: mmd(X, Y, gamma=0.05),
    "mmd, 2 threads": lambda X, Y: mmd(X, Y, gamma=0.05, n_jobs=2),
    "mmd, dense": dense_mmd,
    "A-distance": proxy_a_distance,
}
CASES = [(name, n) for n in (1_000, 5_000, 20_000, 100_000) for name in METHODS if name != "mmd, dense" or n <= 20_000]


def one_case(name, n):
    """Compute one distance on n + n rows of 20 columns; print one line."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(n, 20)), rng.normal(size=(n, 20))
    Y[:, 0] += 0.5
    METHODS[name](X[:100], Y[:100])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter(), time.process_time()
    value = METHODS[name](X, Y)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    print(f"{name:<16}{n:>8}{value:>12.6f}{wall:>9.2f}{cpu:>9.2f}{extra:>10.0f}")


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1].isdigit():
        one_case(*CASES[int(sys.argv[1])])
    else:
        print(f"{'distance':<16}{'rows':>8}{'value':>12}{'wall s':>9}{'CPU s':>9}{'extra MB':>10}", flush=True)
        for case, (_, n) in enumerate(CASES):
            if "--quick" not in sys.argv or n < 100_000:
                subprocess.run([sys.executable, __file__, str(case)], check=True)
