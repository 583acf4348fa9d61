"""KLIEP: the density ratio of maximum likelihood on the target."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import check_is_fitted

from sktl._checks import FOLDS, RANDOM_STATE, Interval
from sktl._core.held_out import domain_log_loss, domain_log_losses, first_as_good, held_out_log_ratios
from sktl._core.kernels import median_distance, stack_samples, subsample
from sktl._core.mixture import log_features, log_mean_features, log_sum_expansion, solve_mixture
from sktl._core.weights import ratio_of_logs
from sktl.base import BaseRatioWeighter, validate_rows
from sktl.domains import labeled_rows, read_domains, warn_unconverged

# gamma="auto": in units of 1 / squared median distance; the first if rows are too few to tell
WIDTHS = (0.03, 0.1, 0.3, 1.0, 3.0)
CV_ROWS = 5000  # rows of each domain that the choice among them looks at, at the most
CV_TOL = 1e-3  # tolerance of its fits: an error of that size in the likelihood decides nothing


def fit_mixture(X_target, centers, gamma, log_means, tol, max_iter):
    """The solver's record for sum_l x_l k(x, c_l) / mean_s k(., c_l): the constraint is then sum x = 1."""
    return solve_mixture(log_features(X_target, centers, gamma, log_means), tol, max_iter)


