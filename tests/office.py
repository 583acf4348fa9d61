"""Pairs of Office-Caltech10 (SURF), preprocessed as in the literature, for tests of several methods."""

import numpy as np
from sklearn.preprocessing import StandardScaler


def office_pairs(data, names):
    """(X, y, X_target, y_target) of pairs such as "C>A": z-score within each domain; y is NaN on target rows."""
    X = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0].upper() for name in data.domain_names]
    for d in range(4):
        rows = data.domain == d
        X[rows] = StandardScaler().fit_transform(X[rows])
    for name in names:
        source, target = (data.domain == letters.index(letter) for letter in name.split(">"))
        y = np.concatenate([data.y[source], np.full(target.sum(), np.nan)])
        yield np.concatenate([X[source], X[target]]), y, X[target], data.y[target]
