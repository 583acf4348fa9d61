"""Labels that spread from source rows to target rows, over neighbours and over shared features."""

from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from sktl._checks import Interval, check_parameters
from sktl._core.graphs import cosine_links, neighbor_graph, two_sided_graph
from sktl._core.propagation import feature_links, inverse_roots, mixed, new_feature_links, row_links, spread_labels
from sktl._threads import threads_by_size
from sktl.base import validate_rows
from sktl.domains import warn_unconverged
from sktl.relation._nodes import NodeClassifier

DTYPES = [np.float64, np.float32]


class GraphTransferClassifier(NodeClassifier):
    r"""Spread labels from source rows to target rows, over links of rows and over the features they share.

    Graph-based transfer learning (TRITER), for counts, tf-idf or rows of one scale: links are cosines and sizes of
    entries, so that the units and the origin of columns matter. With the graph W of rows, its degrees D, and the matrix
    B of rows and features scaled by the roots of both its sides' sums (its leading pair, which says the same of all
    rows, taken out), the scores F of rows and classes solve

    .. math::

        F = \alpha \left[ (1 - s)\, D^{-1/2} W D^{-1/2} + s\, B B^\top \right] F + (1 - \alpha)\, Y,

    where :math:`Y_{ic} = 1` for the labelled rows of class c, :math:`\alpha` is ``alpha`` and s is ``feature_share``.
    A row belongs to the class with the largest score. A row takes part of its scores from its neighbours, and part from
    what its features say, which is what the rows that have them say. With s = 0 it is scikit-learn's
    ``LabelSpreading`` on the graph of all rows.

    *When it helps*: rows of one class share words, parts or neighbours across the domains, and there are many rows
    without a label. On three tasks of newsgroups (sub-groups as domains) it has 85.0, 73.4 and 79.0 %,
    ``LabelSpreading`` on the same neighbours 84.0, 71.3 and 78.6, and is level or above for every ``alpha`` from .2 to
    .95. *When it hurts*: links that join different classes, and classes of uneven size with an ``alpha`` near 1, where
    the larger ones spread over all. It is no first choice for text: logistic regression on the source's tf-idf has
    83.7, 70.7 and 76.7, behind :class:`~sktl.feature.MSDA` 92.4, 85.3 and 80.2 (``benchmarks/relation.py``;
    ``feature_share`` and ``alpha`` were chosen on these tasks).

    Parameters
    ----------
    neighbors : {"pooled", "by_domain", None}, default="pooled"
        The graph W: each row's nearest rows by cosine, of all rows or as many of each domain (all sources count as
        one); None: no such graph. Not used with ``adjacency``.
    n_neighbors : int >= 1, default=10
        Number of neighbours.
    adjacency : sparse matrix or ndarray of shape (n_nodes, n_nodes), default=None
        W given: weights >= 0 of the links between all nodes, those of later rows too; a link in one direction counts in
        both. ``sample_index`` says which node a row is.
    feature_share : float in [0, 1], default=0.05
        Share s of the features.
    alpha : float in (0, 1), default=0.9
        Share of a row's scores that comes from its links (the name that ``LabelSpreading`` has for it). The larger, the
        further labels spread.
    tol : float > 0, default=1e-6
        Residual of the linear system, as a share of its right side.
    max_iter : int >= 1, default=1000
        Largest number of conjugate gradient steps.

    Attributes
    ----------
    label_distributions_ : ndarray of shape (n_samples, n_classes)
        Scores F of the rows of ``fit``; relative to what all rows have in common, so that some may be below 0.
    feature_scores_ : ndarray of shape (n_features, n_classes) or None
        What each feature says of a row that has it; None where ``feature_share`` is 0. Where columns have negative
        entries, twice as many rows: of the positive parts, then of the negative ones.
    n_iter_ : int
        Conjugate gradient steps.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    sklearn.semi_supervised.LabelSpreading : Neighbours alone; dense kernels.
    sktl.relation.ClassRelationTransfer : For links that join *different* classes.
    sktl.feature.MEDAClassifier : A graph beside moments of the domains; the better choice for objects and pixels.

    Notes
    -----
    *Cost.* A step costs the entries of W and of X, for each class; some log(1/tol) / sqrt(1 - alpha) steps. No matrix
    of rows and rows. The neighbours of sparse rows cost most: a product of X with itself, in blocks.

    A search's own ``predict`` passes no ``sample_index`` on: ask its ``best_estimator_``.

    *New rows* take one step: scores from their neighbours, or linked nodes, among the rows of ``fit``, and from their
    features. With ``adjacency``, rows of ``fit`` keep their own scores.

    *Departures.* The paper's features have an equation of their own; here their scores are the mean of their rows'.
    Signed columns are two features, one of their high and one of their low rows. The paper joins labelled target rows
    to the others to give them more weight: here all labels weigh the same.

    References
    ----------
    .. [1] J. He, Y. Liu, R. Lawrence, "Graph-based transfer learning", CIKM 2009.
    .. [2] D. Zhou, O. Bousquet, T. N. Lal, J. Weston, B. Schoelkopf, "Learning with local and global consistency",
       NIPS 2003.

    Examples
    --------
    Rows of the target share words with each other that the source lacks:

    >>> import numpy as np
    >>> from sktl.relation import GraphTransferClassifier
    >>> X = np.array([[2, 0, 0, 0], [0, 2, 0, 0], [1, 0, 1, 0], [0, 0, 2, 0], [0, 1, 0, 1], [0, 0, 0, 2]])
    >>> y = np.array([0, 1, np.nan, np.nan, np.nan, np.nan])
    >>> GraphTransferClassifier(n_neighbors=1).fit(X, y).predict(X)
    array([0, 1, 0, 0, 1, 1])
    """

    _constraints = {
        "neighbors": ("pooled", "by_domain", None),
        "n_neighbors": (Interval(Integral, 1),),
        "feature_share": (Interval(low=0, high=1),),
        "alpha": (Interval(low=0, high=1, closed="neither"),),
        "tol": (Interval(low=0, closed="neither"),),
        "max_iter": (Interval(Integral, 1),),
    }

    def __init__(
        self,
        neighbors="pooled",
        *,
        n_neighbors=10,
        adjacency=None,
        feature_share=0.05,
        alpha=0.9,
        tol=1e-6,
        max_iter=1000,
    ):
        self.neighbors = neighbors
        self.n_neighbors = n_neighbors
        self.adjacency = adjacency
        self.feature_share = feature_share
        self.alpha = alpha
        self.tol = tol
        self.max_iter = max_iter

    @threads_by_size
    def fit(self, X, y, sample_domain=None, sample_index=None):
        """Build the graph and spread the labels.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing on target rows. Known target labels are used too.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target").
        sample_index : array-like of int of shape (n_samples,), default=None
            With ``adjacency``: node of each row; 0 to n_samples - 1 by default.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter, a label, a domain or a node is not as described.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain.
        """
        check_parameters(self)
        X, domains = self._check_rows(X, y, sample_domain, dtype=DTYPES)
        codes = np.full(X.shape[0], -1)
        codes[domains.labeled] = self._encode(y, domains.labeled)[1]
        graph = self._graph(X, domains.target, sample_index)
        links, self._roots = (None, None) if graph is None else row_links(graph)
        self._features = feature_links(X) if self.feature_share > 0 else None
        labels = np.zeros((X.shape[0], len(self.classes_)))
        labels[domains.labeled, codes[domains.labeled]] = 1
        operator = mixed(links, self._features, self.feature_share)
        F, self.n_iter_, converged = spread_labels(operator, labels, self.alpha, self.tol, self.max_iter)
        if not converged:
            warn_unconverged(
                f"Labels did not spread to tol={self.tol} in {self.max_iter} steps. Raise max_iter or tol."
            )
        self.label_distributions_ = np.ascontiguousarray(F)  # as a pickle holds it: sums keep their last digit
        self.feature_scores_ = None if self._features is None else np.ascontiguousarray(self._features.scores(F))
        # a copy: the caller's rows may change, and distances of the same object to itself are rounded otherwise
        self._kept = X.copy() if graph is not None and self.adjacency is None else None
        self._target = domains.target
        return self

    def _graph(self, X, target, sample_index):
        """Symmetric links of the rows, or None."""
        given = self._fit_nodes(X.shape[0], sample_index)
        if given is not None:
            return given.maximum(given.T).tocsr()
        if self.neighbors is None or self.feature_share == 1:
            return None
        if self.neighbors == "pooled" or not target.any():
            return neighbor_graph(X, self.n_neighbors)
        return two_sided_graph(X, target, self.n_neighbors)

    def _new_links(self, X, nodes):
        """Links of new rows to those of ``fit``, (m, n), or None."""
        if nodes is not None:
            both = self._links.maximum(self._links.T).tocsr()
            return both[nodes][:, self._nodes]
        if self._kept is None:
            return None
        if self.neighbors == "pooled" or not self._target.any():
            return cosine_links(X, self._kept, self.n_neighbors)

        sides = [np.flatnonzero(~self._target), np.flatnonzero(self._target)]
        parts = sparse.hstack([cosine_links(X, self._kept[rows], self.n_neighbors) for rows in sides])
        return sparse.csr_array(parts)[:, np.argsort(np.concatenate(sides))]

    def decision_function(self, X, sample_index=None):
        """Scores of the classes; of two classes the second's less the first's.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.
        sample_index : array-like of int of shape (n_samples,), default=None
            Node of each row, with ``adjacency``; needed unless the rows are those of ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            0 for a row that no link joins to a labelled one.
        """
        scores = self._class_scores(X, sample_index)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def _class_scores(self, X, sample_index):
        """Scores of rows of ``fit``, where nodes say so, and of new ones, (m, n_classes)."""
        check_is_fitted(self)
        X = validate_rows(self, X, accept_sparse="csr", dtype=DTYPES, reset=False)
        found = self._new_nodes(X.shape[0], sample_index)
        scores = self._one_step(X, None if found is None else found[0])
        if found is not None:
            seen = found[1] >= 0
            scores[seen] = self.label_distributions_[found[1][seen]]
        return scores

    def _one_step(self, X, nodes):
        """Scores of new rows from those of the rows of ``fit`` and of the features, (m, n_classes)."""
        scores = np.zeros((X.shape[0], len(self.classes_)))
        links = self._new_links(X, nodes)
        if links is not None:
            roots = inverse_roots(np.asarray(links.sum(axis=1)).ravel())
            scores += (
                (1 - self.feature_share) * roots[:, None] * (links @ (self._roots[:, None] * self.label_distributions_))
            )
        if self._features is not None:
            scores += self.feature_share * (new_feature_links(X, self._features) @ self.feature_scores_)
        return self.alpha * scores
