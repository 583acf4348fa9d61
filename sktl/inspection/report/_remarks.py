"""What to mend before any adaptation: columns that a model can't use, values without a counterpart, suspects."""

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import ks_2samp

from sktl._core.columns import numbers_rows

FAR_OFF = 2.0  # standard deviations of the source by which a column's mean has moved far from all others'
FACTOR = 2.0  # ratio of the deviations, from which on the units may differ
FEW = 0.5  # of the numbers at most that may be far off, for it to be a matter of single columns
NEW = 0.01  # share of the target's values that the source never has, from which on the advice says so
MOST = 3  # columns that a sentence names
LEVELS = 3  # values that it names
VALUES = 10  # different values from which on a column may be a measurement, which has a unit
SHAPE = 0.1  # Kolmogorov-Smirnov distance of standardised values up to which the shape is the same, noise beside
APART = 0.995  # Kolmogorov-Smirnov distance from which on a column alone tells the domains apart
IDENTIFIER = {
    "in order": "`{}` looks like an identifier (whole numbers, nearly all different): drop it before fitting.",
    "apart": (
        "`{}` looks like an identifier (whole numbers, nearly all different, in ranges that do not overlap): drop it "
        "before fitting."
    ),
    "period": (
        "`{}` holds whole numbers in ranges that do not overlap, as a year or a site number does: it alone tells the "
        "domains apart. Drop it before fitting, or convert both domains to the same unit."
    ),
}


TIME = (
    "`{}` alone tells the domains apart, since they are of different periods: leave it out (what repeats, such as a "
    "month or a weekday, can be used)."
)


@dataclass(frozen=True)
class Suspects:
    """Columns to look at before any figure.

    Attributes
    ----------
    empty : list of (str, str)
        Name and role ("source" or "target"), of columns without a value in one domain.
    rowwise : dict of str -> str
        A sentence on each column of identifiers, and on each part of dates that tells the domains apart.
    constant : dict of str -> str
        A sentence on each column of numbers that has one value in one domain and several in the other.
    same_shape : set of str
        Columns of numbers whose distribution is alike but for its place and scale, as a change of units leaves it.
    """

    empty: list
    rowwise: dict
    constant: dict = field(default_factory=dict)
    same_shape: set = field(default_factory=set)


def find_suspects(columns, empty, target):
    """:class:`Suspects` of a table; ``empty`` are the columns that have no value in one domain."""
    rowwise, constant, same_shape = {}, {}, set()
    for column in columns:
        name = column.name
        if not column.is_number:
            continue
        if not column.is_time:
            constant |= _constant_words(column, target)
            same_shape |= {name} if _keeps_shape(column, target) else set()
        how = numbers_rows(column.values[~target], column.values[target])
        if column.is_time:
            if _apart(column.values[~target], column.values[target]):
                rowwise[name] = TIME.format(name)
        elif how:
            rowwise[name] = IDENTIFIER[how].format(name)
    return Suspects(empty, rowwise, {k: words for k, words in constant.items() if k not in rowwise}, same_shape)


def _constant_words(column, target):
    """A sentence on a column that has one value in one domain alone, by its name; none of others."""
    parts = [column.values[rows & ~column.missing] for rows in (~target, target)]
    for role, part, other in zip(("source", "target"), parts, parts[::-1], strict=True):
        if len(part) > 1 and np.ptp(part) == 0 and len(np.unique(other)) > 1:
            words = f"`{column.name}` is {part[0]:g} in all rows of the {role}: a missing code? Drop the column, or"
            return {column.name: f"{words} make it a missing value."}
    return {}


def _keeps_shape(column, target):
    """Whether a measurement's distribution is the same in both domains but for its place and scale."""
    parts = [column.values[rows & ~column.missing] for rows in (~target, target)]
    if min(len(np.unique(part)) for part in parts) <= VALUES:
        return False
    standard = [(part - part.mean()) / part.std() for part in parts]
    noise = 1.36 * np.sqrt(sum(1 / len(part) for part in parts))  # the statistic's 95 % point
    return ks_2samp(*standard, method="asymp").statistic <= max(SHAPE, noise)


def _apart(source, target):
    """Whether the ranges of two samples do not meet."""
    return np.nanmax(source) < np.nanmin(target) or np.nanmax(target) < np.nanmin(source)


