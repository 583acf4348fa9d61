"""Partial least squares whose directions keep the domains' covariances alike."""

from dataclasses import dataclass

import numpy as np

from sktl._core.linalg import NEGLIGIBLE


@dataclass(frozen=True)
class Components:
    """Weights, loadings (d, k) and inner coefficients (k,) of a partial least squares regression."""

    weights: np.ndarray
    loadings: np.ndarray
    inner: np.ndarray

    def coef(self):
        """Coefficients of the columns, W (P'W)^-1 c."""
        return self.weights @ np.linalg.solve(self.loadings.T @ self.weights, self.inner)

    @property
    def rotations(self):
        """Matrix that takes centred rows to their scores, W (P'W)^-1."""
        return self.weights @ np.linalg.inv(self.loadings.T @ self.weights)


def covariance(rows):
    """Of centred rows, n - 1 in the denominator."""
    return rows.T @ rows / max(len(rows) - 1, 1)


def difference(sources, target):
    """Mean over the sources of |C_source - C_target|, with the absolute values of the eigenvalues, (d, d)."""
    last, total = covariance(target), 0.0
    for rows in sources:
        values, vectors = np.linalg.eigh(covariance(rows) - last)
        total = total + (vectors * np.abs(values)) @ vectors.T
    return total / len(sources)


def weight_vector(X, y, sources, target, invariance):
    """Unit vector w that minimises |X - y w'|^2 + a (y'y / s) w'|D|w before it is scaled, eq. (9) of the paper.

    ``s`` is the mean of the domains' variances (traces), so that neither units of rows nor of labels matter.
    """
    w = X.T @ y
    if invariance > 0 and sources:
        unit = np.mean([np.sum(rows**2) / max(len(rows) - 1, 1) for rows in (*sources, target)])
        if unit > 0:
            system = np.eye(len(w)) + invariance / unit * difference(sources, target)
            w = np.linalg.solve(system, w)
    return w / np.linalg.norm(w)


def invariant_pls(X, y, sources, target, n_components, invariance):
    """The components, one after the other, everything deflated by its own scores.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Centred rows with labels.
    y : ndarray of shape (n,)
        Their centred labels.
    sources : list of ndarray
        Centred rows of each source domain.
    target : ndarray of shape (n_target, d)
        Centred rows of the target.
    n_components : int
        Most components; fewer where nothing is left of the labelled rows or of what they say of the labels.
    invariance : float
        Weight of the difference between the domains' covariances.

    Returns
    -------
    Components
    """
    size, strength = np.linalg.norm(X), np.linalg.norm(X.T @ y)
    found = []
    for _ in range(n_components):
        # what is left is rounding: its direction would mean nothing
        if np.linalg.norm(X) <= NEGLIGIBLE * size or np.linalg.norm(X.T @ y) <= NEGLIGIBLE * strength:
            break
        w = weight_vector(X, y, sources, target, invariance)
        scores = X @ w
        if scores @ scores <= NEGLIGIBLE**2 * size**2:
            break
        loading, inner = X.T @ scores / (scores @ scores), y @ scores / (scores @ scores)
        X, y = X - np.outer(scores, loading), y - inner * scores
        sources, target = [_deflated(rows, w) for rows in sources], _deflated(target, w)
        found.append((w, loading, inner))
    if not found:
        return Components(np.zeros((X.shape[1], 0)), np.zeros((X.shape[1], 0)), np.zeros(0))
    weights, loadings, inner = zip(*found, strict=True)
    return Components(np.column_stack(weights), np.column_stack(loadings), np.array(inner))


def _deflated(rows, w):
    scores = rows @ w
    energy = scores @ scores
    return rows - np.outer(scores, rows.T @ scores / energy) if energy > 0 else rows
