"""The contracts, and the wrappers of ordinary estimators: they are the inner estimator, fitted on labelled rows."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, OneToOneFeatureMixin, clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, PredefinedSplit, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils import get_tags

from sktl import OnLabeled
from sktl.base import (
    BaseDomainAligner,
    BaseDomainTransformer,
    BaseOnLabeled,
    BaseRatioWeighter,
    BaseTransferClassifier,
    BaseWeighter,
)
from sktl.exceptions import LowEffectiveSampleSizeWarning, SingleDomainWarning
from sktl.feature import TCA
from sktl.instance import KMM, ImportanceWeighted

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


@pytest.fixture(scope="module")
def named():
    """4 rows, of which the second and the last have no label."""
    return read_only(np.arange(8.0).reshape(4, 2)), read_only(np.array([1, NAN, 0, NAN]))


# --- OnLabeled: the inner estimator on the labelled rows ---

CONTAINERS = {
    "array": np.asarray,
    "list": lambda X: X.tolist(),
    "csr_matrix": sparse.csr_matrix,
    "csr_array": sparse.csr_array,
    "pandas": lambda X: pd.DataFrame(X, columns=list("abcde"), index=np.arange(len(X)) // 3),
    "polars": lambda X: pl.DataFrame(X, schema=list("abcde")),
}

LABELS = {
    "float": np.asarray,
    "list": lambda y: y.tolist(),
    "list with None": lambda y: [None if v != v else int(v) for v in y],
    "object": lambda y: np.array([None if v != v else int(v) for v in y], dtype=object),
    "Series": lambda y: pd.Series(y, index=np.arange(len(y)) % 7),
    "Series Int64": lambda y: pd.Series(y).astype("Int64"),
    "polars": lambda y: pl.Series([None if v != v else int(v) for v in y]),
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_is_the_estimator_fitted_by_hand(container, labels, two_domains):
    X, y, y_true = two_domains
    known = ~np.isnan(y)
    expected = LogisticRegression().fit(X[known], y[known].astype(int))
    table = container(X)
    model = OnLabeled(LogisticRegression()).fit(table, labels(y))
    assert_allclose(model.estimator_.coef_, expected.coef_, atol=1e-7)
    assert model.classes_.tolist() == [0, 1] and model.classes_.dtype.kind == "i"
    assert model.predict(table).dtype.kind == "i"
    assert_array_equal(model.predict(table), expected.predict(X))
    assert_allclose(model.predict_proba(table), expected.predict_proba(X), atol=1e-7)
    assert model.score(table, labels(y)) == pytest.approx(expected.score(X[known], y[known]))
    assert model.n_features_in_ == 5
    if isinstance(table, pd.DataFrame | pl.DataFrame):
        assert model.feature_names_in_.tolist() == list("abcde")
    else:
        assert not hasattr(model, "feature_names_in_")


#: id -> (labels of 4 rows, what the inner estimator gets, kind of its dtype)
RESTORED = {
    "integral floats": ([1.0, NAN, 0.0, NAN], [1, 0], "i"),
    "floats, none missing": ([1.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 1.0], "f"),
    "negative": ([-1.0, NAN, 1.0, NAN], [-1, 1], "i"),
    "strings": (["a", None, "b", NAN], ["a", "b"], "O"),
    "bools": ([True, None, False, NAN], [True, False], "b"),
    "big": ([2**53 + 1, None, 3, NAN], [2**53 + 1, 3], "i"),
    "objects, none missing": (np.array([True, False, True, True], dtype=object), [True, False, True, True], "b"),
    "uint8": (np.array([255, 0, 1, 1], dtype=np.uint8), [255, 0, 1, 1], "u"),
    "Int64, none missing": (pd.Series([1, 0, 0, 1], dtype="Int64"), [1, 0, 0, 1], "i"),
    "boolean, none missing": (pd.Series([True, False] * 2, dtype="boolean"), [True, False] * 2, "b"),
}


@pytest.mark.parametrize("y, given, kind", RESTORED.values(), ids=RESTORED)
@pytest.mark.parametrize(
    "wrapper", [OnLabeled, lambda inner: OnLabeled(make_pipeline(inner))], ids=["bare", "pipeline"]
)
def test_labels_come_back_in_their_type(wrapper, y, given, kind, named):
    inner = wrapper(Recorder()).fit(named[0], y).estimator_
    inner = inner[-1] if isinstance(inner, Pipeline) else inner
    assert inner.y_.tolist() == given and inner.y_.dtype.kind == kind
    assert [type(value) for value in inner.y_.tolist()] == [type(value) for value in given]


@pytest.mark.parametrize(
    "inner",
    [LinearRegression(), make_pipeline(LinearRegression()), GridSearchCV(Ridge(), {"alpha": [0, 1]}, cv=2)],
    ids=repr,
)
def test_labels_of_a_regressor_stay_floats(inner, monkeypatch):
    seen = []
    for kind in (LinearRegression, Ridge):
        fit = kind.fit
        monkeypatch.setattr(kind, "fit", lambda self, X, y, *args, fit=fit: seen.append(y) or fit(self, X, y, *args))
    X = np.arange(6.0)[:, None]
    OnLabeled(inner).fit(X, read_only(np.array([0.0, 1, 2, 3, NAN, NAN])))
    assert {y.dtype for y in seen} == {np.dtype(float)}


def test_classes_in_a_fold_that_misses_no_label(two_domains):
    X, y, y_true = two_domains
    labels = np.array([None if v != v else bool(v) for v in y], dtype=object)
    search = GridSearchCV(OnLabeled(LogisticRegression()), {"estimator__C": [1, 10]}, error_score="raise")
    fold = np.arange(len(y)) % 2  # rows of the second half: the target is never among those fitted on
    fold[np.isnan(y)] = 1
    search.set_params(cv=PredefinedSplit(np.where(fold == 0, -1, 0))).fit(X, labels)
    assert search.best_estimator_.classes_.tolist() == [False, True]
    assert 0.5 < search.best_score_ <= 1


def test_row_order_and_rows_without_label_do_not_matter(two_domains):
    X, y, _ = two_domains
    order = np.random.default_rng(0).permutation(len(y))
    straight = OnLabeled(LogisticRegression()).fit(X, y).estimator_.coef_
    assert_allclose(OnLabeled(LogisticRegression()).fit(X[order], y[order]).estimator_.coef_, straight, atol=1e-4)
    moved = X.copy()
    moved[np.isnan(y)] = 1e9
    assert_array_equal(OnLabeled(LogisticRegression()).fit(moved, y).estimator_.coef_, straight)


def test_without_missing_labels_it_is_the_estimator(two_domains):
    X, _, y_true = two_domains
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = OnLabeled(LogisticRegression()).fit(X, y_true)
    assert_array_equal(model.estimator_.coef_, LogisticRegression().fit(X, y_true).coef_)
    assert model.classes_.dtype == float  # none was missing: nothing is restored


def test_inputs_stay_as_they_are(two_domains):
    X, y, _ = two_domains
    weight = read_only(np.arange(1.0, len(y) + 1))
    before = X.copy(), y.copy(), weight.copy()
    model = OnLabeled(LogisticRegression()).fit(X, y, sample_weight=weight)
    model.score(X, y, sample_weight=weight)
    ImportanceWeighted(LogisticRegression()).fit(X, y, sample_weight=weight)
    for now, then in zip((X, y, weight), before, strict=True):
        assert_array_equal(now, then)


# --- parameters of fit ---

WEIGHTS = [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    "weight",
    [WEIGHTS, tuple(WEIGHTS), np.array(WEIGHTS), pd.Series(WEIGHTS, index=[9, 9, 1, 0]), pl.Series(WEIGHTS)],
    ids=lambda weight: type(weight).__module__ + "." + type(weight).__name__,
)
@pytest.mark.parametrize("kind", [OnLabeled, Recorder], ids=["OnLabeled", "BaseTransferClassifier"])
def test_one_value_a_row_is_cut_with_the_rows(weight, kind, named):
    X, y = named
    model = OnLabeled(Recorder()).fit(X, y, sample_weight=weight)
    assert list(model.estimator_.sample_weight_) == [1.0, 3.0]
    model.score(X, y, sample_weight=weight)
    rows, labels, weights = model.estimator_.scored_
    assert_array_equal(rows, X[[0, 2]])
    assert list(labels) == [1, 0] and list(weights) == [1.0, 3.0]


@pytest.mark.parametrize(
    "note", [None, 2.0, "four", b"four", {"a": 1, "b": 2, "c": 3, "d": 4}, [1, 2], np.array(2.0)], ids=repr
)
def test_other_parameters_pass_untouched(note, named):
    assert OnLabeled(Recorder()).fit(*named, note=note).estimator_.note_ is note


@pytest.mark.parametrize("note", [sparse.csr_matrix(np.eye(4)), np.eye(4), pd.DataFrame(np.eye(4))], ids=type)
def test_two_dimensional_parameters_are_cut(note, named):
    cut = OnLabeled(Recorder()).fit(*named, note=note).estimator_.note_
    assert type(cut) is type(note)
    assert_array_equal(cut.toarray() if sparse.issparse(cut) else cut, np.eye(4)[[0, 2]])


# --- tags, methods, attributes ---

INNER = [
    LogisticRegression(),
    SVC(),
    LinearSVC(),
    Ridge(),
    KNeighborsClassifier(1),
    RandomForestClassifier(5),
    HistGradientBoostingRegressor(max_iter=2),
    LinearDiscriminantAnalysis(),
    GaussianProcessRegressor(),
    make_pipeline(StandardScaler(), SVC()),
    make_pipeline(StandardScaler(), LogisticRegression()),
    GridSearchCV(SVC(), {"C": [1]}, cv=2),
]
METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function", "transform", "score", "set_output"]


@pytest.mark.parametrize("wrapper", [OnLabeled, ImportanceWeighted])
@pytest.mark.parametrize("inner", INNER, ids=repr)
def test_tags_and_kind_are_the_inner_ones(wrapper, inner):
    assert get_tags(wrapper(inner)) == get_tags(inner)
    assert is_classifier(wrapper(inner)) == is_classifier(inner)
    assert is_regressor(wrapper(inner)) == is_regressor(inner)


@pytest.mark.parametrize("inner", INNER, ids=repr)
def test_methods_are_the_inner_ones_before_and_after_fit(inner, two_domains):
    X, y, _ = two_domains
    model = OnLabeled(clone(inner))
    assert {m for m in METHODS if hasattr(model, m)} == {m for m in METHODS if hasattr(inner, m)}
    for attribute in ("classes_", "n_features_in_", "feature_names_in_"):
        assert not hasattr(model, attribute)
    with pytest.raises(NotFittedError, match="This OnLabeled instance is not fitted yet"):
        model.predict(X)
    with pytest.raises(NotFittedError):
        model.score(X, y)
    model.fit(X, y)
    fitted = clone(inner).fit(X[:101], y[:101].astype(int if is_classifier(inner) else float))
    have = {m for m in METHODS if hasattr(fitted, m)}
    assert {m for m in METHODS if hasattr(model, m)} == have
    assert hasattr(model, "classes_") == is_classifier(inner) and model.n_features_in_ == 5
    for method in have - {"score", "set_output"}:
        if not isinstance(inner, RandomForestClassifier):  # random_state=None
            assert_allclose(getattr(model, method)(X), getattr(fitted, method)(X), atol=1e-8)


def test_a_fit_that_fails_leaves_nothing_fitted(two_domains):
    X, y, _ = two_domains
    model = ImportanceWeighted(LogisticRegression())
    with pytest.raises(ValueError, match="least 2 classes"):
        model.fit(X, np.where(np.isnan(y), NAN, 1))
    with pytest.raises(NotFittedError, match="This ImportanceWeighted instance is not fitted yet"):
        model.predict(X)


def test_a_method_that_the_inner_lacks_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'OnLabeled' has no attribute 'predict_proba'"):
        OnLabeled(Ridge()).predict_proba([[1.0]])


def test_set_output_where_the_inner_transforms(two_domains):
    X, y, _ = two_domains
    frame = pd.DataFrame(X, columns=list("abcde"))
    pipe = make_pipeline(StandardScaler(), OnLabeled(LinearDiscriminantAnalysis())).set_output(transform="pandas")
    mapped = pipe.fit(frame, y).transform(frame)
    assert isinstance(mapped, pd.DataFrame) and mapped.shape == (len(X), 1)
    model = OnLabeled(LinearDiscriminantAnalysis()).fit(frame, y)
    assert isinstance(model.transform(frame), np.ndarray)
    assert isinstance(model.set_output(transform="polars").transform(frame), pl.DataFrame)
    assert isinstance(clone(model).fit(frame, y).transform(frame), pl.DataFrame)
    make_pipeline(StandardScaler(), OnLabeled(SVC())).set_output(transform="pandas").fit(frame, y)


def test_predict_passes_parameters_on(two_domains):
    X, y, _ = two_domains
    model = OnLabeled(GaussianProcessRegressor().set_params(alpha=0.1)).fit(X, y)
    mean, deviation = model.predict(X[:3], return_std=True)
    assert mean.shape == deviation.shape == (3,)


# --- score ---


@pytest.mark.parametrize("model", [LogisticRegression(), Ridge()], ids=repr)
def test_score_leaves_out_rows_without_label(model, two_domains):
    X, y, y_true = two_domains
    weight = read_only(np.linspace(0.1, 2, len(y)))
    some = y_true.copy()
    some[::3] = NAN
    known = ~np.isnan(some)
    wrapped, by_hand = OnLabeled(model).fit(X, y), clone(model).fit(X[:101], y[:101])
    assert wrapped.score(X, some) == pytest.approx(by_hand.score(X[known], some[known]))
    weighted = by_hand.score(X[known], some[known], sample_weight=weight[known])
    assert wrapped.score(X, some, sample_weight=weight) == pytest.approx(weighted)
    assert weighted != pytest.approx(by_hand.score(X[known], some[known]))


class Majority(BaseTransferClassifier):
    """Predicts one class; what a transfer classifier must bring itself."""

    def fit(self, X, y, sample_domain=None):
        X, self.domains_ = self._check_rows(X, y, sample_domain)
        self.classes_ = np.array(["no", "yes"])
        return self

    def predict(self, X):
        return np.repeat("yes", len(X))


def test_score_of_a_transfer_classifier():
    X = read_only(np.zeros((5, 1)))
    model = Majority().fit(X, ["yes", "no", "yes", None, NAN])
    assert model.score(X, ["yes", "no", "yes", None, NAN]) == pytest.approx(2 / 3)
    assert model.score(X, ["yes", "no", "yes", None, NAN], sample_weight=[1, 2, 1, 9, 9]) == pytest.approx(1 / 2)
    assert model.score(X, pl.Series(["yes", "no", "yes", None, None])) == pytest.approx(2 / 3)
    assert is_classifier(model) and get_tags(model).input_tags.sparse


@pytest.mark.parametrize("model", [Majority(), OnLabeled(LogisticRegression())], ids=repr)
def test_a_score_needs_labels(model, two_domains):
    X, y, _ = two_domains
    model.fit(X, y)
    with pytest.raises(ValueError, match="labels of all 67 rows are missing: a score needs at least one labelled row"):
        model.score(X[101:], y[101:])
    with pytest.raises(ValueError, match="X and y must have as many rows: X has 168, y has 167"):
        model.score(X, y[:-1])


# --- errors of fit ---


@pytest.mark.parametrize("wrapper", [OnLabeled, ImportanceWeighted])
def test_fit_needs_labels(wrapper, two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="The labels of all 67 rows are missing"):
        wrapper(LogisticRegression()).fit(X[101:], y[101:])
    with pytest.raises(ValueError, match="X and y must have as many rows: X has 168, y has 167"):
        wrapper(LogisticRegression()).fit(X, y[:-1])
    with pytest.raises(ValueError, match="Row 0 of y has some of its 2 outputs missing"):
        wrapper(LinearRegression()).fit(X, np.column_stack([y, np.roll(y, 1)]))


def test_fit_names_the_wrapper(two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="OnLabeled needs at least one labelled row"):
        OnLabeled(LogisticRegression()).fit(X[101:], y[101:])
    domain = np.arange(67) % 2 == 0
    with pytest.raises(ValueError, match="ImportanceWeighted needs at least one labelled row"):
        ImportanceWeighted(LogisticRegression()).fit(X[101:], y[101:], sample_domain=domain)


def test_errors_of_the_inner_estimator_come_through(two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="requires y to be passed"):
        OnLabeled(LogisticRegression()).fit(X)
    with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
        OnLabeled(LogisticRegression()).fit(X, y, nonsense=1)
    with pytest.raises(ValueError, match="inconsistent numbers of samples|sample_weight"):
        OnLabeled(LogisticRegression()).fit(X, y, sample_weight=np.ones(7))


# --- what may stand inside ---


def test_several_outputs(two_domains):
    X, y, y_true = two_domains
    Y = np.column_stack([y, 2 * y + 0.5])
    model = OnLabeled(LinearRegression()).fit(X, read_only(Y))
    assert_allclose(model.estimator_.coef_, LinearRegression().fit(X[:101], Y[:101]).coef_)
    assert model.predict(X).shape == (168, 2)
    frame = pd.DataFrame(Y, columns=["p", "q"])
    assert_allclose(OnLabeled(LinearRegression()).fit(X, frame).predict(X), model.predict(X))
    words = np.where(np.isnan(Y), None, np.where(Y > 0.5, "hi", "lo"))
    classes = OnLabeled(KNeighborsClassifier(1)).fit(X, words).classes_
    assert [names.tolist() for names in classes] == [["hi", "lo"]] * 2


def test_sparse_indicators_of_many_labels(two_domains):
    X, _, y_true = two_domains
    Y = sparse.csr_matrix(np.column_stack([y_true, 1 - y_true]))
    model = OnLabeled(OneVsRestClassifier(LogisticRegression())).fit(X, Y)
    expected = OneVsRestClassifier(LogisticRegression()).fit(X, Y)
    assert_array_equal(model.predict(X).toarray(), expected.predict(X).toarray())
    assert model.score(X, Y) == expected.score(X, Y)


@pytest.mark.parametrize(
    "inner",
    [
        CalibratedClassifierCV(LogisticRegression(), cv=3),
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=3),
        make_pipeline(StandardScaler(), LogisticRegression()),
        OnLabeled(LogisticRegression()),
    ],
    ids=lambda inner: type(inner).__name__,
)
def test_meta_estimators_inside(inner, two_domains):
    X, y, _ = two_domains
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = OnLabeled(clone(inner)).fit(frame, pd.Series(y))
    expected = clone(inner).fit(frame[:101], y[:101].astype(int))
    assert_allclose(model.predict_proba(frame), expected.predict_proba(frame))
    assert model.classes_.tolist() == [0, 1] and model.n_features_in_ == 5
    assert model.feature_names_in_.tolist() == list("abcde")
    assert model.score(frame, y) == expected.score(frame[:101], y[:101].astype(int))


def test_a_step_of_the_inner_pipeline_sees_labelled_rows_alone(two_domains):
    X, y, _ = two_domains
    pipe = make_pipeline(StandardScaler(), OnLabeled(make_pipeline(StandardScaler(), SVC()))).fit(X, y)
    assert_allclose(pipe[0].mean_, X.mean(axis=0))
    assert pipe[-1].estimator_[0].n_samples_seen_ == 101


def test_documents_stay_a_list():
    documents = ["to be", "or not", "to be", "that is"]
    model = OnLabeled(make_pipeline(CountVectorizer(), LogisticRegression())).fit(documents, ["a", "b", "a", None])
    assert "that" not in model.estimator_[0].vocabulary_
    assert model.predict(["to be"]).tolist() == ["a"]
    recorded = OnLabeled(Recorder()).fit(documents, ["a", None, "a", "b"]).estimator_.X_
    assert recorded == ["to be", "to be", "that is"]  # no array as wide as the longest one


def test_frames_with_mixed_columns():
    X = pd.DataFrame({"n": [1.0, 2, 3, 4], "c": pd.Categorical(["u", "v", "u", "v"])}, index=[0, 0, 1, 1])
    given = OnLabeled(Recorder()).fit(X, pd.Series([1, None, 0, None])).estimator_.X_
    pd.testing.assert_frame_equal(given, X.iloc[[0, 2]])
    given = OnLabeled(Recorder()).fit(pl.DataFrame({"n": [1, 2], "c": ["u", "v"]}), pl.Series([None, 1])).estimator_.X_
    assert given.equals(pl.DataFrame({"n": [2], "c": ["v"]}))


# --- clone, pickle, parameters, repr ---


@pytest.mark.parametrize("model", [OnLabeled(SVC()), ImportanceWeighted(SVC(), KMM())], ids=repr)
def test_clone_pickle_and_parameters(model, two_domains):
    X, y, _ = two_domains
    model = clone(model).set_params(estimator__C=7.0)
    assert model.get_params()["estimator__C"] == model.estimator.C == 7.0
    inner = model.estimator
    model.fit(X, y)
    assert model.estimator is inner and not hasattr(inner, "classes_") and model.estimator_.C == 7.0
    copied = clone(model)
    assert copied.estimator.C == 7.0 and not hasattr(copied, "estimator_")
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    refitted = model.set_params(estimator=LogisticRegression())
    assert isinstance(refitted.estimator_, SVC) and not hasattr(refitted, "predict_proba")  # until it is fitted again
    assert hasattr(refitted.fit(X, y), "predict_proba")


@pytest.mark.parametrize(
    "model, text",
    [
        (OnLabeled(SVC(C=2)), "OnLabeled(estimator=SVC(C=2))"),
        (ImportanceWeighted(SVC(), KMM(B=5)), "ImportanceWeighted(estimator=SVC(), weighter=KMM(B=5))"),
        (TCA(3, mu=0.1), "TCA(mu=0.1, n_components=3)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_repr(model, text):
    assert repr(model) == text
    html = model._repr_html_()
    assert type(model).__name__ in html
    assert not isinstance(model, BaseOnLabeled) or "SVC" in html


# --- pipelines and searches, metadata routing off and on ---


def adapting_pipe():
    return Pipeline([("scale", StandardScaler()), ("tca", TCA(2)), ("clf", OnLabeled(LogisticRegression()))])


@pytest.fixture(scope="module")
def told(two_domains):
    """All labels known; sample_domain tells the domains, in three forms."""
    X, y, y_true = two_domains
    target = np.isnan(y)
    return X, y_true, [read_only(target), np.where(target, -1, 0), pd.Series(np.where(target, "target", "lab"))]


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


# --- ImportanceWeighted: by hand ---


def weighted_by_hand(inner, X, y, given=1.0, weighter=None, **kwargs):
    """The inner estimator on the labelled rows, under the weighter's weights times those given."""
    weights = clone(weighter or KMM()).fit(X, y, **kwargs).weights_ * given
    known = ~np.isnan(y)
    labels = y[known].astype(int) if is_classifier(inner) else y[known]
    return clone(inner).fit(X[known], labels, sample_weight=weights[known])


