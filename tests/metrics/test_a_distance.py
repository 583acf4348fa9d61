import numpy as np
import pytest
import sklearn
from scipy import sparse
from scipy.stats import norm
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sktl.metrics import proxy_a_distance


@pytest.mark.parametrize("delta, value", [(0, 0), (0.5, 0.3948), (1, 0.7658), (2, 1.3654), (3, 1.7328)])
def test_closed_form_of_normals(delta, value):
    assert 2 * (1 - 2 * norm.cdf(-delta / 2)) == pytest.approx(value, abs=1e-4)
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(8009, 1)), rng.normal(size=(5003, 1)) + delta
    assert proxy_a_distance(X, Y) == pytest.approx(value, abs=0.04)


def test_it_is_cross_fitted():
    # 60 rows, 200 columns of noise: a classifier tells its training rows apart without error
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(30, 200)), rng.normal(size=(30, 200))
    assert proxy_a_distance(X, Y) < 0.7
    assert proxy_a_distance(X, X) == 0
    assert proxy_a_distance(X, X, KNeighborsClassifier(1)) == 0


def test_unequal_sizes_count_alike():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(6007, 1)), rng.normal(size=(401, 1)) + 1
    assert proxy_a_distance(X, Y) == pytest.approx(0.7658, abs=0.1)
    assert proxy_a_distance(X, Y, DummyClassifier(strategy="most_frequent")) == 0


def test_a_classifier_of_one_s_own_learns_from_as_many_rows_of_either():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(4007, 2)), rng.normal(size=(501, 2)) + [1, 0]
    for classifier in (LogisticRegression(), LogisticRegression(class_weight="balanced"), KNeighborsClassifier(301)):
        assert proxy_a_distance(X, Y, classifier) == pytest.approx(0.7658, abs=0.1)
        assert proxy_a_distance(X[::-1], Y[::-1], classifier) == proxy_a_distance(X, Y, classifier)


def test_a_classifier_of_one_s_own_takes_text_and_gaps():
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    rng = np.random.default_rng(0)
    values, wards = rng.normal(size=(600, 2)), rng.choice(["a", "b", "c"], 600)
    values[rng.random(values.shape) < 0.1] = np.nan
    frame = pandas.DataFrame({"x": values[:, 0], "z": values[:, 1], "ward": wards})
    onehot = np.column_stack([values, *(wards == ward for ward in "bc")])  # the same columns, by hand
    encode = make_column_transformer((OneHotEncoder(drop=["a"]), ["ward"]), remainder="passthrough")
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    split = wards < "c"
    for rows in (rng.random(600) < 0.6, (rng.random(600) < 0.3) | split):
        found = proxy_a_distance(frame[rows], frame[~rows], make_pipeline(encode, model))
        assert found == proxy_a_distance(frame[rows][::-1], frame[~rows][::-1], make_pipeline(encode, model))
        assert found == pytest.approx(proxy_a_distance(onehot[rows], onehot[~rows], model), abs=0.15)
    assert found > 1
    assert proxy_a_distance(frame[["x", "z"]], frame[["x", "z"]] + 9, HistGradientBoostingClassifier(max_iter=9)) > 1.5


def test_order_symmetry_units_and_kinds():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(301, 3)), rng.normal(size=(203, 3)) + 0.5
    base = proxy_a_distance(X, Y)
    assert proxy_a_distance(X[::-1], Y[::-1]) == base
    assert proxy_a_distance(X * 1000, Y * 1000) == pytest.approx(base, abs=0.02)
    assert proxy_a_distance(Y, X) == pytest.approx(base, abs=0.05)
    assert proxy_a_distance(sparse.csr_matrix(X), sparse.csr_matrix(Y)) == pytest.approx(base, abs=0.02)
    assert proxy_a_distance(X, Y, random_state=1) == pytest.approx(base, abs=0.1)
    assert proxy_a_distance(X, Y, n_jobs=2) == base


def test_a_richer_classifier_sees_more():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(2003, 1)), 3 * rng.normal(size=(2003, 1))  # equal means
    assert proxy_a_distance(X, Y) < 0.2
    assert proxy_a_distance(X, Y, DecisionTreeClassifier(max_depth=3)) > 0.7


def test_errors():
    with pytest.raises(ValueError, match=r"X_target has 3 row\(s\); this measure needs at least 5"):
        proxy_a_distance(np.ones((9, 1)), np.ones((3, 1)))
    with pytest.raises(ValueError, match="cv must be an integer >= 2; got 1"):
        proxy_a_distance(np.ones((9, 1)), np.ones((9, 1)), cv=1)
    with pytest.raises(ValueError, match="X_source has 1 columns and X_target 2"):
        proxy_a_distance(np.ones((9, 1)), np.ones((9, 2)))


def test_a_regressor_is_refused():
    with pytest.raises(TypeError, match=r"estimator must be None or a classifier with fit and predict; got Ridge\(\)"):
        proxy_a_distance(np.ones((9, 1)), np.ones((9, 1)), Ridge())
    with pytest.raises(TypeError, match="estimator must be None or a classifier with fit and predict; got 'svm'"):
        proxy_a_distance(np.ones((9, 1)), np.ones((9, 1)), "svm")


def test_samples_must_be_tables():
    with pytest.raises(ValueError, match=r"X_source must be a table .*got 9 value\(s\) in one dimension"):
        proxy_a_distance(np.ones(9), np.ones((9, 1)))
    with pytest.raises(TypeError, match="X_target must be a table .*; got None"):
        proxy_a_distance(np.ones((9, 1)), None)


def test_metadata_routing_makes_no_difference():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(101, 2)), rng.normal(size=(67, 2)) + 1
    with sklearn.config_context(enable_metadata_routing=True):
        routed = proxy_a_distance(X, Y)
    assert routed == proxy_a_distance(X, Y)
