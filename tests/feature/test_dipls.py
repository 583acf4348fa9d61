"""Domain-invariant partial least squares: ordinary PLS where the weight is zero, and what it is for."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.cross_decomposition import PLSRegression

from sktl.datasets import make_spectra
from sktl.exceptions import SingleDomainWarning
from sktl.feature import DIPLSRegressor, DomainScaler


@pytest.fixture(params=[(50, 9), (20, 60)], ids=["tall", "wide"])
def table(request):
    """Two sources and a target with shifted means; labels are missing on the target."""
    n, d = request.param
    rng = np.random.default_rng(0)
    domain = np.repeat(["a", "b", "target"], [n // 2, n // 4, n // 4 + 1])
    X = rng.normal(size=(len(domain), d)) @ rng.normal(size=(d, d)) / np.sqrt(d)
    X += 2.0 * (domain == "b")[:, None] - 3.0 * (domain == "target")[:, None]
    y = X[:, 0] - X[:, 1] + 0.1 * rng.normal(size=len(domain))
    y[domain == "target"] = np.nan
    return X, y, domain


@pytest.mark.parametrize("k", [1, 3])
def test_without_the_weight_it_is_partial_least_squares(table, k):
    X, y, domain = table
    seen = ~np.isnan(y)
    model = DIPLSRegressor(k, invariance=0, center="labeled").fit(X, y, domain)
    plain = PLSRegression(k, scale=False).fit(X[seen], y[seen])
    assert_allclose(model.predict(X), plain.predict(X).ravel(), rtol=1e-7, atol=1e-8)
    assert_allclose(model.coef_, plain.coef_.ravel(), rtol=1e-7, atol=1e-9)
    model = DIPLSRegressor(k, invariance=0).fit(X, y, domain)
    scaler = DomainScaler(with_std=False).fit(X, y, domain)
    rows = scaler.transform(X, domain)
    plain = PLSRegression(k, scale=False).fit(rows[seen], y[seen])
    assert_allclose(model.predict(X[~seen]), plain.predict(rows[~seen]).ravel(), rtol=1e-7, atol=1e-8)


def test_one_domain_is_ordinary(table):
    X, y, _ = table
    seen = ~np.isnan(y)
    with pytest.warns(SingleDomainWarning):
        model = DIPLSRegressor(2).fit(X[seen], y[seen])
    assert_allclose(model.predict(X), PLSRegression(2, scale=False).fit(X[seen], y[seen]).predict(X).ravel())


def test_the_span_of_the_rows_is_enough(table):
    X, y, domain = table
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(X.shape[1] + 70,) * 2))[0][: X.shape[1]]
    one, other = (DIPLSRegressor(3, invariance=2.0).fit(rows, y, domain).predict(rows) for rows in (X, X @ rotation))
    assert_allclose(other, one, rtol=1e-7, atol=1e-8)


def test_units_and_order_do_not_matter(table):
    X, y, domain = table
    model = DIPLSRegressor(3).fit(X, y, domain)
    order = np.random.default_rng(1).permutation(len(y))
    moved = DIPLSRegressor(3).fit(1e3 * X[order] + 5, 1e-2 * y[order] + 7, domain[order])
    assert_allclose(moved.predict(1e3 * X + 5), 1e-2 * model.predict(X) + 7, rtol=1e-6)


def test_it_avoids_what_only_the_target_varies_in():
    errors = np.zeros(2)
    for seed in range(5):
        data = make_spectra(gain=0, offset=0, axis_shift=0, interference=1.0, n_pairs=0, random_state=seed)
        target = data.sample_domain == "target"
        for k, weight in enumerate((0.0, 100.0)):
            model = DIPLSRegressor(4, invariance=weight).fit(data.X, data.y)
            errors[k] += np.mean((model.predict(data.X[target]) - data.y_true[target]) ** 2)
    assert errors[1] < errors[0]


def test_labels_are_needed(table):
    X, y, domain = table
    with pytest.raises(ValueError, match="the labels of all .* rows are missing"):
        DIPLSRegressor().fit(X, np.full(len(y), np.nan), domain)
    with pytest.raises(ValueError, match="requires y to be passed"):
        DIPLSRegressor().fit(X, None, domain)
    few = DIPLSRegressor(99).fit(X, y, domain)
    assert few.n_components_ <= min(np.sum(~np.isnan(y)) - 1, X.shape[1])
