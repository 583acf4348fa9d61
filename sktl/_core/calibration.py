"""Calibration maps of held-out probabilities under weights: one temperature, a sigmoid a class, a staircase a class."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import expit, softmax

from sktl._core.label_shift import SMALLEST, log_proba

LARGEST_SCALE = 1e3  # of 1 / temperature: beyond it every probability is 0 or 1 to the last digit
# Rows that the source's own calibration counts for beside the weighted rows: with fewer, the map follows a handful of
# rows where the weights leave no more; with more, it stays the source's where they say enough. With 30 the error of no
# set of 303 real pairs rises on average; with 10 it rose by over .01 on 13 % of them, with 30 on 8 %
# (benchmarks/calibration.py, pairs).
SOURCE_ROWS = 30


# --- what rows weigh ---


def source_share(worth: float, rows: float = SOURCE_ROWS) -> float:
    """Share of the source's own calibration beside weighted rows that are worth ``worth``: one row alone says nothing.

    1 where the weights leave one row, 23 % where they leave a hundred.
    """
    return rows / (rows + max(worth - 1, 0.0)) if rows else 0.0


def calibration_weights(weights, worth: float, rows: float = SOURCE_ROWS) -> np.ndarray:
    """Weights (n,) mixed with equal ones by :func:`source_share`: a prior that the target's map is the source's.

    Their sum is the effective number of rows of the mixture, which the smoothing of a sigmoid counts.
    """
    share = source_share(worth, rows)
    mixed = (1 - share) * weights / weights.sum() + share / len(weights)
    return mixed / (mixed @ mixed)


def source_weights(ratio, n_source: int, n_target: int) -> np.ndarray:
    """Density of the source over that of n_s source and m target rows together: n / (n_s + m r), r = p_t / p_s."""
    return (n_source + n_target) / (n_source + n_target * np.asarray(ratio, dtype=np.float64))


# --- one temperature ---


def temperature_slopes(scale, logits, codes, weights, ridge):
    """First and second derivative, in the inverse temperature, of the weighted mean log-loss and its ridge around 1."""
    p = softmax(scale * logits, axis=1)
    mean = np.sum(p * logits, axis=1)
    variance = np.sum(p * (logits - mean[:, None]) ** 2, axis=1)
    gradient = weights @ (mean - logits[np.arange(len(codes)), codes])
    return gradient + ridge * (scale - 1), weights @ variance + ridge


def fit_temperature(logits, codes, weights, *, tol=1e-10, max_iter=200) -> float:
    """Inverse temperature b >= 0 of least weighted log-loss of softmax(b logits): a convex problem in one number.

    Newton's method, kept in a bracket that halves where a step leaves it. A ridge of 0.01 / n, n the effective number
    of rows, keeps b finite where the logits separate the classes.
    """
    weights = weights / weights.sum()
    ridge = 0.01 * float(weights @ weights)
    low, high, scale = 0.0, LARGEST_SCALE, 1.0
    for _ in range(max_iter):
        slope, curvature = temperature_slopes(scale, logits, codes, weights, ridge)
        low, high = (scale, high) if slope < 0 else (low, scale)
        step = scale - slope / curvature
        new = step if low < step < high else (low + high) / 2
        if abs(new - scale) <= tol * max(scale, 1.0):
            return new
        scale = new
    return scale


# --- a sigmoid a class (Platt, 1999) ---


def smoothed_targets(positive, weights):
    """Platt's targets: (n_1 + 1) / (n_1 + 2) for class 1 and 1 / (n_0 + 2) for class 0, n the weight of the class."""
    n_1, n_0 = weights[positive].sum(), weights[~positive].sum()
    return np.where(positive, (n_1 + 1) / (n_1 + 2), 1 / (n_0 + 2))


def fit_sigmoid(scores, positive, weights, *, tol=1e-10, max_iter=100) -> tuple[float, float]:
    """Slope and intercept of p = 1 / (1 + exp(-(a s + b))) of least weighted log-loss of Platt's targets, by Newton.

    Scores count in units of their deviation, so that the two parameters are of one size; the answer is in the scores'
    own units. The targets lie off 0 and 1, so that it is finite.
    """
    middle, unit = np.average(scores, weights=weights), scores.std() or 1.0
    rows = np.column_stack([(scores - middle) / unit, np.ones(len(scores))])
    targets, share = smoothed_targets(positive, weights), weights / weights.sum()

    def loss(parameters):
        values = rows @ parameters
        return share @ (np.logaddexp(0, values) - targets * values)

    parameters = np.zeros(2)
    for _ in range(max_iter):
        p = expit(rows @ parameters)
        gradient = rows.T @ (share * (p - targets))
        # the least curvature keeps the system regular where all scores are equal
        hessian = (rows * (share * p * (1 - p))[:, None]).T @ rows + 1e-12 * np.eye(2)
        step = np.linalg.solve(hessian, -gradient)
        length, now = 1.0, loss(parameters)
        # half the step until it leads down; below a millionth it is lost in rounding
        while loss(parameters + length * step) > now and length > 1e-6:
            length /= 2
        parameters = parameters + length * step
        if np.abs(length * step).max() <= tol:
            break
    slope = float(parameters[0] / unit)
    return slope, float(parameters[1] - slope * middle)


