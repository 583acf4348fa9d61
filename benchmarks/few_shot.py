"""Few-shot curves: what a model that starts from a source makes of 1 to 100 labels, beside its rivals.

Run ``python benchmarks/few_shot.py`` beside ``../shared/data``, or with SKTL_DATA set: 20 draws of the labelled rows at
1, 2, 5, 10, 20, 50 and 100 labels take hours; ``--groups``, ``--labels`` and ``--draws`` take less. *heart*: each of
four sites from the others; *adult*: other countries from the United States, few years of education from many, the never
married from the others; *digits* of two origins; *amazon*: each of four goods from the others; *newsgroups*: rec
against talk by sub-groups, sparse; *class tables*, *tables*: the mixed tables; *small*: the fourteen tasks of
``hypothesis_transfer.py``. At most 1,000 source and 400 target rows of a task, columns on the source's scale. The
source model is histogram boosting, or logistic regression on digits, amazon, newsgroups; the target's own model is
logistic regression (or a ridge) of standardised columns; "pooled" fits the source's learner on the rows of both,
"target 20 %" with that share of the weight; ``TransferGuard`` from 10 labels. ``--forests`` adds the members that start
from a forest.

Accuracy in % (for numbers, error over the target's own ridge), mean over the tasks, +- half of a 95 % interval over the
draws. Measured with ``--draws 3 --labels 2 10 50``:

    heart
                                              2           10           50
    source only                       74.9+-0.1    74.7+-0.1    74.8+-0.7
    target only                       67.9+-3.3    75.7+-5.0    80.1+-2.1
    pooled                            75.1+-0.5    76.3+-0.5    79.0+-1.5
    pooled, target 20 %               76.0+-0.8    77.9+-1.2    79.7+-1.9
    TrAdaBoost                        78.6+-1.9    77.4+-1.3    73.8+-1.5
    TransferGuard                                  78.7+-2.9    81.0+-0.8
    HypothesisTransferClassifier      75.7+-1.3    77.5+-1.0    80.5+-0.1
    TransferLogisticRegression, linear source    78.4+-3.0    80.1+-0.9    81.6+-1.9
    FineTunedClassifier               76.3+-5.8    78.9+-1.2    78.3+-0.3

    adult
                                              2           10           50
    source only                       89.4+-0.0    89.4+-0.2    89.6+-0.6
    target only                       87.4+-2.8    87.0+-2.7    87.4+-0.9
    pooled                            89.2+-0.7    88.9+-0.3    89.3+-0.4
    pooled, target 20 %               89.5+-0.5    89.1+-0.3    89.5+-0.8
    TrAdaBoost                        88.0+-0.9    86.7+-1.4    85.4+-2.7
    TransferGuard                                  87.2+-2.2    88.6+-1.0
    HypothesisTransferClassifier      89.8+-0.5    90.5+-0.7    91.2+-0.3
    TransferLogisticRegression, linear source    82.4+-5.7    86.9+-4.2    89.2+-0.4
    FineTunedClassifier               91.1+-0.3    88.7+-1.8    89.9+-0.9

    class tables
                                              2           10           50
    source only                       72.9+-0.1    72.8+-0.1    72.8+-0.2
    target only                       60.4+-13.7    69.1+-3.3    71.4+-0.6
    pooled                            72.6+-0.2    73.1+-0.3    73.3+-0.3
    pooled, target 20 %               73.5+-0.8    72.5+-1.2    73.3+-0.5
    TrAdaBoost                        71.0+-2.3    69.3+-1.6    69.5+-1.0
    TransferGuard                                  72.7+-1.2    74.5+-0.3
    HypothesisTransferClassifier      72.5+-0.2    72.2+-1.2    73.7+-0.3
    TransferLogisticRegression, linear source    65.4+-6.0    70.2+-3.0    73.4+-0.3
    FineTunedClassifier               69.3+-5.2    71.1+-0.6    72.7+-0.7

What it shows. On *heart* a linear source carries over better than boosted trees: ``TransferLogisticRegression`` is best
at 10 and 50 labels; ``HypothesisTransferClassifier`` on the boosted source is level with the target's own model at 50
labels and ahead of it before. On *adult* it is the one that gains on the source at each number of labels; TrAdaBoost
and the guard lose there. On the *class tables* nobody gains much on the source: at 50 labels the guard 1.7 points,
``HypothesisTransferClassifier`` 0.9, and at 10 labels it is 0.6 behind. Of the members here none loses to the target's
own model by more than a point at 50 labels, but ``FineTunedClassifier`` on heart (78.3 against 80.1), whose source is
the boosted one. Three draws tell differences of some two points.
"""

