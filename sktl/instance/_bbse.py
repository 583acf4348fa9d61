"""Black box shift estimation: the target's class shares by inverting a classifier's confusion matrix."""

import numpy as np

from sktl._core.label_shift import solve_bbse
from sktl.instance._label_shift import BaseLabelShiftWeighter


class BBSE(BaseLabelShiftWeighter):
    r"""Black box shift estimation: class weights from the change in how often a classifier predicts each class.

    Under label shift p(y) changes and p(x | y) does not: how often rows of class j are predicted as i is then the same
    in both domains. With :math:`C_{ij} = p_s(\hat y = i, y = j)`, cross-fitted on source rows, and :math:`\mu_i =
    p_t(\hat y = i)`, the weights :math:`w_j = p_t(y = j) / p_s(y = j)` solve

    .. math:: C w = \mu .

    The classifier need not be calibrated or accurate, as long as C is invertible. Negative entries of w are set to 0,
    and w is scaled to :math:`\sum_j p_s(j) w_j = 1`.

    *When it helps*: the class shares change (a disease in another season, other customers), but each class looks the
    same. *When it hurts*: p(x | y) changes as well, and is mistaken for a change of the shares (on heart disease by
    hospital and adult by sex, race or country, balanced accuracy falls by 4 to 8 points on average,
    ``benchmarks/tabular.py``). Or the classifier confuses classes: the error of the weights grows with 1 / the smallest
    singular value of C.

    Parameters
    ----------
    estimator : classifier, default=None
        The source classifier; it is cloned. None stands for logistic regression on standardised columns. Pass a fitted
        one as ``FrozenEstimator(classifier)`` to use it as it is; the source rows must then not be those that it was
        fitted on.
    confusion : {"soft", "hard"}, default="soft"
        Confusion matrix of the predicted probabilities, or of the predicted classes. Probabilities keep more
        information (on digits the error that is not due to the random draw is 1.15 times smaller), and a class that is
        never predicted does not make C singular.
    cv : int >= 2, default=5
        Folds of the cross-fit; fewer where a class has fewer rows.
    n_jobs : int, default=None
        Folds fitted at once.
    random_state : int, RandomState instance or None, default=0
        Seed of the folds. They do not depend on the order of the rows.

    Attributes
    ----------
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
    RLLS : The same equations, solved with a penalty: for few rows or a weak classifier.
    MLLS : Maximum likelihood on calibrated probabilities: its own error is a third smaller, up to about 1,000 rows.
    LabelShiftClassifier : Corrects a classifier's probabilities for the new shares, without refitting.

    Notes
    -----
    *Cost*: ``cv`` + 1 fits of the classifier, one prediction per row, O(n_classes^3).

    *Departures from the paper*: C is cross-fitted where the paper holds out half of the source rows; after negative
    weights are set to 0 the others are scaled so that the target's shares sum to 1.

    References
    ----------
    .. [1] Z. Lipton, Y.-X. Wang, A. Smola (2018). Detecting and correcting for label shift with black box predictors.
       ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.instance import BBSE
    >>> rng = np.random.default_rng(0)
    >>> y = rng.random(2000) < np.where(np.arange(2000) < 1000, 0.5, 0.2)  # half in the source, a fifth in the target
    >>> X = rng.normal(size=(2000, 1)) + 4 * y[:, None]
    >>> weighter = BBSE().fit(X, np.where(np.arange(2000) < 1000, y, np.nan))
    >>> weighter.target_prior_.round(1)
    array([0.8, 0.2])
    """

    _constraints = {"confusion": ("soft", "hard")}

    def __init__(self, estimator=None, *, confusion="soft", cv=5, n_jobs=None, random_state=0):
        self.estimator = estimator
        self.confusion = confusion
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _is_hard(self):
        return self.confusion == "hard"

    def _solve(self, target_responses, n_source):
        spectrum = np.linalg.svd(self.confusion_matrix_, compute_uv=False)
        # a confusion matrix this close to singular tells no shares apart: its inverse is rounding
        if spectrum[-1] <= 1e-12 * spectrum[0]:
            never = self.classes_[self.confusion_matrix_.sum(axis=1) == 0].tolist()
            reason = f"the classes {never} are never predicted" if never else "some classes are predicted alike"
            hard = "confusion='soft', " if self._is_hard() else ""
            raise ValueError(
                f"The confusion matrix of the source classifier is singular ({reason}), so that BBSE has no solution. "
                f"Choose {hard}RLLS or MLLS, a better estimator, or merge classes."
            )
        return solve_bbse(self.confusion_matrix_, target_responses.mean(axis=0))
