"""Linear and smooth models of few rows, averaged over the variances of their priors instead of one being chosen.

The predictor of row i is an offset o_i (what a source says) plus B_i m + g(x_i): few basis columns B with independent
priors m_j ~ N(0, k_j), and a function g with covariance kappa K. The k_j and kappa run over a grid; each point h of it
counts with weight exp(temper * log evidence_h). Evidence is exact for a squared loss (the noise's variance integrated
out) and Laplace's for a log-loss. ``temper`` 1 is Bayes' rule; 1/2 trusts the model half as much, which costs little
where it holds and saves where it does not (Gruenwald & van Ommen, 2017).

Leave-one-out residuals are exact for a squared loss, and one Newton step from the whole fit for a log-loss. Where rows
are nearly orthogonal (wide data) the evidence can't tell a function of the row from noise of its own: a logistic model
counts there by the likelihood of left-out rows instead.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse
from scipy.special import expit, log_expit, softmax

RANK_TOL = 1e-10  # eigenvalues below this share of the largest are rounding
NEWTON_STEPS = 30
BLOCK = 8192  # rows whose products with the labelled ones are held at a time
BATCH_SIZE = 2e6  # numbers in the designs of the grid points that are fitted at once


@dataclass(frozen=True)
class RowKernel:
    """Eigenvectors (n, r) and eigenvalues (r,) of a covariance K among the labelled rows."""

    vectors: np.ndarray
    values: np.ndarray


def kernel_of(K: np.ndarray) -> RowKernel:
    """The eigenpairs of a covariance (n, n) that are more than rounding."""
    values, vectors = np.linalg.eigh(K)
    keep = values > RANK_TOL * max(values[-1], np.finfo(float).tiny)
    return RowKernel(vectors[:, keep], values[keep])


def linear_kernel_of(Z) -> RowKernel:
    """The eigenpairs of Z Z', from the smaller side of Z (n, d), dense or CSR."""
    if Z.shape[0] <= Z.shape[1]:
        products = Z @ Z.T
        return kernel_of(products.toarray() if issparse(products) else products)
    Z = Z.toarray() if issparse(Z) else Z
    vectors, roots, _ = np.linalg.svd(Z, full_matrices=False)
    keep = roots**2 > RANK_TOL * max(roots[0] ** 2, np.finfo(float).tiny)
    return RowKernel(vectors[:, keep], roots[keep] ** 2)


def effective_columns(Z, labeled) -> float:
    """Number of independent columns that would make rows as unlike each other as those of ``Z`` (N, d) are.

    For rows i of the mask ``labeled`` (N,) and all others j: (mean |z_i|^2)^2 / mean (z_i'z_j)^2, which is d for d
    independent columns. 0 where there are no two rows.
    """
    n, total = np.count_nonzero(labeled), Z.shape[0]
    if total < 2:
        return 0.0
    few, squares = Z[labeled], 0.0
    for start in range(0, total, BLOCK):
        products = few @ Z[start : start + BLOCK].T
        squares += products.multiply(products).sum() if issparse(products) else np.sum(products**2)
    norms = np.asarray((few.multiply(few) if issparse(few) else few**2).sum(axis=1)).ravel()
    # a row's product with itself is no likeness of two rows
    between = max(squares - np.sum(norms**2), 0.0) / (n * (total - 1))
    return norms.mean() ** 2 / between if between > 0 else 0.0


@dataclass(frozen=True)
class Part:
    """A kernel (or None) with the grid of its variances, and the grid of the variances of the basis columns, (g, p)."""

    kernel: RowKernel | None
    kappas: np.ndarray
    basis_variances: np.ndarray


@dataclass(frozen=True)
class Average:
    """The average over the grid.

    Attributes
    ----------
    basis_coef : ndarray of shape (p,)
        Mean coefficients of the basis columns.
    duals : list of ndarray of shape (n,)
        For each part, a with g(x) = sum_i a_i K(x, x_i); zero where it has no kernel.
    left_out : ndarray of shape (n,)
        Predictor of each row, offset included, by the fit to the others.
    """

    basis_coef: np.ndarray
    duals: list
    left_out: np.ndarray


def tempered(log_evidence: np.ndarray, temper: float) -> np.ndarray:
    """Weights proportional to evidence^temper, summing to 1."""
    return softmax(temper * np.asarray(log_evidence))


# --- squared loss ---


