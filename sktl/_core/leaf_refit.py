"""New values for the leaves of a fixed structure: of averaged trees at once, of boosted trees stage by stage.

``leaves`` tells the leaf of each row in each tree, (n, n_trees). Every new value is a mean of what the rows say and of
the source's value, which counts as ``shrinkage`` rows (:func:`~sktl._core.trees.shrunken`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from sktl._core.trees import shrunken

# --- averaged trees ---


def leaf_sums(leaves: np.ndarray, statistics: np.ndarray, n_nodes: int) -> np.ndarray:
    """Statistics summed over the rows of each leaf of one tree, (n_nodes, n_statistics); ``leaves`` is (n,)."""
    columns = [np.bincount(leaves, weights=column, minlength=n_nodes) for column in statistics.T]
    return np.stack(columns, axis=1)


def left_out_average(
    leaves: np.ndarray,
    statistics: np.ndarray,
    source: list[np.ndarray],
    values: Callable,
    shrinkages: np.ndarray,
) -> np.ndarray:
    """What the averaged trees say of each row if its leaves are refitted without it, (n_shrinkages, n, n_outputs).

    ``source`` holds the values of each tree's nodes, (n_nodes, n_outputs) each; ``values`` makes values and counts from
    sums of statistics. Exact, and no refit: a row's leaf loses its own statistics.
    """
    said = np.zeros((len(shrinkages), len(leaves), source[0].shape[1]))
    for leaf, old in zip(leaves.T, source, strict=True):
        own, count = values(leaf_sums(leaf, statistics, len(old))[leaf] - statistics)
        count = np.maximum(count, 0.0)  # a row's own weight less itself is 0 up to rounding
        for k, shrinkage in enumerate(shrinkages):
            said[k] += shrunken(own, count, old[leaf], shrinkage)
    return said / leaves.shape[1]


# --- boosted trees ---


@dataclass(frozen=True)
class Loss:
    """Negative gradient and curvature of a loss in the raw scores, and the curvature of an undecided row."""

    derivatives: Callable  # (y, scores), (n, n_scores) both, to two arrays alike
    undecided: float


def _squared(y, scores):
    return y - scores, np.ones_like(scores)


def _binomial(y, scores):
    p = expit(scores)
    return y - p, p * (1 - p)


def _multinomial(y, scores):
    p, n_classes = softmax(scores, axis=1), scores.shape[1]
    return (y - p) * (n_classes - 1) / n_classes, p * (1 - p)  # the factor is Friedman's, as in scikit-learn


def _exponential(y, scores):
    sign = 2 * y - 1
    weight = np.exp(-sign * scores)
    return sign * weight, weight


#: (y - f)^2 / 2; y is (n, 1).
SQUARED_ERROR = Loss(_squared, 1.0)
#: Log-loss of two classes, one score; y (n, 1) of 0 and 1.
BINOMIAL = Loss(_binomial, 0.25)
#: AdaBoost's exp(-(2 y - 1) f), one score; y (n, 1) of 0 and 1.
EXPONENTIAL = Loss(_exponential, 1.0)


def multinomial(n_classes: int) -> Loss:
    """Log-loss of K classes, K scores; ``y`` (n, K) one-hot."""
    return Loss(_multinomial, (n_classes - 1) / n_classes**2)


def refitted_stages(
    leaves: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    scores: np.ndarray,
    source: list[list[np.ndarray]],
    loss: Loss,
    learning_rate: float,
    shrinkage: float,
) -> list[list[np.ndarray]]:
    """New values of the leaves of boosted trees: in each stage a Newton step from the scores reached so far.

    A leaf's value v minimises, to second order, the loss of its rows at f + v, plus (kappa / 2) (v - v_source)^2:
    v = (sum w g + kappa v_source) / (sum w h + kappa), kappa = shrinkage x curvature of an undecided row. The penalty
    has a fixed curvature, so that a leaf of one surely classified row (h near 0) makes no huge step.

    Parameters
    ----------
    leaves : ndarray of shape (n, n_stages, n_scores)
        Leaf of each row in each tree.
    y : ndarray of shape (n, n_scores)
        As the loss wants it.
    weights : ndarray of shape (n,)
        Rows of weight 0 are left out.
    scores : ndarray of shape (n, n_scores)
        What boosting starts from.
    source : list of n_stages lists of n_scores arrays (n_nodes,)
        The source's values.
    """
    scores, new = scores.copy(), []
    penalty = shrinkage * loss.undecided
    for stage, old in enumerate(source):
        gradient, curvature = (weights[:, None] * part for part in loss.derivatives(y, scores))
        new.append([])
        for k, values in enumerate(old):
            at = leaves[:, stage, k]
            g, h = (np.bincount(at, weights=part[:, k], minlength=len(values)) for part in (gradient, curvature))
            new[-1].append(_step(g, h, values, penalty))
            scores[:, k] += learning_rate * new[-1][k][at]
    return new


def _step(gradient: np.ndarray, curvature: np.ndarray, old: np.ndarray, penalty: float) -> np.ndarray:
    """Penalised Newton steps (n_nodes,); the old values where no row pulls, or where the penalty is infinite."""
    if np.isinf(penalty):
        return old.copy()
    total = curvature + penalty
    # 1e-150: scikit-learn's own guard against leaves whose rows are all classified with certainty
    return np.where((curvature > 0) & (total > 1e-150), (gradient + penalty * old) / np.maximum(total, 1e-150), old)
