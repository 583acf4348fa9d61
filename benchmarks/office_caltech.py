"""Office-Caltech10, SURF features: accuracy on the 12 pairs, beside published means and the honest baselines.

Needs ``office_caltech10_surf.npz`` in ../shared/data beside the project, or where ``SKTL_DATA`` points. Protocol of
Long et al. (ICCV 2013): rows divided by their sum, z-score within each domain, the whole source, target labels used for
scoring alone. TCA stands between unit-norm rows, as there. Published: figures of papers, for the first four rows of
independent re-runs. Run: ``python benchmarks/office_caltech.py`` (about a minute).
"""

import os
import time
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import linear_kernel
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC, LinearSVC

from sktl import OnLabeled, stack_domains
from sktl.datasets import load_npz
from sktl.feature import TCA
from sktl.instance import KMM, ImportanceWeighted

PAIRS = ("C>A", "C>W", "C>D", "A>C", "A>W", "A>D", "W>C", "W>A", "W>D", "D>C", "D>A", "D>W")


def neighbour():
    """1-nearest-neighbour on the labelled rows."""
    return OnLabeled(KNeighborsClassifier(1))


def logistic():
    """Logistic regression on the labelled rows."""
    return OnLabeled(LogisticRegression(C=10, max_iter=5000))


# name: (published mean or None, steps)
METHODS = {
    "1-NN": (31.4, lambda: [neighbour()]),
    "SVM (rbf, C=10, gamma=1/800)": (41.1, lambda: [OnLabeled(SVC(C=10, gamma=1 / 800))]),
    "logistic regression, unit-norm rows": (47.0, lambda: [Normalizer(), logistic()]),
    "linear SVM, unit-norm rows": (47.0, lambda: [Normalizer(), OnLabeled(LinearSVC())]),
    "PCA 20 + 1-NN": (44.0, lambda: [PCA(20), neighbour()]),
    "PCA 20, unit-norm rows + 1-NN": (None, lambda: [Normalizer(), PCA(20), Normalizer(), neighbour()]),
    "TCA 20 + 1-NN": (46.2, lambda: [Normalizer(), TCA(20), Normalizer(), neighbour()]),
    "TCA 100 + 1-NN": (43.6, lambda: [Normalizer(), TCA(100), Normalizer(), neighbour()]),
    "TCA 20, paper's penalty + 1-NN": (
        None,
        lambda: [Normalizer(), TCA(20, kernel=linear_kernel), Normalizer(), neighbour()],
    ),
    "TCA 100, paper's penalty + 1-NN": (
        45.45,
        lambda: [Normalizer(), TCA(100, kernel=linear_kernel), Normalizer(), neighbour()],
    ),
    "TCA 20, rbf + 1-NN": (None, lambda: [Normalizer(), TCA(20, kernel="rbf"), Normalizer(), neighbour()]),
    "TCA 20 + logistic regression": (None, lambda: [Normalizer(), TCA(20), Normalizer(), logistic()]),
    "TCA 20 + linear SVM": (None, lambda: [Normalizer(), TCA(20), Normalizer(), OnLabeled(LinearSVC())]),
    "TCA 100 + logistic regression": (None, lambda: [Normalizer(), TCA(100), Normalizer(), logistic()]),
    "KMM + logistic regression": (
        None,
        lambda: [Normalizer(), ImportanceWeighted(LogisticRegression(C=10, max_iter=5000), KMM())],
    ),
}


def load_pairs():
    """Yield (X, y, X_target, y_target) a pair; y is NaN on target rows."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    data = load_npz("office_caltech10_surf", None if "SKTL_DATA" in os.environ else beside)
    X = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0].upper() for name in data.domain_names]
    for domain in range(4):
        rows = data.domain == domain
        X[rows] = StandardScaler().fit_transform(X[rows])
    for pair in PAIRS:
        source, target = (data.domain == letters.index(letter) for letter in pair.split(">"))
        stacked, y, _ = stack_domains((X[source], data.y[source]), X[target])
        yield stacked, y, X[target], data.y[target]


if __name__ == "__main__":
    pairs = list(load_pairs())
    print(f"{'method':<38}{'published':>10}{'mean':>7}  " + "".join(f"{pair:>6}" for pair in PAIRS) + f"{'s':>7}")
    for name, (published, steps) in METHODS.items():
        start = time.perf_counter()
        scores = [100 * make_pipeline(*steps()).fit(X, y).score(Xt, yt) for X, y, Xt, yt in pairs]
        seconds = time.perf_counter() - start
        cells = "".join(f"{score:>6.1f}" for score in scores)
        print(f"{name:<38}{published or '-':>10}{np.mean(scores):>7.2f}  {cells}{seconds:>7.1f}", flush=True)
