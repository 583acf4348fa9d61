"""Scorers without target labels: by hand, by Monte Carlo against the true risk, and for what they must not see."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from sktl import OnLabeled
from sktl.base import BaseRatioWeighter
from sktl.datasets import make_covariate_shift
from sktl.feature import ARTLClassifier, CMMSClassifier, EasyTLClassifier, MEDAClassifier
from sktl.instance import KMM, ULSIF, AutoWeighter, DiscriminatorWeighter
from sktl.metrics import mmd
from sktl.model_selection import (
    CircularValidationScorer,
    DeepEmbeddedValidationScorer,
    DiscrepancyScorer,
    ImportanceWeightedScorer,
    InformationMaximizationScorer,
    MixValScorer,
    PredictionEntropyScorer,
    SoftNeighborhoodDensityScorer,
    SourceScorer,
    SourceTargetKFold,
    TargetScorer,
)

SCORERS = [
    CircularValidationScorer(),
    CircularValidationScorer(loss="log_loss"),
    DeepEmbeddedValidationScorer(),
    DeepEmbeddedValidationScorer(weighter=ULSIF(), loss="log_loss"),
    DiscrepancyScorer(),
    ImportanceWeightedScorer(),
    ImportanceWeightedScorer(weighter=KMM(), representation="transformed"),
    InformationMaximizationScorer(),
    MixValScorer(),
    MixValScorer(representation="transformed"),
    PredictionEntropyScorer(),
    SoftNeighborhoodDensityScorer(),
    SourceScorer(),
    SourceScorer(loss="log_loss"),
]
every = pytest.mark.parametrize("scorer", SCORERS, ids=repr)


class Answers(ClassifierMixin, BaseEstimator):
    """Gives back the probabilities that stand in the rows."""

    classes_ = np.array([0, 1])

    def fit(self, X, y=None):
        return self

    def predict_proba(self, X):
        return np.asarray(X)

    def predict(self, X):
        return np.asarray(X).argmax(axis=1)


class Line(RegressorMixin, BaseEstimator):
    """The fixed model f(x) = x / 2."""

    def predict(self, X):
        return np.asarray(X)[:, 0] / 2


class TrueRatio(BaseRatioWeighter):
    """exp(x - 1/2): the ratio of N(1, 1) and N(0, 1)."""

    def _check_params(self):
        pass

    def _weigh(self, X_source, X_target):
        return self._ratio(X_source)

    def _ratio(self, X):
        return np.exp(X[:, 0] - 0.5)


# --- oracles ---


def draw(rng, n, m=3):
    """y = x + noise at N(0, 1); a few target rows at N(1, 1)."""
    X = np.concatenate([rng.normal(0, 1, (n, 1)), rng.normal(1, 1, (m, 1))])
    return X, np.concatenate([X[:n, 0] + rng.normal(0, 0.3, n), np.full(m, np.nan)])


def test_importance_weighted_validation_is_unbiased_and_dev_has_less_variance():
    rng, n = np.random.default_rng(0), 400
    true_risk = 0.25 * 2 + 0.09  # E_t (x / 2)^2 + noise, x ~ N(1, 1)
    plain, weighted, controlled, unscaled = [], [], [], []
    for _ in range(200):
        X, y = draw(rng, n)
        plain.append(-SourceScorer()(Line(), X, y))
        weighted.append(-ImportanceWeightedScorer(TrueRatio())(Line(), X, y))
        controlled.append(-DeepEmbeddedValidationScorer(TrueRatio(), representation="input")(Line(), X, y))
        unscaled.append(np.mean(np.exp(X[:n, 0] - 0.5) * (X[:n, 0] / 2 - y[:n]) ** 2))
    error = np.std(weighted) / np.sqrt(len(weighted))
    assert abs(np.mean(weighted) - true_risk) < 3 * error + 0.01  # scaling weights to mean 1 biases by O(1 / n)
    assert abs(np.mean(controlled) - true_risk) < 3 * error + 0.01
    assert abs(np.mean(unscaled) - true_risk) < 3 * np.std(unscaled) / np.sqrt(len(unscaled))
    assert abs(np.mean(plain) - true_risk) > 0.2  # the source risk is another number
    assert np.var(controlled) < 0.6 * np.var(unscaled)


def test_dev_is_its_formula_and_not_a_product_of_means():
    X, y = draw(np.random.default_rng(1), 200)
    w, losses = np.exp(X[:200, 0] - 0.5), (X[:200, 0] / 2 - y[:200]) ** 2
    cov = np.cov(w * losses, w, ddof=0)
    by_hand = np.mean(w * losses) - cov[0, 1] / cov[1, 1] * (np.mean(w) - 1)
    score = DeepEmbeddedValidationScorer(TrueRatio(), representation="input")(Line(), X, y)
    assert_allclose(-score, by_hand)
    assert abs(-score - np.mean(w) * np.mean(losses)) > 0.05  # a broadcast of (n,) and (n, 1) would give this
    assert abs(-score - np.mean(w * losses)) > 1e-4  # the control variate is applied
    assert_allclose(-ImportanceWeightedScorer(TrueRatio())(Line(), X, y), np.sum(w * losses) / np.sum(w))


def test_entropies_by_hand():
    P = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])
    X, y = np.vstack([[[1.0, 0.0]], P]), [0, np.nan, np.nan, np.nan]
    each = -(P * np.log(P)).sum(axis=1)
    mean = P.mean(axis=0)
    assert_allclose(PredictionEntropyScorer()(Answers(), X, y), -each.mean())
    assert_allclose(InformationMaximizationScorer()(Answers(), X, y), -(mean * np.log(mean)).sum() - each.mean())
    certain = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert PredictionEntropyScorer()(Answers(), certain, [0, np.nan, np.nan]) == 0
    assert_allclose(InformationMaximizationScorer()(Answers(), certain, [0, np.nan, np.nan]), np.log(2))


def test_neighborhood_density_by_a_loop():
    P = np.random.default_rng(2).dirichlet([1, 1], 37)
    X, y = np.vstack([[[1.0, 0.0]], P]), np.r_[0, np.full(37, np.nan)]
    unit = P / np.linalg.norm(P, axis=1)[:, None]
    total = 0.0
    for i in range(37):
        e = np.exp([unit[i] @ unit[j] / 0.05 for j in range(37) if j != i])
        total -= np.sum(e / e.sum() * np.log(e / e.sum()))
    assert_allclose(SoftNeighborhoodDensityScorer()(Answers(), X, y), total / 37)
    alike = np.tile([[0.3, 0.7]], (38, 1))
    assert_allclose(SoftNeighborhoodDensityScorer()(Answers(), alike, y), np.log(36))


def test_circular_validation_by_hand(two_domains):
    X, y, _ = two_domains
    source, target = ~np.isnan(y), np.isnan(y)
    model = OnLabeled(LogisticRegression()).fit(X, y)
    back = LogisticRegression().fit(X[target], model.predict(X[target]))
    assert CircularValidationScorer()(model, X, y) == back.score(X[source], y[source])
    expected = -log_loss(y[source], back.predict_proba(X[source]))
    assert_allclose(CircularValidationScorer(loss="log_loss")(model, X, y), expected)
    line = OnLabeled(Ridge()).fit(X, np.where(target, np.nan, X[:, 1]))
    back = Ridge().fit(X[target], line.predict(X[target]))
    expected = -mean_squared_error(X[source, 1], back.predict(X[source]))
    assert_allclose(CircularValidationScorer()(line, X, np.where(target, np.nan, X[:, 1])), expected)


def test_circular_validation_where_all_of_the_target_is_one_class():
    X, y = np.array([[0.0], [1.0], [2.0], [9.0], [50.0], [60.0]]), np.array([0, 0, 0, 1, np.nan, np.nan])
    model = OnLabeled(LogisticRegression()).fit(X, y)
    assert CircularValidationScorer()(model, X, y) == 0.25  # the share of class 1
    assert CircularValidationScorer(loss="log_loss")(model, X, y) < -20


def test_mixtures_by_hand():
    """With a threshold at 0 a mixture of -1 and 1 keeps the nearer one's sign; of -1 and 3 it does not."""

    class Sign(ClassifierMixin, BaseEstimator):
        def predict(self, X):
            return (np.asarray(X)[:, 0] > 0).astype(int)

    def score(*rows):
        X = np.array([[0.0], *([row] for row in rows)])
        return MixValScorer()(Sign(), X, np.r_[0, np.full(len(rows), np.nan)])

    assert score(-1.0, -1.0, 1.0, 1.0) == 1.0
    assert score(-1.0, -1.0, 3.0, 3.0) == 0.75  # .55 * -1 + .45 * 3 > 0: both mixtures of the class -1 change sides
    assert score(1.0, 2.0, 3.0) == 0.5  # one class: no mixture between classes


