"""``sample_domain`` and weights reach every part of a pipeline, and warnings point at the user's line."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from wrapped_models import adapting_pipe, routing_on

from sktl import OnLabeled
from sktl.exceptions import SingleDomainWarning
from sktl.feature import TCA
from sktl.instance import KMM, ImportanceWeighted

# --- pipelines and searches, metadata routing off and on ---


def test_sample_domain_reaches_tca(told):
    X, y, forms = told
    by_hand = TCA(2).fit(StandardScaler().fit_transform(X), y, sample_domain=forms[0])
    for domain in forms:
        off = adapting_pipe().fit(X, y, tca__sample_domain=domain)
        with routing_on():
            on = adapting_pipe().fit(X, y, sample_domain=domain)
        for pipe in (off, on):
            assert_allclose(pipe["tca"].components_, by_hand.components_, atol=1e-10)
            assert_array_equal(pipe.predict(X), off.predict(X))
    with pytest.warns(SingleDomainWarning):
        alone = adapting_pipe().fit(X, y)
    assert not np.allclose(alone["tca"].components_, by_hand.components_)


def test_sample_domain_reaches_the_weighter(told):
    X, y, forms = told
    expected = KMM().fit(StandardScaler().fit_transform(X), y, sample_domain=forms[0]).weights_
    for domain in forms:
        off = make_pipeline(StandardScaler(), ImportanceWeighted(LogisticRegression()))
        off.fit(X, y, importanceweighted__sample_domain=domain)
        with routing_on():
            on = make_pipeline(StandardScaler(), ImportanceWeighted(LogisticRegression()))
            on.fit(X, y, sample_domain=domain)
        for pipe in (off, on):
            assert_allclose(pipe[-1].weighter_.weights_, expected)


def test_fit_transform_takes_sample_domain(told):
    X, y, forms = told
    fitted = TCA(2).fit(X, y, forms[0])
    for domain in forms:
        assert_array_equal(TCA(2).fit_transform(X, y, sample_domain=domain), fitted.transform(X))
        with routing_on():
            assert_array_equal(TCA(2).fit_transform(X, y, sample_domain=domain), fitted.transform(X))


@pytest.mark.parametrize("wrapper", [OnLabeled, ImportanceWeighted])
def test_sample_weight_with_routing_off(wrapper, two_domains):
    X, y, _ = two_domains
    weight = read_only(np.linspace(0.1, 3, len(y)))
    pipe = Pipeline([("scale", StandardScaler()), ("clf", wrapper(LogisticRegression()))])
    pipe.fit(X, y, clf__sample_weight=weight)
    rows = pipe[0].transform(X)
    assert_array_equal(
        pipe[-1].estimator_.coef_, wrapper(LogisticRegression()).fit(rows, y, sample_weight=weight).estimator_.coef_
    )
    assert not np.allclose(pipe[-1].estimator_.coef_, wrapper(LogisticRegression()).fit(rows, y).estimator_.coef_)


@pytest.mark.parametrize("wrapper", [OnLabeled, ImportanceWeighted])
def test_sample_weight_with_routing_on(wrapper, two_domains):
    X, y, _ = two_domains
    weight = read_only(np.linspace(0.1, 3, len(y)))
    expected = wrapper(LogisticRegression()).fit(X, y, sample_weight=weight).estimator_.coef_
    with routing_on():
        asks = LogisticRegression().set_fit_request(sample_weight=True)
        renamed = LogisticRegression().set_fit_request(sample_weight="w")
        refuses = LogisticRegression().set_fit_request(sample_weight=False)
        assert_array_equal(wrapper(asks).fit(X, y, sample_weight=weight).estimator_.coef_, expected)
        pipe = Pipeline([("clf", wrapper(asks))]).fit(X, y, sample_weight=weight)
        assert_array_equal(pipe[-1].estimator_.coef_, expected)
        pipe = Pipeline([("clf", wrapper(renamed))]).fit(X, y, w=weight)
        assert_array_equal(pipe[-1].estimator_.coef_, expected)
        with pytest.raises(UnsetMetadataPassedError, match="set_fit_request"):
            wrapper(LogisticRegression()).fit(X, y, sample_weight=weight)
        with pytest.raises(TypeError, match="got unexpected argument.*sample_weight"):
            Pipeline([("clf", wrapper(refuses))]).fit(X, y, sample_weight=weight)


def test_parameters_of_score_and_predict_with_routing_on(two_domains):
    X, y, y_true = two_domains
    weight = read_only(np.linspace(0.1, 3, len(y)))
    with routing_on():
        inner = LogisticRegression().set_fit_request(sample_weight=False).set_score_request(sample_weight=True)
        pipe = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), OnLabeled(inner)).fit(X, y)
        expected = pipe[-1].estimator_.score(pipe[0].transform(X), y_true, weight)
        assert pipe.score(X, y_true, sample_weight=weight) == expected
        with pytest.raises(UnsetMetadataPassedError, match="set_score_request"):
            OnLabeled(LogisticRegression()).fit(X, y).score(X, y, sample_weight=weight)
        process = GaussianProcessRegressor(alpha=0.1).set_predict_request(return_std="deviation")
        mean, deviation = make_pipeline(OnLabeled(process)).fit(X, y).predict(X[:3], deviation=True)
        assert mean.shape == deviation.shape == (3,)


def test_scorer_weights_reach_the_inner_score(two_domains):
    X, y, _ = two_domains
    weight = read_only(np.linspace(0.1, 3, len(y)))
    with routing_on():
        inner = LogisticRegression().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(OnLabeled(inner), {"estimator__C": [0.1, 1]}, cv=KFold(3, shuffle=True, random_state=0))
        search.fit(X, y, sample_weight=weight)
    assert np.isfinite(search.best_score_)


@pytest.mark.parametrize("routing", [False, True])
def test_grid_search_over_an_ordinary_pipeline(routing, two_domains):
    X, y, y_true = two_domains
    frame = pd.DataFrame(X, columns=list("abcde"))
    columns = ColumnTransformer([("left", StandardScaler(), list("abc")), ("right", "passthrough", list("de"))])
    pipe = Pipeline([("columns", columns), ("nested", make_pipeline(TCA(2))), ("clf", OnLabeled(SVC()))])
    grid = {"nested__tca__n_components": [1, 3], "clf__estimator__C": [0.1, 1]}
    with sklearn.config_context(enable_metadata_routing=routing):
        search = GridSearchCV(pipe, grid, cv=KFold(3, shuffle=True, random_state=0), error_score="raise")
        search.fit(frame, y)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
        assert search.best_estimator_["clf"].classes_.tolist() == [0, 1]
        assert search.predict(frame).shape == y.shape
        predicted = cross_val_predict(pipe, frame, y, cv=KFold(3, shuffle=True, random_state=0), params={})
    assert set(predicted) == {0, 1}


@pytest.mark.parametrize("routing", [False, True])
def test_grid_search_passes_sample_domain(routing, told):
    X, y, forms = told
    pipe = adapting_pipe().set_params(tca__n_components=1)
    with sklearn.config_context(enable_metadata_routing=routing):
        search = GridSearchCV(pipe, {"clf__estimator__C": [0.1, 1]}, cv=3, error_score="raise")
        search.fit(X, y, **{"sample_domain" if routing else "tca__sample_domain": forms[0]})
    by_hand = TCA(1).fit(StandardScaler().fit_transform(X), y, sample_domain=forms[0])
    assert_allclose(search.best_estimator_["tca"].components_, by_hand.components_, atol=1e-10)


def test_nothing_global_is_touched():
    assert not sklearn.get_config()["enable_metadata_routing"]


def test_a_renamed_sample_domain_arrives(told):
    X, y, forms = told
    expected = TCA(2).fit(X, y, sample_domain=forms[0]).components_
    with routing_on():
        pipe = make_pipeline(TCA(2).set_fit_request(sample_domain="site"), OnLabeled(LogisticRegression()))
        assert_array_equal(pipe.fit(X, y, site=forms[0])[0].components_, expected)


# --- the warning points at the user's line ---


def single_domain(X, y):
    return {
        "KMM": lambda: KMM().fit(X, y),
        "TCA": lambda: TCA().fit(X, y),
        "fit_transform": lambda: TCA().fit_transform(X, y),
        "set_output": lambda: TCA().set_output(transform="pandas").fit_transform(X, y),
        "ImportanceWeighted": lambda: ImportanceWeighted(LogisticRegression()).fit(X, y),
        "pipeline": lambda: adapting_pipe().fit(X, y),
        "weighted pipeline": lambda: make_pipeline(StandardScaler(), ImportanceWeighted(Ridge())).fit(X, y),
        "cross-validation": lambda: cross_val_predict(adapting_pipe(), X, y, cv=2),
        "search": lambda: GridSearchCV(adapting_pipe(), {"tca__n_components": [1]}, cv=2).fit(X, y),
    }


@pytest.mark.parametrize("case", list(single_domain(None, None)))
def test_the_warning_points_at_the_users_line(case, two_domains):
    X, _, y_true = two_domains
    call = single_domain(X, y_true)[case]
    with pytest.warns(SingleDomainWarning) as caught:
        call()
    places = {(str(w.filename), w.lineno) for w in caught if w.category is SingleDomainWarning}
    assert places == {(__file__, call.__code__.co_firstlineno)}
