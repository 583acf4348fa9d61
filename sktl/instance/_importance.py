"""Fit any estimator under the weights of any weighter."""

import numpy as np
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import MetadataRouter

from sktl.base import BaseOnLabeled, weight_parameter
from sktl.instance._kmm import KMM


class ImportanceWeighted(BaseOnLabeled):
    """Fit any estimator on the labelled rows, weighted so that source rows count as often as the target has them.

    The weighted mean of a loss over source rows, with weights w(x) = p_target(x) / p_source(x), is an unbiased estimate
    of its mean over the target, as long as p(y | x) is the same in both (covariate shift; Shimodaira 2000).

    *When it helps*: the model is misspecified, so that where it is fitted decides what it learns. *When it hurts*: the
    model is rich enough to fit everywhere, or p(y | x) changes: then the weights cost variance and give nothing. The
    weighter's ``effective_sample_size_`` says how much.

    Parameters
    ----------
    estimator : estimator object
        Any classifier or regressor (or a pipeline that ends in one) whose ``fit`` takes ``sample_weight``.
    weighter : weighter object, default=None
        Any weighter of ``sktl.instance``; None means ``KMM()``.

    Attributes
    ----------
    estimator_ : estimator object
        The clone fitted on the labelled rows under the weights.
    weighter_ : weighter object
        The clone fitted on the rows of all domains; ``weighter_.weights_`` has a weight a row.
    classes_ : ndarray of shape (n_classes,)
        Class labels (classifiers).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    sktl.OnLabeled : The same without weights: the baseline to beat.
    KMM : The default weighter.

    References
    ----------
    .. [1] H. Shimodaira, "Improving predictive inference under covariate shift by weighting the log-likelihood
       function", Journal of Statistical Planning and Inference 90, 2000.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.instance import KMM, ImportanceWeighted
    >>> data = make_covariate_shift(random_state=0, task="regression")
    >>> model = ImportanceWeighted(LinearRegression(), KMM()).fit(data.X, data.y)
    >>> model.predict(data.X[:2]).shape
    (2,)
    """

    __metadata_request__fit = {"sample_domain": True}

    def __init__(self, estimator, weighter=None):
        self.estimator = estimator
        self.weighter = weighter

    def fit(self, X, y=None, sample_domain=None, **fit_params):
        """Fit the weighter on all rows, then the estimator on the labelled ones.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Labels, missing (NaN, None, ``pd.NA``) where unknown.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, where the labels can't tell; goes to the weighter.
        **fit_params : dict
            For the estimator; a ``sample_weight`` is multiplied by the importance weights.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If the estimator's ``fit`` takes no ``sample_weight``, or ``weighter`` is no weighter.
        ValueError
            If no row has a label, or ``sample_weight`` has not one value a row.
        """
        name = weight_parameter(self.estimator)
        params = dict(self._routed("fit", fit_params))
        weighter = KMM() if self.weighter is None else self.weighter
        if isinstance(weighter, type) or not hasattr(weighter, "fit") or hasattr(weighter, "transform"):
            raise TypeError(f"weighter must be a weighter of sktl.instance, such as KMM(); got {weighter!r}.")
        self.weighter_ = clone(weighter).fit(X, y, sample_domain)
        params[name] = self._times_given(params.pop("sample_weight", params.pop(name, None)))
        # these weights are none of the user's: a pipeline within must not want a request for them, nor route by it
        inner_routing = get_config()["enable_metadata_routing"] and not isinstance(self.estimator, Pipeline)
        with config_context(enable_metadata_routing=inner_routing):
            return self._fit_inner(X, y, params)

    def _times_given(self, given):
        """The importance weights, times the user's own where there are any."""
        weights = self.weighter_.weights_
        if given is None:
            return weights
        given = np.asarray(given)
        if given.shape != weights.shape:
            raise ValueError(
                f"sample_weight must have one value a row, shape {weights.shape}; got shape {given.shape}."
            )
        return weights * given

    def _router(self):
        return MetadataRouter(owner=type(self).__name__).add_self_request(self)