def test_discrepancy_is_the_metric_of_the_mapped_rows(two_domains, centre):
    X, y, _ = two_domains
    source = ~np.isnan(y)
    pipe = make_pipeline(centre(), OnLabeled(LogisticRegression())).fit(X, y)
    mapped = [X[rows] - X[rows].mean(axis=0) for rows in (source, ~source)]
    assert_allclose(DiscrepancyScorer()(pipe, X, y), -mmd(*mapped))
    assert_allclose(DiscrepancyScorer(representation="input")(pipe, X, y), -mmd(X[source], X[~source]))
    assert DiscrepancyScorer(metric=lambda a, b: len(a) + 100 * len(b))(pipe, X, y) == -(101 + 6700)


def test_a_transformer_at_the_end_of_the_pipeline_has_its_say(two_domains, centre):
    X, y, _ = two_domains
    mapped = X.copy()
    for rows in (np.isnan(y), ~np.isnan(y)):
        mapped[rows] -= X[rows].mean(axis=0)
    expected = -mmd(mapped[~np.isnan(y)], mapped[np.isnan(y)])
    before = -mmd(X[~np.isnan(y)], X[np.isnan(y)])
    for model in (centre(), make_pipeline(centre()), make_pipeline(StandardScaler(with_std=False), centre())):
        assert_allclose(DiscrepancyScorer()(model.fit(X, y), X, y), expected)
        assert_allclose(DiscrepancyScorer(representation="input")(model, X, y), before)
    passing = make_pipeline(centre(), "passthrough").fit(X, y)
    assert_allclose(DiscrepancyScorer()(passing, X, y), expected)
    within = OnLabeled(make_pipeline(StandardScaler(), LogisticRegression())).fit(X, y)  # no step of the pipeline
    assert_allclose(DiscrepancyScorer()(within, X, y), before)


