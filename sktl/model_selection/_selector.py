"""Learn from the nearest sources only, or give nearer sources more weight."""

from numbers import Integral

import numpy as np
from sklearn.base import is_classifier

from sktl._checks import BOOLEAN, N_JOBS, RANDOM_STATE, Interval, check_parameters
from sktl._threads import threads_by_size
from sktl.base import BaseOnLabeled, fit_on_domains, on_missing_labels, weight_parameter
from sktl.domains import TARGET, draw_rows, known_labels, missing_values, plain_rows, read_domains
from sktl.model_selection._by_domain import LEARNER
from sktl.model_selection._sources import rank_sources


def distance_weights(distances, n_rows, reach):
    """Weight of a row of each source, (level - distance)_+, where sum n_rows (level - distance)_+^2 = reach^2.

    With alpha = n_rows * weight, scaled to sum 1, it minimises alpha'distances + reach |alpha / sqrt(n_rows)|.
    ``distances`` rise; the weights (n_sources,) have mean 1 over the rows of those above 0.
    """
    if reach == 0:
        weights = (distances == distances[0]).astype(float)
    else:
        for last in range(1, len(distances) + 1):  # the sources that get any weight are the nearest ones
            near, n = distances[:last], n_rows[:last]
            mean = np.average(near, weights=n)
            # below 0 by rounding alone: a source joins only where the level lies above its distance
            level = mean + np.sqrt(max(reach**2 / n.sum() - np.average((near - mean) ** 2, weights=n), 0))
            if last == len(distances) or level <= distances[last]:
                break
        weights = np.maximum(level - distances, 0)
    return weights * n_rows[weights > 0].sum() / (n_rows @ weights)


