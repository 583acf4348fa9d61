"""The data of one decision: rows, and rows with labels. What is asked of them is computed once, and only if asked."""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sktl.inspection.report._distance import MAX_ROWS, row_tests
from sktl.inspection.report._labels import class_shares
from sktl.inspection.report._tests import n_relabellings, sample_rows
from sktl.instance import DiscriminatorWeighter
from sktl.model_selection.evidence import MIN_LABELS

MAX_FIT = 1000  # labelled rows of each domain that the models behind the tests with labels learn from


@dataclass(frozen=True)
class Weighting:
    """What density-ratio weights make of the source.

    Attributes
    ----------
    source, target : ndarray of shape (n, n_columns)
        Rows, at most ``MAX_ROWS`` of each.
    rows : ndarray of shape (n_source,)
        Where the source rows stand in the table.
    weights : ndarray of shape (n_source,)
    effective_share : float
        Share of the source's rows that the weighted ones are worth.
    overlap : float
        Mean of the raw ratio over held-out source rows: 1 where the source covers the target.
    """

    source: np.ndarray
    target: np.ndarray
    rows: np.ndarray
    weights: np.ndarray
    effective_share: float
    overlap: float


@dataclass(frozen=True)
class Rows:
    """The rows of one decision: all that can be asked without labels.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_encoded)
        Encoded rows.
    numeric : ndarray of bool
        Which of their columns are numbers.
    missing : ndarray of bool of shape (n_samples, n_encoded)
        Which numbers are filled gaps.
    target : ndarray of bool
    features : list of FeatureShift
    alpha : float
    seed : int
    n_jobs : int or None
    owners : ndarray of int of shape (n_encoded,) or None
        Which column of the table each encoded one is of.
    """

    X: np.ndarray
    numeric: np.ndarray
    missing: np.ndarray
    target: np.ndarray
    features: list
    alpha: float = 0.05
    seed: int = 0
    n_jobs: int | None = None
    owners: np.ndarray | None = None

    @cached_property
    def tests(self):
        """Results of the kernel test and of the classifier test."""
        return row_tests(self.X, self.target, self.seed, self.n_jobs, n_relabellings(self.alpha))

    @cached_property
    def weighting(self):
        """What density-ratio weights make of the source: a :class:`Weighting`."""
        rng = np.random.default_rng(self.seed)
        chosen = [sample_rows(np.flatnonzero(rows), MAX_ROWS, rng) for rows in (~self.target, self.target)]
        parts = [self.X[rows] for rows in chosen]
        is_target = np.repeat([False, True], [len(part) for part in parts])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that few rows carry the weight is what the figure says
            weighter = DiscriminatorWeighter(n_jobs=self.n_jobs, random_state=self.seed)
            weighter.fit(np.concatenate(parts), None, is_target)
        share = weighter.effective_sample_size_ / len(parts[0])
        return Weighting(*parts, chosen[0], weighter.weights_[~is_target], share, weighter.overlap_)


@dataclass(frozen=True)
class Sample:
    """Rows and labels of one decision.

    Attributes
    ----------
    rows : Rows
    codes : ndarray of shape (n_samples,)
        Codes of the classes, or numbers; NaN where there is no label.
    classes : list or None
        None: numbers, or no labels.
    """

    rows: Rows
    codes: np.ndarray
    classes: list | None

    @property
    def X(self):
        """Encoded rows."""
        return self.rows.X

    @property
    def target(self):
        """Which are the target's."""
        return self.rows.target

    @property
    def alpha(self):
        """The level."""
        return self.rows.alpha

    @property
    def seed(self):
        """The seed of everything random."""
        return self.rows.seed

    @cached_property
    def shares(self):
        """Class shares of both domains, or None; and notes on them."""
        return class_shares(self.X, self.codes, self.classes, self.target, self.rows.n_jobs, self.seed)

    @property
    def labeled(self):
        """Rows with a label."""
        return ~np.isnan(self.codes)

    @property
    def has_target_labels(self):
        """Whether there are enough to test with."""
        return (self.target & self.labeled).sum() >= MIN_LABELS

    @property
    def whole(self):
        """The distance that is to be explained."""
        return max(self.rows.tests[0].statistic, 0)

    @property
    def kernel_options(self):
        """Width at which the domains differ most: there it is seen what is left of the difference."""
        return {"gamma": self.rows.tests[0].gamma, "seed": self.seed}

    @property
    def parts(self):
        """Rows and labels of the labelled source, rows and labels of the labelled target."""
        kind = float if self.classes is None else int
        rows = self.labeled & ~self.target, self.labeled & self.target
        return [part for r in rows for part in (self.X[r], self.codes[r].astype(kind))]

    def drawn(self, known=None):
        """Labelled rows (or those ``known``), at most ``MAX_FIT`` of a domain."""
        known = self.labeled if known is None else known
        rng = np.random.default_rng(self.seed)
        rows = [np.flatnonzero(part & known) for part in (~self.target, self.target)]
        return np.concatenate([sample_rows(part, MAX_FIT, rng) for part in rows])