# --- a staircase a class ---


def fit_staircase(scores, positive, weights) -> tuple[np.ndarray, np.ndarray]:
    """Isotonic regression of the class on the score: ascending knots and the values there, between 0 and 1."""
    used = weights > 0
    knots, groups = np.unique(scores[used], return_inverse=True)
    mass = np.bincount(groups, weights=weights[used])
    means = np.bincount(groups, weights=weights[used] * positive[used]) / mass
    return knots, np.clip(isotonic_regression(means, weights=mass).x, 0, 1)


# --- maps of all classes ---


def one_against_rest(values) -> np.ndarray:
    """Probabilities from values (n, n_classes) that were each found against the rest: scaled to sum 1.

    Of two classes the second decides; a row without any is equally of all.
    """
    if values.shape[1] == 2:
        return np.column_stack([1 - values[:, 1], values[:, 1]])
    total = values.sum(axis=1, keepdims=True)
    return np.where(total > 0, values / np.where(total > 0, total, 1), 1 / values.shape[1])


@dataclass(frozen=True)
class CalibrationMap:
    """Fitted map from scores (n, n_classes) to probabilities.

    Attributes
    ----------
    method : {"temperature", "sigmoid", "isotonic"}
        Which.
    scale : float
        Inverse temperature; 1 for the others.
    curves : list of pairs
        Slope and intercept, or knots and values, of each class; empty for a temperature.
    """

    method: str
    scale: float
    curves: list

    def __call__(self, scores) -> np.ndarray:
        """Calibrated probabilities, shape as given."""
        if self.method == "temperature":
            return softmax(self.scale * scores, axis=1)
        pairs = list(zip(self.curves, scores.T, strict=True))
        if self.method == "sigmoid":
            return one_against_rest(np.column_stack([expit(a * column + b) for (a, b), column in pairs]))
        return one_against_rest(np.column_stack([np.interp(column, *curve) for curve, column in pairs]))


def fit_calibration_map(method: str, scores, codes, weights) -> CalibrationMap:
    """The map of the weighted rows: scores (n, n_classes), classes (n,), weights (n,)."""
    if method == "temperature":
        return CalibrationMap(method, fit_temperature(scores, codes, weights), [])
    fit = fit_sigmoid if method == "sigmoid" else fit_staircase
    curves = [fit(scores[:, k], codes == k, weights) for k in range(scores.shape[1])]
    return CalibrationMap(method, 1.0, curves)


def calibration_scores(answer, method: str, are_probabilities: bool) -> np.ndarray:
    """What a map is fitted to, (n, n_classes), from a classifier's probabilities or decision values.

    Logarithms for a temperature, log-odds for a sigmoid (so that either may leave the probabilities as they are), and
    the probabilities themselves for a staircase, which sees their order alone. Decision values stay as they are.
    """
    answer = np.asarray(answer, dtype=np.float64)
    if not are_probabilities:
        if answer.ndim == 1:  # the log-odds of the second of two classes
            return np.column_stack([-answer / 2, answer / 2] if method == "temperature" else [-answer, answer])
        return answer
    if method == "temperature":
        return log_proba(answer)
    if method == "sigmoid":
        clipped = np.clip(answer, SMALLEST, 1 - SMALLEST)
        return np.log(clipped) - np.log1p(-clipped)
    return answer


# --- how far probabilities are from what happens ---


def expected_calibration_error(proba, codes, n_bins: int = 15) -> float:
    """Mean gap, over equal bins of the largest probability, between it and how often it is right (Guo et al., 2017)."""
    sure, right = proba.max(axis=1), proba.argmax(axis=1) == codes
    bins = np.minimum((sure * n_bins).astype(int), n_bins - 1)
    gaps = np.bincount(bins, weights=sure - right, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(codes))
