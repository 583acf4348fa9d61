"""Circular validation, which learns the source back: against a loop."""

from types import SimpleNamespace

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from sktl import OnLabeled
from sktl.domains import read_domains
from sktl.model_selection._circular import circular_losses
from sktl.model_selection.evidence import label_folds


def test_circular_losses_are_those_of_a_loop():
    rng, target = np.random.default_rng(5), np.arange(420) >= 300
    X = rng.normal(size=(420, 20))
    y = (X[:, :5].sum(axis=1) + rng.normal(size=420) > 0).astype(float)
    shown, model = np.where(target, np.nan, y), OnLabeled(LogisticRegression())

    def fit(X, y, sample_domain):
        return clone(model).fit(X, y)

    wrong = SimpleNamespace(method="predict", of_rows=lambda truth, answer, classes: answer != truth)
    losses = circular_losses(fit, wrong, model, X, shown, read_domains(X, shown, target), 3)
    rows = np.flatnonzero(~target)
    folds = label_folds(y[rows], 3, np.random.RandomState(3))
    for fold in range(3):
        seen, held = rows[folds != fold], rows[folds == fold]
        guess = LogisticRegression().fit(X[seen], y[seen]).predict(X[target])
        back = LogisticRegression().fit(X[target], guess)
        assert losses[folds == fold].tolist() == (back.predict(X[held]) != y[held]).tolist()
    assert 0 < losses.mean() < 0.5
