import math

import numpy as np
import pytest
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sktl.exceptions import EarlyStopWarning, SingleDomainWarning
from sktl.instance import MultiSourceTrAdaBoostClassifier, TaskTrAdaBoostClassifier, TrAdaBoostClassifier

LOSSES = ["soft", "zero_one"]
LEARNERS = {"logistic": LogisticRegression(C=0.3), "bayes": GaussianNB()}
BOTH = [MultiSourceTrAdaBoostClassifier, TaskTrAdaBoostClassifier]
both = pytest.mark.parametrize("cls", BOTH)


@pytest.fixture(scope="module")
def three_sources():
    """Sources a, b, c of 61, 41, 83 rows, mixed with 29 labelled and 41 unlabelled target rows; b has another rule."""
    rng = np.random.default_rng(3)
    domain = rng.permutation(np.repeat(["b", "a", "c", "target"], [41, 61, 83, 70])).astype(object)
    X = rng.normal(size=(255, 4))
    slope = np.select([domain == name for name in "abc"], [0.2, -1.0, 0.8], 0.6)
    y = (X[:, 0] + slope * X[:, 1] + rng.normal(size=255) > 0).astype(float)
    y[np.flatnonzero(domain == "target")[29:]] = np.nan
    return read_only(X, y, domain)


def known(table):
    """The labelled rows, their labels of -1 and 1, and their domains."""
    X, y, domain = table
    rows = ~np.isnan(y)
    return X[rows], np.where(y[rows] == 1, 1, -1), domain[rows]


def signed(learner, X, loss):
    """h(x) in [-1, 1]."""
    return 2 * learner.predict_proba(X)[:, 1] - 1 if loss == "soft" else learner.predict(X).astype(float)


# --- the oracles: algorithms 1, 2 and 3 of Yao & Doretto (2010), with labels of -1 and 1 ---


def naive_multisource(learner, table, n_rounds, loss, target_weight):
    """Algorithm 1: weights, errors, sources and learners of each round."""
    X, y, domain = known(table)
    n_source, n_target = np.sum(domain != "target"), np.sum(domain == "target")
    alpha_source = 0.5 * math.log(1 + math.sqrt(2 * math.log(n_source) / n_rounds))
    w = np.where(domain == "target", target_weight * n_source / 3 / n_target, 1.0)
    rounds = []
    for _ in range(n_rounds):
        w = w / w.sum()
        candidates = []
        for name in "abc":
            rows = np.isin(domain, [name, "target"])
            scaled = w[rows] * rows.sum() / w[rows].sum()
            h = clone(learner).fit(X[rows], y[rows], sample_weight=scaled)
            miss = np.abs(signed(h, X, loss) - y) / 2
            of_target = domain == "target"
            candidates.append((np.sum(w[of_target] * miss[of_target]) / w[of_target].sum(), name, h, miss))
        eps, name, h, miss = min(candidates, key=lambda candidate: candidate[0])
        if eps >= 0.5:
            break
        alpha = 0.5 * math.log((1 - eps) / eps)
        rounds.append((w, eps, name, h, alpha))
        w = w * np.where(domain == "target", np.exp(2 * alpha * miss), np.exp(-2 * alpha_source * miss))
    return rounds


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS)
@pytest.mark.parametrize("n_rounds, target_weight", [(1, 1.0), (6, 1.0), (7, 0.3)])
def test_multisource_equals_the_paper(loss, learner, n_rounds, target_weight, three_sources):
    X, y, domain = three_sources
    model = MultiSourceTrAdaBoostClassifier(
        learner, n_estimators=n_rounds, loss=loss, target_weight=target_weight, store_weights=True
    ).fit(X, y, sample_domain=domain)
    rounds = naive_multisource(learner, three_sources, n_rounds, loss, target_weight)
    weights, errors, names, learners, alphas = zip(*rounds, strict=True)
    assert model.source_names_ == ["a", "b", "c"] and model.estimator_sources_ == list(names)
    assert_allclose(model.sample_weights_[:, ~np.isnan(y)], 214 * np.array(weights), rtol=1e-6)
    assert_allclose(model.estimator_errors_, errors, rtol=1e-6)
    assert_allclose(model.estimator_weights_, 2 * np.array(alphas), rtol=1e-6)
    new = np.random.default_rng(8).normal(size=(211, 4))
    sums = np.cumsum([a * signed(h, new, loss) for h, a in zip(learners, alphas, strict=True)], axis=0)
    assert_array_equal(model.predict(new), sums[-1] > 0)
    for stage, total in zip(model.staged_predict(new), sums, strict=True):
        assert_array_equal(stage, total > 0)


