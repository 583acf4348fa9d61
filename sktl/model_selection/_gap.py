"""What transfer costs or brings, as a number."""

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from sktl._checks import FOLDS, N_JOBS, RANDOM_STATE, checked
from sktl.base import on_missing_labels
from sktl.domains import draw_rows, one_column, plain_rows
from sktl.model_selection._by_domain import LEARNER, SCORING, single_scorer
from sktl.model_selection._candidates import (
    TARGET_ONLY,
    TRANSFER,
    fitted_quietly,
    labels_at,
    read_labeled_domains,
)
from sktl.model_selection._hide import hide_labels
from sktl.model_selection._target_kfold import TargetKFold


@dataclass(frozen=True)
class NegativeTransferGap:
    """Score with the source and without.

    Attributes
    ----------
    gap : float
        Score without the source minus score with it: positive where transfer hurts.
    with_source, without_source : ndarray of shape (n_folds,)
        Scores on held-out target labels.
    """

    gap: float
    with_source: np.ndarray
    without_source: np.ndarray


@checked(
    estimator=LEARNER, baseline=(None, *LEARNER), scoring=SCORING, cv=FOLDS, n_jobs=N_JOBS, random_state=RANDOM_STATE
)
def negative_transfer_gap(
    estimator, X, y, sample_domain, *, baseline=None, scoring=None, cv=5, n_jobs=None, random_state=0
):
    """How much worse an estimator is with the source than a baseline without it: above 0, transfer hurts.

    Parameters
    ----------
    estimator : estimator object
        The transfer model; it is cloned.
    X : array-like, frame or sparse matrix of shape (n_samples, n_features)
        Rows of all domains.
    y : array-like of shape (n_samples,)
        Labels; some target rows have one.
    sample_domain : array-like of shape (n_samples,)
        Domains, as ``fit`` takes them.
    baseline : estimator object, default=None
        The model to fit on the target labels alone; None: the estimator itself (which, with a single domain, adapts
        nothing).
    scoring : str, callable or None, default=None
        One scikit-learn scorer, higher is better; None: the estimator's ``score``.
    cv : int >= 2, default=5
        Folds of the labelled target rows.
    n_jobs : int or None, default=None
        Number of fits in parallel, by joblib.
    random_state : int, RandomState instance or None, default=0
        Seed of the folds.

    Returns
    -------
    NegativeTransferGap
        ``gap``, and the scores ``with_source`` and ``without_source``, fold by fold.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or fewer target rows than folds have a label.

    See Also
    --------
    TransferGuard : Uses such a comparison to decide.

    References
    ----------
    .. [1] Z. Wang, Z. Dai, B. Poczos, J. Carbonell, "Characterizing and avoiding negative transfer", CVPR 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.model_selection import negative_transfer_gap
    >>> rng = np.random.default_rng(0)
    >>> y, target = rng.integers(0, 2, 200), np.arange(200) >= 150
    >>> X = rng.normal(size=(200, 1)) + np.where(target, 3, -3)[:, None] * y[:, None]  # the source says the opposite
    >>> bool(negative_transfer_gap(LogisticRegression(), X, y, target).gap > 0.5)
    True
    """
    X, y = plain_rows(X), one_column(y)
    domains = read_labeled_domains(X, y, sample_domain)
    n_labeled = np.count_nonzero(domains.target & domains.labeled)
    if cv > n_labeled:
        way_out = "Lower cv." if n_labeled > 1 else "Label some target rows, and mark them in sample_domain."
        raise ValueError(f"cv={cv} folds need at least as many labelled target rows; there are {n_labeled}. {way_out}")
    models = {
        TRANSFER: on_missing_labels(estimator),
        TARGET_ONLY: on_missing_labels(estimator if baseline is None else baseline),
    }
    scorer = single_scorer(estimator, scoring)
    folds = [test for _, test in TargetKFold(cv, random_state=random_state).split(X, y, domains.target)]
    scores = Parallel(n_jobs=n_jobs)(
        delayed(_held_out_score)(name, model, scorer, X, y, domains, test)
        for name, model in models.items()
        for test in folds
    )
    with_source, without_source = np.reshape(np.array(scores, dtype=float), (2, cv))
    return NegativeTransferGap(float(np.mean(without_source - with_source)), with_source, without_source)


def _held_out_score(name, model, scorer, X, y, domains, test):
    """Score on some labelled target rows of a model fitted with their labels hidden."""
    fitted = fitted_quietly(name, model, X, hide_labels(y, test), domains.names)
    return scorer(fitted, draw_rows(X, test), labels_at(y, domains, test))