def gappy(X):
    """A copy with a gap."""
    X = X.copy()
    X[7, 2] = np.nan
    return X


@pytest.mark.parametrize("scorer", [ImportanceWeightedScorer, MixValScorer])
def test_rows_are_looked_at_as_they_came_if_they_are_finite_numbers(scorer, two_domains):
    X, y, _ = two_domains
    by_hand = {how: scorer(representation=how) for how in ("input", "transformed")}
    squash = FunctionTransformer(np.tanh)
    pipe = make_pipeline(SimpleImputer(), squash, OnLabeled(LogisticRegression()))
    for table in (X, sparse.csr_array(X), pd.DataFrame(X)):
        pipe.fit(table, y)
        assert scorer()(pipe, table, y) == by_hand["input"](pipe, table, y)
        assert scorer()(pipe, table, y) != by_hand["transformed"](pipe, table, y)
    pipe.fit(gappy(X), y)
    assert scorer()(pipe, gappy(X), y) == by_hand["transformed"](pipe, gappy(X), y)
    words = pd.DataFrame(X).assign(smoker=np.where(X[:, 0] > 0, "yes", "no")).rename(columns=str)
    encode = ColumnTransformer([("numbers", squash, list("01")), ("words", OneHotEncoder(), ["smoker"])])
    pipe = make_pipeline(encode, OnLabeled(LogisticRegression()))
    search = GridSearchCV(pipe, {}, cv=SourceTargetKFold(3), scoring=scorer(), error_score="raise").fit(words, y)
    assert search.best_score_ > 0.5
    assert scorer()(search, words, y) == by_hand["transformed"](search, words, y)


