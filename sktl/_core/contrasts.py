"""Contrasts of means: of the domains, and of each class in them; and which of the two counts how much.

Every MMD matrix here is M = E E' of a few columns that are constant on groups of rows: E = G T, with the indicator G
(n, n_groups) of the groups and T (n_groups, c). So no matrix of n x n numbers is ever formed. Groups of C classes:
0 ... C - 1 source rows by class, C ... 2 C - 1 target rows by (pseudo-)class, 2 C source and 2 C + 1 target rows
without one.
"""

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from sktl._core.kernels import canonical_order
from sktl._core.linalg import as_dense

MAX_ROWS = 1000  # rows of a domain that a distance is estimated from: a share of errors is then good to some 0.02
MIN_ROWS = 2  # rows of a domain that leave one to learn from when one is left out


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
    return T / np.sqrt(np.linalg.norm(T.T @ (counts[:, None] * T)))  # |EE'| = |E'E|, and E'E is small


def joint_contrast(target, codes, n_classes: int, balance: float) -> np.ndarray:
    """E = G T itself, (n, c), for rows of the classes ``codes`` (-1 where there is none)."""
    groups = row_groups(target, codes, n_classes)
    return mean_contrasts(np.bincount(groups, minlength=2 * n_classes + 2), balance)[groups]


# --- how far apart the domains are, as wholes and class by class ---


def _centred_products(X, weights):
    """V' V, or V V' where that is smaller, of the rows v = sqrt(w) (x - weighted mean), and how to go on: the rows V.

    CSR rows are centred in their inner products alone, so that they stay sparse.
    """
    root, share = np.sqrt(weights), weights / weights.sum()
    if X.shape[1] <= X.shape[0]:
        rows = (as_dense(X) - share @ X) * root[:, None]
        return rows.T @ rows, rows
    K = as_dense(X @ X.T).astype(np.float64)
    middle = K @ share
    K = K - middle[:, None] - middle + share @ middle
    return root[:, None] * K * root, None


def linear_a_distance(X, target, reg: float = 1.0) -> float:
    """Proxy A-distance 2 (1 - 2 error), not below 0, of a balanced ridge classifier's exact leave-one-out error.

    One factorisation of d x d (or n x n, where there are fewer rows than columns) stands in for a fit without each
    row. ``reg`` is in units of the total variance, so that those of X do not matter. At least two rows per domain are
    needed.
    """
    n_target = np.count_nonzero(target)
    weights = len(target) * np.where(target, 0.5 / n_target, 0.5 / (len(target) - n_target))
    root, signs = np.sqrt(weights), np.where(target, 1.0, -1.0)
    products, rows = _centred_products(X, weights)
    reg = reg * np.trace(products) / len(target) or 1.0  # rows that are all equal: any
    factors = cho_factor(products + reg * np.eye(len(products)))
    if rows is None:  # V (V'V + reg I)^-1 V' = I - reg (VV' + reg I)^-1
        smoother = np.eye(len(root)) - reg * cho_solve(factors, np.eye(len(root)))
        leverage, values = np.diagonal(smoother), smoother @ (root * signs) / root
    else:
        solved = cho_solve(factors, rows.T)
        leverage, values = np.einsum("ij,ji->i", rows, solved), rows @ (solved @ (root * signs)) / root
    leverage = leverage + weights / len(target)  # of the intercept, which balanced weights put at 0
    wrong = (values - leverage * signs) * signs <= 0  # the sign of the value without the row
    error = (wrong[target].mean() + wrong[~target].mean()) / 2
    return float(max(0.0, 2 * (1 - 2 * error)))


def _distance_within(X, target, rows, order):
    """A-distance of the domains among the ``rows``, from some of each; None if there are too few to tell.

    Which ones does not depend on how the rows came, but on their canonical ``order``.
    """
    parts = [order[(rows & mask)[order]] for mask in (~target, target)]
    parts = [np.random.default_rng(0).permutation(part)[:MAX_ROWS] for part in parts]
    if min(map(len, parts)) < MIN_ROWS:
        return None
    chosen = np.concatenate(parts)
    return linear_a_distance(X[chosen], target[chosen])


def balance_factor(X, target, codes, n_classes: int, order=None) -> float:
    """Estimate of the balance: mean A-distance of the classes as a share of itself plus that of all rows.

    0.5 where nothing can be told: no class in both domains, or no distance at all. ``order`` is the rows' canonical
    one, where it is known already.
    """
    order = canonical_order(X) if order is None else order
    whole = _distance_within(X, target, np.ones(len(target), dtype=bool), order)
    within = [_distance_within(X, target, codes == code, order) for code in range(n_classes)]
    within = [distance for distance in within if distance is not None]
    if whole is None or not within or np.mean(within) + whole == 0:
        return 0.5
    return float(np.mean(within) / (np.mean(within) + whole))
