"""How good a model is on the target before its labels are there, with an interval; and with a few labels."""

import numpy as np
from sklearn.base import is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.validation import check_is_fitted

from sktl._checks import FOLDS, SEED, Interval, check_parameters, checked
from sktl._core.expected import ACCURACY_METHODS, CLASS_METHODS
from sktl._core.expected_numbers import NUMBER_METHODS, NUMBER_SCORES
from sktl._core.soft_scores import OF_TWO_CLASSES, SCORES
from sktl._threads import threads_by_size
from sktl.base import BaseOnLabeled
from sktl.calibration import (
    WEIGHTER,
    check_cross,
    deal_out,
    fit_whole,
    fit_without,
    is_frozen,
    table_and_ratio,
)
from sktl.domains import as_column, missing_values, stack_domains
from sktl.model_selection._by_domain import LEARNER
from sktl.model_selection._expected_evidence import ask_classifier, ask_regressor, of_confusion
from sktl.model_selection._expected_record import AUTO, LABELS, OF_SOURCE_ROWS, POWERED, expected
from sktl.model_selection._weighting import why_not_score

METHODS = dict.fromkeys([AUTO, *CLASS_METHODS, *ACCURACY_METHODS, *NUMBER_METHODS, LABELS, POWERED])
#: Those that need no density ratio of the domains, and so no columns of numbers.
WITHOUT_WEIGHTS = ("source", "label", "confidence", "cbpe", "mlls", *ACCURACY_METHODS, LABELS)
SCORINGS = (None, *SCORES, *NUMBER_SCORES, callable)
MISCOVERAGE = (Interval(low=0, high=1, closed="neither"),)


