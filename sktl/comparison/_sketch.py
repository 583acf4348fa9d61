"""What rows look like, without any row: moments and quantiles of numbers, shares of categories."""

import numpy as np

from sktl._core.columns import MISSING
from sktl.comparison._words import columns_named, count

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
FAR = 0.05  # share of the rows out of the sketch's range from which on it is said


def sketch_rows(X, columns):
    """Sketch the rows of a frame, as a dict of plain numbers and texts."""
    numbers = {name: _numbers(X[name].to_numpy(dtype=float)) for name in columns.numeric}
    shares = {}
    for name, levels in columns.levels.items():
        if name in columns.many:  # its rare values are not listed: none could be called new
            continue
        texts = X[name].fillna(MISSING)
        shares[name] = {level: float((texts == level).mean()) for level in levels}
    return {"rows": len(X), "numbers": numbers, "shares": shares}


def _numbers(values):
    """Sketch one column of numbers; None where it has none."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    return {
        "missing": float(np.mean(np.isnan(values))),
        "mean": float(known.mean()),
        "deviation": float(known.std()),
        "quantiles": [float(value) for value in np.quantile(known, QUANTILES)],
    }


def far_note(X, sketches):
    """Say that rows lie far from all that was sketched: a list of one note or none.

    A number is far if it lies outside the 1 % and 99 % quantiles of every sketch by more than the distance of these, a
    category if no sketch has it.
    """
    far = {name: _far_numbers(X[name].to_numpy(dtype=float), name, sketches) for name in sketches[0]["numbers"]}
    for name in sketches[0]["shares"]:
        seen = {level for sketch in sketches for level, share in sketch["shares"][name].items() if share > 0}
        far[name] = ~X[name].fillna(MISSING).isin(seen | {MISSING}).to_numpy()
    rows = np.any(list(far.values()), axis=0)
    if rows.mean() <= FAR:
        return []
    worst = [name for name in sorted(far, key=lambda name: -far[name].sum()) if far[name].any()]
    return [
        f"{count(int(rows.sum()), 'row')} of {len(rows)} lie far from those that the model was chosen on "
        f"({columns_named(worst[:3])}): its predictions there are guesses"
    ]


def _far_numbers(values, name, sketches):
    """Mask of the numbers that are far from every sketch; a missing one is not."""
    ends = [found["quantiles"] for sketch in sketches if (found := sketch["numbers"][name])]
    if not ends:
        return np.zeros(len(values), dtype=bool)
    low, high = min(end[0] for end in ends), max(end[-1] for end in ends)
    return (values < 2 * low - high) | (values > 2 * high - low)