def naive_task(learner, table, n_rounds, n_source_rounds, loss, gamma):
    """Algorithms 2 and 3: the size of the pool; errors, sources, signs and learners of each round."""
    X, y, domain = known(table)
    pool = []
    for name in "abc":
        X_k, y_k = X[domain == name], y[domain == name]
        w = np.full(len(y_k), 1 / len(y_k))
        for _ in range(n_source_rounds):
            h = clone(learner).fit(X_k, y_k, sample_weight=w * len(y_k))
            h_k = signed(h, X_k, loss)
            eps = np.sum(w * np.abs(h_k - y_k)) / 2
            if eps >= 0.5:
                break
            alpha = 0.5 * math.log((1 - eps) / eps)
            if alpha > gamma:
                pool.append((name, h))
            w = w * np.exp(-alpha * y_k * h_k)
            w = w / w.sum()
    X_t, y_t = X[domain == "target"], y[domain == "target"]
    w, size, rounds = np.full(len(y_t), 1 / len(y_t)), len(pool), []
    for _ in range(n_rounds):
        candidates = []
        for name, h in pool:
            eps, sign = np.sum(w * np.abs(signed(h, X_t, loss) - y_t)) / 2, 1
            if eps > 0.5:
                eps, sign = 1 - eps, -1
            candidates.append((round(eps, 12), name, sign, h))
        best = min(range(len(candidates)), key=lambda k: candidates[k][0])
        eps, name, sign, h = candidates[best]
        if eps >= 0.5:
            break
        del pool[best]
        alpha = 0.5 * math.log((1 - eps) / eps)
        rounds.append((eps, name, sign, h, alpha))
        w = w * np.exp(-alpha * y_t * sign * signed(h, X_t, loss))
        w = w / w.sum()
    return size, rounds


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS)
@pytest.mark.parametrize("n_rounds, n_source_rounds, gamma", [(1, 1, 0.0), (6, 4, 0.0), (5, 5, 0.2)])
def test_task_equals_the_paper(loss, learner, n_rounds, n_source_rounds, gamma, three_sources):
    X, y, domain = three_sources
    size, rounds = naive_task(learner, three_sources, n_rounds, n_source_rounds, loss, gamma)
    model = TaskTrAdaBoostClassifier(
        learner, n_estimators=n_rounds, n_source_estimators=n_source_rounds, threshold=2 * gamma, loss=loss
    ).fit(X, y, sample_domain=domain)
    errors, names, signs, learners, alphas = zip(*rounds, strict=True)
    assert model.n_candidates_ == size and model.estimator_sources_ == list(names)
    assert_array_equal(model.estimator_inverted_, np.array(signs) < 0)
    assert_allclose(model.estimator_errors_, errors, rtol=1e-6)
    assert_allclose(model.estimator_weights_, 2 * np.array(alphas), rtol=1e-6)
    new = np.random.default_rng(8).normal(size=(211, 4))
    votes = [a * s * signed(h, new, loss) for s, h, a in zip(signs, learners, alphas, strict=True)]
    assert_array_equal(model.predict(new), np.sum(votes, axis=0) > 0)
    for stage, total in zip(model.staged_predict(new), np.cumsum(votes, axis=0), strict=True):
        assert_array_equal(stage, total > 0)


# --- limits ---


@pytest.mark.parametrize("loss", LOSSES)
def test_with_one_source_the_rounds_are_tradaboost_s(loss, three_sources):
    X, y, domain = three_sources
    target = domain == "target"
    model = MultiSourceTrAdaBoostClassifier(GaussianNB(), loss=loss, store_weights=True).fit(X, y, target)
    rival = TrAdaBoostClassifier(GaussianNB(), loss=loss, store_weights=True).fit(X, y, target)
    assert model.source_names_ == ["source"] and set(model.estimator_sources_) == {"source"}
    assert_allclose(model.sample_weights_, rival.sample_weights_)
    assert_allclose(model.estimator_errors_, rival.estimator_errors_)
    assert_allclose(model.estimator_weights_, rival.estimator_weights_)
    # the vote differs: all rounds of it, the second half of TrAdaBoost's
    votes = [learner.predict_proba(X) for learner in rival.estimators_]
    if loss == "soft":
        assert_allclose(model.predict_proba(X), np.average(votes, axis=0, weights=rival.estimator_weights_))


