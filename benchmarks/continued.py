"""What going on with a source model is worth at 10 and 50 labels: leaves refitted, trees moved, models fine-tuned.

Run ``python benchmarks/continued.py`` beside ``../shared/data``, or with SKTL_DATA set (ten minutes of one processor).
Sources have at most 1,200 rows; each draw's labels are drawn from the target, and at most 300 of its other rows judge.
*heart*: each hospital from the three others; *adult*: from men to women, women to men, white to other races, the
United States to other countries; *digits*: MNIST's to scikit-learn's and back; *tables*: the mixed tables. Accuracy
in %, and for regression the geometric mean of root mean squared errors over that of the target's own ridge.

Measured:

@RESULT@
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
