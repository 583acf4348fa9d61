"""The guard: its tests against scipy's, its decisions on problems made to help and to hurt, its limits."""

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose
from scipy import stats
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sktl import OnLabeled
from sktl.instance import AutoWeighter, ImportanceWeighted, TrAdaBoostClassifier
from sktl.model_selection import (
    SourceScorer,
    SourceTargetKFold,
    TargetKFold,
    TransferGuard,
    negative_transfer_gap,
    transfer_learning_curve,
)


def problem(helps, seed, n_labeled=40):
    """A source that labels as the target does, or the other way round, and a few target labels; 20 columns."""
    rng = np.random.default_rng(seed)
    coef = np.r_[np.ones(5), np.zeros(15)]
    X = rng.normal(size=(420, 20))
    target = np.arange(420) >= 300
    y = (X @ coef + rng.normal(size=420) > 0).astype(float)
    if not helps:
        y[~target] = 1 - y[~target]
    shown = np.where(target & (np.arange(420) >= 300 + n_labeled), np.nan, y)
    return X, shown, y, target


def moved(helps, seed, n_labeled=40):
    """A target whose columns have another offset: an instrument's (centring mends it) or a true one (it hides it)."""
    rng = np.random.default_rng(seed)
    X, target = rng.normal(size=(420, 30)), np.arange(420) >= 300
    X[target] += 0.5
    origin = np.where(target & helps, 0.5, 0.0)[:, None]
    y = ((X - origin).sum(axis=1) + rng.normal(size=420) > 0).astype(float)
    return X, np.where(target & (np.arange(420) >= 300 + n_labeled), np.nan, y), y, target


def test_it_accepts_where_transfer_helps_and_refuses_where_it_hurts(centre):
    decisions = {helps: [] for helps in (True, False)}
    for seed in range(10):
        for helps in decisions:
            X, y, _, target = moved(helps, seed)
            pipe = make_pipeline(centre(), OnLabeled(LogisticRegression()))
            guard = TransferGuard(pipe).fit(X, y, sample_domain=target)
            decisions[helps].append(guard.decision_)
            assert guard.criterion_ == "target labels"
            assert set(guard.evidence_) == {"transfer", "source-only", "target-only", "pooled"}
    assert decisions[False].count("transfer") == 0
    assert decisions[True].count("transfer") >= 3  # 40 labels show a gain where there is much to gain


def test_the_evidence_is_that_of_a_loop():
    X, y, _, target = problem(True, 3)
    guard = TransferGuard(LogisticRegression(C=0.001), baseline=LogisticRegression(), loss="zero_one", random_state=1)
    guard.fit(X, y, sample_domain=target)
    losses = {"transfer": [], "source-only": [], "target-only": [], "pooled": []}
    for train, test in TargetKFold(5, random_state=1).split(X, y, target):
        train = train[~np.isnan(y[train])]
        fits = {
            "transfer": LogisticRegression(C=0.001).fit(X[train], y[train]),
            "source-only": LogisticRegression().fit(X[~target], y[~target]),
            "target-only": LogisticRegression().fit(X[train][target[train]], y[train][target[train]]),
            "pooled": LogisticRegression().fit(X[train], y[train]),
        }
        for name, model in fits.items():
            losses[name] += (model.predict(X[test]) != y[test]).tolist()
    for name, values in losses.items():
        assert guard.evidence_[name]["score"] == pytest.approx(1 - np.mean(values))
        assert guard.evidence_[name]["standard_error"] == pytest.approx(stats.sem(values))
    assert guard.fallback_ == "source-only"
    difference = np.subtract(losses["source-only"], losses["transfer"], dtype=float)
    wins, defeats = (difference > 0).sum(), (difference < 0).sum()
    assert guard.gain_.estimate == pytest.approx(difference.mean())
    both = [stats.binomtest(int(k), int(wins + defeats), alternative="greater").pvalue for k in (wins, wins + 1)]
    assert wins + defeats > 0 and guard.gain_.pvalue == pytest.approx(np.mean(both))  # mid-p


