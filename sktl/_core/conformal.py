"""Conformal prediction by weighted ranks: how unusual a label is among calibration rows, and the bounds it implies.

The score s_i of a calibration row says how badly its label fits, its weight w_i how often the target has such rows. Of
a new row of weight w, a label of score s is as likely as the share of the weight at scores of s or more, its own
included: (sum_i w_i [s_i >= s] + w) / (sum_i w_i + w). Labels above the miscoverage alpha are kept.
"""

from dataclasses import dataclass

import numpy as np

# shares are sums of thousands of weights: what differs by less is a tie, which exact arithmetic would see
ROUNDING = 1e-10
HALVINGS = 45  # of the bracket of a quantile: 3e-14 of the distance between models, less than a double's digits


@dataclass(frozen=True)
class WeightedScores:
    """Scores in ascending order, with the share of their weight below each.

    Attributes
    ----------
    scores : ndarray of shape (n,)
        Ascending; infinite for a label that no model knows.
    below : ndarray of shape (n + 1,)
        Share of the weight at the first k scores, k = 0 ... n.
    total : float
        Sum of the weights.
    """

    scores: np.ndarray
    below: np.ndarray
    total: float

    @classmethod
    def of(cls, scores, weights):
        """Sort scores (n,) with their weights (n,)."""
        order = np.argsort(scores, kind="stable")
        sums = np.concatenate([[0.0], np.cumsum(weights[order])])
        return cls(scores[order], sums / (sums[-1] if sums[-1] > 0 else 1.0), float(sums[-1]))

    def share_at_least(self, values) -> np.ndarray:
        """Share of the weight at scores of at least ``values``; any shape."""
        return self.below[-1] - self.below[np.searchsorted(self.scores, values, side="left")]

    def share_at_most(self, values) -> np.ndarray:
        """Share of the weight at scores of at most ``values``; any shape."""
        return self.below[np.searchsorted(self.scores, values, side="right")]

    def quantile(self, level) -> np.ndarray:
        """Smallest score up to which the share of the weight is at least ``level``; infinite above 1."""
        rank = np.searchsorted(self.below[1:], np.asarray(level) - ROUNDING, side="left")
        return np.append(self.scores, np.inf)[rank]


def pooled_weights(ratio, n_source: int, n_target: int) -> np.ndarray:
    r"""Density of the target over that of the calibration rows, at rows of density ratio r = p_t / p_s.

    :math:`r (n_s + m) / (n_s + m r)` for n_s rows of the source and m of the target: r itself where m is 0 (Tibshirani
    et al., 2019), at most :math:`(n_s + m) / m` where there are some. The new row is as likely as any of the m + 1
    target rows to be the one at z_i; given all n_s + m + 1 rows, the chance that z_i is a target row is a sum over
    subsets of m + 1, which this approximates (exact for m = 0, for equal and for infinite ratios).
    """
    ratio = np.asarray(ratio, dtype=np.float64)
    n = n_source + n_target
    finite = np.where(np.isinf(ratio), 0.0, ratio)
    pooled = n * finite / np.maximum(n_source + n_target * finite, np.finfo(float).tiny)
    return np.where(np.isinf(ratio), n / n_target if n_target else np.inf, pooled)


def own_share(weight, total) -> np.ndarray:
    """Share of a new row's weight in the sum of all, its own included; 1 where nothing else has any."""
    weight, total = np.broadcast_arrays(np.asarray(weight, dtype=np.float64), total)
    with np.errstate(divide="ignore", invalid="ignore"):
        # so that an infinite weight is a share of 1
        return np.where(total > 0, 1 / (1 + total / weight), 1.0)


def scores_by_cell(scores, weights, cells, n_cells: int) -> list[WeightedScores]:
    """The scores of each cell 0 ... n_cells - 1, such as a group of rows; rows of cell -1 are left out."""
    order = np.argsort(cells, kind="stable")
    ends = np.searchsorted(cells[order], np.arange(n_cells + 1))
    members = [order[start:end] for start, end in zip(ends[:-1], ends[1:], strict=True)]
    return [WeightedScores.of(scores[rows], weights[rows]) for rows in members]


def conformal_pvalues(parts, values, share) -> np.ndarray:
    """Share of the weight, the new row's included, at scores at least as high as the new row's.

    Parameters
    ----------
    parts : list of WeightedScores
        Calibration scores by the model that made them (one, or one a fold).
    values : list of ndarray of shape (n, ...)
        The new rows' scores by the same models.
    share : ndarray that broadcasts to their shape
        The new rows' own share.
    """
    total = sum(part.total for part in parts)
    pairs = zip(parts, values, strict=True)
    others = sum((part.total / total if total > 0 else 0.0) * part.share_at_least(value) for part, value in pairs)
    return others * (1 - share) + share


