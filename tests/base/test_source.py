"""The contract of parameter transfer: what a source may be, and what is read from it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sktl._checks import check_parameters
from sktl.base import (
    BaseParameterTransfer,
    BaseTransferRegressor,
    default_floor,
    linear_parameters,
    source_log_proba,
    source_predict,
    union_of_classes,
)
from sktl.domains import read_target_domain
from sktl.exceptions import SingleDomainWarning


class Starting(BaseParameterTransfer, BaseTransferRegressor):
    """Keeps what the contract reads."""

    def __init__(self, source=None, inner=None, *, per_source=False):
        self.source = source
        self.inner = inner
        self.per_source = per_source

    def _default_source(self, X):
        return Ridge()

    def fit(self, X, y, sample_domain=None, sample_weight=None):
        check_parameters(self)
        self.n_features_in_ = X.shape[1]
        domains = self._split(X, y, sample_domain)
        self.sources_ = self._fitted_sources(X, y, domains, sample_weight)
        self.rows_ = self._labeled_target(domains)
        return self


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(61, 3))
    return X, X @ [1.0, 2, 3] + 4 + 0.1 * rng.normal(size=61)


def test_a_fitted_source_makes_every_row_a_target_row(rows):
    X, y = rows
    source = Ridge().fit(X, y)
    hidden = np.where(np.arange(61) < 7, y, np.nan)
    model = Starting(source).fit(X, hidden)  # a SingleDomainWarning would be an error here
    assert_array_equal(model.rows_, np.arange(61) < 7)
    assert model.sources_ == [("source", source)]
    assert_array_equal(Starting(source).fit(X, y).rows_, np.ones(61, dtype=bool))
    some = Starting(source).fit(X, y, np.arange(61) < 20)  # rows of other domains are left out
    assert_array_equal(some.rows_, np.arange(61) < 20)
    assert Starting(source).fit(X, y, np.ones(61, dtype=bool)).rows_.all()
    assert Starting(source).fit(X, y, np.full(61, "target")).rows_.all()


def test_an_unfitted_source_is_fitted_on_the_labelled_source_rows(rows):
    X, y = rows
    domain = np.array(["a"] * 30 + ["b"] * 20 + ["target"] * 11, dtype=object)
    pooled = Starting().fit(X, y, domain)
    assert_allclose(pooled.sources_[0][1].coef_, Ridge().fit(X[:50], y[:50]).coef_)
    apart = Starting(LinearRegression(), per_source=True).fit(X, y, domain)
    assert [name for name, _ in apart.sources_] == ["a", "b"]
    assert_allclose(apart.sources_[1][1].coef_, LinearRegression().fit(X[30:50], y[30:50]).coef_)
    two = Starting([("r", Ridge()), ("l", LinearRegression())], per_source=True).fit(X, y, domain)
    assert [name for name, _ in two.sources_] == ["a, r", "a, l", "b, r", "b, l"]
    weights = np.arange(61.0)
    weighted = Starting(make_pipeline(StandardScaler(), Ridge())).fit(X, y, domain, weights)
    twin = make_pipeline(StandardScaler(), Ridge()).fit(X[:50], y[:50], ridge__sample_weight=weights[:50])
    assert_allclose(weighted.sources_[0][1].predict(X), twin.predict(X))
    with pytest.warns(SingleDomainWarning, match="No source was passed.* one domain, and nothing is adapted"):
        assert not Starting().fit(X, y).rows_.any()
    with pytest.warns(SingleDomainWarning, match="source is not fitted.*FrozenEstimator") as caught:
        Starting(Ridge()).fit(X, y)
    assert caught[0].filename == __file__ and len(caught) == 1
    unlabeled = np.where(domain == "target", y, np.nan)
    with (
        pytest.warns(UserWarning, match="No source row has a label"),
        pytest.raises(ValueError, match="needs labelled source rows, since its source is not fitted; the 50"),
    ):
        Starting().fit(X, unlabeled, domain)


def test_clone_keeps_what_is_fitted_and_clones_the_rest(rows):
    X, y = rows
    fitted = KNeighborsRegressor().fit(X, y)
    copy = clone(Starting(fitted, inner=Ridge()))
    assert copy.source is fitted and copy.inner is not None
    original = Starting(fitted, inner=Ridge())
    assert clone(original).inner is not original.inner
    pairs = Starting([("a", fitted), ("b", FrozenEstimator(fitted))])
    assert [model for _, model in clone(pairs).source] == [model for _, model in pairs.source]
    unfitted = Starting(Ridge())
    assert clone(unfitted).source is not unfitted.source
    assert Starting(Ridge()).set_params(source__alpha=3).source.alpha == 3
    with pytest.raises(ValueError, match=r"\['source__n_neighbors'\] can't be set"):
        original.set_params(source__n_neighbors=3)
    assert original.set_params(source=Ridge(), source__alpha=2).source.alpha == 2


def test_a_source_of_one_class_always_says_it():
    from sktl.parameter import HypothesisTransferClassifier

    X = np.random.default_rng(0).normal(size=(30, 2))
    domain = np.arange(30) >= 15
    y = np.where(domain, X[:, 0] > 0, True).astype(int)
    model = HypothesisTransferClassifier().fit(X, y, domain)
    assert isinstance(model.sources_[0][1], DummyClassifier) and model.classes_.tolist() == [0, 1]


def test_linear_parameters_of_models_and_pipelines(rows):
    X, y = rows
    for model in (LinearRegression(), make_pipeline(StandardScaler(), LinearRegression())):
        coef, intercept = linear_parameters("s", model.fit(X, y), 3)
        assert_allclose(X @ coef[0] + intercept, model.predict(X))
    codes = np.digitize(y, [2, 6])
    for model in (LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression()), LinearSVC()):
        coef, intercept = linear_parameters("s", model.fit(X, codes), 3, "decision_function")
        assert coef.shape == (3, 3)
        assert_allclose(X @ coef.T + intercept, model.decision_function(X), atol=1e-8)
    counts = make_pipeline(StandardScaler(), PoissonRegressor()).fit(X, np.exp(y / 5))
    coef, intercept = linear_parameters("s", counts, 3, "log_predict")
    assert_allclose(np.exp(X @ coef[0] + intercept), counts.predict(X))
    for model in (KNeighborsRegressor(), make_pipeline(StandardScaler(), HistGradientBoostingRegressor())):
        with pytest.raises(ValueError, match="The source 's' must be linear: it needs coef_"):
            linear_parameters("s", model.fit(X, y), 3)


def test_log_probabilities_are_aligned_and_clipped(rows):
    X, y = rows
    model = KNeighborsClassifier(3).fit(X, np.where(y > 4, "c", "a"))  # says 0 and 1
    found = np.exp(source_log_proba(model, X, np.array(["a", "b", "c"]), floor=0.01))
    assert_allclose(found.sum(axis=1), 1)
    raw = np.column_stack([np.clip(model.predict_proba(X), 0.01, 0.99)[:, :1], np.full(61, 0.01)])
    assert_allclose(found[:, :2] / found[:, [0]], raw / raw[:, [0]])
    margins = LinearSVC().fit(X, y > 4)
    odds = source_log_proba(margins, X, np.array([False, True]), floor=1e-9)
    assert_allclose(odds[:, 1] - odds[:, 0], margins.decision_function(X), atol=1e-6)
    assert default_floor(50) == 0.01 and default_floor() == 1e-3


def test_classes_of_both_sides():
    model = DummyClassifier().fit([[0], [0]], [1, 3])
    assert union_of_classes([("s", model)], np.array([2, 3])).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match=r"the classes \[1, 3\], the target's labels are \['a'\]: none in common"):
        union_of_classes([("s", model)], np.array(["a"]))


def test_predictions_must_be_one_finite_number_a_row():
    class Two:
        def predict(self, X):
            return np.zeros((len(X), 2))

    with pytest.raises(ValueError, match=r"one finite number per row; its predictions have shape \(4, 2\)"):
        source_predict("old", Two(), np.zeros((4, 1)))


def test_target_domain_of_a_known_source():
    assert read_target_domain(np.zeros((3, 1)), [1.0, np.nan, 2.0]).target.all()
    assert read_target_domain(np.zeros((3, 1)), None, [-1, -1, 4]).target.tolist() == [True, True, False]
    with pytest.raises(ValueError, match="names no target"):
        read_target_domain(np.zeros((3, 1)), [1, 2, 3], ["a", "a", "b"])
