"""Do default constructors cost more than they bring? The feature family as it comes, beside doing nothing and PCA.

Fifteen pairs of domains of four kinds: digits (two origins, both ways), objects (Office-Caltech10, SURF), texts
(Amazon reviews, two tasks of newsgroups) and mixed tables. The tables had no part in the choice of defaults, but for
MIDA's ``mu``: values from 0.1 to 0.5 are equally good on the other kinds, and 0.5 is the mildest. Needs
``../shared/data`` beside the project, or ``SKTL_DATA``.

Head: logistic regression (scikit-learn's default) on the labelled rows. Columns are standardised over all rows
("pooled"), or within each domain ("each": ``DomainScaler``), tf-idf rows left as they are; no target label is seen. The
first line is accuracy in %, the others are differences from it: a figure below -5 in the column of means is a default
that hurts. "PCA" has as many components as the transfer components take; what these have beyond it is adaptation.

Run: ``python benchmarks/defaults.py`` (some twenty minutes of one core), ``--methods tca jda``, ``--tables d>m C>A``.

Measured (with two components, the default of old, TCA and SSTCA stood at -12 and -14; classifiers of the family are
their own head):

    pooled                   mean   digits  objects    texts   tables
    nothing                  64.1     46.4     54.8     75.9     79.3
    PCA                      -1.1     -3.4      0.2      0.8     -1.9
    TCA                       0.8      5.3     -0.9     -0.4     -0.7
    SSTCA                     1.0      5.3     -0.4     -0.5     -0.5
    JDA                       6.2     17.5      1.6      6.2     -0.4
    BDA                       6.0     17.3      0.7      6.2     -0.4
    TJM                       2.9      6.2     -1.3      7.5     -0.7
    MIDA                      0.4      3.8     -1.0      0.1     -1.5
    CORAL                     0.4     11.2      0.2     -3.1     -6.5
    LinearOT                  0.7      6.9     -0.0      2.5     -6.4
    SubspaceAlignment        -1.7      9.4     -5.1     -4.2     -7.2
    GFK                       0.5     -1.6     -2.0      6.2     -0.5
    OTMapping                 1.7     16.3      0.1     -0.4     -9.2
    ARTL                      7.0     27.8     -0.6      6.3     -5.2
    MEDA                      7.7     28.3      1.9      7.5     -7.1
    CMMS                      1.0      6.0      3.1      4.0     -9.1
    DASVM                     2.5      1.2     -0.1     11.0     -2.1
    JDOT                      1.7     14.0     -1.4      1.2     -7.0
    SPL                      -0.6      9.8      0.7      2.2    -15.1
    EasyTL                   -3.1     -7.7     -4.1      1.7     -2.1
    EasyTL, coral             2.1     11.4      2.7      2.7     -8.6

    each                     mean   digits  objects    texts   tables
    nothing                  64.5     56.0     53.4     76.0     72.7
    PCA                      -0.1     -2.3      0.3      1.9     -0.3
    TCA                      -0.3     -2.3      1.1      0.2     -0.3
    SSTCA                    -0.1     -1.1      1.5     -0.2     -0.5
    JDA                       4.1      7.4      2.9      6.2     -0.1
    BDA                       4.6      9.1      3.4      6.2     -0.1
    TJM                      -0.6     -8.2     -1.1      7.2     -0.3
    MIDA                     -0.2     -2.3      1.1      0.8     -0.3
    CORAL                    -1.1     -1.9      0.9     -3.4     -0.1
    LinearOT                  0.2     -2.2      0.7      2.3      0.2
    SubspaceAlignment        -2.1     -1.3     -4.0     -2.9     -0.2
    GFK                       1.4     -1.5     -0.4      6.0      1.3
    OTMapping                 0.8      3.6      2.4     -0.1     -2.4
    ARTL                      7.5     20.8      0.3      5.3      3.5
    MEDA                      7.1     16.0      3.2      7.4      1.9
    CMMS                      2.5      4.3      3.4      5.5     -3.3
    DASVM                     4.2      8.3     -1.2     10.4     -0.7
    JDOT                      0.8      3.2     -0.4      1.2     -0.7
    SPL                      -2.5     -4.7      2.4      2.6    -10.5
    EasyTL                   -2.2     -6.2     -3.7      2.2     -1.0
    EasyTL, coral             1.5      0.6      3.8      3.1     -1.5
"""

import argparse
import os
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from tabular import heart_tasks, prepared
from text_features import newsgroups

