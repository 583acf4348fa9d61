import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import inv, sqrtm
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import StandardScaler

from sktl.exceptions import SingleDomainWarning
from sktl.feature import CORAL, EasyTLClassifier


@pytest.fixture(scope="module")
def one_sided():
    """31 source rows of three classes, and 19 target rows none of which is nearest to class 2; (X, y)."""
    rng = np.random.default_rng(0)
    labels = np.arange(31) % 3
    source = rng.normal(size=(31, 2)) + np.array([[0, 0], [6, 0], [3, 40]])[labels]
    X = np.concatenate([source, rng.normal(size=(19, 2)) * 2 + [3, 0]])
    return X, np.concatenate([labels, np.full(19, np.nan)])


def test_the_programme_is_cvxpy_s(one_sided):
    cvxpy = pytest.importorskip("cvxpy")
    X, y = one_sided
    D = cdist(X[31:], [X[y == c].mean(axis=0) for c in range(3)])
    M = cvxpy.Variable(D.shape, nonneg=True)
    cost = cvxpy.Minimize(cvxpy.sum(cvxpy.multiply(M, D)))
    value = cvxpy.Problem(cost, [cvxpy.sum(M, axis=1) == 1, cvxpy.sum(M, axis=0) >= 1]).solve(solver=cvxpy.CLARABEL)
    model = EasyTLClassifier().fit(X, y)
    assert_allclose((model.plan_ * D).sum(), value, rtol=1e-7)
    assert_allclose(model.plan_, M.value, atol=1e-4)
    assert model.prices_[2] > 0 and not model.prices_[:2].any()


def test_prices_repeat_the_programme_on_its_rows(one_sided):
    X, y = one_sided
    model = EasyTLClassifier().fit(X, y)
    assert_array_equal(model.predict(X[31:]), model.plan_.argmax(axis=1))
    assert (model.predict(X[31:]) == 2).sum() == 1
    assert_array_equal(NearestCentroid().fit(X[:31], y[:31]).predict(X[31:]) == 2, False)


def test_without_an_empty_class_it_is_the_nearest_mean(two_domains):
    X, y, _ = two_domains
    model = EasyTLClassifier().fit(X, y)
    assert_array_equal(model.predict(X), NearestCentroid().fit(X[:101], y[:101].astype(int)).predict(X))
    with pytest.warns(SingleDomainWarning):
        alone = EasyTLClassifier("coral").fit(X[:101], y[:101])
    assert_allclose(alone.class_means_, model.class_means_)


def test_coral_maps_the_source_means(two_domains):
    X, y, _ = two_domains
    source, target = X[:101], X[101:]
    roots = [np.real(sqrtm(np.cov(rows.T) + np.eye(5))) for rows in (source, target)]
    mapped = (source - source.mean(axis=0)) @ inv(roots[0]) @ roots[1] + target.mean(axis=0)
    expected = [mapped[y[:101] == c].mean(axis=0) for c in (0, 1)]
    assert_allclose(EasyTLClassifier("coral").fit(X, y).class_means_, expected, atol=1e-10)


def test_coral_does_not_see_an_offset_between_the_domains(two_domains):
    X, y, y_true = two_domains
    far = X + np.where(np.isnan(y), 20.0, 0.0)[:, None]
    near, moved = EasyTLClassifier("coral").fit(X, y), EasyTLClassifier("coral").fit(far, y)
    assert_allclose(moved.class_means_ - 20, near.class_means_, atol=1e-9)
    assert_array_equal(moved.predict(far[101:]), near.predict(X[101:]))


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_coral_of_fewer_rows_than_columns_is_coral_s(container):
    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(31, 60)) * np.linspace(0.5, 2, 60) + 1, np.arange(31) % 3
    y = np.where(np.arange(31) >= 17, np.nan, codes)
    mapped = CORAL().fit_transform(X, y)
    expected = [mapped[:17][codes[:17] == c].mean(axis=0) for c in range(3)]
    assert_allclose(EasyTLClassifier("coral").fit(container(X), y).class_means_, expected, atol=1e-8)


def test_known_target_labels_count(one_sided):
    X, y = one_sided
    y = y.copy()
    y[31] = 2  # this row meets the demand of class 2, and draws its mean
    model = EasyTLClassifier().fit(X, y, sample_domain=np.arange(50) >= 31)
    assert model.plan_.shape == (18, 3) and not model.prices_.any()
    assert_allclose(model.class_means_[2], X[y == 2].mean(axis=0))


def test_fewer_rows_than_empty_classes(one_sided):
    X, y = one_sided
    model = EasyTLClassifier().fit(X[:33], y[:33])
    assert_allclose(model.plan_.sum(axis=0), 2 / 3)
    assert np.isfinite(model.decision_function(X)).all()


def test_units_do_not_matter(one_sided):
    X, y = one_sided
    model, scaled = EasyTLClassifier().fit(X, y), EasyTLClassifier().fit(1e-3 * X, y)
    assert_array_equal(model.predict(X), scaled.predict(1e-3 * X))
    assert_allclose(scaled.prices_, 1e-3 * model.prices_, rtol=1e-6)


def test_published_figures_on_office_caltech(real_data):
    data = real_data("office_caltech10_surf")
    X = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0].upper() for name in data.domain_names]
    published = {"W>D": (77.1, 79.6), "D>W": (69.5, 86.1)}
    for pair, figures in published.items():
        source, target = (data.domain == letters.index(letter) for letter in pair.split(">"))
        stacked = np.concatenate([StandardScaler().fit_transform(X[rows]) for rows in (source, target)])
        y = np.concatenate([data.y[source], np.full(target.sum(), np.nan)])
        found = [
            100 * EasyTLClassifier(align).fit(stacked, y).score(stacked[source.sum() :], data.y[target])
            for align in (None, "coral")
        ]
        assert_allclose(found, figures, atol=0.051)


def test_errors(two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="align must be one of None, 'coral'; got 'pca'"):
        EasyTLClassifier("pca").fit(X, y)
    with pytest.raises(ValueError, match="of one class"):
        EasyTLClassifier().fit(X[100:], y[100:])
