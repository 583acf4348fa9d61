from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktl.feature import MSDA, _msda


@pytest.fixture(scope="module")
def counts():
    """47 rows of 6 correlated counts; the first 30 are the source (domain False)."""
    rng = np.random.default_rng(3)
    X = rng.poisson(rng.gamma(1.0, 1.0, size=(47, 1)) * rng.uniform(0.2, 2, size=6)).astype(float)
    X.setflags(write=False)
    return X, np.arange(47) >= 30


def with_ones(X):
    return np.column_stack([X, np.ones(len(X))])


def every_corruption(X, noise):
    """All 2^d corruptions of each row with their probabilities: rows, copies (constant last), weights."""
    masks = np.array(list(product([0, 1], repeat=X.shape[1])))
    chance = np.prod(np.where(masks == 1, 1 - noise, noise), axis=1)
    copies = with_ones((X[:, None, :] * masks).reshape(-1, X.shape[1]))
    return np.repeat(X, len(masks), axis=0), copies, np.tile(chance, len(X))


@pytest.mark.parametrize("noise, reg", [(0.3, 0.0), (0.8, 0.1)])
def test_a_layer_is_least_squares_over_all_corruptions(noise, reg, counts):
    X, domain = counts
    rows, copies, weight = every_corruption(X, noise)
    # ridge by rows: sqrt(reg * mean square sum) I -> 0
    penalty = np.sqrt(reg * np.sum(X**2, axis=0).mean()) * np.eye(7)[:6]
    A = np.vstack([copies * np.sqrt(weight)[:, None], penalty])
    B = np.vstack([rows * np.sqrt(weight)[:, None], np.zeros((6, 6))])
    expected = np.linalg.lstsq(A, B, rcond=None)[0].T
    msda = MSDA(1, noise=noise, reg=reg).fit(X, sample_domain=domain)
    assert_allclose(msda.mappings_[0], expected, rtol=1e-8, atol=1e-10)
    assert_allclose(msda.transform(X), np.hstack([X, np.tanh(with_ones(X) @ expected.T)]), rtol=1e-8, atol=1e-10)


def test_sampled_corruption_tends_to_the_closed_form(counts):
    X, _ = counts
    rng = np.random.default_rng(0)
    exact = _msda.denoiser(_msda.double_moments(X), 0.5, 0.0)

    def sampled(copies):
        rows = np.tile(X, (copies, 1))
        corrupted = with_ones(rows * (rng.random(rows.shape) > 0.5))
        return np.linalg.lstsq(corrupted, rows, rcond=None)[0].T

    errors = [np.linalg.norm(sampled(copies) - exact) / np.linalg.norm(exact) for copies in (20, 2000)]
    assert errors[1] < 0.02 < errors[0]


def test_layers_are_stacked(counts):
    X, domain = counts
    msda = MSDA(3, noise=0.4).fit(X, sample_domain=domain)
    hidden, blocks = X, [X]
    for mapping in msda.mappings_:
        assert_allclose(mapping, _msda.denoiser(_msda.double_moments(hidden), 0.4, 1e-5))
        hidden = np.tanh(with_ones(hidden) @ mapping.T)
        blocks.append(hidden)
    assert_allclose(msda.transform(X), np.hstack(blocks))
    last = MSDA(3, noise=0.4, stack=False).fit(X, sample_domain=domain)
    assert_allclose(last.transform(X), hidden)
    names = msda.get_feature_names_out().tolist()
    assert names[:7] == ["x0", "x1", "x2", "x3", "x4", "x5", "msda0"] and len(names) == 24
    assert last.get_feature_names_out().tolist() == [f"msda{j}" for j in range(6)]


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_frequent_columns_are_restored_from_sets_of_columns(container, counts):
    X = np.column_stack([counts[0], 1 + counts[0][:, 0], np.zeros(47)])
    msda = MSDA(2, noise=0.3, n_frequent=3, random_state=4).fit(container(X), sample_domain=counts[1])
    by_count = sorted(range(8), key=lambda j: (-np.count_nonzero(X[:, j]), -np.sum(X[:, j] ** 2)))
    assert_array_equal(msda.restored_, sorted(by_count[:3]))
    expected = np.zeros((47, 3))
    for part in np.array_split(np.random.RandomState(4).permutation(8), 3):
        rows, copies, weight = every_corruption(X[:, part], 0.3)
        targets = np.repeat(X[:, msda.restored_], 2 ** len(part), axis=0)
        ridge = 1e-5 * np.sum(X[:, part] ** 2, axis=0).mean() * np.diag([1.0] * len(part) + [0.0])
        W = np.linalg.solve(copies.T @ (weight[:, None] * copies) + ridge, copies.T @ (weight[:, None] * targets)).T
        expected += with_ones(X[:, part]) @ W.T / 3
    mapped = msda.transform(container(X))
    mapped = mapped.toarray() if sparse.issparse(mapped) else mapped
    assert mapped.shape == (47, 8 + 3 + 3)
    assert_allclose(mapped[:, 8:11], np.tanh(expected), rtol=1e-7, atol=1e-9)


