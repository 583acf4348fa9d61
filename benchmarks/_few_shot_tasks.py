"""The tasks of ``few_shot.py``: at most 1,000 source and 400 target rows of each, drawn before they are encoded."""

import numpy as np
import pandas as pd
from _few_labels import (
    CLASS_TABLES,
    TABLES,
    Task,
    bike_regressions,
    encoder,
    load_table,
)
from scipy import sparse
from sklearn.preprocessing import StandardScaler, normalize
from tabular import load_adult, load_heart, prepared

from sktl.datasets import load_digits_domains, load_npz

SOURCE_ROWS, TARGET_ROWS = 1000, 400
NEWSGROUPS = ((4, 5, 14, 15), (6, 7, 12, 13))
ADULT = {  # which rows are the target's
    "native_country": lambda column: column != "United-States",
    "education_num": lambda column: column <= 9,
    "marital_status": lambda column: column == "Never-married",
}


def drawn(target, seed=0):
    """Positions of at most so many rows of the source and of the target, drawn with a fixed seed."""
    rng = np.random.default_rng(seed)
    return [
        rng.permutation(np.flatnonzero(rows))[:most] for rows, most in ((~target, SOURCE_ROWS), (target, TARGET_ROWS))
    ]


def parts(group, name, X, y, target, scaled=True):
    """A task of an array's rows, all columns on the source's scale."""
    source, target = drawn(target)
    X_source, X_target = X[source], X[target]
    if scaled:
        scaler = StandardScaler().fit(X_source)
        X_source, X_target = scaler.transform(X_source), scaler.transform(X_target)
    return Task(group, name, X_source, y[source], X_target, y[target])


def encoded(group, name, X, y, target, columns):
    """A task of a frame's rows: drawn, encoded together by ``columns``, on the source's scale."""
    rows = np.concatenate(drawn(target))
    X = X.iloc[rows].reset_index(drop=True)
    return parts(group, name, columns(X).fit_transform(X), y[rows], target[rows])


def heart():
    """Each of four sites from the other three."""
    X, y, site = load_heart()
    return [encoded("heart", name, X, y, site == name, prepared) for name in np.unique(site)]


def adult():
    """Other countries from the United States; few years of education from many; the never married from the others."""
    X, y = load_adult()
    tasks = []
    for column, is_target in ADULT.items():
        known = X[column].notna().to_numpy()
        target = is_target(X[column][known]).to_numpy()
        tasks.append(encoded("adult", column, X[known].drop(columns=column), y[known], target, prepared))
    return tasks


def digits():
    """Each of two origins of handwritten digits from the other; ink as it is, since some pixels vary in one alone."""
    found = {name: load_digits_domains(source=name) for name in ("mnist", "digits")}
    return [parts("digits", name, d.X, d.y_true.astype(int), np.isnan(d.y), scaled=False) for name, d in found.items()]


def amazon():
    """Four kinds of goods, each from the other three."""
    data = load_npz("amazon_review_400", data_home=None)
    X = data.X / data.X.sum(axis=1, keepdims=True)
    X = normalize((X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-12))
    return [parts("amazon", str(k), X, data.y, data.domain == k, scaled=False) for k in np.unique(data.domain)]


def newsgroups():
    """Rec against talk, sub-groups apart: tf-idf of the words of five documents and more (sparse)."""
    X, group = _words()
    source, target = (np.isin(group, half) for half in NEWSGROUPS)
    return [_documents("newsgroups", "rec/talk", X, (group // 4 == 1).astype(int), source, target)]


def four_groups():
    """Comp, rec, sci and talk, two sub-groups of each the source and two the target."""
    X, group = _words()
    return [_documents("four groups", "by sub-groups", X, group // 4, group % 4 < 2, group % 4 >= 2)]


def _words():
    """Tf-idf of the newsgroups' words, and each document's sub-group."""
    data = load_npz("newsgroups16_counts", data_home=None)
    X = sparse.csr_matrix((data.X_data, data.X_indices, data.X_indptr), shape=tuple(data.X_shape))
    return sparse.csr_matrix(X.multiply(data.idf[None, :])), data.group


def _documents(group, name, X, y, source, target):
    """A task of documents, on the words of five of them and more."""
    both = source | target
    rows = np.concatenate(drawn(target[both]))
    X, y, target = (part[both][rows] for part in (X, y, target))
    words = np.flatnonzero(np.diff(X.tocsc().indptr) >= 5)
    return parts(group, name, normalize(X[:, words]), y, target, scaled=False)


def table(name, label):
    """One of the mixed tables."""
    X_source, y_source, X_target, y_target = load_table(name, label)
    both = pd.concat([X_source, X_target], ignore_index=True)
    both[both.select_dtypes(exclude="number").columns] = both.select_dtypes(exclude="number").astype(object)
    y = np.concatenate([y_source, y_target])
    if name in CLASS_TABLES:
        y = np.unique(y.astype(str), return_inverse=True)[1]
    return encoded("tables", name, both, y.astype(float), np.arange(len(y)) >= len(y_source), encoder)


def class_tables():
    """The mixed tables whose label is one of two classes."""
    return [table(*pair) for pair in CLASS_TABLES.items()]


def number_tables():
    """The mixed tables whose label is a number."""
    return [table(*pair) for pair in TABLES.items()]


def counts():
    """Bikes an hour, year 1 from year 0 and each season from the others; medical visits of one of six sites."""
    bikes = bike_regressions()
    names = ["bike year 1", *(task.name for task in bikes[1:])]
    bikes = [
        Task("counts", name, t.X_source, np.round(t.y_source**2), t.X_target, np.round(t.y_target**2))
        for name, t in zip(names, bikes, strict=True)
    ]
    return [_scaled(task) for task in bikes] + [table("visits_sites", "mdvis")]


def _scaled(task):
    """The task cut to size, its columns on the source's scale."""
    X, y = np.vstack([task.X_source, task.X_target]), np.concatenate([task.y_source, task.y_target])
    return parts(task.group, task.name, X, y, np.arange(len(y)) >= len(task.y_source))


#: Tasks of classes, and of numbers.
CLASSES = {
    "heart": heart,
    "adult": adult,
    "digits": digits,
    "amazon": amazon,
    "newsgroups": newsgroups,
    "four groups": four_groups,
    "class tables": class_tables,
}
NUMBERS = {"number tables": number_tables, "counts": counts}
#: Whose source model is linear; boosted trees elsewhere.
WIDE = ("digits", "amazon", "newsgroups", "four groups")
