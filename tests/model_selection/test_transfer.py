"""Each domain as target: against a naive loop; no target label ever reaches fit."""

import warnings

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sktl import OnLabeled
from sktl.domains import missing_values, read_domains
from sktl.exceptions import SingleDomainWarning
from sktl.model_selection import cross_val_transfer, hide_labels, transfer_matrix


@pytest.fixture
def three_sites():
    """Three sites of unequal size whose means differ; 130 rows, sorted by nothing."""
    rng = np.random.default_rng(4)
    y, site = rng.integers(0, 2, 130), rng.choice(["a", "b", "target"], 130, p=[0.5, 0.3, 0.2])
    X = rng.normal(size=(130, 2)) + 2 * y[:, None] + np.select([site == "a", site == "b"], [0.0, 3.0], 6.0)[:, None]
    return X, y, site


class Spy(ClassifierMixin, BaseEstimator):
    """Keeps the labels that fit saw, missing ones too: it asks for the domains, so that it is not wrapped."""

    __metadata_request__fit = {"sample_domain": True}

    def fit(self, X, y, sample_domain=None):
        self.seen_, self.n_rows_ = np.asarray(y, dtype=object), len(X)
        self.classes_ = np.unique(self.seen_[~missing_values(self.seen_)].tolist())
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


@pytest.mark.parametrize("names", [(0, 1), ("no", "yes")], ids=str)
def test_no_target_label_reaches_fit(three_sites, names):
    X, y, site = three_sites
    y = np.array(names)[y]
    spy = cross_val_transfer(Spy(), X, y, site, scoring=lambda model, X, y: len(y))
    for name, model, n_scored in zip(spy.targets, spy.estimators, spy.scores, strict=True):
        assert_array_equal(missing_values(model.seen_), site == name)
        assert n_scored == (site == name).sum()
    without = cross_val_transfer(Spy(), X, y, site, mode="generalization", scoring=lambda model, X, y: len(y))
    assert [model.n_rows_ for model in without.estimators] == [(site != name).sum() for name in without.targets]
    few = cross_val_transfer(Spy(), X, y, site, mode="few-shot", n_labeled=7, scoring=lambda model, X, y: len(y))
    for name, model, n_scored in zip(few.targets, few.estimators, few.scores, strict=True):
        kept = ~missing_values(model.seen_) & (site == name)
        assert kept.sum() == 7 and n_scored == (site == name).sum() - 7
        share = (model.seen_[kept] == names[1]).mean()
        assert abs(share - (y[site == name] == names[1]).mean()) <= 1 / 7  # drawn by class


def test_scores_are_those_of_a_loop(three_sites, centre):
    X, y, site = three_sites
    pipe = make_pipeline(centre(), OnLabeled(LogisticRegression()))
    result = cross_val_transfer(pipe, X, y, site, n_jobs=2)
    assert result.targets == ["a", "b", "target"]
    expected = []
    for name in result.targets:
        centred, rows = X.copy(), site == name
        for other in result.targets:  # the map of each domain by itself, sources too
            centred[site == other] -= X[site == other].mean(axis=0)
        expected.append(LogisticRegression().fit(centred[~rows], y[~rows]).score(centred[rows], y[rows]))
    assert_allclose(result.scores, expected)
    assert result.mean == np.mean(expected) and result.n_scored.sum() == 130
    one = cross_val_transfer(pipe, X, y, site, targets=["b"], scoring="accuracy")
    assert_array_equal(one.scores, result.scores[1:2])


def test_the_matrix_has_its_pairs_where_they_belong(three_sites):
    X, y, site = three_sites
    result = transfer_matrix(OnLabeled(LogisticRegression()), X, y, site)
    for i, source in enumerate(result.domains):
        for j, target in enumerate(result.domains):
            rows, scored = site == source, site == target
            if i != j:
                expected = LogisticRegression().fit(X[rows], y[rows]).score(X[scored], y[scored])
            else:
                folds = StratifiedKFold(5, shuffle=True, random_state=0)
                expected = cross_val_score(LogisticRegression(), X[rows], y[rows], cv=folds).mean()
            assert result.scores[i, j] == pytest.approx(expected)


