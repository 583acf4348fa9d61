"""Classifier two-sample test: whether a classifier tells the source from the target better than by chance."""

from numbers import Integral

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from sktl._checks import CLASSIFIER, FOLDS, N_JOBS, RANDOM_STATE, Interval, checked
from sktl._core.two_sample import linear_scores, rank_pvalues, rank_sums, relabellings
from sktl.base import domain_classifier
from sktl.domains import draw_rows
from sktl.metrics._result import TwoSampleResult
from sktl.metrics._samples import pool_samples


@checked(
    estimator=(None, *CLASSIFIER),
    cv=FOLDS,
    method=("auto", "permutation", "forward"),
    n_permutations=(Interval(Integral, 1),),
    n_jobs=N_JOBS,
    random_state=RANDOM_STATE,
)
def classifier_two_sample_test(
    X_source,
    X_target,
    estimator=None,
    *,
    cv=5,
    method="auto",
    n_permutations=1000,
    n_jobs=None,
    random_state=0,
):
    r"""Test by a classifier (C2ST) that two samples have one distribution.

    The statistic is the area under the ROC curve of a classifier that tells target rows from source rows, on rows that
    it has not seen: 0.5 by chance, 1 if it always can. A p-value from the binomial law would be too small under
    cross-validation, whose folds share training rows; both methods here have an exact level instead:

    - "permutation": each fold is judged by a classifier fitted on the other folds, and the same is done again for every
      relabelling (labels permuted within the folds). ``cv`` fits per relabelling; the default classifier does all
      relabellings in matrix products.
    - "forward": each fold after the first is judged by a classifier fitted on the folds *before* it. Given those, the
      ranks of its scores are a uniform draw if the distributions are equal, so that the rank sums of the folds are
      independent and their null law is known. ``cv - 1`` fits; with ``cv=2`` it is the split of [1]_.

    *When it helps*: many columns; differences that suit the classifier; text, categories and missing values, with a
    pipeline that takes them. *What it misses*: what the classifier can't see; the default, a linear one, sees shifts of
    means alone.

    Parameters
    ----------
    X_source : array-like or CSR matrix of shape (n_source, n_features)
        Rows of the source. An ``estimator`` of your own may take data frames with text and missing values.
    X_target : array-like or CSR matrix of shape (n_target, n_features)
        Rows of the target.
    estimator : classifier object, default=None
        Any classifier; its ``decision_function``, ``predict_proba`` or ``predict`` ranks the rows. None means a linear
        discriminant with shrunk covariance on standardised columns, for CSR logistic regression.
    cv : int >= 2, default=5
        Number of folds, stratified.
    method : {"auto", "permutation", "forward"}, default="auto"
        "auto" is "permutation" for the default classifier on dense data, else "forward".
    n_permutations : int, default=1000
        Number of relabellings B; the smallest p-value is 1 / (B + 1). "permutation" with your own classifier fits it (B
        + 1) cv times: choose 100 to 200.
    n_jobs : int, default=None
        Fits in parallel, for your own classifier.
    random_state : int, RandomState instance or None, default=0
        Seed of the folds, the relabellings and the order of ties, not of the classifier: for "permutation" give that a
        fixed ``random_state`` of its own.

    Returns
    -------
    TwoSampleResult
        Record with ``statistic``, the mean area under the ROC curve of the judged folds, and ``pvalue``.

    Raises
    ------
    ValueError
        If a sample has fewer than ``cv`` rows, or (without ``estimator``) is not finite, columns differ, or a
        parameter is unknown.
    TypeError
        If ``estimator`` is not a classifier.

    See Also
    --------
    proxy_a_distance : The classifier's error as a distance.
    mmd_test : No classifier; sees differences of every kind.

    Notes
    -----
    Departures from [1]_: ranks instead of the accuracy, since they need no threshold and no equal sizes; ties are
    broken at random in "forward", which keeps the ranks uniform; cross-fitting instead of one split. The default costs
    O(cv (n d^2 + d^3) + n d B) time, with d the smaller of columns and rows, and n B bytes.

    References
    ----------
    .. [1] D. Lopez-Paz, M. Oquab, "Revisiting classifier two-sample tests", ICLR 2017.
    .. [2] A. Podkopaev, A. Ramdas, "Sequential predictive two-sample and independence testing", NeurIPS 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import classifier_two_sample_test
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(80, 5)), rng.normal(size=(60, 5))
    >>> classifier_two_sample_test(X, Y).pvalue > 0.05
    True
    >>> round(classifier_two_sample_test(X, Y + 1).pvalue, 3)
    0.001
    """
    X, order, is_target = pool_samples(X_source, X_target, estimator, min_rows=cv)
    sizes = int((~is_target).sum()), int(is_target.sum())
    X, is_target = draw_rows(X, order), is_target[order]
    random_state = check_random_state(random_state)
    folds = StratifiedKFold(cv, shuffle=True, random_state=random_state.randint(2**31 - 1)).split(is_target, is_target)
    folds = [test for _, test in folds]
    rng = np.random.default_rng(random_state.randint(2**31 - 1))
    if estimator is None and not sparse.issparse(X) and method != "forward":
        areas, method = _permuted_linear(X, is_target, folds, n_permutations, rng), "permutation"
    elif method == "permutation":
        areas = _permuted_fits(_given_or_default(estimator, X), X, is_target, folds, n_permutations, n_jobs, rng)
    else:
        areas, method = (
            _forward(_given_or_default(estimator, X), X, is_target, folds, n_permutations, n_jobs, rng),
            "forward",
        )
    combined = areas.mean(axis=0)
    return TwoSampleResult(
        float(combined[0]), float(rank_pvalues(combined[None])[0, 0]), method, *sizes, n_permutations
    )


