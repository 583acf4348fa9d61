"""Components and pseudo-labels in turns: classes guessed on the components, components from the guess."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.preprocessing import normalize

from sktl._core.kernels import canonical_order
from sktl._core.neighbors import nearest_rows


@dataclass(frozen=True)
class Turn:
    """Components of one turn, and the classes that were guessed on them.

    Attributes
    ----------
    vectors : ndarray of shape (p, n_components)
        Components, in columns of the table.
    values : ndarray of shape (n_components,)
        Their eigenvalues.
    codes : ndarray of shape (n_samples,)
        Class of each row, known or guessed; -1 for source rows without a label.
    changed : float
        Share of the guesses that are new.
    classifier : estimator or None
        What guessed; None where there is one class.
    """

    vectors: np.ndarray
    values: np.ndarray
    codes: np.ndarray
    changed: float
    classifier: object


class NearestDirection(ClassifierMixin, BaseEstimator):
    """1-nearest-neighbour on rows of unit norm, the literature's classifier; by cells where rows are many."""

    def fit(self, X, y):
        """Keep the rows."""
        self.rows_ = directions(X)
        self.classes_, self.codes_ = np.unique(y, return_inverse=True)
        return self

    def predict(self, X):
        """Class of the nearest row."""
        return self.classes_[self.codes_[nearest_rows(self.rows_, directions(X))[:, 0]]]


def directions(X):
    """Rows of unit norm, to nine digits.

    Of rows in one direction (sparse ones often are) the first is then the nearest, not the one that rounding favours.
    """
    return np.round(normalize(X), 9)


def alternate(table, X, rows, solve, classifier, max_iter):
    """Yield turns until no guess changes.

    Parameters
    ----------
    table : FeatureTable
        What components are expanded in, its groups those of ``rows``.
    X : ndarray or CSR matrix of shape (n, d)
        Rows, by whose values the classifier's rows are put in order.
    rows : ClassRows
        Their classes, as far as known, and their domains.
    solve : callable
        Components and their eigenvalues for the classes (n,) that rows are thought to be of.
    classifier : estimator
        Guesses the classes of target rows without a label.
    max_iter : int
        Turns at the most.
    """
    known = np.flatnonzero(rows.codes >= 0)
    known = known[np.argsort(rows.codes[known], kind="stable")]
    known = known[canonical_order(X[known])]  # so that ties do not fall by the order in which rows came
    unknown = np.flatnonzero(rows.target & (rows.codes < 0))
    codes = rows.codes
    for _ in range(max_iter):
        vectors, values = solve(codes)
        Z, before, codes = table.embed(vectors), codes[unknown], rows.codes.copy()
        fitted = fit_guesser(classifier, Z[known], rows.classes[rows.codes[known]], len(rows.classes))
        codes[unknown] = guess(fitted, Z[unknown], rows.classes)
        changed = float(np.mean(codes[unknown] != before)) if len(unknown) else 0.0
        yield Turn(vectors, values, codes, changed, fitted)
        # the same guesses would give the same components again
        if changed == 0:
            return
        table.move(rows.groups(codes))


def fit_guesser(classifier, Z, labels, n_classes):
    """The classifier fitted on labelled rows; None where there is nothing to tell apart."""
    return None if n_classes == 1 else clone(classifier).fit(Z, labels)


def guess(fitted, Z, classes):
    """Codes of the classes of the rows ``Z``."""
    if fitted is None or len(Z) == 0:
        return np.zeros(len(Z), dtype=int)
    return np.searchsorted(classes, fitted.predict(Z))


def store_turns(estimator, table, turns, rows, dtype):
    """The *store* act: what the last turn found, and how the guesses changed."""
    last = turns[-1]
    estimator.classes_, estimator.estimator_ = rows.classes, last.classifier
    estimator.pseudo_labels_ = rows.classes[last.codes[rows.target]]
    estimator.n_iter_ = len(turns)
    estimator.pseudo_label_changes_ = np.array([turn.changed for turn in turns])
    return estimator._store(table, last.vectors, last.values, dtype)