def test_ordinary_estimators_are_fitted_on_the_labelled_rows(three_sites):
    X, y, site = three_sites
    wrapped, plain = (cross_val_transfer(model, X, y, site) for model in (OnLabeled(Ridge()), Ridge()))
    assert_array_equal(plain.scores, wrapped.scores)
    pipes = (
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(StandardScaler(), OnLabeled(LogisticRegression())),
    )
    assert_array_equal(*(transfer_matrix(pipe, X, y, site, cv=3).scores for pipe in pipes))


def test_results_print_as_tables(three_sites):
    X, y, site = three_sites
    result = cross_val_transfer(LogisticRegression(), X, y, site)
    lines = str(result).splitlines()
    assert lines[0].split() == ["target", "score", "rows"] and lines[-1] == f"mean {result.mean:.3f}"
    rows = zip(result.targets, result.scores, result.n_scored, strict=True)
    assert [line.split() for line in lines[1:-1]] == [[name, f"{score:.3f}", str(n)] for name, score, n in rows]
    assert "estimators" not in repr(result)
    matrix = transfer_matrix(LogisticRegression(), X, y, site, cv=3)
    lines = str(matrix).splitlines()
    assert lines[0].split() == ["source", ">", "target", "a", "b", "target"] and len({len(line) for line in lines}) == 1
    assert lines[2].split() == ["b", *(f"{score:.3f}" for score in matrix.scores[1])]


def test_frames_and_regression(three_sites):
    X, y, site = three_sites
    frame = pd.DataFrame(X, columns=["u", "v"])
    plain = cross_val_transfer(OnLabeled(Ridge()), X, X @ [1.0, 2.0], site)
    framed = cross_val_transfer(OnLabeled(Ridge()), frame, pd.Series(X @ [1.0, 2.0]), pd.Series(site))
    assert_allclose(framed.scores, plain.scores)
    assert (plain.scores > 0.9).all()


def test_rows_without_a_label_are_not_scored(three_sites):
    X, y, site = three_sites
    y = y.astype(float)
    y[::3] = np.nan
    result = cross_val_transfer(OnLabeled(LogisticRegression()), X, y, site)
    assert result.n_scored.sum() == (~np.isnan(y)).sum() and np.isfinite(result.scores).all()


def test_errors(three_sites):
    X, y, site = three_sites
    model = OnLabeled(LogisticRegression())
    with pytest.raises(ValueError, match="mode must be one of"):
        cross_val_transfer(model, X, y, site, mode="supervised")
    with pytest.raises(ValueError, match="n_labeled belongs to mode='few-shot'; got mode='unsupervised'"):
        cross_val_transfer(model, X, y, site, n_labeled=3)
    with pytest.raises(ValueError, match="mode='few-shot' needs n_labeled"):
        cross_val_transfer(model, X, y, site, mode="few-shot")
    with pytest.raises(ValueError, match="mode='generalization' learns from .* other domains, but only 'a' has labels"):
        cross_val_transfer(model, X, np.where(site == "a", y, np.nan), site, mode="generalization")
    with pytest.raises(ValueError, match=r"n_labeled=500 leaves no labelled row to score: '\w+' has only"):
        cross_val_transfer(model, X, y, site, mode="few-shot", n_labeled=500)
    with pytest.raises(ValueError, match=r"targets must be 'each' or some of .*\['a', 'b', 'target'\]; got \['z'\]"):
        cross_val_transfer(model, X, y, site, targets=["z"])
    with pytest.raises(ValueError, match="At least two domains are needed"):
        cross_val_transfer(model, X, y, np.zeros(130))
    with pytest.raises(ValueError, match=r"the domains \['b'\] have none"):
        transfer_matrix(model, X, np.where(site == "b", np.nan, y), site)


@pytest.mark.parametrize("function", [cross_val_transfer, transfer_matrix])
def test_errors_of_both(three_sites, function):
    X, y, site = three_sites
    for scoring in (["accuracy", "roc_auc"], {"accuracy": "accuracy"}, ("accuracy",)):
        with pytest.raises(TypeError, match="scoring must be None or the name of one score or a callable"):
            function(LogisticRegression(), X, y, site, scoring=scoring)
    for estimator in (LogisticRegression, None, StandardScaler()):
        with pytest.raises(TypeError, match=r"must be a classifier or regressor, .* such as LogisticRegression\(\)"):
            function(estimator, X, y, site)
    with pytest.raises(ValueError, match="sample_domain is needed, one value per row.*; got None"):
        function(LogisticRegression(), X, y, None)
    with pytest.raises(ValueError, match="y is needed: the labels .*; got None"):
        function(LogisticRegression(), X, None, site)
    with pytest.raises(ValueError, match="All 130 labels are missing, but a target is scored by its labels"):
        function(LogisticRegression(), X, np.full(130, np.nan), site)


