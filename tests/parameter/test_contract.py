"""What every member keeps to: the source's bits, its rows' order, whose rows count; with a source, or rows of all."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_regressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sktl import parameter as p
from sktl.exceptions import NoTargetLabelsError
from sktl.model_selection import TargetKFold

SOURCES = {
    "logistic": LogisticRegression(),
    "svc": LinearSVC(),
    "sgd": SGDClassifier(loss="log_loss", random_state=0),
    "ridge": Ridge(),
    "poisson": PoissonRegressor(),
    "tree classifier": DecisionTreeClassifier(max_depth=3, random_state=0),
    "tree": DecisionTreeRegressor(max_depth=3, random_state=0),
    "forest classifier": RandomForestClassifier(3, max_depth=3, random_state=0),
    "forest": RandomForestRegressor(3, max_depth=3, random_state=0),
    "boosting classifier": GradientBoostingClassifier(n_estimators=3, random_state=0),
    "boosting": GradientBoostingRegressor(n_estimators=3, random_state=0),
}
MEMBERS = [  # a member and a kind of source
    (p.HypothesisTransferClassifier(), "forest classifier"),
    (p.HypothesisTransferClassifier(estimator=LogisticRegression(), mode="stack"), "logistic"),
    (p.HypothesisTransferRegressor(), "forest"),
    (p.HypothesisTransferRegressor(estimator=Ridge(), mode="stack"), "ridge"),
    (p.TransferLogisticRegression(), "logistic"),
    (p.TransferLinearSVC(), "svc"),
    (p.TransferRidge(), "ridge"),
    (p.TransferPoissonRegressor(), "poisson"),
    (p.GaussianProcessTransferRegressor(), "tree"),
    (p.FineTunedClassifier(max_epochs=5), "forest classifier"),
    (p.FineTunedClassifier(learning_rate=0.1, max_epochs=3, n_folds=2), "sgd"),
    (p.FineTunedRegressor(max_epochs=5), "tree"),
    (p.LeafRefitClassifier(), "forest classifier"),
    (p.LeafRefitClassifier(), "boosting classifier"),
    (p.LeafRefitRegressor(), "forest"),
    (p.LeafRefitRegressor(), "boosting"),
    (p.TransferTreeClassifier(), "tree classifier"),
    (p.TransferTreeRegressor(), "tree"),
    (p.TransferForestClassifier(), "forest classifier"),
    (p.TransferForestRegressor(), "forest"),
]
#: Members that bring columns to the scale of all target rows, labelled or not.
STANDARDISE = ("HypothesisTransfer",)
#: A process is its rows.
KEEP_ROWS = ("GaussianProcess",)


@pytest.fixture(scope="module")
def rows():
    """Source rows (101), labelled target rows (29) and new ones (17), with classes and counts."""
    rng = np.random.default_rng(0)
    X, X_target, X_new = rng.normal(size=(101, 3)), rng.normal(0.4, 1, size=(29, 3)), rng.normal(size=(17, 3))
    labels = {kind: (f(X), f(X_target + 0.3)) for kind, f in (("classes", classes), ("counts", counts))}
    for array in (X, X_target, *labels["classes"], *labels["counts"]):
        array.setflags(write=False)
    return X, X_target, X_new, labels


def classes(X):
    return (X @ [2.0, -1, 0.5] > 0).astype(int)


def counts(X):
    return np.round(np.exp(0.5 * X @ [1.0, -0.5, 0.5]))


@pytest.fixture(params=MEMBERS, ids=lambda pair: f"{type(pair[0]).__name__}-{pair[1]}")
def case(request, rows):
    """A member with a fitted source, its target rows and labels."""
    X, X_target, X_new, labels = rows
    member, kind = request.param
    y, y_target = labels["classes" if hasattr(member, "predict_proba") or "Classifier" in str(member) else "counts"]
    if isinstance(member, p.TransferLinearSVC):
        y, y_target = labels["classes"]
    source = clone(SOURCES[kind]).fit(X, y)
    return clone(member).set_params(source=source), source, X_target, y_target, X_new


def said(model, X):
    """What a model says of rows, in one array."""
    for method in ("predict_proba", "decision_function", "predict"):
        if hasattr(model, method):
            return getattr(model, method)(X)


def test_a_fitted_source_is_the_same_object_bit_for_bit(case):
    member, source, X, y, X_new = case
    before = pickle.dumps(source)
    model = member.fit(X, y)
    first = said(model, X_new)
    assert model.sources_[0][1] is source and model.source is source and clone(model).source is source
    assert pickle.dumps(source) == before
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(said(again, X_new), first)
    assert_array_equal(said(clone(model).fit(X, y), X_new), first)
    assert_array_equal(said(model.fit(X[:9], y[:9]).fit(X, y), X_new), first)  # nothing of an earlier fit is left


def test_a_pickle_holds_no_row_of_the_target(case):
    member, _, X, y, _ = case
    written = pickle.dumps(member.fit(X, y))
    held = any(part.tobytes() in written for part in (*X, *X.T.copy(), np.asarray(y, dtype=float)))
    assert held == type(member).__name__.startswith(KEEP_ROWS)


def test_rows_without_labels_say_nothing_but_the_scale_of_columns(case):
    member, _, X, y, X_new = case
    alone = said(member.fit(X, y), X_new)
    hidden = np.r_[np.asarray(y, dtype=float), np.full(29, np.nan)]
    beside = X if type(member).__name__.startswith(STANDARDISE) else 3 - 2 * X  # copies leave the scale as it is
    assert_allclose(said(member.fit(np.vstack([X, beside]), hidden), X_new), alone, atol=1e-6)


def test_rows_of_other_domains_are_left_out(case):
    member, _, X, y, X_new = case
    alone = said(member.fit(X, y), X_new)
    domain = np.repeat(["old", "target"], 29)
    both = member.fit(np.vstack([5 + X, X]), np.r_[y[::-1], y], sample_domain=domain)
    assert_allclose(said(both, X_new), alone, atol=1e-9)


def test_the_order_of_rows_does_not_matter(case):
    member, _, X, y, X_new = case
    order = np.random.default_rng(1).permutation(29)
    assert_allclose(said(member.fit(X[order], y[order]), X_new), said(member.fit(X, y), X_new), atol=1e-6)


def test_a_row_without_weight_is_not_there(case):
    member, _, X, y, X_new = case
    if isinstance(member, p.GaussianProcessTransferRegressor):
        pytest.skip("a Gaussian process takes no sample_weight")
    if isinstance(member, (p.HypothesisTransferClassifier, p.HypothesisTransferRegressor)):
        pytest.skip("a row of weight 0 is a target row still, by which columns and predictions are standardised")
    weights = np.repeat([1.0, 0.0], [21, 8])
    weighted = said(member.fit(X, y, sample_weight=weights), X_new)
    assert_allclose(weighted, said(member.fit(X[:21], y[:21]), X_new), atol=1e-5)


def test_a_source_of_the_other_kind_is_refused(case):
    member, source, X, y, _ = case
    wanted, other = "classifier", Ridge().fit(X, y)
    if is_regressor(source):
        wanted, other = "regressor", LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match=f"must be a {wanted}, as what starts from it; got the"):
        member.set_params(source=other).fit(X, y)


def test_a_source_that_knows_names_of_columns(case):
    """It predicts without a warning, and is not asked about other names or another order."""
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    member, source, X, y, X_new = case
    frame, new = (pandas.DataFrame(table, columns=list("abc")) for table in (X, X_new))
    model = member.set_params(source=clone(source).fit(frame, y)).fit(frame, y)
    assert np.isfinite(said(model, new)).all()
    with pytest.raises(ValueError, match=r"X lacks \['a'\]"):
        clone(model).fit(frame.rename(columns={"a": "z"}), y)
    with pytest.raises(ValueError, match=r"the order differs: pass X\[source.feature_names_in_\]"):
        clone(model).fit(frame[["b", "a", "c"]], y)
    with pytest.raises(ValueError, match="was fitted on 3 columns; X has 2"):
        clone(model).fit(X[:, :2], y)


def test_several_sources_and_frozen_ones_in_a_grid(case):
    member, source, X, y, X_new = case
    again = clone(source).fit(X[::-1], y[::-1])
    before = [pickle.dumps(model) for model in (source, again)]
    model = clone(member).set_params(source=[("a", source), ("b", again)]).fit(X, y)
    assert model.source_weights_.shape == (2,) and [name for name, _ in model.sources_] == ["a", "b"]
    assert np.isfinite(said(model, X_new)).all()
    grid = {"source": [FrozenEstimator(source), FrozenEstimator(again)]}
    search = GridSearchCV(member, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_params_["source"] in grid["source"]
    assert [pickle.dumps(model) for model in (source, again)] == before


# --- members that take no source but the rows of all domains ---

ROW_MEMBERS = [p.TransGLM(), p.TransGLM("binomial"), p.TransGLM("poisson"), p.MultiTaskTransferRidge()]


@pytest.fixture(params=ROW_MEMBERS, ids=str)
def table(request, rows):
    """A member, rows of two sources and the target (read-only), labels and domains, and new rows."""
    X, X_target, X_new, labels = rows
    y, y_target = labels["classes" if "binomial" in str(request.param) else "counts"]
    both, y_all = np.vstack([X, X_target]), np.r_[y, y_target].astype(float)
    both.setflags(write=False)
    y_all.setflags(write=False)
    return clone(request.param), both, y_all, np.repeat(["a", "b", "target"], [51, 50, 29]), X_new


def test_a_pickle_says_the_same_and_holds_no_row(table):
    member, X, y, domain, X_new = table
    before = X.copy(), y.copy()
    first = said(member.fit(X, y, sample_domain=domain), X_new)
    written = pickle.dumps(member)
    assert_array_equal(said(pickle.loads(written), X_new), first)
    targets = X[domain == "target"]
    assert not any(part.tobytes() in written for part in (*X, *X.T.copy(), *targets.T.copy(), y))
    again = member.fit(X[::2], y[::2], sample_domain=domain[::2]).fit(X, y, sample_domain=domain)
    assert_array_equal(said(again, X_new), first)  # nothing of an earlier fit is left
    assert_array_equal(X, before[0])
    assert_array_equal(y, before[1])


def test_rows_without_labels_or_weight_are_not_there(table):
    member, X, y, domain, X_new = table
    alone = said(member.fit(X, y, sample_domain=domain), X_new)
    more, hidden = np.vstack([X, 9 - X]), np.r_[y, np.full(len(y), np.nan)]
    beside = said(clone(member).fit(more, hidden, sample_domain=np.tile(domain, 2)), X_new)
    assert_allclose(beside, alone, atol=1e-6)
    weights = np.repeat([1.0, 0.0], len(y))
    weighted = clone(member).fit(more, np.r_[y, y[::-1]], np.tile(domain, 2), sample_weight=weights)
    assert_allclose(said(weighted, X_new), alone, atol=1e-6)


def test_neither_the_order_of_rows_nor_the_names_of_domains_matter(table):
    member, X, y, domain, X_new = table
    alone = said(member.fit(X, y, sample_domain=domain), X_new)
    order = np.random.default_rng(1).permutation(len(y))
    assert_allclose(said(member.fit(X[order], y[order], sample_domain=domain[order]), X_new), alone, atol=1e-5)
    numbers = np.select([domain == "a", domain == "b"], [3, 1], -7)
    assert_allclose(said(member.fit(X, y, sample_domain=numbers), X_new), alone, atol=1e-5)


def test_a_search_over_the_targets_rows(table):
    member, X, y, domain, X_new = table
    grid = {"n_penalties": [5, 9]} if "n_penalties" in member.get_params() else {"shared": [0.1, 0.9]}
    search = GridSearchCV(member, grid, cv=TargetKFold(2), error_score="raise")
    search.fit(X, y, groups=domain, sample_domain=domain)
    assert np.isfinite(said(search.best_estimator_, X_new)).all()


def test_errors_of_members_that_take_rows(table):
    member, X, y, domain, X_new = table
    name, target = type(member).__name__, domain == "target"
    with pytest.raises(
        NoTargetLabelsError, match=f"{name} needs labelled target rows; the 29 target rows have no label"
    ):
        member.fit(X, np.where(target, np.nan, y), sample_domain=domain)
    with pytest.raises(ValueError, match="requires y to be passed"):
        member.fit(X, None, sample_domain=domain)
    with pytest.raises(ValueError, match="sample_weight of all"):
        member.fit(X, y, sample_domain=domain, sample_weight=np.zeros(len(y)))
    with pytest.raises(ValueError, match="features"):
        member.fit(X, y, sample_domain=domain).predict(X_new[:, :2])
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    frame = pandas.DataFrame(X, columns=list("abc"))
    model = member.fit(frame, y, sample_domain=domain)
    assert model.feature_names_in_.tolist() == list("abc")
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", "c"]])
