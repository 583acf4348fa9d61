"""A linear support vector classifier that shrinks towards a source model's coefficients (adaptive SVM)."""

from sktl._core.losses import SQUARED_HINGE
from sktl.base import BaseParameterTransfer, BaseTransferClassifier
from sktl.parameter import _linear_members
from sktl.parameter._linear import (
    LINEAR,
    class_parameters,
    classes_of,
    fit_biased,
    indicators,
    keep_source,
)

__all__ = ["TransferLinearSVC"]


class TransferLinearSVC(BaseParameterTransfer, BaseTransferClassifier):
    r"""Linear support vector classifier whose coefficients are shrunk towards those of a source model (adaptive SVM).

    The adaptive SVM [1]_ in its primal form with the squared hinge loss. With labels :math:`y_i = \pm 1`, weights
    :math:`s_i` of the rows, and source models with coefficients :math:`w_k` and intercepts :math:`b_k`,

    .. math::

        \min_{w, b} \sum_i s_i \max(0, 1 - y_i (x_i^\top w + b))^2
        + \frac{\lambda}{2} \Big( \Big\| w - \sum_k \beta_k w_k \Big\|^2 + \Big( b - \sum_k \beta_k b_k \Big)^2 \Big),

    where :math:`\lambda` is ``reg``; several classes are fitted one against the rest. With a source of 0 it is
    scikit-learn's ``LinearSVC(C=1/reg)``, which penalises the intercept too; with ``reg=inf`` the weighted source.

    *When it helps*: as :class:`TransferLogisticRegression`, where no probabilities are wanted. Rows that the source
    classifies beyond the margin have no loss, so that a few labels change it little. *When it hurts*: sources whose
    decision values have another scale (log-odds, for instance) are over- or under-confident; "ball" weights scale them
    down, never up. Class shares that have changed a lot: the intercept is shrunk towards the source's.

    Parameters
    ----------
    source : estimator object or list of (name, estimator), default=None
        Linear classifiers (with ``coef_``, or pipelines that are linear in their columns). Fitted ones are used as they
        are, and every row of ``fit`` is a target row; unfitted ones are fitted on the labelled source rows first. None
        stands for ``LinearSVC(dual=False, tol=1e-10, max_iter=10000, random_state=0)``, unfitted.
    reg : "auto", float or inf, default="auto"
        Penalty :math:`\lambda`, at least 0: 1 / C of scikit-learn's ``LinearSVC``. "auto": the one with the smallest
        leave-one-out loss among 13 penalties over seven orders of magnitude, and inf. The result depends on the
        columns' units: scale them.
    weights : {"ball", "simplex"} or array-like of shape (n_sources,), default="ball"
        Weights :math:`\beta_k` of the sources, chosen so that the weighted sources, unchanged, classify the target rows
        best. "ball": not negative and of Euclidean length at most 1, so that a single source is scaled by a number
        between 0 and 1 (the scaled form of A-SVM); "simplex": not negative with sum 1, so that a single source counts
        fully; or the weights themselves.
    fit_intercept : bool, default=True
        Whether to fit intercepts; otherwise they are those of the weighted sources.
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
        Penalties tried with ``reg="auto"``, from inf downwards.
    loo_losses_ : ndarray of shape (n_tried,)
        Mean leave-one-out loss of each, with ``reg="auto"``.
    n_iter_ : int
        Number of steps of the last fit.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    TransferLogisticRegression : The same with the log-loss, and probabilities.
    HypothesisTransferClassifier : Any source model.

    Notes
    -----
    *Classes that only one domain has.* A class without labels in the target keeps the source's function, moved by the
    rows of other classes; a class that the source does not have starts from 0.

    *Cost.* Newton steps of O(n d^2) a class, in the span of the rows if there are fewer rows than columns.

    References
    ----------
    .. [1] J. Yang, R. Yan, A. G. Hauptmann (2007). Cross-domain video concept detection using adaptive SVMs. ACM
       Multimedia.
    .. [2] Y. Aytar, A. Zisserman (2011). Tabula rasa: model transfer for object category detection. ICCV.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.svm import LinearSVC
    >>> from sktl.parameter import TransferLinearSVC
    >>> rng = np.random.default_rng(0)
    >>> def rows(n, slopes):
    ...     X = rng.normal(size=(n, 20))
    ...     return X, np.where(X @ slopes + rng.normal(size=n) > 0, "yes", "no")
    >>> slopes = np.linspace(-1, 1, 20)
    >>> old = LinearSVC().fit(*rows(500, slopes))
    >>> X_new, y_new = rows(40, slopes + 0.5)
    >>> model, test = TransferLinearSVC(old).fit(X_new, y_new), rows(2000, slopes + 0.5)
    >>> for name, fitted in {"transfer": model, "target": LinearSVC().fit(X_new, y_new), "source": old}.items():
    ...     print(f"{name}: {fitted.score(*test):.2f}")
    transfer: 0.80
    target: 0.75
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
        coef, intercept = class_parameters(self.sources_, self.classes_, self.n_features_in_, halves=False)
        if len(rows.weights) == 0:
            return keep_source(self, coef, intercept)
        mode = "penalised" if self.fit_intercept else "none"
        fit_biased(self, rows, SQUARED_HINGE, indicators(labels, self.classes_), coef, intercept, mode)

    def _default_source(self, X):
        from sklearn.svm import LinearSVC  # here, to keep `import sktl` quick

        return LinearSVC(dual=False, tol=1e-10, max_iter=10_000, random_state=0)  # the same in any order of the rows
