"""Gaussian process regression whose prior is what a source model predicts."""

from dataclasses import replace
from numbers import Integral

import numpy as np
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from sktl._checks import BOOLEAN, RANDOM_STATE, HasMethods, Interval, check_parameters
from sktl._core.kernels import canonical_order
from sktl._core.losses import SQUARED
from sktl._core.source_weights import predictor_weights
from sktl.base import BaseParameterTransfer, BaseTransferRegressor, source_predict, validate_rows
from sktl.domains import as_column, take_rows
from sktl.parameter._linear import WEIGHTS, check_source_weights, equal_weights, flat_labels, mean_loss, numbers
from sktl.parameter._tree_sources import names_checked

__all__ = ["GaussianProcessTransferRegressor"]


class GaussianProcessTransferRegressor(BaseParameterTransfer, BaseTransferRegressor):
    r"""Gaussian process regression of the target whose prior mean is the prediction of source models.

    The target's function is the source's plus a difference that is a Gaussian process,

    .. math::

        f(x) = m(x) + g(x), \qquad g \sim \mathcal{GP}(0, k), \qquad m(x) = \sum_j \beta_j m_j(x),

    so that, with :math:`K = k(X, X) + \alpha I` over the labelled target rows, its posterior mean is :math:`m(x) + k(x,
    X) K^{-1} (y - m(X))`. With ``source_variance`` the source's own posterior covariance is added to :math:`k`: where
    the source has seen no rows, the target's labels count for more. With a source that predicts 0 it is scikit-learn's
    ``GaussianProcessRegressor``.

    *When it helps*: few labels, a smooth difference, and predictions that need a standard deviation. *When it hurts*:
    many columns that do not matter, since one length scale serves all of them (pass a kernel with several); a target
    that differs from the source more than it varies. The default kernel's one length scale depends on the columns'
    units: scale them.

    Parameters
    ----------
    source : estimator object or list of (name, estimator), default=None
        Regressors of any kind. Fitted ones are used as they are, and every row of ``fit`` is a target row; unfitted
        ones are fitted on the labelled source rows first. None: an unfitted Gaussian process,
        ``GaussianProcessRegressor(ConstantKernel() * RBF() + WhiteKernel(), normalize_y=True)``.
    kernel : kernel object, default=None
        Covariance k of the difference, its parameters learned by marginal likelihood as in scikit-learn. None stands
        for ``ConstantKernel() * RBF() + WhiteKernel()``, with start values from the variance of the residuals and the
        median distance of the rows.
    noise : float, default=1e-10
        Variance of the labels' noise :math:`\alpha`, beside that of a ``WhiteKernel``; ``alpha`` of scikit-learn's.
    source_variance : bool, default=False
        Whether the sources' posterior covariance joins the prior; their ``predict`` must take ``return_cov``.
    weights : {"simplex", "ball"} or array-like of shape (n_sources,), default="simplex"
        Weights of the sources: "simplex" (they sum to 1) or "ball" (their length is at most 1), both chosen for the
        least squared error on the target's labels, or the weights themselves.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.
    n_restarts_optimizer : int, default=0
        Restarts of the search for the kernel's parameters.
    random_state : int, RandomState instance or None, default=0
        Seeds the restarts.

    Attributes
    ----------
    gp_ : GaussianProcessRegressor
        The process fitted to the labels minus the prior mean; not fitted where there is only one domain.
    kernel_ : kernel object
        Covariance of the prior with the parameters found.
    log_marginal_likelihood_ : float
        Log marginal likelihood of the residuals; NaN where there is only one domain.
    source_weights_ : ndarray of shape (n_sources,)
        The sources' weights.
    sources_ : list of (name, estimator)
        The fitted sources.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    HypothesisTransferRegressor : Averages several ways to correct the source, with any model of the residuals.
    sklearn.gaussian_process.GaussianProcessRegressor : Without a source.

    Notes
    -----
    A Gaussian process stores its training rows: the fitted model holds the labelled target rows, and a source that is a
    process holds the source's.

    *Cost.* O(n^3) for n labelled target rows, for each set of kernel parameters tried; with ``source_variance`` the
    source's covariance of these rows as well.

    References
    ----------
    .. [1] C. E. Rasmussen, C. K. I. Williams (2006). Gaussian Processes for Machine Learning. MIT Press. Section 2.7.
    .. [2] M. C. Kennedy, A. O'Hagan (2000). Predicting the output from a complex computer code when fast approximations
       are available. Biometrika.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from sktl.parameter import GaussianProcessTransferRegressor
    >>> rng = np.random.default_rng(0)
    >>> X_old = rng.uniform(-3, 3, size=(500, 1))
    >>> old = HistGradientBoostingRegressor().fit(X_old, np.sin(3 * X_old[:, 0]) + 0.1 * rng.normal(size=500))
    >>> X_new = rng.uniform(-3, 3, size=(8, 1))
    >>> y_new = np.sin(3 * X_new[:, 0]) + 0.5 * X_new[:, 0] + 0.1 * rng.normal(size=8)
    >>> model = GaussianProcessTransferRegressor(old).fit(X_new, y_new)
    >>> grid = np.linspace(-2.5, 2.5, 101)[:, None]
    >>> truth = np.sin(3 * grid[:, 0]) + 0.5 * grid[:, 0]
    >>> for name, fitted in {"transfer": model, "source": old}.items():
    ...     print(f"{name}: {np.sqrt(np.mean((fitted.predict(grid) - truth) ** 2)):.2f}")
    transfer: 0.12
    source: 0.73
    """

    _constraints = {
        "kernel": (None, HasMethods("is_stationary", "diag", noun="a kernel object")),
        "noise": (Interval(low=0),),
        "source_variance": BOOLEAN,
        "weights": WEIGHTS,
        "n_restarts_optimizer": (Interval(Integral, 0),),
        "random_state": RANDOM_STATE,
    }
    _takes_sparse = False

    def __init__(
        self,
        source=None,
        *,
        kernel=None,
        noise=1e-10,
        source_variance=False,
        weights="simplex",
        per_source=False,
        n_restarts_optimizer=0,
        random_state=0,
    ):
        self.source = source
        self.kernel = kernel
        self.noise = noise
        self.source_variance = source_variance
        self.weights = weights
        self.per_source = per_source
        self.n_restarts_optimizer = n_restarts_optimizer
        self.random_state = random_state

    def fit(self, X, y, sample_domain=None):
        """Learn the difference from the source on the labelled target rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows; with an unfitted source, rows of all domains.
        y : array-like of shape (n_samples,)
            Numbers; rows where they are missing are left out.
        sample_domain : array-like of shape (n_samples,), default=None
            Which rows are the target's, where the source is not fitted.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter, a source or a domain is not as described.

        Warns
        -----
        SingleDomainWarning
            If the source is not fitted and there is only one domain: no label is missing and no ``sample_domain`` is
            given.
        """
        check_parameters(self)
        rows = validate_rows(self, X, dtype=np.float64)
        domains = self._split(rows, y, sample_domain)
        rows, y, domains = in_one_order(rows, flat_labels(y), domains)
        labels = numbers(y, domains.labeled)
        self.sources_ = self._fitted_sources(rows, y, domains)
        check_source_weights(self)
        chosen = self._labeled_target(domains)
        labels = labels[chosen[domains.labeled]]
        said = self._say(take_rows(rows, chosen)) if chosen.any() else np.zeros((0, len(self.sources_)))
        self.source_weights_ = self._choose_weights(said, labels)
        self._solve(take_rows(rows, chosen), labels - said @ self.source_weights_)
        return self

    def _say(self, X):
        """Predictions of each source, (n, n_sources)."""
        with names_checked():
            return np.column_stack([source_predict(name, model, X) for name, model in self.sources_])

    def _choose_weights(self, said, labels):
        """The sources' weights, with the least squared error as they are."""
        if not isinstance(self.weights, str) or len(labels) < 2:
            return equal_weights(self)
        loss = mean_loss(SQUARED, labels[:, None], np.full(len(labels), 1 / len(labels)))
        return predictor_weights(loss, said[:, None, :], self.weights, True)

    def _solve(self, X, residual):
        """Fit the process of the residuals."""
        from sklearn.gaussian_process import GaussianProcessRegressor  # here, to keep `import sktl` quick

        kernel = default_kernel(X, residual) if self.kernel is None else clone(self.kernel)
        if self.source_variance:
            kernel = self._source_covariance() + kernel
        self.gp_ = GaussianProcessRegressor(
            kernel,
            alpha=self.noise,
            optimizer=search_within if self.kernel is None else "fmin_l_bfgs_b",
            n_restarts_optimizer=self.n_restarts_optimizer,
            random_state=self.random_state,
        )
        self.kernel_, self.log_marginal_likelihood_ = kernel, np.nan
        if len(residual):
            self.gp_.fit(X, residual)
            self.kernel_ = self.gp_.kernel_
            self.log_marginal_likelihood_ = float(self.gp_.log_marginal_likelihood_value_)

    def _source_covariance(self):
        """Kernel of the sources' covariance, or an error."""
        from sktl.parameter._source_covariance import SourceCovariance  # here, to keep `import sktl` quick

        probe = np.zeros((2, self.n_features_in_))  # two rows: one would not tell variances from covariances
        for name, model in self.sources_:
            try:
                with names_checked():
                    found = model.predict(probe, return_cov=True)
            except TypeError:
                found = None
            if not (isinstance(found, tuple) and np.shape(found[1]) == (2, 2)):
                raise ValueError(
                    f"source_variance=True needs sources whose predict takes return_cov, such as "
                    f"GaussianProcessRegressor; the source {name!r} is {model!r}. Use source_variance=False."
                )
        return SourceCovariance([FrozenEstimator(model) for _, model in self.sources_], tuple(self.source_weights_))

    def _default_source(self, X):
        from sklearn.gaussian_process import GaussianProcessRegressor  # here, to keep `import sktl` quick

        kernel = default_kernel(X, np.ones(1))
        return GaussianProcessRegressor(kernel, optimizer=search_within, normalize_y=True)

    def predict(self, X, return_std=False, return_cov=False):
        """Posterior means of target rows, with standard deviations or covariances on request.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            New rows.
        return_std : bool, default=False
            Whether to return standard deviations as well; as in scikit-learn, with a ``WhiteKernel``'s noise.
        return_cov : bool, default=False
            Whether to return the covariance of the rows as well.

        Returns
        -------
        mean : ndarray of shape (n_samples,)
            Predictions.
        spread : ndarray of shape (n_samples,) or (n_samples, n_samples)
            Standard deviations or covariances, where asked for.
        """
        check_is_fitted(self)
        X = validate_rows(self, X, dtype=np.float64, reset=False)
        prior = self._say(X) @ self.source_weights_
        if not (return_std or return_cov):
            return prior + self.gp_.predict(X)
        mean, spread = self.gp_.predict(X, return_std=return_std, return_cov=return_cov)
        return prior + mean, spread


