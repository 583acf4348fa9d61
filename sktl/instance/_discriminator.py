"""Importance weights from the odds of a source-versus-target classifier."""

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from scipy.special import expit
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_random_state, get_tags

from sktl._checks import BOOLEAN, FOLDS, N_JOBS, RANDOM_STATE, HasMethods, check_answers
from sktl._core.folds import fold_numbers, mean_of_equals
from sktl._core.held_out import first_as_good, held_out_log_ratios
from sktl._core.kernels import stack_samples, subsample
from sktl._core.overlap import newton_logistic
from sktl._core.weights import odds_to_ratio, within_scale
from sktl.base import BaseRatioWeighter

# of the default classifier, simplest first: C, and whether it sees squares (benchmarks/ratio.py)
OPTIONS = ((0.01, False), (0.01, True), (0.1, False), (0.1, True))
SQUARED_COLUMNS = 100  # wider tables are not squared
CV_ROWS = 2000  # rows of each domain that the choice among them looks at, at the most
BULK = 4.0  # robust deviations from a domain's median beyond which a value counts as at that bound
NORMAL_QUARTILES = 1.349  # distance of the quartiles of N(0, 1)
# what has no probabilities: scikit-learn's CalibratedClassifierCV gives them
PROBABILISTIC = (HasMethods("fit", "predict_proba", noun="a classifier (CalibratedClassifierCV around one without)"),)


class BulkScaler(TransformerMixin, BaseEstimator):
    """Columns in units of their deviation within the domains, ``y`` = 0 or 1, drawn in to where either has its bulk.

    Within, since the deviation of all rows grows with the gap between the domains; drawn in, since a line or a parabola
    fitted to the bulk says nothing of a row far out, and its exponential would say much. ``squares`` puts the squares
    beside. Sparse rows are scaled only.
    """

    def __init__(self, squares=False):
        self.squares = squares

    def fit(self, X, y):
        samples = X[y == 0], X[y == 1]
        if sparse.issparse(X):
            self.scale_ = within_scale(*samples)
            return self
        bounds = np.array([self._bulk(sample) for sample in samples])
        self.low_, self.high_ = bounds[:, 0].min(axis=0), bounds[:, 1].max(axis=0)
        drawn = [self._drawn(sample) for sample in samples]
        self.mean_, self.scale_ = self._drawn(X).mean(axis=0), within_scale(*drawn)
        if self.squares:
            squared = [((sample - self.mean_) / self.scale_) ** 2 for sample in drawn]
            self.square_mean_, self.square_scale_ = np.concatenate(squared).mean(axis=0), within_scale(*squared)
        return self

    def _bulk(self, X):
        low, middle, high = np.quantile(X, [0.25, 0.5, 0.75], axis=0)
        spread = (high - low) / NORMAL_QUARTILES
        # half the values equal: quartiles see no spread
        spread = BULK * np.maximum(np.where(spread > 0, spread, X.std(axis=0)), np.finfo(float).tiny)
        return middle - spread, middle + spread

    def _drawn(self, X):
        return np.clip(X, self.low_, self.high_)

    def transform(self, X):
        if sparse.issparse(X):
            return sparse.csr_matrix(X.multiply(1 / self.scale_))
        X = (self._drawn(X) - self.mean_) / self.scale_
        return np.hstack([X, (X**2 - self.square_mean_) / self.square_scale_]) if self.squares else X


def as_dense(X):
    """Rows as an array of doubles."""
    return (X.toarray() if sparse.issparse(X) else X).astype(np.float64)


def logistic(option, n_columns):
    """Logistic regression on scaled columns, or on these and their squares: the default classifier."""
    from sklearn.linear_model import LogisticRegression  # slow to import, and not needed otherwise

    C, squares = option
    last = LogisticRegression(C=C, tol=1e-7, max_iter=1000)
    dense = [FunctionTransformer(as_dense, accept_sparse=True)] if n_columns <= SQUARED_COLUMNS else []
    return make_pipeline(*dense, BulkScaler(squares), last)


def target_probability(classifier, X, n):
    """P(target | x) by a fitted classifier, kept off 0 and 1."""
    probability = classifier.predict_proba(X)[:, list(classifier.classes_).index(1)]
    check_answers(classifier, probability)
    return off_the_ends(probability, n)


def off_the_ends(probability, n):
    """Probabilities kept off 0 and 1 by what ``n`` rows can tell (Laplace's rule): 1 / (n + 2)."""
    return np.clip(probability, 1 / (n + 2), 1 - 1 / (n + 2))


