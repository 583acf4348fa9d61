"""Real pairs of domains for the study of expected scores, and what a fitted model says of each.

``collect`` asks :class:`TargetScoreEstimator` about each pair once and keeps its evidence (answers of held-out source
rows and of target rows, density ratios, labels) in a file, from which any formula can be judged without another fit.
"""

import pickle
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
from _few_labels import BIKE_COLUMNS, bike_regressions, small_regressions, table_classifications, table_regressions
from _pool import amazon, digits, office
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize
from tabular import DATA, heart_tasks, load_adult, prepared

from sktl import stack_domains
from sktl.datasets import load_npz
from sktl.instance import DiscriminatorWeighter
from sktl.model_selection import TargetScoreEstimator

N_ROWS = 1000
LEAST, LEAST_OF_CLASS = 300, 60  # rows of a domain, and of each class in it
N_WORDS = 400
FIRST, CHOOSING = ("amazon", "heart", "adult"), ("amazon", "heart", "adult", "tables")
SEEN, JUDGING = ("office", "digits"), ("bike", "mushroom", "newsgroups")
NUMBERS = ("number tables", "concrete", "boston", "auto_mpg", "bike counts")
WIDE = ("office", "digits", "newsgroups")  # forests there: boosted trees take minutes of a few hundred columns
FITTED = {}  # weighters by their rows


class Remembered(DiscriminatorWeighter):
    """A weighter that is fitted once for the same rows, whatever is asked of them."""

    def fit(self, X, y=None, sample_domain=None):
        """Fit, or take what was found."""
        key = hash(np.ascontiguousarray(X).tobytes())
        if key not in FITTED:
            FITTED[key] = dict(vars(super().fit(X, y, sample_domain)))
        vars(self).update(FITTED[key])
        return self


# --- the pairs ---


def drawn(X, y, rng):
    """At most ``N_ROWS`` rows."""
    rows = rng.permutation(len(y))[:N_ROWS]
    return X[rows], y[rows]


def encoded(source, target):
    """Frames of both domains as numbers."""
    encoder = prepared(pd.concat([source[0], target[0]])).fit(source[0])
    return [(np.asarray(encoder.transform(X), dtype=float), y) for X, y in (source, target)]


def by_column(X, y, column, rng, every=1):
    """Each level of a frame's column and each other one, where both have enough rows and enough of each class."""
    values, rest = X[column].to_numpy(), X.drop(columns=column)
    rows = {v: np.flatnonzero(values == v) for v in sorted(pd.unique(pd.Series(values).dropna()))}
    n_classes = y.max() + 1
    levels = [
        v
        for v, own in rows.items()
        if len(own) >= LEAST and np.bincount(y[own], minlength=n_classes).min() >= LEAST_OF_CLASS
    ]
    rows = {v: rng.permutation(rows[v])[:N_ROWS] for v in levels}
    for source, target in list(permutations(levels, 2))[::every]:
        parts = ((rest.iloc[rows[v]], y[rows[v]]) for v in (source, target))
        yield f"{column} {source}>{target}", *encoded(*parts)


def heart_pairs():
    """Disease or none, by hospital."""
    for name, parts in heart_tasks().items():
        if len(np.unique(parts[0][1])) > 1:
            yield name, *encoded(*parts)


def there_and_back(tasks):
    """Each task, and its target as the source."""
    rng = np.random.default_rng(0)
    for task in tasks:
        source, target = drawn(task.X_source, task.y_source, rng), drawn(task.X_target, task.y_target, rng)
        yield task.name, source, target
        yield f"{task.name} back", target, source


def adult_pairs():
    """Incomes of one group of people and of another; of the many pairs of years of education every other one."""
    X, y = load_adult()
    for column, every in {"marital_status": 1, "sex": 1, "race": 1, "education_num": 2}.items():
        yield from by_column(X, y, column, np.random.default_rng(0), every)


def bike_pairs():
    """Hours of more rented bikes than in the median hour, by season, year and weather."""
    data = load_npz("bike_sharing_hour", DATA)
    X = pd.DataFrame({name: data[name].astype(float) for name in BIKE_COLUMNS})
    y = (data.cnt > np.median(data.cnt)).astype(int)
    for column in ("season", "yr", "weathersit"):
        yield from by_column(X, y, column, np.random.default_rng(0))


def mushroom_pairs():
    """Poisonous or not, by the shape of the stalk, and by how many grow together and where; three weak columns kept.

    All 22 columns tell the classes without error, so that no score would be to be found.
    """
    data = load_npz("mushroom", DATA)
    X = pd.DataFrame(data.X, columns=[str(name) for name in data.feature_names]).astype(str)
    domain = pd.Series(np.asarray(data.domain)).map(lambda k: str(data.domain_names[k]))
    rng = np.random.default_rng(0)
    weak = [c for c in X if c.replace("_", "-") in WEAK]
    for column in [c for c in X if c.replace("_", "-") in ("habitat", "population")]:
        yield from by_column(X[[*weak, column]], data.y.astype(int), column, rng)
    yield from by_column(X[weak].assign(stalk=domain), data.y.astype(int), "stalk", rng)


