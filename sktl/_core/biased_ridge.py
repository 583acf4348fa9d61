"""Ridge regression towards source coefficients: from sums over the rows, and its leave-one-out errors in closed form.

With weights s_i of the rows, and source coefficients w_0 = sum_k b_k w_k, the solution is that of

    min over (w, a) of sum_i s_i (y_i - x_i'w - a)^2 + reg |w - w_0|^2,

that is w = w_0 + (G + reg I)^-1 (c - G w_0), with G and c the centred sums of xx' and xy: the intercept is free.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from scipy import sparse
from scipy.linalg import solve

from sktl._core.coordinates import Coordinates
from sktl._core.moments import Moments, merge, row_blocks
from sktl._core.source_weights import WEIGHTINGS

N_REGS = 25
REG_RANGE = (-5.0, 5.0)  # powers of ten of the path, in units of the mean eigenvalue of G
MANY_ROWS = 100  # a column, from which on leverages are so small that their mean stands for each: no second pass


def label_moments(X, y, weights, scale=None) -> Moments:
    """Weighted :class:`Moments` of the columns and the labels, (d + 1,): all that a ridge with a given reg needs.

    The weights are multiplied by ``scale``, by default so that the least is 1: merging is made for whole rows.
    """
    scale = 1.0 / weights.min() if scale is None else scale
    start, parts, origin = 0, [], None
    for block in row_blocks(X):
        rows = np.column_stack(
            [block.toarray() if sparse.issparse(block) else block, y[start : start + block.shape[0]]]
        )
        s = scale * weights[start : start + len(rows)]
        start += len(rows)
        origin = rows.mean(axis=0) if origin is None else origin  # against cancellation
        rows = rows - origin
        offset = s @ rows / s.sum()
        rows -= offset
        scaled = rows * np.sqrt(s)[:, None]
        parts.append(Moments(np.array([s.sum()]), origin, offset[None], scaled.T @ scaled))
    return merge(parts)


def solve_ridge(
    moments: Moments, total: float, reg: float, source: np.ndarray, intercept: float | None = None
) -> tuple[np.ndarray, float]:
    """Coefficients and intercept, given the moments of columns and labels, the sum of weights, and w_0 (d,).

    The intercept is free, or the one given.
    """
    d, scale = len(source), total / moments.n
    sums, mean = scale * moments.scatter, moments.mean
    if intercept is not None:  # sums about the labels' value at the origin, not about the means
        mean = mean - np.append(np.zeros(d), intercept)
        sums = sums + total * np.outer(mean, mean)
    coef = source
    if np.isfinite(reg):
        gap = sums[:d, d] - sums[:d, :d] @ source
        system = sums[:d, :d] + reg * np.eye(d)
        coef = source + (_solve(system, gap) if reg > 0 else np.linalg.lstsq(system, gap)[0])
    return coef, float(mean[d] - mean[:d] @ coef) if intercept is None else intercept


def _solve(matrix, right):
    """Solution of a symmetric system; the shortest one where it is singular."""
    try:
        return solve(matrix, right, assume_a="pos")
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(matrix, right)[0]


@dataclass(frozen=True)
class RidgePath:
    """Ridge solutions along a path of penalties, with leave-one-out errors.

    Attributes
    ----------
    regs : ndarray of shape (n_regs,)
        Penalties, the last one inf where the path was not given.
    errors : ndarray of shape (n_regs,)
        Mean squared leave-one-out error of each, with its weights.
    weights : ndarray of shape (n_regs, n_sources)
        The sources' weights, those with the least error.
    """

    regs: np.ndarray
    errors: np.ndarray
    weights: np.ndarray
    _solution: Callable = field(repr=False)

    @property
    def best(self):
        """Position of the least error; of equal ones the largest penalty, which stays nearest the sources."""
        # equal errors but for rounding: the largest penalty of these
        return int(np.flatnonzero(self.errors <= self.errors.min() * (1 + 1e-12))[-1])

    def coefficients(self, index):
        """Coefficients (d,) and intercept of one penalty."""
        return self._solution(self.regs[index], self.weights[index])


@dataclass(frozen=True)
class _Sums:
    """What the path is a function of: labels and source predictions T (n, K + 1), their means, and sums over rows."""

    rows: Coordinates
    columns: np.ndarray  # T, less its mean where the intercept is free
    weights: np.ndarray
    mean: np.ndarray  # of the rows, 0 without a free intercept
    centre: np.ndarray  # of T
    free: bool
    values: np.ndarray  # eigenvalues of G
    vectors: np.ndarray
    cross: np.ndarray  # of T in the eigenvectors, (r, K + 1)

    def blocks(self):
        """Slices of rows, with the rows in the eigenvectors of G."""
        for rows, block in _centred_blocks(self.rows.rows, self.mean):
            yield rows, block @ self.vectors


def ridge_path(
    rows: Coordinates, y, weights, sources, intercepts, weighting="simplex", regs=None, fit_intercept=True
) -> RidgePath:
    """Leave-one-out errors of ridges towards weighted sources, along a path of penalties: one factorisation for all.

    Without row i the prediction of a ridge is off by e_i = r_i / (1 - h_i), with its residual r_i and leverage h_i.
    Both are linear in (y, source predictions), so that the best weights of the sources at each penalty are a small
    quadratic programme in the sums of e e' (multi-KT; Tommasi et al., 2010). A row of weight s counts as s rows, of
    which one is left out (all of it, where s < 1): the same as rows repeated s times.

    Parameters
    ----------
    rows : Coordinates
        Of the n labelled rows.
    y, weights : ndarray of shape (n,)
        Labels and weights, none of these 0.
    sources, intercepts : ndarray of shape (n_sources, d) and (n_sources,)
        Coefficients of each source, in the columns, and intercepts.
    weighting : {"simplex", "ball"} or ndarray of shape (n_sources,)
        The set of the sources' weights, or the weights.
    regs : ndarray, or None
        Penalties; None for ``N_REGS`` within ``REG_RANGE`` times the mean eigenvalue, and inf.
    fit_intercept : bool
        Whether the intercept is free; else it is the sources'.

    Returns
    -------
    RidgePath
    """
    sums = _sums(rows, y, weights, rows.project(sources), intercepts, fit_intercept)
    values = sums.values
    if regs is None:
        # directions of rounding's size are no directions: they would shrink the unit
        unit = values.sum() / max(np.count_nonzero(values > 1e-10 * values.max(initial=0)), 1)
        regs = np.append(np.geomspace(*(10.0**power for power in REG_RANGE), N_REGS) * (unit or 1.0), np.inf)
    regs = np.asarray(regs, dtype=float)
    many = len(y) >= MANY_ROWS * max(rows.rows.shape[1], 1)
    products = (_mean_error_products if many else _error_products)(sums, regs)
    chosen = np.array([_weights(one, weighting) for one in products])
    errors = np.array([_error(one, b) for one, b in zip(products, chosen, strict=True)]) / weights.sum()
    return RidgePath(regs, errors, chosen, partial(_solution, sums, sources, intercepts))


def _sums(rows, y, weights, seen, intercepts, free):
    """The sums over rows; ``seen`` are the sources' coefficients in the rows' coordinates."""
    X, total = rows.rows, weights.sum()
    columns = np.column_stack([y, X @ seen.T + intercepts])
    mean, centre = np.zeros(X.shape[1]), np.zeros(columns.shape[1])
    if free:
        mean, centre = np.asarray(X.T @ (weights / total)).ravel(), weights @ columns / total
        columns = columns - centre
    gram, cross = np.zeros((X.shape[1], X.shape[1])), np.zeros((X.shape[1], columns.shape[1]))
    alike = bool((weights == 1.0).all())
    for own, block in _centred_blocks(X, mean):
        scaled = block if alike else block * np.sqrt(weights[own])[:, None]
        gram += scaled.T @ scaled
        cross += block.T @ (weights[own, None] * columns[own])
    values, vectors = np.linalg.eigh(gram)
    return _Sums(rows, columns, weights, mean, centre, free, np.maximum(values, 0.0), vectors, vectors.T @ cross)


def _centred_blocks(X, mean):
    """Slices of rows, with the rows less the mean, dense."""
    start = 0
    for block in row_blocks(X):
        stop = start + block.shape[0]
        yield slice(start, stop), (block.toarray() if sparse.issparse(block) else block) - mean
        start = stop


def _shrunk(values, regs):
    """1 / (value + reg), 0 at inf and where no row has a part in a direction that is not penalised either."""
    with np.errstate(divide="ignore"):
        return np.where(values + regs > 0, 1.0 / (values + regs), 0.0)


def _error_products(sums, regs):
    """Sums over rows of s e e', for the leave-one-out errors e of T: (n_regs, K + 1, K + 1)."""
    shrunk = _shrunk(sums.values[:, None], regs)
    fits = [cross[:, None] * shrunk for cross in sums.cross.T]
    products = np.zeros((len(regs), len(fits), len(fits)))
    one_row = 1.0 / sums.weights.sum() if sums.free else 0.0  # leverage that a free intercept gives each row
    for rows, A in sums.blocks():
        s = sums.weights[rows]
        room = 1.0 - np.minimum(s, 1.0)[:, None] * ((A * A) @ shrunk + one_row)
        room = np.maximum(room, 1e-10)  # a row that is fitted exactly whatever its label: its error counts as huge
        scale = np.sqrt(s)[:, None] / room
        errors = [scale * (t[:, None] - A @ fit) for t, fit in zip(sums.columns[rows].T, fits, strict=True)]
        for k, j in zip(*np.triu_indices(len(fits)), strict=True):
            products[:, k, j] += np.einsum("ir,ir->r", errors[k], errors[j])
    lower = np.tril_indices(len(fits), -1)
    products[:, *lower] = products.transpose(0, 2, 1)[:, *lower]
    return products


