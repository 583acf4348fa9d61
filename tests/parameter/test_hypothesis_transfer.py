"""Any model over any model: modes by hand, limits, invariances, what happens to the source, errors."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_regressor
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from sktl import stack_domains
from sktl.exceptions import NoTargetLabelsError
from sktl.parameter import HypothesisTransferClassifier, HypothesisTransferRegressor

MODES = ("source", "shift", "affine", "offset", "stack", "target")
BOTH = [HypothesisTransferRegressor, HypothesisTransferClassifier]


@pytest.fixture(scope="module")
def regression():
    """A source model, 90 target rows of which 31 have labels, and all labels."""
    rng = np.random.default_rng(0)
    X, X_target = rng.normal(size=(201, 5)), rng.normal(size=(90, 5)) + [0.5, 0, 0, 0, 0]
    coef = np.array([1.0, -2, 0, 0.5, 0])
    y = X @ coef + 0.3 * rng.normal(size=201)
    y_true = 1.3 * (X_target @ coef) + 2 + X_target[:, 2] + 0.3 * rng.normal(size=90)
    hidden = np.where(np.arange(90) < 31, y_true, np.nan)
    return Ridge().fit(X, y), X_target, hidden, y_true, (X, y)


@pytest.fixture(scope="module")
def classes():
    """A source model of three classes, 120 target rows of which 41 have labels, and all labels."""
    rng = np.random.default_rng(1)
    X, X_target, coef = rng.normal(size=(301, 4)), rng.normal(size=(120, 4)), rng.normal(size=(4, 3))
    y = (2 * X @ coef + rng.gumbel(size=(301, 3))).argmax(axis=1)
    y_true = (2 * X_target @ coef + [1.5, 0, 0] + rng.gumbel(size=(120, 3))).argmax(axis=1)
    names = np.array(["cat", "dog", "owl"])
    hidden = np.where(np.arange(120) < 41, names[y_true], None)
    return LogisticRegression().fit(X, names[y]), X_target, hidden, names[y_true], (X, names[y])


def problem(cls, regression, classes):
    return regression if cls is HypothesisTransferRegressor else classes


def said(model, X):
    return model.predict(X) if is_regressor(model) else model.predict_proba(X)


# --- what the modes are ---


def test_source_and_shift_by_hand(regression):
    source, X, y, _, _ = regression
    known = ~np.isnan(y)
    as_it_is = HypothesisTransferRegressor(source, mode="source").fit(X, y)
    assert_array_equal(as_it_is.predict(X), source.predict(X))
    residual = (y - source.predict(X))[known]
    moved = HypothesisTransferRegressor(source, mode="shift").fit(X, y).predict(X) - source.predict(X)
    assert_allclose(moved, moved[0])
    k = residual.sum() / moved[0] - len(residual)  # n / (n + k) of the mean residual
    assert 0.1 < k < 10
    assert list(as_it_is.mode_weights_) == ["source"] and as_it_is.mode_weights_["source"] == 1
    assert_allclose(as_it_is.evidence_["source"], np.sqrt(np.mean(residual**2)))


def test_affine_finds_slope_and_offset(regression):
    source, X, _, _, _ = regression
    model = HypothesisTransferRegressor(source, mode="affine").fit(X, 3 * source.predict(X) - 5)
    assert_allclose(model.predict(X), 3 * source.predict(X) - 5, rtol=0.02, atol=0.1)


def test_evidence_is_the_error_of_brute_force_for_a_user_s_estimator(regression):
    source, X, y, _, _ = regression
    X, y = X[:9], y[:9]  # up to ten rows the folds are single rows
    model = HypothesisTransferRegressor(source, Ridge(), mode="offset").fit(X, y)
    left_out = []
    for i in range(9):
        rest = np.arange(9) != i
        fit = Ridge().fit(X[rest], (y - source.predict(X))[rest])
        left_out.append(source.predict(X[[i]])[0] + fit.predict(X[[i]])[0])
    assert_allclose(model.evidence_["offset"], np.sqrt(np.mean((y[:9] - left_out) ** 2)))
    fit = Ridge().fit(X, y - source.predict(X))
    assert_allclose(model.predict(X), source.predict(X) + fit.predict(X))


def test_auto_is_the_weighted_average_of_its_modes(regression, classes):
    for cls in BOTH:
        source, X, y, _, _ = problem(cls, regression, classes)
        model = cls(source).fit(X, y)
        assert tuple(model.mode_weights_) == MODES
        assert_allclose(sum(model.mode_weights_.values()), 1)
        alone = {mode: cls(source, mode=mode).fit(X, y) for mode in MODES}
        average = sum(model.mode_weights_[mode] * said(alone[mode], X) for mode in MODES)
        assert_allclose(said(model, X), average)
        for mode in MODES:
            assert_allclose(model.evidence_[mode], alone[mode].evidence_[mode])


def test_auto_leaves_out_what_an_estimator_cannot_learn(classes):
    source, X, y, _, _ = classes
    bayes = HypothesisTransferClassifier(source, GaussianNB()).fit(X, y)
    assert set(bayes.mode_weights_) == set(MODES) - {"offset"}
    ridge = HypothesisTransferClassifier(source, Ridge()).fit(X, y)
    assert set(ridge.mode_weights_) == set(MODES) - {"stack", "target"}
    with pytest.raises(TypeError, match="takes no offset"):
        HypothesisTransferClassifier(source, GaussianNB(), mode="offset").fit(X, y)


@pytest.mark.parametrize("cls", BOTH)
def test_row_order_does_not_matter_to_a_user_s_estimator(cls, regression, classes):
    source, X, y, _, _ = problem(cls, regression, classes)
    order = np.random.default_rng(4).permutation(len(X))
    model = cls(source, Ridge(solver="cholesky"))
    assert_allclose(said(clone(model).fit(X[order], y[order]), X), said(clone(model).fit(X, y), X), rtol=1e-6)


def test_mode_weights_by_the_formula(classes):
    source, X, y, _, _ = classes
    model = HypothesisTransferClassifier(source).fit(X, y)
    scores = np.array([-41 / 4 * model.evidence_[mode] for mode in MODES])
    doubt = np.log([1, 1, 1, 1, *[41 / (41 + 5 * 3)] * 2])  # five labels a class of what learns a whole model
    assert_allclose(list(model.mode_weights_.values()), np.exp(log_softmax(scores + doubt)))


def test_mode_weights_of_a_regression_by_the_formula(regression):
    source, X, y, _, _ = regression
    model = HypothesisTransferRegressor(source).fit(X, y)
    error = np.array([model.evidence_[mode] for mode in MODES]) ** 2 + 0.1 * source.predict(X).var() / 31
    scores = -31 / 8 * np.log(error) + np.log([1, 1, 1, 1, 31 / 41, 31 / 41])
    assert_allclose(list(model.mode_weights_.values()), np.exp(log_softmax(scores)))


def test_classifier_source_and_stated_clipping(classes):
    source, X, y, _, _ = classes
    model = HypothesisTransferClassifier(source, mode="source").fit(X, y)
    clipped = np.clip(source.predict_proba(X), 1e-3, 1 - 1e-3)
    assert_allclose(model.predict_proba(X), clipped / clipped.sum(axis=1, keepdims=True))


def test_an_offset_a_class_mends_shifted_shares(classes):
    source, X, y, y_true, _ = classes
    model = HypothesisTransferClassifier(source, mode="shift").fit(X, y)
    shares = model.predict_proba(X).mean(axis=0)
    true = np.array([(y_true == name).mean() for name in model.classes_])
    before = source.predict_proba(X).mean(axis=0)
    assert np.abs(shares - true).max() < 0.75 * np.abs(before - true).max()


class Said(ClassifierMixin, BaseEstimator):
    """A fitted source whose log-odds of the later classes against the first are its columns, times a factor."""

    def __init__(self, factor=1.0, classes=(0, 1)):
        self.factor, self.classes = factor, classes
        self.classes_, self.n_features_in_ = np.array(classes), len(classes) - 1

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        odds = self.factor * np.asarray(X)[:, : len(self.classes) - 1]
        return softmax(np.column_stack([np.zeros(len(X)), odds]), axis=1)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def test_a_source_that_is_too_unsure_has_the_unit_of_its_spread():
    """Below a deviation of 1 the factor of the log-odds has no part in the correction, down to a tenth."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 1))
    X = (X - X.mean()) / X.std()
    y = np.where(np.arange(80) < 12, (X[:, 0] + 0.5 > 0).astype(float), np.nan)
    found = {f: HypothesisTransferClassifier(Said(f), mode="affine").fit(X, y).predict_proba(X) for f in (1, 0.2, 2)}
    assert_allclose(found[0.2], found[1], rtol=1e-8)
    assert np.abs(found[2] - found[1]).max() > 0.05  # a sure source stays as sure as it is
    for factor in (0.01, 1e-9, 0.0):  # what hardly varies does not become knowledge
        least = HypothesisTransferClassifier(Said(factor), mode="shift").fit(X, y).predict_proba(X)
        assert np.ptp(least[:, 1]) < 0.15


