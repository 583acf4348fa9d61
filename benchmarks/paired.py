"""How many samples measured twice it takes to move a calibration, and whether a shift of the mean does as well.

Run ``python benchmarks/paired.py`` (some minutes). Spectra of mixtures of 6 compounds (``make_spectra``: 80 source
rows, 50 target rows, 150 columns, noise .003) on two instruments that differ in one way, or in all; 0, 3, 5, 10 or 30
samples were measured on both. Models of the first compound's amount (a partial least squares regression with 8 latent
variables, and a ridge with its penalty by leave-one-out) learn from the mapped source rows. It prints the root mean
squared error on target rows without a partner, times 1,000, mean +- standard error over the draws.
"DomainScaler(with_std=False)" is the shift of the mean, which needs no pair; "target alone" has the labels of the
paired target rows instead.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.base import clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import RidgeCV

from sktl.datasets import make_spectra
from sktl.feature import (
    EPO,
    ComBat,
    DIPLSRegressor,
    DirectStandardization,
    DomainScaler,
    PiecewiseDirectStandardization,
    SpectralSpaceTransformation,
)

NONE = {"gain": 0.0, "offset": 0.0, "axis_shift": 0.0}
WORLDS = {
    "equal": NONE,
    "offset": NONE | {"offset": 0.1},
    "gain": NONE | {"gain": 0.2},
    "axis": NONE | {"axis_shift": 1.5},
    "interference": NONE | {"interference": 0.5},
    "all": {"gain": 0.1, "offset": 0.1, "axis_shift": 1.0, "interference": 0.2},
    "all, labels +.5": {"gain": 0.1, "offset": 0.1, "axis_shift": 1.0, "interference": 0.2, "label_shift": 0.5},
}
PAIRS = (3, 5, 10, 30)
WITHOUT = {
    "nothing": None,
    "DomainScaler(with_std=False)": DomainScaler(with_std=False),
    "DomainScaler()": DomainScaler(),
    "ComBat()": ComBat(),
    "EPO(), no pairs": EPO(),
}
WITH = {
    "EPO()": EPO(),
    "SpectralSpaceTransformation()": SpectralSpaceTransformation(),
    "DirectStandardization()": DirectStandardization(),
    "DirectStandardization(keep_rest=False)": DirectStandardization(keep_rest=False),
    "PiecewiseDirectStandardization()": PiecewiseDirectStandardization(),
    "PiecewiseDirectStandardization(5)": PiecewiseDirectStandardization(5),
}
MODELS = {"PLS": PLSRegression(8), "ridge": RidgeCV(np.logspace(-6, 2, 17))}


def errors(world, n_pairs, seed):
    """Root mean squared error of each (method, model) on the target rows that have no partner."""
    data = make_spectra(80, 50 + n_pairs, 150, n_compounds=6, n_pairs=n_pairs, noise=0.003, random_state=seed, **world)
    source = data.sample_domain == "source"
    new = ~source & np.isnan(data.sample_id)
    found = {}

    def note(name, model, rows):
        for kind, base in MODELS.items():
            fitted = clone(base).fit(rows[source], data.y[source])
            found[name, kind] = error(fitted.predict(rows[new]))

    def error(predicted):
        return 1000 * float(np.sqrt(np.mean((np.ravel(predicted) - data.y_true[new]) ** 2)))

    methods = (WITH if n_pairs else WITHOUT).items()
    for name, aligner in methods:
        ids = data.sample_id if n_pairs else None
        rows = data.X if aligner is None else clone(aligner).fit_transform(data.X, data.y, sample_id=ids)
        note(name, aligner, rows)
    if n_pairs:
        own = ~source & ~new
        for kind, base in MODELS.items():
            model = clone(base)
            if kind == "PLS":
                model.set_params(n_components=min(8, n_pairs - 1))
            found["target alone, labels of the pairs", kind] = error(
                model.fit(data.X[own], data.y_true[own]).predict(data.X[new])
            )
    else:
        for weight in (0.0, 10.0, 100.0, 1000.0):
            model = DIPLSRegressor(8, invariance=weight).fit(data.X, data.y)
            found[f"DIPLSRegressor(8, invariance={weight:g})", "PLS"] = error(model.predict(data.X[new]))
    return found


def print_table(world, n_pairs, draws):
    """One line a method, a column a model."""
    print(f"\n{world}; {n_pairs} pairs".ljust(45) + "".join(f"{kind:>16}" for kind in MODELS))
    for name in dict.fromkeys(method for method, _ in draws[0]):
        cells = ""
        for kind in MODELS:
            values = [found[name, kind] for found in draws if (name, kind) in found]
            cells += f"{np.mean(values):9.1f} +-{np.std(values) / len(values) ** 0.5:5.1f}" if values else " " * 16
        print(f"  {name:<42}" + cells, flush=True)


def main():
    """Print a table for each world and number of pairs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="draws (default 20)")
    parser.add_argument("--worlds", nargs="*", default=list(WORLDS), help="which worlds")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # a ridge with few rows may be ill-conditioned: the table shows what comes of it
    start = time.perf_counter()
    for world in options.worlds:
        for n_pairs in (0, *PAIRS):
            print_table(world, n_pairs, [errors(WORLDS[world], n_pairs, seed) for seed in range(options.seeds)])
    print(f"\n{options.seeds} draws; {time.perf_counter() - start:.0f} s.")


if __name__ == "__main__":
    main()
