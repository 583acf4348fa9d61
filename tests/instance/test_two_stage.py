import math

import numpy as np
import pytest
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import brentq
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import AdaBoostRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.tree import DecisionTreeRegressor

from sktl.exceptions import EarlyStopWarning
from sktl.instance import TwoStageTrAdaBoostRegressor
from sktl.instance._two_stage import deal_folds

LOSSES = ["linear", "square", "exponential"]
LEARNERS = {"ridge": Ridge(), "tree": DecisionTreeRegressor(max_depth=2, min_samples_leaf=5, random_state=0)}


@pytest.fixture(scope="module")
def two_rules():
    """103 source rows, 29 labelled and 41 unlabelled target rows, mixed; the source's rule has another slope."""
    rng = np.random.default_rng(3)
    target = rng.permutation(np.arange(173) >= 103)
    X = rng.normal(size=(173, 4))
    other = ~target & (rng.uniform(size=173) < 0.7)
    y = X[:, 0] + np.where(other, -1, 1) * X[:, 1] + 0.3 * rng.normal(size=173)
    y[np.flatnonzero(target)[29:]] = np.nan
    return read_only(X, y, target)


# --- the oracle: algorithm 3 of Pardoe & Stone (2010) ---


def adjusted_errors(predicted, y, loss):
    """e_i^t of AdaBoost.R2 (Drucker 1997)."""
    share = np.abs(predicted - y) / np.abs(predicted - y).max()
    return {"linear": share, "square": share**2, "exponential": 1 - np.exp(-share)}[loss]


def naive_steps(learner, X, y, target, n_steps, loss):
    """w^1 ... w^S, beta_t by brentq."""
    n, m = np.sum(~target), np.sum(target)
    w = np.full(n + m, 1 / (n + m))
    path = [w]
    for t in range(1, n_steps):
        goal = m / (n + m) + t / (n_steps - 1) * (1 - m / (n + m))
        e = adjusted_errors(clone(learner).fit(X, y, sample_weight=(n + m) * w).predict(X), y, loss)

        def share(log_beta, w=w, e=e):
            moved = np.where(target, w, w * np.exp(e * log_beta))
            return moved[target].sum() / moved.sum()

        if goal < 1:
            log_beta = brentq(lambda v, goal=goal, share=share: share(v) - goal, -1e5, 0, xtol=1e-13)
            w = np.where(target, w, w * np.exp(e * log_beta))
        else:  # beta_t = 0
            w = np.where(target, w, 0.0)
        w = w / w.sum()
        path.append(w)
    return path


def naive_model(learner, X, y, target, w, n_rounds, loss):
    """AdaBoost.R2': learners, errors; source weights stay, target weights are scaled back to their total."""
    X, y, target, w = X[w > 0], y[w > 0], target[w > 0], w[w > 0] / w.sum()
    learners, errors = [], []
    for _ in range(n_rounds):
        h = clone(learner).fit(X, y, sample_weight=len(y) * w)
        e = adjusted_errors(h.predict(X), y, loss)
        eps = float(np.sum(w * e))
        if eps >= 0.5:
            break
        learners.append(h), errors.append(eps)
        moved = w * (eps / (1 - eps)) ** (1 - e)
        w = np.where(target, moved * w[target].sum() / moved[target].sum(), w)
    return learners, errors


def naive_median(learners, errors, rows):
    """Weighted median with weights ln(1/beta_t)."""
    predicted = []
    for votes in np.transpose([h.predict(rows) for h in learners]):
        pairs = sorted(zip(votes, [math.log((1 - e) / e) for e in errors], strict=True))
        half, reached = sum(vote for _, vote in pairs) / 2, 0.0
        while reached < half:
            value, vote = pairs.pop(0)
            reached += vote
        predicted.append(value)
    return predicted


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS)
@pytest.mark.parametrize("n_steps", [2, 5])
def test_equals_the_paper(loss, learner, n_steps, two_rules):
    X, y, target = two_rules
    rows = ~np.isnan(y)
    model = TwoStageTrAdaBoostRegressor(
        learner, n_steps=n_steps, n_estimators=6, cv=4, loss=loss, store_weights=True, random_state=None
    ).fit(X, y, sample_domain=target)
    X_known, y_known, t_known = X[rows], y[rows], target[rows]
    path = naive_steps(learner, X_known, y_known, t_known, n_steps, loss)
    assert_allclose(model.sample_weights_[:, rows], 132 * np.array(path), rtol=1e-6, atol=1e-12)
    assert_allclose(model.target_shares_, [29 / 132 + t / (n_steps - 1) * 103 / 132 for t in range(n_steps)])
    assert_allclose(model.sample_weights_[:, target].sum(axis=1) / 132, model.target_shares_)
    folds = np.full(132, -1)
    folds[t_known] = deal_folds(X_known[t_known], y_known[t_known], 4, np.random.RandomState(0))
    errors = []
    for w in path:
        squares = []
        for fold in range(4):
            learners, eps = naive_model(learner, X_known, y_known, t_known, np.where(folds == fold, 0, w), 6, loss)
            squares += list((naive_median(learners, eps, X_known[folds == fold]) - y_known[folds == fold]) ** 2)
        errors.append(np.mean(squares))
    assert_allclose(model.step_errors_, errors, rtol=1e-6)
    assert model.best_step_ == np.argmin(errors)
    learners, eps = naive_model(learner, X_known, y_known, t_known, path[model.best_step_], 6, loss)
    assert_allclose(model.estimator_errors_, eps, rtol=1e-6)
    assert_allclose(model.estimator_weights_, [math.log((1 - e) / e) for e in eps], rtol=1e-6)
    new = np.random.default_rng(8).normal(size=(31, 4))
    assert_allclose(model.predict(new), naive_median(learners, eps, new), rtol=1e-9)
    for t, stage in enumerate(model.staged_predict(new), start=1):
        assert_allclose(stage, naive_median(learners[:t], eps[:t], new), rtol=1e-9)


