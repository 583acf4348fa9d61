"""How far apart single columns are; the columns themselves are read by what reports and comparisons share."""

import numpy as np
from scipy.stats import ks_2samp

from sktl._tables.columns import as_table, named_columns
from sktl.domains import missing_values, take_rows


def empty_columns(X, target):
    """Pairs of a name and a role, of the columns that have values in the other domain alone."""
    found = []
    for name, values in named_columns(X):
        missing = missing_values(values)
        empty = [role for role, rows in (("source", ~target), ("target", target)) if missing[rows].all()]
        if len(empty) == 1:
            found.append((name, empty[0]))
    return found


def split_table(X, columns, target):
    """Source rows and target rows of ``X``, of the ``columns`` alone, in the container they came in."""
    kept = [column.position for column in columns]
    table = X.iloc[:, kept] if hasattr(X, "iloc") else (X if hasattr(X, "columns") else as_table(X))[:, kept]
    return take_rows(table, ~target), take_rows(table, target)


# --- one column ---


def column_difference(column, target):
    """Name of the measure, and the difference between the domains, 0 (alike) to 1 (apart).

    The Kolmogorov-Smirnov statistic of the known numbers, the total variation distance of texts (missing is one).
    """
    parts = [
        column.values[rows & ~column.missing] if column.is_number else column.values[rows] for rows in (~target, target)
    ]
    if column.is_number:
        return "KS", float(ks_2samp(*parts, method="asymp").statistic)
    shares = [dict(zip(*np.unique(part.astype(str), return_counts=True), strict=True)) for part in parts]
    levels = sorted(set(shares[0]) | set(shares[1]))
    gaps = [shares[0].get(level, 0) / len(parts[0]) - shares[1].get(level, 0) / len(parts[1]) for level in levels]
    return "total variation", float(np.abs(gaps).sum() / 2)


def moments(column, target):
    """How far the target's mean has moved, in standard deviations of the source, and the ratio of the deviations."""
    if not column.is_number:
        return np.nan, np.nan
    source, other = (column.values[rows & ~column.missing] for rows in (~target, target))
    deviation = source.std()
    if deviation == 0:
        return np.nan, np.nan
    return float((other.mean() - source.mean()) / deviation), float(other.std() / deviation)