def test_with_probabilities_rows_are_compared_by_their_brier_scores():
    X, y, _, target = problem(True, 3)
    guard = TransferGuard(LogisticRegression(C=0.001), baseline=LogisticRegression()).fit(X, y, sample_domain=target)
    known = np.flatnonzero(target & ~np.isnan(y))
    shares = LogisticRegression().fit(X[~target], y[~target]).predict_proba(X[known])
    losses = ((shares - np.eye(2)[y[known].astype(int)]) ** 2).sum(axis=1)
    assert guard.evidence_["source-only"]["score"] == pytest.approx(-losses.mean())
    assert guard.evidence_["source-only"]["standard_error"] == pytest.approx(stats.sem(losses))


def test_a_few_target_labels_do_not_replace_the_source_by_chance():
    taken = []
    for seed in range(20):
        X, y, _, target = problem(True, seed, n_labeled=12)
        guard = TransferGuard(DummyClassifier(), LogisticRegression()).fit(X, y, sample_domain=target)
        assert guard.decision_ in ("source-only", "target-only", "pooled") and guard.decision_ == guard.fallback_
        better = [name for name, gain in guard.baseline_gains_.items() if gain.pvalue < 0.05]
        assert (guard.decision_ == "source-only") == (not better)
        taken.append(guard.decision_)
    assert taken.count("target-only") <= 1  # the source labels as the target does


def test_without_target_labels_weighted_losses_of_a_loop_decide():
    rng = np.random.default_rng(4)
    X, target = rng.normal(size=(300, 2)), np.arange(300) >= 180
    X[target, 0] += 1
    y = np.where(target, np.nan, X[:, 0] ** 2 + X[:, 1] + 0.3 * rng.normal(size=300) > 1)
    weighted = ImportanceWeighted(LogisticRegression())
    guard = TransferGuard(weighted, LogisticRegression(), random_state=3).fit(X, y)
    weights = AutoWeighter().fit(X, y).weights_[~target]
    gains = np.empty(300)
    for train, test in SourceTargetKFold(5, random_state=3).split(X, y):
        known = train[~target[train]]
        plain = LogisticRegression().fit(X[known], y[known])
        adapted = clone(weighted).fit(X[train], y[train])
        gains[test] = (plain.predict(X[test]) != y[test]) * 1.0 - (adapted.predict(X[test]) != y[test])
    assert guard.gain_.estimate == pytest.approx(np.average(gains[~target], weights=weights))
    assert guard.criterion_ == "weighted source labels" and set(guard.evidence_) == {"transfer", "source-only"}


def test_without_target_labels_a_scorer_decides(two_domains):
    X, y, _ = two_domains
    same = LogisticRegression(max_iter=1000)
    pipe = make_pipeline(StandardScaler(), same)
    guard = TransferGuard(pipe, without_labels=SourceScorer()).fit(X, y)
    assert guard.criterion_ == "scorer" and guard.decision_ == "source-only"  # the same model gains nothing
    assert guard.gain_.estimate == 0.0 and guard.gain_.pvalue == 1.0
    better = TransferGuard(pipe, baseline=DummyClassifier(), without_labels=SourceScorer()).fit(X, y)
    assert better.decision_ == "transfer" and 0 < better.gain_.low < better.gain_.estimate < better.gain_.high
    assert_allclose(better.predict_proba(X), OnLabeled(pipe).fit(X, y).predict_proba(X))


def test_circular_validation_sees_no_target_label():
    X, shown, y, target = problem(True, 6)
    gains = []
    for labels in (shown, np.where(target, 1 - shown, shown)):
        guard = TransferGuard(LogisticRegression(C=0.01), LogisticRegression()).fit(X, labels, sample_domain=target)
        gains.append(guard.circular_gain_)
    assert gains[0] == gains[1] and gains[0] is not None


