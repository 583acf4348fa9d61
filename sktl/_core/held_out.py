"""How well a density ratio tells the domains of held-out rows, and the choice among several by it."""

import numpy as np

from sktl._core.folds import fold_numbers
from sktl._core.kernels import stack_samples


def domain_log_loss(log_ratio_source, log_ratio_target):
    """Log-loss of telling the domains apart by their ratio, each domain counting half; log 2 for a ratio of 1.

    Rows stand along the last axis.
    """
    source, target = domain_log_losses(log_ratio_source, log_ratio_target)
    return source.mean(axis=-1) + target.mean(axis=-1)


def domain_log_losses(log_ratio_source, log_ratio_target):
    """Terms of :func:`domain_log_loss`, one per row."""
    # log(1 + r) without overflow of r
    return 0.5 * np.logaddexp(0, log_ratio_source), 0.5 * np.logaddexp(0, -log_ratio_target)


def held_out_log_ratios(log_ratio_at, X_source, X_target, options, n_folds, rng):
    """Log-ratios of held-out source rows and target rows, (n_options, n) each; None if rows are too few to hold out.

    ``log_ratio_at(X_source, X_target, option, X)`` fits both samples and returns the log-ratio at ``X``.
    """
    X = stack_samples(X_source, X_target)
    target = np.repeat([False, True], [X_source.shape[0], X_target.shape[0]])
    folds = fold_numbers(X, target, n_folds, rng)
    log_ratios = np.full((len(options), len(target)), np.nan)
    for fold in np.unique(folds):
        out = folds == fold
        kept_source, kept_target = X[~out & ~target], X[~out & target]
        if min(kept_source.shape[0], kept_target.shape[0]) >= 2:  # one row has no variance, and no other row near it
            for k, option in enumerate(options):
                log_ratios[k, out] = log_ratio_at(kept_source, kept_target, option, X[out])
    judged = np.isfinite(log_ratios).all(axis=0)
    if not (judged & target).any() or not (judged & ~target).any():
        return None
    return log_ratios[:, judged & ~target], log_ratios[:, judged & target]


def held_out_losses(log_ratio_at, X_source, X_target, options, n_folds, rng) -> np.ndarray:
    """Log-loss of held-out rows (:func:`domain_log_loss`) for each option; infinite if rows are too few to hold out."""
    log_ratios = held_out_log_ratios(log_ratio_at, X_source, X_target, options, n_folds, rng)
    return np.full(len(options), np.inf) if log_ratios is None else domain_log_loss(*log_ratios)


def first_as_good(loss_source, loss_target) -> int:
    """First option whose loss is at most one standard error, of their difference, above the least one.

    The loss of an option is the mean of its row (n_options, n_source) plus that of its row (n_options, n_target).
    """
    best = np.argmin(loss_source.mean(axis=1) + loss_target.mean(axis=1))
    behind = [loss - loss[best] for loss in (loss_source, loss_target)]
    # the samples are independent: the variances of both means add
    variance = sum(loss.var(axis=1) / loss.shape[1] for loss in behind)
    return int(np.flatnonzero(sum(loss.mean(axis=1) for loss in behind) <= np.sqrt(variance))[0])