def probability_of_option(option, X_source, X_target, X):
    """P(target | x) by the default classifier of an option, fitted to two samples.

    By Newton's steps, where scikit-learn's checks would cost more than the fit: the choice takes some twenty of these.
    """
    n, n_columns = X_source.shape[0] + X_target.shape[0], X.shape[1]
    stacked, domain = stack_samples(X_source, X_target), np.repeat([0, 1], [X_source.shape[0], X_target.shape[0]])
    if n_columns > SQUARED_COLUMNS:
        return target_probability(logistic(option, n_columns).fit(stacked, domain), X, n)
    C, squares = option
    scaler = BulkScaler(squares).fit(as_dense(stacked), domain)
    rows, new = (np.column_stack([scaler.transform(as_dense(Z)), np.ones(Z.shape[0])]) for Z in (stacked, X))
    return off_the_ends(expit(new @ newton_logistic(rows, domain, 1 / C, np.zeros(rows.shape[1]))), n)


class DiscriminatorWeighter(BaseRatioWeighter):
    r"""Weight each source row by the odds, from a classifier, that it is a target row.

    A classifier that tells target rows from source rows knows their density ratio, by Bayes' rule:

    .. math:: \frac{p_t(x)}{p_s(x)} = \frac{n_s}{n_t} \cdot \frac{P(\text{target} \mid x)}{1 - P(\text{target} \mid x)}.

    ``weights_`` are cross-fitted: each row is weighted by a classifier that has not seen it, so that a flexible one
    can't give extreme weights to rows that it has memorised.

    *When it helps*: nearly always the first to try. With many columns, and with a simple log-ratio (linear for a mean
    shift, quadratic for a change of scale; the default classifier finds both), it is by far the closest to the truth.
    *When it hurts*: the classifier can't express the shift (for the default one, clusters that move: pass trees), its
    probabilities are not calibrated (naive Bayes, forests, boosting: ``calibrate=True``), or it rebalances the classes
    (``class_weight="balanced"`` changes the odds).

    Parameters
    ----------
    estimator : classifier object, default=None
        Any classifier with ``predict_proba``; it is cloned. None is logistic regression on columns in units of their
        standard deviation within the domains (with up to 100 columns perhaps on these and their squares), with C = 0.01
        or 0.1: the simplest form whose ratio has, within one standard error, the smallest squared error on held-out
        rows. Values more than four robust deviations from the medians of both domains are moved to that bound, so that
        long tails are not extrapolated.
    cv : int >= 2 or None, default=5
        Folds of the cross-fitting; equal rows are in the same fold. None: one classifier weights the rows that it was
        fitted on.
    calibrate : bool, default=False
        Whether to calibrate the log-odds by a logistic regression (Platt scaling) fitted on held-out rows.
    clip : float or None, default=None
        1 or more: the largest weight allowed; the others are raised in proportion, so that the mean stays 1. Below 1: a
        quantile of the weights; larger ones are cut to it, then all are scaled to mean 1.
    n_jobs : int or None, default=None
        Folds fitted in parallel, by joblib.
    random_state : int, RandomState instance or None, default=0
        Draws the folds, which do not depend on the order of the rows.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Cross-fitted weights in the order of the rows: mean 1 over source rows, 1 on target rows.
    overlap_ : float in [0, 1]
        Share of the target that the source covers: the mean of a held-out density ratio over source rows. Where it is
        far below 1, no weights are right.
    effective_sample_size_ : float
        How many equally weighted rows the source rows are worth: 1 / (1 / m + u^2), with m = (sum w)^2 / sum w^2 and u
        the share of the target that the source lacks for certain (1 - ``overlap_`` - two standard errors, at least 0).
    clipped_share_ : float
        Share of the source rows whose weight ``clip`` bounds.
    estimator_ : classifier object or None
        The classifier fitted on all rows, which ``predict_weights`` uses; None if there is one domain.
    calibration_ : ndarray of shape (2,)
        Slope and intercept that calibrate the log-odds; 1 and 0 without ``calibrate``.
    n_source_, n_target_ : int
        Rows of each domain.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    ImportanceWeighted : Fits any estimator with these weights.
    GaussianWeighter : The ratio of two normal densities: the generative form of a logistic regression with squares.
    ULSIF : Needs no model of the log-ratio.
    sktl.metrics.proxy_a_distance : How well such a classifier tells the domains apart.

    Notes
    -----
    *Cost*: cv + 1 fits of the classifier; linear in rows for the default, which takes 4 cv more fits, on at most 2,000
    rows per domain, to choose its form.

    Probabilities are kept at least 1 / (n + 2) away from 0 and 1, with n the number of rows in the fit, so that no odds
    are infinite. If a fold holds all rows of a domain, it is weighted by the classifier of all rows.

    References
    ----------
    .. [1] J. Qin, "Inferences for case-control and semiparametric two-sample density ratio models", Biometrika 85,
       1998.
    .. [2] S. Bickel, M. Brueckner, T. Scheffer, "Discriminative learning under covariate shift", Journal of Machine
       Learning Research 10, 2009.

    Examples
    --------
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.instance import DiscriminatorWeighter
    >>> data = make_covariate_shift(random_state=0)  # N(0, I) > N(e_1, I); y is NaN on target rows
    >>> weighter = DiscriminatorWeighter().fit(data.X, data.y)
    >>> weighter.predict_weights([[-1.0, 0.0], [0.5, 0.0], [1.5, 0.0]]).round(1)  # the truth: 0.2, 1, 2.7
    array([0.4, 1.1, 2.3])
    """

    _constraints = {
        "estimator": (None, *PROBABILISTIC),
        "cv": (None, *FOLDS),
        "calibrate": BOOLEAN,
        "n_jobs": N_JOBS,
        "random_state": RANDOM_STATE,
    }

    def __init__(self, estimator=None, *, cv=5, calibrate=False, clip=None, n_jobs=None, random_state=0):
        self.estimator = estimator
        self.cv = cv
        self.calibrate = calibrate
        self.clip = clip
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _weigh(self, X_source, X_target):
        X, self.n_source_, self.n_target_ = stack_samples(X_source, X_target), X_source.shape[0], X_target.shape[0]
        domain = np.repeat([0, 1], [self.n_source_, self.n_target_])
        classifier = self._choose(X_source, X_target) if self.estimator is None else self.estimator
        self.estimator_ = clone(classifier).fit(X, domain)
        ratio = self._cross_fitted(classifier, X, domain)
        self.calibration_ = self._calibration(ratio, domain) if self.calibrate else np.array([1.0, 0.0])
        return self._calibrated(ratio)[: self.n_source_]

    def _choose(self, X_source, X_target):
        """The simplest default classifier whose ratio has the least squared error (but for a constant), or nearly."""
        rng = check_random_state(self.random_state)
        options = [option for option in OPTIONS if X_source.shape[1] <= SQUARED_COLUMNS or not option[1]]
        samples = [X[subsample(X, CV_ROWS, rng)] for X in (X_source, X_target)]

        def log_ratio_at(X_source, X_target, option, X):
            probability = probability_of_option(option, X_source, X_target, X)
            return np.log(odds_to_ratio(probability, X_source.shape[0], X_target.shape[0]))

        log_ratios = held_out_log_ratios(log_ratio_at, *samples, options, self.cv or 5, rng)
        if log_ratios is None:
            return logistic(options[0], X_source.shape[1])
        on_source, on_target = map(np.exp, log_ratios)
        return logistic(options[first_as_good(0.5 * on_source**2, -on_target)], X_source.shape[1])

    def _cross_fitted(self, classifier, X, domain):
        """Ratio at each row by a classifier that has not seen it."""
        n = X.shape[0]
        ratio = odds_to_ratio(target_probability(self.estimator_, X, n), self.n_source_, self.n_target_)
        if self.cv is None:
            return ratio
        folds = fold_numbers(X, domain == 1, self.cv, check_random_state(self.random_state))
        outs = [folds == fold for fold in np.unique(folds)]
        outs = [out for out in outs if len(np.unique(domain[~out])) == 2]
        parts = Parallel(n_jobs=self.n_jobs)(
            delayed(_held_out_ratio)(clone(classifier), X, domain, out) for out in outs
        )
        for out, part in zip(outs, parts, strict=True):
            ratio[out] = part
        return mean_of_equals(ratio, X, domain)

    def _calibration(self, ratio, domain):
        """Slope and intercept of the logistic regression of the domain on the held-out log-odds."""
        from sklearn.linear_model import LogisticRegression  # slow to import, and not needed otherwise

        odds = np.log(ratio * (self.n_target_ / self.n_source_))
        # two coefficients of many rows need no penalty but where the odds separate the domains
        fitted = LogisticRegression(C=1e3).fit(odds[:, None], domain)
        return np.array([fitted.coef_[0, 0], fitted.intercept_[0]])

    def _calibrated(self, ratio):
        """The ratio after Platt's scaling of its log-odds."""
        prior = self.n_target_ / self.n_source_  # the calibration was fitted to odds, which are ratios times it
        slope, intercept = self.calibration_
        return np.exp(intercept) * (ratio * prior) ** slope / prior

    def _weigh_nothing(self, X):
        self.estimator_, self.calibration_ = None, np.array([1.0, 0.0])
        self.n_source_, self.n_target_ = X.shape[0], 0

    def _ratio(self, X):
        probability = target_probability(self.estimator_, X, self.n_source_ + self.n_target_)
        return self._calibrated(odds_to_ratio(probability, self.n_source_, self.n_target_))

    def __sklearn_tags__(self):
        """Tags: CSR matrices where the classifier takes them."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.estimator is None or get_tags(self.estimator).input_tags.sparse
        return tags


def _held_out_ratio(classifier, X, domain, out):
    """Ratio at the rows ``out`` by a classifier of the others."""
    n_target = int(domain[~out].sum())
    n_source = int((~out).sum()) - n_target
    classifier.fit(X[~out], domain[~out])
    return odds_to_ratio(target_probability(classifier, X[out], n_source + n_target), n_source, n_target)
