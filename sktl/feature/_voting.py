"""Several transfer classifiers that decide together."""

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from sktl._checks import N_JOBS, InstanceOf, check_parameters
from sktl._threads import threads_by_size
from sktl.base import BaseTransferClassifier, fit_on_domains, on_missing_labels, validate_rows
from sktl.feature._meda import MEDAClassifier
from sktl.feature._spl import SPLClassifier


def decisions(model, X, classes):
    """Decision values, or else logarithms of probabilities, (n_samples, n_classes), with mean 0 in each row."""
    if hasattr(model, "decision_function"):
        values = model.decision_function(X)
        if values.ndim == 1:  # two classes
            values = np.column_stack([-values, values])
    else:
        values = np.log(np.maximum(model.predict_proba(X), np.finfo(float).eps))  # a probability of 0 would outvote all
    full = np.full((len(values), len(classes)), values.min(initial=0.0))  # classes unknown to it: its least value
    full[:, np.searchsorted(classes, model.classes_)] = values
    return full - full.mean(axis=1, keepdims=True)


class TransferVotingClassifier(BaseTransferClassifier):
    r"""Equal votes of several transfer classifiers: the sum of their decision values, each divided by its own spread.

    With the decision values d_m(x) of member m (one per class, with mean 0 over the classes) and their standard
    deviation s_m over the target rows that it was fitted on,

    .. math:: f(x) = \arg\max_c \sum_m d_m(x)_c / s_m.

    *When it helps*: the members err on different rows, so that the errors of one are outvoted. The default pair, behind
    unit-norm rows, reaches 54.4 % on the Office-Caltech pairs (SURF features, mean of 12), its members 52.1 and 52.5,
    logistic regression on the source 47.0; no setting of its members was chosen by target labels, but the pair itself
    was chosen with such figures in view. *When it hurts*: a member is much worse than the others: on Amazon reviews
    (two classes) the pair has 78.4, SPL alone 79.2, and on digits of two origins 71.8, MEDA alone 75.1.

    Parameters
    ----------
    estimators : list of (str, classifier), default=None
        The members, each with ``decision_function`` or ``predict_proba``; pipelines too. A member that neither takes
        ``sample_domain`` nor ends in ``OnLabeled`` is fitted on the labelled rows. None: ``MEDAClassifier()`` and
        ``SPLClassifier()``.
    n_jobs : int or None, default=None
        Number of members fitted in parallel, through joblib.

    Attributes
    ----------
    estimators_ : list
        The fitted members.
    scales_ : ndarray of shape (n_members,)
        The s_m above.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    sklearn.ensemble.VotingClassifier : For classifiers that learn from labelled rows alone.

    Notes
    -----
    Cost: that of the members.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.feature import TransferVotingClassifier
    >>> data = make_covariate_shift(n_features=4, random_state=0)  # y is NaN on target rows
    >>> pipe = make_pipeline(StandardScaler(), TransferVotingClassifier())
    >>> pipe.fit(data.X, data.y).predict(data.X).shape == data.y.shape
    True
    """

    _constraints = {
        "estimators": (None, InstanceOf(list, noun="a list of tuples (name, classifier)")),
        "n_jobs": N_JOBS,
    }
    _takes_sparse = False

    def __init__(self, estimators=None, *, n_jobs=None):
        self.estimators = estimators
        self.n_jobs = n_jobs

    @threads_by_size
    def fit(self, X, y, sample_domain=None):
        """Fit the members.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing where unknown.
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
            If there is only one domain.
        """
        check_parameters(self)
        members = self._members()
        X, domains = self._check_rows(X, y, sample_domain)
        self._encode(y, domains.labeled)
        names = None if domains.single else domains.names
        self.estimators_ = Parallel(n_jobs=self.n_jobs)(
            delayed(fit_on_domains)(on_missing_labels(member), X, y, names) for member in members
        )
        rows = X if domains.single else X[domains.target]
        spreads = [np.std(decisions(member, rows, self.classes_)) for member in self.estimators_]
        self.scales_ = np.where(np.array(spreads) > 0, spreads, 1.0)  # one that says the same of all rows has no spread
        return self

    def _members(self):
        """The classifiers, or an error that says what is none."""
        if self.estimators is None:
            return [MEDAClassifier(), SPLClassifier()]
        if not self.estimators or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in self.estimators):
            raise TypeError(f"estimators must be a list of tuples (name, classifier); got {self.estimators!r}.")
        for name, member in self.estimators:
            answers = hasattr(member, "decision_function") or hasattr(member, "predict_proba")
            if not is_classifier(member) or not answers:
                raise TypeError(
                    f"{name!r} must be a classifier with decision_function or predict_proba; got {member!r}."
                )
        return [member for _, member in self.estimators]

    def decision_function(self, X):
        """Sum of the members' decision values, in units of their spreads.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            For two classes that of ``classes_[1]``.
        """
        total = self._total(X)
        return total[:, 1] if len(self.classes_) == 2 else total

    def predict(self, X):
        """Predict the class with the largest sum.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        total = self._total(X)
        best = total[:, 1] > 0 if len(self.classes_) == 2 else total.argmax(axis=1)
        return self.classes_[best.astype(int)]

    def _total(self, X):
        check_is_fitted(self)
        X = validate_rows(self, X, reset=False)
        return sum(
            decisions(member, X, self.classes_) / scale
            for member, scale in zip(self.estimators_, self.scales_, strict=True)
        )
