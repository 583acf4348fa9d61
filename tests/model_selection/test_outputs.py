"""The same labels as (n,), as (n, 1) and as a frame of one column: the same figures; several outputs."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV

from sktl import OnLabeled
from sktl.domains import one_column
from sktl.instance import ULSIF
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
    SourceSelector,
    SourceTargetKFold,
    SourceTargetShuffleSplit,
    TargetKFold,
    TargetScorer,
    TransferGuard,
    cross_val_transfer,
    negative_transfer_gap,
    rank_sources,
    transfer_learning_curve,
    transfer_matrix,
)

BY_LOSS = [SourceScorer, ImportanceWeightedScorer, DeepEmbeddedValidationScorer, CircularValidationScorer]
CASES = [
    *((Ridge(), scorer(loss=loss)) for scorer in BY_LOSS for loss in ("squared_error", "absolute_error")),
    *((LogisticRegression(), scorer(loss=loss)) for scorer in BY_LOSS for loss in ("zero_one", "log_loss", "brier")),
    (Ridge(), SourceScorer(loss=lambda a, b: (a - b) ** 4)),
    (Ridge(), DeepEmbeddedValidationScorer(weighter=ULSIF())),
    (LogisticRegression(), DiscrepancyScorer()),
    (LogisticRegression(), InformationMaximizationScorer()),
    (LogisticRegression(), MixValScorer()),
    (LogisticRegression(), PredictionEntropyScorer()),
    (LogisticRegression(), SoftNeighborhoodDensityScorer()),
]
FORMS = [
    pytest.param(lambda y: y[:, None], id="column"),
    pytest.param(lambda y: pd.Series(y).to_frame(), id="pandas"),
    pytest.param(lambda y: pl.DataFrame({"y": pl.Series(y)}), id="polars"),
    pytest.param(lambda y: [[value] for value in y.tolist()], id="list"),
]
as_columns = pytest.mark.parametrize("form", FORMS)
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")


@pytest.fixture(scope="module")
def table():
    """Rows, numbers and classes (60 source rows of two sites, 40 target rows), site."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    numbers = X[:, 0] + 0.1 * rng.normal(size=100)
    return (
        X,
        numbers,
        (numbers + 0.8 * rng.normal(size=100) > 0.6).astype(float),
        np.repeat(["a", "b", "target"], [30, 30, 40]),
    )


def hidden(y):
    """Labels, missing on the target rows."""
    return np.where(np.arange(100) < 60, y, np.nan)


@quiet
@as_columns
@pytest.mark.parametrize(
    ("model", "scorer"), CASES, ids=[f"{model}-{scorer}".split(" at 0x")[0] for model, scorer in CASES]
)
def test_scorers_give_the_same_for_a_column(model, scorer, form, table):
    X, numbers, classes, _ = table
    y = hidden(classes if is_classifier(model) else numbers)
    flat = OnLabeled(model).fit(X, y)
    expected = scorer(flat, X, y)
    assert_allclose(scorer(flat, X, form(y)), expected)
    if isinstance(form(y), (np.ndarray, pd.DataFrame)):  # the model too has seen a column: Ridge predicts one
        assert_allclose(scorer(OnLabeled(model).fit(X, form(y)), X, form(y)), expected)


@quiet
@pytest.mark.parametrize("model", [Ridge(), LogisticRegression()], ids=repr)
def test_a_search_gives_the_same_for_a_column(model, table):
    X, numbers, classes, _ = table
    y = hidden(classes if is_classifier(model) else numbers)
    scores = []
    for given in (y, y[:, None], pd.DataFrame({"y": y})):
        for scorer in (ImportanceWeightedScorer(), TargetScorer(X[60:], numbers[60:] > 0)):
            search = GridSearchCV(OnLabeled(model), {}, cv=SourceTargetKFold(3), scoring=scorer, error_score="raise")
            scores.append(search.fit(X, given).best_score_)
    assert_allclose(scores, scores[:2] * 3)


@as_columns
@pytest.mark.parametrize(
    "splitter",
    [SourceTargetKFold(3), SourceTargetShuffleSplit(3), TargetKFold(3), LeaveOneDomainOut()],
    ids=repr,
)
def test_splitters_give_the_same_for_a_column(splitter, form, table):
    X, _, y, site = table
    given = [list(splitter.split(X, labels, site)) for labels in (y, form(y))]
    for (train, test), (other_train, other_test) in zip(*given, strict=True):
        assert_array_equal(train, other_train)
        assert_array_equal(test, other_test)


def gap_of_means(X_source, y_source, X_target, y_target):
    """Of the labels, flat ones."""
    assert y_source.ndim == y_target.ndim == 1
    return abs(y_source.mean() - y_target.mean())