import argparse
import time
import warnings
from functools import partial

import numpy as np
from _few_labels import Task, regressions, table_classifications, table_regressions
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from tabular import load_adult, prepared
from tabular import load_heart as heart_parts

from sktl import parameter
from sktl.datasets import load_digits_domains, load_npz
from sktl.instance import TrAdaBoostClassifier, TrAdaBoostRegressor
from sktl.model_selection import TransferGuard

LABELS = (1, 2, 5, 10, 20, 50, 100)
SOURCE_ROWS, TARGET_ROWS = 1000, 400  # at most, of one task
WIDE = ("digits", "amazon", "newsgroups")  # whose source model is linear; boosted trees elsewhere
NEWSGROUPS = {"rec/talk": ((4, 5, 14, 15), (6, 7, 12, 13))}


# --- classification tasks: (group, name, source, target) ---


def small(task, seed=0):
    """A task of at most so many rows, drawn with a fixed seed."""
    rng, parts = np.random.default_rng(seed), []
    for X, y, most in ((task.X_source, task.y_source, SOURCE_ROWS), (task.X_target, task.y_target, TARGET_ROWS)):
        rows = rng.permutation(len(y))[:most]
        parts += [X[rows], np.asarray(y)[rows]]
    if not sparse.issparse(parts[0]):  # all columns on the source's scale, as TransferRidge wants them
        scaler = StandardScaler().fit(parts[0])
        parts[0], parts[2] = scaler.transform(parts[0]), scaler.transform(parts[2])
    return Task(task.group, task.name, *parts)


def encoded(group, name, X, y, target):
    """A task of two parts of a frame, encoded together."""
    rows = prepared(X).fit_transform(X)
    return Task(group, name, rows[~target], y[~target], rows[target], y[target])


def heart():
    """Each of four sites from the other three."""
    X, y, site = heart_parts()
    return [encoded("heart", name, X, y, site == name) for name in np.unique(site)]


def adult():
    """Other countries from the United States; few years of education from many; the never married from the others."""
    X, y = load_adult()
    splits = {
        "native_country": lambda column: column != "United-States",
        "education_num": lambda column: column <= 9,
        "marital_status": lambda column: column == "Never-married",
    }
    tasks = []
    for column, is_target in splits.items():
        known = X[column].notna().to_numpy()
        target = is_target(X[column][known]).to_numpy()
        tasks.append(encoded("adult", column, X[known].drop(columns=column), y[known], target))
    return tasks


def digits():
    """Each of two origins of handwritten digits from the other."""
    tasks = []
    for name in ("mnist", "sklearn"):
        data = load_digits_domains(source=name)
        target = np.isnan(data.y)
        tasks.append(
            Task("digits", f"{name} >", data.X[~target], data.y_true[~target], data.X[target], data.y_true[target])
        )
    return tasks


def amazon():
    """Four kinds of goods, each from the other three."""
    data = load_npz("amazon_review_400", data_home=None)
    X = data.X / data.X.sum(axis=1, keepdims=True)
    X = (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-12)
    return [
        Task(
            "amazon",
            str(k),
            X[data.domain != k],
            data.y[data.domain != k],
            X[data.domain == k],
            data.y[data.domain == k],
        )
        for k in np.unique(data.domain)
    ]