class TargetScoreEstimator(BaseOnLabeled):
    r"""Expected score of a model on the target, from source labels and unlabelled target rows, with an interval.

    A score is estimated by asking the model about held-out source rows, whose labels are known, and about the target's
    rows, whose labels are not. A method is a formula for what stands in for the missing labels. For a mean over rows
    with values :math:`v(x, y)`, such as hits, it is one of

    .. math::
        \frac{\sum_{i \in s} w_i\, v(x_i, y_i)}{\sum_{i \in s} w_i}, \qquad
        \frac{1}{n_t} \sum_{j \in t} \sum_k q_k(x_j)\, v(x_j, k) :

    source rows s with weights w, or target rows t with a probability q of each class k. Any score of the confusion
    matrix takes the weighted or expected one; areas under curves take weighted or expected pairs of rows.

    ================  =================================================================  ==========================
    method            how                                                                right if
    ================  =================================================================  ==========================
    ``source``        w = 1: the naive answer                                            nothing differs
    ``importance``    w = p_t(x) / p_s(x)                                                p(x) alone differs
    ``label``         w = p_t(y) / p_s(y), by the confusion matrix                       p(y) alone differs
    ``confidence``    q = the model's own probabilities                                  these are right there
    ``cbpe``          q calibrated on the source (isotonic)                              a score means the same there
    ``pape``          q calibrated on source rows weighted by p_t(x) / p_s(x)            p(x) alone differs
    ``mlls``          q calibrated, for the likeliest class shares of the target         p(y) alone differs
    ``doc``           source accuracy + change of the mean confidence [1]_               (accuracy only)
    ``atc``           share of rows above the source's threshold of confidence [2]_      (accuracy only)
    ``atc_entropy``   the same by entropy                                                (accuracy only)
    ``loss_model``    the mean of a model of squared and absolute errors (regressors)    p(x) alone differs
    ``labels``        the labelled target rows alone
    ``ppi``           these, and guesses of all target rows (PPI++ [4]_)
    ``auto``          several of these together, drawn to chance where the source        see below
                      does not cover the target; and the labels, by Bayes' rule
    ================  =================================================================  ==========================

    *When it helps*: before labels are there, to know whether a model can be used at all, and in which segments; with 10
    to 50 labels, which alone say little. *When it hurts*: **all methods without target labels are optimistic if the
    relation of labels to rows has changed** (concept shift): nothing in the rows shows it. The interval of "auto" is
    made for real pairs of domains, where this is usual; that of any other method holds its sampling error alone, as if
    its assumption were true. Mean absolute error (bias) of the expected accuracy on 398 real pairs of at most 1,000
    rows a domain, half of them with a linear model and half with trees. The constants of "auto" were chosen on the
    first four, the next two had been seen, the last three judge alone (mushrooms by where they grow, told by five weak
    columns: another relation in each place, which **no method sees**):

    ========== ========== ========== ========== ========== ========== ========== ========== ========== ==========
    method     reviews    hospitals  incomes    tables     Office     digits     bikes      newsgroups mushrooms
    ========== ========== ========== ========== ========== ========== ========== ========== ========== ==========
    source     .06 (+.05) .14 (+.11) .10 (+.07) .12 (+.02) .27 (+.27) .48 (+.48) .07 (+.06) .21 (+.21) .34 (+.34)
    importance .05 (+.03) .16 (+.11) .09 (+.06) .09 (+.02) .24 (+.24) .44 (+.44) .06 (+.05) .15 (+.14) .33 (+.33)
    label      .06 (+.05) .20 (+.03) .12 (-.07) .19 (-.14) .26 (+.23) .47 (+.47) .08 (+.02) .21 (+.21) .32 (+.32)
    confidence .09 (+.09) .12 (+.10) .08 (+.07) .09 (+.05) .15 (+.02) .22 (+.09) .06 (+.05) .12 (+.07) .30 (+.30)
    cbpe       .06 (+.05) .11 (+.08) .08 (+.06) .07 (+.01) .18 (+.17) .29 (+.29) .07 (+.07) .15 (+.15) .33 (+.33)
    pape       .08 (+.07) .13 (+.10) .08 (+.07) .06 (+.02) .17 (+.16) .30 (+.30) .07 (+.06) .12 (+.12) .33 (+.33)
    mlls       .05 (+.04) .13 (-.06) .10 (-.04) .16 (-.05) .13 (+.10) .24 (+.24) .06 (+.04) .12 (+.12) .30 (+.30)
    doc        .06 (+.05) .11 (+.08) .08 (+.06) .09 (+.02) .20 (+.20) .25 (+.25) .06 (+.06) .14 (+.14) .32 (+.32)
    atc        .06 (+.04) .11 (+.04) .07 (+.04) .07 (+.02) .15 (+.15) .26 (+.14) .06 (+.05) .12 (+.12) .29 (+.29)
    auto       .05 (+.04) .09 (+.02) .06 (+.02) .05 (-.03) .14 (+.12) .17 (-.03) .05 (+.01) .10 (+.09) .24 (+.23)
    ========== ========== ========== ========== ========== ========== ========== ========== ========== ==========

    Its intervals of 90 % held the accuracy of 93 % of the pairs of the first four, 79 % of the next two, and of the
    judges 100 % of bikes, 88 % of newsgroups, 52 % of mushrooms; 87 % in all. Their interval score is .39 on the first
    (.78 that of [chance, source score]), .48 (.62), .35 (.41), .35 (.49), and 1.71 (1.06) on mushrooms. With 10 / 20 /
    50 labels the error on the first three was .053 / .046 / .028 (labels alone .095 / .063 / .037), on the judges .089
    / .077 / .046 (.119 / .084 / .048). On mushrooms it was above that of the labels alone (20 labels .10 and .08).

    *Other scores* have the same constants, which were not chosen for them. For regressors the root mean
    squared error was off by 13 % ("auto", median of 88 pairs; the source's by 19 %), R2 by .22 (the source's by .14):
    **ask for the error, not for R2**, whose estimate also needs the variance of labels that nobody has seen; their
    intervals held 77 to 80 %.

    Parameters
    ----------
    estimator : estimator object
        A classifier, regressor or pipeline; it is cloned. One that adapts gets the target's rows too. A fitted one is
        taken as it is if given as ``FrozenEstimator(model)``: all labelled rows must be new to it then.
    scoring : str, callable or None, default=None
        None: "accuracy", or "r2" for regressors. For classifiers "accuracy", "balanced_accuracy", "f1", "f1_macro",
        "f1_weighted", "precision", "precision_macro", "recall", "recall_macro", "matthews_corrcoef", "roc_auc",
        "roc_auc_ovr", "average_precision", "log_loss", "neg_log_loss", "brier", "neg_brier_score", as scikit-learn
        defines them (the second class is the positive one); or a function of the confusion matrix (rows: true
        classes). For regressors "r2", "mean_squared_error", "root_mean_squared_error", "mean_absolute_error", and
        these with "neg\_".
    method : str, default="auto"
        One of the table.
    weighter : weighter object, default=None
        Estimates p_t(x) / p_s(x); None: :class:`~sktl.instance.DiscriminatorWeighter`.
    alpha : float in (0, 1), default=0.1
        Miscoverage of the interval.
    cv : int >= 2, default=5
        Folds: each labelled row is scored by a model that has not learned from it.
    random_state : int, default=0
        Draws the folds, which do not depend on the order of the rows.

    Attributes
    ----------
    estimate_ : record
        ``value``, ``low``, ``high``, ``alpha``, ``scoring``, ``method``, ``n_rows``, ``n_labels``, ``overlap``,
        ``reason`` (why it cannot be judged; empty where it can) and ``by_method``; ``print`` shows it in words.
    by_method_ : dict of str -> float
        What each method says.
    estimator_ : estimator object
        The model fitted on all labelled rows, whose score is estimated.
    weighter_ : weighter object or None
        Fitted; None if there is one domain, or the method needs no weights.
    overlap_ : float in [0, 1]
        Share of the target that the source covers.
    classes_ : ndarray of shape (n_classes,)
        Class labels (classifiers).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    expected_score : The same for a model that exists already.
    ImportanceWeightedScorer : Weighted source losses as a scorer for searches.
    TransferGuard : Which of several models to use.

    Notes
    -----
    *What can't be known*: where the weighted source rows are worth fewer than five, the score cannot be judged without
    labels; ``estimate_.reason`` says so, and the interval reaches to chance, the score of answers that have nothing to
    do with the labels.

    *Labels of target rows* are held out like the others, and "auto" joins them by Bayes' rule: before them, the true
    score is believed to be near the estimate or, less likely, well below; a handful of labels that say the opposite
    moves it there. Their likelihood is binomial for the accuracy and normal, with the error of a jackknife, otherwise.

    *Sampling error* is that of a jackknife of 80 groups, of at most 4,000 rows a domain, with the models and the
    density ratio taken as known.

    *Cost*: ``cv`` + 1 fits and one of the weights; O(n log n) in the rows beside, chunk by chunk. A million target rows
    of 20 columns, 10,000 source rows and a fitted logistic regression take 42 s on one core.

    *Pure shifts*: in made worlds of 5,000 rows (150 to 400 draws) the mean errors of "importance", "pape", "label" and
    "mlls" were .005 to .006 where their assumption holds (``benchmarks/expected_score.py``); intervals of 90 % held in
    93, 90, 88 and 92 % of them (weights that are estimated make the error no larger).

    References
    ----------
    .. [1] D. Guillory, V. Shankar, S. Ebrahimi, T. Darrell, L. Schmidt, "Predicting with confidence on unseen
       distributions", ICCV 2021.
    .. [2] S. Garg, S. Balakrishnan, Z. Lipton, B. Neyshabur, H. Sedghi, "Leveraging unlabeled data to predict
       out-of-distribution performance", ICLR 2022.
    .. [3] J. Bialek, J. Kivimaki, W. Kuberski, N. Perrakis, "Estimating model performance under covariate shift without
       labels", 2024 (CBPE and PAPE).
    .. [4] A. Angelopoulos, J. Duchi, T. Zrnic, "PPI++: efficient prediction-powered inference", 2023.
    .. [5] Z. Lipton, Y.-X. Wang, A. Smola, "Detecting and correcting for label shift with black box predictors", ICML
       2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.model_selection import TargetScoreEstimator
    >>> data = make_covariate_shift(random_state=0)
    >>> model = TargetScoreEstimator(LogisticRegression()).fit(data.X, data.y)
    >>> found = model.estimate_  # print(found) shows it in words
    >>> found.low < found.value < found.high
    True
    >>> sorted(model.by_segment(np.where(data.X[:, 0] > 1, "right", "left")))
    ['left', 'right']
    """

    _constraints = {
        "estimator": LEARNER,
        "scoring": SCORINGS,
        "method": (*METHODS,),
        "weighter": WEIGHTER,
        "alpha": MISCOVERAGE,
        "cv": FOLDS,
        "random_state": SEED,
    }
    __metadata_request__fit = {"sample_domain": True}

    def __init__(self, estimator, *, scoring=None, method="auto", weighter=None, alpha=0.1, cv=5, random_state=0):
        self.estimator = estimator
        self.scoring = scoring
        self.method = method
        self.weighter = weighter
        self.alpha = alpha
        self.cv = cv
        self.random_state = random_state

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None):
        """Fit the estimator, and estimate its score on the target.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing (NaN, None, ``pd.NA``) where unknown. Those of target rows are used.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter, a label or a domain is not as described.

        Warns
        -----
        SingleDomainWarning
            If there is one domain: the score is then that of held-out rows.
        """
        check_parameters(self)
        regresses = is_regressor(self.estimator)
        self._name, score = chosen_score(self.scoring, self.estimator)
        weighed = self.method not in WITHOUT_WEIGHTS
        shift, way_out = "covariate" if weighed else None, "choose a method without weights, such as method='cbpe'"
        table, ratio = table_and_ratio(self, shift, X, y, sample_domain, not regresses, way_out)
        held = self._hold_out(table)
        # of one row none can be held out: it is asked about all the same, and nothing is judged by it
        alone = len(table.rows) < 2 and not is_frozen(self.estimator)
        models = [fit_without(self.estimator, table, rows[:0] if alone else rows) for rows in held]
        self.estimator_ = fit_whole(self.estimator, table, held, models)
        self._new = table.new_rows()
        rest = models, held, self.estimator_, table, ratio, self._new, weighed and table.numbers is not None
        if regresses:
            self._question, self._known = ask_regressor(score, self._name, *rest)
        else:
            self._question, self._known, classes = ask_classifier(score, *rest)
            check_two(self._name, classes)
        self._check_method()
        self._n_samples, self.weighter_, self.overlap_ = len(table.domains.labeled), ratio.weighter, ratio.overlap.share
        n_source = self._question.evidence.sizes[0]
        self._reason = "" if ratio.weighter is None else why_not_score(ratio.weighter, n_source)
        if alone:
            self._reason = "of 1 labelled row none can be held out"
        self.estimate_ = self._expected(self._question)
        self.by_method_ = self.estimate_.by_method
        return self

    def by_segment(self, groups):
        """Expected score of each segment of the target.

        Parameters
        ----------
        groups : array-like of shape (n_samples,)
            The segment of each row that ``fit`` was given; those of source rows are not looked at.

        Returns
        -------
        dict of value -> ExpectedScore
            By the values of ``groups``, sorted.

        Raises
        ------
        ValueError
            If the groups do not fit the rows, or the method has nothing to say of segments.
        """
        check_is_fitted(self, "estimate_")
        if self.method in OF_SOURCE_ROWS:
            raise ValueError(
                f"method={self.method!r} weighs source rows, which belong to no segment of the target. Choose one that "
                "asks the target's rows, such as method='auto'."
            )
        column = as_column(groups)
        if column.shape != (self._n_samples,):
            raise ValueError(
                f"groups must have one value for each row that fit was given, shape ({self._n_samples},); got shape "
                f"{column.shape}."
            )
        of_new, of_known = column[self._new], column[self._known]
        if missing_values(of_new).any():
            raise ValueError(f"groups are missing in {missing_values(of_new).sum()} target rows: name their segment.")
        segments = sorted(set(of_new.tolist()), key=lambda value: (str(type(value)), value))
        return {
            segment: self._expected(
                self._question.at(np.flatnonzero(of_new == segment), np.flatnonzero(of_known == segment))
            )
            for segment in segments
        }

    def _expected(self, question):
        return expected(question, self.method, self._name, self.alpha, self.overlap_, self._reason)

    def _hold_out(self, table):
        """Positions of the labelled rows that each model is fitted without."""
        if table.of_target(table.rows).all() and not table.domains.single:
            raise ValueError(
                f"The labels of all {int(table.domains.source.sum())} source rows are missing, but the score of held-"
                "out source rows is needed. Pass their labels, or score by cross-validation on the target's labels."
            )
        if is_frozen(self.estimator):
            return [table.rows]
        n = len(table.rows)
        if is_regressor(self.estimator):
            if n < 2:
                return [table.rows]
            return deal_out(table, np.zeros(n, dtype=int), min(self.cv, n), self.random_state)
        classes, codes = np.unique(table.labels, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"At least two classes are needed; the labelled rows are of one class, {classes.tolist()[0]!r}. Add "
                "rows of another class."
            )
        check_cross(type(self).__name__, table.labels, codes)
        return deal_out(table, codes, min(self.cv, np.bincount(codes).min()), self.random_state)

    def _check_method(self):
        """Raise if the method has nothing to say of the score, or needs labels that are not there."""
        question, method = self._question, self.method
        has_labels = len(self._known) > 0
        able = [AUTO, *question.methods(), *([LABELS] if has_labels else [])]
        if has_labels and question.powered() is not None:
            able.append(POWERED)
        if method not in able:
            raise ValueError(
                f"method={method!r} can't estimate {self._name!r} here: choose among {able}. "
                "('doc' and 'atc' are for accuracy, 'labels' and 'ppi' need labelled target rows, and 'ppi' a score "
                "that is a mean over rows.)"
            )

    def _router(self):
        return MetadataRouter(owner=type(self).__name__).add_self_request(self)

    def __sklearn_tags__(self):
        """Tags of the wrapped estimator; weights of rows need finite numbers."""
        tags = get_tags(self.estimator)
        tags.input_tags.allow_nan = tags.input_tags.allow_nan and self.method in WITHOUT_WEIGHTS
        tags.target_tags.required, tags.target_tags.multi_output = True, False
        return tags


