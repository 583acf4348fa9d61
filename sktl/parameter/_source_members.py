"""One model for each source, and what they say together."""

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, is_classifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import assert_all_finite, column_or_1d, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from sktl._checks import ESTIMATOR, check_parameters
from sktl.base import (
    consumes_domains,
    fit_on_domains,
    numeric_steps,
    on_missing_labels,
    source_log_proba,
    source_predict,
)
from sktl.domains import (
    as_column,
    draw_rows,
    hidden_labels,
    known_labels,
    labeled_rows,
    plain_rows,
    read_domains,
)

FLOOR = 1e-3  # least probability of a class by a member: it alone can't rule a class out


def votes_on_classes(self):
    """Whether the model is a classifier."""
    return is_classifier(self.estimator)


def rows_of(X):
    """Rows that can be drawn by number: arrays, frames and sparse matrices as they are, anything else as an array."""
    return plain_rows(X if hasattr(X, "shape") or isinstance(X, list) else np.asarray(X))


class SourceMembers(MetaEstimatorMixin, BaseEstimator):
    """A model for each source, of its labelled rows; a child says in ``_weigh`` and ``_row_shares`` who counts."""

    _constraints = {"estimator": ESTIMATOR}
    __metadata_request__fit = {"sample_domain": True}  # so that routing needs no set_fit_request

    def fit(self, X, y, sample_domain=None):
        """Fit a model for each source, and find how much each counts.

        Parameters
        ----------
        X : array-like, frame or CSR matrix of shape (n_samples, n_features)
            Rows of all domains, as the estimator takes them.
        y : array-like of shape (n_samples,)
            Labels, missing on target rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Names of the domains: "target" (or True, or a negative integer) and one name for each source. Without it
            there is one source.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter, a label or a domain is not as described, or no source row has a label.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain.
        """
        check_parameters(self)
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        X, domains = rows_of(X), read_domains(X, y, sample_domain)
        taught = domains.labeled & domains.source
        if not taught.any():
            raise ValueError(
                f"{type(self).__name__} learns from labelled source rows; none of the {len(taught)} rows is one."
            )
        y = column_or_1d(y, warn=True) if as_column(y).ndim > 1 else y
        self._read_classes(y, domains.labeled)
        self.source_names_ = sorted(set(domains.names[taught].tolist()), key=repr)
        self.estimators_ = [self._fit_member(X, y, domains, name) for name in self.source_names_]
        self._weigh(X, y, domains)
        return self

    def _read_classes(self, y, labeled):
        """The classes of all labelled rows."""
        if votes_on_classes(self):
            known = column_or_1d(known_labels(y, labeled), warn=True)
            assert_all_finite(known, input_name="y")
            check_classification_targets(known)
            self.classes_ = np.unique(known)
            if len(self.classes_) < 2:
                raise ValueError(
                    f"At least two classes are needed; the labelled rows are of one class, "
                    f"{self.classes_.tolist()[0]!r}. Add rows of another class."
                )

    def _fit_member(self, X, y, domains, name):
        """The model of one source; target rows go along, their labels hidden, where the model adapts."""
        model = on_missing_labels(self.estimator)
        own = domains.names == name
        if consumes_domains(model, "fit") and domains.target.any():
            rows = np.flatnonzero(own | domains.target)
            labels = hidden_labels(draw_rows(y, rows), domains.target[rows])
            return fit_on_domains(model, draw_rows(X, rows), labels, domains.names[rows])
        rows = np.flatnonzero(own & domains.labeled)
        labels = known_labels(y, own & domains.labeled, discrete=votes_on_classes(self))
        if votes_on_classes(self) and len(np.unique(labels)) == 1:
            from sklearn.dummy import DummyClassifier  # a source of one class says that class of all rows

            return DummyClassifier().fit(draw_rows(X, rows), labels)
        return fit_on_domains(self.estimator, draw_rows(X, rows), labels, None)

    def _numbers(self, X, fit=False):
        """Rows as finite numbers, by the first steps of the estimator's pipeline where they are none."""
        if fit:
            self._steps = numeric_steps(self.estimator, X)
        for step in self._steps:
            X = step.transform(X)
        return X

    def _answers(self, X):
        """What each member says of rows: probabilities (n_sources, n, n_classes), or predictions (n_sources, n, 1)."""
        if votes_on_classes(self):
            return np.exp([source_log_proba(model, X, self.classes_, FLOOR) for model in self.estimators_])
        pairs = zip(self.source_names_, self.estimators_, strict=True)
        return np.array([source_predict(name, model, X)[:, None] for name, model in pairs])

    def _joint(self, X):
        """Weighted mean of the answers, (n, n_classes) or (n, 1)."""
        check_is_fitted(self)
        X = rows_of(X)
        return np.einsum("kic,ik->ic", self._answers(X), self._row_shares(X))

    def predict(self, X):
        """Class with the largest joint probability, or the joint prediction.

        Parameters
        ----------
        X : array-like, frame or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        joint = self._joint(X)
        return self.classes_[joint.argmax(axis=1)] if votes_on_classes(self) else joint[:, 0]

    @available_if(votes_on_classes)
    def predict_proba(self, X):
        """Joint probabilities of the classes.

        Parameters
        ----------
        X : array-like, frame or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._joint(X)

    def score(self, X, y, sample_weight=None):
        """Accuracy, or R^2, on the rows whose label is known.

        Parameters
        ----------
        X : array-like, frame or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.
        y : array-like of shape (n_samples,)
            Labels; rows where they are missing are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
        """
        labeled = labeled_rows(plain_rows(X), y)
        if not labeled.any():
            raise ValueError(f"The labels of all {len(labeled)} rows are missing: a score needs at least one label.")
        found, known = self.predict(X)[labeled], known_labels(y, labeled, discrete=votes_on_classes(self))
        weights = None if sample_weight is None else np.asarray(sample_weight)[labeled]
        measure = accuracy_score if votes_on_classes(self) else r2_score
        return float(measure(known, found, sample_weight=weights))

    @property
    def n_features_in_(self):
        """Number of columns seen by ``fit``."""
        return self.estimators_[0].n_features_in_

    @property
    def feature_names_in_(self):
        """Names of the columns seen by ``fit``, where they had names."""
        return self.estimators_[0].feature_names_in_

    def __sklearn_is_fitted__(self):
        return hasattr(self, "estimators_") and hasattr(self, "source_weights_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.estimator_type, tags.target_tags, tags.input_tags = (
            inner.estimator_type,
            inner.target_tags,
            inner.input_tags,
        )
        tags.target_tags.multi_output = tags.target_tags.two_d_labels = False
        tags.classifier_tags, tags.regressor_tags = inner.classifier_tags, inner.regressor_tags
        return tags
