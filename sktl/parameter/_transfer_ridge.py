"""Ridge regression that shrinks towards a source model's coefficients instead of towards zero."""

import numpy as np

from sktl._core.biased_ridge import label_moments, ridge_path, solve_ridge
from sktl.base import BaseParameterTransfer, BaseTransferRegressor, linear_parameters
from sktl.parameter import _linear_members
from sktl.parameter._linear import LINEAR, decision, equal_weights, numbers

__all__ = ["TransferRidge"]


class TransferRidge(BaseParameterTransfer, BaseTransferRegressor):
    r"""Ridge regression whose coefficients are shrunk towards those of a source model.

    With the labelled target rows :math:`(x_i, y_i)`, their weights :math:`s_i`, and source models with coefficients
    :math:`w_k`,

    .. math::

        \min_{w, a} \sum_i s_i (y_i - x_i^\top w - a)^2 + \lambda \Big\| w - \sum_k \beta_k w_k \Big\|^2,

    where :math:`\lambda` is ``reg`` and the :math:`\beta_k` are the sources' ``weights``. With source coefficients of 0
    it is scikit-learn's ``Ridge(alpha=reg)``; with ``reg=0`` it is least squares on the target; with ``reg=inf`` it has
    the source's coefficients and an intercept fitted to the target.

    With ``reg="auto"`` both :math:`\lambda` and the :math:`\beta_k` minimise the leave-one-out error, which has a
    closed form (multi-KT [1]_): one factorisation serves all penalties.

    *When it helps*: the relation is linear with similar slopes in both domains, the columns have the same meaning and
    units, and there are fewer than about three labels per column. *When it hurts*: no slope carries over; then
    ``"ball"`` weights fall to 0, which leaves a ridge regression of the target alone. With 50 labels and few columns
    there is little to gain. For a source that is not linear, such as boosted trees, use
    ``HypothesisTransferRegressor``.

    Parameters
    ----------
    source : estimator object or list of (name, estimator), default=None
        Linear models (with ``coef_``, or pipelines that are linear in their columns). Fitted ones are used as they are,
        and every row of ``fit`` is a target row; unfitted ones are fitted on the labelled source rows first. None
        stands for ``Ridge()``, unfitted.
    reg : "auto", float or inf, default="auto"
        Penalty :math:`\lambda`, at least 0, in the units of scikit-learn's ``Ridge``. "auto": the one with the smallest
        leave-one-out error among 25 penalties over ten orders of magnitude, and inf. As with any ridge the result
        depends on the columns' units: scale them.
    weights : {"ball", "simplex"} or array-like of shape (n_sources,), default="ball"
        Weights :math:`\beta_k` of the sources. "ball": not negative and of Euclidean length at most 1, so that a single
        source is scaled by a number between 0 and 1 (the scaled form of A-SVM); "simplex": not negative with sum 1, so
        that a single source counts fully; or the weights themselves.
    fit_intercept : bool, default=True
        Whether to fit the intercept to the target, without penalty; otherwise it is that of the weighted sources.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients.
    intercept_ : float
        Intercept.
    reg_ : float
        Penalty used.
    source_weights_ : ndarray of shape (n_sources,)
        The sources' weights.
    sources_ : list of (name, estimator)
        The fitted sources.
    regs_ : ndarray of shape (n_regs,)
        Penalties tried, with ``reg="auto"``.
    loo_losses_ : ndarray of shape (n_regs,)
        Mean squared leave-one-out error of each, with ``reg="auto"``.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    HypothesisTransferRegressor : Any source model, and any model of its residuals.
    MultiTaskTransferRidge : All domains at once, from their rows.
    TransGLM : For sparse coefficients, more columns than rows, and sources some of which mislead.

    Notes
    -----
    *Weights of rows.* Leaving a row of weight s out means leaving one of s equal rows out, so that a weight of s and s
    repeated rows give the same result.

    *One label*: nothing can be left out, and ``reg="auto"`` keeps the source's coefficients.

    *One domain*: with an unfitted source and a single domain the result has the source's coefficients.

    *Cost.* O(n d^2) with more rows than columns, from sums over the rows; else O(n^2 d), in the span of the rows.

    References
    ----------
    .. [1] T. Tommasi, F. Orabona, B. Caputo (2010). Safety in numbers: learning categories from few examples with multi
       model knowledge transfer. CVPR.
    .. [2] J. Yang, R. Yan, A. G. Hauptmann (2007). Cross-domain video concept detection using adaptive SVMs. ACM
       Multimedia.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from sktl.parameter import TransferRidge
    >>> rng = np.random.default_rng(0)
    >>> X_old, X_new, slopes = rng.normal(size=(300, 8)), rng.normal(size=(6, 8)), np.arange(8.0)
    >>> old = Ridge().fit(X_old, X_old @ slopes + rng.normal(size=300))
    >>> y_new = X_new @ (slopes + 0.1) + 3 + rng.normal(size=6)
    >>> model = TransferRidge(old).fit(X_new, y_new)
    >>> X_test = rng.normal(size=(500, 8))
    >>> truth = X_test @ (slopes + 0.1) + 3
    >>> for name, fitted in {"transfer": model, "target alone": Ridge().fit(X_new, y_new), "source": old}.items():
    ...     print(f"{name}: {np.sqrt(np.mean((fitted.predict(X_test) - truth) ** 2)):.1f}")
    transfer: 0.5
    target alone: 6.8
    source: 3.1
    """

    _constraints = LINEAR

    def __init__(self, source=None, *, reg="auto", weights="ball", fit_intercept=True, per_source=False):
        self.source = source
        self.reg = reg
        self.weights = weights
        self.fit_intercept = fit_intercept
        self.per_source = per_source

    fit = _linear_members.fit

    def _solve(self, rows):
        """The source's coefficients as they are where there are no target rows, else the fit."""
        parameters = [linear_parameters(name, model, self.n_features_in_) for name, model in self.sources_]
        coef, intercept = (np.concatenate(parts) for parts in zip(*parameters, strict=True))
        if len(intercept) > len(self.sources_):
            raise ValueError(
                f"TransferRidge needs sources with one output; got coefficients of shape {coef.shape}. "
                "Fit one model per output."
            )
        self._forget()
        if len(rows.weights) == 0:
            self._keep_source(coef, intercept)
        elif self.reg == "auto" or (isinstance(self.weights, str) and self._learns_weights()):
            self._solve_path(rows, coef, intercept)
        else:
            self._solve_one(rows, coef, intercept)

    def _learns_weights(self):
        return self.weights == "ball" or len(self.sources_) > 1

    def _forget(self):
        """Drop what only some fits set."""
        for name in ("regs_", "loo_losses_"):
            vars(self).pop(name, None)

    def _keep_source(self, coef, intercept):
        """One domain: the sources as they are."""
        self.source_weights_, self.reg_ = equal_weights(self), np.inf
        self.coef_, self.intercept_ = self.source_weights_ @ coef, float(self.source_weights_ @ intercept)

    def _solve_one(self, rows, coef, intercept):
        """Solve for one penalty and known weights: all that is needed are sums over the rows."""
        self.source_weights_, self.reg_ = equal_weights(self), float(self.reg)
        start, own = self.source_weights_ @ coef, float(self.source_weights_ @ intercept)
        own = None if self.fit_intercept else own
        y, inner = numbers(rows.labels), rows.coordinates
        moments = label_moments(inner.rows, y, rows.weights)
        seen = inner.project(start)
        found, self.intercept_ = solve_ridge(moments, rows.weights.sum(), self.reg_, seen, own)
        self.coef_ = start + inner.back(found - seen)

    def _solve_path(self, rows, coef, intercept):
        """Choose penalty and weights by the leave-one-out errors."""
        regs = None if self.reg == "auto" else [self.reg]
        if self.reg == "auto" and rows.weights.sum() < 2 and len(rows.weights) == 1:
            regs = [np.inf]
        weights = equal_weights(self) if len(rows.weights) == 1 else self.weights
        y = numbers(rows.labels)
        path = ridge_path(
            rows.coordinates, y, rows.weights, coef, intercept, weights, regs, fit_intercept=self.fit_intercept
        )
        self.coef_, self.intercept_ = path.coefficients(path.best)
        self.reg_, self.source_weights_ = float(path.regs[path.best]), path.weights[path.best]
        if self.reg == "auto":
            self.regs_, self.loo_losses_ = path.regs, path.errors

    def _default_source(self, X):
        from sklearn.linear_model import Ridge  # here, to keep `import sktl` quick

        return Ridge()

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
