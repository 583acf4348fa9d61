"""Does weighting help on natural shifts of tables with columns of all kinds: adult, and heart disease at four sites.

Run ``python benchmarks/tabular.py`` beside ``../shared/data``, or with SKTL_DATA set (some minutes of one processor).
Every weighter, by its defaults, stands in an ordinary pipeline: numbers imputed and scaled, categories one-hot, then
logistic regression under the weights; no target label is seen. *heart*: each site is the target of the other three
together, and of each other one (12 pairs); 10 columns. *adult*: "Male>" has men as source and women as target, "White>"
the other races, "United-States>" other countries; three draws of the rows; the column that splits them is left out.

A cell holds accuracy and balanced accuracy in points and the log-loss in hundredths of a nat, for logistic regression
of the source as it is; in other rows the gain over that (+ is better, for the log-loss too); then the effective source
rows in % of all. "target's own labels" is what a cross-fitted logistic regression of the target reaches.

Measured:

    heart disease: the other three sites > a site
                                           rest>clev             rest>hung             rest>swit             rest>va_l
    logistic regression         77.2  77.1  46.7 100  80.6  80.7  43.0 100  73.2  68.2  54.1 100  75.5  64.2  49.0 100
    boosted trees               -4.0  -3.6 -13.7 100  -2.7  -1.9 -16.3 100  +1.6  +0.9  -6.8 100  -1.5  -1.0 -24.0 100
    DiscriminatorWeighter       +0.3  +1.1  -3.4   7  +0.0  -0.2  +1.3  18 -13.0  -1.1 -34.9   5  -1.0  -9.1 -10.3   1
    GaussianWeighter            -1.0  -0.1 -13.8   2  +1.0  +0.8  +0.3  12 -18.7  +1.6-174.8   1  -1.5  -9.4 -26.2   0
    RULSIF                      -2.3  -1.6  -3.9  57  -0.7  -0.3  -0.1  54  -6.5  -3.5  -6.6  43  +2.5  -1.5  +0.0  50
    ULSIF                       -3.6  -2.9  -4.8  49  -1.0  -0.6  -0.3  50  -6.5  -3.5  -8.6  33  +3.0  -1.2  -0.9  40
    KMM                         -0.3  +0.6  -3.5  30  -0.3  -0.1  +1.2  33 -13.0  -7.0 -25.3  18  +3.0  -0.6  -1.0  28
    KLIEP                       +0.0  +0.4  -1.9  68  -1.0  -0.4  -1.7  54  -1.6  -0.9  -3.2  49  +3.0  -1.2  -0.1  55
    KDEWeighter                 -1.0  +0.0  -3.3  38  +0.0  +0.4  +0.3  46 -12.2  -6.5 -14.3  29  +1.0  -7.1  -2.7  35
    NearestNeighborWeighter     +2.0  +2.2  +1.1  79  -0.7  -0.9  +0.8  73  -6.5  -3.5 -10.7  67  +2.0  +0.7  -0.2  62
    BBSE                        -0.7  -2.1  -6.6  77  -3.1 -11.2  -9.4  50 +17.1  -2.5 +26.5  70  -1.0 -14.2 -69.7  51
    RLLS                        -0.7  -2.1  -6.6  77  -3.1 -11.2  -9.4  50 +17.1  -2.5 +26.5  70  -1.0 -14.2 -69.7  51
    MLLS                        -2.6  -4.5 -10.2  71  -1.0  -8.0  -3.6  57 +21.1 -12.0 +32.3  57  -1.0 -14.2-192.8  50
    target's own labels         +1.3  +1.1  +2.4      +1.0  -1.5  +0.5     +19.5 -18.6 +29.9      +0.0  -4.5  -2.0

    adult: 2000 rows a domain at most
                                               Male>               Female>                White>        United-States>
    logistic regression         91.9  65.6  20.9 100  79.2  68.8  43.7 100  89.2  76.1  24.6 100  86.8  75.8  29.9 100
    boosted trees               -0.4  +1.8  -3.3 100  -0.8  -1.1 -24.6 100  -0.3  +2.0  -1.8 100  +0.5  +1.7  -1.6 100
    DiscriminatorWeighter       -1.1  -2.7  -3.7   7  -0.2  +0.3  -2.4   8  -0.3  -1.6  -0.8   2  -0.1  -0.1  -2.1   7
    GaussianWeighter            -1.3  -3.6  -5.4   7  -0.3  +0.1  -2.9  13  -0.1  -1.0  -0.3  29  +0.1  +0.7  -1.0  26
    RULSIF                      -0.9  -2.6  -1.9  64  -1.1  -2.5  -3.0  44  -0.2  -0.3  -0.1  81  +0.1  +0.3  -0.0  74
    ULSIF                       -0.8  -2.4  -2.2  59  -1.8  -4.1  -5.5  28  -0.2  -0.4  -0.1  77  -0.0  +0.2  -0.1  65
    KMM                         -0.5  +1.2  -1.4  26  -1.3  -3.1  -5.8  23  -0.1  -0.3  -0.2  58  -0.2  +0.4  -1.3  34
    KLIEP                       -0.4  -0.8  -0.6  79  -0.0  -0.4  -0.5  78  -0.0  -0.0  +0.0  95  +0.0  +0.2  +0.0  94
    KDEWeighter                 -0.2  +1.7  -1.0  18  -1.0  -1.2  -4.2   0  +0.2  -0.2  -0.4  60  -0.1  +0.1  -0.2  54
    NearestNeighborWeighter     -0.6  -0.6  -1.2  47  -0.3  -0.2  -1.6  60  -0.2  -0.4  -0.1  78  -0.2  +1.3  -0.9  76
    BBSE                        -2.6 -15.6 -83.3  70  -6.7  +6.1 -18.0  42  -2.0 -18.1  -9.3  80  -0.0  -4.3  -0.4  96
    RLLS                        -2.6 -15.6 -83.3  70  -6.7  +6.1 -18.0  42  -2.0 -18.1  -9.3  80  -0.0  -4.3  -0.4  96
    MLLS                        -2.1 -13.1 -20.3  72  -8.0  +6.5 -20.3  33  -0.6 -12.4  -3.3  86  +0.0  -4.0  -0.3  97
    target's own labels         +0.8  +8.8  +2.7      +2.1  +6.8  +4.5      +0.2  -2.1  +0.7      +0.5  -1.3  +0.6

    mean gain over pairs, and pairs that gain / lose more than a point of accuracy
                                    heart, site > site      heart, rest > site                   adult
    logistic regression         +0.0  +0.0  +0.0  0/0   +0.0  +0.0  +0.0  0/0   +0.0  +0.0  +0.0  0/0
    boosted trees               -4.4  -4.8 -27.6  1/8   -1.6  -1.4 -15.2  1/3   -0.3  +1.1  -7.8  0/2
    DiscriminatorWeighter       -3.3  -1.5 -28.1  2/7   -3.4  -2.3 -11.8  0/1   -0.4  -1.0  -2.2  1/3
    GaussianWeighter            -5.3  -3.1 -55.9  1/7   -5.0  -1.8 -53.6  1/2   -0.4  -1.0  -2.4  0/3
    RULSIF                      -1.7  -0.6 -11.1  2/5   -1.7  -1.7  -2.6  1/2   -0.5  -1.3  -1.2  0/3
    ULSIF                       -2.4  -1.3 -13.8  2/6   -2.0  -2.0  -3.6  1/3   -0.7  -1.7  -2.0  0/3
    KMM                         -2.9  -1.1 -15.6  1/7   -2.7  -1.7  -7.1  1/1   -0.5  -0.5  -2.2  0/2
    KLIEP                       -0.9  -0.9  -4.0  2/4   +0.1  -0.5  -1.7  1/2   -0.1  -0.3  -0.2  0/0
    KDEWeighter                 -2.6  -1.1 -21.6  1/6   -3.0  -3.3  -5.0  0/1   -0.3  +0.1  -1.4  0/2
    NearestNeighborWeighter     -0.7  +1.5  -3.3  4/5   -0.8  -0.4  -2.2  2/1   -0.3  +0.0  -0.9  1/3
    BBSE                        +4.5  -4.1 -88.0  6/4   +3.1  -7.5 -14.8  1/1   -2.8  -8.0 -27.8  1/8
    RLLS                        +2.4  -5.9 -91.9  5/4   +3.1  -7.5 -14.8  1/1   -2.8  -8.0 -27.8  1/8
    MLLS                        +4.0  -5.4 -89.3  6/4   +4.1  -9.7 -43.6  1/2   -2.6  -5.8 -11.0  1/5
    target's own labels        +12.0  -0.2 +26.5  7/1   +5.5  -5.9  +7.7  3/0   +0.9  +3.0  +2.1  4/0

What it shows. *Covariate shift*: no weighter gains on average, from +0.1 to -5.3 points of accuracy, though single
tasks gain up to 3: p(y | x) changes as well, and then weights only cost rows. Those that keep most effective rows
(KLIEP, NearestNeighborWeighter) lose least, the sharper ratios (GaussianWeighter, DiscriminatorWeighter) most.
KDEWeighter without smoothing lost 15 points on adult: in 50 columns that are mostly one-hot, densities are nothing by
nothing. *Label shift*: up to 21 points of accuracy are gained where the class shares move most (to switzerland, 93 %
ill), but by answers that leave the smaller class out: balanced accuracy falls on nearly all tasks, and the log-loss
rises with it, because p(x | y) is not the same. RLLS, whose penalty is small, differs from BBSE on pairs of small sites
only. Boosted trees of the source do no better than logistic regression. The remedy is labels of the target: see
``benchmarks/multisource.py``.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sktl import OnLabeled, stack_domains
from sktl.datasets import load_npz
from sktl.exceptions import LowEffectiveSampleSizeWarning, WeakClassifierWarning
from sktl.instance import (
    BBSE,
    KLIEP,
    KMM,
    MLLS,
    RLLS,
    RULSIF,
    ULSIF,
    DiscriminatorWeighter,
    GaussianWeighter,
    ImportanceWeighted,
    KDEWeighter,
    NearestNeighborWeighter,
)

DATA = Path(os.environ.get("SKTL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
WEIGHTERS = (
    DiscriminatorWeighter(),
    GaussianWeighter(),
    RULSIF(),
    ULSIF(),
    KMM(),
    KLIEP(),
    KDEWeighter(),
    NearestNeighborWeighter(),
    BBSE(),
    RLLS(),
    MLLS(),
)
BASELINE, TREES, CEILING = "logistic regression", "boosted trees", "target's own labels"
HEART_NAMES = {1: {0: "woman", 1: "man"}, 2: {1: "typical", 2: "atypical", 3: "other pain", 4: "none"}}
HEART_NAMES |= {5: {0: "no", 1: "yes"}, 6: {0: "normal", 1: "ST-T", 2: "hypertrophy"}, 8: {0: "no", 1: "yes"}}


# --- the data ---


def load_heart():
    """Frame of 10 columns, labels (disease or none) and site of each row; missing values kept."""
    data = load_npz("heart_disease_4sites", data_home=DATA)
    X = data.X[:, :10].astype(float)
    X[:, 3:5] = np.where(X[:, 3:5] == 0, np.nan, X[:, 3:5])  # a pressure or cholesterol of 0 was not taken
    frame = pd.DataFrame(X, columns=data.feature_names[:10])
    for number, names in HEART_NAMES.items():
        frame[data.feature_names[number]] = frame.iloc[:, number].map(names).astype(object)
    return frame, (data.y > 0).astype(int), data.domain_names[data.domain]


def load_adult():
    """Frame of 5 numbers and 7 categories (education is told by its years), and labels (more than 50,000 a year)."""
    data = load_npz("adult", data_home=DATA)
    frame = pd.DataFrame({k[4:]: v.astype(float) for k, v in data.items() if k.startswith("num_") and "fnl" not in k})
    for name in (key[4:] for key in data if key.startswith("cat_") and key != "cat_education"):
        values = data[f"levels_{name}"][data[f"cat_{name}"]].astype(object)
        frame[name] = np.where(values == "?", np.nan, values)
    return frame, data.y.astype(int)


def adult_tasks(n_rows, seed):
    """Source and target parts of adult, by name: at most ``n_rows`` of each, without the column that splits them."""
    X, y = load_adult()
    rng, tasks = np.random.default_rng(seed), {}
    for column, source in (("sex", "Male"), ("sex", "Female"), ("race", "White"), ("native_country", "United-States")):
        known, is_source = X[column].notna(), X[column] == source
        parts = [rng.permutation(np.flatnonzero(rows))[:n_rows] for rows in (is_source, known & ~is_source)]
        tasks[f"{source}>"] = tuple((X.drop(columns=column).iloc[rows], y[rows]) for rows in parts)
    return tasks


def heart_tasks():
    """Every site as the target of the other three ("rest>site"), then of each other one ("site>site")."""
    X, y, site = load_heart()
    parts = {name: (X[site == name], y[site == name]) for name in np.unique(site)}
    short = {name: name[:4] for name in parts}
    rest = {f"rest>{short[t]}": ((X[site != t], y[site != t]), parts[t]) for t in parts}
    return rest | {f"{short[s]}>{short[t]}": (parts[s], parts[t]) for s in parts for t in parts if s != t}


# --- the pipelines ---


def prepared(X):
    """Numbers imputed and scaled, categories imputed and one-hot."""
    numbers = [name for name in X if pd.api.types.is_numeric_dtype(X[name])]
    names = [name for name in X if name not in numbers]
    categories = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="unknown"),
        OneHotEncoder(min_frequency=10, handle_unknown="infrequent_if_exist", sparse_output=False),
    )
    return ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()),
                numbers,
            ),
            ("categories", categories, names),
        ]
    )


def models():
    """What is fitted on labelled source rows and unlabelled target rows, by name."""
    logistic = LogisticRegression(max_iter=1000)
    plain = {BASELINE: OnLabeled(logistic), TREES: OnLabeled(HistGradientBoostingClassifier(random_state=0))}
    return plain | {type(weighter).__name__: ImportanceWeighted(logistic, weighter) for weighter in WEIGHTERS}


def scores(y, probabilities):
    """Accuracy and balanced accuracy in points, and the log-loss in hundredths of a nat."""
    labels = probabilities.argmax(axis=1)
    percent = [100 * score(y, labels) for score in (accuracy_score, balanced_accuracy_score)]
    return np.array([*percent, 100 * log_loss(y, probabilities, labels=[0, 1])])


def run(source, target):
    """Scores on the target's rows, whose labels the fit does not see; (accuracy, balanced, log-loss, n_eff) by name."""
    for category in (LowEffectiveSampleSizeWarning, WeakClassifierWarning, ConvergenceWarning):
        warnings.simplefilter("ignore", category)  # the table shows the effective rows
    X, y, _ = stack_domains(source, target[0])
    found = {}
    for name, model in models().items():
        pipe = make_pipeline(prepared(X), model).fit(X, y)
        weighter = getattr(model, "weighter", None) and pipe[-1].weighter_
        n_eff = weighter.effective_sample_size_ / len(source[1]) if weighter else 1.0
        found[name] = np.append(scores(target[1], pipe.predict_proba(target[0])), n_eff)
    own = make_pipeline(prepared(X), LogisticRegression(max_iter=1000))
    held_out = cross_val_predict(own, *target, method="predict_proba", cv=5)
    found[CEILING] = np.append(scores(target[1], held_out), np.nan)
    return found


