"""The arithmetic of boosting across domains: weights of rows, weights of votes, losses, the weighted median.

Weights of rows are kept as logarithms, so that a long run neither overflows nor loses a row.
"""

import numpy as np

# An error this near to 0 or to chance counts as 0 or chance, so that rounding never decides when boosting ends.
ERROR_TOL = 1e-10
# Residuals this small beside the labels are rounding.
RESIDUAL_TOL = 1e-12
# Steps that halve a bracket below the spacing of floats.
N_HALVINGS = 100

# --- weights of rows ---


def initial_weights(target: np.ndarray, target_weight: float | None, n_sources: int = 1) -> np.ndarray:
    """First weights (n_samples,): 1 on source rows; on target rows a total of ``target_weight`` times a source's."""
    weights = np.ones(len(target))
    n_target = np.count_nonzero(target)
    if target_weight is not None and n_target < len(target):
        weights[target] = target_weight * (len(target) - n_target) / (n_sources * n_target)
    return weights


def scaled_weights(log_weights: np.ndarray) -> np.ndarray:
    """Weights that sum to the number of rows, none of them 0."""
    weights = np.exp(log_weights - log_weights.max())
    return np.maximum(weights * (len(weights) / weights.sum()), np.finfo(float).tiny)


def updated_weights(
    log_weights: np.ndarray, loss: np.ndarray, target: np.ndarray, log_source: float, log_target: float
) -> np.ndarray:
    """Logarithms of the next weights: times beta^loss on source rows, beta_t^-loss on target rows."""
    return log_weights + loss * np.where(target, log_target, log_source)


def log_source_factor(n_source: int, n_rounds: int) -> float:
    """Logarithm of beta = 1 / (1 + sqrt(2 ln(n_source) / n_rounds)) of TrAdaBoost."""
    return -np.log1p(np.sqrt(2 * np.log(max(n_source, 1)) / n_rounds))


def log_shrink_factor(weights: np.ndarray, loss: np.ndarray, total: float) -> float:
    """Logarithm of the beta in [0, 1] with sum(weights * beta^loss) = total, by bisection; -inf if only 0 is that low.

    A sum below ``total`` at beta = 1 gives 0.
    """

    def is_above(log_beta):
        return weights @ np.exp(loss * log_beta) > total

    if not is_above(0.0):
        return 0.0
    if weights[loss == 0].sum() >= total:
        return -np.inf
    low = -1.0
    while is_above(low):
        low *= 2
    high = 0.0 if low == -1.0 else low / 2
    for _ in range(N_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_above(middle) else (middle, high)
    return (low + high) / 2


def shrunk_weights(weights: np.ndarray, loss: np.ndarray, total: float) -> np.ndarray:
    """Weights times beta^loss, with the beta in [0, 1] that makes them sum to ``total``, (n_samples,).

    Rows without loss keep their weight whatever beta is; where they alone exceed ``total``, all others get 0 and they
    are scaled down.
    """
    loss = np.where(loss < ERROR_TOL, 0.0, loss)
    log_beta = log_shrink_factor(weights, loss, total)
    shrunk = weights * np.exp(np.multiply(loss, log_beta, where=loss > 0, out=np.zeros(len(loss))))
    return shrunk * (total / shrunk.sum())


# --- weights of votes ---


def log_target_factor(error: float, n_classes: int = 2) -> float:
    """Logarithm of 1 / beta_t, beta_t = error / (1 - error), with SAMME's term for more than two classes."""
    error = max(error, ERROR_TOL)
    return float(np.log1p(-error) - np.log(error) + np.log(n_classes - 1))


def is_chance(error: float, n_classes: int = 2) -> bool:
    """Whether a learner errs as often as guesses among the classes, so that beta_t >= 1."""
    return error >= 1 - 1 / n_classes - ERROR_TOL


def second_half(n_rounds: int) -> int:
    """Index of the first round of the second half, ceil(n_rounds / 2) counted from 1."""
    return (n_rounds - 1) // 2


# --- regression: AdaBoost.R2's loss and vote ---


def residual_loss(predicted: np.ndarray, y: np.ndarray, kind: str) -> np.ndarray:
    """Loss in [0, 1] of each row, (n_samples,): its share r of the largest absolute residual, r^2, or 1 - exp(-r)."""
    size = np.abs(predicted - y)
    largest = size.max()
    if largest <= RESIDUAL_TOL * np.abs(y).max():
        return np.zeros(len(y))
    size = size / largest
    if kind == "square":
        return size**2
    return -np.expm1(-size) if kind == "exponential" else size


def weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Lower weighted median of each row of ``values`` (n_samples, n_voters), (n_samples,)."""
    order = values.argsort(axis=1, kind="stable")
    reached = weights[order].cumsum(axis=1)
    # the slack keeps rounding from deciding where the votes are split in half exactly
    middle = (reached >= (0.5 - 1e-12) * reached[:, -1:]).argmax(axis=1)
    rows = np.arange(len(values))
    return values[rows, order[rows, middle]]
