"""Which transferability score agrees with the accuracy that transfer then reaches.

For each target, candidates are source models: logistic regression fitted on each other domain, on all of its rows, on a
fifth, and on a twentieth. A candidate's features are its decision values, its outputs its probabilities, on the
target's rows. Every score sees one half of the labelled target; the accuracy reached is that of logistic regression on
the candidate's features, trained on the same half and tested on the other. Also told: the accuracy of the candidate as
it is, and the agreement of its accuracy on the labelled half, which is what the scores must beat.

Printed: Spearman's rank correlation of score and accuracy over the candidates of a target, averaged over targets and
three splits. Domains: Office-Caltech SURF (4), heart disease sites (4, first 10 columns, gaps filled by medians),
digits (MNIST, scikit-learn's, and both turned by 40 degrees, 4). Needs ``SKTL_DATA`` and the ``data`` extra. Run:
``python benchmarks/transferability.py`` (half a minute).

Measured::

                                   office    heart   digits
    h_score                          0.80     0.37     0.68
    h_score, shrunk                  0.79     0.00     0.63
    log_me                           0.80     0.37     0.64
    trans_rate                       0.70    -0.02     0.61
    leep                             0.66     0.32     0.49
    nce                              0.70     0.39     0.55
    accuracy of the candidate        0.78     0.22     0.25
    (spread of the accuracy)         0.09     0.03     0.14

H-score and LogME lead where candidates differ. Between hospitals candidates hardly differ (one decision value, two
classes) and no score ranks them well; TransRate has nothing to say on two classes.
"""

import os
from pathlib import Path

import numpy as np
from scipy.ndimage import rotate
from scipy.stats import spearmanr
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl.datasets import load_digits_domains, load_npz
from sktl.metrics.transferability import h_score, leep, log_me, nce, trans_rate

SHARES = (1.0, 0.2, 0.05)  # of the rows of a source
SPLITS = 3

SCORES = {
    "h_score": lambda F, P, y: h_score(F, y),
    "h_score, shrunk": lambda F, P, y: h_score(F, y, shrinkage="auto"),
    "log_me": lambda F, P, y: log_me(np.column_stack([F, np.ones(len(F))]), y),
    "trans_rate": lambda F, P, y: trans_rate(F, y),
    "leep": lambda F, P, y: leep(P, y),
    "nce": lambda F, P, y: nce(P.argmax(axis=1), y),
}


def read(name):
    """A data set of the shared folder."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    return load_npz(name, None if "SKTL_DATA" in os.environ else beside)


def office():
    """(X, y) a domain: SURF counts, rows divided by their sum, z-score per domain."""
    data = read("office_caltech10_surf")
    X = data.X / data.X.sum(axis=1, keepdims=True)
    return [(StandardScaler().fit_transform(X[data.domain == k]), data.y[data.domain == k]) for k in range(4)]


def heart():
    """(X, y) a hospital."""
    data = read("heart_disease_4sites")
    X, y = data.X[:, :10], (data.y > 0).astype(int)
    pipe = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    return [(pipe.fit_transform(X[data.domain == k]), y[data.domain == k]) for k in np.unique(data.domain)]


def digits():
    """(X, y) of two origins, upright and turned, at most 800 rows each."""
    data = load_digits_domains(source="mnist")
    source = ~np.isnan(data.y)
    domains = []
    for rows in (source, ~source):
        X, y = data.X[rows][:800], data.y_true[rows][:800].astype(int)
        side = round(np.sqrt(X.shape[1]))
        turned = rotate(X.reshape(-1, side, side), 40, axes=(1, 2), reshape=False, order=1).reshape(len(X), -1)
        domains += [(StandardScaler().fit_transform(Z), y) for Z in (X, turned)]
    return domains


def fit(X, y):
    """One linear model."""
    return LogisticRegression(max_iter=300, C=0.01 if X.shape[1] > 100 else 1.0).fit(X, y)


def candidates(domains, target, rng):
    """Fitted source models of every other domain and share of its rows."""
    for k, (X, y) in enumerate(domains):
        for share in SHARES if k != target else ():
            order = rng.permutation(len(y))
            one_each = order[np.unique(y[order], return_index=True)[1]]
            rows = np.union1d(one_each, order[: max(20, int(share * len(y)))])
            yield fit(X[rows], y[rows])


def features(model, X):
    """Decision values, standardised, and probabilities."""
    values = model.decision_function(X).reshape(len(X), -1)
    return StandardScaler().fit_transform(values), model.predict_proba(X)


def agreement(domains):
    """Rank correlations with the accuracy reached, for each score, averaged over targets and splits."""
    found = {name: [] for name in [*SCORES, "accuracy of the candidate", "(spread of the accuracy)"]}
    for split in range(SPLITS):
        rng = np.random.default_rng(split)
        for target, (X, y) in enumerate(domains):
            train, test = train_test_split(np.arange(len(y)), test_size=0.5, stratify=y, random_state=split)
            rows, reached = [], []
            for model in candidates(domains, target, rng):
                F, P = features(model, X)
                reached.append(LogisticRegression(max_iter=300).fit(F[train], y[train]).score(F[test], y[test]))
                plain = np.mean(model.classes_[P[train].argmax(axis=1)] == y[train])
                rows.append([score(F[train], P[train], y[train]) for score in SCORES.values()] + [plain])
            if np.ptp(reached) == 0:
                continue  # all candidates serve alike: nothing to rank
            for name, column in zip(found, np.transpose(rows), strict=False):
                found[name].append(spearmanr(column, reached)[0] if np.ptp(column) else 0.0)
            found["(spread of the accuracy)"].append(np.std(reached))
    return {name: np.mean(values) for name, values in found.items()}


if __name__ == "__main__":
    table = {make.__name__: agreement(make()) for make in (office, heart, digits)}
    print(f"{'':<28}" + "".join(f"{name:>9}" for name in table))
    for name in next(iter(table.values())):
        print(f"{name:<28}" + "".join(f"{column[name]:>9.2f}" for column in table.values()))
