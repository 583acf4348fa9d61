"""Where there is nothing to weigh: two samples of one distribution, under every public weighter's defaults."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from discovery import estimator_classes
from sklearn.linear_model import LogisticRegression

from sktl.base import BaseWeighter
from sktl.instance import ImportanceWeighted


@dataclass(frozen=True)
class Bound:
    """Most that weights are off 1 on average, from ``n`` rows of 2 columns a domain; why, where not 0.05 from 8,000."""

    off: float = 0.05
    n: int = 8_000
    because: str = ""


BOUNDS = {
    "KDEWeighter": Bound(n=1_000, because="its cost is quadratic in the rows; it meets the bound with fewer"),
    "NearestNeighborWeighter": Bound(
        0.13,
        because="sqrt(n) cells of sqrt(n) rows of each domain: the ratio of two such counts is off by "
        "sqrt(2 / sqrt(n)), which is 0.15 as a standard and 0.12 as a mean deviation; 0.05 would take 260,000 rows",
    ),
}
WEIGHTERS = {name: cls for name, cls in estimator_classes().items() if issubclass(cls, BaseWeighter)}
every_weighter = pytest.mark.parametrize("name", WEIGHTERS)


def two_classes(n_rows, rate, rng):
    """Two normal classes at distance 2, of which class 1 has the share ``rate``."""
    y = (rng.random(n_rows) < rate).astype(float)
    return rng.normal(size=(n_rows, 2)) + np.outer(y, [2, 0]), y


def one_table(n, rate, seed):
    """Source rows with classes of equal shares, and target rows where class 1 has the share ``rate``."""
    rng = np.random.default_rng(seed)
    (X_source, y_source), (X_target, _) = two_classes(n, 0.5, rng), two_classes(n, rate, rng)
    return np.concatenate([X_source, X_target]), np.concatenate([y_source, np.full(n, np.nan)])


@cache
def weighted_models(name):
    """Models under the weights of three draws without a shift, each with its source rows and their labels."""
    bound, found = BOUNDS.get(name, Bound()), []
    for seed in range(3):
        X, y = one_table(bound.n, 0.5, seed)
        model = ImportanceWeighted(LogisticRegression(), WEIGHTERS[name]()).fit(X, y)
        found.append((model, X[: bound.n], y[: bound.n]))
    return found


@every_weighter
def test_weights_of_one(name):
    bound = BOUNDS.get(name, Bound())
    off, share, fresh = [], [], []
    for seed, (model, X, _) in enumerate(weighted_models(name)):
        weights = model.weighter_.weights_[: len(X)]
        new_rows = two_classes(500, 0.5, np.random.default_rng(100 + seed))[0]
        off.append(np.mean(np.abs(weights - 1)))
        fresh.append(np.mean(np.abs(model.weighter_.predict_weights(new_rows) - 1)))
        share.append(model.weighter_.effective_sample_size_ / len(X))
    assert np.mean(off) <= bound.off
    assert np.mean(fresh) <= bound.off
    assert np.mean(share) >= 1 - 2 * bound.off**2  # weights whose deviation is v are worth n / (1 + v^2) rows


@every_weighter
def test_no_accuracy_is_lost(name):
    """Paired with the fit without weights, on 20,000 new rows a draw: no more than three standard errors."""
    gained = lost = 0
    for seed, (model, X, y) in enumerate(weighted_models(name)):
        X_new, y_new = two_classes(20_000, 0.5, np.random.default_rng(100 + seed))
        right, plainly_right = model.predict(X_new) == y_new, LogisticRegression().fit(X, y).predict(X_new) == y_new
        gained, lost = gained + np.sum(right & ~plainly_right), lost + np.sum(plainly_right & ~right)
    assert lost - gained <= 3 * np.sqrt(gained + lost)
    assert gained + lost <= 0.01 * 3 * 20_000  # and almost no prediction has changed


@every_weighter
def test_the_same_rows_with_a_shift_are_weighed(name):
    """So that constant weights would not do: of 4 in 5 target rows of class 1, whose ratio is 1.6; 0.4 of the other."""
    n = BOUNDS.get(name, Bound()).n
    X, y = one_table(n, 0.8, 0)
    weights, X, y = WEIGHTERS[name]().fit(X, y).weights_[:n], X[:n], y[:n]
    likelihood = np.exp(2 * X[:, 0] - 2)  # of class 1 over that of class 0
    truth = (0.4 + 1.6 * likelihood) / (1 + likelihood)
    if hasattr(WEIGHTERS[name](), "estimator"):  # weighs by class
        truth = np.where(y == 1, 1.6, 0.4)
    assert np.mean(np.abs(weights - truth)) < 0.8 * np.mean(np.abs(1 - truth))
    assert np.mean(np.abs(weights - 1)) > 0.3
