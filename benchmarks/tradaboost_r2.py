"""TrAdaBoost.R2, its two-stage form and their baselines on three regression tables (Pardoe & Stone 2010, section 5).

Run ``python benchmarks/tradaboost_r2.py`` beside ``../shared/data``, or with SKTL_DATA set. As in the paper, a table is
sorted by a feature whose correlation with the label is near 0.4, cut into thirds, and the feature removed; each third
in turn is the target, the other two are the source; 25 target rows have labels. (auto_mpg: the domains are the origin
of the cars.) It prints root mean squared errors on the other target rows, mean +- deviation over draws, the geometric
mean of their ratios to those of AdaBoost.R2 of all rows, and mean ranks. ``--sweep`` prints what the defaults were
chosen by.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.ensemble import AdaBoostRegressor, GradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sktl.datasets import load_npz
from sktl.instance import TrAdaBoostRegressor, TwoStageTrAdaBoostRegressor

DATA = Path(os.environ.get("SKTL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SPLIT_BY = {"concrete": "superplastic", "boston": "crim", "auto_mpg": None}  # correlations .37, -.39; None: origin
TREE = DecisionTreeRegressor(max_depth=6, random_state=0)


def load_domains(name):
    """Rows without the feature that splits them, labels, and domain 0, 1 or 2 of each row."""
    data = load_npz(name, data_home=DATA)
    if SPLIT_BY[name] is None:
        return data.X, data.y, data.domain
    column = data.feature_names.tolist().index(SPLIT_BY[name])
    domain = np.empty(len(data.y), dtype=int)
    for third, rows in enumerate(np.array_split(data.X[:, column].argsort(kind="stable"), 3)):
        domain[rows] = third
    return np.delete(data.X, column, axis=1), data.y, domain


def draw(X, y, target, n_labeled, seed):
    """Training rows (source, then labelled target), their target mask, and the rows to test on."""
    target_rows = np.random.default_rng(seed).permutation(np.flatnonzero(target))
    train = np.concatenate([np.flatnonzero(~target), target_rows[:n_labeled]])
    test = target_rows[n_labeled:]
    return (X[train], y[train], target[train]), (X[test], y[test])


def ridge():
    """Ridge of standardised features, its penalty by leave-one-out."""
    return make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13)))


def with_domain(X, target):
    """Rows with a column that says which are the target's."""
    return np.column_stack([X, np.full(len(X), target, dtype=float)])


def predictions(train, X_new, seed):
    """Predictions for new target rows, by method."""
    X, y, target = train
    even = np.where(target, np.sum(~target) / np.sum(target), 1.0)
    few = X[target], y[target]
    trees = GradientBoostingRegressor(random_state=seed)
    ada = AdaBoostRegressor(TREE, n_estimators=30, random_state=seed)
    marked = with_domain(X, target), with_domain(X_new, True)
    return {
        "ridge, target": ridge().fit(*few).predict(X_new),
        "ridge, both": ridge().fit(X, y).predict(X_new),
        "ridge, both, target up-weighted": ridge().fit(X, y, ridgecv__sample_weight=even).predict(X_new),
        "boosted trees, target": trees.fit(*few).predict(X_new),
        "boosted trees, both": trees.fit(X, y).predict(X_new),
        "boosted trees, both, target up-weighted": trees.fit(X, y, sample_weight=even).predict(X_new),
        "boosted trees, both, domain as a column": trees.fit(marked[0], y).predict(marked[1]),
        "AdaBoost.R2, target": ada.fit(*few).predict(X_new),
        "AdaBoost.R2, both": ada.fit(X, y).predict(X_new),
        "TrAdaBoost.R2": TrAdaBoostRegressor(random_state=seed).fit(*train).predict(X_new),
        "two-stage TrAdaBoost.R2": TwoStageTrAdaBoostRegressor(random_state=seed).fit(*train).predict(X_new),
    }


