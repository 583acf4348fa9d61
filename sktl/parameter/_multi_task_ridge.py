"""Ridge regression of all domains together: a part of the coefficients is shared, a part is each domain's own."""

from itertools import product

import numpy as np
from scipy import sparse

from sktl._checks import Interval, check_parameters
from sktl._core.coordinates import coordinates
from sktl._core.multitask import domain_sums, solve_multitask
from sktl.base import BaseTransferRegressor, validate_rows
from sktl.domains import n_rows, read_domains
from sktl.exceptions import NoTargetLabelsError
from sktl.parameter._linear import check_weights, decision, flat_labels, numbers

__all__ = ["MultiTaskTransferRidge"]

TARGET = "target"
SHARES = (0.0, 0.2, 0.5, 0.8, 0.9, 0.96, 0.99, 1.0)  # near 1 the domains' own parts are small beside the shared one
REGS = np.geomspace(1e-4, 1e3, 15)  # in units of the mean eigenvalue of all rows' sums
ENOUGH = 5  # labelled target rows below which their leave-one-out errors alone say too little


class MultiTaskTransferRidge(BaseTransferRegressor):
    r"""Ridge regression of all domains together: each coefficient is a shared part plus a part of the domain's own.

    The function of domain :math:`t` is :math:`f_t(x) = x^\top (w_0 + v_t) + b + c_t`, with

    .. math::

        \min \sum_i s_i (y_i - f_{t(i)}(x_i))^2
        + \lambda \Big( \frac{\|w_0\|^2}{\rho} + \sum_t \frac{\|v_t\|^2 + c_t^2}{1 - \rho} \Big),

    where :math:`\lambda` is ``reg`` and :math:`\rho` is ``shared``, the share of the coefficients' prior variance that
    the domains have in common: 1 pools all rows, 0 fits each domain by itself. It is the ridge regression of the
    features :math:`(\sqrt\rho\, x, 0, \dots, \sqrt{1 - \rho}\,(x, 1), \dots, 0)` [1]_. "auto" chooses both by
    leave-one-out errors.

    *When it helps*: the rows of the sources are available, the domains differ a little from each other, and the target
    has some labels, but fewer than columns. *When it hurts*: the sources have nothing in common with the target:
    ``shared`` then falls to 0, as far as a few labels can show it. If there is only a source model, use
    :class:`TransferRidge`. As with any ridge the result depends on the columns' units: scale them.

    Parameters
    ----------
    reg : "auto" or float, default="auto"
        Penalty :math:`\lambda` > 0. "auto": the one with the smallest leave-one-out error.
    shared : "auto" or float in [0, 1], default="auto"
        Share :math:`\rho` of what the domains have in common. "auto": the one with the smallest leave-one-out error.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients of the target.
    intercept_ : float
        Intercept of the target.
    shared_coef_ : ndarray of shape (n_features,)
        The shared part of the coefficients.
    domains_ : list
        Names of the domains with labelled rows: the sources, then "target".
    domain_coefs_ : ndarray of shape (n_domains, n_features)
        Coefficients of each domain.
    domain_intercepts_ : ndarray of shape (n_domains,)
        Intercept of each domain.
    reg_ : float
        Penalty used.
    shared_ : float
        Share used.
    loo_losses_ : ndarray of shape (n_regs, n_shares)
        Leave-one-out losses of all pairs tried.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    TransferRidge : Starts from a source model, without the source's rows.
    sktl.feature.FeatureAugmentation : The same idea for any model, with both parts of equal size.

    Notes
    -----
    *What is minimised.* The leave-one-out error of the labelled target rows; with fewer than five of them, that of all
    domains, each with the same weight. A row of weight s counts as s rows, of which one is left out.

    *One domain* alone gets an ordinary ridge regression.

    *Cost.* O(n d^2) for the sums over the rows, then O(n_domains d^3 + n d^2) for each pair of parameters tried; in the
    span of the rows if there are more columns than rows.

    References
    ----------
    .. [1] T. Evgeniou, M. Pontil (2004). Regularized multi-task learning. KDD.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import RidgeCV
    >>> from sktl.parameter import MultiTaskTransferRidge
    >>> rng = np.random.default_rng(0)
    >>> slopes = {"a": np.arange(10.0), "b": np.arange(10.0) + rng.normal(size=10), "target": np.arange(10.0) + 0.5}
    >>> domain = np.repeat(list(slopes), [80, 80, 8])
    >>> X = rng.normal(size=(168, 10))
    >>> y = np.array([x @ slopes[name] for x, name in zip(X, domain)]) + rng.normal(size=168)
    >>> model = MultiTaskTransferRidge().fit(X, y, sample_domain=domain)
    >>> own = RidgeCV().fit(X[160:], y[160:])
    >>> for name, fitted in {"together": model, "target alone": own}.items():
    ...     print(f"{name}: {np.linalg.norm(fitted.coef_ - slopes['target']):.1f}")
    together: 1.8
    target alone: 14.9
    """

    _needs_target_labels = True
    _constraints = {
        "reg": ("auto", Interval(low=0, closed="neither")),
        "shared": ("auto", Interval(low=0, high=1)),
    }

    def __init__(self, reg="auto", *, shared="auto"):
        self.reg = reg
        self.shared = shared

    def fit(self, X, y, sample_domain=None, sample_weight=None):
        """Find the parameters and the coefficients of all domains.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Numbers; rows where they are missing are left out.
        sample_domain : array-like of shape (n_samples,), default=None
            Booleans (True = target), integers (negative = target) or names ("target"); each other name is a source.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described, or no target row has a label.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain (no label is missing and no ``sample_domain`` is given): the result is a ridge
            regression of all rows.
        """
        check_parameters(self)
        X = validate_rows(self, X, dtype=np.float64)
        weights = check_weights(sample_weight, n_rows(X))
        if y is None:
            raise ValueError("MultiTaskTransferRidge requires y to be passed, but the target y is None.")
        y = flat_labels(y)
        domains = read_domains(X, y, sample_domain)
        if not (domains.labeled & (domains.target | domains.single)).any():
            raise NoTargetLabelsError(
                f"MultiTaskTransferRidge needs labelled target rows; the {np.count_nonzero(domains.target)} target "
                "rows have no label. Label a few of them and pass sample_domain to say which rows are the target's."
            )
        labels = numbers(y, domains.labeled)
        names = np.full(len(labels), TARGET, dtype=object) if domains.single else domains.names[domains.labeled]
        own = np.ones(len(labels)) if weights is None else weights[domains.labeled]
        if not own.any():
            raise ValueError(
                f"The sample_weight of all {len(own)} labelled rows is zero; at least one must be above 0."
            )
        self._solve(X[domains.labeled][own > 0], labels[own > 0], own[own > 0], names[own > 0])
        return self

    def _solve(self, X, labels, weights, names):
        """Sums of each domain about the common means, in coordinates of the rows' span; choose, solve, store."""
        mean = np.asarray(weights @ X / weights.sum()).ravel()
        centre = float(weights @ labels / weights.sum())
        inner = coordinates((X.toarray() if sparse.issparse(X) else X) - mean)
        self.domains_ = [*sorted({n for n in names.tolist() if n != TARGET}, key=repr), TARGET]
        members = [names == name for name in self.domains_]
        sums = [domain_sums(inner.rows[m], labels[m] - centre, weights[m]) for m in members]
        fit = self._choose(sums)
        self.shared_coef_ = inner.back(fit.shared[:-1])
        totals = fit.shared + fit.own
        self.domain_coefs_ = inner.back(totals[:, :-1])
        self.domain_intercepts_ = centre + totals[:, -1] - self.domain_coefs_ @ mean
        self.coef_, self.intercept_ = self.domain_coefs_[-1], float(self.domain_intercepts_[-1])

    def _choose(self, sums):
        """The fit with the least leave-one-out loss."""
        values = np.concatenate([one.values for one in sums])
        # directions of rounding's size are no directions: they would shrink the unit
        unit = values.sum() / max(np.count_nonzero(values > 1e-10 * values.max()), 1) if values.max() > 0 else 1.0
        regs = REGS * unit if self.reg == "auto" else np.array([self.reg])
        shares = np.array(SHARES if self.shared == "auto" else [self.shared], dtype=float)
        if len(sums) == 1 and self.shared == "auto":
            shares = np.array([1.0])  # one domain: there is nothing but what is shared
        fits = [solve_multitask(sums, reg, share) for reg, share in product(regs, shares)]
        losses = np.array([self._judge(one, sums) for one in fits])
        best = int(np.argmin(losses))
        self.loo_losses_ = losses.reshape(len(regs), len(shares))
        self.reg_, self.shared_ = float(regs[best // len(shares)]), float(shares[best % len(shares)])
        return fits[best]

    def _judge(self, fit, sums):
        """The target's loss, or that of all domains where the target's rows are too few."""
        if len(sums[-1].y) >= ENOUGH:
            return fit.losses[-1]
        return float(np.nanmean(fit.losses))

    def predict(self, X):
        """Predictions of target rows.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return decision(self, X)
