"""Does it fit in memory, does it end? The methods that compare rows with rows, at full size.

Each line is a process of its own that makes the rows, fits, and says its wall and processor seconds and the peak of its
memory: of the whole process, imports and the making of the rows within. 100,000 + 100,000 rows of 100 columns and ten
classes of their own shifts, where the name says nothing else.

Run: ``OMP_NUM_THREADS=2 python benchmarks/scale.py`` (some minutes of two cores), ``--share 0.1`` for a tenth of the
rows, ``--methods kmm spl``.

Two idle cores:

                     rows a domain  wall s   CPU s  peak GB  accuracy    goal: s, GB
    JDA                    100,000    15.6    30.6     0.69       -           30
    BDA                    100,000    17.7    34.8     0.69       -           30
    TJM                    100,000     1.2     2.4     0.51       -           30
    SSTCA                  100,000    20.8    39.6     0.98       -           30
    ARTL                   100,000    50.4    93.9     1.36      67.6         60, 2
    MEDA                   100,000    44.8    85.2     1.34      71.9         60, 2
    CMMS                   100,000    37.2    54.9     1.09      75.4         60
    SPL                    100,000    54.2    89.3     1.09      74.6         60
    OTMapping 5k             5,000     6.7    13.4     0.25       -           15
    OTMapping              100,000     4.4     8.5     0.65       -          120, 2
    KMM                  1,000,000    15.4    25.7     1.70       -          150, 2.5

What the forms for many rows cost (``--accuracy``, half a minute): accuracy of the exact form and of theirs, which is
forced upon pairs of some 1,000 rows with far fewer landmarks and prototypes than the defaults take. On the mean they
are within half a point; single pairs differ by up to 5, either way:

                                       mean        d>m        m>d        C>A        B>D    attrit.   clev>hung
    JDA, neighbours in cells      70.7 70.2  51.3 51.0  76.5 76.2  54.7 53.3  79.7 79.7  81.2 80.3  80.6 80.6
    TJM, neighbours in cells      65.7 65.7  39.2 39.2  66.2 66.2  51.2 51.2  76.2 76.2  81.2 81.2  80.3 80.3
    CMMS, neighbours in cells     62.7 62.8  47.0 47.0  57.8 57.8  50.2 50.8  67.3 66.8  75.6 75.6  78.6 78.6
    ARTL, 300 landmarks, cells    71.3 71.6  64.5 64.3  83.8 80.5  47.0 46.8  72.0 77.0  79.4 79.4  81.0 81.6
    MEDA, 300 landmarks, cells    72.6 72.4  65.5 62.2  83.8 85.0  53.2 52.5  73.3 73.5  79.6 79.4  79.9 81.6
    OTMapping, 300 prototypes     67.6 67.1  53.8 53.5  71.7 74.5  53.0 51.2  75.2 73.2  78.3 76.0  73.5 74.1
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
        print(f"{name:<16}{n:>14,}{wall:>8.1f}{cpu:>8.1f}{peak:>9.2f}{hit:>10.1f}".replace("nan", " - "), flush=True)


if __name__ == "__main__":
    main()
