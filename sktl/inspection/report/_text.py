"""A report as text, and the cells that its tables share with the page."""

import math
import textwrap

from sktl._checks import InstanceOf, checked
from sktl.inspection.report._evidence import FEW_EFFECTIVE
from sktl.inspection.report._kinds import KINDS, SOME_EFFECTIVE

WIDTH = 100
N_MAIN = 7  # cells of a column that every report has
SHOWN = 10  # columns, and sources, that are listed
FLOOR_KEY = "Noise floor: in 95 % of draws two random halves of the source are closer than this."
TELLS = 0.05  # p-value of the domain classifier from which on its coefficients tell nothing


def printable(line):
    """A line with its control characters escaped: names come from files, and a terminal obeys what they hold."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)


def number(value, digits=3):
    """A figure for a table: "-" where there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def pvalue(value):
    """A p-value for a table."""
    if math.isnan(value):
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def percent(value):
    """A share for a table."""
    return f"{100 * value:.1f} %"


def is_figure(cell):
    """Whether a cell holds a figure, or stands for one that there is none of."""
    return cell == "-" or cell.lstrip("+-< ")[:1].isdigit()


def short(name, most=24):
    """A name that fits beside an axis: its middle left out, since the ends of names tell them apart."""
    if len(name) <= most:
        return name
    end = (most - 1) // 2
    return f"{name[: most - 1 - end]}…{name[-end:]}"


def distance_cells(report):
    """Header and rows of the distances."""
    distance = report.distance
    header = ["distance", "source to target", "noise floor", "p-value", "range"]
    kernel = [number(distance.mmd, 4), number(distance.floor, 4), pvalue(distance.kernel_test.pvalue)]
    classifier = [number(distance.proxy_a, 2), number(distance.proxy_a_floor, 2)]
    return header, [
        ["MMD^2", *kernel, "0 = alike (or below), 2 = apart"],
        ["proxy A-distance", *classifier, pvalue(distance.classifier_test.pvalue), "0 = alike, 2 = apart"],
    ]


def question_cells(report):
    """Header and rows of the tests."""
    header = ["question", "answer", "statistic", "value", "p-value"]
    return header, [
        [q.question, q.answer, _measure(q), number(q.statistic, 4), pvalue(q.pvalue)] for q in report.questions
    ]


def _measure(question):
    """What the statistic is, and that no test belongs to it where none does."""
    untested = math.isnan(question.pvalue) and not math.isnan(question.statistic)
    return f"{question.measure}{', no test' if untested else ''}"


def feature_cells(report, most=None):
    """Header and rows of the columns; of missing and of new values only where there are some."""
    rows = report.features[:most]
    told = report.distance.classifier_test.pvalue <= TELLS
    header = ["column", "measure", "difference", "adj. p", "mean shift", "scale ratio", "importance"]
    parts = [
        [row.feature for row in rows],
        [row.measure for row in rows],
        [number(row.difference) for row in rows],
        [pvalue(row.adjusted_pvalue) for row in rows],
        [number(row.mean_shift, 2) for row in rows],
        [number(row.scale_ratio, 2) for row in rows],
        [percent(row.importance) if told else "-" for row in rows],
    ]
    if has_missing(report):
        header += ["missing in source", "in target", "adj. p (missing)"]
        parts += [[percent(row.missing_source) for row in rows], [percent(row.missing_target) for row in rows]]
        parts.append([pvalue(row.missing_adjusted_pvalue) for row in rows])
    if has_unseen(report):
        header.append("unseen")
        parts.append([percent(row.unseen) for row in rows])
    return header, [list(row) for row in zip(*parts, strict=True)]


def has_missing(report):
    """Whether a value is missing in any column."""
    return any(row.missing_source or row.missing_target for row in report.features)


def has_unseen(report):
    """Whether a text of the target never occurs in the source."""
    return any(row.unseen for row in report.features)


def source_cells(report):
    """Header and rows of the sources."""
    header = ["source", "rows", "MMD^2", "proxy A-distance"]
    rows = report.sources[:SHOWN]
    return header, [[row.source, str(row.n_rows), number(row.mmd, 4), number(row.proxy_a, 2)] for row in rows]


def sources_words(report):
    """How the sources are listed, and how many are not."""
    left = len(report.sources) - SHOWN
    more = f" (and {left} more, see `sources`)" if left > 0 else ""
    few = sum(math.isnan(row.mmd) for row in report.sources)
    words = f"{len(report.sources)} sources, the nearest first{more}."
    if few:
        words += f" {few} of them have fewer than 10 rows, so no distance: does sample_domain hold names of domains?"
    return words


def share_cells(report):
    """Header and rows of the class shares; estimates only where they may hold."""
    shares = report.shares
    header, estimates = ["class", "source"], [shares.source]
    if shares_hold(report):
        header, estimates = [*header, "target by MLLS", "target by BBSE"], [*estimates, shares.mlls, shares.bbse]
    if shares.counted is not None:
        header, estimates = [*header, "target counted"], [*estimates, shares.counted]
    return header, [
        [str(name), *("-" if part is None else percent(part[j]) for part in estimates)]
        for j, name in enumerate(shares.classes)
    ]


