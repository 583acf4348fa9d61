"""Each domain in turn as the target: how well a method transfers, where the labels that tell are there."""

from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone, is_classifier
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.utils import check_consistent_length, check_random_state

from sktl._checks import check_number, check_option
from sktl.base import fit_on_domains, on_missing_labels
from sktl.domains import TARGET, as_column, draw_rows, known_labels, missing_values, one_column
from sktl.model_selection._by_domain import check_learner, domain_names, one_domain_is_meant, single_scorer
from sktl.model_selection._folds import class_codes, deal
from sktl.model_selection._hide import hide_labels
from sktl.model_selection._tables import grid

MODES = ("unsupervised", "generalization", "few-shot")


@dataclass(frozen=True)
class TransferScores:
    """Scores of one estimator, target by target.

    Attributes
    ----------
    targets : list
        Names of the domains that played the target.
    scores : ndarray of shape (n_targets,)
        Score on the rows of each.
    n_scored : ndarray of shape (n_targets,)
        Rows that were scored.
    estimators : list
        The fitted estimators.
    """

    targets: list
    scores: np.ndarray
    n_scored: np.ndarray
    estimators: list = field(repr=False)

    def __str__(self):
        """Return the scores as a table."""
        rows = zip(self.scores, self.n_scored, strict=True)
        return f"{grid(self.targets, ['score', 'rows'], rows, 'target')}\nmean {self.mean:.3f}"

    @property
    def mean(self):
        """Mean of the scores, each target counted alike."""
        return float(np.mean(self.scores))


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
        """Return the scores as a table, a row a source."""
        return grid(self.domains, self.domains, self.scores, "source > target")


def cross_val_transfer(
    estimator,
    X,
    y,
    sample_domain,
    *,
    targets="each",
    mode="unsupervised",
    n_labeled=None,
    scoring=None,
    n_jobs=None,
    random_state=0,
):
    """Score an estimator on each domain in turn, as if its labels were not known.

    Parameters
    ----------
    estimator : estimator object
        A classifier, regressor or pipeline; it is cloned. ``sample_domain`` reaches each of its parts that asks for it;
        if what learns from labels neither asks for it nor is wrapped in ``OnLabeled``, it is wrapped, and fitted on the
        labelled rows.
    X : array-like, frame or sparse matrix of shape (n_samples, n_features)
        Rows of all domains.
    y : array-like of shape (n_samples,)
        Their labels; rows without one are never scored.
    sample_domain : array-like of shape (n_samples,)
        The name of each row's domain; "target" is a name like the others here.
    targets : "each" or list, default="each"
        The domains that play the target, one after the other; "each": all that have a label.
    mode : {"unsupervised", "generalization", "few-shot"}, default="unsupervised"
        What ``fit`` sees of the target: its rows without their labels; nothing; its rows and ``n_labeled`` labels,
        drawn by class (the rows that keep theirs are not scored). The other domains are the sources. In
        "generalization", where there is no target to adapt to, they are one domain: ``fit`` gets their labelled rows
        and no ``sample_domain``, and what adapts does nothing.
    n_labeled : int >= 1, default=None
        For "few-shot", which needs it.
    scoring : str, callable or None, default=None
        As in scikit-learn, one score; None: the estimator's ``score``. Target labels are used here and nowhere else.
    n_jobs : int or None, default=None
        Fits in parallel, by joblib.
    random_state : int, RandomState instance or None, default=0
        Seed of the draw of labelled rows.

    Returns
    -------
    TransferScores
        ``targets``, ``scores``, ``n_scored``, ``estimators`` and ``mean``; ``print`` shows a table.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or a target has no label to score by.

    See Also
    --------
    transfer_matrix : From each domain to each.
    LeaveOneDomainOut : The splits of mode "generalization", for scikit-learn's functions (rows without a label train).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.model_selection import cross_val_transfer
    >>> rng = np.random.default_rng(0)
    >>> y, site = rng.integers(0, 2, 90), np.repeat(["a", "b", "c"], 30)
    >>> X = rng.normal(size=(90, 2)) + 3 * y[:, None]
    >>> result = cross_val_transfer(LogisticRegression(), X, y, site)
    >>> result.targets, bool(result.mean > 0.9)
    (['a', 'b', 'c'], True)
    """
    check_option("mode", mode, MODES)
    check_learner(estimator)
    if n_labeled is None and mode == "few-shot":
        raise ValueError("mode='few-shot' needs n_labeled, the number of target labels that fit sees, such as 10.")
    if n_labeled is not None and mode != "few-shot":
        raise ValueError(f"n_labeled belongs to mode='few-shot'; got mode={mode!r} and n_labeled={n_labeled!r}.")
    check_number("n_labeled", n_labeled, Integral, low=1, options=(None,))
    y = one_column(y)
    names, labeled = _read(X, y, sample_domain)
    chosen = _chosen_targets(targets, names, labeled)
    if mode == "generalization" and len(set(names[labeled].tolist())) == 1:
        raise ValueError(
            f"mode='generalization' learns from the labels of other domains; {chosen[0]!r} alone has labels. Label "
            "rows of another domain."
        )
    rng = check_random_state(random_state)
    tasks = []
    for target in chosen:
        kept = few_labels(names == target, labeled, y, n_labeled, rng)
        tasks.append((names == target, labeled & (names == target) & ~kept))
    estimator = on_missing_labels(estimator)
    scorer = single_scorer(estimator, scoring)
    results = Parallel(n_jobs=n_jobs)(
        delayed(_fit_and_score)(estimator, scorer, X, y, names, target, scored, mode != "generalization")
        for target, scored in tasks
    )
    models, scores = zip(*results, strict=True)
    return TransferScores(chosen, np.array(scores), np.array([scored.sum() for _, scored in tasks]), list(models))


