"""Conformal intervals and sets: against hand-made ones, in the limits, and where nothing can be said."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, QuantileRegressor, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sktl.base import BaseRatioWeighter
from sktl.calibration import ConformalClassifier, ConformalRegressor
from sktl.exceptions import LowEffectiveSampleSizeWarning, SingleDomainWarning
from sktl.feature import DomainScaler
from sktl.instance import BBSE, KLIEP, KMM, MLLS

one_domain = pytest.mark.filterwarnings("ignore::sktl.exceptions.SingleDomainWarning")
quiet = pytest.mark.filterwarnings("ignore::sktl.exceptions.LowEffectiveSampleSizeWarning")


class KnownRatio(BaseRatioWeighter):
    """exp(shift x_1 - shift^2 / 2), the ratio of N(shift e_1, I) to N(0, I)."""

    def __init__(self, shift=1.0):
        self.shift = shift

    def _weigh(self, X_source, X_target):
        return self._ratio(X_source)

    def _ratio(self, X):
        return np.exp(self.shift * X[:, 0] - self.shift**2 / 2)


def numbers(seed=0, n=300, shift=1.0, n_labeled=0):
    """Rows of N(0, I_2) > N(shift e_1, I_2), residuals that grow with x_1; (X, y shown, y, target)."""
    rng = np.random.default_rng(seed)
    X, target = rng.normal(size=(2 * n, 2)), np.arange(2 * n) >= n
    X[target, 0] += shift
    y = X[:, 1] + np.exp(0.6 * X[:, 0]) * rng.normal(size=2 * n)
    return X, np.where(target & (np.arange(2 * n) >= n + n_labeled), np.nan, y), y, target


def classes(seed=0, n=300):
    """Three classes with other shares in the target; (X, y shown, y, target)."""
    rng = np.random.default_rng(seed)
    target = np.arange(2 * n) >= n
    y = np.where(target, rng.choice(3, 2 * n, p=[0.1, 0.3, 0.6]), rng.choice(3, 2 * n, p=[0.6, 0.3, 0.1])).astype(float)
    X = rng.normal(size=(2 * n, 2)) + 1.3 * np.array([[0, 0], [2, 0], [0, 2]])[y.astype(int)]
    return X, np.where(target, np.nan, y), y, target


def frozen(model, X, y):
    return FrozenEstimator(model.fit(X, y))


# --- oracles ---


def test_weighted_intervals_by_hand():
    X, shown, y, target = numbers()
    ridge = frozen(Ridge(), *numbers(seed=1)[:3:2])
    model = ConformalRegressor(ridge, weighter=KnownRatio()).fit(X, shown)
    residuals, w = np.abs(y - ridge.predict(X))[~target], np.exp(X[:, 0] - 0.5)
    intervals = model.predict_interval(X[target], alpha=[0.1, 0.3])
    for row, interval in zip(X[target][:20], intervals[:20], strict=True):
        for k, alpha in enumerate([0.1, 0.3]):
            total = w[~target].sum() + np.exp(row[0] - 0.5)
            reach = [r for r in residuals if w[~target][residuals <= r].sum() >= (1 - alpha) * total]
            assert_allclose(interval[:, k], ridge.predict([row]) + np.array([-1, 1]) * min(reach))
    assert_allclose(model.calibration_weights_, w[~target])
    assert intervals.shape == (300, 2, 2) and model.infinite_share_ == 0


@one_domain
def test_without_shift_it_is_the_plain_method():
    X, _, y, _ = numbers(n=50)
    ridge = frozen(Ridge(), *numbers(seed=1)[:3:2])
    found = ConformalRegressor(ridge).fit(X[:99], y[:99]).predict_interval(X, alpha=0.1)
    reach = np.sort(np.abs(y[:99] - ridge.predict(X[:99])))[89]  # the ceil(0.9 * 100)-th
    assert_array_equal(found, ridge.predict(X)[:, None] + np.array([-reach, reach]))
    X, _, y, _ = classes(n=50)
    bayes = frozen(GaussianNB(), *classes(seed=1)[:3:2])
    found = ConformalClassifier(bayes).fit(X[:99], y[:99]).predict_set(X, alpha=0.1)
    reach = np.sort(1 - bayes.predict_proba(X[:99])[np.arange(99), y[:99].astype(int)])[89]
    assert_array_equal(found, 1 - bayes.predict_proba(X) <= reach)


def test_label_shift_by_hand():
    X, shown, y, target = classes()
    bayes = frozen(GaussianNB(), *classes(seed=1)[:3:2])
    model = ConformalClassifier(bayes, shift="label").fit(X, shown)
    v = MLLS(estimator=bayes).fit(X, shown).class_weights_
    codes, proba = y[~target].astype(int), bayes.predict_proba(X) * v
    proba /= proba.sum(axis=1, keepdims=True)
    scores, w = 1 - proba[~target][np.arange(300), codes], v[codes]
    sets = model.predict_set(X[target], alpha=0.2)
    for c in range(3):
        kept = [(w[scores >= s].sum() + v[c]) / (w.sum() + v[c]) > 0.2 for s in 1 - proba[target][:, c]]
        assert_array_equal(sets[:, c], kept)


def test_normalised_and_quantile_scores_by_hand():
    X, shown, y, target = numbers()
    parts = [frozen(Ridge(alpha=a), *numbers(seed=a)[:3:2]) for a in (1, 2)]
    spread = frozen(Ridge(), X[:, :1] * [1, 0], np.exp(0.3 * X[:, 0]))
    model = ConformalRegressor(parts[0], shift=None, conformity="normalized", residual_estimator=spread).fit(X, shown)
    unit = np.maximum(spread.predict(X), np.finfo(float).tiny)
    scores = np.abs(y - parts[0].predict(X)) / unit
    reach = np.sort(scores[~target])[240] * unit[target]  # the ceil(0.8 * 301)-th
    middle = parts[0].predict(X[target])
    assert_allclose(model.predict_interval(X[target], 0.2), np.column_stack([middle - reach, middle + reach]))
    low, high = (frozen(QuantileRegressor(quantile=q, alpha=0), X, y) for q in (0.1, 0.9))
    model = ConformalRegressor(parts[0], shift=None, conformity="quantile", quantile_estimators=(low, high))
    found = model.fit(X, shown).predict_interval(X[target], 0.2)
    said = np.sort([low.predict(X), high.predict(X)], axis=0)  # lines cross far out
    reach = np.sort(np.maximum(said[0] - y, y - said[1])[~target])[240]
    assert_allclose(found, said[:, target].T + np.array([-reach, reach]))
    assert_array_equal(model.predict(X), parts[0].predict(X))


def test_cross_fitted_intervals_by_hand():
    X, shown, y, target = numbers(n=60)
    model = ConformalRegressor(Ridge(), shift=None, method="cross", cv=3).fit(X, shown)
    (ends,) = np.nonzero(np.diff(model.calibration_rows_) < 0)  # each part's positions ascend
    parts = np.split(model.calibration_rows_, ends + 1)
    assert sorted(map(len, parts)) == [20, 20, 20]
    low, high = [], []
    for rows in parts:
        fitted = Ridge().fit(X[np.setdiff1d(np.arange(60), rows)], y[np.setdiff1d(np.arange(60), rows)])
        residuals = np.abs(y[rows] - fitted.predict(X[rows]))
        low.append(fitted.predict(X[target])[:, None] - residuals)
        high.append(fitted.predict(X[target])[:, None] + residuals)
    # Barber et al. (2021): the floor(alpha (n + 1))-th smallest and the ceil((1 - alpha)(n + 1))-th smallest
    expected = np.column_stack([np.sort(np.hstack(low))[:, 11], np.sort(np.hstack(high))[:, 48]])
    assert_allclose(model.predict_interval(X[target], 0.2), expected)
    assert_allclose(model.predict(X), Ridge().fit(X[:60], y[:60]).predict(X))


# --- coverage ---


@quiet
def test_coverage_under_covariate_shift():
    hits = {None: [], "covariate": []}
    for seed in range(25):
        X, shown, y, target = numbers(seed, n=400)
        for shift, found in hits.items():
            weighter = KnownRatio() if shift else None
            interval = (
                ConformalRegressor(Ridge(), shift=shift, weighter=weighter).fit(X, shown).predict_interval(X[target])
            )
            found.append(np.mean((interval[:, 0] <= y[target]) & (y[target] <= interval[:, 1])))
    assert np.mean(hits[None]) < 0.8
    assert 0.88 < np.mean(hits["covariate"]) < 0.94


@pytest.mark.parametrize("conformity", ["lac", "aps", "raps"])
def test_coverage_under_label_shift(conformity):
    hits = {None: [], "label": []}
    for seed in range(6):
        X, shown, y, target = classes(seed, n=500)
        for shift, found in hits.items():
            weighter = BBSE() if shift else None
            model = ConformalClassifier(LogisticRegression(), shift=shift, weighter=weighter, conformity=conformity)
            sets = model.fit(X, shown).predict_set(X[target], alpha=0.15)
            found.append(sets[np.arange(500), y[target].astype(int)].mean())
    assert np.mean(hits[None]) < np.mean(hits["label"]) - 0.02
    assert 0.81 < np.mean(hits["label"]) < 0.92  # of 0.85; six draws have a standard error of 0.015


def test_each_class_and_each_group_keeps_the_promise():
    X, shown, y, target = classes(n=2000)
    codes, rows = y[target].astype(int), np.arange(2000)
    for conditional in (None, "class"):
        model = ConformalClassifier(LogisticRegression(), shift=None, conditional=conditional).fit(X, shown)
        covered = model.predict_set(X[target], alpha=0.2)[rows, codes]
        worst = min(covered[codes == c].mean() for c in range(3))
        assert worst > 0.75 if conditional else worst < 0.7
    X, shown, y, target = numbers(n=2000, shift=0.0)
    groups = np.where(X[:, 0] > 1, "wide", "narrow")
    model = ConformalRegressor(Ridge(), shift=None).fit(X, shown, groups=groups)
    interval = model.predict_interval(X[target], alpha=0.2, groups=groups[target])
    covered = (interval[:, 0] <= y[target]) & (y[target] <= interval[:, 1])
    for name in ("wide", "narrow"):
        assert abs(covered[groups[target] == name].mean() - 0.8) < 0.04
    assert len(np.unique(np.round(interval[:, 1] - interval[:, 0], 9))) == 2


# --- what can't be known ---


def test_target_rows_with_labels_calibrate():
    X, shown, y, target = numbers(shift=8.0, n_labeled=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LowEffectiveSampleSizeWarning)  # of the weighter: the source is far away
        model = ConformalRegressor(Ridge(), weighter=KnownRatio(8.0)).fit(X, shown, sample_domain=target)
    assert np.isin(np.arange(300, 340), model.calibration_rows_).all()
    fitted = Ridge().fit(
        np.delete(X[:300], model.calibration_rows_[:150], axis=0), np.delete(y[:300], model.calibration_rows_[:150])
    )
    assert_allclose(model.predict(X), fitted.predict(X))  # no target label was learned from
    # the source weighs nothing there: the plain method on 40 rows
    reach = np.sort(np.abs(y - model.predict(X))[300:340])[36]  # the ceil(0.9 * 41)-th
    interval = model.predict_interval(X[target], 0.1)
    assert_allclose(np.ptp(interval, axis=1) / 2, reach, rtol=1e-6)


@quiet
def test_no_overlap_is_said():
    X, shown, _, target = numbers(shift=8.0)
    model = ConformalRegressor(Ridge()).fit(X, shown)
    with pytest.warns(
        LowEffectiveSampleSizeWarning, match=r"cannot be judged. The 150 calibration rows are worth 1\.\d"
    ):
        intervals = model.predict_interval(X[target], 0.1)
    share = np.isinf(intervals).all(axis=1).mean()
    assert share > 0.9 and model.infinite_share_ == pytest.approx(share)
    y = np.where(target, np.nan, X[:, 1] > 0)
    model = ConformalClassifier(LogisticRegression()).fit(X, y)
    with pytest.warns(LowEffectiveSampleSizeWarning, match="classes are kept whatever their score"):
        sets = model.predict_set(X[target], 0.1)
    assert sets.all(axis=1).mean() > 0.9 and model.overlap_ < 0.1


@one_domain
def test_too_few_rows_leave_infinite_intervals():
    X, _, y, _ = numbers(n=10)
    model = ConformalRegressor(Ridge()).fit(X, y)
    with pytest.warns(LowEffectiveSampleSizeWarning, match="100.0 % of the intervals are infinite at alpha=0.05"):
        assert np.isinf(model.predict_interval(X, 0.05)).all()
    none = ConformalRegressor(Ridge(), test_size=0.01).fit(X, y)  # of 20 rows none calibrates
    assert none.infinite_share_ == 1 and none.effective_sample_size_ == 0
    assert model.infinite_share_ == 0 and np.isfinite(model.predict_interval(X, 0.1)).all()


@quiet
def test_a_group_without_calibration_rows_is_unknown():
    X, shown, _, target = numbers()
    groups = np.where(X[:, 1] > 0, "a", "b")
    model = ConformalRegressor(Ridge(), shift=None).fit(X, shown, groups=groups)
    new = np.array(["a", "b", "c"])
    assert np.isinf(model.predict_interval(X[:3], groups=new)).all(axis=1).tolist() == [False, False, True]
    X, shown, _, target = classes()
    groups = np.where(X[:, 1] > 0, "a", "b")
    model = ConformalClassifier(LogisticRegression(), shift=None, conditional="class").fit(X, shown, groups=groups)
    assert model.predict_set(X[:3], groups=new)[2].all()
    with pytest.raises(ValueError, match="fit was given groups, this method none"):
        model.predict_set(X[:3])
    with pytest.raises(ValueError, match=r"groups must have one value a row, shape \(3,\)"):
        model.predict_set(X[:3], groups=["a"])


# --- invariances, containers ---


@quiet
def test_row_order_does_not_matter():
    order = np.random.default_rng(0).permutation(600)
    X, shown, _, target = numbers()
    model = ConformalRegressor(Ridge(), method="cross", conformity="normalized")
    straight = model.fit(X, shown).predict_interval(X[target])
    assert_allclose(model.fit(X[order], shown[order]).predict_interval(X[target]), straight, rtol=1e-4)
    X, shown, _, target = classes()
    model = ConformalClassifier(LogisticRegression(), shift="label", conformity="aps", randomize=True)
    straight = model.fit(X, shown).predict_set(X[target])
    assert np.mean(model.fit(X[order], shown[order]).predict_set(X[target]) != straight) < 0.002


@quiet
def test_units_do_not_matter():
    X, shown, _, target = numbers()
    for conformity in ("absolute", "normalized"):
        model = ConformalRegressor(make_pipeline(StandardScaler(), Ridge()), conformity=conformity)
        plain = model.fit(X, shown).predict_interval(X[target])
        scaled = model.fit(X * [1000, 0.001], 100 * shown).predict_interval(X[target] * [1000, 0.001])
        assert_allclose(scaled, 100 * plain, rtol=1e-3)


@quiet
def test_tables_of_text_go_through_the_pipeline_s_first_steps():
    X, shown, _, target = numbers()
    frame = pd.DataFrame({"x": X[:, 0], "city": np.where(X[:, 1] > 0, "Bonn", "Lyon")})
    encode = ColumnTransformer([("text", OneHotEncoder(), ["city"])], remainder="passthrough")
    model = ConformalRegressor(make_pipeline(encode, Ridge())).fit(frame, shown)
    assert np.isfinite(model.predict_interval(frame[target])).mean() > 0.9
    assert model.weighter_.n_features_in_ == 3
    with pytest.raises(ValueError, match="need columns of finite numbers .* shift=None"):
        ConformalRegressor(Ridge()).fit(frame, shown)


@quiet
def test_each_calibration_row_goes_through_its_own_domain_s_map():
    X, shown, y, target = numbers()
    far = X + np.where(target, 0, 50)[:, None]
    model = ConformalRegressor(make_pipeline(DomainScaler(), Ridge()), shift=None).fit(far, shown)
    assert np.quantile(model.calibration_scores_, 0.9) < 5
    assert np.isfinite(model.predict_interval(far[target])).all()


@quiet
def test_weighters_of_all_kinds():
    X, shown, _, target = numbers()
    for weighter in (KLIEP(), KMM()):
        model = ConformalRegressor(Ridge(), weighter=weighter).fit(X, shown)
        assert type(model.weighter_) is type(weighter) and model.predict_interval(X[target]).shape == (300, 2)


def test_errors():
    X, shown, y, target = numbers()
    with pytest.raises(ValueError, match="shift must be 'covariate' or None for numbers; got 'label': nothing here"):
        ConformalRegressor(Ridge(), shift="label").fit(X, shown)
    with pytest.raises(TypeError, match=r"predict_weights.*got BBSE\(\)"):
        ConformalRegressor(Ridge(), weighter=BBSE()).fit(X, shown)
    with pytest.raises(TypeError, match=r"BBSE\(\), RLLS\(\) or MLLS\(\) for shift='label'; got KLIEP\(\)"):
        ConformalClassifier(LogisticRegression(), shift="label", weighter=KLIEP()).fit(X, np.sign(shown))
    with pytest.raises(ValueError, match="quantile_estimators must be two regressors"):
        ConformalRegressor(Ridge(), conformity="quantile", quantile_estimators=(Ridge(),)).fit(X, shown)
    model = ConformalRegressor(Ridge(), shift=None).fit(X, shown)
    for alpha in (0, 1, 1.5, [0.1, -0.2]):
        with pytest.raises(ValueError, match="alpha must be a number > 0 and < 1; got"):
            model.predict_interval(X, alpha)
    with pytest.raises(ValueError, match="alpha must be a number between 0 and 1, or several"):
        model.predict_interval(X, [])
    with pytest.warns(SingleDomainWarning):
        ConformalRegressor(Ridge()).fit(X, y)


@pytest.mark.parametrize("model", [ConformalRegressor(Ridge()), ConformalClassifier(LogisticRegression())])
def test_weights_of_rows_are_refused(model):
    X, shown, _, _ = classes(n=30)
    with pytest.raises(TypeError, match="fit takes no sample_weight. .* would count twice.*FrozenEstimator"):
        model.fit(X, shown, sample_weight=np.ones(60))


@one_domain
def test_classes_in_groups_are_each_compared_with_their_own():
    rng = np.random.default_rng(11)
    X, groups = rng.normal(size=(400, 2)), rng.integers(0, 2, 400)
    y = (X[:, 0] + (0.3 + 1.5 * groups) * rng.normal(size=400) > 0).astype(int)
    model = FrozenEstimator(LogisticRegression().fit(X[:100], y[:100]))
    conformal = ConformalClassifier(model, shift=None, conditional="class", randomize=False)
    new, own = rng.normal(size=(200, 2)), groups[100:] == 1
    alone = clone(conformal).fit(X[100:][own], y[100:][own]).predict_set(new)
    together = clone(conformal).fit(X[100:], y[100:], groups=groups[100:]).predict_set(new, groups=np.ones(200, int))
    assert_array_equal(together, alone)
    assert not together.all()


@pytest.mark.parametrize("learned_from", [300, 360], ids=["unknown to the model", "known to the model"])
def test_a_class_that_the_target_alone_has_weighs_as_the_target_s_rows(learned_from):
    rng = np.random.default_rng(12)
    y = np.r_[rng.integers(0, 2, 300), np.repeat([0, 1, 2], 20)].astype(float)
    X, target = rng.normal(size=(460, 2)), np.arange(460) >= 300
    X[:360] += 2 * np.column_stack([y == 1, y == 2])
    shown = np.r_[y, np.full(100, np.nan)]
    model = FrozenEstimator(LogisticRegression().fit(X[:learned_from], y[:learned_from]))
    fitted = ConformalClassifier(model, shift="label", weighter=MLLS(estimator=LogisticRegression()))
    fitted.fit(X, shown, sample_domain=target)
    known = shown[fitted.calibration_rows_]
    assert_allclose(fitted.calibration_weights_[known == 2], 360 / 60)  # (n_s + m) / m
