"""Going on with a source model, by kind of source and step: trees with and without shrinkage, epochs of networks.

Run ``python benchmarks/continued.py`` beside ``../shared/data``, or with SKTL_DATA set (two minutes of one processor;
``--draws`` for more than one draw). Tasks and sizes are those of ``few_shot.py``. Accuracy in %, for numbers
the geometric mean of errors over that of the target's own ridge; "own" is the same learner fitted on the target's
labels alone, "0" without shrinkage to the source.
"""

import argparse
import time
import warnings

import numpy as np
from _few_shot_tasks import CLASSES, NUMBERS
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sktl import parameter

GROUPS = ("heart", "adult", "digits", "class tables", "number tables")
PENALTIES = np.logspace(-3, 3, 13)
SOURCES = {  # of classes, of numbers
    "forest": (RandomForestClassifier(20, random_state=0), RandomForestRegressor(20, random_state=0)),
    "tree": (
        DecisionTreeClassifier(min_samples_leaf=5, random_state=0),
        DecisionTreeRegressor(min_samples_leaf=5, random_state=0),
    ),
    "SGD": (SGDClassifier(loss="log_loss", alpha=0.01, random_state=0), SGDRegressor(alpha=0.01, random_state=0)),
    "network": (MLPClassifier((20,), max_iter=100, random_state=0), MLPRegressor((20,), max_iter=100, random_state=0)),
    "Bayes": (GaussianNB(var_smoothing=0.01), None),
}
MEMBERS = {  # source, member, parameters
    "LeafRefit": ("forest", "LeafRefit", {}),
    "LeafRefit, 0": ("forest", "LeafRefit", {"shrinkage": 0}),
    "TransferForest": ("forest", "TransferForest", {}),
    "TransferForest, 0": ("forest", "TransferForest", {"shrinkage": 0}),
    "TransferTree": ("tree", "TransferTree", {}),
    "TransferTree, 0": ("tree", "TransferTree", {"shrinkage": 0}),
    "FineTuned, SGD": ("SGD", "FineTuned", {}),
    "FineTuned, network": ("network", "FineTuned", {}),
    "FineTuned, Bayes": ("Bayes", "FineTuned", {}),
}


def one_draw(task, sources, n_labeled, seed, is_class):
    """Accuracy or error on target rows without labels, by method."""
    learn, rest = task.draw(n_labeled, seed)
    X, y, X_new, y_new = (part[rows] for rows in (learn, rest) for part in (task.X_target, task.y_target))

    def score(model):
        said = model.predict(X_new)
        return 100 * np.mean(said == y_new) if is_class else np.sqrt(np.mean((said - y_new) ** 2))

    linear = LogisticRegression(max_iter=300) if is_class else RidgeCV(PENALTIES)
    found = {"own linear": score(own(make_pipeline(StandardScaler(), linear), X, y))}
    for kind, source in sources.items():
        found[f"own {kind}"] = score(own(SOURCES[kind][not is_class], X, y))
        found[f"source, {kind}"] = score(source)
        for name, (of, member, options) in MEMBERS.items():
            if of == kind:
                model = getattr(parameter, member + ("Classifier" if is_class else "Regressor"))
                found[name] = score(model(source, **options).fit(X, y))
    return found


def own(model, X, y):
    """The target's own model; of one class, a tree, which says nothing else."""
    return clone(model if len(np.unique(y)) > 1 else DecisionTreeClassifier()).fit(X, y)


def one_task(task, labels, n_draws, is_class):
    """Results by number of labels, draw and method."""
    warnings.simplefilter("ignore")
    sources = {
        kind: clone(pair[not is_class]).fit(task.X_source, task.y_source)
        for kind, pair in SOURCES.items()
        if pair[not is_class] is not None
    }
    return {n: [one_draw(task, sources, n, seed, is_class) for seed in range(n_draws)] for n in labels}


def print_table(group, results, labels, is_class):
    """Means over the tasks and draws."""
    print(f"\n{group}\n{'':<22}" + "".join(f"{n:>8}" for n in labels))
    for name in results[0][labels[0]][0]:
        cells = []
        for n in labels:
            runs = [run for found in results for run in found[n]]
            values = [run[name] if is_class else np.log(run[name] / run["own linear"]) for run in runs]
            cells.append(f"{np.mean(values):8.1f}" if is_class else f"{np.exp(np.mean(values)):8.3f}")
        print(f"{name:<22}" + "".join(cells), flush=True)


def main():
    """Run each group and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--groups", nargs="*", default=list(GROUPS), choices=list(CLASSES | NUMBERS))
    parser.add_argument("--labels", type=int, nargs="+", default=[10, 50], help="labels of the target (default 10 50)")
    parser.add_argument("--draws", type=int, default=1, help="draws of the labels (default 1)")
    parser.add_argument("--n-jobs", type=int, default=None, help="tasks at a time")
    options = parser.parse_args()
    start = time.perf_counter()
    for group in options.groups:
        is_class = group in CLASSES
        jobs = [
            delayed(one_task)(task, options.labels, options.draws, is_class) for task in (CLASSES | NUMBERS)[group]()
        ]
        print_table(group, Parallel(options.n_jobs)(jobs), options.labels, is_class)
    print(f"\n{time.perf_counter() - start:.0f} s.")


if __name__ == "__main__":
    main()