@pytest.mark.parametrize("given", [None, np.linspace(0.5, 2, 168), np.linspace(0.5, 2, 168).tolist()], ids=type)
@pytest.mark.parametrize("weighter", [None, KMM(), KMM(B=2.0, kernel="linear")], ids=repr)
@pytest.mark.parametrize("inner", [LogisticRegression(), Ridge()], ids=repr)
def test_importance_weighted_by_hand(inner, weighter, given, two_domains):
    X, y, _ = two_domains
    params = {} if given is None else {"sample_weight": given}
    model = ImportanceWeighted(inner, weighter).fit(X, y, **params)
    expected = weighted_by_hand(inner, X, y, 1.0 if given is None else np.asarray(given), weighter)
    assert_array_equal(model.estimator_.coef_, expected.coef_)
    assert not np.allclose(model.estimator_.coef_, OnLabeled(inner).fit(X, y, **params).estimator_.coef_)
    assert model.weighter is weighter and model.weighter_.weights_.shape == (168,)
    assert_array_equal(model.weighter_.weights_[101:], np.ones(67))


def test_labelled_target_rows_have_weight_one(two_domains):
    X, y, y_true = two_domains
    some = y.copy()
    some[110:120] = y_true[110:120]
    domain = read_only(np.isnan(y))
    model = ImportanceWeighted(Recorder()).fit(X, some, sample_domain=domain)
    weights = model.estimator_.sample_weight_
    assert_array_equal(weights[101:], np.ones(10))
    assert_array_equal(weights[:101], KMM().fit(X, some, sample_domain=domain).weights_[:101])
    assert weights[:101].mean() == pytest.approx(1) and weights[:101].std() > 0.05


