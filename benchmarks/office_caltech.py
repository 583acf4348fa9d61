"""DOC"""

import os
from pathlib import Path

import numpy as np
from _accuracy import Method, Pair, arguments, run
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import linear_kernel
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC, LinearSVC

from sktl import OnLabeled, stack_domains
from sktl.datasets import load_npz
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
    DomainScaler,
    EasyTLClassifier,
    JDOTClassifier,
    LinearOT,
    MEDAClassifier,
    OTMapping,
    SPLClassifier,
    SubspaceAlignment,
)
from sktl.instance import KMM, ImportanceWeighted

PAIRS = ("C>A", "C>W", "C>D", "A>C", "A>W", "A>D", "W>C", "W>A", "W>D", "D>C", "D>A", "D>W")
BASELINE = "logistic regression, unit-norm rows"


def neighbour():
    """1-nearest-neighbour on the labelled rows."""
    return OnLabeled(KNeighborsClassifier(1))


def logistic():
    """Logistic regression on the labelled rows."""
    return OnLabeled(LogisticRegression(C=10, max_iter=5000))


def machine():
    """Linear support vector machine (one against one) on the labelled rows."""
    return OnLabeled(SVC(kernel="linear", C=1))


def between(step):
    """1-nearest-neighbour behind a step that sees unit-norm rows and gives such."""
    return [Normalizer(), step, Normalizer(), neighbour()]


# a star: a setting was chosen by target accuracy on these pairs; publ. and re-run: means of others
METHODS = {
    "1-NN": Method(lambda: [neighbour()], "31.4", "31.37"),
    "SVM (rbf, C=10, gamma=1/800)": Method(lambda: [OnLabeled(SVC(C=10, gamma=1 / 800))], "41.1", "41.1"),
    BASELINE: Method(lambda: [Normalizer(), logistic()], "", "47.0"),
    "linear SVM, unit-norm rows": Method(lambda: [Normalizer(), OnLabeled(LinearSVC())], "", "47.0"),
    "DomainScaler + LR": Method(lambda: [DomainScaler(), Normalizer(), logistic()], rows="raw"),
    "DomainScaler, robust + LR": Method(
        lambda: [DomainScaler(method="robust"), Normalizer(), logistic()], rows="raw"
    ),
    "one scaling of all rows + LR": Method(lambda: [StandardScaler(), Normalizer(), logistic()], rows="raw"),
    "PCA 20 + 1-NN": Method(lambda: [PCA(20), neighbour()], "43.6", "44.0"),
    "PCA 20, unit-norm rows + 1-NN": Method(lambda: between(PCA(20))),
    "CORAL + 1-NN": Method(lambda: [CORAL(), neighbour()], "", "35.7"),
    "CORAL + SVM": Method(lambda: [CORAL(), machine()], "", "46.6"),
    "CORAL kernel + SVM": Method(lambda: [CORAL(form="kernel"), machine()], "48.8", "49.0"),
    "CORAL kernel + LR": Method(lambda: [CORAL(form="kernel"), Normalizer(), logistic()]),
    "LinearOT + LR": Method(lambda: [LinearOT(), Normalizer(), logistic()]),
    "SA 20 + 1-NN": Method(lambda: [SubspaceAlignment(20), neighbour()], "", "43.8"),
    "SA 80 + 1-NN": Method(lambda: [SubspaceAlignment(80), neighbour()], "", "45.1"),
    "GFK 20 + 1-NN": Method(lambda: [GFK(20), neighbour()], "43.0", "44.7"),
    "GFK auto + 1-NN": Method(lambda: [GFK(), neighbour()]),
    "MIDA 20 + 1-NN": Method(lambda: between(MIDA(20))),
    "MIDA 20 + LR": Method(lambda: [Normalizer(), MIDA(20), Normalizer(), logistic()]),
    "MIDA 20, y_weight=1 + LR": Method(lambda: [Normalizer(), MIDA(20, y_weight=1), Normalizer(), logistic()]),
    "TCA 20 + 1-NN": Method(lambda: between(TCA(20)), "43.6, 46.2", "46.2"),
    "TCA 100 + 1-NN": Method(lambda: between(TCA(100)), "", "43.6"),
    "TCA 20, paper's penalty + 1-NN": Method(lambda: between(TCA(20, kernel=linear_kernel))),
    "TCA 100, paper's penalty + 1-NN": Method(lambda: between(TCA(100, kernel=linear_kernel)), "", "45.45"),
    "TCA 20, rbf + 1-NN": Method(lambda: between(TCA(20, kernel="rbf"))),
    "TCA 20 + LR": Method(lambda: [Normalizer(), TCA(20), Normalizer(), logistic()]),
    "TCA 100 + LR": Method(lambda: [Normalizer(), TCA(100), Normalizer(), logistic()]),
    "SSTCA 20 + 1-NN *": Method(lambda: between(SSTCA(20))),
    "JDA 20 + 1-NN": Method(lambda: between(JDA(20)), "46.3, 46.8", "46.8"),
    "JDA 100, paper's penalty + 1-NN": Method(lambda: between(JDA(100, kernel=linear_kernel)), "46.3", "46.36"),
    "BDA 20 + 1-NN": Method(lambda: between(BDA(20))),
    "TJM 20 + 1-NN": Method(lambda: between(TJM(20))),
    "OTMapping, exact + 1-NN": Method(lambda: between(OTMapping(reg=0, class_reg=None))),
    "OTMapping + 1-NN *": Method(lambda: between(OTMapping())),
    "OTMapping + LR *": Method(lambda: [Normalizer(), OTMapping(), Normalizer(), logistic()]),
    "KMM + LR": Method(
        lambda: [Normalizer(), ImportanceWeighted(LogisticRegression(C=10, max_iter=5000), KMM())]
    ),
    "EasyTL": Method(lambda: [EasyTLClassifier()], "45.4", "45.4"),
    "EasyTL, coral": Method(lambda: [EasyTLClassifier(align="coral")], "50.5", "50.5"),
    "JDOT": Method(lambda: [Normalizer(), JDOTClassifier(tol=1e-2)]),
    "ARTL": Method(lambda: [Normalizer(), ARTLClassifier(gamma=0.5)], "44.3"),
    "MEDA": Method(lambda: [MEDAClassifier()], "52.7", "52.7"),
    "SPL": Method(lambda: [Normalizer(), SPLClassifier()]),
    "CMMS *": Method(lambda: [Normalizer(), CMMSClassifier()], "", "53.8"),
}


def load_pairs():
    """Yield the 12 pairs: rows divided by their sum, and these standardised within each domain."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    data = load_npz("office_caltech10_surf", None if "SKTL_DATA" in os.environ else beside)
    raw = data.X / data.X.sum(axis=1, keepdims=True)
    scaled = np.empty_like(raw)
    letters = [str(name)[0].upper() for name in data.domain_names]
    for domain in range(4):
        rows = data.domain == domain
        scaled[rows] = StandardScaler().fit_transform(raw[rows])
    for pair in PAIRS:
        source, target = (data.domain == letters.index(letter) for letter in pair.split(">"))
        stacked, y, _ = stack_domains((scaled[source], data.y[source]), scaled[target])
        yield Pair(pair, np.concatenate([raw[source], raw[target]]), stacked, y, data.y[target])


if __name__ == "__main__":
    chosen = arguments("Office-Caltech10, SURF features: the 12 pairs.", METHODS)
    run("Office-Caltech10", METHODS, list(load_pairs()), BASELINE, chosen.names, chosen.results)