def test_labels_alone_decide_where_asked_or_where_the_model_needs_them(centre):
    X, y, _, target = moved(True, 1)
    pipe = make_pipeline(centre(), OnLabeled(LogisticRegression()))
    alone = TransferGuard(pipe, with_labels="labels").fit(X, y, sample_domain=target)
    both = TransferGuard(pipe).fit(X, y, sample_domain=target)
    assert alone.gain_ == both.gain_ and alone.circular_gain_ is None
    assert alone.pvalue_ == alone.gain_.pvalue and both.pvalue_ != both.gain_.pvalue
    boosted = TransferGuard(TrAdaBoostClassifier(LogisticRegression(), n_estimators=3)).fit(X, y, sample_domain=target)
    assert boosted.circular_gain_ is None and boosted.pvalue_ == boosted.gain_.pvalue


def test_without_target_labels_circular_validation_decides_where_asked(centre):
    rng = np.random.default_rng(0)
    X, target = rng.normal(size=(421, 4)), np.arange(421) >= 300
    y = np.where(target, np.nan, X[:, 0] + X[:, 1] > 0)
    X[target] += 6  # an offset of the instrument: the source's model calls every row the same
    pipe = make_pipeline(centre(), OnLabeled(LogisticRegression()))
    guard = TransferGuard(pipe, without_labels="circular", margin=0.1).fit(X, y)
    assert (guard.criterion_, guard.decision_) == ("circular validation", "transfer")
    assert guard.gain_.low > 0.1 and guard.evidence_["transfer"]["score"] > 0.9
    same = TransferGuard(LogisticRegression(), LogisticRegression(), without_labels="circular").fit(X, y)
    assert same.decision_ == "source-only" and same.gain_.estimate == 0


def test_several_transfer_models_share_the_level(centre):
    X, y, _, target = moved(True, 4, n_labeled=100)
    pipe = make_pipeline(centre(), OnLabeled(LogisticRegression()))
    others = [("poor", DummyClassifier()), ("centred", pipe)]
    guard = TransferGuard(DummyClassifier(), alternatives=others).fit(X, y, sample_domain=target)
    single = TransferGuard(pipe, alpha=0.05 / 3).fit(X, y, sample_domain=target)
    assert guard.decision_ == "centred" and single.decision_ == "transfer"
    assert guard.gain_ == guard.gains_["centred"] == single.gain_  # interval and test at a third of the level
    assert set(guard.gains_) == {"transfer", "poor", "centred"}
    assert_allclose(guard.predict_proba(X), single.predict_proba(X))


def test_the_model_in_use_is_the_one_decided_for():
    X, y, _, target = problem(False, 0)
    guard = TransferGuard(LogisticRegression(), baseline=LogisticRegression()).fit(X, y, sample_domain=target)
    known = target & ~np.isnan(y)
    assert guard.decision_ == "target-only"
    assert_allclose(guard.predict_proba(X), LogisticRegression().fit(X[known], y[known]).predict_proba(X))


def test_few_labels_of_one_class_are_no_obstacle():
    X, y, _, target = problem(True, 1, n_labeled=120)
    y = np.where(target & (y == 1) & (np.arange(420) > 303), np.nan, y)  # one or two labels of class 1 are left
    guard = TransferGuard(LogisticRegression()).fit(X, y, sample_domain=target)
    assert guard.criterion_ == "target labels"


def test_a_margin_asks_for_more():
    X, y, _, target = problem(True, 2, n_labeled=100)
    free = TransferGuard(LogisticRegression(), baseline=DummyClassifier()).fit(X, y, sample_domain=target)
    dear = clone(free).set_params(margin=0.6).fit(X, y, sample_domain=target)
    assert free.decision_ == "transfer" and dear.decision_ != "transfer"


def test_regression_goes_by_squared_losses():
    rng = np.random.default_rng(5)
    X, target = rng.normal(size=(300, 3)), np.arange(300) >= 200
    y = X @ [1.0, 2.0, 3.0] + 0.1 * rng.normal(size=300)
    shown = np.where(target & (np.arange(300) >= 215), np.nan, y)
    # the source's slopes hold, with 15 target labels ridge alone can't know them; its intercept is off
    shifted = np.where(target, shown, shown + 5)
    guard = TransferGuard(Ridge(), loss="squared_error").fit(X, shifted, sample_domain=target)
    assert guard.evidence_["source-only"]["score"] < -20
    assert guard.decision_ == "target-only"


