"""Components and pseudo-labels in turns: classes guessed on the components, components from the guess."""

from numbers import Integral

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer

from sktl._checks import check_number
from sktl._core.components import row_groups
from sktl._core.kernels import canonical_order
from sktl._progress import ReportsProgress, reported
from sktl.feature._components import LabeledComponents


def nearest_neighbor():
    """1-nearest-neighbour on rows of unit norm: the literature's classifier."""
    from sklearn.neighbors import KNeighborsClassifier  # here, to keep `import sktl` quick

    # of rows in one direction (sparse ones often are) the first is the nearest, not the one that rounding favours
    rounded = FunctionTransformer(np.round, kw_args={"decimals": 9})
    return make_pipeline(Normalizer(), rounded, KNeighborsClassifier(1))


class PseudoLabeledComponents(ReportsProgress, LabeledComponents):
    """Contract of the components that match class means, where target labels are missing by pseudo-labels.

    A child has the parameters ``estimator`` and ``max_iter`` beside those of the components, and implements
    ``_class_contrasts``.
    """

    def _check_params(self):
        super()._check_params()
        check_number("max_iter", self.max_iter, Integral, low=1)
        if self.estimator is not None and not (hasattr(self.estimator, "fit") and is_classifier(self.estimator)):
            raise TypeError(f"estimator must be a classifier, since it guesses classes; got {self.estimator!r}.")

    def _fit(self, X, y, sample_domain):
        """``fit``: check, split, take turns, store."""
        self._check_params()
        X, domains, codes = self._check_labeled(X, y, sample_domain)
        n_classes = len(self.classes_)
        table = self._table(X, row_groups(domains.target, codes, n_classes), 2 * n_classes + 2)
        turns = reported(self, self._turns(X, table, codes, domains.target), self.max_iter, "iteration")
        self.n_iter_, self.pseudo_label_changes_ = len(turns), np.array([share for *_, share in turns])
        vectors, values, _ = turns[-1]
        return self._store(table, vectors, values, dtype=X.dtype)

    def _turns(self, X, table, codes, target):
        """Yield components, their eigenvalues and the share of pseudo-labels that changed, until none does."""
        known = np.flatnonzero(codes >= 0)
        known = known[np.argsort(codes[known], kind="stable")]
        known = known[canonical_order(X[known])]  # the classifier's rows come in an order that depends on their values
        open_ = np.flatnonzero(target & (codes < 0))
        guess = codes.copy()
        for _ in range(self.max_iter):
            vectors, values = table.solve(self.mu, self.n_components, self._class_contrasts(X, table, guess, target))
            before = guess[open_]
            guess = codes.copy()
            guess[open_] = self._guess(table.embed(vectors), codes, known, open_)
            self.pseudo_labels_ = self.classes_[guess[target]]
            share = float(np.mean(guess[open_] != before)) if len(open_) else 0.0
            yield vectors, values, share
            if share == 0:
                return
            table.move(row_groups(target, guess, len(self.classes_)))

    def _guess(self, Z, codes, known, rows):
        """Codes of the classes of ``rows``, by the classifier fitted on the ``known`` ones."""
        if len(self.classes_) == 1:
            self.estimator_ = None
            return np.zeros(len(rows), dtype=int)
        base = nearest_neighbor() if self.estimator is None else clone(self.estimator)
        self.estimator_ = base.fit(Z[known], self.classes_[codes[known]])
        if len(rows) == 0:
            return np.empty(0, dtype=int)
        return np.searchsorted(self.classes_, self.estimator_.predict(Z[rows]))
