"""No target label that is there to score by reaches a fit: labels that would betray it, and a model that tells."""

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl import OnLabeled
from sktl.domains import known_labels, missing_values
from sktl.instance import BBSE, KMM, ULSIF
from sktl.model_selection import (
    CircularValidationScorer,
    DeepEmbeddedValidationScorer,
    DiscrepancyScorer,
    ImportanceWeightedScorer,
    InformationMaximizationScorer,
    LeaveOneDomainOut,
    MixValScorer,
    PredictionEntropyScorer,
    SoftNeighborhoodDensityScorer,
    SourceScorer,
    SourceTargetKFold,
    SourceTargetShuffleSplit,
    TargetKFold,
    cross_val_transfer,
    negative_transfer_gap,
    transfer_learning_curve,
    transfer_matrix,
)

SEEN = []  # the labels of each fit
SCORERS = [
    CircularValidationScorer(),
    DeepEmbeddedValidationScorer(),
    DeepEmbeddedValidationScorer(ULSIF()),
    DiscrepancyScorer(),
    ImportanceWeightedScorer(),
    ImportanceWeightedScorer(BBSE()),
    ImportanceWeightedScorer(KMM()),
    InformationMaximizationScorer(),
    MixValScorer(),
    PredictionEntropyScorer(),
    SoftNeighborhoodDensityScorer(),
    SourceScorer(),
]


@pytest.fixture(autouse=True)
def _forget():
    SEEN.clear()


class Classifier(LogisticRegression):
    """Tells which labels fit saw."""

    def fit(self, X, y, sample_weight=None):
        SEEN.append(set(np.asarray(y).tolist()))
        return super().fit(X, y, sample_weight)


class Regressor(RegressorMixin, BaseEstimator):
    """Tells which labels fit saw, and that it needs none of those that are missing."""

    def fit(self, X, y):
        self.seen_ = set(known_labels(y, ~missing_values(y)).tolist())
        SEEN.append(self.seen_)
        return self

    def predict(self, X):
        return np.zeros(len(X))


def blind_to(model, X, y):
    """A scoring: how many of the labels scored by the model has seen."""
    model = getattr(model, "estimator_", model)
    return len(model.seen_ & set(np.asarray(y).tolist()))


@pytest.fixture
def sites():
    """97 rows of three sites; each label is one of its kind."""
    rng = np.random.default_rng(0)
    site = np.array(["a", "b", "target"])[rng.permutation(np.repeat([0, 1, 2], [31, 29, 37]))]
    return rng.normal(size=(97, 3)), rng.permutation(97) + 0.5, site


# --- scorers ---


@pytest.mark.parametrize("scorer", SCORERS, ids=repr)
def test_a_scorer_that_is_shown_target_labels_does_not_look(scorer, two_domains):
    X, y, _ = two_domains
    target = np.isnan(y)
    model = make_pipeline(StandardScaler(), OnLabeled(Classifier())).fit(X, y)
    score = scorer(model, X, y)
    SEEN.clear()
    assert scorer(model, X, np.where(target, 7.0, y), sample_domain=target) == score  # 7 is a class of the target alone
    assert all(labels <= {0, 1} for labels in SEEN)
    assert len(SEEN) == isinstance(scorer, CircularValidationScorer)


@pytest.mark.parametrize("scorer", SCORERS, ids=repr)
def test_a_search_fits_and_chooses_without_target_labels(scorer, two_domains):
    X, y, _ = two_domains
    grid = {"onlabeled__estimator__C": [0.1, 1.0]}
    pipe = make_pipeline(StandardScaler(), OnLabeled(Classifier()))
    GridSearchCV(pipe, grid, cv=SourceTargetKFold(2), scoring=scorer, error_score="raise").fit(X, y)
    again = len(SEEN) - 5  # 2 folds of 2 candidates, and the refit
    assert again == (4 if isinstance(scorer, CircularValidationScorer) else 0)
    assert all(labels == {0, 1} for labels in SEEN)


# --- splitters ---


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize(
    "splitter", [SourceTargetKFold(4), SourceTargetShuffleSplit(4), TargetKFold(4), LeaveOneDomainOut()], ids=repr
)
def test_no_label_of_a_tested_row_is_in_the_fit(splitter, routing, sites):
    X, y, site = sites
    with sklearn.config_context(enable_metadata_routing=routing):
        told = {"params": {"sample_domain": site}} if routing else {"groups": site}
        scores = cross_validate(Regressor(), X, y, cv=splitter, scoring=blind_to, error_score="raise", **told)
    assert (scores["test_score"] == 0).all()
    folds = [(y[train], y[test]) for train, test in splitter.split(X, y, site)]
    assert [set(train.tolist()) for train, _ in folds] == SEEN
    if isinstance(splitter, TargetKFold):
        assert all(set(y[site != "target"].tolist()) <= seen for seen in SEEN)  # every source row trains, in every fold
        assert sorted(np.concatenate([test for _, test in folds])) == sorted(y[site == "target"])
    if isinstance(splitter, LeaveOneDomainOut):
        assert all(len({name for name in "abt" if seen & set(y[np.char.startswith(site, name)])}) == 2 for seen in SEEN)


def test_predictions_out_of_fold_are_made_blindly(sites):
    X, y, site = sites

    class Betrayer(Regressor):
        def predict(self, X):
            return np.array([lookup[tuple(row)] in self.seen_ for row in X], dtype=float)

    lookup = {tuple(row): label for row, label in zip(X, y, strict=True)}
    for splitter in (SourceTargetKFold(3), LeaveOneDomainOut()):
        assert not cross_val_predict(Betrayer(), X, y, groups=site, cv=splitter).any()


# --- each domain as target ---


@pytest.mark.parametrize("mode", ["unsupervised", "generalization", "few-shot"])
def test_domains_that_play_the_target_keep_their_labels_from_fit(mode, sites):
    X, y, site = sites
    n_labeled = 5 if mode == "few-shot" else None
    result = cross_val_transfer(Regressor(), X, y, site, mode=mode, n_labeled=n_labeled, scoring=blind_to)
    assert (result.scores == 0).all()
    for target, seen in zip(result.targets, SEEN, strict=True):
        assert len(seen & set(y[site == target])) == (n_labeled or 0)
        assert set(y[site != target]) <= seen


def test_a_matrix_s_fits_see_labels_of_one_domain(sites):
    X, y, site = sites
    result = transfer_matrix(Regressor(), X, y, site, scoring=blind_to, cv=3)
    assert (result.scores == 0).all()
    assert len(SEEN) == 6 + 3 * 3
    for seen in SEEN:
        assert sum(bool(seen & set(y[site == name])) for name in ("a", "b", "target")) == 1


def test_curves_and_gaps_score_labels_that_no_fit_saw(sites):
    X, y, site = sites
    own = set(y[site == "target"])
    curve = transfer_learning_curve(
        Regressor(), X, y, site, n_labeled=(0, 4, 9), baseline=Regressor(), scoring=blind_to, n_repeats=2
    )
    assert all((scores[~np.isnan(scores)] == 0).all() for scores in curve.scores.values())
    assert sorted(len(seen & own) for seen in SEEN) == sorted(2 * [0, 0, 0, 4, 0, 4, 4, 9, 0, 9, 9])
    SEEN.clear()
    gap = negative_transfer_gap(Regressor(), X, y, site, scoring=blind_to, cv=4)
    assert (gap.with_source == 0).all() and (gap.without_source == 0).all()
    assert all(27 <= len(seen & own) <= 28 for seen in SEEN) and len(SEEN) == 8
