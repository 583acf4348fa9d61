import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import svd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import mutual_info_score

from sktl import OnLabeled
from sktl.feature import SCL, _scl


@pytest.fixture(scope="module")
def words():
    """83 rows of 12 counts, sparse in fact; the first 50 rows are the source. (X, y, y_true)"""
    rng = np.random.default_rng(5)
    y_true = rng.integers(0, 2, 83).astype(float)
    X = rng.poisson(rng.uniform(0.3, 0.8, size=(83, 12)) * (1 + np.outer(y_true, np.linspace(0, 1.5, 12))))
    y = np.where(np.arange(83) < 50, y_true, np.nan)
    return X.astype(float), y, y_true


def same_up_to_sign(A, B, **tolerance):
    assert_allclose(A * np.sign(np.sum(A * B, axis=1))[:, None], B, **tolerance)


def naive_components(X, pivots, size, reg):
    """Left singular vectors of one ridge regression a pivot, as rows on all columns, and singular values."""
    others = np.setdiff1d(np.arange(X.shape[1]), pivots)
    rows = X[:, others]
    alpha = reg * len(X) * np.mean(np.sum((rows - rows.mean(axis=0)) ** 2, axis=1))
    W = np.column_stack([Ridge(alpha).fit(rows, np.where(X[:, p] > 0, 1.0, -1.0)).coef_ for p in pivots])
    U, s, _ = svd(W)
    theta = np.zeros((size, X.shape[1]))
    theta[:, others] = U[:, :size].T
    return theta, s[:size]


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("dense_features", [3000, 0], ids=["cholesky", "conjugate gradients"])
def test_components_are_those_of_a_loop_over_pivots(container, dense_features, words, monkeypatch):
    X, y, _ = words
    monkeypatch.setattr(_scl, "DENSE_FEATURES", dense_features)
    scl = SCL(3, n_pivots=5, reg=0.02, feature_scale=0.7, tol=1e-10).fit(container(X), y)
    theta, values = naive_components(X, scl.pivots_, 3, 0.02)
    same_up_to_sign(scl.components_, theta, atol=1e-7)
    assert_allclose(scl.singular_values_, values, rtol=1e-7)
    mapped = scl.transform(container(X))
    assert type(mapped) is type(container(X))
    mapped = mapped.toarray() if sparse.issparse(mapped) else mapped
    assert_array_equal(mapped[:, :12], X)
    new = X @ scl.components_.T
    ratio = np.linalg.norm(X, axis=1).mean() / np.linalg.norm(new, axis=1).mean()
    assert_allclose(mapped[:, 12:], 0.7 * ratio * new)
    assert (scl.n_iter_ > 1) == (dense_features == 0)


def test_modified_huber_predictors_are_cvxpy_s(words):
    import cvxpy as cp

    X, y, _ = words
    scl = SCL(3, n_pivots=4, loss="modified_huber", reg=0.02).fit(X, y)
    others = np.setdiff1d(np.arange(12), scl.pivots_)
    rows = X[:, others]
    ridge = 0.02 * np.mean(np.sum((rows - rows.mean(axis=0)) ** 2, axis=1))
    columns = []
    for pivot in scl.pivots_:
        w, b, t = cp.Variable(8), cp.Variable(), np.where(X[:, pivot] > 0, 1.0, -1.0)
        loss = cp.sum(cp.huber(cp.pos(1 - cp.multiply(t, rows @ w + b)), 2)) / len(X)
        cp.Problem(cp.Minimize(loss + ridge * cp.sum_squares(w))).solve(solver=cp.CLARABEL)
        columns.append(w.value)
    U, values, _ = svd(np.column_stack(columns))
    same_up_to_sign(scl.components_[:, others], U[:, :3].T, atol=1e-4)
    assert_allclose(scl.singular_values_, values[:3], rtol=1e-4)
    assert_array_equal(scl.components_[:, scl.pivots_], 0)


def test_both_pieces_of_the_loss_count():
    import cvxpy as cp

    X = np.random.default_rng(0).normal(size=(61, 3))
    sign = np.where(X @ [2.0, -1, 0] + 0.3 > 0, 1.0, -1.0)
    sign[np.argsort(np.abs(X @ [2.0, -1, 0]))[-4:]] *= -1  # rows far on the wrong side
    w, b = cp.Variable(3), cp.Variable()
    loss = cp.sum(cp.huber(cp.pos(1 - cp.multiply(sign, X @ w + b)), 2)) / 61
    cp.Problem(cp.Minimize(loss + 0.01 * cp.sum_squares(w))).solve(solver=cp.CLARABEL)
    assert (sign * (X @ w.value + b.value) < -1).sum() > 0
    found, _, converged = _scl.huber_predictor(X, sign, 0.01, 1e-6, 100)
    assert converged
    assert_allclose(found, w.value, rtol=1e-4, atol=1e-5)