def test_without_noise_a_layer_is_the_identity(counts):
    X, domain = counts
    W = MSDA(1, noise=0.0, reg=0.0).fit(X, sample_domain=domain).mappings_[0]
    assert_allclose(W, np.eye(6, 7), atol=1e-10)


def test_full_noise_leaves_the_mean(counts):
    X, domain = counts
    W = MSDA(1, noise=1 - 1e-9).fit(X, sample_domain=domain).mappings_[0]
    assert_allclose(W, np.column_stack([np.zeros((6, 6)), X.mean(axis=0)]), atol=1e-3)


def test_csr_stays_csr(counts):
    X, domain = counts
    for container in (sparse.csr_matrix, sparse.csr_array):
        msda = MSDA(2).fit(container(X, dtype=np.float32), sample_domain=domain)
        mapped = msda.transform(container(X, dtype=np.float32))
        assert type(mapped) is container and mapped.dtype == np.float32
        assert_allclose(mapped.toarray(), MSDA(2).fit(X, sample_domain=domain).transform(X), rtol=1e-4, atol=1e-5)
    assert isinstance(MSDA(1, stack=False).fit(X, sample_domain=domain).transform(container(X)), np.ndarray)


def test_blocks_of_rows_add_up():
    X = np.random.default_rng(0).normal(size=(9001, 3)).astype(np.float32)
    ones = np.ones((len(X), 1))
    expected = X[:, :2].T.astype(float) @ np.hstack([X.astype(float), ones])
    assert_allclose(_msda.cross_products(X, X[:, :2]), expected, rtol=1e-12)


def test_the_order_of_domains_and_their_labels_do_not_matter(counts):
    X, domain = counts
    assert_array_equal(
        MSDA(2).fit(X, sample_domain=domain).transform(X), MSDA(2).fit(X, sample_domain=~domain).transform(X)
    )


@pytest.mark.parametrize(
    "parameters, match",
    [
        ({"n_layers": 0}, "n_layers must be an integer >= 1; got 0"),
        ({"noise": 1}, "noise must be a number >= 0 and < 1; got 1"),
        ({"reg": -1}, "reg must be a number >= 0; got -1"),
        ({"n_frequent": 0}, "n_frequent must be None or an integer >= 1; got 0"),
    ],
)
def test_errors(parameters, match, counts):
    with pytest.raises(ValueError, match=match):
        MSDA(**parameters).fit(counts[0], sample_domain=counts[1])


def test_too_many_columns_is_an_error_that_names_the_way_out():
    X, domain = sparse.eye(6, 5001, format="csr"), np.arange(6) > 2
    with pytest.raises(ValueError, match="X has 5001 features: .* Pass n_frequent"):
        MSDA().fit(X, sample_domain=domain)
    with pytest.raises(ValueError, match="X has 5001 features and n_frequent=5001"):
        MSDA(n_frequent=5001).fit(X, sample_domain=domain)


def test_a_singular_layer_is_an_error(counts):
    X = np.column_stack([counts[0], np.zeros(47)])
    with pytest.raises(ValueError, match="singular with reg=0.* Raise it"):
        MSDA(1, reg=0).fit(X, sample_domain=counts[1])
    assert_array_equal(MSDA(1).fit(X, sample_domain=counts[1]).mappings_[0][6], 0)
