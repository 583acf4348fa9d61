from itertools import permutations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import multivariate_t, norm
from sklearn.linear_model import LogisticRegression, Ridge

from sktl._core.attribution import (
    TERMS,
    _explained_shares,
    balanced_weights,
    domain_probability,
    expectations,
    held_out_log_odds,
    joint_quantile,
    relation_by_group,
    rows_by_group,
    split_drop,
    with_squares,
)

DELTA = 1.2


def normals(n_source=40_001, n_target=30_011, seed=0):
    """N(0, 1) and N(DELTA, 1): the chance of the target is a logistic function, the shared density has the middle."""
    rng = np.random.default_rng(seed)
    target = np.arange(n_source + n_target) >= n_source
    return rng.normal(size=len(target)) + DELTA * target, target, rng


def chance_of(x):
    return 1 / (1 + np.exp(-DELTA * x + DELTA**2 / 2))


def shared_mean(f):
    """Mean over the density proportional to p q / (p + q), by quadrature."""

    def s(x):
        p, q = norm.pdf(x), norm.pdf(x, DELTA)
        return p * q / (p + q)

    return quad(lambda x: f(x) * s(x), -8, 9)[0] / quad(s, -8, 9)[0]


def terms(split):
    return dict(zip(TERMS, split.values, strict=True))


@pytest.mark.parametrize("right", ["both", "chance", "expected"])
def test_terms_are_the_analytic_ones_if_one_of_the_two_expectations_is_right(right):
    x, target, rng = normals()

    def relation(x):
        return 0.3 + 0.5 * x

    losses = x**2 + relation(x) * target + rng.normal(size=len(x))
    chance = chance_of(x) if right != "expected" else np.full(len(x), 0.5)
    of_source = x**2 if right != "chance" else np.zeros(len(x))
    expected = of_source + chance_of(x) * relation(x) * (right != "chance")
    found = split_drop(losses, target, chance, expected, of_source)
    drop = 1 + DELTA**2 + 0.3 + 0.5 * DELTA - 1
    wanted = {"drop": drop, "relation": shared_mean(relation), "source_to_shared": shared_mean(np.square) - 1}
    if right == "expected":  # with rows taken for alike, the middle is the mean of both domains; the constant stays
        wanted = {"drop": drop}
    for name, value in wanted.items():
        assert abs(terms(found)[name] - value) < 4 * found.errors[TERMS.index(name)], name
    assert_allclose(found.values[1] + found.values[2], found.values[0])
    assert_allclose(found.values[3] + found.values[4], found.values[1])


def test_a_constant_change_of_the_relation_is_seen_if_either_expectation_is_right():
    x, target, rng = normals()
    losses = np.sin(x) + 0.4 * target + rng.normal(size=len(x))
    for chance, of_source in ((chance_of(x), 0 * x), (np.full(len(x), 0.5), np.sin(x))):
        found = split_drop(losses, target, chance, of_source + 0.4 * chance, of_source)
        assert abs(terms(found)["relation"] - 0.4) < 4 * found.errors[2]
    blind = split_drop(losses, target, np.full(len(x), 0.5), np.zeros(len(x)), 0 * x)
    assert abs(terms(blind)["relation"] - 0.4) > 20 * blind.errors[2]


def test_with_losses_alike_everywhere_nothing_is_left():
    x, target, _ = normals(101, 57)
    found = split_drop(np.full(len(x), 0.3), target, chance_of(x), np.full(len(x), 0.3), np.full(len(x), 0.3))
    assert_allclose(found.values, 0, atol=1e-14)
    assert_allclose(found.errors, 0, atol=1e-14)


def test_a_row_s_influence_is_what_it_changes():
    x, target, rng = normals(201, 150)
    losses, chance = x**2 + 3 * target + rng.normal(size=len(x)), chance_of(x)
    arguments = losses, target, chance, x**2 + 3 * chance, x**2
    found = split_drop(*arguments)
    for row in (0, 77, 200, 201, 350):
        rest = np.arange(len(x)) != row
        without = split_drop(*(array[rest] for array in arguments))
        # a row left out, to the first order in 1 / n
        assert_allclose(found.values - without.values, found.influence[row], rtol=0.06, atol=1e-4)