def test_classes_new_to_an_unsure_source_keep_their_small_probability():
    X = np.linspace(-1, 1, 40)[:, None]
    y = np.where(np.arange(40) < 6, "b", None).astype(object)
    y[:2], y[5] = "a", "new"
    source = Said(0.1, ("a", "b"))
    by_shift = HypothesisTransferClassifier(source, mode="shift").fit(X, y).predict_proba(X)
    assert (by_shift[:, 2] > 1e-4).all()  # not 1e-3 to the power of ten


# --- limits ---


def test_many_labels_of_another_rule_leave_the_source(regression):
    source, X, _, _, _ = regression
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(400, 5))
    y = rows @ [0, 0, 3.0, 0, 1] + 0.1 * rng.normal(size=400)
    model = HypothesisTransferRegressor(source).fit(rows, y)
    assert_allclose(model.predict(X), X @ [0, 0, 3.0, 0, 1], atol=0.3)


def test_a_right_source_stays(regression):
    source, X, _, _, _ = regression
    rng = np.random.default_rng(3)
    y = source.predict(X) + 0.3 * rng.normal(size=90)
    y[12:] = np.nan
    found = HypothesisTransferRegressor(source).fit(X, y).predict(X)
    assert np.sqrt(np.mean((found - source.predict(X)) ** 2)) < 0.3


