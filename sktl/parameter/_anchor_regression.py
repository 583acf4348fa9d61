"""Linear regression that stays right when the domains' means move further: anchor regression."""

import numpy as np
from scipy import sparse

from sktl._checks import Interval, check_parameters
from sktl._core.anchors import anchor_solution, between_and_within, left_out_errors, reduce_domain
from sktl._core.coordinates import coordinates
from sktl.base import BaseTransferRegressor, validate_rows
from sktl.domains import n_rows, read_domains
from sktl.parameter._linear import check_weights, decision, flat_labels, numbers

__all__ = ["AnchorRegression"]

TARGET = "target"
FACTORS = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # on both sides of least squares, 1; beyond 100 little changes
ENOUGH_DOMAINS = 3  # to leave one out and still see how two differ


class AnchorRegression(BaseTransferRegressor):
    r"""Linear regression for a target that is not known yet: protects against larger shifts of the kind already seen.

    With the domains as anchors, :math:`\Pi r` the mean residual of each row's domain, and centred columns and labels,

    .. math:: \min_b \; \|(I - \Pi)(y - X b)\|^2 + \gamma \|\Pi (y - X b)\|^2 + \lambda \|b\|^2,

    where :math:`\gamma` is ``factor`` and :math:`\lambda` is ``reg``. ``factor=1`` is least squares of all rows, 0
    removes what differs between the domains' means (a free intercept for each domain), and large values look for
    coefficients whose mean residual is the same in all domains (instrumental variables). The solution minimises the
    largest expected squared error over all shifts of the domains' means up to :math:`\sqrt\gamma` times those seen
    [1]_.

    *When it helps*: three or more labelled domains whose means differ for one reason (a year, a site, a device), and a
    target that lies further out in the same direction. *When it hurts*: the target is like the sources, where least
    squares has the smaller error; or domains that differ in other ways than by their means. With a few target labels,
    :class:`MultiTaskTransferRidge` and a pooled fit are better: this class gives target rows no special place. On real
    seasons (bikes) it is level with ridge regression of all sources' rows, on made sources of which two of five follow
    another rule its error is 3.5 % lower, on sources on parts of a bent curve 11 % higher
    (``benchmarks/many_sources.py``).

    Parameters
    ----------
    factor : "auto" or float >= 0, default="auto"
        Factor :math:`\gamma` of the mean residuals. "auto": of 0, 0.3, 1, 3, 10, 30 and 100 the one with the smallest
        mean squared error on domains that were left out, each with the same weight; 1 with fewer than three domains.
    reg : float >= 0, default=0
        Ridge penalty :math:`\lambda`, in units of a sum of squares of a column (as in
        :class:`~sklearn.linear_model.Ridge`); with 0 the result does not depend on the columns' units.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients.
    intercept_ : float
        Intercept: the mean residual of all labelled rows is zero.
    factor_ : float
        Factor used.
    left_out_errors_ : ndarray of shape (n_domains, n_factors) or None
        Mean squared error on each domain by the fit of the others, for each factor tried; None where none was tried.
    domains_ : list
        Names of the domains with labelled rows.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    MultiTaskTransferRidge : Coefficients of each domain, for a target with labels.
    sktl.feature.DomainScaler : Removes the domains' means from the columns; needs rows of the target.

    Notes
    -----
    Labelled target rows are one more domain; rows without a label are not used. With only one domain it is a ridge
    regression (least squares for ``reg=0``). *Departure from the paper*: the choice of the factor; the paper takes a
    quantile of the shifts that one wants to be safe from. *Cost*: O(n d^2) for the rows and O(n_domains^2 d^3) for each
    factor tried; in the span of the rows if there are more columns than rows.

    References
    ----------
    .. [1] D. Rothenhaeusler, N. Meinshausen, P. Buehlmann, J. Peters (2021). Anchor regression: heterogeneous data meet
       causality. Journal of the Royal Statistical Society B 83(2), eq. (5) and theorem 1.

    Examples
    --------
    Four years, each further away; a hidden cause moves with the column that does not matter:

    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sktl.parameter import AnchorRegression
    >>> rng = np.random.default_rng(0)
    >>> year = np.repeat([0, 1, 2, 8], 200)
    >>> hidden = rng.normal(size=800)
    >>> X = np.column_stack([rng.normal(size=800) + year, hidden + rng.normal(size=800) + year])
    >>> y = X[:, 0] + hidden + rng.normal(size=800)
    >>> seen = year < 8
    >>> model = AnchorRegression(factor=30).fit(X[seen], y[seen], sample_domain=year[seen])
    >>> plain = LinearRegression().fit(X[seen], y[seen])
    >>> for name, fitted in {"anchor": model, "plain": plain}.items():
    ...     print(f"{name}: {np.mean((fitted.predict(X[~seen]) - y[~seen]) ** 2):.1f}")
    anchor: 2.0
    plain: 3.9
    """

    _constraints = {"factor": ("auto", Interval(low=0)), "reg": (Interval(low=0),)}

    def __init__(self, factor="auto", *, reg=0.0):
        self.factor = factor
        self.reg = reg

    def fit(self, X, y, sample_domain=None, sample_weight=None):
        """Choose the factor and find the coefficients.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Numbers; rows where they are missing are left out.
        sample_domain : array-like of shape (n_samples,), default=None
            Booleans (True = target), integers (negative = target) or names ("target"); each other name is a source. No
            row needs to be a target row.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described, or no row has a label.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain (no label is missing and no ``sample_domain`` is given).
        """
        check_parameters(self)
        X = validate_rows(self, X, dtype=np.float64)
        weights = check_weights(sample_weight, n_rows(X))
        if y is None:
            raise ValueError("AnchorRegression requires y to be passed, but the target y is None.")
        y = flat_labels(y)
        domains = read_domains(X, y, sample_domain, needs_target=False)
        own = np.ones(n_rows(X)) if weights is None else weights
        used = domains.labeled & (own > 0)
        if not used.any():
            if domains.labeled.any():
                raise ValueError(
                    f"The sample_weight of all {domains.labeled.sum()} labelled rows is zero; at least one must be "
                    "above 0."
                )
            raise ValueError(f"AnchorRegression needs labelled rows; the labels of all {n_rows(X)} rows are missing.")
        labels = numbers(y, used)
        names = np.full(len(labels), TARGET, dtype=object) if domains.single else domains.names[used]
        self._solve(X[used], labels, own[used], names)
        return self

    def _solve(self, X, labels, weights, names):
        """Reduce each domain's rows, about the common mean, in coordinates of their span; choose, solve, store."""
        mean = np.asarray(weights @ X / weights.sum()).ravel()
        middle = float(weights @ labels / weights.sum())
        inner = coordinates((X.toarray() if sparse.issparse(X) else X) - mean)
        self.domains_ = sorted(set(names.tolist()), key=repr)
        members = [names == name for name in self.domains_]
        reduced = [reduce_domain(inner.rows[m], labels[m] - middle, weights[m]) for m in members]
        self.factor_, self.left_out_errors_ = self._choose(reduced)
        _, between, within = between_and_within(reduced)
        self.coef_ = inner.back(anchor_solution(between, within, self.factor_, self.reg))
        self.intercept_ = middle - float(self.coef_ @ mean)

    def _choose(self, domains):
        """The factor, and what it was chosen by."""
        if self.factor != "auto":
            return float(self.factor), None
        if len(domains) < ENOUGH_DOMAINS:
            return 1.0, None
        errors = left_out_errors(domains, FACTORS, self.reg)
        return FACTORS[int(np.argmin(errors.mean(axis=0)))], errors

    def predict(self, X):
        """Predictions of new rows of any domain.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return decision(self, X)
