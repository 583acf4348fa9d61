"""What to transfer: how far the domains are from each other, and which sources are nearest to the target."""

from dataclasses import dataclass
from itertools import combinations
from numbers import Integral

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.utils import check_random_state

from sktl._checks import BOOLEAN, N_JOBS, RANDOM_STATE, Interval, checked
from sktl.domains import TARGET, draw_rows, n_rows, one_column, plain_rows, read_domains
from sktl.model_selection._by_domain import check_two_rows, domain_names
from sktl.model_selection._source_metric import (
    SINGLE_ROWS,
    as_numbers,
    ask,
    called,
    make_metric,
    rows_and_labels,
    takes_labels,
)
from sktl.model_selection._tables import grid


@dataclass(frozen=True)
class SourceRanking:
    """Sources, the target's nearest first.

    Attributes
    ----------
    names : list
        Names of the sources.
    distances : ndarray of shape (n_sources,)
        Distance of each from the target (or score, where higher means nearer).
    standard_errors : ndarray of shape (n_sources,)
        Bootstrap standard error of each; NaN without a bootstrap.
    n_rows : ndarray of shape (n_sources,)
        Rows of each.
    higher_is_nearer : bool
        Whether ``distances`` are scores, the largest first.
    """

    names: list
    distances: np.ndarray
    standard_errors: np.ndarray
    n_rows: np.ndarray
    higher_is_nearer: bool = False

    def __str__(self):
        """Return the ranking as a table."""
        width = max(len("source"), *(len(str(name)) for name in self.names))
        lines = [
            f"{'source':<{width}}  {'rows':>7}  {'score' if self.higher_is_nearer else 'distance':>9}  {'s.e.':>8}"
        ]
        for name, n, distance, error in zip(self.names, self.n_rows, self.distances, self.standard_errors, strict=True):
            lines.append(f"{name!s:<{width}}  {n:>7}  {distance:>9.4g}  {error:>8.2g}")
        return "\n".join(lines)


@dataclass(frozen=True)
class DomainDistances:
    """Distances between domains, two by two.

    Attributes
    ----------
    domains : list
        Names of the domains.
    distances : ndarray of shape (n_domains, n_domains)
        Symmetric where the metric is; 0 on the diagonal.
    """

    domains: list
    distances: np.ndarray

    def __str__(self):
        """Return the distances as a table."""
        return grid(self.domains, self.domains, self.distances)


@checked(
    metric=(None, callable),
    higher_is_nearer=BOOLEAN,
    n_bootstrap=(Interval(Integral, 0),),
    n_jobs=N_JOBS,
    random_state=RANDOM_STATE,
)
def rank_sources(
    X, y=None, sample_domain=None, *, metric=None, higher_is_nearer=False, n_bootstrap=20, n_jobs=None, random_state=0
):
    """Order the sources by their distance from the target, with standard errors.

    Parameters
    ----------
    X : array-like, frame or CSR matrix of shape (n_samples, n_features)
        Rows of all domains. The default metric reads texts, dates and missing values too, as a
        :class:`~sktl.inspection.DomainReport` does.
    y : array-like of shape (n_samples,), default=None
        Labels; rows without one are the target if ``sample_domain`` does not say so.
    sample_domain : array-like of shape (n_samples,)
        Names of the domains; without it there is one source to rank.
    metric : callable, default=None
        Function that is called with the source's rows and the target's, in this order. If it has parameters named
        ``y_source`` and ``y_target``, it gets only labelled rows, and their labels under these names; parameters named
        ``X_source`` and ``X_target`` get the rows in whatever order they stand. None: the squared MMD of rows
        standardised together, with one kernel width for all sources, so that distances are comparable.
    higher_is_nearer : bool, default=False
        Whether the metric is a score (of transferability, say) that is high if the domains are near.
    n_bootstrap : int >= 0, default=20
        Number of bootstrap samples of each domain's rows, for the standard errors. 0: no standard errors.
    n_jobs : int or None, default=None
        Number of sources in parallel, by joblib.
    random_state : int, RandomState instance or None, default=0
        Seed of the bootstrap.

    Returns
    -------
    SourceRanking
        ``names`` (nearest first), ``distances``, ``standard_errors``, ``n_rows``; ``print`` shows a table.

    Raises
    ------
    TypeError, ValueError
        If an argument or a domain is not as described.

    See Also
    --------
    SourceSelector : Keeps the nearest sources, within a pipeline.
    domain_distance_matrix : Between all domains.

    Notes
    -----
    If the distances of two sources differ by less than two standard errors, their order may be chance. The default
    distance is an unbiased estimate, which may fall below 0 if domains are alike. A small distance does not mean that
    transfer works, since the distance does not see the labels. If target rows have labels, use a function of rows and
    labels with ``higher_is_nearer=True``, such as the accuracy of a source's model on the target, or its
    :func:`sktl.metrics.transferability.leep`.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.model_selection import rank_sources
    >>> rng = np.random.default_rng(0)
    >>> site = np.repeat(["far", "near", "target"], 60)
    >>> X = rng.normal(size=(180, 2)) + np.select([site == "far", site == "near"], [3.0, 0.5], 0.0)[:, None]
    >>> rank_sources(X, sample_domain=site).names
    ['near', 'far']

    By the accuracy of each source's model on the target, where that has some labels:

    >>> from sklearn.linear_model import LogisticRegression
    >>> def accuracy(X_source, X_target, y_source, y_target):
    ...     return LogisticRegression().fit(X_source, y_source).score(X_target, y_target)
    >>> y = (X[:, 0] > X[:, 1]) != (site == "near")  # near, but labelled the other way round
    >>> rank_sources(X, y, site, metric=accuracy, higher_is_nearer=True).names
    ['far', 'near']
    """
    X, domains = plain_rows(X), read_domains(X, y, sample_domain)
    if domains.single:
        raise ValueError(
            "rank_sources needs a target and sources, but there is only one domain. Pass sample_domain, one "
            "value per row, with "
            "'target' for target rows, or leave their labels missing."
        )
    if metric is None:
        check_two_rows({name: domains.names == name for name in (*domains.sources, TARGET)}, SINGLE_ROWS)
        X = as_numbers(X, domains.target)
    compare = make_metric(metric, X)
    if takes_labels(compare) and y is None:
        raise ValueError(f"The metric {called(compare)} needs labels (y_source, y_target): pass y.")
    y = one_column(y) if takes_labels(compare) else None
    target = rows_and_labels(X, y, domains, TARGET)
    # one for each source: the draws do not depend on n_jobs
    seeds = check_random_state(random_state).randint(2**31 - 1, size=len(domains.sources))
    results = Parallel(n_jobs=n_jobs)(
        delayed(_distance_and_error)(compare, rows_and_labels(X, y, domains, name), target, n_bootstrap, seed)
        for name, seed in zip(domains.sources, seeds, strict=True)
    )
    distances, errors = np.array(results, dtype=float).T
    # stable: equal distances keep the order of the names
    order = np.argsort(-distances if higher_is_nearer else distances, kind="stable")
    rows = np.array([np.count_nonzero(domains.names == name) for name in domains.sources])
    names = [domains.sources[i] for i in order]
    return SourceRanking(names, distances[order], errors[order], rows[order], higher_is_nearer)


