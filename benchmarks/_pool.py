"""Real problems without target labels, and the pipelines that compete on them: for the studies of what to choose."""

from dataclasses import dataclass, field
from itertools import permutations

import numpy as np
from office_caltech import PAIRS
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler
from sklearn.svm import LinearSVC
from tabular import heart_tasks, prepared
from text_features import DATA

from sktl import OnLabeled, stack_domains
from sktl.datasets import load_digits_domains, load_npz
from sktl.feature import (
    BDA,
    CORAL,
    GFK,
    JDA,
    MSDA,
    TCA,
    TJM,
    ARTLClassifier,
    CMMSClassifier,
    DomainScaler,
    EasyTLClassifier,
    LinearOT,
    MEDAClassifier,
    OTMapping,
    SPLClassifier,
    SubspaceAlignment,
)
from sktl.instance import KMM, DiscriminatorWeighter, ImportanceWeighted
from sktl.model_selection import GradualSelfTraining

BASELINE = "source only"


@dataclass
class Problem:
    """A labelled source and a target whose labels score alone.

    Attributes
    ----------
    group, name : str
        The data set, and which part of it is source and target.
    X, y : ndarray
        Rows of both to learn from; y is NaN on target rows.
    drawn : ndarray of int
        Which rows of ``X_target`` the last rows of ``X`` are.
    X_target, y_target : ndarray
        All rows of the target, and their labels.
    by_domain : bool
        Whether the plain baseline standardises each domain by itself, as the literature does with these features.
    C : float
        Of the linear models.
    sizes : tuple of int
        Numbers of components.
    """

    group: str
    name: str
    X: np.ndarray
    y: np.ndarray
    drawn: np.ndarray
    X_target: np.ndarray
    y_target: np.ndarray
    by_domain: bool
    C: float
    sizes: tuple = field(default=(10, 20, 50))

    def scaler(self):
        """The first step of the baseline."""
        return DomainScaler() if self.by_domain else OnSource()

    def logistic(self, share=1.0):
        """Logistic regression, with ``share`` of the problem's C."""
        return LogisticRegression(C=share * self.C, max_iter=500, tol=1e-3)


class OnSource(StandardScaler):
    """Columns standardised by the labelled rows' moments, for all rows."""

    def fit(self, X, y=None, sample_weight=None):
        """Mean and deviation of the rows whose label is known."""
        return super().fit(X if y is None else X[~np.isnan(y)])


# --- the problems ---


def problems(groups, n_rows):
    """Yield the problems of some data sets, with ``n_rows`` rows of a domain at the most."""
    for group in groups:
        yield from GROUPS[group](n_rows)


def table(X, y, source, target, n_rows):
    """Rows and labels to learn from, at most ``n_rows`` of each domain, drawn at random; which target rows they are."""
    rng = np.random.default_rng(0)
    source = rng.permutation(np.flatnonzero(source))[:n_rows]
    drawn = rng.permutation(np.count_nonzero(target))[:n_rows]
    return *stack_domains((X[source], y[source]), X[target][drawn])[:2], drawn


def office(n_rows):
    """Ten kinds of objects as four cameras see them; word counts over their sum."""
    data = load_npz("office_caltech10_surf", DATA)
    X = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0].upper() for name in data.domain_names]
    for pair in PAIRS:
        source, target = (data.domain == letters.index(letter) for letter in pair.split(">"))
        rest = X[target], data.y[target], True, 10.0, (10, 20, 80)
        yield Problem("office", pair, *table(X, data.y, source, target, n_rows), *rest)


def amazon(n_rows):
    """Reviews of four kinds of products, good or bad; 400 word counts."""
    data = load_npz("amazon_review_400", DATA)
    X = data.X.astype(float)
    for s, t in permutations(range(4), 2):
        pair = ">".join(str(data.domain_names[k])[0].upper() for k in (s, t))
        source, target = data.domain == s, data.domain == t
        rest = X[target], data.y[target], True, 1.0, (10, 20, 80)
        yield Problem("amazon", pair, *table(X, data.y, source, target, n_rows), *rest)


def heart(n_rows):
    """Disease or none at four hospitals, each the target of the other three."""
    for name, ((X_source, y_source), (X_target, y_target)) in heart_tasks().items():
        if name.startswith("rest>"):
            columns = prepared(X_source).fit(X_source)
            X, y, _ = stack_domains((columns.transform(X_source), y_source), columns.transform(X_target))
            drawn = np.arange(len(y_target))
            yield Problem("heart", name, X, y, drawn, columns.transform(X_target), y_target, False, 1.0, (2, 5, 10))


