"""Draw rows with known chances, and estimate a mean of all rows from those drawn."""

import numpy as np
from scipy.stats import t

ROUNDING = 1e-9  # of a sum of chances: what reaches a whole number but for so much ends there


def inclusion_probabilities(sizes, n):
    """Chances of sum ``n`` in proportion to ``sizes`` (above 0), none above 1; all 1 where there are no more rows."""
    if n >= len(sizes):
        return np.ones(len(sizes))
    chances, sure = np.zeros(len(sizes)), np.zeros(len(sizes), dtype=bool)
    while True:  # each round makes a row sure that was not, so there are at most n
        left = ~sure
        chances[left] = (n - sure.sum()) * sizes[left] / sizes[left].sum()
        above = left & (chances >= 1)
        if not above.any():
            return chances
        chances[above], sure[above] = 1.0, True


def one_a_stratum(chances, order, rng):
    """Positions drawn with these ``chances``, one from each stretch of ``order`` that holds a chance of 1 in all.

    Neighbours in the order rarely come together, so that where it sorts rows by what is expected of them, it
    stratifies; and the places within the stretches do not hang together, as those of even steps do, which meet or miss
    a pattern along the order all at once. A row that lies across the end of a stretch is settled by a duel with the one
    drawn before it, and the loser of the two stands in the next stretch for what is left of that row: the ordered
    pivotal method (Deville and Tille, 1998), by strata (Chauvet, 2012).
    """
    ends = np.cumsum(chances[order])
    n = int(np.round(ends[-1]))  # the chances' sum is whole but for rounding
    drawn, across, left = [], -1, -1  # the row across the last end, and who stands for what is left of it
    for k in range(n):
        border = min(int(np.searchsorted(ends, k + 1 + ROUNDING, side="right")), len(order) - 1)
        inside = k + 1 - ends[border - 1] if border else 1.0  # of the border row's chance
        beyond = ends[border] - (k + 1)
        if inside <= ROUNDING or beyond <= ROUNDING:  # the stretch ends with a row
            inside = beyond = 0.0
        place = int(np.searchsorted(ends, k + rng.uniform() * (1 - inside), side="right"))
        place = min(place, len(order) - 1)
        place = left if place == across else place
        across, left = -1, -1
        if beyond:
            across, left = border, border
            if rng.uniform() * (1 - beyond) < inside:
                place, left = border, place
        drawn.append(place)
    return order[np.array(drawn, dtype=int)]


def difference_estimate(values, expected, chances, drawn, spread):
    """Mean of all rows, unbiased over draws, and its standard error.

    mean(expected) + sum over the drawn rows of (value - expected) / chance / N (Horvitz and Thompson's estimate of
    what was not expected). The error is that of successive differences along the order of the draw; one row more, as
    uncertain as ``spread`` says, keeps it from 0 where all values drawn are alike.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Of the drawn rows.
    expected, chances, spread : ndarray of shape (N,)
    drawn : ndarray of int of shape (n,)
        Positions, in the order of the draw.
    """
    n, N = len(drawn), len(expected)
    surprise = (values - expected[drawn]) / chances[drawn]
    estimate = expected.mean() + surprise.sum() / N
    if n >= N:
        return float(estimate), 0.0
    foreseen = (spread[drawn] ** 2 / chances[drawn] ** 2).sum()
    seen = n / (2 * (n - 1)) * (np.diff(surprise) ** 2).sum() if n > 1 else foreseen
    variance = (n * seen + foreseen) / (n + 1) * (1 - n / N)
    return float(estimate), float(np.sqrt(variance) / N)


def interval_of(estimate, error, n, alpha):
    """Student's, of n - 1 degrees of freedom."""
    half = error * t.ppf(1 - alpha / 2, max(n - 1, 1))
    return float(estimate - half), float(estimate + half)


def spread_out(X, weights, n, near, rng):
    """Positions of ``n`` rows far from each other and from the rows ``near``, those of large ``weights`` first.

    k-means++ [1]_: the next one is drawn with a chance in proportion to its weight times its squared distance to the
    nearest row chosen so far.

    .. [1] D. Arthur, S. Vassilvitskii, SODA 2007.
    """
    chosen = []
    distances = np.full(len(X), np.inf)
    for row in near:
        distances = np.minimum(distances, ((X - row) ** 2).sum(axis=1))
    open_rows = np.ones(len(X), dtype=bool)
    for _ in range(min(n, len(X))):
        gains = np.where(open_rows, weights * np.where(np.isinf(distances), 1.0, distances), 0.0)
        if gains.sum() <= 0:  # only copies of rows that were chosen are left
            gains = open_rows.astype(float)
        chosen.append(int(np.searchsorted(np.cumsum(gains), rng.uniform() * gains.sum(), side="right")))
        open_rows[chosen[-1]] = False
        distances = np.minimum(distances, ((X - X[chosen[-1]]) ** 2).sum(axis=1))
    return np.array(chosen, dtype=int)
