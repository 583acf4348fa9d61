"""What the classifiers of adaptation regularisation share: features, start, iterations, decision values."""

from abc import abstractmethod
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sktl._checks import check_kernel, check_number
from sktl._core.adaptation import exact_system, feature_system, inverse_root, joint_contrast
from sktl._core.graphs import neighbor_graph, normalized_laplacian
from sktl._core.kernels import blocks, make_kernel, subsample
from sktl._progress import ReportsProgress, reported, with_callbacks
from sktl.base import BaseTransferClassifier, validate_rows

MAX_EXACT = 5000  # rows up to which n_landmarks="auto" is exact: twice 200 MB
AUTO_LANDMARKS = 1000
DTYPES = [np.float64, np.float32]


class BaseAdaptationRegularization(ReportsProgress, BaseTransferClassifier):
    """Least squares in a kernel with MMD and graph penalties, and pseudo-labels found anew until they stay.

    A child implements ``_features`` and ``_fit_features`` (what the kernel sees of a row) and ``_choose_mu``.
    """

    @with_callbacks
    def fit(self, X, y, sample_domain=None):
        """Learn from the rows of both domains.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing on target rows. Target labels that are there are used as labels.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, where the labels can't tell: booleans (True = target), integers (negative = target) or names
            ("target").

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
            If there is one domain; what is left is least squares with the graph penalty.
        """
        self._check_params()
        X, domains = self._check_rows(X, y, sample_domain, dtype=DTYPES)
        labeled, target = domains.labeled, domains.target
        codes = np.full(X.shape[0], -1)
        codes[labeled] = self._encode(y, labeled)[1]
        Z = self._fit_features(X, target)
        codes[target & ~labeled] = self._guess(Z, codes, labeled, target)
        system, self._root = self._factor(Z, codes, labeled)
        steps = reported(self, self._iterate(system, Z, codes, labeled, target), self.max_iter, "iteration")
        self._store(steps)
        return self

    def _check_params(self):
        if self.estimator is not None and (isinstance(self.estimator, type) or not is_classifier(self.estimator)):
            raise TypeError(f"estimator must be a classifier, such as LinearSVC(), or None; got {self.estimator!r}.")
        check_kernel(self.kernel, self.gamma, self.degree, self.coef0)
        check_number("reg", self.reg, low=0, closed="neither")
        check_number("mmd_weight", self.mmd_weight, low=0)
        check_number("graph_weight", self.graph_weight, low=0)
        check_number("n_neighbors", self.n_neighbors, Integral, low=1)
        check_number("max_iter", self.max_iter, Integral, low=1)
        check_number("n_landmarks", self.n_landmarks, Integral, low=1, options=("auto", None))

    @abstractmethod
    def _fit_features(self, X, target):
        """Learn what the kernel sees of a row, and return it for all rows."""

    @abstractmethod
    def _features(self, X):
        """What the kernel sees of rows."""

    @abstractmethod
    def _choose_mu(self, Z, target, codes):
        """Share of the class-conditional means in the MMD matrix."""

    def _guess(self, Z, codes, labeled, target):
        """First pseudo-labels (codes) of the target rows without a label."""
        if not (target & ~labeled).any():
            return []
        if self.estimator is None:
            from sklearn.neighbors import KNeighborsClassifier  # here, to keep `import sktl` quick

            start = KNeighborsClassifier(1)
        else:
            start = clone(self.estimator)
        return start.fit(Z[labeled], codes[labeled]).predict(Z[target & ~labeled])

    # --- solve ---

    def _factor(self, Z, codes, labeled):
        """The system without contrast, and R with coefficients R w on the landmarks (None: w itself)."""
        n = Z.shape[0]
        onehot = np.zeros((n, len(self.classes_)))
        onehot[labeled, codes[labeled]] = 1
        graph = normalized_laplacian(neighbor_graph(Z, self.n_neighbors)) if self.graph_weight > 0 and n > 1 else None
        laplacian = sparse.csr_array((n, n)) if graph is None else graph
        penalties = onehot, labeled, laplacian, self.graph_weight, self.reg
        self._kernel = make_kernel(self.kernel, self.gamma, Z, self.degree, self.coef0)
        self.gamma_ = self._kernel.params.get("gamma", np.nan)
        self.landmarks_, self.approximation_ = None, "exact"
        if self.kernel == "linear" and not sparse.issparse(Z) and Z.shape[1] <= n:
            self.solver_ = "primal"
            return feature_system(np.asarray(Z, dtype=np.float64), *penalties), None
        size = {"auto": n if n <= MAX_EXACT else AUTO_LANDMARKS, None: n}.get(self.n_landmarks, self.n_landmarks)
        if size >= n:
            self.solver_, self.landmarks_ = "dual", Z.copy()
            return exact_system(self._kernel(Z, Z), *penalties), None
        self.solver_, self.approximation_ = "primal", "nystroem"
        self.landmarks_ = Z[subsample(Z, size, check_random_state(self.random_state))]
        root = inverse_root(self._kernel(self.landmarks_, self.landmarks_))
        features = np.empty((n, root.shape[1]))
        for rows in blocks(n):
            features[rows] = self._kernel(Z[rows], self.landmarks_) @ root
        return feature_system(features, *penalties), root

    def _iterate(self, system, Z, codes, labeled, target):
        """Yield (coefficients, mu, share of changed pseudo-labels) until no pseudo-label changes."""
        codes, open_rows = codes.copy(), target & ~labeled
        for _ in range(self.max_iter):
            mu = self._choose_mu(Z, target, codes)
            contrast = joint_contrast(target, codes, len(self.classes_), mu)
            coefficients = system.coefficients(contrast, self.mmd_weight)
            found = (system.basis @ coefficients)[open_rows].argmax(axis=1)
            changed = float(np.mean(found != codes[open_rows])) if len(found) else 0.0
            codes[open_rows] = found
            yield coefficients, mu, changed
            if changed == 0:
                return

    def _store(self, steps):
        coefficients = steps[-1][0]
        self.coef_ = coefficients if self._root is None else self._root @ coefficients
        self.n_iter_ = len(steps)
        self.pseudo_label_changes_ = np.array([changed for _, _, changed in steps])

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
        for rows in blocks(X.shape[0]):
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
