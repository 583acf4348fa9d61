"""What in a table looks like a mistake: identifiers, stray texts, numbers too large, rows in both tables."""

import re

import numpy as np

from sktl._core.columns import numbers_rows
from sktl.comparison._words import count, pandas
from sktl.exceptions import InputError

MAX_EXACT = 2**53  # whole numbers beyond it are rounded as floats
MAX_SIZE = 1e150  # the squares of larger numbers, summed, may be infinite
MOSTLY = 0.8  # a column of text of which at least this share are numbers was meant to hold numbers
VARIOUS = 0.8  # share of rows that are like no other of their table, from which a row in both tables is suspect
OVERLAP = 0.1  # share of TARGET's rows that may be in SOURCE by chance
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
COMMA_NUMBER = re.compile(r"\s*[+-]?[\d.]*,\d+\s*")


# --- numbers ---


def check_size(name, role, values):
    """Refuse numbers that can't be standardised; infinite ones are no matter of this."""
    large = values[np.isfinite(values) & (np.abs(values) > MAX_SIZE)]
    if len(large):
        raise InputError(
            f"Column {name!r} of {role} holds {large[0]:g}: too large to compute with. Correct it, leave the cell "
            f"empty if it stands for a missing value, or leave the column out with --drop {name!r}."
        )


def rounded(column):
    """Whole numbers of a column that a float can't hold exactly, as a list."""
    if not pandas().api.types.is_integer_dtype(column):
        return []
    known = column.dropna()
    return known[(known > MAX_EXACT) | (known < -MAX_EXACT)].tolist()


def identifier_note(name, source, target):
    """Say that a column of numbers seems to number the rows, if it does: a list of one note or none.

    ``source`` and ``target`` are its floats in the order of the files.
    """
    how = numbers_rows(source, target)
    apart = ", in ranges that do not overlap" if how == "apart" else ""
    words = f"looks like an identifier (whole numbers, nearly all different{apart})"
    return [f"column {name!r} {words}: leave it out with --drop {name!r}?"] if how in ("in order", "apart") else []


# --- texts ---


def check_texts(name, role, column):
    """Refuse texts that are numbers written with commas."""
    known = column.dropna().astype(str)
    if len(known) and known.map(lambda text: bool(COMMA_NUMBER.fullmatch(text))).all():
        raise InputError(
            f"Column {name!r} of {role} holds numbers with commas ({known.iloc[0]!r}). Write decimals with points and "
            f"thousands without commas, or leave the column out with --drop {name!r}."
        )


def stray_text(column, role):
    """Say which is the first text in a column that otherwise holds numbers: a few words, or nothing."""
    known = column.notna().to_numpy()
    numbers = np.array([bool(NUMBER.fullmatch(str(value))) for value in column], dtype=bool)
    stray = np.flatnonzero(known & ~numbers)
    if not len(stray) or numbers.sum() < MOSTLY * known.sum():
        return ""
    texts = count(len(stray), "text")
    return f"{texts} among the numbers of {role}, the first {column.iloc[stray[0]]!r} in row {stray[0] + 1}"


# --- rows ---


def overlap_note(hash_source, hash_target):
    """Say that many rows are in both tables, if rows are so various that chance would not have it."""
    once = [_single(hashes) for hashes in (hash_source, hash_target)]
    if len(once[0]) < VARIOUS * len(hash_source) or len(once[1]) < VARIOUS * len(hash_target):
        return []
    shared = int(np.isin(once[1], once[0]).sum())
    if shared <= OVERLAP * len(once[1]):
        return []
    found = f"{shared} of TARGET's {len(hash_target)} rows are in SOURCE too"
    return [f"{found}: do the files overlap? Then the scores are too good"]


def _single(values):
    """Values that occur once."""
    values, times = np.unique(values, return_counts=True)
    return values[times == 1]
