"""Models and pipelines that the tests of the contracts wrap."""

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sktl import OnLabeled
from sktl.base import (
    BaseTransferClassifier,
)
from sktl.feature import TCA

NAN = float("nan")


def routing_on():
    """Metadata routing, switched on for a while."""
    return sklearn.config_context(enable_metadata_routing=True)


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what ``fit`` was given, as it came."""

    def fit(self, X, y, sample_weight=None, note=None):
        self.X_, self.y_, self.sample_weight_, self.note_ = X, y, sample_weight, note
        return self

    def score(self, X, y, sample_weight=None):
        self.scored_ = X, y, sample_weight
        return 0.5


class NoWeights(ClassifierMixin, BaseEstimator):
    """An estimator whose fit takes no sample_weight."""

    def fit(self, X, y):
        return self


def adapting_pipe():
    return Pipeline([("scale", StandardScaler()), ("tca", TCA(2)), ("clf", OnLabeled(LogisticRegression()))])


class Majority(BaseTransferClassifier):
    """Predicts one class; what a transfer classifier must bring itself."""

    def fit(self, X, y, sample_domain=None):
        X, self.domains_ = self._check_rows(X, y, sample_domain)
        self.classes_ = np.array(["no", "yes"])
        return self

    def predict(self, X):
        return np.repeat("yes", len(X))
