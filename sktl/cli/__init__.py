"""The command line: two tables in, a measured and adapted model out. ``sktl --help`` says how."""

import argparse
import os
import signal
import sys

import sktl
from sktl.cli._streams import Output, complain, to_nowhere
from sktl.exceptions import InputError, MissingExtraError

__all__ = ["main"]

EXAMPLES = """examples:
  sktl                                               the demonstration: handwritten digits of two origins
  sktl compare 2023.csv 2024.csv --label churned     which model for the rows of 2024?
  sktl compare a.parquet b.parquet --label price --out predictions.csv
  sktl compare a.csv b.csv --label price --save m.skops; sktl predict m.skops new.csv --out p.csv
  sktl plan a.csv b.csv --label price --out rows.csv which rows of b.csv to label next?
  sktl report 2023.csv 2024.csv                      how far apart are the tables?
  sktl report 2023.csv 2024.csv --html page.html     ... and in which way? what to try first?
"""


def main(argv=None):
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        The arguments; None means those of the process.

    Returns
    -------
    int
        Exit status: 0, 2 for input that can't be worked with, 130 if interrupted, 141 if nobody reads the output.
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
        options = _parser().parse_args(_checked(argv))
        try:
            options.run(options, out)
        finally:
            if options.n_jobs != 1:
                _stop_workers()
    except (InputError, MissingExtraError) as error:
        complain(f"error: {' '.join(str(error).split())}")
        return 2
    except BrokenPipeError:  # as of `sktl ... | head`
        to_nowhere(sys.stdout)
        return 141
    return out.close()


def _stop_workers():
    """End the processes that joblib keeps for later, which would outlive this one."""
    if "joblib" in sys.modules:
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True, kill_workers=True)


# --- the commands ---


def run_compare(options, say):
    """Compare methods on two files."""
    from sktl.cli import _compare
    from sktl.cli._output import check_html, check_out, check_save
    from sktl.comparison import select_methods

    select_methods(options.methods)
    if options.out is not None:
        check_out(options.out, (options.source, options.target))
    if options.save is not None:
        check_save(options.save, (options.source, options.target))
    if options.html is not None:
        check_html(options.html, (options.source, options.target))
    _compare.run(*_read_both(options), options, say, _progress(options))


def run_plan(options, say):
    """Write which rows to label next."""
    from sktl.cli._output import check_out
    from sktl.cli._plan import plan

    check_out(options.out, (options.source, options.target))
    plan(*_read_both(options), options, say)


def run_report(options, say):
    """Report the distances between two files."""
    from sktl.cli._output import check_html
    from sktl.cli._report import report

    if options.html is not None:
        check_html(options.html, (options.source, options.target))
    report(*_read_both(options), options, say, _progress(options))


def run_predict(options, say):
    """Predict a new table by a saved model."""
    from sktl.cli._output import check_out, write_predictions
    from sktl.comparison import SavedModel, read_table

    check_out(options.out, (options.model, options.new))
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


def run_demo(options, say):
    """Tell a story on handwritten digits of two origins."""
    from sktl._checks import import_extra
    from sktl.cli._demo import demo

    import_extra("pandas", "cli", "The command line")
    demo(options, say, _progress(options))


def _read_both(options):
    """Read the two tables of ``compare`` and ``report``."""
    from sktl.comparison import read_table

    tables = read_table(options.source, "SOURCE"), read_table(options.target, "TARGET")
    if os.path.samefile(options.source, options.target):  # by whatever path or link
        complain("SOURCE and TARGET are the same file")
    return tables


def _progress(options):
    """Choose where lines of progress go: to stderr if someone is watching."""
    # a pipe of stdout gets the result alone
    return complain if options.verbose or sys.stderr.isatty() else lambda line: None


# --- the arguments ---


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        raise InputError(f"{message} (see {self.prog} --help)")  # argparse would print its usage above it


def _checked(argv):
    """Read the arguments; of an option "=--" argparse makes no value at all."""
    argv = sys.argv[1:] if argv is None else list(argv)
    bare = [arg.removesuffix("=--") for arg in argv if arg.startswith("--") and arg.endswith("=--")]
    if bare:
        raise InputError(f"argument {bare[0]}: expected a value; got '--'")
    return argv


def _parser():
    """Build the parser of all commands and their options."""
    parser = _Parser(
        prog="sktl",
        usage="sktl [-h] [--version] [COMMAND ...]",
        description="Learn from one table, predict another: measure how far apart they are, and adapt.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sktl {sktl.__version__}")
    commands = parser.add_subparsers(title="commands (plain `sktl` is `sktl demo`)", metavar="COMMAND", prog="sktl")
    _add_compare(commands)
    _add_predict(commands)
    _add_plan(commands)
    _add_report(commands)
    demo = commands.add_parser(
        "demo", help="a story: methods compared on handwritten digits of two origins", parents=[_common_arguments()]
    )
    demo.set_defaults(run=run_demo)
    parser.set_defaults(run=run_demo, seed=0, n_jobs=1, verbose=False)
    return parser


