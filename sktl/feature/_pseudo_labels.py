"""Components and pseudo-labels in turns: classes guessed on the components, components from the guess."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer

from sktl._core.kernels import canonical_order


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


def nearest_neighbor():
    """1-nearest-neighbour on rows of unit norm: the literature's classifier."""
    from sklearn.neighbors import KNeighborsClassifier  # here, to keep `import sktl` quick

    # of rows in one direction (sparse ones often are) the first is the nearest, not the one that rounding favours
    rounded = FunctionTransformer(np.round, kw_args={"decimals": 9})
    return make_pipeline(Normalizer(), rounded, KNeighborsClassifier(1))


def check_guesser(estimator):
    """The classifier that guesses, unfitted, or an error if it is none."""
    if estimator is None:
        return nearest_neighbor()
    if not is_classifier(estimator):
        raise TypeError(f"estimator must be a classifier, since it guesses classes; got {estimator!r}.")
    return estimator


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
