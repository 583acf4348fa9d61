"""What users do with sktl: ordinary pipelines, searches and column transformers, with routing off and on."""

import pickle
import warnings

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from sktl import OnLabeled, stack_domains
from sktl.datasets import make_covariate_shift
from sktl.exceptions import SingleDomainWarning
from sktl.feature import JDA, TCA, DomainScaler
from sktl.instance import KMM, ImportanceWeighted
from sktl.model_selection import ImportanceWeightedScorer, SourceTargetKFold

FOLDS = KFold(3, shuffle=True, random_state=0)


@pytest.fixture(params=[False, True], ids=["routing off", "routing on"])
def routing(request):
    with sklearn.config_context(enable_metadata_routing=request.param):
        yield request.param


def pipeline():
    return Pipeline([("scale", StandardScaler()), ("tca", TCA(n_components=2)), ("clf", OnLabeled(SVC()))])


def test_grid_search(routing, two_domains):
    X, y, y_true = two_domains
    grid = {"tca__n_components": [1, 3], "clf__estimator__C": [0.1, 1.0], "tca__kernel": ["linear", "rbf"]}
    search = GridSearchCV(pipeline(), grid, cv=FOLDS, error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 8 and np.isfinite(search.best_score_)
    assert search.classes_.tolist() == [0, 1]
    assert search.score(X, y_true) > 0.6  # the target's labels, which no fit has seen, count here

    # the same by hand: fit on a fold's rows, score on the labelled rows of the rest
    train, test = next(iter(FOLDS.split(X)))
    by_hand = pipeline().set_params(**search.cv_results_["params"][0]).fit(X[train], y[train]).score(X[test], y[test])
    assert search.cv_results_["split0_test_score"][0] == by_hand


def test_sample_domain_reaches_its_step(routing, two_domains):
    X, y, y_true = two_domains
    target = np.isnan(y)
    told = pipeline().fit(X, y)
    key = "sample_domain" if routing else "tca__sample_domain"
    passed = pipeline().fit(X, y, **{key: target})
    assert_allclose(passed[:-1].transform(X), told[:-1].transform(X))
    # all labels known: only sample_domain can tell, and the classifier then learns from the target as well
    full = pipeline().fit(X, y_true, **{key: np.where(target, "target", "lab")})
    assert_allclose(full[:-1].transform(X), told[:-1].transform(X))
    search = GridSearchCV(pipeline(), {"tca__n_components": [1, 2]}, cv=FOLDS, error_score="raise")
    assert np.isfinite(search.fit(X, y_true, **{key: target}).best_score_)


def test_labels_alone_are_enough_for_cross_validation(routing, two_domains):
    X, y, y_true = two_domains
    assert len(cross_val_score(pipeline(), X, y, cv=FOLDS, error_score="raise")) == 3
    predicted = cross_val_predict(pipeline(), X, y, cv=FOLDS, params={})  # None fails in scikit-learn 1.6's routing
    assert predicted.shape == y.shape and set(predicted) == {0, 1}
    assert np.mean(predicted == y_true) > 0.6


def test_columns_of_all_kinds(routing):
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    rng = np.random.default_rng(0)

    def table(n, offset):
        frame = pandas.DataFrame({"age": rng.normal(40 + offset, 9, n), "dose": rng.normal(size=n)})
        frame["site"] = rng.choice(["north", "south"], n)
        frame.loc[::7, "dose"] = np.nan
        return frame

    source, target = table(203, 0), table(97, 5)
    labels = np.where(source["age"] + 5 * (source["site"] == "north") > 42, "ill", "well")
    X, y, domain = stack_domains((source, labels), target)
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "dose"]),
            ("names", OneHotEncoder(sparse_output=False, handle_unknown="ignore"), ["site"]),
        ]
    )
    nested = Pipeline([("prepare", Pipeline([("columns", columns)])), ("tca", TCA(2)), ("clf", OnLabeled(SVC()))])
    predicted = nested.fit(X, y).predict(target)
    assert set(predicted) <= {"ill", "well"}
    weighted = make_pipeline(columns, ImportanceWeighted(LogisticRegression(), KMM()))
    assert weighted.fit(X, y).score(source, labels) > 0.8
    key = "sample_domain" if routing else "importanceweighted__sample_domain"
    assert_array_equal(weighted.predict(target), sklearn.clone(weighted).fit(X, y, **{key: domain}).predict(target))


def test_an_inner_pipeline_adapts(two_domains):
    X, y, _ = two_domains
    inner = make_pipeline(StandardScaler(), TCA(2))
    flat = make_pipeline(StandardScaler(), TCA(2), OnLabeled(LogisticRegression())).fit(X, y)
    nested = make_pipeline(inner, OnLabeled(make_pipeline(StandardScaler(with_std=False), LogisticRegression()))).fit(
        X, y
    )
    assert_allclose(nested[0].transform(X), flat[:-1].transform(X))
    assert_array_equal(nested.predict(X), flat.predict(X))


