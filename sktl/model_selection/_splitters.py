"""Splitters that know which rows are the target's: the cross-validations of transfer."""

from numbers import Integral

import numpy as np
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_consistent_length, check_random_state

from sktl._checks import check_number
from sktl.domains import missing_values, n_rows
from sktl.model_selection._by_domain import domain_names
from sktl.model_selection._folds import class_codes, deal, quiet_domains


def both_domains(X, y, groups, splitter):
    """Domains of the rows, for a splitter that splits source and target; an error if nothing tells them apart."""
    domains = quiet_domains(X, y, groups)
    if domains.single:
        raise ValueError(
            f"{type(splitter).__name__} splits source and target rows; no label is missing and no groups were passed, "
            f"so that all {len(domains.target)} rows are one domain. Leave the labels of target rows missing, or pass "
            "groups (what fit takes as sample_domain); one domain alone is split by scikit-learn's splitters."
        )
    return domains


class DomainSplitter(BaseCrossValidator):
    """What the splitters share: ``groups`` are the domains, asked for as ``sample_domain`` where routing is on."""

    __metadata_request__split = {"groups": "sample_domain"}


class SourceTargetKFold(DomainSplitter):
    """K folds in which both domains are split: each fold tests held-out rows of the source and of the target.

    The right cross-validation for a pipeline that adapts to unlabelled target rows: every training part has rows of
    both domains, and a scorer (one that needs no target labels) sees rows of both that no fit saw. Rows are dealt by
    domain and, where labels are classes, by class. ``cv=5`` of scikit-learn refuses missing labels.

    Parameters
    ----------
    n_splits : int >= 2, default=5
        Number of folds.
    shuffle : bool, default=True
        Whether rows are shuffled before they are dealt; tables are often sorted.
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
    too, and ``groups=`` is refused.

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

    def __init__(self, n_splits=5, *, shuffle=True, random_state=0):
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state

    def get_n_splits(self, X=None, y=None, groups=None):
        """Number of folds.

        Parameters
        ----------
        X, y, groups : object, default=None
            Not used.

        Returns
        -------
        int
        """
        return self.n_splits

    def split(self, X, y=None, groups=None):
        """Yield the rows to train on and those to test on, fold by fold.

        Parameters
        ----------
        X : array-like of n_samples rows
            Only its number of rows is used.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows.
        groups : array-like of shape (n_samples,), default=None
            Domains, where the labels can't tell, as ``sample_domain`` of ``fit``.

        Yields
        ------
        train, test : ndarray of int
            Positions of rows.

        Raises
        ------
        ValueError
            If source or target have fewer rows than there are folds, or nothing tells the two apart.
        """
        check_number("n_splits", self.n_splits, Integral, low=2)
        domains = both_domains(X, y, groups, self)
        codes = class_codes(y, domains.labeled)
        for name, rows in (("source", domains.source), ("target", domains.target)):
            if rows.sum() < self.n_splits:
                raise ValueError(
                    f"n_splits={self.n_splits} folds need as many rows of each domain; the {name} has {rows.sum()}. "
                    "Lower n_splits."
                )
        rng = check_random_state(self.random_state) if self.shuffle else None
        names = np.unique([repr(name) for name in domains.names], return_inverse=True)[1]
        folds = deal(names * (codes.max() + 2) + codes + 1, self.n_splits, rng)
        for fold in range(self.n_splits):
            yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)


class SourceTargetShuffleSplit(DomainSplitter):
    """Random splits in which both domains are split, by domain and, where labels are classes, by class.

    Parameters
    ----------
    n_splits : int >= 1, default=10
        Number of splits.
    test_size : float in (0, 1), default=0.25
        Share of each domain's rows to test on; at least one row of each domain, and never all.
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

    def __init__(self, n_splits=10, *, test_size=0.25, random_state=0):
        self.n_splits = n_splits
        self.test_size = test_size
        self.random_state = random_state

    def get_n_splits(self, X=None, y=None, groups=None):
        """Number of splits.

        Parameters
        ----------
        X, y, groups : object, default=None
            Not used.

        Returns
        -------
        int
        """
        return self.n_splits

    def split(self, X, y=None, groups=None):
        """Yield the rows to train on and those to test on, split by split.

        Parameters
        ----------
        X : array-like of n_samples rows
            Only its number of rows is used.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows.
        groups : array-like of shape (n_samples,), default=None
            Domains, where the labels can't tell, as ``sample_domain`` of ``fit``.

        Yields
        ------
        train, test : ndarray of int
            Positions of rows, rising.

        Raises
        ------
        ValueError
            If source or target have fewer than two rows, or nothing tells the two apart.
        """
        check_number("n_splits", self.n_splits, Integral, low=1)
        check_number("test_size", self.test_size, low=0, high=1, closed="neither")
        domains = both_domains(X, y, groups, self)
        codes = class_codes(y, domains.labeled)
        for name, rows in (("source", domains.source), ("target", domains.target)):
            if rows.sum() == 1:
                raise ValueError(f"A split needs two rows of each domain at least; the {name} has 1.")
        rng = check_random_state(self.random_state)
        for _ in range(self.n_splits):
            test = np.zeros(len(codes), dtype=bool)
            for name in set(domains.names.tolist()):
                rows = np.flatnonzero(domains.names == name)
                test[_spread(rows, codes[rows], self.test_size, rng)] = True
            yield np.flatnonzero(~test), np.flatnonzero(test)