def test_a_row_s_influence_on_the_columns_is_what_it_changes():
    x, target, rng = normals(201, 150)
    F = np.column_stack([x, rng.normal(size=len(x))])
    F = (F - F.mean(axis=0)) / F.std(axis=0)
    losses, owners = F[:, 0] + 2 * F[:, 1] + rng.normal(size=len(x)), np.array([0, 1])
    values, influence = rows_by_group(F, owners, losses, target, 2)
    for row in (0, 77, 200, 201, 350):
        rest = np.arange(len(x)) != row
        without, _ = rows_by_group(F[rest], owners, losses[rest], target[rest], 2)
        # to the first order in 1 / n; the ridge and the columns' centre move a little too
        assert_allclose(values - without, influence[row], rtol=0.1, atol=3e-4)


def test_noise_explains_nothing_on_average():
    rng, shares = np.random.default_rng(0), []
    for _ in range(400):
        design, w = np.column_stack([np.ones(60), rng.normal(size=(60, 3))]), np.full(60, 1 / 60)
        shares.append(_explained_shares(design, rng.normal(size=(60, 1)), w, [np.array([1]), np.array([2, 3])], 0))
    mean, error = np.mean(shares, axis=0), np.std(shares, axis=0) / 20
    assert (np.abs(mean) < 4 * error).all()
    assert (np.std(shares, axis=0)[1:] > 0).all()


def test_standard_errors_are_those_of_repeated_draws():
    values, errors = [], []
    for seed in range(300):
        x, target, rng = normals(201, 80, seed)
        losses = (rng.random(len(x)) < 0.2 + 0.5 * chance_of(x)).astype(float)
        F = np.column_stack([x, x**2])
        F = (F - F.mean(axis=0)) / F.std(axis=0)
        chance = domain_probability([F[:, :1], F], target)
        w = balanced_weights(target)
        expected = expectations(F, losses[:, None], w)[:, 0]
        found = split_drop(losses, target, chance, expected, expectations(F, losses[:, None], w, ~target)[:, 0])
        values.append(found.values)
        errors.append(found.errors)
    assert_allclose(np.mean(errors, axis=0), np.std(values, axis=0), rtol=0.15)


def test_shared_rows_and_what_they_are_worth():
    target = np.arange(50) >= 30
    found = split_drop(np.arange(50.0), target, np.full(50, 0.5), np.zeros(50), np.zeros(50))
    assert_allclose([found.shared, found.effective], [1, 20])
    assert_allclose(found.values[2], found.values[0])  # no row explains anything
    chance = np.where(target, 0.9, 0.1)
    assert_allclose(split_drop(np.arange(50.0), target, chance, np.zeros(50), np.zeros(50)).shared, 0.36)


def test_log_odds_of_each_row_are_those_of_a_fit_without_it():
    x, target, rng = normals(41, 30)
    F = np.column_stack([x, rng.normal(size=len(x))])
    found = held_out_log_odds(F, target, 2.0)
    naive = [
        LogisticRegression(C=0.5, tol=1e-10).fit(np.delete(F, i, 0), np.delete(target, i)).decision_function(F[[i]])[0]
        for i in range(len(x))
    ]
    assert_allclose(found, naive, atol=0.03)  # to second order in 1 / n
    whole = LogisticRegression(C=0.5, tol=1e-10).fit(F, target).decision_function(F)
    assert np.abs(found - naive).max() < 0.1 * np.abs(whole - naive).max()


def test_expectations_of_each_row_are_those_of_a_ridge_without_it(monkeypatch):
    monkeypatch.setattr("sktl._core.attribution.LOSS_RIDGES", (0.3,))
    x, target, rng = normals(41, 30)
    F = np.column_stack([x, rng.normal(size=len(x))])
    y, w = x + rng.normal(size=len(x)), balanced_weights(target)
    unit = 10 * 0.3 * (w**2).sum()
    naive = []
    for i in range(len(x)):
        kept = np.arange(len(x)) != i
        # centred at the mean of all rows, as the columns are
        model = Ridge(alpha=unit, tol=1e-12).fit(F[kept], y[kept], sample_weight=w[kept])
        naive.append(model.predict(F[[i]])[0])
    assert_allclose(expectations(F, y[:, None], w)[:, 0], naive, atol=2e-3)
    out = expectations(F, y[:, None], w, ~target)[:, 0]
    share = w / w[~target].sum()
    alone = Ridge(alpha=10 * 0.3 * (share[~target] ** 2).sum(), tol=1e-12)
    alone.fit(F[~target], y[~target], sample_weight=share[~target])
    assert_allclose(out[target], alone.predict(F[target]), rtol=1e-9)


