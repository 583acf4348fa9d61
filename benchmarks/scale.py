"""Does it fit in memory, does it end? The methods that compare rows with rows, at full size.

Each line is a process of its own that makes the rows, fits, and says its wall and processor seconds and the peak of its
memory: of the whole process, imports and the making of the rows within. 100,000 + 100,000 rows of 100 columns and ten
classes of their own shifts, where the name says nothing else.

Run: ``OMP_NUM_THREADS=2 python benchmarks/scale.py`` (some minutes of two cores), ``--share 0.1`` for a tenth of the
rows, ``--methods kmm spl``.
"""

import argparse
import resource
import subprocess
import sys
import time
import warnings

import numpy as np

METHODS = ("JDA", "BDA", "TJM", "SSTCA", "ARTL", "MEDA", "CMMS", "SPL", "OTMapping 5k", "OTMapping", "KMM")
#: Rows of each domain, and columns, where they are others.
SIZES = {"OTMapping 5k": (5_000, 30), "KMM": (1_000_000, 20)}


def estimator(name):
    """The method as it comes."""
    from sktl import feature, instance

    return {
        "JDA": feature.JDA,
        "BDA": feature.BDA,
        "TJM": feature.TJM,
        "SSTCA": feature.SSTCA,
        "ARTL": feature.ARTLClassifier,
        "MEDA": feature.MEDAClassifier,
        "CMMS": feature.CMMSClassifier,
        "SPL": feature.SPLClassifier,
        "OTMapping 5k": feature.OTMapping,
        "OTMapping": feature.OTMapping,
        "KMM": instance.KMM,
    }[name]()


def rows(n, d, n_classes=10):
    """Rows of two domains, n each, labels that are NaN in the second, and the true ones; each class moves by itself."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, n_classes, 2 * n)
    target = np.arange(2 * n) >= n
    X = rng.normal(size=(2 * n, d))
    X += 2 / np.sqrt(d) * rng.normal(size=(n_classes, d))[codes]
    X[n:] += rng.normal(size=d) / np.sqrt(d)
    X[n:] += 1 / np.sqrt(d) * rng.normal(size=(n_classes, d))[codes[n:]]
    return X, np.where(target, np.nan, codes), codes


def one(name, share):
    """Fit one method here; print what it took."""
    n, d = SIZES.get(name, (100_000, 100))
    X, y, codes = rows(int(n * share), d)
    model = estimator(name)
    wall, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = model.fit(X, y)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    target = np.isnan(y)
    hit = 100 * model.score(X[target], codes[target]) if hasattr(model, "predict") else np.nan
    print(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, hit)


def accuracy_table():
    """Accuracy of the exact form and of that for many rows, on pairs of ``defaults.py``, where both can be had."""
    from defaults import METHODS as FAMILY
    from defaults import accuracy, digits, objects, tables, texts

    from sktl._core import neighbors
    from sktl.feature import ARTLClassifier, MEDAClassifier, OTMapping

    named = {"d>m", "m>d", "C>A", "B>D", "attrition", "clev>hung"}
    data = [t for part in (digits, objects, texts, tables) for t in part() if t.name in named]
    print(f"{'accuracy, exact and approximate':<40}{'mean':>12}" + "".join(f"{t.name[:9]:>12}" for t in data))

    def line(title, exact, approximate, max_exact=neighbors.MAX_EXACT):
        pairs = []
        for one in data:
            X, found = one.scaled(False), []
            for make, most in ((exact, 10**9), (approximate, max_exact)):
                neighbors.MAX_EXACT = most
                found.append(accuracy(make(X), X, one)[0])
            pairs.append(found)
        pairs.append(np.mean(pairs, axis=0))
        print(f"{title:<40}" + "".join(f"{a:6.1f}{b:6.1f}" for a, b in pairs[-1:] + pairs[:-1]), flush=True)

    for name in ("JDA", "TJM", "CMMS"):
        line(f"{name}, neighbours in cells", FAMILY[name], FAMILY[name], 200)
    for make in (ARTLClassifier, MEDAClassifier):
        rest = (lambda X, make=make: make(n_landmarks=None)), (lambda X, make=make: make(n_landmarks=300))
        line(f"{make.__name__}, 300 landmarks, cells", *rest, 200)
    line("OTMapping, 300 prototypes", lambda X: OTMapping(max_samples=None), lambda X: OTMapping(max_samples=300))


def main():
    """Print a line a method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", default=METHODS, help="words of their names")
    parser.add_argument("--share", type=float, default=1.0, help="share of the rows")
    parser.add_argument("--accuracy", action="store_true", help="the second table alone")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.accuracy:
        warnings.simplefilter("ignore")
        accuracy_table()
        return
    if options.one:
        one(options.one, options.share)
        return
    print(f"{'':<16}{'rows a domain':>14}{'wall s':>8}{'CPU s':>8}{'peak GB':>9}{'accuracy':>10}")
    for name in METHODS:
        if not any(word.lower() in name.lower() for word in options.methods):
            continue
        command = [sys.executable, __file__, "--one", name, "--share", str(options.share)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        wall, cpu, peak, hit = map(float, printed.split()[-4:])
        n = int(SIZES.get(name, (100_000, 100))[0] * options.share)
        print(f"{name:<16}{n:>14,}{wall:>8.1f}{cpu:>8.1f}{peak:>9.2f}{hit:>10.1f}", flush=True)


if __name__ == "__main__":
    main()
