"""``sktl report``: how far apart two tables are, and by which columns."""

import sys

import numpy as np

from sktl.cli._distance import column_differences, distance_lines
from sktl.cli._output import table_lines, write_page
from sktl.cli._problem import build_problem
from sktl.cli._words import InputError, count, did_you_mean
from sktl.inspection import DomainReport

MOST = 5


def report(source, target, options, say, progress):
    """Print the distances between two frames, and the columns that differ most.

    Parameters
    ----------
    source, target : DataFrame
        The tables.
    options : Namespace
        ``label`` (left out of the distances, if not None), ``drop``, ``html``, ``seed``, ``n_jobs``.
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
    for note in problem.notes:
        print(f"sktl: {note}", file=sys.stderr)
    progress("measuring the distance between the tables")
    distance = distance_lines(problem, options.seed, options.n_jobs)
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
    for line in [
        *distance,
        "",
        "the columns that differ most (0 = alike, 1 = apart)",
        *table_lines(header, rows),
    ]:
        say(line)
    if options.html is not None:
        progress("looking for the kind of shift")
        if options.label is not None and options.label in source:
            problem = build_problem(source, target, options.label, drop=options.drop)
        write_page(options.html, domain_report(problem, options))
        say(f"page: {options.html}")


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
