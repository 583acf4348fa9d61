"""Each domain in turn as the target: how well a method transfers, if the labels to score by exist."""

from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.utils import check_consistent_length, check_random_state

from sktl._checks import N_JOBS, RANDOM_STATE, InstanceOf, Interval, checked
from sktl.base import fit_on_domains, on_missing_labels
from sktl.domains import TARGET, as_column, draw_rows, missing_values, one_column, one_domain_is_meant, plain_rows
from sktl.model_selection._by_domain import LEARNER, SCORING, domain_names, single_scorer
from sktl.model_selection._hide import few_labels, hide_labels
from sktl.model_selection._tables import grid

MODES = ("unsupervised", "generalization", "few-shot")


@dataclass(frozen=True)
class TransferScores:
    """Scores of one estimator, target by target.

    Attributes
    ----------
    targets : list
        Names of the domains used as target.
    scores : ndarray of shape (n_targets,)
        Score on the rows of each.
    n_scored : ndarray of shape (n_targets,)
        Number of rows scored.
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
        """Mean of the scores; every target counts the same."""
        return float(np.mean(self.scores))


@checked(
    estimator=LEARNER,
    targets=("each", InstanceOf(list, tuple, np.ndarray, str, noun="a list of names of domains")),
    mode=MODES,
    n_labeled=(None, Interval(Integral, 1)),
    scoring=SCORING,
    n_jobs=N_JOBS,
    random_state=RANDOM_STATE,
)
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
        a last step that neither asks for it nor is wrapped in ``OnLabeled`` is wrapped, and so fitted on the labelled
        rows.
    X : array-like, frame or sparse matrix of shape (n_samples, n_features)
        Rows of all domains.
    y : array-like of shape (n_samples,)
        Their labels; rows without one are never scored.
    sample_domain : array-like of shape (n_samples,)
        The name of each row's domain; "target" is a name like the others here.
    targets : "each" or list, default="each"
        The domains to use as target, one after the other; "each": all that have a label.
    mode : {"unsupervised", "generalization", "few-shot"}, default="unsupervised"
        What ``fit`` sees of the target: "unsupervised", its rows without labels; "generalization", nothing; "few-shot",
        its rows and ``n_labeled`` labels, drawn by class (these rows are not scored). The other domains are the
        sources. In "generalization" they are one domain: ``fit`` gets their labelled rows and no ``sample_domain``, and
        nothing is adapted.
    n_labeled : int >= 1, default=None
        Number of target labels for "few-shot"; required there.
    scoring : str, callable or None, default=None
        One scikit-learn scorer; None: the estimator's ``score``. Target labels are used nowhere else.
    n_jobs : int or None, default=None
        Number of fits in parallel, by joblib.
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
    if n_labeled is None and mode == "few-shot":
        raise ValueError("mode='few-shot' needs n_labeled, the number of target labels that fit sees, such as 10.")
    if n_labeled is not None and mode != "few-shot":
        raise ValueError(f"n_labeled belongs to mode='few-shot'; got mode={mode!r} and n_labeled={n_labeled!r}.")
    X, y = plain_rows(X), one_column(y)
    names, labeled = read_domain_labels(X, y, sample_domain)
    chosen = chosen_targets(targets, names, labeled)
    if mode == "generalization" and len(set(names[labeled].tolist())) == 1:
        raise ValueError(
            f"mode='generalization' learns from the labels of other domains, but only {chosen[0]!r} has labels. "
            "Label rows of another domain."
        )
    rng = check_random_state(random_state)
    tasks = []
    for target in chosen:
        kept = few_labels(names == target, labeled, y, n_labeled, rng, repr(target))
        tasks.append((names == target, labeled & (names == target) & ~kept))
    estimator = on_missing_labels(estimator)
    scorer = single_scorer(estimator, scoring)
    results = Parallel(n_jobs=n_jobs)(
        delayed(fit_and_score)(estimator, scorer, X, y, names, target, scored, mode != "generalization")
        for target, scored in tasks
    )
    models, scores = zip(*results, strict=True)
    return TransferScores(chosen, np.array(scores), np.array([scored.sum() for _, scored in tasks]), list(models))


def read_domain_labels(X, y, sample_domain):
    """Names of the rows' domains, as objects, and which rows have labels."""
    if y is None:
        raise ValueError("y is needed: the labels that the domains are scored by; got None.")
    check_consistent_length(X, y)
    return domain_names(X, sample_domain), ~missing_values(y)


def chosen_targets(targets, names, labeled):
    """Names of the domains that play the target."""
    able = sorted(set(names[labeled].tolist()), key=repr)
    if not able:
        raise ValueError(
            f"All {len(names)} labels are missing, but a target is scored by its labels. Pass the labels that you have."
        )
    if isinstance(targets, str) and targets == "each":
        return able
    if isinstance(targets, str) or not np.iterable(targets):
        raise ValueError(f"targets must be 'each' or a list, some of {able}; got {targets!r}. Pass [{targets!r}].")
    chosen = list(targets)
    unable = [name for name in chosen if name not in able]
    if unable or not chosen:
        raise ValueError(f"targets must be 'each' or some of the domains that have labels, {able}; got {targets!r}.")
    return chosen


def fit_and_score(estimator, scorer, X, y, names, target, scored, sees_target):
    """Fit with the labels of the ``scored`` target rows hidden (and the target's rows, if it must not see them)."""
    if sees_target:
        # a domain that is called "target" would pass for the one
        domains = np.where(target, TARGET, np.where(names == TARGET, "was target", names)).astype(object)
        model = fit_on_domains(estimator, X, hide_labels(y, target & scored), domains)
    else:  # no names, which are refused where no row is the target's; nor rows that would pass for such
        rows = np.flatnonzero(~target & ~missing_values(y))
        with one_domain_is_meant():
            model = clone(estimator).fit(draw_rows(X, rows), own_labels(y, rows))
    rows = np.flatnonzero(scored)
    return model, scorer(model, draw_rows(X, rows), own_labels(y, rows))


def own_labels(y, rows):
    """Labels of some rows in their own type, where none of them is missing."""
    labels = as_column(y)[rows]
    return labels if missing_values(labels).any() else np.array(labels.tolist())
