"""Maps of an instrument's rows into another's, learned from samples measured on both."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sktl._core.kernels import blocks
from sktl._core.linalg import NEGLIGIBLE

REGS = (*(10.0**power for power in range(-8, 1)), np.inf)  # of the rows' sum of squares; infinity moves the mean alone
MAX_DIRECTIONS = 10  # tried: instruments differ in fewer ways, and each costs what pairs know
FOLDS = 10
SLACK = 1e-3  # of what the best number of directions takes away: the fewest that do as well count
COLUMNS = 512  # whose windows are solved at once


@dataclass(frozen=True)
class LowRankMap:
    """x -> end + keep (x - start) + ((x - start) basis) coef; ``keep`` 0 drops what the basis does not see.

    Attributes
    ----------
    start, end : ndarray of shape (d,)
        Mean of the pairs on either side.
    basis : ndarray of shape (d, r)
        What is looked at.
    coef : ndarray of shape (r, d)
        What comes of it.
    keep : float
        1 or 0.
    """

    start: np.ndarray
    end: np.ndarray
    basis: np.ndarray
    coef: np.ndarray
    keep: float = 1.0

    def __call__(self, X):
        """Map rows, in their own dtype."""
        start, end, basis, coef = (part.astype(X.dtype, copy=False) for part in self._parts())
        centred = X - start
        return end + X.dtype.type(self.keep) * centred + (centred @ basis) @ coef

    def _parts(self):
        return self.start, self.end, self.basis, self.coef


@dataclass(frozen=True)
class BandMap:
    """x -> end + (x - start) (I + B), where column j of B is zero but for the columns near j.

    Attributes
    ----------
    start, end : ndarray of shape (d,)
        Mean of the pairs on either side.
    band : ndarray of shape (d, 2 h + 1)
        For each new column the coefficients of the old columns j - h .. j + h.
    """

    start: np.ndarray
    end: np.ndarray
    band: np.ndarray

    def __call__(self, X):
        """Map rows, in their own dtype."""
        d, width = self.band.shape
        places = np.arange(d)[:, None] + np.arange(width) - width // 2
        inside = (places >= 0) & (places < d)
        columns = np.broadcast_to(np.arange(d)[:, None], places.shape)
        values = (self.band[inside], (places[inside], columns[inside]))
        centred = X - self.start.astype(X.dtype)
        change = sparse.csr_array(values, shape=(d, d)).astype(X.dtype)
        return self.end.astype(X.dtype) + centred + centred @ change


def shrunk_inverse(s, reg):
    """Of singular values (..., r): s / (s^2 + reg times their sum of squares), 0 where they are rounding."""
    energy = np.sum(s**2, axis=-1, keepdims=True)
    kept = s > np.sqrt(NEGLIGIBLE) * np.sqrt(energy)
    if np.isinf(reg):
        return np.zeros_like(s)
    return np.where(kept, s, 0.0) / np.where(kept, s**2 + reg * energy, 1.0)


def left_out_error(U, s, T, reg):
    """Sum of squares of the errors of a ridge on rows it has not seen, with the mean found anew without them.

    ``U`` (..., n, r) and ``s`` (..., r) are of the centred rows, ``T`` (..., n, k) is centred: a left-out residual is
    the residual over 1 - 1/n - h.
    """
    fitted = U * (s * shrunk_inverse(s, reg))[..., None, :]
    h = np.sum(fitted * U, axis=-1)[..., None]
    residual = T - fitted @ (np.swapaxes(U, -1, -2) @ T)
    # an h of 1 - 1/n says that the others know nothing of the row: its error is then that of no fit
    room = np.maximum(1 - 1 / T.shape[-2] - h, np.finfo(float).eps)
    return float(np.sum((residual / room) ** 2))


def ridge_map(own, other, reg, keep=1.0):
    """Least squares of the change ``other - keep own``, about the means, by a ridge; and the penalty used.

    Parameters
    ----------
    own, other : ndarray of shape (n, d)
        The same samples on both instruments.
    reg : float or "auto"
        Penalty as a share of the sum of squares of the centred ``own``; "auto": least left-out error.
    keep : float
        1: shrunk towards no change but the mean's; 0: towards the mean of ``other``.

    Returns
    -------
    LowRankMap
    reg : float
    """
    start, end = own.mean(axis=0), other.mean(axis=0)
    U, s, Vt = np.linalg.svd(own - start, full_matrices=False)
    T = other - end - keep * (own - start)
    if reg == "auto":
        reg = _least({value: left_out_error(U, s, T, value) for value in REGS}) if len(own) > 2 else np.inf
    coef = shrunk_inverse(s, reg)[:, None] * (U.T @ T)
    return LowRankMap(start, end, Vt.T, coef, keep), reg


def _least(errors):
    """The largest key whose error is the least: of equally good ones the simplest."""
    least = min(errors.values())
    return max(key for key, error in errors.items() if error <= least * (1 + NEGLIGIBLE))


def band_map(own, other, half_width, reg):
    """The same with a ridge for each column, on the columns near it.

    Returns
    -------
    BandMap
    reg : float
    """
    start, end = own.mean(axis=0), other.mean(axis=0)
    T = other - end - (own - start)
    parts = list(_windows(own - start, half_width))
    if reg == "auto":
        reg = np.inf
        if len(own) > 2:
            errors = dict.fromkeys(REGS, 0.0)
            for columns, U, s, _ in parts:
                own_part = T.T[columns, :, None]
                errors = {value: error + left_out_error(U, s, own_part, value) for value, error in errors.items()}
            reg = _least(errors)
    band = np.empty((own.shape[1], 2 * half_width + 1))
    for columns, U, s, Vt in parts:
        weights = shrunk_inverse(s, reg) * np.einsum("jnr,jn->jr", U, T.T[columns])
        band[columns] = np.einsum("jrw,jr->jw", Vt, weights)
    return BandMap(start, end, band), reg


def _windows(centred, half_width):
    """Singular value decompositions (c, n, r), (c, r), (c, r, w) of the columns around each of c columns.

    Beyond the ends stand columns of zeros, which a ridge gives no coefficient.
    """
    padded = np.pad(centred, ((0, 0), (half_width, half_width)))
    views = np.lib.stride_tricks.sliding_window_view(padded, 2 * half_width + 1, axis=1).swapaxes(0, 1)
    for columns in blocks(centred.shape[1], COLUMNS):
        yield columns, *np.linalg.svd(views[columns], full_matrices=False)


def folds_of(n):
    """Fold of each of n pairs, in the order of their ids."""
    return np.arange(n) % min(n, FOLDS)


def spectral_maps(own, other, most):
    """Spectral space transformations with 0, 1, ... directions, as long as there are some, up to ``most``.

    Yields
    ------
    LowRankMap
    """
    start, end = own.mean(axis=0), other.mean(axis=0)
    d = own.shape[1]
    _, s, Vt = np.linalg.svd(np.hstack([other - end, own - start]), full_matrices=False)
    rank = int(np.sum(s > np.sqrt(NEGLIGIBLE) * max(s[0], np.finfo(float).tiny))) if len(own) > 1 else 0
    for k in range(min(most, rank) + 1):
        theirs, ours = Vt[:k, :d], Vt[:k, d:]
        yield LowRankMap(start, end, np.linalg.pinv(ours) if k else np.zeros((d, 0)), theirs - ours)


def spectral_map(own, other, n_components):
    """The transformation with ``n_components`` directions; "auto": least error on pairs of folds left out."""
    if n_components == "auto":
        n_components = _directions(own, other)
    return list(spectral_maps(own, other, n_components))[-1]


def _directions(own, other):
    folds = folds_of(len(own))
    errors = np.full((len(set(folds.tolist())), MAX_DIRECTIONS + 1), np.inf)
    if len(own) < 3:
        return 0
    for fold in range(len(errors)):
        out = folds == fold
        for k, mapping in enumerate(spectral_maps(own[~out], other[~out], MAX_DIRECTIONS)):
            errors[fold, k] = np.sum((mapping(own[out]) - other[out]) ** 2)
    return int(np.argmin(errors.sum(axis=0)))


def leading_directions(rows, most):
    """The leading right singular vectors of rows that are not centred, at most ``most``, (k, d)."""
    _, s, Vt = np.linalg.svd(rows, full_matrices=False)
    rank = int(np.sum(s > np.sqrt(NEGLIGIBLE) * max(s.max(initial=0.0), np.finfo(float).tiny)))
    return Vt[: min(rank, most)]


def n_parasitic(differences, means, samples):
    """How many directions to take away: the fewest with the least share of differences, on samples left out.

    Parameters
    ----------
    differences : ndarray of shape (m, d)
        Row of a sample in a domain minus the sample's mean.
    means : ndarray of shape (m, d)
        The sample's mean.
    samples : ndarray of shape (m,)
        Number of the sample.
    """
    _, numbers = np.unique(samples, return_inverse=True)
    folds = folds_of(numbers.max() + 1)[numbers]
    if folds.max() < 2:
        return MAX_DIRECTIONS
    within, between = np.zeros(MAX_DIRECTIONS + 1), np.zeros(MAX_DIRECTIONS + 1)
    signal = means - means.mean(axis=0)
    for fold in range(folds.max() + 1):
        out = folds == fold
        found = leading_directions(differences[~out], MAX_DIRECTIONS)
        for total, rows in ((within, differences[out]), (between, signal[out])):
            squares = np.zeros(MAX_DIRECTIONS)
            squares[: len(found)] = np.sum((rows @ found.T) ** 2, axis=0)
            total += np.sum(rows**2) - np.append(0.0, np.cumsum(squares))
    floor = np.finfo(float).eps * max(between[0], np.finfo(float).tiny)
    shares = np.maximum(within, 0.0) / np.maximum(between, floor)
    # noise alone makes the share fall a little with each direction
    return int(np.argmax(shares <= shares.min() + SLACK * (shares[0] - shares.min())))
