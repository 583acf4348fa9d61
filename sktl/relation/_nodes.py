"""Rows as nodes of a graph: links given for all nodes at once, and which node each row is."""

import numpy as np
from scipy import sparse
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from sktl._checks import HasMethods, InstanceOf
from sktl.base import BaseTransferClassifier
from sktl.domains import as_column, known_labels, labeled_rows, n_rows, plain_rows, take_rows

ADJACENCY = (
    None,
    HasMethods("tocsr", "nnz", noun="a sparse matrix", test=sparse.issparse),
    InstanceOf(np.ndarray, noun="a square array"),
)


def read_adjacency(adjacency):
    """Links as CSR without loops, or an error."""
    shape = adjacency.shape
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ValueError(f"adjacency must be square, a row and a column for each node; got shape {shape}.")
    links = sparse.csr_array(adjacency, dtype=np.float64)
    if not np.isfinite(links.data).all() or (links.data < 0).any():
        bad = links.data[~(np.isfinite(links.data) & (links.data >= 0))][0]
        raise ValueError(f"adjacency must hold finite weights >= 0; got {bad}. A link that repels is not known here.")
    links = links - sparse.diags_array(links.diagonal())
    links.eliminate_zeros()
    return sparse.csr_array(links)


def read_nodes(sample_index, n, n_nodes, distinct):
    """Node of each of n rows; an error for what is no node, or, with ``distinct``, for a node that comes twice."""
    if sample_index is None:
        if n > n_nodes:
            raise ValueError(f"adjacency has {n_nodes} nodes, X has {n} rows. Pass links for every row.")
        return np.arange(n)
    nodes = np.asarray(as_column(sample_index))
    if nodes.shape != (n,):
        raise ValueError(f"sample_index must have one value per row, shape ({n},); got shape {nodes.shape}.")
    if nodes.dtype.kind not in "iu":
        whole = nodes.dtype.kind == "f" and np.isfinite(nodes).all() and (nodes == np.floor(nodes)).all()
        if not whole:
            raise TypeError(f"sample_index must hold integers, the row's place in adjacency; got dtype {nodes.dtype}.")
        nodes = nodes.astype(np.int64)
    outside = nodes[(nodes < 0) | (nodes >= n_nodes)]
    if len(outside):
        raise ValueError(f"sample_index must name nodes 0 to {n_nodes - 1} of adjacency; got {outside[0]}.")
    if distinct and len(np.unique(nodes)) < n:
        values, counts = np.unique(nodes, return_counts=True)
        raise ValueError(
            f"sample_index names node {values[counts > 1][0]} for {counts.max()} rows: each row of fit is a node of "
            "its own. Drop rows that were drawn twice."
        )
    return nodes


class NodeClassifier(BaseTransferClassifier):
    """A classifier of rows that are nodes: it reads ``adjacency`` and ``sample_index`` and scores with them.

    A child implements ``fit`` and ``_class_scores``; ``_fit_nodes`` gives the links among the rows of ``fit``, and
    ``_new_nodes`` which nodes new rows are, both None where no ``adjacency`` was given.
    """

    _constraints = {"adjacency": ADJACENCY}
    __metadata_request__fit = {"sample_domain": True, "sample_index": True}  # no set_fit_request needed
    __metadata_request__predict = {"sample_index": True}
    __metadata_request__predict_proba = {"sample_index": True}
    __metadata_request__decision_function = {"sample_index": True}
    __metadata_request__score = {"sample_index": True}

    def _fit_nodes(self, n, sample_index):
        """Links among the n rows, (n, n), and keep which nodes they are."""
        if self.adjacency is None:
            self._nodes = None
            return None
        links = read_adjacency(self.adjacency)
        self._links, self._told = links, sample_index is not None
        self._nodes = read_nodes(sample_index, n, links.shape[0], distinct=True)
        return links[self._nodes][:, self._nodes]

    def _new_nodes(self, n, sample_index):
        """Node of each new row, and its place among the rows of ``fit`` or -1; None without ``adjacency``."""
        if self._nodes is None:
            return None
        if sample_index is None and (self._told or n != len(self._nodes)):
            raise ValueError(
                f"With adjacency, predict needs sample_index, the node of each of the {n} rows: pass it, and in a "
                "search turn metadata routing on (sklearn.set_config(enable_metadata_routing=True)), so that scores "
                "receive it too."
            )
        nodes = read_nodes(sample_index, n, self._links.shape[0], distinct=False)
        places = np.full(self._links.shape[0], -1)
        places[self._nodes] = np.arange(len(self._nodes))
        return nodes, places[nodes]

    def predict(self, X, sample_index=None):
        """Class with the largest share.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.
        sample_index : array-like of int of shape (n_samples,), default=None
            Node of each row, with ``adjacency``; needed unless the rows are those of ``fit``.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return self.classes_[self._class_scores(X, sample_index).argmax(axis=1)]

    def score(self, X, y, sample_weight=None, sample_index=None):
        """Mean accuracy on the rows of ``X`` whose label is known.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.
        y : array-like of shape (n_samples,)
            Labels; rows where they are missing are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        sample_index : array-like of int of shape (n_samples,), default=None
            Node of each row, with ``adjacency``.

        Returns
        -------
        float
        """
        if sample_index is None:
            return super().score(X, y, sample_weight)
        labeled = labeled_rows(plain_rows(X), y)
        if n_rows(y) and not labeled.any():
            raise ValueError(
                f"The labels of all {n_rows(y)} rows are missing: a score needs at least one labelled row."
            )
        weights = None if sample_weight is None else take_rows(sample_weight, labeled)
        found = self.predict(X, sample_index)[labeled]
        return float(accuracy_score(known_labels(y, labeled), found, sample_weight=weights))
