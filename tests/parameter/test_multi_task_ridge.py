"""Multi-task ridge against its augmented-feature form and refits without each row."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.linear_model import Ridge, RidgeCV

from sktl.exceptions import NoTargetLabelsError, SingleDomainWarning
from sktl.parameter import MultiTaskTransferRidge


@pytest.fixture(params=[(20, 4), (9, 40)], ids=["long", "wide"])
def data(request):
    n, d = request.param
    rng = np.random.default_rng(0)
    domain = np.repeat(["a", "b", "target"], [n, n + 3, 7])
    X = rng.normal(size=(len(domain), d)) + 2
    base = rng.normal(size=d)
    slopes = {name: base + 0.3 * rng.normal(size=d) for name in ("a", "b", "target")}
    y = np.array([x @ slopes[name] for x, name in zip(X, domain, strict=True)]) + (domain == "b")
    return X, y + rng.normal(size=len(y)), domain, rng.integers(1, 4, len(y)).astype(float)


def augmented(X, domain, share, mean):
    """Features whose plain ridge regression is the method: the common intercept is free, the others are penalised."""
    X = X - mean  # intercepts are penalised where they stand: at the mean of all rows
    ones = np.column_stack([X, np.ones(len(X))])
    own = [np.sqrt(1 - share) * ones * (domain == name)[:, None] for name in ("a", "b", "target")]
    return np.column_stack([np.sqrt(share) * X, *own])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 1.0])
def test_it_is_the_ridge_regression_of_the_augmented_features(data, share):
    X, y, domain, weights = data
    model = MultiTaskTransferRidge(2.5, shared=share).fit(X, y, sample_domain=domain, sample_weight=weights)
    mean = weights @ X / weights.sum()
    plain = Ridge(2.5).fit(augmented(X, domain, share, mean), y, sample_weight=weights)
    new = np.random.default_rng(1).normal(size=(11, X.shape[1]))
    for k, name in enumerate(["a", "b", "target"]):
        expected = plain.predict(augmented(new, np.full(11, name), share, mean))
        assert_allclose(new @ model.domain_coefs_[k] + model.domain_intercepts_[k], expected, rtol=1e-5, atol=1e-5)
    assert_allclose(model.predict(new), expected, rtol=1e-5, atol=1e-5)
    csr = MultiTaskTransferRidge(2.5, shared=share).fit(sparse.csr_array(X), y, domain, weights)
    assert_allclose(csr.coef_, model.coef_, atol=1e-6)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_leave_one_out_losses_are_those_of_refits(data, share):
    X, y, domain, weights = data
    model = MultiTaskTransferRidge(2.5, shared=share).fit(X, y, sample_domain=domain, sample_weight=weights)
    features, total = augmented(X, domain, share, weights @ X / weights.sum()), 0.0
    target = np.flatnonzero(domain == "target")
    for i in target:
        left = weights.copy()
        left[i] -= 1
        kept = left > 0
        rest = Ridge(2.5).fit(features[kept], y[kept], sample_weight=left[kept])
        total += weights[i] * (y[i] - rest.predict(features[[i]])[0]) ** 2
    assert_allclose(model.loo_losses_[0, 0], total / weights[target].sum(), rtol=1e-6)


def test_auto_takes_the_least_loss_and_the_order_of_rows_does_not_matter(data):
    X, y, domain, _ = data
    model = MultiTaskTransferRidge().fit(X, y, sample_domain=domain)
    fixed = MultiTaskTransferRidge(model.reg_, shared=model.shared_).fit(X, y, sample_domain=domain)
    assert_allclose(fixed.coef_, model.coef_)
    assert_allclose(fixed.loo_losses_.min(), model.loo_losses_.min())
    order = np.random.default_rng(2).permutation(len(y))
    assert_allclose(MultiTaskTransferRidge().fit(X[order], y[order], domain[order]).coef_, model.coef_, atol=1e-6)


def test_shared_follows_what_the_domains_share():
    rng = np.random.default_rng(0)
    X, domain = rng.normal(size=(240, 6)), np.repeat(["a", "target"], [180, 60])
    same, other = np.arange(6.0), -np.arange(6.0)[::-1]
    noise = rng.normal(size=240)
    alike = MultiTaskTransferRidge().fit(X, X @ same + noise, domain)
    target = domain == "target"
    unlike = MultiTaskTransferRidge().fit(X, np.where(target, X @ same, X @ other) + noise, domain)
    assert alike.shared_ >= 0.9 and unlike.shared_ <= 0.5
    own = RidgeCV(np.geomspace(1e-3, 1e3, 30)).fit(X[target], (X @ same + noise)[target])
    assert_allclose(unlike.coef_, own.coef_, atol=0.15)
    assert np.linalg.norm(alike.coef_ - same) < np.linalg.norm(own.coef_ - same)


def test_one_domain_is_ridge_and_errors():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 3)), rng.normal(size=30)
    with pytest.warns(SingleDomainWarning):
        model = MultiTaskTransferRidge(1.5, shared=1.0).fit(X, y)
    plain = Ridge(1.5).fit(X, y)
    assert_allclose(model.coef_, plain.coef_, atol=1e-6)
    assert_allclose(model.intercept_, plain.intercept_, atol=1e-6)
    with pytest.raises(NoTargetLabelsError, match="needs labelled target rows; the 10 target rows have no label"):
        MultiTaskTransferRidge().fit(X, np.r_[y[:20], np.full(10, np.nan)])
    with pytest.raises(ValueError, match="shared must be 'auto' or a number >= 0 and <= 1; got 2"):
        MultiTaskTransferRidge(shared=2).fit(X, y)
