"""Gaussian process transfer against its closed form, with scikit-learn's process as special case."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import BayesianRidge, LinearRegression

from sktl.parameter import GaussianProcessTransferRegressor

FIXED = ConstantKernel(0.7, "fixed") * RBF(0.9, "fixed")


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X_old, X, grid = rng.uniform(-2, 2, (41, 2)), rng.uniform(-2, 2, (13, 2)), rng.uniform(-2, 2, (29, 2))

    def label(X):
        return np.sin(2 * X[:, 0]) + X[:, 1] + 0.1 * rng.normal(size=len(X))

    return X_old, label(X_old), X, label(X) + 0.4 * X[:, 0], grid


@pytest.mark.filterwarnings("ignore:The optimal value found")
def test_a_source_of_zero_leaves_scikit_learns_process(data):
    _, _, X, y, grid = data
    zero = DummyRegressor(strategy="constant", constant=0.0).fit(X, y)
    kernel = ConstantKernel(1.0) * RBF(1.0) + WhiteKernel(0.1)
    model = GaussianProcessTransferRegressor(zero, kernel=kernel, noise=1e-4).fit(X, y)
    twin = GaussianProcessRegressor(kernel, alpha=1e-4).fit(X, y)
    for options in ({"return_std": True}, {"return_cov": True}):
        for ours, theirs in zip(model.predict(grid, **options), twin.predict(grid, **options), strict=True):
            assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    assert str(model.kernel_) == str(twin.kernel_)
    assert_allclose(model.log_marginal_likelihood_, twin.log_marginal_likelihood_value_)


def test_the_posterior_is_the_closed_form(data):
    X_old, y_old, X, y, grid = data
    source = LinearRegression().fit(X_old, y_old)
    mean, std = GaussianProcessTransferRegressor(source, kernel=FIXED, noise=0.05).fit(X, y).predict(grid, True)
    K, cross = FIXED(X) + 0.05 * np.eye(13), FIXED(grid, X)
    assert_allclose(mean, source.predict(grid) + cross @ np.linalg.solve(K, y - source.predict(X)))
    assert_allclose(std**2, 0.7 - np.einsum("ij,ji->i", cross, np.linalg.solve(K, cross.T)), rtol=1e-6)


def test_with_the_sources_variance_it_is_the_joint_gaussians_posterior(data):
    X_old, y_old, X, y, grid = data
    prior = ConstantKernel(1.3, "fixed") * RBF(0.8, "fixed")
    source = GaussianProcessRegressor(prior, alpha=0.01).fit(X_old, y_old)
    model = GaussianProcessTransferRegressor(source, kernel=FIXED, noise=0.05, source_variance=True).fit(X, y)
    mean, covariance = model.predict(grid, return_cov=True)
    # y_old = f + noise, y = f + g + noise: one Gaussian of (old rows, target rows, grid)
    total = np.vstack([X_old, X, grid])
    joint = prior(total)
    joint[41:, 41:] += FIXED(total[41:])
    seen = joint[:54, :54] + np.diag(np.r_[np.full(41, 0.01), np.full(13, 0.05)])
    gain = np.linalg.solve(seen, joint[:54, 54:]).T
    assert_allclose(mean, gain @ np.r_[y_old, y], atol=1e-7)
    assert_allclose(covariance, joint[54:, 54:] - gain @ joint[:54, 54:], atol=1e-7)


def test_weights_of_sources_and_a_pickle_without_the_source_data(data):
    X_old, y_old, X, y, grid = data
    good, bad = LinearRegression().fit(X_old, y_old), LinearRegression().fit(X_old, -y_old)
    before = pickle.dumps([good, bad])
    model = GaussianProcessTransferRegressor([("good", good), ("bad", bad)]).fit(X, y)
    assert model.source_weights_[0] > 0.8
    assert pickle.dumps([good, bad]) == before
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(grid), model.predict(grid))


def test_columns_in_other_units_change_nothing(data):
    X_old, y_old, X, y, grid = data
    one = GaussianProcessTransferRegressor(LinearRegression().fit(X_old, y_old)).fit(X, y)
    other = GaussianProcessTransferRegressor(LinearRegression().fit(1e3 * X_old, 1e-3 * y_old))
    other.fit(1e3 * X, 1e-3 * y)
    assert_allclose(
        1e3 * other.predict(1e3 * grid), one.predict(grid), rtol=1e-2, atol=3e-2
    )  # as near as the search for the kernel comes


def test_a_source_without_covariances_is_an_error(data):
    X_old, y_old, X, y, _ = data
    source = BayesianRidge().fit(X_old, y_old)
    with pytest.raises(ValueError, match="whose predict takes return_cov.*BayesianRidge.*source_variance=False"):
        GaussianProcessTransferRegressor(source, source_variance=True).fit(X, y)


def test_bounds_of_ours_are_silent_and_those_of_the_user_are_not(data):
    """Labels without noise send the default kernel's noise to its lower bound; all warnings are errors here."""
    X_old, _, X, _, grid = data
    zero = DummyRegressor(strategy="constant", constant=0.0).fit(X, X[:, 0])
    model = GaussianProcessTransferRegressor(zero).fit(X, np.sin(X[:, 0]))
    free = model.gp_.kernel_
    found = GaussianProcessRegressor(free, optimizer=None, alpha=1e-10).fit(X, np.sin(X[:, 0]))
    assert_allclose(model.predict(grid), found.predict(grid), rtol=1e-6)
    at_bound = np.abs(free.theta[:, None] - free.bounds).min()
    assert 0 < at_bound < 1e-2
    GaussianProcessTransferRegressor().fit(
        np.vstack([X_old, X]), np.sin(np.r_[X_old[:, 0], X[:, 0]]), np.repeat(["old", "target"], [41, 13])
    )
    with pytest.warns(ConvergenceWarning, match="close to the specified"):
        GaussianProcessTransferRegressor(zero, kernel=RBF(1.0, (0.9, 1.1))).fit(X, 100 * X[:, 0])
