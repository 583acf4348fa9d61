import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import spearmanr

from sktl.instance import NearestNeighborWeighter
from sktl.instance._neighbors import cell_ratio, shrunk_ratio


def test_counts_of_the_paper(two_domains):
    X, y, _ = two_domains
    counts = np.ones(101)  # Laplace
    for row in X[101:]:
        counts[np.argmin(((X[:101] - row) ** 2).sum(axis=1))] += 1
    fitted = NearestNeighborWeighter(None, smoothing=1).fit(X, y)
    assert_allclose(fitted.weights_[:101], counts / counts.mean())
    assert_allclose(fitted.weights_[:101], counts * 101 / (67 + 101))
    nearest = np.argmin(((X[:101] - X[150]) ** 2).sum(axis=1))
    assert fitted.predict_weights(X[[150]])[0] == fitted.weights_[nearest]


@pytest.mark.parametrize("smoothing", [0.5, 3.0])
def test_cells_of_many_rows(smoothing, two_domains):
    X, y, _ = two_domains
    fitted = NearestNeighborWeighter(7, smoothing=smoothing).fit(X, y)
    cells = np.argmin(((X[:, None] - fitted.centers_[None]) ** 2).sum(-1), axis=1)
    for cell in range(7):
        n_source, n_target = np.sum(cells[:101] == cell), np.sum(cells[101:] == cell)
        share = (n_target + smoothing) / (67 + 7 * smoothing)
        assert_allclose(fitted.predict_weights(X)[cells == cell], share / (n_source / 101))
    assert fitted.predict_weights(X[:101]).mean() == pytest.approx(1)


def test_weights_are_drawn_to_one_by_what_counting_explains(two_domains):
    X, y, _ = two_domains
    fitted = NearestNeighborWeighter(7).fit(X, y)
    cells = np.argmin(((X[:, None] - fitted.centers_[None]) ** 2).sum(-1), axis=1)
    shares = [[np.mean(rows == cell) for cell in range(7)] for rows in (cells[:101], cells[101:])]
    variance = sum(p * (q / p - 1) ** 2 for p, q in zip(*shares, strict=True))
    kept = 1 - 6 * (1 / 101 + 1 / 67) / variance
    assert 0.1 < kept < 1
    assert_allclose(fitted.cell_weights_, [1 + kept * (q / p - 1) for p, q in zip(*shares, strict=True)])
    assert fitted.predict_weights(X[:101]).mean() == pytest.approx(1)


def test_variance_of_the_ratio_without_shift_is_that_of_the_formula():
    rng, variances = np.random.default_rng(0), []
    for _ in range(400):
        source, target = rng.integers(0, 7, 401), rng.integers(0, 7, 301)
        variances.append(np.mean((cell_ratio(source, target, 7, 0.0)[source] - 1) ** 2))
    assert np.mean(variances) == pytest.approx(6 * (1 / 401 + 1 / 301), rel=0.1)
    assert_array_equal(shrunk_ratio(source, source, 7), 1)  # the same counts: nothing to see


def test_weights_follow_the_analytic_ratio(shifted_normals):  # N(0, 1) -> N(1, 1)
    X, y = shifted_normals
    truth = np.exp(X[:3001, 0] - 0.5)
    fitted = NearestNeighborWeighter().fit(X, y)
    assert len(fitted.centers_) == 32
    assert spearmanr(fitted.weights_[:3001], truth)[0] > 0.95
    assert np.mean((fitted.weights_[:3001] - truth) ** 2) < 0.2 * truth.var()


def test_no_shift_means_weights_of_one():
    medians = []
    for seed in range(8):
        X = np.random.default_rng(seed).normal(size=(1501, 3))
        y = np.where(np.arange(1501) < 801, 0.0, np.nan)
        fitted = NearestNeighborWeighter().fit(X, y)
        medians.append(np.median(fitted.weights_[:801]))
        assert fitted.effective_sample_size_ > 0.85 * 801
    assert abs(np.mean(medians) - 1) < 0.05


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_equal_rows_share_a_cell(container):
    X = np.array([[0.0, 1], [0, 1], [0, 1], [5, 0], [0, 1.1], [0, 0.9]])
    fitted = NearestNeighborWeighter(None).fit(container(X), [0, 0, 0, 0, None, None])
    assert fitted.centers_.shape == (2, 2)
    assert_allclose(
        fitted.predict_weights(container(X))[[0, 1, 2, 3]], np.array([1, 1, 1, 1])
    )  # 3/4 : 3/4 and 1/4 : 1/4


def test_seeded_centres_do_not_depend_on_the_order_of_the_rows(two_domains):
    X, y, _ = two_domains
    order = np.random.default_rng(2).permutation(len(X))
    fits = [NearestNeighborWeighter(9).fit(X, y), NearestNeighborWeighter(9).fit(X[order], y[order])]
    assert_array_equal(fits[0].centers_, fits[1].centers_)
    assert not np.array_equal(fits[0].centers_, NearestNeighborWeighter(9, random_state=1).fit(X, y).centers_)


def test_units_and_origin_do_not_matter(two_domains):
    X, y, _ = two_domains
    expected = NearestNeighborWeighter(None).fit(X, y).weights_
    assert_allclose(NearestNeighborWeighter(None).fit(1e5 * X + 1e8, y).weights_, expected)


@pytest.mark.parametrize(
    "parameters, kind, match",
    [
        ({"n_centers": 0}, ValueError, "n_centers must be 'auto' or None or an integer >= 1; got 0"),
        ({"n_centers": "all"}, ValueError, "got 'all'"),
        ({"smoothing": 0}, ValueError, "smoothing must be 'auto' or a number > 0; got 0"),
    ],
)
def test_errors(parameters, kind, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(kind, match=match):
        NearestNeighborWeighter(**parameters).fit(X, y)
