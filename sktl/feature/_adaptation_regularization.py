"""What the classifiers of adaptation regularisation share: features, start, iterations, decision values."""

from abc import abstractmethod
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from sktl._checks import CLASSIFIER, KERNEL, RANDOM_STATE, Interval, check_parameters
from sktl._core.adaptation import GroupSums, exact_system, feature_system, nystroem_features
from sktl._core.contrasts import mean_contrasts, row_groups
from sktl._core.graphs import neighbor_graph, normalized_laplacian
from sktl._core.kernels import blocks, choose_landmarks, make_kernel
from sktl._core.neighbors import nearest_rows
from sktl._progress import ReportsProgress, reported, with_callbacks
from sktl._threads import threads_by_size
from sktl.base import BaseTransferClassifier, validate_rows

DTYPES = [np.float64, np.float32]


def first_guess(estimator, Z, codes, open_rows):
    """Codes of the ``open_rows`` by a classifier fitted on the rows that have one."""
    if not open_rows.any():
        return []
    known = np.flatnonzero(~open_rows & (codes >= 0))  # source rows without a label teach nothing
    if estimator is None:
        return codes[known][nearest_rows(Z[known], Z[open_rows])[:, 0]]
    return clone(estimator).fit(Z[known], codes[known]).predict(Z[open_rows])


class BaseAdaptationRegularization(ReportsProgress, BaseTransferClassifier):
    """Least squares in a kernel with MMD and graph penalties, and pseudo-labels found anew until they stay.

    A child implements ``_features`` and ``_fit_features`` (what the kernel sees of a row) and ``_choose_balance``.
    """

    _constraints = KERNEL | {
        "estimator": (None, *CLASSIFIER),
        "reg": (Interval(low=0, closed="neither"),),
        "mmd_weight": (Interval(low=0),),
        "graph_weight": (Interval(low=0),),
        "n_neighbors": (Interval(Integral, 1),),
        "max_iter": (Interval(Integral, 1),),
        "n_landmarks": ("auto", None, Interval(Integral, 1)),
        "random_state": RANDOM_STATE,
    }

    @with_callbacks
    @threads_by_size
    def fit(self, X, y, sample_domain=None):
        """Learn from the rows of both domains.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing on target rows. Known target labels are used too.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target").

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described, or the labels are of one class.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain; what is left is least squares with the graph penalty.
        """
        check_parameters(self)
        X, domains = self._check_rows(X, y, sample_domain, dtype=DTYPES)
        codes, open_rows = np.full(X.shape[0], -1), domains.target & ~domains.labeled
        codes[domains.labeled] = self._encode(y, domains.labeled)[1]
        Z = self._fit_features(X, domains.target)
        codes[open_rows] = first_guess(self.estimator, Z, codes, open_rows)
        system, root = self._factor(Z, codes, domains.labeled)  # once: rounds change only a contrast of low rank
        turns = self._turns(system, Z, codes, open_rows, domains.target)
        return self._store(reported(self, turns, self.max_iter, "iteration"), root)

    @abstractmethod
    def _fit_features(self, X, target):
        """Learn what the kernel sees of a row, and return it for all rows."""

    @abstractmethod
    def _features(self, X):
        """What the kernel sees of rows."""

    @abstractmethod
    def _choose_balance(self, Z, target, codes):
        """Share of the class-conditional means in the MMD matrix."""

    # --- solve ---

    def _factor(self, Z, codes, labeled):
        """The system without contrast, and R with coefficients R w on the landmarks (None: w itself)."""
        n = Z.shape[0]
        onehot = np.zeros((n, len(self.classes_)))
        onehot[labeled, codes[labeled]] = 1
        # the neighbour search costs most of all: none where its weight is 0
        graph = normalized_laplacian(neighbor_graph(Z, self.n_neighbors)) if self.graph_weight > 0 and n > 1 else None
        laplacian = sparse.csr_array((n, n)) if graph is None else graph
        penalties = onehot, labeled, laplacian, self.graph_weight, self.reg
        self._kernel = make_kernel(self.kernel, self.gamma, Z, self.degree, self.coef0)
        self.gamma_ = self._kernel.params.get("gamma", np.nan)
        self.landmarks_, self.approximation_ = None, "exact"
        # the d x d system is the smaller one, and new rows need no kernel values
        if self.kernel == "linear" and not sparse.issparse(Z) and Z.shape[1] <= n:
            self.solver_ = "primal"
            return feature_system(np.asarray(Z, dtype=np.float64), *penalties), None
        chosen = choose_landmarks(Z, self.n_landmarks, self.random_state)
        if chosen is None:
            self.solver_, self.landmarks_ = "dual", Z.copy()  # kept for new rows; Z may be the caller's X
            return exact_system(self._kernel(Z, Z), *penalties), None
        self.solver_, self.approximation_ = "primal", "nystroem"
        self.landmarks_ = Z[chosen]
        features, root = nystroem_features(self._kernel, Z, self.landmarks_)
        return feature_system(features, *penalties), root

    def _turns(self, system, Z, codes, open_rows, target):
        """Yield (coefficients, balance, share of changed pseudo-labels) until no pseudo-label changes."""
        codes, unknown, n_classes = codes.copy(), np.flatnonzero(open_rows), len(self.classes_)
        sums = GroupSums(system.basis, row_groups(target, codes, n_classes), 2 * n_classes + 2)
        for _ in range(self.max_iter):
            balance = self._choose_balance(Z, target, codes)
            means = mean_contrasts(sums.counts, balance)
            coefficients = system.coefficients(means[sums.groups], self.mmd_weight, means.T @ sums.sums)
            found = system.values(coefficients, unknown).argmax(axis=1)
            changed = float(np.mean(found != codes[unknown])) if len(found) else 0.0
            codes[unknown] = found
            yield coefficients, balance, changed
            # the same pseudo-labels would give the same coefficients again
            if changed == 0:
                return
            sums.move(row_groups(target, codes, n_classes))

    def _store(self, turns, root):
        """Keep what the turns found; a root turns the coefficients of features into those of landmarks."""
        coefficients = turns[-1][0]
        self.coef_ = coefficients if root is None else root @ coefficients
        self.n_iter_ = len(turns)
        self.pseudo_label_changes_ = np.array([changed for *_, changed in turns])
        return self

    # --- predict ---

    def decision_function(self, X):
        """Value of the learned function of each class; of two classes the second's minus the first's.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, of any domain.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
        """
        check_is_fitted(self)
        X = validate_rows(self, X, accept_sparse="csr", dtype=DTYPES, reset=False)
        values = np.empty((X.shape[0], len(self.classes_)))
        for rows in blocks(X.shape[0]):  # kernel values of many rows would not fit
            Z = self._features(X[rows])
            values[rows] = (Z if self.landmarks_ is None else self._kernel(Z, self.landmarks_)) @ self.coef_
        return values[:, 1] - values[:, 0] if len(self.classes_) == 2 else values

    def predict(self, X):
        """Class with the largest value.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, of any domain.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        values = self.decision_function(X)
        return self.classes_[(values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)]
