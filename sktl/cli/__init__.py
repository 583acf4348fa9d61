"""The command line: two tables in, a measured and adapted model out. ``sktl --help`` says how."""

import os
import signal
import sys

from sktl.cli._arguments import check_tables, checked, parser, roles
from sktl.cli._streams import Output, complain, to_nowhere
from sktl.exceptions import InputError, MissingExtraError

__all__ = ["main"]


def main(argv=None):
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        The arguments; None means those of the process.

    Returns
    -------
    int
        Exit status: 0; 3 if no model is usable; 2 for input that can't be worked with; 130 if interrupted; 141 if
        nobody reads the output.
    """
    status = 130
    try:
        status = _run(argv)
    except KeyboardInterrupt:
        if argv is None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough: what follows is short
        complain("interrupted")
    if argv is None:  # the process ends here: from now on an interruption has nothing to say
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return status


def _run(argv):
    """Run the command line and tell its exit status; what it wrote has left the process then."""
    out = Output()
    try:
        options = parser(RUNS).parse_args(checked(argv))
        try:
            status = options.run(options, out)
        finally:
            if options.n_jobs != 1:
                _stop_workers()
    except (InputError, MissingExtraError) as error:
        complain(f"error: {' '.join(str(error).split())}")
        return 2
    except BrokenPipeError:  # as of `sktl ... | head`
        to_nowhere(sys.stdout)
        return 141
    return out.close() or status


def _stop_workers():
    """End the processes that joblib keeps for later, which would outlive this one."""
    if "joblib" in sys.modules:
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True, kill_workers=True)


# --- the commands ---


def run_compare(options, say):
    """Compare methods on the files; 3 if no model is usable."""
    _check_paths(options, {"--out": options.out, "--save": options.save} | _pages(options))
    source, target = _read(options)
    from sktl.cli import _compare

    return 0 if _compare.run(source, target, options, say, _progress(options)).usable else 3


def run_plan(options, say):
    """Write which rows to label next."""
    _check_paths(options, {"--out": options.out})
    source, target = _read(options)
    from sktl.cli._plan import plan

    plan(source, target, options, say)
    return 0


def run_report(options, say):
    """Report the distances between the files."""
    _check_paths(options, _pages(options))
    source, target = _read(options)
    from sktl.cli._report import report

    report(source, target, options, say, _progress(options))
    return 0


def _pages(options):
    """Files that ``compare`` and ``report`` may write, by their options."""
    return {"--html": options.html, "--json": options.json}


def _check_paths(options, more):
    """Refuse tables that can't be read, and files that can't be written, before anything heavy is imported."""
    from sktl.cli._output import check_place

    check_tables(options)
    for option, path in more.items():
        if path is not None:
            check_place(option, path, options.tables)


def run_predict(options, say):
    """Predict a new table by a saved model."""
    from sktl._files import check_table_file
    from sktl.cli._output import check_place, write_predictions

    check_table_file(options.new, "NEW")
    check_place("--out", options.out, (options.model, options.new))
    from sktl.comparison import SavedModel, read_table

    model = SavedModel.load(options.model)
    table = read_table(options.new, "NEW", min_rows=1)
    if options.id is not None and options.id not in table:
        raise InputError(f"--id {options.id}: NEW has no such column.")
    beside = {} if options.id is None else {options.id: table[options.id].to_numpy()}
    X, notes = model.read(table.drop(columns=list(beside)) if options.id not in model.columns.names else table)
    for note in notes if model.record["usable"] else [*notes, "the comparison found no usable model: this one neither"]:
        complain(note)
    columns = model.file_columns(X, options.interval, options.proba)
    write_predictions(options.out, range(len(X)), beside | columns)
    say(f"predictions of {len(X)} rows by {model.record['method']}: {options.out}")
    return 0


def run_demo(options, say):
    """Tell a story on handwritten digits of two origins."""
    from sktl._checks import import_extra
    from sktl.cli._demo import demo

    import_extra("pandas", "cli", "The command line")
    demo(options, say, _progress(options))
    return 0


def _read(options):
    """Read the tables of ``compare`` and ``report``: source (a dict of several) and target."""
    progress, paths = _progress(options), options.tables
    progress(f"reading {len(paths)} table{'' if len(paths) == 1 else 's'}")
    from sktl.comparison import read_table, split_by_domain, split_by_time

    tables = [read_table(path, role) for path, role in zip(paths, roles(paths), strict=True)]
    if len(tables) == 1:
        how = (split_by_domain, options.domain, options.target)
        cut, *words = how if options.domain is not None else (split_by_time, options.time, options.start)
        source, target, notes = cut(tables[0], *words)
        for note in notes:
            complain(note)
        return source, target
    if any(os.path.samefile(path, paths[-1]) for path in paths[:-1]):  # by whatever path or link
        complain("SOURCE and TARGET are the same file" if len(paths) == 2 else f"TARGET {paths[-1]!r} is a source too")
    if len(tables) == 2:
        return tables
    names = [os.path.basename(path) for path in paths[:-1]]
    names = names if len(set(names)) == len(names) else paths[:-1]
    if len(set(names)) < len(names):
        raise InputError(f"A source is named twice: {', '.join(map(repr, names))}.")
    return dict(zip(names, tables, strict=False)), tables[-1]


def _progress(options):
    """Choose where lines of progress go: to stderr if someone is watching."""
    # a pipe of stdout gets the result alone
    return complain if options.verbose or sys.stderr.isatty() else lambda line: None


RUNS = {"compare": run_compare, "predict": run_predict, "plan": run_plan, "report": run_report, "demo": run_demo}
