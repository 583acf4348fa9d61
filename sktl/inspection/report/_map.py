"""A picture of two domains: their rows on two components, as inline SVG."""

import numpy as np

from sktl.inspection.report._pictures import LEFT, RIGHT, WIDTH, Picture, svg

N_DOTS = 250  # rows of each domain that are drawn: more would cover each other, and make the page heavy
HEIGHT = 275
SIZE = 3.2  # radius of a dot, and half the side of a square of the same area to the eye
TOP, BOTTOM = 24, 26
TAILS = (0.01, 0.99)  # quantiles of all rows that the frame shows: one far row would squeeze the rest


def picture_of_domains(X, target, seed=0):
    """Rows of both domains on the first two principal components of all rows, each column at the same scale.

    Rows of the source are dots and of the target squares, so that the picture also speaks without its colours.
    """
    rng = np.random.default_rng(seed)
    # as many of each where there are enough, so that the larger domain does not choose the components
    drawn = [
        rng.choice(rows, min(N_DOTS, len(rows)), replace=False)
        for rows in (np.flatnonzero(~target), np.flatnonzero(target))
    ]
    is_target = np.repeat([False, True], [len(rows) for rows in drawn])
    places, told = _components(X[np.concatenate(drawn)], is_target)
    ends = np.quantile(places, TAILS, axis=0)
    body = _frame(told)
    for role, rows in (("source", ~is_target), ("target", is_target)):
        body += _marks(_on_paper(places[rows], *ends), role)
    apart = np.linalg.norm(places[is_target].mean(axis=0) - places[~is_target].mean(axis=0))
    alt = (
        f"{(~is_target).sum()} source rows (dots) and {is_target.sum()} target rows (squares) on two components, which "
        f"hold {100 * told.sum():.0f} % of all differences between rows; the domains' centres are {apart:.2g} standard "
        "deviations apart there."
    )
    return Picture("Both domains on two components", alt, svg(body, alt, HEIGHT))


def _components(X, target):
    """Places of the rows on two components, in units of a deviation within the domains; and the share each holds."""
    spread = X.std(axis=0)
    scaled = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    rows, sizes, _ = np.linalg.svd(scaled, full_matrices=False)
    places, told = rows[:, :2] * sizes[:2], sizes[:2] ** 2 / max((sizes**2).sum(), np.finfo(float).tiny)
    # a component has no sign of its own: the target stands to the right, and above
    places = places * np.where(places[target].mean(axis=0) < places[~target].mean(axis=0), -1, 1)
    within = np.sqrt(np.mean([places[rows].var(axis=0) for rows in (~target, target)], axis=0))
    places = places / np.where(within > 0, within, 1.0)
    if places.shape[1] == 1:  # one column: nothing to tell along the other axis
        return np.column_stack([places, np.zeros(len(places))]), np.append(told, 0.0)
    return places, told


def _on_paper(places, low, high):
    """Coordinates in the picture; rows beyond the frame stand on its edge."""
    share = np.clip((places - low) / np.where(high > low, high - low, 1.0), 0, 1)
    width, height = WIDTH - LEFT - RIGHT - 4 * SIZE, HEIGHT - TOP - BOTTOM - 4 * SIZE
    return np.column_stack([LEFT + 2 * SIZE + share[:, 0] * width, TOP + 2 * SIZE + (1 - share[:, 1]) * height])


def _marks(places, role):
    """One path for all rows of a domain: dots, or squares."""
    if role == "source":
        shape = f"m-{SIZE} 0a{SIZE} {SIZE} 0 1 0 {2 * SIZE} 0a{SIZE} {SIZE} 0 1 0 -{2 * SIZE} 0"
    else:
        shape = f"m-{SIZE} -{SIZE}h{2 * SIZE}v{2 * SIZE}h-{2 * SIZE}z"
    return f'<path class="{role} mark" d="{"".join(f"M{x:.1f} {y:.1f}{shape}" for x, y in places)}"/>'


def _frame(told):
    """Axes, and how much of the differences between rows each component holds."""
    floor, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    words = [f"component {k + 1}: {100 * share:.0f} % of the variance" for k, share in enumerate(told)]
    return (
        f'<line x1="{LEFT}" y1="{floor}" x2="{right}" y2="{floor}"/>'
        f'<line x1="{LEFT}" y1="{TOP}" x2="{LEFT}" y2="{floor}"/>'
        f'<text x="{right}" y="{floor + 15}" text-anchor="end">{words[0]}</text>'
        f'<text x="{LEFT}" y="{TOP - 8}">{words[1]}</text>'
    )
