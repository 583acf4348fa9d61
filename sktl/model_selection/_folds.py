"""How rows are dealt into folds: by class, or by low and high numbers, so that each fold has its share of them."""

import numpy as np
from sklearn.utils.multiclass import type_of_target

from sktl._checks import BOOLEAN, FOLDS, InstanceOf, checked
from sktl.domains import class_codes, one_domain_is_meant, read_domains

MAX_STRATA = 100  # of numbers: as many as there are rows to a fold, where these are fewer


def stratum_codes(y, labeled):
    """Code of each row's class: 0 and up; -1 where the label is missing; 0 for every label that is no class."""
    codes = class_codes(y, labeled)
    if codes is None:
        return np.full(len(labeled), -1) if y is None else np.where(labeled, 0, -1)
    return codes


def deal(strata, n_splits, rng=None):
    """Fold of each row: the rows of a stratum are dealt out in turn, each stratum going on where the last one ended.

    With ``rng`` the rows of a stratum are shuffled first; without it neighbours in the table stay in one fold.
    """
    folds, start = np.empty(len(strata), dtype=int), 0
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        turns = (start + np.arange(len(rows))) % n_splits
        folds[rows if rng is None else rng.permutation(rows)] = np.sort(turns) if rng is None else turns
        start = (start + len(rows)) % n_splits
    return folds


def evenly(n, size, rng):
    """``size`` positions among ``n``, at even distances from a random start: its share of each class, in their order.

    A draw without such order would leave rare classes out by chance, the more often, the fewer are drawn.
    """
    return np.floor((np.arange(size) + rng.uniform()) * n / max(size, 1)).astype(int)


@checked(
    labels=(InstanceOf(np.ndarray, list, noun="an array"),),
    n_folds=FOLDS,
    rng=(InstanceOf(np.random.RandomState, noun="a numpy RandomState"),),
    are_classes=(None, *BOOLEAN),
)
def label_folds(labels, n_folds, rng, are_classes=None):
    """Fold of each labelled row: each fold has its share of the classes, or of low and high numbers.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Known labels; of several outputs the first one counts.
    n_folds : int
        Number of folds.
    rng : RandomState
        Source of the shuffle.
    are_classes : bool, default=None
        Whether they are classes; None: by their values.

    Returns
    -------
    ndarray of int, shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.model_selection.evidence import label_folds
    >>> folds = label_folds(np.array(["a", "a", "b", "b"]), 2, np.random.RandomState(0))
    >>> sorted(folds[:2]), sorted(folds[2:])
    ([np.int64(0), np.int64(1)], [np.int64(0), np.int64(1)])
    """
    labels = np.asarray(labels)
    first = labels if labels.ndim == 1 else labels[:, 0]
    if are_classes is None:
        are_classes = type_of_target(first) in ("binary", "multiclass")
    if are_classes:
        return deal(np.unique(first, return_inverse=True)[1], n_folds, rng)
    # strata of some n_folds neighbours each: every fold gets one of them
    ranks = np.argsort(np.argsort(first, kind="stable"))
    return deal(ranks * min(MAX_STRATA, -(-len(first) // n_folds)) // len(first), n_folds, rng)


def read_domains_quietly(X, y, sample_domain):
    """Domains of the rows, without the warning that there is one: nothing is fitted here."""
    with one_domain_is_meant():
        return read_domains(X, y, sample_domain)
