"""Low-rank factors of kernels and the few leading vectors of a generalised eigenproblem."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import eigh, solve_triangular
from scipy.linalg.lapack import dpstrf
from scipy.sparse.linalg import LinearOperator, eigsh

from sktl._core.kernels import blocks, subsample

DENSE_SIZE = 1500  # largest eigenproblem that is cheaper by a dense solver than by Lanczos' method
DIRECT_ROWS = 1500  # kernel matrices up to 18 MB are cheaper to factor whole than column by column
SAMPLE_ROWS = 1500  # beyond, pivots come from a sample of so many rows first: all at once, not a pass over X for each
NEGLIGIBLE = 1e-12  # eigenvalues below this share of the largest one are rounding


@dataclass(frozen=True)
class LowRankKernel:
    """Pivoted Cholesky factor of a kernel matrix: K ~ factor @ factor.T, exact at ``pivots``.

    Attributes
    ----------
    factor : ndarray of shape (n, rank)
        Column j is zero at the first j pivots.
    pivots : ndarray of shape (rank,)
        Rows that the factor is exact at.
    residual : float
        Trace of K minus its approximation, as a share of the trace of K.
    """

    factor: np.ndarray
    pivots: np.ndarray
    residual: float

    def extend(self, pivot_values):
        """Factor rows whose products with ``factor`` give the (Nystroem) kernel values of further points.

        ``pivot_values`` has shape (rank,) or (rank, n_points): kernel values, or sums of them, at the pivots.
        """
        return solve_triangular(self.factor[self.pivots], pivot_values, lower=True)


def pivoted_cholesky(kernel, X, max_rank, tol=1e-12):
    """Greedy low-rank factor of the kernel matrix of ``X``, without ever forming that matrix.

    Of many rows the pivots are first sought in a sample. Cost O(n r (r + d)) and memory O(n r) for a rank r; it stops
    when no diagonal residual exceeds ``tol`` times the largest diagonal entry.

    Parameters
    ----------
    kernel : Kernel
        Must be positive semi-definite.
    X : ndarray or CSR matrix of shape (n, d)
        Rows.
    max_rank : int
        Rank at the most.
    tol : float
        Relative size of the residual to stop at.

    Returns
    -------
    LowRankKernel

    Raises
    ------
    numpy.linalg.LinAlgError
        If the kernel is seen not to be positive semi-definite.
    """
    diagonal = kernel.diagonal(X)
    top, trace = diagonal.max(), diagonal.sum()
    if diagonal.min() < 0:
        raise np.linalg.LinAlgError(
            f"k(x, x) is {diagonal.min():.3g} for one row: the kernel is not positive semi-definite."
        )
    n = len(diagonal)
    if n <= DIRECT_ROWS:
        return _direct_cholesky(kernel(X, X), diagonal, max_rank, tol)
    factor, pivots = _sampled_factor(kernel, X, min(max_rank, n), tol)
    residual = diagonal - np.einsum("ij,ij->i", factor, factor)
    residual[pivots] = 0.0
    _refuse_negative(residual, top)
    for rank in range(len(pivots), factor.shape[1]):
        pivot = int(np.argmax(residual))
        if residual[pivot] <= tol * top:
            break
        column = kernel(X, X[[pivot]])[:, 0] - factor[:, :rank] @ factor[pivot, :rank]
        column /= np.sqrt(residual[pivot])
        column[pivots] = 0.0
        factor[:, rank] = column
        residual -= column * column
        residual[pivot] = 0.0
        pivots.append(pivot)
        _refuse_negative(residual, top)
    share = float(np.maximum(residual, 0).sum() / trace) if trace > 0 else 0.0
    return LowRankKernel(factor[:, : len(pivots)], np.array(pivots, dtype=int), share)


def _sampled_factor(kernel, X, max_rank, tol):
    """Factor (n, max_rank) on pivots from a sample of the rows, its other columns 0, and these pivots (a list)."""
    n = X.shape[0]
    factor = np.zeros((n, max_rank))
    if n <= SAMPLE_ROWS:
        return factor, []
    # by the row's values: which rows are drawn must not hang on their order
    drawn = subsample(X, SAMPLE_ROWS, np.random.default_rng(0))
    K = kernel(X[drawn], X[drawn])
    sample = _direct_cholesky(K, np.diagonal(K).copy(), max_rank, tol)
    rank, pivots = len(sample.pivots), drawn[sample.pivots]
    root = sample.factor[sample.pivots]
    for rows in blocks(n):
        factor[rows, :rank] = solve_triangular(root, kernel(X[pivots], X[rows]), lower=True, check_finite=False).T
    factor[pivots, :rank] = np.tril(root)  # zeros that are exact
    return factor, pivots.tolist()


def _direct_cholesky(K, diagonal, max_rank, tol):
    """The same from the whole matrix, by LAPACK's pivoted factorisation: one call in place of one a column."""
    top, trace = diagonal.max(), diagonal.sum()
    lower, order, rank, _ = dpstrf(K, tol=tol * top, lower=1, overwrite_a=1)
    rank = min(int(rank), max_rank) if top > 0 else 0
    factor = np.zeros((len(K), rank))
    factor[order - 1] = np.tril(lower)[:, :rank]
    residual = diagonal - np.einsum("ij,ij->i", factor, factor)
    _refuse_negative(residual, top)
    share = float(np.maximum(residual, 0).sum() / trace) if trace > 0 else 0.0
    return LowRankKernel(factor, (order[:rank] - 1).astype(int), share)


