"""The arguments of all commands. Nothing heavy is imported for them: a mistake in a command is said at once."""

import argparse
import os
import sys

import sktl
from sktl._files import check_table_file
from sktl._words import did_you_mean
from sktl.exceptions import InputError

#: Names of :data:`sktl.comparison.METHODS` and ``METRICS``, which take seconds to import; a test holds them equal.
METHODS = (
    "source-only", "source-trees", "given", "kmm", "tca", "scaled", "coral", "votes", "target-only", "target-trees",
    "pooled", "pooled-trees", "corrected", "recalibrated", "offset", "augmented", "tradaboost",
)  # fmt: skip
METRICS = ("accuracy", "balanced_accuracy", "roc_auc", "f1", "log_loss", "r2", "mae", "rmse")
EXAMPLES = """examples:
  sktl                                               the demonstration: handwritten digits of two origins
  sktl compare 2023.csv 2024.csv --label churned     which model for the rows of 2024?
  sktl compare a.parquet b.parquet --label price --out predictions.csv
  sktl compare a.csv b.csv --label price --save m.skops; sktl predict m.skops new.csv --out p.csv
  sktl compare 2021.csv 2022.csv 2023.csv 2024.csv --label churned      several sources, the last is the target
  sktl compare all.csv --domain site --target VA --label ill
  sktl compare all.csv --time day --from 2012-01 --label sales --json result.json
  sktl plan a.csv b.csv --label price --out rows.csv which rows of b.csv to label next?
  sktl report 2023.csv 2024.csv                      how far apart are the tables?
  sktl report 2023.csv 2024.csv --html page.html     ... and in which way? what to try first?
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        raise InputError(f"{message} (see {self.prog} --help)")  # argparse would print its usage above it


def checked(argv):
    """Read the arguments; of an option "=--" argparse makes no value at all."""
    argv = sys.argv[1:] if argv is None else list(argv)
    bare = [arg.removesuffix("=--") for arg in argv if arg.startswith("--") and arg.endswith("=--")]
    if bare:
        raise InputError(f"argument {bare[0]}: expected a value; got '--'")
    return argv


def parser(runs):
    """Build the parser of all commands and their options; ``runs`` has the function of each command."""
    main = Parser(
        prog="sktl",
        usage="sktl [-h] [--version] [COMMAND ...]",
        description="Learn from one table, predict another: measure how far apart they are, and adapt.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    main.add_argument("--version", action="version", version=f"sktl {sktl.__version__}")
    commands = main.add_subparsers(title="commands (plain `sktl` is `sktl demo`)", metavar="COMMAND", prog="sktl")
    _add_compare(commands).set_defaults(run=runs["compare"])
    _add_predict(commands).set_defaults(run=runs["predict"])
    _add_plan(commands).set_defaults(run=runs["plan"])
    _add_report(commands).set_defaults(run=runs["report"])
    demo = commands.add_parser(
        "demo", help="a story: methods compared on handwritten digits of two origins", parents=[_common_arguments()]
    )
    demo.set_defaults(run=runs["demo"])
    main.set_defaults(run=runs["demo"], seed=0, n_jobs=1, verbose=False)
    return main


def _common_arguments():
    """Build the options of every command."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--seed", type=_seed, default=0, help="random seed (default 0)")
    common.add_argument("--n-jobs", type=_n_jobs, default=1, help="processes to use; -1: one per core (default 1)")
    common.add_argument("-v", "--verbose", action="store_true", help="show progress even if stderr is no terminal")
    return common


def _table_arguments():
    """Build the arguments of the commands that take tables."""
    tables = argparse.ArgumentParser(add_help=False)
    add = tables.add_argument
    add(
        "tables",
        nargs="+",
        metavar="TABLE",
        help="CSV or parquet files, with a header: SOURCE to learn from (or several) and, last, TARGET to predict; or "
        "one file, cut by --domain or --time",
    )
    add("--domain", metavar="COL", help="of one file: a column that names each row's domain")
    add("--target", metavar="VALUE", help="with --domain: the value of the rows to predict; others name sources")
    add("--time", metavar="COL", help="of one file: a column of dates or numbers; earlier rows are the source")
    add("--from", dest="start", metavar="START", help="with --time: where the rows to predict begin, such as 2012-01")
    add("--drop", action="append", default=[], metavar="COL", help="leave a column out; repeat for more")
    add(
        "--keep",
        action="append",
        default=[],
        metavar="COL",
        help="use a column that looks like an identifier",
    )
    return tables


