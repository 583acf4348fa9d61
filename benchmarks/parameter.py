"""What the parameter family costs: the linear members beside their plain twins, hypothesis transfer by its defaults.

Run ``python benchmarks/parameter.py`` (a minute of one processor). Each cell is the least processor time of some fits
in one run, in seconds, and its ratio to the twin's. The linear members start from a fitted source and have a fixed
penalty, as their twins; ``reg="auto"`` of ``TransferRidge`` is beside ``RidgeCV`` with 13 penalties.

Measured:

    100000 x 100                                        twin    member   ratio
    TransferRidge(reg=1.0)                            0.09      0.09    0.99
    TransferRidge(reg='auto')                         1.84      0.11    0.06
    TransferLogisticRegression(reg=1.0)               0.09      0.12    1.34
    TransferLinearSVC(reg=1.0)                        0.70      0.12    0.17
    TransferPoissonRegressor(reg=0.001)               0.13      0.15    1.13

    50 labels among 1,000 target rows, mode 'auto'
      20 columns, regression  estimator=None                       0.02
      20 columns, regression  estimator=Ridge()                    0.04
      20 columns, 2 classes   estimator=None                       0.03
      20 columns, 2 classes   estimator=LogisticRegression()       0.11
      20 columns, 10 classes  estimator=None                       0.59
      20 columns, 10 classes  estimator=LogisticRegression()       0.55
     100 columns, regression  estimator=None                       0.02
     100 columns, regression  estimator=Ridge()                    0.06
     100 columns, 2 classes   estimator=None                       0.04
     100 columns, 2 classes   estimator=LogisticRegression()       0.16
     100 columns, 10 classes  estimator=None                       0.43
     100 columns, 10 classes  estimator=LogisticRegression()       0.41

All within 1.5 times the twin, and within a second (one thread, quiet cores, the least of five fits); paths of penalties
are far cheaper. ``TransGLM`` beside the lasso paths it needs is in ``trans_glm.py --speed``.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge, RidgeCV
from sklearn.svm import LinearSVC

from sktl.parameter import (
    HypothesisTransferClassifier,
    HypothesisTransferRegressor,
    TransferLinearSVC,
    TransferLogisticRegression,
    TransferPoissonRegressor,
    TransferRidge,
)


def seconds(model, X, y, repeats):
    """Least processor time of a fit."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        model.fit(X, y)
        times.append(time.process_time() - start)
    return min(times)


def linear_rows(n, d, seed=0):
    """Rows and labels of each loss, for a source and a target."""
    rng = np.random.default_rng(seed)
    coef = rng.normal(size=d) / np.sqrt(d)
    found = []
    for shift in (0.0, 0.3):
        X = rng.normal(size=(n, d))
        eta = X @ (coef + shift * rng.normal(size=d) / np.sqrt(d))
        labels = {
            "squared": eta + rng.normal(size=n),
            "log": (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int),
            "counts": rng.poisson(np.exp(np.clip(eta, -3, 3))),
        }
        found.append((X, labels))
    return found


def print_linear(n, d, repeats):
    """The linear members beside their twins."""
    (X_source, y_source), (X, y) = linear_rows(n, d)
    few = slice(0, 2000)  # the source needs no more
    pairs = [
        ("squared", Ridge(alpha=1.0), TransferRidge, {"reg": 1.0}),
        ("squared", RidgeCV(np.logspace(-3, 3, 13)), TransferRidge, {"reg": "auto"}),
        ("log", LogisticRegression(C=1.0), TransferLogisticRegression, {"reg": 1.0}),
        ("log", LinearSVC(C=1.0), TransferLinearSVC, {"reg": 1.0}),
        ("counts", PoissonRegressor(alpha=1e-3), TransferPoissonRegressor, {"reg": 1e-3}),
    ]
    print(f"\n{n} x {d}{'twin':>44}{'member':>10}{'ratio':>8}")
    for loss, twin, member, options in pairs:
        source = type(twin)().fit(X_source[few], y_source[loss][few])
        times = [seconds(m, X, y[loss], repeats) for m in (twin, member(source, **options))]
        name = f"{member.__name__}({', '.join(f'{k}={v!r}' for k, v in options.items())})"
        print(f"{name:<46}{times[0]:>8.2f}{times[1]:>10.2f}{times[1] / times[0]:>8.2f}", flush=True)


def print_hypothesis(repeats):
    """Hypothesis transfer with 50 labels and 950 rows without, by the default and by a linear estimator."""
    rng = np.random.default_rng(0)
    print("\n50 labels among 1,000 target rows, mode 'auto'")
    for d in (20, 100):
        X, X_target = rng.normal(size=(2000, d)), rng.normal(size=(1000, d))
        for classes in (0, 2, 10):
            weights = rng.normal(size=(d, max(classes, 1)))
            scores = [rows @ weights / np.sqrt(d) + rng.gumbel(size=(len(rows), 1)) for rows in (X, X_target)]
            y, y_target = (s.argmax(axis=1) if classes else s[:, 0] for s in scores)
            hidden = np.where(np.arange(1000) < 50, y_target, np.nan)
            trees = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
            member = HypothesisTransferClassifier if classes else HypothesisTransferRegressor
            source = trees(max_iter=20).fit(X, y)
            for estimator in (None, LogisticRegression() if classes else Ridge()):
                took = seconds(member(source, estimator), X_target, hidden, repeats)
                name = f"{classes} classes" if classes else "regression"
                print(f"{d:>4} columns, {name:<11} estimator={estimator!r:<24}{took:>7.2f}", flush=True)


def main():
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the linear members (default 100,000)")
    parser.add_argument("--columns", type=int, default=100, help="their columns (default 100)")
    parser.add_argument("--repeats", type=int, default=3, help="fits, of which the fastest counts (default 3)")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print_linear(options.rows, options.columns, options.repeats)
    print_hypothesis(options.repeats)


if __name__ == "__main__":
    main()
