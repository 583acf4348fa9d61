"""Relative least-squares density ratios: bounded where the plain ratio has no bound."""

from sktl._checks import Interval
from sktl.base import BaseRatioWeighter
from sktl.instance._ulsif import ULSIF, fit_ratio, no_ratio, ratio_at


class RULSIF(BaseRatioWeighter):
    r"""Relative unconstrained least-squares importance fitting: the ratio of the target to a mixture with the source.

    .. math:: r_\alpha(x) = \frac{p_t(x)}{\alpha p_t(x) + (1 - \alpha) p_s(x)} \le \frac1\alpha

    is estimated as in :class:`ULSIF`, with :math:`H = \alpha H_t + (1 - \alpha) H_s` for the mean products of features
    over target and source, and :math:`\hat\theta = (H + \lambda I)^{-1} h`.

    *When it helps*: the plain ratio is unbounded (the target is wider than the source, or partly outside it), so that a
    few rows carry most of the weight: the relative ratio accepts some bias for much less variance. *When it hurts*: as
    :class:`ULSIF`; and the weights are flatter than the truth, the more so the larger ``alpha`` is. Columns must be on
    one scale: standardise first.

    Parameters
    ----------
    alpha : float in [0, 1), default=0.1
        Share of the target in the denominator; the true relative ratio is at most 1 / alpha. 0 is
        :class:`ULSIF`.
    gamma : float > 0 or "auto", default="auto"
        Width of the kernel, in 1 / squared units of X. "auto" tries 0.1, 0.3, 1, 3 and 10 over the squared median
        distance.
    reg : float > 0 or "auto", default="auto"
        Ridge. "auto" tries 0.01, 0.1, 1 and 10.
    n_centers : int >= 1, default=100
        Largest number of centres, drawn among the target rows.
    nonnegative : {"ratio", "coef", "exact"}, default="ratio"
        "ratio": the ratio is cut at 0. "coef": negative coefficients are set to 0. "exact": the programme is solved
        over :math:`\theta \ge 0`; its width and ridge are those of "coef".
    clip : float or None, default=None
        1 or more: the largest weight allowed; the others are raised in proportion, so that the mean stays 1. Below 1: a
        quantile of the weights; larger ones are cut to it, then all are scaled to mean 1.
    random_state : int, RandomState instance or None, default=0
        Draws the centres. Which ones does not depend on the order of the rows.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Relative weights in the order of the rows: mean 1 over source rows, 1 on target rows.
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
        Pearson divergence of the target from the mixture, half the mean of :math:`(r_\alpha - 1)^2` over the mixture.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    ImportanceWeighted : Fits any estimator with these weights.
    ULSIF : The plain ratio; its Notes have cost and departures.

    Notes
    -----
    *Cost*: that of :class:`ULSIF`, linear in rows.

    References
    ----------
    .. [1] M. Yamada, T. Suzuki, T. Kanamori, H. Hachiya, M. Sugiyama, "Relative density-ratio estimation for robust
       distribution comparison", NIPS 2011.

    Examples
    --------
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.instance import RULSIF
    >>> data = make_covariate_shift(scale=1.5, random_state=0)  # the plain ratio has no bound
    >>> weighter = RULSIF(alpha=0.2).fit(data.X, data.y)
    >>> bool(weighter.predict_weights(data.X).max() < 6)
    True
    """

    _constraints = ULSIF._constraints | {"alpha": (Interval(low=0, high=1, closed="left"),)}

    def __init__(
        self,
        alpha=0.1,
        *,
        gamma="auto",
        reg="auto",
        n_centers=100,
        nonnegative="ratio",
        clip=None,
        random_state=0,
    ):
        self.alpha = alpha
        self.gamma = gamma
        self.reg = reg
        self.n_centers = n_centers
        self.nonnegative = nonnegative
        self.clip = clip
        self.random_state = random_state

    def _weigh(self, X_source, X_target):
        return fit_ratio(self, X_source, X_target, self.alpha)

    _weigh_nothing, _ratio = no_ratio, ratio_at
