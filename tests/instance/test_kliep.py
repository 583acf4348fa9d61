import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import spearmanr
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV, KFold

from sktl._core.folds import fold_numbers
from sktl._core.kernels import median_distance, subsample
from sktl._core.mixture import solve_mixture
from sktl.exceptions import SingleDomainWarning
from sktl.instance import KLIEP
from sktl.instance._kliep import WIDTHS


@pytest.mark.parametrize("gamma", [0.02, 0.05, 0.5])
def test_optimum_is_cvxpy_s(gamma, two_domains):
    import cvxpy as cp

    X, y, _ = two_domains
    fitted = KLIEP(gamma=gamma, n_centers=20, tol=1e-9).fit(X, y)
    source, target = (rbf_kernel(Z, fitted.centers_, gamma=gamma) for Z in (X[:101], X[101:]))
    theta = cp.Variable(20)
    J = cp.sum(cp.log(target @ theta)) / 67
    best = cp.Problem(cp.Maximize(J), [theta >= 0, source.mean(axis=0) @ theta == 1]).solve(
        cp.CLARABEL, tol_gap_abs=1e-7, tol_gap_rel=1e-7
    )
    assert fitted.solution_.objective == pytest.approx(best, abs=1e-6)
    assert fitted.score(X, y) == pytest.approx(best, abs=1e-6)
    ratio = fitted.predict_weights(X)
    assert_allclose(ratio, np.r_[source @ fitted.dual_coef_, target @ fitted.dual_coef_], rtol=1e-8)
    assert ratio[:101].mean() == pytest.approx(1, abs=1e-9)  # the constraint
    assert fitted.dual_coef_.min() >= 0
    assert fitted.solution_.gap <= 1e-9


def test_likelihood_is_at_least_densratio_s(two_domains):
    densratio = pytest.importorskip("densratio", reason="an independent implementation, in the extra 'test'")
    X, y, _ = two_domains
    theirs = densratio.KLIEP(X[101:], X[:101], sigma=2.0, verbose=False)  # its ascent stops short of the maximum
    ratio = theirs.compute_density_ratio(X)
    assert ratio[:101].mean() == pytest.approx(1)
    ours = KLIEP(gamma=1 / 8).fit(X, y).score(X, y)
    assert ours >= np.log(ratio[101:]).mean()


def test_weights_follow_the_analytic_ratio(shifted_normals):  # N(0, 1) -> N(1, 1)
    X, y = shifted_normals
    fitted = KLIEP().fit(X, y)
    truth = np.exp(X[:3001, 0] - 0.5)
    assert np.mean((fitted.weights_[:3001] - truth) ** 2) < 0.05 * truth.var()
    inner = np.abs(X[:3001, 0]) < 2
    assert np.mean((fitted.weights_[:3001] - truth)[inner] ** 2) < 0.05 * truth[inner].var()
    assert spearmanr(fitted.weights_[:3001], X[:3001, 0])[0] > 0.98
    # J of the true ratio is the divergence of Kullback and Leibler, 1/2
    assert fitted.score(X, y) == pytest.approx(0.5, abs=0.15)


