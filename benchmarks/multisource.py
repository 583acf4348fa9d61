"""Which of several sources: the multi-source boosters and their baselines on heart disease at four hospitals.

TABLE
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from tabular import load_heart, prepared

from sktl.exceptions import EarlyStopWarning
from sktl.instance import MultiSourceTrAdaBoostClassifier, TaskTrAdaBoostClassifier, TrAdaBoostClassifier

SIZES = (10, 20, 50)


def load_domains():
    """Prepared rows, labels, and site of each."""
    frame, y, site = load_heart()
    return prepared(frame).fit_transform(frame), y, site


def fitted(model, X, y, weights=None):
    """A fitted clone; of rows of one class, what always says that class."""
    return (DummyClassifier() if np.ptp(y) == 0 else clone(model)).fit(X, y, sample_weight=weights)


def errors(model, X, y, site, target, n_labeled, seed):
    """Errors on the unlabelled rows of one site, in %, by method."""
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(site == target))
    test, labeled = rows[n_labeled:], rows[:n_labeled]
    source = np.flatnonzero(site != target)
    train = np.concatenate([source, labeled])
    is_target = site[train] == target
    table = X[train], y[train]

    def error(learner):
        return 100 * np.mean(learner.predict(X[test]) != y[test])

    alone = {name: site == name for name in np.unique(site[source])}
    each = [fitted(model, X[of], y[of]) for of in alone.values()]
    found = {"source only, pooled": error(fitted(model, X[source], y[source]))}
    found["source only, each: mean"] = np.mean([error(learner) for learner in each])
    found["source only, each: best in hindsight"] = min(error(learner) for learner in each)
    best = np.argmin([np.mean(learner.predict(X[labeled]) != y[labeled]) for learner in each])
    found["source only, best on labelled target"] = error(each[best])
    found["target only"] = error(fitted(model, X[labeled], y[labeled]))
    found["source + target"] = error(fitted(model, *table))
    for total in (1, 4):
        raised = np.where(is_target, total * len(source) / n_labeled, 1.0)
        found[f"source + target, total x {total}"] = error(fitted(model, *table, raised / raised.mean()))
    for cls in (TrAdaBoostClassifier, MultiSourceTrAdaBoostClassifier, TaskTrAdaBoostClassifier):
        domain = np.where(is_target, "target", site[train])
        found[cls.__name__] = error(cls(model).fit(*table, sample_domain=domain))
    return found


def cell(values):
    """Mean +- standard error over draws."""
    return f"{np.mean(values):.1f} +-{np.std(values, ddof=1) / len(values) ** 0.5:.1f}"


def print_table(title, results):
    """One line a method, one column a site, and their mean."""
    print(f"\n{title:<38}" + "".join(f"{name:<15}" for name in (*results, "mean")).rstrip())
    for method in next(iter(results.values()))[0]:
        columns = np.array([[found[method] for found in draws] for draws in results.values()])
        cells = [cell(values) for values in (*columns, columns.mean(axis=0))]
        print(f"{method:<38}" + "".join(f"{text:<15}" for text in cells).rstrip(), flush=True)


def main():
    """Print one table a number of labelled target rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="draws of the labelled target rows (default 10)")
    parser.add_argument("--C", type=float, default=1.0, help="of the logistic regression (default 1)")
    options = parser.parse_args()
    # a few target rows may be fitted without error or be too hard: the table shows what comes of it
    warnings.simplefilter("ignore", EarlyStopWarning)
    start = time.perf_counter()
    X, y, site = load_domains()
    model = LogisticRegression(C=options.C, max_iter=1000)
    for n_labeled in SIZES:
        results = {
            target: [errors(model, X, y, site, target, n_labeled, seed) for seed in range(options.seeds)]
            for target in np.unique(site)
        }
        print_table(f"{n_labeled} labelled target rows: error in %", results)
    print(f"\n{options.seeds} draws, C = {options.C:g}; {time.perf_counter() - start:.0f} s.")


if __name__ == "__main__":
    main()
