"""What transfer brings, as a curve over the number of target labels."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from joblib import Parallel, delayed
from sklearn.utils import check_random_state

from sktl._checks import N_JOBS, RANDOM_STATE, InstanceOf, Interval, check_value, checked
from sktl.base import on_missing_labels
from sktl.domains import draw_rows, one_column, plain_rows
from sktl.exceptions import NoTargetLabelsError
from sktl.model_selection._by_domain import LEARNER, SCORING, single_scorer
from sktl.model_selection._candidates import (
    POOLED,
    SOURCE_ONLY,
    TARGET_ONLY,
    TRANSFER,
    default_baseline,
    fitted_quietly,
    labels_at,
    read_labeled_domains,
)
from sktl.model_selection._hide import few_labels, hide_labels
from sktl.model_selection._tables import grid


@dataclass(frozen=True)
class TransferCurve:
    """Scores over the number of target labels.

    Attributes
    ----------
    n_labeled : ndarray of shape (n_sizes,)
        Labelled target rows.
    scores : dict of str -> ndarray of shape (n_sizes, n_repeats)
        For "transfer" (NaN without labels if it needs some), "source-only", "target-only" (NaN without labels) and
        "pooled".
    """

    n_labeled: np.ndarray
    scores: dict

    def __str__(self):
        """Return the mean scores as a table, one row per number of target labels."""
        means = np.transpose([scores.mean(axis=1) for scores in self.scores.values()])
        return grid(self.n_labeled, list(self.scores), means, "labels")


@checked(
    estimator=LEARNER,
    n_labeled=(InstanceOf(tuple, list, range, np.ndarray, noun="a sequence of integers, such as (0, 10, 50)"),),
    baseline=(None, *LEARNER),
    scoring=SCORING,
    test_size=(Interval(low=0, high=1, closed="neither"),),
    n_repeats=(Interval(Integral, 1),),
    n_jobs=N_JOBS,
    random_state=RANDOM_STATE,
)
def transfer_learning_curve(
    estimator,
    X,
    y,
    sample_domain,
    *,
    n_labeled=(0, 5, 10, 20, 50),
    baseline=None,
    scoring=None,
    test_size=0.5,
    n_repeats=5,
    n_jobs=None,
    random_state=0,
):
    """Scores over the number of target labels, with transfer and by plain models without it.

    Parameters
    ----------
    estimator : estimator object
        The transfer model; it is cloned.
    X : array-like, frame or sparse matrix of shape (n_samples, n_features)
        Rows of all domains.
    y : array-like of shape (n_samples,)
        Labels; enough target rows must have one to draw from and to score on.
    sample_domain : array-like of shape (n_samples,)
        Domains, as ``fit`` takes them.
    n_labeled : sequence of int >= 0, default=(0, 5, 10, 20, 50)
        Numbers of target labels that the models may see. 0 gives NaN for models that need some: "target-only", and
        "transfer" if ``estimator`` needs target labels, like the boosters of :mod:`sktl.instance`.
    baseline : estimator object, default=None
        The plain model; None: ``LogisticRegression`` or ``Ridge`` on standardised columns, after those first steps of
        the estimator's pipeline that encode and impute, where X has text or gaps.
    scoring : str, callable or None, default=None
        One scikit-learn scorer; None: the model's ``score``.
    test_size : float in (0, 1), default=0.5
        Share of the labelled target rows that is held out for scoring; these rows are in no fit.
    n_repeats : int >= 1, default=5
        Draws of the rows.
    n_jobs : int or None, default=None
        Draws in parallel, by joblib.
    random_state : int, RandomState instance or None, default=0
        Seed of the draws.

    Returns
    -------
    TransferCurve
        ``n_labeled`` and ``scores``: "transfer", "source-only", "target-only" and "pooled" (source
        and target labels, unweighted), each of shape (n_sizes, n_repeats); ``print`` shows a table of means.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or there are too few labelled target rows for the largest number.

    See Also
    --------
    sktl.inspection.TransferCurveDisplay : The picture of it.
    negative_transfer_gap : One number, with the labels that exist.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.instance import TrAdaBoostClassifier
    >>> from sktl.model_selection import transfer_learning_curve
    >>> rng = np.random.default_rng(0)
    >>> y, target = rng.integers(0, 2, 300), np.arange(300) >= 150
    >>> X = rng.normal(size=(300, 2)) + 2 * y[:, None] * np.where(target[:, None], [1, 0], [0, 1])
    >>> curve = transfer_learning_curve(TrAdaBoostClassifier(), X, y, target, n_labeled=(10, 50), n_repeats=2)
    >>> curve.n_labeled.tolist(), sorted(curve.scores)
    ([10, 50], ['pooled', 'source-only', 'target-only', 'transfer'])
    """
    if len(n_labeled) == 0:
        raise TypeError(f"n_labeled must be a sequence of integers, such as (0, 10, 50); got {n_labeled!r}.")
    for size in n_labeled:
        check_value("n_labeled", size, (Interval(Integral, 0),))
    X, y = plain_rows(X), one_column(y)
    scorer, domains = single_scorer(estimator, scoring), read_labeled_domains(X, y, sample_domain)
    labeled = np.flatnonzero(domains.target & domains.labeled)
    if len(labeled) == 0:
        raise ValueError(
            "No target row has a label: the curve draws labels from them and scores on the rest. Label some, and "
            "mark the target rows in sample_domain."
        )
    n_test = max(1, round(test_size * len(labeled)))  # at least one row to score on
    if max(n_labeled) > len(labeled) - n_test:
        raise ValueError(
            f"n_labeled={max(n_labeled)} needs that many labelled target rows besides the {n_test} held out for "
            f"scoring; there are {len(labeled)} in all. Lower n_labeled or test_size."
        )
    plain = on_missing_labels(default_baseline(estimator, X) if baseline is None else baseline)
    models = {TRANSFER: on_missing_labels(estimator), SOURCE_ONLY: plain, TARGET_ONLY: plain, POOLED: plain}
    # one for each draw: the scores do not depend on n_jobs
    seeds = check_random_state(random_state).randint(2**31 - 1, size=n_repeats)
    draws = Parallel(n_jobs=n_jobs)(
        delayed(_one_draw)(models, scorer, X, y, domains, n_test, tuple(n_labeled), seed) for seed in seeds
    )
    table = np.array(draws, dtype=float)  # (n_repeats, n_sizes, n_models)
    scores = {name: table[:, :, column].T for column, name in enumerate(models)}
    return TransferCurve(np.array(n_labeled), scores)


def _one_draw(models, scorer, X, y, domains, n_test, sizes, seed):
    """Scores (n_sizes, n_models) on one set of held-out target rows."""
    rng = np.random.RandomState(seed)
    test = few_labels(domains.target, domains.labeled, y, n_test, rng)
    left, truth = np.flatnonzero(~test), labels_at(y, domains, np.flatnonzero(test))
    X_left, y_left, names = draw_rows(X, left), draw_rows(y, left), domains.names[left]
    target, labeled = domains.target[left], domains.labeled[left]
    rows = []
    for size in sizes:
        kept = few_labels(target, labeled, y_left, size, rng) if size else np.zeros(len(left), dtype=bool)
        hidden = hide_labels(y_left, target & ~kept)
        scores = []
        for name, model in models.items():
            if name == TARGET_ONLY and size == 0:
                scores.append(np.nan)
                continue
            as_named = TRANSFER if name == POOLED else name  # fitted on all labels, as a transfer model is
            try:
                fitted = fitted_quietly(as_named, model, X_left, hidden, names)
            except NoTargetLabelsError:
                scores.append(np.nan)
                continue
            scores.append(scorer(fitted, draw_rows(X, np.flatnonzero(test)), truth))
        rows.append(scores)
    return rows
