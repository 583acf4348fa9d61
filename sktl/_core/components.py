"""The engine of the transfer components: tables of features, sums over groups of rows, and what contrasts their means.

Every MMD matrix here is E E' of a few columns that are constant on groups of rows: E = G T, with the indicator G
(n, n_groups) of the groups and T (n_groups, c). So F'E is a small product of the groups' sums F'G, and no matrix of
n x n numbers is ever formed. Groups of C classes: 0 ... C - 1 source rows by class, C ... 2 C - 1 target rows by
(pseudo-)class, 2 C source and 2 C + 1 target rows without one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sktl._core.kernels import blocks, canonical_order
from sktl._core.linalg import DENSE_SIZE, as_dense, leading_vectors, leading_vectors_by_root, moments

# --- groups of rows, and the contrasts of their means ---


def row_groups(target: np.ndarray, codes: np.ndarray | None = None, n_classes: int = 0) -> np.ndarray:
    """Group of each row (n,), from its domain and the code of its class (-1 where it has none)."""
    if codes is None:
        codes = np.full(len(target), -1)
    return np.where(codes < 0, 2 * n_classes + target, codes + n_classes * target)


def indicator(groups: np.ndarray, n_groups: int) -> sparse.csr_array:
    """G: a 1 in the column of each row's group, (n, n_groups)."""
    n = len(groups)
    return sparse.csr_array((np.ones(n), (np.arange(n), groups)), shape=(n, n_groups))


def mean_contrasts(counts, balance=0.5, weighted=False) -> np.ndarray:
    """T of the MMD matrix M = (1 - balance) C M_0 + balance sum_c M_c of C classes, divided by its Frobenius norm.

    Parameters
    ----------
    counts : ndarray of shape (2 C + 2,)
        Rows of each group.
    balance : float in [0, 1]
        Weight of the classes' means against that of the domains'.
    weighted : bool
        Whether a class mean counts with the root of its share of its domain, instead of 1.

    Returns
    -------
    ndarray of shape (2 C + 2, c)
        Columns of M_0 and of the classes that both domains have; if none has rows in both, of M_0 alone; zero where a
        domain is empty.
    """
    n_classes = len(counts) // 2 - 1
    target = np.repeat([False, True, False, True], [n_classes, n_classes, 1, 1])
    n_source, n_target = counts[~target].sum(), counts[target].sum()
    if n_source == 0 or n_target == 0:
        return np.zeros((len(counts), 1))
    by_class = counts[: 2 * n_classes].reshape(2, n_classes)
    common = np.flatnonzero(by_class.min(axis=0))
    T = np.zeros((len(counts), 1 + len(common)))
    T[:, 0] = np.where(target, -1 / n_target, 1 / n_source)
    if len(common):
        T[:, 0] *= np.sqrt((1 - balance) * n_classes)
        sizes = by_class[:, common].astype(float)
        means = np.sqrt(sizes / sizes.sum(axis=1, keepdims=True)) / sizes if weighted else 1 / sizes
        columns = np.arange(1, T.shape[1])
        T[common, columns] = np.sqrt(balance) * means[0]
        T[common + n_classes, columns] = -np.sqrt(balance) * means[1]
    return T / np.sqrt(np.linalg.norm(T.T @ (counts[:, None] * T)))  # |EE'| = |E'E|


# --- the table F in whose columns components are combinations ---


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
    sums : ndarray of shape (p, n_groups)
        Sums over each group of the rows of HF.
    ridge : float
        What mu is multiplied by: m / n with m landmarks.
    stretch : float
        What unit vectors are multiplied by: sqrt(n / m).
    basis : ndarray of shape (d, p), default=None
        F = X basis, where F is not X.
    start : ndarray of shape (p,), default=None
        First vector of iterations; depends on the rows' values, not on their order.
    """

    block: Callable
    operator: object
    mean: np.ndarray
    groups: np.ndarray
    sums: np.ndarray
    ridge: float = 1.0
    stretch: float = 1.0
    basis: np.ndarray | None = None
    start: np.ndarray | None = None

    @property
    def counts(self):
        """Rows of each group."""
        return np.bincount(self.groups, minlength=self.sums.shape[1])

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
        self.groups = groups

    def embed(self, vectors):
        """F @ vectors, (n, k)."""
        parts = [np.asarray(self.block(rows) @ vectors) for rows in blocks(len(self.groups))]
        return np.concatenate(parts)

    def scatter_of(self, vectors):
        """F'HF @ vectors."""
        return self.operator[1](vectors) if isinstance(self.operator, tuple) else self.operator @ vectors

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

    def solve(self, mu, n_components, contrast=None, operator=None, root=None):
        """Leading solutions, (p, n_components), of C v = lambda (b b' + mu Q) v, and their eigenvalues.

        By default C = F'HF, b = F'E, and Q = I (else Q^-1 = R R' with the ``root`` R). Components beyond p are zero.
        """
        contrast = self.contrasts() if contrast is None else contrast
        operator = self.operator if operator is None else operator
        p = self.sums.shape[0]
        within = min(n_components, p)
        if root is None:
            vectors, values = leading_vectors(operator, contrast, mu * self.ridge, within, self.start)
        else:
            vectors, values = leading_vectors_by_root(operator, contrast, root, mu * self.ridge, within, self.start)
        missing = n_components - within
        return np.pad(self.stretch * vectors, ((0, 0), (0, missing))), np.pad(values, (0, missing))


def linear_table(X, groups, n_groups, basis=None) -> FeatureTable:
    """F = X, or X basis: one pass over the rows."""

    def block(rows):
        return X[rows] if basis is None else np.asarray(X[rows] @ basis)

    operator, sums, mean = moments(map(block, blocks(X.shape[0], 4096)), indicator(groups, n_groups))
    return FeatureTable(block, operator, mean, groups, sums, basis=basis)


def landmark_table(X, landmarks, kernel, groups, n_groups) -> FeatureTable:
    """F = K(X, landmarks), never held as a whole: one pass over the rows."""

    def block(rows):
        return kernel(X[rows], landmarks)

    n, m = X.shape[0], landmarks.shape[0]
    operator, sums, mean = moments(map(block, blocks(n)), indicator(groups, n_groups))
    return FeatureTable(block, operator, mean, groups, sums, ridge=m / n, stretch=np.sqrt(n / m))


def kernel_table(X, kernel, groups, n_groups) -> FeatureTable:
    """F = K(X, X), held as a whole: n^2 numbers, twice as many for the sizes that dense solvers take."""
    n = X.shape[0]
    K = kernel(X, X)
    mean = K.mean(axis=0)

    def multiply(v):
        product = K @ v
        return K @ (product - product.mean(axis=0))

    G = indicator(groups, n_groups)
    sums = (G.T @ K).T - np.outer(mean, G.sum(axis=0))
    rank = np.empty(n)
    rank[canonical_order(X)] = np.arange(n)
    operator = K @ (K - mean) if n <= DENSE_SIZE else (n, multiply)
    return FeatureTable(K.__getitem__, operator, mean, groups, sums, start=1 + rank / n)
