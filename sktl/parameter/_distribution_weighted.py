"""Models of several sources, each believed where its own rows lie."""

import numpy as np
from sklearn.base import clone

from sktl._checks import HasMethods
from sktl._core.source_votes import mixture_shares
from sktl.base import default_classifier
from sktl.domains import draw_rows, n_rows
from sktl.parameter._source_members import SourceMembers

LEAST = 1e-6  # of a density over that of all sources: far from all rows ratios are rounding


class DistributionWeightedCombination(SourceMembers):
    r"""Fit a model on each source and believe each where its own rows are dense.

    With :math:`h_k` the model of source k, :math:`D_k` the density of its rows and shares z,

    .. math:: h(x) = \sum_k \frac{z_k D_k(x)}{\sum_j z_j D_j(x)} \, h_k(x) .

    If the target is a mixture of the sources, :math:`\sum_k \lambda_k D_k`, and labels follow from rows alike
    everywhere, this combination with :math:`z = \lambda` errs at most as much as the worst source model does at home,
    which no fixed weights guarantee [1]_. Here z are the shares of the mixture of sources with the largest likelihood
    of the target's rows, drawn towards equal ones by the worth of one row.

    *When it helps*: sources cover different ranges of the columns, models are too simple for all of them together, and
    the target lies among them: with three sources on parts of a bent curve the error of ridge regression is .47 of that
    of one model of all rows. *When it hurts*: sources that lie alike and follow different rules (made data: 52.0 %
    against 61.0), or are small: adult 87.5 against 88.2, digits 32.1 against 38.4, bikes 2 % more error; heart 77.8
    against 76.3, within chance (``benchmarks/many_sources.py``). **One model of all rows is the first thing to try**,
    and a model that bends (trees) the second.

    Parameters
    ----------
    estimator : classifier or regressor
        The model of each source, or a pipeline. It is cloned. One that takes ``sample_domain`` adapts each source to
        the target.
    weighter : weighter with ``predict_weights``, default=None
        Estimates each :math:`D_k` over the density of all sources' rows. None: one logistic regression that tells the
        sources apart.

    Attributes
    ----------
    estimators_ : list
        The fitted model of each source.
    source_names_ : list
        Names of the sources with labelled rows, sorted.
    source_weights_ : ndarray of shape (n_sources,)
        Shares z.
    weighters_ : list
        What estimates the densities: a fitted weighter for each source, or the one classifier; empty for one source.
    classes_ : ndarray of shape (n_classes,)
        Class labels (classifiers).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    MultiSourceVote : The same shares for every row.
    sktl.instance.DiscriminatorWeighter : A weighter for ``weighter``.

    Notes
    -----
    Rows far from all sources go by the shares z. Target labels are not used. *Cost*: two fits for each source.
    *Departures*: the paper takes densities and z as known, and shows that some z is good for every mixture; here both
    are estimated.

    References
    ----------
    .. [1] Y. Mansour, M. Mohri, A. Rostamizadeh, "Domain adaptation with multiple sources", NIPS 2009.

    Examples
    --------
    Each source knows one half of a curve:

    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sktl.parameter import DistributionWeightedCombination
    >>> rng = np.random.default_rng(0)
    >>> X, domain = rng.uniform(0, 1, size=(600, 1)), np.repeat(["left", "right", "target"], 200)
    >>> X[domain == "left"] -= 1
    >>> X[domain == "target"] = 2 * X[domain == "target"] - 1
    >>> y = np.abs(X[:, 0])
    >>> truth, y[400:] = y[400:].copy(), np.nan
    >>> for model in (DistributionWeightedCombination(LinearRegression()), LinearRegression()):
    ...     fitted = model.fit(X, y, domain) if hasattr(model, "estimator") else model.fit(X[:400], y[:400])
    ...     print(f"{type(model).__name__}: {np.abs(fitted.predict(X[400:]) - truth).mean():.2f}")
    DistributionWeightedCombination: 0.02
    LinearRegression: 0.24
    """

    _constraints = {"weighter": (None, HasMethods("fit", "predict_weights", noun="a weighter"))}

    def __init__(self, estimator, *, weighter=None):
        self.estimator = estimator
        self.weighter = weighter

    def _weigh(self, X, y, domains):
        """What estimates the densities, and the shares z of the target's mixture."""
        n_sources = len(self.source_names_)
        self.weighters_, self.source_weights_ = [], np.full(n_sources, 1 / n_sources)
        Z = self._numbers(X, fit=True)
        if n_sources == 1:
            return
        codes = np.full(n_rows(X), -1)
        for k, name in enumerate(self.source_names_):
            codes[domains.names == name] = k
        rows = np.flatnonzero(codes >= 0)
        self._sizes = np.bincount(codes[rows]) / len(rows)
        pool, own = draw_rows(Z, rows), codes[rows]
        if self.weighter is None:
            self.weighters_ = [default_classifier(pool).fit(pool, own)]
        else:
            self.weighters_ = [self._fit_weighter(pool, own == k) for k in range(n_sources)]
        if domains.target.any():
            self.source_weights_ = mixture_shares(self._densities(draw_rows(Z, np.flatnonzero(domains.target))))

    def _fit_weighter(self, pool, own):
        """Density of one source's rows over that of all: these are the weighter's target, all rows its source."""
        rows = np.concatenate([np.arange(len(own)), np.flatnonzero(own)])
        return clone(self.weighter).fit(draw_rows(pool, rows), sample_domain=np.arange(len(rows)) >= len(own))

    def _densities(self, Z):
        """Density of each source over that of all sources' rows, (n, n_sources)."""
        if self.weighter is None:
            ratios = self.weighters_[0].predict_proba(Z) / self._sizes
        else:
            ratios = np.column_stack([weighter.predict_weights(Z) for weighter in self.weighters_])
        return np.maximum(ratios, LEAST)

    def _row_shares(self, X):
        """Shares of the sources at each row."""
        if len(self.source_names_) == 1:
            return np.ones((n_rows(X), 1))
        joint = self._densities(self._numbers(X)) * self.source_weights_
        return joint / joint.sum(axis=1, keepdims=True)
