"""What the classifiers that label the target rows as they fit share: progress, and where it ends."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.svm import SVC

from sktl.feature import CMMSClassifier, DASVMClassifier, SPLClassifier

classifiers = pytest.mark.parametrize(
    "classifier",
    [CMMSClassifier(2), DASVMClassifier(SVC(kernel="linear")), SPLClassifier(max_iter=4)],
    ids=lambda classifier: type(classifier).__name__,
)
has_callbacks = pytest.mark.skipif(
    not hasattr(SPLClassifier, "set_callbacks"), reason="scikit-learn has callbacks from 1.9 on"
)


class Recorder:
    """Callback that counts iterations, and asks for the end after some."""

    def __init__(self, stop_after=None):
        self.stop_after, self.n_ended = stop_after, 0

    def setup(self, estimator, context):
        self.n_ended = 0

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        assert context.task_name in ("fit", "iteration")

    def on_fit_task_end(self, estimator, context):
        self.n_ended += context.task_name == "iteration"
        return self.n_ended == self.stop_after


@has_callbacks
@classifiers
def test_iterations_are_told_and_may_be_ended(classifier, two_domains):
    X, y, _ = two_domains
    plain = classifier.fit(X, y)
    n_iter, values = plain.n_iter_, plain.predict(X)
    recorder = Recorder()
    told = classifier.set_callbacks(recorder).fit(X, y)
    assert recorder.n_ended - n_iter in (0, 1)  # one more finds that there is nothing to do
    assert_array_equal(told.predict(X), values)
    ended = classifier.set_callbacks(Recorder(stop_after=2)).fit(X, y)
    classifier.set_callbacks()
    assert ended.n_iter_ == 2 and ended.n_changes_.shape == (1,)


@classifiers
def test_unlabelled_source_rows_and_several_sources(classifier, two_domains):
    X, y, _ = two_domains
    target = np.isnan(y)
    names = np.where(target, "target", np.where(np.arange(168) % 2, "a", "b"))
    y = y.copy()
    y[:10] = np.nan
    assert_array_equal(
        classifier.fit(X, y, sample_domain=names).predict(X), classifier.fit(X, y, sample_domain=target).predict(X)
    )
