"""Choose among weighters by the error of their ratio on rows that they have not seen."""

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import check_random_state, get_tags

from sktl._checks import FOLDS, RANDOM_STATE, InstanceOf
from sktl._core.held_out import first_as_good, held_out_log_ratios
from sktl._core.kernels import subsample
from sktl.base import BaseRatioWeighter
from sktl.instance._discriminator import DiscriminatorWeighter
from sktl.instance._gaussian import GaussianWeighter
from sktl.instance._ulsif import ULSIF

LARGEST = 30.0  # log-ratios are judged up to it: e^30 against e^-30 is as good as surely apart, and squares stay finite
CV_ROWS = 1000  # rows of each domain that the choice looks at, at the most


def least_squares_losses(ratio_source, ratio_target):
    """Terms of 1/2 mean_s r^2 - mean_t r, one per row, for each ratio (n_options, n) in the scale that suits it best.

    The scale, mean_t r / mean_s r^2, makes the mean loss -(mean_t r)^2 / (2 mean_s r^2): weights are scaled to mean 1
    afterwards, so that a ratio must not be judged by its scale.
    """
    squares = np.maximum((ratio_source**2).mean(axis=1), np.finfo(float).tiny)
    scale = (ratio_target.mean(axis=1) / squares)[:, None]
    return 0.5 * (scale * ratio_source) ** 2, -scale * ratio_target


class AutoWeighter(BaseRatioWeighter):
    r"""Choose the weighter whose density ratio has the smallest squared error on held-out rows.

    With the ratio :math:`\hat r` of each candidate, fitted without the rows that judge it, the error is

    .. math:: \tfrac12 E_s\Bigl[\Bigl(c \hat r - \frac{p_t}{p_s}\Bigr)^2\Bigr] + \text{constant}
              = \tfrac12 c^2 E_s[\hat r^2] - c\, E_t[\hat r],

    with the scale c that makes it smallest. The first candidate within one standard error of the best is taken: a later
    one must be clearly better.

    *When it helps*: the kind of shift is unknown and nobody will look at the weights, as in a scorer or a guard.
    Squared error of the weights in units of that of constant ones, geometric mean and worst of 14 kinds of data (normal
    shifts and changes of scale in 1, 5 and 20 columns, t(2), Gamma, levels; 300 rows per domain, 2 draws;
    ``benchmarks/ratio.py kinds``): Discriminator 0.12 and 0.8, Gaussian 0.13 and 3.5, ULSIF 0.16 and 0.7, AutoWeighter
    0.10 and 0.8. *When it hurts*: it takes about seven times as long as the first candidate alone.

    Parameters
    ----------
    weighters : list of weighter objects, default=None
        Candidates with ``predict_weights``, in order of preference; they are cloned. None stands for
        :class:`DiscriminatorWeighter`, :class:`GaussianWeighter` (dense rows) and :class:`ULSIF`, with their defaults.
    cv : int >= 2, default=5
        Folds for comparing them, on at most 1,000 rows of each domain.
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
    weighter_ : weighter object or None
        The one chosen, fitted on all rows; None if there is one domain.
    risks_ : ndarray of shape (n_weighters,)
        Held-out error of each candidate, without the constant: constant weights have -0.5, lower is better. NaN if
        there were too few rows to hold some out; then the first candidate is taken.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    ImportanceWeighted : Fits any estimator with these weights.
    DiscriminatorWeighter : The first candidate, and often the one chosen.

    Notes
    -----
    *Cost*: ``cv`` fits of each candidate on at most 2,000 rows, and one on all.

    References
    ----------
    .. [1] M. Sugiyama, T. Suzuki, T. Kanamori, "Density Ratio Estimation in Machine Learning", Cambridge University
       Press 2012, chapter 6.

    Examples
    --------
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.instance import AutoWeighter
    >>> data = make_covariate_shift(random_state=0)  # N(0, I) > N(e_1, I); y is NaN on target rows
    >>> weighter = AutoWeighter().fit(data.X, data.y)
    >>> weighter.weighter_, bool(weighter.risks_[0] < -0.5)  # better than constant weights
    (DiscriminatorWeighter(), True)
    """

    _constraints = {
        "weighters": (None, InstanceOf(list, tuple, noun="a list of weighter objects")),
        "cv": FOLDS,
        "random_state": RANDOM_STATE,
    }

    def __init__(self, weighters=None, *, cv=5, clip=None, random_state=0):
        self.weighters = weighters
        self.cv = cv
        self.clip = clip
        self.random_state = random_state

    def _check_params(self):
        if self.weighters is not None and (
            not len(self.weighters) or not all(isinstance(one, BaseRatioWeighter) for one in self.weighters)
        ):
            raise TypeError(
                f"weighters must be a list of weighters with predict_weights, such as [KLIEP()]; got "
                f"{self.weighters!r}."
            )

    def _candidates(self, is_sparse):
        """Unfitted weighters to choose from."""
        if self.weighters is not None:
            return self.weighters
        found = DiscriminatorWeighter(), GaussianWeighter(), ULSIF()
        return [one for one in found if get_tags(one).input_tags.sparse or not is_sparse]

    def _weigh(self, X_source, X_target):
        candidates = self._candidates(sparse.issparse(X_source))
        self.weighter_ = clone(candidates[self._choose(X_source, X_target, candidates)])
        return self.weighter_._weigh(X_source, X_target)

    def _choose(self, X_source, X_target, candidates):
        """Number of the first candidate as good as the best; sets ``risks_``."""
        self.risks_ = np.full(len(candidates), np.nan)
        rng = check_random_state(self.random_state)
        samples = [X[subsample(X, CV_ROWS, rng)] for X in (X_source, X_target)]

        def log_ratio_at(X_source, X_target, candidate, X):
            fitted = clone(candidate)
            fitted._weigh(X_source, X_target)
            # a ratio of 0 is judged as the least positive one: its logarithm is finite
            return np.log(np.maximum(fitted._ratio(X), np.finfo(float).tiny))

        log_ratios = held_out_log_ratios(log_ratio_at, *samples, candidates, self.cv, rng)
        if log_ratios is None or len(candidates) == 1:
            return 0
        losses = least_squares_losses(*(np.exp(np.clip(logs, -LARGEST, LARGEST)) for logs in log_ratios))
        self.risks_ = sum(loss.mean(axis=1) for loss in losses)
        return first_as_good(*losses)

    def _weigh_nothing(self, X):
        self.weighter_, self.risks_ = None, np.full(len(self._candidates(sparse.issparse(X))), np.nan)

    def _ratio(self, X):
        return self.weighter_._ratio(X)

    def __sklearn_tags__(self):
        """Tags: CSR matrices where all candidates take them."""
        tags = super().__sklearn_tags__()
        given = self.weighters if isinstance(self.weighters, (list, tuple)) else []
        tags.input_tags.sparse = all(get_tags(one).input_tags.sparse for one in given if hasattr(one, "fit"))
        return tags
