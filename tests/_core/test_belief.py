"""A belief on a grid against conjugate posteriors and scipy's quantiles."""

import numpy as np
from numpy.testing import assert_allclose
from scipy.stats import beta, norm

from sktl._core.belief import Belief, binomial_log_likelihood, mixed_belief, normal_log_likelihood


def test_a_normal_belief_has_the_normal_s_quantiles():
    belief = mixed_belief((0.4, 0.0), (0.1, 1.0), (1.0, 0.0), -np.inf, np.inf)
    assert_allclose(belief.mean, 0.4, atol=1e-6)
    for level in (0.05, 0.5, 0.95):
        assert_allclose(belief.quantile(level), norm.ppf(level, 0.4, 0.1), atol=2e-3)


def test_normal_evidence_gives_the_conjugate_posterior():
    belief = mixed_belief((0.0, 0.0), (0.3, 0.3), (0.5, 0.5), -np.inf, np.inf)
    after = belief.after(normal_log_likelihood(belief.values, 0.5, 0.2))
    precision = 1 / 0.3**2 + 1 / 0.2**2
    assert_allclose(after.mean, 0.5 / 0.2**2 / precision, atol=1e-6)
    assert_allclose(after.quantile(0.9), norm.ppf(0.9, 0.5 / 0.2**2 / precision, precision**-0.5), atol=1e-3)


def test_counts_on_a_flat_belief_give_the_beta_posterior():
    values = np.linspace(0, 1, 4001)
    flat = Belief(values, np.full(4001, 1 / 4001))
    after = flat.after(binomial_log_likelihood(values, 7, 9))
    assert_allclose(after.mean, beta(8, 3).mean(), atol=1e-4)
    assert_allclose(after.quantile(0.05), beta(8, 3).ppf(0.05), atol=1e-3)


def test_labels_that_nobody_expected_move_the_belief():
    belief = mixed_belief((0.9, 0.8), (0.03, 0.2), (0.7, 0.3), 0, 1)
    after = belief.after(binomial_log_likelihood(belief.values, 20, 50))
    assert after.mean < 0.5 < belief.mean
    assert belief.values[0] >= 0 and belief.values[-1] <= 1


def test_the_rest_of_the_belief_is_flat():
    belief = mixed_belief((0.9,), (0.01,), (1.0,), 0, 1, rest=0.2)
    far = belief.values < 0.5
    assert_allclose(belief.shares[far], 0.2 / len(belief.values), rtol=1e-9)
    assert_allclose(belief.shares.sum(), 1)
