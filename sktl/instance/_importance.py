"""Fit any estimator under the weights of any weighter."""

import warnings

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.utils import check_array, check_random_state
from sklearn.utils.metadata_routing import MetadataRouter

from sktl._checks import RANDOM_STATE, HasMethods, InstanceOf, Interval, check_parameters
from sktl.base import BaseOnLabeled, BaseWeighter, weight_parameter
from sktl.domains import labeled_rows, n_rows, read_domains, user_level
from sktl.exceptions import ResamplingWarning
from sktl.instance._kmm import KMM


def flattened(weights, source, flattening):
    """Weights to the power of ``flattening`` on the ``source`` rows, with mean 1 over them; the others as they are."""
    flat = weights.copy()
    flat[source] **= flattening
    flat[source] /= flat[source].mean()  # after the power the mean is no longer 1
    return flat


def _check_numbers(X, weighter, error):
    """Raise anew if the weighter failed on a table that is not of finite numbers: only it may need them."""
    try:
        check_array(X, accept_sparse=True, dtype=None, ensure_all_finite=False)
    except (TypeError, ValueError):
        return  # no table at all: the weighter's own error says it
    try:
        check_array(X, accept_sparse=True, input_name="X")
    except ValueError as reason:
        raise ValueError(
            f"{weighter!r} weights rows of finite numbers only ({str(reason).splitlines()[0].rstrip('.')}). Encode and "
            "impute before ImportanceWeighted, as in make_pipeline(preprocessing, ImportanceWeighted(...))."
        ) from error


