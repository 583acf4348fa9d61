"""The density ratio of two normal densities with shrunk covariances."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from sktl._checks import FOLDS, RANDOM_STATE, Interval, check_squares
from sktl._core.held_out import held_out_losses
from sktl._core.linear_maps import ledoit_wolf
from sktl._core.moments import moments_of, row_blocks
from sktl._core.weights import column_scale, ratio_of_logs, varying_columns
from sktl.base import BaseRatioWeighter

POOLINGS = (1.0, 0.9, 0.5, 0.0)  # pooling="auto"; the first if rows are too few to tell
FLOOR = 1e-6  # least variance in any direction, where that of a column is 1


def sums_of(X):
    """Counts, mean, scatter and fourth moment of the rows: all that a normal density is a function of here."""
    check_squares(X, power=4)  # the rule of shrinkage squares covariances
    return moments_of(row_blocks(X), norms=True)


def shrunk_covariance(sums, shrinkage):
    """Covariance drawn towards a multiple of the identity, by Ledoit and Wolf's rule or a given share."""
    d = sums.scatter.shape[0]
    share = ledoit_wolf(sums, d) if shrinkage == "auto" else shrinkage
    covariance = sums.scatter / sums.n
    shrunk = (1 - share) * covariance
    shrunk[np.diag_indices(d)] += share * np.trace(covariance) / d
    return shrunk


@dataclass(frozen=True)
class Normal:
    """A normal density: its mean, and the eigenvalues and eigenvectors of its covariance."""

    mean: np.ndarray
    values: np.ndarray
    vectors: np.ndarray

    @classmethod
    def of(cls, mean, covariance):
        """The density with this covariance, its least variances raised to ``FLOOR``."""
        values, vectors = np.linalg.eigh(covariance)  # once: any log-density is then a product and a sum of squares
        return cls(mean, np.maximum(values, FLOOR), vectors)

    def log_density(self, X):
        """Log-density but for the constant that depends on the number of columns alone."""
        scaled = (X - self.mean) @ self.vectors / np.sqrt(self.values)
        return -0.5 * (np.einsum("ij,ij->i", scaled, scaled) + np.log(self.values).sum())


def fit_normals(sums_source, sums_target, shrinkage, pooling):
    """The two normals, from the sums of each domain; their covariances are drawn together by ``pooling``."""
    sums = (sums_source, sums_target)
    covariances = [shrunk_covariance(one, shrinkage) for one in sums]
    # by rows, as the covariance around the means of both domains
    pooled = np.average(covariances, axis=0, weights=[one.n for one in sums])
    mixed = [(1 - pooling) * covariance + pooling * pooled for covariance in covariances]
    return [Normal.of(one.mean, covariance) for one, covariance in zip(sums, mixed, strict=True)]


def log_ratio(normals, X):
    """Log of the second normal's density over the first one's."""
    return normals[1].log_density(X) - normals[0].log_density(X)


class GaussianWeighter(BaseRatioWeighter):
    r"""Importance weights from two normal densities, one per domain.

    .. math:: \log w(x) = \log N(x; \mu_t, \Sigma_t) - \log N(x; \mu_s, \Sigma_s), \qquad
              \Sigma_k = (1 - \rho) C_k + \rho \frac{n_s C_s + n_t C_t}{n_s + n_t},

    with the domains' covariances :math:`C_k`, shrunk by Ledoit and Wolf's rule and pooled by :math:`\rho` =
    ``pooling``: with 1 the log-ratio is linear in x, with 0 fully quadratic.

    *When it helps*: the domains are roughly normal, or differ mainly in means and covariances; few rows. *When it
    hurts*: other shapes (clusters, heavy tails: the quadratic grows without bound far from the source).

    Parameters
    ----------
    pooling : float in [0, 1] or "auto", default="auto"
        Weight of the pooled covariance in each domain's. "auto" takes the one of 0, 0.5, 0.9 and 1 that best tells
        apart the domains of held-out rows (log-loss).
    shrinkage : float in [0, 1] or "auto", default="auto"
        Weight of a multiple of the identity in each covariance; columns have unit variance over all rows.
        "auto" is Ledoit and Wolf's rule.
    cv : int >= 2, default=5
        Folds for ``pooling="auto"``.
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
    pooling_ : float
        The value used; NaN if there is one domain.
    normals_ : list of two records, or None
        Source and target in the d columns that vary, divided by ``scale_``: ``mean`` (d,), ``values`` (d,) and
        ``vectors`` (d, d) of the covariance. None if there is one domain.
    scale_ : ndarray of shape (n_features,)
        Standard deviation of the columns over all rows.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    ImportanceWeighted : Fits any estimator with these weights.
    DiscriminatorWeighter : Fits the log-ratio without a model of the densities.
    KDEWeighter : Densities of any shape, in few columns.

    Notes
    -----
    *Cost*: O((n_s + n_t) d^2 + d^3), cv + 1 times.

    References
    ----------
    .. [1] J. H. Friedman, "Regularized discriminant analysis", Journal of the American Statistical Association 84,
       1989.
    .. [2] O. Ledoit, M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
       Multivariate Analysis 88, 2004.

    Examples
    --------
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.instance import GaussianWeighter
    >>> data = make_covariate_shift(random_state=0)  # N(0, I) > N(e_1, I); y is NaN on target rows
    >>> weighter = GaussianWeighter().fit(data.X, data.y)
    >>> weighter.predict_weights([[-1.0, 0.0], [0.5, 0.0], [1.5, 0.0]]).round(1)  # the truth: 0.2, 1, 2.7
    array([0.2, 1. , 2.7])
    """

    _constraints = {
        "pooling": ("auto", Interval(low=0, high=1)),
        "shrinkage": ("auto", Interval(low=0, high=1)),
        "cv": FOLDS,
        "random_state": RANDOM_STATE,
    }
    _takes_sparse = False

    def __init__(self, pooling="auto", *, shrinkage="auto", cv=5, clip=None, random_state=0):
        self.pooling = pooling
        self.shrinkage = shrinkage
        self.cv = cv
        self.clip = clip
        self.random_state = random_state

    def _weigh(self, X_source, X_target):
        # a constant column says nothing; among the others it would make the mean variance, the sphere's, smaller
        self._varies = varying_columns(X_source, X_target)
        self.scale_ = column_scale(X_source, X_target)
        source, target = self._prepared(X_source), self._prepared(X_target)
        self.pooling_ = float(self._choose(source, target) if self.pooling == "auto" else self.pooling)
        self.normals_ = fit_normals(sums_of(source), sums_of(target), self.shrinkage, self.pooling_)
        return self._ratio(X_source)

    def _choose(self, source, target):
        """The share of pooling under which held-out rows are best told apart."""

        def log_ratio_at(X_source, X_target, pooling, X):
            return log_ratio(fit_normals(sums_of(X_source), sums_of(X_target), self.shrinkage, pooling), X)

        rng = check_random_state(self.random_state)
        return POOLINGS[int(np.argmin(held_out_losses(log_ratio_at, source, target, POOLINGS, self.cv, rng)))]

    def _weigh_nothing(self, X):
        self.pooling_, self.normals_, self.scale_ = np.nan, None, np.ones(X.shape[1])

    def _ratio(self, X):
        return ratio_of_logs(log_ratio(self.normals_, self._prepared(X)))

    def _prepared(self, X):
        return X[:, self._varies] / self.scale_[self._varies]