def transfer_matrix(estimator, X, y, sample_domain, *, scoring=None, cv=5, n_jobs=None):
    """Score an estimator from each domain to each: fitted on one with labels and the other without.

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
        As in scikit-learn, one score; None: the estimator's ``score``.
    cv : int >= 2, default=5
        Folds of the cross-validation within a domain, on the diagonal (where estimators that adapt have one domain, and
        do nothing).
    n_jobs : int or None, default=None
        Fits in parallel, by joblib.

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
    check_number("cv", cv, Integral, low=2)
    check_learner(estimator)
    y = one_column(y)
    names, labeled = _read(X, y, sample_domain)
    domains = _chosen_targets("each", names, labeled)
    missing = sorted(set(names.tolist()) - set(domains), key=repr)
    if missing:
        raise ValueError(f"A source needs labels; the domains {missing} have none. Leave their rows out.")
    estimator = on_missing_labels(estimator)
    scorer = single_scorer(estimator, scoring)
    pairs = [(source, target) for source in domains for target in domains]
    scores = Parallel(n_jobs=n_jobs)(
        delayed(_score_pair)(estimator, scorer, X, y, names, labeled, pair, cv) for pair in pairs
    )
    return TransferMatrix(domains, np.reshape(scores, (len(domains), len(domains))))


def _read(X, y, sample_domain):
    """Names of the rows' domains, as objects, and which rows have labels."""
    if y is None:
        raise ValueError("y is needed: the labels of the domains, by which they are scored; got None.")
    check_consistent_length(X, y)
    return domain_names(X, sample_domain), ~missing_values(y)


def _chosen_targets(targets, names, labeled):
    """Names of the domains that play the target."""
    able = sorted(set(names[labeled].tolist()), key=repr)
    if not able:
        raise ValueError(f"All {len(names)} labels are missing: a target is scored by its labels. Pass those you have.")
    if isinstance(targets, str) and targets == "each":
        return able
    if isinstance(targets, str) or not np.iterable(targets):
        raise ValueError(f"targets must be 'each' or a list, some of {able}; got {targets!r}. Pass [{targets!r}].")
    chosen = list(targets)
    unable = [name for name in chosen if name not in able]
    if unable or not chosen:
        raise ValueError(f"targets must be 'each' or some of the domains that have labels, {able}; got {targets!r}.")
    return chosen


def few_labels(target, labeled, y, n_labeled, rng):
    """Mask of the target rows that keep their labels: ``n_labeled``, spread over the classes."""
    kept, rows = np.zeros(len(target), dtype=bool), np.flatnonzero(target & labeled)
    if n_labeled is None:
        return kept
    if n_labeled >= len(rows):
        raise ValueError(f"n_labeled={n_labeled} leaves no labelled row to score: a target has {len(rows)}. Lower it.")
    folds = deal(class_codes(y, labeled)[rows], len(rows), rng)  # one row a fold, classes side by side
    order = rows[np.argsort(folds)]
    kept[order[np.floor((np.arange(n_labeled) + rng.uniform()) * len(rows) / n_labeled).astype(int)]] = True
    return kept


def _fit_and_score(estimator, scorer, X, y, names, target, scored, sees_target):
    """Fit with the labels of the ``scored`` target rows hidden (and the target's rows, if it must not see them)."""
    if sees_target:
        domains = np.where(target, TARGET, np.where(names == TARGET, "was target", names)).astype(object)
        model = fit_on_domains(estimator, X, hide_labels(y, target & scored), domains)
    else:  # no names, which are refused where no row is the target's; nor rows that would pass for such
        rows = np.flatnonzero(~target & ~missing_values(y))
        with one_domain_is_meant():
            model = clone(estimator).fit(draw_rows(X, rows), _own_labels(y, rows))
    rows = np.flatnonzero(scored)
    return model, scorer(model, draw_rows(X, rows), _own_labels(y, rows))


def _own_labels(y, rows):
    """Labels of some rows in their own type, where none of them is missing."""
    labels = as_column(y)[rows]
    return labels if missing_values(labels).any() else np.array(labels.tolist())


def _score_pair(estimator, scorer, X, y, names, labeled, pair, cv):
    """Score from one domain to another, or within one."""
    rows = np.flatnonzero((names == pair[0]) | (names == pair[1]))
    X, y, names, labeled = draw_rows(X, rows), as_column(y)[rows], names[rows], labeled[rows]
    is_target = names == pair[1]
    try:
        if pair[0] != pair[1]:
            return _fit_and_score(estimator, scorer, X, y, names, is_target, is_target & labeled, True)[1]
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
        scores = cross_val_score(estimator, draw_rows(X, known), _own_labels(y, known), scoring=scorer, cv=folds)
    return np.mean(scores)