def test_the_joint_quantile_is_that_of_the_multivariate_t():
    rng = np.random.default_rng(0)
    influence = rng.normal(size=(500, 2))
    influence[:, 1] += influence[:, 0]
    found = joint_quantile(influence, 0.05, 12)
    shape = np.corrcoef(influence.T)
    law = multivariate_t(shape=influence.T @ influence / np.sqrt(np.outer(*[(influence**2).sum(axis=0)] * 2)), df=12)
    inside = law.cdf([found] * 2, lower_limit=[-found] * 2, random_state=0)
    assert_allclose(inside, 0.95, atol=0.01)
    assert shape[0, 1] > 0.5
    assert joint_quantile(np.zeros((9, 2)), 0.05, 5) == 0


def test_columns_of_an_additive_loss_have_their_shapley_values():
    """Columns of the target in place of the source's, one by one, in every order: the naive loop."""
    rng = np.random.default_rng(0)
    X, target = rng.normal(size=(20_000, 3)), np.arange(20_000) >= 9_000
    X[:, 1] += 0.8 * X[:, 0]
    X[target] += [0.5, -0.3, 0.0]
    F, owners = with_squares(X, np.ones(3, dtype=bool), np.arange(3))
    parts = [lambda v: v, lambda v: v**2 - v, lambda v: 2 * v]
    losses = sum(f(X[:, j]) for j, f in enumerate(parts)) + 0.7 * target
    found, _ = rows_by_group(F, owners, losses, target, 3)
    naive = np.zeros(3)
    for order in permutations(range(3)):
        taken = np.zeros(3, dtype=bool)
        for j in order:
            before = sum(f(X[target == taken[k], k]).mean() for k, f in enumerate(parts))
            taken[j] = True
            naive[j] += (sum(f(X[target == taken[k], k]).mean() for k, f in enumerate(parts)) - before) / 6
    assert_allclose(found, naive, atol=0.02)  # values far out are drawn in


def test_a_group_has_the_sum_of_its_columns():
    rng = np.random.default_rng(0)
    F, target = rng.normal(size=(300, 4)), np.arange(300) >= 170
    losses = F @ [1.0, 2.0, -1.0, 0.0] + rng.normal(size=300)
    single, _ = rows_by_group(F, np.arange(4), losses, target, 4)
    double, influence = rows_by_group(F, np.array([0, 0, 1, 1]), losses, target, 2)
    assert_allclose(double, [single[0] + single[1], single[2] + single[3]])
    assert influence.shape == (300, 2)
    assert_allclose(influence[target].sum(axis=0), 0, atol=1e-12)


def test_shares_of_the_relation_are_squares_of_the_coefficients_where_columns_are_independent():
    rng = np.random.default_rng(0)
    n = 60_000
    F, target = rng.normal(size=(n, 3)), np.arange(n) >= 25_000
    change = 0.5 + F @ [1.0, -0.4, 0.0]
    residuals = ((target - 0.5) * change + 0.3 * rng.normal(size=n))[:, None]
    shares, pvalues = relation_by_group(F, np.arange(3), residuals, target, np.full(n, 0.5), 3, 0.05, n_draws=99)
    assert_allclose(shares, np.array([0.25, 1.0, 0.16, 0.0]) / 4, atol=0.005)  # (D - pi)^2 is 1/4
    assert pvalues[0] == pvalues[1] == 0.01
    assert pvalues[2] > 0.05


def test_a_column_beside_the_one_that_changed_is_not_named():
    rng = np.random.default_rng(1)
    F, target = rng.normal(size=(900, 2)), np.arange(900) >= 500
    F[:, 1] = 0.9 * F[:, 0] + np.sqrt(1 - 0.81) * F[:, 1]
    residuals = ((target - 0.5) * F[:, 0] + rng.normal(size=900))[:, None]
    _, pvalues = relation_by_group(F, np.arange(2), residuals, target, np.full(900, 0.5), 2, 0.05)
    assert pvalues[0] < 0.01
    assert pvalues[1] > 0.05


def test_nothing_is_named_of_noise_more_often_than_the_level():
    rng, named = np.random.default_rng(2), 0
    for seed in range(100):
        F, target = rng.standard_t(4, size=(120, 4)), np.arange(120) >= 80
        noise = rng.standard_t(3, size=(120, 1))
        chance = np.full(120, 0.5)
        pvalues = relation_by_group(F, np.arange(4), noise, target, chance, 4, 0.05, seed, 199)[1]
        named += pvalues.min() <= 0.05
    assert named <= 10  # of 100; 95 % of draws of a level of .05 stay below 9
