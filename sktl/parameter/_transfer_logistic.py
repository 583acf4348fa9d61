"""Logistic regression that shrinks towards a source model's coefficients instead of towards zero."""

import numpy as np

from sktl._core.losses import LOGISTIC
from sktl.base import BaseParameterTransfer, BaseTransferClassifier
from sktl.parameter import _linear_members
from sktl.parameter._linear import (
    LINEAR,
    class_parameters,
    classes_of,
    decision,
    fit_biased,
    keep_source,
    probabilities,
)

__all__ = ["TransferLogisticRegression"]


class TransferLogisticRegression(BaseParameterTransfer, BaseTransferClassifier):
    r"""Logistic regression whose coefficients are shrunk towards those of a source classifier.

    With the labelled target rows :math:`(x_i, y_i)`, their weights :math:`s_i`, and source models with coefficients
    :math:`W_k` (one row per class; a single row for two classes),

    .. math::

        \min_{W, b} \sum_i s_i \,\ell(y_i, W x_i + b) + \frac{\lambda}{2} \Big\| W - \sum_k \beta_k W_k \Big\|^2,

    with the log-loss :math:`\ell` of two classes, or the multinomial one of several; :math:`\lambda` is ``reg``. With
    source coefficients of 0 it is scikit-learn's ``LogisticRegression(C=1/reg)``; with ``reg=inf`` it has the source's
    coefficients and intercepts fitted to the target.

    The weights :math:`\beta_k` are chosen so that the weighted sources, unchanged, predict the target's labels best.
    With ``reg="auto"`` the penalty is the one with the smallest leave-one-out log-loss on a grid.

    *When it helps*: a linear classifier suits both domains, and there are fewer labels than about ten per class, or
    than columns. The coefficients carry over while the class shares may change. *When it hurts*: the source's
    coefficients are wrong for the target; ``"ball"`` weights then fall to 0, which leaves a ridge-penalised logistic
    regression of the target. For a source that is not linear use ``HypothesisTransferClassifier``.

    Parameters
    ----------
    source : estimator object or list of (name, estimator), default=None
        Linear classifiers (with ``coef_``, or pipelines that are linear in their columns). Fitted ones are used as they
        are, and every row of ``fit`` is a target row; unfitted ones are fitted on the labelled source rows first. None
        stands for ``LogisticRegression(max_iter=1000)``, unfitted.
    reg : "auto", float or inf, default="auto"
        Penalty :math:`\lambda`, at least 0: 1 / C of scikit-learn's ``LogisticRegression``. "auto": the one with the
        smallest leave-one-out loss among 13 penalties over seven orders of magnitude, and inf. The result depends on
        the columns' units: scale them.
    weights : {"ball", "simplex"} or array-like of shape (n_sources,), default="ball"
        Weights :math:`\beta_k` of the sources. "ball": not negative and of Euclidean length at most 1, so that a single
        source is scaled by a number between 0 and 1 (the scaled form of A-SVM); "simplex": not negative with sum 1, so
        that a single source counts fully; or the weights themselves.
    fit_intercept : bool, default=True
        Whether to fit the intercepts to the target; otherwise they are those of the weighted sources.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.
    tol : float, default=1e-4
        The fit stops when no derivative of the mean loss exceeds it.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes of the sources and of the target's labels.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
    reg_ : float
        Penalty used.
    source_weights_ : ndarray of shape (n_sources,)
        The sources' weights.
    sources_ : list of (name, estimator)
        The fitted sources.
    regs_ : ndarray of shape (n_tried,)
        Penalties tried with ``reg="auto"``, from inf downwards; the path ends where smaller ones only do worse.
    loo_losses_ : ndarray of shape (n_tried,)
        Mean leave-one-out log-loss of each, with ``reg="auto"``.
    n_iter_ : int
        Number of steps of the last fit.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    HypothesisTransferClassifier : Any source model.
    TransferLinearSVC : The same with the squared hinge loss.
    TransGLM : For sparse coefficients, more columns than rows, and sources some of which mislead.

    Notes
    -----
    *Classes that only one domain has.* A class without labels in the target keeps the source's coefficients: all
    intercepts are then shrunk towards the source's by the same penalty, since without rows of a class nothing else
    bounds its intercept. A class that the source does not have starts from coefficients of 0.

    *Leave-one-out.* One fit per penalty gives all leave-one-out losses to second order [3]_; with enough rows for a fit
    they agree with refits to a few per cent. This needs no folds, does not depend on the order of the rows, and counts
    a row of weight s as s equal rows.

    *Cost.* Newton steps of O(n d^2), in the span of the rows if there are fewer rows than columns; the multinomial loss
    by L-BFGS, O(n d K) an iteration.

    References
    ----------
    .. [1] T. Tommasi, F. Orabona, B. Caputo (2010). Safety in numbers: learning categories from few examples with multi
       model knowledge transfer. CVPR.
    .. [2] J. Yang, R. Yan, A. G. Hauptmann (2007). Cross-domain video concept detection using adaptive SVMs. ACM
       Multimedia.
    .. [3] K. Rahnama Rad, A. Maleki (2020). A scalable estimate of the out-of-sample prediction error via approximate
       leave-one-out cross-validation. JRSS-B.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.parameter import TransferLogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> def rows(n, slopes, shift):
    ...     X = rng.normal(size=(n, 6))
    ...     return X, (X @ slopes + shift + rng.logistic(size=n) > 0).astype(int)
    >>> slopes = np.array([2.0, -2, 1, 1, 0, 0])
    >>> old = LogisticRegression().fit(*rows(500, slopes, 0))
    >>> X_new, y_new = rows(20, slopes, 2)
    >>> model = TransferLogisticRegression(old).fit(X_new, y_new)
    >>> test = rows(2000, slopes, 2)
    >>> own = LogisticRegression().fit(X_new, y_new)
    >>> for name, fitted in {"transfer": model, "target": own, "source": old}.items():
    ...     print(f"{name}: {fitted.score(*test):.2f}")
    transfer: 0.84
    target: 0.76
    source: 0.75
    """

    _constraints = LINEAR

    __init__ = _linear_members.store
    fit = _linear_members.fit
    decision_function = _linear_members.decision_function
    predict = _linear_members.predict_class

    def _solve(self, rows):
        """The source's coefficients as they are where there are no target rows, else the fit."""
        labels = classes_of(self, rows.labels)
        codes = np.searchsorted(self.classes_, labels)
        coef, intercept = class_parameters(self.sources_, self.classes_, self.n_features_in_, halves=True)
        if len(rows.weights) == 0:
            return keep_source(self, coef, intercept)
        mode = "none"
        if self.fit_intercept:
            # nothing else bounds the intercept of a class without labels
            mode = "free" if np.bincount(codes, minlength=len(self.classes_)).all() else "penalised"
        if len(self.classes_) == 2:
            fit_biased(self, rows, LOGISTIC, codes[:, None].astype(float), coef, intercept, mode)
        else:
            fit_biased(self, rows, None, codes, coef, intercept, mode)

    def _default_source(self, X):
        from sklearn.linear_model import LogisticRegression  # here, to keep `import sktl` quick

        return LogisticRegression(max_iter=1000)

    def predict_proba(self, X):
        """Class probabilities of target rows.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return probabilities(decision(self, X))
