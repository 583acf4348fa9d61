"""Intervals that hold the target's numbers as often as promised, under covariate shift."""

from functools import partial

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sktl._checks import REGRESSOR, InstanceOf, check_parameters, check_value
from sktl._core.conformal import conformal_bounds, keeps, needed_level, own_share
from sktl._threads import threads_by_size
from sktl.calibration._bands import Bands
from sktl.calibration._conformal import USUAL, BaseConformal, miscoverages, read_table, refuse_weights
from sktl.calibration._held_out import ask, ask_at, fit_without, rows_at
from sktl.domains import n_rows, plain_rows


class ConformalRegressor(BaseConformal):
    r"""Intervals around any regressor's predictions that hold the target's values as often as promised.

    Rows that the model has not learned from say how far off it is: each calibration row i has a score :math:`s_i` (such
    as :math:`|y_i - \hat\mu(x_i)|`) and the weight :math:`w_i = p_t(x_i) / p_s(x_i)`. The interval of a new row x is
    :math:`\hat\mu(x) \pm q(x)`, with the smallest score up to which enough of the weight lies, x's own counted as an
    infinite score:

    .. math:: q(x) = \min \Bigl\{ q : \sum_{i : s_i \le q} w_i \ge (1 - \alpha) \Bigl( \sum_i w_i + w(x) \Bigr) \Bigr\}.

    With the true ratio it holds y with a probability of at least :math:`1 - \alpha`, whatever the model is worth, if
    p(y|x) is the same in both domains [1]_. With equal weights it is the plain split conformal interval.

    *When it helps*: the target has more of the rows on which the model is bad, so that plain intervals hold less than
    promised. With 90 % asked for, on simulated data of 5 columns and 500 to 2,000 rows: plain 74 %, the known ratio 91
    to 92 %, these 89 to 90 %, in widths of 7.6 where the model and the law known would need 7.9. On 14 real pairs of
    four data sets (two models each): plain 78 %, these 91 %, of which a quarter are infinite. **A few target labels end
    that**: on 29 pairs (ridge) 37 % of the intervals were infinite without, none with 20, and 87 % held (80 % plain).
    *When it hurts*: p(y|x) differs between the domains, which no weights mend: on 15 mixed tables (ridge) 77 % plain,
    89 % these with 47 % infinite, and 41 % for salaries of another continent. Label target rows, which count as
    calibration rows. Intervals get wider, and their interval score on the 14 pairs is 4 % above that of plain ones.
    With 300 rows 7 % are infinite. The average over the target is what holds, not each region of it; ``groups`` has it
    hold in each group.

    Parameters
    ----------
    estimator : regressor object
        Any regressor or pipeline; it is cloned. One that adapts gets the target's rows too. A fitted one is taken as it
        is if given as ``FrozenEstimator(regressor)``: then all labelled rows calibrate, and must be new to it.
    shift : {"covariate", None}, default="covariate"
        What differs between the domains: p(x), or nothing. Label shift of numbers is refused, since nothing here
        estimates p_t(y) / p_s(y) of a number.
    weighter : weighter with ``predict_weights``, default=None
        Estimates w, from all rows; None means :class:`~sktl.instance.DiscriminatorWeighter`.
    method : {"split", "cross"}, default="split"
        "split": the model learns from a part of the source rows, the others calibrate. "cross": each of ``cv`` models
        is calibrated by the rows it has not seen (CV+, weighted: [3]_, [4]_): all rows are used for both, the intervals
        are narrower for small tables, and the promise is :math:`1 - 2 \alpha`, though near :math:`1 - \alpha` as a
        rule. ``cv`` + 1 fits.
    conformity : {"absolute", "normalized", "quantile"}, default="absolute"
        The score. "absolute": the residual's size, so that all intervals of one weight have one width. "normalized":
        that in units of a predicted one. "quantile": how far y lies outside the band of two conditional quantiles [2]_,
        which is widened or drawn in.
    residual_estimator : regressor object, default=None
        Predicts the residuals' sizes for "normalized", from held-out ones of the rows learned from. None: as
        ``estimator``, or ridge regression where that is frozen.
    quantile_estimators : tuple of two regressors (low, high), default=None
        The band for "quantile". None: boosted trees for the quantiles 0.05 and 0.95.
    test_size : float in (0, 1), default=0.5
        Share of the labelled source rows that calibrate under "split".
    cv : int >= 2, default=5
        Folds for "cross" and for the residuals of "normalized".
    random_state : int, default=0
        Draws the rows held out, which do not depend on the order of the rows.

    Attributes
    ----------
    estimator_ : regressor object
        What ``predict`` asks: fitted on the rows that do not calibrate ("split"), or on all ("cross").
    models_ : tuple of tuples of estimators
        The models that the intervals are made of, by part held out: a regressor; that and the model of the residuals'
        sizes; or the two quantiles.
    weighter_ : weighter object or None
        Fitted; None without shift, or if there is one domain.
    overlap_ : float in [0, 1]
        Share of the target that the source covers; 1 without shift.
    effective_sample_size_ : float
        How many equally weighted rows the calibration rows are worth; what the source lacks of the target is counted,
        unless target rows calibrate too.
    infinite_share_ : float
        Share of the target rows of ``fit`` whose interval is infinite at ``alpha`` = 0.1.
    calibration_rows_, calibration_scores_, calibration_weights_ : ndarray of shape (n_calibration,)
        Positions in ``X``, scores and weights of the calibration rows.
    groups_ : ndarray of shape (n_groups,) or None
        Names of the groups.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    ConformalClassifier : Sets of classes.

    Notes
    -----
    *Labelled target rows* all calibrate. Rows of both domains then weigh :math:`r (n_s + m) / (n_s + m r)` for a ratio
    r, n_s source and m target rows: the target's density over that of the mixture of both. That is r where m = 0, and
    at most (n_s + m) / m: where only target rows lie, the interval is that of the plain method on these.

    *What can't be known*: where the source lacks a share of the target for certain (``overlap_`` and two standard
    errors) and no target row has a label, as many target rows, those of the largest weights, get infinite intervals;
    others get them where their own weight is above alpha of the sum. A warning then names the effective sample size.

    *The known ratio* covers more than it promises, by up to the largest share of one row's weight: 1 - alpha is where
    the shares of the rows, added up from the largest score, pass alpha, and the row that lies across it is kept whole.
    With 150 / 500 / 1,000 source rows (half calibrate, weights worth 40 % of them, the largest where errors are) that
    is 93.6, 91.5 and 90.7 % in theory, and 93.7, 91.3 and 91.4 (+- .4) were measured.

    *Weights of rows*: ``fit`` takes no ``sample_weight``, since the ratio says already how often the target has a row.

    *Cost*: that of the fits and of the weighter; predictions O(log n_calibration) a row under "split": 100,000 in .1 s,
    in 3.4 s under "cross".

    *The word*: ``conformity`` is what papers call a score; ``scoring`` means a scorer here and in scikit-learn.

    References
    ----------
    .. [1] R. J. Tibshirani, R. Foygel Barber, E. J. Candes, A. Ramdas, "Conformal prediction under covariate shift",
       NeurIPS 2019.
    .. [2] Y. Romano, E. Patterson, E. J. Candes, "Conformalized quantile regression", NeurIPS 2019.
    .. [3] R. Foygel Barber, E. J. Candes, A. Ramdas, R. J. Tibshirani, "Predictive inference with the jackknife+",
       Annals of Statistics 49, 2021.
    .. [4] D. Prinster, A. Liu, S. Saria, "JAWS: auditing predictive uncertainty under covariate shift", NeurIPS 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from sktl.calibration import ConformalRegressor
    >>> from sktl.datasets import make_covariate_shift
    >>> data = make_covariate_shift(2000, 1000, task="regression", random_state=0)  # a parabola; y is NaN on the target
    >>> X, y = data.X[2000:], data.y_true[2000:]
    >>> for shift in (None, "covariate"):
    ...     interval = ConformalRegressor(Ridge(), shift=shift).fit(data.X, data.y).predict_interval(X, alpha=0.1)
    ...     print(f"{np.mean((interval[:, 0] <= y) & (y <= interval[:, 1])):.2f}")
    0.74
    0.90
    """

    _constraints = {
        "estimator": REGRESSOR,
        "conformity": ("absolute", "normalized", "quantile"),
        "residual_estimator": (None, *REGRESSOR),
        "quantile_estimators": (None, InstanceOf(tuple, list, noun="a tuple of two regressors (low, high)")),
    }

    def __init__(
        self,
        estimator,
        *,
        shift="covariate",
        weighter=None,
        method="split",
        conformity="absolute",
        residual_estimator=None,
        quantile_estimators=None,
        test_size=0.5,
        cv=5,
        random_state=0,
    ):
        self.estimator = estimator
        self.shift = shift
        self.weighter = weighter
        self.method = method
        self.conformity = conformity
        self.residual_estimator = residual_estimator
        self.quantile_estimators = quantile_estimators
        self.test_size = test_size
        self.cv = cv
        self.random_state = random_state

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None, groups=None, **fit_params):
        """Fit the regressor, score the rows that it has not seen, and weigh them.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows of all domains. Weights need numbers: of other columns, those that the first steps of a pipeline make.
        y : array-like of shape (n_samples,)
            Numbers, missing (NaN, None, ``pd.NA``) where unknown.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, where the labels can't tell: booleans (True = target), integers (negative = target) or names
            ("target").
        groups : array-like of shape (n_samples,), default=None
            A group for each row: what is promised then holds in each of them.
        **fit_params : dict
            Refused: no ``sample_weight`` is taken.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter, a label or a domain is not as described, rows are too few to hold some out, or ``shift`` is
            "label".

        Warns
        -----
        SingleDomainWarning
            If there is one domain: the plain method then.
        LowEffectiveSampleSizeWarning
            If the weights of the source rows rest on a handful of them.
        """
        check_parameters(self)
        refuse_weights(self, fit_params)
        self._check_own()
        table, self._ratio = read_table(self, X, y, sample_domain, discrete=False)
        bands = Bands.of(self)
        held = self._hold_out(table, np.zeros(len(table.rows), dtype=int), bands.learners())
        self.models_, self._floors = zip(*(bands.fit(table, rows) for rows in held), strict=True)
        self.estimator_ = self._predictor(table, held)
        self._store(table, held, [self._scores(k, table, rows) for k, rows in enumerate(held)])
        cells = self._read_groups(groups, n_rows(table.X))
        self._sort(held, cells[self.calibration_rows_], cells.max() + 1)
        rows = table.new_rows()
        self.infinite_share_ = float(np.mean(keeps(self._own_shares(rows_at(table.X, rows), cells[rows]), USUAL)))
        return self

    def predict_interval(self, X, alpha=USUAL, groups=None):
        """Intervals that hold the numbers of target rows with the probability 1 - ``alpha``.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows, taken as target rows.
        alpha : float in (0, 1), or several, default=0.1
            Miscoverage.
        groups : array-like of shape (n_samples,), default=None
            Their groups, where ``fit`` was given groups; in one that it has not seen intervals are infinite.

        Returns
        -------
        ndarray of shape (n_samples, 2), or (n_samples, 2, n_alphas) for several
            Lower and upper ends.

        Warns
        -----
        LowEffectiveSampleSizeWarning
            If some intervals are infinite, since the calibration rows say too little of these rows.
        """
        check_is_fitted(self, "calibration_rows_")
        levels, single = miscoverages(alpha)
        X = plain_rows(X)
        bands = [self._band(k, partial(ask, X=X)) for k in range(len(self.models_))]
        cells = self._group_codes(groups, n_rows(X))
        share = self._own_shares(X, cells)
        intervals = np.empty((len(share), 2, len(levels)))
        for cell in np.unique(cells):
            rows = np.flatnonzero(cells == cell)
            of_rows = [band.at(rows) for band in bands]
            for k, level in enumerate(levels):
                intervals[rows, :, k] = conformal_bounds(self._parts(cell), of_rows, needed_level(level, share[rows]))
        unknown = np.isinf(intervals).any(axis=(1, 2)).mean()
        self._warn_if_unknown(unknown, "the intervals are infinite", alpha)
        return intervals[:, :, 0] if single else intervals

    def _check_own(self):
        """Raise if a parameter does not fit this estimator."""
        if self.shift == "label":
            raise ValueError(
                "shift must be 'covariate' or None for numbers; got 'label': nothing here estimates how often the "
                "target has each number. Where X tells much of y, shift='covariate' weighs by X."
            )
        given = self.quantile_estimators
        if given is not None:
            if len(given) != 2:
                raise ValueError(f"quantile_estimators must be two regressors, (low, high); got {given!r}.")
            for one in given:
                check_value("quantile_estimators", one, REGRESSOR)

    def _predictor(self, table, held):
        """The model that ``predict`` asks."""
        if self.method == "split" and self.conformity != "quantile":
            return self.models_[0][0]
        return fit_without(self.estimator, table, held[0] if len(held) == 1 else held[0][:0])

    def _scores(self, part, table, rows):
        """Scores of calibration rows by the models of their part."""
        if not len(rows):
            return np.empty(0)
        band = self._band(part, partial(ask_at, table=table, rows=rows))
        return band.scores(table.labels_at(rows).astype(np.float64))

    def _band(self, part, ask_one):
        """What the models of a part say of rows, asked one by one."""
        return Bands.of(self).read(self.models_[part], self._floors[part], ask_one)

    def _own_shares(self, X, cells):
        """Share of each row's own weight in that of its cell."""
        weights = self._pooled(self._ratio.of_new_rows(X))
        totals = np.array([sum(part.total for part in self._parts(cell)) for cell in range(-1, len(self._cells))])
        return own_share(weights, totals[cells + 1])
