import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import inv, sqrtm
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sktl import OnLabeled
from sktl.exceptions import SingleDomainWarning
from sktl.feature import CORAL


def covariances(X, target, reg):
    """Regularised covariances of the two domains."""
    return [np.cov(X[rows].T) + reg * np.eye(X.shape[1]) for rows in (~target, target)]


@pytest.fixture
def correlated():
    """71 source and 49 target rows of 4 correlated columns with means apart; (X, target)."""
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(71, 4)) @ rng.normal(size=(4, 4)), rng.normal(size=(49, 4)) + [0, 3, 0, -1]])
    return X, np.arange(120) >= 71


def test_is_the_paper_s_formula(correlated):
    X, target = correlated
    Cs, Ct = covariances(X, target, 0.5)
    A = inv(sqrtm(Cs)) @ sqrtm(Ct)
    mapped = CORAL(reg=0.5, align_means=False).fit_transform(X, sample_domain=target)
    assert_allclose(mapped[~target], X[~target] @ A)
    assert_array_equal(mapped[target], X[target])


def test_without_ridge_the_moments_are_the_target_s(correlated):
    X, target = correlated
    mapped = CORAL(reg=0).fit_transform(X, sample_domain=target)
    assert_allclose(np.cov(mapped[~target].T), np.cov(X[target].T), atol=1e-12)
    assert_allclose(mapped[~target].mean(axis=0), X[target].mean(axis=0))


def test_each_source_has_its_own_map(correlated):
    X, target = correlated
    domain = np.where(target, "target", np.where(np.arange(120) < 30, "a", "b"))
    mapped = CORAL(reg=0).fit_transform(X, sample_domain=domain)
    for name in "ab":
        assert_allclose(np.cov(mapped[domain == name].T), np.cov(X[target].T), atol=1e-12)


@pytest.mark.parametrize("form", ["features", "kernel"])
@pytest.mark.parametrize("shrinkage", [None, 0.3, "auto"])
def test_more_columns_than_rows_give_the_same_map(form, shrinkage, monkeypatch):
    from sktl._core import linear_maps

    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(19, 60)) * np.linspace(0.5, 2, 60), rng.normal(size=(13, 60)) + 1])
    target = np.arange(32) >= 19
    coral = CORAL(reg=0.2, shrinkage=shrinkage, form=form)
    low_rank = coral.fit_transform(X, sample_domain=target)
    assert coral.maps_["source"].basis.shape == (60, 30)
    new = rng.normal(size=(5, 60))
    low_rank_new = coral.transform(new, sample_domain=np.zeros(5, dtype=bool))
    monkeypatch.setattr(linear_maps, "row_space", lambda rows: np.eye(60))  # the d x d problem
    assert_allclose(coral.fit_transform(X, sample_domain=target), low_rank, atol=1e-9)
    assert_allclose(coral.transform(new, sample_domain=np.zeros(5, dtype=bool)), low_rank_new, atol=1e-9)


def test_shrinkage_follows_the_formula(correlated):
    X, target = correlated
    Cs, Ct = (0.6 * C + 0.4 * np.trace(C) / 4 * np.eye(4) for C in covariances(X, target, 0))
    coral = CORAL(reg=0, shrinkage=0.4, align_means=False).fit(X, sample_domain=target)
    mapped = coral.transform(X, sample_domain=np.zeros(120, dtype=bool))
    assert_allclose(mapped, X @ inv(sqrtm(Cs)) @ sqrtm(Ct))
    assert coral.shrinkages_ == {"source": 0.4, "target": 0.4}


def test_the_kernel_form_is_the_symmetric_kernel(correlated):
    X, target = correlated
    Cs, Ct = covariances(X, target, 1.0)
    A = inv(sqrtm(Cs)) @ sqrtm(Ct)
    mapped = CORAL(form="kernel", align_means=False).fit_transform(X, sample_domain=target)
    assert_allclose(mapped @ mapped.T, X @ (A + A.T) / 2 @ X.T, atol=1e-10)
    aligned = CORAL(form="kernel").fit_transform(X, sample_domain=target)
    assert_allclose(aligned[target], mapped[target])
    assert_allclose(aligned[~target].mean(axis=0), mapped[target].mean(axis=0))
    shift = mapped[target].mean(axis=0) - mapped[~target].mean(axis=0)
    assert_allclose(aligned[~target], mapped[~target] + shift)


