"""The ratio of two kernel density estimates."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from sktl._checks import FOLDS, RANDOM_STATE, Interval
from sktl._core.held_out import held_out_losses
from sktl._core.kernels import blocks, subsample
from sktl._core.mixture import log_mean_features
from sktl._core.weights import ratio_of_logs, varying_columns, within_scale
from sktl.base import BaseRatioWeighter

BANDWIDTHS = (8.0, 4.0, 3.0, 2.0)  # bandwidth="auto": multiples of Scott's; the first if rows are too few to tell
ROUNDING = 1e-12  # least share of a density that can be told from nothing
SMOOTHING = 0.1  # of what one row adds to its own density, added to both: where there are no rows, the ratio is 1
CV_ROWS = 1000  # rows of each domain that the choice among them looks at, at the most


@dataclass(frozen=True)
class GaussianKernelDensity:
    """A density by Gaussian kernels of one ``bandwidth`` at the ``rows``."""

    rows: np.ndarray
    bandwidth: float

    @property
    def log_peak(self):
        """Log of the kernel at its centre."""
        return -self.rows.shape[1] * np.log(np.sqrt(2 * np.pi) * self.bandwidth)

    def score_samples(self, X):
        """Log-density at the rows of ``X``, (n,), in blocks of pairs and without underflow."""
        gamma = 0.5 / self.bandwidth**2
        parts = [log_mean_features(self.rows, X[part], [gamma])[0] for part in blocks(len(X))]
        return np.concatenate(parts) + self.log_peak


def fit_densities(X_source, X_target, bandwidth):
    """Gaussian kernel densities of both samples."""
    return [GaussianKernelDensity(X, bandwidth) for X in (X_source, X_target)]


def log_ratio(densities, X, left=0.0):
    """Log of the second density over the first, smoothed; ``left``: log of the share of the first to count.

    A row far from all others has a density of nothing by nothing: without smoothing, one such row of heavy tails takes
    all the weight.
    """
    source, target = (density.score_samples(X) for density in densities)
    n = min(len(density.rows) for density in densities)
    trace = np.log(SMOOTHING / n) + densities[0].log_peak
    return np.logaddexp(target, trace) - np.logaddexp(source + left, trace)


def log_share_of_others(log_density, n, bandwidth, n_features):
    """Log of what is left of a kernel density at its own rows without each row's own kernel, as a share of it."""
    if n == 1:  # nothing would be left
        return np.zeros(1)
    log_own = -0.5 * n_features * np.log(2 * np.pi) - n_features * np.log(bandwidth) - np.log(n)
    # 1 - own / density by expm1: all digits where a row's own kernel is nearly all of it
    others = -np.expm1(np.minimum(log_own - log_density, 0.0))
    return np.log(np.maximum(others, ROUNDING)) + np.log(n / (n - 1))


