"""Domain-invariant partial least squares: latent variables whose variance is the same in all domains."""

from numbers import Integral

import numpy as np
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.validation import check_is_fitted

from sktl._checks import Interval, check_parameters
from sktl._core.coordinates import coordinates
from sktl._core.invariant_pls import invariant_pls
from sktl._threads import threads_by_size
from sktl.base import BaseTransferRegressor, validate_rows
from sktl.domains import known_labels


def centres(X, domains, center):
    """Mean of each domain's rows; or, for all of them, of the labelled rows."""
    names = [*domains.sources, *(["target"] if domains.target.any() else [])]
    if center == "labeled":
        return dict.fromkeys(names, X[domains.labeled].mean(axis=0))
    return {name: X[domains.names == name].mean(axis=0) for name in names}


class DIPLSRegressor(BaseTransferRegressor):
    r"""Partial least squares that avoids directions along which the domains vary differently.

    For each latent variable the weights w minimise, with the centred labelled rows X and labels y,

    .. math:: \|X - y w^\top\|_F^2 + a \, \frac{y^\top y}{s} \, w^\top |D| w, \qquad
              |D| = \frac{1}{m} \sum_{i=1}^m |C_i - C_T|,

    so that :math:`w \propto (I + a |D| / s)^{-1} X^\top y`; a is ``invariance``, :math:`C_i` and :math:`C_T` are the
    covariances of the m sources and of the target, |.| takes the absolute values of the eigenvalues (w'|D|w is no
    smaller than the difference of the variances of the scores), and s is the domains' mean total variance. Then all
    domains' rows are deflated by their own scores.

    *When it helps*: an instrument, a temperature or a matrix adds variation of its own that the labelled rows lack,
    and no sample was measured twice: on made spectra with an interference (``benchmarks/paired.py``, errors x 1,000)
    79.1, where partial least squares after a shift of the mean (:class:`DomainScaler`, ``with_std=False``: the
    baseline, and the same as ``invariance=0``) had 111.4; but :class:`EPO` without pairs 45.8. *When it hurts*: domains
    that differ otherwise: 40.1, 57.1 and 62.2 for an offset, a gain and a shifted axis, where the baseline had 40.1,
    57.7 and 62.8; and labels whose mean differs between domains (508; nothing 143).

    Parameters
    ----------
    n_components : int >= 1, default=2
        Number of latent variables; fewer are made where the labelled rows have no more.
    invariance : float >= 0, default=100.0
        Weight a. 0 is ordinary partial least squares; 10 to 1,000 made little difference. As a share of variances, it
        depends on no unit.
    center : {"domain", "labeled"}, default="domain"
        "domain": each row less its own domain's mean (new rows: the target's), so that a shift of the mean has no
        effect, and neither has a difference of the mean labels, which stays unknown. "labeled": the labelled rows' mean
        for all.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients of the columns.
    intercept_ : float
        Prediction at the origin, for a target row.
    n_components_ : int
        Number of latent variables made.
    means_ : dict of name -> ndarray of shape (n_features,)
        What was taken from each domain's rows.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    EPO : Takes away the directions in which the means differ; for any model after it.
    sklearn.cross_decomposition.PLSRegression : The same as ``invariance=0, center="labeled"`` (``scale=False``).

    Notes
    -----
    Rows without a label count for their domain's mean and covariance; labelled target rows are used as well. *Cost*:
    O(n d p + p^3) for each latent variable and source with p = min(n, d): within the span of the rows where there are
    fewer rows than columns, and then no d x d matrix. *Departures from the paper*: the weight in units of the
    variances; several sources, as in the sum of [2]_, against the target alone. The paper's own heuristic for the
    weight depends on the labels' unit. With only one domain (``SingleDomainWarning``) it is ordinary partial least
    squares.

    References
    ----------
    .. [1] R. Nikzad-Langerodi, W. Zellinger, E. Lughofer, S. Saminger-Platz, "Domain-invariant partial-least-squares
       regression", Analytical Chemistry 90, 2018.
    .. [2] B. Mikulasch, T. Fearn, R. Nikzad-Langerodi, "Multiple domain-invariant partial least squares", 2022.

    Examples
    --------
    >>> from sktl.datasets import make_spectra
    >>> from sktl.feature import DIPLSRegressor
    >>> data = make_spectra(random_state=0)  # y is NaN on the second instrument's rows
    >>> model = DIPLSRegressor(4).fit(data.X, data.y)
    >>> target = data.sample_domain == "target"
    >>> print(f"{model.score(data.X[target], data.y_true[target]):.2f}")
    0.95
    """

    _takes_sparse = False
    _constraints = {
        "n_components": (Interval(Integral, 1),),
        "invariance": (Interval(low=0),),
        "center": ("domain", "labeled"),
    }

    def __init__(self, n_components=2, *, invariance=100.0, center="domain"):
        self.n_components = n_components
        self.invariance = invariance
        self.center = center

    @threads_by_size
    def fit(self, X, y, sample_domain=None):
        """Find the latent variables.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Numbers, missing on rows whose label is not known.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target.

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
            If there is only one domain.
        """
        check_parameters(self)
        if y is None:
            raise ValueError("DIPLSRegressor requires y to be passed, but the target y is None.")
        X, domains = self._check_rows(X, y, sample_domain, dtype=np.float64)
        if not domains.labeled.any():
            raise ValueError(f"DIPLSRegressor needs labelled rows; the labels of all {len(X)} rows are missing.")
        labels = column_or_1d(known_labels(y, domains.labeled, discrete=False), warn=True).astype(float)
        assert_all_finite(labels, input_name="y")
        self.means_ = centres(X, domains, self.center)
        inner = coordinates(self._centred(X, domains.names))
        middle = labels.mean()
        members = [inner.rows[domains.names == name] for name in domains.sources]
        members, target = (members, inner.rows[domains.target]) if not domains.single else ([], inner.rows[:0])
        if self.center == "labeled" and not domains.single:  # covariances are about each domain's own mean
            members, target = [own - own.mean(axis=0) for own in members], target - target.mean(axis=0)
        rows = inner.rows[domains.labeled]
        rows = rows - rows.mean(axis=0) if self.center == "labeled" else rows
        components = invariant_pls(rows, labels - middle, members, target, self.n_components, self.invariance)
        self.coef_, self.n_components_ = inner.back(components.coef()), len(components.inner)
        center = self.means_["target"] if "target" in self.means_ else self.means_["source"]
        self.intercept_ = float(middle - center @ self.coef_)
        return self

    def _centred(self, X, names):
        """Rows less what their domain's entry says."""
        centred = X.copy()
        for name, mean in self.means_.items():
            centred[names == name] -= mean
        return centred

    def predict(self, X):
        """Predictions of target rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        X = validate_rows(self, X, dtype=np.float64, reset=False)
        return X @ self.coef_ + self.intercept_
