"""How many samples measured twice it takes to move a calibration, and whether a shift of the mean does as well.

Run ``python benchmarks/paired.py`` (some minutes). Spectra of mixtures of 6 compounds (``make_spectra``: 80 source
rows, 50 target rows, 150 columns, noise .003) on two instruments that differ in one way, or in all; 0, 3, 5, 10 or 30
samples were measured on both. Models of the first compound's amount (a partial least squares regression with 8 latent
variables, and a ridge with its penalty by leave-one-out) learn from the mapped source rows. It prints the root mean
squared error on target rows without a partner, times 1,000, mean +- standard error over the draws.
"DomainScaler(with_std=False)" is the shift of the mean, which needs no pair; "target alone" has the labels of the
paired target rows instead.

Measured (PLS; the ridge differs little):

    error x 1,000                          equal      offset        gain        axis   interfer.         all    all, +.5
    0 pairs
    nothing                             1.6+-0.2   48.8+-8.3  88.7+-13.4  71.8+-12.7 190.2+-49.2 129.7+-20.6 143.3+-22.7
    DomainScaler(with_std=False)       40.1+-7.8   40.1+-7.8   57.8+-6.9   63.4+-7.1 115.5+-22.9   74.1+-9.7 509.7+-12.3
    DomainScaler()                     56.5+-7.3   56.5+-7.3   56.5+-7.3   66.6+-7.1 112.3+-19.5   76.2+-9.9 510.0+-12.6
    ComBat()                           28.2+-2.7   40.8+-4.7   54.2+-6.8   61.8+-6.3 124.9+-24.9  75.5+-13.0 446.8+-13.8
    EPO(), no pairs                    48.1+-9.4   40.2+-7.8   57.5+-8.2   60.1+-6.9   45.8+-8.9   67.2+-7.5 527.8+-13.0
    DIPLSRegressor, invariance=0       40.1+-7.8   40.1+-7.8   57.7+-6.9   62.8+-7.1 111.4+-20.2   72.3+-9.0 509.3+-12.2
      10                               40.1+-7.8   40.1+-7.8   57.5+-6.9   62.5+-7.3  90.4+-10.6   70.6+-8.3 508.8+-12.1
      100                              40.1+-7.8   40.1+-7.8   57.1+-6.9   62.2+-7.4   79.1+-8.2   68.4+-7.5 508.3+-12.0
      1000                             40.1+-7.8   40.1+-7.8   56.5+-7.0   62.2+-7.0   71.8+-9.8   69.5+-6.0 508.2+-11.9
    3 pairs
    EPO()                               1.7+-0.2    2.3+-0.2   35.9+-5.0   38.2+-6.0    2.7+-0.4   45.3+-6.7   48.8+-6.0
    SpectralSpaceTransformation         2.0+-0.2    2.0+-0.2   34.1+-2.7   38.1+-5.4 119.7+-32.2  61.4+-12.0  68.7+-11.5
    DirectStandardization               2.0+-0.2    2.0+-0.2   33.1+-3.8   36.5+-5.8 120.8+-32.3  62.8+-12.1  69.4+-10.9
      keep_rest=False                301.7+-24.4 301.7+-24.4 304.1+-24.2 302.5+-24.2 322.3+-20.6 301.4+-25.0 460.5+-53.7
    PiecewiseDirectStandardization      1.9+-0.2    1.9+-0.2    3.0+-0.3   37.5+-5.3 116.1+-30.9  57.4+-11.1  66.2+-10.2
      half_width=5                      1.9+-0.2    1.9+-0.2    4.3+-0.4   35.7+-5.2 116.1+-31.0  56.4+-11.1  64.2+-10.1
    target alone                     363.9+-34.5 363.9+-34.5 363.9+-34.6 367.3+-35.7 362.0+-38.1 380.2+-38.2 539.2+-51.5
    5 pairs
    EPO()                               1.6+-0.2    2.0+-0.2   32.5+-3.5   27.2+-4.6    2.7+-0.5   39.3+-3.4   46.6+-4.1
    SpectralSpaceTransformation         1.7+-0.2    1.7+-0.2   26.9+-3.8   28.8+-3.8 118.6+-31.2  60.4+-14.1  70.6+-17.8
    DirectStandardization               1.7+-0.2    1.7+-0.2   22.0+-3.4   26.3+-4.4 118.7+-31.0  62.3+-14.2  70.9+-17.8
      keep_rest=False                174.9+-25.0 174.9+-25.0 176.6+-25.3 176.1+-25.2 208.1+-22.9 181.5+-23.2 235.0+-35.1
    PiecewiseDirectStandardization      1.7+-0.2    1.7+-0.2    2.0+-0.2    4.0+-0.6  86.9+-19.7   43.5+-8.5   47.6+-9.6
      half_width=5                      1.7+-0.2    1.7+-0.2    2.6+-0.3    3.4+-0.6  92.5+-19.7   42.8+-8.5   46.7+-9.8
    target alone                     171.8+-27.3 171.8+-27.3 171.5+-27.4 173.3+-27.5 220.4+-26.2 177.5+-26.2 231.0+-39.6
    10 pairs
    EPO()                               1.6+-0.2    2.0+-0.2   25.9+-2.9   12.5+-2.9    2.1+-0.3   18.2+-1.7   23.1+-2.7
    SpectralSpaceTransformation         1.7+-0.2    1.7+-0.2   10.9+-2.6    5.2+-1.5    4.3+-0.8    8.6+-2.7    9.7+-2.9
    DirectStandardization               1.7+-0.2    1.7+-0.2    5.4+-1.1    4.4+-1.2    4.4+-0.8    6.8+-1.8    7.9+-2.1
      keep_rest=False                   2.9+-0.6    2.9+-0.6    2.7+-0.5    3.0+-0.6    3.9+-0.6    5.2+-1.3    6.1+-1.5
    PiecewiseDirectStandardization      1.7+-0.2    1.7+-0.2    2.0+-0.3    2.6+-0.5  73.1+-12.7   37.9+-7.0   41.6+-7.1
      half_width=5                      1.7+-0.2    1.7+-0.2    2.3+-0.4    2.5+-0.4  65.5+-11.1   34.3+-6.0   38.7+-6.2
    target alone                        3.8+-1.3    3.8+-1.3    3.3+-1.1    3.7+-1.1    5.8+-1.5    6.3+-1.4    7.2+-1.6
    30 pairs
    EPO()                               1.6+-0.2    1.8+-0.2   21.2+-3.2    5.3+-1.0    2.1+-0.3   12.5+-1.3   13.3+-1.4
    SpectralSpaceTransformation         1.6+-0.2    1.6+-0.2    1.7+-0.2    1.8+-0.2    2.1+-0.3    2.0+-0.2    2.1+-0.3
    DirectStandardization               1.6+-0.2    1.6+-0.2    1.7+-0.2    1.8+-0.2    2.1+-0.3    2.1+-0.3    2.2+-0.3
      keep_rest=False                   1.5+-0.2    1.5+-0.2    1.4+-0.2    1.5+-0.2    1.9+-0.3    1.9+-0.3    2.0+-0.3
    PiecewiseDirectStandardization      2.0+-0.3    2.0+-0.3    1.8+-0.2    1.8+-0.3  62.1+-10.5   31.3+-5.8   34.7+-6.6
      half_width=5                      1.8+-0.2    1.8+-0.2    1.7+-0.2    1.8+-0.2   52.0+-9.1   28.8+-5.4   31.6+-6.1
    target alone                        1.7+-0.2    1.7+-0.2    1.6+-0.2    1.8+-0.2    2.2+-0.3    2.2+-0.3    2.2+-0.3

What it shows. *Without pairs* a shift of the mean (or plain `EPO`) halves the error where instruments differ by more
than an axis, and costs 40 where they are equal: the mean of 80 + 50 other samples is not known better. (On spectra of
the same samples on both instruments it looks better than it is.) `DIPLSRegressor` is that shift, and better only where
the target varies in a shape of its own. Where the target's labels are higher on average (+.5) everything without pairs
removes just that, and doing nothing is best. *With pairs* that is no trouble. Three move an offset; five are enough for
a gain or an axis with `PiecewiseDirectStandardization`, ten with `DirectStandardization` or
`SpectralSpaceTransformation` for everything: as many as the spectra have directions. Fewer than that, and the paper's
form (`keep_rest=False`) destroys the spectra; with as many it is as good. `EPO` is the best for an interference and
no remedy for a gain. With the *labels* of ten pairs the target alone is as good as any map.
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