from sktl import OnLabeled
from sktl.datasets import load_digits_domains, load_npz
from sktl.exceptions import EarlyStopWarning, MatchedMeansWarning
from sktl.feature import (
    BDA,
    CORAL,
    GFK,
    JDA,
    MIDA,
    SSTCA,
    TCA,
    TJM,
    ARTLClassifier,
    CMMSClassifier,
    DASVMClassifier,
    DomainScaler,
    EasyTLClassifier,
    JDOTClassifier,
    LinearOT,
    MEDAClassifier,
    OTMapping,
    SPLClassifier,
    SubspaceAlignment,
)

ROWS = 600  # of a domain at the most
DATA = Path(os.environ.get("SKTL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
OBJECTS = ("C>A", "W>C", "D>W")
REVIEWS = ("B>D", "E>K")
TASKS = ("rec/talk", "sci/talk")
TABLES = {
    "attrition_research_sales": "Attrition",
    "churn_monthly_yearly": "churn",
    "credit_owner_renter": "Status",
    "recidivism": "cens",
}
HEARTS = ("clev>hung", "hung>clev")


class Table(NamedTuple):
    """Rows of the source, then of the target; y is NaN on target rows."""

    kind: str
    name: str
    X: object
    y: np.ndarray
    y_target: np.ndarray

    def scaled(self, each):
        """Columns of variance 1 over all rows, or within each domain; sparse rows as they are."""
        if not isinstance(self.X, np.ndarray):
            return self.X
        return (DomainScaler() if each else StandardScaler()).fit_transform(self.X, self.y)


def table(kind, name, source, target):
    """At most ``ROWS`` rows of each of two labelled samples (X, y), drawn at random."""
    rng = np.random.default_rng(0)
    (Xs, ys), (Xt, yt) = ((X[rows], y[rows]) for X, y in (source, target) for rows in [_some(X.shape[0], rng)])
    classes, codes = np.unique(np.concatenate([ys, yt]), return_inverse=True)
    X = np.concatenate([Xs, Xt]) if isinstance(Xs, np.ndarray) else _stacked(Xs, Xt)
    return Table(kind, name, X, np.where(np.arange(len(codes)) < len(ys), codes, np.nan), codes[len(ys) :])


def _some(n, rng):
    return np.sort(rng.choice(n, min(n, ROWS), replace=False))


def _stacked(Xs, Xt):
    from scipy.sparse import vstack

    return vstack([Xs, Xt], format="csr")


def digits():
    """Yield two sets of digits, both ways."""
    for source in ("digits", "mnist"):
        data = load_digits_domains(source=source)
        target = data.sample_domain == "target"
        parts = [(data.X[rows], data.y_true[rows]) for rows in (~target, target)]
        yield table("digits", "d>m" if source == "digits" else "m>d", *parts)


def objects():
    """Yield pairs of Office-Caltech10."""
    data = load_npz("office_caltech10_surf", DATA)
    X, letters = data.X / data.X.sum(axis=1, keepdims=True), [str(name)[0].upper() for name in data.domain_names]
    for pair in OBJECTS:
        rows = [data.domain == letters.index(letter) for letter in pair.split(">")]
        yield table("objects", pair, *((X[part], data.y[part]) for part in rows))


def texts():
    """Yield pairs of reviews (counts over their sum) and tasks of newsgroups (sparse tf-idf)."""
    data = load_npz("amazon_review_400", DATA)
    X, letters = TfidfTransformer(use_idf=False, norm="l1"), [str(name)[0].upper() for name in data.domain_names]
    X = X.fit_transform(data.X.astype(float)).toarray()
    for pair in REVIEWS:
        rows = [data.domain == letters.index(letter) for letter in pair.split(">")]
        yield table("texts", pair, *((X[part], data.y[part]) for part in rows))
    for task in TASKS:
        rows, y, source, target = newsgroups(task)
        yield table("texts", task, (rows[source], y[source]), (rows[target], y[target]))


def tables():
    """Yield mixed tables of two classes, numbers imputed and categories one-hot."""
    for name, label in TABLES.items():
        parts = [pd.read_parquet(DATA / "tables" / f"{name}.{part}.parquet") for part in ("source", "target")]
        whole = pd.concat(parts, ignore_index=True)
        columns = whole.drop(columns=label)
        texts = columns.columns[columns.dtypes.map(lambda kind: not pd.api.types.is_numeric_dtype(kind))]
        columns = columns.astype({name: object for name in texts})
        X = prepared(columns).fit_transform(columns.where(columns.notna(), np.nan))
        y, n = pd.factorize(whole[label])[0], len(parts[0])
        yield table("tables", name.split("_")[0], (X[:n], y[:n]), (X[n:], y[n:]))
    for name in HEARTS:
        (Xs, ys), (Xt, yt) = heart_tasks()[name]
        X = prepared(Xs).fit_transform(pd.concat([Xs, Xt]))
        yield table("tables", name, (X[: len(ys)], np.asarray(ys)), (X[len(ys) :], np.asarray(yt)))


def plain(X):
    """PCA of as many components as the transfer components take by default."""
    size = min(20, *X.shape)
    return PCA(size, random_state=0) if isinstance(X, np.ndarray) else TruncatedSVD(size, random_state=0)


METHODS = {
    "nothing": lambda X: None,
    "PCA": plain,
    "TCA": lambda X: TCA(),
    "SSTCA": lambda X: SSTCA(),
    "JDA": lambda X: JDA(),
    "BDA": lambda X: BDA(),
    "TJM": lambda X: TJM(),
    "MIDA": lambda X: MIDA(),
    "CORAL": lambda X: dense(CORAL()),
    "LinearOT": lambda X: dense(LinearOT()),
    "SubspaceAlignment": lambda X: dense(SubspaceAlignment()),
    "GFK": lambda X: GFK(),
    "OTMapping": lambda X: dense(OTMapping()),
    "ARTL": lambda X: ARTLClassifier(),
    "MEDA": lambda X: MEDAClassifier(),
    "SPL": lambda X: dense(SPLClassifier()),
    "CMMS": lambda X: dense(CMMSClassifier()),
    "DASVM": lambda X: DASVMClassifier(),
    "EasyTL": lambda X: EasyTLClassifier(),
    "EasyTL, coral": lambda X: EasyTLClassifier("coral"),
    "JDOT": lambda X: JDOTClassifier(),
}


def dense(step):
    """The step behind one that makes CSR rows dense."""
    return make_pipeline(FunctionTransformer(lambda X: X if isinstance(X, np.ndarray) else X.toarray()), step)


def accuracy(step, X, one):
    """Accuracy in % on the target rows behind a step (None: none), and the seconds that it took."""
    start, steps = time.perf_counter(), [] if step is None else [step]
    if not hasattr(step, "predict"):  # the classifiers of the family are their own head
        steps.append(OnLabeled(LogisticRegression(max_iter=1000)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", MatchedMeansWarning)  # the second table shows what it warns of
        warnings.simplefilter("ignore", EarlyStopWarning)
        model = make_pipeline(*steps).fit(X, one.y)
    return 100 * model.score(X[np.isnan(one.y)], one.y_target), time.perf_counter() - start


def main():
    """Print both tables: each way of scaling, a line a method."""
    parser = argparse.ArgumentParser(description="Default constructors against doing nothing.")
    parser.add_argument("--methods", nargs="+", default=[], metavar="WORD", help="methods whose names contain a word")
    parser.add_argument("--tables", nargs="+", default=[], metavar="NAME", help="these pairs alone")
    chosen = parser.parse_args()
    data = [t for part in (digits, objects, texts, tables) for t in part() if t.name in (chosen.tables or [t.name])]
    names = [n for n in METHODS if n == "nothing" or any(w.lower() in n.lower() for w in chosen.methods or [""])]
    kinds = list(dict.fromkeys(one.kind for one in data))
    for title in ("pooled", "each"):
        print(
            f"{title:<22}{'mean':>7}"
            + "".join(f"{k:>9}" for k in kinds)
            + "   "
            + "".join(f"{t.name[:9]:>10}" for t in data)
        )
        rows = [one.scaled(title == "each") for one in data]
        base = 0.0
        for name in names:
            found = np.array([accuracy(METHODS[name](X), X, one)[0] for X, one in zip(rows, data, strict=True)])
            gain = found - base
            by_kind = [gain[[one.kind == kind for one in data]].mean() for kind in kinds]
            line = f"{name:<22}{np.mean(by_kind):>7.1f}" + "".join(f"{g:>9.1f}" for g in by_kind)
            print(line + "   " + "".join(f"{g:>10.1f}" for g in gain), flush=True)
            base = found if name == "nothing" else base
        print()


if __name__ == "__main__":
    main()
