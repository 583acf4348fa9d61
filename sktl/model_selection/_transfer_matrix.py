"""Scores from each domain to each other: which ones help which."""

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import is_classifier
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score

from sktl._checks import FOLDS, N_JOBS, checked
from sktl.base import on_missing_labels
from sktl.domains import as_column, draw_rows, known_labels, one_column, one_domain_is_meant, plain_rows
from sktl.model_selection._by_domain import LEARNER, SCORING, single_scorer
from sktl.model_selection._tables import grid
from sktl.model_selection._transfer import chosen_targets, fit_and_score, own_labels, read_domain_labels


@dataclass(frozen=True)
class TransferMatrix:
    """Scores from each domain to each.

    Attributes
    ----------
    domains : list
        Names of the domains.
    scores : ndarray of shape (n_domains, n_domains)
        Row: the source; column: the target. On the diagonal: cross-validation within the domain.
    """

    domains: list
    scores: np.ndarray

    def __str__(self):
        """Return the scores as a table, one row per source."""
        return grid(self.domains, self.domains, self.scores, "source > target")


@checked(estimator=LEARNER, scoring=SCORING, cv=FOLDS, n_jobs=N_JOBS)
def transfer_matrix(estimator, X, y, sample_domain, *, scoring=None, cv=5, n_jobs=None):
    """Score an estimator for each pair of domains, fitted on one with labels and the other without.

    Parameters
    ----------
    estimator : estimator object
        As for :func:`cross_val_transfer`.
    X : array-like, frame or sparse matrix of shape (n_samples, n_features)
        Rows of all domains.
    y : array-like of shape (n_samples,)
        Their labels; rows without one are not scored.
    sample_domain : array-like of shape (n_samples,)
        The name of each row's domain.
    scoring : str, callable or None, default=None
        One scikit-learn scorer; None: the estimator's ``score``.
    cv : int >= 2, default=5
        Folds of the cross-validation within a domain, on the diagonal (with one domain, nothing is adapted).
    n_jobs : int or None, default=None
        Number of fits in parallel, by joblib.

    Returns
    -------
    TransferMatrix
        ``domains`` and ``scores``: row the source, column the target; ``print`` shows a table.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or a domain has no labels, or those of one class, which the estimator can't
        learn.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.model_selection import transfer_matrix
    >>> rng = np.random.default_rng(0)
    >>> y, site = rng.integers(0, 2, 80), np.repeat(["a", "b"], 40)
    >>> X = rng.normal(size=(80, 1)) + 4 * y[:, None] * np.where(site == "a", 1, -1)[:, None]
    >>> transfer_matrix(LogisticRegression(), X, y, site).scores.round()
    array([[1., 0.],
           [0., 1.]])
    """
    X, y = plain_rows(X), one_column(y)
    names, labeled = read_domain_labels(X, y, sample_domain)
    domains = chosen_targets("each", names, labeled)
    missing = sorted(set(names.tolist()) - set(domains), key=repr)
    if missing:
        raise ValueError(
            f"Every domain is a source here and needs labels; the domains {missing} have none. Leave their rows out."
        )
    estimator = on_missing_labels(estimator)
    scorer = single_scorer(estimator, scoring)
    pairs = [(source, target) for source in domains for target in domains]
    scores = Parallel(n_jobs=n_jobs)(
        delayed(_score_pair)(estimator, scorer, X, y, names, labeled, pair, cv) for pair in pairs
    )
    return TransferMatrix(domains, np.reshape(scores, (len(domains), len(domains))))


def _score_pair(estimator, scorer, X, y, names, labeled, pair, cv):
    """Score from one domain to another, or within one."""
    rows = np.flatnonzero((names == pair[0]) | (names == pair[1]))
    X, y, names, labeled = draw_rows(X, rows), as_column(y)[rows], names[rows], labeled[rows]
    is_target = names == pair[1]
    try:
        if pair[0] != pair[1]:
            return fit_and_score(estimator, scorer, X, y, names, is_target, is_target & labeled, True)[1]
        return _score_within(estimator, scorer, X, y, np.flatnonzero(labeled), cv)
    except ValueError as error:
        classes = np.unique(known_labels(y, labeled & (names == pair[0])))
        if not is_classifier(estimator) or len(classes) > 1:
            raise
        raise ValueError(
            f"The labels of the domain {pair[0]!r} are of one class, {classes.tolist()[0]!r}, which the estimator "
            "can't learn. Leave the rows of that domain out."
        ) from error


def _score_within(estimator, scorer, X, y, known, cv):
    """Mean score of the folds of the ``known`` rows, all of one domain."""
    folds = (StratifiedKFold if is_classifier(estimator) else KFold)(cv, shuffle=True, random_state=0)
    with one_domain_is_meant():
        scores = cross_val_score(estimator, draw_rows(X, known), own_labels(y, known), scoring=scorer, cv=folds)
    return np.mean(scores)
