"""Transfer components: time and memory against rows.

Each row of the table runs in a process of its own, so that its peak memory is its own. TCA's kernels see 20 columns,
the other methods (linear, all defaults) 100 columns and ten classes; the last column is the share of right guesses.
Run: ``python benchmarks/tca.py`` (some five minutes), ``python benchmarks/tca.py JDA`` for the rows of one method.
"""

import resource
import subprocess
import sys
import time

import numpy as np

from sktl.feature import BDA, JDA, MIDA, SSTCA, TCA, TJM

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
METHODS = {cls.__name__: cls for cls in (JDA, BDA, SSTCA, TJM, MIDA)}
SIZES = (5_000, 100_000)


def classes_that_moved(n, rng):
    """Rows of 100 columns and ten classes, of which each moved by itself, and all as a whole; y; true classes."""
    codes, target = rng.integers(0, 10, 2 * n), np.arange(2 * n) >= n
    X = rng.normal(size=(2 * n, 100)) @ (rng.normal(size=(100, 100)) / 10) + 0.6 * rng.normal(size=(10, 100))[codes]
    X[target] += 0.5 * rng.normal(size=100) + 0.3 * rng.normal(size=(10, 100))[codes[target]]
    return X, np.where(target, np.nan, codes), codes[target]


def one_method(name, n):
    """Fit n + n rows; print one line."""
    X, y, y_target = classes_that_moved(n, np.random.default_rng(0))
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.perf_counter()
    model = METHODS[name]().fit(X, y)
    fit = time.perf_counter() - start
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    right = f"{np.mean(model.pseudo_labels_ == y_target):>8.4f}" if hasattr(model, "pseudo_labels_") else ""
    print(f"{name:<8}{n:>8} + {n:<8}{model.solver_:>7} {'':<9}{fit:>8.1f}{'':>10}{extra:>10.0f}{right}", flush=True)


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
    cases = [("TCA", str(case)) for case in range(len(CASES))] + [(name, str(n)) for name in METHODS for n in SIZES]
    if len(sys.argv) == 3:
        name, which = sys.argv[1:]
        one_case(*CASES[int(which)]) if name == "TCA" else one_method(name, int(which))
    else:
        print(f"{'kernel':<8}{'rows':>19}{'':>9}{'solver':<9}{'fit s':>8}{'transf. s':>10}{'extra MB':>10}", flush=True)
        for case in cases:
            if case[0] in (sys.argv[1:] or [case[0]]):
                subprocess.run([sys.executable, __file__, *case], check=True)
