"""``OnLabeled`` is the inner estimator, fitted on the labelled rows."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils import get_tags
from wrapped_models import NAN, Majority, Recorder

from sktl import OnLabeled
from sktl.base import (
    BaseOnLabeled,
)
from sktl.feature import TCA
from sktl.instance import KMM, ImportanceWeighted

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


@pytest.mark.parametrize("model", [Majority(), OnLabeled(LogisticRegression())], ids=repr)
def test_a_score_needs_labels(model, two_domains):
    X, y, _ = two_domains
    model.fit(X, y)
    with pytest.raises(ValueError, match="labels of all 67 rows are missing: a score needs at least one labelled row"):
        model.score(X[101:], y[101:])
    with pytest.raises(ValueError, match="X and y must have the same number of rows: X has 168, y has 167"):
        model.score(X, y[:-1])


# --- errors of fit ---


@pytest.mark.parametrize("wrapper", [OnLabeled, ImportanceWeighted])
def test_fit_needs_labels(wrapper, two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="The labels of all 67 rows are missing"):
        wrapper(LogisticRegression()).fit(X[101:], y[101:])
    with pytest.raises(ValueError, match="X and y must have the same number of rows: X has 168, y has 167"):
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


def test_adapters_do_not_go_inside_on_labeled(two_domains):
    X, y, y_true = two_domains
    for inner in (KMM(), make_pipeline(TCA(), LogisticRegression())):
        with pytest.raises(TypeError, match="needs the rows without a label, which OnLabeled removes"):
            OnLabeled(inner).fit(X, y)
    with pytest.raises(TypeError, match=r"pass it to ImportanceWeighted\(estimator, weighter\) in place of OnLabeled"):
        OnLabeled(KMM()).fit(X, y)
    with pytest.raises(TypeError, match=r"weighter must be .* a weighter .*, such as KMM\(\); got TCA\(\)"):
        ImportanceWeighted(LogisticRegression(), TCA()).fit(X, y)
    with pytest.raises(TypeError, match="estimator must be an estimator object with fit; got the class"):
        ImportanceWeighted(LogisticRegression).fit(X, y)


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
