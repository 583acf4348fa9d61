"""The engine of the transfer components: tables of features, sums over groups of rows, and the eigenproblem on them.

A table F (n, p) is the input's columns, or kernel values. Its centred scatter F'HF and its groups' sums F'G are all
that an eigenproblem of contrasts E = G T (:mod:`sktl._core.contrasts`) needs: F'E is a small product of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sktl._core.contrasts import indicator, mean_contrasts
from sktl._core.kernels import blocks, canonical_order
from sktl._core.linalg import DENSE_SIZE, as_dense, leading_vectors, leading_vectors_by_root
from sktl._core.moments import moments_of, row_blocks


@dataclass
class FeatureTable:
    """A table F (n, p) by blocks of rows, with what an eigenproblem needs of it.

    Attributes
    ----------
    block : callable
        Function of a slice or of row numbers: these rows of F, ndarray or CSR.
    operator : ndarray of shape (p, p), or pair (p, function)
        Centred scatter F'HF.
    mean : ndarray of shape (p,)
        Mean row of F.
    groups : ndarray of shape (n,)
        Group of each row.
    counts : ndarray of shape (n_groups,)
        Rows of each group.
    sums : ndarray of shape (p, n_groups)
        Sums over each group of the rows of HF.
    unit : float
        The scale of F: the root of the rows' total variance, or that variance in the feature space of a kernel. With
        mu in its square, components do not depend on the units of X.
    ridge : float
        What mu is multiplied by beside: m / n with m landmarks.
    stretch : float
        What unit vectors are multiplied by: sqrt(n / m).
    basis : ndarray of shape (d, p), default=None
        F = X basis, where F is not X.
    points : ndarray of shape (p,), default=None
        Numbers of the rows that columns of F are kernel values with; None where F is no kernel's.
    start : ndarray of shape (p,), default=None
        First vector of iterations; depends on the rows' values, not on their order.
    """

    block: Callable
    operator: object
    mean: np.ndarray
    groups: np.ndarray
    counts: np.ndarray
    sums: np.ndarray
    unit: float = 1.0
    ridge: float = 1.0
    stretch: float = 1.0
    basis: np.ndarray | None = None
    points: np.ndarray | None = None
    start: np.ndarray | None = None

    def contrasts(self, balance=0.5, weighted=False):
        """F'E, (p, c), of the MMD matrix E E' of Frobenius norm 1 (:func:`mean_contrasts`)."""
        return self.sums @ mean_contrasts(self.counts, balance, weighted)

    def move(self, groups):
        """Put rows into other groups; costs no more than the rows that change."""
        changed = np.flatnonzero(groups != self.groups)
        n_groups = self.sums.shape[1]
        for part in blocks(len(changed)):
            rows = changed[part]
            step = indicator(groups[rows], n_groups) - indicator(self.groups[rows], n_groups)
            self.sums = self.sums + as_dense(self.block(rows).T @ step) - np.outer(self.mean, step.sum(axis=0))
        self.groups, self.counts = groups, np.bincount(groups, minlength=n_groups)

    def embed(self, vectors):
        """F @ vectors, (n, k)."""
        parts = [np.asarray(self.block(rows) @ vectors) for rows in blocks(len(self.groups))]
        return np.concatenate(parts)

    def scatter_of(self, vectors):
        """F'HF @ vectors."""
        return self.operator[1](vectors) if isinstance(self.operator, tuple) else self.operator @ vectors

    def products(self, columns):
        """F'H @ columns, (p, c), for a dense (n, c)."""
        total = -np.outer(self.mean, columns.sum(axis=0))
        for rows in blocks(len(columns)):
            total += self.block(rows).T @ columns[rows]
        return total

    def weighted_products(self, weights):
        """F' diag(weights) F, (p, p)."""
        total = 0.0
        for rows in blocks(len(weights)):
            F = self.block(rows)
            total = total + as_dense(
                F.T @ (F * weights[rows, None] if not sparse.issparse(F) else F.multiply(weights[rows, None]))
            )
        return total

    def graph_products(self, graph):
        """F' W F, (p, p), for a sparse symmetric W (n, n); rows of F are computed again for each block they touch."""
        total = 0.0
        for rows in blocks(len(self.groups)):
            part = sparse.csc_array(graph[rows])
            touched = np.flatnonzero(np.diff(part.indptr))
            total = total + as_dense(self.block(rows).T @ (part[:, touched] @ self.block(touched)))
        return total

    def penalty(self, mu):
        """Weight of |v|^2, in the units of F, that ``mu`` stands for."""
        return mu * self.ridge * self.unit**2

    def solve(self, penalty, n_components, contrast=None, operator=None, root=None):
        """Leading solutions, (p, n_components), of C v = lambda (b b' + penalty Q) v, and their eigenvalues.

        By default C = F'HF, b = F'E, and Q = I (else Q^-1 = R R' with the ``root`` R). Components beyond p are zero.
        """
        contrast = self.contrasts() if contrast is None else contrast
        operator = self.operator if operator is None else operator
        p = self.sums.shape[0]
        within = min(n_components, p)
        if root is None:
            vectors, values = leading_vectors(operator, contrast, penalty, within, self.start)
        else:
            vectors, values = leading_vectors_by_root(operator, contrast, root, penalty, within, self.start)
        missing = n_components - within  # there are no directions beyond p; the shape asked for is kept
        return np.pad(self.stretch * vectors, ((0, 0), (0, missing))), np.pad(values, (0, missing))


