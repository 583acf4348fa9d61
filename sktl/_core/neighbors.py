"""The nearest of many rows: all pairs compared where rows are few, cells of rows near each other where they are many.

Pairs of 100,000 rows take minutes. Cells are those of k-means with the root of n centres: each row is sought among the
rows of the few cells whose centres are nearest to it, some thousand instead of all. A row that is missed lies in a cell
farther off, so that what stands in for it is near as well.
"""

import numpy as np
from scipy import sparse

from sktl._core.clusters import lloyd
from sktl._core.distances import middle, squared_distances
from sktl._core.kernels import blocks, subsample

MAX_EXACT = 5000  # rows up to which all pairs are compared: 0.2 s for as many queries
PROBES = 8  # cells that a row is sought in: of digits' 20 components 96 to 99 % of the nearest are found, of noise 70 %
SAMPLE = 32  # rows per cell that centres are found from
LLOYD_STEPS = 5  # what later ones gain is not worth their time
ENTRIES = 2**22  # distances held at once: 16 MB


def nearest_rows(X, queries=None, k: int = 1) -> np.ndarray:
    """Numbers (n_queries, k) of the rows of ``X`` nearest to each query, nearest first.

    ``queries=None`` asks for the other rows nearest to each row of ``X``. Exact for CSR rows and for no more than
    ``MAX_EXACT`` rows.
    """
    if X.shape[0] <= max(MAX_EXACT, 2 * k) or sparse.issparse(X):
        from sklearn.neighbors import NearestNeighbors  # here, to keep `import sktl` quick

        return NearestNeighbors(n_neighbors=k).fit(X).kneighbors(queries, return_distance=False)
    return _in_cells(X, X if queries is None else queries, k, alone=queries is None)


def _in_cells(X, queries, k, alone):
    """Nearest rows of ``X`` among those of the cells nearest to each query; not the query itself, where ``alone``."""
    centers = _centers(X)
    members = _by_cell(_nearest_cells(X, centers, 1), len(centers))
    asking = _by_cell(_nearest_cells(queries, centers, PROBES), len(centers))
    centre = middle(X)
    X, queries = ((Z - centre).astype(np.float32) for Z in (X, queries))  # half the memory traffic of a distance
    # |x|^2 by the same product: a pass over all distances costs as much as the product of few columns itself
    X = np.column_stack([-2 * X, np.einsum("ij,ij->i", X, X)])
    queries = np.column_stack([queries, np.ones(len(queries), dtype=np.float32)])
    values = np.full((len(queries), k), np.inf, dtype=np.float32)
    found = np.zeros((len(queries), k), dtype=np.intp)
    for rows, asked in zip(members, asking, strict=True):
        left = X[rows].T
        for part in blocks(len(asked) if len(rows) else 0, max(1, ENTRIES // max(len(rows), 1))):
            own = asked[part]
            distances = queries[own] @ left  # less |query|^2, which is the same for all rows
            if alone:
                distances[own[:, None] == rows] = np.inf
            _improve(values, found, own, distances, rows)
    short = np.flatnonzero(np.isinf(values[:, -1]))  # cells of fewer than k rows
    found[short] = _among_all(X[:, :-1] / -2, queries[short, :-1], k, short if alone else None)
    return found


def _among_all(X, queries, k, own=None):
    """Nearest rows of ``X`` by a comparison with all of them; not the rows ``own`` themselves."""
    distances = squared_distances(queries, X)
    if own is not None:
        distances[np.arange(len(own)), own] = np.inf
    return distances.argsort(axis=1, kind="stable")[:, :k]


def _improve(values, found, own, distances, rows):
    """Put what is nearer than the k nearest so far of the queries ``own`` in their place."""
    k = values.shape[1]
    if k == 1:
        nearest = distances.argmin(axis=1)
        least = distances[np.arange(len(own)), nearest]
        better = least < values[own, 0]
        values[own[better], 0], found[own[better], 0] = least[better], rows[nearest[better]]
        return
    better = distances.min(axis=1) < values[own, -1]  # a tenth of the time of a partition, and many rows gain nothing
    own, distances = own[better], distances[better]
    if distances.shape[1] > k:
        nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
        distances, rows = np.take_along_axis(distances, nearest, axis=1), rows[nearest]
    else:
        rows = np.broadcast_to(rows, distances.shape)
    distances, rows = np.hstack([values[own], distances]), np.hstack([found[own], rows])
    order = distances.argsort(axis=1, kind="stable")[:, :k]
    values[own], found[own] = np.take_along_axis(distances, order, axis=1), np.take_along_axis(rows, order, axis=1)


def _centers(X):
    """Centres of cells, found from a sample that does not depend on the order of the rows."""
    n_cells = int(np.sqrt(X.shape[0]))
    sample = np.asarray(X[subsample(X, SAMPLE * n_cells, np.random.default_rng(0))], dtype=np.float64)
    return lloyd(sample, sample[:n_cells], max_iter=LLOYD_STEPS)


def _nearest_cells(X, centers, n_cells):
    """Numbers (n, n_cells) of the cells whose centres are nearest to each row."""
    nearest = np.empty((X.shape[0], min(n_cells, len(centers))), dtype=np.intp)
    for rows in blocks(X.shape[0], 4096):
        distances = squared_distances(X[rows], centers)
        if nearest.shape[1] == 1:
            nearest[rows, 0] = distances.argmin(axis=1)
        else:
            nearest[rows] = np.argpartition(distances, nearest.shape[1] - 1, axis=1)[:, : nearest.shape[1]]
    return nearest


def _by_cell(cells, n_cells):
    """Numbers of the rows that name each cell."""
    order = np.argsort(cells.ravel(), kind="stable")
    ends = np.searchsorted(cells.ravel()[order], np.arange(1, n_cells))
    return np.split(order // cells.shape[1], ends)
