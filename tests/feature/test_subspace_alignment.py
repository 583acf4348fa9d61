import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl import OnLabeled
from sktl.exceptions import SingleDomainWarning
from sktl.feature import SubspaceAlignment


def turned_domains(d=6, seed=0, sizes=(61, 43)):
    """Source and target rows whose variances lie along different axes, with means apart; (X, target)."""
    rng = np.random.default_rng(seed)
    scales = np.geomspace(4, 0.3, d)
    parts = [rng.normal(size=(n, d)) * scales @ np.linalg.qr(rng.normal(size=(d, d)))[0] for n in sizes]
    return np.vstack([parts[0], parts[1] + 2]), np.arange(sum(sizes)) >= sizes[0]


#: components -> 1-NN accuracy of W>D, D>W, by numpy's SVD of the rows in a script without sktl
FIGURES = {20: [77.07, 79.66], 80: [88.54, 88.47]}


def same_up_to_sign(A, B, **tolerance):
    assert_allclose(A * np.sign(np.sum(A * B, axis=0)), B, **tolerance)


@pytest.mark.parametrize("d, k", [(6, 3), (90, 7)])
def test_is_the_paper_s_formula(d, k):
    X, target = turned_domains(d)
    source, other = (PCA(k, svd_solver="full").fit(X[rows]) for rows in (~target, target))
    M = source.components_ @ other.components_.T
    mapped = SubspaceAlignment(k).fit_transform(X, sample_domain=target)
    same_up_to_sign(mapped[target], other.transform(X[target]), atol=1e-9)
    same_up_to_sign(mapped[~target], source.transform(X[~target]) @ M, atol=1e-9)


def test_the_alignment_is_the_best_of_all_matrices():
    X, target = turned_domains()
    aligner = SubspaceAlignment(2).fit(X, sample_domain=target)
    Ps = PCA(2).fit(X[~target]).components_.T
    Pt, turned = aligner.maps_["target"].matrix, aligner.maps_["source"].matrix
    best = np.linalg.lstsq(Ps, Pt)[0]  # argmin |P_s M - P_t|
    assert_allclose(turned, Ps @ best, atol=1e-10)


def test_equal_subspaces_are_pca():
    X, _ = turned_domains()
    pca = PCA(3).fit(X)
    stacked = np.vstack([X, X])
    mapped = SubspaceAlignment(3).fit_transform(stacked, sample_domain=np.arange(208) >= 104)
    assert_allclose(mapped[:104], mapped[104:], atol=1e-9)
    same_up_to_sign(mapped[:104], pca.transform(X), atol=1e-9)
    with pytest.warns(SingleDomainWarning):
        same_up_to_sign(SubspaceAlignment(3).fit_transform(X), pca.transform(X), atol=1e-9)


def test_all_components_keep_the_distances_within_each_domain():
    X, target = turned_domains()
    mapped = SubspaceAlignment(6).fit_transform(X, sample_domain=target)
    for rows in (target, ~target):
        assert_allclose(
            np.linalg.norm(mapped[rows][1:] - mapped[rows][0], axis=1), np.linalg.norm(X[rows][1:] - X[rows][0], axis=1)
        )
        assert_allclose(mapped[rows].mean(axis=0), 0, atol=1e-12)


def test_each_source_has_its_own_axes():
    X, target = turned_domains()
    domain = np.where(target, "target", np.where(np.arange(104) < 30, "a", "b"))
    aligner = SubspaceAlignment(2)
    mapped = aligner.fit_transform(X, sample_domain=domain)
    keep = domain != "a"
    same_up_to_sign(mapped[keep], aligner.fit_transform(X[keep], sample_domain=target[keep]), atol=1e-9)


def test_a_shift_of_a_domain_does_not_matter():
    X, target = turned_domains()
    shifted = X + np.where(target, 0, 100)[:, None]
    plain, moved = (SubspaceAlignment(3).fit_transform(Z, sample_domain=target) for Z in (X, shifted))
    assert_allclose(moved, plain, atol=1e-8)


def test_auto_is_a_hundred_or_the_directions_that_each_domain_has():
    rng = np.random.default_rng(0)
    target = np.arange(270) >= 140
    for d, expected in ((8, 8), (120, 100)):
        X = rng.normal(size=(270, d))
        aligner = SubspaceAlignment().fit(np.column_stack([X, np.ones((270, 9))]), sample_domain=target)
        assert aligner.n_components_ == expected
        assert aligner.get_feature_names_out().tolist() == [f"subspacealignment{j}" for j in range(expected)]
    assert SubspaceAlignment().fit(X, sample_domain=np.arange(270) >= 260).n_components_ == 9


def test_published_figures_on_office_caltech(real_data):
    # two of the twelve pairs (means of all twelve: 43.83, 45.11), the figures of an independent script by numpy's SVD
    data = real_data("office_caltech10_surf")
    X = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0].upper() for name in data.domain_names]
    for d in range(4):
        X[data.domain == d] = StandardScaler().fit_transform(X[data.domain == d])
    for k, expected in FIGURES.items():
        scores = []
        for pair in ("WD", "DW"):
            source, target = (data.domain == letters.index(letter) for letter in pair)
            y = np.concatenate([data.y[source], np.full(target.sum(), np.nan)])
            model = make_pipeline(SubspaceAlignment(k), OnLabeled(KNeighborsClassifier(1)))
            scores.append(100 * model.fit(np.vstack([X[source], X[target]]), y).score(X[target], data.y[target]))
        assert_allclose(scores, expected, atol=0.006)


@pytest.mark.parametrize(
    "n_components, kind, match",
    [
        (7, ValueError, r"n_components=7 .* min\(n_features=6, rows of the smallest domain=43\) = 6. Lower it"),
        (0, ValueError, "n_components must be 'auto' or an integer >= 1; got 0"),
        ("mle", ValueError, "n_components must be 'auto' or an integer"),
        (0.5, TypeError, "n_components must be 'auto' or an integer"),
    ],
)
def test_errors(n_components, kind, match):
    X, target = turned_domains()
    with pytest.raises(kind, match=match):
        SubspaceAlignment(n_components).fit(X, sample_domain=target)


def test_the_bound_is_the_smallest_domain():
    X, target = turned_domains(sizes=(61, 4))
    with pytest.raises(ValueError, match="rows of the smallest domain=4"):
        SubspaceAlignment(5).fit(X, sample_domain=target)