class KLIEP(BaseRatioWeighter):
    r"""Kullback-Leibler importance estimation: the ratio under which the target is most likely.

    The ratio is :math:`r(x) = \sum_l \theta_l \exp(-\gamma \|x - c_l\|^2)`, with centres :math:`c_l` among the target
    rows; its coefficients solve

    .. math:: \max_{\theta \ge 0} J(\theta) = \frac1{n_t} \sum_{j=1}^{n_t} \log r(x^t_j)
              \quad\text{subject to}\quad \frac1{n_s} \sum_{i=1}^{n_s} r(x^s_i) = 1.

    *When it helps*: the domains overlap and the ratio is smooth. The estimate is positive everywhere and normalised,
    and needs no ridge. *When it hurts*: target rows outside the source (their centres cost the constraint nothing),
    many columns (a sum of bumps then follows the ratio poorly: see :class:`DiscriminatorWeighter`). Columns must be on
    one scale: standardise first.

    Parameters
    ----------
    gamma : float > 0 or "auto", default="auto"
        Width of the kernel, in 1 / squared units of X. "auto" tries 0.03, 0.1, 0.3, 1 and 3 over the squared median
        distance: the widest whose cross-validated likelihood of the rows' domains is within one standard error of the
        best.
    n_centers : int >= 1, default=100
        Largest number of centres.
    cv : int >= 2, default=5
        Folds of the cross-validation for ``gamma="auto"``.
    tol : float > 0, default=1e-6
        How far J may be below its maximum, in nats per row; guaranteed by a duality bound.
    max_iter : int >= 1, default=100
        Largest number of iterations.
    clip : float or None, default=None
        1 or more: the largest weight allowed; the others are raised in proportion, so that the mean stays 1. Below 1: a
        quantile of the weights; larger ones are cut to it, then all are scaled to mean 1.
    random_state : int, RandomState instance or None, default=0
        Draws centres and folds. Neither depends on the order of the rows.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights in the order of the rows: mean 1 over source rows, 1 on target rows.
    overlap_ : float in [0, 1]
        Share of the target that the source covers: the mean of a held-out density ratio over source rows. Where it is
        far below 1, no weights are right.
    effective_sample_size_ : float
        How many equally weighted rows the source rows are worth: 1 / (1 / m + u^2), with m = (sum w)^2 / sum w^2 and u
        the share of the target that the source lacks for certain (1 - ``overlap_`` - two standard errors, at least 0).
    clipped_share_ : float
        Share of the source rows whose weight ``clip`` bounds.
    centers_ : ndarray or CSR matrix of shape (n_centers, n_features), or None
        Centres of the kernel; None if there is one domain.
    dual_coef_ : ndarray of shape (n_centers,)
        Their coefficients theta.
    gamma_ : float
        The width used.
    cv_losses_ : ndarray of shape (n_widths,)
        Held-out log-loss of each width tried; empty if ``gamma`` was given.
    solution_ : record or None
        What the solver returned: ``x`` (theta in units of the constraint), ``objective`` (J), ``gap`` (bound of its
        distance to the maximum), ``n_iter``, ``converged``. None if there is one domain.
    n_iter_ : int
        Iterations of the solver.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    ImportanceWeighted : Fits any estimator with these weights.
    ULSIF : Least squares in place of likelihood: in closed form.
    KMM : Matches means in feature space.

    Notes
    -----
    With :math:`\theta_l = x_l / \frac1{n_s} \sum_i k(x^s_i, c_l)` the constraint is that x stands on the simplex, and J
    the likelihood of a mixture of known densities: concave, solved by an interior point method. *Cost*:
    O(n_t b^2) an iteration (some ten) and O(n_s b d) for the constraint, with b centres; linear in rows.

    The second derivatives are those of a sample of 10 b target rows (of more where that converges slowly); the
    gradient, and so the certificate, is that of all.

    *Departure from* [1]: the width is chosen by the held-out likelihood of the rows' domains (log-loss of the odds
    r : 1, source rows held out as well), not by held-out J, which has no bound where the target leaves the source; and
    the widest as good within one standard error is taken, since narrow ones follow single rows where the source thins
    out: on 3,001 rows of N(0, 1) > 1,009 of N(1, 1) the squared error of the weights is 0.04 with it, 1.13 without,
    1.31 of constant weights. Where the target has many rows the three choices are alike; squared error of the
    weights, scaled to sum 1, in 1e-6, for N(0, I) > N(e_1, I), 100 source and 1,000 target rows, 10 runs
    (``benchmarks/ratio.py``):

    ========================  =====  =====  ======  ======
    width by                  d = 1  d = 5  d = 10  d = 20
    ========================  =====  =====  ======  ======
    constant weights            132    134     117     130
    held-out J                   32     64      71     101
    least held-out log-loss      14     63      72     104
    **within one error**         30     61      78     106
    ========================  =====  =====  ======  ======

    References
    ----------
    .. [1] M. Sugiyama, S. Nakajima, H. Kashima, P. von Buenau, M. Kawanabe, "Direct importance estimation with model
       selection and its application to covariate shift adaptation", NIPS 2007; Annals of the Institute of Statistical
       Mathematics 60, 2008.

    Examples
    --------
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.instance import KLIEP
    >>> data = make_covariate_shift(1000, 1000, 1, random_state=0)  # N(0, 1) > N(1, 1); y is NaN on target rows
    >>> KLIEP().fit(data.X, data.y).predict_weights([[-1.0], [0.5], [1.5]]).round(1)  # the truth: 0.2, 1, 2.7
    array([0.2, 1. , 3.2])
    """

    __metadata_request__score = {"sample_domain": True}

    _constraints = {
        "gamma": ("auto", Interval(low=0, closed="neither")),
        "n_centers": (Interval(Integral, 1),),
        "cv": FOLDS,
        "tol": (Interval(low=0, closed="neither"),),
        "max_iter": (Interval(Integral, 1),),
        "random_state": RANDOM_STATE,
    }

    def __init__(self, *, gamma="auto", n_centers=100, cv=5, tol=1e-6, max_iter=100, clip=None, random_state=0):
        self.gamma = gamma
        self.n_centers = n_centers
        self.cv = cv
        self.tol = tol
        self.max_iter = max_iter
        self.clip = clip
        self.random_state = random_state

    def _weigh(self, X_source, X_target):
        rng = check_random_state(self.random_state)
        self.centers_ = X_target[subsample(X_target, self.n_centers, rng)]
        self.gamma_, self.cv_losses_ = self._choose(X_source, X_target, rng)
        log_means = log_mean_features(X_source, self.centers_, [self.gamma_])[0]
        self.solution_ = fit_mixture(X_target, self.centers_, self.gamma_, log_means, self.tol, self.max_iter)
        self.n_iter_ = self.solution_.n_iter
        # in logarithms: far from the source a centre's mean kernel underflows
        self._log_coef = np.log(self.solution_.x) - log_means
        self.dual_coef_ = ratio_of_logs(self._log_coef)
        if not self.solution_.converged:
            warn_unconverged(
                f"KLIEP stopped after {self.n_iter_} iterations, at most {self.solution_.gap:.1e} below the maximum of "
                f"J (tol={self.tol:g}). Raise max_iter or tol.",
            )
        return self._ratio(X_source)

    def _choose(self, X_source, X_target, rng):
        """Width, and the held-out loss of those tried."""
        if self.gamma != "auto":
            return float(self.gamma), np.empty(0)
        gammas = np.array(WIDTHS) / median_distance(stack_samples(X_source, X_target), "euclidean") ** 2
        samples = [X[subsample(X, CV_ROWS, rng)] for X in (X_source, X_target)]

        def log_ratio_at(X_source, X_target, gamma, X):
            log_means = log_mean_features(X_source, self.centers_, [gamma])[0]
            fitted = fit_mixture(X_target, self.centers_, gamma, log_means, CV_TOL, self.max_iter)
            return log_sum_expansion(X, self.centers_, gamma, np.log(fitted.x) - log_means)

        log_ratios = held_out_log_ratios(log_ratio_at, *samples, gammas, self.cv, rng)
        if log_ratios is None:
            return float(gammas[0]), np.full(len(gammas), np.inf)
        return float(gammas[first_as_good(*domain_log_losses(*log_ratios))]), domain_log_loss(*log_ratios)

    def _weigh_nothing(self, X):
        self.centers_, self.dual_coef_, self.cv_losses_ = None, np.empty(0), np.empty(0)
        self.gamma_, self.solution_, self.n_iter_ = np.nan, None, 0

    def _log_ratio(self, X):
        return log_sum_expansion(X, self.centers_, self.gamma_, self._log_coef)

    def _ratio(self, X):
        return ratio_of_logs(self._log_ratio(X))

    def score(self, X, y=None, sample_domain=None):
        """Mean log-ratio on target rows: the J of the paper.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows; the others are left out. If no label is missing, all rows are target rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target.

        Returns
        -------
        float
            J in nats per row. It is 0 for a ratio of 1.
        """
        check_is_fitted(self, "weights_")
        X = validate_rows(self, X, accept_sparse="csr" if get_tags(self).input_tags.sparse else False, reset=False)
        if sample_domain is not None:
            target = read_domains(X, y, sample_domain).target
        else:
            target = np.zeros(X.shape[0], dtype=bool) if y is None else ~labeled_rows(X, y)
        X = X[target] if target.any() else X  # new rows are target rows
        return 0.0 if self._single else float(np.mean(self._log_ratio(X)))