def chosen_score(scoring, estimator):
    """Name and function of the score that is asked for; an error if it does not suit the estimator."""
    regresses = is_regressor(estimator)
    if scoring is None:
        scoring = "r2" if regresses else "accuracy"
    known, other = (NUMBER_SCORES, SCORES) if regresses else (SCORES, NUMBER_SCORES)
    if callable(scoring) and not regresses:
        return getattr(scoring, "__name__", "score"), of_confusion(scoring)
    if scoring not in known:
        kind = "regressor" if regresses else "classifier"
        raise ValueError(f"scoring={scoring!r} does not suit a {kind}. Choose one of {', '.join(map(repr, known))}.")
    score = known[scoring]
    if not regresses and score.needs_proba and not hasattr(estimator, "predict_proba"):
        raise ValueError(
            f"scoring={scoring!r} is made of probabilities, but {estimator!r} has no predict_proba. Calibrate it first "
            "(CalibratedClassifierCV), or choose scoring='accuracy'."
        )
    return scoring, score


def check_two(name, classes):
    """Raise if a score of a positive class meets more than two classes."""
    if name in OF_TWO_CLASSES and len(classes) > 2:
        raise ValueError(
            f"scoring={name!r} is for two classes; there are {len(classes)}: {classes.tolist()[:5]}. Choose "
            "'f1_macro', 'precision_macro', 'recall_macro' or 'roc_auc_ovr'."
        )