@pytest.mark.parametrize("targets", ["target", 3])
def test_targets_are_a_list(three_sites, targets):
    X, y, site = three_sites
    some = r", some of \['a', .*; got 'target'. Pass \['target'\]" if targets == "target" else " of names .*; got 3"
    with pytest.raises(ValueError, match=f"targets must be 'each' or a list{some}"):
        cross_val_transfer(LogisticRegression(), X, y, site, targets=targets)


def test_a_domain_of_one_class_is_named(three_sites):
    X, y, site = three_sites
    y = np.where(site == "b", "yes", np.array(["no", "yes"])[y])
    with pytest.raises(ValueError, match="labels of the domain 'b' are of one class, 'yes', which .* Leave the rows"):
        transfer_matrix(LogisticRegression(), X, y, site)
    scores = transfer_matrix(DecisionTreeClassifier(), X, y, site).scores  # it does learn a constant
    assert scores[1, 1] == 1 and scores[1, 0] == np.mean(y[site == "a"] == "yes")


def test_one_domain_by_the_mode_is_no_cause_for_a_warning(three_sites, centre):
    X, y, site = three_sites  # warnings are errors here
    pipe = make_pipeline(centre(), OnLabeled(LogisticRegression()))
    result = cross_val_transfer(pipe, X, y, site, mode="generalization")
    assert_allclose(result.scores, cross_val_transfer(LogisticRegression(), X, y, site, mode="generalization").scores)
    some = np.where((site == "b") | (np.arange(130) % 5 == 0), np.nan, y)  # rows without labels are no target
    kept = ~np.isnan(some)
    result = cross_val_transfer(pipe, X, some, site, mode="generalization")
    plain = cross_val_transfer(LogisticRegression(), X[kept], y[kept], site[kept], mode="generalization")
    assert result.targets == plain.targets == ["a", "target"]
    for adapts, model in zip(result.estimators, plain.estimators, strict=True):
        assert_allclose(adapts.predict_proba(X), model.predict_proba(X), atol=1e-3)
    plain = transfer_matrix(make_pipeline(StandardScaler(with_std=False), LogisticRegression()), X, y, site, cv=3)
    assert_allclose(np.diag(transfer_matrix(pipe, X, y, site, cv=3).scores), np.diag(plain.scores))


# --- hide_labels ---


def test_hide_labels_returns_a_copy_in_a_type_that_can_miss():
    y = np.array([3, 4, 5])
    assert_array_equal(hide_labels(y, [1]), [3, np.nan, 5])
    assert_array_equal(hide_labels(y, np.array([True, False, True])), [np.nan, 4, np.nan])
    assert_array_equal(y, [3, 4, 5])
    assert hide_labels(y.astype(np.float32), []).dtype == np.float32
    assert hide_labels([2**60, 1], [1]).tolist() == [2**60, None]
    assert hide_labels([True, False], [0]).tolist() == [None, False]
    assert hide_labels(pd.Series(["a", None, "c"]), [0]).tolist() == [None, None, "c"]
    with pytest.raises(IndexError, match=r"one value per row, shape \(3,\); got shape \(2,\)"):
        hide_labels(y, [True, False])
    with pytest.raises(TypeError, match="got dtype"):
        hide_labels(y, ["a"])


def test_no_filter_of_warnings_is_left_by_threads(three_sites):
    X, y, site = three_sites

    def filters():  # but for what scikit-learn's own threads make of the patterns
        return [(action, category) for action, _, category, *_ in warnings.filters]

    before = filters()
    with parallel_config("threading"):
        cross_val_transfer(LogisticRegression(), X, y, site, mode="generalization", n_jobs=3)
        transfer_matrix(LogisticRegression(), X, y, site, n_jobs=3)
    assert filters() == before
    with pytest.warns(SingleDomainWarning):
        read_domains(X, y)
