"""Logistic regression that shrinks towards a source model's coefficients instead of towards zero."""

import numpy as np

from sktl._core.glm import LOGISTIC
from sktl._threads import threads_by_size
from sktl.base import BaseParameterTransfer, BaseTransferClassifier
from sktl.parameter._linear import (
    LINEAR,
    class_parameters,
    classes_of,
    decision,
    fit_biased,
    indicators,
    keep_source,
    most_likely,
    probabilities,
    read_target,
)

__all__ = ["TransferLogisticRegression"]


class TransferLogisticRegression(BaseParameterTransfer, BaseTransferClassifier):
    r"""Logistic regression whose coefficients stay near those of a linear classifier that is known already.

    With the labelled target rows :math:`(x_i, y_i)`, their weights :math:`s_i`, and source models with coefficients
    :math:`W_k` (one row a class; one row in all for two classes),

    .. math::

        \min_{W, b} \sum_i s_i \,\ell(y_i, W x_i + b) + \frac{\lambda}{2} \Big\| W - \sum_k \beta_k W_k \Big\|^2,

    with the log-loss :math:`\ell` of two classes, or the multinomial one of several; :math:`\lambda` is ``reg``. With
    source coefficients of 0 it is scikit-learn's ``LogisticRegression(C=1/reg)``; with ``reg=inf`` the source's
    coefficients with intercepts of the target's.

    The sources' weights :math:`\beta_k` are those with which the sources as they are predict the target's labels best.
    With ``reg="auto"`` the penalty is that of the least leave-one-out log-loss along a path.

    *When it helps*: a linear classifier serves both domains, and labels are fewer than about ten a class or than
    columns: class directions carry over while the shares of the classes may move. *When it hurts*: the source's
    directions are wrong for the target; ``"ball"`` weights then fall to 0, and a ridge-penalised logistic regression of
    the target is left. A source that is no linear model knows more: see ``HypothesisTransferClassifier``.

    Parameters
    ----------
    source : estimator object or list of (name, estimator), default=None
        Linear classifiers (with ``coef_``, or pipelines that are linear in their columns). Fitted ones are used as they
        are, and every row of ``fit`` is a target row; unfitted ones are fitted on the labelled source rows first. None
        stands for ``LogisticRegression(max_iter=1000)``, unfitted.
    reg : "auto", float or inf, default="auto"
        Penalty :math:`\lambda`, at least 0: 1 / C of scikit-learn's ``LogisticRegression``. "auto": that of the least
        leave-one-out loss among 13 penalties within seven orders of magnitude, and inf. It depends on the columns'
        units: scale them.
    weights : {"ball", "simplex"} or array-like of shape (n_sources,), default="ball"
        Weights :math:`\beta_k` of the sources. "ball": not negative and of length at most 1, so that one source is
        scaled by a number between 0 and 1 (the scaled form of A-SVM); "simplex": not negative and of sum 1, so that one
        source counts fully; or the numbers themselves.
    fit_intercept : bool, default=True
        Whether the intercepts are the target's own; else they are those of the weighted sources.
    per_source : bool, default=False
        Whether an unfitted source is fitted on each source domain apart, which makes as many sources.
    tol : float, default=1e-4
        The fit ends where no derivative of the mean loss exceeds it.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes that a source or the target's labels know.
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
        Penalties tried, falling from inf, with ``reg="auto"``; the path ends where smaller ones only do worse.
    loo_losses_ : ndarray of shape (n_tried,)
        Mean leave-one-out log-loss of each, with ``reg="auto"``.
    n_iter_ : int
        Steps of the last fit.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    HypothesisTransferClassifier : Any source model.
    TransferLinearSVC : The same with the squared hinge loss.
    TransGLM : Sparse coefficients, more columns than rows, sources that may mislead.

    Notes
    -----
    *Classes that one side alone knows.* A class without labels in the target keeps the source's coefficients: all
    intercepts are then drawn to the source's by the same penalty, since without a row of a class nothing else would
    bound its intercept. A class that the source doesn't know starts from coefficients of 0.

    *Leave-one-out.* One fit a penalty tells all losses of rows left out, to second order [3]_; on rows enough for a fit
    they agree with refits to a few per cent. It needs no folds, is the same in any order of the rows, and counts a row
    of weight s as s equal rows.

    *Cost.* Newton steps of O(n d^2), in the span of the rows where these are fewer than the columns; the multinomial
    loss by L-BFGS, O(n d K) an iteration.

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

    def __init__(self, source=None, *, reg="auto", weights="ball", fit_intercept=True, per_source=False, tol=1e-4):
        self.source = source
        self.reg = reg
        self.weights = weights
        self.fit_intercept = fit_intercept
        self.per_source = per_source
        self.tol = tol

    @threads_by_size
    def fit(self, X, y, sample_domain=None, sample_weight=None):
        """Find the sources' weights, the penalty and the coefficients from the labelled target rows.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Target rows; with an unfitted source, rows of all domains.
        y : array-like of shape (n_samples,)
            Labels; rows where they are missing are left out.
        sample_domain : array-like of shape (n_samples,), default=None
            Which rows are the target's, where the source is not fitted.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter, a source or a domain is not as described, or source and target have no class in common.

        Warns
        -----
        SingleDomainWarning
            If the source is not fitted and nothing tells the domains apart.
        """
        rows = read_target(self, X, y, sample_domain, sample_weight)
        labels = classes_of(self, rows.labels)
        coef, intercept = class_parameters(self.sources_, self.classes_, self.n_features_in_, halves=True)
        if len(rows.weights) == 0:
            keep_source(self, coef, intercept)
            return self
        mode = "none"
        if self.fit_intercept:
            mode = "free" if len(np.unique(labels)) == len(self.classes_) else "penalised"
        if len(self.classes_) == 2:
            fit_biased(self, rows, LOGISTIC, indicators(labels, self.classes_), coef, intercept, mode)
        else:
            fit_biased(self, rows, None, np.searchsorted(self.classes_, labels), coef, intercept, mode)
        return self

    def _default_source(self, X):
        from sklearn.linear_model import LogisticRegression  # here, to keep `import sktl` quick

        return LogisticRegression(max_iter=1000)

    def decision_function(self, X):
        """Log-odds of the second of two classes, or logits of several.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        return decision(self, X)

    def predict(self, X):
        """Likeliest class of target rows.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return most_likely(self, decision(self, X))

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