def digits(n_rows):
    """Ten digits of two origins, 64 pixels."""
    for source in ("digits", "mnist"):
        data = load_digits_domains(source=source)
        target = np.isnan(data.y)
        rest = data.X[target], data.y_true[target], False, 10.0, (10, 20, 40)
        yield Problem("digits", f"{source}>", *table(data.X, data.y_true, ~target, target, n_rows), *rest)


GROUPS = {"office": office, "amazon": amazon, "heart": heart, "digits": digits}


# --- the pipelines ---


def dense(X):
    """Sparse rows as an array."""
    return X.toarray()


def tfidf():
    """Steps from counts to dense tf-idf rows."""
    return [TfidfTransformer(sublinear_tf=True), FunctionTransformer(dense, accept_sparse=True)]


def pipelines(problem):
    """The pool, by name: pipelines that ``fit(X, y)`` takes with missing labels."""
    small, middle, large = problem.sizes
    plain = [problem.scaler(), Normalizer()]
    unit, linear, one, five = Normalizer(), OnLabeled(problem.logistic()), *map(neighbours, (1, 5))
    svm = CalibratedClassifierCV(LinearSVC(C=problem.C / 10), cv=3, ensemble=False)
    pool = {
        BASELINE: [*plain, linear],
        "C / 10": [*plain, OnLabeled(problem.logistic(0.1))],
        "linear SVM": [*plain, OnLabeled(svm)],
        "forest": [*plain, OnLabeled(RandomForestClassifier(100, random_state=0))],
        "1-NN": [*plain, one],
        "5-NN": [*plain, five],
        "scaled together": [StandardScaler(), unit, linear],
        "scaled by source" if problem.by_domain else "scaled by domain": [
            OnSource() if problem.by_domain else DomainScaler(),
            unit,
            linear,
        ],
        "self-training": [*plain, GradualSelfTraining(problem.logistic(), drop=0.1)],
        "KMM": [*plain, ImportanceWeighted(problem.logistic(), KMM())],
        "discriminator": [*plain, ImportanceWeighted(problem.logistic(), DiscriminatorWeighter())],
        "PCA m": [*plain, PCA(middle), unit, linear],
        "TCA s": [*plain, TCA(small), unit, linear],
        "TCA m": [*plain, TCA(middle), unit, linear],
        "TCA l": [*plain, TCA(large), unit, linear],
        "TCA m + 1-NN": [*plain, TCA(middle), unit, one],
        "JDA m": [*plain, JDA(middle), unit, linear],
        "JDA m + 1-NN": [*plain, JDA(middle), unit, one],
        "BDA m": [*plain, BDA(middle), unit, linear],
        "TJM m": [*plain, TJM(middle), unit, linear],
        "GFK m": [*plain, GFK(middle), linear],
        "SA m": [*plain, SubspaceAlignment(middle), unit, linear],
        "SA l": [*plain, SubspaceAlignment(large), unit, linear],
        "CORAL": [DomainScaler(), CORAL(), unit, linear],
        "CORAL, kernel form": [DomainScaler(), CORAL(form="kernel"), unit, linear],
        "LinearOT": [DomainScaler(), LinearOT(), unit, linear],
        "OTMapping": [*plain, OTMapping(), linear],
        "EasyTL": [DomainScaler(), EasyTLClassifier()],
        "EasyTL + CORAL": [DomainScaler(), EasyTLClassifier(align="coral")],
        "ARTL": [*plain, ARTLClassifier()],
        "MEDA": [*plain, MEDAClassifier(n_components=middle)],
        "SPL": [*plain, SPLClassifier()],
        "CMMS": [*plain, CMMSClassifier()],
    }
    if problem.group == "amazon":
        pool["tf-idf"] = [*tfidf(), linear]
        pool["tf-idf, MSDA"] = [*tfidf(), MSDA(n_frequent=300), linear]
    if problem.group == "heart":
        pool["boosted trees"] = [OnLabeled(HistGradientBoostingClassifier(random_state=0))]
    return {name: clone(make_pipeline(*steps)) for name, steps in pool.items()}


def neighbours(k):
    """Nearest neighbours on the labelled rows."""
    return OnLabeled(KNeighborsClassifier(k))
