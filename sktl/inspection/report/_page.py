"""A report as a page: one file, no network; by keyboard, by screen reader, light and dark, 360 pixels wide."""

from html import escape
from importlib.resources import files

from sktl.inspection.report import _text
from sktl.inspection.report._pictures import picture_of_differences

TITLE = "Domain report"


def _asset(name):
    """Text of a file beside this one."""
    return files("sktl.inspection.report").joinpath(name).read_text(encoding="utf-8")


def page(report, extra=()):
    """A whole document; ``extra`` are further tables, (title, words, header, rows)."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{TITLE}: {escape(_text.headline(report))}</title>\n"
        "<style>body { margin: 0; } @media (prefers-color-scheme: dark) { body { background: #15181c; } }</style>\n"
        f"</head>\n<body>\n<main>{section(report, extra)}</main>\n</body>\n</html>\n"
    )


def section(report, extra=()):
    """The report as a part of a page: its style and script know nothing of the rest."""
    parts = [
        f"<style>{_asset('_page.css')}</style>",
        f"<h1>{TITLE}: {escape(_text.headline(report))}</h1>",
        f"<p>{escape(_text.rows_words(report))}</p>",
        "<h2>What to try first</h2>",
        f'<p class="suggestion">{_words(report.suggestion)}</p>',
        *([f"<p>{_words(report.lost)}</p>"] if report.lost else []),
        *(_block(*block) for block in extra),
        *_evidence(report),
        *_columns(report),
        *_rest(report),
        f"<script>{_asset('_page.js')}</script>",
    ]
    return f'<div class="sktl-report">{"".join(parts)}</div>'


def _evidence(report):
    """Distances and tests."""
    floor = (
        f"{_text.FLOOR_KEY} The p-value is how often chance alone makes two domains look this different (a kernel test "
        "over several widths; a test on the ranks of a linear classifier's scores)."
    )
    yield _block("How far apart", floor, *_text.distance_cells(report))
    yield _block("The evidence", "", *_text.question_cells(report))


def _columns(report):
    """The table of the columns, and their pictures."""
    yield _block("The columns", _text.columns_key(report), *_text.feature_cells(report))
    pictures = [picture_of_differences(report.features), *report.pictures]
    figures = "".join(f"<figure>{p.svg}<figcaption>{escape(p.title)}</figcaption></figure>" for p in pictures)
    key = '<p><span class="key source"></span> source <span class="key target"></span> target</p>'
    yield f'<h3>Pictures</h3>{key}<div class="figures">{figures}</div>'


def _rest(report):
    """Sources, class shares, and what the rows allow to conclude."""
    if len(report.sources) > 1:
        yield _block("The sources", _text.sources_words(report).replace("`", ""), *_text.source_cells(report))
    if report.shares is not None:
        yield _block("The class shares", _text.shares_words(report), *_text.share_cells(report))
    yield f"<h2>How far to trust this</h2><p>{escape(_text.effective_words(report))} {escape(report.limits)}</p>"
    if report.notes:
        yield f"<h3>Notes</h3><ul>{''.join(f'<li>{escape(note)}</li>' for note in report.notes)}</ul>"


def _words(text):
    """A paragraph whose `names` are set as code."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))


def _block(title, words, header, rows):
    """A heading, a paragraph and a table whose headers sort it; a column without a word is left out."""
    filled = [j for j, column in enumerate(zip(header, *rows, strict=True)) if any(column)]
    header, rows = [header[j] for j in filled], [[row[j] for j in filled] for row in rows]
    name, paragraph = escape(title, quote=True), f"<p>{escape(words)}</p>" if words else ""
    kinds = ["words", *(_kind(column[0]) for column in list(zip(*rows, strict=True))[1:])]
    head = "".join(
        f'<th scope="col" class="{kind}" aria-sort="none"><button type="button">{escape(cell)}</button></th>'
        if cell
        else "<td></td>"
        for cell, kind in zip(header, kinds, strict=True)
    )
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    return (
        f'<h2>{name}</h2>{paragraph}<div class="scroll" role="region" aria-label="{name}" tabindex="0">'
        f"<table><caption>{name}; the header buttons sort the rows</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(row):
    """Cells of one row, the first of which names it."""
    first, *others = row
    cells = "".join(f'<td class="{_kind(cell)}">{escape(cell)}</td>' for cell in others)
    return f'<th scope="row">{escape(first)}</th>{cells}'


def _kind(cell):
    """Class of a cell: figures stand to the right."""
    return "figure" if _text.is_figure(cell) else "words"
