"""Label shift against abstention, an independent library, where it is right."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktl._core.label_shift import em_prior, fit_calibration, joint_confusion, rlls_bound, solve_bbse, solve_rlls

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own
    peers = pytest.importorskip("abstention.label_shift", reason="abstention comes with the test extra")
    calibration = pytest.importorskip("abstention.calibration", reason="abstention comes with the test extra")


@pytest.fixture(scope="module")
def three_classes():
    """Overconfident probabilities of 901 held-out rows with their labels, and of 700 rows of another prior."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 901)
    shifted = rng.choice(3, 700, p=[0.6, 0.3, 0.1])

    def answer(codes):
        logs = 2.0 * (1.5 * np.eye(3)[codes] + rng.normal(size=(len(codes), 3)) + [0.3, 0.0, -0.2])
        return np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)

    return answer(codes), codes, answer(shifted)


def multipliers(adapter, three_classes):
    """Class weights that the peer finds."""
    held_out, codes, new = three_classes
    return adapter(
        valid_labels=np.eye(3)[codes], tofit_initial_posterior_probs=new, valid_posterior_probs=held_out
    ).multipliers


def test_em(three_classes):
    held_out, _, new = three_classes
    prior = held_out.mean(axis=0)  # what the peer starts from
    peer = multipliers(peers.EMImbalanceAdapter(tolerance=1e-12, max_iterations=10_000), three_classes)
    assert_allclose(em_prior(new, prior, tol=1e-12).prior / prior, peer, rtol=1e-6)


@pytest.mark.parametrize("soft", [True, False])
def test_bbse_and_rlls(three_classes, soft):
    held_out, codes, new = three_classes
    answers = (held_out, new) if soft else [np.eye(3)[p.argmax(axis=1)] for p in (held_out, new)]
    confusion, mean = joint_confusion(answers[0], codes, 3), answers[1].mean(axis=0)
    assert_allclose(solve_bbse(confusion, mean), multipliers(peers.BBSEImbalanceAdapter(soft=soft), three_classes))
    bound = rlls_bound(3, 901)
    assert bound == pytest.approx(peers.RLLSImbalanceAdapter().compute_3deltaC(3, 901, 0.05))
    adapter = peers.RLLSImbalanceAdapter(soft=soft)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cvxpy's, of an old product sign
        peer = adapter.compute_w_opt(confusion, mean, confusion.sum(axis=1), 0.01 * bound)
    assert_allclose(1 + solve_rlls(confusion, mean, 0.01 * bound), peer, rtol=1e-3)


@pytest.mark.parametrize("bias", [True, False])
def test_temperature_scaling_with_and_without_bias(three_classes, bias):
    held_out, codes, new = three_classes
    factory = calibration.TempScaling(bias_positions="all" if bias else [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = factory(valid_preacts=held_out, valid_labels=np.eye(3)[codes], posterior_supplied=True)
    assert_allclose(fit_calibration(held_out, codes, bias=bias)(new), peer(new), atol=2e-3)