class Scripted(RegressorMixin, BaseEstimator):
    """Its k-th fit is the k-th of a list of functions, whatever rows it gets."""

    n_fits = 0

    def fit(self, X, y, sample_weight=None):
        self.slope_ = np.random.default_rng(Scripted.n_fits).normal(1, 0.4, size=X.shape[1])
        Scripted.n_fits += 1
        return self

    def predict(self, X):
        return X @ self.slope_


@pytest.mark.filterwarnings("ignore::sktl.exceptions.SingleDomainWarning")
@pytest.mark.parametrize("loss", LOSSES)
def test_without_a_source_it_is_scikit_learn_s_adaboost_of_the_same_learners(loss):
    # learners that don't depend on the rows: AdaBoostRegressor draws rows by the weights that ours are fitted with
    rng = np.random.default_rng(0)
    X = rng.normal(size=(151, 3))
    y = X.sum(axis=1) + 0.2 * rng.normal(size=151)
    Scripted.n_fits = 0
    rival = AdaBoostRegressor(Scripted(), n_estimators=9, loss=loss, random_state=0).fit(X, y)
    Scripted.n_fits = 0
    model = TwoStageTrAdaBoostRegressor(Scripted(), n_estimators=9, loss=loss).fit(X, y)
    assert_allclose(model.estimator_errors_, rival.estimator_errors_)
    assert_allclose(model.estimator_weights_, rival.estimator_weights_)
    assert_allclose(model.predict(X), rival.predict(X))


# --- limits ---


def test_the_steps_run_from_all_rows_to_the_target_alone(two_rules):
    X, y, target = two_rules
    rows = ~np.isnan(y)
    model = TwoStageTrAdaBoostRegressor(Ridge(), n_estimators=1, store_weights=True).fit(X, y, target)
    assert_allclose(model.sample_weights_[0, rows], 1)
    assert_array_equal(model.sample_weights_[-1, ~target], 0)
    assert_allclose(model.sample_weights_[-1, rows & target], 132 / 29)
    assert_allclose(model.sample_weights_.sum(axis=1), 132)
    assert np.all(np.diff(model.sample_weights_[:, ~target].sum(axis=1)) < 0)
    assert_array_equal(model.sample_weights_[:, ~rows], 0)


@pytest.mark.parametrize("right, step", [(True, 0), (False, 4)])
def test_takes_the_source_where_it_is_right_and_leaves_it_where_it_is_wrong(right, step):
    rng = np.random.default_rng(0)
    X, target = rng.normal(size=(331, 9)), np.arange(331) >= 301
    y = X @ np.ones(9) + 0.7 * rng.normal(size=331)
    y[~target] += 0 if right else 20 * rng.normal(size=301) * X[~target, 0]
    model = TwoStageTrAdaBoostRegressor(Ridge(), n_steps=5, n_estimators=3).fit(X, y, target)
    if right:
        assert model.best_step_ < 4 and model.step_errors_[0] < 0.8 * model.step_errors_[4]
    else:
        assert model.best_step_ == step


@pytest.mark.filterwarnings("ignore::sktl.exceptions.EarlyStopWarning")
@pytest.mark.parametrize("options, n_target", [({"n_steps": 1}, 29), ({}, 1)])
def test_one_step_is_adaboost_r2_with_frozen_source_weights(options, n_target, two_rules):
    X, y, target = two_rules
    y = y.copy()
    y[np.flatnonzero(target)[n_target:]] = np.nan
    rows = ~np.isnan(y)
    model = TwoStageTrAdaBoostRegressor(Ridge(), **options).fit(X, y, target)
    assert model.best_step_ == 0 and model.target_shares_.shape == (1,) and np.isnan(model.step_errors_).all()
    learners, eps = naive_model(Ridge(), X[rows], y[rows], target[rows], np.full(rows.sum(), 1.0), 30, "linear")
    assert_allclose(model.estimator_errors_, eps)
    assert_allclose(model.predict(X), naive_median(learners, eps, X))


def test_one_labelled_target_row_warns(two_rules):
    X, y, target = two_rules
    y = y.copy()
    y[np.flatnonzero(target)[1:]] = np.nan
    with pytest.warns(EarlyStopWarning, match="Only one target row has a label.*the first one is used"):
        TwoStageTrAdaBoostRegressor().fit(X, y, target)


