"""Shares of several sources in a vote: by likelihood, by least squares, by distance."""

import numpy as np

from sktl._core.source_weights import simplex_weights


def mixture_shares(likelihoods: np.ndarray, prior_rows: float = 1.0, max_iter: int = 1000, tol: float = 1e-8):
    """Shares w of a mixture sum_k w_k L_ik with the largest posterior, by EM.

    Parameters
    ----------
    likelihoods : ndarray of shape (n, n_sources)
        L, >= 0; what each source says of each row.
    prior_rows : float
        Rows that equal shares count for, so that a few rows leave no source without a share.

    Returns
    -------
    ndarray of shape (n_sources,)
    """
    n, n_sources = likelihoods.shape
    shares = np.full(n_sources, 1 / n_sources)
    largest = likelihoods.max(axis=1, keepdims=True, initial=0.0)
    told = np.divide(likelihoods, largest, out=np.ones_like(likelihoods), where=largest > 0)  # of each row only ratios
    for _ in range(max_iter):
        joint = told * shares
        own = joint / joint.sum(axis=1, keepdims=True)
        new = (own.sum(axis=0) + prior_rows / n_sources) / (n + prior_rows)
        if np.abs(new - shares).max() <= tol:
            return new
        shares = new
    return shares


def least_squares_shares(predictions: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Shares of sum 1 with the least squared error of the mean prediction, drawn to equal ones by one row's worth."""
    n, n_sources = predictions.shape
    equal = np.full(n_sources, 1 / n_sources)
    residuals = predictions - y[:, None]
    size = float(np.mean(residuals**2))
    if size == 0:
        return equal
    residuals = residuals / np.sqrt(size)  # the programme's tolerance is absolute
    # the error of equal shares, as that of one more row, is the price of leaving them
    ridge = max(float(np.mean((residuals @ equal) ** 2)), 1e-9)
    quadratic = residuals.T @ residuals / n + ridge / n * np.eye(n_sources)
    return simplex_weights(quadratic, np.zeros(n_sources))  # the linear part is constant where shares sum to 1


def nearness_shares(distances: np.ndarray) -> np.ndarray:
    """Shares in proportion to exp(-d / mean d): equal for equal distances, in any unit."""
    distances = np.maximum(distances, 0.0)  # an unbiased estimate of a small one may be below 0
    mean = distances.mean()
    near = np.exp(-distances / mean) if mean > 0 else np.ones(len(distances))
    return near / near.sum()


def disagreements(answers: np.ndarray) -> np.ndarray:
    """Mean squared distance of each source's answers (n_sources, n, k) from the mean of the others'."""
    n_sources = len(answers)
    if n_sources == 1:
        return np.zeros(1)
    others = (answers.sum(axis=0) - answers) / (n_sources - 1)
    return ((answers - others) ** 2).sum(axis=2).mean(axis=1)