def test_the_kernel_form_takes_all_sources_as_one(correlated):
    X, target = correlated
    named = np.where(target, "target", np.where(np.arange(120) < 30, "a", "b"))
    coral = CORAL(form="kernel")
    assert_allclose(coral.fit_transform(X, sample_domain=named), coral.fit_transform(X, sample_domain=target))


def test_equal_domains_stay(correlated):
    X, _ = correlated
    for coral in (CORAL(), CORAL(reg=0), CORAL(form="kernel"), CORAL(shrinkage="auto")):
        mapped = coral.fit_transform(np.vstack([X, X]), sample_domain=np.arange(240) >= 120)
        assert_allclose(mapped, np.vstack([X, X]), atol=1e-8)
    with pytest.warns(SingleDomainWarning):
        assert_array_equal(CORAL().fit_transform(X), X)


def test_source_units_do_not_matter_without_a_ridge_up_to_a_rotation(correlated):
    X, target = correlated
    changed = X.copy()
    changed[~target] = changed[~target] * [3, 0.1, 1, 7] + 2
    for Z in (X, changed):
        mapped = CORAL(reg=0).fit_transform(Z, sample_domain=target)[~target]
        assert_allclose(np.cov(mapped.T), np.cov(X[target].T), atol=1e-10)
    scaled = 5 * X + 1  # one unit for all columns of both domains
    mapped = CORAL(reg=0, shrinkage="auto").fit_transform(X, sample_domain=target)
    assert_allclose(
        CORAL(reg=0, shrinkage="auto").fit_transform(scaled, sample_domain=target), 5 * mapped + 1, atol=1e-9
    )


@pytest.mark.parametrize("constant_in", ["source", "target", "both"])
def test_constant_columns_are_no_obstacle(constant_in, correlated):
    X, target = correlated
    X = X.copy()
    rows = {"source": ~target, "target": target, "both": np.ones(120, dtype=bool)}[constant_in]
    X[rows, 2] = 4.0
    mapped = CORAL(reg=0).fit_transform(X, sample_domain=target)
    assert np.isfinite(mapped).all() and np.abs(mapped).max() < 100
    if constant_in == "both":
        assert_allclose(mapped[:, 2], 4.0)


def test_published_kernel_figure_on_office_caltech(real_data):
    # three of the twelve pairs, by numpy's eigh and SVC(kernel="precomputed") in a script without sktl; the kernel of
    # [1], not symmetric, gives 86.6 37.7 84.7
    data = real_data("office_caltech10_surf")
    X = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0].upper() for name in data.domain_names]
    for d in range(4):
        X[data.domain == d] = StandardScaler().fit_transform(X[data.domain == d])
    scores = []
    for pair in ("WD", "DA", "DW"):
        source, target = (data.domain == letters.index(letter) for letter in pair)
        y = np.concatenate([data.y[source], np.full(target.sum(), np.nan)])
        model = make_pipeline(CORAL(form="kernel"), OnLabeled(SVC(kernel="linear", C=1)))
        scores.append(100 * model.fit(np.vstack([X[source], X[target]]), y).score(X[target], data.y[target]))
    assert_allclose(scores, [87.3, 38.7, 87.1], atol=0.06)


@pytest.mark.parametrize(
    "parameters, match",
    [
        ({"reg": -1}, "reg must be a number >= 0; got -1"),
        ({"shrinkage": 1.5}, "shrinkage must be 'auto' or None or a number >= 0 and <= 1; got 1.5"),
        ({"shrinkage": "oas"}, "shrinkage must be 'auto'"),
        ({"form": "dual"}, "form must be one of 'features', 'kernel'; got 'dual'"),
        ({"align_means": "yes"}, "align_means must be one of True, False"),
    ],
)
def test_errors(parameters, match, two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match=match):
        CORAL(**parameters).fit(X, y)
