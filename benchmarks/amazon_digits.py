"""DOC"""

import os
from itertools import permutations
from pathlib import Path

import numpy as np
from _accuracy import Method, Pair, arguments, run
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC, LinearSVC

from sktl import OnLabeled, stack_domains
from sktl.datasets import load_digits_domains, load_npz
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

BASELINE = "logistic regression, unit-norm rows"
FEW = ("BD", "DE", "EK", "d>m", "m>d")  # for methods of minutes a pair


def logistic():
    """Logistic regression on the labelled rows."""
    return OnLabeled(LogisticRegression(max_iter=5000))


def before(step):
    """Logistic regression on unit-norm rows behind a step that sees columns standardised within each domain."""
    return [step, Normalizer(), logistic()]


def between(step):
    """Logistic regression behind a step that sees unit-norm rows and gives such."""
    return [Normalizer(), step, Normalizer(), logistic()]


# publ. and re-run: means of others, on Amazon
METHODS = {
    BASELINE: Method(lambda: [Normalizer(), logistic()], "", "78.1"),
    "one scaling of all rows": Method(lambda: [StandardScaler(), Normalizer(), logistic()], rows="raw"),
    "no scaling, unit-norm rows": Method(lambda: [Normalizer(), logistic()], rows="raw"),
    "DomainScaler": Method(lambda: [DomainScaler(), Normalizer(), logistic()], rows="raw"),
    "1-NN": Method(lambda: [OnLabeled(KNeighborsClassifier(1))]),
    "1-NN, unit-norm rows": Method(lambda: [Normalizer(), OnLabeled(KNeighborsClassifier(1))]),
    "SVM (rbf, C=1, gamma=1/d)": Method(lambda: [OnLabeled(SVC(gamma="auto"))], "", "76.69"),
    "linear SVM, unit-norm rows": Method(lambda: [Normalizer(), OnLabeled(LinearSVC(C=0.3))]),
    "PCA 20": Method(lambda: between(PCA(20))),
    "CORAL": Method(lambda: before(CORAL()), "", "77.6"),
    "CORAL kernel": Method(lambda: before(CORAL(form="kernel"))),
    "LinearOT": Method(lambda: before(LinearOT())),
    "SA 20": Method(lambda: before(SubspaceAlignment(20))),
    "SA 50": Method(lambda: before(SubspaceAlignment(50)), "", "77.4"),
    "GFK 20": Method(lambda: before(GFK(20)), "", "66.3 NN"),
    "MIDA 20": Method(lambda: between(MIDA(20))),
    "MIDA 20, y_weight=1": Method(lambda: between(MIDA(20, y_weight=1))),
    "TCA 20": Method(lambda: between(TCA(20)), "", "66.7 NN"),
    "SSTCA 20": Method(lambda: between(SSTCA(20))),
    "JDA 20": Method(lambda: between(JDA(20)), "", "65.7 NN"),
    "BDA 20": Method(lambda: between(BDA(20))),
    "TJM 20": Method(lambda: between(TJM(20))),
    "OTMapping, exact": Method(lambda: between(OTMapping(reg=0, class_reg=None)), pairs=FEW),
    "OTMapping": Method(lambda: between(OTMapping(max_samples=1000)), pairs=FEW),
    "EasyTL": Method(lambda: [EasyTLClassifier()], "77.8", "77.8"),
    "EasyTL, coral": Method(lambda: [EasyTLClassifier(align="coral")], "79.5", "79.5"),
    "JDOT": Method(lambda: [Normalizer(), JDOTClassifier(tol=1e-2)], pairs=FEW),
    "DASVM": Method(
        lambda: [Normalizer(), DASVMClassifier(LinearSVC(dual=False, C=0.3))], pairs=FEW
    ),
    "ARTL": Method(lambda: [Normalizer(), ARTLClassifier(gamma=0.5)]),
    "MEDA": Method(lambda: [MEDAClassifier()], "", "77.1"),
    "SPL": Method(lambda: [Normalizer(), SPLClassifier()]),
    "CMMS": Method(lambda: [Normalizer(), CMMSClassifier()]),
}


def standardised(X, domain):
    """Columns of mean 0 and variance 1 within each domain."""
    scaled = np.empty_like(X)
    for name in np.unique(domain):
        scaled[domain == name] = StandardScaler().fit_transform(X[domain == name])
    return scaled


def amazon():
    """Yield the 12 pairs of reviews, counts divided by their sum."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    data = load_npz("amazon_review_400", None if "SKTL_DATA" in os.environ else beside)
    raw = data.X / np.maximum(data.X.sum(axis=1, keepdims=True), 1)
    scaled = standardised(raw, data.domain)
    for pair in permutations(range(4), 2):
        source, target = (data.domain == domain for domain in pair)
        stacked, y, _ = stack_domains((scaled[source], data.y[source]), scaled[target])
        name = "".join(str(data.domain_names[domain])[0].upper() for domain in pair)
        yield Pair(name, np.concatenate([raw[source], raw[target]]), stacked, y, data.y[target])


def digits(n_rows=600):
    """Yield both directions of the digits, ``n_rows`` of each domain drawn at random."""
    for source in ("digits", "mnist"):
        data = load_digits_domains(source=source)
        target = data.sample_domain == "target"
        rng = np.random.default_rng(0)
        rows = np.concatenate([rng.choice(np.flatnonzero(mask), n_rows, replace=False) for mask in (~target, target)])
        scaled = standardised(data.X[rows], target[rows])
        name = "d>m" if source == "digits" else "m>d"
        yield Pair(name, data.X[rows], scaled, data.y[rows], data.y_true[rows][n_rows:])


if __name__ == "__main__":
    chosen = arguments("Amazon reviews, 12 pairs, and two sets of digits, both directions.", METHODS)
    run("Digits", METHODS, list(digits()), BASELINE, chosen.names, chosen.results)
    print()
    run("Amazon", METHODS, list(amazon()), BASELINE, chosen.names, chosen.results)
