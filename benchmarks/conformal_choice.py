"""Which weighter, score and method should intervals and sets take by default? Real pairs of several kinds.

Run ``python benchmarks/conformal_choice.py GROUP --file answers.jsonl`` for each GROUP (``concrete``, ``boston``,
``auto_mpg``, ``bike``; ``adult``, ``heart``; ``tables`` of numbers, ``class_tables``), some minutes each; what the file
has already is not run again. ``python benchmarks/conformal_choice.py show --file answers.jsonl`` prints the tables. The
defaults were chosen on all groups but the last two of each kind, ``tables`` and ``class_tables``, which judge.

Measured, 90 % asked for (two models each: ridge or logistic regression, boosted trees). Coverage, its mean distance
from .90, the interval score in units of the plain intervals' (infinite ends count as those of the labels), the infinite
share:

    numbers                      14 pairs that chose            tables, which judge
    plain                        .776 .130  1.00  .00           .789 .122  1.00  .00
    DiscriminatorWeighter        .908 .060  1.04  .26           .889 .109  1.86  .47
    AutoWeighter                 .904 .063  1.04  .27           .894 .111  1.87  .47
    KLIEP                        .878 .075  1.07  .20           .873 .101  1.67  .35
    KMM                          .879 .070  1.06  .20           .886 .106  1.67  .35
    ULSIF                        .876 .074  1.08  .20           .872 .097  1.64  .33
    RULSIF                       .875 .074  1.08  .19           .873 .096  1.65  .33
    GaussianWeighter             .869 .076  1.10  .26           .872 .113  1.74  .43
    NearestNeighborWeighter      .862 .077  1.05  .14           .852 .098  1.61  .27
    cross                        .886 .064  1.02  .24           .894 .112  1.82  .43
    normalized                   .895 .069  1.01  .26           .892 .107  1.87  .47
    quantile                     .897 .062  1.00  .26           .890 .116  1.86  .47
    normalized, cross            .897 .060   .96  .24           .895 .109  1.83  .43

Of classes: coverage, its distance, the mean size of a set, the coverage of the class that has least:

    classes                      adult, heart: chose            tables, which judge
    plain                        .877 .059  1.16  .66           .902 .043  1.37  .63
    DiscriminatorWeighter        .921 .027  1.32  .74           .949 .055  1.62  .76
    AutoWeighter                 .918 .024  1.31  .73           .949 .054  1.63  .76
    KLIEP                        .905 .026  1.24  .72           .936 .066  1.57  .74
    KMM                          .916 .028  1.28  .71           .940 .056  1.57  .73
    ULSIF                        .912 .019  1.25  .72           .937 .061  1.56  .74
    aps                          .971 .074  1.77  .89
    raps                         .971 .074  1.77  .89
    aps, randomize               .920 .020  1.40  .82           .953 .058  1.69  .82
    raps, randomize              .918 .018  1.35  .79
    class                        .908 .035  1.55  .89           .954 .054  1.82  .94
    cross                        .912 .021  1.29  .72           .960 .063  1.63  .79
    label shift, MLLS            .840 .067  1.04  .34           .772 .137  1.13  .27
    label shift, BBSE            .839 .071  1.04  .34           .780 .130  1.15  .26

What it shows. *Weighter*: DiscriminatorWeighter holds most of what is promised on numbers (with AutoWeighter, at six
times the cost), at the price of the most infinite intervals; KLIEP, KMM and ULSIF hold .02 to .03 less on the pairs
that chose, and on the tables are a little nearer .90 with fewer infinite ones; on classes they do as well with smaller
sets. *Score*: no clear winner; absolute and lac cost least, the latter has the smallest sets. *Method*: cross is a
little narrower, for six fits instead of one, and its promise is weaker. Interval scores gain nothing on average, and on
the tables nearly double: half of the intervals there are infinite. *randomize* is the default: without it, sets of two
classes are nearly always full. (Empty cells were not run.)
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
from _few_labels import bike_regressions, small_regressions, table_classifications, table_regressions
from calibration import MODELS, class_tasks
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl import stack_domains
from sktl.calibration import ConformalClassifier, ConformalRegressor
from sktl.instance import (
    BBSE,
    KLIEP,
    KMM,
    RULSIF,
    ULSIF,
    AutoWeighter,
    GaussianWeighter,
    NearestNeighborWeighter,
)

JUDGES = ("tables", "class_tables")
WEIGHTERS = {
    "plain": {"shift": None},
    "DiscriminatorWeighter": {},
    "AutoWeighter": {"weighter": AutoWeighter()},
    "KLIEP": {"weighter": KLIEP()},
    "KMM": {"weighter": KMM()},
    "ULSIF": {"weighter": ULSIF()},
    "RULSIF": {"weighter": RULSIF()},
    "GaussianWeighter": {"weighter": GaussianWeighter()},
    "NearestNeighborWeighter": {"weighter": NearestNeighborWeighter()},
}
OF_NUMBERS = WEIGHTERS | {
    "normalized": {"conformity": "normalized"},
    "quantile": {"conformity": "quantile"},
    "cross": {"method": "cross"},
    "normalized, cross": {"conformity": "normalized", "method": "cross"},
    "normalized, plain": {"conformity": "normalized", "shift": None},
}
OF_CLASSES = WEIGHTERS | {
    "label, MLLS": {"shift": "label"},
    "label, BBSE": {"shift": "label", "weighter": BBSE()},
    "aps": {"conformity": "aps", "randomize": False},
    "aps, randomize": {"conformity": "aps", "randomize": True},
    "raps": {"conformity": "raps", "randomize": False},
    "raps, randomize": {"conformity": "raps", "randomize": True},
    "class": {"conditional": "class"},
    "cross": {"method": "cross"},
    "label, class": {"shift": "label", "conditional": "class"},
}
REGRESSORS = {
    "ridge": make_pipeline(StandardScaler(), Ridge()),
    "trees": HistGradientBoostingRegressor(max_iter=50, random_state=0),
}


def tasks(group):
    """The pairs of a group."""
    if group in JUDGES:
        return table_regressions() if group == "tables" else table_classifications()
    if group in ("adult", "heart"):
        return [task for task in class_tasks(2000) if task.group == group]
    return bike_regressions() if group == "bike" else [t for t in small_regressions() if t.group == group]


def of_numbers(model, task):
    """Coverage, interval score, infinite share, overlap; an infinite end counts as that of the labels seen."""
    low, high = model.predict_interval(task.X_target, 0.1).T
    y, infinite = task.y_target, np.isinf(high).mean()
    every = np.concatenate([task.y_source, y])
    low, high = np.maximum(low, every.min()), np.minimum(high, every.max())
    score = high - low + 20 * (np.maximum(low - y, 0) + np.maximum(y - high, 0))
    return np.mean((low <= y) & (y <= high)), score.mean(), infinite, model.overlap_


def of_classes(model, task):
    """Coverage, mean size, coverage of the class that has least, overlap."""
    sets = model.predict_set(task.X_target, 0.1)
    codes = np.searchsorted(model.classes_, task.y_target)
    hit = sets[np.arange(len(sets)), codes]
    worst = min(hit[codes == code].mean() for code in np.unique(codes))
    return hit.mean(), sets.sum(axis=1).mean(), worst, model.overlap_


def run(group, file):
    """Every option on every pair of a group, each by two models."""
    done = {tuple(json.loads(line)[:4]) for line in file.read_text().splitlines()} if file.exists() else set()
    classes = group in ("adult", "heart", "class_tables")
    kind, read = (ConformalClassifier, of_classes) if classes else (ConformalRegressor, of_numbers)
    for number, task in enumerate(tasks(group)):
        X, shown, _ = stack_domains((task.X_source, task.y_source), task.X_target)
        for base, estimator in (MODELS if classes else REGRESSORS).items():
            for name, kwargs in (OF_CLASSES if classes else OF_NUMBERS).items():
                key = (group, f"{task.name} {number}", base, name)
                if key in done:
                    continue
                start = time.process_time()
                try:
                    fitted = kind(clone(estimator), **kwargs).fit(X, shown)
                    found = [float(value) for value in read(fitted, task)]
                except ValueError as error:  # no weights, or classes that the confusion matrix can't tell
                    found = [np.nan] * 4
                    print(key, error)
                with file.open("a") as out:
                    out.write(json.dumps([*key, *found, time.process_time() - start]) + "\n")


def show(file):
    """A block a group and model: means over pairs; scores in units of the plain intervals'."""
    found = {}
    for line in file.read_text().splitlines():
        group, pair, base, name, *values = json.loads(line)
        found.setdefault((group, base), {}).setdefault(name, {})[pair] = values
    for (group, base), options in found.items():
        numbers = "normalized" in options
        last = ("interval score / plain's", "infinite") if numbers else ("mean size", "worst class")
        print(f"\n{group}, {base:<18}{'coverage':>9}{'below .87':>10}{'error':>7}{last[0]:>26}{last[1]:>13}{'s':>7}")
        for name, by_pair in options.items():
            values = np.array([by_pair[pair] for pair in options["plain"]])
            unit = np.array(list(options["plain"].values()))[:, 1] if numbers else 1
            c, size, third, seconds = values[:, 0], values[:, 1] / unit, values[:, 2], values[:, 4]
            means = [np.nanmean(column) for column in (c, c < 0.87, np.abs(c - 0.9), size, third, seconds)]
            print(f"{name:<25}" + "{:>9.3f}{:>10.2f}{:>7.3f}{:>26.3f}{:>13.3f}{:>7.2f}".format(*means))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    groups = ["concrete", "boston", "auto_mpg", "bike", "adult", "heart", *JUDGES]
    parser.add_argument("what", choices=[*groups, "show"])
    parser.add_argument("--file", type=Path, default=Path("conformal_choice.jsonl"))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    show(arguments.file) if arguments.what == "show" else run(arguments.what, arguments.file)
