"""A report as a page: one file, no network; by keyboard, by screen reader, light and dark, 360 pixels wide."""

import re
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from sktl.inspection.report import _text
from sktl.inspection.report._pictures import picture_of_differences

TITLE = "Domain report"


def _asset(name):
    """Text of a file beside this one."""
    return files("sktl.inspection.report").joinpath(name).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Lead:
    """What stands on top of a page, before any evidence.

    Parameters
    ----------
    title : str
        The one thing to know.
    tiles : list of (str, str, str)
        A few key figures: what it is, the figure, and a word on it.
    points : list of str
        What follows from them, one sentence or two each; `names` in backquotes are set as code.
    advice : bool, default=False
        Whether the report's own points follow under a heading of their own.

    Examples
    --------
    >>> from sktl.inspection.report import Lead
    >>> Lead("Use the plain model", [("accuracy", "0.81", "on 200 labels")], ["Nothing gained over it."]).title
    'Use the plain model'
    """

    title: str
    tiles: list
    points: list
    advice: bool = False


def lead_of(report):
    """Lead of a report alone: the kind of shift, how far apart, and what to try."""
    distance = report.distance
    tiles = [
        ("kind of shift", _text.KINDS[report.kind], _text.rows_words(report)),
        (
            "proxy A-distance",
            _text.number(distance.proxy_a, 2),
            f"0 = alike, 2 = apart; noise floor {_text.number(distance.proxy_a_floor, 2)}",
        ),
        ("covered", f"{100 * report.overlap:.0f} %", "share of the target near source rows"),
    ]
    points = [*report.points, *([report.lost] if report.lost else [])]
    return Lead(f"{TITLE}: {_text.headline(report)}", tiles, points)


def page(report, extra=(), lead=None):
    """A whole document; ``extra`` are further tables, (title, words, header, rows)."""
    title = lead_of(report).title if lead is None else lead.title
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n"
        "<style>body { margin: 0; } @media screen and (prefers-color-scheme: dark) { body { background: #15181c; } }"
        f"</style>\n</head>\n<body>\n<main>{section(report, extra, lead)}</main>\n</body>\n</html>\n"
    )


def section(report, extra=(), lead=None):
    """A report as a part of a page: its style and script know nothing of the rest."""
    lead = lead_of(report) if lead is None else lead
    parts = [
        f"<style>{_asset('_page.css')}</style>",
        f"<h1>{escape(lead.title)}</h1>",
        _tiles(lead.tiles),
        _points(lead.points, "suggestion"),
        *_pictures(report),
        *([f"<h2>About the shift</h2>{_points(report.points)}"] if lead.advice else []),
        *(_block(*block) for block in extra),
        *_evidence(report),
        _block("The columns", _text.columns_key(report), *_text.feature_cells(report)),
        *_rest(report),
        f"<script>{_asset('_page.js')}</script>",
    ]
    return f'<div class="sktl-report">{"".join(parts)}</div>'


def _tiles(tiles):
    """The key figures in large type."""
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(figure)}</dd><dd>{escape(words)}</dd></div>"
        for name, figure, words in tiles
    )
    return f'<dl class="tiles">{cells}</dl>' if tiles else ""


def _points(points, kind="points"):
    """Sentences as bullets, whose `names` are set as code."""
    items = "".join(f"<li>{_words(point)}</li>" for point in points)
    return f'<ul class="{kind}">{items}</ul>' if points else ""


def _evidence(report):
    """Distances and tests."""
    floor = (
        f"{_text.FLOOR_KEY} The p-value is how often chance alone makes two domains look this different (a kernel test "
        "over several widths; a test on the ranks of a linear classifier's scores)."
    )
    yield _block("How far apart", floor, *_text.distance_cells(report))
    yield _block("The evidence", "", *_text.question_cells(report))


def _pictures(report):
    """Pictures of the domains and of the columns that differ most."""
    pictures = [report.map, picture_of_differences(report.features), *report.pictures]
    figures = "".join(f"<figure>{p.svg}<figcaption>{escape(p.title)}</figcaption></figure>" for p in pictures)
    key = '<p><span class="key source"></span> source <span class="key target"></span> target</p>'
    yield f'<h2>How the domains look</h2>{key}<div class="figures">{figures}</div>'


def _rest(report):
    """Sources, class shares, and what the rows allow to conclude."""
    if len(report.sources) > 1:
        yield _block("The sources", _text.sources_words(report).replace("`", ""), *_text.source_cells(report))
    if report.shares is not None:
        yield _block("The class shares", _text.shares_words(report), *_text.share_cells(report))
    points = [*_sentences(_text.effective_words(report)), *_sentences(report.limits)]
    yield f"<h2>How far to trust this</h2>{_points(points)}"
    if report.notes:
        yield f"<h3>Notes</h3><ul>{''.join(f'<li>{escape(note)}</li>' for note in report.notes)}</ul>"


def _sentences(text):
    """A paragraph's sentences: a bullet is read faster."""
    return re.split(r"(?<=[.;]) (?=[A-Z])", text)


def _words(text):
    """A paragraph whose `names` are set as code."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))


def _block(title, words, header, rows):
    """A heading, words and a table whose headers sort it, cards on a phone; a column without a word is left out."""
    filled = [j for j, column in enumerate(zip(header, *rows, strict=True)) if any(column)]
    header, rows = [header[j] for j in filled], [[row[j] for j in filled] for row in rows]
    name = escape(title, quote=True)
    said = _points(words if isinstance(words, list) else _sentences(words)) if words else ""
    columns = list(zip(*rows, strict=True))[1:]
    kinds = ["words", *("figure" if any(map(_text.is_figure, column)) else "words" for column in columns)]
    head = "".join(
        f'<th scope="col" role="columnheader" class="{kind}" aria-sort="none"><button type="button">{escape(cell)}'
        "</button></th>"
        if cell
        else "<td></td>"
        for cell, kind in zip(header, kinds, strict=True)
    )
    body = "".join(f'<tr role="row">{_cells(header, row)}</tr>' for row in rows)
    return (
        f'<h2>{name}</h2>{said}<div class="scroll" role="region" aria-label="{name}" tabindex="0">'
        # the roles say again what the tags do: a table that is laid out as cards is no table to a browser any more
        f'<table role="table"><caption>{name}; the header buttons sort the rows</caption><thead role="rowgroup">'
        f'<tr role="row">{head}</tr></thead><tbody role="rowgroup">{body}</tbody></table></div>'
    )


def _cells(header, row):
    """Cells of one row, the first of which names it; each carries its column's name, which a card shows beside it."""
    first, *others = row
    cells = "".join(
        f'<td role="cell" class="{_kind(cell)}" data-column="{escape(name, quote=True)}">{escape(cell)}</td>'
        for name, cell in zip(header[1:], others, strict=True)
    )
    return f'<th scope="row" role="rowheader">{escape(first)}</th>{cells}'


def _kind(cell):
    """Class of a cell: figures stand to the right."""
    return "figure" if _text.is_figure(cell) else "words"
