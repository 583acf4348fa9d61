import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import false_discovery_control, rankdata
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics.pairwise import laplacian_kernel, rbf_kernel

from sktl._core import two_sample
from sktl._core.kernels import make_kernel
from sktl._core.two_sample import (
    aggregate_pvalue,
    benjamini_hochberg,
    energy_tiles,
    holm,
    kernel_tiles,
    linear_scores,
    pair_sums,
    power_ratios,
    rank_pvalues,
    rank_sums,
    relabellings,
    stability_index,
    swapped_pair_means,
    width_grid,
    width_tiles,
)
from sktl.metrics import mmd

GAMMAS = (0.05, 0.4, 3.0)


@pytest.fixture
def pooled():
    """31 source rows, 23 target rows, mixed; and 17 relabellings."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(54, 2))
    labels = relabellings(rng.permutation(np.arange(54) < 23), 16, rng)
    return X, labels


@pytest.mark.parametrize("tile", [1024, 16, 7])
@pytest.mark.parametrize("unbiased", [True, False])
def test_every_relabelling_has_the_statistic_of_a_loop(pooled, monkeypatch, tile, unbiased):
    monkeypatch.setattr(two_sample, "TILE", tile)
    X, labels = pooled
    found = pair_sums(width_tiles(X, "rbf", GAMMAS, np.float64), 3, labels).discrepancy(unbiased)
    for k, gamma in enumerate(GAMMAS):
        loop = [mmd(X[c == 0], X[c == 1], gamma=gamma, biased=not unbiased) for c in labels.T]
        assert_allclose(found[k], loop, rtol=1e-10, atol=1e-14)
    single = pair_sums(width_tiles(X, "rbf", GAMMAS, np.float32), 3, labels).discrepancy(unbiased)
    assert_allclose(single, found, atol=1e-6)
    threads = pair_sums(width_tiles(X, "rbf", GAMMAS, np.float64), 3, labels, n_jobs=2).discrepancy(unbiased)
    assert_allclose(threads, found, rtol=1e-10, atol=1e-14)


def test_tiles_are_the_kernels(pooled):
    X, _ = pooled
    rows, columns = slice(3, 20), slice(10, 54)
    for k, gamma in zip(width_tiles(X + 1e6, "rbf", GAMMAS, np.float64)(rows, columns), GAMMAS, strict=True):
        assert_allclose(k, rbf_kernel(X[rows], X[columns], gamma=gamma), atol=1e-8)
    for data in (X, sparse.csr_matrix(X)):
        for k, gamma in zip(width_tiles(data, "laplacian", GAMMAS, np.float64)(rows, columns), GAMMAS, strict=True):
            assert_allclose(k, laplacian_kernel(X[rows], X[columns], gamma=gamma))
        (k,) = energy_tiles(data, np.float64)(rows, columns)
        assert_allclose(k, -np.linalg.norm(X[rows, None] - X[columns][None], axis=2), atol=1e-7)
    (k,) = kernel_tiles(X, make_kernel("linear", "scale", X), np.float64)(rows, columns)
    assert_allclose(k, X[rows] @ X[columns].T)


def test_relabellings_keep_the_sizes_and_are_uniform():
    is_target = np.array([True, False, False])
    labels = relabellings(is_target, 6000, np.random.default_rng(0))
    assert_array_equal(labels[:, 0], is_target)
    assert_array_equal(labels.sum(axis=0), 1)
    assert_allclose(labels.mean(axis=1), 1 / 3, atol=0.02)


def test_block_means_and_swaps_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(11, 2)), rng.normal(size=(11, 2)) + 1
    tiles = width_tiles(np.concatenate([x, y]), "rbf", GAMMAS, np.float64)
    found = swapped_pair_means(tiles, 3, 11, 4, 5, np.random.default_rng(3))
    signs = np.random.default_rng(3)
    blocks = [range(0, 4), range(4, 8), range(8, 11)]
    total, n_terms = np.zeros((3, 6)), 0
    for block in blocks:
        e = two_sample._random_signs(len(block), 5, signs)
        for column in range(6):
            swap = e[:, column] < 0
            a = np.where(swap[:, None], y[block], x[block])  # a swap of the pair, carried out
            b = np.where(swap[:, None], x[block], y[block])
            for k, gamma in enumerate(GAMMAS):
                total[k, column] += sum(
                    np.exp(-gamma * np.sum((u[i] - v[j]) ** 2)) * sign
                    for i in range(len(block))
                    for j in range(len(block))
                    if i != j
                    for u, v, sign in ((a, a, 1), (b, b, 1), (a, b, -1), (b, a, -1))
                )
        n_terms += len(block) * (len(block) - 1)
    assert_allclose(found, total / n_terms, rtol=1e-9)


def test_rank_pvalues_by_a_loop():
    statistics = np.random.default_rng(0).integers(0, 20, size=(3, 41)).astype(float)  # many ties
    loop = [[np.mean(row >= value) for value in row] for row in statistics]
    assert_allclose(rank_pvalues(statistics), loop)
    assert_allclose(rank_pvalues(1e-9 * statistics), loop)
    assert_allclose(rank_pvalues(np.zeros((2, 5))), 1)


def test_aggregate_pvalue_by_a_loop():
    rng = np.random.default_rng(0)
    for _ in range(20):
        statistics = rng.normal(size=(4, 41))
        statistics[:, 0] += 1
        smallest = [min(np.mean(row >= row[b]) for row in statistics) for b in range(41)]
        z = ((statistics - statistics.mean(1)[:, None]) / statistics.std(1)[:, None]).max(axis=0)
        loop = np.mean([(smallest[b], -z[b]) <= (smallest[0], -z[0]) for b in range(41)])
        assert aggregate_pvalue(statistics) == pytest.approx(loop)
    assert aggregate_pvalue(np.zeros((2, 9))) == 1
    assert aggregate_pvalue(np.vstack([np.r_[9.0, rng.normal(size=99)]] * 2)) == pytest.approx(0.01)


def test_aggregate_pvalues_of_exchangeable_columns_are_uniform():
    rng = np.random.default_rng(0)
    pvalues = []
    for _ in range(2000):
        common = rng.normal(size=20)
        pvalues.append(aggregate_pvalue(common + rng.normal(size=(5, 20)) * [[0.1], [0.5], [1], [2], [5]]))
    for level in (0.05, 0.2, 0.5):
        assert np.mean(np.array(pvalues) <= level + 1e-9) == pytest.approx(level, abs=4 * np.sqrt(0.25 / 2000))
    assert np.mean(np.array(pvalues) <= 0.05 + 1e-9) == pytest.approx(0.05, abs=4 * np.sqrt(0.05 / 2000))


def test_power_ratio_by_definition():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(13, 2)), rng.normal(size=(13, 2)) + 1
    found = power_ratios(width_tiles(np.concatenate([x, y]), "rbf", GAMMAS, np.float64), 13)
    for ratio, gamma in zip(found, GAMMAS, strict=True):
        xx, yy, xy = (rbf_kernel(a, b, gamma=gamma) for a, b in ((x, x), (y, y), (x, y)))
        h = xx + yy - xy - xy.T
        h[np.diag_indices(13)] = 0
        variance = 4 * (np.mean(h.mean(axis=1) ** 2) - h.mean() ** 2)
        assert ratio == pytest.approx(h.sum() / (13 * 12) / np.sqrt(variance + 1e-8))


def test_width_grid():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(301, 3))
    grid = width_grid(X, "rbf")
    assert len(grid) == 10 and np.all(np.diff(grid) > 0)
    assert_allclose(width_grid(10 * X, "rbf"), grid / 100)
    assert_allclose(width_grid(10 * X, "laplacian"), width_grid(X, "laplacian") / 10)
    assert_allclose(width_grid(X[::-1], "rbf"), grid)
    distance = np.linalg.norm(X[:, None] - X[None], axis=2)[np.triu_indices(301, 1)]
    assert_allclose(
        grid[[0, -1]] ** -0.5, [2 * np.quantile(distance, 0.95), np.quantile(distance, 0.05) / 2], rtol=1e-3
    )
    assert_array_equal(width_grid(np.ones((5, 2)), "rbf"), [1])
    assert_allclose(width_grid(np.r_[X, [[1e10] * 3]], "rbf"), grid, rtol=0.1)
    twice = np.repeat(X, 2, axis=0)
    assert_allclose(width_grid(twice, "rbf"), grid, rtol=0.1)  # rounding errors of equal rows are no distances
    one_differs = np.r_[np.ones((50, 2)), [[2.0, 1.0]]]
    assert_allclose(width_grid(one_differs, "rbf")[[0, -1]], [1 / 4, 4])


@pytest.mark.parametrize("d", [4, 60])  # fewer columns than rows, and more
def test_linear_scores_are_those_of_a_shrunk_discriminant(d, monkeypatch):
    monkeypatch.setattr(two_sample, "LABEL_BLOCK", 3)
    rng = np.random.default_rng(0)
    X, X_test = rng.normal(size=(41, d)), rng.normal(size=(19, d))
    labels = relabellings(np.arange(41) < 15, 6, rng)
    scores = np.column_stack(list(linear_scores(X, labels, X_test, shrinkage=0.3)))
    for column in range(7):
        y = labels[:, column]
        within = sum((y == c).mean() * np.cov(X[y == c].T, bias=True) for c in (0, 1))
        gap = X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0)
        direction = np.linalg.solve(within + 0.3 * np.eye(d), gap)
        assert np.corrcoef(X_test @ direction, scores[:, column])[0, 1] == pytest.approx(1)
    if d == 4:
        lda = LinearDiscriminantAnalysis(solver="eigen").fit(X, labels[:, 0])
        plain = next(linear_scores(X, labels[:, :1], X_test, shrinkage=0.0))[:, 0]
        assert np.corrcoef(lda.decision_function(X_test), plain)[0, 1] == pytest.approx(1)


def test_rank_sums_by_a_loop():
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(0, 5, size=(19, 7)).astype(float), rng.integers(0, 2, size=(19, 7))
    loop = [rankdata(s)[y == 1].sum() for s, y in zip(scores.T, labels.T, strict=True)]
    assert_allclose(rank_sums([scores[:, :4], scores[:, 4:]], labels), loop)


def test_corrections():
    p = np.array([0.01, 0.04, 0.03, 0.005, 0.9])
    # by hand: sorted .005 .01 .03 .04 .9 times 5 4 3 2 1, running maximum
    assert_allclose(holm(p), [0.04, 0.09, 0.09, 0.025, 0.9])
    rng = np.random.default_rng(0)
    for size in (1, 7, 40):
        p = rng.uniform(size=size) ** 2
        assert_allclose(benjamini_hochberg(p), false_discovery_control(p))
        assert np.all(holm(p) >= benjamini_hochberg(p)) and np.all(holm(p) <= 1)


def test_stability_index_by_a_loop():
    p, q = np.array([10, 0, 5]), np.array([3, 4, 8])
    total = 0
    for a, b in zip((p + 0.5) / 16.5, (q + 0.5) / 16.5, strict=True):
        total += (b - a) * np.log(b / a)
    assert stability_index(p, q) == pytest.approx(total)
    assert stability_index(p, 2 * p + 0.5) == pytest.approx(0)
