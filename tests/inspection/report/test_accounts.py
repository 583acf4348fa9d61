import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm, ttest_1samp

from sktl.inspection.report._accounts import (
    binned,
    compare_accounts,
    label_losses,
    mixture_losses,
    mixture_prior,
    moved_losses,
)

TARGET = np.arange(1001) >= 500


def two_clusters(seed=0):
    """One column, classes at -1 and 1 whose shares go from .5 to .85; P(class | row) as the source has it."""
    rng = np.random.default_rng(seed)
    y = (rng.random(1001) < np.where(TARGET, 0.85, 0.5)).astype(float)
    x = rng.normal(2 * y - 1, 1)
    return x, y, np.column_stack([norm.pdf(x, -1), norm.pdf(x, 1)]) / (norm.pdf(x, -1) + norm.pdf(x, 1))[:, None]


def test_mixture_losses_are_those_of_the_true_odds():
    x, y, proba = two_clusters()
    codes = np.where(TARGET, np.nan, y)
    prior, source = mixture_prior(proba, codes, TARGET)
    assert_allclose(prior, [0.15, 0.85], atol=0.04)
    assert_allclose(source, [0.5, 0.5], atol=0.04)
    density = np.array([norm.pdf(x, -1), norm.pdf(x, 1)])
    odds = ([0.15, 0.85] @ density) / ([0.5, 0.5] @ density) * 501 / 500
    expected = -np.log(np.where(TARGET, odds, 1) / (1 + odds))
    found = mixture_losses(proba, codes, TARGET)
    assert_allclose(found.mean(), expected.mean(), atol=0.003)
    assert_allclose(found, expected, atol=0.2)


def test_losses_of_moved_columns_are_those_of_the_true_odds():
    rng = np.random.default_rng(0)
    x = rng.normal(TARGET * 1.0, np.where(TARGET, 1.5, 1.0))
    odds = norm.pdf(x, 1, 1.5) / norm.pdf(x) * 501 / 500
    expected = -np.log(np.where(TARGET, odds, 1) / (1 + odds))
    assert_allclose(moved_losses(x[:, None], TARGET).mean(), expected.mean(), atol=0.01)


def test_labels_tell_the_domain_by_their_shares():
    _, y, _ = two_clusters()
    share = np.array([np.mean(TARGET[y == k]) for k in (0, 1)])[y.astype(int)]
    assert_allclose(label_losses(y, TARGET, True).mean(), -np.log(np.where(TARGET, share, 1 - share)).mean(), atol=2e-3)


def test_the_difference_of_two_accounts_is_a_paired_test():
    rng = np.random.default_rng(0)
    one, other = rng.random(101), rng.random(101) + 0.1
    gain, pvalue = compare_accounts(one, other)
    assert_allclose(gain, other.mean() - one.mean())
    assert_allclose(pvalue, ttest_1samp(other - one, 0).pvalue, rtol=0.05)
    assert compare_accounts(one, one) == (0.0, 1.0)


@pytest.mark.parametrize("moved", [False, True])
def test_the_account_that_made_the_rows_fits_better(moved):
    x, y, proba = two_clusters()
    if moved:
        rng = np.random.default_rng(1)
        x = rng.normal(np.where(TARGET, 1.5, 0), 1)
        proba = np.column_stack([norm.sf(3 * x), norm.cdf(3 * x)])  # the label follows from the row in one way
        y = (rng.random(1001) < proba[:, 1]).astype(float)
    gain, pvalue = compare_accounts(
        mixture_losses(proba, np.where(TARGET, np.nan, y), TARGET), moved_losses(x[:, None], TARGET)
    )
    assert (gain < 0) == moved and pvalue < 0.1


def test_bins_have_equal_shares():
    y = np.append(np.random.default_rng(0).normal(size=803), np.nan)
    codes = binned(y)
    assert np.isnan(codes[-1]) and set(codes[:-1]) == set(range(8))
    assert np.ptp(np.bincount(codes[:-1].astype(int))) <= 1
    assert np.all(np.diff(codes[:-1][np.argsort(y[:-1])]) >= 0)
