"""The pieces of the bound of Ben-David et al. on the target error."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.utils import check_random_state

from sktl._checks import CLASSIFIER, FOLDS, N_JOBS, RANDOM_STATE, checked
from sktl.domains import draw_rows, n_rows
from sktl.metrics._a_distance import proxy_a_distance
from sktl.metrics._labels import check_labels, check_same_kind
from sktl.metrics._samples import pool_samples


@dataclass(frozen=True)
class AdaptationBound:
    """The terms of the bound; what needs target labels is NaN without them.

    Attributes
    ----------
    source_error : float
        Cross-validated error of the classifier on the source.
    divergence : float
        Proxy A-distance of the domains, by the same kind of classifier, fitted on equally many rows of each.
    joint_error : float
        Sum of the errors on both domains of one classifier fitted on both, cross-validated.
    bound : float
        source_error + divergence / 2 + joint_error; a value of 1 or more says nothing.
    target_error : float
        The quantity that is bounded: error on the target of the classifier fitted on the source.
    """

    source_error: float
    divergence: float
    joint_error: float
    bound: float
    target_error: float


@checked(cv=FOLDS, n_jobs=N_JOBS, random_state=RANDOM_STATE, estimator=CLASSIFIER)
def adaptation_bound(estimator, X_source, y_source, X_target, y_target=None, *, cv=5, n_jobs=None, random_state=0):
    r"""What bounds the error on the target: source error, divergence of the domains, joint error.

    .. math:: \epsilon_t(h) \le \epsilon_s(h) + \tfrac12 d_{H \Delta H}(p_s, p_t) + \lambda, \qquad
              \lambda = \min_{h \in H} \epsilon_s(h) + \epsilon_t(h)

    (Theorem 2 of [1] without its sampling term). A large source error calls for a better model, a large divergence for
    adaptation, and a large joint error for target labels: then no classifier does well on both domains, and no
    unsupervised method can be relied on. *Range*: errors in [0, 1] (joint error [0, 2]), divergence in [0, 2], where 0
    means domains that members of H can't tell apart. *Units*: none, but ``estimator`` may need standardised columns.
    *What it misses*: the divergence is the proxy A-distance, which looks at how well members of H tell the domains
    apart, not at their differences (H Delta H): the sum is a diagnosis, not a guarantee, and often above 1 where
    transfer works.

    Parameters
    ----------
    estimator : classifier
        Classifier that stands for the class H in the formula. It is cloned, never fitted itself.
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source, in any form that ``estimator`` takes (data frames with text, missing values).
    y_source : array-like of shape (n_source,)
        Their classes.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    y_target : array-like of shape (n_target,), default=None
        Their classes, where known: without them the joint error, the bound and the target error are NaN.
    cv : int >= 2, default=5
        Number of folds.
    n_jobs : int, default=None
        Folds fitted at once.
    random_state : int, RandomState instance or None, default=0
        Seed of the folds. They do not depend on the order of the rows.

    Returns
    -------
    AdaptationBound
        Record with ``source_error``, ``divergence``, ``joint_error``, ``bound`` and ``target_error``.

    Raises
    ------
    ValueError
        If a sample or a class has fewer than ``cv`` rows, a label is missing, labels are text in one domain and numbers
        in the other, or columns differ.
    TypeError
        If ``estimator`` is not a classifier.

    See Also
    --------
    proxy_a_distance : The divergence alone.

    Notes
    -----
    Cost: 3 ``cv`` + 1 fits, ``cv`` + ``cv`` without target labels. The joint error is that of a classifier fitted on
    all rows of both domains, folds left out: an upper estimate of the smallest one, in which the larger domain counts
    more.

    References
    ----------
    .. [1] S. Ben-David, J. Blitzer, K. Crammer, A. Kulesza, F. Pereira, J. W. Vaughan, "A theory of learning from
       different domains", Machine Learning 79, 2010.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.metrics import adaptation_bound
    >>> data = make_covariate_shift(random_state=0)
    >>> source = data.y == data.y  # y is NaN on target rows
    >>> pieces = adaptation_bound(LogisticRegression(), data.X[source], data.y[source], data.X[~source])
    >>> 0 < pieces.divergence < 2
    True
    """
    X, order, is_target = pool_samples(X_source, X_target, estimator, min_rows=cv)
    seed = check_random_state(random_state).randint(2**31 - 1)
    n_source = n_rows(X_source)
    y_source = check_labels("y_source", y_source, n_source)
    if y_target is not None:
        y_target = check_labels("y_target", y_target, n_rows(X_target))
        check_same_kind(y_source=y_source, y_target=y_target)
    source, target = (draw_rows(X, np.flatnonzero(is_target == label)) for label in (False, True))
    wrong = _held_out_mistakes(estimator, source, y_source, y_source, order[order < n_source], cv, n_jobs, seed)
    source_error = float(np.mean(wrong))
    divergence = proxy_a_distance(X_source, X_target, estimator, cv=cv, n_jobs=n_jobs, random_state=seed)
    joint_error = target_error = np.nan
    if y_target is not None:
        target_error = float(np.mean(clone(estimator).fit(source, y_source).predict(target) != y_target))
        y = np.concatenate([y_source, y_target])
        # a number for each class of each domain: every fold has its share of all
        strata = np.unique(y, return_inverse=True)[1] * 2 + is_target
        wrong = _held_out_mistakes(estimator, X, y, strata, order, cv, n_jobs, seed)
        # each domain by its own mean: a large one does not hide the mistakes on a small one
        joint_error = float(np.mean(wrong[is_target]) + np.mean(wrong[~is_target]))
    bound = source_error + divergence / 2 + joint_error
    return AdaptationBound(source_error, divergence, joint_error, bound, target_error)


def _held_out_mistakes(estimator, X, y, strata, order, cv, n_jobs, seed):
    """Which rows a classifier that has not seen them gets wrong; every fold has its share of each stratum."""
    counts = np.unique(strata, return_counts=True)[1]
    if counts.min() < cv:
        raise ValueError(
            f"A class has {counts.min()} row(s) in a domain, fewer than cv={cv}: lower cv, or leave the class out."
        )
    folds = StratifiedKFold(cv, shuffle=True, random_state=seed).split(order, strata[order])
    folds = [(order[kept], order[out]) for kept, out in folds]
    return cross_val_predict(clone(estimator), X, y, cv=folds, n_jobs=n_jobs) != y
