"""Votes of source models against their definition."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sktl import OnLabeled
from sktl._core.source_votes import least_squares_shares, mixture_shares, nearness_shares
from sktl.feature import CORAL
from sktl.instance import GaussianWeighter
from sktl.metrics import energy_distance
from sktl.parameter import DistributionWeightedCombination, MultiSourceVote


@pytest.fixture
def three():
    """Sources a (40 rows) and b (53), target (30 rows, 8 with a label); two classes."""
    rng = np.random.default_rng(0)
    domain = np.repeat(["a", "b", "target"], [40, 53, 30])
    X = rng.normal(size=(123, 2)) + np.where(domain == "b", 2.0, 0.0)[:, None]
    truth = (X @ [1.0, 0.5] + 0.5 * rng.normal(size=123) > 1).astype(float)
    y = truth.copy()
    y[101:] = np.nan
    return X, y, domain, truth


def test_labels_decide_the_shares(three):
    X, y, domain, _ = three
    model = MultiSourceVote(LogisticRegression()).fit(X, y, domain)
    probabilities = [LogisticRegression().fit(X[domain == k], y[domain == k]).predict_proba(X) for k in ("a", "b")]
    known = np.flatnonzero((domain == "target") & ~np.isnan(y))
    likelihoods = np.column_stack([p[known, y[known].astype(int)] for p in probabilities])
    shares = mixture_shares(np.clip(likelihoods, 1e-3, 1 - 1e-3))
    assert_allclose(model.source_weights_, shares, rtol=1e-6)
    joint = sum(s * np.clip(p, 1e-3, 1 - 1e-3) for s, p in zip(shares, probabilities, strict=True))
    assert_allclose(model.predict_proba(X), joint, rtol=1e-6)
    assert model.weighting_ == "labels" and model.source_names_ == ["a", "b"]
    numbers = MultiSourceVote(Ridge()).fit(X, y, domain)
    predictions = np.column_stack([Ridge().fit(X[domain == k], y[domain == k]).predict(X) for k in ("a", "b")])
    assert_allclose(numbers.source_weights_, least_squares_shares(predictions[known], y[known]), rtol=1e-6)
    assert_allclose(numbers.predict(X), predictions @ numbers.source_weights_)


def test_distances_decide_the_shares(three):
    X, y, domain, _ = three
    model = MultiSourceVote(LogisticRegression(), weights="distance").fit(X, y, domain)
    own = [energy_distance(X[domain == k], X[domain == "target"], biased=True) for k in ("a", "b")]
    assert_allclose(model.source_weights_, nearness_shares(np.array(own)))
    assert model.source_weights_[0] > 0.7


def test_one_who_disagrees_has_less():
    rng = np.random.default_rng(1)
    domain = np.repeat(["a", "b", "turned", "target"], 50)
    X = rng.normal(size=(200, 2))
    y = (X[:, 0] > 0).astype(float)
    y[domain == "turned"] = 1 - y[domain == "turned"]
    y[domain == "target"] = np.nan
    shares = MultiSourceVote(LogisticRegression(), weights="agreement").fit(X, y, domain).source_weights_
    assert shares[2] < 0.2 < shares[0]


def test_one_source_is_its_model(three):
    X, y, domain, _ = three
    rows = domain != "b"
    for make in (MultiSourceVote, DistributionWeightedCombination):
        model = make(Ridge()).fit(X[rows], y[rows], domain[rows])
        assert_allclose(model.predict(X), Ridge().fit(X[:40], y[:40]).predict(X))
        assert_array_equal(model.source_weights_, [1.0])


def test_densities_weigh_each_row(three):
    X, y, domain, _ = three
    model = DistributionWeightedCombination(LinearRegression()).fit(X, y, domain)
    sources = domain != "target"
    tells = model.weighters_[0]
    D = tells.predict_proba(X) / [40 / 93, 53 / 93]
    z = mixture_shares(D[~sources])
    assert_allclose(model.source_weights_, z, rtol=1e-6)
    predictions = np.column_stack(
        [LinearRegression().fit(X[domain == k], y[domain == k]).predict(X) for k in ("a", "b")]
    )
    assert_allclose(model.predict(X), (z * D * predictions).sum(axis=1) / (z * D).sum(axis=1), rtol=1e-6)


def test_a_weighter_gives_the_densities():
    rng = np.random.default_rng(2)
    domain = np.repeat(["a", "b", "target"], [900, 700, 400])
    X = rng.normal(size=(2000, 1)) + np.select([domain == "a", domain == "b"], [0.0, 2.0], 0.0)[:, None]
    mixed = rng.uniform(size=2000) < 0.25
    X[(domain == "target") & mixed] += 2.0
    y = np.where(domain == "b", 5.0, 0.0)
    y[domain == "target"] = np.nan
    model = DistributionWeightedCombination(LinearRegression(), weighter=GaussianWeighter()).fit(X, y, domain)
    exact = DistributionWeightedCombination(LinearRegression()).fit(X, y, domain)
    assert_allclose(exact.source_weights_, [0.75, 0.25], atol=0.07)  # two normals: logistic regression is exact
    assert len(model.weighters_) == 2 and model.source_weights_[0] > 0.5
    grid = np.array([[-2.0], [4.0]])
    assert_allclose(exact.predict(grid), [0.0, 5.0], atol=0.1)
    assert_allclose(model.predict(grid), [0.0, 5.0], atol=0.1)


def test_members_that_adapt_see_the_target(three):
    X, y, domain, _ = three
    pipe = make_pipeline(CORAL(), OnLabeled(LogisticRegression()))
    model = MultiSourceVote(pipe, weights="uniform").fit(X, y, domain)
    rows = domain != "b"
    hidden = np.where(domain == "target", np.nan, y)
    alone = make_pipeline(CORAL(), OnLabeled(LogisticRegression())).fit(X[rows], hidden[rows])
    assert_allclose(model.estimators_[0].predict_proba(X), alone.predict_proba(X))


def test_tables_of_words_go_to_the_members():
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    frame = pandas.DataFrame({"city": ["Bonn", "Ulm"] * 15})
    domain = np.repeat(["a", "b", "target"], 10)
    y = np.where(frame["city"] == "Ulm", "yes", "no").astype(object)
    y[20:] = None
    for model in (MultiSourceVote, DistributionWeightedCombination):
        pipe = make_pipeline(OneHotEncoder(sparse_output=False), LogisticRegression())
        fitted = model(pipe, **({"weights": "distance"} if model is MultiSourceVote else {})).fit(frame, y, domain)
        assert fitted.predict(frame).tolist() == ["no", "yes"] * 15
        assert fitted.feature_names_in_.tolist() == ["city"]


def test_a_source_of_one_class_says_so(three):
    X, y, domain, _ = three
    y = np.where(domain == "a", 1.0, y)
    model = MultiSourceVote(LogisticRegression(), weights="uniform").fit(X, y, domain)
    assert_allclose(model.estimators_[0].predict(X), 1)
    assert (model.predict_proba(X)[:, 1] > 0.49).all()


def test_what_is_missing_is_said(three):
    X, _, domain, truth = three
    hidden = np.where(domain == "target", np.nan, truth)
    with pytest.raises(ValueError, match="weights='labels' needs labelled target rows"):
        MultiSourceVote(Ridge(), weights="labels").fit(X, hidden, domain)
    with (
        pytest.raises(ValueError, match="learns from labelled source rows; none of the 123"),
        pytest.warns(UserWarning),
    ):
        MultiSourceVote(Ridge()).fit(X, np.where(domain == "target", truth, np.nan), domain)
