import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags

from sktl._core.folds import fold_numbers
from sktl._core.kernels import subsample
from sktl.instance import DiscriminatorWeighter
from sktl.instance._discriminator import OPTIONS, logistic


def test_ratio_is_the_analytic_one(shifted_normals):  # N(0, 1) -> N(1, 1): the log-ratio is x - 1/2
    X, y = shifted_normals
    fitted = DiscriminatorWeighter().fit(X, y)
    grid = np.linspace(-1.5, 2.5, 9)[:, None]
    assert_allclose(fitted.predict_weights(grid), np.exp(grid[:, 0] - 0.5), rtol=0.15)
    truth = np.exp(X[:3001, 0] - 0.5)
    assert_allclose(fitted.weights_[:3001], truth / truth.mean(), rtol=0.35)
    assert fitted.weights_[:3001].mean() == pytest.approx(1)


@pytest.mark.parametrize("scale, squares", [(1.0, False), (0.7, True)])
def test_default_classifier_sees_squares_where_the_scale_changes(scale, squares):
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(1501, 3)), scale * rng.normal(size=(1201, 3)) + [0.7, 0, 0]])
    fitted = DiscriminatorWeighter().fit(X, np.where(np.arange(2702) < 1501, 0.0, np.nan))
    assert fitted.estimator_[-1].n_features_in_ == (6 if squares else 3)
    log_ratio = ((X**2).sum(1) - ((X - [0.7, 0, 0]) ** 2).sum(1) / scale**2) / 2 - 3 * np.log(scale)
    truth = np.exp(log_ratio[:1501])
    assert np.mean((fitted.weights_[:1501] - truth / truth.mean()) ** 2) < 0.1 * np.var(truth / truth.mean())


def test_default_classifier_is_the_simplest_of_least_squared_error_on_held_out_rows(two_domains):
    X, y, _ = two_domains
    domain, rng = np.isnan(y).astype(int), np.random.RandomState(0)
    X = np.concatenate([Z[subsample(Z, 2000, rng)] for Z in (X[:101], X[101:])])  # in the order that the folds see
    folds = fold_numbers(X, domain == 1, 5, rng)
    losses = []
    for option in OPTIONS:
        ratio = np.empty(168)
        for fold in range(5):
            out = folds == fold
            p = logistic(option, False).fit(X[~out], domain[~out]).predict_proba(X[out])[:, 1]
            ratio[out] = p / (1 - p) * np.sum(domain[~out] == 0) / np.sum(domain[~out] == 1)
        losses.append((ratio[:101] ** 2 / 2, -ratio[101:]))  # means: E_s (r - truth)^2 / 2 + constant
    chosen = DiscriminatorWeighter().fit(X, np.where(domain == 1, np.nan, 0)).estimator_
    means = [np.mean(a) + np.mean(b) for a, b in losses]
    best = losses[np.argmin(means)]
    errors = [np.sqrt(np.var(a - best[0]) / 101 + np.var(b - best[1]) / 67) for a, b in losses]
    as_good = np.array(means) - np.min(means) <= errors
    assert 1 <= as_good.sum() < 4
    C, squares = OPTIONS[np.flatnonzero(as_good)[0]]
    assert (chosen[-1].C, chosen[-1].n_features_in_) == (C, 10 if squares else 5)


def test_prior_is_corrected(shifted_normals):  # a ratio does not depend on how many rows each domain has
    X, y = shifted_normals
    fits = [DiscriminatorWeighter().fit(X[rows], y[rows]) for rows in (slice(0, 4010), slice(2001, 4010))]
    ratios = [fitted.predict_weights([[0.5]])[0] for fitted in fits]
    assert_allclose(ratios, 1, rtol=0.1)
    assert (fits[1].n_source_, fits[1].n_target_) == (1000, 1009)


def test_weights_are_cross_fitted_by_hand(two_domains):
    X, y, _ = two_domains
    classifier = LogisticRegression()
    fitted = DiscriminatorWeighter(classifier, cv=3).fit(X, y)
    domain = np.isnan(y).astype(int)

    folds = fold_numbers(X, domain == 1, 3, np.random.RandomState(0))
    ratio = np.empty(168)
    for fold in range(3):
        out = folds == fold
        p = LogisticRegression().fit(X[~out], domain[~out]).predict_proba(X[out])[:, 1]
        p = np.clip(p, 1 / (np.sum(~out) + 2), 1 - 1 / (np.sum(~out) + 2))  # as the Notes say
        ratio[out] = p / (1 - p) * np.sum(domain[~out] == 0) / np.sum(domain[~out] == 1)
    assert_allclose(fitted.weights_[:101], ratio[:101] / ratio[:101].mean(), rtol=1e-6)
    p = LogisticRegression().fit(X, domain).predict_proba(X)[:, 1]
    assert_allclose(fitted.predict_weights(X), p / (1 - p) * 101 / 67, rtol=1e-6)
    plain = DiscriminatorWeighter(classifier, cv=None).fit(X, y)
    assert_allclose(plain.weights_[:101], (p / (1 - p))[:101] / (p / (1 - p))[:101].mean(), rtol=1e-6)


