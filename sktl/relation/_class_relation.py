"""Which class links to which, learned in the source and carried over to the target's links."""

from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import check_is_fitted

from sktl._checks import CLASSIFIER, RANDOM_STATE, Interval, check_parameters
from sktl._core.graphs import cosine_links, neighbor_graph
from sktl._core.relations import (
    carried_relation,
    gate_pvalue,
    link_counts,
    log_relation,
    mean_field,
    relation_strength,
)
from sktl.base import default_classifier, fit_on_domains, on_missing_labels, source_log_proba, validate_rows
from sktl.domains import warn_unconverged
from sktl.relation._nodes import NodeClassifier


class ClassRelationTransfer(NodeClassifier):
    r"""Carry over which class links to which: predict linked target rows together, by a relation the source taught.

    Rows are nodes: papers that cite, pages that link, people who call, moments that follow each other. From the links
    of the source's labelled rows the relation is counted,

    .. math::

        R_{cc'} = \log \frac{\text{links from class } c \text{ to class } c'}{\text{links expected by chance}},

    and joins, as a prior worth ``prior_links`` links, the counts among the target's labelled rows. With the log
    probabilities :math:`\theta_i` of a model of the rows themselves, the shares of the classes of the target's rows
    without a label are a mean field,

    .. math:: q_i \propto \exp\left(\theta_i + \lambda \sum_j A_{ij} \, R\, q_j\right),

    with :math:`\lambda` chosen by pseudo-likelihood in the source. The relation is used only if it passes a permutation
    test on the target's links (``pvalue_``, ``carried_over_``).

    *When it helps*: links are given and say more than the rows do, and the target has few labels. On made networks of
    four classes whose features do not carry over (5 draws each; ``benchmarks/relation.py links``) accuracy with 20, 40
    and 100 target labels is 66.2, 82.2 and 83.0 %; by the target's rows alone 51.3, 57.5 and 58.8, with the relation of
    the target's own links 50.1, 67.4 and 79.8, and by the source's rows 21. On chains 60.4, 65.0 and 72.0 against 51.0,
    53.6, 57.6 and 56.2, 59.7, 63.1. Where two classes are rare (4 % each) the mean share found of a class rises from
    42.5 to 59.6 with 40 labels. *When it hurts*: with 20 labels the test lacks power and refused two of five true
    relations (without it 76.0); links that repeat what the features say are counted twice.

    Parameters
    ----------
    estimator : classifier, default=None
        The model of the rows themselves, or a pipeline; it is cloned. One that takes ``sample_domain`` adapts. None:
        logistic regression on standardised columns.
    relation : {"affinity", "confusion"}, default="affinity"
        "affinity": how much more often than by chance two classes are linked, the direction ignored. "confusion": which
        class a link leads to from each class, for links with a direction, as along a chain.
    adjacency : sparse matrix or ndarray of shape (n_nodes, n_nodes), default=None
        Weights >= 0 of the links between all nodes, those of later rows too; ``sample_index`` says which node a row is.
        None: each row's nearest rows, by cosine; of little use, since neighbours share a class as a rule.
    n_neighbors : int >= 1, default=10
        Number of neighbours where there is no ``adjacency``.
    local : {"all", "target"}, default="all"
        Which labelled rows the estimator learns from: of all domains, or those of the target, where features do not
        carry over. Without labelled rows of two classes in the target it is all.
    prior_links : float >= 0, default=200
        Links among the target's labelled rows that the source's relation counts for. The relation of the target alone
        is 0; the larger, the less the target's own links change.
    alpha : float in (0, 1), default=0.05
        Level of the permutation test: of relations that do not carry over at most this share is used. 1 is not
        possible; a relation that is sure to carry over needs no labels in the target, but passes more surely with some.
    n_permutations : int >= 1, default=199
        Number of permutations.
    tol : float > 0, default=1e-3
        Largest change of a share at which the mean field ends.
    max_iter : int >= 1, default=1000
        Largest number of rounds.
    random_state : int, RandomState instance or None, default=0
        Seed of the permutations.

    Attributes
    ----------
    carried_over_ : bool
        Whether the source's relation was used.
    pvalue_ : float
        The largest p-value of three tests (Notes); 1 where the target has no links that could tell.
    relation_ : ndarray of shape (n_classes, n_classes)
        R as it was used in the target.
    source_relation_ : ndarray of shape (n_classes, n_classes)
        R of the source alone.
    strength_ : float
        Factor :math:`\lambda` of the links; 1 where they are independent, less where they repeat each other.
    estimator_ : classifier
        The fitted model of the rows.
    label_distributions_ : ndarray of shape (n_samples, n_classes)
        Shares q of the target's rows; on source rows those of ``estimator_``.
    n_iter_ : int
        Rounds of the mean field.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    sktl.relation.GraphTransferClassifier : For links that join rows of one class.
    sktl.datasets.make_block_links, sktl.datasets.make_chain_links : Data in which relations carry over.

    Notes
    -----
    *The test.* Target links with a labelled end (of all rows, by their probabilities, where no row has a label) are
    compared with the relation: the sum of (links beyond chance) R. Its p-value is the largest of three: against labels
    shuffled over the target's rows, against relations learned from shuffled labels of the source, and, for three or
    more classes, against the relation with its entries in other places. With two classes a relation has one free
    number, so that a foreign one passes the third half of the time: it is left out, and the labels decide alone. Where
    the relation is refused, the target's own links are all that count.

    With 40 labels, 600 source and 300 target rows (200 draws; ``benchmarks/relation.py gate``) relations learned from
    shuffled labels are refused in 96 to 97 % of draws for 2 to 6 classes, and relations on a target whose links mean
    nothing in 95 to 98 %. A foreign relation, the true one with its entries rearranged, is refused in 61, 90, 88 and 98
    % for 2, 3, 4 and 6 classes: **less than 95 % for few classes**, part of which are draws that leave the largest
    entries where they were. True relations are used in 72, 71, 88 and 96 %.

    *Links with a direction* are taken as undirected by "affinity". Links between domains, and loops, are left out.
    Weights matter only relative to their mean. In a single domain nothing is carried over: the estimator decides alone.

    *New rows* take one update from linked (or nearest) target rows; with ``adjacency``, target rows of ``fit`` keep
    their shares.

    *Cost.* The estimator's, and O(links n_classes) for each permutation and each round. No matrix of rows and rows.

    References
    ----------
    .. [1] S. A. Macskassy, F. Provost, "Classification in networked data: a toolkit and a univariate case study", JMLR
       8, 2007 (relational classifiers and collective inference).
    .. [2] L. Mihalkova, T. Huynh, R. J. Mooney, "Mapping and revising Markov logic networks for transfer learning",
       AAAI 2007 (the idea of a relation that is carried over and revised).

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.datasets import make_block_links
    >>> from sktl.relation import ClassRelationTransfer
    >>> data = make_block_links(n_labeled=40, random_state=0)
    >>> model = ClassRelationTransfer(LogisticRegression(), adjacency=data.adjacency, local="target")
    >>> shares = model.fit(data.X, data.y, sample_domain=data.sample_domain).label_distributions_
    >>> target = data.sample_domain == "target"
    >>> local = model.estimator_.score(data.X[target], data.y_true[target])
    >>> linked = (shares.argmax(axis=1) == data.y_true)[target].mean()
    >>> print(model.carried_over_, f"{local:.2f} {linked:.2f}")
    True 0.52 0.80
    """

    _constraints = {
        "estimator": (None, *CLASSIFIER),
        "relation": ("affinity", "confusion"),
        "n_neighbors": (Interval(Integral, 1),),
        "local": ("all", "target"),
        "prior_links": (Interval(low=0),),
        "alpha": (Interval(low=0, high=1, closed="neither"),),
        "n_permutations": (Interval(Integral, 1),),
        "tol": (Interval(low=0, closed="neither"),),
        "max_iter": (Interval(Integral, 1),),
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        estimator=None,
        relation="affinity",
        *,
        adjacency=None,
        n_neighbors=10,
        local="all",
        prior_links=200.0,
        alpha=0.05,
        n_permutations=199,
        tol=1e-3,
        max_iter=1000,
        random_state=0,
    ):
        self.estimator = estimator
        self.relation = relation
        self.adjacency = adjacency
        self.n_neighbors = n_neighbors
        self.local = local
        self.prior_links = prior_links
        self.alpha = alpha
        self.n_permutations = n_permutations
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X, y, sample_domain=None, sample_index=None):
        """Fit the model of the rows, learn and test the relation, and predict the target's rows together.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing where unknown.
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
        X, domains = self._check_rows(X, y, sample_domain)
        codes = np.full(X.shape[0], -1)
        codes[domains.labeled] = self._encode(y, domains.labeled)[1]
        self.estimator_ = self._fit_local(X, y, codes, domains)
        local = source_log_proba(self.estimator_, X, self.classes_)
        links = self._unit_links(X, sample_index)
        self._learn(links, codes, np.exp(local), domains)
        known = np.where(domains.target, codes, -1)
        shares, self.n_iter_, converged = mean_field(
            self._of(links, domains.target), local, known, self._message, self._directed, self.tol, self.max_iter
        )
        if not converged:
            warn_unconverged(f"The mean field did not settle in {self.max_iter} rounds. Raise max_iter or tol.")
        self.label_distributions_, self._target = shares, domains.target
        self._kept = X[domains.target] if self.adjacency is None and domains.target.any() else None
        return self

    @property
    def _directed(self):
        return self.relation == "confusion"

    def _fit_local(self, X, y, codes, domains):
        """The model of the rows, fitted on those asked for."""
        own = domains.target & domains.labeled
        # so tight that CSR and arrays give the same
        estimator = default_classifier(X, tol=1e-8) if self.estimator is None else self.estimator
        if self.local == "target" and len(np.unique(codes[own])) > 1:
            return clone(estimator).fit(X[own], self.classes_[codes[own]])
        return fit_on_domains(on_missing_labels(estimator), X, y, None if domains.single else domains.names)

    def _unit_links(self, X, sample_index):
        """Links of mean weight 1, symmetric unless their direction counts."""
        links = self._fit_nodes(X.shape[0], sample_index)
        if links is None:
            links = neighbor_graph(X, self.n_neighbors, weights="connectivity")
        elif not self._directed:
            links = links.maximum(links.T).tocsr()
        self._unit = links.data.mean() if links.nnz else 1.0
        return links / self._unit

    def _of(self, links, rows):
        """The links within some of the rows, in the same shape."""
        keep = sparse.diags_array(rows.astype(float))
        return sparse.csr_array(keep @ links @ keep)

    def _learn(self, links, codes, probabilities, domains):
        """The source's relation, whether it carries over, and what is used in the target."""
        n_classes, directed = len(self.classes_), self._directed
        taught = np.flatnonzero(domains.source & domains.labeled)
        within, own = links[taught][:, taught], codes[taught]
        smoothing = float(n_classes**2)  # one link a cell: relations of few links stay near chance
        self.source_relation_ = log_relation(link_counts(within, np.eye(n_classes)[own]), smoothing)
        self.strength_ = relation_strength(within, own, self.source_relation_, directed)
        target = np.flatnonzero(domains.target)
        shares = probabilities[target].copy()
        labeled = domains.labeled[target]
        shares[labeled] = np.eye(n_classes)[codes[target[labeled]]]
        among = links[target][:, target]
        self.pvalue_, counts = 1.0, np.zeros((n_classes, n_classes))
        if len(target):
            rng = check_random_state(self.random_state)
            source = within, own
            self.pvalue_ = gate_pvalue(
                among, shares, labeled, self.source_relation_, source, directed, smoothing, self.n_permutations, rng
            )
            counts = link_counts(among, shares * labeled[:, None])
        self.carried_over_ = bool(self.pvalue_ <= self.alpha)
        used = self.source_relation_ if self.carried_over_ else np.zeros((n_classes, n_classes))
        mean = shares.mean(axis=0) if len(target) else np.full(n_classes, 1 / n_classes)
        self.relation_ = carried_relation(used, mean + 1e-3, counts, max(self.prior_links, 1.0))
        self._message = self.strength_ * self.relation_ * (not domains.single)

    def predict_proba(self, X, sample_index=None):
        """Shares of the classes.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.
        sample_index : array-like of int of shape (n_samples,), default=None
            Node of each row, with ``adjacency``; needed unless the rows are those of ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows of sum 1. Those of the mean field are too sure of themselves, as a rule.
        """
        check_is_fitted(self)
        X = validate_rows(self, X, reset=False)
        found = self._new_nodes(X.shape[0], sample_index)
        field = source_log_proba(self.estimator_, X, self.classes_)
        field = field + self._said(X, None if found is None else found[0])
        shares = np.exp(field - np.logaddexp.reduce(field, axis=1, keepdims=True))
        if found is not None:
            seen = (found[1] >= 0) & self._target[found[1]]
            shares[seen] = self.label_distributions_[found[1][seen]]
        return shares

    _class_scores = predict_proba

    def _said(self, X, nodes):
        """Messages to new rows from the target rows of ``fit``, (m, n_classes)."""
        shares = self.label_distributions_[self._target]
        if nodes is None:
            if self._kept is None:
                return 0.0
            links = cosine_links(X, self._kept, self.n_neighbors)
            links.data[:] = 1.0
            return (links / self._unit) @ shares @ self._message.T
        ends = self._nodes[self._target]
        out, into = self._links[nodes][:, ends] / self._unit, self._links.T.tocsr()[nodes][:, ends] / self._unit
        if not self._directed:
            return out.maximum(into) @ shares @ self._message.T
        return out @ shares @ self._message.T + into @ shares @ self._message

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.estimator is None or get_tags(self.estimator).input_tags.sparse
        return tags
