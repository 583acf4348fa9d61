import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.preprocessing import RobustScaler, StandardScaler

from sktl.exceptions import SingleDomainWarning
from sktl.feature import DomainScaler

SCALERS = {"standard": StandardScaler, "robust": RobustScaler}


@pytest.fixture
def three_domains():
    """93 rows of three domains, in mixed order, with a column that is constant in one of them; (X, domain)."""
    rng = np.random.default_rng(0)
    domain = rng.permutation(np.repeat(["a", "b", "target"], [41, 29, 23]))
    X = rng.normal(size=(93, 4)) * np.where(domain == "a", 3, 1)[:, None] + np.where(domain == "b", 50, 0)[:, None]
    X[domain == "b", 2] = 0.1
    X[:, 3] = 7.3
    return X, domain


@pytest.mark.parametrize("method", SCALERS)
@pytest.mark.parametrize("flags", [(True, True), (True, False), (False, True)])
def test_is_scikit_learn_s_scaler_of_each_domain(method, flags, three_domains):
    X, domain = three_domains
    expected = np.empty_like(X)
    for name in set(domain):
        expected[domain == name] = SCALERS[method](**dict(zip(names(method), flags, strict=True))).fit_transform(
            X[domain == name]
        )
    scaler = DomainScaler(method=method, with_mean=flags[0], with_std=flags[1])
    assert_allclose(scaler.fit_transform(X, sample_domain=domain), expected, atol=1e-12)
    b = domain == "b"
    assert_allclose(scaler.transform(X[b], sample_domain=domain[b]), expected[b], atol=1e-12)
    assert sorted(scaler.scales_) == ["a", "b", "target"]


def names(method):
    return ("with_mean", "with_std") if method == "standard" else ("with_centering", "with_scaling")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constant_columns_of_many_rows_have_scale_one(dtype):
    X = np.full((9001, 1), 0.1, dtype=dtype)
    scaler = DomainScaler().fit(X, sample_domain=np.arange(9001) > 4500)
    assert [scale.tolist() for scale in scaler.scales_.values()] == [[1.0], [1.0]]
    assert_allclose(scaler.transform(X), 0, atol=1e-7)


def test_reference_moves_the_sources_onto_the_target(three_domains):
    X, domain = three_domains
    mapped = DomainScaler(reference="target").fit_transform(X, sample_domain=domain)
    target = domain == "target"
    assert_array_equal(mapped[target], X[target])
    for name in "ab":
        assert_allclose(mapped[domain == name].mean(axis=0), X[target].mean(axis=0))
    assert_allclose(mapped[domain == "a"].std(axis=0), X[target].std(axis=0), atol=1e-12)
    spread = DomainScaler(reference="target", with_mean=False).fit_transform(X, sample_domain=domain)
    assert_allclose(spread[domain == "a"].std(axis=0), X[target].std(axis=0), atol=1e-12)
    moved = DomainScaler(reference="target", with_std=False).fit_transform(X, sample_domain=domain)
    assert_allclose(moved[domain == "a"].std(axis=0), X[domain == "a"].std(axis=0), atol=1e-12)


@pytest.mark.parametrize("method", SCALERS)
@pytest.mark.parametrize("reference", [None, "target"])
def test_sparse_rows_stay_sparse(method, reference, three_domains):
    X, domain = three_domains
    X = np.where(np.abs(X) > 0.2, X, 0)
    scaler = DomainScaler(method=method, with_mean=False, reference=reference)
    mapped = scaler.fit_transform(sparse.csr_matrix(X), sample_domain=domain)
    assert sparse.issparse(mapped) and mapped.nnz == np.count_nonzero(X)
    assert_allclose(mapped.toarray(), scaler.fit_transform(X, sample_domain=domain), atol=1e-10)
    alone = scaler.transform(sparse.csr_matrix(X[:5].astype(np.float32)))
    assert alone.dtype == np.float32
    assert_allclose(alone.toarray(), scaler.transform(X[:5]), rtol=1e-5)


def test_equal_domains_are_scaled_as_one():
    X = np.random.default_rng(0).normal(size=(51, 3)) * [1, 2, 3]
    mapped = DomainScaler().fit_transform(np.vstack([X, X]), sample_domain=np.arange(102) >= 51)
    assert_allclose(mapped, StandardScaler().fit_transform(np.vstack([X, X])))
    with pytest.warns(SingleDomainWarning):
        assert_allclose(DomainScaler().fit_transform(X), StandardScaler().fit_transform(X))


def test_units_of_each_domain_do_not_matter(three_domains):
    X, domain = three_domains
    units = np.where((domain == "a")[:, None], X * [1, 10, 0.1, 2] + 5, X)
    plain, changed = (DomainScaler().fit_transform(Z, sample_domain=domain) for Z in (X, units))
    assert_allclose(changed, plain, atol=1e-9)


@pytest.mark.parametrize(
    "parameters, match",
    [
        ({"method": "minmax"}, "method must be one of 'standard', 'robust'; got 'minmax'"),
        ({"reference": "source"}, "reference must be one of None, 'target'; got 'source'"),
        ({"with_std": "yes"}, "with_std must be one of True, False; got 'yes'"),
    ],
)
def test_errors(parameters, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match=match):
        DomainScaler(**parameters).fit(X, y)


def test_sparse_rows_are_not_centred(two_domains):
    X, y, _ = two_domains
    with pytest.raises(TypeError, match="[Ss]parse"):
        DomainScaler().fit(sparse.csr_matrix(X), y)
