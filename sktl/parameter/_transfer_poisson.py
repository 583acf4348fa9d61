"""Poisson regression that shrinks towards a source model's coefficients instead of towards zero."""

import numpy as np

from sktl._core.losses import POISSON
from sktl.base import BaseParameterTransfer, BaseTransferRegressor, linear_parameters
from sktl.domains import known_labels
from sktl.parameter import _linear_members
from sktl.parameter._linear import LINEAR, decision, fit_biased, keep_source, numbers

__all__ = ["TransferPoissonRegressor"]


class TransferPoissonRegressor(BaseParameterTransfer, BaseTransferRegressor):
    r"""Poisson regression whose coefficients are shrunk towards those of a source model.

    With the labelled target rows :math:`(x_i, y_i)`, their weights :math:`s_i`, means
    :math:`\mu_i = \exp(x_i^\top w + a)`, and source models with coefficients :math:`w_k`,

    .. math::

        \min_{w, a} \frac{1}{\sum_i s_i} \sum_i s_i (\mu_i - y_i \ln \mu_i)
        + \frac{\lambda}{2} \Big\| w - \sum_k \beta_k w_k \Big\|^2,

    where :math:`\lambda` is ``reg``. With source coefficients of 0 it is scikit-learn's
    ``PoissonRegressor(alpha=reg)``; with ``reg=inf`` it has the source's coefficients and an intercept fitted to the
    target, so that all rates are multiplied by one number.

    *When it helps*: counts (claims, visits) of a new site, product or year, where effects multiply and are similar
    while the level has changed. *When it hurts*: the effects differ; "ball" weights then fall to 0, which leaves a
    penalised Poisson regression of the target. A few rows with many zeros say little about the slopes: the penalty then
    stays near inf. On counts of bikes and visits its root mean squared error at 50 labels is that of the target's own
    ridge (1.00), on the visits, where a few rows have large counts, a sixth above.

    Parameters
    ----------
    source : estimator object or list of (name, estimator), default=None
        Regressors that are linear with a logarithmic link (``PoissonRegressor``, ``GammaRegressor``,
        ``TweedieRegressor``, or pipelines that end in one). Fitted ones are used as they are, and every row of ``fit``
        is a target row; unfitted ones are fitted on the labelled source rows first. None stands for
        ``PoissonRegressor(alpha=1e-3, tol=1e-10, max_iter=1000)``, unfitted.
    reg : "auto", float or inf, default="auto"
        Penalty :math:`\lambda`, at least 0: alpha of scikit-learn's ``PoissonRegressor``. "auto": the one with the
        smallest leave-one-out loss among 13 penalties over seven orders of magnitude, and inf. The result depends on
        the columns' units: scale them.
    weights : {"ball", "simplex"} or array-like of shape (n_sources,), default="ball"
        Weights :math:`\beta_k` of the sources, chosen so that the weighted sources, unchanged, predict the target's
        labels best. "ball": not negative and of Euclidean length at most 1, so that a single source is scaled by a
        number between 0 and 1; "simplex": not negative with sum 1, so that a single source counts fully; or the weights
        themselves.
    fit_intercept : bool, default=True
        Whether to fit the intercept to the target, without penalty; otherwise it is that of the weighted sources.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.
    tol : float, default=1e-4
        The fit stops when no derivative of the mean loss exceeds it.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients of the logarithm of the mean.
    intercept_ : float
        Intercept.
    reg_ : float
        Penalty used.
    source_weights_ : ndarray of shape (n_sources,)
        The sources' weights.
    sources_ : list of (name, estimator)
        The fitted sources.
    regs_ : ndarray of shape (n_tried,)
        Penalties tried with ``reg="auto"``, from inf downwards.
    loo_losses_ : ndarray of shape (n_tried,)
        Mean leave-one-out loss of each, up to a constant, with ``reg="auto"``.
    n_iter_ : int
        Number of steps of the last fit.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    TransferRidge : The same with squared errors.
    HypothesisTransferRegressor : Any source model, with offsets.

    Notes
    -----
    An exposure (time at risk, number insured) enters as in scikit-learn: labels divided by it, and ``sample_weight``
    equal to it.

    *Cost.* Newton steps of O(n d^2), in the span of the rows if there are fewer rows than columns.

    References
    ----------
    .. [1] T. Tommasi, F. Orabona, B. Caputo (2010). Safety in numbers: learning categories from few examples with multi
       model knowledge transfer. CVPR.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import PoissonRegressor
    >>> from sktl.parameter import TransferPoissonRegressor
    >>> rng = np.random.default_rng(0)
    >>> def rows(n, level):
    ...     X = rng.normal(size=(n, 5))
    ...     return X, rng.poisson(np.exp(X @ [0.5, -0.5, 0.3, 0, 0] + level))
    >>> old = PoissonRegressor(alpha=1e-3).fit(*rows(1000, 0))
    >>> X_new, y_new = rows(15, 1)
    >>> model = TransferPoissonRegressor(old).fit(X_new, y_new)
    >>> X_test = rng.normal(size=(1000, 5))
    >>> truth = np.exp(X_test @ [0.5, -0.5, 0.3, 0, 0] + 1)
    >>> own = PoissonRegressor(alpha=1e-3).fit(X_new, y_new)
    >>> for name, fitted in {"transfer": model, "target": own, "source": old}.items():
    ...     print(f"{name}: {np.mean(np.abs(fitted.predict(X_test) - truth)):.1f}")
    transfer: 0.7
    target: 1.9
    source: 2.4
    """

    _constraints = LINEAR

    __init__ = _linear_members.store
    fit = _linear_members.fit

    def _solve(self, rows):
        """The source's coefficients as they are where there are no target rows, else the fit."""
        labels = numbers(rows.labels)
        if (labels < 0).any():
            raise ValueError(f"Some value(s) of y are out of the valid range of a Poisson loss: {labels.min()} < 0.")
        found = [_log_linear(name, model, self.n_features_in_) for name, model in self.sources_]
        coef, intercept = (np.stack(parts) for parts in zip(*found, strict=True))
        if len(rows.weights) == 0:
            keep_source(self, coef, intercept)
        else:
            # of zeros alone the best free intercept is minus infinity
            mode = "free" if self.fit_intercept and labels.any() else "penalised" if self.fit_intercept else "none"
            # the last: scikit-learn's alpha stands beside the mean loss, ours beside the sum
            fit_biased(self, rows, POISSON, labels[:, None], coef, intercept, mode, rows.weights.sum())
        self.coef_, self.intercept_ = self.coef_[0], float(self.intercept_[0])

    def _default_source(self, X):
        from sklearn.linear_model import PoissonRegressor  # here, to keep `import sktl` quick

        return PoissonRegressor(alpha=1e-3, tol=1e-10, max_iter=1000)

    def _fit_on(self, model, X, y, rows, sample_weight):
        """Fit a source; of source rows that count nothing, one that says half a count in all."""
        labels = known_labels(y, rows, discrete=False)
        if np.any(labels):
            return super()._fit_on(model, X, y, rows, sample_weight)
        from sklearn.dummy import DummyRegressor  # here, to keep `import sktl` quick

        return DummyRegressor(strategy="constant", constant=0.5 / len(labels)).fit(np.zeros((1, X.shape[1])), [0.0])

    def predict(self, X):
        """Expected counts of target rows.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return np.exp(decision(self, X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags


def _log_linear(name, model, n_features):
    """Coefficients and intercept of a source whose logarithm is linear, or an error."""
    probe = np.zeros((1, n_features))
    if hasattr(model, "constant_"):  # a DummyRegressor
        return np.zeros((1, n_features)), np.log(model.predict(probe))
    coef, intercept = linear_parameters(name, model, n_features, "log_predict")
    said = np.ravel(model.predict(probe)) if not hasattr(model, "feature_names_in_") else np.exp(intercept)
    if not np.allclose(said, np.exp(intercept), rtol=1e-4):
        raise ValueError(
            f"The source {name!r} must be linear with a logarithmic link; at X = 0 {model!r} predicts {said[0]:.3g}, "
            f"not exp(intercept) = {np.exp(intercept[0]):.3g}. Use TransferRidge, or a PoissonRegressor as source."
        )
    return coef, intercept