WEAK = ("cap-shape", "cap-surface", "cap-color", "gill-spacing", "stalk-surface-below-ring")


def newsgroup_pairs():
    """Two kinds of newsgroups told apart: one sub-group of each the source, one of each the target."""
    data = load_npz("newsgroups16_counts", DATA)
    X = sparse.csr_matrix((data.X_data, data.X_indices, data.X_indptr), shape=tuple(data.X_shape))
    names = [str(name) for name in data.top_names]
    rng = np.random.default_rng(0)
    for first, second in ((1, 3), (1, 2), (2, 3)):
        for k in range(4):
            parts = []
            for j in (k, (k + 1) % 4):
                rows = np.flatnonzero(np.isin(data.group, (4 * first + j, 4 * second + j)))
                rows = rng.permutation(rows)[:N_ROWS]
                parts.append((rows, (data.group[rows] // 4 == second).astype(int)))
            words = np.argsort(-np.diff(X[np.concatenate([rows for rows, _ in parts])].tocsc().indptr), kind="stable")
            columns = np.sort(words[:N_WORDS])
            name = f"{names[first]}/{names[second]} {k}>{(k + 1) % 4}"
            yield name, *((normalize(X[rows][:, columns], norm="l1").toarray(), y) for rows, y in parts)


def problem_pairs(generator):
    """The pairs of one of the problems' generators."""
    rng = np.random.default_rng(0)
    for problem in generator(N_ROWS):
        source = ~np.isnan(problem.y)
        target = drawn(problem.X_target, np.asarray(problem.y_target), rng)
        yield problem.name, (problem.X[source], problem.y[source].astype(int)), target


def task_pairs(tasks, group):
    """The tasks of one group, as they are."""
    rng = np.random.default_rng(0)
    for task in tasks:
        if task.group == group:
            yield task.name, drawn(task.X_source, task.y_source, rng), drawn(task.X_target, task.y_target, rng)


PAIRS = {
    "heart": heart_pairs,
    "tables": lambda: there_and_back(table_classifications()),
    "bike": bike_pairs,
    "mushroom": mushroom_pairs,
    "adult": adult_pairs,
    "number tables": lambda: there_and_back(table_regressions()),
    "concrete": lambda: task_pairs(small_regressions(), "concrete"),
    "boston": lambda: task_pairs(small_regressions(), "boston"),
    "auto_mpg": lambda: task_pairs(small_regressions(), "auto_mpg"),
    "bike counts": lambda: task_pairs(bike_regressions(), "bike"),
    "digits": lambda: problem_pairs(digits),
    "amazon": lambda: problem_pairs(amazon),
    "newsgroups": newsgroup_pairs,
    "office": lambda: problem_pairs(office),
}


def models(group):
    """A linear model and trees."""
    if group in NUMBERS:
        return {
            "ridge": make_pipeline(StandardScaler(), Ridge()),
            "trees": HistGradientBoostingRegressor(max_iter=40, random_state=0),
        }
    wide = RandomForestClassifier(60, random_state=0)
    trees = wide if group in WIDE else HistGradientBoostingClassifier(max_iter=40, random_state=0)
    return {"logistic": make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300)), "trees": trees}


# --- what a model says of a pair ---


def look_at(group, name, source, target, kind, model):
    """The evidence of a model about a pair, the labels of the target, and what the class itself answers."""
    (X_s, y_s), (X_t, y_t) = ((np.asarray(X, dtype=float), np.asarray(y, dtype=float)) for X, y in (source, target))
    X, y, domain = stack_domains((X_s, y_s), X_t)
    fitted = TargetScoreEstimator(model, weighter=Remembered()).fit(X, y, domain)
    row = {"group": group, "name": name, "model": kind, "overlap": fitted.overlap_, "reason": fitted.estimate_.reason}
    row |= {
        "worth": fitted.weighter_.effective_sample_size_,
        "n_source": len(y_s),
        "evidence": fitted._question.evidence,
    }
    row |= {"new_ratio": fitted.weighter_.predict_weights(X_t), "answer": fitted.estimate_}
    if group in NUMBERS:
        return row | {"y": y_t}
    known = np.isin(y_t, fitted.classes_)  # a class that the source lacks is always missed
    return row | {"y": np.where(known, np.searchsorted(fitted.classes_, y_t), -1)}


def stored(store):
    """The rows of the table so far; half a row, which a stopped run leaves, is cut off."""
    rows, path, end = [], Path(store), 0
    path.touch()
    with path.open("r+b") as file:
        while True:
            try:
                rows.append(pickle.load(file))
            except (EOFError, pickle.UnpicklingError):
                break
            end = file.tell()
        file.truncate(end)
    return rows


def collect(store, groups):
    """Look at all pairs that the store lacks; each is written at once."""
    done = {(row["group"], row["name"], row["model"]) for row in stored(store)}
    for group in groups:
        for name, source, target in PAIRS[group]():
            FITTED.clear()
            for kind, model in models(group).items():
                if (group, name, kind) not in done:
                    row = look_at(group, name, source, target, kind, model)
                    with Path(store).open("ab") as file:
                        pickle.dump(row, file)
        print(group, len(stored(store)), flush=True)
