"""Which sources are near: the ranking against the truth of simulated domains, and the selector against a plain loop."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import sklearn
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import brentq
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sktl import OnLabeled
from sktl.exceptions import SingleDomainWarning, UnlabeledSourceWarning
from sktl.feature import TCA
from sktl.metrics import (
    conditional_mmd,
    energy_distance,
    frechet_distance,
    kl_divergence,
    mmd,
    principal_angles,
    proxy_a_distance,
    wasserstein_distance,
)
from sktl.metrics.transferability import leep
from sktl.model_selection import SourceSelector, TargetKFold, domain_distance_matrix, rank_sources


@pytest.fixture(scope="module")
def ten_sources():
    """Ten sources of 41 rows, of which s2, s5, s7 are relatives of the target: near it, and labelled as it is."""
    rng = np.random.default_rng(0)
    names = [f"s{i}" for i in range(10)]
    X, y, site = [], [], []
    for i, name in enumerate([*names, "target"]):
        n = 83 if name == "target" else 41
        relative = name in ("s2", "s5", "s7", "target")
        rows = rng.normal(size=(n, 3)) + (0.0 if relative else 1.2 + 0.1 * i)
        X.append(rows)
        y.append(((rows[:, 0] if relative else -rows[:, 0] + 2) + 0.2 * rng.normal(size=n) > 0).astype(int))
        site += [name] * n
    return np.concatenate(X), np.concatenate(y), np.array(site)


def test_the_ranking_finds_the_relatives(ten_sources):
    X, y, site = ten_sources
    ranking = rank_sources(X, sample_domain=site)
    assert set(ranking.names[:3]) == {"s2", "s5", "s7"}
    assert (np.diff(ranking.distances) >= 0).all() and (ranking.standard_errors > 0).all()
    assert_array_equal(ranking.n_rows, np.full(10, 41))
    gap = ranking.distances[3] - ranking.distances[2]
    assert gap > 2 * np.hypot(ranking.standard_errors[3], ranking.standard_errors[2])  # and no chance
    assert str(ranking).splitlines()[1].split()[0] == ranking.names[0] and len(str(ranking).splitlines()) == 11


def test_default_distances_are_mmd_in_common_units_and_width(ten_sources):
    X, _, site = ten_sources
    X = X * [1, 1000, 0.001]  # units don't matter
    scaled = StandardScaler().fit_transform(X)
    ranking = rank_sources(X, sample_domain=site, n_bootstrap=0)
    matrix = domain_distance_matrix(X, site)
    width = matrix.domains.index("target")
    for name, distance in zip(ranking.names, ranking.distances, strict=True):
        assert matrix.distances[matrix.domains.index(name), width] == pytest.approx(distance)
    pairs = [(scaled[site == name], scaled[site == "target"]) for name in ranking.names]
    gamma = 1 / (
        2 * np.median(np.linalg.norm(scaled[:, None] - scaled[None], axis=-1)[np.triu_indices(len(X), 1)]) ** 2
    )
    assert_allclose(ranking.distances, [mmd(*pair, gamma=gamma) for pair in pairs], rtol=0.05, atol=0.002)
    assert np.isnan(ranking.standard_errors).all()


def test_the_standard_error_is_that_of_repeated_draws():
    rng = np.random.default_rng(1)

    def gap(A, B):
        return abs(A.mean() - B.mean())

    def draw():
        return np.concatenate([rng.normal(0, 1, (60, 1)), rng.normal(3, 1, (60, 1))])

    site = np.repeat(["a", "target"], 60)
    spread = np.std([gap(X[:60], X[60:]) for X in (draw() for _ in range(300))])
    errors = [rank_sources(draw(), None, site, metric=gap, n_bootstrap=50).standard_errors[0] for _ in range(10)]
    assert np.mean(errors) == pytest.approx(spread, rel=0.15)


def test_metrics_that_want_labels_get_them(ten_sources):
    X, y, site = ten_sources

    def same_labelling(X_source, y_source, X_target, y_target):
        return LogisticRegression().fit(X_source, y_source).score(X_target, y_target)

    y = np.where((site == "target") & (np.arange(len(y)) % 2 == 0), np.nan, y)
    ranking = rank_sources(X, y, site, metric=same_labelling, higher_is_nearer=True, n_bootstrap=0)
    assert "score" in str(ranking) and "distance" not in str(ranking)
    assert set(ranking.names[:3]) == {"s2", "s5", "s7"} and ranking.distances[0] > 0.9 > ranking.distances[3]

    def otherwise_named(A, B, y_source, y_target):
        return same_labelling(A, y_source, B, y_target)

    def labels_first(y_target, y_source, Xs, Xt, reg=1.0):
        assert reg == 1.0
        return same_labelling(Xs, y_source, Xt, y_target)

    def target_first(X_target, X_source, *, y_source, y_target):
        return same_labelling(X_source, y_source, X_target, y_target)

    for metric in (otherwise_named, labels_first, target_first, partial(labels_first, reg=1.0)):
        again = rank_sources(X, y, site, metric=metric, higher_is_nearer=True, n_bootstrap=0)
        assert_array_equal(again.distances, ranking.distances)
    with pytest.raises(TypeError, match="two samples besides y_source and y_target; .* takes .'X'"):
        rank_sources(X, y, site, metric=lambda X, y_source, y_target: 0.0)
    with pytest.raises(TypeError, match="domain_distance_matrix takes no labels, but .* needs them"):
        domain_distance_matrix(X, site, metric=same_labelling)
    with pytest.raises(ValueError, match="needs labels of both domains; .* has none. Label some rows"):
        rank_sources(X, np.where(site == "target", np.nan, y), site, metric=same_labelling)


@pytest.mark.parametrize("metric", [energy_distance, frechet_distance, proxy_a_distance, wasserstein_distance])
def test_the_library_s_distances_rank(metric, ten_sources):
    X, _, site = ten_sources
    kept = np.isin(site, ["s1", "s2", "s9", "target"])
    ranking = rank_sources(X[kept], None, site[kept], metric=metric, n_bootstrap=0)
    assert ranking.names == ["s2", "s1", "s9"]
    by_hand = [metric(X[site == name], X[site == "target"]) for name in ranking.names]
    assert_allclose(ranking.distances, by_hand)


def test_transferability_ranks_where_the_target_has_labels(ten_sources):
    X, y, site = ten_sources

    def by_leep(X_source, y_source, X_target, y_target):
        return leep(LogisticRegression().fit(X_source, y_source).predict_proba(X_target), y_target)

    ranking = rank_sources(X, y, site, metric=by_leep, higher_is_nearer=True, n_bootstrap=5)
    assert set(ranking.names[:3]) == {"s2", "s5", "s7"} and (np.diff(ranking.distances) <= 0).all()
    selector = SourceSelector(LogisticRegression(), metric=by_leep, higher_is_nearer=True, n_bootstrap=5)
    assert set(selector.fit(X, y, sample_domain=site).selected_) <= {"s2", "s5", "s7"}
    assert set(rank_sources(X, y, site, metric=conditional_mmd, n_bootstrap=0).names[:3]) == {"s2", "s5", "s7"}


def test_jobs_change_nothing(ten_sources):
    X, _, site = ten_sources
    with parallel_config("threading"):
        one, two = (rank_sources(X, None, site, n_bootstrap=3, n_jobs=n) for n in (1, 2))
        assert one.names == two.names
        assert_array_equal(one.standard_errors, two.standard_errors)
        one, two = (domain_distance_matrix(X, site, n_jobs=n).distances for n in (1, 2))
        assert_array_equal(one, two)


def test_matrix_of_a_metric_by_hand():
    X = pd.DataFrame({"u": [0.0, 2.0, 5.0, 7.0, 20.0]})
    result = domain_distance_matrix(
        X, [3, 3, 1, 1, 2], metric=lambda A, B: float(abs(A - B.mean()).mean().iloc[0]), n_jobs=2
    )
    assert result.domains == [1, 2, 3]
    assert_allclose(result.distances, [[0, 14, 5], [14, 0, 19], [5, 19, 0]])
    assert [line.split() for line in str(result).splitlines()][:2] == [
        ["1", "2", "3"],
        ["1", "0.000", "14.000", "5.000"],
    ]


# --- the selector ---


def test_the_selector_learns_from_the_relatives_alone(ten_sources):
    X, y, site = ten_sources
    hidden, target = np.where(site == "target", np.nan, y), site == "target"
    selector = SourceSelector(LogisticRegression(), n_sources=3).fit(X, hidden, sample_domain=site)
    rows = np.isin(site, ["s2", "s5", "s7"])
    assert_allclose(selector.estimator_.estimator_.coef_, LogisticRegression().fit(X[rows], y[rows]).coef_)
    everything = OnLabeled(LogisticRegression()).fit(X, hidden)
    assert selector.score(X[target], y[target]) > everything.score(X[target], y[target]) + 0.2
    auto = SourceSelector(LogisticRegression()).fit(X, hidden, sample_domain=site)
    assert set(auto.selected_) <= {"s2", "s5", "s7"}


def test_the_selector_keeps_the_target_s_rows_for_those_that_adapt(ten_sources):
    X, y, site = ten_sources
    hidden = np.where(site == "target", np.nan, y)
    pipe = make_pipeline(TCA(n_components=2), OnLabeled(LogisticRegression()))
    selector = SourceSelector(pipe, n_sources=2).fit(X, hidden, sample_domain=site)
    kept = np.isin(site, [*selector.selected_, "target"])
    assert_allclose(selector.estimator_[0].components_, TCA(n_components=2).fit(X[kept], hidden[kept]).components_)


def test_the_weighted_selector_is_a_fit_by_hand(ten_sources):
    X, y, site = ten_sources
    told = np.where((site == "target") & (np.arange(len(y)) % 4 > 0), np.nan, y)
    selector = SourceSelector(LogisticRegression(), weights="distance", reach=9.0).fit(X, told, sample_domain=site)
    ranking = rank_sources(X, sample_domain=site)
    d, rows = ranking.distances, ranking.n_rows
    level = brentq(
        lambda v: rows @ np.maximum(v - d, 0) ** 2 - 81 * np.mean(ranking.standard_errors**2) * rows.sum(),
        d[0],
        d[0] + 9,
    )
    raw = dict(zip(ranking.names, level - d, strict=True))
    assert selector.selected_ == [name for name in ranking.names if raw[name] > 0] and 3 < len(selector.selected_) < 10
    assert_allclose(
        selector.source_weights_ / selector.source_weights_[0], (level - d)[: len(selector.selected_)] / (level - d[0])
    )
    assert (np.diff(selector.source_weights_) < 0).all() and selector.source_weights_.mean() == pytest.approx(1)
    raw["target"] = raw[ranking.names[0]]  # its own labels count as those of the nearest source
    weights = np.array([max(raw[name], 0) for name in site]) * selector.source_weights_[0] / raw["target"]
    fitted = ~np.isnan(told) & (weights > 0)
    by_hand = LogisticRegression().fit(X[fitted], y[fitted], sample_weight=weights[fitted])
    assert_allclose(selector.estimator_.estimator_.coef_, by_hand.coef_)
    unweighted = LogisticRegression().fit(X[fitted], y[fitted])
    assert np.abs(by_hand.coef_ - unweighted.coef_).max() > 0.05


def test_the_reach_counts_the_errors_by_rows(ten_sources):
    X, y, site = ten_sources
    kept = ~np.isin(site, ["s2", "s9"]) | (np.arange(len(X)) % 4 == 0)  # two sources of a quarter of the rows
    X, hidden, site = X[kept], np.where(site == "target", np.nan, y)[kept], site[kept]
    selector = SourceSelector(LogisticRegression(), weights="distance", reach=6.0).fit(X, hidden, sample_domain=site)
    d, errors, rows = selector.ranking_.distances, selector.ranking_.standard_errors, selector.ranking_.n_rows
    assert set(rows) > {10} and 3 < len(selector.selected_) < 10
    (first, *_, last), n = selector.source_weights_, len(selector.selected_)
    level = (first * d[n - 1] - last * d[0]) / (first - last)  # where the weights fall to 0
    assert rows @ np.maximum(level - d, 0) ** 2 == pytest.approx(36 * rows @ errors**2)


def test_weights_of_equal_distances_are_uniform(ten_sources):
    X, y, site = ten_sources
    hidden = np.where(site == "target", np.nan, y)
    equal = {"metric": lambda A, B: 0.3, "n_bootstrap": 2}
    plain = OnLabeled(LogisticRegression()).fit(X, hidden)
    selector = SourceSelector(LogisticRegression(), weights="distance", **equal).fit(X, hidden, sample_domain=site)
    assert len(selector.selected_) == 10
    assert_allclose(selector.source_weights_, np.ones(10))
    assert_allclose(selector.estimator_.estimator_.coef_, plain.estimator_.coef_)
    far = SourceSelector(LogisticRegression(), weights="distance", reach=1e6).fit(X, hidden, sample_domain=site)
    assert_allclose(far.estimator_.estimator_.coef_, plain.estimator_.coef_, rtol=1e-3)


def test_the_weights_do_not_depend_on_order_names_or_units(ten_sources):
    X, y, site = ten_sources
    hidden = np.where(site == "target", np.nan, y)
    near = {"metric": lambda A, B: mmd(A, B), "n_sources": 6, "n_bootstrap": 5, "weights": "distance"}
    first = SourceSelector(LogisticRegression(), reach=3.0, **near).fit(X, hidden, sample_domain=site)
    renamed = np.array(["target" if name == "target" else f"u{name}" for name in site])
    near["metric"], near["higher_is_nearer"] = lambda A, B: 7 - 100 * mmd(A, B), True
    other = SourceSelector(LogisticRegression(), reach=3.0, **near).fit(X, hidden, sample_domain=renamed)
    assert other.selected_ == [f"u{name}" for name in first.selected_]
    assert_allclose(other.source_weights_, first.source_weights_)


@pytest.mark.parametrize("routing", [False, True])
def test_weights_reach_the_last_step_of_a_pipeline_that_adapts(ten_sources, routing):
    X, y, site = ten_sources
    hidden = np.where(site == "target", np.nan, y)
    inner = make_pipeline(StandardScaler(), TCA(n_components=2), OnLabeled(make_pipeline(StandardScaler(), SVC())))
    with sklearn.config_context(enable_metadata_routing=routing):
        selector = SourceSelector(inner, weights="distance", reach=9.0).fit(X, hidden, sample_domain=site)
    of = dict(zip(selector.selected_, selector.source_weights_, strict=True)) | {"target": selector.source_weights_[0]}
    kept = np.isin(site, list(of))
    weights = np.array([of[name] for name in site[kept]])
    by_hand = clone(inner)
    by_hand.fit(X[kept], hidden[kept], tca__sample_domain=site[kept], onlabeled__svc__sample_weight=weights)
    assert_allclose(selector.decision_function(X), by_hand.decision_function(X))
    by_hand.fit(X[kept], hidden[kept], tca__sample_domain=site[kept])
    assert np.abs(selector.decision_function(X) - by_hand.decision_function(X)).max() > 0.01


@pytest.mark.parametrize("routing", [False, True])
def test_the_selector_in_a_pipeline_and_a_search(ten_sources, routing):
    X, y, site = ten_sources
    hidden, target = np.where(site == "target", np.nan, y), site == "target"
    pipe = make_pipeline(StandardScaler(), SourceSelector(LogisticRegression(), n_bootstrap=5))
    grid = {"sourceselector__weights": ["uniform", "distance"], "sourceselector__reach": [1.0, 1e6]}
    search = GridSearchCV(pipe, grid, cv=TargetKFold(2), scoring="accuracy", error_score="raise")
    some = np.where(target & (np.arange(len(y)) % 4 > 0), np.nan, y)
    with sklearn.config_context(enable_metadata_routing=routing):
        if routing:
            search.fit(X, some, sample_domain=site)
        else:
            search.fit(X, some, groups=site, sourceselector__sample_domain=site)
    scores = dict(
        zip(
            map(str, (tuple(p.values()) for p in search.cv_results_["params"])),
            search.cv_results_["mean_test_score"],
            strict=True,
        )
    )
    assert scores["(1000000.0, 'distance')"] < scores["(1.0, 'distance')"] >= 0.9
    assert (
        search.score(X[target], y[target])
        > OnLabeled(LogisticRegression()).fit(X, hidden).score(X[target], y[target]) + 0.2
    )


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("first", [2, 24])
def test_a_tiny_source_keeps_no_stranger(ten_sources, first, weights):
    X, y, site = ten_sources
    hidden, names = np.where(site == "target", np.nan, y), site.astype(object)
    names[np.flatnonzero(site == "s2")[first : first + 2]] = "tiny"
    selector = SourceSelector(LogisticRegression(), weights=weights).fit(X, hidden, sample_domain=names)
    ranking = selector.ranking_
    assert ranking.names[0] == "tiny"  # by chance; within two standard errors of it lie strangers
    assert (ranking.distances <= ranking.distances[0] + 2 * ranking.standard_errors[0])[:5].all()
    assert sorted(selector.selected_) == ["s2", "s5", "s7", "tiny"]


def test_sources_without_labels_are_left_out(ten_sources):
    X, y, site = ten_sources
    nearest = rank_sources(X, sample_domain=site).names
    hidden = np.where(np.isin(site, ["target", *nearest[:2]]), np.nan, y)
    for n_sources, weights in ((1, "uniform"), ("auto", "uniform"), (3, "distance")):
        selector = SourceSelector(LogisticRegression(), n_sources=n_sources, weights=weights)
        assert selector.fit(X, hidden, sample_domain=site).selected_[0] == nearest[2]
        assert selector.ranking_.names == nearest and not set(selector.selected_) & set(nearest[:2])
    target_only = np.where(site == "target", y, np.nan)  # no source has any: those near are kept, for what adapts
    with pytest.warns(UnlabeledSourceWarning):
        assert SourceSelector(LogisticRegression(), n_sources=2).fit(X, target_only, site).selected_ == nearest[:2]


def test_fewer_sources_than_asked_for(ten_sources):
    X, y, site = ten_sources
    kept = np.isin(site, ["s2", "s5", "s9", "target"])
    hidden = np.where(site == "target", np.nan, y)[kept]
    selector = SourceSelector(LogisticRegression(), n_sources=7).fit(X[kept], hidden, sample_domain=site[kept])
    assert sorted(selector.selected_) == ["s2", "s5", "s9"]
    selector.set_params(weights="distance", n_sources=3).fit(X[kept], hidden, sample_domain=site[kept])
    assert sorted(selector.selected_) == ["s2", "s5"]


def test_errors_name_the_source(ten_sources):
    X, y, site = ten_sources
    hidden, nearest = np.where(site == "target", np.nan, y), rank_sources(X, sample_domain=site).names[0]
    hidden[site == nearest] = 1
    with pytest.raises(ValueError, match=rf"labels of one class, 1: those of the sources \['{nearest}'\]. Raise"):
        SourceSelector(LogisticRegression(), n_sources=1).fit(X, hidden, sample_domain=site)
    single = np.where(np.arange(len(X)) == 3, "lonely", site)
    with pytest.raises(ValueError, match="needs two rows of each domain; 'lonely' has 1. Leave .* or pass a metric"):
        SourceSelector(LogisticRegression()).fit(X, hidden, sample_domain=single)
    for measure in (lambda: rank_sources(X, sample_domain=single), lambda: domain_distance_matrix(X, single)):
        with pytest.raises(ValueError, match="needs two rows of each domain; 'lonely' has 1"):
            measure()
    centres = {"metric": lambda A, B: np.abs(A.mean(axis=0) - B.mean(axis=0)).sum(), "n_sources": 4}
    assert len(SourceSelector(LogisticRegression(), **centres).fit(X, hidden, sample_domain=single).selected_) == 4


@pytest.mark.parametrize("estimator", [LogisticRegression, None, StandardScaler(), make_pipeline(StandardScaler())])
def test_what_the_selector_can_fit(ten_sources, estimator):
    X, y, site = ten_sources
    with pytest.raises(TypeError, match=r"must be a classifier or regressor, .* such as LogisticRegression\(\)"):
        SourceSelector(estimator).fit(X, y, sample_domain=site)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_metric_returns_finite_numbers(ten_sources, value):
    X, y, site = ten_sources

    def undefined(A, B):
        return value

    for call in (rank_sources, SourceSelector(LogisticRegression(), metric=undefined).fit):
        options = {"metric": undefined} if call is rank_sources else {}
        with pytest.raises(ValueError, match=rf"must return a finite number; .*undefined.* returned {value}"):
            call(X, y, site, **options)
    with pytest.raises(ValueError, match="must return a finite number"):
        domain_distance_matrix(X, site, metric=undefined)


def test_all_sources_are_kept_where_there_is_nothing_to_choose(two_domains):
    X, y, _ = two_domains
    selector = SourceSelector(LogisticRegression()).fit(X, y)
    assert selector.selected_ == ["source"] and selector.ranking_ is None
    assert_allclose(selector.predict_proba(X), OnLabeled(LogisticRegression()).fit(X, y).predict_proba(X))
    csr = sparse.csr_array(X)
    assert_allclose(SourceSelector(LogisticRegression()).fit(csr, y).predict_proba(csr), selector.predict_proba(X))


def test_errors(ten_sources):
    X, y, site = ten_sources
    with pytest.raises(ValueError, match="n_sources must be 'auto' or an integer >= 1"):
        SourceSelector(LogisticRegression(), n_sources=0).fit(X, y, site)
    with pytest.raises(ValueError, match="weights must be one of 'uniform', 'distance'; got 'inverse'"):
        SourceSelector(LogisticRegression(), weights="inverse").fit(X, y, site)
    with pytest.raises(ValueError, match="reach must be a number > 0"):
        SourceSelector(LogisticRegression(), weights="distance", reach=0).fit(X, y, site)
    with pytest.raises(TypeError, match=r"must take sample_weight .* KNeighborsClassifier.* Or pass weights='uniform'"):
        SourceSelector(KNeighborsClassifier(), weights="distance").fit(X, y, site)
    with pytest.raises(TypeError, match="metric must be None or a callable"):
        rank_sources(X, y, site, metric="mmd")
    mixed = pd.DataFrame(X).assign(smoker="no")
    for call in (SourceSelector(LogisticRegression()).fit, rank_sources):
        with pytest.raises(ValueError, match="Column 'x0' of X has infinite values"):
            call(np.where(X > 2, np.inf, X), y, site)
    assert rank_sources(mixed, None, site, metric=lambda A, B: abs(len(A) - len(B)), n_bootstrap=0).distances[0] == 42
    with pytest.raises(TypeError, match="metric must return a number; principal_angles returned array"):
        rank_sources(X, None, site, metric=principal_angles)
    with pytest.raises(TypeError, match="metric must return a number; .* returned None"):
        domain_distance_matrix(X, site, metric=lambda A, B: None)
    with pytest.raises(ValueError, match="needs labels .*: pass y"):
        rank_sources(X, None, site, metric=conditional_mmd)
    with pytest.raises(ValueError, match="failed on a bootstrap sample.* n_bootstrap=0 .* do not repeat"):
        rank_sources(X, None, site, metric=kl_divergence)
    assert set(rank_sources(X, None, site, metric=kl_divergence, n_bootstrap=0).names[:3]) == {"s2", "s5", "s7"}
    with pytest.warns(SingleDomainWarning), pytest.raises(ValueError, match="there is only one domain. Pass"):
        rank_sources(X)
    with pytest.raises(ValueError, match="n_bootstrap must be"):
        rank_sources(X, y, site, n_bootstrap=-1)
    with pytest.raises(ValueError, match="At least two domains are needed"):
        domain_distance_matrix(X, np.zeros(len(X)))
    with pytest.raises(ValueError, match="sample_domain is needed, one value per row"):
        domain_distance_matrix(X, None)


def test_rows_of_any_kind_are_ranked_by_what_a_report_encodes(ten_sources):
    X, _, site = ten_sources
    plain = rank_sources(X, None, site)
    mixed = pd.DataFrame(X).astype(float).assign(smoker="no", when="2024-01-31")  # constant columns say nothing
    found = rank_sources(mixed, None, site)
    assert found.names == plain.names
    assert_allclose(found.distances, plain.distances, rtol=0.3)  # the width of the kernel grows with the columns
    gaps = np.where(np.random.default_rng(0).random(X.shape) < 0.02, np.nan, X)
    assert rank_sources(gaps, None, site, n_bootstrap=0).names[0] == plain.names[0]
    near = pd.DataFrame({"when": ["2024-01-05"] * 9 + ["2024-01-12"] * 9})
    far = pd.DataFrame({"when": ["2024-03-06"] * 18})
    table = pd.concat([near, far, near.sample(frac=1, random_state=0)], ignore_index=True)
    assert rank_sources(table, None, np.repeat(["near", "far", "target"], 18)).names == ["near", "far"]
