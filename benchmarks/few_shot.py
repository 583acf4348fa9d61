"""Few-shot curves: what a model that starts from a source makes of 1 to 100 labels, beside its rivals.

Run ``python benchmarks/few_shot.py`` beside ``../shared/data``, or with SKTL_DATA set: some two hours of one processor
for 20 draws of all; ``--groups``, ``--labels``, ``--methods`` and ``--draws`` take less. Scores are kept in ``--file``
as they come, and a run goes on with what is there. *heart*: each of four sites from the others; *adult*: other
countries from the United States, few years of education from many, the never married from the others; *digits* of two
origins; *amazon*: each of four goods from the others; *newsgroups*: rec against talk by sub-groups, sparse; *class
tables*, *number tables*: the mixed tables; *counts*: bikes an hour by year and season, medical visits of a site.

*What makes it affordable*: at most 1,000 source and 400 target rows; the source models (and encodings) of a task are
fitted once; boosted trees have 50 iterations of 8 leaves; TrAdaBoost and ``TransferGuard`` see 300 source rows; the
slowest methods take every other draw, at 2, 10 and 50 labels. Draws are paired: all methods see the same rows. The
source is boosted trees, on wide data (digits, amazon, newsgroups) logistic regression, where the name says no other;
the target's own model is logistic regression (or a ridge) of standardised columns; "pooled" fits the source's learner
on the rows of both, "target 20 %" with that share of the weight.

*What was run*: heart and adult at 2, 10 and 50 labels and newsgroups with 20 draws (the table of ``sktl.parameter``);
the rest in part: amazon two of four goods, five of seven class tables and five of fifteen number tables with 4 draws;
digits not since the softmax of ``HypothesisTransferClassifier``. Gain over the target's own model at 50 labels, points
(for numbers % of the error), +- half a 95 % interval over the draws (the last two rows have a task more on amazon and
the class tables; costly methods took half of the draws):

                                 heart      adult   newsgroups   amazon (2)  class t. (4)  number t. (4)
    HypothesisTransfer*       2.4+-.8    3.8+-.6    -1.4+-2.1   16.4+-1.0      2.7+-.8       5.2+-1.2
    TransferLogistic / Ridge  3.0+-.8    1.8+-.6     7.4+-1.6   14.7+-1.1      2.7+-1.1      6.6+-1.7
    FineTuned*                1.6+-.8    3.1+-.7     4.2+-2.1   15.9+-1.2      2.4+-.8       4.1+-.8
    LeafRefit*, forest        -.2+-.8    1.5+-.6   -13.3+-2.6    1.6+-1.2      1.6+-.6     -21.8+-2.1
    TransferForest*           2.0+-1.1   2.6+-1.0  -10.5+-4.0    1.8+-1.7      1.4+-.4      -7.3+-1.9
    TransferTree*            -1.7+-1.1    .7+-.9   -18.3+-4.9   -1.4+-2.0      -.1+-.1     -27.9+-4.3
    pooled, target 20 %       1.2+-.9    3.2+-.5     6.0+-2.2   15.1+-.8       3.5+-.4     -13.6+-1.1
    TrAdaBoost               -6.3+-1.2  -2.9+-.9     4.2+-2.7    7.0+-1.7     -2.0+-2.6    -19.8+-1.1
"""

import argparse
import csv
import time
import warnings
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from _few_shot_tasks import CLASSES, NUMBERS, WIDE
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, PoissonRegressor, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sktl import parameter
from sktl.instance import TrAdaBoostClassifier, TrAdaBoostRegressor
from sktl.model_selection import TransferGuard

