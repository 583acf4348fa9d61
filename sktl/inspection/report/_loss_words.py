"""An attribution in words: a part is named only where its interval leaves out zero."""

import numpy as np

from sktl.inspection.report._loss_parts import MIN_SHARED, leaves_out_zero
from sktl.inspection.report._text import pvalue, short, table_lines

MOST = 2  # columns that a sentence names
PARTS = {"rows": "other rows", "relation": "another relation of the label to the rows"}


def amount(value, loss):
    """A difference of losses: points (percent of the rows) of errors, else a number."""
    return f"{100 * value:.1f}" if loss == "zero_one" else f"{value:.3g}"


def unit(loss):
    """What an amount is counted in."""
    return "points" if loss == "zero_one" else loss.replace("_", " ")


def summary(found):
    """What is known of the drop."""
    drop = amount(abs(found.drop), found.loss)
    lost = f"{drop} {unit(found.loss)} {'lost' if found.drop >= 0 else 'gained'}"
    labels = f"{found.n_target_labeled} labelled target rows"
    if np.isnan(found.relation):
        return (
            f"Of {lost} on the target, what other rows and what another relation cost cannot be judged: the domains "
            f"share rows worth fewer than {MIN_SHARED} of the {labels}."
        )
    told = [name for name in PARTS if leaves_out_zero(found.intervals[name])]
    half = max((high - low) / 2 for low, high in (found.intervals[name] for name in PARTS))
    doubt = f"{amount(half, found.loss)} {unit(found.loss)}"
    if not told:
        if leaves_out_zero(found.intervals["drop"]):
            return (
                f"{lost} on the target, but too few labels to tell why: {labels} leave each part uncertain by {doubt}."
            )
        return (
            f"No loss on the target is certain ({lost}), and too few labels to tell its parts: {labels} leave each "
            f"uncertain by {doubt}."
        )
    words = ", ".join(_part(found, name) for name in told)
    if len(told) == 1:
        other = next(name for name in PARTS if name not in told)
        value, low, high = (amount(v, found.loss) for v in (getattr(found, other), *found.intervals[other]))
        words += (
            f"; what {PARTS[other]} cost{'s' * (other == 'relation')} is not certain ({value}, from {low} to {high})"
        )
    return f"Of {lost} on the target, {words}." if found.drop >= 0 else f"{lost} on the target: {words}."


def _part(found, name):
    """An amount, its cause, and the columns that carry it."""
    value = getattr(found, name)
    named = [row for row in found.columns if getattr(row, f"by_{name}") and getattr(row, name) * value > 0]
    named = sorted(named, key=lambda row: -abs(getattr(row, name)))[:MOST]
    where = f" (mostly {' and '.join(f'`{short(row.column)}`' for row in named)})" if named else ""
    gained = "" if value * found.drop > 0 else " the other way"
    return f"{amount(abs(value), found.loss)}{gained} by {PARTS[name]}{where}"


def text(found):
    """The summary, the terms and the columns."""
    level = f"{100 * (1 - found.alpha):g} % interval"
    terms = [
        [words, amount(getattr(found, name), found.loss), *(amount(end, found.loss) for end in found.intervals[name])]
        for name, words in (("drop", "drop"), ("rows", "by other rows"), ("relation", "by another relation"))
    ]
    lines = [found.summary, "", *table_lines([f"in {unit(found.loss)}", "value", "from", "to"], terms), f"({level}s)"]
    if found.columns:
        cells = [
            [
                short(row.column),
                amount(row.rows, found.loss),
                "yes" if row.by_rows else "",
                amount(row.relation, found.loss),
                pvalue(row.relation_pvalue),
            ]
            for row in found.columns[:10]
        ]
        lines += ["", *table_lines(["column", "by its rows", "certain", "by its relation", "adj. p"], cells)]
    return "\n".join(lines)
