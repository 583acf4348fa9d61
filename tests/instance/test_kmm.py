import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import spearmanr
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.metrics.pairwise import pairwise_kernels, rbf_kernel

from sktl._core.overlap import domain_overlap
from sktl.instance import KMM, ImportanceWeighted


def programme(X, y, gamma):
    """The matrix K and the vector kappa of the paper, by their definition."""
    source, target = X[~np.isnan(y)], X[np.isnan(y)]
    K = np.array([[np.exp(-gamma * np.sum((a - b) ** 2)) for b in source] for a in source])
    kappa = np.array([sum(np.exp(-gamma * np.sum((a - b) ** 2)) for b in target) for a in source])
    return K, kappa * len(source) / len(target)


@pytest.mark.parametrize("reg", [0.0, 1.0])
@pytest.mark.parametrize("kernel", ["rbf", "laplacian", "linear", "poly"])
def test_solvers_find_one_optimum(kernel, reg, two_domains):
    X, y, _ = two_domains
    fits = {s: KMM(kernel, gamma=0.2, reg=reg, solver=s, B=3.0, tol=1e-8).fit(X, y) for s in ("low_rank", "cvxpy")}
    ours, theirs = fits["low_rank"].solution_, fits["cvxpy"].solution_
    assert abs(ours.objective - theirs.objective) <= 1e-5 * abs(theirs.objective)
    for name, fit in fits.items():
        assert fit.solver_ == name
        assert fit.solution_.x.min() >= 0 and fit.solution_.x.max() <= 3.0
        assert abs(fit.solution_.x.mean() - 1) <= fit.eps_ + 1e-6


def test_objective_is_the_paper_s(two_domains):
    X, y, _ = two_domains
    K, kappa = programme(X, y, 0.2)
    solution = KMM(gamma=0.2, reg=0.0, tol=1e-9).fit(X, y).solution_
    assert solution.objective == pytest.approx(0.5 * solution.x @ K @ solution.x - kappa @ solution.x, rel=1e-7)
    rng = np.random.default_rng(0)
    for _ in range(20):  # no feasible point is better
        other = solution.x * rng.uniform(0.9, 1.1, len(K))
        assert 0.5 * other @ K @ other - kappa @ other >= solution.objective * (1 + 1e-9)


def test_unbounded_programme_has_a_closed_form(two_domains):
    # a ridge so large that no bound is met: w = (K + reg I)^-1 kappa
    X, y, _ = two_domains
    K, kappa = programme(X, y, 0.05)
    closed = np.linalg.solve(K + 60.0 * np.eye(len(K)), kappa)
    assert closed.min() > 0 and abs(closed.mean() - 1) < 0.9
    fitted = KMM(gamma=0.05, reg=60.0, tol=1e-12).fit(X, y)
    assert_allclose(fitted.solution_.x, closed, rtol=1e-4)
    assert_allclose(fitted.weights_[~np.isnan(y)], closed / closed.mean(), rtol=1e-4)


def test_weights_follow_the_analytic_ratio(shifted_normals):  # N(0, 1) -> N(1, 1)
    X, y = shifted_normals
    source = ~np.isnan(y)
    truth = np.exp(X[source, 0] - 0.5)
    weights = KMM().fit(X, y).weights_
    assert spearmanr(weights[source], truth)[0] > 0.99
    inner = np.abs(X[source, 0]) < 1.5
    assert_allclose(weights[source][inner], truth[inner], rtol=0.2, atol=0.05)
    assert_array_equal(weights[~source], 1)
    assert weights[source].mean() == pytest.approx(1)


def test_toy_regression_of_the_paper():
    def error(model, seed):
        rng = np.random.default_rng(seed)
        X = np.concatenate([rng.normal(0.5, 0.5, (301, 1)), rng.normal(0, 0.3, (203, 1))])
        truth = -X[:, 0] + X[:, 0] ** 3
        y = np.where(np.arange(len(X)) < 301, truth + rng.normal(0, 0.1, len(X)), np.nan)
        fitted = model.fit(X[:301], y[:301]) if isinstance(model, LinearRegression) else model.fit(X, y)
        return np.mean((fitted.predict(X[301:]) - truth[301:]) ** 2)

    seeds = range(5)
    assert np.mean([error(ImportanceWeighted(LinearRegression(), KMM()), s) for s in seeds]) < 0.02
    assert np.mean([error(LinearRegression(), s) for s in seeds]) > 0.15