def average_squared(y, offset, basis, parts, *, weights=None, noise: float = 0.0, temper: float = 0.5) -> Average:
    """Average of the Gaussian models y = offset + B m + g + e, e_i ~ N(0, s^2 / weights_i), priors in units of s^2.

    ``noise`` is the prior's sum of squared errors, of an inverse-gamma prior of s^2 with shape 1: it keeps a few rows
    that happen to be fitted exactly from deciding.
    """
    root = np.sqrt(np.ones(len(y)) if weights is None else weights)
    r, B = root * (y - offset), root[:, None] * basis
    if weights is not None:  # a row of weight s has the noise of s rows: so has its covariance with the others
        parts = [Part(_scaled(part.kernel, root), part.kappas, part.basis_variances) for part in parts]
    found = [_gaussian_fits(r, B, part, noise) for part in parts]
    sizes = [-np.log(len(fits[0])) for fits in found]  # a part with a finer grid counts no more
    log_evidence = np.concatenate([fits[0] + size for fits, size in zip(found, sizes, strict=True)])
    shares = np.split(tempered(log_evidence, temper), np.cumsum([len(fits[0]) for fits in found])[:-1])
    coef = sum(share @ fits[1] for share, fits in zip(shares, found, strict=True))
    duals = [root * (share @ fits[2]) for share, fits in zip(shares, found, strict=True)]
    left_out = sum(share @ fits[3] for share, fits in zip(shares, found, strict=True))
    return Average(coef, duals, y - left_out / root)


def _scaled(kernel, root):
    """The kernel of rows scaled by ``root``."""
    if kernel is None:
        return None
    return linear_kernel_of(root[:, None] * kernel.vectors * np.sqrt(kernel.values))


def _gaussian_fits(r, B, part, noise):
    """For each grid point: log evidence, coefficients of B, dual variables of the kernel, left-out residuals."""
    fits = []
    for kappa in part.kappas if part.kernel is not None else [0.0]:
        U = np.empty((len(r), 0)) if part.kernel is None else part.kernel.vectors
        values = np.empty(0) if part.kernel is None else kappa * part.kernel.values
        shrink = values / (1 + values)
        r_in, B_in = r - U @ (shrink * (U.T @ r)), B - U @ (shrink[:, None] * (U.T @ B))
        left = 1 - U**2 @ shrink  # diagonal of the inverse covariance, before the basis
        log_det = np.log1p(values).sum()
        fits += [_with_basis(r, r_in, B, B_in, left, log_det, kappa, k, noise) for k in part.basis_variances]
    return [np.array(column) for column in zip(*fits, strict=True)]


def _with_basis(r, r_in, B, B_in, left, log_det, kappa, variances, noise):
    """One grid point: the basis columns enter by Woodbury's identity."""
    n, p = B.shape
    inner = np.diag(1 / variances) + B.T @ B_in
    coef = np.linalg.solve(inner, B.T @ r_in) if p else np.empty(0)
    alpha = r_in - B_in @ coef
    log_det = log_det + np.linalg.slogdet(inner)[1] + np.log(variances).sum() if p else log_det
    left = left - np.einsum("ij,ji->i", B_in, np.linalg.solve(inner, B_in.T)) if p else left
    evidence = -0.5 * log_det - (n / 2 + 1) * np.log(max(noise + r @ alpha, np.finfo(float).tiny))
    # a row that alone decides its own fit would divide by 0
    return evidence, coef, kappa * alpha, alpha / np.maximum(left, 1e-12)


# --- log-loss of two classes ---


def average_logistic(y, offset, basis, parts, *, weights=None, temper: float = 0.5, by_left_out=False) -> Average:
    """Average of the logistic models with log-odds offset + B m + g, and y of 0 and 1, by Laplace's approximation.

    ``by_left_out``: the likelihood of left-out rows stands for the evidence.
    """
    weights = np.ones(len(y)) if weights is None else weights
    found = [_laplace_fits(y, offset, basis, part, weights) for part in parts]
    if by_left_out:
        found = [(_left_out_likelihoods(y, fits[3], weights), *fits[1:]) for fits in found]
    sizes = [-np.log(len(fits[0])) for fits in found]
    log_evidence = np.concatenate([fits[0] + size for fits, size in zip(found, sizes, strict=True)])
    shares = np.split(tempered(log_evidence, temper), np.cumsum([len(fits[0]) for fits in found])[:-1])
    coef = sum(share @ fits[1] for share, fits in zip(shares, found, strict=True))
    duals = [share @ fits[2] for share, fits in zip(shares, found, strict=True)]
    return Average(coef, duals, sum(share @ fits[3] for share, fits in zip(shares, found, strict=True)))


