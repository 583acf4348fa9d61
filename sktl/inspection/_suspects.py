"""Columns that tell rows apart without saying anything of them: identifiers, dates."""

import re

import numpy as np

ID_ROWS = 20  # whole numbers in fewer rows are often all different
ID_SHARE = 0.95  # whole numbers of which more than this share are different may name rows
DATE = re.compile(r"\s*(\d{4}([-/.])\d\d?\2\d\d?|\d\d?([-/.])\d\d?\3\d{4}|\d\d?/\d\d?/\d\d)([ T]\d\d?:\d\d.*)?\s*")


def are_dates(texts):
    """Whether all of some texts are dates."""
    return len(texts) > 0 and all(DATE.fullmatch(text) for text in texts)


def identifier_words(source, target):
    """What makes a column of numbers look as if it numbered the rows; nothing if it does not.

    ``source`` and ``target`` are its floats, in the order of the rows.
    """
    known = [values[~np.isnan(values)] for values in (source, target)]
    if not all(map(_distinct_whole, known)):
        return ""
    apart = known[0].max() < known[1].min() or known[1].max() < known[0].min()
    if not apart and not all(map(_monotone, known)):
        return ""
    return f"whole numbers, nearly all different{' in ranges that do not meet' if apart else ''}"


def _distinct_whole(values):
    """Whether nearly all values are different whole numbers."""
    if len(values) < ID_ROWS or not np.isfinite(values).all() or (values != np.floor(values)).any():
        return False
    return len(np.unique(values)) > ID_SHARE * len(values)


def _monotone(values):
    """Whether values only rise, or only fall."""
    steps = np.diff(values)
    return bool((steps >= 0).all() or (steps <= 0).all())
