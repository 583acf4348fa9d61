"""Which labelled rows are held out to calibrate on, and the models that have not seen them."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state

from sktl._core.kernels import canonical_order
from sktl.base import BaseOnLabeled, fit_on_domains, on_missing_labels, respond
from sktl.domains import (
    TARGET,
    Domains,
    as_column,
    draw_rows,
    hidden_labels,
    n_rows,
    one_domain_is_meant,
    take_rows,
)


@dataclass(frozen=True)
class Table:
    """Rows of all domains with their labels, and numbers that stand for the rows where they are none.

    Attributes
    ----------
    X : array, frame or sparse matrix of n_samples rows
        As it came.
    numbers : ndarray or CSR matrix of n_samples rows, or None
        Numbers that stand for the rows, which weights and orders are made from; None where there are none.
    y : array-like of shape (n_samples,)
        Labels, missing where unknown.
    domains : Domains
        Of the rows.
    rows : ndarray of shape (n_labeled,)
        Positions of the labelled rows.
    labels : ndarray of shape (n_labeled,)
        Their labels, in their own type.
    """

    X: object
    numbers: object
    y: object
    domains: Domains
    rows: np.ndarray
    labels: np.ndarray

    def labels_at(self, rows):
        """Labels of labelled rows, by their positions in the table."""
        return self.labels[np.searchsorted(self.rows, rows)]

    def of_target(self, rows):
        """Which of the rows are target rows."""
        return self.domains.target[rows]

    def new_rows(self):
        """Positions of the target rows without labels, of all target rows if each has one; of all in one domain."""
        target = self.domains.target if not self.domains.single else ~self.domains.target
        unlabeled = target & ~self.domains.labeled
        return np.flatnonzero(unlabeled if unlabeled.any() else target)

    def ordered(self, codes):
        """Positions of the labelled rows in an order that depends on their values alone, if they are numbers."""
        if self.numbers is None:
            return np.arange(len(codes))
        by_label = np.argsort(codes, kind="stable")  # equal rows in the order of their labels
        return by_label[canonical_order(self.numbers[self.rows[by_label]])]


def is_frozen(estimator) -> bool:
    """Whether a model was fitted before and stays as it is, so that no row need be kept for its fit."""
    return isinstance(unwrapped(estimator), FrozenEstimator)


def unwrapped(estimator):
    """The estimator that wrappers for labelled rows are around."""
    while isinstance(estimator, BaseOnLabeled):
        estimator = estimator.estimator
    return estimator


def deal_out(table, codes, n_folds, random_state):
    """Positions held out by each of ``n_folds`` folds: each has its share of every code and domain."""
    order = table.ordered(codes)
    order = order[check_random_state(random_state).permutation(len(order))]
    kinds = 2 * codes[order] + table.of_target(table.rows[order])
    order = order[np.argsort(kinds, kind="stable")]  # dealt out code by code
    return [np.sort(table.rows[order[fold::n_folds]]) for fold in range(n_folds)]


def held_out_share(table, codes, test_size, random_state):
    """Positions of ``test_size`` of the labelled source rows of each code, rounded down, and of all target ones."""
    order = table.ordered(codes)
    order = order[check_random_state(random_state).permutation(len(order))]
    order = order[~table.of_target(table.rows[order])]
    held = [rows[: int(test_size * len(rows))] for rows in (order[codes[order] == c] for c in np.unique(codes))]
    held = table.rows[np.concatenate(held)]
    return np.sort(np.concatenate([held, table.rows[table.of_target(table.rows)]]))


def check_cross(name, labels, codes):
    """Raise unless each class has the two rows that cross-fitting needs."""
    counts = np.bincount(codes)
    if counts.min() < 2:
        alone = labels.tolist()[np.flatnonzero(codes == counts.argmin())[0]]
        raise ValueError(
            f"The class {alone!r} has 1 labelled row: {name} fits each model without some rows, so that it needs at "
            "least 2 of each class. Add rows of it, drop it, or pass a fitted model as FrozenEstimator(model)."
        )


def fit_without(model, table, held):
    """A clone of the model, fitted without the source rows among ``held``, and without the labels of the others.

    These stay, since target rows without labels are what a model adapts to.
    """
    if is_frozen(model):
        return clone(unwrapped(model))  # a clone stays fitted, and needs no labels
    out = np.zeros(len(table.domains.labeled), dtype=bool)
    out[held] = True
    kept, shown = ~(out & table.domains.source), table.domains.labeled & ~out
    rows = take_rows(table.X, kept)
    # labels in their own type where none is missing: a gap would make floats of integers
    whole = shown[kept].all()
    labels = table.labels_at(np.flatnonzero(kept)) if whole else hidden_labels(table.y, ~shown)[kept]
    names = None if table.domains.single else table.domains.names[kept]
    with one_domain_is_meant():  # the caller has warned
        return fit_on_domains(on_missing_labels(model), rows, labels, names)


def fit_whole(model, table, held, models):
    """What ``predict`` asks: the one model of the held-out rows, or of several folds one that has seen them all."""
    return models[0] if len(held) == 1 else fit_without(model, table, held[0][:0])


def fit_values(model, table, values, rows):
    """A clone of a regressor fitted to other ``values`` than the labels, at the positions ``rows``."""
    numbers = np.full(n_rows(table.X), np.nan)
    numbers[rows] = values
    kept = table.domains.target.copy()
    kept[rows] = True
    names = None if table.domains.single else table.domains.names[kept]
    with one_domain_is_meant():
        return fit_on_domains(on_missing_labels(model), take_rows(table.X, kept), numbers[kept], names)


def ask(model, X, names=None, method="predict"):
    """What a model says of rows, each one of its own domain; of the target's where ``names`` is None."""
    if names is None or all(name == TARGET for name in names.tolist()):
        return np.asarray(getattr(model, method)(X))
    return np.asarray(respond(model, X, names, method))


def rows_at(X, rows):
    """Rows by their positions, in the container they came in."""
    return draw_rows(X if hasattr(X, "shape") else as_column(X), rows)


def ask_at(model, table, rows, method="predict"):
    """What a model says of rows of the table, by their positions."""
    return ask(model, rows_at(table.X, rows), None if table.domains.single else table.domains.names[rows], method)