def _given_or_default(estimator, X):
    return domain_classifier(X) if estimator is None else estimator


def _within_folds(is_target, folds, n_permutations, rng):
    """Labels permuted within each fold, the first column as they are."""
    labels = np.empty((len(is_target), 1 + n_permutations), dtype=np.int8)  # one byte each: there are n (1 + B) of them
    for fold in folds:
        labels[fold] = relabellings(is_target[fold], n_permutations, rng)
    return labels


def _permuted_linear(X, is_target, folds, n_permutations, rng):
    """Areas under the curve of the linear discriminant, shape (n_folds, 1 + n_permutations)."""
    # over all rows, which no relabelling changes: the level stays exact
    X = StandardScaler().fit_transform(X.astype(np.float64))
    labels = _within_folds(is_target, folds, n_permutations, rng)
    areas = []
    for k, test in enumerate(folds):
        train = np.concatenate(folds[:k] + folds[k + 1 :])
        areas.append(_areas(rank_sums(linear_scores(X[train], labels[train], X[test]), labels[test]), is_target[test]))
    return np.stack(areas)


def _permuted_fits(classifier, X, is_target, folds, n_permutations, n_jobs, rng):
    """The same for any classifier, one fit per fold and relabelling."""
    labels = _within_folds(is_target, folds, n_permutations, rng)
    trains = [np.concatenate(folds[:k] + folds[k + 1 :]) for k in range(len(folds))]
    jobs = (
        delayed(_scores)(classifier, X, column[train], train, test)
        for train, test in zip(trains, folds, strict=True)
        for column in labels.T
    )
    scores = iter(Parallel(n_jobs=n_jobs)(jobs))
    areas = [
        _areas(rank_sums([next(scores)[:, None]], column[test][:, None]), is_target[test])[0]
        for test in folds
        for column in labels.T
    ]
    return np.array(areas).reshape(len(folds), -1)


def _forward(classifier, X, is_target, folds, n_permutations, n_jobs, rng):
    """Areas under the curve of the folds after the first, and of label permutations given the scores."""
    earlier, later, labels = (
        [np.concatenate(folds[:k]) for k in range(1, len(folds))],
        folds[1:],
        is_target.astype(np.int8),
    )
    found = Parallel(n_jobs=n_jobs)(
        delayed(_scores)(classifier, X, labels[train], train, test) for train, test in zip(earlier, later, strict=True)
    )
    areas = []
    for test, score in zip(later, found, strict=True):
        own = is_target[test]
        ranks = np.empty(len(score))
        ranks[np.lexsort((rng.random(len(score)), score))] = np.arange(1, len(score) + 1)  # ties: at random
        areas.append(_areas(ranks @ relabellings(own, n_permutations, rng), own))
    return np.stack(areas)


def _scores(classifier, X, y, train, test):
    """How target-like a clone fitted on the rows ``train``, with labels ``y``, finds each of the rows ``test``."""
    fitted, X_test = clone(classifier).fit(draw_rows(X, train), y), draw_rows(X, test)
    if hasattr(fitted, "decision_function"):  # first: probabilities near 0 and 1 round to ties, decision values do not
        return fitted.decision_function(X_test)
    if hasattr(fitted, "predict_proba"):
        return fitted.predict_proba(X_test)[:, 1]
    return fitted.predict(X_test).astype(float)


def _areas(rank_sum, is_target):
    """Areas under the ROC curve from the rank sums of the target rows."""
    n_target = is_target.sum()
    # Mann and Whitney: above the least possible rank sum, the number of pairs in the right order
    return (rank_sum - n_target * (n_target + 1) / 2) / (n_target * (len(is_target) - n_target))