def test_source_rows_without_label_are_weighted_but_not_fitted(two_domains):
    X, y, _ = two_domains
    domain = np.where(np.isnan(y), "target", "lab")
    gaps = y.copy()
    gaps[::4] = NAN
    model = ImportanceWeighted(LogisticRegression()).fit(X, read_only(gaps), sample_domain=domain)
    assert_array_equal(model.weighter_.weights_, KMM().fit(X, y).weights_)
    assert_array_equal(
        model.estimator_.coef_, weighted_by_hand(LogisticRegression(), X, gaps, sample_domain=domain).coef_
    )


@pytest.mark.parametrize(
    "inner",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), LogisticRegression())),
        OnLabeled(LogisticRegression()),
        OnLabeled(make_pipeline(StandardScaler(), LogisticRegression())),
        CalibratedClassifierCV(LogisticRegression(), cv=3),
    ],
    ids=["pipeline", "nested", "OnLabeled", "OnLabeled pipeline", "calibrated"],
)
def test_importance_weighted_around_others(inner, two_domains):
    X, y, _ = two_domains
    model = ImportanceWeighted(inner).fit(X, y)
    weights, final, prefix = KMM().fit(X, y).weights_[:101], getattr(inner, "estimator", inner), ""
    while isinstance(final, Pipeline):
        prefix, final = f"{prefix}{final.steps[-1][0]}__", final[-1]
    expected = clone(inner).fit(X[:101], y[:101].astype(int), **{f"{prefix}sample_weight": weights})
    assert_allclose(model.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("inner", [NoWeights(), KNeighborsClassifier(), make_pipeline(StandardScaler(), NoWeights())])
def test_an_estimator_without_weights_is_an_error(inner, two_domains):
    X, y, _ = two_domains
    name = type(inner[-1] if isinstance(inner, Pipeline) else inner).__name__
    with pytest.raises(TypeError, match=rf"must take sample_weight in fit.*{name}\(.*does not. Use one that does"):
        ImportanceWeighted(inner).fit(X, y)


def test_in_one_domain_the_weights_are_one(two_domains):
    X, _, y_true = two_domains
    with pytest.warns(SingleDomainWarning):
        model = ImportanceWeighted(LogisticRegression()).fit(X, y_true)
    assert_array_equal(model.weighter_.weights_, np.ones(168))
    assert_allclose(model.estimator_.coef_, LogisticRegression().fit(X, y_true).coef_)


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


# --- the contracts ---


class Doubling(BaseWeighter):
    """Gives the source rows the weights 1, 2, 3, ..., times 10."""

    def _check_params(self):
        self.checked_ = True

    def _weigh(self, X_source, X_target):
        return 10.0 * np.arange(1, X_source.shape[0] + 1)


class Column(BaseRatioWeighter):
    """The first column as the ratio."""

    def __init__(self, clip=None):
        self.clip = clip

    def _check_params(self):
        pass

    def _weigh(self, X_source, X_target):
        return self._ratio(X_source)

    def _ratio(self, X):
        return X[:, 0]


class Centring(BaseDomainTransformer):
    """Takes the target's mean off."""

    def fit(self, X, y=None, sample_domain=None):
        X, domains = self._check_rows(X, y, sample_domain, dtype=[np.float64, np.float32])
        self.mean_ = X[domains.target if domains.target.any() else domains.source].mean(axis=0)
        self._n_features_out = X.shape[1]
        return self

    def transform(self, X):
        return X - self.mean_


@pytest.mark.parametrize(
    "base", [BaseWeighter, BaseRatioWeighter, BaseDomainTransformer, BaseTransferClassifier, BaseOnLabeled]
)
def test_contracts_are_abstract(base):
    with pytest.raises(TypeError, match="abstract"):
        base()


def test_stored_weights():
    X = np.zeros((5, 1))
    weighter = Doubling().fit(X, [1, None, 0, None, 1])
    assert_allclose(weighter.weights_, [0.5, 1, 1, 1, 1.5])
    assert weighter.effective_sample_size_ == pytest.approx(9 / 3.5)  # 3^2 / (0.5^2 + 1 + 1.5^2)
    assert isinstance(weighter.effective_sample_size_, float)
    with pytest.warns(SingleDomainWarning):
        assert_array_equal(Doubling().fit(X).weights_, np.ones(5))


def test_clip_bounds_the_weights_and_reports_the_share():
    X = np.array([[1.0], [9], [2], [3], [4]])  # the second is the target row; mean of the others 2.5
    y = [0, None, 0, 0, 0]
    assert Column().fit(X, y).clipped_share_ == 0
    multiple = Column(clip=1.4).fit(X, y)  # at most 3.5
    assert multiple.clipped_share_ == 0.25
    assert_allclose(multiple.weights_, np.array([1, 9.5 / 4, 2, 3, 3.5]) * 4 / 9.5)
    quantile = Column(clip=0.5).fit(X, y)
    assert quantile.clipped_share_ == 0.5
    assert_allclose(quantile.weights_, np.array([1, 2, 2, 2.5, 2.5]) / 2)
    assert_allclose(quantile.predict_weights(X), X[:, 0])  # the ratio itself
    assert KMM(clip=0.5).fit(X, y).clipped_share_ > 0
    with pytest.raises(ValueError, match="clip must be None or a number > 0; got -1"):
        Column(clip=-1).fit(X, y)
    with pytest.raises(TypeError, match="clip must be None or a number > 0; got 'most' of type str"):
        Column(clip="most").fit(X, y)


def test_few_effective_rows_warn():
    X = np.full((31, 1), 0.01)
    X[:2] = 1000.0
    y = np.where(np.arange(31) < 30, 0.0, np.nan)
    with pytest.warns(
        LowEffectiveSampleSizeWarning, match=r"weights of 30 source rows are worth 2\.0 equally"
    ) as caught:
        Column().fit(X, y)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Column().fit(X[:20], y[11:])  # a small source is small by itself
        Column(clip=1.0).fit(X + 100, y)


def test_a_ratio_of_zero_everywhere_is_an_error():
    with pytest.raises(ValueError, match="Column finds a ratio of 0 at all 2 source rows: the domains do not overlap"):
        Column().fit([[0.0], [0.0], [1.0]], [0, 0, None])


def test_predict_weights_of_new_rows():
    X = np.array([[1.0], [9], [2]])
    assert_allclose(Column().fit(X, [0, None, 0]).predict_weights([[7.0], [8.0]]), [7, 8])
    with pytest.warns(SingleDomainWarning):
        assert_array_equal(Column().fit(X).predict_weights(X), np.ones(3))
    with pytest.raises(NotFittedError):
        Column().predict_weights(X)
    with pytest.raises(ValueError, match="2 features.*expecting 1"):
        Column().fit(X, [0, None, 0]).predict_weights([[1.0, 2.0]])


def test_a_transformer_keeps_order_and_dtype():
    X = np.arange(6, dtype=np.float32).reshape(3, 2)
    mapped = Centring().fit_transform(X, [0, None, 1])
    assert_array_equal(mapped, X - X[1])
    assert mapped.dtype == np.float32 and get_tags(Centring()).transformer_tags.preserves_dtype == [
        "float64",
        "float32",
    ]
    frame = Centring().set_output(transform="pandas").fit_transform(X, sample_domain=[True, False, False])
    assert list(frame.columns) == ["centring0", "centring1"]
    assert_array_equal(frame, X - X[0])


@pytest.mark.parametrize("kind", [Doubling, Centring, Majority, KMM, TCA, ImportanceWeighted])
def test_sample_domain_is_requested_at_class_level(kind):
    assert not sklearn.get_config()["enable_metadata_routing"]
    estimator = kind(LogisticRegression()) if kind is ImportanceWeighted else kind()
    assert estimator.get_metadata_routing().consumes("fit", ["sample_domain", "other"]) == {"sample_domain"}
    with routing_on():
        assert estimator.set_fit_request(sample_domain="site") is estimator  # and may be renamed


def test_a_renamed_sample_domain_arrives(told):
    X, y, forms = told
    expected = TCA(2).fit(X, y, sample_domain=forms[0]).components_
    with routing_on():
        pipe = make_pipeline(TCA(2).set_fit_request(sample_domain="site"), OnLabeled(LogisticRegression()))
        assert_array_equal(pipe.fit(X, y, site=forms[0])[0].components_, expected)


def test_adapters_do_not_go_inside_on_labeled(two_domains):
    X, y, y_true = two_domains
    for inner in (KMM(), make_pipeline(TCA(), LogisticRegression())):
        with pytest.raises(TypeError, match="needs the rows without a label, which OnLabeled takes away"):
            OnLabeled(inner).fit(X, y)
    with pytest.raises(TypeError, match=r"weighter must be a weighter of sktl.instance, such as KMM\(\); got TCA\(\)"):
        ImportanceWeighted(LogisticRegression(), TCA()).fit(X, y)
    with pytest.raises(TypeError, match="must be an object with fit, such as"):
        ImportanceWeighted(LogisticRegression).fit(X, y)


# --- maps of each domain's own ---


class Centre(OneToOneFeatureMixin, BaseDomainAligner):
    """Each domain's own mean is taken away: the least that an aligner can do."""

    def _check_params(self):
        pass

    def _fit_maps(self, X, y, domains):
        self.means_ = {name: X[domains.names == name].mean(axis=0) for name in set(domains.names.tolist())}
        if domains.single:
            self.means_["target"] = self.means_["source"]
        self._n_features_out = X.shape[1]

    def _map(self, X, name):
        return X - self.means_[name]


ROWS = np.array([[0.0], [2.0], [10.0], [14.0], [100.0], [101.0]])
NAMES = np.array(["a", "a", "b", "b", "target", "target"])


def test_an_aligner_maps_each_domain_by_its_own_map_in_the_caller_s_order():
    order = [4, 0, 2, 5, 1, 3]
    aligner = Centre()
    mapped = aligner.fit_transform(ROWS[order], sample_domain=NAMES[order])
    assert_array_equal(mapped, np.array([[-1], [1], [-2], [2], [-0.5], [0.5]])[order])
    assert_array_equal(aligner.transform(ROWS), ROWS - 100.5)  # new rows are target rows
    assert_array_equal(aligner.transform(ROWS, sample_domain=np.full(6, "b")), ROWS - 12)
    assert_array_equal(aligner.transform(ROWS, NAMES)[:, 0], [-1, 1, -2, 2, -0.5, 0.5])


def test_an_aligner_reads_the_domains_of_new_rows_in_every_form():
    y = [0, 1, 0, 1, None, None]
    aligner = Centre().fit(ROWS, y)
    expected = aligner.fit_transform(ROWS, y)
    for form in ([False] * 4 + [True] * 2, ["source"] * 4 + ["target"] * 2):
        assert_array_equal(aligner.transform(ROWS, sample_domain=form), expected)
    numbered = Centre().fit(ROWS, sample_domain=[3, 3, 3, 3, -1, -2])
    assert_array_equal(numbered.transform(ROWS, sample_domain=[3, 3, 3, 3, -9, -1]), expected)
    assert_array_equal(numbered.transform(ROWS, sample_domain=[False] * 4 + [True] * 2), expected)  # one source: clear
    unnamed = Centre().fit(ROWS, y, sample_domain=["lab"] * 4 + ["field"] * 2)  # told by missing labels
    assert_array_equal(unnamed.transform(ROWS, sample_domain=["lab"] * 4 + ["field", "target"]), expected)


def test_an_aligner_knows_the_domains_it_has_seen():
    aligner = Centre().fit(ROWS, sample_domain=NAMES)
    with pytest.raises(ValueError, match=r"names the domains \['c'\], which fit has not seen: .*\['a', 'b'\]"):
        aligner.transform(ROWS, sample_domain=["c"] * 6)
    with pytest.raises(ValueError, match=r"\['source'\], which fit has not seen"):
        aligner.transform(ROWS, sample_domain=[False] * 6)  # which of the two?
    with pytest.raises(ValueError, match=r"one value a row, shape \(6,\)"):
        aligner.transform(ROWS, sample_domain=["a"])


def test_an_aligner_asks_for_the_domains_of_the_rows_it_transforms():
    y, target = np.array([0, 0, 1, 1, np.nan, np.nan]), np.array([False] * 4 + [True] * 2)
    with routing_on():
        pipe = make_pipeline(Centre(), OnLabeled(LogisticRegression())).fit(ROWS, y, sample_domain=target)
        assert_array_equal(pipe[:1].transform(ROWS, sample_domain=target), Centre().fit_transform(ROWS, y))
