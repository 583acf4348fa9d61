"""Which sources are near: the ranking against the truth of simulated domains, and the selector against a plain loop."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl import OnLabeled
from sktl.feature import TCA
from sktl.metrics import mmd
from sktl.model_selection import SourceSelector, domain_distance_matrix, rank_sources


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
    assert set(ranking.names[:3]) == {"s2", "s5", "s7"} and ranking.distances[0] > 0.9 > ranking.distances[3]
    with pytest.raises(ValueError, match="wants labels of both domains"):
        rank_sources(X, np.where(site == "target", np.nan, y), site, metric=same_labelling)


def test_matrix_of_a_metric_by_hand():
    X = pd.DataFrame({"u": [0.0, 2.0, 5.0, 7.0, 20.0]})
    result = domain_distance_matrix(
        X, [3, 3, 1, 1, 2], metric=lambda A, B: float(abs(A - B.mean()).mean().iloc[0]), n_jobs=2
    )
    assert result.domains == [1, 2, 3]
    assert_allclose(result.distances, [[0, 14, 5], [14, 0, 19], [5, 19, 0]])


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
    with pytest.raises(TypeError, match="metric must be None or a function of two samples"):
        rank_sources(X, y, site, metric="mmd")
    with pytest.raises(ValueError, match="n_bootstrap must be"):
        rank_sources(X, y, site, n_bootstrap=-1)
    with pytest.raises(ValueError, match="Two domains are needed"):
        domain_distance_matrix(X, np.zeros(len(X)))
