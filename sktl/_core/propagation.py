"""Labels spread over a graph of rows and over the graph of rows and features; nothing larger than their entries.

Two symmetric operators of norm at most 1 are mixed: S = D^-1/2 W D^-1/2 of the rows' graph W, and B B' of the two-sided
graph of rows and features, with B = D_r^-1/2 X D_f^-1/2 and the degrees of both sides. A feature has no label of its
own: its scores B'F are what its rows say, so that the system is one of rows alone. The leading pair of BB', roots of
the rows' degrees, is taken out: it gives all rows the same scores, and with many steps drowns what tells them apart.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse


def inverse_roots(degrees: np.ndarray) -> np.ndarray:
    """1 / sqrt(degree), 0 for what has no link."""
    return np.divide(1, np.sqrt(degrees), out=np.zeros(len(degrees)), where=degrees > 0)


def half_columns(X, signed: bool):
    """Columns without a negative entry: X where it has none, else its positive and its negative part side by side."""
    if sparse.issparse(X):
        up = sparse.csr_array(X.maximum(0))
        return sparse.csr_array(sparse.hstack([up, sparse.csr_array((-X).maximum(0))])) if signed else up
    up = np.maximum(X, 0)
    return np.hstack([up, np.maximum(-X, 0)]) if signed else up


@dataclass(frozen=True)
class FeatureLinks:
    """The graph of rows and features.

    Attributes
    ----------
    links : ndarray or CSR array of shape (n, p)
        B = D_r^-1/2 X D_f^-1/2.
    roots : ndarray of shape (p,)
        D_f^-1/2.
    leading : ndarray of shape (n,)
        Unit vector with B B' leading = leading: roots of the rows' degrees.
    signed : bool
        Whether the columns are the two parts of signed ones.
    """

    links: object
    roots: np.ndarray
    leading: np.ndarray
    signed: bool

    def scores(self, F):
        """What the features say, B'(I - vv')F for the leading v: (p, n_columns)."""
        return self.links.T @ (F - np.outer(self.leading, self.leading @ F))


def feature_links(X) -> FeatureLinks:
    """Link each row to its columns by the entries' sizes; a signed column is two, of its high and of its low rows."""
    signed = bool(X.min() < 0) if min(X.shape) else False
    parts = half_columns(X, signed)
    roots = inverse_roots(np.asarray(parts.sum(axis=0), dtype=np.float64).ravel())
    leading = np.sqrt(np.asarray(parts.sum(axis=1), dtype=np.float64).ravel())
    length = np.linalg.norm(leading)
    return FeatureLinks(_scaled(parts, roots), roots, leading / length if length > 0 else leading, signed)


def new_feature_links(X, known: FeatureLinks):
    """The rows of B that new rows would have, with the features' degrees as they are."""
    return _scaled(half_columns(X, known.signed), known.roots)


def _scaled(parts, roots):
    """D_r^-1/2 X D_f^-1/2 for given D_f."""
    rows = inverse_roots(np.asarray(parts.sum(axis=1), dtype=np.float64).ravel())
    if sparse.issparse(parts):
        return sparse.csr_array(sparse.diags_array(rows) @ parts @ sparse.diags_array(roots))
    return rows[:, None] * parts * roots


def row_links(graph):
    """S = D^-1/2 W D^-1/2 of a symmetric graph without loops, and D^-1/2."""
    roots = inverse_roots(np.asarray(graph.sum(axis=1), dtype=np.float64).ravel())
    half = sparse.diags_array(roots)
    return sparse.csr_array(half @ graph @ half), roots


def mixed(links, features, share: float) -> Callable:
    """The operator (1 - share) S + share B B' on columns of n numbers; a part that is None is left out."""

    def apply(F):
        out = np.zeros_like(F)
        if links is not None and share < 1:
            out += (1 - share) * (links @ F)
        if features is not None and share > 0:
            out += share * (features.links @ features.scores(F))
        return out

    return apply


def conjugate_gradients(apply: Callable, right: np.ndarray, tol: float, max_iter: int):
    """Solve A Z = R for each column of R with a positive definite A: the solution, iterations, whether all are solved.

    The columns share the products with A and have steps of their own; a column ends when its residual is below ``tol``
    times its right side.
    """
    solution, residual = np.zeros_like(right), right.copy()
    direction, energy = residual.copy(), np.einsum("ij,ij->j", residual, residual)
    goal = tol**2 * energy
    for iteration in range(max_iter):
        open_ = energy > goal
        if not open_.any():
            return solution, iteration, True
        image = apply(direction)
        curvature = np.einsum("ij,ij->j", direction, image)
        # a solved column stands still: its direction may have length 0
        step = np.divide(energy, curvature, out=np.zeros_like(energy), where=open_ & (curvature > 0))
        solution += step * direction
        residual -= step * image
        before, energy = energy, np.einsum("ij,ij->j", residual, residual)
        direction = residual + np.divide(energy, before, out=np.zeros_like(energy), where=open_) * direction
    return solution, max_iter, bool((energy <= goal).all())


def spread_labels(apply: Callable, labels: np.ndarray, alpha: float, tol: float, max_iter: int):
    """F of F = alpha A F + (1 - alpha) Y, with the iterations used and whether the tolerance was met.

    Its minimum eigenvalue is at least 1 - alpha, so that some log(1 / tol) / sqrt(1 - alpha) products do.
    """
    return conjugate_gradients(lambda F: F - alpha * apply(F), (1 - alpha) * labels, tol, max_iter)