def test_pivots_are_informative_or_frequent_in_both_domains(words):
    X, y, y_true = words
    X = X.copy()
    X[:50, 11] = 0  # the most informative feature, if the source had it
    source = X[:50] > 0
    information = np.array([mutual_info_score(y_true[:50], source[:, j]) for j in range(11)])
    assert_allclose(
        information[SCL(n_pivots=4, pivots="mutual_information").fit(X, y).pivots_], np.sort(information)[::-1][:4]
    )
    share = np.minimum(source.mean(axis=0), (X[50:] > 0).mean(axis=0))
    frequent = SCL(n_pivots=4).fit(X, y).pivots_
    assert_allclose(share[frequent], np.sort(share)[::-1][:4])
    rare = np.flatnonzero(np.minimum((source).sum(axis=0), (X[50:] > 0).sum(axis=0)) < 15)
    assert not np.isin(SCL(min_rows=15, pivots="mutual_information").fit(X, y).pivots_, rare).any() and len(rare) > 1


def test_words_of_two_domains_meet():
    # good and bad are pivots; each domain has words of its own for the same, which its rows mostly use
    scores = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        label = rng.integers(0, 2, 600)
        target = np.arange(600) >= 300
        X = np.zeros((600, 10))
        X[:, 6:] = rng.random((600, 4)) < 0.2
        X[:, :2] = rng.random((600, 2)) < np.where(np.arange(2) == label[:, None], 0.5, 0.1)
        own = 2 + 2 * target + label
        X[np.arange(600), own] = rng.random(600) < 0.8
        y = np.where(target, np.nan, label)
        scl = SCL(1, n_pivots=2, pivots="mutual_information", feature_scale=3).fit(X, y)
        assert set(scl.pivots_) == {0, 1}
        theta = scl.components_[0, 2:6]
        assert (np.sign(theta) == np.sign(theta[0]) * np.array([1, -1, 1, -1])).all()
        plain = OnLabeled(LogisticRegression()).fit(X, y).score(X[target], label[target])
        Z = scl.transform(X)
        scores.append(OnLabeled(LogisticRegression()).fit(Z, y).score(Z[target], label[target]) - plain)
    assert min(scores) > 0.1


@pytest.mark.parametrize("loss", ["squared_error", "modified_huber"])
def test_the_unit_of_the_rows_does_not_matter(loss, words):
    X, y, _ = words
    scl = SCL(2, n_pivots=4, loss=loss)
    assert_allclose(scl.fit_transform(1e3 * X, y), 1e3 * scl.fit_transform(X, y), rtol=1e-5, atol=0.1)


def test_nothing_to_predict_from_gives_zeros(words):
    X, y, _ = words
    X = np.column_stack([X[:, :2], np.full((83, 3), 7.0)])
    for loss in ("squared_error", "modified_huber"):
        scl = SCL(1, n_pivots=2, loss=loss, min_rows=3)
        mapped = scl.fit(X[:, [2, 3, 0, 1]], y).transform(X[:, [2, 3, 0, 1]])
        assert_array_equal(mapped[:, 4:], 0)  # the pivots are constant
    scl = SCL(1, n_pivots=2, pivots="mutual_information", min_rows=3).fit(X, y)
    assert_array_equal(scl.components_, 0)  # the others are


def test_jobs_and_names_of_columns(words):
    X, y, _ = words
    one = SCL(2, n_pivots=3, loss="modified_huber").fit(X, y)
    two = SCL(2, n_pivots=3, loss="modified_huber", n_jobs=2).fit(X, y)
    assert_array_equal(one.components_, two.components_)
    assert one.get_feature_names_out().tolist() == [*(f"x{j}" for j in range(12)), "scl0", "scl1"]
    alone = SCL(2, n_pivots=3, stack=False).fit(X, y)
    assert alone.get_feature_names_out().tolist() == ["scl0", "scl1"] and alone.transform(X).shape == (83, 2)


def test_labels_with_two_outputs_are_combined(words):
    X, y, y_true = words
    both = np.column_stack([y, y])
    scl = SCL(n_pivots=4, pivots="mutual_information")
    assert_array_equal(scl.fit(X, both).pivots_, scl.fit(X, y).pivots_)


def test_too_few_iterations_warn(words):
    X, y, _ = words
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        SCL(loss="modified_huber", max_iter=2).fit(X, y)


@pytest.mark.parametrize(
    "parameters, match",
    [
        ({"n_pivots": 12}, "n_pivots=12 exceeds 11: 12 of the 12 features are positive in min_rows=5"),
        ({"n_pivots": 9, "n_components": 4}, r"min\(n_pivots=9, other features=3\) = 3"),
        ({"min_rows": 10**6}, "No feature is positive in min_rows=1000000 rows"),
        ({"loss": "hinge"}, "loss must be one of 'squared_error', 'modified_huber'; got 'hinge'"),
        ({"pivots": "best"}, "pivots must be one of 'frequency', 'mutual_information'; got 'best'"),
        ({"reg": 0}, "reg must be a number > 0; got 0"),
        ({"feature_scale": -1}, "feature_scale must be a number >= 0; got -1"),
    ],
)
def test_errors(parameters, match, words):
    X, y, _ = words
    X = np.minimum(X, np.arange(83)[:, None] % 3) if "min_rows" in parameters else X
    with pytest.raises(ValueError, match=match):
        SCL(**parameters).fit(X, y)


def test_one_column_and_no_labels_are_errors(words):
    X, y, _ = words
    with pytest.raises(ValueError, match="n_features = 1: pivots and other features are needed"):
        SCL().fit(X[:, :1], y)
    with pytest.raises(ValueError, match="needs labels of at least two classes. Pass y, or pivots='frequency'"):
        SCL(pivots="mutual_information").fit(X, sample_domain=np.isnan(y))
