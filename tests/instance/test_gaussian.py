import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.stats import multivariate_normal, spearmanr
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from sktl.instance import GaussianWeighter


@pytest.mark.parametrize("pooling", [0.0, 0.3, 1.0])
def test_ratio_of_scipy_s_densities(pooling, two_domains):
    X, y, _ = two_domains
    scale = X.std(axis=0)
    source, target = X[:101] / scale, X[101:] / scale
    C_source, C_target = ledoit_wolf(source)[0], ledoit_wolf(target)[0]
    pooled = (101 * C_source + 67 * C_target) / 168
    densities = [
        multivariate_normal(Z.mean(axis=0), (1 - pooling) * C + pooling * pooled)
        for Z, C in ((source, C_source), (target, C_target))
    ]
    fitted = GaussianWeighter(pooling).fit(X, y)
    assert fitted.pooling_ == pooling
    ratio = densities[1].pdf(X / scale) / densities[0].pdf(X / scale)
    assert_allclose(fitted.predict_weights(X), ratio, rtol=1e-8)
    assert_allclose(fitted.weights_[:101], ratio[:101] / ratio[:101].mean(), rtol=1e-8)


def test_pooled_and_not_shrunk_is_linear_discriminant_analysis(two_domains):
    X, y, _ = two_domains
    log_ratio = np.log(GaussianWeighter(1.0, shrinkage=0.0).fit(X, y).predict_weights(X))
    lda = LinearDiscriminantAnalysis(solver="lsqr").fit(X, np.isnan(y))
    assert_allclose(log_ratio, lda.decision_function(X) - np.log(67 / 101), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_ratio_is_the_analytic_one(scale):
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(size=(2001, 2)), [1, 0] + scale * rng.normal(size=(1501, 2))]
    y = np.where(np.arange(3502) < 2001, 0.0, np.nan)
    fitted = GaussianWeighter().fit(X, y)
    truth = multivariate_normal([1, 0], scale**2).pdf(X) / multivariate_normal([0, 0], 1).pdf(X)
    assert fitted.pooling_ == 0.0 if scale < 1 else fitted.pooling_ >= 0.5
    inner = np.linalg.norm(X, axis=1) < 2
    assert_allclose(fitted.predict_weights(X)[inner], truth[inner], rtol=0.25, atol=0.02)


@pytest.mark.filterwarnings("ignore::sktl.exceptions.LowEffectiveSampleSizeWarning")  # as 40 shifted columns deserve
def test_more_columns_than_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(81, 200))
    X[51:, :40] += 1
    fitted = GaussianWeighter().fit(X, np.where(np.arange(81) < 51, 0.0, np.nan))
    assert np.isfinite(fitted.weights_).all()
    assert spearmanr(fitted.weights_[:51], X[:51, :40].sum(axis=1))[0] > 0.5


def test_no_shift_means_weights_of_one():
    X = np.random.default_rng(0).normal(size=(1501, 3))
    y = np.where(np.arange(1501) < 801, 0.0, np.nan)
    fitted = GaussianWeighter().fit(X, y)
    assert abs(np.median(fitted.weights_[:801]) - 1) < 0.05
    assert fitted.effective_sample_size_ > 0.9 * 801


def test_units_and_origin_of_the_columns_do_not_matter(two_domains):
    X, y, _ = two_domains
    moved = GaussianWeighter().fit(X * [1, 1e3, 1e-3, 7, 1e5] + [0, 5, 0, 1e4, 0], y)
    assert_allclose(moved.weights_, GaussianWeighter().fit(X, y).weights_, rtol=1e-6)


def test_errors(two_domains):
    X, y, _ = two_domains
    for parameters, match in (
        ({"pooling": 1.5}, "pooling must be 'auto' or a number >= 0 and <= 1; got 1.5"),
        ({"shrinkage": -1}, "shrinkage must be 'auto' or a number >= 0 and <= 1; got -1"),
        ({"cv": 1}, "cv must be an integer >= 2; got 1"),
    ):
        with pytest.raises(ValueError, match=match):
            GaussianWeighter(**parameters).fit(X, y)
    with pytest.raises(TypeError, match="[Ss]parse"):
        GaussianWeighter().fit(sparse.csr_matrix(X), y)
