"""Maximum likelihood label shift: the target's class shares by EM on calibrated probabilities."""

import warnings
from numbers import Integral

import numpy as np

from sktl._checks import Interval
from sktl._core.label_shift import em_prior, fit_calibration, mixture_misfit, moments_by_class
from sktl.domains import user_level, warn_unconverged
from sktl.exceptions import LabelShiftMisfitWarning
from sktl.instance._label_shift import BaseLabelShiftWeighter

CERTAIN = 5.0  # standard errors beyond which a gap is no chance, in however many columns
MISFIT = 0.5  # standard deviations beyond which a gap is worth a warning


class MLLS(BaseLabelShiftWeighter):
    r"""Maximum likelihood label shift: the class shares under which the target rows are likeliest, by EM.

    Under label shift p(y) changes and p(x | y) does not, so that the density of a target row is :math:`p_s(x) \sum_j
    q_j\, p_s(j | x) / \pi_j`, with the class shares :math:`\pi` of the source and :math:`q` of the target. EM (Saerens
    et al.) finds the shares that maximise the likelihood of the :math:`m` target rows,

    .. math:: \max_q \frac1m \sum_{i=1}^m \log \sum_j q_j \frac{p_s(j | x_i)}{\pi_j}, \qquad q_j \ge 0,\ \textstyle
              \sum_j q_j = 1,

    a concave problem. It needs probabilities that are calibrated, class by class: before it, bias-corrected temperature
    scaling (BCTS; Alexandari et al.) fits :math:`p(j | x) \propto \exp(a \log \hat p_j(x) + b_j)` on the cross-fitted
    source rows.

    *When it helps*: the class shares change but each class looks the same. It uses all the information in the
    probabilities, and so has smaller errors than :class:`BBSE` (see Notes). *When it hurts*: p(x | y) changes as well,
    or the probabilities are still wrong after calibration, which matters from some thousand rows on.

    Parameters
    ----------
    estimator : classifier with predict_proba, default=None
        The source classifier; it is cloned. None stands for logistic regression on standardised columns. Pass a fitted
        one as ``FrozenEstimator(classifier)`` to use it as it is; the source rows must then not be those that it was
        fitted on.
    calibration : {"bcts", "ts", "none"}, default="bcts"
        "bcts": a temperature and one bias per class. "ts": only a temperature, which does not correct classes "
        "that are predicted too often or too rarely. "none": the probabilities as they are.
    tol : float > 0, default=1e-8
        EM stops when the mean log-likelihood is at most this far below its maximum.
    max_iter : int >= 1, default=10000
        Largest number of EM steps; each costs O(n_target * n_classes).
    cv : int >= 2, default=5
        Folds of the cross-fit; fewer where a class has fewer rows.
    n_jobs : int, default=None
        Folds fitted at once.
    random_state : int, RandomState instance or None, default=0
        Seed of the folds. They do not depend on the order of the rows.

    Attributes
    ----------
    temperature_ : float
        1 / a above: larger than 1 if the classifier was overconfident. NaN without calibration.
    bias_ : ndarray of shape (n_classes,)
        b above; 0 without bias correction.
    misfit_ : float
        Goodness of fit: the largest gap, in standard deviations, between the mean of a column (or of the classifier's
        largest probability) in the target and in the mixture of the source's classes with ``target_prior_``. Only gaps
        beyond five standard errors count; 0 if there is none.
    n_iter_ : int
        EM steps.
    gap_ : float
        Bound on how far the mean log-likelihood is below its maximum.
    classes_ : ndarray of shape (n_classes,)
        Classes of the labelled source rows.
    class_weights_ : ndarray of shape (n_classes,)
        p_t(y) / p_s(y), in the order of ``classes_``.
    target_prior_, source_prior_ : ndarray of shape (n_classes,)
        Class shares of the target (estimated) and among the labelled source rows (counted).
    confusion_matrix_ : ndarray of shape (n_classes, n_classes) or None
        Mean calibrated probability of class i on rows of class j, times the share of j. None if there is one domain or
        one class.
    estimator_ : classifier or None
        The classifier fitted on all labelled source rows. None if there is one domain or one class.
    weights_ : ndarray of shape (n_samples,)
        Weights in the order of the rows: on source rows that of the row's class (without a label: see
        ``predict_weights``), with mean 1 over them; 1 on target rows.
    effective_sample_size_ : float
        (sum w)^2 / sum w^2 over the source rows: how many equally weighted rows they are worth.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    ImportanceWeighted : Fits any estimator with these weights.
    BBSE : By the confusion matrix: needs no calibration.
    RLLS : By the confusion matrix, with a penalty.
    LabelShiftClassifier : Corrects a classifier's probabilities for the new shares, without refitting.

    Notes
    -----
    *Cost*: ``cv`` + 1 fits of the classifier, one prediction per row, some ten Newton steps of O(n_source n_classes^2)
    for the calibration.

    *Evidence*: error of the class weights on digits, with the share of one class set to a half, without the part that
    is due to the random draw, in units of BBSE's (``benchmarks/label_shift.py``, 100 runs). The bias of "none" does not
    shrink with n:

    ====================  =====  =====  ======  ======
    rows per domain           125    500   2,000   8,000
    ====================  =====  =====  ======  ======
    *logistic regression*
    "none"                 0.75   0.81    1.21    1.81
    "ts"                   0.72   0.69    1.00    1.49
    **"bcts"**             0.63   0.64    0.81    1.28
    *naive Bayes*
    "none"                 0.99   1.20    2.37    4.85
    "ts"                   0.83   0.79    1.21    2.16
    **"bcts"**             0.73   0.73    1.02    1.84
    ====================  =====  =====  ======  ======

    *Departures from the papers*: calibration and likelihood use cross-fitted rows, where the papers hold rows out. A
    ridge of 0.01 / n_source on (a - 1, b) keeps the calibration finite where the classes are separable. The shares
    :math:`\pi` are the means of the calibrated probabilities; with BCTS these are the counted ones (up to the ridge),
    and without it they keep the answer to "no shift" at no shift.

    References
    ----------
    .. [1] M. Saerens, P. Latinne, C. Decaestecker (2002). Adjusting the outputs of a classifier to new a priori
       probabilities: a simple procedure. Neural Computation 14, 21-41.
    .. [2] A. Alexandari, A. Kundaje, A. Shrikumar (2020). Maximum likelihood with bias-corrected calibration is
       hard-to-beat at label shift adaptation. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.instance import MLLS
    >>> rng = np.random.default_rng(0)
    >>> y = rng.random(2000) < np.where(np.arange(2000) < 1000, 0.5, 0.2)  # half in the source, a fifth in the target
    >>> X = rng.normal(size=(2000, 1)) + 4 * y[:, None]
    >>> weighter = MLLS().fit(X, np.where(np.arange(2000) < 1000, y, np.nan))
    >>> weighter.target_prior_.round(1)
    array([0.8, 0.2])
    """

    _constraints = {
        "calibration": ("bcts", "ts", "none"),
        "tol": (Interval(low=0, closed="neither"),),
        "max_iter": (Interval(Integral, 1),),
    }

    def __init__(
        self,
        estimator=None,
        *,
        calibration="bcts",
        tol=1e-8,
        max_iter=10_000,
        cv=5,
        n_jobs=None,
        random_state=0,
    ):
        self.estimator = estimator
        self.calibration = calibration
        self.tol = tol
        self.max_iter = max_iter
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _weigh_nothing(self, X):
        super()._weigh_nothing(X)
        self._calibration, self.temperature_, self.bias_ = None, np.nan, np.zeros(len(self.classes_))
        self.n_iter_, self.gap_, self.misfit_ = 0, 0.0, 0.0

    def _calibrate_on(self, held_out, codes):
        self._calibration, self.temperature_, self.bias_ = None, np.nan, np.zeros(len(self.classes_))
        if self.calibration != "none":
            self._calibration = fit_calibration(held_out, codes, bias=self.calibration == "bcts")
            scale, self.bias_ = self._calibration.scale, self._calibration.bias
            self.temperature_ = 1 / scale if scale else np.inf
        return self._calibrated(held_out)

    def _check_fit(self, X, codes, held_out, X_target, responses):
        gaps, errors = [], []
        # the columns, and how sure the classifier is: rows of no known class lie apart, or between the classes
        for source, target in ((X, X_target), (held_out.max(axis=1)[:, None], responses.max(axis=1)[:, None])):
            known = moments_by_class(source, codes, len(self.classes_))
            gap, error = mixture_misfit(*known, self.target_prior_, target)
            gaps, errors = np.append(gaps, gap), np.append(errors, error)
        certain = np.where(errors > CERTAIN, gaps, 0.0)
        self.misfit_, column = float(certain.max()), int(certain.argmax())
        if self.misfit_ > MISFIT:
            names = [*map(repr, getattr(self, "feature_names_in_", range(X.shape[1]))), "how sure the classifier is"]
            warnings.warn(
                "The target is not a mixture of the source's classes, whatever their shares: the mean of "
                f"{'' if column == X.shape[1] else 'column '}{names[column]} lies {self.misfit_:.1f} standard "
                "deviations from that of the best mixture. p(x | y) has changed, or the target has a class that "
                "the source lacks, so that target_prior_ means little. Adapt the features first (CORAL, "
                "DomainScaler), or label target rows.",
                LabelShiftMisfitWarning,
                stacklevel=user_level(),
            )

    def _calibrated(self, responses):
        return responses if self._calibration is None else self._calibration(responses)

    def _solve(self, target_responses, n_source):
        # means of the probabilities, not counts: a classifier that is off shows no shift where there is none
        source_prior = self.confusion_matrix_.sum(axis=1)
        solution = em_prior(target_responses, source_prior, tol=self.tol, max_iter=self.max_iter)
        self.n_iter_, self.gap_ = solution.n_iter, solution.gap
        if not solution.converged:
            warn_unconverged(
                f"MLLS stopped after {solution.n_iter} EM steps, at most {solution.gap:.1e} below the maximum of the "
                f"mean log-likelihood (tol={self.tol:g}). Raise max_iter or tol.",
            )
        return solution.prior / source_prior
