"""A classifier of target rows found together with the transport plan that brings it their labels."""

import numpy as np
from sklearn.base import is_classifier

from sktl._checks import CLASSIFIER
from sktl._threads import threads_by_size
from sktl.base import BaseTransferClassifier, weight_parameter
from sktl.feature._common_scale import OnCommonScale
from sktl.feature._jdot import JointTransport

LEAST_PROBABILITY = 1e-6  # a prediction counts as no surer than this: losses are at most 13.8
LEAST_SHARE = 1e-9  # of a class in a target row, to be fitted with


class JDOTClassifier(JointTransport, BaseTransferClassifier):
    r"""Classifier fitted jointly with the transport plan that brings it the source's labels (joint distribution OT).

    Source rows :math:`x_i` with labels :math:`y_i` are matched to target rows :math:`z_j` both by distance and by what
    the classifier f predicts there: the plan :math:`\gamma` and f minimise in turn

    .. math::

        \sum_{ij} \gamma_{ij} \left( \alpha\, d(x_i, z_j) - \log f_{y_i}(z_j) \right)
        \quad\text{over}\quad \gamma \ge 0, \quad \gamma 1 = 1 / n, \quad \gamma^\top 1 = 1 / m,

    with d the distance in units of its median and :math:`f_c` the probability of class c. Given the plan, f is fitted
    on the target rows, each of them once per class, weighted by the mass that it gets from that class. The first f is
    fitted on the source.

    *When it helps*: the classes keep their shares and most of their geometry, while the rows move, turn or warp. *When
    it hurts*: class shares differ, since the plan must bring all source labels to the target (two overlapping classes,
    one of them half of the source and 50, 30, 15, 5 % of the target: 81.2, 71.1, 59.3, 51.3; logistic regression 80.8,
    77.6, 76.2, 76.1); many columns, where all distances are alike. On Office-Caltech10 (12 pairs, unit-norm rows,
    ``tol=0.01``) it reaches 45.8 %, the source's logistic regression 47.0; on three pairs of Amazon reviews 79.5
    against 80.1; on digits of two origins 61.9 against 57.3.

    Parameters
    ----------
    estimator : classifier, default=None
        A classifier with ``predict_proba`` whose ``fit`` takes ``sample_weight``, or a Pipeline that ends in one. It is
        cloned. None stands for ``LogisticRegression(C=10, max_iter=1000)`` on centred rows in units of their root mean
        squared norm.
    alpha : float > 0, default=1.0
        Weight of the distances beside the losses. A larger value sends labels to the nearest target rows, a smaller one
        to the rows that are already predicted so.
    reg : float >= 0, default=0.0
        Weight of the entropy of the plan, as in :class:`OTMapping`. 0: exact plans, which need POT (the ``ot`` extra).
    metric : {"sqeuclidean", "euclidean", "manhattan", "cosine"}, default="sqeuclidean"
        Distance d of a source row from a target row.
    norm : {"median", "max"} or None, default="median"
        Unit of the distances; None: as they are.
    max_iter : int >= 1, default=20
        Maximum number of refits.
    tol : float > 0, default=1e-4
        The iterations stop when the objective falls by no more than this (times its first value, if that exceeds 1).

    Attributes
    ----------
    estimator_ : classifier
        The estimator of the last refit.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    plan_ : ndarray of shape (n_labeled_source, n_target), or None
        The plan that is optimal for the predictions of ``estimator_``, between the labelled source rows and all target
        rows, each in the order of ``X``. None if there is only one domain.
    objective_path_ : ndarray of shape (n_iter_ + 1,)
        The objective at the start and after each iteration; it never rises. Empty if there is only one domain.
    n_iter_ : int
        Number of refits kept, at least 1.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    sktl.feature.JDOTRegressor : The same for numbers.
    sktl.feature.OTMapping : Only the plan, used to move source rows.

    Notes
    -----
    *Rows.* All rows of a domain weigh the same. New rows are predicted by the fitted classifier alone, which uses
    source rows only through the plan. A target row whose label is known is fitted with that label, and draws its mass
    from source rows of its class as far as the sums of the plan allow (as if that class were predicted for certain).

    *Descent.* Each plan minimises the objective for the current predictions. A refit may raise it, since the estimator
    minimises its own loss and penalty; then the iterations stop and the previous fit is kept. So ``objective_path_``
    falls for any estimator, to a local minimum.

    *Cost.* An exact plan (see :class:`OTMapping`) and a fit per iteration; five matrices of n_source x n_target
    numbers, of at most 25 million entries each.

    *Departures from [1]*: the logarithmic loss of probabilities, cut at -log 1e-6, in place of the hinge loss; any
    classifier in place of a kernel machine; distances in units of their median.

    References
    ----------
    .. [1] N. Courty, R. Flamary, A. Habrard, A. Rakotomamonjy, "Joint distribution optimal transportation for domain
       adaptation", NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.feature import JDOTClassifier
    >>> rng = np.random.default_rng(0)
    >>> label = np.arange(300) % 2
    >>> X = rng.normal(size=(300, 2)) + 6 * label[:, None]
    >>> X[200:] = X[200:] @ [[0.5, 0.87], [-0.87, 0.5]]  # the target is rotated by 60 degrees
    >>> y = np.where(np.arange(300) < 200, label, np.nan)
    >>> model = JDOTClassifier().fit(X, y)
    >>> print(f"{np.mean(model.predict(X[200:]) == label[200:]):.2f}")  # the source's classifier: 0.77
    0.99
    """

    _constraints = {"estimator": (None, *CLASSIFIER)}

    @threads_by_size
    def fit(self, X, y, sample_domain=None):
        """Find the plan and fit the estimator.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing where unknown. Source rows without one are left out.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target"). All sources are treated as one.

        Returns
        -------
        self

        Raises
        ------
        MissingExtraError
            If ``reg`` is 0 and POT is not installed.
        TypeError, ValueError
            If a parameter, a domain or the estimator is not as described, no source row has a label, or the domains
            make more than 25 million pairs of rows.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain: the estimator is then fitted on it.
        EarlyStopWarning
            If the first refit raises the objective, so that the source's model is kept.
        ConvergenceWarning
            If the objective still fell after ``max_iter`` refits.
        """
        self._check_together(y)
        X, domains = self._check_rows(X, y, sample_domain, dtype=np.float64)
        codes = np.full(X.shape[0], -1)
        codes[domains.labeled] = self._encode(y, domains.labeled)[1]
        self._fit(X, codes, domains)
        return self

    def predict(self, X):
        """Predict classes.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        X = self._check_new(X)
        return self.estimator_.predict(X)

    def predict_proba(self, X):
        """Class probabilities by the fitted classifier.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to 1; columns in the order of ``classes_``.
        """
        X = self._check_new(X)
        return self._probabilities(self.estimator_, X)

    def _probabilities(self, model, X):
        """Probabilities of all classes; 0 for those that the rows it was fitted on did not have."""
        found = model.predict_proba(X)
        shares = np.zeros((X.shape[0], len(self.classes_)))
        shares[:, np.searchsorted(self.classes_, model.classes_)] = found
        return shares

    def _default_base(self):
        from sklearn.linear_model import LogisticRegression  # here, to keep `import sktl` quick

        return OnCommonScale(LogisticRegression(C=10, tol=1e-6, max_iter=1000))

    def _check_base(self, base):
        weight_parameter(base)
        if not is_classifier(base) or not hasattr(base, "predict_proba"):
            raise TypeError(
                f"The estimator must be a classifier with predict_proba; got {base!r}. CalibratedClassifierCV around a "
                "classifier has one."
            )

    def _fit_base(self, X, codes):
        return self._base().fit(X, self.classes_[codes])

    def _losses(self, model, rows):
        loss = -np.log(np.maximum(self._probabilities(model, rows.X_target), LEAST_PROBABILITY)).T
        known, codes = rows.known, rows.y_target[rows.known]
        certain = -np.log(LEAST_PROBABILITY) * (np.arange(len(loss))[:, None] != codes)
        # as if the known class were predicted for certain, plus what the model loses on it
        loss[:, known] = certain + loss[codes, np.flatnonzero(known)]
        return loss[rows.y_source]

    def _refit(self, plan, rows):
        classes = np.arange(len(self.classes_))
        # a target row has the mass 1 / m: m times it, the shares sum to 1
        shares = plan.shape[1] * plan.T @ (rows.y_source[:, None] == classes)
        shares[rows.known] = rows.y_target[rows.known, None] == classes
        row, code = np.nonzero(shares > LEAST_SHARE)
        base = self._base()
        return base.fit(rows.X_target[row], self.classes_[code], **{weight_parameter(base): shares[row, code]})