def figures(model, X, y, site, kind):
    """What a function of the module finds."""
    if kind == "cross_val_transfer":
        return cross_val_transfer(model, X, y, site).scores
    if kind == "few-shot":
        return cross_val_transfer(model, X, y, site, mode="few-shot", n_labeled=7).scores
    if kind == "transfer_matrix":
        return transfer_matrix(model, X, y, site).scores
    if kind == "gap":
        return negative_transfer_gap(model, X, y, site).gap
    if kind == "curve":
        scores = transfer_learning_curve(model, X, y, site, n_labeled=(0, 5), n_repeats=2).scores
        return np.array(list(scores.values()))
    if kind == "rank_sources":
        return rank_sources(X, y, site, metric=gap_of_means).distances
    guard = TransferGuard(model, without_labels="circular" if kind == "guard, circular" else "weighted")
    guard.fit(X, y, sample_domain=site)
    return [guard.gain_.estimate, guard.gain_.pvalue, guard.pvalue_, *guard.predict(X).ravel()]


KINDS = ["cross_val_transfer", "few-shot", "transfer_matrix", "gap", "curve", "rank_sources", "guard"]


@quiet
@pytest.mark.filterwarnings("ignore::sktl.exceptions.SingleDomainWarning")
@pytest.mark.parametrize("kind", [*KINDS, "guard, circular", "guard, weights", "selector"])
@pytest.mark.parametrize("model", [Ridge(), LogisticRegression()], ids=repr)
def test_functions_give_the_same_for_a_column(model, kind, table):
    X, numbers, classes, site = table
    y = classes if is_classifier(model) else numbers
    y = hidden(y) if kind in ("guard, circular", "guard, weights", "selector") else y
    if kind == "selector":
        found = [
            SourceSelector(model, n_sources=1).fit(X, given, sample_domain=site).predict(X).ravel()
            for given in (y, y[:, None], pd.DataFrame({"y": y}))
        ]
    else:
        found = [figures(model, X, given, site, kind) for given in (y, y[:, None], pd.DataFrame({"y": y}))]
    assert_allclose(found[1], found[0])
    assert_allclose(found[2], found[0])


# --- several outputs ---


def test_one_column_leaves_the_rest_as_it_is():
    for y in (None, np.arange(3), np.zeros((3, 2)), [0, 1], pd.Series([1, 2]), pd.DataFrame({"a": [1], "b": [2]})):
        assert one_column(y) is y
    assert one_column([[0], [1], [None]]).tolist() == [0, 1, None]


@pytest.mark.parametrize(
    "scorer", [scorer(loss=loss) for scorer in BY_LOSS for loss in ("squared_error", "absolute_error")], ids=repr
)
def test_two_outputs_of_a_regressor_are_scored_by_their_mean_loss(scorer, table):
    X, numbers, _, _ = table
    y = np.column_stack([hidden(numbers), hidden(3 * X[:, 1] - 1)])
    score = scorer(OnLabeled(Ridge()).fit(X, y), X, y)
    each = [scorer(OnLabeled(Ridge()).fit(X, one), X, one) for one in y.T]
    assert len(set(each)) == 2
    assert_allclose(score, np.mean(each))  # all are linear in the losses


@pytest.mark.parametrize("kind", ["cross_val_transfer", "gap", "curve", "guard", "guard, circular", "guard, weights"])
def test_two_outputs_alike_are_one(kind, table):
    """A regressor's losses are means over the outputs: those of one output written twice are its own."""
    X, numbers, _, site = table
    y = hidden(numbers) if "," in kind else numbers
    one, two = (np.ravel(figures(Ridge(), X, given, site, kind)) for given in (y, np.column_stack([y, y])))
    assert_allclose(two[:3], one[:3])


def test_classifiers_of_several_outputs_are_refused(table):
    X, _, classes, site = table
    y = np.column_stack([hidden(classes), hidden(1 - classes)])
    model = OnLabeled(RandomForestClassifier(2, random_state=0)).fit(X, y)
    for scorer in (*(scorer() for scorer in BY_LOSS), MixValScorer(), PredictionEntropyScorer()):
        for given in (y, pd.DataFrame(y), y.tolist()):
            with pytest.raises(ValueError, match=f"{type(scorer).__name__} judges .* one output only; y has 2 columns"):
                scorer(model, X, given)
    assert np.isfinite(DiscrepancyScorer()(model, X, y))
    with pytest.raises(ValueError, match="TransferGuard judges classifiers of one output only; y has 2 columns"):
        TransferGuard(RandomForestClassifier(2)).fit(X, y, sample_domain=site)


def test_an_own_loss_must_be_one_number_a_row(table):
    X, numbers, _, _ = table
    y = np.column_stack([hidden(numbers), hidden(numbers)])
    with pytest.raises(ValueError, match=r"one number per row, shape \(60,\); it returned shape \(60, 2\)"):
        SourceScorer(loss=lambda a, b: (a - b) ** 2)(OnLabeled(Ridge()).fit(X, y), X, y)