@checked(estimator=LEARNER, scoring=SCORINGS, method=(*METHODS,), weighter=WEIGHTER, alpha=MISCOVERAGE)
def expected_score(
    estimator, X_source, y_source, X_target, y_target=None, *, scoring=None, method="auto", weighter=None, alpha=0.1
):
    """Estimate the score of a fitted model on the target, from held-out source rows and unlabelled target rows.

    Parameters
    ----------
    estimator : estimator object
        A fitted classifier, regressor or pipeline.
    X_source : array-like, frame or sparse matrix of shape (n_source, n_features)
        Source rows that the model has not learned from.
    y_source : array-like of shape (n_source,)
        Their labels.
    X_target : array-like, frame or sparse matrix of shape (n_target, n_features)
        Target rows.
    y_target : array-like of shape (n_target,), default=None
        Labels of target rows, missing where unknown; None: there are none.
    scoring : str, callable or None, default=None
        As in :class:`TargetScoreEstimator`.
    method : str, default="auto"
        As in :class:`TargetScoreEstimator`.
    weighter : weighter object, default=None
        Estimates p_t(x) / p_s(x); None: :class:`~sktl.instance.DiscriminatorWeighter`.
    alpha : float in (0, 1), default=0.1
        Miscoverage of the interval.

    Returns
    -------
    ExpectedScore
        ``value``, ``low``, ``high``, ``by_method``, ``reason`` (why it cannot be judged; empty where it can), and what
        they are of; ``print`` shows it in words.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    See Also
    --------
    TargetScoreEstimator : For a model that is yet to be fitted, and by segment; says what the methods are and when they
        fail.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.model_selection import expected_score
    >>> data = make_covariate_shift(random_state=0)
    >>> source = np.flatnonzero(~np.isnan(data.y))
    >>> fit, held = source[::2], source[1::2]
    >>> model = LogisticRegression().fit(data.X[fit], data.y[fit])
    >>> found = expected_score(model, data.X[held], data.y[held], data.X[np.isnan(data.y)])
    >>> found.low < found.value < found.high
    True
    """
    X, y, domain = stack_domains((X_source, y_source), X_target if y_target is None else (X_target, y_target))
    settings = {"scoring": scoring, "method": method, "weighter": weighter, "alpha": alpha}
    return TargetScoreEstimator(FrozenEstimator(estimator), **settings).fit(X, y, domain).estimate_
