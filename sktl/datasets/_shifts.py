"""Simulated shifts between two domains, each with the truth to compare an estimate with."""

from functools import partial
from numbers import Integral

import numpy as np
from sklearn.utils import Bunch, check_random_state

from sktl._checks import RANDOM_STATE, Interval, checked
from sktl.domains import stack_domains


def gaussian_ratio(X, shift, scale):
    """Density ratio of N(shift * e_1, scale^2 I) to N(0, I) at the rows of ``X``."""
    X = np.asarray(X, dtype=float)
    moved = X.copy()
    moved[:, 0] -= shift
    log_ratio = 0.5 * (X**2).sum(axis=1) - 0.5 * (moved**2).sum(axis=1) / scale**2 - X.shape[1] * np.log(scale)
    return np.exp(log_ratio)  # from logarithms: densities of many columns underflow, their ratio need not


def bent_plane(X):
    """Give the rows of ``X`` a height: a parabola in the first column, a plane in the others."""
    others = X.shape[1] - 1
    # both parts have mean 0 in the source, and the plane variance 1 for any number of columns
    return X[:, 0] ** 2 - 1 + (X[:, 1:].sum(axis=1) / np.sqrt(others) if others else 0.0)


@checked(
    n_source=(Interval(Integral, 1),),
    n_target=(Interval(Integral, 1),),
    n_features=(Interval(Integral, 1),),
    shift=(Interval(),),
    scale=(Interval(low=0, closed="neither"),),
    task=("classification", "regression"),
    noise=(Interval(low=0),),
    random_state=RANDOM_STATE,
)
def make_covariate_shift(
    n_source=1000,
    n_target=500,
    n_features=2,
    *,
    shift=1.0,
    scale=1.0,
    task="classification",
    noise=0.5,
    random_state=None,
):
    r"""Make two Gaussian domains that differ in p(x) alone, with the true importance weights.

    Source rows come from :math:`N(0, I)`, target rows from :math:`N(\text{shift} \cdot e_1, \text{scale}^2 I)`. In
    both,

    .. math:: f(x) = x_1^2 - 1 + (x_2 + \dots + x_d) / \sqrt{d - 1}, \qquad z = f(x) + \text{noise} \cdot \varepsilon,
              \quad \varepsilon \sim N(0, 1),

    (for d = 1 without the last term), and the label is :math:`z` (regression) or :math:`z > 0` (classification), so
    that p(y|x) is the same. A linear model is misspecified and fits well only where its training rows lie, so that
    re-weighting the source rows by the true ratio helps it; a flexible model gains nothing. Linear regression with
    ``shift=1, scale=1`` has an expected squared error on the target, beyond the noise, of 7 when fitted on the source,
    and of 2 with the true weights (or on the target itself).

    Parameters
    ----------
    n_source, n_target : int, default=1000, 500
        Numbers of rows, at least 1.
    n_features : int, default=2
        Number of columns d, at least 1.
    shift : float, default=1.0
        How far the target's mean lies from the source's, along the first column, in standard deviations of the source.
        The weights of ``n_source`` rows are worth about ``n_source * exp(-shift**2)`` rows (for ``scale=1``).
    scale : float, default=1.0
        Standard deviation of the target, > 0. From sqrt(2) on, the variance of the weights is infinite.
    task : {"classification", "regression"}, default="classification"
        Whether labels are classes or numbers.
    noise : float, default=0.5
        Standard deviation of the noise in z, >= 0.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same rows at each call.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        X : ndarray of shape (n_source + n_target, n_features)
            Source rows, then target rows.
        y : ndarray of shape (n_source + n_target,)
            Labels as floats, NaN on target rows.
        y_true : ndarray of shape (n_source + n_target,)
            All labels: integers 0 and 1, or floats.
        sample_domain : ndarray of shape (n_source + n_target,), dtype object
            "source" or "target".
        weights : ndarray of shape (n_source + n_target,)
            The plain density ratio p_target(x) / p_source(x) at source rows, not scaled to any mean (its expectation
            over the source is 1); 1 at target rows.
        density_ratio : callable
            ``density_ratio(X)`` is the ratio at any rows. It pickles.

    Examples
    --------
    >>> from sktl.datasets import make_covariate_shift
    >>> data = make_covariate_shift(n_source=500, n_target=300, shift=0.5, random_state=0)
    >>> data.X.shape, data.weights.shape
    ((800, 2), (800,))
    >>> data.density_ratio([[0.25, 0.0], [1.25, 3.0]])  # exp(shift * x_1 - shift^2 / 2)
    array([1.        , 1.64872127])
    """
    rng = check_random_state(random_state)
    X_source = rng.standard_normal((n_source, n_features))
    X_target = scale * rng.standard_normal((n_target, n_features))
    X_target[:, 0] += shift
    latent = bent_plane(np.concatenate([X_source, X_target])) + noise * rng.standard_normal(n_source + n_target)
    y_true = latent if task == "regression" else (latent > 0).astype(np.int64)
    X, y, sample_domain = stack_domains(source=(X_source, y_true[:n_source].astype(float)), target=X_target)
    ratio = partial(gaussian_ratio, shift=shift, scale=scale)
    weights = np.concatenate([ratio(X_source), np.ones(n_target)])
    return Bunch(X=X, y=y, y_true=y_true, sample_domain=sample_domain, weights=weights, density_ratio=ratio)