class SourceSelector(BaseOnLabeled):
    r"""Fit an estimator on the target and the sources nearest to it; other sources are left out, or count less.

    With ``weights="distance"`` each row of source i, which has :math:`m_i` rows and the distance :math:`d_i`, has the
    weight

    .. math:: w_i \propto (\nu - d_i)_+, \qquad \sum_i m_i (\nu - d_i)_+^2 = \lambda^2,
              \qquad \lambda^2 = \mathrm{reach}^2 \sum_i m_i s_i^2,

    which falls linearly to 0 at :math:`\nu`; :math:`s_i` is the standard error of :math:`d_i`. The shares
    :math:`\alpha_i \propto m_i w_i` minimise a bound of the target risk,
    :math:`\sum_i \alpha_i d_i + \lambda (\sum_i \alpha_i^2 / m_i)^{1/2}`: near sources, but also enough rows [1]_.

    *When it helps*: many sources, some of which follow another rule than the target. With ten simulated sources, seven
    of them of another rule, accuracy is 61 % from all sources and 88 % from those kept or weighted; with 15 rows each
    58 from all, 84 kept and 86 weighted. At four hospitals (heart disease) it is 76.8 from all, 77.2 kept, 78.7
    weighted, 80.3 from the nearest alone. *When it hurts*: distant sources that follow the same rule (87 % from all, 83
    kept or weighted, 15 rows each), or distances that say nothing about the labels: compare with all sources
    (``benchmarks/sources.py``).

    Parameters
    ----------
    estimator : estimator object
        Classifier, regressor or pipeline. It is cloned. If it requests ``sample_domain``, or ends in ``OnLabeled``, it
        gets all rows of the domains kept; else only the labelled ones.
    metric : callable, default=None
        Distance of a source from the target, as in :func:`rank_sources`.
    n_sources : int >= 1 or "auto", default="auto"
        Number of sources to keep; all if there are fewer. "auto" keeps a source unless another one is nearer by more
        than two standard errors of the difference. With ``weights="distance"`` sources of weight 0 are left out as well
        ("auto" then starts from all). Sources without a label are left out, unless none has one.
    weights : {"uniform", "distance"}, default="uniform"
        Weight of the rows of the sources kept: all the same, or by the distance of their source; in the latter case
        labelled target rows count as much as those of the nearest source, and the estimator must take
        ``sample_weight``.
    reach : float > 0, default=1.0
        For ``weights="distance"``: how far the weights reach, in standard errors. Small: only the nearest source;
        large: all rows count the same.
    higher_is_nearer : bool, default=False
        Whether the metric is a score that is high if the domains are near.
    n_bootstrap : int >= 2, default=20
        Number of bootstrap samples for the standard errors.
    n_jobs : int or None, default=None
        Number of sources in parallel, by joblib.
    random_state : int, RandomState instance or None, default=0
        Seed of the bootstrap.

    Attributes
    ----------
    estimator_ : estimator object
        The clone fitted on the rows kept.
    ranking_ : SourceRanking or None
        All sources with their distances, the nearest first; None where there is one domain.
    selected_ : list
        Names of the sources kept, the nearest first.
    source_weights_ : ndarray of shape (n_selected,)
        Weight of a row of each, with mean 1 over their rows.
    classes_ : ndarray of shape (n_classes,)
        Class labels (classifiers).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    rank_sources : The ranking alone.
    sktl.instance.MultiSourceTrAdaBoostClassifier : Learns from target labels which source to trust.

    Notes
    -----
    Cost: ``n_bootstrap`` + 1 distances per source, and one fit. A source with few rows, whose distance may be small by
    chance, has a large standard error: it may be kept itself, but seldom causes another to be left out. Without target
    labels no distance can see whether a source follows the same rule.

    References
    ----------
    .. [1] N. Konstantinov, C. H. Lampert, "Robust learning from untrusted sources", ICML 2019. (There lambda is
       chosen by cross-validation; here its unit is the standard error of the distances.)

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.model_selection import SourceSelector
    >>> rng = np.random.default_rng(0)
    >>> site, y = np.repeat(["far", "near", "target"], 60), np.tile([0.0, 1.0], 90)
    >>> X = rng.normal(size=(180, 1)) + np.where(site == "far", 9 - 5 * y, 4 * y)[:, None]
    >>> y[site == "target"] = np.nan
    >>> SourceSelector(LogisticRegression(), n_sources=1).fit(X, y, sample_domain=site).selected_
    ['near']
    """

    _constraints = {
        "estimator": LEARNER,
        "metric": (None, callable),
        "n_sources": ("auto", Interval(Integral, 1)),
        "weights": ("uniform", "distance"),
        "reach": (Interval(low=0, closed="neither"),),
        "higher_is_nearer": BOOLEAN,
        "n_bootstrap": (Interval(Integral, 2),),
        "n_jobs": N_JOBS,
        "random_state": RANDOM_STATE,
    }
    __metadata_request__fit = {"sample_domain": True}

    def __init__(
        self,
        estimator,
        *,
        metric=None,
        n_sources="auto",
        weights="uniform",
        reach=1.0,
        higher_is_nearer=False,
        n_bootstrap=20,
        n_jobs=None,
        random_state=0,
    ):
        self.estimator = estimator
        self.metric = metric
        self.n_sources = n_sources
        self.weights = weights
        self.reach = reach
        self.higher_is_nearer = higher_is_nearer
        self.n_bootstrap = n_bootstrap
        self.n_jobs = n_jobs
        self.random_state = random_state

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None):
        """Rank the sources, and fit the estimator on the target's rows and the nearest sources'.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels, missing (NaN, None, ``pd.NA``) where unknown.
        sample_domain : array-like of shape (n_samples,), default=None
            Names of the domains. Without it there is one source and nothing to select: in a pipeline pass
            ``sourceselector__sample_domain``, or turn metadata routing on.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described, or the sources kept are of one class, which the estimator
            can't learn.

        Warns
        -----
        SingleDomainWarning
            If there is one domain.
        """
        check_parameters(self)
        self._check_weights()
        X, domains = plain_rows(X), read_domains(X, y, sample_domain)
        names, self.ranking_, self.selected_ = domains.names, None, domains.sources
        model, weights, self.source_weights_ = on_missing_labels(self.estimator), None, np.ones(1)
        if not domains.single and len(domains.sources) > 1:
            self.ranking_ = rank_sources(
                X,
                y,
                domains.names,
                metric=self.metric,
                higher_is_nearer=self.higher_is_nearer,
                n_bootstrap=self.n_bootstrap,
                n_jobs=self.n_jobs,
                random_state=self.random_state,
            )
            self.selected_, self.source_weights_ = self._choose(self.ranking_, domains)
            kept = np.flatnonzero([name in (TARGET, *self.selected_) for name in names.tolist()])
            X, y, names = draw_rows(X, kept), None if y is None else draw_rows(y, kept), names[kept]
            if self.weights == "distance":
                of = dict(zip(self.selected_, self.source_weights_, strict=True))
                weights = np.array([of.get(name, self.source_weights_[0]) for name in names.tolist()])
        try:
            self.estimator_ = fit_on_domains(model, X, y, None if domains.single else names, weights)
        except ValueError as error:
            self._explain(error, y)
            raise
        return self

    def _explain(self, error, y):
        """Raise the error anew if it comes from sources of which one class is left."""
        if self.ranking_ is None or y is None or not is_classifier(self.estimator):
            return
        labels = known_labels(y, ~missing_values(y))
        if labels.ndim == 1 and len(np.unique(labels)) == 1:
            raise ValueError(
                f"The rows kept have labels of one class, {labels.tolist()[0]!r}: those of the sources "
                f"{self.selected_}. Raise n_sources, or leave sources of one class out."
            ) from error

    def _check_weights(self):
        """Raise if rows are to be weighted and the estimator takes no weights."""
        if self.weights == "distance":
            try:
                weight_parameter(self.estimator)
            except TypeError as error:
                raise TypeError(f"{error} Or pass weights='uniform', which only keeps or leaves out sources.") from None

    def _choose(self, ranking, domains):
        """Names of the sources that are near enough, and the weight of a row of each."""
        teaching = set(domains.names[domains.labeled & domains.source].tolist()) or set(ranking.names)
        able = np.array([i for i, name in enumerate(ranking.names) if name in teaching])
        if self.n_sources != "auto":
            able = able[: self.n_sources]
        # from the nearest: an unbiased distance may be below 0, and a score falls with distance
        distances, errors = np.abs(ranking.distances - ranking.distances[able[0]])[able], ranking.standard_errors[able]
        if self.weights == "distance":
            rows = ranking.n_rows[able].astype(float)
            weights = distance_weights(distances, rows, self.reach * np.sqrt(rows @ errors**2))
        elif self.n_sources == "auto":  # a small source may look nearest by chance: it rules out no other
            lead, noise = np.subtract.outer(distances, distances), np.hypot.outer(errors, errors)
            # two standard errors: of alike sources one in twenty is left out
            weights = (lead <= 2 * noise).all(axis=1).astype(float)
        else:
            weights = np.ones(len(distances))
        chosen = np.flatnonzero(weights)
        return [ranking.names[able[i]] for i in chosen], weights[chosen]

    def _router(self):
        return super()._router().add_self_request(self)