# --- each row through its own domain's map ---


@pytest.mark.parametrize("routing", [False, True])
def test_source_rows_go_through_the_source_s_map(two_domains, centre, routing):
    X, y, _ = two_domains
    X, source = X + 7 * np.isnan(y)[:, None], ~np.isnan(y)
    pipe = make_pipeline(StandardScaler(), centre(), OnLabeled(LogisticRegression())).fit(X, y)
    scaled = StandardScaler().fit_transform(X)[source]
    own = scaled - scaled.mean(axis=0)
    with sklearn.config_context(enable_metadata_routing=routing):
        assert SourceScorer()(pipe, X, y) == pipe[-1].score(own, y[source]) > pipe.score(X[source], y[source]) + 0.2
        mapped = StandardScaler().fit_transform(X)  # the domains lie apart; as the pipeline maps them they don't
        for rows in (source, ~source):
            mapped[rows] -= mapped[rows].mean(axis=0)
        weighter = DiscriminatorWeighter().fit(mapped, y)
        expected = np.average(pipe[-1].predict(own) == y[source], weights=weighter.weights_[source])
        assert_allclose(ImportanceWeightedScorer(weighter, representation="transformed")(pipe, X, y), expected)


def test_log_loss_is_scikit_learn_s(two_domains):
    X, y, _ = two_domains
    source = ~np.isnan(y)
    model = OnLabeled(LogisticRegression()).fit(X, y)
    assert_allclose(SourceScorer(loss="log_loss")(model, X, y), -log_loss(y[source], model.predict_proba(X[source])))
    assert_allclose(SourceScorer(loss=lambda a, b: 3.0 * (a != b))(model, X, y), 3 * (SourceScorer()(model, X, y) - 1))


# --- what they must be: stateless, blind to target labels, indifferent to the order of the rows ---


@every
def test_the_same_model_twice_gives_the_same_number(scorer, two_domains):
    X, y, y_true = two_domains
    pipe = make_pipeline(StandardScaler(), OnLabeled(LogisticRegression())).fit(X, y)
    score = scorer(pipe, X, y)
    assert isinstance(score, float) and np.isfinite(score)
    assert scorer(pipe, X, y) == score == clone(scorer, safe=False)(pipe, X, y)
    betraying = np.where(np.isnan(y), 1 - y_true, y)  # every target label is wrong, and no score moves
    assert scorer(pipe, X, betraying, sample_domain=np.isnan(y)) == score
    order = np.random.default_rng(3).permutation(len(X))
    assert_allclose(scorer(pipe, X[order], y[order]), score, rtol=1e-6)


@every
def test_masks_are_read_or_refused(scorer, two_domains):
    X, y, y_true = two_domains
    model = OnLabeled(LogisticRegression()).fit(X, y)
    masked = np.ma.array(y_true, mask=np.isnan(y))  # the hidden labels are there, and must not count
    assert scorer(model, np.ma.array(X), masked) == scorer(model, X, y)
    with pytest.raises(ValueError, match="X has 1 masked entries"):
        scorer(model, np.ma.array(X, mask=np.arange(X.size).reshape(X.shape) == 7), y)
    domain = np.ma.array(np.where(np.isnan(y), -1, 0), mask=np.arange(len(y)) == 7)
    with pytest.raises(ValueError, match="sample_domain is missing in row 7"):
        scorer(model, X, y, sample_domain=domain)


