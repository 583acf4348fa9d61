"""Splitters of both source and target: cross-validation of pipelines that adapt to unlabelled rows."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from sktl._checks import BOOLEAN, FOLDS, RANDOM_STATE, Interval
from sktl.domains import read_samples, units_of
from sktl.model_selection._folds import deal, evenly, stratum_codes
from sktl.model_selection._splitter import DomainSplitter, both_domains


class SourceTargetKFold(DomainSplitter):
    """K folds of both domains: each fold tests held-out rows of the source and of the target.

    The cross-validation for a pipeline that adapts to unlabelled target rows: every training part has rows of both
    domains, and the scorer (one that needs no target labels) sees held-out rows of both. Folds are stratified by domain
    and, if labels are classes, by class. (scikit-learn's ``cv=5`` refuses missing labels.)

    Parameters
    ----------
    n_splits : int >= 2, default=5
        Number of folds.
    shuffle : bool, default=True
        Whether rows are shuffled before they are split into folds; tables are often sorted.
    random_state : int, RandomState instance or None, default=0
        Seed of the shuffle.

    See Also
    --------
    TargetKFold : Where some target rows have labels.
    LeaveOneDomainOut : Where a whole domain is held out.

    Notes
    -----
    ``groups`` takes what ``fit`` takes as ``sample_domain``; without it a row whose label is missing is a target row.
    With metadata routing on, ``search.fit(X, y, sample_domain=d)`` reaches the splitter (and a scorer of this module)
    too, and ``groups=`` is refused; so does ``sample_id``, and the rows of a sample stay in one fold.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.model_selection import SourceTargetKFold
    >>> X, y = np.zeros((6, 1)), np.array([0, 0, 1, 1, np.nan, np.nan])
    >>> for train, test in SourceTargetKFold(2, shuffle=False).split(X, y):
    ...     print(train, test)
    [1 3 5] [0 2 4]
    [0 2 4] [1 3 5]
    """

    _constraints = {"n_splits": FOLDS, "shuffle": BOOLEAN, "random_state": RANDOM_STATE}

    def __init__(self, n_splits=5, *, shuffle=True, random_state=0):
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state

    def split(self, X, y=None, groups=None, sample_id=None):
        """Yield the rows to train on and those to test on, fold by fold.

        Parameters
        ----------
        X : array-like of n_samples rows
            Only its number of rows is used.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows.
        groups : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target, as ``sample_domain`` of ``fit``.
        sample_id : array-like of shape (n_samples,), default=None
            Which physical sample a row is; rows with the same value go to the same side.

        Yields
        ------
        train, test : ndarray of int
            Positions of rows.

        Raises
        ------
        ValueError
            If source or target have fewer rows than there are folds, or nothing tells the two apart.
        """
        self._check_params()
        domains = both_domains(X, y, groups, self)
        codes = stratum_codes(y, domains.labeled)
        for name, rows in (("source", domains.source), ("target", domains.target)):
            if rows.sum() < self.n_splits:
                raise ValueError(
                    f"n_splits={self.n_splits} folds need at least that many rows of each domain; the {name} has "
                    f"{rows.sum()}. "
                    "Lower n_splits."
                )
        units = units_of(read_samples(sample_id, len(codes)))
        for name, rows in (("source", domains.source), ("target", domains.target)):
            if len(np.unique(units[rows])) < self.n_splits:
                raise ValueError(
                    f"n_splits={self.n_splits} folds need at least that many samples of each domain; sample_id names "
                    f"{len(np.unique(units[rows]))} in the {name}. Lower n_splits."
                )
        rng = check_random_state(self.random_state) if self.shuffle else None
        names = np.unique([repr(name) for name in domains.names], return_inverse=True)[1]
        # a number for each class of each domain; codes are -1 where a label is missing
        folds = deal(_joint(names * (codes.max() + 2) + codes + 1, units), self.n_splits, rng)[units]
        for fold in range(self.n_splits):
            yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)


class SourceTargetShuffleSplit(DomainSplitter):
    """Random splits of both domains, stratified by domain and, if labels are classes, by class.

    Parameters
    ----------
    n_splits : int >= 1, default=10
        Number of splits.
    test_size : float in (0, 1), default=0.25
        Share of each domain's rows to test on: at least one row of each, and never all.
    random_state : int, RandomState instance or None, default=0
        Seed of the draws.

    See Also
    --------
    SourceTargetKFold : Tests each row once.

    Notes
    -----
    ``groups`` takes what ``fit`` takes as ``sample_domain``; without it a row whose label is missing is a target row.
    With metadata routing on, pass ``sample_domain=d`` in its place: ``groups=`` is refused then.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.model_selection import SourceTargetShuffleSplit
    >>> X, y = np.zeros((100, 1)), np.repeat([0, 1, np.nan], [40, 20, 40])
    >>> train, test = next(SourceTargetShuffleSplit(test_size=0.1).split(X, y))
    >>> (y[test] == 0).sum(), (y[test] == 1).sum(), np.isnan(y[test]).sum()
    (np.int64(4), np.int64(2), np.int64(4))
    """

    _constraints = {
        "n_splits": (Interval(Integral, 1),),
        "test_size": (Interval(low=0, high=1, closed="neither"),),
        "random_state": RANDOM_STATE,
    }

    def __init__(self, n_splits=10, *, test_size=0.25, random_state=0):
        self.n_splits = n_splits
        self.test_size = test_size
        self.random_state = random_state

    def split(self, X, y=None, groups=None, sample_id=None):
        """Yield the rows to train on and those to test on, split by split.

        Parameters
        ----------
        X : array-like of n_samples rows
            Only its number of rows is used.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows.
        groups : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target, as ``sample_domain`` of ``fit``.
        sample_id : array-like of shape (n_samples,), default=None
            Which physical sample a row is; rows with the same value go to the same side.

        Yields
        ------
        train, test : ndarray of int
            Positions of rows, rising.

        Raises
        ------
        ValueError
            If source or target have fewer than two rows, or nothing tells the two apart.
        """
        self._check_params()
        domains = both_domains(X, y, groups, self)
        codes = stratum_codes(y, domains.labeled)
        for name, rows in (("source", domains.source), ("target", domains.target)):
            if rows.sum() == 1:
                raise ValueError(f"A split needs at least two rows of each domain; the {name} has 1.")
        rng = check_random_state(self.random_state)
        units = units_of(read_samples(sample_id, len(codes)))
        # by repr: a set's order hangs on the hash seed
        kinds = _joint(np.unique([repr(name) for name in domains.names], return_inverse=True)[1], units)
        codes = _joint(codes + 1, units)
        for _ in range(self.n_splits):
            test = np.zeros(len(codes), dtype=bool)
            for kind in np.unique(kinds):
                own = np.flatnonzero(kinds == kind)
                test[_spread(own, codes[own], self.test_size, rng)] = True
            test = test[units]
            yield np.flatnonzero(~test), np.flatnonzero(test)


def _joint(strata, units):
    """Stratum of each unit: one number for the lowest and the highest stratum of its rows."""
    low, high = np.full(units.max() + 1, strata.max()), np.zeros(units.max() + 1, dtype=strata.dtype)
    np.minimum.at(low, units, strata)
    np.maximum.at(high, units, strata)
    return low * (strata.max() + 1) + high


def _spread(rows, codes, share, rng):
    """``share`` of the rows, at least one and not all (of two or more), spread over the classes as evenly as can be."""
    size = int(np.clip(round(share * len(rows)), 1, max(len(rows) - 1, 0)))
    shuffled = rng.permutation(len(rows))
    # classes side by side: even steps then take their share of each
    by_class = shuffled[np.argsort(codes[shuffled], kind="stable")]
    return rows[by_class[evenly(len(rows), size, rng)]]
