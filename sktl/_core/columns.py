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
    """How a column of whole numbers tells the domains apart by itself, or numbers the rows; or None.

    "apart": nearly all different, in ranges that do not meet; "in order": nearly all different, rising or falling;
    "period": any others in ranges that do not meet. ``source`` and ``target`` are its floats, in the order of the rows.
    """
    known = [values[~np.isnan(values)] for values in (source, target)]
    if not all(map(_whole, known)):
        return None
    apart = known[0].max() < known[1].min() or known[1].max() < known[0].min()
    if not all(len(np.unique(values)) > ID_SHARE * len(values) for values in known):
        return "period" if apart else None
    return "apart" if apart else "in order" if all(map(_monotone, known)) else None


def _whole(values):
    """Whether the values are whole numbers, of enough rows to say so."""
    return len(values) >= ID_ROWS and bool(np.isfinite(values).all() and (values == np.floor(values)).all())


def _monotone(values):
    """Whether values only rise, or only fall."""
    steps = np.diff(values)
    return bool((steps >= 0).all() or (steps <= 0).all())