def test_no_shift_means_weights_of_one():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1501, 3))
    y = np.where(np.arange(1501) < 801, 0.0, np.nan)
    fitted = KMM().fit(X, y)
    assert abs(np.median(fitted.weights_[:801]) - 1) < 0.05
    assert fitted.effective_sample_size_ > 0.9 * 801


def test_effective_sample_size_is_kish_s_lowered_by_what_is_missing(two_domains):
    X, y, _ = two_domains
    fitted = KMM().fit(X, y)
    w = fitted.weights_[~np.isnan(y)]
    target = np.isnan(two_domains[1])
    missing = domain_overlap(two_domains[0][~target], two_domains[0][target]).missing  # 1 / u^2 rows
    assert fitted.effective_sample_size_ == pytest.approx(1 / ((w**2).sum() / w.sum() ** 2 + missing**2))


def test_units_of_the_columns_do_not_matter(two_domains):
    X, y, _ = two_domains
    assert_allclose(KMM(tol=1e-9).fit(X * 1e6, y).weights_, KMM(tol=1e-9).fit(X, y).weights_, rtol=1e-4)
    assert_allclose(KMM(tol=1e-9).fit(X + 1e6, y).weights_, KMM(tol=1e-9).fit(X, y).weights_, rtol=1e-3)


def test_named_kernel_and_callable_agree(two_domains):
    X, y, _ = two_domains
    called = KMM(lambda A, B: pairwise_kernels(A, B, metric="rbf", gamma=0.2)).fit(X, y)
    assert_allclose(called.weights_, KMM(gamma=0.2).fit(X, y).weights_, rtol=1e-6)


def test_low_rank_is_near_the_exact_solution():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1207, 6))
    X[700:, 0] += 1
    y = np.where(np.arange(1207) < 700, 0.0, np.nan)
    exact, short = KMM(max_rank=700).fit(X, y), KMM(max_rank=150).fit(X, y)
    assert (exact.rank_, short.rank_) == (700, 150) and short.residual_ > exact.residual_
    K = rbf_kernel(X[:700], gamma=exact.gamma_)
    kappa = rbf_kernel(X[:700], X[700:], gamma=exact.gamma_).sum(axis=1) * 700 / 507
    x = short.solution_.x
    objective = 0.5 * x @ (K @ x + x) - kappa @ x
    assert abs(objective - exact.solution_.objective) <= 1e-4 * abs(exact.solution_.objective)


def test_equal_rows_get_equal_weights(two_domains):
    X, y, _ = two_domains
    X = X.copy()
    X[3:9] = X[2]
    weights = KMM(tol=1e-10).fit(X, y).weights_
    assert_allclose(weights[3:9], weights[2], rtol=1e-4)


def test_eps_zero_is_an_equality(two_domains):
    X, y, _ = two_domains
    assert KMM(eps=0.0).fit(X, y).solution_.x.mean() == pytest.approx(1, abs=1e-9)


def test_auto_falls_back_to_cvxpy_and_low_rank_warns(two_domains):
    X, y, _ = two_domains
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fallen = KMM(max_iter=1).fit(X, y)
    assert fallen.solver_ == "cvxpy"
    assert_allclose(fallen.weights_, KMM(tol=1e-8).fit(X, y).weights_, atol=0.02)
    with pytest.warns(ConvergenceWarning, match="after 1 iterations at a relative duality gap"):
        KMM(solver="low_rank", max_iter=1).fit(X, y)