@pytest.mark.parametrize("cls", BOTH)
def test_one_label_is_enough(cls, regression, classes):
    source, X, y, _, _ = problem(cls, regression, classes)
    assert np.isfinite(said(cls(source).fit(X[:1], y[:1]), X)).all()
    assert np.isfinite(said(cls(source, make_pipeline(StandardScaler(), Ridge())).fit(X[:1], y[:1]), X)).all()


# --- classes that one side knows alone ---


def test_classes_of_one_side(classes):
    source, X, y, _, _ = classes
    labels = np.where(np.arange(120) < 30, np.where(X[:, 0] > 0, "cat", "yak"), None)
    model = HypothesisTransferClassifier(source).fit(X, labels)
    assert model.classes_.tolist() == ["cat", "dog", "owl", "yak"]
    assert (model.predict(X[X[:, 0] < -1]) == "yak").mean() > 0.5
    for estimator in (LogisticRegression(), GaussianNB()):
        mode = "offset" if isinstance(estimator, LogisticRegression) else "target"
        found = HypothesisTransferClassifier(source, estimator, mode=mode).fit(X, labels)
        assert_allclose(found.predict_proba(X).sum(axis=1), 1)
    with pytest.raises(ValueError, match="knows the classes .*'cat'.* labels are .*'no'.* none in common"):
        HypothesisTransferClassifier(source).fit(X, np.where(X[:, 0] > 0, "no", "yes"))
    with pytest.raises(ValueError, match="none in common"):
        HypothesisTransferClassifier(source).fit(X, (X[:, 0] > 0).astype(int))


# --- the source ---


@pytest.mark.parametrize("cls", BOTH)
def test_a_fitted_source_is_kept_and_never_changed(cls, regression, classes):
    source, X, y, _, _ = problem(cls, regression, classes)
    before = pickle.dumps(source)
    model = clone(cls(source))
    assert model.source is source
    named = clone(cls([("old", source)]))
    assert named.source[0][1] is source
    model.fit(X, y)
    assert model.sources_[0][1] is source and pickle.dumps(source) == before
    with pytest.raises(ValueError, match="is fitted and is never changed"):
        model.set_params(source__fit_intercept=False)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(said(again, X), said(model, X))
    assert not hasattr(model, "_labels")


@pytest.mark.parametrize("cls", BOTH)
def test_grids_over_frozen_sources(cls, regression, classes):
    source, X, _, y_true, (X_source, y_source) = problem(cls, regression, classes)
    other = clone(source).fit(X_source[:, ::-1], y_source)
    grid = {"source": [FrozenEstimator(source), FrozenEstimator(other)], "mode": ["shift"]}
    search = GridSearchCV(cls(), grid, cv=3, error_score="raise").fit(X, y_true)
    assert search.best_params_["source"].estimator is source


