"""What BBSE, RLLS and MLLS share; what is each one's own is in test_bbse.py, test_rlls.py, test_mlls.py."""

import numpy as np
import pytest
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from sktl.exceptions import SingleDomainWarning, WeakClassifierWarning
from sktl.instance import BBSE, MLLS, RLLS, ImportanceWeighted

METHODS = [BBSE(), BBSE(confusion="hard"), RLLS(), RLLS(confusion="hard"), MLLS(), MLLS(calibration="none")]
methods = pytest.mark.parametrize("weighter", METHODS, ids=repr)
PRIORS = np.array([0.5, 0.3, 0.2]), np.array([0.15, 0.25, 0.6])


def label_shift(n_source, n_target, priors=PRIORS, distance=3.0, seed=0):
    """Three Gaussian classes; (X, y with NaN on the target, y_true)."""
    rng = np.random.default_rng(seed)
    y_true = np.concatenate([rng.choice(3, n, p=p) for n, p in zip((n_source, n_target), priors, strict=True)])
    X = rng.normal(size=(len(y_true), 2)) + distance * np.array([[0, 0], [1, 0], [0, 1]])[y_true]
    y = np.where(np.arange(len(y_true)) < n_source, y_true, np.nan)
    return read_only(X, y, y_true)


@pytest.fixture(scope="module")
def shifted():
    """1501 source rows, 1201 target rows."""
    return label_shift(1501, 1201)


@methods
def test_weights_are_those_of_the_classes(weighter, shifted):
    X, y, y_true = shifted
    fitted = clone(weighter).fit(X, y)
    source = y_true[:1501]
    counted = np.bincount(source) / 1501
    assert_allclose(fitted.source_prior_, counted)
    assert_allclose(fitted.weights_[:1501], fitted.class_weights_[source])
    assert_array_equal(fitted.weights_[1501:], np.ones(1201))
    assert fitted.weights_[:1501].mean() == pytest.approx(1)
    assert_allclose(fitted.class_weights_, fitted.target_prior_ / fitted.source_prior_)
    assert fitted.target_prior_.sum() == pytest.approx(1)
    assert fitted.effective_sample_size_ == pytest.approx(1501 / np.mean(fitted.weights_[:1501] ** 2))
    assert_allclose(fitted.target_prior_, PRIORS[1], atol=0.05)
    assert fitted.classes_.tolist() == [0, 1, 2] and fitted.classes_.dtype.kind == "i"
    assert_allclose(fitted.confusion_matrix_.sum(), 1)


@methods
def test_no_shift_means_weights_of_one(weighter):
    X, y, _ = label_shift(3001, 3001, (PRIORS[0], PRIORS[0]), seed=1)
    fitted = clone(weighter).fit(X, y)
    assert_allclose(fitted.class_weights_, np.ones(3), atol=0.1)
    assert fitted.effective_sample_size_ > 0.99 * 3001


@methods
def test_a_copy_of_the_source_has_no_shift(weighter, shifted):
    X, y, _ = shifted
    X, labels = X[:1501], y[:1501]
    classifier = FrozenEstimator(GaussianNB().fit(X, labels))  # so that both domains have the same predictions
    twice, missing = np.concatenate([X, X]), np.concatenate([labels, np.full(1501, np.nan)])
    fitted = clone(weighter).set_params(estimator=classifier).fit(twice, missing)
    assert_allclose(fitted.class_weights_, np.ones(3), atol=1e-3 if isinstance(weighter, MLLS) else 1e-9)


@methods
def test_row_order_and_units_do_not_matter(weighter, shifted):
    X, y, _ = shifted
    expected = clone(weighter).fit(X, y).class_weights_
    order = np.random.default_rng(0).permutation(len(y))
    assert_allclose(clone(weighter).fit(X[order], y[order]).class_weights_, expected, rtol=1e-4)
    assert_allclose(clone(weighter).fit(X * [1000, 0.01] + 5, y).class_weights_, expected, rtol=0.02)


@methods
def test_names_of_classes_do_not_matter(weighter, shifted):
    X, y, _ = shifted
    expected = clone(weighter).fit(X, y)
    names = np.array(["b", "c", "a"], dtype=object)  # in another order as well
    named = np.array([None if np.isnan(v) else names[int(v)] for v in y], dtype=object)
    found = clone(weighter).fit(X, named)
    assert found.classes_.tolist() == ["a", "b", "c"]
    assert_allclose(found.class_weights_, expected.class_weights_[[2, 0, 1]], rtol=0.05)


