"""Which method to use, by the scores of its rows; how sure that is, and how many more labels would prove it."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from sktl.model_selection.evidence import judge

MIN_CHANGED = 5  # rows whose score a method must change before it can be chosen: fewer are chance's
LEVEL = 0.05  # how often noise may get any method chosen over the one that is used without evidence
POWER = 0.8  # how often so many labels as are asked for prove a gain that is what it looks like
MOST_LABELS = 100_000  # more are as good as never
PLAIN = ("target-only", "target-trees", "pooled", "pooled-trees")  # what transfer must beat where they beat the usual
#: Where labels are learned from, the first of these that was tried is used, if it gains ``LEAST``, until another gains
#: over it more than chance: corrections of the source's model, which average their own forms by evidence. In
#: ``benchmarks/main_job.py`` the best mean of all methods' folds is a lucky one too often.
FIRST = ("corrected", "recalibrated", "offset")
LEAST = 0.25  # standard errors that a correction must gain over the baseline, set on half of those data sets


@dataclass(frozen=True)
class Standing:
    """How one method stands against another on the same rows.

    Attributes
    ----------
    name, against : str
        The methods.
    gain, standard_error : float
        Mean of the paired differences of their rows' scores.
    proven : bool
        Whether the gain is more than chance, one-sided at 5 %.
    more : int or None
        Rows that must be labelled further to prove a gain as large; 0 where it is proven, None where there is none or
        no number would do.
    """

    name: str
    against: str
    gain: float
    standard_error: float
    proven: bool
    more: int | None


def standing(rows, name, against):
    """:class:`Standing` of a method against another; ``rows`` are the scores of the rows, by method."""
    differences = rows[name] - rows[against]
    gain = judge({against: -rows[against], name: -rows[name]}, against, [name], [], LEVEL).baseline_gains[name]
    proven = bool(gain.estimate > 0 and gain.pvalue < LEVEL)
    more = 0 if proven else labels_to_prove(gain.estimate, gain.standard_error, len(differences))
    return Standing(name, against, gain.estimate, gain.standard_error, proven, more)


def labels_to_prove(gain, standard_error, n):
    """Labels beyond ``n`` with which a gain as large passes the test in four cases of five; None where none would do.

    A mean of N differences has the standard error s / sqrt(N), and passes if it exceeds z(.95) s / sqrt(N): so
    N = s^2 (z(.95) + z(.8))^2 / gain^2.
    """
    if not gain > 0:
        return None
    needed = n * (standard_error * (norm.isf(LEVEL) + norm.ppf(POWER)) / gain) ** 2
    more = int(np.ceil(max(needed - n, 1)))
    return more if more <= MOST_LABELS else None


def rounded_up(n):
    """A number of labels to ask for: one figure that counts, 5 at least."""
    unit = max(5, 10 ** int(np.log10(max(n, 1))))
    return int(np.ceil(n / unit) * unit)


def used_without_evidence(rows, learns):
    """The method that is used until another is proven better: a correction if it gains ``LEAST``, else the baseline.

    Parameters
    ----------
    rows : dict of str -> ndarray
        Scores of the rows by method, the baseline first.
    learns : bool
        Whether target labels are learned from.
    """
    baseline = next(iter(rows))
    first = next((name for name in FIRST if learns and name in rows), baseline)
    gains = rows[first] - rows[baseline]
    return first if gains.mean() > LEAST * gains.std(ddof=1) / np.sqrt(len(gains)) else baseline


def verdict_of(rows, learns):
    """What to use, and which methods gain over it more than chance by target labels: a :class:`~...evidence.Verdict`.

    ``rows`` holds the scores of the rows by method, the baseline first. Together the tests err at ``LEVEL`` at most.
    """
    losses, names = {name: -scores for name, scores in rows.items()}, list(rows)
    usual = used_without_evidence(rows, learns)
    # a correction averages what plain models know: nothing but a gain over itself speaks for another
    others = [name for name in names if name in PLAIN and usual == names[0]]
    rivals = [name for name in names if name not in (usual, *others)]
    level = LEVEL / (1 + len(others))  # each of the others is tested at it too
    return judge(losses, usual, others, rivals, level, min_changed=MIN_CHANGED)


def standings_of(rows, chosen, learns):
    """How the choice stands against the source's model, and the method that looks better than it, if any."""
    baseline = next(iter(rows))
    found = [standing(rows, chosen, baseline)] if chosen != baseline else []
    best = max(rows, key=lambda name: rows[name].mean())
    if learns and rows[best].mean() > rows[chosen].mean():
        found.append(standing(rows, best, chosen))
    return found
