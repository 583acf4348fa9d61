"""The splitter of whole domains: how a model generalises to a new one."""

import numpy as np
from sklearn.utils import check_consistent_length

from sktl.domains import missing_values, n_rows, read_samples
from sktl.model_selection._by_domain import domain_names
from sktl.model_selection._splitter import DomainSplitter, without_partners


class LeaveOneDomainOut(DomainSplitter):
    """Test on each domain in turn with a model that saw no row of it: how well a model generalises to a new domain.

    A domain without labels trains in every split and is never tested. If the model may adapt to the unlabelled rows of
    the domain left out, use :func:`cross_val_transfer`.

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

    def get_n_splits(self, X=None, y=None, groups=None, sample_id=None):
        """Number of domains that have labels.

        Parameters
        ----------
        X : object, default=None
            Not used.
        y : array-like of shape (n_samples,), default=None
            Labels; by default all are known.
        groups : array-like of shape (n_samples,)
            Domains.
        sample_id : object, default=None
            Not used.

        Returns
        -------
        int
        """
        return len(self._tested(y, groups))

    def split(self, X, y=None, groups=None, sample_id=None):
        """Yield the rows to train on and those to test on, domain by domain.

        Parameters
        ----------
        X : array-like of n_samples rows
            Only its number of rows is used.
        y : array-like of shape (n_samples,), default=None
            Labels; rows without one are not tested.
        groups : array-like of shape (n_samples,)
            Domains.
        sample_id : array-like of shape (n_samples,), default=None
            Which physical sample a row is; partners of a tested row do not train.

        Yields
        ------
        train, test : ndarray of int
            Positions of rows.

        Raises
        ------
        ValueError
            If ``groups`` is missing, or names fewer than two domains, or partners leave no row to train on.
        """
        check_consistent_length(X, y, groups)
        samples = read_samples(sample_id, n_rows(X))
        for rows, tested in self._tested(y, groups):
            train = without_partners(np.flatnonzero(~rows), np.flatnonzero(tested), samples)
            if len(train) == 0:
                raise ValueError(
                    f"Every row outside a domain of {rows.sum()} rows is the same sample as one of its rows "
                    "(sample_id), so that none is left to train on. Leave sample_id out to test on known samples."
                )
            yield train, np.flatnonzero(tested)

    def _tested(self, y, groups):
        """Rows of each domain that has labels, and those of them with a label."""
        if groups is None:
            raise ValueError("LeaveOneDomainOut needs groups=sample_domain, one value per row: the domain of each row.")
        names = np.array([repr(name) for name in domain_names(groups, groups)])
        labeled = np.ones(len(names), dtype=bool) if y is None else ~missing_values(y)
        pairs = [(names == name, labeled & (names == name)) for name in np.unique(names)]
        return [pair for pair in pairs if pair[1].any()]
