"""What flattening and resampling add to ImportanceWeighted; its contract as a wrapper is in tests/test_base.py."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sktl import OnLabeled
from sktl.base import weight_parameter
from sktl.exceptions import ResamplingWarning, SingleDomainWarning
from sktl.instance import KMM, MLLS, GaussianWeighter, ImportanceWeighted


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what ``fit`` was given, and takes no sample_weight."""

    def fit(self, X, y, note=None):
        self.X_, self.y_, self.note_ = X, y, note
        return self


# --- flattening ---


@pytest.mark.parametrize("flattening", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("inner", [LogisticRegression(), LinearRegression()], ids=repr)
def test_flattened_weights_by_hand(flattening, inner, two_domains):
    X, y, _ = two_domains
    model = ImportanceWeighted(inner, flattening=flattening).fit(X, y)
    weights = KMM().fit(X, y).weights_
    powers = weights[:101] ** flattening
    assert_allclose(model.weights_[:101], powers / powers.mean())
    assert_array_equal(model.weights_[101:], np.ones(67))
    assert_array_equal(model.weighter_.weights_, weights)
    by_hand = type(inner)().fit(X[:101], y[:101].astype(int), sample_weight=powers / powers.mean())
    assert_allclose(model.estimator_.coef_, by_hand.coef_)
    assert model.drawn_rows_ is None


def test_flattening_of_zero_is_no_weighting(two_domains):
    X, y, _ = two_domains
    model = ImportanceWeighted(LogisticRegression(), flattening=0).fit(X, y)
    assert_allclose(model.estimator_.coef_, OnLabeled(LogisticRegression()).fit(X, y).estimator_.coef_)


def test_labelled_target_rows_keep_weight_one(two_domains):
    X, y, y_true = two_domains
    model = ImportanceWeighted(LogisticRegression(), flattening=0.5).fit(X, y_true, sample_domain=np.isnan(y))
    assert_array_equal(model.weights_[101:], np.ones(67))
    assert model.weights_[:101].mean() == pytest.approx(1)


def test_flattening_lowers_the_variance_and_zero_weights_stay(two_domains):
    X, y, _ = two_domains
    variances = [ImportanceWeighted(LogisticRegression(), flattening=f).fit(X, y).weights_.var() for f in (0.2, 0.6, 1)]
    assert variances == sorted(variances) and variances[0] > 0
    weightless = ImportanceWeighted(LogisticRegression(), KMM(reg=0.0), flattening=0.5).fit(X, y).weights_
    assert np.isfinite(weightless).all()


def test_one_domain_is_said_once(two_domains):
    X, _, y_true = two_domains
    with pytest.warns(SingleDomainWarning) as caught:
        model = ImportanceWeighted(LogisticRegression(), flattening=0.5).fit(X, y_true)
    assert len(caught) == 1
    assert_array_equal(model.weights_, np.ones(168))


@pytest.mark.filterwarnings("ignore::sktl.exceptions.LowEffectiveSampleSizeWarning")  # few rows: the point
def test_the_middle_can_beat_both_ends():
    # few rows, a strong shift and a slightly misspecified line: Shimodaira's point
    errors = np.zeros(3)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        X = np.concatenate([rng.normal(0, 1, (60, 1)), rng.normal(1.5, 0.5, (300, 1))])
        truth = X[:, 0] + 0.15 * X[:, 0] ** 2
        y = np.where(np.arange(360) < 60, truth + rng.normal(0, 0.7, 360), np.nan)
        for i, flattening in enumerate((0.0, 0.5, 1.0)):
            model = ImportanceWeighted(LinearRegression(), KMM(reg=0.1), flattening=flattening).fit(X, y)
            errors[i] += np.mean((model.predict(X[60:]) - truth[60:]) ** 2) / 30
    assert errors[1] < errors[0] and errors[1] < errors[2]


# --- resampling ---


@pytest.mark.parametrize("inner", [KNeighborsClassifier(), make_pipeline(StandardScaler(), KNeighborsClassifier())])
def test_rows_are_drawn_in_proportion_and_it_is_said(inner, two_domains):
    X, y, _ = two_domains
    with pytest.warns(ResamplingWarning, match=r"takes no sample_weight.*on 101 rows drawn.*random_state=3") as caught:
        model = ImportanceWeighted(inner, resample="auto", random_state=3).fit(X, y)
    assert [w.filename for w in caught] == [__file__]
    weights = KMM().fit(X, y).weights_[:101]
    by_hand = np.random.RandomState(3).choice(101, size=101, p=weights / weights.sum())
    assert_array_equal(model.drawn_rows_, by_hand)
    assert_array_equal(model.predict(X), inner.fit(X[by_hand], y[by_hand].astype(int)).predict(X))
    assert model.predict(X).dtype.kind == "i"


def test_an_estimator_that_takes_weights_gets_them(two_domains):
    X, y, _ = two_domains
    auto = ImportanceWeighted(LogisticRegression(), resample="auto").fit(X, y)
    assert_array_equal(auto.estimator_.coef_, ImportanceWeighted(LogisticRegression()).fit(X, y).estimator_.coef_)
    assert auto.drawn_rows_ is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        always = ImportanceWeighted(LogisticRegression(), resample="always", random_state=0).fit(X, y)
        ImportanceWeighted(KNeighborsClassifier(), resample="always").fit(X, y)
    rows = always.drawn_rows_
    assert_allclose(always.estimator_.coef_, LogisticRegression().fit(X[rows], y[rows]).coef_)


def test_shares_drawn_are_the_weights(shifted_normals):
    X, y = shifted_normals
    model = ImportanceWeighted(KNeighborsRegressor(), resample="always", random_state=0).fit(X, y)
    assert model.drawn_rows_.max() < 3001 and len(model.drawn_rows_) == 3001
    weights = model.weights_[:3001]
    assert X[model.drawn_rows_].mean() == pytest.approx(np.average(X[:3001, 0], weights=weights), abs=0.06)
    assert X[model.drawn_rows_].mean() > 0.5 > X[:3001].mean() + 0.4


def test_labels_between_and_other_metadata(two_domains):
    X, y, _ = two_domains
    gaps = y.copy()
    gaps[::3] = np.nan
    domain, note = np.isnan(y), np.arange(168)
    model = ImportanceWeighted(Recorder(), resample="always", random_state=0)
    model.fit(X, gaps, sample_domain=domain, note=note)
    rows = model.drawn_rows_
    assert np.isfinite(gaps[rows]).all() and len(rows) == np.isfinite(gaps).sum()
    assert_array_equal(model.estimator_.note_, rows)
    assert_array_equal(model.estimator_.X_, X[rows])
    assert_array_equal(model.estimator_.y_, gaps[rows])
    given = np.where(np.arange(168) == 7, 1.0, 0.0)
    only = ImportanceWeighted(KNeighborsClassifier(1), resample="always").fit(X, y, sample_weight=given)
    assert set(only.drawn_rows_) == {7}


@pytest.mark.parametrize(
    "container",
    [sparse.csr_matrix, sparse.csr_array, pd.DataFrame, pl.DataFrame, np.ndarray.tolist],
    ids=["csr_matrix", "csr_array", "pandas", "polars", "list"],
)
def test_containers(container, two_domains):
    X, y, _ = two_domains
    series = {pd.DataFrame: pd.Series, pl.DataFrame: pl.Series, np.ndarray.tolist: np.ndarray.tolist}
    labels = series.get(container, np.asarray)(y)
    model = ImportanceWeighted(KNeighborsClassifier(), resample="always", random_state=0).fit(container(X), labels)
    dense = ImportanceWeighted(KNeighborsClassifier(), resample="always", random_state=0).fit(X, y)
    assert_array_equal(model.drawn_rows_, dense.drawn_rows_)
    assert_allclose(model.predict_proba(container(X)), dense.predict_proba(X))


def test_without_labels(two_domains):
    X, y, _ = two_domains
    model = ImportanceWeighted(KMeans(2, n_init=1, random_state=0), resample="always", random_state=0)
    model.fit(X, sample_domain=np.isnan(y))
    assert len(model.drawn_rows_) == 168
    with pytest.raises(ValueError, match="labels of all 168 rows are missing"):
        ImportanceWeighted(KNeighborsClassifier(), resample="always").fit(X, np.full(168, np.nan))


# --- with others ---


def test_nested_parameters_in_a_grid_search(two_domains):
    X, y, _ = two_domains
    pipe = make_pipeline(StandardScaler(), ImportanceWeighted(LogisticRegression(), KMM()))
    grid = {
        "importanceweighted__flattening": [0.0, 0.5, 1.0],
        "importanceweighted__estimator__C": [0.1, 1.0],
        "importanceweighted__weighter__gamma": [0.1, "auto"],
    }
    search = GridSearchCV(pipe, grid, cv=KFold(3, shuffle=True, random_state=0), error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    other = ImportanceWeighted(LogisticRegression()).set_params(weighter=MLLS(cv=3), flattening=0.5)
    assert np.isfinite(other.fit(X, y).weights_).all()


def test_errors(two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="flattening must be a number >= 0 and <= 1; got 1.5"):
        ImportanceWeighted(LogisticRegression(), flattening=1.5).fit(X, y)
    with pytest.raises(ValueError, match="resample must be one of 'never', 'auto', 'always'; got True"):
        ImportanceWeighted(LogisticRegression(), resample=True).fit(X, y)
    with pytest.raises(TypeError, match=r"KNeighborsClassifier\(\) does not.*Or pass resample='auto', to draw rows"):
        ImportanceWeighted(KNeighborsClassifier()).fit(X, y)
    for nothing in (KNeighborsClassifier, "knn"):
        with pytest.raises(TypeError, match="must be an estimator object with fit"):
            ImportanceWeighted(nothing, resample="auto").fit(X, y)


METAS = {
    "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 10.0]}, cv=3),
    "search of a pipeline": GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [0.1, 10.0]}, cv=3
    ),
    "votes": VotingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier(random_state=0))]),
    "stack": StackingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier(random_state=0))]),
    "calibrated": CalibratedClassifierCV(LogisticRegression(), cv=3),
    "labelled": OnLabeled(LogisticRegression()),
    "transformed": TransformedTargetRegressor(Ridge(), transformer=StandardScaler()),
}


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("name", METAS)
def test_metas_hand_the_weights_on(name, routing, two_domains):
    """The same as the meta fitted by hand on the labelled rows under these weights."""
    X, y, _ = two_domains
    labeled = ~np.isnan(y)
    with config_context(enable_metadata_routing=routing):
        fitted = ImportanceWeighted(METAS[name], GaussianWeighter()).fit(X, y)
    weights = {weight_parameter(METAS[name]): fitted.weights_[labeled]}
    labels = y[labeled] if name == "transformed" else y[labeled].astype(int)
    expected = clone(METAS[name]).fit(X[labeled], labels, **weights)
    plain = clone(METAS[name]).fit(X[labeled], labels)
    method = "predict" if name in ("transformed", "votes") else "predict_proba"
    assert_allclose(getattr(fitted, method)(X), getattr(expected, method)(X))
    assert name == "votes" or not np.allclose(getattr(plain, method)(X), getattr(expected, method)(X), atol=1e-4)


def test_a_pipeline_within_an_ensemble_is_told_the_way_out(two_domains):
    X, y, _ = two_domains
    parts = [("a", LogisticRegression()), ("b", make_pipeline(StandardScaler(), LogisticRegression()))]
    with pytest.raises(TypeError, match="put the ensemble inside one pipeline"):
        ImportanceWeighted(VotingClassifier(parts)).fit(X, y)


def test_the_weighter_needs_numbers_before_the_wrapped_estimator(two_domains):
    X, y, _ = two_domains
    for column, reason in (("text", "could not convert string to float: 'text'"), (np.nan, "Input X contains NaN")):
        frame = pd.DataFrame(X).assign(more=column).rename(columns=str)
        with pytest.raises(ValueError, match=rf"KMM\(\) weights rows of finite numbers only \({reason}\). Encode and"):
            ImportanceWeighted(Ridge(), KMM()).fit(frame, y)