def run_all(tasks, n_jobs):
    """Results of each task, by its name."""
    return dict(zip(tasks, Parallel(n_jobs=n_jobs)(delayed(run)(*task) for task in tasks.values()), strict=True))


# --- the tables ---


def print_gains(title, columns):
    """Baseline's scores, then gains over it, means over the runs; and the effective share of the rows in %."""
    print(f"\n{title}\n{'':<26}" + "".join(f"{name:>22}" for name in columns))
    for method in next(iter(columns.values()))[0]:
        cells = []
        for runs in columns.values():
            own, base = (np.mean([found[name] for found in runs], axis=0) for name in (method, BASELINE))
            gain = (own - base) * [1, 1, -1, 0] if method != BASELINE else own
            sign = "" if method == BASELINE else "+"
            n_eff = "" if np.isnan(own[3]) else f"{100 * own[3]:.0f}"
            cells.append("".join(f"{value:{sign}6.1f}" for value in gain[:3]) + f"{n_eff:>4}")
        print(f"{method:<26}" + "".join(f"{cell:>22}" for cell in cells).rstrip(), flush=True)


def print_tally(title, groups):
    """Mean gain in accuracy over the pairs of each group, and on how many it gains and loses more than a point."""
    print(f"\n{title}\n{'':<26}" + "".join(f"{name:>24}" for name in groups))
    for method in next(iter(groups.values()))[0]:
        cells = []
        for runs in groups.values():
            gain = np.array([found[method] - found[BASELINE] for found in runs]) * [1, 1, -1, 0]
            wins, losses = np.sum(gain[:, 0] > 1), np.sum(gain[:, 0] < -1)
            cells.append("".join(f"{value:+6.1f}" for value in gain[:, :3].mean(axis=0)) + f" {wins:>2}/{losses:<2}")
        print(f"{method:<26}" + "".join(f"{cell:>24}" for cell in cells).rstrip(), flush=True)


def main():
    """Run both data sets and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2000, help="rows of adult a domain, at the most (default 2000)")
    parser.add_argument("--seeds", type=int, default=3, help="draws of these (default 3)")
    parser.add_argument("--n-jobs", type=int, default=None, help="tasks at a time")
    options = parser.parse_args()
    start = time.perf_counter()
    heart = run_all(heart_tasks(), options.n_jobs)
    rest = {name: [found] for name, found in heart.items() if name.startswith("rest")}
    print_gains("heart disease: the other three sites > a site", rest)
    pairs = [found for name, found in heart.items() if name not in rest]
    drawn = [run_all(adult_tasks(options.rows, seed), options.n_jobs) for seed in range(options.seeds)]
    print_gains(f"adult: {options.rows} rows a domain at most", {k: [runs[k] for runs in drawn] for k in drawn[0]})
    groups = {"heart, site > site": pairs, "heart, rest > site": [f[0] for f in rest.values()]}
    groups["adult"] = [found for runs in drawn for found in runs.values()]
    print_tally("mean gain over pairs, and pairs that gain / lose more than a point of accuracy", groups)
    print(f"\n{time.perf_counter() - start:.0f} s.")


if __name__ == "__main__":
    main()