def shares_hold(report):
    """Whether class shares that are estimated without labels may hold: they rest on label shift."""
    return "label" in report.kind or report.kind == "none"


def shares_words(report):
    """Where the class shares come from."""
    if shares_hold(report):
        return "MLLS and BBSE estimate the class shares of the target without its labels; they assume label shift."
    return "Estimated class shares of the target are left out: they assume label shift, which was not found."


def headline(report):
    """The kind of shift, and columns that no model can use, in a few words."""
    words = KINDS[report.kind]
    if report.empty:
        names = ", ".join(short(name) for name in report.empty[:2]) + (", ..." if len(report.empty) > 2 else "")
        words += f" (left out, since empty in one domain: {names})"
    return words


def columns_key(report):
    """What the headers of the columns' table mean."""
    words = (
        "Difference: 0 = alike, 1 = apart (KS: Kolmogorov-Smirnov). adj. p: adjusted for the number of columns (Holm). "
        "Mean shift: target minus source, in standard deviations of the source; scale ratio: the target's standard "
        "deviation over the source's. Importance: the column's share of the coefficients of a linear classifier that "
        "tells the domains apart (- where it can't)."
    )
    if has_missing(report):
        words += " Missing: share of rows without a value, in the source and in the target."
    if has_unseen(report):
        words += " Unseen: share of the target's values that never occur in the source."
    return words


def effective_words(report):
    """What weights would leave of the source."""
    share = report.effective_sample_size / report.n_source
    return (
        f"With density-ratio weights the effective sample size of the {report.n_source} source rows would be "
        f"{report.effective_sample_size:.0f} ({100 * share:.0f} %): {_judged(share)}. The source covers about "
        f"{100 * report.overlap:.0f} % of the target."
    )


def _judged(share):
    """What an effective share means."""
    if share >= 0.8:
        return "weights would cost little, and change little"
    if share >= SOME_EFFECTIVE:
        return "weights would cost some precision"
    if share >= FEW_EFFECTIVE:
        return "weights would cost most of the precision"
    return "too few to rely on"


def rows_words(report):
    """How many rows there are."""
    labels = f"{report.n_target_labeled} of them with a label"
    return f"{report.n_source} source rows, {report.n_target} target rows ({labels}), {len(report.features)} columns"


def text(report):
    """The whole report as text."""
    lines = [*_paragraph(f"{headline(report)}: {rows_words(report)}"), "", *_paragraph(report.suggestion), ""]
    lines += [*_paragraph(report.lost), ""] if report.lost else []
    lines += [*table_lines(*distance_cells(report)), FLOOR_KEY, "", *_questions(report), ""]
    lines += [*_features(report)]
    if len(report.features) > SHOWN:
        lines.append(f"and {len(report.features) - SHOWN} more: to_frame() has all")
    lines += ["", *_paragraph(columns_key(report))]
    if len(report.sources) > 1:
        lines += ["", *table_lines(*source_cells(report)), *_paragraph(sources_words(report))]
    if report.shares is not None:
        lines += ["", *table_lines(*share_cells(report)), *_paragraph(shares_words(report))]
    lines += ["", *_paragraph(effective_words(report)), *_paragraph(report.limits)]
    lines += [line for note in report.notes for line in _paragraph(f"note: {note}")]
    return "\n".join(map(printable, lines))


def _paragraph(words):
    return textwrap.wrap(words, WIDTH)


def _features(report):
    """The columns, and in a table of its own, for the lines are long enough, what of them is missing or new."""
    header, rows = feature_cells(report, SHOWN)
    rows = [[short(name), *others] for name, *others in rows]
    yield from table_lines(header[:N_MAIN], [row[:N_MAIN] for row in rows])
    if len(header) > N_MAIN:
        yield ""
        yield from table_lines([header[0], *header[N_MAIN:]], [[row[0], *row[N_MAIN:]] for row in rows])


def _questions(report):
    """Two lines a question."""
    for q in report.questions:
        found = "" if math.isnan(q.statistic) else f" ({_measure(q)}: {number(q.statistic, 4)}{_chance(q.pvalue)})"
        yield q.question
        yield f"    {q.answer}{found}"


def _chance(value):
    """A p-value in a sentence."""
    words = pvalue(value)
    return "" if words == "-" else f", p {words}" if words.startswith("<") else f", p = {words}"


@checked(header=(InstanceOf(list, noun="a list of heads"),))
def table_lines(header, rows):
    """Lay out a table of strings.

    Parameters
    ----------
    header : list of str
        Heads of the columns.
    rows : list of list of str
        Cells.

    Returns
    -------
    list of str
        Lines: the first column and words to the left, figures to the right.

    Examples
    --------
    >>> from sktl.inspection.report import table_lines
    >>> table_lines(["method", "score"], [["tca", "0.7"], ["a constant", "-"]])
    ['method      score', 'tca           0.7', 'a constant      -']
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    left = [True, *(not any(map(is_figure, column)) for column in list(zip(*rows, strict=True))[1:])]
    lines = []
    for row in [header, *rows]:
        cells = zip(row, widths, left, strict=True)
        lines.append("  ".join(c.ljust(w) if is_left else c.rjust(w) for c, w, is_left in cells).rstrip())
    return lines
