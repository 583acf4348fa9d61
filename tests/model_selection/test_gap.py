"""The gap and the learning curve as a user calls them: frames, names of classes, pipelines that adapt, errors."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sktl import OnLabeled
from sktl.domains import known_labels, missing_values
from sktl.exceptions import SingleDomainWarning
from sktl.model_selection import TargetKFold, hide_labels, negative_transfer_gap, transfer_learning_curve


@pytest.fixture
def two_sites():
    """91 rows of a lab and 57 of a ward, whose columns have another offset; 11 of these have no label."""
    rng = np.random.default_rng(3)
    ward = rng.permutation(148) < 57
    y = rng.integers(0, 2, 148).astype(float)
    X = rng.normal(size=(148, 3)) + 1.5 * y[:, None] + 4.0 * ward[:, None]
    y[np.flatnonzero(ward)[:11]] = np.nan
    return X, y, np.where(ward, "target", "lab")


def test_the_gap_of_a_pipeline_that_adapts_is_that_of_a_loop(two_sites, centre):
    X, y, site = two_sites
    pipe = make_pipeline(StandardScaler(), centre(), OnLabeled(LogisticRegression()))
    result = negative_transfer_gap(pipe, X, y, site, baseline=LogisticRegression(), cv=4)
    with_source, without = [], []
    for _, test in TargetKFold(4, random_state=0).split(X, y, site):
        hidden = hide_labels(y, test)
        scaled = StandardScaler().fit_transform(X)
        own = np.where(
            (site == "lab")[:, None], scaled - scaled[site == "lab"].mean(0), scaled - scaled[site != "lab"].mean(0)
        )
        known, mine = ~np.isnan(hidden), ~np.isnan(hidden) & (site == "target")
        with_source.append(LogisticRegression().fit(own[known], y[known]).score(own[test], y[test]))
        without.append(LogisticRegression().fit(X[mine], y[mine]).score(X[test], y[test]))
    assert_allclose(result.with_source, with_source)
    assert_allclose(result.without_source, without)
    assert result.gap == pytest.approx(np.mean(without) - np.mean(with_source))


def test_frames_and_names_of_classes(two_sites):
    X, y, site = two_sites
    named = pd.Series(["no" if v == 0 else "yes" if v == 1 else None for v in y])
    frame, site = pd.DataFrame(X, columns=list("abc")), pd.Series(site)
    for function, options in ((negative_transfer_gap, {"cv": 3}), (transfer_learning_curve, {"n_labeled": (0, 6)})):
        plain = function(LogisticRegression(), X, y, site, **options)
        framed = function(LogisticRegression(), frame, named, site, scoring="accuracy", **options)
        if function is negative_transfer_gap:
            assert_array_equal(framed.with_source, plain.with_source)
            assert_array_equal(framed.without_source, plain.without_source)
        else:
            for name, scores in plain.scores.items():
                assert_array_equal(framed.scores[name], scores)
    numbers = np.where(np.isnan(y), np.nan, X.sum(axis=1))
    curve = transfer_learning_curve(Ridge(), X, numbers, site, n_labeled=(0, 9), n_repeats=2)
    assert (curve.scores["source-only"] > 0.99).all() and curve.scores["pooled"].shape == (2, 2)


def test_the_curve_s_models_are_fitted_on_the_rows_they_are_named_for(two_sites):
    X, y, site = two_sites
    seen = []

    def rows(model, X_test, y_test):  # the rows that the model was fitted on are told by their values
        inner = getattr(model, "estimator_", model)
        seen.append((inner.n_rows_, inner.n_target_))
        return inner.n_rows_

    class Counts(LogisticRegression):
        def fit(self, X, y):
            self.n_rows_, self.n_target_ = len(X), int((X.mean(axis=1) > 3.2).sum())
            return super().fit(X, y)

    X = np.where((site == "target")[:, None], 10.0, 0.0) + 0.01 * X
    curve = transfer_learning_curve(
        Counts(), X, y, site, n_labeled=(0, 5, 12), baseline=Counts(), scoring=rows, n_repeats=1, test_size=0.3
    )
    labelled = {name: scores[:, 0].tolist() for name, scores in curve.scores.items()}
    assert labelled["transfer"] == labelled["pooled"] == [91, 96, 103]
    assert labelled["source-only"] == [91, 91, 91]
    assert np.isnan(labelled["target-only"][0]) and labelled["target-only"][1:] == [5, 12]
    assert [line.split() for line in str(curve).splitlines()] == [
        ["labels", "transfer", "source-only", "target-only", "pooled"],
        ["0", "91.000", "91.000", "nan", "91.000"],
        ["5", "96.000", "91.000", "5.000", "96.000"],
        ["12", "103.000", "91.000", "12.000", "103.000"],
    ]
    assert [n_target for _, n_target in seen] == [0, 0, 0, 5, 0, 5, 5, 12, 0, 12, 12]


def test_the_estimator_itself_is_the_baseline_in_one_domain(two_sites, centre):
    X, y, site = two_sites  # which is meant, and no cause for a SingleDomainWarning: warnings are errors here
    pipe = make_pipeline(centre(), OnLabeled(LogisticRegression()))
    itself = negative_transfer_gap(pipe, X, y, site, cv=3)
    known = ~missing_values(y) & (site == "target")
    folds = TargetKFold(3, random_state=0).split(X, y, site)
    for (_, test), score in zip(folds, itself.without_source, strict=True):
        rows = known & ~np.isin(np.arange(len(y)), test)
        alone = make_pipeline(StandardScaler(with_std=False), LogisticRegression())
        assert score == alone.fit(X[rows], known_labels(y, rows)).score(X[test], y[test])


def test_a_baseline_that_adapts_has_one_domain_in_the_curve(two_sites, centre):
    X, y, site = two_sites
    pipe = make_pipeline(centre(), OnLabeled(LogisticRegression()))
    curve = transfer_learning_curve(pipe, X, y, site, n_labeled=(9,), baseline=pipe, n_repeats=1)
    assert np.isfinite(curve.scores["target-only"]).all() and np.isfinite(curve.scores["source-only"]).all()


def test_the_transfer_model_still_warns_of_domains_that_do_not_reach_it(two_sites, centre):
    class Deaf(LogisticRegression):  # fits a map on the rows of one domain, and tells it nothing of the others
        def fit(self, X, y):
            return super().fit(centre().fit_transform(X, y), y)

    X, y, site = two_sites
    with pytest.warns(SingleDomainWarning):
        negative_transfer_gap(Deaf(), X, y, site, cv=3)


@pytest.mark.parametrize("function", [negative_transfer_gap, transfer_learning_curve])
def test_errors_of_both(two_sites, function):
    X, y, site = two_sites
    model = LogisticRegression()
    with pytest.raises(
        TypeError, match=r"scoring must be None or the name of one score or a callable; got \['accuracy'"
    ):
        function(model, X, y, site, scoring=["accuracy", "roc_auc"])
    for wrong in (LogisticRegression, None, StandardScaler()):
        with pytest.raises(TypeError, match=r"estimator must be a classifier or regressor, .* LogisticRegression\(\)"):
            function(wrong, X, y, site)
    with pytest.raises(TypeError, match="baseline must be None or a classifier or regressor"):
        function(model, X, y, site, baseline=LogisticRegression)
    with pytest.raises(ValueError, match="y is needed: the labels of the sources, and of some target rows"):
        function(model, X, None, site)


def test_errors_say_what_to_do(two_sites):
    X, y, site = two_sites
    mixed = pd.DataFrame(X, columns=list("abc")).assign(smoker=np.where(X[:, 0] > 2, "yes", "no"))
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    with pytest.raises(ValueError, match=r"default baseline needs columns of finite numbers .* or pass baseline"):
        transfer_learning_curve(LogisticRegression(), mixed, y, site, n_labeled=(0, 5))
    curve = transfer_learning_curve(model, mixed, y, site, n_labeled=(0, 5), n_repeats=1)  # encoded as the model does
    assert np.isfinite(curve.scores["pooled"]).all()
    unlabeled = np.where(site == "target", np.nan, y)
    with pytest.raises(
        ValueError, match=r"cv=5 folds need at least as many labelled target rows; there are 0. Label some"
    ):
        negative_transfer_gap(model, mixed, unlabeled, site)
    with pytest.raises(
        ValueError, match=r"cv=50 folds need at least as many labelled target rows; there are 46. Lower cv"
    ):
        negative_transfer_gap(model, mixed, y, site, cv=50)
    with pytest.raises(ValueError, match="No target row has a label: the curve draws labels from them"):
        transfer_learning_curve(model, mixed, unlabeled, site)
    for sizes in (10, (), "all"):
        with pytest.raises(TypeError, match=r"n_labeled must be a sequence of integers, such as \(0, 10, 50\); got"):
            transfer_learning_curve(model, X, y, site, n_labeled=sizes)
    with pytest.raises(ValueError, match="test_size must be"):
        transfer_learning_curve(model, mixed, y, site, test_size=0)
    with pytest.raises(ValueError, match="n_labeled must be an integer >= 0"):
        transfer_learning_curve(model, mixed, y, site, n_labeled=(-1,))
