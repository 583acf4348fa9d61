import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import multivariate_normal, norm
from sklearn.linear_model import LinearRegression, LogisticRegression

from sktl.datasets import make_covariate_shift


@pytest.fixture(scope="module")
def regression():
    return make_covariate_shift(200_001, 99_001, n_features=3, task="regression", noise=0.3, random_state=0)


def parts(data):
    target = data.sample_domain == "target"
    return data.X[~target], data.y_true[~target], data.X[target], data.y_true[target]


@pytest.mark.parametrize(("d", "shift", "scale"), [(1, 1.0, 1.0), (3, -0.7, 1.3), (5, 2.0, 0.6)])
def test_weights_are_the_ratio_of_scipys_densities(d, shift, scale):
    data = make_covariate_shift(301, 101, d, shift=shift, scale=scale, random_state=1)
    p_target = multivariate_normal(shift * np.eye(d)[0], scale**2 * np.eye(d))
    p_source = multivariate_normal(np.zeros(d), np.eye(d))
    assert_allclose(data.weights[:301], p_target.pdf(data.X[:301]) / p_source.pdf(data.X[:301]), rtol=1e-10)
    assert_array_equal(data.weights[301:], 1)
    grid = np.random.default_rng(0).normal(size=(17, d)) * 3
    assert_allclose(data.density_ratio(grid), p_target.pdf(grid) / p_source.pdf(grid), rtol=1e-9)


@pytest.mark.parametrize(("shift", "scale"), [(1.0, 1.0), (0.5, 0.8), (0.0, 1.2)])
def test_weighted_source_has_the_targets_moments(shift, scale):
    data = make_covariate_shift(400_001, 7, 2, shift=shift, scale=scale, random_state=2)
    X, weights = data.X[:400_001], data.weights[:400_001]
    error = 5 * weights.std() / np.sqrt(len(weights))
    assert abs(weights.mean() - 1) < error
    assert_allclose(weights @ X / weights.sum(), [shift, 0], atol=0.03)
    assert_allclose(weights @ (X - [shift, 0]) ** 2 / weights.sum(), scale**2, atol=0.06)


def test_a_linear_model_pays_what_the_docstring_says(regression):
    X_source, y_source, X_target, _ = parts(regression)
    truth = X_target[:, 0] ** 2 - 1 + X_target[:, 1:].sum(axis=1) / np.sqrt(2)

    def excess(weights):
        return np.mean((LinearRegression().fit(X_source, y_source, weights).predict(X_target) - truth) ** 2)

    assert_allclose(excess(None), 7, rtol=0.03)
    assert_allclose(excess(regression.weights[: len(X_source)]), 2, rtol=0.03)
    with pytest.raises(AssertionError):
        assert_allclose(excess(1 / regression.weights[: len(X_source)]), 2, rtol=0.5)


def test_labels_given_the_columns_are_alike_in_both_domains(regression):
    for X, y in (parts(regression)[:2], parts(regression)[2:]):
        noise = y - (X[:, 0] ** 2 - 1 + X[:, 1:].sum(axis=1) / np.sqrt(2))
        assert_allclose([noise.mean(), noise.std()], [0, 0.3], atol=0.005)
    classes = make_covariate_shift(100_001, 100_003, shift=1.5, noise=0.8, random_state=3)
    for X, y in (parts(classes)[:2], parts(classes)[2:]):
        probability = norm.cdf((X[:, 0] ** 2 - 1 + X[:, 1]) / 0.8)
        assert abs(np.mean(y - probability)) < 0.005
        assert abs(np.mean((y - probability) * X[:, 0])) < 0.01


def test_true_weights_help_a_linear_classifier():
    data = make_covariate_shift(5001, 5003, shift=1.0, random_state=4)
    X_source, y_source, X_target, y_target = parts(data)
    plain = LogisticRegression().fit(X_source, y_source).score(X_target, y_target)
    weighted = LogisticRegression().fit(X_source, y_source, data.weights[:5001]).score(X_target, y_target)
    assert weighted > plain + 0.1


def test_no_shift_means_weights_of_one():
    assert_allclose(make_covariate_shift(101, 53, 4, shift=0, random_state=0).weights, 1)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_layout_and_repeatability(task):
    data = make_covariate_shift(101, 53, 3, task=task, random_state=5)
    again = make_covariate_shift(101, 53, 3, task=task, random_state=5)
    assert data.X.shape == (154, 3)
    assert_array_equal(data.sample_domain, ["source"] * 101 + ["target"] * 53)
    assert_array_equal(np.isnan(data.y), data.sample_domain == "target")
    assert_array_equal(data.y[:101], data.y_true[:101])
    assert data.y_true.dtype.kind == {"classification": "i", "regression": "f"}[task]
    assert_array_equal(data.X, again.X)
    assert_array_equal(data.y_true, again.y_true)
    copy = pickle.loads(pickle.dumps(data))
    assert_array_equal(copy.density_ratio(data.X), data.density_ratio(data.X))


def test_noiseless_classes_follow_the_curve():
    data = make_covariate_shift(101, 53, 1, noise=0, random_state=6)
    assert_array_equal(data.y_true, data.X[:, 0] ** 2 > 1)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"n_source": 0}, ValueError, "n_source must be an integer >= 1; got 0"),
        ({"n_features": 2.5}, TypeError, "n_features must be an integer >= 1; got 2.5"),
        ({"scale": 0}, ValueError, "scale must be a number > 0; got 0"),
        ({"noise": -1}, ValueError, "noise must be a number >= 0; got -1"),
        ({"shift": float("nan")}, ValueError, "shift must be a number; got nan"),
        ({"task": "ranking"}, ValueError, "task must be one of 'classification', 'regression'; got 'ranking'"),
    ],
)
def test_wrong_parameters_are_named(wrong, error, message):
    with pytest.raises(error, match=message):
        make_covariate_shift(**wrong)