def test_a_perfect_learner_needs_no_further_round(two_rules):
    X, _, target = two_rules
    model = TwoStageTrAdaBoostRegressor(LinearRegression(), n_steps=3, store_weights=True).fit(X, X.sum(axis=1), target)
    assert model.n_iter_ == 1 and model.best_step_ in (0, 1, 2)
    assert_allclose(model.predict(X), X.sum(axis=1))
    # no row has a loss, and no beta moves them: all are scaled down alike
    assert_allclose(model.sample_weights_[1, ~target], model.sample_weights_[1, ~target][0])
    assert_allclose(model.sample_weights_[:, target].sum(axis=1) / 173, model.target_shares_)


# --- invariances ---


def test_row_order_does_not_matter(two_rules):
    X, y, target = two_rules
    order = np.random.default_rng(1).permutation(len(y))
    model = TwoStageTrAdaBoostRegressor(Ridge(), store_weights=True).fit(X, y, target)
    mixed = clone(model).fit(X[order], y[order], target[order])
    assert_allclose(mixed.sample_weights_, model.sample_weights_[:, order], rtol=1e-7, atol=1e-12)
    assert_allclose(mixed.step_errors_, model.step_errors_, rtol=1e-7)
    assert_allclose(mixed.predict(X), model.predict(X), rtol=1e-7)


@pytest.mark.parametrize("loss", LOSSES)
def test_units_of_y_do_not_matter(loss, two_rules):
    X, y, target = two_rules
    sizes = {"n_steps": 2, "n_estimators": 6, "cv": 3}
    model = TwoStageTrAdaBoostRegressor(LinearRegression(), loss=loss, **sizes).fit(X, y, target)
    scaled = clone(model).fit(X, 8 * y, target)
    assert_allclose(scaled.step_errors_, 64 * model.step_errors_, rtol=1e-9)
    assert_allclose(scaled.estimator_errors_, model.estimator_errors_, rtol=1e-9)
    assert_allclose(scaled.predict(X), 8 * model.predict(X), rtol=1e-9)


def test_n_jobs_changes_nothing(two_rules):
    X, y, target = two_rules
    one, two = (TwoStageTrAdaBoostRegressor(n_steps=2, n_estimators=6, n_jobs=n).fit(X, y, target) for n in (None, 2))
    assert_array_equal(one.step_errors_, two.step_errors_)
    assert_array_equal(one.predict(X), two.predict(X))


def test_random_state_reaches_learners_and_folds(two_rules):
    X, y, target = two_rules
    fits = [TwoStageTrAdaBoostRegressor(n_steps=3, random_state=r).fit(X, y, target) for r in (0, 0, 1, None)]
    assert_array_equal(fits[0].step_errors_, fits[1].step_errors_)
    assert np.any(fits[0].step_errors_ != fits[2].step_errors_)
    assert len({learner.random_state for learner in fits[0].estimators_}) == fits[0].n_iter_
    assert {learner.random_state for learner in fits[3].estimators_} == {None}


@pytest.mark.parametrize("n_rows, n_folds", [(29, 5), (30, 5), (3, 5), (2, 2)])
def test_folds_are_even_and_hold_labels_of_all_sizes(n_rows, n_folds):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(n_rows, 2)), rng.normal(size=n_rows)
    folds = deal_folds(X, y, n_folds, np.random.RandomState(0))
    sizes = np.bincount(folds)
    assert len(sizes) == min(n_folds, n_rows) and np.ptp(sizes) <= 1
    ranks = y.argsort().argsort()
    for fold in range(len(sizes)):
        assert_array_equal(np.sort(ranks[folds == fold]) // len(sizes), np.arange(sizes[fold]))


# --- errors ---


@pytest.mark.parametrize(
    "parameters, error, message",
    [
        ({"estimator": LogisticRegression()}, TypeError, r"must be a regressor; got LogisticRegression\(\)"),
        ({"loss": "absolute"}, ValueError, "loss must be one of 'linear', 'square', 'exponential'; got 'absolute'"),
        ({"n_steps": 0}, ValueError, "n_steps must be an integer >= 1; got 0"),
        ({"n_estimators": 0}, ValueError, "n_estimators must be an integer >= 1; got 0"),
        ({"cv": 1}, ValueError, "cv must be an integer >= 2; got 1"),
        ({"store_weights": 1}, ValueError, "store_weights must be one of True, False; got 1"),
    ],
    ids=str,
)
def test_bad_parameters_are_errors(parameters, error, message, two_rules):
    X, y, target = two_rules
    with pytest.raises(error, match=message):
        TwoStageTrAdaBoostRegressor(**parameters).fit(X, y, sample_domain=target)


def test_no_labelled_target_row_is_an_error(two_rules):
    X, y, target = two_rules
    with pytest.raises(ValueError, match="TwoStageTrAdaBoostRegressor needs labelled target rows; the 70 target rows"):
        TwoStageTrAdaBoostRegressor().fit(X, np.where(target, np.nan, 1.0), target)