def keeps(pvalues, alpha) -> np.ndarray:
    """Whether labels are kept at the miscoverage ``alpha``: p > alpha, ties of rounding taken for ties."""
    return pvalues > alpha * (1 + ROUNDING)


def needed_level(alpha: float, share) -> np.ndarray:
    """Share of the calibration rows' weight that 1 - ``alpha`` of all weight is, given the new row's; may exceed 1."""
    with np.errstate(divide="ignore"):
        return (1 - alpha) / (1 - share)


def mixture_quantile(parts, offset, scale, level) -> np.ndarray:
    """For each row the smallest t up to which ``level`` of the weight lies among offset_k + scale_k s_i.

    Parameters
    ----------
    parts : list of K WeightedScores
        Scores s_i of each fold.
    offset, scale : ndarray of shape (n, K)
        Where the fold's model puts a score of 0, and the unit of its scores (> 0).
    level : ndarray of shape (n,)
        At most 1, else the answer is infinite.
    """
    used = [k for k, part in enumerate(parts) if part.total > 0]
    if not used:
        return np.full(len(level), np.inf)
    ends = np.array([offset[:, k] + scale[:, k] * parts[k].quantile(level) for k in used])
    # where each fold alone reaches the level, all do; below the first place where one does, none has
    low, high = ends.min(axis=0), ends.max(axis=0)
    finite = np.flatnonzero(np.isfinite(high) & (high > low))
    if not len(finite):
        return high
    total = sum(parts[k].total for k in used)

    def reached(t):
        shares = (
            parts[k].total / total * parts[k].share_at_most((t - offset[finite, k]) / scale[finite, k]) for k in used
        )
        return sum(shares) >= level[finite] - ROUNDING

    bottom, top = low[finite], high[finite]
    top = np.where(reached(bottom), bottom, top)
    for _ in range(HALVINGS):
        middle = bottom + (top - bottom) / 2
        enough = reached(middle)
        bottom, top = np.where(enough, bottom, middle), np.where(enough, middle, top)
    high[finite] = top
    return high


# --- scores of labels, from class probabilities ---


def label_scores(proba, score: str, draws=None, penalty: float = 0.0, free: int = 0) -> np.ndarray:
    """How badly each class fits each row, (n, n_classes); see :class:`sktl.calibration.ConformalClassifier`.

    "lac": 1 - p. "aps": the probability of all classes at least as likely (Romano et al., 2020). "raps": the same, and
    ``penalty`` for each rank beyond ``free`` (Angelopoulos et al., 2021). ``draws`` (n,), uniform, take that share of
    the class's own probability away from the last two.
    """
    if score == "lac":
        return 1 - proba
    order = np.argsort(-proba, axis=1, kind="stable")
    ranked = np.take_along_axis(proba, order, axis=1)
    # the last classes all have a sum of 1: rounding must not tell them apart
    sums = np.round(np.cumsum(ranked, axis=1), 12)
    if draws is not None:
        sums = sums - draws[:, None] * ranked
    if score == "raps":
        sums = sums + penalty * np.maximum(np.arange(1, proba.shape[1] + 1) - free, 0)
    scores = np.empty_like(sums)
    np.put_along_axis(scores, order, sums, axis=1)
    return scores


# --- scores of numbers, from a band ---


@dataclass(frozen=True)
class Band:
    """What models say of numbers: from ``low`` to ``high``, widened by scores in units of ``scale``; each (n,).

    A prediction alone is a band of no width; conditional quantiles are one with a width.
    """

    low: np.ndarray
    high: np.ndarray
    scale: np.ndarray

    def at(self, rows):
        """The band of some rows."""
        return Band(self.low[rows], self.high[rows], self.scale[rows])

    def scores(self, y) -> np.ndarray:
        """How far each number lies outside the band, in its units; negative inside."""
        return np.maximum(self.low - y, y - self.high) / self.scale


def conformal_bounds(parts, bands, level) -> np.ndarray:
    """Ends of the intervals, (n, 2): what at least ``level`` (n,) of the weight allows (Barber et al., 2021; Prinster).

    With one part, ``low - q scale`` and ``high + q scale`` for the weighted quantile q of the scores. With several, the
    quantiles of all low_k - s_i scale_k and high_k + s_i scale_k, each score with the band of its own part.
    """
    scale = np.column_stack([band.scale for band in bands])
    # the lower ends are the upper ones of -y
    lower = -mixture_quantile(parts, np.column_stack([-band.low for band in bands]), scale, level)
    upper = mixture_quantile(parts, np.column_stack([band.high for band in bands]), scale, level)
    # a band drawn in beyond its own middle is empty: its middle covers no less
    crossed = lower > upper
    lower[crossed] = upper[crossed] = (lower[crossed] + upper[crossed]) / 2
    return np.column_stack([lower, upper])
