"""What is done with importance weights, whatever they were estimated by."""

import numpy as np

LARGEST_LOG = 300.0  # ratios are cut at exp of this, so that their squares stay finite


def clip_weights(weights, clip):
    """Weights cut at an upper bound, and the share of them that lay above it.

    The bound is the quantile ``clip`` of the weights for 0 < clip < 1, ``clip`` times their mean for clip >= 1; None
    cuts nothing.
    """
    if clip is None:
        return weights, 0.0
    bound = np.quantile(weights, clip) if clip < 1 else clip * np.mean(weights)
    return np.minimum(weights, bound), float(np.mean(weights > bound))


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
    return np.where(scale > 1e-12 * np.abs(X).max(axis=0), scale, 1.0)
