import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl import OnLabeled
from sktl.exceptions import SingleDomainWarning
from sktl.feature import GFK


@pytest.fixture(scope="module")
def tilted():
    """71 source and 43 target rows of 9 columns, each near a plane of its own; (X, mask of target rows)."""
    rng = np.random.default_rng(3)
    parts = [rng.normal(size=(n, 3)) @ rng.normal(size=(3, 9)) + 0.1 * rng.normal(size=(n, 9)) for n in (71, 43)]
    return np.concatenate(parts), np.arange(114) >= 71


def riemann_sum(source, target, size=4001):
    """Integral of P(t) P(t)' by the midpoint rule; P(t) turns each principal vector of the source to the target's."""
    U, cosines, Vt = np.linalg.svd(source.T @ target)
    a, angles = source @ U, np.arccos(cosines)
    b = (target @ Vt.T - a * cosines) / np.sin(angles)
    G = 0
    for t in (np.arange(size) + 0.5) / size:
        P = a * np.cos(t * angles) + b * np.sin(t * angles)
        G = G + P @ P.T / size
    return G


def test_products_of_new_rows_are_the_kernel(tilted):
    X, target = tilted
    Z = GFK(3).fit_transform(X, sample_domain=target)
    axes = [PCA(3).fit(X[rows]).components_.T for rows in (~target, target)]
    assert Z.shape == (114, 6)
    assert_allclose(Z @ Z.T, X @ riemann_sum(*axes) @ X.T, rtol=1e-5, atol=1e-5)


def test_principal_angles_are_scipy_s(tilted):
    X, target = tilted
    gfk = GFK(4).fit(X, sample_domain=target)
    axes = [PCA(4).fit(X[rows]).components_.T for rows in (~target, target)]
    assert_allclose(gfk.principal_angles_, subspace_angles(*axes)[::-1], atol=1e-9)
    assert gfk.n_components_ == 4


def test_one_domain_gives_principal_components(tilted):
    X, _ = tilted
    with pytest.warns(SingleDomainWarning):
        gfk = GFK(2).fit(X, np.zeros(len(X)))
    pca = PCA(2).fit(X)
    assert_allclose(np.abs(np.sum(gfk.components_[:2] * pca.components_, axis=1)), 1)
    assert_array_equal(gfk.components_[2:], 0)
    assert_allclose(gfk.principal_angles_, 0, atol=1e-12)


def test_auto_is_twenty_or_half_of_the_directions():
    rng = np.random.default_rng(0)
    target = np.arange(170) >= 90
    for d, expected in ((8, 4), (39, 19), (60, 20)):
        X = rng.normal(size=(170, d))
        more = np.column_stack([X, np.ones((170, 9))])  # constant columns add no direction
        assert GFK().fit(X, sample_domain=target).n_components_ == expected
        assert GFK().fit(more, sample_domain=target).n_components_ == expected
    assert GFK().fit(rng.normal(size=(170, 30))[:, :30], sample_domain=np.arange(170) >= 160).n_components_ == 9


def test_columns_do_not_depend_on_units_of_the_search(tilted):
    X, target = tilted
    gfk, scaled = GFK(2).fit(X, sample_domain=target), GFK(2).fit(1e3 * X, sample_domain=target)
    assert_allclose(gfk.components_, scaled.components_, atol=1e-9)
    assert_allclose(gfk.components_, GFK(2).fit(X + 7, sample_domain=target).components_, atol=1e-9)


def test_more_columns_than_rows():
    rng = np.random.default_rng(0)
    X, target = rng.normal(size=(31, 50)), np.arange(31) >= 17
    gfk = GFK(5).fit(X, sample_domain=target)
    axes = [PCA(5).fit(X[rows]).components_.T for rows in (~target, target)]
    assert_allclose(gfk.components_.T @ gfk.components_, riemann_sum(*axes), atol=1e-6)


def test_published_figures_on_office_caltech(real_data):
    data = real_data("office_caltech10_surf")
    X = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0].upper() for name in data.domain_names]
    found = []
    for pair in ("W>D", "D>W"):
        source, target = (data.domain == letters.index(letter) for letter in pair.split(">"))
        stacked = np.concatenate([StandardScaler().fit_transform(X[rows]) for rows in (source, target)])
        y = np.concatenate([data.y[source], np.full(target.sum(), np.nan)])
        model = make_pipeline(GFK(20), OnLabeled(KNeighborsClassifier(1))).fit(stacked, y)
        found.append(100 * model.score(stacked[source.sum() :], data.y[target]))
    assert_allclose(found, [87.9, 84.4], atol=0.05)  # of the re-run whose 12 pairs have mean 44.7


@pytest.mark.parametrize(
    "n_components, kind, match",
    [
        (5, ValueError, r"n_components=5 exceeds n_features // 2 = 4 \(n_features=9\)"),
        (0, ValueError, "n_components must be 'auto' or an integer >= 1; got 0"),
        ("mle", ValueError, "n_components must be 'auto' or an integer >= 1; got 'mle'"),
        (2.0, TypeError, "n_components must be"),
    ],
)
def test_errors(n_components, kind, match, tilted):
    X, target = tilted
    with pytest.raises(kind, match=match):
        GFK(n_components).fit(X, sample_domain=target)


def test_too_few_directions_are_named(tilted):
    X, target = tilted
    with pytest.raises(ValueError, match="n_components=3 exceeds .* 3 for the source, 1 for the target"):
        GFK(3).fit(X[:73], sample_domain=target[:73])
    with pytest.raises(ValueError, match="rows .* of each domain are all equal"):
        GFK().fit(np.repeat(X[[0, 1]], 4, axis=0), sample_domain=np.arange(8) >= 4)
    lone = GFK().fit(X[:72], sample_domain=target[:72])  # one target row has no subspace: the source's stands for it
    assert_allclose(lone.principal_angles_, 0, atol=1e-9)
