"""Weights of several sources: "ball" (length at most 1), "simplex" (sum 1) or equal ones, in the linear members.

Run ``python benchmarks/several_sources.py`` beside ``../shared/data``, or with SKTL_DATA set (two minutes of one
processor). Each source has a linear model of its own, each cell a member that starts from all of them, with ``reg``
left to it. *heart*, *amazon*: each site, each kind of goods from the three others; *digits*: one origin from three
models of the other that know other digits each; *bike*: each season from the three others; *made*: 20 columns and five
sources of 200 rows, of which so many have coefficients near the target's and the others the opposite sign. "pooled" is
one model of all sources' rows, weighted by "ball". Accuracy in %, for numbers the geometric mean of errors over those
of the target's own ridge, over tasks and draws.

Measured, 20 draws (amazon 6, digits 4); last the gain of ball over simplex, for numbers in % of the error:

    heart                           5 labels   20 labels   50 labels
      ball                              76.3        80.5        81.5
      simplex                           76.7        80.2        81.1
      equal                             77.0        80.5        81.6
      pooled                            76.4        81.0        82.0
      target only                       72.5        78.1        78.9
      ball over simplex            -0.3+-0.9   +0.3+-0.5   +0.4+-0.4
    bike                            5 labels   20 labels   50 labels
      ball                             0.868       0.903       0.965
      simplex                          0.827       0.894       0.965
      equal                            0.817       0.900       0.967
      pooled                           0.857       0.890       0.961
      target only                      1.000       1.000       1.000
      ball over simplex            -4.8+-2.6   -1.1+-0.8   +0.1+-0.3
    made, 5 of 5 good               5 labels   20 labels   50 labels
      ball                              69.1        71.6        73.0
      simplex                           67.6        70.9        72.7
      equal                             69.1        72.0        73.5
      pooled                            68.1        71.8        73.6
      target only                       53.0        59.7        66.1
      ball over simplex            +1.5+-0.8   +0.6+-0.3   +0.3+-0.2
    made, 3 of 5 good               5 labels   20 labels   50 labels
      ball                              65.6        69.8        72.3
      simplex                           64.9        69.6        72.2
      equal                             56.8        61.5        66.9
      pooled                            54.4        59.7        66.5
      target only                       53.0        59.7        66.1
      ball over simplex            +0.7+-0.6   +0.2+-0.4   +0.1+-0.2
    made, 1 of 5 good               5 labels   20 labels   50 labels
      ball                              59.6        67.3        70.1
      simplex                           60.0        67.4        70.1
      equal                             42.1        47.8        61.2
      pooled                            52.1        57.1        65.4
      target only                       53.0        59.7        66.1
      ball over simplex            -0.4+-0.6   -0.0+-0.3   +0.1+-0.2
    made, 0 of 5 good               5 labels   20 labels   50 labels
      ball                              49.2        57.1        65.4
      simplex                           40.0        45.9        60.3
      equal                             39.6        46.2        60.7
      pooled                            51.7        57.1        65.4
      target only                       53.0        59.7        66.1
      ball over simplex            +9.2+-1.3  +11.1+-1.6   +5.1+-1.0
    made numbers, 5 of 5 good       5 labels   20 labels   50 labels
      ball                             0.620       0.700       0.844
      simplex                          0.561       0.648       0.839
      equal                            0.514       0.613       0.820
      pooled                           0.571       0.651       0.831
      target only                      1.000       1.000       1.000
      ball over simplex           -10.1+-3.0   -7.7+-5.2   -0.5+-0.4
    made numbers, 3 of 5 good       5 labels   20 labels   50 labels
      ball                             0.642       0.708       0.868
      simplex                          0.604       0.682       0.860
      equal                            0.836       0.892       0.979
      pooled                           0.864       0.906       0.984
      target only                      1.000       1.000       1.000
      ball over simplex            -6.0+-2.4   -3.7+-2.4   -0.9+-0.3
    made numbers, 1 of 5 good       5 labels   20 labels   50 labels
      ball                             0.687       0.753       0.908
      simplex                          0.673       0.750       0.909
      equal                            1.365       1.129       1.020
      pooled                           0.977       0.967       0.997
      target only                      1.000       1.000       1.000
      ball over simplex            -2.0+-1.7   -0.4+-1.2   +0.1+-0.1
    made numbers, 0 of 5 good       5 labels   20 labels   50 labels
      ball                             0.993       1.004       0.997
      simplex                          1.666       1.261       1.027
      equal                            1.651       1.240       1.026
      pooled                           0.979       0.967       0.997
      target only                      1.000       1.000       1.000
      ball over simplex           +51.8+-1.9  +22.8+-4.2   +2.9+-0.7
    amazon                          5 labels   20 labels   50 labels
      ball                              66.4        75.0        77.5
      simplex                           63.5        71.2        74.8
      equal                             64.2        71.0        75.5
      pooled                            69.0        76.0        78.0
      target only                       50.5        55.1        62.1
      ball over simplex            +2.8+-2.1   +3.8+-1.2   +2.7+-0.6
    digits                          5 labels   20 labels   50 labels
      ball                              29.1        50.0        77.7
      simplex                           28.4        44.8        76.7
      equal                             28.3        54.4        76.6
      pooled                            45.2        62.7        78.7
      target only                       21.5        54.1        73.3
      ball over simplex            +0.7+-2.0   +5.2+-8.1   +1.0+-0.9

What it shows: *why "ball" is the default.* Where no source is good, weights that sum to 1 cost 5 to 11 points and, with
five labels of numbers, two thirds more error than the target alone; weights in the ball fall to 0. Where all are good
it costs up to 10 % of the error with five labels of numbers, since the weights are shrunk with them, 1 % at 50, and
nothing in classes, where it gains up to 4 points (amazon: log-odds of several models may add up to more than their
mean). One pooled model is level or better where all sources are alike, and no better than the target alone where two of
five are not. Sources that know other digits each are worse than one pooled model, whatever the weights.
"""

