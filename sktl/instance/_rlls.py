"""Regularised learning under label shift: the class weights of a confusion matrix, shrunk towards no shift."""

from sktl._checks import Interval
from sktl._core.label_shift import rlls_bound, solve_rlls
from sktl.instance._label_shift import BaseLabelShiftWeighter


class RLLS(BaseLabelShiftWeighter):
    r"""Regularised label shift: black box shift estimation that assumes no shift unless the rows show one.

    With the confusion matrix :math:`C_{ij} = p_s(\hat y = i, y = j)`, cross-fitted on source rows, the predictions'
    means :math:`\mu` on the target, and :math:`b = \mu - C 1` (how the predictions changed), the weights of the classes
    are :math:`w = 1 + (1 - \text{shrinkage})\, \theta`, where

    .. math:: \theta = \arg\min_{\theta \ge -1} \| C \theta - b \|_2 + \Delta \| \theta \|_2 .

    The norms are not squared: where :math:`\|C^\top b\| \le \Delta \|b\|` the answer is exactly no shift.

    *When it helps*: as :class:`BBSE`, with few rows, many classes or a weak classifier, where inverting C returns
    mostly noise. *When it hurts*: large shifts are shrunk as well, even if the rows leave no doubt of them.

    Parameters
    ----------
    estimator : classifier, default=None
        The source classifier; it is cloned. None stands for logistic regression on standardised columns. Pass a fitted
        one as ``FrozenEstimator(classifier)`` to use it as it is; the source rows must then not be those that it was
        fitted on.
    reg : float >= 0 or "auto", default="auto"
        The penalty :math:`\Delta`. "auto" is 0.01 times the paper's bound on the error of C at 95 % confidence, as in
        the authors' code: 0.03 (2 l / (3 n) + sqrt(2 l / n)) with l = log(40 n_classes) and n labelled source rows.
    shrinkage : float in [0, 1], default=0.0
        How far the final weights are shrunk towards 1 (one minus the paper's lambda); useful with very few target rows.
    confusion : {"soft", "hard"}, default="soft"
        Confusion matrix of the predicted probabilities, or of the predicted classes.
    cv : int >= 2, default=5
        Folds of the cross-fit; fewer where a class has fewer rows.
    n_jobs : int, default=None
        Folds fitted at once.
    random_state : int, RandomState instance or None, default=0
        Seed of the folds. They do not depend on the order of the rows.

    Attributes
    ----------
    reg_ : float
        The penalty used. NaN if there is one domain or one class.
    classes_ : ndarray of shape (n_classes,)
        Classes of the labelled source rows.
    class_weights_ : ndarray of shape (n_classes,)
        p_t(y) / p_s(y), in the order of ``classes_``.
    target_prior_, source_prior_ : ndarray of shape (n_classes,)
        Class shares of the target (estimated) and among the labelled source rows (counted).
    confusion_matrix_ : ndarray of shape (n_classes, n_classes) or None
        C above: predictions in rows, classes in columns, sum 1. None if there is one domain or one class.
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
    BBSE : The same without a penalty.
    MLLS : Maximum likelihood on calibrated probabilities: its own error is a third smaller, up to about 1,000 rows.
    LabelShiftClassifier : Corrects a classifier's probabilities for the new shares, without refitting.

    Notes
    -----
    *Cost*: ``cv`` + 1 fits of the classifier, one prediction per row, and some forty non-negative least-squares
    problems in n_classes unknowns, on which the minimiser is found to rounding.

    *Departures from the paper*: C is cross-fitted; w is scaled so that the target's shares sum to 1.

    References
    ----------
    .. [1] K. Azizzadenesheli, A. Liu, F. Yang, A. Anandkumar (2019). Regularized learning for domain adaptation under
       label shifts. ICLR.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.instance import RLLS
    >>> rng = np.random.default_rng(0)
    >>> y = rng.random(2000) < np.where(np.arange(2000) < 1000, 0.5, 0.2)  # half in the source, a fifth in the target
    >>> X = rng.normal(size=(2000, 1)) + 4 * y[:, None]
    >>> weighter = RLLS().fit(X, np.where(np.arange(2000) < 1000, y, np.nan))
    >>> weighter.target_prior_.round(1)
    array([0.8, 0.2])
    """

    _constraints = {
        "confusion": ("soft", "hard"),
        "reg": ("auto", Interval(low=0)),
        "shrinkage": (Interval(low=0, high=1),),
    }

    def __init__(
        self,
        estimator=None,
        *,
        reg="auto",
        shrinkage=0.0,
        confusion="soft",
        cv=5,
        n_jobs=None,
        random_state=0,
    ):
        self.estimator = estimator
        self.reg = reg
        self.shrinkage = shrinkage
        self.confusion = confusion
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _is_hard(self):
        return self.confusion == "hard"

    def _weigh_nothing(self, X):
        super()._weigh_nothing(X)
        self.reg_ = float("nan")

    def _solve(self, target_responses, n_source):
        # the share of the bound that the authors' code takes
        self.reg_ = 0.01 * rlls_bound(len(self.classes_), n_source) if self.reg == "auto" else float(self.reg)
        theta = solve_rlls(self.confusion_matrix_, target_responses.mean(axis=0), self.reg_)
        return 1 + (1 - self.shrinkage) * theta
