"""Anchor regression against its definition with the projection written out, and its limits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.linear_model import LinearRegression, Ridge

from sktl.exceptions import SingleDomainWarning
from sktl.parameter import AnchorRegression


@pytest.fixture
def data():
    """Four domains of unequal size, the last one without a label; columns of odd units and origin."""
    rng = np.random.default_rng(0)
    domain = np.repeat(["a", "b", "c", "target"], [23, 31, 17, 11])
    shift = np.repeat([0.0, 1.0, 2.5, 6.0], [23, 31, 17, 11])
    hidden = rng.normal(size=82)
    X = np.column_stack([rng.normal(size=82) + shift, hidden + rng.normal(size=82) - shift, rng.normal(size=82)])
    y = X[:, 0] + hidden + 0.3 * rng.normal(size=82)
    y[domain == "target"] = np.nan
    return X * [1.0, 1e-3, 50.0] + [3.0, 0.0, -7.0], y, domain, rng.integers(1, 4, 82).astype(float)


def by_definition(X, y, domain, weights, factor, reg):
    """Least squares of the rows with their domain's mean multiplied by the root of the factor."""
    X, y = X - weights @ X / weights.sum(), y - weights @ y / weights.sum()
    rows = np.column_stack([X, y])
    for name in set(domain):
        own = domain == name
        rows[own] += (np.sqrt(factor) - 1) * (weights[own] @ rows[own] / weights[own].sum())
    rows = rows * np.sqrt(weights)[:, None]
    penalty = np.sqrt(reg) * np.eye(X.shape[1])
    return np.linalg.lstsq(np.vstack([rows[:, :-1], penalty]), np.r_[rows[:, -1], np.zeros(len(penalty))])[0]


@pytest.mark.parametrize(("factor", "reg"), [(0.0, 0.0), (0.4, 0.0), (1.0, 2.0), (25.0, 0.5)])
def test_it_is_least_squares_of_projected_rows(data, factor, reg):
    X, y, domain, weights = data
    model = AnchorRegression(factor, reg=reg).fit(X, y, domain, weights)
    seen = ~np.isnan(y)
    expected = by_definition(X[seen], y[seen], domain[seen], weights[seen], factor, reg)
    assert_allclose(model.coef_, expected, rtol=1e-7)
    residual = y[seen] - model.predict(X[seen])
    assert weights[seen] @ residual == pytest.approx(0, abs=1e-9 * weights.sum())
    csr = AnchorRegression(factor, reg=reg).fit(sparse.csr_array(X), y, domain, weights)
    assert_allclose(csr.coef_, model.coef_, rtol=1e-7)


def test_left_out_errors_are_those_of_refits(data):
    X, y, domain, weights = data
    model = AnchorRegression(reg=0.7).fit(X, y, domain, weights)
    seen = ~np.isnan(y)
    for k, name in enumerate(model.domains_):
        own, rest = domain == name, seen & (domain != name)
        for j, factor in enumerate((0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)):
            fit = AnchorRegression(factor, reg=0.7).fit(X[rest], y[rest], domain[rest], weights[rest])
            error = np.average((y[own] - fit.predict(X[own])) ** 2, weights=weights[own])
            assert_allclose(model.left_out_errors_[k, j], error, rtol=1e-6)
    assert model.factor_ == (0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)[model.left_out_errors_.mean(axis=0).argmin()]


def test_limits(data):
    X, y, domain, _ = data
    seen = ~np.isnan(y)
    X, y, domain = X[seen], y[seen], domain[seen]
    assert_allclose(AnchorRegression(1.0).fit(X, y, domain).coef_, LinearRegression().fit(X, y).coef_, rtol=1e-8)
    dummies = (domain[:, None] == np.unique(domain)).astype(float)  # 0: a free intercept for each domain
    free = LinearRegression(fit_intercept=False).fit(np.column_stack([X, dummies]), y)
    assert_allclose(AnchorRegression(0.0).fit(X, y, domain).coef_, free.coef_[:3], rtol=1e-8)
    one = X[:, :1]  # infinity: two-stage least squares, the domains as instruments
    fitted = LinearRegression().fit(dummies, one).predict(dummies)
    assert_allclose(
        AnchorRegression(1e10).fit(one, y, domain).coef_, LinearRegression().fit(fitted, y).coef_, rtol=1e-5
    )
    with pytest.warns(SingleDomainWarning):
        alone = AnchorRegression(reg=3.0).fit(X, y)
    assert_allclose(alone.coef_, Ridge(3.0).fit(X, y).coef_, rtol=1e-7)
    assert AnchorRegression().fit(X[domain != "a"], y[domain != "a"], domain[domain != "a"]).factor_ == 1.0


def test_more_columns_than_rows_take_the_least_norm(data):
    _, y, domain, _ = data
    wide = np.random.default_rng(1).normal(size=(82, 150))
    model = AnchorRegression(9.0, reg=0.5).fit(wide, y, domain)
    seen = ~np.isnan(y)
    expected = by_definition(wide[seen], y[seen], domain[seen], np.ones(seen.sum()), 9.0, 0.5)
    assert_allclose(model.coef_, expected, atol=1e-8)


def test_units_and_order_of_rows_do_not_matter(data):
    X, y, domain, _ = data
    model = AnchorRegression().fit(X, y, domain)
    order = np.random.default_rng(1).permutation(82)
    other = AnchorRegression().fit(X[order] * [1e6, 1e-4, 3.0], y[order], domain[order])
    assert_allclose(other.coef_ * [1e6, 1e-4, 3.0], model.coef_, rtol=1e-7)
    assert other.factor_ == model.factor_


def test_it_needs_labelled_rows(data):
    X, y, domain, weights = data
    with pytest.raises(ValueError, match="sample_weight of all 71 labelled rows is zero"):
        AnchorRegression().fit(X, y, domain, np.where(np.isnan(y), 1.0, 0.0))
    with pytest.raises(ValueError, match="factor"):
        AnchorRegression(-1).fit(X, y, domain)
