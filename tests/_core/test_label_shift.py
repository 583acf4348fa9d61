import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import approx_fprime, minimize
from scipy.special import log_softmax

from sktl._core import label_shift


def confusion_of(rng, n_classes, confusable=0.3):
    """A joint confusion matrix with most of its mass on the diagonal."""
    columns = (1 - confusable) * np.eye(n_classes) + confusable * rng.dirichlet(np.ones(n_classes), n_classes).T
    return columns * rng.dirichlet(np.full(n_classes, 5.0))


def skewed_probabilities(n, n_classes, seed, factor=1.0):
    """Probabilities and labels drawn from them, the probabilities then sharpened and skewed."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=1.5, size=(n, n_classes))
    true = np.exp(log_softmax(logits, axis=1))
    codes = np.array([rng.choice(n_classes, p=p) for p in true])
    wrong = np.exp(log_softmax(factor * logits + np.linspace(-1, 1, n_classes), axis=1))
    return true, codes, wrong


# --- moments ---


def test_joint_confusion_by_a_loop():
    rng = np.random.default_rng(0)
    responses, codes = rng.dirichlet(np.ones(3), 31), np.r_[0, 1, 2, rng.integers(0, 3, 28)]
    by_hand = np.zeros((3, 3))
    for response, code in zip(responses, codes, strict=True):
        by_hand[:, code] += response / 31
    found = label_shift.joint_confusion(responses, codes, 3)
    assert_allclose(found, by_hand)
    assert_allclose(found.sum(axis=0), np.bincount(codes) / 31)


def test_separation_of_a_perfect_and_of_a_random_classifier():
    codes = np.repeat([0, 1, 2], [11, 7, 13])
    assert label_shift.separation(np.eye(3)[codes], codes, 3) == pytest.approx((1.0, 0.0))
    rng, weak = np.random.default_rng(0), 0
    for _ in range(200):
        smallest, error = label_shift.separation(np.eye(2)[rng.integers(0, 2, 31)], codes // 2, 2)
        weak += smallest <= 2 * error
    assert weak > 180  # a classifier that guesses is found out nine times in ten


def test_separation_s_error_is_that_of_a_column():
    rng = np.random.default_rng(0)
    responses, codes = rng.dirichlet(np.ones(3), 50), np.repeat([0, 1, 2], [30, 15, 5])
    errors = [np.sqrt(responses[codes == j].var(axis=0).sum() / np.sum(codes == j)) for j in range(3)]
    columns = np.column_stack([responses[codes == j].mean(axis=0) for j in range(3)])
    expected = np.linalg.svd(columns)[1][-1], max(errors)
    assert_allclose(label_shift.separation(responses, codes, 3), expected)


# --- class weights ---


def test_bbse_inverts_a_known_confusion():
    rng = np.random.default_rng(0)
    for n_classes in (2, 3, 10):
        confusion = confusion_of(rng, n_classes)
        prior = confusion.sum(axis=0)
        weights = rng.dirichlet(np.ones(n_classes)) / prior
        assert_allclose(label_shift.solve_bbse(confusion, confusion @ weights), weights, rtol=1e-9)
    assert_array_equal(label_shift.solve_bbse(np.array([[0.4, 0.1], [0.1, 0.4]]), np.array([0.05, 0.95])) >= 0, True)


@pytest.mark.parametrize("reg", [1e-3, 1e-2, 0.1, 0.5])
@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("singular", [False, True])
def test_rlls_is_cvxpy_s_optimum(reg, n_classes, singular):
    rng = np.random.default_rng(n_classes)
    confusion, mean = confusion_of(rng, n_classes), rng.dirichlet(np.ones(n_classes))
    if singular:
        confusion[0] += confusion[1]
        confusion[1] = 0
    offset, theta = mean - confusion.sum(axis=1), cp.Variable(n_classes)
    problem = cp.Problem(cp.Minimize(cp.norm(confusion @ theta - offset) + reg * cp.norm(theta)), [theta >= -1])
    problem.solve(solver=cp.CLARABEL)
    ours = label_shift.solve_rlls(confusion, mean, reg)
    assert ours.min() >= -1
    objective = np.linalg.norm(confusion @ ours - offset) + reg * np.linalg.norm(ours)
    assert objective <= problem.value + 1e-9
    assert_allclose(ours, theta.value, atol=3e-3)  # cvxpy stops earlier


def test_rlls_limits():
    rng = np.random.default_rng(0)
    confusion, mean = confusion_of(rng, 4), rng.dirichlet(np.full(4, 20.0))
    assert_allclose(label_shift.solve_rlls(confusion, mean, 0.0), np.linalg.solve(confusion, mean) - 1, atol=1e-6)
    assert_array_equal(label_shift.solve_rlls(confusion, mean, 10.0), np.zeros(4))
    assert_array_equal(label_shift.solve_rlls(confusion, confusion.sum(axis=1), 0.1), np.zeros(4))
    norms = [np.linalg.norm(label_shift.solve_rlls(confusion, mean, reg)) for reg in (0.01, 0.1, 0.15, 0.2)]
    assert norms == sorted(norms, reverse=True) and norms[0] > norms[-1]


def test_rlls_bound_by_hand():
    log_term = np.log(2 * 10 / 0.05)
    assert label_shift.rlls_bound(10, 500) == pytest.approx(2 * log_term / 500 + 3 * np.sqrt(2 * log_term / 500))


# --- calibration ---


def reference_loss(parameters, proba, codes, ridge):
    """The loss, written out."""
    z = parameters[0] * np.log(np.maximum(proba, 1e-12)) + parameters[1:]
    away = parameters - np.r_[1, np.zeros(len(parameters) - 1)]
    return -log_softmax(z, axis=1)[np.arange(len(codes)), codes].mean() + 0.5 * ridge * away @ away


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("factor", [0.3, 1.0, 4.0])
def test_calibration_is_scipy_s_minimum(bias, factor):
    _, codes, proba = skewed_probabilities(301, 4, 0, factor)
    free = slice(None) if bias else slice(0, 1)

    def loss(parameters):
        return reference_loss(np.r_[parameters, np.zeros(5 - len(parameters))], proba, codes, 0.01 / 301)

    best = minimize(loss, np.r_[1.0, np.zeros(4)][free], method="BFGS", options={"gtol": 1e-7})
    ours = label_shift.fit_calibration(proba, codes, bias=bias)
    assert ours.converged and ours.loss <= best.fun + 1e-12
    assert_allclose(np.r_[ours.scale, ours.bias][free], best.x, atol=1e-4)
    assert bias or not ours.bias.any()


def test_gradient_and_hessian_by_finite_differences():
    _, codes, proba = skewed_probabilities(57, 3, 1)
    logs, point = label_shift.log_proba(proba), np.array([0.7, 0.2, -0.5, 0.1])
    loss, gradient, hessian = label_shift.calibration_loss(point, logs, codes, 0.1)
    assert loss == pytest.approx(reference_loss(point, proba, codes, 0.1))
    assert_allclose(
        gradient, approx_fprime(point, lambda p: label_shift.calibration_loss(p, logs, codes, 0.1)[0]), atol=1e-6
    )
    differences = approx_fprime(point, lambda p: label_shift.calibration_loss(p, logs, codes, 0.1)[1])
    assert_allclose(hessian, differences, atol=1e-6)


def test_calibration_undoes_what_was_done():
    true, codes, proba = skewed_probabilities(20_001, 3, 2, factor=3.0)
    fitted = label_shift.fit_calibration(proba, codes)
    assert fitted.scale == pytest.approx(1 / 3, rel=0.05)
    assert np.abs(fitted(proba) - true).max() < 0.03
    assert_allclose(fitted(proba).mean(axis=0), np.bincount(codes) / len(codes), atol=1e-6)


def test_calibration_of_separable_rows_is_finite():
    codes = np.repeat([0, 1], [5, 8])
    proba = np.where(np.arange(2) == codes[:, None], 1.0, 0.0)
    fitted = label_shift.fit_calibration(proba, codes)
    assert fitted.converged and np.isfinite(fitted(proba)).all()
    assert_allclose(fitted(proba), proba, atol=1e-6)


# --- maximum likelihood ---


def test_em_is_the_maximum_of_the_likelihood():
    proba = skewed_probabilities(307, 4, 3)[0]
    prior = np.array([0.4, 0.3, 0.2, 0.1])

    def minus_likelihood(shares):
        return -np.mean(np.log((proba / prior) @ shares))

    best = minimize(
        minus_likelihood,
        np.full(4, 0.25),
        bounds=[(0, 1)] * 4,
        constraints={"type": "eq", "fun": lambda shares: shares.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    ours = label_shift.em_prior(proba, prior, tol=1e-12, max_iter=100_000)
    assert ours.converged and ours.prior.sum() == pytest.approx(1)
    assert minus_likelihood(ours.prior) <= best.fun + 1e-11
    assert_allclose(ours.prior, best.x, atol=1e-4)


def test_em_s_gap_bounds_what_is_left():
    proba, prior = skewed_probabilities(101, 3, 4)[0], np.array([0.2, 0.3, 0.5])
    best = np.mean(np.log((proba / prior) @ label_shift.em_prior(proba, prior, tol=1e-13, max_iter=10**6).prior))
    for steps in (1, 3, 10, 30):
        early = label_shift.em_prior(proba, prior, max_iter=steps)
        assert early.n_iter == steps and not early.converged
        assert 0 <= best - np.mean(np.log((proba / prior) @ early.prior)) <= early.gap


def test_em_step_by_hand():
    proba, prior = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]), np.array([0.7, 0.3])
    assert_allclose(label_shift.em_prior(proba, prior, max_iter=1).prior, proba.mean(axis=0))


def test_em_from_the_source_stays_there():
    proba = skewed_probabilities(211, 3, 5)[0]
    found = label_shift.em_prior(proba, proba.mean(axis=0))
    assert found.n_iter == 0
    assert_allclose(found.prior, proba.mean(axis=0))


def test_correct_prior_is_bayes_rule():
    rng = np.random.default_rng(0)
    density, source, target = rng.random((7, 3)), np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.1, 0.3])
    posterior = [density * p / (density * p).sum(axis=1, keepdims=True) for p in (source, target)]
    assert_allclose(label_shift.correct_prior(posterior[0], target / source), posterior[1])
    assert_array_equal(label_shift.correct_prior(np.array([[1.0, 0.0]]), np.array([0.0, 2.0])), [[1.0, 0.0]])
