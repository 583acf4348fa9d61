import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.metrics.pairwise import rbf_kernel

from sktl.instance import RULSIF, ULSIF


def split(X, y):
    return X[~np.isnan(y)], X[np.isnan(y)]


@pytest.mark.parametrize("weighter", [ULSIF, RULSIF])
def test_closed_form_by_its_definition(weighter, two_domains):
    X, y, _ = two_domains
    source, target = split(X, y)
    fitted = weighter(gamma=0.2, reg=0.05).fit(X, y)
    alpha = getattr(fitted, "alpha", 0.0)
    assert fitted.centers_.shape == target.shape  # fewer rows than n_centers
    S, T = (rbf_kernel(Z, fitted.centers_, gamma=0.2) for Z in (source, target))
    H = alpha * T.T @ T / 67 + (1 - alpha) * S.T @ S / 101
    coef = np.linalg.solve(H + 0.05 * np.eye(67), T.mean(axis=0))
    assert_allclose(fitted.dual_coef_, coef, rtol=1e-6)
    r_source, r_target = np.maximum(S @ coef, 0), np.maximum(T @ coef, 0)
    assert_allclose(fitted.predict_weights(X), np.r_[r_source, r_target], rtol=1e-6, atol=1e-9)
    assert_allclose(fitted.weights_[:101], r_source / r_source.mean(), rtol=1e-6, atol=1e-9)
    divergence = r_target.mean() - 0.5 - alpha / 2 * (r_target**2).mean() - (1 - alpha) / 2 * (r_source**2).mean()
    assert fitted.pe_divergence_ == pytest.approx(divergence)
    assert np.isnan(fitted.loo_loss_)


@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_coefficients_are_densratio_s(alpha, two_domains):
    densratio = pytest.importorskip("densratio", reason="an independent implementation, in the extra 'test'")
    X, y, _ = two_domains
    source, target = split(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its divergence, where a ratio is 0
        theirs = densratio.RuLSIF(target, source, sigma=2.0, lambda_=0.01, alpha=alpha, verbose=False)
    ours = RULSIF(alpha, gamma=1 / 8, reg=0.01, nonnegative="coef").fit(X, y)
    orders = [np.lexsort(centers.T) for centers in (ours.centers_, theirs.kernel_info.centers)]  # all target rows
    assert_array_equal(ours.centers_[orders[0]], theirs.kernel_info.centers[orders[1]])
    assert (theirs.theta == 0).any()
    assert_allclose(ours.dual_coef_[orders[0]], theirs.theta[orders[1]], rtol=1e-8, atol=1e-12)
    assert_allclose(ours.predict_weights(X), theirs.compute_density_ratio(X), rtol=1e-8)


@pytest.mark.parametrize("weighter", [ULSIF(n_centers=30), RULSIF(0.3, n_centers=30)], ids=repr)
def test_width_and_ridge_have_the_least_leave_one_out_loss(weighter, two_domains):
    X, y, _ = two_domains
    fitted = weighter.fit(X, y)
    source, target = split(X, y)
    alpha = getattr(fitted, "alpha", 0.0)

    def left_out(gamma, reg):  # brute force
        S, T = (rbf_kernel(Z, fitted.centers_, gamma=gamma) for Z in (source, target))

        def ratio(S_left, T_left, row):
            H = alpha * T_left.T @ T_left / len(T_left) + (1 - alpha) * S_left.T @ S_left / len(S_left)
            return max(row @ np.linalg.solve(H + reg * np.eye(30), T_left.mean(axis=0)), 0)

        r_source = np.array([ratio(np.delete(S, i, 0), T, S[i]) for i in range(101)])
        r_target = np.array([ratio(S, np.delete(T, j, 0), T[j]) for j in range(67)])
        return (1 - alpha) / 2 * (r_source**2).mean() + alpha / 2 * (r_target**2).mean() - r_target.mean()

    assert fitted.loo_loss_ == pytest.approx(left_out(fitted.gamma_, fitted.reg_), rel=1e-6)
    for other in (0.1, 10.0):
        assert fitted.loo_loss_ <= left_out(fitted.gamma_, other) + 1e-9
    for factor in (1 / 3, 3):
        assert (
            fitted.loo_loss_ <= left_out(fitted.gamma_ * factor, fitted.reg_) + 0.02
        )  # 0.3 / 0.1 is 3, within rounding


def test_weights_follow_the_analytic_ratio(shifted_normals):  # N(0, 1) -> N(1, 1)
    X, y = shifted_normals
    grid = np.linspace(-1.5, 2, 8)[:, None]
    assert_allclose(ULSIF().fit(X, y).predict_weights(grid), np.exp(grid[:, 0] - 0.5), rtol=0.25, atol=0.05)
    truth = np.exp(grid[:, 0] - 0.5)
    relative = RULSIF(0.3).fit(X, y).predict_weights(grid)
    assert_allclose(relative, truth / (0.3 * truth + 0.7), rtol=0.2, atol=0.05)


@pytest.mark.parametrize("nonnegative", ["ratio", "coef", "exact"])
@pytest.mark.parametrize("d", [1, 5, 20])
def test_ranks_follow_the_truth(d, nonnegative):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(701, d))
    X[301:, 0] += 1
    y = np.where(np.arange(701) < 301, 0.0, np.nan)
    weights = ULSIF(nonnegative=nonnegative).fit(X, y).weights_[:301]
    assert spearmanr(weights, X[:301, 0])[0] > 0.3


