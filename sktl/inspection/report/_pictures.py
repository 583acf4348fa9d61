"""Pictures of a page as inline SVG: no library, no file; colours follow the page's, light or dark."""

from dataclasses import dataclass
from html import escape

import numpy as np

from sktl.inspection.report._text import short

WIDTH, HEIGHT = 340, 150
LEFT, RIGHT, TOP, BOTTOM = 8, 8, 10, 24
BINS = 24
MAX_BARS = 8  # levels of a text column that are drawn
MAX_LETTERS = 16  # of a name beside a bar
TAILS = (0.005, 0.995)  # quantiles of each domain between which numbers are drawn


@dataclass(frozen=True)
class Picture:
    """A picture and the words that stand for it.

    Attributes
    ----------
    title : str
    alt : str
        What the picture shows.
    svg : str
    """

    title: str
    alt: str
    svg: str


def picture_of_column(column, target):
    """Both domains' distribution of one column."""
    if column.is_number:
        return _histograms(column, target)
    return _bars(column, target)


def picture_of_differences(features, most=15):
    """Bars of how much each column differs."""
    rows = features[:most]
    height = TOP + 20 * len(rows) + 4
    body = []
    for i, row in enumerate(rows):
        y = TOP + 20 * i
        width = 170 * row.difference
        body.append(f'<text x="118" y="{y + 11}" text-anchor="end">{escape(short(row.feature, MAX_LETTERS))}</text>')
        body.append(f'<rect class="either" x="124" y="{y}" width="{width:.1f}" height="14"/>')
        body.append(f'<text x="{128 + width:.1f}" y="{y + 11}">{row.difference:.2f}</text>')
    worst = ", ".join(f"{row.feature} {row.difference:.2f}" for row in rows[:3])
    alt = f"Bars of how much each column differs between the domains, from 0 to 1. The largest: {worst}."
    return Picture("The columns that differ most", alt, svg("".join(body), alt, height))


def _histograms(column, target):
    """Two histograms over one axis, each of area 1."""
    parts = [column.values[rows & ~column.missing] for rows in (~target, target)]
    ends = np.array([np.quantile(part, TAILS) for part in parts])
    low, high = ends[:, 0].min(), ends[:, 1].max()
    if high <= low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BINS + 1)
    heights = [np.histogram(part, edges)[0] / len(part) for part in parts]  # what lies beyond is left out
    top = max(map(np.max, heights))
    body = "".join(
        f'<path class="{role}" d="{_steps(values / top)}"/>'
        for role, values in zip(("source", "target"), heights, strict=True)
    )
    body += _axis([(LEFT, "start", f"{low:.4g}"), (WIDTH - RIGHT, "end", f"{high:.4g}")])
    means = [float(part.mean()) for part in parts]
    alt = (
        f"Histograms of {column.name} from {low:.4g} to {high:.4g}: the source's mean is {means[0]:.4g}, the target's "
        f"{means[1]:.4g}; deviations {parts[0].std():.4g} and {parts[1].std():.4g}."
    )
    return Picture(column.name, alt, svg(body, alt, HEIGHT))


def _steps(heights):
    """Path of a histogram's outline."""
    span = (WIDTH - LEFT - RIGHT) / len(heights)
    floor = HEIGHT - BOTTOM
    points = [f"M{LEFT} {floor}"]
    for i, value in enumerate(heights):
        y = floor - value * (floor - TOP)
        points.append(f"V{y:.1f}H{LEFT + (i + 1) * span:.1f}")
    return "".join([*points, f"V{floor}Z"])


def _axis(labels):
    floor = HEIGHT - BOTTOM
    words = "".join(
        f'<text x="{x}" y="{floor + 15}" text-anchor="{anchor}">{escape(word)}</text>' for x, anchor, word in labels
    )
    return f'<line x1="{LEFT}" y1="{floor}" x2="{WIDTH - RIGHT}" y2="{floor}"/>{words}'


def _bars(column, target):
    """Two bars a value, the values that differ most."""
    parts = [column.values[rows] for rows in (~target, target)]
    levels = np.unique(column.values.astype(str))
    shares = np.array([[np.mean(part.astype(str) == level) for level in levels] for part in parts])
    shown = np.argsort(-np.abs(shares[0] - shares[1]), kind="stable")[:MAX_BARS]
    # no bar may be divided by a height of 0
    top, body = max(shares[:, shown].max(), 1e-12), []
    for i, j in enumerate(shown):
        y = TOP + 30 * i
        body.append(f'<text x="108" y="{y + 16}" text-anchor="end">{escape(short(str(levels[j]), MAX_LETTERS))}</text>')
        for k, role in enumerate(("source", "target")):
            width = 170 * shares[k, j] / top
            body.append(f'<rect class="{role}" x="114" y="{y + 12 * k}" width="{width:.1f}" height="11"/>')
            body.append(
                f'<text class="small" x="{118 + width:.1f}" y="{y + 12 * k + 9}">{100 * shares[k, j]:.0f} %</text>'
            )
    words = "; ".join(f"{levels[j]} {100 * shares[0, j]:.0f} % and {100 * shares[1, j]:.0f} %" for j in shown[:4])
    alt = f"Shares of the values of {column.name} in source and target: {words}."
    return Picture(column.name, alt, svg("".join(body), alt, TOP + 30 * len(shown)))


def svg(body, alt, height):
    """An SVG that reads its words to those who can't see it."""
    label = escape(alt, quote=True)
    return f'<svg role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {height}"><title>{label}</title>{body}</svg>'
