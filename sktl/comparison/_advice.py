"""What to do next: columns to look at, labels to ask for, steps to compare and their risk."""

import shlex

import numpy as np
from scipy.stats import ks_2samp

from sktl.comparison._choice import rounded_up, standings_of
from sktl.comparison._compare import rows_of
from sktl.comparison._usable import FEW
from sktl.comparison._words import count

APART = 0.995  # Kolmogorov-Smirnov distance from which on a column alone tells the tables apart
MOST = 3  # columns that a sentence names
ADAPTING = ("kmm", "tca", "scaled", "coral", "votes")  # methods that need no label of the target


def advice(choice):
    """What to do next, one sentence each: what weighs most first."""
    lines = column_advice(choice.protocol.problem)
    if choice.protocol.evidence != "target labels":
        return lines + _without_labels(choice)
    known = int((~np.isnan(choice.protocol.truth)).sum())
    if not choice.protocol.uses_labels:
        learn = "so that the model can be recalibrated on them or learn from them, which helps more than it harms"
        return [*lines, f"The {known} labels of TARGET only score here: --target-labels use, {learn}."]
    return lines


def _without_labels(choice):
    """Plain model and labels; what may be compared once there are some."""
    n = min(FEW, int(choice.protocol.problem.target.sum()))
    tried = [o.name for o in choice.outcomes if o.name in ADAPTING and o.name != choice.chosen.name]
    lines = [
        f"Label about {n} rows of TARGET (`sktl plan` says which), then run this again: labels show what the model is "
        "worth, and recalibrating it on 50 of them helped on 35 to 62 % of real pairs and harmed 4 % at most."
    ]
    if tried:
        lines.append(
            f"To compare with those labels: {', '.join(tried)}. They help where units or axes have changed or other "
            "rows are common, and harm as much where the same values mean the same label: without labels nobody knows."
        )
    return lines


# --- columns ---


def column_advice(problem):
    """A sentence on each column that holds one value in one table, and one on those that alone tell them apart."""
    constant, apart = [], []
    for name in problem.columns.numeric:
        values = problem.X[name].to_numpy(dtype=float)
        parts = [values[rows & ~np.isnan(values)] for rows in (~problem.target, problem.target)]
        words = _constant(name, parts)
        if words:
            constant.append(words)
        elif min(map(len, parts)) > 1 and ks_2samp(*parts, method="asymp").statistic >= APART:
            apart.append(name)
    return constant[:MOST] + _apart(apart[:MOST])


def _constant(name, parts):
    """Say that a column of numbers is constant in one table alone; nothing of others."""
    for role, part, other in zip(("SOURCE", "TARGET"), parts, parts[::-1], strict=True):
        if len(part) > 1 and np.ptp(part) == 0 and len(np.unique(other)) > 1:
            return f"{name!r} is {part[0]:g} in all rows of {role}: a missing code? {drop(name)}"
    return ""


def _apart(names):
    """Say which columns alone tell the tables apart: a list of one sentence or none."""
    if not names:
        return []
    which = f"{names[0]!r} alone tells" if len(names) == 1 else f"Each of {', '.join(map(repr, names))} alone tells"
    return [f"{which} the tables apart (KS 1.00): a period, a place, other units? {' '.join(map(drop, names))}"]


def drop(name):
    """The option that leaves a column out."""
    return f"--drop {shlex.quote(name)}"


# --- how sure the choice is ---


def proof_words(choice):
    """How the choice stands against the model of the source and against what looks better: one line each."""
    rows = rows_of(choice.outcomes)
    return [standing_words(found, choice) for found in standings_of(rows, choice.chosen.name, True)]


def standing_words(found, choice):
    """One line on a :class:`Standing`."""
    size = f"{found.gain:+.3f}, standard error {found.standard_error:.3f}"
    if found.proven:
        return f"{found.name} scores better than {found.against} ({size}): more than chance."
    if not found.gain > 0:
        return f"{found.name} scores no better than {found.against} on these labels ({size}); it rarely harms."
    looks = f"{found.name} looks better than {found.against} ({size}), not proven"
    if found.more is None:
        return f"{looks}, and no number of labels would prove so little."
    problem = choice.protocol.problem
    left, more = int((problem.target & np.isnan(problem.y)).sum()), rounded_up(found.more)
    few = "" if more <= left else f" ({count(left, 'row')} are left)"
    return f"{looks}: label about {more} more{few}."
