import math

import numpy as np
import pytest
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import AdaBoostRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sktl.exceptions import EarlyStopWarning, SingleDomainWarning
from sktl.instance import TrAdaBoostRegressor

LOSSES = ["linear", "square", "exponential"]
LEARNERS = {"ridge": Ridge(alpha=2.0), "tree": DecisionTreeRegressor(max_depth=2, min_samples_leaf=9, random_state=0)}


@pytest.fixture(scope="module")
def two_rules():
    """103 source rows, 29 labelled and 41 unlabelled target rows, mixed; half of the source follows another rule."""
    rng = np.random.default_rng(3)
    target = rng.permutation(np.arange(173) >= 103)
    X = rng.normal(size=(173, 4))
    other = ~target & (rng.uniform(size=173) < 0.5)
    y = X[:, 0] + np.where(other, -1, 1) * X[:, 1] + 0.3 * rng.normal(size=173)
    y[np.flatnonzero(target)[29:]] = np.nan
    return read_only(X, y, target)


# --- the oracle: algorithm 2 of Pardoe & Stone (2010), row by row ---


def adjusted_errors(predicted, y, loss):
    """e_i^t of AdaBoost.R2 (Drucker 1997), row by row."""
    largest = max(abs(p - v) for p, v in zip(predicted, y, strict=True))
    shares = [abs(p - v) / largest for p, v in zip(predicted, y, strict=True)]
    return [{"linear": s, "square": s * s, "exponential": 1 - math.exp(-s)}[loss] for s in shares]


def naive_tradaboost_r2(learner, X, y, target, n_rounds, loss, first):
    """Algorithm 2 as it stands: w^t, eps_t and h_t of each round."""
    n = sum(1 for t in target if not t)
    beta = 1 / (1 + math.sqrt(2 * math.log(n) / n_rounds))
    w = [v / sum(first) for v in first]
    paths, errors, learners = [], [], []
    for _ in range(n_rounds):
        h = clone(learner).fit(X, y, sample_weight=[len(y) * v for v in w])
        e = adjusted_errors(h.predict(X), y, loss)
        of_target = sum(v for v, t in zip(w, target, strict=True) if t)
        eps = sum(v * e_i for v, e_i, t in zip(w, e, target, strict=True) if t) / of_target
        if eps >= 0.5:
            break
        paths.append(w), errors.append(eps), learners.append(h)
        beta_t = eps / (1 - eps)
        w = [v * (beta_t**-e_i if t else beta**e_i) for v, e_i, t in zip(w, e, target, strict=True)]
        w = [v / sum(w) for v in w]
    return paths, errors, learners


def naive_median(errors, learners, rows, first):
    """Weighted median of rounds ``first`` to the last, counted from 1, with weights ln(1/beta_t)."""
    predicted = []
    for row in rows:
        votes = [(h.predict(row[None])[0], math.log((1 - e) / e)) for e, h in zip(errors, learners, strict=True)]
        votes = sorted(votes[first - 1 :])
        half, reached = sum(v for _, v in votes) / 2, 0.0
        while reached < half:
            value, vote = votes.pop(0)
            reached += vote
        predicted.append(value)
    return predicted


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS)
@pytest.mark.parametrize("n_rounds, target_weight", [(1, None), (2, 0.4), (7, None), (10, 1.0)])
def test_equals_the_paper_row_by_row(loss, learner, n_rounds, target_weight, two_rules):
    X, y, target = two_rules
    rows = ~np.isnan(y)
    model = TrAdaBoostRegressor(
        learner,
        n_estimators=n_rounds,
        loss=loss,
        target_weight=target_weight,
        store_weights=True,
        random_state=None,
    ).fit(X, y, sample_domain=target)
    first = [1.0 if target_weight is None or not t else target_weight * 103 / 29 for t in target[rows]]
    paths, errors, learners = naive_tradaboost_r2(learner, X[rows], y[rows], target[rows], n_rounds, loss, first)
    assert model.n_iter_ == len(model.estimators_) == len(errors) == n_rounds
    assert_allclose(model.sample_weights_[:, rows], rows.sum() * np.array(paths), rtol=1e-6)
    assert_allclose(model.estimator_errors_, errors, rtol=1e-6)
    assert_allclose(model.estimator_weights_, [math.log((1 - e) / e) for e in errors], rtol=1e-6)
    new = np.random.default_rng(8).normal(size=(31, 4))
    assert_allclose(model.predict(new), naive_median(errors, learners, new, math.ceil(n_rounds / 2)), rtol=1e-9)
    for t, stage in enumerate(model.staged_predict(new), start=1):
        assert_allclose(stage, naive_median(errors[:t], learners[:t], new, math.ceil(t / 2)), rtol=1e-9)


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
    # AdaBoostRegressor draws rows in proportion to the weights where ours are given to the learner: so the learners
    # here don't depend on the rows, and errors, weights of the votes and medians must agree.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(151, 3))
    y = X.sum(axis=1) + 0.2 * rng.normal(size=151)
    Scripted.n_fits = 0
    rival = AdaBoostRegressor(Scripted(), n_estimators=13, loss=loss, random_state=0).fit(X, y)
    Scripted.n_fits = 0
    model = TrAdaBoostRegressor(Scripted(), n_estimators=13, loss=loss).fit(X, y)
    assert model.n_iter_ == len(rival.estimators_) == 13
    assert_allclose(model.estimator_errors_, rival.estimator_errors_)
    assert_allclose(model.estimator_weights_, rival.estimator_weights_)
    new = rng.normal(size=(307, 3))
    assert_allclose(model.predict(new), rival.predict(new))
    for ours, theirs in zip(model.staged_predict(new), rival.staged_predict(new), strict=True):
        assert_allclose(ours, theirs)