@every
def test_string_labels_and_frames(scorer, two_domains):
    X, y, _ = two_domains
    named = np.array([None if np.isnan(v) else "ny"[int(v)] for v in y], dtype=object)
    pipe = make_pipeline(StandardScaler(), OnLabeled(LogisticRegression()))
    frame = pd.DataFrame(X, columns=list("abcde"))
    assert_allclose(scorer(clone(pipe).fit(frame, named), frame, named), scorer(clone(pipe).fit(X, y), X, y))


@every
def test_in_a_grid_search(scorer, two_domains):
    X, y, _ = two_domains
    pipe = make_pipeline(StandardScaler(), OnLabeled(LogisticRegression()))
    grid = {"onlabeled__estimator__C": [0.01, 1.0]}
    search = GridSearchCV(pipe, grid, cv=SourceTargetKFold(3), scoring=scorer, error_score="raise").fit(X, y)
    by_hand = []
    for train, test in SourceTargetKFold(3).split(X, y):
        fitted = clone(pipe).set_params(onlabeled__estimator__C=1.0).fit(X[train], y[train])
        by_hand.append(scorer(fitted, X[test], y[test]))
    assert_allclose([search.cv_results_[f"split{k}_test_score"][1] for k in range(3)], by_hand)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = GridSearchCV(pipe, grid, cv=SourceTargetKFold(3), scoring=scorer, error_score="raise")
        routed.fit(X, y, sample_domain=np.isnan(y))
    assert_allclose(routed.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"])
    assert np.isfinite(scorer(search, X, y))  # a fitted search is scored by its best estimator


def test_the_oracle_scores_what_it_holds(two_domains):
    X, y, y_true = two_domains
    target = np.isnan(y)
    model = OnLabeled(LogisticRegression()).fit(X, y)
    oracle = TargetScorer(X[target], y_true[target])
    assert oracle(model, X[:50], y[:50], sample_domain=np.arange(50) < 9) == model.score(X[target], y_true[target])
    by_name = TargetScorer(X[target], y_true[target], scoring="neg_log_loss")(model, X, y)
    assert_allclose(by_name, -log_loss(y_true[target], model.predict_proba(X[target])))


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("scorer", [s for s in SCORERS if s != ImportanceWeightedScorer()], ids=repr)
def test_a_pipeline_is_scored_as_its_last_step_on_rows_each_mapped_by_its_own_domain(
    scorer, routing, two_domains, centre
):
    X, y, _ = two_domains
    X, source = X + 7 * np.isnan(y)[:, None], ~np.isnan(y)
    mapped = np.where(source[:, None], X - X[source].mean(axis=0), X - X[~source].mean(axis=0))
    pipe = make_pipeline(centre(), OnLabeled(LogisticRegression())).fit(X, y)
    with sklearn.config_context(enable_metadata_routing=routing):
        assert_allclose(scorer(pipe, X, y), scorer(pipe[-1], mapped, y), rtol=1e-6)
        nested = make_pipeline(ColumnTransformer([("all", centre(), list(range(5)))]), OnLabeled(LogisticRegression()))
        assert_allclose(scorer(nested.fit(X, y), X, y), scorer(pipe, X, y), rtol=1e-6)


def test_several_sources_each_have_their_own_map(two_domains, centre):
    X, y, _ = two_domains
    site = np.where(np.isnan(y), "target", np.where(np.arange(len(y)) % 3 > 0, "a", "b"))
    X = X + 5.0 * (site == "b")[:, None]
    pipe = make_pipeline(centre(), OnLabeled(LogisticRegression()))
    search = GridSearchCV(pipe, {"onlabeled__estimator__C": [1.0]}, cv=SourceTargetKFold(3), scoring=SourceScorer())
    by_hand = []
    for train, test in SourceTargetKFold(3).split(X, y, site):
        own = X.copy()
        for name in ("a", "b", "target"):
            own[site == name] -= X[train][site[train] == name].mean(axis=0)
        known = test[site[test] != "target"]
        fitted = LogisticRegression().fit(*(table[train][site[train] != "target"] for table in (own, y)))
        by_hand.append(fitted.score(own[known], y[known]))
    with sklearn.config_context(enable_metadata_routing=True):
        search.set_params(error_score="raise").fit(X, y, sample_domain=site)
    assert_allclose([search.cv_results_[f"split{k}_test_score"][0] for k in range(3)], by_hand)
    with pytest.raises(
        ValueError,
        match=r"the sources \['a', 'b'\] .* which of these sources a row belongs to: pass names.* metadata routing",
    ):
        search.fit(X, y, groups=site, centre__sample_domain=site)  # routing is off: scorers are passed nothing


# --- what is defined for regressors, and for classifiers without probabilities ---


@pytest.mark.parametrize("scorer", [s for s in SCORERS if getattr(s, "loss", "auto") == "auto"], ids=repr)
def test_regressors_are_scored_or_refused(scorer, two_domains):
    X, y, _ = two_domains
    numbers = np.where(np.isnan(y), np.nan, X @ [1.0, 2.0, 0.0, 0.0, 1.0])
    line = make_pipeline(StandardScaler(), OnLabeled(Ridge())).fit(X, numbers)
    if hasattr(scorer, "loss") or isinstance(scorer, DiscrepancyScorer):
        assert np.isfinite(scorer(line, X, numbers)) and scorer(line, X, numbers) <= 0
    else:
        with pytest.raises(
            TypeError, match="(?s)looks at predicted classes; got the regressor .* Score regressors by Imp"
        ):
            scorer(line, X, numbers)


@pytest.mark.parametrize("classifier", [EasyTLClassifier, ARTLClassifier, MEDAClassifier, CMMSClassifier])
def test_classifiers_without_probabilities_are_scored_by_their_classes(classifier, two_domains):
    X, y, _ = two_domains
    model = classifier().fit(X, y)
    assert not hasattr(model, "predict_proba")  # decision values alone, which are no probabilities on any scale
    for scorer in (
        CircularValidationScorer(),
        ImportanceWeightedScorer(),
        DeepEmbeddedValidationScorer(),
        SourceScorer(),
    ):
        assert 0.5 < scorer(model, X, y) <= 1.1
    assert 0.5 <= MixValScorer()(model, X, y) <= 1
    for scorer in (PredictionEntropyScorer(), InformationMaximizationScorer(), SoftNeighborhoodDensityScorer()):
        with pytest.raises(
            TypeError, match=f"which {classifier.__name__}.* does not have. Use a scorer that only looks at"
        ):
            scorer(model, X, y)


# --- errors ---


#: Those that look at no source label.
UNLABELED = (DiscrepancyScorer, InformationMaximizationScorer, MixValScorer, PredictionEntropyScorer)
UNLABELED += (SoftNeighborhoodDensityScorer,)


@pytest.mark.parametrize("scorer", [s for s in SCORERS if not isinstance(s, UNLABELED)], ids=repr)
def test_labels_that_the_model_never_saw(scorer, two_domains):
    X, y, _ = two_domains
    pipe = make_pipeline(StandardScaler(), OnLabeled(LogisticRegression())).fit(X, y)
    named = np.array([None if np.isnan(v) else "ab"[int(v)] for v in y], dtype=object)
    with pytest.raises(
        ValueError, match=r"none of the labels .*: they are \['a', 'b'\], its classes \[0, 1\]. Pass y in the form that"
    ):
        scorer(pipe, X, named)
    with pytest.raises(ValueError, match="needs labelled source .*rows; of the 168 .* row .y is None"):
        scorer(pipe, X, None, sample_domain=np.isnan(y))
    rare = np.where(np.arange(len(y)) == 5, 7, y)  # one that training happened not to see is a wrong answer
    assert np.isfinite(scorer(pipe, X, rare))


def test_errors(two_domains):
    X, y, y_true = two_domains
    model = OnLabeled(LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match=r"needs labelled source and target rows; of the 101 rows .* none is a target"):
        ImportanceWeightedScorer()(model, X[:101], y[:101])
    mute = OnLabeled(LinearSVC()).fit(X, y)
    for scorer in (PredictionEntropyScorer(), SourceScorer("log_loss"), CircularValidationScorer("brier")):
        with pytest.raises(
            TypeError, match="needs predict_proba, which .*LinearSVC.* Use a scorer that only looks at pred"
        ):
            scorer(mute, X, y)
    mixed = pd.DataFrame(X).assign(smoker="no").rename(columns=str)
    pipe = make_pipeline(ColumnTransformer([("numbers", "passthrough", list("01"))]), model).fit(mixed, y)
    raw = ImportanceWeightedScorer(representation="input")
    with pytest.raises(
        ValueError, match="can't weight .* could not convert string to float: 'no'. With representation="
    ):
        raw(pipe, mixed, y)
    with pytest.raises(ValueError, match="can't weight .* NaN. With .* in a first step, as in make_pipeline"):
        ImportanceWeightedScorer()(HistGradientBoostingClassifier(max_iter=1).fit(X, y_true), gappy(X), y)
    with pytest.raises(ValueError, match="loss='squared_error' does not suit a classifier. Choose loss='zero_one'"):
        SourceScorer(loss="squared_error")(model, X, y)
    with pytest.raises(ValueError, match="loss must be one of 'auto', 'zero_one'"):
        SourceScorer(loss="hinge")(model, X, y)
    with pytest.raises(
        ValueError, match=r"weighter must be None or 'auto' or a weighter, such as ULSIF\(\), which has"
    ):
        DeepEmbeddedValidationScorer(weighter=LogisticRegression())(model, X, y)
    with pytest.raises(ValueError, match="representation must be one of 'auto', 'input', 'transformed'"):
        ImportanceWeightedScorer(representation="raw")(model, X, y)
    with pytest.raises(ValueError, match="temperature must be a number > 0"):
        SoftNeighborhoodDensityScorer(temperature=0)(model, X, y)
    with pytest.raises(ValueError, match="at least two target rows"):
        SoftNeighborhoodDensityScorer()(model, X[:102], y[:102])
    with pytest.raises(ValueError, match="mix must be"):
        MixValScorer(mix=0.5)(model, X, y)
    with pytest.raises(TypeError, match="metric must be None or a callable"):
        DiscrepancyScorer(metric="mmd")(model, X, y)
    with pytest.raises(TypeError, match="must be numbers"):
        MixValScorer()(model, X.astype(str), y)


def test_mixtures_do_not_depend_on_the_names_of_classes():
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(90, 2)), rng.integers(0, 3, 90)
    scores = set()
    for names in (["a", "b", "c"], ["c", "a", "b"], ["z", "y", "x"]):
        labels = np.array(names, dtype=object)[y]
        labels[60:] = None
        scores.add(MixValScorer()(OnLabeled(LogisticRegression()).fit(X, labels), X, labels))
    assert len(scores) == 1


def test_the_weighter_of_the_data():
    data = make_covariate_shift(random_state=1)
    model = OnLabeled(Ridge()).fit(data.X, data.y)
    for scorer in (ImportanceWeightedScorer, DeepEmbeddedValidationScorer):
        assert scorer("auto")(model, data.X, data.y) == scorer(AutoWeighter())(model, data.X, data.y)
