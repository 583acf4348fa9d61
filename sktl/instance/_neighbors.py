"""Density ratios by counting: how many target rows fall into the Voronoi cell of a source row."""

from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils import check_random_state

from sktl._checks import RANDOM_STATE, Interval
from sktl._core.folds import equal_rows
from sktl._core.kernels import subsample
from sktl.base import BaseRatioWeighter


def cells_of(X, centers):
    """Number of the centre nearest each row."""
    if sparse.issparse(X):
        return pairwise_distances_argmin(X, centers)
    middle = centers.mean(axis=0)  # rows far from 0 would lose their digits
    return pairwise_distances_argmin(X - middle, centers - middle)


def cell_ratio(cells_source, cells_target, n_cells, smoothing):
    """Ratio in each cell: its share of the target, with ``smoothing`` more rows per cell, over that of the source."""
    source, target = (np.bincount(cells, minlength=n_cells) for cells in (cells_source, cells_target))
    share = (target + smoothing) / (len(cells_target) + smoothing * n_cells)
    return share * len(cells_source) / np.maximum(source, 1)  # each cell has its centre's row, but for ties by rounding


def shrunk_ratio(cells_source, cells_target, n_cells):
    """Ratio of the shares in each cell, drawn towards 1 by the part of its variance that counting alone explains.

    Without a shift the cells' ratios have the variance (C - 1) (1 / n_s + 1 / n_t) over the source rows.
    """
    ratio = cell_ratio(cells_source, cells_target, n_cells, 0.0)
    variance = np.mean((ratio[cells_source] - 1) ** 2)
    noise = (n_cells - 1) * (1 / len(cells_source) + 1 / len(cells_target))
    return 1 + (1 - noise / variance) * (ratio - 1) if variance > noise else np.ones(n_cells)


class NearestNeighborWeighter(BaseRatioWeighter):
    r"""Weight each source row by the number of target rows that are nearest to it.

    Space is cut into the Voronoi cells of the source rows (or of ``n_centers`` of them). With :math:`n_s(c)` source
    rows and :math:`n_t(c)` target rows in cell c of C cells, a row there has the weight

    .. math:: w = \frac{n_t(c) + \lambda}{n_t + \lambda C} \Big/ \frac{n_s(c)}{n_s},

    with Laplace's :math:`\lambda` = ``smoothing``; with one cell per source row and ``smoothing=1`` this is the method
    of [1]. By default the counts are not smoothed; instead the weights are shrunk towards 1: with :math:`v` the mean of
    :math:`(w - 1)^2` over the source rows at :math:`\lambda = 0`,

    .. math:: w' = 1 + s (w - 1), \qquad s = \max\Bigl(0,\ 1 - \frac{(C - 1)(1 / n_s + 1 / n_t)}v\Bigr),

    the share s of v that counting alone does not explain.

    *When it helps*: few columns, many target rows, a ratio of any shape; nothing to tune. *When it hurts*: many
    columns: the nearest row is then nearly as far as any other, the counts are noise, and the weights are near 1.
    Columns must be on one scale: standardise first.

    Parameters
    ----------
    n_centers : int >= 1, "auto" or None, default="auto"
        Number of cells. None: one per source row, as in the paper. "auto": the square root of the number of rows in the
        smaller domain, so that each cell holds enough rows to count (see Notes).
    smoothing : float > 0 or "auto", default="auto"
        Target rows added to each cell. "auto" adds none, and shrinks the weights towards 1 by the share of their
        variance that counting alone explains (to 1 if it explains all).
    clip : float or None, default=None
        1 or more: the largest weight allowed; the others are raised in proportion, so that the mean stays 1. Below 1: a
        quantile of the weights; larger ones are cut to it, then all are scaled to mean 1.
    random_state : int, RandomState instance or None, default=0
        Draws the centres. Which ones does not depend on the order of the rows.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights in the order of the rows: mean 1 over source rows, 1 on target rows.
    overlap_ : float in [0, 1]
        Share of the target that the source covers: the mean of a held-out density ratio over source rows. Where it is
        far below 1, no weights are right.
    effective_sample_size_ : float
        How many equally weighted rows the source rows are worth: 1 / (1 / m + u^2), with m = (sum w)^2 / sum w^2 and u
        the share of the target that the source lacks for certain (1 - ``overlap_`` - two standard errors, at least 0).
    clipped_share_ : float
        Share of the source rows whose weight ``clip`` bounds.
    centers_ : ndarray or CSR matrix of shape (n_cells, n_features), or None
        The source rows that are the centres of the cells, each once; None if there is one domain.
    cell_weights_ : ndarray of shape (n_cells,)
        Weight of a source row in each cell.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    ImportanceWeighted : Fits any estimator with these weights.
    KDEWeighter : Smooth densities in place of cells.
    DiscriminatorWeighter : Better in many columns.

    Notes
    -----
    *Cost*: O((n_s + n_t) C d) time, blocks of memory: linear in rows for a given number of cells, and
    O((n_s + n_t)^1.5 d) with "auto". Equal source rows share a cell.

    *Departure from* [1]: fewer cells than source rows by default: a cell of one source row has a weight as random as
    that row (``benchmarks/ratio.py``). Error in units of that of constant weights for N(0, I) > N(e_1 / 2, I), 300 rows
    per domain, 8 runs, d = 1, 5, 10, 20: with ``smoothing=1`` 0.54, 0.85, 1.11, 1.15, with "auto" 0.43, 0.76, 0.93,
    0.96.

    References
    ----------
    .. [1] M. Loog, "Nearest neighbor-based importance weighting", IEEE Workshop on Machine Learning for Signal
       Processing 2012.

    Examples
    --------
    >>> from sktl.instance import NearestNeighborWeighter
    >>> X, y = [[0.0], [1.0], [2.0], [1.9], [2.1], [2.2]], [0, 0, 0, None, None, None]  # three target rows near the 2
    >>> NearestNeighborWeighter(None, smoothing=1).fit(X, y).weights_[:3]
    array([0.5, 0.5, 2. ])
    """

    _constraints = {
        "n_centers": ("auto", None, Interval(Integral, 1)),
        "smoothing": ("auto", Interval(low=0, closed="neither")),
        "random_state": RANDOM_STATE,
    }

    def __init__(self, n_centers="auto", *, smoothing="auto", clip=None, random_state=0):
        self.n_centers = n_centers
        self.smoothing = smoothing
        self.clip = clip
        self.random_state = random_state

    def _weigh(self, X_source, X_target):
        numbers = equal_rows(X_source)
        distinct = X_source[np.unique(numbers, return_index=True)[1]]
        if self.n_centers is None:
            size = distinct.shape[0]
        elif self.n_centers == "auto":
            size = int(np.ceil(np.sqrt(min(X_source.shape[0], X_target.shape[0]))))
        else:
            size = self.n_centers
        self.centers_ = distinct[subsample(distinct, size, check_random_state(self.random_state))]
        cells_source, cells_target = cells_of(X_source, self.centers_), cells_of(X_target, self.centers_)
        n_cells = self.centers_.shape[0]
        if self.smoothing == "auto":
            self.cell_weights_ = shrunk_ratio(cells_source, cells_target, n_cells)
        else:
            self.cell_weights_ = cell_ratio(cells_source, cells_target, n_cells, self.smoothing)
        return self.cell_weights_[cells_source]

    def _weigh_nothing(self, X):
        self.centers_, self.cell_weights_ = None, np.empty(0)

    def _ratio(self, X):
        return self.cell_weights_[cells_of(X, self.centers_)]
