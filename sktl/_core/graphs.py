"""Neighbour graphs of the rows and their Laplacians, sparse throughout."""

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize

from sktl._core.neighbors import MAX_EXACT, nearest_rows


def neighbor_graph(X, n_neighbors, metric="cosine", weights="similarity"):
    """Symmetric graph that joins each row to its nearest ones: w_ij = max(a_ij, a_ji), no loops.

    Of more than ``neighbors.MAX_EXACT`` dense rows nearly all neighbours are the nearest: they are sought in cells.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, d)
        Rows.
    n_neighbors : int
        Neighbours of a row, itself not counted; at most n - 1 are taken.
    metric : {"cosine", "euclidean"}
        By which neighbours are found.
    weights : {"similarity", "connectivity"}
        a_ij of a neighbour j of i: its cosine, where that is positive, or 1.

    Returns
    -------
    CSR array of shape (n, n)
        At most 2 n n_neighbors entries.
    """
    n, k = X.shape[0], min(n_neighbors, X.shape[0] - 1)
    if n > MAX_EXACT and not sparse.issparse(X):
        nearest = nearest_rows(normalize(X) if metric == "cosine" else X, k=k)
        graph = sparse.csr_array((np.ones(n * k), nearest.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    else:
        from sklearn.neighbors import kneighbors_graph  # here, to keep `import sktl` quick

        graph = sparse.csr_array(kneighbors_graph(X, k, metric=metric, include_self=False))
    if weights == "similarity":
        rows, columns = graph.nonzero()
        graph = sparse.csr_array((np.maximum(_cosines(X, rows, columns), 0), (rows, columns)), shape=(n, n))
    return sparse.csr_array(graph.maximum(graph.T))


def cosine_links(X_new, X, n_neighbors):
    """Cosines of new rows with their nearest rows of ``X``, negative ones as 0: CSR array of shape (m, n)."""
    from sklearn.neighbors import NearestNeighbors  # here, to keep `import sktl` quick

    n, k = X.shape[0], min(n_neighbors, X.shape[0])
    distances, nearest = NearestNeighbors(n_neighbors=k, metric="cosine").fit(X).kneighbors(X_new)
    values = np.maximum(1 - distances.ravel(), 0)
    m = X_new.shape[0]
    return sparse.csr_array((values, nearest.ravel(), np.arange(0, m * k + 1, k)), shape=(m, n))


def two_sided_graph(X, target, n_neighbors):
    """Symmetric graph of cosines that joins each row to its nearest ones of either domain, no loops."""
    sides = [np.flatnonzero(~target), np.flatnonzero(target)]
    rows, columns, values = [], [], []
    for own in sides:
        for other in sides:
            links = cosine_links(X[own], X[other], n_neighbors + (own is other)).tocoo()  # itself is not counted
            rows.append(own[links.row])
            columns.append(other[links.col])
            values.append(links.data)
    rows, columns, values = (np.concatenate(parts) for parts in (rows, columns, values))
    kept = rows != columns
    graph = sparse.csr_array((values[kept], (rows[kept], columns[kept])), shape=(len(target), len(target)))
    return sparse.csr_array(graph.maximum(graph.T))


def _cosines(X, rows, columns, block=65536):
    """Cosines of pairs of rows, block by block; 0 where a row is zero."""
    if sparse.issparse(X):
        norms = np.sqrt(np.asarray(X.multiply(X).sum(axis=1), dtype=np.float64).ravel())
    else:
        norms = np.linalg.norm(X, axis=1)
    values = np.empty(len(rows))
    for start in range(0, len(rows), block):  # blocks of pairs: both rows of each pair are copied
        i, j = rows[start : start + block], columns[start : start + block]
        if sparse.issparse(X):
            products = np.asarray(X[i].multiply(X[j]).sum(axis=1)).ravel()
        else:
            products = np.einsum("ij,ij->i", X[i], X[j])
        scale = norms[i] * norms[j]
        values[start : start + block] = np.divide(products, scale, out=np.zeros(len(i)), where=scale > 0)
    return values


def normalized_laplacian(graph):
    """I - D^-1/2 W D^-1/2 of a symmetric graph W with degrees D; a row without neighbours keeps its 1 of I."""
    degrees = np.asarray(graph.sum(axis=0)).ravel()
    scale = np.divide(1, np.sqrt(degrees), out=np.zeros(len(degrees)), where=degrees > 0)
    half = sparse.diags_array(scale)
    return sparse.csr_array(sparse.eye_array(len(degrees)) - half @ graph @ half)
