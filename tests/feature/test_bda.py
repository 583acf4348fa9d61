import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics.pairwise import rbf_kernel
from textbook import components, mmd_matrix, same_up_to_sign, three_classes, turns

from sktl._core.contrasts import linear_a_distance
from sktl.exceptions import SingleDomainWarning
from sktl.feature import BDA, JDA, TCA


@pytest.mark.parametrize("balance", [0.2, 0.9, 1])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_a_fixed_balance_is_the_loop_of_the_paper(kernel, balance):
    X, y, _, target = three_classes()
    F = X if kernel == "linear" else rbf_kernel(X, gamma=0.1)
    bda = BDA(3, balance=balance, kernel=kernel, gamma=0.1, max_iter=4).fit(X, y)
    values, V, guess = turns(
        F, np.where(target, -1, y).astype(int), target, 1.0, 3, bda.n_iter_, balance, None if F is X else 1.0
    )
    assert bda.n_iter_ > 1
    same_up_to_sign(bda.transform(X), F @ V, rtol=1e-6, atol=1e-8)
    assert_allclose(bda.eigenvalues_, values, rtol=1e-8)
    assert_array_equal(bda.pseudo_labels_, guess[target])
    assert bda.balances_.tolist() == [balance] * bda.n_iter_


@pytest.mark.parametrize("origin", [0.0, 30.0])
def test_class_balance_is_the_matrix_of_the_paper_on_centred_rows(origin):
    X, _, y_true, target = three_classes()
    X = X + origin
    bda = BDA(3, balance=0.6, class_balanced=True).fit(X, y_true, sample_domain=target)
    M = mmd_matrix(target, y_true.astype(int), 3, 0.6, weighted=True)
    _, A = components(X, M, 1.0, 3)
    same_up_to_sign(bda.components_.T, A, atol=1e-8)
    assert not np.allclose(bda.components_, BDA(3, balance=0.6).fit(X, y_true, sample_domain=target).components_)


def test_class_balance_allows_for_class_shares_that_differ():
    rng = np.random.default_rng(0)
    codes = np.concatenate([np.repeat([0, 1], [160, 40]), np.repeat([0, 1], [30, 120])])
    target = np.arange(350) >= 200
    X = rng.normal(size=(350, 2)) + np.outer(codes, [3.0, 0.0])  # nothing but the shares of the classes changes

    def strength(**parameters):  # how much of the direction that tells the classes the first component keeps
        model = BDA(1, mu=1e-3, **parameters).fit(X, codes, sample_domain=target)
        return abs(model.components_[0, 0])

    assert strength(balance=0) < 0.1 < 0.9 < strength(balance=1)


def test_half_is_jda_and_nought_is_tca():
    X, y, _, _ = three_classes()
    jda, bda = JDA(3).fit(X, y), BDA(3, balance=0.5).fit(X, y)
    assert_allclose(bda.components_, jda.components_, atol=1e-12)
    assert_array_equal(bda.pseudo_label_changes_, jda.pseudo_label_changes_)
    assert_allclose(BDA(3, balance=0).fit(X, y).components_, TCA(3).fit(X, y).components_, atol=1e-12)


def test_the_balance_is_the_classes_share_of_the_distances():
    X, y, _, target = three_classes()
    bda = BDA(3, max_iter=3).fit(X, y)
    assert bda.balances_[0] == 0.5  # no class of the target is known yet
    first = BDA(3, max_iter=1).fit(X, y).pseudo_labels_
    guess = np.where(target, -1, y)
    guess[target] = first
    by_class = [linear_a_distance(X[guess == c], target[guess == c]) for c in range(3)]
    whole = linear_a_distance(X, target)
    assert_allclose(bda.balances_[1], np.mean(by_class) / (np.mean(by_class) + whole), atol=1e-12)
    fixed = BDA(3, balance=bda.balances_[1], max_iter=2).fit(X, y)
    assert_allclose(BDA(3, max_iter=2).fit(X, y).components_, fixed.components_, atol=1e-12)


def test_one_domain():
    X, _, y_true, _ = three_classes()
    with pytest.warns(SingleDomainWarning):
        assert BDA(3).fit(X, y_true).balances_.tolist() == [0.5]


@pytest.mark.parametrize(
    "parameters, match",
    [
        ({"balance": 1.5}, "balance must be 'auto' or a number >= 0 and <= 1; got 1.5"),
        ({"balance": "estimate"}, "balance must be 'auto' or a number >= 0 and <= 1; got 'estimate'"),
        ({"class_balanced": "yes"}, "class_balanced must be one of True, False; got 'yes'"),
        ({"n_components": 7}, r"min\(n_samples=168, n_features=6\) = 6"),
    ],
)
def test_errors(parameters, match):
    X, y, _, _ = three_classes()
    with pytest.raises(ValueError, match=match):
        BDA(**parameters).fit(X, y)
