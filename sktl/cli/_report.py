"""``sktl report``: how far apart two tables are, and by which columns."""

import sys

from sktl.cli._distance import column_differences, measure_distance
from sktl.cli._output import table_lines
from sktl.cli._problem import build_problem
from sktl.cli._words import InputError, count, did_you_mean

MOST = 5


def report(source, target, options, say, progress):
    """Print the distances between two frames, and the columns that differ most.

    Parameters
    ----------
    source, target : DataFrame
        The tables.
    options : Namespace
        ``label`` (left out of the distances, if not None), ``drop``, ``seed``, ``n_jobs``.
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
    distance = measure_distance(problem, options.seed, options.n_jobs)
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
        *distance.lines(),
        "",
        "the columns that differ most (0 = alike, 1 = apart)",
        *table_lines(header, rows),
    ]:
        say(line)
