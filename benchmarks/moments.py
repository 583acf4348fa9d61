"""Aligners of moments on 1,000,000 x 100 float32 rows, beside one plain ``X.T @ X``.

Half of the rows are target rows. A rate is the size of X (0.4 GB) over the processor time of ``fit``, of ``transform``
(all rows by one map) or of ``fit_transform`` (each row by its own domain's map); a ratio is the time over that of
``X.T @ X``. Run: ``OMP_NUM_THREADS=1 python benchmarks/moments.py`` (one to four minutes).

Measured on one core of a busy machine, GB/s (ratio):

| | fit | transform | fit_transform |
|---|---|---|---|
| X.T @ X | 1.96 (1.0) | | |
| DomainScaler | 0.69 (2.8) | 1.33 (1.5) | 0.26 (7.5) |
| CORAL | 0.59 (3.3) | 1.86 (1.1) | 0.24 (8.3) |
| CORAL, Ledoit-Wolf | 0.44 (4.5) | 1.47 (1.3) | 0.19 (10.4) |
| LinearOT | 0.39 (5.0) | 1.40 (1.4) | 0.16 (12.6) |
| SubspaceAlignment(20) | 0.52 (3.8) | 0.94 (2.1) | 0.34 (5.8) |

``transform`` takes rows as target rows, which CORAL and LinearOT leave where they are: theirs is the rate of checks and
a copy (new source rows: ``feature.py``). ``fit_transform`` is ``fit``, and then each domain's rows are gathered, mapped
and returned to the caller's order, slice by slice.
"""

import time

import numpy as np

from sktl.feature import CORAL, DomainScaler, LinearOT, SubspaceAlignment

ALIGNERS = {
    "DomainScaler": DomainScaler(),
    "CORAL": CORAL(),
    "CORAL, Ledoit-Wolf": CORAL(reg=0, shrinkage="auto"),
    "LinearOT": LinearOT(),
    "SubspaceAlignment(20)": SubspaceAlignment(20),
}


def seconds(function, *args):
    """Processor time of one call."""
    start = time.process_time()
    function(*args)
    return time.process_time() - start


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1_000_000, 100), dtype=np.float32) * np.linspace(0.5, 2, 100, dtype=np.float32) + 3
    domain = rng.random(len(X)) < 0.5
    gigabytes = X.nbytes / 1e9
    plain = min(seconds(lambda: X.T @ X) for _ in range(3))
    print(f"{'':<24}{'GB/s':>7}{'ratio':>7}")
    print(f"{'X.T @ X':<24}{gigabytes / plain:>7.2f}{1:>7.1f}", flush=True)
    for name, aligner in ALIGNERS.items():
        fit = seconds(aligner.fit, X, None, domain)
        both = seconds(aligner.fit_transform, X, None, domain)
        transform = seconds(aligner.transform, X)
        for what, spent in (("fit", fit), ("transform", transform), ("fit_transform", both)):
            print(f"{name:<24}{gigabytes / spent:>7.2f}{spent / plain:>7.1f}  {what}", flush=True)