@pytest.mark.filterwarnings("ignore::sktl.exceptions.SingleDomainWarning")
def test_without_a_source_the_weights_are_those_of_adaboost_r2(two_rules):
    X, y, _ = two_rules
    X, y = X[~np.isnan(y)], y[~np.isnan(y)]
    model = TrAdaBoostRegressor(Ridge(), loss="linear", n_estimators=6, store_weights=True).fit(X, y)
    p = np.full(len(y), 1 / len(y))
    for path in model.sample_weights_:
        assert_allclose(path, len(y) * p)
        e = np.array(adjusted_errors(clone(Ridge()).fit(X, y, sample_weight=path).predict(X), y, "linear"))
        beta = (p @ e) / (1 - p @ e)
        p = p * beta ** (1 - e)  # Drucker's step 8
        p /= p.sum()


# --- limits ---


def test_one_round_is_one_fit_of_all_rows(two_rules):
    X, y, target = two_rules
    rows = ~np.isnan(y)
    model = TrAdaBoostRegressor(Ridge(), n_estimators=1).fit(X, y, sample_domain=target)
    assert_allclose(model.predict(X), Ridge().fit(X[rows], y[rows]).predict(X))


@pytest.mark.parametrize("target_weight, total", [(None, 29 / 103), (1.0, 1.0), (4.0, 4.0)])
def test_target_weight_is_the_ratio_of_the_domains_totals(target_weight, total, two_rules):
    X, y, target = two_rules
    model = TrAdaBoostRegressor(target_weight=target_weight, store_weights=True).fit(X, y, sample_domain=target)
    assert_allclose(model.sample_weights_[0, target].sum() / model.sample_weights_[0, ~target].sum(), total)
    assert_allclose(model.sample_weights_.sum(axis=1), 132)
    assert_array_equal(model.sample_weights_ == 0, np.broadcast_to(np.isnan(y), (model.n_iter_, 173)))


def test_a_learner_without_error_is_the_last(two_rules):
    X, _, target = two_rules
    y = X @ [1.0, 2, 0, 0]
    with pytest.warns(EarlyStopWarning, match="no error on the labelled target rows.*Choose a simpler estimator"):
        model = TrAdaBoostRegressor(LinearRegression()).fit(X, y + 0 * target, sample_domain=target)
    assert model.n_iter_ == 1 and model.estimator_errors_[0] < 1e-10
    assert_allclose(model.estimator_weights_, math.log(1e10), rtol=1e-6)
    assert_allclose(model.predict(X), y, atol=1e-9)


def test_a_learner_of_error_one_half_ends_the_boosting():
    X = np.linspace(-1, 1, 101)[:, None]
    target = np.arange(101) % 20 == 0
    y = np.where(target, np.where(np.arange(101) % 40 == 0, 5.0, -5.0), X[:, 0])  # the target alternates
    with pytest.warns(EarlyStopWarning, match=r"no better than chance .*\(error 0\.811\).*Raise target_weight"):
        model = TrAdaBoostRegressor(LinearRegression()).fit(X, y, sample_domain=target)
    assert model.n_iter_ == 1 and model.estimator_weights_[0] == 1