@pytest.mark.filterwarnings("ignore::sktl.exceptions.SingleDomainWarning")
def test_without_a_source_multisource_is_scikit_learn_s_adaboost(three_sources):
    X, y, _ = three_sources
    X, y = X[~np.isnan(y)], y[~np.isnan(y)]
    stump = DecisionTreeClassifier(max_depth=1)
    rival = AdaBoostClassifier(stump, n_estimators=9, random_state=0).fit(X, y)
    model = MultiSourceTrAdaBoostClassifier(stump, n_estimators=9, loss="zero_one", random_state=0).fit(X, y)
    assert_allclose(model.estimator_errors_, rival.estimator_errors_)
    assert_array_equal(model.predict(X), rival.predict(X))
    assert model.source_names_ == [] and set(model.estimator_sources_) == {"target"}


@pytest.mark.filterwarnings("ignore::sktl.exceptions.SingleDomainWarning")
def test_without_a_source_task_has_the_domain_s_own_learners(three_sources):
    X, y, _ = three_sources
    X, y = X[~np.isnan(y)], y[~np.isnan(y)]
    model = TaskTrAdaBoostClassifier(GaussianNB(), n_estimators=1).fit(X, y)
    assert_allclose(model.estimators_[0].predict_proba(X), GaussianNB().fit(X, y).predict_proba(X))


def test_a_source_of_the_opposite_rule_is_inverted():
    rng = np.random.default_rng(0)
    X, domain = rng.normal(size=(301, 2)), np.where(np.arange(301) < 270, "opposite", "target")
    y = (X[:, 0] > 0) ^ (domain == "opposite")
    model = TaskTrAdaBoostClassifier(n_estimators=3).fit(X, y, sample_domain=domain)
    assert model.estimator_inverted_.all() and model.score(X[270:], y[270:]) > 0.95
    assert_allclose(model.predict_proba(X).sum(axis=1), 1)


@both
def test_the_near_source_is_chosen(cls):
    rng = np.random.default_rng(0)
    domain = np.repeat(["near", "far", "target"], [151, 151, 431])
    X = rng.normal(size=(733, 3))
    truth = X[:, 0] + X[:, 1] > 0
    y = np.where(domain == "far", X[:, 2] > 0, truth).astype(object)
    y[322:] = None
    model = cls().fit(X, y, sample_domain=domain)
    assert model.estimator_sources_[0] == "near" and model.score(X[322:], truth[322:]) > 0.9
    assert model.score(X[322:], truth[322:]) > TrAdaBoostClassifier().fit(X, y, domain).score(X[322:], truth[322:])


def test_three_classes_and_sources_that_lack_one():
    rng = np.random.default_rng(5)
    y, domain = rng.integers(0, 3, 301), np.repeat(["a", "b", "only", "target"], [101, 97, 31, 72])
    y[domain == "a"] = np.minimum(y[domain == "a"], 1)
    y[domain == "only"] = 2
    X = rng.normal(size=(301, 2)) + np.array([[0.0, 0], [2, 0], [0, 2]])[y]
    labels = np.array(["x", "y", "z"])[y]
    for model in (MultiSourceTrAdaBoostClassifier(), TaskTrAdaBoostClassifier()):
        shares = model.fit(X, labels, sample_domain=domain).predict_proba(X)
        assert shares.shape == (301, 3) and model.source_names_ == ["a", "b", "only"]
        assert_allclose(shares.sum(axis=1), 1)
        assert model.score(X, labels) > 0.6


def test_a_source_of_one_class_gives_one_learner(three_sources):
    X, y, domain = three_sources
    y = y.copy()
    y[domain == "b"] = 1
    model = TaskTrAdaBoostClassifier(n_estimators=100, n_source_estimators=2).fit(X, y, domain)
    assert model.n_candidates_ == 5
    y[(domain == "target") & ~np.isnan(y)] = 1
    chosen = MultiSourceTrAdaBoostClassifier(GaussianNB()).fit(X, y, domain).estimator_sources_
    assert "b" not in chosen


# --- invariances ---


@both
@pytest.mark.parametrize("loss", LOSSES)
def test_row_order_does_not_matter(cls, loss, three_sources):
    X, y, domain = three_sources
    order = np.random.default_rng(1).permutation(len(y))
    model = cls(GaussianNB(), loss=loss).fit(X, y, domain)
    mixed = clone(model).fit(X[order], y[order], domain[order])
    assert_allclose(mixed.predict_proba(X), model.predict_proba(X), rtol=1e-9)
    assert mixed.estimator_sources_ == model.estimator_sources_


@both
def test_names_of_sources_and_labels_do_not_matter(cls, three_sources):
    X, y, domain = three_sources
    plain = cls().fit(X, y, domain)
    numbers = np.select([domain == name for name in "abc"], [2, 5, 11], -1)
    names = np.array([None if np.isnan(v) else ["ham", "spam"][int(v)] for v in y], dtype=object)
    other = cls().fit(X, names, numbers)
    assert_array_equal(other.predict_proba(X), plain.predict_proba(X))
    assert other.source_names_ == [2, 5, 11] and other.classes_.tolist() == ["ham", "spam"]