def newsgroups():
    """Rec against talk, sub-groups apart (sparse)."""
    data = load_npz("newsgroups16_counts", data_home=None)
    X = sparse.csr_matrix((data.X_data, data.X_indices, data.X_indptr), shape=tuple(data.X_shape))
    X = sparse.csr_matrix(X.multiply(data.idf[None, :]))
    X = sparse.csr_matrix(X.multiply(1 / np.sqrt(X.multiply(X).sum(axis=1))))
    tasks = []
    for name, (first, second) in NEWSGROUPS.items():
        rows = [np.isin(data.group, half) for half in (first, second)]
        y = data.group // 4 == 1
        tasks.append(Task("newsgroups", name, X[rows[0]], y[rows[0]].astype(int), X[rows[1]], y[rows[1]].astype(int)))
    return tasks


GROUPS = {
    "heart": heart,
    "adult": adult,
    "digits": digits,
    "amazon": amazon,
    "newsgroups": newsgroups,
    "class tables": table_classifications,
    "small": regressions,
    "tables": table_regressions,
}


# --- methods: functions of (task, source model, learn, rest, seed) that predict the rest ---


def linear(task, is_class):
    """The linear model that the baselines are: of standardised columns."""
    scaler = MaxAbsScaler() if sparse.issparse(task.X_target) else StandardScaler()
    return make_pipeline(scaler, LogisticRegression(max_iter=300) if is_class else RidgeCV(np.logspace(-3, 3, 13)))


def constant(y, n):
    """The one label known."""
    return np.full(n, y[0])


def target_only(task, is_class, learn, rest):
    """The target's own linear model."""
    X, y = task.X_target[learn], task.y_target[learn]
    if is_class and len(np.unique(y)) == 1 or len(y) == 1:
        return constant(y, len(rest))
    return linear(task, is_class).fit(X, y).predict(task.X_target[rest])


def stacked(task, learn):
    """Source rows, then the labelled target rows: X, y, whether target."""
    stack = sparse.vstack if sparse.issparse(task.X_target) else np.vstack
    X = stack([task.X_source, task.X_target[learn]])
    X = X.tocsr() if sparse.issparse(X) else X
    y = np.concatenate([task.y_source, task.y_target[learn]])
    return X, y, np.arange(len(y)) >= len(task.y_source)


def pooled(task, base, learn, rest, share):
    """The source's learner on the rows of both, the target with this share of the weight, or none."""
    X, y, target = stacked(task, learn)
    weights = np.ones(len(y))
    if share is not None:
        weights[target] = share / (1 - share) * (~target).sum() / target.sum()
    name = f"{base.steps[-1][0]}__sample_weight" if hasattr(base, "steps") else "sample_weight"
    return clone(base).fit(X, y, **{name: weights}).predict(task.X_target[rest])


def boosted(task, is_class, learn, rest, seed):
    """TrAdaBoost by its defaults, on standardised columns."""
    X, y, target = stacked(task, learn)
    scaler = (MaxAbsScaler() if sparse.issparse(X) else StandardScaler()).fit(X)
    booster = (TrAdaBoostClassifier if is_class else TrAdaBoostRegressor)(random_state=seed)
    return booster.fit(scaler.transform(X), y, target).predict(scaler.transform(task.X_target[rest]))


def guarded(task, is_class, learn, rest):
    """TransferGuard around the linear model that sees both domains."""
    X, y, target = stacked(task, learn)
    return TransferGuard(linear(task, is_class)).fit(X, y, target).predict(task.X_target[rest])


def members(source, straight, forest, is_class):
    """The family by its defaults, on the sources it can start from: a linear one, a forest (or None: left out)."""
    kind = "Classifier" if is_class else "Regressor"
    plain = parameter.TransferLogisticRegression if is_class else parameter.TransferRidge
    found = {f"HypothesisTransfer{kind}": getattr(parameter, f"HypothesisTransfer{kind}")(source)}
    found[f"{plain.__name__}, linear source"] = plain(straight)
    found[f"FineTuned{kind}"] = getattr(parameter, f"FineTuned{kind}")(source)
    if forest is not None:
        found[f"LeafRefit{kind}, forest"] = getattr(parameter, f"LeafRefit{kind}")(forest)
        found[f"TransferForest{kind}, forest"] = getattr(parameter, f"TransferForest{kind}")(forest)
    return found


