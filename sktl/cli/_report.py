"""``sktl report``: print how far apart two tables are, in which way, and by which columns."""

import textwrap

from sktl.cli._output import WIDTH, write_json, write_page
from sktl.cli._streams import complain
from sktl.comparison import report_record, report_tables
from sktl.inspection.report import distance_words, table_lines

QUICK = 1000  # rows of each table that --quick looks at
MOST = 5  # columns that are listed


def report(source, target, options, say, progress):
    """Print the distances between two frames, the kind of shift, and the columns that differ most.

    Parameters
    ----------
    source, target : DataFrame
        The tables.
    options : Namespace
        ``label`` (left out of the columns, if not None), ``drop``, ``keep``, ``quick``, ``html``, ``json``, ``seed``,
        ``n_jobs``.
    say : callable
        Takes each line of the result.
    progress : callable
        Takes each line of progress.
    """
    progress("measuring the distance between the tables, and looking for the kind of shift")
    found, notes = report_tables(
        source,
        target,
        options.label,
        drop=options.drop,
        keep=options.keep,
        max_rows=QUICK if options.quick else None,
        n_jobs=options.n_jobs,
        random_state=options.seed,
    )
    for note in notes:
        complain(note)
    parts = list(source.values()) if isinstance(source, dict) else [source]
    for role, tables in (("SOURCE", parts), ("TARGET", [target])):
        # a mean over columns of shares, as all columns have the same rows
        missing = [100 * vars(row)[f"missing_{role.lower()}"] for row in found.features]
        n_columns = len(set().union(*tables))
        size = f"{sum(map(len, tables))} rows, {n_columns} column{'' if n_columns == 1 else 's'}"
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
        *source_lines(found.sources),
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
    if options.json is not None:
        write_json(options.json, report_record(found, notes))
        say(f"figures: {options.json}")


def source_lines(sources):
    """The sources, the nearest first; nothing of one."""
    if len(sources) < 2:
        return []
    rows = [[str(row.source), str(row.n_rows), f"{row.mmd:.3f}", f"{row.proxy_a:.2f}"] for row in sources]
    return ["sources, the nearest first", *table_lines(["source", "rows", "MMD^2", "proxy A-distance"], rows), ""]


def _missing(row):
    return row.missing_source, row.missing_target


def first_advice(found):
    """What of a report's suggestion to read first: what to mend, and which methods, without the marks of code."""
    return " ".join([*found.remarks, found.method]).replace("`", "")
