import math
import warnings

import numpy as np
import pytest
import sklearn
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sktl import OnLabeled
from sktl._core.boosting import scaled_weights
from sktl.exceptions import EarlyStopWarning, SingleDomainWarning
from sktl.instance import TrAdaBoostClassifier

LOSSES = ["soft", "zero_one"]
LEARNERS = {
    "logistic": LogisticRegression(C=0.3),
    "bayes": GaussianNB(),
    "tree": DecisionTreeClassifier(max_depth=2, random_state=0),
}


@pytest.fixture(scope="module")
def overlapping():
    """103 source rows, 29 labelled and 41 unlabelled target rows, mixed; classes overlap and differ by domain."""
    rng = np.random.default_rng(3)
    target = rng.permutation(np.arange(173) >= 103)
    X = rng.normal(size=(173, 4))
    slope = np.where(target[:, None], [1.0, 0.8, 0, 0], [1.0, -0.5, 0.5, 0])
    y = (np.sum(X * slope, axis=1) + rng.normal(size=173) > 0).astype(float)
    y[np.flatnonzero(target)[29:]] = np.nan
    return read_only(X, y, target)


def three_classes(n=181, seed=5):
    """Rows around three centres, which the target has elsewhere; (X, y, target)."""
    rng = np.random.default_rng(seed)
    y, target = rng.integers(0, 3, n), np.arange(n) % 4 == 0
    centres = np.array([[0.0, 0], [2, 0], [0, 2]])
    X = rng.normal(size=(n, 2)) + centres[y] + target[:, None] * [0.7, -0.7]
    return X, y, target