import argparse
import time
import warnings
from functools import partial

import numpy as np
from _few_labels import bike_regressions
from _few_shot_tasks import amazon, digits
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tabular import load_heart, prepared

from sktl.parameter import TransferLogisticRegression, TransferRidge

LABELS = (5, 20, 50)
PENALTIES = np.logspace(-3, 3, 13)
DIGITS = ((0, 1, 2, 3), (4, 5, 6), (7, 8, 9))  # what each source knows
N_SOURCES, N_ROWS, N_COLUMNS = 5, 200, 20


def scaled(parts, X, y):
    """All rows on the scale of all the sources'."""
    scaler = StandardScaler().fit(np.vstack([rows for rows, _ in parts]))
    return [(scaler.transform(rows), labels) for rows, labels in parts], scaler.transform(X), y


def heart_sites():
    """Each of four sites from the three others, the columns encoded together."""
    X, y, site = load_heart()
    rows = prepared(X).fit_transform(X)
    parts = {name: (rows[site == name], y[site == name]) for name in np.unique(site)}
    return [scaled([part for n, part in parts.items() if n != name], *parts[name]) for name in parts]


def amazon_goods():
    """Each of four kinds of goods from the three others, 400 rows of each."""
    tasks = amazon()
    return [
        ([(t.X_target, t.y_target) for t in tasks if t is not task], task.X_target, task.y_target) for task in tasks
    ]


def digit_parts():
    """Each of two origins from three models of the other, each of other digits."""
    tasks = []
    for task in digits():
        knows = [np.isin(task.y_source, known) for known in DIGITS]
        tasks.append(([(task.X_source[k], task.y_source[k]) for k in knows], task.X_target, task.y_target))
    return tasks


def bike_seasons():
    """Each season from the three others."""
    tasks = bike_regressions()[1:]
    return [
        scaled([(t.X_target, t.y_target) for t in tasks if t is not task], task.X_target, task.y_target)
        for task in tasks
    ]


