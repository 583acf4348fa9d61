"""What going on with a source model is worth at 10 and 50 labels: leaves refitted, trees moved, models fine-tuned.

Run ``python benchmarks/continued.py`` beside ``../shared/data``, or with SKTL_DATA set (ten minutes of one processor).
Sources have at most 1,200 rows; each draw's labels are drawn from the target, and at most 300 of its other rows judge.
*heart*: each hospital from the three others; *adult*: from men to women, women to men, white to other races, the
United States to other countries; *digits*: MNIST's to scikit-learn's and back; *tables*: the mixed tables. Accuracy
in %, and for regression the geometric mean of root mean squared errors over that of the target's own ridge.

Measured in pieces, on a machine that others shared: forests by two draws, boosting by one draw of 50 labels,
fine-tuning (sources of 1,000 rows) by one draw on heart and adult; "-": not measured.

    accuracy in %                  heart 10   50   adult 10   50  digits 10   50  tables 10   50
    the target's own linear         75.4    79.7    82.6    83.6    34.5    72.6    68.0    71.3
    the target's own forest         76.3    77.9    82.2    82.6    23.8    63.6    68.1    71.6
    the source's forest             76.0    76.1    85.3    85.8    47.4    47.4    74.2    74.3
    LeafRefit, forest               76.4    80.1    85.0    85.9    50.0    67.8    74.1    74.2
    TransferForest                  76.0    80.6    85.2    85.9    42.2    65.3    73.9    74.8
    the same, no shrinkage          76.8    79.7    82.1    84.4    31.2    65.2    70.5    73.7
    the source's boosting              -    73.4       -    87.0       -    43.7       -    75.2
    LeafRefit, boosting                -    80.9       -    87.3       -    62.0       -    75.4
    FineTuned, linear               78.8    81.1    86.4    87.2       -       -       -       -

    regression: error over the target's own ridge  tables 10     50
    the target's own forest                            .979  1.005
    the source's forest                                .902  1.008
    LeafRefit, forest                                  .896   .959
    TransferForest                                     .869   .923
    the same, no shrinkage                             .902   .930
    the source's boosting                                 -   .961
    LeafRefit, boosting                                   -   .873

What it shows: shrinking to the source is what makes trees move safely (without it they fall behind the source at 10
labels on three of four groups); refitting the leaves of boosting is the best of them for numbers; on the digits, many
classes and a poor source, the target's own linear model is ahead of all.
"""

import argparse
import time
import warnings

import numpy as np
from _few_labels import Task, table_classifications, table_regressions
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from tabular import adult_tasks, heart_tasks, prepared

from sktl.datasets import load_digits_domains
from sktl.parameter import (
    FineTunedClassifier,
    FineTunedRegressor,
    LeafRefitClassifier,
    LeafRefitRegressor,
    TransferForestClassifier,
    TransferForestRegressor,
    TransferTreeClassifier,
    TransferTreeRegressor,
)

MOST_SOURCE, MOST_TEST = 1200, 300
ALPHAS = np.logspace(-2, 4, 13)
SOURCES = {
    "forest": (RandomForestClassifier(30, random_state=0), RandomForestRegressor(30, random_state=0)),
    "boosting": (
        GradientBoostingClassifier(n_estimators=50, random_state=0),
        GradientBoostingRegressor(n_estimators=50, random_state=0),
    ),
    "tree": (
        DecisionTreeClassifier(min_samples_leaf=5, random_state=0),
        DecisionTreeRegressor(min_samples_leaf=5, random_state=0),
    ),
    "linear": (LogisticRegression(max_iter=1000), RidgeCV(ALPHAS)),
}
OWN = ("linear", "forest", "tree")
MEMBERS = {
    "LeafRefit, forest": ("forest", LeafRefitClassifier, LeafRefitRegressor, {}),
    "LeafRefit, boosting": ("boosting", LeafRefitClassifier, LeafRefitRegressor, {}),
    "TransferForest": ("forest", TransferForestClassifier, TransferForestRegressor, {}),
    "the same, no shrinkage": ("forest", TransferForestClassifier, TransferForestRegressor, {"shrinkage": 0}),
    "TransferTree": ("tree", TransferTreeClassifier, TransferTreeRegressor, {}),
    "FineTuned, linear": ("linear", FineTunedClassifier, FineTunedRegressor, {}),
    "FineTuned, boosting": ("boosting", FineTunedClassifier, FineTunedRegressor, {}),
}