@pytest.mark.parametrize("cls", BOTH)
def test_unfitted_source_is_fitted_on_source_rows(cls, regression, classes):
    source, X, y, _, pair = problem(cls, regression, classes)
    rows, labels, domain = stack_domains(pair, (X, y))
    fitted = cls(source).fit(X, y)
    unfitted = cls(clone(source)).fit(rows, labels, domain)
    if is_regressor(source):
        assert_allclose(unfitted.predict(X), fitted.predict(X))
    else:  # its probabilities are clipped at half of its rows instead of 1e-3
        assert_allclose(unfitted.predict_proba(X), fitted.predict_proba(X), atol=0.01)
    with pytest.raises(NotFittedError):
        source_of_model = cls(clone(source)).source
        source_of_model.predict(X)
    left_out = cls(source).fit(rows, labels, domain)  # a fitted source knows the source rows already
    assert_allclose(said(left_out, X), said(fitted, X))


@pytest.mark.parametrize("cls", BOTH)
def test_several_sources_are_weighed(cls, regression, classes):
    source, X, y, _, (X_source, y_source) = problem(cls, regression, classes)
    rng = np.random.default_rng(5)
    bad = clone(source).fit(X_source, rng.permutation(y_source))
    model = cls([("good", source), ("bad", bad)]).fit(X, y)
    assert model.source_weights_[0] > 0.9
    assert_allclose(model.source_weights_.sum(), 1)
    domain = np.where(np.arange(len(X_source)) % 2, "a", "b")
    rows, labels = np.vstack([X_source, X]), np.concatenate([np.asarray(y_source, dtype=object), y])
    labels = labels.astype(float) if is_regressor(source) else labels
    apart = cls(clone(source), per_source=True)
    apart.fit(rows, labels, np.concatenate([domain, np.full(len(X), "target")]))
    assert [name for name, _ in apart.sources_] == ["a", "b"] and len(apart.source_weights_) == 2


def test_a_source_without_probabilities(classes):
    _, X, y, y_true, (X_source, y_source) = classes
    model = HypothesisTransferClassifier(LinearSVC().fit(X_source, y_source)).fit(X, y)
    assert model.score(X, y_true) > 0.6

    class Hard:  # no fit, no probabilities, not of scikit-learn
        classes_ = np.array(["cat", "dog", "owl"])

        def predict(self, X):
            return self.classes_[(X[:, 0] > 0).astype(int)]

    assert_allclose(HypothesisTransferClassifier(Hard()).fit(X, y).predict_proba(X).sum(axis=1), 1)


@pytest.mark.parametrize("cls", BOTH)
def test_errors_name_what_the_source_lacks(cls, regression, classes):
    source, X, y, _, _ = problem(cls, regression, classes)
    with pytest.raises(ValueError, match=rf"fitted on {X.shape[1]} columns; X has 3"):
        cls(source).fit(X[:, :3], y)
    frame = pd.DataFrame(X, columns=list("abcdefg"[: X.shape[1]]))
    named = clone(source).fit(frame.iloc[:41], y[:41] if cls is BOTH[1] else np.arange(41.0))
    with pytest.raises(ValueError, match="the order differs: pass X\\[source.feature_names_in_\\]"):
        cls(named).fit(frame[frame.columns[::-1]], y)
    with pytest.raises(ValueError, match="X lacks \\['a'\\]"):
        cls(named).fit(frame.rename(columns={"a": "z"}), y)
    with pytest.raises(NoTargetLabelsError, match="needs labelled target rows; the 7 target rows have no label"):
        cls(source).fit(X[:7], np.full(7, np.nan))
    with pytest.raises(TypeError, match="source must be"):
        cls(Ridge).fit(X, y)
    with pytest.raises(ValueError, match="each under its own name"):
        cls([("a", source), ("a", source)]).fit(X, y)
    with pytest.raises(ValueError, match="all fitted or all unfitted"):
        cls([("a", source), ("b", clone(source))]).fit(X, y)


def test_a_source_that_predicts_nothing_finite(regression):
    _, X, y, _, _ = regression

    class Broken:
        def predict(self, X):
            return np.full(len(X), np.nan)

    with pytest.raises(ValueError, match="one finite number per row"):
        HypothesisTransferRegressor(Broken()).fit(X, y)


# --- rows of other kinds, weights, units ---


