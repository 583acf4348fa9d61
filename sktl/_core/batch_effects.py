"""Location and scale of batches, shrunk by empirical Bayes: the equations of Johnson, Li & Rabinovic (2007)."""

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from sktl._core.kernels import blocks

TOL = 1e-10  # of the alternating means and variances: a contraction, so that the last step bounds what is left
MAX_ITER = 1000
GENES = 256  # columns whose likelihoods under all columns' effects are held at once


@dataclass(frozen=True)
class Common:
    """What all batches share: x = mean + covariates slopes + scale z.

    Attributes
    ----------
    mean, scale : ndarray of shape (d,)
        Overall mean and standard deviation; scale 0 where a column does not vary within the batches.
    slopes : ndarray of shape (p, d)
        Of the covariates.
    """

    mean: np.ndarray
    scale: np.ndarray
    slopes: np.ndarray

    @property
    def active(self):
        """Columns that vary."""
        return self.scale > 0

    def expected(self, covariates):
        """Mean of rows with these covariates, (n, d)."""
        return self.mean + covariates @ self.slopes

    def standardised(self, X, covariates):
        """Rows less their expectation, in units of the scale, for the columns that vary."""
        active = self.active
        return (X - self.expected(covariates))[:, active] / self.scale[active]


def common_part(X, batches, covariates, reference=None):
    """Least squares on the batches and the covariates; the mean and scale of all rows, or of a reference batch.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Rows.
    batches : list of ndarray of bool
        The rows of each batch.
    covariates : ndarray of shape (n, p)
        What is to be kept.
    reference : int or None
        Position of the reference among the batches.

    Returns
    -------
    Common

    Raises
    ------
    ValueError
        If the covariates say the same as the batches.
    """
    origin = covariates.mean(axis=0)  # of no weight beside the batches' columns, and no digits are lost
    varying = np.ptp(covariates, axis=0) > 0  # a constant has nothing that could be kept
    design = np.column_stack([*batches, (covariates - origin)[:, varying]]).astype(float)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError(
            f"The {covariates.shape[1]} covariates and the {len(batches)} domains say the same in part (a covariate "
            "that is constant within the domains, or a sum of others): what differs between domains and what is to "
            "be kept cannot be told apart. Leave such covariates out."
        )
    found = np.linalg.lstsq(design, X)[0]
    residual = X - design @ found
    shares = np.array([rows.mean() for rows in batches])
    rows = slice(None) if reference is None else batches[reference]
    if reference is not None:
        shares = np.eye(len(batches))[reference]
    scale = np.sqrt(np.mean(residual[rows] ** 2, axis=0))  # over n, as in the paper
    # what least squares leaves of a constant column is rounding
    scale[scale <= 1e-12 * np.abs(X).max(axis=0, initial=0.0)] = 0.0
    slopes = np.zeros((covariates.shape[1], X.shape[1]))
    slopes[varying] = found[len(batches) :]
    return Common(shares @ found[: len(batches)] - origin @ slopes, scale, slopes)


@dataclass(frozen=True)
class Prior:
    """Of a batch: its columns' means are N(center, spread); its variances inverse gamma with mean V and variance S^2.

    Attributes
    ----------
    center, spread : float
        Mean and variance of the location.
    level, width : float
        V and S^2.
    """

    center: float
    spread: float
    level: float
    width: float


def prior_of(means, variances):
    """:class:`Prior` with the moments of a batch's columns (divided by one less than their number); None of one."""
    if len(means) < 2:
        return None
    return Prior(means.mean(), means.var(ddof=1), variances.mean(), variances.var(ddof=1))


def mean_prior(priors, center):
    """The prior of a batch not seen before: its own centre, and what the others' mean of the rest says."""
    priors = [prior for prior in priors if prior is not None]
    if not priors:
        return None
    means = np.mean([[prior.spread, prior.level, prior.width] for prior in priors], axis=0)
    return Prior(center, *means.tolist())


def posterior(means, variances, n, prior, with_scale=True):
    """Location and variance of each column given the batch's rows, by turns to their fixed point.

    Parameters
    ----------
    means, variances : ndarray of shape (d,)
        Of the batch's standardised rows, n - 1 in the denominator (0 for one row).
    n : int
        Number of rows.
    prior : Prior or None
        None: nothing is shrunk.
    with_scale : bool
        Otherwise all variances are one.

    Returns
    -------
    location, variance : ndarray of shape (d,)
    """
    ones = np.ones_like(means)
    if prior is None:
        return means, np.where((variances > 0) & with_scale, variances, 1.0)
    location, variance = means, np.where(variances > 0, variances, prior.level) if with_scale else ones
    for _ in range(MAX_ITER):
        before = location, variance
        weight = n * prior.spread
        location = (weight * means + variance * prior.center) / np.maximum(weight + variance, np.finfo(float).tiny)
        if not with_scale:
            break
        variance = _variance((n - 1) * variances + n * (means - location) ** 2, n, prior)
        if max(np.abs(location - before[0]).max(), np.abs(variance - before[1]).max()) <= TOL:
            break
    return location, np.where(variance > 0, variance, 1.0)


def _variance(squares, n, prior):
    """Posterior mean of a variance with the prior's moments V and S^2: (theta + squares / 2) / (n / 2 + lambda - 1)."""
    if prior.width <= np.finfo(float).eps * prior.level**2:  # a prior that is sure
        return np.full_like(squares, prior.level)
    shape = 2 + prior.level**2 / prior.width
    rate = prior.level * (shape - 1)
    return (rate + squares / 2) / (n / 2 + shape - 1)


def nonparametric(means, variances, n, with_scale=True):
    """Means of the other columns' effects, each weighed by the likelihood of a column's rows under it.

    Sums of squares say all that the rows say: n (mean - m')^2 + (n - 1) variance. Logarithms, since products of many
    densities underflow.
    """
    own = np.where((variances > 0) & with_scale, variances, 1.0)
    usable = (variances > 0) | (not with_scale) | (n < 2)
    if usable.sum() < 2:
        return means, own
    location, variance = np.empty_like(means), np.empty_like(means)
    for part in blocks(len(means), GENES):
        squares = n * (means[part, None] - means) ** 2 + ((n - 1) * variances[part])[:, None]
        fit = -0.5 * n * np.log(own) - 0.5 * squares / own
        places = np.arange(len(means))
        fit[(places[part, None] == places) | ~usable] = -np.inf  # a column says nothing of itself
        weights = softmax(fit, axis=1)
        location[part], variance[part] = weights @ means, weights @ own
    return location, variance