def made(n_good, is_class, n_tasks=4):
    """Made tasks: sources near the target, the others of the opposite sign."""
    tasks = []
    for seed in range(n_tasks):
        rng = np.random.default_rng(seed)
        true = rng.normal(size=N_COLUMNS) / np.sqrt(N_COLUMNS)

        def rows(coef, n, rng=rng):
            X = rng.normal(size=(n, N_COLUMNS))
            eta = 2 * X @ coef
            return X, ((eta + rng.logistic(size=n) > 0).astype(int) if is_class else eta + rng.normal(size=n))

        moves = 0.3 * rng.normal(size=(N_SOURCES, N_COLUMNS)) / np.sqrt(N_COLUMNS)
        parts = [rows((true if k < n_good else -true) + moves[k], N_ROWS) for k in range(N_SOURCES)]
        tasks.append((parts, *rows(true, 1000)))
    return tasks


GROUPS = {  # whether of classes, tasks
    "heart": (True, heart_sites),
    "amazon": (True, amazon_goods),
    "digits": (True, digit_parts),
    "bike": (False, bike_seasons),
    **{f"made, {k} of 5 good": (True, partial(made, k, True)) for k in (5, 3, 1, 0)},
    **{f"made numbers, {k} of 5 good": (False, partial(made, k, False)) for k in (5, 3, 1, 0)},
}


def score(y, said, is_class):
    """Accuracy in %, or root mean squared error."""
    return 100 * np.mean(said == y) if is_class else np.sqrt(np.mean((said - y) ** 2))


def one_task(task, is_class, n, n_draws):
    """Scores of each draw by name."""
    parts, X, y = task
    plain = LogisticRegression(max_iter=300) if is_class else RidgeCV(PENALTIES)
    member = TransferLogisticRegression if is_class else TransferRidge
    fitted = [(f"source {k}", clone(plain).fit(*part)) for k, part in enumerate(parts)]
    together = [("all", clone(plain).fit(*(np.concatenate(p) for p in zip(*parts, strict=True))))]
    kinds = {
        "ball": (fitted, "ball"),
        "simplex": (fitted, "simplex"),
        "equal": (fitted, np.full(len(fitted), 1 / len(fitted))),
        "pooled": (together, "ball"),
    }
    found = []
    for seed in range(n_draws):
        order = np.random.default_rng(seed).permutation(len(y))
        learn, rest = order[:n], order[n:]
        models = {name: member(source, weights=weights) for name, (source, weights) in kinds.items()}
        if len(np.unique(y[learn])) > 1:
            models["target only"] = make_pipeline(StandardScaler(), plain)
        said = {name: model.fit(X[learn], y[learn]).predict(X[rest]) for name, model in models.items()}
        said.setdefault("target only", np.full(len(rest), y[learn][0]))
        truth = y[rest]
        found.append(
            {k: 100 * np.mean(v == truth) if is_class else np.sqrt(np.mean((v - truth) ** 2)) for k, v in said.items()}
        )
    return found


def print_table(group, n_draws):
    """Means over tasks and draws, by number of labels, and half a 95 % interval of the gap of ball to simplex."""
    is_class, tasks = GROUPS[group]
    tasks, table = tasks(), {}
    for n in LABELS:
        runs = [one_task(task, is_class, n, n_draws) for task in tasks]
        for name in runs[0][0]:
            if is_class:
                values = np.array([[run[name] for run in draws] for draws in runs])
            else:
                values = np.log([[run[name] / run["target only"] for run in draws] for draws in runs])
            table.setdefault(name, []).append(values.mean(axis=0))
    print(f"{group:<28}" + "".join(f"{f'{n} labels':>12}" for n in LABELS))
    for name, columns in table.items():
        print(
            f"  {name:<26}" + "".join(f"{v.mean():12.1f}" if is_class else f"{np.exp(v.mean()):12.3f}" for v in columns)
        )
    gaps = [(1 if is_class else -100) * (b - s) for b, s in zip(table["ball"], table["simplex"], strict=True)]
    cells = [f"{g.mean():+.1f}+-{1.96 * g.std(ddof=1) / np.sqrt(len(g)):.1f}" for g in gaps]
    print(f"  {'ball over simplex':<26}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


def main():
    """Print a table of each group."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--groups", nargs="*", default=list(GROUPS), choices=list(GROUPS))
    parser.add_argument("--draws", type=int, default=20, help="draws of the labelled rows (default 20)")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    start = time.process_time()
    for group in options.groups:
        print_table(group, options.draws)
    print(f"{time.process_time() - start:.0f} s of processor time")


if __name__ == "__main__":
    main()