@both
def test_unlabelled_rows_are_left_out(cls, three_sources):
    X, y, domain = three_sources
    hidden = y.copy()
    hidden[domain == "b"] = np.nan
    whole, cut = cls().fit(X, hidden, domain), ~np.isnan(hidden)
    assert whole.source_names_ == ["a", "c"]
    assert_array_equal(whole.predict_proba(X), cls().fit(X[cut], y[cut], domain[cut]).predict_proba(X))


def test_n_jobs_changes_nothing(three_sources):
    X, y, domain = three_sources
    one, two = (TaskTrAdaBoostClassifier(n_jobs=n, random_state=0).fit(X, y, domain) for n in (None, 2))
    assert_array_equal(one.predict_proba(X), two.predict_proba(X))


@both
def test_random_state_reaches_the_learners(cls, three_sources):
    X, y, domain = three_sources
    tree = DecisionTreeClassifier(max_depth=2, max_features=1, random_state=7)
    fits = [cls(tree, random_state=r).fit(X, y, domain).predict_proba(X) for r in (0, 0, 1)]
    assert_array_equal(fits[0], fits[1])
    assert np.any(fits[0] != fits[2])
    assert {learner.random_state for learner in cls(tree).fit(X, y, domain).estimators_} == {7}


# --- ends and errors ---


class Guess(ClassifierMixin, BaseEstimator):
    """Probabilities of one half."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((X.shape[0], 2), 0.5)


@both
def test_guesses_end_the_boosting_with_a_warning(cls, three_sources):
    X, y, domain = three_sources
    with pytest.warns(EarlyStopWarning, match=r"no better than chance .*\(error 0\.5\)"):
        model = cls(Guess()).fit(X, y, domain)
    assert model.n_iter_ == 1 and model.estimator_weights_[0] == 1
    assert_allclose(model.predict_proba(X), 0.5)


@both
def test_no_error_on_the_target_ends_the_boosting_with_a_warning(cls):
    X = np.linspace(-1, 1, 61)[:, None]
    y, domain = X[:, 0] > 0, np.where(np.arange(61) % 3 == 0, "target", "a")
    with pytest.warns(EarlyStopWarning, match="no error on the labelled target rows.*loss='soft'"):
        assert cls(loss="zero_one").fit(X, y, domain).n_iter_ == 1


@both
def test_one_domain_warns(cls, two_domains):
    with pytest.warns(SingleDomainWarning, match="one domain"):
        cls().fit(two_domains[0], two_domains[2])


@both
@pytest.mark.filterwarnings("ignore::sktl.exceptions.UnlabeledSourceWarning")
def test_domains_without_labels_are_errors(cls, three_sources):
    X, y, domain = three_sources
    with pytest.raises(ValueError, match=f"{cls.__name__} needs labelled target rows; the 70 target rows have no"):
        cls().fit(X, np.where(domain == "target", np.nan, y), domain)
    with pytest.raises(ValueError, match=f"{cls.__name__} needs labelled source rows; the 185 source rows have no"):
        cls().fit(X, np.where(domain == "target", y, np.nan), domain)


@pytest.mark.parametrize(
    "cls, parameters, error, message",
    [
        *((cls, {"estimator": KNeighborsClassifier()}, TypeError, "must take sample_weight in fit") for cls in BOTH),
        *((cls, {"estimator": LinearRegression()}, TypeError, "must be a classifier") for cls in BOTH),
        *((cls, {"estimator": LinearSVC()}, ValueError, "needs predict_proba.*loss='zero_one'") for cls in BOTH),
        *((cls, {"loss": "hard"}, ValueError, "loss must be one of 'soft', 'zero_one'; got 'hard'") for cls in BOTH),
        *((cls, {"n_estimators": 0}, ValueError, "n_estimators must be an integer >= 1; got 0") for cls in BOTH),
        (BOTH[0], {"target_weight": 0.0}, ValueError, "target_weight must be None or a number > 0"),
        (BOTH[1], {"n_source_estimators": 0}, ValueError, "n_source_estimators must be an integer >= 1; got 0"),
        (BOTH[1], {"threshold": -1.0}, ValueError, "threshold must be a number >= 0; got -1.0"),
    ],
    ids=str,
)
def test_bad_parameters_are_errors(cls, parameters, error, message, three_sources):
    X, y, domain = three_sources
    with pytest.raises(error, match=message):
        cls(**parameters).fit(X, y, sample_domain=domain)