@checked(metric=(None, callable), n_jobs=N_JOBS)
def domain_distance_matrix(X, sample_domain, *, metric=None, n_jobs=None):
    """Distances between all domains, two by two.

    Parameters
    ----------
    X : array-like, frame or CSR matrix of shape (n_samples, n_features)
        Rows of all domains. The default metric reads texts, dates and missing values too, as a
        :class:`~sktl.inspection.DomainReport` does.
    sample_domain : array-like of shape (n_samples,)
        The name of each row's domain; "target" is a name like the others.
    metric : callable, default=None
        Function of two samples, without labels; it is called once per pair and taken to be symmetric. None: as in
        :func:`rank_sources`.
    n_jobs : int or None, default=None
        Number of pairs in parallel, by joblib.

    Returns
    -------
    DomainDistances
        ``domains`` and ``distances``; ``print`` shows a table.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two domains, a row has none, or the metric needs labels.

    See Also
    --------
    rank_sources : To the target alone, with standard errors.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.model_selection import domain_distance_matrix
    >>> result = domain_distance_matrix([[0.0], [2.0], [5.0], [7.0]], ["a", "a", "b", "b"],
    ...                                 metric=lambda A, B: abs(A.mean() - B.mean()))
    >>> result.domains, result.distances.tolist()
    (['a', 'b'], [[0.0, 5.0], [5.0, 0.0]])
    """
    X, names = plain_rows(X), domain_names(X, sample_domain)
    domains = sorted(set(names.tolist()), key=repr)
    X = X if sparse.issparse(X) or hasattr(X, "columns") else np.asarray(X)
    if metric is None:
        check_two_rows({name: names == name for name in domains}, SINGLE_ROWS)
        X = as_numbers(X, names == domains[0])
    compare = make_metric(metric, X)
    if takes_labels(compare):
        raise TypeError(
            f"domain_distance_matrix takes no labels, but {called(compare)} needs them (y_source, y_target). "
            "Use a metric of two samples, such as mmd, or rank_sources, which takes labels."
        )
    samples = [draw_rows(X, np.flatnonzero(names == name)) for name in domains]
    pairs = list(combinations(range(len(domains)), 2))
    values = Parallel(n_jobs=n_jobs)(delayed(ask)(compare, (samples[i],), (samples[j],)) for i, j in pairs)
    distances = np.zeros((len(domains), len(domains)))
    for (i, j), value in zip(pairs, values, strict=True):
        distances[i, j] = distances[j, i] = value
    return DomainDistances(domains, distances)


def _distance_and_error(compare, source, target, n_bootstrap, seed):
    """The distance, and the standard deviation of it over samples drawn with replacement."""
    estimate, rng = ask(compare, source, target), np.random.default_rng(seed)
    try:
        # both are drawn again: chance is in both
        draws = [ask(compare, _resampled(source, rng), _resampled(target, rng)) for _ in range(n_bootstrap)]
    except ValueError as error:
        raise ValueError(
            "The metric failed on a bootstrap sample, in which some rows are equal. Pass n_bootstrap=0 "
            f"(rank_sources) for no standard errors, or another metric. It said: {error}"
        ) from error
    return estimate, np.std(draws, ddof=1) if n_bootstrap > 1 else np.nan


def _resampled(sample, rng):
    """As many rows of a domain, drawn with replacement."""
    n = n_rows(sample[0])
    rows = rng.integers(n, size=n)
    return tuple(draw_rows(part, rows) for part in sample)