class Fading(Scripted):
    """Right in the first rounds, up to noise; then 5 too high."""

    def fit(self, X, y, sample_weight=None):
        self.offset_ = 5.0 if Scripted.n_fits >= 3 else 0.0
        return super().fit(X, y)

    def predict(self, X):
        return super().predict(X) / 10 + X.sum(axis=1) + self.offset_


def test_a_later_learner_of_error_one_half_is_dropped(two_rules):
    X, _, target = two_rules
    Scripted.n_fits = 0
    model = TrAdaBoostRegressor(Fading(), store_weights=True).fit(X, X.sum(axis=1), target)
    assert model.n_iter_ == len(model.estimators_) == len(model.sample_weights_) == 3
    assert np.all(model.estimator_errors_ < 0.5)
    assert_array_equal(list(model.staged_predict(X))[-1], model.predict(X))


# --- invariances ---


@pytest.mark.parametrize("loss", LOSSES)
def test_row_order_does_not_matter(loss, two_rules):
    X, y, target = two_rules
    order = np.random.default_rng(1).permutation(len(y))
    model = TrAdaBoostRegressor(Ridge(), loss=loss, store_weights=True).fit(X, y, target)
    mixed = clone(model).fit(X[order], y[order], target[order])
    assert_allclose(mixed.sample_weights_, model.sample_weights_[:, order], rtol=1e-7)
    assert_allclose(mixed.predict(X), model.predict(X), rtol=1e-7)


@pytest.mark.parametrize("learner", [None, LinearRegression()])
@pytest.mark.parametrize("loss", LOSSES)
def test_units_of_y_do_not_matter(loss, learner, two_rules):
    X, y, target = two_rules
    model = TrAdaBoostRegressor(learner, loss=loss, store_weights=True).fit(X, y, target)
    scaled = clone(model).fit(X, -8 * y, target)  # exact in floats
    assert_allclose(scaled.sample_weights_, model.sample_weights_, rtol=1e-9)
    assert_allclose(scaled.estimator_errors_, model.estimator_errors_, rtol=1e-9)
    # a median of minus y is the upper one: equal where no vote is split in half exactly
    assert_allclose(scaled.predict(X), -8 * model.predict(X), rtol=1e-9)


def test_unlabelled_rows_are_left_out(two_rules):
    X, y, target = two_rules
    hidden = y.copy()
    hidden[np.flatnonzero(~target)[:10]] = np.nan
    known = ~np.isnan(hidden)
    whole = TrAdaBoostRegressor().fit(X, hidden, target)
    cut = TrAdaBoostRegressor().fit(X[known], y[known], target[known])
    assert_array_equal(whole.predict(X), cut.predict(X))
    assert whole.score(X, hidden) == pytest.approx(cut.score(X[known], y[known]))


def test_integral_labels_beside_nan_are_numbers(two_rules):
    X, y, target = two_rules
    boxed = np.array([None if np.isnan(v) else int(8 * v) for v in y], dtype=object)
    plain = np.array([np.nan if v is None else float(v) for v in boxed])
    models = [TrAdaBoostRegressor().fit(X, labels, target) for labels in (boxed, plain)]
    assert_array_equal(models[0].predict(X), models[1].predict(X))
    assert models[0].score(X, boxed) == models[1].score(X, plain)


def test_random_state_reaches_the_learners(two_rules):
    X, y, target = two_rules
    fits = [TrAdaBoostRegressor(random_state=r, n_estimators=5).fit(X, y, target) for r in (0, 0, 1)]
    assert_array_equal(fits[0].predict(X), fits[1].predict(X))
    assert np.any(fits[0].predict(X) != fits[2].predict(X))
    assert len({learner.random_state for learner in fits[0].estimators_}) == 5
    untouched = TrAdaBoostRegressor(DecisionTreeRegressor(max_depth=2, random_state=7), random_state=None).set_params(
        n_estimators=3
    )
    assert {learner.random_state for learner in untouched.fit(X, y, target).estimators_} == {7}


