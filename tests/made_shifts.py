"""Two domains that differ in one known way each."""

import numpy as np

from sktl.datasets import make_covariate_shift

N_SOURCE, N = 301, 520
TARGET = np.arange(N) >= N_SOURCE


def normal_rows(seed):
    rng = np.random.default_rng(seed)
    return rng, rng.normal(size=(N, 4)), rng.normal(size=N)


def no_shift(seed):
    _, X, noise = normal_rows(seed)
    return X, (X[:, 1] + 0.5 * noise > 0).astype(float)


def covariate_shift(seed):
    data = make_covariate_shift(N_SOURCE, N - N_SOURCE, n_features=4, random_state=seed)
    return data.X, data.y_true.astype(float)


def label_shift(seed):
    rng, X, _ = normal_rows(seed)
    y = (rng.random(N) < np.where(TARGET, 0.15, 0.5)).astype(float)
    return X + 2 * y[:, None] * [1, -0.5, 0, 0], y


def scale_shift(seed):
    X, y = no_shift(seed)
    X[TARGET] = X[TARGET] * [2, 0.4, 3, 1.7] + [1, 2, -1, 0]
    return X, y


def concept_shift(seed):
    _, X, noise = normal_rows(seed)
    y = np.where(TARGET, X[:, 1], X[:, 0]) + 0.5 * noise > 0
    X[TARGET, 2] += 0.5
    return X, y.astype(float)


MADE = {
    "none": no_shift,
    "covariate": covariate_shift,
    "label": label_shift,
    "scale": scale_shift,
    "concept": concept_shift,
}


def make(kind, seed, with_target_labels):
    """(X, y, sample_domain) of one kind of shift."""
    X, y = MADE[kind](seed)
    return X, y if with_target_labels else np.where(TARGET, np.nan, y), TARGET