def _common_arguments():
    """Build the options of every command."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--seed", type=_seed, default=0, help="random seed (default 0)")
    common.add_argument("--n-jobs", type=_n_jobs, default=1, help="processes to use; -1: one per core (default 1)")
    common.add_argument("-v", "--verbose", action="store_true", help="show progress even if stderr is no terminal")
    return common


def _two_tables():
    """Build the arguments that name two tables."""
    tables = argparse.ArgumentParser(add_help=False)
    tables.add_argument("source", metavar="SOURCE", help="CSV or parquet file, with a header: the table to learn from")
    tables.add_argument("target", metavar="TARGET", help="CSV or parquet file: the table to predict")
    tables.add_argument(
        "--drop", action="append", default=[], metavar="COL", help="leave a column out (an identifier); repeat for more"
    )
    return tables


def _table_arguments():
    """Build the arguments of the commands that take two tables and write a page."""
    tables = argparse.ArgumentParser(add_help=False, parents=[_two_tables()])
    tables.add_argument(
        "--html",
        metavar="PAGE",
        help="also write an HTML page: the kind of shift, all of the evidence, and what to try first",
    )
    return tables


def _add_compare(commands):
    """Add ``sktl compare``."""
    from sktl.comparison import METHODS, METRICS

    compare = commands.add_parser(
        "compare",
        help="try methods that learn from SOURCE and predict TARGET, and choose one",
        description="Measure how far apart two tables are, fit every applicable method, score it, and choose one.",
        epilog="Gains are over the baseline: the better of a linear model and boosted trees by cross-validation on "
        "SOURCE. The other methods end in the same kind of model. A method is chosen only if its gain is "
        "more than chance explains (one-sided t-test over the scored rows, 5 % over all methods tried). Where TARGET "
        "has no labels, methods are scored by circular validation: a model fitted on SOURCE labels TARGET, a second "
        "model fitted on those labels predicts rows of SOURCE that neither has seen, and these predictions are scored. "
        "If several methods gain, the one whose predictions of TARGET agree most with those of all methods is chosen.",
        parents=[_table_arguments(), _common_arguments()],
    )
    add = compare.add_argument
    add(
        "--label",
        required=True,
        metavar="COL",
        help="the column to predict; in TARGET it may be absent or partly empty",
    )
    add(
        "--task",
        choices=("auto", "classification", "regression"),
        default="auto",
        help="default: inferred from the labels",
    )
    add(
        "--methods",
        metavar="A,B",
        help=f"methods to try (default: all that apply, except the slow votes): {', '.join(METHODS)}",
    )
    add(
        "--target-labels",
        choices=("auto", "hide", "use"),
        default="auto",
        help="hide: use TARGET's labels only to score; use: also learn from them, cross-validated; "
        "auto (default): hide if all rows have a label, use if only some have",
    )
    add(
        "--metric",
        choices=tuple(METRICS),
        help="what methods are ranked by (default: R2; accuracy, or where the rarest class is under 20 %% balanced "
        "accuracy)",
    )
    add("--out", metavar="FILE", help="write the chosen model's predictions of TARGET (CSV or parquet)")
    add("--save", metavar="MODEL", help="write the chosen model with its columns (.skops), for `sktl predict`")
    add(
        "--source-model",
        metavar="MODEL",
        help="a fitted model of the source (.skops; a pickle with --trust-pickle): the baseline, which target labels "
        "correct",
    )
    add("--trust-pickle", action="store_true", help="load --source-model from a pickle, which can run any code")
    compare.set_defaults(run=run_compare)


def _add_predict(commands):
    """Add ``sktl predict``."""
    predict = commands.add_parser(
        "predict", help="predict a new table by a model that `sktl compare --save` wrote", parents=[_common_arguments()]
    )
    add = predict.add_argument
    add("model", metavar="MODEL", help="the .skops file; only classes of sktl and scikit-learn are loaded from it")
    add("new", metavar="NEW", help="CSV or parquet file, with a header: the table to predict")
    add("--out", required=True, metavar="FILE", help="write the predictions (CSV or parquet)")
    add("--id", metavar="COL", help="a column of NEW to write beside the predictions")
    add("--proba", action="store_true", help="write the probabilities of the classes too")
    add(
        "--interval",
        type=_share,
        metavar="SHARE",
        help="write the ends of intervals that hold this share of the numbers, such as .9",
    )
    predict.set_defaults(run=run_predict)


def _add_plan(commands):
    """Add ``sktl plan``."""
    plan = commands.add_parser(
        "plan",
        help="which rows of TARGET to label next, to know a model's score there or to improve it",
        parents=[_two_tables(), _common_arguments()],
    )
    add = plan.add_argument
    add("--label", required=True, metavar="COL", help="the column to predict")
    add("--out", required=True, metavar="FILE", help="write the rows' numbers (CSV or parquet), from 0")
    add("--n", type=_whole, default=20, metavar="N", help="rows to label (default 20)")
    add(
        "--purpose",
        choices=("score", "model"),
        default="score",
        help="score (default): rows drawn by chance, with their inclusion probabilities, for an unbiased score; model: "
        "uncertain rows in dense places",
    )
    add("--id", metavar="COL", help="a column of TARGET to write beside the rows' numbers")
    add("--task", choices=("auto", "classification", "regression"), default="auto", help="default: from the labels")
    plan.set_defaults(run=run_plan)


def _add_report(commands):
    """Add ``sktl report``."""
    report = commands.add_parser(
        "report",
        help="measure how far apart two tables are, and which columns differ",
        parents=[_table_arguments(), _common_arguments()],
    )
    report.add_argument(
        "--label", metavar="COL", help="the label: left out of the distances, used to judge the kind of shift"
    )
    report.set_defaults(run=run_report)


def _seed(text):
    """Read a seed, a whole number from 0 to 2**32 - 1."""
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 2**32 - 1; got {text!r}")
    return int(text)


def _whole(text):
    """Read a whole number from 1 on."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on; got {text!r}")
    return int(text)


def _share(text):
    """Read a share, a number above 0 and up to .99."""
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 0.99:
        raise argparse.ArgumentTypeError(f"must be a number above 0, at most .99; got {text!r}")
    return share


def _n_jobs(text):
    """Read a number of processes, any whole number but 0; more than there are cores would wait for each other."""
    if not text.removeprefix("-").isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number other than 0; got {text!r}")
    return min(int(text), os.cpu_count() or 1)