def test_a_pipeline_is_boosted_through_its_last_step(two_rules):
    X, y, target = two_rules
    known = ~np.isnan(y)
    scaled = (X - X[known].mean(axis=0)) / X[known].std(axis=0)
    model = TrAdaBoostRegressor(make_pipeline(StandardScaler(), Ridge())).fit(X, y, target)
    assert_allclose(model.predict(X), TrAdaBoostRegressor(Ridge()).fit(scaled, y, target).predict(scaled))


def test_missing_values_pass_where_the_learner_takes_them(two_rules):
    X, y, target = two_rules
    holes = X.copy()
    holes[::7, 1] = np.nan
    for learner in (None, HistGradientBoostingRegressor(max_iter=2)):
        model = TrAdaBoostRegressor(learner, n_estimators=2).fit(holes, y, target)
        assert np.isfinite(model.predict(holes)).all()
    with pytest.raises(ValueError, match="NaN"):
        TrAdaBoostRegressor(Ridge()).fit(holes, y, target)


# --- errors ---


@pytest.mark.filterwarnings("ignore::sktl.exceptions.UnlabeledSourceWarning")
def test_domains_without_labels_are_errors(two_rules):
    X, y, target = two_rules
    with pytest.raises(ValueError, match="TrAdaBoostRegressor needs labelled target rows; the 70 target rows have no"):
        TrAdaBoostRegressor().fit(X, np.where(target, np.nan, 1.0), target)
    with pytest.raises(ValueError, match="TrAdaBoostRegressor needs labelled source rows; the 103 source rows have no"):
        TrAdaBoostRegressor().fit(X, np.where(target, 1.0, np.nan), target)


@pytest.mark.parametrize(
    "parameters, error, message",
    [
        ({"estimator": KNeighborsRegressor()}, TypeError, r"must take sample_weight in fit.*KNeighborsRegressor\(\)"),
        ({"estimator": LogisticRegression()}, TypeError, r"must be a regressor; got LogisticRegression\(\)"),
        ({"loss": "absolute"}, ValueError, "loss must be one of 'linear', 'square', 'exponential'; got 'absolute'"),
        ({"n_estimators": 0}, ValueError, "n_estimators must be an integer >= 1; got 0"),
        ({"target_weight": 0.0}, ValueError, "target_weight must be None or a number > 0"),
        ({"store_weights": "yes"}, ValueError, "store_weights must be one of True, False; got 'yes'"),
    ],
    ids=str,
)
def test_bad_parameters_are_errors(parameters, error, message, two_rules):
    X, y, target = two_rules
    with pytest.raises(error, match=message):
        TrAdaBoostRegressor(**parameters).fit(X, y, sample_domain=target)


def test_labels_must_be_finite(two_rules):
    X, y, target = two_rules
    bad = y.copy()
    bad[np.flatnonzero(~target)[0]] = np.inf
    with pytest.raises(ValueError, match="y contains infinity"):
        TrAdaBoostRegressor().fit(X, bad, target)


def test_one_domain_warns(two_rules):
    X, y, target = two_rules
    with pytest.warns(SingleDomainWarning, match="one domain"):
        TrAdaBoostRegressor(n_estimators=2).fit(X[~target], y[~target])


# --- does it do what it is for ---


def test_beats_its_baselines_where_half_of_the_source_follows_another_rule():
    errors = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        X, target = rng.normal(size=(900, 9)), np.arange(900) >= 400
        other = ~target & (rng.uniform(size=900) < 0.5)
        truth = X[:, 0] + 2 * X[:, 1]
        y = np.where(other, X[:, 0] - 2 * X[:, 1], truth) + 0.5 * rng.normal(size=900)
        y[412:] = np.nan
        model = TrAdaBoostRegressor(LinearRegression(), target_weight=1.0, store_weights=True).fit(X, y, target)
        rivals = [~np.isnan(y), target & ~np.isnan(y)]
        fits = [model, *(LinearRegression().fit(X[rows], y[rows]) for rows in rivals)]
        errors.append([np.sqrt(np.mean((fit.predict(X[412:]) - truth[412:]) ** 2)) for fit in fits])
        last = model.sample_weights_[-1]
        assert last[other].mean() < 0.8 * last[~other & ~target].mean()
    boosted, pooled, target_only = np.mean(errors, axis=0)
    assert boosted < 0.5 * pooled, (boosted, pooled, target_only)
    assert boosted < 0.9 * target_only
