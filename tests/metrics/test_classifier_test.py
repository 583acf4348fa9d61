import numpy as np
import pytest
from joblib import parallel_config
from scipy import sparse
from scipy.stats import norm
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from sktl._core.two_sample import LABEL_BLOCK, linear_scores, rank_sums
from sktl.metrics import classifier_two_sample_test
from sktl.metrics._classifier_test import _areas, _forward, _permuted_fits, _permuted_linear


class Discriminant(ClassifierMixin, BaseEstimator):
    """The default's linear discriminant as an ordinary classifier."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.X_, self.y_ = X, y
        return self

    def decision_function(self, X):
        return next(linear_scores(self.X_, self.y_[:, None], X))[:, 0]


def samples(m=61, n=43, d=3, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(m, d)), rng.normal(size=(n, d)) + shift


def test_area_under_the_curve():
    rng = np.random.default_rng(0)
    own, scores = rng.permutation(np.arange(31) < 12), rng.integers(0, 6, size=(31, 1)).astype(float)
    area = _areas(rank_sums([scores], own[:, None].astype(np.int8)), own)
    assert area[0] == pytest.approx(roc_auc_score(own, scores[:, 0]))


def test_all_relabellings_at_once_are_those_of_refitted_classifiers():
    X, Y = samples(d=4)
    X, own = np.concatenate([X, Y]), np.arange(104) >= 61
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    folds = np.array_split(np.random.default_rng(1).permutation(104), 4)
    fast = _permuted_linear(X, own, folds, LABEL_BLOCK + 5, np.random.default_rng(2))
    refitted = _permuted_fits(Discriminant(), X, own, folds, LABEL_BLOCK + 5, None, np.random.default_rng(2))
    assert fast.shape == (4, LABEL_BLOCK + 6)
    np.testing.assert_allclose(fast, refitted)


def test_forward_trains_on_earlier_folds_alone():
    X, own = np.random.default_rng(0).normal(size=(40, 1)), np.arange(40) % 2 == 0
    folds, seen = np.array_split(np.arange(40), 4), []

    class Spy(GaussianNB):
        def fit(self, X, y):
            seen.append(len(X))
            return super().fit(X, y)

    areas = _forward(Spy(), X, own, folds, 9, None, np.random.default_rng(0))
    assert seen == [10, 20, 30] and areas.shape == (3, 10)
    fitted = GaussianNB().fit(X[:30], own[:30])
    assert areas[2, 0] == pytest.approx(roc_auc_score(own[30:], fitted.predict_proba(X[30:])[:, 1]))


def test_the_statistic_tends_to_the_area_of_the_best_classifier():
    X, Y = samples(6007, 4001, 1, shift=1)
    truth = norm.cdf(1 / np.sqrt(2))
    for classifier in (None, GaussianNB()):
        result = classifier_two_sample_test(X, Y, classifier, n_permutations=99)
        assert result.statistic == pytest.approx(truth, abs=0.015) and result.pvalue == pytest.approx(0.01)


@pytest.mark.parametrize(
    "n, d, classifier, kwargs",
    [
        (50, 2, None, {}),
        (50, 80, None, {"cv": 2}),
        (200, 5, None, {"cv": 2}),
        (50, 3, GaussianNB(), {"cv": 3}),
        (50, 3, KNeighborsClassifier(3), {"cv": 2}),  # scores with many ties
    ],
)
def test_type_one_error(n, d, classifier, kwargs):
    rng, rejected = np.random.default_rng(0), 0
    for draw in range(500):
        X, Y = rng.normal(size=(n, d)), rng.normal(size=(n - 7, d))
        kwargs = {"n_permutations": 19, "random_state": draw} | kwargs  # the level is exact with any 20 k - 1
        rejected += classifier_two_sample_test(X, Y, classifier, **kwargs).pvalue <= 0.05 + 1e-12
    assert 0.03 <= rejected / 500 <= 0.07


def test_power_and_methods():
    X, Y = samples(shift=0.8)
    assert classifier_two_sample_test(X, Y).method == "permutation"
    for kwargs in ({}, {"method": "forward"}, {"estimator": LogisticRegression()}):
        result = classifier_two_sample_test(X, Y, **kwargs)
        assert result.pvalue < 0.01 and result.statistic > 0.6, kwargs
    assert result.method == "forward"
    scaled = samples()[0], 3 * samples()[1]
    scaled = [Z - Z.mean(axis=0) for Z in scaled]  # equal means
    assert classifier_two_sample_test(*scaled).pvalue > 0.05
    assert classifier_two_sample_test(*scaled, DecisionTreeClassifier(max_depth=4, random_state=0)).pvalue < 0.01


def test_order_units_and_kinds():
    X, Y = samples(shift=0.3)
    base = classifier_two_sample_test(X, Y, n_permutations=199)
    assert classifier_two_sample_test(X[::-1], Y[::-1], n_permutations=199) == base
    assert classifier_two_sample_test(1e6 * X + 1e8, 1e6 * Y + 1e8, n_permutations=199).pvalue == pytest.approx(
        base.pvalue, abs=0.01
    )
    assert classifier_two_sample_test(sparse.csr_matrix(X), sparse.csr_matrix(Y)).method == "forward"
    with parallel_config("threading"):
        shared = classifier_two_sample_test(X, Y, GaussianNB(), n_jobs=2)
    assert shared == classifier_two_sample_test(X, Y, GaussianNB())
    assert classifier_two_sample_test(np.ones((9, 2)), np.ones((8, 2))).pvalue == 1


@pytest.mark.parametrize("method", ["forward", "permutation"])
def test_frames_with_text(method):
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    rng = np.random.default_rng(0)
    wards = rng.choice(["a", "b"], 200)
    frame = pandas.DataFrame({"x": rng.normal(size=200), "ward": wards})
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["ward"]), remainder="passthrough")
    model = make_pipeline(encode, LogisticRegression())
    options = {"estimator": model, "method": method, "n_permutations": 19, "cv": 3}
    random, split = rng.random(200) < 0.5, wards == "a"
    assert classifier_two_sample_test(frame[random], frame[~random], **options).pvalue > 0.05
    found = classifier_two_sample_test(frame[split], frame[~split], **options)
    assert found.pvalue == 0.05 and found.statistic == 1
    assert classifier_two_sample_test(frame[split][::-1], frame[~split][::-1], **options) == found


def test_errors():
    ones = np.ones((9, 1))
    with pytest.raises(TypeError, match=r"estimator must be None or a classifier with fit and predict; got Ridge\(\)"):
        classifier_two_sample_test(ones, ones, Ridge())
    with pytest.raises(ValueError, match="cv must be an integer >= 2; got 1"):
        classifier_two_sample_test(ones, ones, cv=1)
    with pytest.raises(ValueError, match="method must be one of 'auto', 'permutation', 'forward'; got 'binomial'"):
        classifier_two_sample_test(ones, ones, method="binomial")
    with pytest.raises(ValueError, match=r"X_target has 3 row\(s\); this measure needs at least 5"):
        classifier_two_sample_test(ones, ones[:3])
    with pytest.raises(ValueError, match="n_permutations must be"):
        classifier_two_sample_test(ones, ones, n_permutations=0)


@pytest.mark.parametrize("method", ["forward", "permutation"])
def test_joblib_backends(method):
    X, Y = samples(shift=0.5)
    asked = {"cv": 3, "method": method, "n_permutations": 5}
    serial = classifier_two_sample_test(X, Y, GaussianNB(), **asked)
    with parallel_config("multiprocessing"):
        assert classifier_two_sample_test(X, Y, GaussianNB(), n_jobs=2, **asked) == serial