@pytest.mark.parametrize("cls", BOTH)
def test_mixed_frames_with_gaps(cls, regression, classes):
    _, X, y, _, (X_source, y_source) = problem(cls, regression, classes)

    def frame(rows):
        words = np.where(rows[:, 0] > 0, "high", "low").astype(object)
        table = pd.DataFrame({"size": rows[:, 1], "word": words, "other": rows[:, 2]})
        table.loc[3, "other"] = np.nan
        return table

    learner = HistGradientBoostingRegressor() if is_regressor(cls()) else GaussianNB()
    encode = make_column_transformer((OneHotEncoder(sparse_output=False), ["word"]), ("passthrough", ["size"]))
    source = make_pipeline(encode, learner).fit(frame(X_source), y_source)
    model = cls(source).fit(frame(X), y)
    assert np.isfinite(said(model, frame(X))).all()


@pytest.mark.parametrize("cls", BOTH)
def test_sparse_rows(cls, regression, classes):
    source, X, y, _, _ = problem(cls, regression, classes)
    rows = sparse.csr_array(np.where(np.abs(X) > 0.7, X, 0))
    assert sparse.issparse(cls(source).fit(rows, y).columns_.transform(rows))  # never a dense table
    unit = np.sqrt((rows.toarray() ** 2).mean())
    model = cls(source, mode="target").fit(rows, y)
    first = model.models_["target"]
    if is_regressor(source):  # averaged models, whose rows are kept as they came; several classes share one softmax
        said_of = [first.predict(np.zeros(9), (rows / unit)[:9])]
        first.rows_ = first.rows_.toarray()
        said_of.append(first.predict(np.zeros(9), rows.toarray()[:9] / unit))
    else:
        said_of = [first.predict_log_proba((rows / unit)[:9]), np.log(said(model, rows[:9]))]
    assert_allclose(said_of[0], said_of[1], rtol=1e-6)
    for mode in MODES:
        found = said(cls(source, mode=mode).fit(rows, y), rows)
        assert np.isfinite(found).all()
    stacked = cls(source, Ridge() if is_regressor(source) else LogisticRegression()).fit(rows, y)
    assert np.isfinite(said(stacked, rows)).all()


@pytest.mark.parametrize("cls", BOTH)
def test_units_of_the_columns_do_not_matter(cls, regression, classes):
    source, X, y, _, (X_source, y_source) = problem(cls, regression, classes)
    unit = 10.0 ** np.arange(-3, X.shape[1] - 3)
    plain = cls(LinearRegression().fit(X_source, y_source) if is_regressor(source) else source).fit(X, y)
    inner = clone(plain.source).fit(X_source, y_source)
    scaled = cls(make_pipeline(Rescaled(1 / unit), inner).fit(X_source * unit, y_source)).fit(X * unit, y)
    assert_allclose(said(scaled, X * unit), said(plain, X), rtol=1e-6)


class Rescaled(StandardScaler):
    """Columns times known numbers."""

    def __init__(self, unit=None):
        super().__init__()
        self.unit = unit

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X * self.unit

    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X)


@pytest.mark.parametrize("cls", BOTH)
def test_weights_of_zero_leave_rows_out(cls, regression, classes):
    source, X, y, _, _ = problem(cls, regression, classes)
    weights = np.where(np.arange(len(X)) < 20, 1.0, 0.0)
    hidden = np.where(np.arange(len(X)) < 20, y, np.nan if is_regressor(source) else None)
    weighted = cls(source).fit(X, y, sample_weight=weights)
    assert_allclose(said(weighted, X), said(cls(source).fit(X, hidden), X), rtol=1e-6)
    with pytest.raises(ValueError, match="one value per row"):
        cls(source).fit(X, y, sample_weight=weights[:-1])


def test_unlabelled_rows_set_the_scale_and_nothing_else(regression):
    """They are the rows that columns are standardised by."""
    source, X, y, _, _ = regression
    all_rows = HypothesisTransferRegressor(source).fit(X, y).columns_.transform(X)
    assert_allclose(all_rows.mean(axis=0), 0, atol=1e-12)
    assert_allclose(all_rows.std(axis=0), 1)


@pytest.mark.parametrize("cls", BOTH)
def test_row_order_with_a_fitted_source(cls, regression, classes):
    source, X, y, _, _ = problem(cls, regression, classes)
    order = np.random.default_rng(4).permutation(len(X))
    assert_allclose(said(cls(source).fit(X[order], y[order]), X), said(cls(source).fit(X, y), X), rtol=1e-6)
