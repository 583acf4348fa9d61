"""Least-squares density ratios in closed form: uLSIF, its relative form RuLSIF, and LSIF's non-negative programme."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from sktl._checks import RANDOM_STATE, Interval
from sktl._core.ratio import fit_least_squares, gaussian_expansion, least_squares_loss
from sktl.base import BaseRatioWeighter

# --- what ULSIF and RULSIF do alike ---


def fit_ratio(weighter, X_source, X_target, alpha):
    """Fit the weighter's ratio to the mixture of share ``alpha``, keep it, and return it at the source rows."""
    fitted = fit_least_squares(
        X_source,
        X_target,
        check_random_state(weighter.random_state),
        alpha=alpha,
        gamma=weighter.gamma,
        reg=weighter.reg,
        n_centers=weighter.n_centers,
        nonnegative=weighter.nonnegative,
    )
    weighter.centers_, weighter.dual_coef_ = fitted.centers, fitted.coef
    weighter.gamma_, weighter.reg_, weighter.loo_loss_ = fitted.gamma, fitted.reg, fitted.loo_loss
    ratio = fitted(X_source)
    # 1/2 E_q[(r - 1)^2] = E_t r - 1/2 E_q r^2 - 1/2 at the true ratio, since r q = p_t
    weighter.pe_divergence_ = -least_squares_loss(ratio, fitted(X_target), alpha) - 0.5
    return ratio


def no_ratio(weighter, X):
    """Set the fitted attributes where there is one domain."""
    weighter.centers_, weighter.dual_coef_ = None, np.empty(0)
    weighter.gamma_, weighter.reg_, weighter.loo_loss_, weighter.pe_divergence_ = np.nan, np.nan, np.nan, 0.0


def ratio_at(weighter, X):
    """The fitted ratio at any rows, cut at 0."""
    return np.maximum(gaussian_expansion(X, weighter.centers_, weighter.gamma_, weighter.dual_coef_), 0)


class ULSIF(BaseRatioWeighter):
    r"""Unconstrained least-squares importance fitting: the density ratio as a ridge regression in closed form.

    The ratio is :math:`r(x) = \sum_l \theta_l \exp(-\gamma \|x - c_l\|^2)`, with centres :math:`c_l` among the target
    rows. With :math:`\phi(x)` its features, :math:`H` the mean of :math:`\phi \phi^\top` over the source and :math:`h`
    the mean of :math:`\phi` over the target,

    .. math:: \hat\theta = \arg\min_\theta \tfrac12 \theta^\top H \theta - h^\top \theta
              + \tfrac\lambda2 \|\theta\|^2 = (H + \lambda I)^{-1} h,

    which is, up to a constant, the least squared error :math:`\tfrac12 E_s[(r - p_t / p_s)^2]`, plus the ridge
    :math:`\lambda` = ``reg``. Width and ridge are chosen by the leave-one-out error.

    *When it helps*: the ratio is smooth and the domains overlap; it is the fastest of the kernel methods that tune
    themselves. *When it hurts*: the target lies outside the source (the ratio is unbounded there: see :class:`RULSIF`),
    or the log-ratio is simple in many columns, where :class:`DiscriminatorWeighter` is nearer the truth. Columns must
    be on one scale: standardise first.

    Parameters
    ----------
    gamma : float > 0 or "auto", default="auto"
        Width of the kernel, in 1 / squared units of X. "auto" tries 0.1, 0.3, 1, 3 and 10 over the squared median
        distance.
    reg : float > 0 or "auto", default="auto"
        Ridge. "auto" tries 0.01, 0.1, 1 and 10.
    n_centers : int >= 1, default=100
        Largest number of centres.
    nonnegative : {"ratio", "coef", "exact"}, default="ratio"
        How the ratio is kept from being negative. "ratio": it is cut at 0. "coef": negative coefficients are set to 0,
        as in [1]. "exact": the programme is solved over :math:`\theta \ge 0`, as LSIF does (with the ridge for its
        l1 penalty); its width and ridge are those of "coef".
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
    centers_ : ndarray or CSR matrix of shape (n_centers, n_features), or None
        Centres of the kernel; None if there is one domain.
    dual_coef_ : ndarray of shape (n_centers,)
        Their coefficients.
    gamma_, reg_ : float
        The values used.
    loo_loss_ : float
        Leave-one-out estimate of the squared error, up to a constant; NaN if both ``gamma`` and ``reg`` were given.
    pe_divergence_ : float
        Pearson divergence of the target from the source, :math:`\tfrac12 E_s[(r - 1)^2]`, on the rows of ``fit``.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    ImportanceWeighted : Fits any estimator with these weights.
    RULSIF : The same for a ratio that is bounded by construction.
    KLIEP : Maximum likelihood in place of least squares: no ridge, always positive, slower.
    KMM : Matches means in feature space.

    Notes
    -----
    *Cost*: O(n b (d + b)) time for each width (with b centres) and O(b (b + d)) memory beyond the rows: linear in rows.

    *Departures from* [1]: by default negative values are cut in the ratio, not in the coefficients. Then the features
    can be wide and cancel each other, which is what many columns need. Squared error of the weights, scaled to sum 1,
    in 1e-6 (rank correlation with the truth), for N(0, I) > N(e_1, I), 100 source and 1,000 target rows, 30 runs
    (``benchmarks/ratio.py``):

    ====================  ==========  ==========  ==========  ==========
    weights               d = 1       d = 5       d = 10      d = 20
    ====================  ==========  ==========  ==========  ==========
    constant              148         166         159         149
    **"ratio"**           46 (.94)    79 (.94)    78 (.90)    87 (.85)
    "coef"                62 (1.00)   136 (.75)   142 (.59)   142 (.42)
    "exact"               59 (1.00)   132 (.78)   140 (.61)   141 (.42)
    ====================  ==========  ==========  ==========  ==========

    The leave-one-out error leaves out one row at a time, of up to 2,000 rows per domain; the paper leaves out a pair,
    one of each domain, which needs domains of equal size and depends on the order of the rows.

    References
    ----------
    .. [1] T. Kanamori, S. Hido, M. Sugiyama, "A least-squares approach to direct importance estimation", Journal of
       Machine Learning Research 10, 2009.

    Examples
    --------
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.instance import ULSIF
    >>> data = make_covariate_shift(1000, 1000, 1, random_state=0)  # N(0, 1) > N(1, 1); y is NaN on target rows
    >>> ULSIF().fit(data.X, data.y).predict_weights([[-1.0], [0.5], [1.5]]).round(1)  # the truth: 0.2, 1, 2.7
    array([0.2, 1. , 3.3])
    """

    _constraints = {
        "gamma": ("auto", Interval(low=0, closed="neither")),
        "reg": ("auto", Interval(low=0, closed="neither")),
        "n_centers": (Interval(Integral, 1),),
        "nonnegative": ("ratio", "coef", "exact"),
        "random_state": RANDOM_STATE,
    }

    def __init__(self, *, gamma="auto", reg="auto", n_centers=100, nonnegative="ratio", clip=None, random_state=0):
        self.gamma = gamma
        self.reg = reg
        self.n_centers = n_centers
        self.nonnegative = nonnegative
        self.clip = clip
        self.random_state = random_state

    def _weigh(self, X_source, X_target):
        return fit_ratio(self, X_source, X_target, alpha=0.0)

    _weigh_nothing, _ratio = no_ratio, ratio_at