def _mean_error_products(sums, regs):
    """The same with the mean leverage in place of each row's (generalised cross-validation): from sums alone."""
    shrunk, total = _shrunk(sums.values[:, None], regs), sums.weights.sum()
    whole = sums.columns.T @ (sums.weights[:, None] * sums.columns)
    mean_leverage = (sums.values @ shrunk + (1.0 if sums.free else 0.0)) / total
    room = 1.0 - np.minimum(sums.weights, 1.0).mean() * mean_leverage
    gained = (2 * shrunk - sums.values[:, None] * shrunk**2).T  # of the squares along each eigenvector
    return (whole - np.einsum("rj,jk,jl->rkl", gained, sums.cross, sums.cross)) / room[:, None, None] ** 2


def _weights(products, weighting):
    """Weights b (n_sources,) with the least error, from the sums of e e' at one penalty."""
    if isinstance(weighting, str):
        return WEIGHTINGS[weighting](products[1:, 1:], products[1:, 0])
    return np.asarray(weighting, dtype=float)


def _error(products, b):
    """The sum of squared errors of y less the weighted source predictions."""
    signed = np.append(1.0, -b)
    return max(float(signed @ products @ signed), 0.0)


def _solution(sums, sources, intercepts, reg, b):
    """Coefficients (d,) and intercept at one penalty and one set of source weights."""
    signed = np.append(1.0, -b)
    step = sums.vectors @ (_shrunk(sums.values, reg) * (sums.cross @ signed))
    own = float(sums.centre @ signed - sums.mean @ step)  # 0 where the intercept is not free
    return b @ sources + sums.rows.back(step), float(b @ intercepts + own)
