"""Transfer component analysis: time and memory against rows.

Each row of the table runs in a process of its own, so that its peak memory is its own. Run:
``python benchmarks/tca.py`` (about two minutes).
"""

import resource
import subprocess
import sys
import time

import numpy as np

from sktl.feature import TCA

CASES = [
    ("linear", 5_000, "auto"),
    ("linear", 100_000, "auto"),
    ("rbf", 1_000, "auto"),
    ("rbf", 2_000, "auto"),
    ("rbf", 5_000, "auto"),
    ("rbf", 5_000, None),
    ("rbf", 20_000, "auto"),
    ("rbf", 50_000, "auto"),
    ("rbf", 100_000, "auto"),
]


def one_case(kernel, n, n_landmarks):
    """Fit and transform n + n rows of 20 columns; print one line."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2 * n, 20))
    X[n:, 0] += 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    tca = TCA(10, kernel=kernel, n_landmarks=n_landmarks).fit(X, sample_domain=np.arange(2 * n) >= n)
    fit = time.perf_counter() - start
    start = time.perf_counter()
    tca.transform(X)
    transform = time.perf_counter() - start
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    print(
        f"{kernel:<8}{n:>8} + {n:<8}{tca.solver_:>7} {tca.approximation_:<9}{fit:>8.1f}{transform:>10.1f}{extra:>10.0f}"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one_case(*CASES[int(sys.argv[1])])
    else:
        print(f"{'kernel':<8}{'rows':>19}{'':>9}{'solver':<9}{'fit s':>8}{'transf. s':>10}{'extra MB':>10}", flush=True)
        for case in range(len(CASES)):
            subprocess.run([sys.executable, __file__, str(case)], check=True)