def remarks(suspects, features, level):
    """Sentences for the advice, what weighs most first; none of a table without such columns."""
    named_already = {*suspects.rowwise, *suspects.constant}
    rest = [row for row in features if row.feature not in named_already]
    return [
        *suspects.constant.values(),
        *_apart_words(rest),
        *suspects.rowwise.values(),
        *_empty_words(suspects.empty),
        *_unseen_words(features),
        *_units_words(rest, suspects.same_shape, level),
        *_missing_words(features, level),
    ]


def only_missing(features, level):
    """Whether it is the shares of missing values alone in which the columns differ by themselves."""
    return not _differ(features, level) and bool(_missing(features, level))


def _differ(features, level):
    return [row for row in features if row.adjusted_pvalue <= level]


def _missing(features, level):
    return [row for row in features if row.missing_adjusted_pvalue <= level]


def named(words):
    """The first few of some words, and how many more there are."""
    more = f" and {len(words) - MOST} more" if len(words) > MOST else ""
    return ", ".join(words[:MOST]) + more


def _empty_words(empty):
    """A sentence a domain on columns that it has no value of."""
    for role in ("target", "source"):
        names = [f"`{name}`" for name, where in empty if where == role]
        if names:
            it = "it" if len(names) == 1 else "them"
            use = "use there" if role == "target" else "learn from"
            yield (
                f"{named(names)} {'is' if it == 'it' else 'are'} empty in the {role}: drop {it} before fitting, since "
                f"a model has nothing to {use}."
            )


def _unseen_words(features):
    """A sentence a column on values of the target that the source never has."""
    new = sorted((row for row in features if row.unseen >= NEW), key=lambda row: -row.unseen)
    for row in new[:MOST]:
        levels = ", ".join(map(str, row.unseen_values[:LEVELS])) + (", ..." if len(row.unseen_values) > LEVELS else "")
        yield (
            f"{100 * row.unseen:.0f} % of the target's values of `{row.feature}` never occur in the source ({levels}): "
            "no adaptation can tell what they mean for the label; look at these rows separately."
        )


def _apart_words(features):
    """A sentence on columns of numbers that alone tell the domains apart."""
    names = [f"`{row.feature}`" for row in features if row.measure == "KS" and row.difference >= APART]
    if names:
        tell = "alone tells" if len(names) == 1 else "each alone tell"
        yield (
            f"{named(names)} {tell} the domains apart (KS 1.00): no model can learn from the source what the target's "
            "values mean. Drop what names a period or a place; convert what is in other units."
        )


def _units_words(features, same_shape, level):
    """A sentence on the column that lies farthest off while most do not, and keeps its shape as other units would."""
    numbers = [row for row in features if np.isfinite(row.mean_shift)]
    far = [row for row in numbers if row.adjusted_pvalue <= level and _far_off(row) >= 1]
    if len(numbers) < 2 or len(far) > FEW * len(numbers):
        return
    far = sorted((row for row in far if row.feature in same_shape), key=lambda row: -_far_off(row))
    for row in far[:1]:
        too = f" ({named([f'`{row.feature}`' for row in far[1:]])} likewise)" if len(far) > 1 else ""
        yield (
            f"`{row.feature}` has changed far more than most columns (mean moved by {row.mean_shift:.2g} standard "
            f"deviations, spread {row.scale_ratio:.3g} times the source's): is its unit the same in both domains?{too}"
        )


def _far_off(row):
    """How far a column's mean or spread has moved, as a multiple of what is suspect."""
    return max(abs(row.mean_shift) / FAR_OFF, abs(np.log(max(row.scale_ratio, 1e-300))) / np.log(FACTOR))


def _missing_words(features, level):
    """A sentence on values that are missing more often in one domain."""
    found = sorted(_missing(features, level), key=lambda row: -abs(row.missing_target - row.missing_source))
    if found:
        names = [
            f"`{row.feature}` ({100 * row.missing_source:.0f} % of the source, {100 * row.missing_target:.0f} % of the "
            "target)"
            for row in found
        ]
        yield (
            f"The shares of missing values differ: {named(names)}. Find out why, and impute inside the pipeline, or "
            "drop columns that are mostly missing: imputed values are not data."
        )