def test_set_output_pandas_through_a_pipeline(two_domains):
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    X, y, _ = two_domains
    frame = pandas.DataFrame(X, columns=list("abcde"), index=np.arange(168) + 1000)
    pipe = make_pipeline(StandardScaler(), TCA(2)).set_output(transform="pandas")
    mapped = pipe.fit_transform(frame, y)
    assert list(mapped.columns) == ["tca0", "tca1"] and mapped.index.equals(frame.index)
    assert pipe.get_feature_names_out().tolist() == ["tca0", "tca1"]


def test_pickled_pipeline_predicts_the_same(two_domains):
    X, y, _ = two_domains
    for pipe in (pipeline(), make_pipeline(StandardScaler(), ImportanceWeighted(LogisticRegression(), KMM()))):
        fitted = pipe.fit(X, y)
        assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))


def test_weights_by_grid_search(routing):
    data = make_covariate_shift(300, 151, task="regression", random_state=0)
    pipe = Pipeline([("scale", StandardScaler()), ("model", ImportanceWeighted(LinearRegression(), KMM()))])
    search = GridSearchCV(pipe, {"model__weighter__reg": [0.3, 3.0]}, cv=FOLDS, error_score="raise").fit(data.X, data.y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    by_hand = KMM(reg=search.best_params_["model__weighter__reg"]).fit(StandardScaler().fit_transform(data.X), data.y)
    assert_allclose(search.best_estimator_["model"].weighter_.weights_, by_hand.weights_)


def test_a_pipeline_under_weights(routing, two_domains):
    X, y, _ = two_domains
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    weights = KMM().fit(X, y).weights_[~np.isnan(y)]
    with sklearn.config_context(enable_metadata_routing=False):
        by_hand = inner.fit(X[:101], y[:101].astype(int), logisticregression__sample_weight=weights)
    weighted = ImportanceWeighted(inner, KMM()).fit(X, y)
    assert_allclose(weighted.predict_proba(X), by_hand.predict_proba(X))
    with pytest.raises(ValueError, match=r"must have one value per row, shape \(168,\); got shape \(3,\)"):
        ImportanceWeighted(
            LogisticRegression().set_fit_request(sample_weight=True) if routing else LogisticRegression()
        ).fit(X, y, sample_weight=[1, 2, 3])


def test_boosted_trees_take_the_weights(two_domains):
    X, y, y_true = two_domains
    model = ImportanceWeighted(HistGradientBoostingClassifier(max_iter=5), KMM()).fit(X, y)
    assert model.predict_proba(X).shape == (168, 2)


def test_a_pipeline_without_a_target_warns_and_predicts(two_domains):
    X, _, y_true = two_domains
    with pytest.warns(SingleDomainWarning, match="nothing is adapted"):
        adapted = make_pipeline(StandardScaler(), ImportanceWeighted(LogisticRegression(), KMM())).fit(X, y_true)
    plain = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y_true)
    assert_allclose(adapted.predict_proba(X), plain.predict_proba(X))


def test_nothing_warns_in_ordinary_use(two_domains):
    X, y, _ = two_domains
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline().fit(X, y).predict(X)
        ImportanceWeighted(LogisticRegression()).fit(X, y).predict(X)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_search_over_frames_by_way_of_two_adapters(routing, library, two_domains):
    frames = pytest.importorskip(library, reason=f"{library} comes with the test extra")
    X, y, y_true = two_domains
    site = np.where(np.arange(len(X)) % 3 == 0, "north", "south")
    frame = frames.DataFrame({**{f"c{j}": X[:, j] for j in range(X.shape[1])}, "site": site})
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), [f"c{j}" for j in range(X.shape[1])]),
            ("categories", OneHotEncoder(sparse_output=False), ["site"]),
        ]
    )
    pipe = make_pipeline(columns, DomainScaler(), JDA(), OnLabeled(LogisticRegression()))
    grid = {"jda__n_components": [2, 4], "domainscaler__method": ["standard", "robust"]}
    search = GridSearchCV(
        pipe, grid, cv=SourceTargetKFold(3), scoring=ImportanceWeightedScorer(representation="transformed")
    )
    search.set_params(error_score="raise").fit(frame, frames.Series(y))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    target = np.isnan(y)
    by_hand = np.column_stack([StandardScaler().fit_transform(X), site == "north", site == "south"]).astype(float)
    chosen = make_pipeline(*clone(search.best_estimator_)[1:]).fit(by_hand, y)
    assert_allclose(search.predict_proba(frame)[target], chosen.predict_proba(by_hand)[target], rtol=1e-6)
    assert search.score(frame, frames.Series(y)) > 0.6 and (search.predict(frame) == y_true)[target].mean() > 0.6