def half_mislabelled(seed):
    """Exclusive or in the plane: 601 source rows, mislabelled at the right, 41 labelled and 1009 new target rows."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, size=(1651, 2))
    truth = (X[:, 0] * X[:, 1] > 0).astype(int)
    target, wrong = np.arange(1651) >= 601, (np.arange(1651) < 601) & (X[:, 1] > 0.3)
    return X, np.where(wrong, 1 - truth, truth), target, wrong


# --- the oracle: figure 1 of Dai et al. (2007), row by row ---


def naive_tradaboost(learner, X, y, target, n_rounds, soft, target_weight):
    """Figure 1 of the paper as it stands, for classes 0 and 1: p^t, eps_t, and a hypothesis a round."""
    n = sum(1 for t in target if not t)
    m = len(y) - n
    beta = 1 / (1 + math.sqrt(2 * math.log(n) / n_rounds))
    w = [target_weight * n / m if t else 1.0 for t in target]
    paths, errors, hypotheses = [], [], []
    for _ in range(n_rounds):
        p = [w_i / sum(w) for w_i in w]
        fitted = clone(learner).fit(X, y, sample_weight=[len(y) * p_i for p_i in p])

        def h(rows, fitted=fitted):
            return [float(v) for v in (fitted.predict_proba(rows)[:, 1] if soft else fitted.predict(rows))]

        out = h(X)
        loss = [abs(h_i - c_i) for h_i, c_i in zip(out, y, strict=True)]
        of_target = sum(w_i for w_i, t in zip(w, target, strict=True) if t)
        eps = sum(w_i * l_i for w_i, l_i, t in zip(w, loss, target, strict=True) if t) / of_target
        if eps >= 0.5:  # "eps_t is required to be less than 1/2"
            break
        beta_t = eps / (1 - eps)
        for i in range(len(y)):
            w[i] *= beta_t ** -loss[i] if target[i] else beta ** loss[i]
        paths.append(p)
        errors.append(eps)
        hypotheses.append(h)
    return paths, errors, hypotheses


def naive_vote(errors, hypotheses, rows):
    """h_f of figure 1: 1 where prod beta_t^-h_t(x) >= prod beta_t^-1/2 over rounds ceil(N/2)..N, counted from 1."""
    n_rounds = len(errors)
    voters = range(math.ceil(n_rounds / 2), n_rounds + 1)
    out = [hypotheses[t - 1](rows) for t in voters]
    predicted = []
    for i in range(len(rows)):
        left = right = 1.0
        for t, h in zip(voters, out, strict=True):
            beta_t = errors[t - 1] / (1 - errors[t - 1])
            left *= beta_t ** -h[i]
            right *= beta_t**-0.5
        predicted.append(int(left >= right))
    return predicted


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS)
@pytest.mark.parametrize("n_rounds, target_weight", [(1, 1.0), (2, 0.4), (7, 1.0), (10, 2.5)])
def test_equals_the_paper_row_by_row(loss, learner, n_rounds, target_weight, overlapping):
    X, y, target = overlapping
    rows = ~np.isnan(y)
    model = TrAdaBoostClassifier(
        learner, n_estimators=n_rounds, loss=loss, target_weight=target_weight, store_weights=True
    ).fit(X, y, sample_domain=target)
    paths, errors, hypotheses = naive_tradaboost(
        learner, X[rows], y[rows].astype(int), target[rows], n_rounds, loss == "soft", target_weight
    )
    assert model.n_iter_ == len(model.estimators_) == len(errors)
    assert len(errors) == n_rounds or loss == "zero_one"
    assert_allclose(model.sample_weights_[:, rows], rows.sum() * np.array(paths), rtol=1e-6)
    assert_allclose(model.estimator_errors_, errors, rtol=1e-6)
    assert_allclose(model.estimator_weights_, [math.log((1 - e) / e) for e in errors], rtol=1e-6)
    new = np.random.default_rng(8).normal(size=(211, 4))
    assert_array_equal(model.predict(new), naive_vote(errors, hypotheses, new))
    for t, stage in enumerate(model.staged_predict(new), start=1):
        assert_array_equal(stage, naive_vote(errors[:t], hypotheses[:t], new))


@pytest.mark.parametrize("classes", [2, 3])
def test_without_a_source_it_is_scikit_learn_s_adaboost(classes):
    X, y, _ = three_classes()
    y = np.minimum(y, classes - 1)
    stump = DecisionTreeClassifier(max_depth=1)
    rival = AdaBoostClassifier(stump, n_estimators=13, random_state=0).fit(X, y)
    with pytest.warns(SingleDomainWarning):
        model = TrAdaBoostClassifier(stump, n_estimators=13, loss="zero_one", random_state=0).fit(X, y)
    assert model.n_iter_ == 13
    assert_allclose(model.estimator_errors_, rival.estimator_errors_)
    assert_allclose(model.estimator_weights_, rival.estimator_weights_)
    new = np.random.default_rng(8).normal(1, 2, size=(307, 2))
    assert_array_equal(model.predict(new), rival.predict(new))
    for ours, theirs in zip(model.staged_predict(new), rival.staged_predict(new), strict=True):
        assert_array_equal(ours, theirs)


@pytest.mark.filterwarnings("ignore::sktl.exceptions.SingleDomainWarning")
def test_without_a_source_the_weights_are_those_of_adaboost_m1():
    X, y, _ = three_classes()
    y = np.minimum(y, 1)
    stump = DecisionTreeClassifier(max_depth=1)
    model = TrAdaBoostClassifier(stump, n_estimators=6, loss="zero_one", store_weights=True).fit(X, y)
    p = np.full(len(y), 1 / len(y))
    for path in model.sample_weights_:
        assert_allclose(path, len(y) * p)
        right = clone(stump).fit(X, y, sample_weight=path).predict(X) == y
        error = p[~right].sum()
        p = np.where(right, p * error / (1 - error), p)  # AdaBoost.M1: right rows times beta_t
        p /= p.sum()


# --- limits ---


def test_one_round_is_one_weighted_fit(overlapping):
    X, y, target = overlapping
    rows = ~np.isnan(y)
    weight = np.where(target, 103 / 29, 1.0)[rows]
    single = LogisticRegression().fit(X[rows], y[rows].astype(int), sample_weight=weight / weight.mean())
    model = TrAdaBoostClassifier(LogisticRegression(), n_estimators=1).fit(X, y, sample_domain=target)
    assert_allclose(model.predict_proba(X), single.predict_proba(X))


@pytest.mark.parametrize("target_weight, total", [(None, 29 / 103), (1.0, 1.0), (4.0, 4.0)])
def test_target_weight_is_the_ratio_of_the_domains_totals(target_weight, total, overlapping):
    X, y, target = overlapping
    model = TrAdaBoostClassifier(target_weight=target_weight, store_weights=True).fit(X, y, sample_domain=target)
    first = model.sample_weights_[0]
    assert_allclose(first[target].sum() / first[~target].sum(), total)
    assert_allclose(model.sample_weights_.sum(axis=1), 132)
    assert_array_equal(model.sample_weights_ == 0, np.broadcast_to(np.isnan(y), (model.n_iter_, 173)))


def test_a_learner_without_error_is_the_last():
    X = np.linspace(-1, 1, 61)[:, None]
    target = np.arange(61) % 3 == 0
    y = (X[:, 0] > 0).astype(int)
    y[[1, 2, 4]] = 1  # source rows with wrong labels
    model = TrAdaBoostClassifier(LEARNERS["tree"], loss="zero_one")
    with pytest.warns(EarlyStopWarning, match="no error on the labelled target rows.*Choose loss='soft' or a simpler"):
        model.fit(X, y, sample_domain=target)
    assert model.n_iter_ == 1 and model.estimator_errors_[0] == 0
    assert_allclose(model.estimator_weights_, math.log(1e10), rtol=1e-6)
    assert_array_equal(model.predict(X[target]), y[target])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_params(loss="soft", estimator=GaussianNB()).fit(X, y, sample_domain=target)
    assert model.n_iter_ == 10


@pytest.mark.filterwarnings("ignore::sktl.exceptions.SingleDomainWarning")
def test_a_perfect_learner_of_one_domain_is_adaboost_s_end_too():
    X, y, _ = three_classes()
    model = TrAdaBoostClassifier(DecisionTreeClassifier()).fit(X, y)
    assert model.n_iter_ == 1
    assert_array_equal(model.predict(X), y)


class Turncoat(ClassifierMixin, BaseEstimator):
    """Cuts the first column at another place in each round, and from one round on says the opposite."""

    n_fits = 0

    def __init__(self, wrong_from=0):
        self.wrong_from = wrong_from

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.cut_, self.wrong_ = [0.2, -0.1, 0.1, -0.2][Turncoat.n_fits], Turncoat.n_fits >= self.wrong_from
        Turncoat.n_fits += 1
        return self

    def predict(self, X):
        return ((X[:, 0] > self.cut_) ^ self.wrong_).astype(int)


@pytest.mark.parametrize("wrong_from, kept", [(0, 1), (1, 1), (3, 3)])
def test_a_learner_no_better_than_chance_ends_the_boosting(wrong_from, kept):
    Turncoat.n_fits = 0
    X = np.linspace(-1, 1, 101)[:, None]
    y, target = (X[:, 0] > 0).astype(int), np.arange(101) % 2 == 0
    model = TrAdaBoostClassifier(Turncoat(wrong_from), loss="zero_one", store_weights=True)
    if wrong_from == 0:
        with pytest.warns(EarlyStopWarning, match=r"no better than chance .*\(error 0\.902\).*Raise target_weight"):
            model.fit(X, y, sample_domain=target)
        assert_array_equal(model.estimator_weights_, [1.0])
    else:
        model.fit(X, y, sample_domain=target)
    assert model.n_iter_ == len(model.estimators_) == len(model.sample_weights_) == kept
    assert np.isfinite(model.predict_proba(X)).all() and np.all(model.estimator_weights_ > 0)
    assert_array_equal(list(model.staged_predict(X))[-1], model.predict(X))


def test_chance_among_three_classes_is_two_thirds():
    X, y, target = three_classes()
    weak = LogisticRegression(C=1e-3)  # probabilities near 1/3: errors between 1/2 and 2/3
    model = TrAdaBoostClassifier(weak, n_estimators=5).fit(X, y, sample_domain=target)
    assert model.n_iter_ == 5
    assert np.all((model.estimator_errors_ > 0.5) & (model.estimator_errors_ < 2 / 3))
    assert_allclose(model.estimator_weights_, np.log(2 * (1 - model.estimator_errors_) / model.estimator_errors_))
    assert model.score(X[target], y[target]) > 0.6


def test_many_rounds_stay_finite(overlapping):
    X, y, target = overlapping
    model = TrAdaBoostClassifier(GaussianNB(), n_estimators=400, store_weights=True).fit(X, y, sample_domain=target)
    assert np.isfinite(model.predict_proba(X)).all()
    assert np.isfinite(model.sample_weights_).all() and np.all(model.sample_weights_[:, ~np.isnan(y)] > 0)


def test_no_row_ever_weighs_nothing():  # some learners drop rows of weight 0, and with them a class
    weights = scaled_weights(np.array([0.0, -2000.0, 1500.0]))
    assert np.all(weights > 0) and weights.sum() == 3


# --- invariances ---


@pytest.mark.parametrize("loss", LOSSES)
def test_row_order_does_not_matter(loss, overlapping):
    X, y, target = overlapping
    order = np.random.default_rng(1).permutation(len(y))
    model = TrAdaBoostClassifier(GaussianNB(), loss=loss, store_weights=True).fit(X, y, target)
    mixed = clone(model).fit(X[order], y[order], target[order])
    assert_allclose(mixed.sample_weights_, model.sample_weights_[:, order], rtol=1e-9)
    assert_allclose(mixed.predict_proba(X), model.predict_proba(X), rtol=1e-9)


def test_label_names_do_not_matter(overlapping):
    X, y, target = overlapping
    names = np.array([None if np.isnan(v) else ["ham", "spam"][int(v)] for v in y], dtype=object)
    named = TrAdaBoostClassifier(loss="zero_one", estimator=GaussianNB()).fit(X, names, target)
    plain = clone(named).fit(X, y, target)
    assert named.classes_.tolist() == ["ham", "spam"] and plain.classes_.dtype.kind == "i"
    assert_array_equal(named.predict_proba(X), plain.predict_proba(X))
    assert_array_equal(named.predict(X), named.classes_[plain.predict(X)])


def test_rows_twice_change_the_source_factor_alone(overlapping):
    X, y, target = overlapping
    rows = ~np.isnan(y)
    once = TrAdaBoostClassifier(GaussianNB(), n_estimators=2, store_weights=True).fit(X, y, target)
    twice = clone(once).fit(np.tile(X, (2, 1)), np.tile(y, 2), np.tile(target, 2))
    assert_allclose(twice.estimator_errors_[0], once.estimator_errors_[0])
    growth = [np.log(m.sample_weights_[1, :173][rows] / m.sample_weights_[0, :173][rows]) for m in (once, twice)]
    growth = [g - g[target[rows]].min() for g in growth]  # up to the common scale
    assert_allclose(growth[1][target[rows]], growth[0][target[rows]], atol=1e-9)
    spread = [np.ptp(g[~target[rows]]) for g in growth]
    expected = [math.log1p(math.sqrt(math.log(n))) for n in (103, 206)]  # ln(1 / beta), N = 2
    assert_allclose(spread[1] / spread[0], expected[1] / expected[0], rtol=1e-9)


def test_unlabelled_rows_are_left_out(overlapping):
    X, y, target = overlapping
    hidden = y.copy()
    hidden[np.flatnonzero(~target)[:10]] = np.nan
    known = ~np.isnan(hidden)
    whole = TrAdaBoostClassifier().fit(X, hidden, target)
    cut = TrAdaBoostClassifier().fit(X[known], y[known], target[known])
    assert_array_equal(whole.predict_proba(X), cut.predict_proba(X))


def test_csr_rows_reach_the_learner_as_csr(overlapping):
    X, y, target = overlapping

    class Seeing(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            assert sparse.issparse(X) and X.format == "csr" and X.dtype == np.float32
            return super().fit(X, y, sample_weight)

    csr = sparse.csr_matrix(np.where(np.abs(X) > 0.5, X, 0).astype(np.float32))
    model = TrAdaBoostClassifier(Seeing()).fit(csr, y, target)
    dense = TrAdaBoostClassifier(LogisticRegression()).fit(csr.toarray(), y, target)
    assert_allclose(model.predict_proba(csr), dense.predict_proba(csr.toarray()), rtol=1e-3, atol=1e-4)


# --- what users ask of it ---


@pytest.mark.parametrize("loss", LOSSES)
def test_probabilities_agree_with_predictions(loss):
    X, y, target = three_classes()
    model = TrAdaBoostClassifier(LEARNERS["tree"], loss=loss).fit(X, y, target)
    shares = model.predict_proba(X)
    assert_allclose(shares.sum(axis=1), 1)
    assert_array_equal(model.classes_[shares.argmax(axis=1)], model.predict(X))
    assert_array_equal(list(model.staged_predict(X))[-1], model.predict(X))


def test_random_state_reaches_the_learners(overlapping):
    X, y, target = overlapping
    forest = BaggingClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=3, random_state=7)
    fits = [TrAdaBoostClassifier(forest, random_state=r, n_estimators=4).fit(X, y, target) for r in (0, 0, 1)]
    shares = [fit.predict_proba(X) for fit in fits]
    assert_array_equal(shares[0], shares[1])
    assert np.any(shares[0] != shares[2])
    assert len({learner.random_state for learner in fits[0].estimators_}) == 4
    untouched = TrAdaBoostClassifier(forest, n_estimators=4).fit(X, y, target)
    assert {learner.random_state for learner in untouched.estimators_} == {7}


@pytest.mark.parametrize("routing", [False, True])
def test_a_pipeline_is_boosted_through_its_last_step(routing, overlapping):
    X, y, target = overlapping
    scaled = (X - X[~np.isnan(y)].mean(axis=0)) / X[~np.isnan(y)].std(axis=0)
    inner = make_pipeline("passthrough", OnLabeled(LogisticRegression()))
    with sklearn.config_context(enable_metadata_routing=routing):
        model = TrAdaBoostClassifier(make_pipeline(StandardScaler(), inner)).fit(X, y, sample_domain=target)
    plain = TrAdaBoostClassifier(LogisticRegression()).fit(scaled, y, sample_domain=target)
    assert_allclose(model.predict_proba(X), plain.predict_proba(scaled), rtol=1e-6)


def test_missing_values_pass_where_the_learner_takes_them(overlapping):
    X, y, target = overlapping
    holes = X.copy()
    holes[::7, 1] = np.nan
    trees = HistGradientBoostingClassifier(max_iter=2)
    assert np.isfinite(TrAdaBoostClassifier(trees, n_estimators=2).fit(holes, y, target).predict_proba(holes)).all()
    with pytest.raises(ValueError, match="NaN"):
        TrAdaBoostClassifier().fit(holes, y, target)


def test_weights_of_an_earlier_fit_do_not_stay(overlapping):
    X, y, target = overlapping
    model = TrAdaBoostClassifier(store_weights=True, n_estimators=2).fit(X, y, target)
    assert model.sample_weights_.shape == (2, 173)
    assert not hasattr(model.set_params(store_weights=False).fit(X, y, target), "sample_weights_")


# --- errors ---


def test_no_labelled_target_row_is_an_error(two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="needs labelled target rows; the 67 target rows have no label.*such as KMM"):
        TrAdaBoostClassifier().fit(X, y)


@pytest.mark.filterwarnings("ignore::sktl.exceptions.UnlabeledSourceWarning")
def test_no_labelled_source_row_is_an_error(two_domains):
    X, y, y_true = two_domains
    target = np.isnan(y)
    with pytest.raises(ValueError, match="needs labelled source rows; the 101 source rows have no label"):
        TrAdaBoostClassifier().fit(X, np.where(target, y_true, np.nan), sample_domain=target)


def test_one_class_is_an_error(two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="two classes are needed; the labelled rows are of one class, 'only'"):
        TrAdaBoostClassifier().fit(X, np.full(168, "only"), sample_domain=np.isnan(y))


def test_continuous_labels_are_an_error(two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        TrAdaBoostClassifier().fit(X, X[:, 0], sample_domain=np.isnan(y))


@pytest.mark.parametrize(
    "parameters, error, message",
    [
        ({"estimator": KNeighborsClassifier()}, TypeError, r"must take sample_weight in fit.*KNeighborsClassifier\(\)"),
        ({"estimator": make_pipeline(StandardScaler(), KNeighborsClassifier())}, TypeError, "must take sample_weight"),
        (
            {"estimator": make_pipeline(StandardScaler(), "passthrough")},
            TypeError,
            "must be an object with fit.*'passthrough'",
        ),
        ({"estimator": GaussianNB}, TypeError, "estimator must be None or an estimator object with fit; got the class"),
        ({"estimator": LinearRegression()}, TypeError, r"must be a classifier; got LinearRegression\(\)"),
        ({"estimator": LinearSVC()}, ValueError, r"needs predict_proba, which LinearSVC\(\).*Choose loss='zero_one'"),
        ({"loss": "hard"}, ValueError, "loss must be one of 'soft', 'zero_one'; got 'hard'"),
        ({"n_estimators": 0}, ValueError, "n_estimators must be an integer >= 1; got 0"),
        ({"n_estimators": 2.0}, TypeError, "n_estimators must be an integer >= 1; got 2.0"),
        ({"target_weight": 0.0}, ValueError, "target_weight must be None or a number > 0"),
        ({"target_weight": np.inf}, ValueError, "target_weight must be None or a number > 0"),
        ({"store_weights": "yes"}, ValueError, "store_weights must be one of True, False; got 'yes'"),
    ],
    ids=str,
)
def test_bad_parameters_are_errors(parameters, error, message, overlapping):
    X, y, target = overlapping
    with pytest.raises(error, match=message):
        TrAdaBoostClassifier(**parameters).fit(X, y, sample_domain=target)


# --- does it do what it is for ---


def test_beats_its_baselines_where_part_of_the_source_is_mislabelled():
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    scores = []
    for seed in range(24):
        X, y, target, wrong = half_mislabelled(seed)
        few = np.arange(len(y)) < 642
        known, test = np.where(few, y, np.nan), ~few
        model = TrAdaBoostClassifier(tree, store_weights=True).fit(X, known, sample_domain=target)
        rivals = [~target, target & few, few]
        scores.append([model.score(X[test], y[test])])
        scores[-1] += [clone(tree).fit(X[rows], y[rows]).score(X[test], y[test]) for rows in rivals]
        raised = np.where(target, 601 / 41, 1.0)[few]
        scores[-1].append(clone(tree).fit(X[few], y[few], sample_weight=raised).score(X[test], y[test]))
        last = model.sample_weights_[-1]
        scores[-1].append(last[wrong].mean() / last[~wrong & ~target].mean())
    boosted, source, target_only, pooled, up_weighted, trust = np.mean(scores, axis=0)
    assert boosted > 0.85 and trust < 0.5
    assert boosted > source + 0.2 and boosted > pooled + 0.2
    assert boosted > target_only + 0.04 and boosted > up_weighted + 0.04
