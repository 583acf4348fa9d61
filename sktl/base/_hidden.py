"""Adapting models inside scikit-learn's meta-estimators that refuse missing labels."""

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping

from sktl._checks import check_parameters
from sktl.base._routing import fit_on_domains, on_missing_labels
from sktl.base._wrappers import BaseOnLabeled
from sktl.domains import TARGET, hidden_labels, known_labels, labeled_rows, read_domains, read_new_domains


def placeholder_labels(y):
    """Labels in which missing ones are replaced by a known label, for meta-estimators that refuse missing labels.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels, missing (NaN, None, ``pd.NA``) on target rows.

    Returns
    -------
    ndarray of shape (n_samples,)
        The known labels, and on every other row the first of them. :class:`WithoutTargetLabels` takes them away again.

    Raises
    ------
    ValueError
        If no label is known.

    Examples
    --------
    >>> from sktl.base import placeholder_labels
    >>> placeholder_labels([1, 0, float("nan")])
    array([1, 0, 1])
    """
    labeled = labeled_rows(y, y)
    if not labeled.any():
        raise ValueError(f"No label is known: all {len(labeled)} are missing. Pass the labels of the source rows.")
    known = known_labels(y, labeled)
    filled = np.full(len(labeled), known[0], dtype=known.dtype)
    filled[labeled] = known
    return filled


class WithoutTargetLabels(BaseOnLabeled):
    """Fit a model that adapts, and hide the labels of the target rows from it.

    Some of scikit-learn's meta-estimators (``VotingClassifier``, ``HalvingGridSearchCV``) refuse a ``y`` with missing
    labels, which mark the target rows. Give them ``placeholder_labels(y)`` instead, put the adapting pipeline into this
    wrapper, and pass ``sample_domain`` by metadata routing: the labels of its target rows are hidden from the pipeline
    and left out of the score. ``StackingClassifier`` passes no domains to its final estimator, which would learn the
    placeholders: fit the pipelines first, and stack them by ``cv="prefit"`` on labelled rows that they have not learned
    from.

    Parameters
    ----------
    estimator : estimator object
        A pipeline that adapts, or any classifier or regressor. It is cloned, never changed.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted clone.
    classes_ : ndarray of shape (n_classes,)
        Class labels (classifiers).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    placeholder_labels : Labels with a known one in place of each missing one.
    sktl.feature.TransferVotingClassifier : Votes of models that adapt, with missing labels as everywhere.

    Examples
    --------
    >>> import sklearn
    >>> from sklearn.ensemble import VotingClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sktl import OnLabeled, target_mask
    >>> from sktl.base import WithoutTargetLabels, placeholder_labels
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.feature import CORAL, DomainScaler
    >>> data = make_covariate_shift(random_state=0)  # y is NaN on target rows
    >>> models = [(type(step).__name__, make_pipeline(step, OnLabeled(LogisticRegression())))
    ...           for step in (CORAL(), DomainScaler())]
    >>> vote = VotingClassifier([(name, WithoutTargetLabels(model)) for name, model in models], voting="soft")
    >>> y, domain = placeholder_labels(data.y), target_mask(data.X, data.y)
    >>> with sklearn.config_context(enable_metadata_routing=True):
    ...     vote.fit(data.X, y, sample_domain=domain).predict(data.X).shape == y.shape
    True
    """

    __metadata_request__fit = {"sample_domain": True}
    __metadata_request__score = {"sample_domain": True}

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y=None, sample_domain=None):
        """Fit the model on all rows, with the labels of the target rows hidden.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels; those of target rows may be anything.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains: booleans (True = target), integers (negative = target) or names ("target"). Without it, rows whose
            label is missing are the target rows.

        Returns
        -------
        self

        Warns
        -----
        SingleDomainWarning
            If no label is missing and ``sample_domain`` is not passed.
        """
        check_parameters(self)
        domains = read_domains(X, y, sample_domain)
        self._sources, self._aliases = domains.sources, domains.aliases
        model = on_missing_labels(self.estimator)
        if domains.single:
            self.estimator_ = clone(model).fit(X, y)
        else:
            self.estimator_ = fit_on_domains(model, X, hidden_labels(y, domains.target), domains.names)
        return self

    def score(self, X, y, sample_domain=None):
        """Score of the fitted model on the source rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Labels.
        sample_domain : array-like of shape (n_samples,), default=None
            Each row's domain; without it every row with a label counts.

        Returns
        -------
        float
        """
        if sample_domain is not None:
            y = hidden_labels(y, read_new_domains(X, sample_domain, self._sources, self._aliases) == TARGET)
        return super().score(X, y)

    def get_metadata_routing(self):
        """Routing of metadata: ``sample_domain`` is for this wrapper, which passes it on itself.

        Returns
        -------
        MetadataRouter
        """
        own = MethodMapping().add(caller="predict", callee="predict")
        router = MetadataRouter(owner=type(self).__name__).add_self_request(self)
        return router.add(estimator=self.estimator, method_mapping=own)

    def __sklearn_tags__(self):
        tags = get_tags(self.estimator)
        tags.target_tags.required = True
        return tags