@methods
def test_target_labels_are_not_looked_at(weighter, shifted):
    X, y, y_true = shifted
    target = np.isnan(y)
    expected = clone(weighter).fit(X, y).weights_
    assert_array_equal(clone(weighter).fit(X, y_true, sample_domain=target).weights_, expected)
    assert_array_equal(clone(weighter).fit(X, np.where(target, 2, y_true), sample_domain=target).weights_, expected)


@methods
def test_source_rows_without_labels_have_the_ratio_of_the_densities(weighter, shifted):
    X, y, _ = shifted
    target, gaps = np.isnan(y), y.copy()
    gaps[:1501:5] = np.nan
    fitted = clone(weighter).fit(X, gaps, sample_domain=target)
    known = ~np.isnan(gaps)
    assert_allclose(fitted.source_prior_, np.bincount(gaps[known].astype(int)) / known.sum())
    scale = fitted.weights_[1] / fitted.class_weights_[int(y[1])]  # the mean over all source rows is 1
    assert scale == pytest.approx(1, abs=0.05)
    assert_allclose(fitted.weights_[:1501:5], scale * fitted.predict_weights(X[:1501:5]))
    densities = np.exp(-0.5 * ((X[:, None] - 3 * np.array([[0, 0], [1, 0], [0, 1]])) ** 2).sum(axis=2))
    truth = (densities @ PRIORS[1]) / (densities @ PRIORS[0])
    rows = slice(0, 1501)
    if not (hasattr(weighter, "confusion") and weighter.confusion == "hard"):
        assert np.median(np.abs(fitted.predict_weights(X[rows]) / truth[rows] - 1)) < 0.15
    assert np.corrcoef(fitted.predict_weights(X[rows]), truth[rows])[0, 1] > 0.95


@methods
def test_one_domain_and_one_class(weighter, shifted):
    X, y, y_true = shifted
    with pytest.warns(SingleDomainWarning):
        fitted = clone(weighter).fit(X, y_true)
    assert fitted.estimator_ is None and fitted.confusion_matrix_ is None
    assert_array_equal(fitted.class_weights_, np.ones(3))
    assert_array_equal(fitted.target_prior_, fitted.source_prior_)
    assert_array_equal(fitted.predict_weights(X), np.ones(len(X)))
    fitted = clone(weighter).fit(X, np.where(np.isnan(y), np.nan, 4))
    assert fitted.target_prior_.tolist() == [1.0] and fitted.classes_.tolist() == [4]
    assert_array_equal(fitted.weights_, np.ones(len(X)))


class Memory(ClassifierMixin, BaseEstimator):
    """Knows the labels of the rows it has seen, and says 0 of others."""

    def fit(self, X, y):
        self.classes_, self.seen_ = np.unique(y), {tuple(row): label for row, label in zip(X, y, strict=True)}
        return self

    def predict(self, X):
        return np.array([self.seen_.get(tuple(row), self.classes_[0]) for row in X])


def test_the_confusion_matrix_is_cross_fitted(shifted):
    X, y, _ = shifted
    with pytest.warns(WeakClassifierWarning, match="may tell the classes apart no better than chance"):
        fitted = RLLS(Memory(), confusion="hard").fit(X, y)
    assert_allclose(fitted.confusion_matrix_[0], fitted.source_prior_)  # no row was judged by one that had seen it
    assert not fitted.confusion_matrix_[1:].any()


def test_a_frozen_classifier_is_not_fitted_again(shifted):
    X, y, y_true = shifted
    classifier = GaussianNB().fit(X[::2], y_true[::2])
    fitted = BBSE(FrozenEstimator(classifier)).fit(X, y)
    proba = classifier.predict_proba(X[:1501])
    by_hand = np.column_stack([proba[y_true[:1501] == j].sum(axis=0) for j in range(3)]) / 1501
    assert_allclose(fitted.confusion_matrix_, by_hand)
    assert fitted.estimator_.estimator is classifier