@pytest.mark.parametrize(
    "parameters, kind, match",
    [
        ({"kernel": "rfb"}, ValueError, "kernel must be one of .*'rbf'.*; got 'rfb'"),
        ({"gamma": -1}, ValueError, "gamma must be 'auto' or 'median' or 'scale' or a number > 0; got -1"),
        ({"gamma": "wide"}, ValueError, "gamma must be 'auto' or .* or a number > 0; got 'wide'"),
        ({"B": 0}, ValueError, "B must be a number > 0; got 0"),
        ({"eps": 1.0}, ValueError, "eps must be 'auto' or a number >= 0 and < 1; got 1.0"),
        ({"reg": -0.1}, ValueError, "reg must be a number >= 0"),
        ({"solver": "osqp"}, ValueError, "solver must be one of 'auto', 'low_rank', 'cvxpy'; got 'osqp'"),
        ({"max_rank": 2.5}, TypeError, "max_rank must be an integer >= 1; got 2.5 of type float"),
        ({"tol": 0}, ValueError, "tol must be a number > 0"),
        ({"B": 0.5, "eps": 0.1}, ValueError, "no weights are feasible. Raise B"),
        ({"kernel": lambda A, B: -(A @ B.T)}, ValueError, "needs a positive semi-definite kernel"),
    ],
)
def test_errors(parameters, kind, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(kind, match=match):
        KMM(**parameters).fit(X, y)


@pytest.mark.parametrize(
    "parameters", [{}, {"solver": "cvxpy"}, {"max_rank": 30}, {"B": 1.5}, {"kernel": "linear"}, {"eps": 0.0}]
)
def test_new_rows_continue_the_solution(parameters, two_domains):
    X, y, _ = two_domains
    fitted = KMM(tol=1e-9, **parameters).fit(X, y)
    assert_allclose(fitted.predict_weights(X[:101]), fitted.solution_.x, atol=1e-3)
    between = fitted.predict_weights(X[:50] + 1e-6)
    assert_allclose(between, fitted.solution_.x[:50], atol=2e-3)
    assert fitted.predict_weights(X * 3).max() <= fitted.B


@pytest.mark.parametrize("solver", ["low_rank", "cvxpy"])
def test_new_rows_by_the_definition(solver, two_domains):
    X, y, _ = two_domains
    fitted = KMM(gamma=0.2, reg=0.7, solver=solver, tol=1e-10).fit(X, y)
    new = X[101:] * 0.9
    w = fitted.solution_.x
    f = rbf_kernel(new, X[101:], gamma=0.2).sum(axis=1) * 101 / 67 - rbf_kernel(new, X[:101], gamma=0.2) @ w
    f_source = rbf_kernel(X[:101], X[101:], gamma=0.2).sum(axis=1) * 101 / 67 - rbf_kernel(X[:101], gamma=0.2) @ w
    if solver == "low_rank":  # the function in the span of the source rows that agrees with f there
        f = rbf_kernel(new, X[:101], gamma=0.2) @ np.linalg.solve(rbf_kernel(X[:101], gamma=0.2), f_source)
    free = w > 1e-3
    nu = np.mean((f_source - 0.7 * w)[free])
    exact = np.maximum((f - nu) / 0.7, 0)
    assert_allclose(fitted.predict_weights(new), exact, atol=2e-3)


def test_new_rows_follow_the_analytic_ratio(shifted_normals):
    X, y = shifted_normals
    grid = np.linspace(-1.5, 1.5, 7)[:, None]
    assert_allclose(KMM().fit(X, y).predict_weights(grid), np.exp(grid[:, 0] - 0.5), rtol=0.25, atol=0.06)


def test_no_new_rows_without_a_ridge(two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="KMM has weights for new rows only with a ridge.*Set reg > 0"):
        KMM(reg=0).fit(X, y).predict_weights(X)


def test_beyond_max_samples_the_other_rows_get_the_extension():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(3001, 2)), rng.normal(size=(2001, 2)) + [0.7, 0]])
    y = np.repeat([0.0, np.nan], [3001, 2001])
    whole, part = KMM().fit(X, y), KMM(max_samples=1001).fit(X, y)
    assert part.solution_.x.shape == (3001,) and part.centers_.shape[0] <= 300
    assert_allclose(part.predict_weights(X[:3001]), part.solution_.x, atol=1e-6)
    assert np.abs(part.weights_ - whole.weights_).mean() < 0.1  # the noise of other rows, not another ratio
    assert np.corrcoef(part.weights_[:3001], whole.weights_[:3001])[0, 1] > 0.98
    order = rng.permutation(5002)
    assert_allclose(KMM(max_samples=1001).fit(X[order], y[order]).weights_, part.weights_[order], rtol=1e-6)
    assert len(KMM(max_samples=1001, reg=0).fit(X, y).solution_.x) == 3001  # no extension without a ridge