def _spread(rows, codes, share, rng):
    """``share`` of the rows, at least one and not all (of two or more), spread over the classes as evenly as can be."""
    size = int(np.clip(round(share * len(rows)), 1, max(len(rows) - 1, 0)))
    shuffled = rng.permutation(len(rows))
    by_class = shuffled[np.argsort(codes[shuffled], kind="stable")]
    return rows[by_class[np.floor((np.arange(size) + rng.uniform()) * len(rows) / max(size, 1)).astype(int)]]


class TargetKFold(DomainSplitter):
    """K folds of the labelled target rows; every other row trains in every fold.

    The right cross-validation of supervised transfer (TrAdaBoost, a model fine-tuned on a few target labels): what is
    tested are target rows alone, all with a label, so that ordinary scorings such as ``"accuracy"`` mean what they say.
    Folds have their share of each class, where labels are classes.

    Parameters
    ----------
    n_splits : int >= 2, default=5
        Number of folds.
    shuffle : bool, default=True
        Whether the labelled target rows are shuffled before they are dealt.
    random_state : int, RandomState instance or None, default=0
        Seed of the shuffle.

    See Also
    --------
    SourceTargetKFold : Where no target row has a label.

    Notes
    -----
    ``groups`` tells the target rows, since the labels can't: pass what ``fit`` gets as ``sample_domain``, and that too:
    ``search.fit(X, y, groups=d, sample_domain=d)``, or, where the step ``tradaboostclassifier`` of a pipeline asks for
    it, ``search.fit(X, y, groups=d, tradaboostclassifier__sample_domain=d)``. With metadata routing on it is
    ``search.fit(X, y, sample_domain=d)`` in both cases, and ``groups=`` is refused. Source rows are never tested, so
    that ``cross_val_predict`` refuses this splitter.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.model_selection import TargetKFold
    >>> X, y = np.zeros((7, 1)), np.array([0, 1, 0, 1, 0, 1, np.nan])
    >>> domain = np.array(["lab", "lab", *["target"] * 5])
    >>> for train, test in TargetKFold(2, shuffle=False).split(X, y, domain):
    ...     print(train, test)
    [0 1 4 5 6] [2 3]
    [0 1 2 3 6] [4 5]
    """

    def __init__(self, n_splits=5, *, shuffle=True, random_state=0):
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state

    def get_n_splits(self, X=None, y=None, groups=None):
        """Number of folds.

        Parameters
        ----------
        X, y, groups : object, default=None
            Not used.

        Returns
        -------
        int
        """
        return self.n_splits

    def split(self, X, y=None, groups=None):
        """Yield the rows to train on and those to test on, fold by fold.

        Parameters
        ----------
        X : array-like of n_samples rows
            Only its number of rows is used.
        y : array-like of shape (n_samples,)
            Labels; known ones among the target rows are what is tested.
        groups : array-like of shape (n_samples,)
            Domains, as ``sample_domain`` of ``fit``.

        Yields
        ------
        train, test : ndarray of int
            Positions of rows.

        Raises
        ------
        ValueError
            If fewer target rows than folds have a label.
        """
        check_number("n_splits", self.n_splits, Integral, low=2)
        domains = quiet_domains(X, y, groups)
        tested = np.flatnonzero(domains.target & domains.labeled) if y is not None else np.array([], dtype=int)
        if len(tested) < self.n_splits:
            hint = "Lower n_splits." if len(tested) > 1 else "Pass groups=sample_domain, so that it knows the target."
            raise ValueError(
                f"n_splits={self.n_splits} folds need as many labelled target rows; there are {len(tested)}. {hint}"
            )
        rng = check_random_state(self.random_state) if self.shuffle else None
        folds = deal(class_codes(y, domains.labeled)[tested], self.n_splits, rng)
        for fold in range(self.n_splits):
            test = tested[folds == fold]
            yield np.setdiff1d(np.arange(n_rows(X)), test), test


