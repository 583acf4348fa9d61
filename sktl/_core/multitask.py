"""Ridge regression of several domains that share a part of their coefficients, from sums over the rows of each.

The function of domain t is x'(w_0 + v_t) + b + c_t, with

    min sum_i s_i (y_i - f_t(i)(x_i))^2 + reg (|w_0|^2 / share + sum_t (|v_t|^2 + c_t^2) / (1 - share)),

so that ``share`` is the part of the coefficients' prior variance that the domains have in common: at 1 they are pooled,
at 0 each stands alone but for b. With x~ = (x, 1), theta_0 = (w_0, b), p = reg / (1 - share) and the sums G_t, c_t of
x~x~' and x~y, the domains' own parts can be solved for one by one, and what remains is one system of the common part,

    S theta_0 = sum_t (I - G_t (G_t + p)^-1) c_t,    S = diag(reg / share, ..., 0) + sum_t p (G_t + p)^-1 G_t.
"""

from dataclasses import dataclass

import numpy as np

EDGE = 1e-9  # shares nearer to 0 or 1 count as it: the penalties stay finite


@dataclass(frozen=True)
class DomainSums:
    """Sums over the rows of one domain, in the eigenvectors of G_t.

    Attributes
    ----------
    rows : ndarray of shape (n, d + 1)
        x~, for leave-one-out errors.
    y, weights : ndarray of shape (n,)
        Labels and weights.
    values, vectors : ndarray of shape (d + 1,) and (d + 1, d + 1)
        Eigenvalues and eigenvectors of G_t.
    cross : ndarray of shape (d + 1,)
        c_t.
    """

    rows: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    values: np.ndarray
    vectors: np.ndarray
    cross: np.ndarray

    def spectral(self, function):
        """The matrix with the eigenvectors of G_t and the values of a function of its eigenvalues."""
        return (self.vectors * function) @ self.vectors.T


def domain_sums(X, y, weights) -> DomainSums:
    """The sums over the rows of one domain."""
    rows = np.column_stack([X, np.ones(len(y))])
    values, vectors = np.linalg.eigh(rows.T @ (weights[:, None] * rows))
    return DomainSums(rows, y, weights, np.maximum(values, 0.0), vectors, rows.T @ (weights * y))


@dataclass(frozen=True)
class MultiTaskFit:
    """Coefficients with the intercept last.

    Attributes
    ----------
    shared : ndarray of shape (d + 1,)
        theta_0.
    own : ndarray of shape (n_domains, d + 1)
        (v_t, c_t).
    losses : ndarray of shape (n_domains,)
        Mean squared leave-one-out errors of each domain's rows; NaN where it has none.
    """

    shared: np.ndarray
    own: np.ndarray
    losses: np.ndarray


def solve_multitask(sums, reg: float, share: float) -> MultiTaskFit:
    """Solve for all domains, with leave-one-out errors from the same factors."""
    share = min(max(share, EDGE), 1 - EDGE)
    p, size = reg / (1 - share), len(sums[0].cross)
    matrix, right = np.diag(np.append(np.full(size - 1, reg / share), 0.0)), np.zeros(size)
    for one in sums:
        kept = p / (one.values + p)
        matrix += one.spectral(kept * one.values)
        right += one.spectral(kept) @ one.cross
    inverse = np.linalg.pinv(matrix, hermitian=True)
    shared = inverse @ right
    own = np.array([one.spectral(1 / (one.values + p)) @ (one.cross - _times(one, shared)) for one in sums])
    losses = np.array([_left_out(one, shared + v, p, inverse) for one, v in zip(sums, own, strict=True)])
    return MultiTaskFit(shared, own, losses)


def _times(one, theta):
    """G_t theta."""
    return one.vectors @ (one.values * (one.vectors.T @ theta))


def _left_out(one, theta, p, inverse):
    """Mean squared leave-one-out error, with the leverages x~'((G_t + p)^-1 + B S^-1 B') x~, B = p (G_t + p)^-1."""
    if len(one.y) == 0:
        return np.nan
    turned = one.rows @ one.vectors
    alone = (turned / (one.values + p)) @ one.vectors.T  # x~'(G_t + p)^-1
    leverage = np.einsum("ij,ij->i", alone, one.rows) + p**2 * np.einsum("ij,ij->i", alone @ inverse, alone)
    # a row that alone decides its own fit has leverage 1: its left-out value is bounded, not infinite
    room = np.maximum(1 - np.minimum(one.weights, 1.0) * leverage, 1e-10)
    return float(one.weights @ ((one.y - one.rows @ theta) / room) ** 2 / one.weights.sum())