def _left_out_likelihoods(y, left_out, weights):
    """Log-likelihood of the rows by the fits to the others, for each grid point: from left-out log-odds (g, n)."""
    return (weights * log_expit(np.where(y > 0, left_out, -left_out))).sum(axis=1)


def _laplace_fits(y, offset, basis, part, weights):
    """For each grid point: log evidence, coefficients of B, dual variables of the kernel, left-out log-odds."""
    n, p = basis.shape
    U = np.empty((n, 0)) if part.kernel is None else part.kernel.vectors
    roots = np.empty(0) if part.kernel is None else np.sqrt(part.kernel.values)
    kappas = np.repeat(part.kappas if part.kernel is not None else [0.0], len(part.basis_variances))
    k = np.tile(part.basis_variances, (len(kappas) // len(part.basis_variances), 1))
    scale = np.hstack([np.sqrt(k), np.sqrt(kappas)[:, None] * roots])  # (grid, p + r): prior deviations
    columns = np.hstack([basis, U])
    batch = max(1, int(BATCH_SIZE // max(columns.size, 1)))
    pieces = [_newton_batch(y, offset, columns, scale[i : i + batch], weights) for i in range(0, len(scale), batch)]
    evidence, v, left_out = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    dual = (v[:, p:] * np.sqrt(kappas)[:, None] / np.where(roots > 0, roots, 1)) @ U.T
    return evidence, v[:, :p] * scale[:, :p], dual, left_out


def _newton_batch(y, offset, columns, scale, weights):
    """Minima of sum_i s_i loss(y_i, o_i + f_i'v) + |v|^2 / 2, f = columns * scale_h, for all grid points at once.

    Loss and penalty are convex and the curvature of the loss is at most 1/4: a Newton step is halved where it raises
    the objective.
    """
    F = columns[None] * scale[:, None, :]
    v = np.zeros(scale.shape)
    eta = np.broadcast_to(offset, F.shape[:2])
    value = _objectives(y, eta, weights, v)
    for _ in range(NEWTON_STEPS):
        gradient = np.matmul((weights * (expit(eta) - y))[:, None], F)[:, 0] + v
        # in units of one row's log-likelihood: steps below it change no printed digit
        if np.abs(gradient).max(initial=0) < 1e-7:
            break
        step = -np.linalg.solve(_hessians(F, eta, weights), gradient[:, :, None])[:, :, 0]
        size = np.ones(len(v))
        for _ in range(20):
            ahead = v + size[:, None] * step
            eta_ahead = offset + np.matmul(F, ahead[:, :, None])[:, :, 0]
            value_ahead = _objectives(y, eta_ahead, weights, ahead)
            # rounding of the sum over rows must not look like a step uphill
            worse = value_ahead > value + 1e-12 * np.abs(value)
            if not worse.any():
                break
            size = np.where(worse, size / 2, size)
        v, eta, value = ahead, eta_ahead, value_ahead
    hessian = _hessians(F, eta, weights)
    leverage = np.einsum("hij,hji->hi", F, np.linalg.solve(hessian, F.transpose(0, 2, 1)))
    curvature = weights * expit(eta) * expit(-eta)
    # a row that alone decides its own fit has leverage 1: its left-out value is bounded, not infinite
    left_out = eta + leverage * weights * (expit(eta) - y) / np.maximum(1 - leverage * curvature, 1e-6)
    return -value - 0.5 * np.linalg.slogdet(hessian)[1], v, left_out


def _objectives(y, eta, weights, v):
    """Penalised log-loss of each grid point, (grid,)."""
    return -(weights * (log_expit(eta) - (1 - y) * eta)).sum(axis=1) + 0.5 * (v**2).sum(axis=1)


def _hessians(F, eta, weights):
    """Hessians (grid, q, q) of the penalised log-loss."""
    curvature = weights * expit(eta) * expit(-eta)
    hessian = np.matmul(F.transpose(0, 2, 1), F * curvature[:, :, None])
    hessian[:, np.arange(F.shape[2]), np.arange(F.shape[2])] += 1
    return hessian