class ImportanceWeighted(BaseOnLabeled):
    """Fit any estimator on the labelled rows, with source rows weighted to look like the target.

    The weighted mean of a loss over source rows, with weights w(x) = p_target(x) / p_source(x), estimates its mean over
    the target, as long as p(y | x) is the same in both (covariate shift; Shimodaira 2000): without bias with the true
    w, and consistently with estimated weights that are scaled to mean 1.

    *When it helps*: the model is misspecified, so that what it learns depends on where its rows lie. *When it hurts*:
    the model is flexible enough to fit everywhere, or p(y | x) changes: then the weights add variance and bring
    nothing; the weighter's ``effective_sample_size_`` says how much. This is common in real tables: with logistic
    regression on adult (by sex, race, country) and heart disease (by hospital) no density-ratio weighter gains accuracy
    on average, and the sharper ones lose up to 5 points (``benchmarks/tabular.py``). Weights w(x)^``flattening`` are a
    compromise between bias and variance.

    Parameters
    ----------
    estimator : estimator object
        Any classifier or regressor (or a pipeline that ends in one) whose ``fit`` takes ``sample_weight``; for others
        see ``resample``.
    weighter : weighter object, default=None
        Any weighter of ``sktl.instance``; None means ``KMM()``.
    flattening : float in [0, 1], default=1.0
        Power of the source rows' weights, which are then scaled to mean 1 again: 1 keeps them, 0 gives all rows the
        same weight (as :class:`~sktl.OnLabeled`), values in between have less variance than 1. Worth tuning.
    resample : {"never", "auto", "always"}, default="never"
        What to do with an estimator that takes no weights. "never": raise an error. "auto": draw rows with replacement
        in proportion to their weights, as many as have labels, with a ``ResamplingWarning``; estimators that take
        weights get them. "always": draw rows for any estimator, without a warning.
    random_state : int, RandomState instance or None, default=None
        Seed of the rows drawn.

    Attributes
    ----------
    estimator_ : estimator object
        The clone fitted on the labelled rows under the weights.
    weighter_ : weighter object
        The clone fitted on the rows of all domains; ``weighter_.weights_`` has one weight per row.
    weights_ : ndarray of shape (n_samples,)
        The weights used: the weighter's, flattened.
    drawn_rows_ : ndarray of shape (n_labeled,) or None
        Positions in ``X`` of the rows drawn; None if the estimator got the weights themselves.
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
    sktl.model_selection.ImportanceWeightedScorer : Scores its parameters in a search, without target labels.

    Notes
    -----
    Drawing rows adds variance, and a class or region of little weight may not be drawn at all: prefer estimators that
    take weights.

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

    _constraints = {
        "estimator": (HasMethods("fit"),),
        "weighter": (None, InstanceOf(BaseWeighter, noun="a weighter of sktl.instance, such as KMM()")),
        "flattening": (Interval(low=0, high=1),),
        "resample": ("never", "auto", "always"),
        "random_state": RANDOM_STATE,
    }

    def __init__(self, estimator, weighter=None, *, flattening=1.0, resample="never", random_state=None):
        self.estimator = estimator
        self.weighter = weighter
        self.flattening = flattening
        self.resample = resample
        self.random_state = random_state

    def fit(self, X, y=None, sample_domain=None, **fit_params):
        """Fit the weighter on all rows, then the estimator on the labelled ones.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains, as numbers: encode and impute before this step, not in the wrapped estimator, since
            the weighter reads them too.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Labels, missing (NaN, None, ``pd.NA``) where unknown.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target; goes to the weighter.
        **fit_params : dict
            For the estimator; a ``sample_weight`` is multiplied by the importance weights.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If the estimator's ``fit`` takes no ``sample_weight`` and ``resample`` is "never", or ``weighter`` is not a
            weighter.
        ValueError
            If no row has a label, X is not of finite numbers, ``sample_weight`` does not have one value per row, or a
            parameter is out of range.

        Warns
        -----
        ResamplingWarning
            If ``resample`` is "auto" and rows are drawn, since the estimator takes no weights.
        """
        check_parameters(self)
        name = self._weight_parameter()
        params = dict(self._routed("fit", fit_params))
        weighter = KMM() if self.weighter is None else self.weighter
        try:
            self.weighter_ = clone(weighter).fit(X, y, sample_domain)
        except ValueError as error:
            _check_numbers(X, weighter, error)
            raise
        self.weights_ = self._flattened(X, y, sample_domain)
        weights = self._times_given(params.pop("sample_weight", params.pop(name, None)))
        if name is None or self.resample == "always":
            return self._fit_drawn(X, y, weights, params, silent=self.resample == "always")
        self.drawn_rows_, params[name] = None, weights
        # these weights are none of the user's: what is within must not want a request for them, nor route by it
        with config_context(enable_metadata_routing=False):
            return self._fit_inner(X, y, params)

    def _times_given(self, given):
        """The importance weights, times the user's own where there are any."""
        if given is None:
            return self.weights_
        given = np.asarray(given)
        if given.shape != self.weights_.shape:
            raise ValueError(
                f"sample_weight must have one value per row, shape {self.weights_.shape}; got shape {given.shape}."
            )
        return self.weights_ * given

    def _weight_parameter(self):
        """Name of the parameter that takes weights, or None where there is none and rows may be drawn."""
        try:
            return weight_parameter(self.estimator)
        except TypeError as error:
            if isinstance(self.estimator, type) or not hasattr(self.estimator, "fit"):
                raise
            if self.resample == "never":
                raise TypeError(
                    f"{error} Or pass resample='auto', to draw rows in proportion to their weights."
                ) from None
            return None

    def _flattened(self, X, y, sample_domain):
        weights = self.weighter_.weights_
        if self.flattening == 1 or np.ptp(weights) == 0:  # equal weights stay so; that may be one domain, no source
            return weights
        return flattened(weights, read_domains(X, y, sample_domain).source, self.flattening)

    def _fit_drawn(self, X, y, weights, params, silent):
        """Fit on labelled rows drawn with replacement in proportion to their weights."""
        labeled = np.arange(n_rows(X)) if y is None else np.flatnonzero(labeled_rows(X, y))
        n, chances = len(labeled), weights[labeled]
        rows = check_random_state(self.random_state).choice(n, size=n, p=chances / chances.sum()) if n else labeled
        self.drawn_rows_ = labeled[rows]
        if not silent:
            warnings.warn(
                f"{self.estimator!r} takes no sample_weight: it is fitted on {n} rows drawn with replacement in "
                f"proportion to their weights (random_state={self.random_state!r}). Pass resample='always' to do "
                "so "
                "without this warning, or an estimator that takes weights.",
                ResamplingWarning,
                stacklevel=user_level(),
            )
        return self._fit_inner(X, y, params, rows)

    def _router(self):
        return MetadataRouter(owner=type(self).__name__).add_self_request(self)
