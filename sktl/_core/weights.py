"""What is done with importance weights, whatever they were estimated by."""

import numpy as np
from scipy import sparse

LARGEST_LOG = 300.0  # ratios are cut at exp of this, so that their squares stay finite


def clip_weights(weights, clip, most=np.inf):
    """Weights scaled to mean 1 under an upper bound, and the share of them at the bound.

    None: no bound but ``most``. 0 < clip < 1: those above this quantile are cut to it, then all are scaled. clip >= 1:
    no weight is above ``clip``; what is cut off raises the others in proportion.
    """
    share = 0.0
    if clip is not None and clip < 1:
        bound = np.quantile(weights, clip)
        share = float(np.mean(weights > bound))
        weights = np.minimum(weights, bound)
    elif clip is not None:
        most = min(clip, most)
    if np.isfinite(most):
        weights, at_bound = bounded_weights(weights, most)
        share = max(share, at_bound)
    return weights / np.mean(weights), share


def bounded_weights(weights, most):
    """min(c weights, most) with the c that makes their mean 1, and the share of them at the bound.

    Where too few weights are above 0 for that, these take ``most`` and the others share what is left: the limit of
    tiny ones in place of zeros. A bound below 1 yields to the mean: those above 0 become equal.
    """
    n, order = len(weights), np.argsort(weights)[::-1]
    ordered = weights[order] / weights.max()
    # with the k largest at the bound, c = (n - k most) / (sum of the others): the least k that keeps the rest below it
    rest = np.cumsum(ordered[::-1])[::-1]
    needed = n - most * np.arange(n)
    fits = (needed > 0) & (rest > 0) & (ordered * needed <= most * rest)
    if not fits.any():
        above = weights > 0
        left = n - most * above.sum()  # of the sum n, once those above 0 are at the bound
        if most < 1 or left < 0:
            return np.where(above, most, 0.0), float(above.mean())
        return np.where(above, most, left / max(n - above.sum(), 1)), float(above.mean())
    k = int(np.argmax(fits))
    bounded = np.empty(n)
    bounded[order] = np.minimum(ordered * (needed[k] / rest[k]), most)
    bounded[order[:k]] = most
    return bounded, k / n


def effective_sample_size(weights) -> float:
    """Kish's (sum w)^2 / sum w^2: how many equally weighted rows the weights are worth."""
    return float(weights.sum() ** 2 / (weights @ weights))


def odds_to_ratio(p_target, n_source, n_target):
    """Density ratio p_target(x) / p_source(x) from P(target | x), by Bayes' rule."""
    return p_target / (1 - p_target) * (n_source / n_target)


def ratio_of_logs(log_ratio) -> np.ndarray:
    """exp, without overflow."""
    return np.exp(np.minimum(log_ratio, LARGEST_LOG))


def column_scale(*samples) -> np.ndarray:
    """Standard deviation of each column over the rows of all samples; 1 for a constant one."""
    X = np.concatenate(samples)
    scale = X.std(axis=0, dtype=np.float64)
    # a deviation of rounding's size beside the values is that of a constant column
    return np.where(scale > 1e-12 * np.abs(X).max(axis=0), scale, 1.0)


def varying_columns(*samples) -> np.ndarray:
    """Mask of the columns with two values at least over the rows of all samples; all of them if there is none."""
    low = np.min([X.min(axis=0) for X in samples], axis=0)
    varies = np.max([X.max(axis=0) for X in samples], axis=0) > low
    return varies if varies.any() else ~varies


def within_scale(X_source, X_target) -> np.ndarray:
    """Standard deviation of each column within the domains: the root of their mean variance; dense or CSR rows.

    A column constant within both has that of all rows, and 1 if it never varies.
    """
    moments = [_mean_and_variance(X) for X in (X_source, X_target)]
    within = (moments[0][1] + moments[1][1]) / 2
    between = ((moments[0][0] - moments[1][0]) / 2) ** 2
    tiny = (1e-12 * np.maximum(abs(moments[0][0]), abs(moments[1][0]))) ** 2  # below it a variance is rounding
    scale = np.sqrt(np.where(within > np.maximum(1e-12 * between, tiny), within, within + between))
    return np.where(scale**2 > tiny, scale, 1.0)


def _mean_and_variance(X):
    """Of each column, in double precision."""
    if not sparse.issparse(X):
        return X.mean(axis=0, dtype=np.float64), X.var(axis=0, dtype=np.float64)
    mean = np.asarray(X.mean(axis=0), dtype=np.float64).ravel()
    square = np.asarray(X.multiply(X).mean(axis=0), dtype=np.float64).ravel()
    return mean, np.maximum(square - mean**2, 0)