LABELS = (1, 2, 5, 10, 20, 50, 100)
FEWER_ROWS = 300  # of the source, for TrAdaBoost and the guard, which fit many models
SMALL = {"max_iter": 50, "max_leaf_nodes": 8, "max_bins": 63}  # a third of the default's time, no worse here
PENALTIES = np.logspace(-3, 3, 13)
SOURCES = {  # by kind: of classes, of numbers
    "boosted": (HistGradientBoostingClassifier(**SMALL), HistGradientBoostingRegressor(**SMALL)),
    "linear": (LogisticRegression(max_iter=300), RidgeCV(PENALTIES)),
    "forest": (RandomForestClassifier(20), RandomForestRegressor(20)),
    "GB": (GradientBoostingClassifier(n_estimators=50), GradientBoostingRegressor(n_estimators=50)),
    "tree": (DecisionTreeClassifier(min_samples_leaf=5), DecisionTreeRegressor(min_samples_leaf=5)),
    "SVC": (LinearSVC(C=0.1), None),
    "Poisson": (None, PoissonRegressor(alpha=0.1, max_iter=300)),
}
MEMBERS = {  # name: classes of the two kinds of label, the source
    "HypothesisTransfer": ("HypothesisTransferClassifier", "HypothesisTransferRegressor", "own"),
    "TransferLogisticRegression / Ridge": ("TransferLogisticRegression", "TransferRidge", "linear"),
    "TransferLinearSVC": ("TransferLinearSVC", None, "SVC"),
    "TransferPoissonRegressor": (None, "TransferPoissonRegressor", "Poisson"),
    "GaussianProcessTransfer": (None, "GaussianProcessTransferRegressor", "own"),
    "FineTuned": ("FineTunedClassifier", "FineTunedRegressor", "own"),
    "FineTuned, linear": ("FineTunedClassifier", "FineTunedRegressor", "linear"),
    "LeafRefit, forest": ("LeafRefitClassifier", "LeafRefitRegressor", "forest"),
    "LeafRefit, GB": ("LeafRefitClassifier", "LeafRefitRegressor", "GB"),
    "TransferForest": ("TransferForestClassifier", "TransferForestRegressor", "forest"),
    "TransferTree": ("TransferTreeClassifier", "TransferTreeRegressor", "tree"),
}


@dataclass
class Case:
    """A task with its source models; each is fitted once, when first asked for."""

    task: object
    group: str

    @property
    def is_class(self):
        """Whether labels are classes."""
        return self.group in CLASSES

    def unfitted(self, kind):
        """The learner of a kind of source; "own" is the group's: boosted trees, or linear where columns are many."""
        if kind == "own":
            kind = "linear" if self.group in WIDE else "boosted"
        model = clone(SOURCES[kind][not self.is_class])
        return model.set_params(random_state=0) if "random_state" in model.get_params() else model

    @cached_property
    def _fitted(self):
        return {}

    def source(self, kind):
        """The fitted source model of a kind."""
        if kind not in self._fitted:
            self._fitted[kind] = self.unfitted(kind).fit(self.task.X_source, self.task.y_source)
        return self._fitted[kind]


# --- methods: functions of (case, labelled rows, other rows, seed) that predict the others ---


def target_only(case, learn, rest, seed):
    """The target's own linear model of standardised columns."""
    X, y = case.task.X_target[learn], case.task.y_target[learn]
    if len(y) == 1 or case.is_class and len(np.unique(y)) == 1:
        return np.full(len(rest), y[0])
    return linear(case).fit(X, y).predict(case.task.X_target[rest])


def linear(case):
    """The linear model that the baselines are: of standardised columns."""
    scaler = MaxAbsScaler() if sparse.issparse(case.task.X_target) else StandardScaler()
    return make_pipeline(scaler, case.unfitted("linear"))


def source_only(kind):
    """The source of a kind as it is."""
    return lambda case, learn, rest, seed: case.source(kind).predict(case.task.X_target[rest])


def stacked(task, learn, most=None):
    """Source rows, then the labelled target rows: X, y, whether target."""
    X, y = task.X_source[:most], task.y_source[:most]
    stack = (lambda pair: sparse.vstack(pair).tocsr()) if sparse.issparse(X) else np.vstack
    y_all = np.concatenate([y, task.y_target[learn]])
    return stack([X, task.X_target[learn]]), y_all, np.arange(len(y_all)) >= len(y)


