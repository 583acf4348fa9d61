"""``sktl report``: print how far apart two tables are, in which way, and by which columns."""

import textwrap

from sktl.cli._output import WIDTH, write_page
from sktl.cli._streams import complain
from sktl.comparison import report_tables
from sktl.inspection.report import distance_words, table_lines

MOST = 5  # columns that are listed


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
    progress("measuring the distance between the tables, and looking for the kind of shift")
    found, notes = report_tables(
        source, target, options.label, drop=options.drop, n_jobs=options.n_jobs, random_state=options.seed
    )
    for note in notes:
        complain(note)
    for role, table in (("SOURCE", source), ("TARGET", target)):
        # a mean over columns of shares, as all columns have the same rows
        missing = [100 * vars(row)[f"missing_{role.lower()}"] for row in found.features]
        size = f"{len(table)} rows, {table.shape[1]} column{'' if table.shape[1] == 1 else 's'}"
        say(f"{role} {size}; {sum(missing) / len(missing):.1f} % missing in the shared columns")
    rows = [
        [row.feature, row.measure, f"{row.difference:.3f}", *(f"{100 * share:.1f} %" for share in _missing(row))]
        for row in found.features[:MOST]
    ]
    header = ["column", "measure", "difference", "missing in SOURCE", "missing in TARGET"]
    n = len(found.features)
    say(f"{n} shared column{'' if n == 1 else 's'}")
    listed = f"{len(rows)} of {n} columns, " if len(rows) < n else ""
    for line in [
        *distance_words(found.distance),
        f"kind of shift: {found.headline}",
        *textwrap.wrap(first_advice(found), WIDTH, initial_indent="advice: ", subsequent_indent=" " * 8),
        "",
        f"the columns that differ most ({listed}0 = alike, 1 = apart)",
        *table_lines(header, rows),
    ]:
        say(line)
    if options.html is not None:
        write_page(options.html, found)
        say(f"page: {options.html}")


def _missing(row):
    return row.missing_source, row.missing_target


def first_advice(found):
    """What of a report's suggestion to read first: what to mend, and which methods, without the marks of code."""
    return " ".join([*found.remarks, found.method]).replace("`", "")
