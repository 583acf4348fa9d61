"""The splitter of labelled target rows: the cross-validation of supervised transfer."""

import numpy as np
from sklearn.utils import check_random_state

from sktl._checks import BOOLEAN, FOLDS, RANDOM_STATE
from sktl.domains import n_rows, read_samples
from sktl.model_selection._folds import deal, read_domains_quietly, stratum_codes
from sktl.model_selection._splitter import DomainSplitter, without_partners


class TargetKFold(DomainSplitter):
    """K folds of the labelled target rows; all other rows train in every fold.

    The cross-validation for supervised transfer (TrAdaBoost, a model fine-tuned on a few target labels): only labelled
    target rows are tested, so that ordinary scorers such as ``"accuracy"`` measure what counts. Folds are stratified by
    class, if labels are classes.

    Parameters
    ----------
    n_splits : int >= 2, default=5
        Number of folds.
    shuffle : bool, default=True
        Whether the labelled target rows are shuffled before they are split into folds.
    random_state : int, RandomState instance or None, default=0
        Seed of the shuffle.

    See Also
    --------
    SourceTargetKFold : If no target row has a label.

    Notes
    -----
    ``groups`` marks the target rows, since missing labels do not. Pass the domains both as ``groups`` and as
    ``sample_domain``: ``search.fit(X, y, groups=d, sample_domain=d)``, or, where the step ``tradaboostclassifier`` of a
    pipeline asks for it, ``search.fit(X, y, groups=d, tradaboostclassifier__sample_domain=d)``. With metadata routing
    on it is ``search.fit(X, y, sample_domain=d)`` in both cases, and ``groups=`` is refused. Outside a search it is
    ``cross_val_score(model, X, y, groups=d, params={"sample_domain": d}, cv=TargetKFold())``. Source rows are never
    tested, so that ``cross_val_predict`` refuses this splitter.

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
        y : array-like of shape (n_samples,)
            Labels; known ones among the target rows are what is tested.
        groups : array-like of shape (n_samples,)
            Domains, as ``sample_domain`` of ``fit``.
        sample_id : array-like of shape (n_samples,), default=None
            Which physical sample a row is; partners of a tested row do not train.

        Yields
        ------
        train, test : ndarray of int
            Positions of rows.

        Raises
        ------
        ValueError
            If fewer target rows than folds have a label.
        """
        self._check_params()
        domains = read_domains_quietly(X, y, groups)
        tested = np.flatnonzero(domains.target & domains.labeled) if y is not None else np.array([], dtype=int)
        if len(tested) < self.n_splits:
            hint = "Lower n_splits." if len(tested) > 1 else "Pass groups=sample_domain to mark the target rows."
            raise ValueError(
                f"n_splits={self.n_splits} folds need at least as many labelled target rows; there are "
                f"{len(tested)}. {hint}"
            )
        samples = read_samples(sample_id, n_rows(X))
        rng = check_random_state(self.random_state) if self.shuffle else None
        folds = deal(stratum_codes(y, domains.labeled)[tested], self.n_splits, rng)
        for fold in range(self.n_splits):
            test = tested[folds == fold]
            yield without_partners(np.setdiff1d(np.arange(n_rows(X)), test), test, samples), test
