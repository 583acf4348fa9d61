"""What the values of one column look like: numbers of rows, frequent levels, words, grades."""

import re
from collections import Counter

import numpy as np

MISSING = "(missing)"  # the level of a categorical column that stands for no value
MAX_LEVELS = 50  # levels of a categorical column that get an indicator column, the most frequent ones
ID_ROWS = 20  # whole numbers in fewer rows are often all different
ID_SHARE = 0.95  # whole numbers of which more than this share are different may name rows
MAX_CLASSES = 10  # whole numbers of more different values are amounts, of which errors have a size
FEW_GRADES = 5  # levels from which on rare ends say that they are ordered
RARE_END = 0.05  # share of the rows of a rare end
WORD = re.compile(r"\w\w+")
MANY_WORDS = 2.0  # words a text, on average, that other texts have too: what a text needs to be read by its words
MAX_TEXTS = 2000  # that are looked at for words
COMMON = 0.9  # a word of more than this share of the texts says nothing


def frequent_levels(texts, most: int = MAX_LEVELS) -> list:
    """The most frequent values, those that get an indicator column, in the order of their names."""
    levels, counts = np.unique(np.asarray(texts, dtype=object).astype(str), return_counts=True)
    by_count = sorted(zip(levels.tolist(), counts, strict=True), key=lambda item: (-item[1], item[0]))
    return sorted(level for level, _ in by_count[:most])


def have_words(texts) -> bool:
    """Whether texts share words (not all the same ones): reviews do, names of rows do not."""
    texts = list(texts)
    words = [set(WORD.findall(text.lower())) for text in texts[:MAX_TEXTS]]
    counts = Counter(word for found in words for word in found)
    shared = sum(times for times in counts.values() if 1 < times <= COMMON * len(words))
    return shared >= MANY_WORDS * len(words) and shared >= sum(counts.values()) / 2


def are_amounts(known: np.ndarray) -> bool:
    """Whether whole numbers as labels are amounts or grades, not names of classes.

    They are if there are more than ``MAX_CLASSES`` levels; if there are fewer than five rows a level; or if five or
    more levels thin out towards both ends, as grades and scores do: each end has less than ``RARE_END`` of the rows and
    of what the commonest level has a quarter at most.
    """
    levels, counts = np.unique(known, return_counts=True)
    if not (np.isfinite(known).all() and (known == np.floor(known)).all()) or len(levels) > MAX_CLASSES:
        return True
    if len(levels) > max(2, len(known) // 5):  # five rows a class on average, or they are rather amounts
        return True
    ends = max(counts[0], counts[-1])
    return len(levels) >= FEW_GRADES and ends < RARE_END * len(known) and ends <= counts.max() / 4


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