@pytest.mark.parametrize("weighter", [ULSIF(), RULSIF(), ULSIF(nonnegative="coef")], ids=repr)
def test_no_shift_means_weights_of_one(weighter):
    X = np.random.default_rng(0).normal(size=(1501, 3))
    y = np.where(np.arange(1501) < 801, 0.0, np.nan)
    fitted = weighter.fit(X, y)
    assert abs(np.median(fitted.weights_[:801]) - 1) < 0.05
    assert fitted.effective_sample_size_ > 0.9 * 801
    assert abs(fitted.pe_divergence_) < 0.05
    assert np.median(fitted.predict_weights(X)) == pytest.approx(1, abs=0.1)


def test_alpha_zero_is_the_plain_ratio(two_domains):
    X, y, _ = two_domains
    assert_array_equal(RULSIF(0.0).fit(X, y).weights_, ULSIF().fit(X, y).weights_)


def test_relative_weights_are_bounded_and_flatter(two_domains):
    X, y, _ = two_domains
    ess = [RULSIF(alpha).fit(X, y).effective_sample_size_ for alpha in (0.0, 0.2, 0.8)]
    assert ess == sorted(ess)
    assert RULSIF(0.5).fit(X, y).predict_weights(X).max() < 2.2


def test_units_and_origin_of_the_columns_do_not_matter(two_domains):
    X, y, _ = two_domains
    expected = ULSIF().fit(X, y).weights_
    assert_allclose(ULSIF().fit(X * 1e6, y).weights_, expected, rtol=1e-5)
    assert_allclose(ULSIF().fit(X + 1e4, y).weights_, expected, rtol=1e-4, atol=1e-6)


def test_seeded_centres_do_not_depend_on_the_order_of_the_rows(two_domains):
    X, y, _ = two_domains
    order = np.random.default_rng(2).permutation(len(X))
    fits = [ULSIF(n_centers=9).fit(X, y), ULSIF(n_centers=9).fit(X[order], y[order])]
    assert_array_equal(fits[0].centers_, fits[1].centers_)
    assert len(np.unique(fits[0].centers_, axis=0)) == 9
    assert not np.array_equal(fits[0].centers_, ULSIF(n_centers=9, random_state=1).fit(X, y).centers_)
    assert_array_equal(ULSIF().fit(sparse.csr_matrix(X), y).centers_.toarray(), ULSIF().fit(X, y).centers_)


def test_loss_looks_at_a_bounded_number_of_rows(monkeypatch, two_domains):
    X, y, _ = two_domains
    monkeypatch.setattr("sktl._core.ratio.LEFT_OUT", 40)
    assert np.isfinite(ULSIF().fit(X, y).loo_loss_)


@pytest.mark.parametrize(
    "weighter, kind, match",
    [
        (ULSIF(gamma=0), ValueError, "gamma must be 'auto' or a number > 0; got 0"),
        (ULSIF(gamma="median"), ValueError, "gamma must be 'auto' or a number > 0; got 'median'"),
        (ULSIF(reg=0.0), ValueError, "reg must be 'auto' or a number > 0; got 0.0"),
        (ULSIF(n_centers=0), ValueError, "n_centers must be an integer >= 1; got 0"),
        (ULSIF(nonnegative="cut"), ValueError, "nonnegative must be one of 'ratio', 'coef', 'exact'; got 'cut'"),
        (RULSIF(1.0), ValueError, "alpha must be a number >= 0 and < 1; got 1.0"),
    ],
)
def test_errors(weighter, kind, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(kind, match=match):
        weighter.fit(X, y)


def test_domains_that_do_not_overlap_are_an_error():
    X = np.r_[np.zeros(30), np.full(30, 1e3)][:, None] + np.linspace(0, 1, 60)[:, None]
    with pytest.raises(ValueError, match="ULSIF finds a ratio of 0 at all 30 source rows"):
        ULSIF(gamma=1.0, reg=0.1).fit(X, np.where(np.arange(60) < 30, 0.0, np.nan))
