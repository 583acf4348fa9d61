"""Where no weights can judge a model, scorers and guard say so; where they can, they are near the truth."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler

from sktl import OnLabeled
from sktl.exceptions import LowEffectiveSampleSizeWarning, NoOverlapWarning
from sktl.model_selection import (
    DeepEmbeddedValidationScorer,
    ImportanceWeightedScorer,
    SourceTargetKFold,
    TransferGuard,
)

quiet = pytest.mark.filterwarnings("ignore::sktl.exceptions.LowEffectiveSampleSizeWarning")
BY_WEIGHTS = pytest.mark.parametrize("scorer", [ImportanceWeightedScorer(), DeepEmbeddedValidationScorer()], ids=repr)


def wave(x):
    """x (1.6 - |x|) within |x| < 2.6, x beyond: a cubic curve fits the source, and goes wrong beyond."""
    return np.where(np.abs(x) < 2.6, x * (1.6 - np.abs(x)), x)


def world(shift, seed, n=200):
    """Rows of N(0, I_3) > N((shift, 0, 0), I_3) with one p(y|x); the target's labels apart."""
    X = np.random.default_rng(seed).normal(size=(2 * n, 3))
    target = np.arange(2 * n) >= n
    X[target, 0] += shift
    y = (wave(X[:, 0]) > 0).astype(float)
    return X, np.where(target, np.nan, y), y, target


def cubic():
    return make_pipeline(PolynomialFeatures(3), StandardScaler(), LogisticRegression(max_iter=1000))


@quiet
@pytest.mark.parametrize("shift", [3, 4, 8])
def test_the_guard_refuses_where_the_target_lies_beyond_the_source(shift):
    for seed in range(3):
        X, shown, y, target = world(shift, seed)
        guard = TransferGuard(cubic()).fit(X, shown)
        assert (guard.criterion_, guard.decision_) == ("no overlap", "source-only")
        assert "can't be judged: the 200 source rows cover" in str(guard.verdict_)
        assert guard.gain_ is None and guard.evidence_ == {}
        harm = (
            guard.predict(X[target]) == y[target],
            cubic().fit(X[~target], y[~target]).predict(X[target]) == y[target],
        )
        assert np.mean(harm[0]) > np.mean(harm[1])  # and it would have hurt


def test_the_guard_judges_where_the_source_covers_the_target():
    decisions = []
    for seed in range(4):
        X, shown, _, _ = world(0.5, seed)
        guard = TransferGuard(cubic()).fit(X, shown)
        assert guard.criterion_ == "weighted source labels" and guard.gain_ is not None
        decisions.append(guard.decision_)
    assert "transfer" in decisions  # the curve is right there


@quiet
@BY_WEIGHTS
def test_scorers_say_that_they_cannot_judge(scorer):
    X, shown, *_ = world(5, 0)
    model = OnLabeled(LogisticRegression()).fit(X, shown)
    with pytest.warns(
        NoOverlapWarning, match=r"can't judge the model, .* NaN: the 200 weighted source rows, which cover about \d+ %"
    ):
        assert np.isnan(scorer(model, X, shown))
    near, labels, *_ = world(0.5, 0)
    assert np.isfinite(scorer(model, near, labels))


class Apart(TransformerMixin, BaseEstimator):
    """Adds so much to rows beyond 0.25 that the domains lie apart, or leaves all as they are."""

    def __init__(self, gap=0.0):
        self.gap = gap

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X + self.gap * (X[:, [2]] > 50)


@quiet
@pytest.mark.filterwarnings("ignore:One or more of the test scores", "ignore::sktl.exceptions.NoOverlapWarning")
def test_a_search_ranks_what_cannot_be_judged_last():
    rng = np.random.default_rng(1)
    target = np.arange(300) >= 150
    X = np.column_stack([rng.normal(size=(300, 2)), 100.0 * target])  # a column that tells the domains
    y = np.where(target, np.nan, X[:, 0] > 0)
    pipe = make_pipeline(Apart(), OnLabeled(LogisticRegression()))
    scorer = ImportanceWeightedScorer(representation="transformed")
    search = GridSearchCV(pipe, {"apart__gap": [9.0, 0.0]}, cv=SourceTargetKFold(2), scoring=scorer).fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"]).all()  # neither can be judged: the column stays
    X[:, 2] = 0.0
    search.fit(X, y)
    assert np.isfinite(search.best_score_)


def test_categories_are_weighed_by_their_levels():
    """P(level) .15 > .85; a model that always says 0 is right on .70 of the source and .21 of the target."""
    rng = np.random.default_rng(0)
    target = np.arange(800) >= 400
    level = rng.random(800) < np.where(target, 0.85, 0.15)
    y = (rng.random(800) > np.where(level, 0.1, 0.8)).astype(float)
    X = np.column_stack([level, ~level]).astype(float)  # one-hot
    shown = np.where(target, np.nan, y)
    model = OnLabeled(DummyClassifier(strategy="constant", constant=0)).fit(X, shown)
    truth = np.mean(y[target] == 0)
    assert np.mean(y[~target] == 0) > 0.65 and truth < 0.25
    assert ImportanceWeightedScorer()(model, X, shown) == pytest.approx(truth, abs=0.06)


# --- pipelines that encode first ---


def test_the_guard_weighs_what_the_first_steps_encode():
    rng = np.random.default_rng(4)
    target = np.arange(400) >= 200
    level = rng.random(400) < np.where(target, 0.6, 0.4)
    frame = pd.DataFrame({"place": np.where(level, "town", "village"), "kind": rng.choice(["a", "b"], 400)})
    y = np.where(target, None, np.where(rng.random(400) < np.where(level, 0.9, 0.1), "yes", "no"))
    pipe = make_pipeline(OneHotEncoder(), LogisticRegression())
    guard = TransferGuard(pipe, make_pipeline(OneHotEncoder(), DummyClassifier())).fit(frame, y)
    assert (guard.criterion_, guard.decision_) == ("weighted source labels", "transfer")
    with pytest.raises(ValueError, match="could not convert string to float"):
        TransferGuard(DummyClassifier(), DummyClassifier()).fit(frame, y)


def test_a_regressor_that_cannot_be_judged():
    X, _, _, target = world(6, 1)
    y = np.where(target, np.nan, X[:, 0])
    model = OnLabeled(Ridge()).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LowEffectiveSampleSizeWarning)
        with pytest.warns(NoOverlapWarning):
            assert np.isnan(ImportanceWeightedScorer()(model, X, y))