def _page_arguments():
    """Build the arguments of the commands that write a page."""
    pages = argparse.ArgumentParser(add_help=False, parents=[_table_arguments()])
    add = pages.add_argument
    add("--quick", action="store_true", help="look at 1,000 rows of each table; the final model learns from all")
    add(
        "--html",
        metavar="PAGE",
        help="also write an HTML page: what was found, pictures, all of the evidence",
    )
    add("--json", metavar="FILE", help="also write all figures for a program")
    return pages


def _add_compare(commands):
    """Add ``sktl compare``."""
    compare = commands.add_parser(
        "compare",
        help="try methods that learn from SOURCE and predict TARGET, and choose one",
        description="Measure how far apart two tables are, fit every applicable method, score it, and choose one.",
        epilog="Gains are over the baseline: the better of a linear model and boosted trees by cross-validation on "
        "SOURCE. The other methods end in the same kind of model. A method is chosen only if its gain is "
        "more than chance explains (one-sided t-test over the scored rows, 5 % over all methods tried). Where TARGET "
        "has no labels, methods are scored by circular validation: a model fitted on SOURCE labels TARGET, a second "
        "model fitted on those labels predicts rows of SOURCE that neither has seen, and these predictions are scored. "
        "If several methods gain, the one whose predictions of TARGET agree most with those of all methods is chosen. "
        "The choice looks at 2,500 rows of each table at most; the final model learns from all. Exit code: 0 with a "
        "usable model, 3 with none, 2 where the input can't be worked with.",
        parents=[_page_arguments(), _common_arguments()],
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
        type=_methods,
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
    return compare


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
    return predict


def _add_plan(commands):
    """Add ``sktl plan``."""
    plan = commands.add_parser(
        "plan",
        help="which rows of TARGET to label next, to know a model's score there or to improve it",
        parents=[_table_arguments(), _common_arguments()],
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
    return plan


def _add_report(commands):
    """Add ``sktl report``."""
    report = commands.add_parser(
        "report",
        help="measure how far apart two tables are, and which columns differ",
        parents=[_page_arguments(), _common_arguments()],
    )
    report.add_argument(
        "--label", metavar="COL", help="the label: left out of the distances, used to judge the kind of shift"
    )
    return report


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


def _methods(text):
    """Check names of methods, separated by commas."""
    # where the comparison is imported already, a caller may have added methods of his own
    known = getattr(sys.modules.get("sktl.comparison"), "METHODS", METHODS)
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known] or ([] if wanted else [""])
    if unknown:
        hint, names = did_you_mean(unknown[0], known), ", ".join(known)
        raise InputError(f"--methods {text!r}: no method is called {unknown[0]!r}; choose from {names}.{hint}")
    return text


def check_tables(options):
    """Refuse tables and cuts that don't fit together, or files that are none, before anything heavy is imported."""
    cut = [option for option in ("domain", "target", "time", "start") if getattr(options, option) is not None]
    paths = options.tables
    if len(paths) == 1 and cut not in (["domain", "target"], ["time", "start"]):
        raise InputError(
            f"{paths[0]!r} alone: name SOURCE and TARGET, or cut one table by --domain COL --target VALUE, or by "
            "--time COL --from START."
        )
    if len(paths) > 1 and cut:
        raise InputError(
            f"--{cut[0].replace('start', 'from')} cuts one table; got {len(paths)}. Name one, or leave it out."
        )
    for path, role in zip(paths, roles(paths), strict=True):
        check_table_file(path, role)


def roles(paths):
    """What messages call each table."""
    if len(paths) == 1:
        return ["TABLE"]
    return [*(["SOURCE"] if len(paths) == 2 else map(os.path.basename, paths[:-1])), "TARGET"]