def from_frames(group, name, source, target):
    """A task of two frames, columns prepared as the source's ask."""
    columns = prepared(source[0]).fit(source[0])
    return Task(group, name, columns.transform(source[0]), source[1], columns.transform(target[0]), target[1])


def classifications():
    """Heart, adult, digits and the mixed tables of two classes."""
    tasks = [from_frames("heart", name, *task) for name, task in heart_tasks().items() if name.startswith("rest")]
    tasks += [from_frames("adult", name, *task) for name, task in adult_tasks(2000, 0).items()]
    for name in ("mnist", "digits"):
        digits = load_digits_domains(source=name)
        target = np.isnan(digits.y)
        y = digits.y_true.astype(int)
        tasks.append(Task("digits", name, digits.X[~target], y[~target], digits.X[target], y[target]))
    return [*tasks, *table_classifications()]


def one_draw(task, sources, n_labeled, seed, is_regression):
    """Accuracy or error on target rows without labels, by method."""
    learn, rest = task.draw(n_labeled, seed)
    X, y = task.X_target[learn], task.y_target[learn]
    X_new, y_new = task.X_target[rest[:MOST_TEST]], task.y_target[rest[:MOST_TEST]]

    def score(model):
        said = model.predict(X_new)
        return np.sqrt(np.mean((said - y_new) ** 2)) if is_regression else 100 * np.mean(said == y_new)

    found = {f"the target's own {name}": score(fit_own(SOURCES[name][is_regression], X, y)) for name in OWN}
    found |= {f"the source's {name}": score(model) for name, model in sources.items()}
    for name, (source, *kinds, options) in MEMBERS.items():
        found[name] = score(kinds[is_regression](sources[source], **options).fit(X, y))
    return found


def fit_own(model, X, y):
    """The target's own model; of one class, a tree, which says nothing else."""
    return clone(model if len(np.unique(y)) > 1 else DecisionTreeClassifier()).fit(X, y)


def one_task(task, labels, n_draws, is_regression):
    """Group of the task, and its results by number of labels, draw and method."""
    warnings.simplefilter("ignore")
    rows = np.random.default_rng(7).permutation(len(task.y_source))[:MOST_SOURCE]
    sources = {
        name: clone(pair[is_regression]).fit(task.X_source[rows], task.y_source[rows]) for name, pair in SOURCES.items()
    }
    draws = {n: [one_draw(task, sources, n, seed, is_regression) for seed in range(n_draws)] for n in labels}
    print(".", end="", flush=True)
    return task.group, draws


def print_table(title, results, labels, is_regression):
    """Means over the tasks and draws of each group."""
    groups = list(dict.fromkeys(group for group, _ in results))
    print(f"\n{title}\n{'':<28}" + "".join(f"{f'{group} {n}':>12}" for group in groups for n in labels))
    for name in results[0][1][labels[0]][0]:
        cells = []
        for group in groups:
            for n in labels:
                runs = [run for own, draws in results if own == group for run in draws[n]]
                values = [run[name] / (run["the target's own linear"] if is_regression else 1) for run in runs]
                cells.append(
                    f"{np.exp(np.mean(np.log(values))):12.3f}" if is_regression else f"{np.mean(values):12.1f}"
                )
        print(f"{name:<28}" + "".join(cells), flush=True)


def main():
    """Run both kinds of tasks and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=int, nargs="+", default=[10, 50], help="labels of the target (default 10 50)")
    parser.add_argument("--draws", type=int, default=2, help="draws of the labels (default 2)")
    parser.add_argument("--n-jobs", type=int, default=None, help="tasks at a time")
    options = parser.parse_args()
    start = time.perf_counter()
    for title, tasks, is_regression in (
        ("regression: error over the target's own ridge", table_regressions(), True),
        ("classification: accuracy in %", classifications(), False),
    ):
        jobs = (delayed(one_task)(task, options.labels, options.draws, is_regression) for task in tasks)
        print_table(title, Parallel(options.n_jobs)(jobs), options.labels, is_regression)
    print(f"\n{time.perf_counter() - start:.0f} s.")


if __name__ == "__main__":
    main()