def predict_with(model, task, learn, rest):
    """Predictions of a member fitted on the target rows, those without labels beside them."""
    y = np.asarray(task.y_target, dtype=float)
    hidden = np.full(len(y), np.nan)
    hidden[learn] = y[learn]
    return model.fit(task.X_target, hidden).predict(task.X_target[rest])


def one_draw(task, sources, base, is_class, n, seed):
    """Accuracy, or root mean squared error, on the target's other rows, by method."""
    learn, rest = task.draw(n, seed)
    found = {
        "source only": sources[0].predict(task.X_target[rest]),
        "target only": target_only(task, is_class, learn, rest),
        "pooled": pooled(task, base, learn, rest, None),
        "pooled, target 20 %": pooled(task, base, learn, rest, 0.2),
        "TrAdaBoost": boosted(task, is_class, learn, rest, seed),
    }
    if is_class and n >= 10:
        found["TransferGuard"] = guarded(task, is_class, learn, rest)
    found |= {name: predict_with(model, task, learn, rest) for name, model in members(*sources, is_class).items()}
    y = task.y_target[rest]
    if is_class:
        return {name: 100 * float(np.mean(values == y)) for name, values in found.items()}
    return {name: float(np.sqrt(np.mean((values - y) ** 2))) for name, values in found.items()}


def one_task(task, is_class, labels, n_draws, forests=False):
    """Scores of each number of labels, draw and method."""
    warnings.simplefilter("ignore")
    task = small(task)
    trees = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    wide = task.group in WIDE
    base = linear(task, is_class) if wide else trees(random_state=0)
    straight = LogisticRegression(max_iter=300) if is_class else RidgeCV(np.logspace(-3, 3, 13))
    forest = (RandomForestClassifier if is_class else RandomForestRegressor)(30, random_state=0) if forests else None
    models = (base, straight, forest)
    sources = [None if m is None else clone(m).fit(task.X_source, task.y_source) for m in models]
    draw = partial(one_draw, task, sources, base, is_class)
    fit = [n for n in labels if n < len(task.y_target) / 2]
    return {n: [draw(n, seed) for seed in range(n_draws)] for n in fit}


def print_table(group, results, is_class, labels):
    """Mean over tasks and draws (errors over target-only's, geometrically) with half a 95 % interval over draws."""
    print(f"\n{group}" + ("" if is_class else ": error over target-only's"))
    print(f"{'':<30}" + "".join(f"{n:>13}" for n in labels))
    for name in list(results[0][max(results[0])][0]):
        line = f"{name:<30}"
        for n in labels:
            tasks = [found[n] for found in results if n in found and name in found[n][0]]
            if not tasks:
                line += f"{'':>13}"
                continue
            values = np.array([[score(e, name, is_class) for e in draws] for draws in tasks]).mean(axis=0)
            half = 1.96 * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
            line += (
                f"{values.mean():>8.1f}+-{half:<3.1f}" if is_class else f"{np.exp(values.mean()):>8.2f}+-{half:<3.2f}"
            )
        print(line)


def score(errors, name, is_class):
    """Accuracy, or the logarithm of the error over target-only's."""
    return errors[name] if is_class else np.log(errors[name] / errors["target only"])


def main():
    """Run the groups asked for and print a table of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20, help="draws of the labelled rows (default 20)")
    parser.add_argument("--groups", nargs="*", default=list(GROUPS), choices=list(GROUPS))
    parser.add_argument("--labels", nargs="*", type=int, default=list(LABELS))
    parser.add_argument("--forests", action="store_true", help="with the members that start from a forest")
    parser.add_argument("--jobs", type=int, default=1, help="tasks at a time (default 1)")
    options = parser.parse_args()
    for group in options.groups:
        start, is_class = time.perf_counter(), group not in ("small", "tables")
        run = delayed(one_task)
        results = Parallel(n_jobs=options.jobs)(
            run(task, is_class, options.labels, options.draws, options.forests) for task in GROUPS[group]()
        )
        print_table(group, results, is_class, options.labels)
        print(f"{options.draws} draws, {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
