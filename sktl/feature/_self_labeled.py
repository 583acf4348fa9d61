"""What the classifiers share that label the target rows as they fit: rows, rounds, and changes of pseudo-labels."""

from abc import abstractmethod

import numpy as np
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from sktl._checks import check_parameters
from sktl._progress import ReportsProgress, reported, with_callbacks
from sktl._threads import threads_by_size
from sktl.base import BaseTransferClassifier, validate_rows


class BaseSelfLabeledClassifier(ReportsProgress, BaseTransferClassifier):
    """A classifier that fits in rounds, each with new pseudo-labels of the target rows without a label.

    A child implements ``_rounds`` (a generator that yields the pseudo-labels after each round) and
    ``decision_function`` or ``predict_proba``.
    """

    @with_callbacks
    @threads_by_size
    def fit(self, X, y, sample_domain=None):
        """Learn from the rows of both domains.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing on target rows. Known target labels are used too, and kept.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target"). All sources are treated as one.

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
            If there is only one domain; it is then both source and target.
        """
        check_parameters(self)
        X, domains = self._check_rows(X, y, sample_domain, dtype=np.float64)
        codes = np.full(X.shape[0], -1)
        codes[domains.labeled] = self._encode(y, domains.labeled)[1]
        source = domains.source
        target = source if domains.single else domains.target
        rounds = reported(self, self._rounds(X, codes, source, target), self.max_iter, "iteration")
        self.n_iter_ = len(rounds)
        self.n_changes_ = np.array(
            [np.count_nonzero(new != old) for old, new in zip(rounds, rounds[1:], strict=False)], dtype=int
        )
        return self

    @abstractmethod
    def _rounds(self, X, codes, source, target):
        """Set the fitted attributes, round by round, and yield the codes (n_target,) of the target rows each time.

        ``codes`` (n_samples,) are those of the labels in ``classes_``, -1 where unknown; ``source`` and ``target`` are
        masks, equal where there is one domain.
        """

    def _check_new(self, X):
        """Rows to predict, checked against those of ``fit``."""
        check_is_fitted(self)
        sparse = "csr" if get_tags(self).input_tags.sparse else False
        return validate_rows(self, X, reset=False, accept_sparse=sparse, dtype=np.float64)


def check_rank(n_components, n_samples, n_features):
    """Raise if more components are asked for than directions there can be."""
    bound = max(min(n_samples - 1, n_features), 1)
    if n_components != "auto" and n_components > bound:
        raise ValueError(
            f"n_components={n_components} exceeds the number of directions, min(n_samples - 1 = {n_samples - 1}, "
            f"n_features={n_features}) = {bound}. Lower it, or leave it 'auto'."
        )
