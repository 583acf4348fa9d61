"""Does weighting help on natural shifts of tables with columns of all kinds: adult, and heart disease at four sites.

TABLE
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
    parser.add_argument("--rows", type=int, default=3000, help="rows of adult a domain, at the most (default 3000)")
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
