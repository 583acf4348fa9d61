"""Normal distributions of domains, from their moments, and the linear maps that turn one into another."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sktl._checks import check_squares
from sktl._core.kernels import blocks
from sktl._core.linalg import NEGLIGIBLE, row_space
from sktl._core.moments import BLOCK, moments_by_name, moments_of

NEAR_ROWS = 64  # rows that tell how far apart rows are


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
        if self.basis is None and self._starts_near(X):  # one pass less than with the difference from the start
            np.matmul(X, matrix, out=mapped)
            mapped += end - start @ matrix
            return mapped
        for rows in blocks(X.shape[0], BLOCK):
            centred = X[rows] - start
            if self.basis is None:
                np.matmul(centred, matrix, out=mapped[rows])
            else:
                mapped[rows] = self.scale * centred + ((centred @ basis) @ matrix) @ basis.T
            mapped[rows] += end
        return mapped

    def _starts_near(self, X):
        """Whether the start is no farther from 0 than the rows are apart: else products of rows would lose digits."""
        return np.abs(self.start).max() <= np.abs(X[:NEAR_ROWS] - self.start).max(initial=0.0)


def domain_gaussians(X, members, reg=0.0, shrinkage=None):
    """The :class:`Gaussian` of each domain, and the basis they are written in.

    With fewer rows than columns in all, the basis spans what the rows of all domains hold besides their means, so that
    no d x d matrix is made; else it is None.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, d)
        Rows.
    members : dict of name -> ndarray of int
        The rows of each domain.
    reg : float
        Added to all variances.
    shrinkage : float, "auto" or None
        Share of the mean variance times the identity that is mixed into each covariance, before ``reg``; "auto" is
        Ledoit and Wolf's.

    Returns
    -------
    gaussians : dict of name -> Gaussian
    basis : ndarray of shape (d, p), or None
    """
    d, norms = X.shape[1], shrinkage == "auto"
    if norms:
        check_squares(X, power=4)  # Ledoit and Wolf's rule squares covariances
    if sum(len(index) for index in members.values()) >= d:
        sums = moments_by_name(X, members, norms=norms)
        return {name: gaussian(found, found.mean, d, reg, shrinkage) for name, found in sums.items()}, None
    means, centred, basis = _span(X, members)
    sums = {name: moments_of([rows @ basis], norms=norms) for name, rows in centred.items()}
    return {name: gaussian(found, means[name], d, reg, shrinkage) for name, found in sums.items()}, basis


def _span(X, members):
    """Means and rows of each domain, less the mean, and a basis of all these rows; CSR rows stay as they are."""
    rows = {name: X[index] for name, index in members.items()}
    means = {name: np.asarray(own.mean(axis=0, dtype=np.float64)).ravel() for name, own in rows.items()}
    if sparse.issparse(X):  # a basis of the rows themselves spans the differences from their means too
        return means, rows, row_space(sparse.vstack(list(rows.values()), format="csr"))
    rows = {name: own - means[name] for name, own in rows.items()}
    return means, rows, row_space(np.concatenate(list(rows.values())))


def gaussian(sums, mean, d, reg=0.0, shrinkage=None):
    """The normal distribution with the covariance (1 - a) C + a (tr C / d) I + reg I of ``sums``, a the shrinkage."""
    share = ledoit_wolf(sums, d) if shrinkage == "auto" else shrinkage or 0.0
    covariance = sums.covariance
    added = share * np.trace(covariance) / d + reg
    covariance = (1 - share) * covariance + added * np.eye(len(covariance))
    return Gaussian(mean, covariance, int(sums.n), rest=added, shrinkage=share)


def ledoit_wolf(sums, d):
    """Ledoit and Wolf's share of the spherical covariance of d columns, from scatter and fourth moment of the norms.

    Their sum over entries and rows of squared products of entries is the sum of the rows' norms to the fourth.
    """
    n = sums.n
    covariance = sums.scatter / n
    squares = np.sum(covariance**2)
    spread = squares - np.trace(covariance) ** 2 / d  # squared distance from the nearest sphere
    noise = (sums.fourth / n - squares) / n
    return float(min(max(noise, 0.0), spread) / spread) if spread > NEGLIGIBLE * squares else 1.0


def matrix_power(matrix, exponent):
    """Power of a symmetric positive semi-definite matrix; directions without variance stay zero (pseudo-inverse)."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > NEGLIGIBLE * max(values[-1], 0) if len(values) else values > 0
    powers = np.where(kept, values, 1.0) ** exponent * kept  # 1 in their place: 0 to a negative power would be infinite
    return (vectors * powers) @ vectors.T


def rest_ratio(source, target):
    """Factor off the basis: the ratio of standard deviations there; 0 where the source has none."""
    return float(np.sqrt(target.rest / source.rest)) if source.rest > 0 else 0.0


def whiten_recolour(source, target):
    """C_s^-1/2 C_t^1/2: rows of covariance C_s times it have covariance C_t."""
    return matrix_power(source.covariance, -0.5) @ matrix_power(target.covariance, 0.5)


def recolouring(source, target, basis=None):
    """CORAL's map: rows of the source's mean and covariance get the target's."""
    matrix = whiten_recolour(source, target)
    return LinearMap(source.mean, target.mean, matrix, basis, rest_ratio(source, target))


def monge(source, target):
    """C_s^-1/2 (C_s^1/2 C_t C_s^1/2)^1/2 C_s^-1/2: symmetric, and of those that turn C_s to C_t the least move."""
    unit = np.trace(source.covariance) or 1.0  # the map has none: without it products of two covariances overflow
    source, target = source.covariance / unit, target.covariance / unit
    root, inverse = matrix_power(source, 0.5), matrix_power(source, -0.5)
    matrix = inverse @ matrix_power(root @ target @ root, 0.5) @ inverse
    return (matrix + matrix.T) / 2  # symmetric but for rounding