def test_errors(two_domains):
    X, y, _ = two_domains
    for name, value in (("alpha", 0.5), ("margin", -1), ("cv", 1), ("n_repeats", 0), ("random_state", -1)):
        with pytest.raises(ValueError, match=f"{name} must be"):
            TransferGuard(LogisticRegression(), **{name: value}).fit(X, y)
    with pytest.raises(ValueError, match="loss must be one of"):
        TransferGuard(LogisticRegression(), loss="hinge").fit(X, y)
    with pytest.raises(ValueError, match="with_labels must be one of 'circular', 'labels'; got 'no'"):
        TransferGuard(LogisticRegression(), with_labels="no").fit(X, y)
    with pytest.raises(ValueError, match="alternatives need unique names"):
        TransferGuard(LogisticRegression(), alternatives=[("pooled", LogisticRegression())]).fit(X, y)
    with pytest.raises(TypeError, match="alternatives must be a list of .name, estimator. tuples; got 'a'"):
        TransferGuard(LogisticRegression(), alternatives=["a"]).fit(X, y)
    with pytest.raises(ValueError, match="without_labels must be 'weighted' or 'circular' or a callable"):
        TransferGuard(LogisticRegression(), without_labels="accuracy").fit(X, y)


# --- the gap and the curve ---


def test_the_gap_is_the_difference_of_scores():
    X, y, _, target = problem(False, 7)
    result = negative_transfer_gap(LogisticRegression(), X, y, target, random_state=2)
    with_source, without = [], []
    for train, test in TargetKFold(5, random_state=2).split(X, y, target):
        train = train[~np.isnan(y[train])]
        own = train[target[train]]
        with_source.append(LogisticRegression().fit(X[train], y[train]).score(X[test], y[test]))
        without.append(LogisticRegression().fit(X[own], y[own]).score(X[test], y[test]))
    assert_allclose(result.with_source, with_source)
    assert_allclose(result.without_source, without)
    assert result.gap == pytest.approx(np.mean(without) - np.mean(with_source)) and result.gap > 0.2
    helpful = negative_transfer_gap(LogisticRegression(), *(problem(True, 7)[i] for i in (0, 1, 3)))
    assert helpful.gap < 0


def test_the_curve_has_every_model_at_every_size():
    X, _, y, target = problem(True, 8)
    curve = transfer_learning_curve(LogisticRegression(), X, y, target, n_labeled=(0, 10, 40), n_repeats=3, n_jobs=2)
    assert {name: scores.shape for name, scores in curve.scores.items()} == dict.fromkeys(
        ("transfer", "source-only", "target-only", "pooled"), (3, 3)
    )
    assert np.isnan(curve.scores["target-only"][0]).all() and np.isfinite(curve.scores["target-only"][1:]).all()
    assert_allclose(curve.scores["source-only"][0], curve.scores["source-only"][2])  # sees no target label
    own = curve.scores["target-only"].mean(axis=1)
    assert own[2] > own[1] and curve.scores["transfer"].mean() > own[2]
    again = transfer_learning_curve(LogisticRegression(), X, y, target, n_labeled=(0, 10, 40), n_repeats=3)
    assert_allclose(again.scores["transfer"], curve.scores["transfer"])
    needy = make_pipeline(StandardScaler(), TrAdaBoostClassifier(n_estimators=2))
    curve = transfer_learning_curve(needy, X, y, target, n_labeled=(0, 10), n_repeats=1)
    assert np.isnan(curve.scores["transfer"][0]).all() and np.isfinite(curve.scores["transfer"][1]).all()
    assert np.isfinite(curve.scores["pooled"]).all()  # the source's labels are enough
    with pytest.raises(ValueError, match="n_labeled=100 needs that many labelled target rows besides the 60"):
        transfer_learning_curve(LogisticRegression(), X, y, target, n_labeled=(100,))


# --- labels of every kind, margins, backends ---


