"""ComBat's equations against a naive loop over columns and rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

from sktl._core.batch_effects import Prior, common_part, mean_prior, nonparametric, posterior, prior_of


@pytest.fixture
def batches():
    """Three batches of 6, 9 and 5 rows with 13 columns and two covariates."""
    rng = np.random.default_rng(0)
    batch = np.repeat([0, 1, 2], [6, 9, 5])
    covariates = np.column_stack([rng.integers(0, 2, 20), rng.normal(size=20)]).astype(float)
    X = rng.normal(size=(20, 13)) * rng.uniform(0.5, 2, 13) + covariates @ rng.normal(size=(2, 13)) + 3
    X += rng.normal(size=(3, 13))[batch] + np.array([0.0, 1.0, -2.0])[batch][:, None]
    return X, [batch == b for b in range(3)], covariates


def naive_common(X, batches, covariates, reference=None):
    """Mean, slopes and scale, column by column, with the batches' effects summing to zero over the rows."""
    n, found = len(X), []
    design = np.column_stack([*batches, covariates]).astype(float)
    for g in range(X.shape[1]):
        b = np.linalg.lstsq(design, X[:, g])[0]
        residual = X[:, g] - design @ b
        if reference is None:
            mean = sum(b[i] * rows.sum() / n for i, rows in enumerate(batches))
            scale = np.sqrt(sum(residual[j] ** 2 for j in range(n)) / n)
        else:
            mean, scale = b[reference], np.sqrt(np.mean(residual[batches[reference]] ** 2))
        found.append((mean, scale, b[len(batches) :]))
    mean, scale, slopes = zip(*found, strict=True)
    return np.array(mean), np.array(scale), np.array(slopes).T


@pytest.mark.parametrize("reference", [None, 1])
def test_the_common_part_is_least_squares(batches, reference):
    found = common_part(*batches, reference)
    mean, scale, slopes = naive_common(*batches, reference)
    assert_allclose(found.mean, mean, rtol=1e-9)
    assert_allclose(found.scale, scale, rtol=1e-9)
    assert_allclose(found.slopes, slopes, rtol=1e-8)
    X, _, covariates = batches
    assert_allclose(found.standardised(X, covariates), (X - mean - covariates @ slopes) / scale, rtol=1e-7)


def naive_posterior(Z, with_scale=True):
    """The original's two equations, by turns, column by column; the prior from the columns' moments."""
    n, d = Z.shape
    means, variances = Z.mean(axis=0), Z.var(axis=0, ddof=1) if with_scale else np.ones(d)
    center, tau2 = np.mean(means), np.var(means, ddof=1)
    v, s2 = np.mean(variances), np.var(variances, ddof=1)
    out = []
    for g in range(d):
        location, variance = means[g], variances[g]
        for _ in range(2000):
            location = (n * tau2 * means[g] + variance * center) / (n * tau2 + variance)
            if with_scale:
                shape, rate = (v**2 + 2 * s2) / s2, (v**3 + v * s2) / s2
                squares = sum((Z[j, g] - location) ** 2 for j in range(n))
                variance = (rate + squares / 2) / (n / 2 + shape - 1)
        out.append((location, variance))
    return np.array(out).T


@pytest.mark.parametrize("with_scale", [True, False])
def test_effects_are_the_fixed_point_of_the_paper_s_equations(batches, with_scale):
    X, own, covariates = batches
    Z = common_part(*batches).standardised(X, covariates)[own[2]]
    means, variances = Z.mean(axis=0), Z.var(axis=0, ddof=1)
    found = posterior(means, variances, len(Z), prior_of(means, variances), with_scale)
    assert_allclose(found, naive_posterior(Z, with_scale), rtol=1e-8)


def test_nonparametric_effects_are_weighed_by_likelihoods(batches):
    X, own, covariates = batches
    Z = common_part(*batches).standardised(X, covariates)[own[0]]
    means, variances = Z.mean(axis=0), Z.var(axis=0, ddof=1)
    expected = []
    for g in range(13):
        others = [h for h in range(13) if h != g]
        weights = [np.prod(norm.pdf(Z[:, g], means[h], np.sqrt(variances[h]))) for h in others]
        expected.append((np.average(means[others], weights=weights), np.average(variances[others], weights=weights)))
    assert_allclose(nonparametric(means, variances, 6), np.array(expected).T, rtol=1e-8)
    many = nonparametric(np.tile(means, 3), np.tile(variances, 3), 6000)  # a product of 6,000 densities underflows
    assert_allclose(many[0], np.tile(means, 3), rtol=1e-6)  # its twins say all


def test_limits_of_the_prior():
    means, variances = np.array([0.0, 1.0, 2.0]), np.array([0.5, 1.0, 1.5])
    wide = posterior(means, variances, 1000, Prior(1.0, 1e9, 1.0, 1e9))
    assert_allclose(wide, [means, variances], rtol=5e-3, atol=1e-9)
    sure = posterior(means, variances, 4, Prior(1.0, 0.0, 2.0, 0.0))
    assert_allclose(sure, [[1.0] * 3, [2.0] * 3])
    assert prior_of(means[:1], variances[:1]) is None
    assert_allclose(posterior(means[:1], variances[:1], 4, None), [[0.0], [0.5]])
    assert_allclose(posterior(means[:1], np.zeros(1), 1, None), [[0.0], [1.0]])
    priors = [Prior(0.0, 1.0, 2.0, 3.0), Prior(5.0, 3.0, 4.0, 5.0), None]
    assert mean_prior(priors, 7.0) == Prior(7.0, 2.0, 3.0, 4.0)
    assert mean_prior([None], 7.0) is None


def test_columns_that_do_not_vary_and_covariates_that_do_not_tell(batches):
    X, own, covariates = batches
    X = X.copy()
    X[:, 4] = 1e6 / 3
    assert common_part(X, own, covariates).active.tolist() == [g != 4 for g in range(13)]
    with pytest.raises(ValueError, match="The 2 covariates and the 3 domains say the same in part"):
        common_part(X, own, np.column_stack([covariates[:, 0], own[1] + 2.0 * own[2]]))
    constant = np.column_stack([covariates, np.full(20, 7.0)])
    assert_allclose(common_part(X, own, constant).slopes[:2], common_part(X, own, covariates).slopes, rtol=1e-8)