def in_one_order(rows, y, domains):
    """Rows, labels and domains in an order that depends on the rows' values alone.

    The search for a kernel's parameters ends at other digits where sums are taken in another order.
    """
    order = canonical_order(rows)
    parts = {name: getattr(domains, name)[order] for name in ("target", "labeled", "names")}
    return rows[order], as_column(y)[order], replace(domains, **parts)


def search_within(objective, start, bounds):
    """Minimise as scikit-learn does, and end off the bounds by twice what it takes for being at them.

    At a bound it warns that a wider one might do better. Here the bounds are ours, and to be at one means "none".
    """
    found = minimize(objective, start, method="L-BFGS-B", jac=True, bounds=bounds)
    margin = 2 * (1e-8 + 1e-5 * np.abs(bounds))  # of numpy.isclose; on the logarithm of a parameter
    return np.clip(found.x, bounds[:, 0] + margin[:, 0], bounds[:, 1] - margin[:, 1]), found.fun


def default_kernel(X, residual):
    """A constant times an RBF, and noise: begun at the size of the residuals and the median distance of the rows."""
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    size = float(np.mean(np.square(residual))) if len(residual) else 1.0
    size = size if size > 0 else 1.0  # residuals that are all 0 have no size
    few = X[:: max(1, len(X) // 200)]  # a median needs no more rows
    gaps = np.sqrt(np.maximum(np.sum((few[:, None] - few[None]) ** 2, axis=2), 0))
    length = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 1.0
    # bounds some decades round the data's own sizes: wide enough to mean none, and free of units
    return ConstantKernel(size, (1e-3 * size, 1e3 * size)) * RBF(length, (0.05 * length, 100 * length)) + WhiteKernel(
        0.1 * size, (1e-6 * size, 10 * size)
    )