class LeaveOneDomainOut(DomainSplitter):
    """Each domain in turn is tested, by a model that saw no row of it: how a model generalises to a new domain.

    A domain without labels trains in every split and is never tested. For adaptation to the domain left out, whose rows
    then are there without their labels, see :func:`cross_val_transfer`.

    See Also
    --------
    sklearn.model_selection.LeaveOneGroupOut : The same, if every row has a label.
    cross_val_transfer : Each domain in turn as an unlabelled target.

    Notes
    -----
    ``groups`` (what ``fit`` takes as ``sample_domain``) is needed; "target" is one domain among the others here. With
    metadata routing on, pass ``sample_domain=d`` in its place: ``groups=`` is refused then.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.model_selection import LeaveOneDomainOut
    >>> X, y, site = np.zeros((5, 1)), np.array([0, 1, 0, 1, 1]), ["a", "a", "b", "b", "target"]
    >>> [test.tolist() for train, test in LeaveOneDomainOut().split(X, y, site)]
    [[0, 1], [2, 3], [4]]
    """

    def get_n_splits(self, X=None, y=None, groups=None):
        """Number of domains that have labels.

        Parameters
        ----------
        X : object, default=None
            Not used.
        y : array-like of shape (n_samples,), default=None
            Labels; by default all are known.
        groups : array-like of shape (n_samples,)
            Domains.

        Returns
        -------
        int
        """
        return len(self._tested(y, groups))

    def split(self, X, y=None, groups=None):
        """Yield the rows to train on and those to test on, domain by domain.

        Parameters
        ----------
        X : array-like of n_samples rows
            Only its number of rows is used.
        y : array-like of shape (n_samples,), default=None
            Labels; rows without one are not tested.
        groups : array-like of shape (n_samples,)
            Domains.

        Yields
        ------
        train, test : ndarray of int
            Positions of rows.

        Raises
        ------
        ValueError
            If ``groups`` is missing, or names fewer than two domains.
        """
        check_consistent_length(X, y, groups)
        for rows, tested in self._tested(y, groups):
            yield np.flatnonzero(~rows), np.flatnonzero(tested)

    def _tested(self, y, groups):
        """Rows of each domain that has labels, and those of them with a label."""
        if groups is None:
            raise ValueError("LeaveOneDomainOut needs groups=sample_domain, one value a row: the domain of each row.")
        names = np.array([repr(name) for name in domain_names(groups, groups)])
        labeled = np.ones(len(names), dtype=bool) if y is None else ~missing_values(y)
        pairs = [(names == name, labeled & (names == name)) for name in np.unique(names)]
        return [pair for pair in pairs if pair[1].any()]