@pytest.mark.parametrize("dtype", ["Int64", "string", "boolean"])
def test_pandas_extension_arrays_of_labels(dtype):
    X, shown, y, target = problem(True, 9, n_labeled=30)
    values = {"Int64": y.astype(int), "boolean": y == 1, "string": np.where(y == 1, "yes", "no")}[dtype]
    labels = pd.array(values, dtype=dtype)
    labels[np.isnan(shown)] = pd.NA
    plain = np.where(np.isnan(shown), None, values)
    model = LogisticRegression(C=0.01)
    guard = TransferGuard(model, cv=3, n_repeats=1)
    gain = clone(guard).fit(X, plain, sample_domain=target).gain_
    for given in (labels, pd.Series(labels)):
        assert clone(guard).fit(X, given, sample_domain=target).gain_ == gain
        unlabeled = given.copy()
        unlabeled[target] = pd.NA
        assert clone(guard).fit(X[:, :3], unlabeled).criterion_ == "weighted source labels"
        curves = [
            transfer_learning_curve(model, X, kind, target, n_labeled=(0, 5), n_repeats=1).scores["transfer"]
            for kind in (given, plain)
        ]
        assert_allclose(*curves)


def test_no_label_at_all_is_said_so():
    X, _, _, target = problem(True, 9)
    with pytest.raises(ValueError, match="The labels of all 420 rows are missing: TransferGuard needs"):
        TransferGuard(LogisticRegression()).fit(X, np.full(420, np.nan), sample_domain=target)


@pytest.mark.parametrize("backend", ["multiprocessing", "threading"])
def test_joblib_backends(backend):
    X, shown, _, target = problem(True, 2)
    guard = TransferGuard(LogisticRegression(C=0.01), cv=3, n_repeats=1)
    serial = clone(guard).fit(X, shown, sample_domain=target)
    with parallel_config(backend):
        spread = clone(guard).set_params(n_jobs=2).fit(X, shown, sample_domain=target)
    assert spread.gain_ == serial.gain_ and spread.pvalue_ == serial.pvalue_


def test_the_default_baseline_encodes_as_the_estimator_does():
    X, shown, _, target = problem(True, 2)
    frame = pd.DataFrame(X).set_axis(["a", "b", *map(str, range(2, X.shape[1]))], axis=1)
    frame["a"] = np.where(frame["a"] > 0, "high", "low")
    frame.loc[::7, "b"] = np.nan
    encode = make_column_transformer(
        (OneHotEncoder(drop="if_binary"), ["a"]), (SimpleImputer(), ["b"]), remainder="passthrough"
    )
    by_hand = make_pipeline(encode, StandardScaler(), LogisticRegression(tol=1e-6, max_iter=1000))
    models = [make_pipeline(encode, OnLabeled(LogisticRegression(C=0.01))), OnLabeled(by_hand)]
    for y in (shown, np.where(target, np.nan, shown)):
        found = [TransferGuard(models[0], plain, cv=3).fit(frame, y, sample_domain=target) for plain in (None, by_hand)]
        assert found[0].gain_ == found[1].gain_ is not None
    curve = transfer_learning_curve(models[0], frame, shown, target, n_labeled=(0, 5), n_repeats=1)
    assert np.isfinite(curve.scores["source-only"]).all()
    with pytest.raises(ValueError, match="The default baseline needs columns of finite numbers .* or pass baseline"):
        TransferGuard(LogisticRegression()).fit(frame, shown, sample_domain=target)


def test_masked_labels_are_missing_for_guard_and_curve():
    X, shown, y, target = problem(True, 9, n_labeled=30)
    masked = np.ma.array(y, mask=np.isnan(shown))
    guard = TransferGuard(LogisticRegression(C=0.01), cv=3, n_repeats=1)
    gains = [clone(guard).fit(X, labels, sample_domain=target).gain_ for labels in (shown, masked)]
    assert gains[0] == gains[1]
    with pytest.raises(ValueError, match="X has 1 masked entries"):
        guard.fit(np.ma.array(X, mask=np.arange(X.size).reshape(X.shape) == 7), shown, sample_domain=target)
