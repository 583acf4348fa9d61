"""Scores of classes: probabilities in the columns of all classes, and the draws that break their ties."""

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_random_state

from sktl._checks import HasMethods
from sktl.domains import n_rows

PROBABILISTIC = (
    HasMethods(
        "fit", "predict_proba", noun="a classifier (CalibratedClassifierCV around one without)", test=is_classifier
    ),
)


def codes_in(names, values):
    """Positions of values among distinct names; -1 for one that is not there."""
    known = {name: code for code, name in enumerate(names.tolist())}
    return np.frompyfunc(lambda value: known.get(value, -1), 1, 1)(values).astype(int)  # values of any kinds


def aligned_proba(proba, seen, classes):
    """Probabilities (n, n_seen) in the columns of all classes; 0 for one that the model has not seen."""
    aligned = np.zeros((len(proba), len(classes)))
    aligned[:, codes_in(classes, seen)] = proba
    return aligned


def draws_of_rows(table, random_state):
    """Uniform numbers, one a labelled row, whatever order the rows came in."""
    order = table.rows[table.ordered(np.unique(table.labels, return_inverse=True)[1])]
    draws = np.empty(n_rows(table.X))
    draws[order] = check_random_state(random_state).uniform(size=len(order))
    return draws


def of_own_class(values, codes):
    """Score of each row's own class among those of all (n, n_classes); infinite for a class without a column."""
    return np.where(codes >= 0, values[np.arange(len(codes)), codes], np.inf)


def blocks(groups, n_classes, by_class):
    """Yield rows, columns and the number of the cell that they are compared with; -1 for rows of no known group."""
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        if not by_class:
            yield rows, np.arange(n_classes), group
            continue
        for code in range(n_classes):
            yield rows, [code], group * n_classes + code if group >= 0 else -1