def _refuse_negative(residual, top):
    if residual.min() < -1e-6 * top:  # more than rounding
        raise np.linalg.LinAlgError(
            "The kernel matrix has a negative eigenvalue: the kernel is not positive semi-definite."
        )


def as_dense(matrix):
    """``matrix`` as an ndarray."""
    return matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)


def row_space(X):
    """Orthonormal basis (d, r) of the span of the rows of ``X``, for fewer rows than columns."""
    if not sparse.issparse(X):
        _, s, Vt = np.linalg.svd(np.asarray(X, dtype=np.float64), full_matrices=False)
        return Vt[s > NEGLIGIBLE * max(s[0], np.finfo(float).tiny)].T
    values, vectors = np.linalg.eigh((X @ X.T).toarray().astype(np.float64))
    kept = values > NEGLIGIBLE * max(values[-1], np.finfo(float).tiny)
    return np.asarray(X.T @ (vectors[:, kept] / np.sqrt(values[kept])))


def leading_vectors(operator, contrast, mu, n_components, start=None):
    """Leading solutions v of C v = lambda (b b' + mu I) v, each of unit Euclidean norm.

    With B = b b' + mu I the problem is the ordinary one of B^-1/2 C B^-1/2, and B^-1/2 costs no more than b: with
    b = U diag(s) V', it is mu^-1/2 (I - U diag(1 - (1 + s^2/mu)^-1/2) U').

    Parameters
    ----------
    operator : ndarray of shape (p, p), or pair (p, function)
        C, symmetric and positive semi-definite, as a matrix or as a function that multiplies a vector by it.
    contrast : ndarray of shape (p, c)
        b.
    mu : float
        Positive.
    n_components : int
        How many.
    start : ndarray of shape (p,), default=None
        First vector of the iteration, for a result that does not depend on the order of the rows.

    Returns
    -------
    vectors : ndarray of shape (p, n_components)
        Sign: the entry of largest size is positive. Zero where the eigenvalue is.
    values : ndarray of shape (n_components,)
        Eigenvalues, falling.
    """
    U, s, _ = np.linalg.svd(contrast, full_matrices=False)
    shrink = 1 - 1 / np.sqrt(1 + s**2 / mu)

    def half(x):  # mu^1/2 B^-1/2 x
        return x - U @ (shrink * (U.T @ x).T).T

    if isinstance(operator, tuple):
        p, multiply = operator
    else:
        p, multiply = len(operator), operator.__matmul__
    if p <= DENSE_SIZE or n_components >= p // 4:
        matrix = operator if not isinstance(operator, tuple) else multiply(np.eye(p))
        matrix = half(half(matrix).T)
        values, vectors = eigh((matrix + matrix.T) / 2, subset_by_index=[p - n_components, p - 1])
    else:
        pencil = LinearOperator((p, p), matvec=lambda x: half(multiply(half(x.ravel()))), dtype=np.float64)
        start = np.ones(p) if start is None else start
        values, vectors = eigsh(pencil, k=n_components, which="LA", v0=start)
    order = np.argsort(-values)
    return unit_columns(half(vectors[:, order]), values[order] / mu)