def test_a_frozen_classifier_must_know_the_same_classes(shifted):
    X, y, y_true = shifted
    two = FrozenEstimator(GaussianNB().fit(X[y_true < 2], y_true[y_true < 2]))
    with pytest.raises(ValueError, match=r"knows the classes \[0, 1\], but the labelled source rows have \[0, 1, 2\]"):
        BBSE(two).fit(X, y)


def test_hard_and_soft_take_a_classifier_without_probabilities(shifted):
    X, y, _ = shifted
    fitted = BBSE(LinearSVC(), confusion="hard").fit(X, y)
    assert_allclose(fitted.target_prior_, PRIORS[1], atol=0.05)
    assert set(fitted.predict_weights(X)) <= set(fitted.class_weights_)
    for weighter, way_out in ((BBSE, "Choose confusion='hard', another"), (MLLS, "Choose another classifier")):
        with pytest.raises(ValueError, match=f"needs predict_proba here, which LinearSVC.*{way_out}"):
            weighter(LinearSVC()).fit(X, y)


@pytest.mark.filterwarnings("ignore:MLLS stopped")  # the likelihood is all but flat
@methods
def test_a_classifier_that_learned_nothing(weighter, shifted):
    X, y, _ = shifted
    guess = clone(weighter).set_params(estimator=DummyClassifier(strategy="stratified", random_state=0))
    with pytest.warns(WeakClassifierWarning, match="smallest singular value.*merge classes"):
        guess.fit(X, y)


@pytest.mark.filterwarnings("ignore::sktl.exceptions.UnlabeledSourceWarning")
@methods
def test_errors(weighter, shifted):
    X, y, y_true = shifted
    with pytest.raises(ValueError, match="requires y to be passed"):
        clone(weighter).fit(X)
    with pytest.raises(TypeError, match="estimator must be None or a classifier.*Ridge"):
        clone(weighter).set_params(estimator=Ridge()).fit(X, y)
    with pytest.raises(ValueError, match="cv must be an integer >= 2; got 1"):
        clone(weighter).set_params(cv=1).fit(X, y)
    rare = y.copy()
    rare[0] = 7
    with pytest.raises(ValueError, match="The class 7 has 1 labelled source row: cross-fitting needs at least 2"):
        clone(weighter).fit(X, rare)
    with pytest.raises(ValueError, match="needs labelled source rows; the 1501 source rows have no label"):
        clone(weighter).fit(X, np.where(np.isnan(y), y_true, np.nan), sample_domain=np.isnan(y))
    with pytest.raises(ValueError, match="Unknown label type"):
        clone(weighter).fit(X, y + 0.5)


def test_the_warning_points_at_the_user_s_line(shifted):
    X, y, _ = shifted
    with pytest.warns(WeakClassifierWarning) as caught:
        RLLS(DummyClassifier(strategy="stratified", random_state=0)).fit(X, y)
    assert [w.filename for w in caught] == [__file__]


@pytest.mark.filterwarnings("ignore::sktl.exceptions.WeakClassifierWarning")  # of 3 rows little is known
def test_few_rows_of_a_class_mean_fewer_folds(shifted):
    X, y, _ = shifted
    few = y.copy()
    few[np.flatnonzero(few == 2)[3:]] = 1
    assert np.isfinite(MLLS(cv=10).fit(X, few).weights_).all()


@methods
def test_in_a_grid_search_with_importance_weights(weighter, shifted):
    X, y, _ = shifted
    model = ImportanceWeighted(LogisticRegression(), clone(weighter).set_params(estimator=GaussianNB()))
    grid = {"estimator__C": [0.1, 1], "weighter__estimator__var_smoothing": [1e-9, 1e-3], "weighter__cv": [3]}
    search = GridSearchCV(model, grid, cv=KFold(3, shuffle=True, random_state=0), error_score="raise").fit(X, y)
    assert np.isfinite(search.best_score_)
    assert_allclose(search.best_estimator_.weighter_.target_prior_, PRIORS[1], atol=0.1)


def test_weights_help_where_the_prior_decides():
    X, y, y_true = label_shift(801, 1201, distance=1.5, seed=3)
    target = np.isnan(y)
    plain = LogisticRegression().fit(X[~target], y[~target]).score(X[target], y_true[target])
    for weighter in (BBSE(), RLLS(), MLLS()):
        weighted = ImportanceWeighted(LogisticRegression(), weighter).fit(X, y)
        assert weighted.score(X[target], y_true[target]) > plain + 0.05
