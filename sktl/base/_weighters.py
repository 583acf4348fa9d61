"""Contract of the weighters: importance weights of the source rows."""

import warnings
from abc import ABCMeta, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from sktl._checks import Interval, check_parameters
from sktl._core.overlap import Overlap, covered_sample_size, domain_overlap
from sktl._core.weights import clip_weights, effective_sample_size
from sktl._threads import threads_by_size
from sktl.base._rows import check_rows, validate_rows
from sktl.domains import user_level
from sktl.exceptions import LowEffectiveSampleSizeWarning

HANDFUL = 5  # effective rows below which a weighter warns
FEW_ROWS = 4 * HANDFUL  # a source of no more rows than this is small by itself: no warning


class BaseWeighter(BaseEstimator, metaclass=ABCMeta):
    """Contract of the estimators that weight source rows towards the target.

    ``fit(X, y=None, sample_domain=None)`` sets ``weights_`` (n_samples,), in the order of the rows of ``X``: on source
    rows the density ratio p_target(x) / p_source(x), scaled to mean 1 over them; 1 on target rows. A child declares
    ``_constraints`` and implements ``_weigh_rows`` and ``_weigh_nothing``, and ``_check_params`` if two parameters
    depend on each other; one whose ``__init__`` takes ``clip`` bounds its weights by it.
    """

    _takes_sparse = True  # a child that takes dense rows alone says False
    _constraints = {"clip": (None, Interval(low=0, closed="neither"))}
    _most = np.inf  # upper bound of the weights that a child knows of itself

    __metadata_request__fit = {"sample_domain": True}  # so that routing needs no set_fit_request
    _check_rows = check_rows
    clip = None  # a child's parameter of this name stands before it

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None):
        """Find the weights of the source rows.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels; only which ones are missing (target rows) matters.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target").

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described.

        Warns
        -----
        SingleDomainWarning
            If there is one domain: all weights are 1 then.
        LowEffectiveSampleSizeWarning
            If more than 20 source rows are worth fewer than 5: a few carry almost all the weight, or the source does
            not cover much of the target.
        """
        check_parameters(self)
        self._check_params()
        X, domains = self._check_rows(X, y, sample_domain)
        self.weights_, share, self._single = np.ones(X.shape[0]), 0.0, domains.single
        if domains.single:
            self._weigh_nothing(X)
        else:
            weights = self._weigh_rows(X, y, domains)
            if not weights.any():
                raise ValueError(
                    f"{type(self).__name__} finds a ratio of 0 at all {len(weights)} source rows: the domains do not "
                    "overlap. Scale the columns, widen the kernel, or find a source nearer the target."
                )
            self.weights_[domains.source], share = clip_weights(weights, self.clip, self._most)
        if "clip" in self.get_params():
            self.clipped_share_ = share
        self._measure(X, domains)
        return self

    def _measure(self, X, domains):
        """Set what the weights are worth, and warn where that is almost nothing."""
        self.effective_sample_size_ = effective_sample_size(self.weights_[domains.source])
        self._warn_if_few(np.count_nonzero(domains.source))

    @abstractmethod
    def _weigh_rows(self, X, y, domains):
        """Weights of the source rows, on any scale; sets the child's fitted attributes."""

    def _warn_if_few(self, n_source):
        """Warn where the source's weight rests on a handful of rows, or leaves out most of the target."""
        if self.effective_sample_size_ < HANDFUL and n_source > FEW_ROWS:
            warnings.warn(
                f"The {n_source} weighted source rows are worth {self.effective_sample_size_:.1f} equally weighted "
                f"ones{self._reason()}: the source has almost no rows where the target lies. Find a "
                "source nearer the target, or label some target rows; to use these weights all the same, bound "
                "them (clip).",
                LowEffectiveSampleSizeWarning,
                stacklevel=user_level(),
            )

    def _reason(self):
        """What else the warning says."""
        return ""

    def _check_params(self):
        """Raise if parameters do not fit each other."""

    def _weigh_nothing(self, X):
        """Set the child's fitted attributes where there is one domain, so that there is nothing to weigh."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags


def overlap_of(weighter):
    """What ``fit`` of a ratio weighter found of the overlap, with its error: it costs more than many a ratio.

    Parameters
    ----------
    weighter : BaseRatioWeighter
        Fitted.

    Returns
    -------
    Overlap
        ``share``, which is ``overlap_``, ``error`` and ``missing``, the share that the source lacks for certain.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.base import overlap_of
    >>> from sktl.instance import GaussianWeighter
    >>> X = np.random.default_rng(0).normal(size=(101, 1))
    >>> overlap_of(GaussianWeighter().fit(X, sample_domain=np.arange(101) >= 50)).missing
    0.0
    """
    return weighter._overlap


class BaseRatioWeighter(BaseWeighter):
    """Contract of the weighters that estimate the density ratio as a function, and so weigh new rows too.

    A child implements ``_weigh`` (which fits that function and returns it at the source rows) and ``_ratio``. ``fit``
    also sets ``overlap_``, in the same way for every child: the mean of a held-out density ratio over source rows, 1 if
    the source covers the target, near 0 if no weights can be right; ``effective_sample_size_`` takes it into account.
    """

    def _weigh_rows(self, X, y, domains):
        return self._weigh(X[domains.source], X[domains.target])

    @abstractmethod
    def _weigh(self, X_source, X_target):
        """Weights of the rows of ``X_source``, on any scale; sets the child's fitted attributes."""

    def _measure(self, X, domains):
        if domains.single:
            self.overlap_, self.effective_sample_size_, self._overlap = 1.0, float(X.shape[0]), Overlap(1.0, 0.0)
            return
        overlap = self._overlap = domain_overlap(X[domains.source], X[domains.target])
        self.overlap_ = overlap.share
        self.effective_sample_size_ = covered_sample_size(self.weights_[domains.source], overlap)
        self._warn_if_few(np.count_nonzero(domains.source))

    def _reason(self):
        return f", and the source covers about {100 * self.overlap_:.0f} % of the target (overlap_)"

    def predict_weights(self, X):
        """Weights of any rows: the estimated ratio itself, neither scaled to a mean of 1 nor clipped.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, as ``fit`` takes them.

        Returns
        -------
        weights : ndarray of shape (n_samples,)
            At least 0; 1 everywhere if ``fit`` saw one domain.
        """
        check_is_fitted(self, "weights_")
        sparse = "csr" if get_tags(self).input_tags.sparse else False
        X = validate_rows(self, X, accept_sparse=sparse, reset=False)
        return np.ones(X.shape[0]) if self._single else self._ratio(X)

    @abstractmethod
    def _ratio(self, X):
        """The ratio at the rows of ``X``, shape (n_samples,)."""
