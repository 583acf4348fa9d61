"""Hide labels, so that a domain that has them can play the target."""

import numpy as np

from sktl.domains import as_column, hidden_labels
from sktl.model_selection._folds import deal, evenly, stratum_codes


def hide_labels(y, rows):
    """Return a copy of the labels with those of some rows missing.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Labels; missing ones stay missing.
    rows : array-like of shape (n_samples,) of bool, or of int
        The rows to hide: a mask or positions.

    Returns
    -------
    ndarray
        Numbers as floats with NaN; strings, booleans and integers from 2**53 on as objects with None.

    Raises
    ------
    IndexError
        If a row does not exist, or a mask has the wrong length.
    TypeError
        If ``rows`` holds neither booleans nor integers.

    See Also
    --------
    sktl.stack_domains : Builds one table from several, with missing labels on unlabelled target rows.

    Examples
    --------
    >>> from sktl.model_selection import hide_labels
    >>> hide_labels([0, 1, 1], [False, False, True])
    array([ 0.,  1., nan])
    >>> hide_labels(["no", "yes", "yes"], [0])
    array([None, 'yes', 'yes'], dtype=object)
    """
    y, rows = as_column(y), np.asarray(rows)
    if rows.size == 0:
        rows = rows.astype(int)
    if rows.dtype.kind not in "biu":
        raise TypeError(f"rows must be a mask or positions of rows; got dtype {rows.dtype}.")
    if rows.dtype.kind == "b" and rows.shape != (len(y),):
        raise IndexError(f"A mask needs one value per row, shape ({len(y)},); got shape {rows.shape}.")
    return hidden_labels(y, rows)


def few_labels(target, labeled, y, n_labeled, rng, name="the target"):
    """Mask of the target rows that keep their labels: ``n_labeled``, spread over the classes."""
    kept, rows = np.zeros(len(target), dtype=bool), np.flatnonzero(target & labeled)
    if n_labeled is None:
        return kept
    if n_labeled >= len(rows):
        raise ValueError(
            f"n_labeled={n_labeled} leaves no labelled row to score: {name} has only {len(rows)} labelled rows. "
            "Lower n_labeled."
        )
    folds = deal(stratum_codes(y, labeled)[rows], len(rows), rng)  # one row per fold, classes side by side
    order = rows[np.argsort(folds)]
    kept[order[evenly(len(rows), n_labeled, rng)]] = True
    return kept
