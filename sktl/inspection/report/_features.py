"""How each column differs between the domains: one record a column, and notes on values that are new."""

from dataclasses import dataclass

import numpy as np

from sktl._tables.columns import encode
from sktl.base import domain_classifier
from sktl.inspection.report._columns import column_difference, moments, split_table
from sktl.metrics import feature_shift_test

N_LEVELS = 5  # new values that a note names


@dataclass(frozen=True)
class FeatureShift:
    """How one column differs between the domains.

    Attributes
    ----------
    feature : str
    measure : str
        "KS" (Kolmogorov-Smirnov statistic of numbers) or "total variation" (of texts, a missing one counts as one).
    difference : float
        0 (alike) to 1 (apart).
    pvalue, adjusted_pvalue : float
        Of :func:`~sktl.metrics.feature_shift_test`: of the column alone, and adjusted for the number of tests (Holm).
    psi : float
        Population stability index.
    wasserstein : float
        Wasserstein distance in standard deviations of the source; NaN for texts.
    mean_shift, scale_ratio : float
        Of numbers: target mean minus source mean in deviations of the source; ratio of the deviations.
    importance : float
        Share of the linear domain classifier's coefficients, 0 to 1: a column that is important but alike in itself
        matters together with others.
    missing_source, missing_target : float
        Shares of missing values.
    missing_pvalue, missing_adjusted_pvalue : float
        That they are equal: of the column alone, and adjusted likewise.
    unseen : float
        Share of the target's values that the source never has; of texts.
    unseen_values : tuple of str
        These values.
    """

    feature: str
    measure: str
    difference: float
    pvalue: float
    adjusted_pvalue: float
    psi: float
    wasserstein: float
    mean_shift: float
    scale_ratio: float
    importance: float
    missing_source: float
    missing_target: float
    missing_pvalue: float
    missing_adjusted_pvalue: float
    unseen: float
    unseen_values: tuple


def compare_columns(X, columns, target):
    """A :class:`FeatureShift` a column, the one that differs most first; and notes on values that are new."""
    found = feature_shift_test(*split_table(X, columns, target))
    importance = _importance(columns, target)
    rows = []
    for j, column in enumerate(columns):
        measure, difference = column_difference(column, target)
        mean_shift, scale_ratio = moments(column, target)
        rows.append(
            FeatureShift(
                feature=column.name,
                measure=measure,
                difference=difference,
                pvalue=float(found.pvalue[j]),
                adjusted_pvalue=float(found.adjusted_pvalue[j]),
                psi=float(found.psi[j]),
                wasserstein=float(found.wasserstein[j]),
                mean_shift=mean_shift,
                scale_ratio=scale_ratio,
                importance=float(importance[j]),
                missing_source=float(found.missing_source[j]),
                missing_target=float(found.missing_target[j]),
                missing_pvalue=float(found.missing_pvalue[j]),
                missing_adjusted_pvalue=float(found.missing_adjusted_pvalue[j]),
                unseen=0.0 if column.is_number else float(found.unseen[j]),
                unseen_values=tuple(map(_level, found.unseen_categories.get(found.feature.tolist()[j], ()))),
            )
        )
    return sorted(rows, key=lambda row: -row.difference), [_unseen_words(row) for row in rows if row.unseen]


def _level(value):
    """A category as it is written: one that is a whole number has no decimals."""
    return f"{value:g}" if isinstance(value, float) else value


def _unseen_words(row):
    """A note on values that the source never has."""
    levels = row.unseen_values
    shown = ", ".join(map(repr, levels[:N_LEVELS])) + (", ..." if len(levels) > N_LEVELS else "")
    return (
        f"{100 * row.unseen:.1f} % of the target's values of {row.feature!r} never occur in the source: {shown}. No "
        "source row can tell what they mean for the label"
    )


def _importance(columns, target):
    """Share of each column in the coefficients of a logistic regression that tells the domains apart."""
    encoded, owners = encode(columns)
    sizes = np.abs(domain_classifier(encoded).fit(encoded, target)[-1].coef_[0])
    totals = np.bincount(owners, weights=sizes, minlength=len(columns))  # levels of a text count for their column
    return totals / totals.sum() if totals.sum() > 0 else totals