def unit_columns(vectors, values):
    """Columns of unit norm whose entry of largest size is positive; those of negligible eigenvalues become zero."""
    negligible = values <= NEGLIGIBLE * max(values[0], 0)
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=0), np.finfo(float).tiny)
    largest = vectors[np.argmax(np.abs(vectors), axis=0), np.arange(vectors.shape[1])]
    return vectors * (np.where(largest < 0, -1.0, 1.0) * ~negligible), np.where(negligible, 0.0, values)


def leading_vectors_by_root(operator, contrast, root, mu, n_components, start=None):
    """Leading solutions v of C v = lambda (b b' + mu Q) v for a metric Q with Q^-1 = R R', each of unit norm.

    With v = R u the problem is that of :func:`leading_vectors`, for R'CR and R'b. Where R has fewer columns than rows,
    v stays within its range.

    Parameters
    ----------
    operator : ndarray of shape (p, p), or pair (p, function)
        C, as :func:`leading_vectors` takes it.
    contrast : ndarray of shape (p, c)
        b.
    root : ndarray of shape (p, r) or (p,)
        R; one dimension is a diagonal.
    mu : float
        Positive.
    n_components : int
        How many; those beyond r are zero.
    start : ndarray of shape (p,), default=None
        First vector of the iteration.

    Returns
    -------
    vectors : ndarray of shape (p, n_components)
        As those of :func:`leading_vectors`.
    values : ndarray of shape (n_components,)
        Eigenvalues, falling.
    """
    rank = root.shape[-1]
    if rank == 0:  # a table of zeros
        return np.zeros((len(root), n_components)), np.zeros(n_components)

    def up(u):  # R u
        return root @ u if root.ndim == 2 else (root * u.T).T

    def down(v):  # R'v
        return root.T @ v if root.ndim == 2 else (root * v.T).T

    inner = (rank, lambda u: down(operator[1](up(u)))) if isinstance(operator, tuple) else down(down(operator).T)
    within = min(n_components, rank)
    start = None if start is None else down(start)
    vectors, values = leading_vectors(inner, down(contrast), mu, within, start)
    vectors, values = unit_columns(up(vectors), values)
    return np.pad(vectors, ((0, 0), (0, n_components - within))), np.pad(values, (0, n_components - within))


def conjugate_gradients(multiply, right, tol, max_iter):
    """Solve A x = b for all columns b of ``right`` at once, by conjugate gradients with a step size a column.

    Parameters
    ----------
    multiply : callable
        Multiplies A, symmetric and positive definite, by a matrix of shape (p, m).
    right : ndarray of shape (p, m)
        Right-hand sides.
    tol : float
        Norm of the residual, relative to that of b, to stop at.
    max_iter : int
        Iterations at the most.

    Returns
    -------
    solution : ndarray of shape (p, m)
    n_iter : int
    converged : bool
    """
    solution, residual = np.zeros_like(right), right.copy()
    direction, energy = right.copy(), np.sum(right**2, axis=0)
    enough = tol**2 * energy
    for n_iter in range(max_iter):
        active = energy > enough
        if not active.any():
            return solution, n_iter, True
        image = multiply(direction)
        step = np.where(active, energy / np.where(active, np.sum(direction * image, axis=0), 1.0), 0.0)
        solution += step * direction
        residual -= step * image
        previous, energy = energy, np.sum(residual**2, axis=0)
        direction = residual + np.where(active, energy / np.where(active, previous, 1.0), 0.0) * direction
    return solution, max_iter, not (energy > enough).any()
