"""What the values of one column look like: dates, numbers of rows, frequent levels."""

import re

import numpy as np

MISSING = "(missing)"  # the level of a categorical column that stands for no value
MAX_LEVELS = 50  # levels of a categorical column that get an indicator column, the most frequent ones
ID_ROWS = 20  # whole numbers in fewer rows are often all different
ID_SHARE = 0.95  # whole numbers of which more than this share are different may name rows
DATE = re.compile(r"\s*(\d{4}([-/.])\d\d?\2\d\d?|\d\d?([-/.])\d\d?\3\d{4}|\d\d?/\d\d?/\d\d)([ T]\d\d?:\d\d.*)?\s*")


def frequent_levels(texts, most: int = MAX_LEVELS) -> list:
    """The most frequent values, those that get an indicator column, in the order of their names."""
    levels, counts = np.unique(np.asarray(texts, dtype=object).astype(str), return_counts=True)
    by_count = sorted(zip(levels.tolist(), counts, strict=True), key=lambda item: (-item[1], item[0]))
    return sorted(level for level, _ in by_count[:most])


def are_dates(texts) -> bool:
    """Whether all of some texts are dates."""
    return len(texts) > 0 and all(DATE.fullmatch(text) for text in texts)


def numbers_rows(source: np.ndarray, target: np.ndarray) -> str | None:
    """How a column of numbers seems to number the rows: "apart" (ranges that do not meet), "in order"; or None.

    ``source`` and ``target`` are its floats, in the order of the rows.
    """
    known = [values[~np.isnan(values)] for values in (source, target)]
    if not all(map(_distinct_whole, known)):
        return None
    if known[0].max() < known[1].min() or known[1].max() < known[0].min():
        return "apart"
    return "in order" if all(map(_monotone, known)) else None


def _distinct_whole(values):
    """Whether nearly all values are different whole numbers."""
    if len(values) < ID_ROWS or not np.isfinite(values).all() or (values != np.floor(values)).any():
        return False
    return len(np.unique(values)) > ID_SHARE * len(values)


def _monotone(values):
    """Whether values only rise, or only fall."""
    steps = np.diff(values)
    return bool((steps >= 0).all() or (steps <= 0).all())
