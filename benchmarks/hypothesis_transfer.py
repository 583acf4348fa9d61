"""How much do a few labels of the target gain on top of a source model: regression, target-only ridge as the measure.

Run ``python benchmarks/hypothesis_transfer.py`` beside ``../shared/data``, or with SKTL_DATA set (some ten minutes of
one processor; ``--tables`` for the second table alone). *Fourteen tasks*: concrete by thirds of water, boston by thirds
of ptratio, auto_mpg by origin, each part the target of the others; 1,200 rows of bike (square root of the count), year
1 from year 0 and each season from the others; the column that splits is left out. *Fifteen tables*: the mixed tables
whose label is a number, 400 target rows of each; looked at while rules were compared, but no constant was set on them.
The source model is histogram boosting by its defaults. Each cell: error over the error of a target-only ``RidgeCV`` of
standardised columns in the same draw (geometric mean over the data sets), and % of the draws that are more than 2 %
worse than it. "The better of the two" is the better of the target's own ridge and extra trees in each draw, in
hindsight.

fourteen tasks, 20 draws

                                  5 labels       10 labels       20 labels       50 labels
    target-only ridge          1.000    0%     1.000    0%     1.000    0%     1.000    0%
    target-only extra trees    0.875   35%     0.828   28%     0.877   21%     0.829    4%
    source                     0.549   11%     0.604   12%     0.744   20%     0.872   28%
    shift                      0.511    5%     0.553    7%     0.670   15%     0.775   28%
    affine                     0.520    5%     0.554    9%     0.665   14%     0.762   28%
    offset                     0.509    3%     0.541    3%     0.639    5%     0.702    9%
    stack                      0.587    6%     0.583    6%     0.658    4%     0.707    6%
    target                     0.815   22%     0.815   15%     0.899   14%     0.896    6%
    auto                       0.502    2%     0.528    3%     0.629    3%     0.685    2%
    the better of the two      0.832    0%     0.798    0%     0.861    0%     0.826    0%
    auto over the better       0.603           0.662           0.731           0.829

fifteen tables, 5 draws

                                  5 labels       10 labels       20 labels       50 labels
    target-only ridge          1.000    0%     1.000    0%     1.000    0%     1.000    0%
    target-only extra trees    0.975   47%     1.046   55%     0.991   48%     1.044   65%
    source                     0.764   16%     0.876   28%     0.895   36%     1.040   45%
    shift                      0.704    4%     0.787    8%     0.796   11%     0.910   21%
    affine                     0.727    5%     0.794    5%     0.797   11%     0.906   20%
    offset                     0.728   11%     0.815   11%     0.805   15%     0.905   21%
    stack                      0.850   24%     0.908   31%     0.832    4%     0.902    7%
    target                     0.915   33%     0.994   37%     0.944   27%     0.989   20%
    auto                       0.712    5%     0.790    4%     0.790    4%     0.890    7%
    the better of the two      0.901    0%     0.952    0%     0.924    0%     0.964    0%
    auto over the better       0.790           0.830           0.855           0.923

What it shows. No single mode is good at all numbers of labels: the shift at 5, a model of the residuals at 20, stacking
at 50. Their average is better than the best of them on the fourteen tasks, and hardly worse on the tables. *How the
rule was found*, on the fourteen tasks: choosing the mode with the least left-out error is worse than averaging (.737
against .730 at 50 labels with plain ridges); weights by the full likelihood, exp(-n/2 log error), trust it too much
(.515 .537 .639 .692), half of it .511 .532 .633 .688, a quarter .510 .529 .628 .684; within a mode, averaging over the
prior variances by the square root of the evidence is better than by the evidence (.507 .536 .645 .720 against .515 .544
.652 .721, linear parts alone) or than choosing one penalty; the smooth part takes 50 labels from .720 to .697. Doubting
what must learn a whole model, n / (n + 10), gains .01 at 5 labels.
"""

import argparse
import time
from functools import partial

import numpy as np
from _few_labels import regressions, table_regressions
from joblib import Parallel, delayed
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl.parameter import HypothesisTransferRegressor

