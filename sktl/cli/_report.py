"""``sktl report``: how far apart two tables are, and by which columns."""

import sys
import textwrap

import numpy as np

from sktl.cli._distance import column_differences, distance_words
from sktl.cli._output import table_lines, write_page
from sktl.cli._problem import build_problem
from sktl.cli._words import InputError, count, did_you_mean
from sktl.inspection import DomainReport
from sktl.inspection._text import WIDTH, headline

MOST = 5


def report(source, target, options, say, progress):
    """Print the distances between two frames, the kind of shift, and the columns that differ most.

    Parameters
    ----------
    source, target : DataFrame
        The tables.
    options : Namespace
        ``label`` (left out of the columns, if not None), ``drop``, ``html``, ``seed``, ``n_jobs``.
    say : callable
        Takes each line of the result.
    progress : callable
        Takes each line of progress.
    """
    if options.label is not None and options.label not in source and options.label not in target:
        hint = did_you_mean(options.label, [*source, *target])
        raise InputError(f"--label {options.label}: neither table has such a column.{hint}")
    drop = options.drop if options.label is None else [*options.drop, options.label]
    problem = build_problem(source, target, drop=drop)
    labeled, notes = problem, problem.notes
    if options.label is not None and options.label in source:
        try:
            labeled = build_problem(source, target, options.label, drop=options.drop)
            notes = [*notes, *(note for note in labeled.notes if note not in notes)]
        except InputError as error:  # a label that no model could learn from: the columns can be compared all the same
            notes = [*notes, f"the kind of shift is judged without labels. {error}"]
    for note in notes:
        print(f"sktl: {note}", file=sys.stderr)
    progress("measuring the distance between the tables, and looking for the kind of shift")
    found = domain_report(labeled, options)
    for role, table, rows in (("SOURCE", source, ~problem.target), ("TARGET", target, problem.target)):
        missing = 100 * problem.X[rows].isna().to_numpy().mean()
        size = f"{count(len(table), 'row')}, {count(table.shape[1], 'column')}"
        say(f"{role} {size}; {missing:.1f} % missing in the shared ones")
    differences = column_differences(problem)
    rows = [
        [name, measure, f"{difference:.3f}", f"{100 * source:.1f} %", f"{100 * target:.1f} %"]
        for name, measure, difference, source, target in differences[:MOST]
    ]
    header = ["column", "measure", "difference", "missing in SOURCE", "missing in TARGET"]
    say(count(len(differences), "shared column"))
    listed = f"{len(rows)} of {len(differences)} columns, " if len(rows) < len(differences) else ""
    for line in [
        *distance_words(found.distance, labeled),
        f"kind of shift: {headline(found)}",
        *textwrap.wrap(first_advice(found), WIDTH, initial_indent="advice: ", subsequent_indent=" " * 8),
        "",
        f"the columns that differ most ({listed}0 = alike, 1 = apart)",
        *table_lines(header, rows),
    ]:
        say(line)
    if options.html is not None:
        write_page(options.html, found)
        say(f"page: {options.html}")


def first_advice(found):
    """What of a report's suggestion to read first: what to mend, and which methods, without the marks of code."""
    return " ".join([*found.remarks, found.method]).replace("`", "")


def domain_report(problem, options):
    """The :class:`~sktl.inspection.DomainReport` of two tables."""
    y = None if problem.labels is None else decoded(problem)
    return DomainReport.from_data(
        problem.X, y, problem.target, n_jobs=options.n_jobs, random_state=options.seed % 2**31
    )


def decoded(problem):
    """Labels as they are in the tables, None where they are missing; numbers stay numbers in a regression."""
    if problem.labels.classes is None:
        return problem.y
    known = ~np.isnan(problem.y)
    labels = np.full(len(known), None, dtype=object)
    labels[known] = problem.labels.decode(problem.y[known])
    return labels