def sweep(train, X_new, seed):
    """Predictions over the parameters that have defaults."""
    X, y, target = train
    found = {"AdaBoost.R2, both": AdaBoostRegressor(TREE, n_estimators=30, random_state=seed).fit(X, y)}
    for depth, leaf, share in (3, 1, None), (6, 1, None), (6, 3, None), (6, 3, 0.5), (None, 3, 0.5), (None, 1, 0.5):
        tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=leaf, max_features=share)
        name = f"depth {depth}, leaf {leaf}, features {share}"
        for weight in (None, 1.0):
            found[f"R2, {name}, w={weight}"] = TrAdaBoostRegressor(tree, target_weight=weight)
        found[f"two-stage, {name}"] = TwoStageTrAdaBoostRegressor(tree)
    for n in (10, 100):
        found[f"R2, n_estimators={n}"] = TrAdaBoostRegressor(n_estimators=n)
    for loss in ("linear", "square", "exponential"):
        found[f"R2, {loss}"] = TrAdaBoostRegressor(loss=loss)
        found[f"two-stage, {loss}"] = TwoStageTrAdaBoostRegressor(loss=loss)
    for options in ({"n_estimators": 10}, {"n_steps": 10}, {"n_steps": 10, "n_estimators": 10}, {"cv": 10}):
        found[f"two-stage, {options}"] = TwoStageTrAdaBoostRegressor(**options)
    for name, model in found.items():
        if "both" not in name:
            model.set_params(random_state=seed).fit(X, y, target)
    return {name: model.predict(X_new) for name, model in found.items()}


def errors(compare, table, which, n_labeled, seed):
    """Root mean squared errors, by method."""
    X, y, domain = table
    train, (X_new, y_new) = draw(X, y, domain == which, n_labeled, seed)
    warnings.filterwarnings("ignore", message="The first learner")  # a warning a fit would bury the table
    found = compare(train, X_new, seed)
    return {name: float(np.sqrt(np.mean((values - y_new) ** 2))) for name, values in found.items()}


def print_table(results):
    """One line a method, one column a target, and the mean rank over all draws."""
    tasks = list(results)
    values = {method: [[e[method] for e in results[task]] for task in tasks] for method in results[tasks[0]][0]}
    ranks = np.array(list(values.values())).argsort(axis=0).argsort(axis=0).mean(axis=(1, 2)) + 1
    means = {method: np.array([np.mean(draws) for draws in tables]) for method, tables in values.items()}
    ratios = {method: np.exp(np.mean(np.log(mean / means["AdaBoost.R2, both"]))) for method, mean in means.items()}
    print(f"{'':<42}" + "".join(f"{task:>12}" for task in tasks) + f"{'ratio':>8}{'rank':>6}")
    for (method, tables), rank in zip(values.items(), ranks, strict=True):
        cells = "".join(f"{np.mean(draws):>7.2f}+-{np.std(draws):<3.1f}" for draws in tables)
        print(f"{method:<42}{cells}{ratios[method]:>8.3f}{rank:>6.1f}")


def main():
    """Run the comparison, or the sweep, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="draws of the labelled target rows (default 10)")
    parser.add_argument("--labeled", type=int, default=25, help="labelled target rows (default 25)")
    parser.add_argument("--sweep", action="store_true", help="vary the parameters instead")
    parser.add_argument("--jobs", type=int, default=1, help="draws at a time (default 1)")
    options = parser.parse_args()
    start = time.perf_counter()
    compare = sweep if options.sweep else predictions
    results = {}
    for name in SPLIT_BY:
        table = load_domains(name)
        for which in range(3):
            results[f"{name} {which}"] = Parallel(n_jobs=options.jobs)(
                delayed(errors)(compare, table, which, options.labeled, seed) for seed in range(options.seeds)
            )
    print_table(results)
    seconds = time.perf_counter() - start
    print(f"\n{options.seeds} draws of {options.labeled} labelled target rows; RMSE +- deviation; {seconds:.0f} s.")


if __name__ == "__main__":
    main()