LABELS = (5, 10, 20, 50)
MODES = ("source", "shift", "affine", "offset", "stack", "target")
ALPHAS = np.logspace(-3, 3, 13)
SOME_ROWS = 400  # of a table's target: the rest only costs time
RIDGE, TREES, BETTER = "target-only ridge", "target-only extra trees", "the better of the two"


def ridge():
    """Ridge of standardised columns, its penalty by leave-one-out: what the target's labels give alone."""
    return make_pipeline(StandardScaler(), RidgeCV(ALPHAS))


def one_draw(task, source, n_labeled, seed):
    """Root mean squared errors on the target rows without labels, by method."""
    learn, rest = task.draw(n_labeled, seed)
    X, y, X_new = task.X_target, task.y_target.astype(float), task.X_target[rest]
    hidden = np.full(len(y), np.nan)
    hidden[learn] = y[learn]
    found = {RIDGE: ridge().fit(X[learn], y[learn]).predict(X_new)}
    found[TREES] = ExtraTreesRegressor(100, random_state=seed).fit(X[learn], y[learn]).predict(X_new)
    for mode in ("auto", *MODES):
        found[mode] = HypothesisTransferRegressor(source, mode=mode).fit(X, hidden).predict(X_new)
    return {name: float(np.sqrt(np.mean((values - y[rest]) ** 2))) for name, values in found.items()}


def one_task(task, n_draws):
    """Errors of each number of labels, draw and method."""
    source = HistGradientBoostingRegressor(random_state=0).fit(task.X_source, task.y_source)
    if len(task.y_target) > SOME_ROWS and task.group == "tables":
        rows = np.random.default_rng(0).permutation(len(task.y_target))[:SOME_ROWS]
        task = type(task)(task.name, task.name, task.X_source, task.y_source, task.X_target[rows], task.y_target[rows])
    draw = partial(one_draw, task, source)
    return task.group, {n: [draw(n, seed) for seed in range(n_draws)] for n in LABELS}


def ratios(results, name, n):
    """Errors over target-only ridge's in each draw, by data set."""
    by_group = {}
    for group, found in results:
        by_group.setdefault(group, []).extend(errors[name] / errors[RIDGE] for errors in found[n])
    return by_group


def print_table(results):
    """Geometric mean over the data sets of the errors over target-only ridge's, and % of runs 2 % worse than it."""
    for _, found in results:
        for errors in (errors for draws in found.values() for errors in draws):
            errors[BETTER] = min(errors[RIDGE], errors[TREES])
    print(f"{'':<26}" + "".join(f"{f'{n} labels':>16}" for n in LABELS))
    for name in results[0][1][LABELS[0]][0]:
        line = f"{name:<26}"
        for n in LABELS:
            groups = ratios(results, name, n)
            mean = np.exp(np.mean([np.mean(np.log(values)) for values in groups.values()]))
            worse = 100 * np.mean(np.concatenate(list(groups.values())) > 1.02)
            line += f"{mean:>10.3f} {worse:>4.0f}%"
        print(line)
    print(f"{'auto over the better':<26}" + "".join(f"{_over_the_better(results, n):>10.3f}      " for n in LABELS))


def _over_the_better(results, n):
    """Geometric mean over the data sets of auto's errors over those of the better of the target's own models."""
    auto, better = ratios(results, "auto", n), ratios(results, BETTER, n)
    return float(np.exp(np.mean([np.mean(np.log(auto[g])) - np.mean(np.log(better[g])) for g in auto])))


def main():
    """Run both sets of tasks and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20, help="draws of the labelled rows (default 20)")
    parser.add_argument("--tables", action="store_true", help="only the mixed tables")
    parser.add_argument("--jobs", type=int, default=1, help="tasks at a time (default 1)")
    options = parser.parse_args()
    for title, tasks in {"fourteen tasks": regressions, "fifteen tables": table_regressions}.items():
        if options.tables and tasks is regressions:
            continue
        start = time.perf_counter()
        results = Parallel(n_jobs=options.jobs)(delayed(one_task)(task, options.draws) for task in tasks())
        print(f"\n{title}, {options.draws} draws, {time.perf_counter() - start:.0f} s")
        print_table(results)


if __name__ == "__main__":
    main()
