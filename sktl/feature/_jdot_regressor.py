"""A regressor of target rows found together with the transport plan that brings it their labels."""

import numpy as np
from sklearn.base import is_regressor
from sklearn.utils import assert_all_finite, column_or_1d

from sktl._checks import REGRESSOR
from sktl._threads import threads_by_size
from sktl.base import BaseTransferRegressor
from sktl.domains import known_labels
from sktl.feature._common_scale import OnCommonScale
from sktl.feature._jdot import JointTransport


class JDOTRegressor(JointTransport, BaseTransferRegressor):
    r"""Regressor fitted jointly with the transport plan that brings it the source's labels (joint distribution OT).

    Source rows :math:`x_i` with labels :math:`y_i` are matched to target rows :math:`z_j` both by distance and by what
    the regressor f predicts there: the plan :math:`\gamma` and f minimise in turn

    .. math::

        \sum_{ij} \gamma_{ij} \left( \alpha\, d(x_i, z_j) + (y_i - f(z_j))^2 / s^2 \right)
        \quad\text{over}\quad \gamma \ge 0, \quad \gamma 1 = 1 / n, \quad \gamma^\top 1 = 1 / m,

    with d the distance in units of its median and :math:`s^2` the variance of the source's labels. Given the plan, f is
    fitted on the target rows with the labels :math:`m \sum_i \gamma_{ij} y_i`, which is to minimise the sum (up to a
    constant). The first f is fitted on the source.

    *When it helps*: the rows move or warp while the labels keep their distribution. *When it hurts*: the target's
    labels have another distribution (the plan undoes a shift of their mean), or the same kinds of rows occur in both
    domains in other shares (covariate shift): use weights instead, such as those of KMM.

    Parameters
    ----------
    estimator : regressor, default=None
        Any regressor. It is cloned. None stands for ``Ridge()`` on centred rows in units of the columns' root mean
        squared deviation.
    alpha : float > 0, default=1.0
        Weight of the distances beside the losses. A larger value sends labels to the nearest target rows, a smaller one
        to the rows that are already predicted so.
    reg : float >= 0, default=0.0
        Weight of the entropy of the plan, as in :class:`OTMapping`. 0: exact plans, which need POT (the ``ot`` extra).
    metric : {"sqeuclidean", "euclidean", "manhattan", "cosine"}, default="sqeuclidean"
        Distance d of a source row from a target row.
    norm : {"median", "max"} or None, default="median"
        Unit of the distances; None: as they are.
    max_iter : int >= 1, default=20
        Maximum number of refits.
    tol : float > 0, default=1e-4
        The iterations stop when the objective falls by no more than this (times its first value, if that exceeds 1).

    Attributes
    ----------
    estimator_ : regressor
        The estimator of the last refit.
    plan_ : ndarray of shape (n_labeled_source, n_target), or None
        The plan that is optimal for the predictions of ``estimator_``, between the labelled source rows and all target
        rows, each in the order of ``X``. None if there is only one domain.
    objective_path_ : ndarray of shape (n_iter_ + 1,)
        The objective at the start and after each iteration; it never rises. Empty if there is only one domain.
    n_iter_ : int
        Number of refits kept, at least 1.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    sktl.feature.JDOTClassifier : The same for classes.
    sktl.instance.KMM : Weights of source rows, where it is their density that changes.

    Notes
    -----
    *Rows.* All rows of a domain weigh the same. New rows are predicted by the fitted regressor alone, which uses source
    rows only through the plan. A target row whose label is known is fitted with that label, and draws its mass from
    source rows with near labels (as if that label were predicted).

    *Descent.* Each plan minimises the objective for the current predictions. A refit may raise it, since the estimator
    minimises its own loss and penalty; then the iterations stop and the previous fit is kept. So ``objective_path_``
    falls for any estimator, to a local minimum.

    *Cost.* An exact plan (see :class:`OTMapping`) and a fit per iteration; five matrices of n_source x n_target
    numbers, of at most 25 million entries each.

    *Departures from [1]*: any regressor in place of kernel ridge regression; distances in units of their median, labels
    in units of their standard deviation.

    References
    ----------
    .. [1] N. Courty, R. Flamary, A. Habrard, A. Rakotomamonjy, "Joint distribution optimal transportation for domain
       adaptation", NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.feature import JDOTRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, size=(300, 1))
    >>> y_true = 2 * X[:, 0] + 0.1 * rng.normal(size=300)
    >>> X[200:] += 0.5  # the target's rows are shifted
    >>> y = np.where(np.arange(300) < 200, y_true, np.nan)
    >>> model = JDOTRegressor().fit(X, y)
    >>> error = model.predict(X[200:]) - y_true[200:]
    >>> print(f"{np.sqrt(np.mean(error**2)):.2f}")  # the source's regressor: 0.98
    0.10
    """

    _constraints = {"estimator": (None, *REGRESSOR)}

    @threads_by_size
    def fit(self, X, y, sample_domain=None):
        """Find the plan and fit the estimator.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Numbers, missing where unknown. Source rows without one are left out.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target"). All sources are treated as one.

        Returns
        -------
        self

        Raises
        ------
        MissingExtraError
            If ``reg`` is 0 and POT is not installed.
        TypeError, ValueError
            If a parameter, a domain or the estimator is not as described, no source row has a label, or the domains
            make more than 25 million pairs of rows.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain: the estimator is then fitted on it.
        EarlyStopWarning
            If the first refit raises the objective, so that the source's model is kept.
        ConvergenceWarning
            If the objective still fell after ``max_iter`` refits.
        """
        self._check_together(y)
        X, domains = self._check_rows(X, y, sample_domain, dtype=np.float64)
        known = column_or_1d(known_labels(y, domains.labeled, discrete=False), warn=True).astype(float)
        assert_all_finite(known, input_name="y")
        labels = np.zeros(X.shape[0])
        labels[domains.labeled] = known
        self._fit(X, labels, domains)
        return self

    def predict(self, X):
        """Predict numbers.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        X = self._check_new(X)
        return self.estimator_.predict(X)

    def _default_base(self):
        from sklearn.linear_model import Ridge  # here, to keep `import sktl` quick

        return OnCommonScale(Ridge(), per="column")

    def _check_base(self, base):
        if not is_regressor(base):
            raise TypeError(f"The estimator must be a regressor; got {base!r}.")

    def _fit_base(self, X, labels):
        return self._base().fit(X, labels)

    def _losses(self, model, rows):
        predicted = model.predict(rows.X_target)
        seen = np.where(rows.known, rows.y_target, predicted)
        scale = rows.y_source.var() or 1.0  # equal labels have no unit
        return ((rows.y_source[:, None] - seen) ** 2 + (seen - predicted) ** 2) / scale

    def _refit(self, plan, rows):
        labels = plan.shape[1] * plan.T @ rows.y_source  # the mean label that a row gets minimises its squared errors
        return self._fit_base(rows.X_target, np.where(rows.known, rows.y_target, labels))
