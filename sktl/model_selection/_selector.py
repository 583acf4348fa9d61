"""Learn from the nearest sources alone."""

from numbers import Integral

import numpy as np

from sktl._checks import check_number
from sktl.base import BaseOnLabeled
from sktl.base._routing import fit_on_domains, on_missing_labels
from sktl.domains import TARGET, draw_rows, read_domains
from sktl.model_selection._sources import rank_sources


class SourceSelector(BaseOnLabeled):
    """Fit an estimator on the target and the sources nearest to it; the others are left out.

    *When it helps*: many sources, some of them strangers, whose rows teach something else. *When it hurts*: few
    sources, or distances that say nothing of the labels (a near source may label otherwise); compare with all sources.
    On heart disease at four hospitals "auto" had 77.2 % on average, all sources 76.8, the nearest alone 80.3
    (``benchmarks/sources.py``).

    Parameters
    ----------
    estimator : estimator object
        Classifier, regressor or pipeline. It is cloned. If it asks for ``sample_domain``, or ends in ``OnLabeled``, it
        gets all rows kept; else the labelled ones.
    metric : callable, default=None
        Distance of a source from the target, as for :func:`rank_sources`.
    n_sources : int >= 1 or "auto", default="auto"
        How many are kept. "auto": those that chance can't tell from the nearest one, whose distance lies within two
        standard errors (of the difference) of the smallest.
    higher_is_nearer : bool, default=False
        Whether the metric is a score that is high where domains are near.
    n_bootstrap : int >= 2, default=20
        Samples for the standard errors.
    n_jobs : int or None, default=None
        Sources in parallel, by joblib.
    random_state : int, RandomState instance or None, default=0
        Seed of the bootstrap.

    Attributes
    ----------
    estimator_ : estimator object
        The clone fitted on the rows kept.
    ranking_ : SourceRanking or None
        All sources with their distances, the nearest first; None where there is one domain.
    selected_ : list
        Names of the sources kept.
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

    __metadata_request__fit = {"sample_domain": True}

    def __init__(
        self,
        estimator,
        *,
        metric=None,
        n_sources="auto",
        higher_is_nearer=False,
        n_bootstrap=20,
        n_jobs=None,
        random_state=0,
    ):
        self.estimator = estimator
        self.metric = metric
        self.n_sources = n_sources
        self.higher_is_nearer = higher_is_nearer
        self.n_bootstrap = n_bootstrap
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X, y=None, sample_domain=None):
        """Rank the sources, and fit the estimator on the target's rows and the nearest sources'.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels, missing (NaN, None, ``pd.NA``) where unknown.
        sample_domain : array-like of shape (n_samples,), default=None
            Names of the domains; without it there is one source, which is kept.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described.

        Warns
        -----
        SingleDomainWarning
            If there is one domain.
        """
        check_number("n_sources", self.n_sources, Integral, low=1, options=("auto",))
        check_number("n_bootstrap", self.n_bootstrap, Integral, low=2)
        domains = read_domains(X, y, sample_domain)
        names, self.ranking_, self.selected_ = domains.names, None, domains.sources
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
            self.selected_ = self.ranking_.names[: self._n_kept(self.ranking_)]
            kept = np.flatnonzero([name in (TARGET, *self.selected_) for name in names.tolist()])
            X, y, names = draw_rows(X, kept), None if y is None else draw_rows(y, kept), names[kept]
        model = on_missing_labels(self.estimator)
        self.estimator_ = fit_on_domains(model, X, y, None if domains.single else names)
        return self

    def _n_kept(self, ranking):
        """How many sources are near enough."""
        if self.n_sources != "auto":
            return self.n_sources
        behind = np.abs(ranking.distances - ranking.distances[0])
        return int(np.sum(behind <= 2 * np.hypot(ranking.standard_errors, ranking.standard_errors[0])))

    def _router(self):
        return super()._router().add_self_request(self)