def pooled(share):
    """The source's learner on the rows of both, the target's with this share of the weight, or weighing one each."""

    def predict(case, learn, rest, seed):
        X, y, target = stacked(case.task, learn)
        weights = np.ones(len(y))
        if share is not None:
            weights[target] = share / (1 - share) * (~target).sum() / target.sum()
        return case.unfitted("own").fit(X, y, sample_weight=weights).predict(case.task.X_target[rest])

    return predict


def boosted(case, learn, rest, seed):
    """TrAdaBoost by its defaults."""
    booster = (TrAdaBoostClassifier if case.is_class else TrAdaBoostRegressor)(random_state=seed)
    return booster.fit(*stacked(case.task, learn, FEWER_ROWS)).predict(case.task.X_target[rest])


def guarded(case, learn, rest, seed):
    """TransferGuard around the linear model that sees both domains."""
    return TransferGuard(linear(case)).fit(*stacked(case.task, learn, FEWER_ROWS)).predict(case.task.X_target[rest])


def member(name):
    """A member of the family by its default; target rows without labels are beside those with."""
    *kinds, source = MEMBERS[name]

    def predict(case, learn, rest, seed):
        y = np.full(len(case.task.y_target), np.nan)
        y[learn] = case.task.y_target[learn]
        model = getattr(parameter, kinds[not case.is_class])(case.source(source))
        return model.fit(case.task.X_target, y).predict(case.task.X_target[rest])

    return predict


RIVALS = {
    "source only": source_only("own"),
    "source only, linear": source_only("linear"),
    "source only, forest": source_only("forest"),
    "target only": target_only,
    "pooled": pooled(None),
    "pooled, target 20 %": pooled(0.2),
    "TrAdaBoost": boosted,
    "TransferGuard": guarded,
}
NARROW = [group for group in CLASSES | NUMBERS if group not in WIDE]
WHERE = {"GB": NARROW, "FineTuned, linear": NARROW, "Poisson": ["counts"]}  # sources and members of some groups alone
#: Take half of the draws, at three numbers of labels.
COSTLY = {"TrAdaBoost", "TransferGuard", "LeafRefit, GB", "TransferForest", "TransferTree"}
COSTLY_LABELS = (2, 10, 50)
FROM_LABELS = {"TransferGuard": 10}  # least number of labels that a method is asked with


def methods_of(group):
    """Methods by name that a group is judged with."""
    found = dict(RIVALS)
    for name, (*kinds, source) in MEMBERS.items():
        wanted = WHERE.get(source, WHERE.get(name, (group,)))
        if kinds[group in NUMBERS] and group in wanted:
            found[name] = member(name)
    return found


def error(case, rest, predicted):
    """Accuracy in %, or root mean squared error."""
    y = case.task.y_target[rest]
    if case.is_class:
        return 100 * float(np.mean(predicted == y))
    return float(np.sqrt(np.mean((predicted - y) ** 2)))


# --- the runs, a line of the file each ---


def run(group, options, done, file):
    """Append the scores of each task, method and number of labels that the file has not."""
    writer, start = csv.writer(file), time.process_time()
    for task in (CLASSES | NUMBERS)[group]():
        case = Case(task, group)
        for name, method in methods_of(group).items():
            if name in options.without or options.methods and name not in options.methods:
                continue
            for n in options.labels:
                draws = (options.draws + 1) // 2 if name in COSTLY else options.draws
                seeds = range(done.get((group, task.name, n, name), 0), draws)
                left_out = n < FROM_LABELS.get(name, 1) or name in COSTLY and n not in COSTLY_LABELS
                if left_out or n >= len(task.y_target) / 2 or not len(seeds):
                    continue
                draws = [(task.draw(n, seed), seed) for seed in seeds]
                scores = [error(case, rest, method(case, learn, rest, seed)) for (learn, rest), seed in draws]
                writer.writerow([group, task.name, n, name, seeds[0], " ".join(f"{score:.5g}" for score in scores)])
                file.flush()
                if time.process_time() - start > options.seconds:
                    return


