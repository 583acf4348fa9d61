"""What to mend before any adaptation: columns that a model can't use, values without a counterpart, suspects."""

from dataclasses import dataclass

import numpy as np

from sktl._core.columns import numbers_rows

FAR_OFF = 2.0  # standard deviations of the source by which a column's mean has moved far from all others'
FACTOR = 2.0  # ratio of the deviations, from which on the units may differ
FEW = 0.5  # of the numbers at most that may be far off, for it to be a matter of single columns
NEW = 0.01  # share of the target's values that the source never has, from which on the advice says so
MOST = 3  # columns that a sentence names
LEVELS = 3  # values that it names
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
    """

    empty: list
    rowwise: dict


def find_suspects(columns, empty, target):
    """:class:`Suspects` of a table; ``empty`` are the columns that have no value in one domain."""
    rowwise = {}
    for column in columns:
        name = column.name
        if not column.is_number:
            continue
        how = numbers_rows(column.values[~target], column.values[target])
        if column.is_time:
            if _apart(column.values[~target], column.values[target]):
                rowwise[name] = TIME.format(name)
        elif how:
            rowwise[name] = IDENTIFIER[how].format(name)
    return Suspects(empty, rowwise)


def _apart(source, target):
    """Whether the ranges of two samples do not meet."""
    return np.nanmax(source) < np.nanmin(target) or np.nanmax(target) < np.nanmin(source)


def remarks(suspects, features, level):
    """Sentences for the advice, what weighs most first; none of a table without such columns."""
    return [
        *suspects.rowwise.values(),
        *_empty_words(suspects.empty),
        *_unseen_words(features),
        *_units_words([row for row in features if row.feature not in suspects.rowwise], level),
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


def _units_words(features, level):
    """A sentence a column that lies far off while most do not."""
    numbers = [row for row in features if np.isfinite(row.mean_shift)]
    far = [
        row
        for row in numbers
        if row.adjusted_pvalue <= level
        and (abs(row.mean_shift) >= FAR_OFF or abs(np.log(max(row.scale_ratio, 1e-300))) >= np.log(FACTOR))
    ]
    if len(numbers) < 2 or len(far) > FEW * len(numbers):
        return
    for row in far[:MOST]:
        yield (
            f"`{row.feature}` has changed far more than most columns (mean moved by {row.mean_shift:.2g} standard "
            f"deviations, spread {row.scale_ratio:.3g} times the source's): is its unit the same in both domains?"
        )


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