class KDEWeighter(BaseRatioWeighter):
    r"""Importance weights from two kernel density estimates, one per domain.

    .. math:: w(x) = \frac1{n_t} \sum_{j=1}^{n_t} k_h(x, x^t_j) \Big/ \frac1{n_s} \sum_{i=1}^{n_s} k_h(x, x^s_i)

    with the Gaussian kernel :math:`k_h` of one bandwidth h for both, in logarithms throughout; a tenth of what one row
    adds to its own density is added to both, so that the ratio is 1 where neither has rows. In ``weights_`` each source
    row is left out of its own density; ``predict_weights`` treats every row as new.

    *When it helps*: one to five columns, densities of any shape, or a density to plot. *When it hurts*: many columns,
    since densities are harder to estimate than their ratio; the weights then tend to 1. On adult, with about 50
    columns, mostly one-hot, they cost 0.3 points of accuracy (15 without smoothing, ``benchmarks/tabular.py``).

    Parameters
    ----------
    bandwidth : float > 0 or "auto", default="auto"
        Standard deviation of the kernel, in standard deviations of the columns within the domains. "auto" takes 2, 3, 4
        or 8 times Scott's :math:`n^{-1 / (d + 4)}`, with n rows in the smaller domain and d columns that vary,
        whichever best tells apart the domains of held-out rows (log-loss). If clusters are narrow compared with the
        whole, pass a smaller one.
    cv : int >= 2, default=5
        Folds for ``bandwidth="auto"``.
    clip : float or None, default=None
        1 or more: the largest weight allowed; the others are raised in proportion, so that the mean stays 1. Below 1: a
        quantile of the weights; larger ones are cut to it, then all are scaled to mean 1.
    random_state : int, RandomState instance or None, default=0
        Draws the folds, which do not depend on the order of the rows.

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
    bandwidth_ : float
        The value used; NaN if there is one domain.
    densities_ : list of two records, or None
        Source and target, in columns divided by ``scale_``: ``rows``, ``bandwidth`` and ``score_samples``, the
        log-density of new rows. None if there is one domain.
    scale_ : ndarray of shape (n_features,)
        Standard deviation of the columns within the domains.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    ImportanceWeighted : Fits any estimator with these weights.
    ULSIF : Estimates the ratio itself.
    GaussianWeighter : Normal densities.

    Notes
    -----
    *Cost*: O((n_s + n_t)^2 d): every row is compared with every other, 10,000 + 10,000 rows in about ten seconds. The
    choice of the bandwidth looks at no more than 1,000 rows per domain; beyond some 10,000 rows take :class:`ULSIF`,
    which is linear in rows.

    Why source rows are left out of their own density: with many columns the kernel at the row itself would outweigh all
    others, and the weights would follow the target's density alone (``benchmarks/ratio.py`` has both).

    References
    ----------
    .. [1] M. Sugiyama, T. Suzuki, T. Kanamori, "Density Ratio Estimation in Machine Learning", Cambridge University
       Press 2012, chapter 2.

    Examples
    --------
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.instance import KDEWeighter
    >>> data = make_covariate_shift(1000, 1000, 1, random_state=0)  # N(0, 1) > N(1, 1); y is NaN on target rows
    >>> KDEWeighter().fit(data.X, data.y).predict_weights([[-1.0], [0.5], [1.5]]).round(1)  # the truth: 0.2, 1, 2.7
    array([0.3, 1. , 2.5])
    """

    _constraints = {
        "bandwidth": ("auto", Interval(low=0, closed="neither")),
        "cv": FOLDS,
        "random_state": RANDOM_STATE,
    }
    _takes_sparse = False

    def __init__(self, bandwidth="auto", *, cv=5, clip=None, random_state=0):
        self.bandwidth = bandwidth
        self.cv = cv
        self.clip = clip
        self.random_state = random_state

    def _weigh(self, X_source, X_target):
        # that of all rows would grow with the gap, and with it the kernel: domains far apart would look near
        self.scale_ = within_scale(X_source, X_target)
        source, target = X_source / self.scale_, X_target / self.scale_
        self.bandwidth_ = float(self._choose(source, target) if self.bandwidth == "auto" else self.bandwidth)
        self.densities_ = fit_densities(source, target, self.bandwidth_)
        own = log_share_of_others(
            self.densities_[0].score_samples(source), len(source), self.bandwidth_, source.shape[1]
        )
        return ratio_of_logs(log_ratio(self.densities_, source, own))

    def _choose(self, source, target):
        """The bandwidth under which held-out rows are best told apart."""
        n_varying = np.count_nonzero(varying_columns(source, target))  # a constant column says nothing of the density
        # the smaller domain has the coarser density, and one bandwidth serves both
        scott = min(len(source), len(target)) ** (-1 / (n_varying + 4))
        bandwidths = [scott * factor for factor in BANDWIDTHS]
        rng = check_random_state(self.random_state)
        samples = [X[subsample(X, CV_ROWS, rng)] for X in (source, target)]

        def log_ratio_at(X_source, X_target, bandwidth, X):
            return log_ratio(fit_densities(X_source, X_target, bandwidth), X)

        return bandwidths[int(np.argmin(held_out_losses(log_ratio_at, *samples, bandwidths, self.cv, rng)))]

    def _weigh_nothing(self, X):
        self.bandwidth_, self.densities_, self.scale_ = np.nan, None, np.ones(X.shape[1])

    def _ratio(self, X):
        return ratio_of_logs(log_ratio(self.densities_, X / self.scale_))