def read(path):
    """Scores by (group, task, labels, method), in the order of the seeds."""
    scores = defaultdict(list)
    if path.exists():
        for group, task, n, name, _, values in csv.reader(path.open()):
            scores[group, task, int(n), name] += [float(value) for value in values.split()]
    return scores


# --- the tables ---


def print_table(group, scores, labels):
    """Mean over tasks and draws, +- half a 95 % interval over the draws; the last column against target only."""
    is_class = group in CLASSES
    own = {key: values for key, values in scores.items() if key[0] == group}
    tasks, names = (list(dict.fromkeys(key[i] for key in own)) for i in (1, 3))
    draws = sorted({len(values) for values in own.values()})
    print(f"\n{group}: {len(tasks)} tasks, {' or '.join(map(str, draws))} draws" + ("" if is_class else "; error over"))
    print(f"{'':<42}" + "".join(f"{n:>12}" for n in labels) + "   50, gain over target only (loses most on)")
    for name in names:
        cells = [_cell(own, group, tasks, n, name, is_class) for n in labels]
        print(f"{name:<42}" + "".join(f"{cell:>12}" for cell in cells) + "   " + _gain(own, group, tasks, name))


def _cell(own, group, tasks, n, name, is_class):
    values = [_values(own, group, task, n, name, is_class) for task in tasks if (group, task, n, name) in own]
    if not values:
        return ""
    mean, half = _interval(values)
    return f"{mean:.1f}+-{half:.1f}" if is_class else f"{np.exp(mean):.3f}+-{np.exp(mean) * half:.2f}"


def _values(own, group, task, n, name, is_class):
    """Accuracies of a task by draw, or logarithms of the errors over target only's."""
    found = np.array(own[group, task, n, name])
    return found if is_class else np.log(found / np.array(own[group, task, n, "target only"])[: len(found)])


def _interval(values):
    """Mean and half of a 95 % interval over the draws that all tasks have."""
    fewest = min(len(v) for v in values)
    by_draw = np.mean([v[:fewest] for v in values], axis=0)
    half = 1.96 * by_draw.std(ddof=1) / np.sqrt(fewest) if fewest > 1 else np.nan
    return by_draw.mean(), half


def _gain(own, group, tasks, name, n=50):
    """Gain over target only at 50 labels, paired by draw, with its interval, and the task where it is least."""
    sign, gains = (1 if group in CLASSES else -100), {}
    for task in tasks:
        if (group, task, n, name) in own:
            values = _values(own, group, task, n, name, group in CLASSES)
            base = _values(own, group, task, n, "target only", group in CLASSES)[: len(values)]
            gains[task] = sign * (values - base)
    if not gains:
        return ""
    mean, half = _interval(list(gains.values()))
    worst = min(gains, key=lambda task: gains[task].mean())
    return f"{mean:+.1f}+-{half:.1f} ({worst} {gains[worst].mean():+.1f})"


def main():
    """Run what the file has not, and print a table of each group."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20, help="draws of the labelled rows (default 20)")
    parser.add_argument("--groups", nargs="*", default=list(CLASSES | NUMBERS), choices=list(CLASSES | NUMBERS))
    parser.add_argument("--labels", nargs="*", type=int, default=list(LABELS))
    parser.add_argument("--methods", nargs="*", help="names of methods (default all)")
    parser.add_argument("--without", nargs="*", default=[], help="names of methods to leave out")
    parser.add_argument("--file", type=Path, default=Path("few_shot.csv"), help="scores kept, and gone on with")
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop a group after so much processor time")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    done = {key: len(values) for key, values in read(options.file).items()}
    with options.file.open("a") as file:
        for group in options.groups:
            run(group, options, done, file)
    for group in options.groups:
        print_table(group, read(options.file), options.labels)


if __name__ == "__main__":
    main()