def combined(operator, scale, *terms):
    """``scale`` C + the sum of w b b' over the ``terms`` (w, b), in the form that the scatter C has."""
    if not isinstance(operator, tuple):
        return scale * operator + sum(weight * b @ b.T for weight, b in terms)
    p, multiply = operator
    return p, lambda v: scale * multiply(v) + sum(weight * (b @ (b.T @ v)) for weight, b in terms)


def positive(unit):
    """``unit``, or 1 where rows do not vary (or a kernel says that they vary by less than nothing)."""
    return float(unit) if unit > 0 else 1.0


def linear_table(X, groups, n_groups, basis=None) -> FeatureTable:
    """F = X, or X basis: one pass over the rows."""

    def block(rows):
        return X[rows] if basis is None else np.asarray(X[rows] @ basis)

    parts = row_blocks(X) if basis is None else map(block, blocks(X.shape[0], 4096))
    return moments_table(moments_of(parts, groups, n_groups), block, groups, basis)


def moments_table(moments, block=None, groups=None, basis=None) -> FeatureTable:
    """The table F of which the moments by group are known, merged from any parts: enough to solve by.

    Its rows (``block``) and their ``groups`` are needed only to embed them, or to move them into other groups.
    """
    # of all columns together: mu then means the same for X in any unit
    unit = positive(np.sqrt(np.trace(moments.scatter) / moments.n))
    counts, sums = moments.counts, moments.group_sums.T
    return FeatureTable(block, moments.scatter, moments.mean, groups, counts, sums, unit, basis=basis)


def landmark_table(X, landmarks, kernel, groups, n_groups) -> FeatureTable:
    """F = K(X, X[landmarks]), never held as a whole: one pass over the rows."""
    points = X[landmarks]

    def block(rows):
        return kernel(X[rows], points)

    n, m = X.shape[0], len(landmarks)
    moments = moments_of(map(block, blocks(n)), groups, n_groups)
    # in the mean over pairs the landmarks stand for all rows: no n^2 values
    unit = positive(kernel.diagonal(X).mean() - moments.mean.mean())
    found = moments.scatter, moments.mean, groups, moments.counts, moments.group_sums.T, unit
    # for n / m rows each: of one function, m coefficients have n / m times the squared norm of n
    return FeatureTable(block, *found, points=landmarks, ridge=m / n, stretch=np.sqrt(n / m))


def kernel_table(X, kernel, groups, n_groups) -> FeatureTable:
    """F = K(X, X), held as a whole: n^2 numbers, twice as many for the sizes that dense solvers take."""
    n = X.shape[0]
    K = kernel(X, X)
    mean = K.mean(axis=0)

    def multiply(v):
        product = K @ v  # K H K v: H is a projection, so that centring once, in the middle, does
        return K @ (product - product.mean(axis=0))

    G = indicator(groups, n_groups)
    counts = np.bincount(groups, minlength=n_groups)
    sums = (G.T @ K).T - np.outer(mean, counts)
    rank = np.empty(n)
    rank[canonical_order(X)] = np.arange(n)
    operator = K @ (K - mean) if n <= DENSE_SIZE else (n, multiply)  # K H K = K K - (K 1)(1' K) / n, by column means
    # ranks by value in the first vector: results do not show the order of the rows
    unit, start = positive(np.diagonal(K).mean() - mean.mean()), 1 + rank / n
    return FeatureTable(K.__getitem__, operator, mean, groups, counts, sums, unit, points=np.arange(n), start=start)