def test_width_is_the_widest_that_tells_held_out_domains_as_well(two_domains):
    X, y, _ = two_domains
    fitted = KLIEP(n_centers=20, cv=3).fit(X, y)
    gammas = np.array(WIDTHS) / median_distance(X, "euclidean") ** 2
    target, rng = np.isnan(y), np.random.RandomState(0)
    centers = X[target][subsample(X[target], 20, rng)]
    source, target = (Z[subsample(Z, 5000, rng)] for Z in (X[~target], X[target]))  # in the order that the folds see
    folds = fold_numbers(np.concatenate([source, target]), np.arange(168) >= 101, 3, rng)
    folds_source, folds_target = folds[:101], folds[101:]
    losses = []  # of source rows and of target rows, for each width
    for gamma in gammas:
        S, T = (rbf_kernel(Z, centers, gamma=gamma) for Z in (source, target))
        r_source, r_target = np.empty(101), np.empty(67)
        for fold in range(3):
            out_s, out_t = folds_source == fold, folds_target == fold
            means = S[~out_s].mean(axis=0)
            coef = solve_mixture(np.log(T[~out_t] / means), tol=1e-3).x / means
            r_source[out_s], r_target[out_t] = S[out_s] @ coef, T[out_t] @ coef
        losses.append((np.log(1 + r_source), np.log(1 + 1 / r_target)))
    means = [0.5 * np.mean(on_source) + 0.5 * np.mean(on_target) for on_source, on_target in losses]
    assert_allclose(fitted.cv_losses_, means, rtol=1e-8)
    best = losses[np.argmin(means)]
    errors = [
        0.5 * np.sqrt(np.var(a - best[0]) / 101 + np.var(b - best[1]) / 67) for a, b in losses
    ]  # standard errors of the differences
    as_good = np.array(means) - np.min(means) <= errors
    assert as_good.sum() > 1
    assert fitted.gamma_ == gammas[as_good][0]
    again = KLIEP(n_centers=20, gamma=fitted.gamma_).fit(X, y)
    assert_array_equal(again.weights_, fitted.weights_)
    assert len(again.cv_losses_) == 0


def test_no_shift_means_weights_of_one():
    X = np.random.default_rng(0).normal(size=(1501, 3))
    y = np.where(np.arange(1501) < 801, 0.0, np.nan)
    fitted = KLIEP().fit(X, y)
    assert abs(np.median(fitted.weights_[:801]) - 1) < 0.05
    assert fitted.effective_sample_size_ > 0.9 * 801


def test_units_and_origin_of_the_columns_do_not_matter(two_domains):
    X, y, _ = two_domains
    expected = KLIEP(tol=1e-9).fit(X, y).weights_
    assert_allclose(KLIEP(tol=1e-9).fit(X * 1e6, y).weights_, expected, rtol=1e-3)
    assert_allclose(KLIEP(tol=1e-9).fit(X + 1e4, y).weights_, expected, rtol=1e-3)


def test_far_rows_neither_overflow_nor_underflow(two_domains):
    X, y, _ = two_domains
    X = X.copy()
    X[150:] += 1e3  # target rows that no source row is near
    fitted = KLIEP(gamma=1.0).fit(X, y)
    assert np.isfinite(fitted.weights_).all() and np.isfinite(fitted.predict_weights(X)).all()
    assert np.isfinite(fitted.score(X, y))


def test_score_takes_target_rows_and_grid_search(two_domains):
    X, y, _ = two_domains
    fitted = KLIEP(gamma=0.1).fit(X, y)
    J = np.log(fitted.predict_weights(X[101:])).mean()
    assert fitted.score(X[101:]) == pytest.approx(J)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fitted.score(X, y) == fitted.score(X, sample_domain=np.isnan(y)) == pytest.approx(J)
        assert fitted.score(X[101:], np.zeros(67)) == pytest.approx(J)  # labels known: new target rows
    with pytest.warns(SingleDomainWarning):
        assert KLIEP().fit(X).score(X) == 0
    search = GridSearchCV(KLIEP(), {"gamma": [0.1, 1.0]}, cv=KFold(3, shuffle=True, random_state=0)).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_too_few_iterations_warn(two_domains):
    X, y, _ = two_domains
    with pytest.warns(ConvergenceWarning, match="KLIEP stopped after 2 iterations, at most .* below the maximum of J"):
        KLIEP(gamma=0.3, max_iter=2).fit(X, y)


@pytest.mark.parametrize(
    "parameters, kind, match",
    [
        ({"gamma": 0}, ValueError, "gamma must be 'auto' or a number > 0; got 0"),
        ({"n_centers": 1.5}, TypeError, "n_centers must be an integer >= 1; got 1.5 of type float"),
        ({"cv": 1}, ValueError, "cv must be an integer >= 2; got 1"),
        ({"tol": 0}, ValueError, "tol must be a number > 0; got 0"),
        ({"max_iter": 0}, ValueError, "max_iter must be an integer >= 1; got 0"),
    ],
)
def test_errors(parameters, kind, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(kind, match=match):
        KLIEP(**parameters).fit(X, y)
