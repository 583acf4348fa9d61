"""Docs to come."""

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
from sktl.parameter._hypothesis import MODES

LABELS = (5, 10, 20, 50)
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
    model = HypothesisTransferRegressor(source).fit(X, hidden)
    said = model._combine(model._ask_sources(X_new))
    Z = model.columns_.transform(X_new)
    for mode in MODES:
        found[mode] = model._ask(mode, model.models_[mode], X_new, Z, said)
    found["auto"] = sum(share * found[mode] for mode, share in model.mode_weights_.items())
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


def main():
    """Run both sets of tasks and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20, help="draws of the labelled rows (default 20)")
    parser.add_argument("--tables", action="store_true", help="only the tables that were not used to find the rule")
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