def test_cross_fitting_keeps_a_flexible_classifier_from_being_sure(two_domains):
    X, y, _ = two_domains
    forest = RandomForestClassifier(30, random_state=0)
    sure, careful = (DiscriminatorWeighter(forest, cv=cv).fit(X, y).weights_[:101] for cv in (None, 5))
    truth = 1.5 * X[:101, 1] + 0.3 * X[:101, 3]
    assert spearmanr(careful, truth)[0] > 0.45
    assert careful.std() > 1.5 * sure.std()  # by heart, source rows all look like source rows


def test_probabilities_of_one_have_finite_odds(two_domains):
    X, y, _ = two_domains
    fitted = DiscriminatorWeighter(DecisionTreeClassifier(random_state=0), cv=None).fit(X, y)
    assert_allclose(np.unique(fitted.predict_weights(X)), np.array([1 / 169, 169]) * 101 / 67)


def test_calibration_mends_overconfident_odds():
    rng = np.random.default_rng(0)
    column = np.r_[rng.normal(size=2001), rng.normal(1, 1, 1501)][:, None]
    X, y = np.repeat(column, 6, axis=1), np.where(np.arange(3502) < 2001, 0.0, np.nan)  # naive Bayes counts it 6 times
    truth = np.exp(column[:2001, 0] - 0.5)
    plain, calibrated = (DiscriminatorWeighter(GaussianNB(), calibrate=c).fit(X, y) for c in (False, True))
    assert_array_equal(plain.calibration_, [1, 0])
    assert calibrated.calibration_[0] == pytest.approx(1 / 6, rel=0.15)
    truth /= truth.mean()
    errors = [np.mean((f.weights_[:2001] - truth) ** 2) for f in (plain, calibrated)]
    assert 10 * errors[1] < errors[0]
    grid = np.linspace(-1, 1.5, 6)
    assert_allclose(calibrated.predict_weights(np.repeat(grid[:, None], 6, axis=1)), np.exp(grid - 0.5), rtol=0.25)


def test_a_richer_classifier_sees_a_change_of_variance():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(size=1501), 0.5 * rng.normal(size=1201)][:, None]
    y = np.where(np.arange(2702) < 1501, 0.0, np.nan)
    squares = make_pipeline(PolynomialFeatures(2, include_bias=False), StandardScaler(), LogisticRegression())
    grid = np.linspace(-1.5, 1.5, 7)
    ratio = DiscriminatorWeighter(squares).fit(X, y).predict_weights(grid[:, None])
    assert_allclose(ratio, 2 * np.exp(-1.5 * grid**2), rtol=0.2, atol=0.02)


def test_no_shift_means_weights_of_one():
    X = np.random.default_rng(0).normal(size=(1501, 3))
    y = np.where(np.arange(1501) < 801, 0.0, np.nan)
    fitted = DiscriminatorWeighter().fit(X, y)
    assert abs(np.median(fitted.weights_[:801]) - 1) < 0.05
    assert fitted.effective_sample_size_ > 0.9 * 801


def test_equal_rows_share_a_weight(two_domains):
    X, y, _ = two_domains
    X = X.copy()
    X[3:9] = X[2]
    X[110] = X[2]
    assert len(set(DiscriminatorWeighter().fit(X, y).weights_[2:9])) == 1


def test_all_rows_equal_or_one_row_a_domain():
    fitted = DiscriminatorWeighter().fit(np.ones((30, 2)), np.where(np.arange(30) < 20, 0.0, np.nan))
    assert_allclose(fitted.weights_, 1)
    assert_allclose(DiscriminatorWeighter().fit([[0.0], [1.0]], [0, None]).weights_, 1)


def test_units_do_not_matter(two_domains):
    X, y, _ = two_domains
    moved = DiscriminatorWeighter().fit(1e4 * X + 7, y).weights_
    assert_allclose(moved, DiscriminatorWeighter().fit(X, y).weights_, rtol=1e-3)


def test_tags_are_the_classifier_s(two_domains):
    assert get_tags(DiscriminatorWeighter()).input_tags.sparse
    assert not get_tags(DiscriminatorWeighter(GaussianNB())).input_tags.sparse
    X, y, _ = two_domains
    with pytest.raises(TypeError, match="[Ss]parse"):
        DiscriminatorWeighter(GaussianNB()).fit(sparse.csr_matrix(X), y)


@pytest.mark.parametrize(
    "parameters, kind, match",
    [
        (
            {"estimator": LinearSVC()},
            TypeError,
            "CalibratedClassifierCV.* with fit and predict_proba; got LinearSVC",
        ),
        ({"cv": 1}, ValueError, "cv must be None or an integer >= 2; got 1"),
        ({"calibrate": "isotonic"}, ValueError, "calibrate must be one of True, False; got 'isotonic'"),
    ],
)
def test_errors(parameters, kind, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(kind, match=match):
        DiscriminatorWeighter(**parameters).fit(X, y)


def test_import_does_not_bring_linear_models():
    code = (
        "import sys, sktl.instance; print(any(m in sys.modules for m in ('sklearn.linear_model', 'sklearn.neighbors')))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "False"
