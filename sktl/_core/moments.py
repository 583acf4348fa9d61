"""Means and covariances of domains in one pass over the rows, and the linear maps between domains made of them."""

from dataclasses import dataclass, replace

import numpy as np

from sktl._core.kernels import blocks
from sktl._core.linalg import NEGLIGIBLE, row_space

BLOCK = 4096  # rows of a block: their products add up in the dtype of the rows, the blocks in double precision


@dataclass(frozen=True)
class Gaussian:
    """Mean and covariance of one domain: ``covariance`` within a basis, ``rest`` times the identity off it.

    Attributes
    ----------
    mean : ndarray of shape (d,)
        Mean.
    covariance : ndarray of shape (p, p)
        Covariance in the coordinates of the basis; p = d where there is none.
    n : int
        Number of rows it was estimated from.
    rest : float
        Variance of every direction at right angles to the basis.
    shrinkage : float
        Share of the spherical covariance mixed in.
    """

    mean: np.ndarray
    covariance: np.ndarray
    n: int
    rest: float = 0.0
    shrinkage: float = 0.0


@dataclass(frozen=True)
class LinearMap:
    """x -> (x - start) A + end, with A = ``matrix``, or ``basis matrix basis'`` and ``scale`` times I off the basis.

    Attributes
    ----------
    start, end : ndarray of shape (d,) and (k,)
        What is taken away before, and added after.
    matrix : ndarray of shape (d, k), or (p, p) within the basis
        A.
    basis : ndarray of shape (d, p), or None
        Orthonormal columns.
    scale : float
        Factor of what is at right angles to the basis.
    """

    start: np.ndarray
    end: np.ndarray
    matrix: np.ndarray
    basis: np.ndarray | None = None
    scale: float = 1.0

    def __call__(self, X):
        """Map rows, block by block, in their own dtype."""
        start, end, matrix = (part.astype(X.dtype, copy=False) for part in (self.start, self.end, self.matrix))
        mapped = np.empty((X.shape[0], len(end)), dtype=X.dtype)
        if self.basis is not None:
            basis = self.basis.astype(X.dtype, copy=False)
            matrix = matrix - X.dtype.type(self.scale) * np.eye(len(matrix), dtype=X.dtype)
        for rows in blocks(X.shape[0], BLOCK):
            centred = X[rows] - start
            if self.basis is None:
                np.matmul(centred, matrix, out=mapped[rows])
            else:
                mapped[rows] = self.scale * centred + ((centred @ basis) @ matrix) @ basis.T
            mapped[rows] += end
        return mapped


def rows_by_name(names):
    """Positions of each distinct name, in a fixed order of the names."""
    return {name: np.flatnonzero(names == name) for name in sorted(set(names.tolist()), key=repr)}


def moments(X, index):
    """Mean and covariance (n - 1 in the denominator) of the rows ``X[index]``, in one pass over blocks of them."""
    d, n = X.shape[1], len(index)
    offset = X[index[:BLOCK]].mean(axis=0, dtype=np.float64).astype(X.dtype)  # against cancellation
    total, sums = np.zeros((d, d)), np.zeros(d)
    for rows in blocks(n, BLOCK):
        part = X[index[rows]]
        part -= offset
        sums += np.ones(len(part), dtype=X.dtype) @ part
        total += part.T @ part
    total -= np.outer(sums, sums / n)
    return offset + sums / n, total / max(n - 1, 1)


def domain_gaussians(X, members, reg=0.0, shrinkage=None):
    """The :class:`Gaussian` of each domain, and the basis they are written in.

    With fewer rows than columns in all, the basis spans what the rows of all domains hold besides their means, so that
    no d x d matrix is made; else it is None.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Rows.
    members : dict of name -> ndarray of int
        The rows of each domain.
    reg : float
        Added to all variances.
    shrinkage : float, "ledoit-wolf" or None
        Share of the mean variance times the identity that is mixed into each covariance, before ``reg``.

    Returns
    -------
    gaussians : dict of name -> Gaussian
    basis : ndarray of shape (d, p), or None
    """
    d, basis = X.shape[1], None
    if sum(len(index) for index in members.values()) < d:
        basis = row_space(np.concatenate([_centred(X[index]) for index in members.values()]))
    found = {}
    for name, index in members.items():
        if basis is None:
            found[name] = Gaussian(*moments(X, index), len(index))
        else:
            mean, rows = X[index].mean(axis=0, dtype=np.float64), _centred(X[index]) @ basis
            found[name] = Gaussian(mean, rows.T @ rows / max(len(index) - 1, 1), len(index))
        share = ledoit_wolf(X, index, found[name]) if shrinkage == "ledoit-wolf" else shrinkage or 0.0
        found[name] = regularised(found[name], d, reg, share)
    return found, basis


def _centred(X):
    return X - X.mean(axis=0, dtype=np.float64)


def ledoit_wolf(X, index, gaussian):
    """Ledoit and Wolf's share of the spherical covariance, from the eigenvalues and the fourth moment of the norms.

    Their sum over entries and rows of squared products of entries is the sum of the rows' norms to the fourth.
    """
    n, d = len(index), X.shape[1]
    covariance = gaussian.covariance * ((n - 1) / n)
    fourth = 0.0
    for rows in blocks(n, BLOCK):
        part = X[index[rows]] - gaussian.mean
        fourth += np.sum(np.einsum("ij,ij->i", part, part) ** 2)
    squares = np.sum(covariance**2)
    spread = squares - np.trace(covariance) ** 2 / d  # squared distance from the nearest sphere
    noise = (fourth / n - squares) / n
    return float(min(max(noise, 0.0), spread) / spread) if spread > NEGLIGIBLE * squares else 1.0


def regularised(gaussian, d, reg, share):
    """The Gaussian with covariance (1 - share) C + share (tr C / d) I + reg I."""
    covariance = gaussian.covariance
    added = share * np.trace(covariance) / d + reg
    covariance = (1 - share) * covariance + added * np.eye(len(covariance))
    return replace(gaussian, covariance=covariance, rest=added, shrinkage=share)


def matrix_power(matrix, exponent):
    """Power of a symmetric positive semi-definite matrix; directions without variance stay zero (pseudo-inverse)."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > NEGLIGIBLE * max(values[-1], 0) if len(values) else values > 0
    powers = np.where(kept, values, 1.0) ** exponent * kept
    return (vectors * powers) @ vectors.T


def rest_ratio(source, target):
    """Factor off the basis: the ratio of standard deviations there; 0 where the source has none."""
    return float(np.sqrt(target.rest / source.rest)) if source.rest > 0 else 0.0


def whiten_recolour(source, target):
    """C_s^-1/2 C_t^1/2: rows of covariance C_s times it have covariance C_t."""
    return matrix_power(source.covariance, -0.5) @ matrix_power(target.covariance, 0.5)


def monge(source, target):
    """C_s^-1/2 (C_s^1/2 C_t C_s^1/2)^1/2 C_s^-1/2: symmetric, and of those that turn C_s to C_t the least move."""
    root, inverse = matrix_power(source.covariance, 0.5), matrix_power(source.covariance, -0.5)
    matrix = inverse @ matrix_power(root @ target.covariance @ root, 0.5) @ inverse
    return (matrix + matrix.T) / 2
