"""What the contracts promise to the families."""

import warnings

import numpy as np
import polars as pl
import pytest
import sklearn
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils import get_tags
from wrapped_models import NAN, Majority, routing_on

from sktl.base import (
    BaseDomainTransformer,
    BaseOnLabeled,
    BaseRatioWeighter,
    BaseTransferClassifier,
    BaseWeighter,
)
from sktl.exceptions import LowEffectiveSampleSizeWarning, SingleDomainWarning
from sktl.feature import TCA
from sktl.instance import KMM, ImportanceWeighted


def test_score_of_a_transfer_classifier():
    X = read_only(np.zeros((5, 1)))
    model = Majority().fit(X, ["yes", "no", "yes", None, NAN])
    assert model.score(X, ["yes", "no", "yes", None, NAN]) == pytest.approx(2 / 3)
    assert model.score(X, ["yes", "no", "yes", None, NAN], sample_weight=[1, 2, 1, 9, 9]) == pytest.approx(1 / 2)
    assert model.score(X, pl.Series(["yes", "no", "yes", None, None])) == pytest.approx(2 / 3)
    assert is_classifier(model) and get_tags(model).input_tags.sparse


# --- the contracts ---


class Doubling(BaseWeighter):
    """Gives the source rows the weights 1, 2, 3, ..., times 10."""

    def _check_params(self):
        self.checked_ = True

    def _weigh_rows(self, X, y, domains):
        return 10.0 * np.arange(1, domains.source.sum() + 1)


class Column(BaseRatioWeighter):
    """The first column as the ratio."""

    def __init__(self, clip=None):
        self.clip = clip

    def _weigh(self, X_source, X_target):
        return self._ratio(X_source)

    def _ratio(self, X):
        return X[:, 0]


class Centring(BaseDomainTransformer):
    """Takes the target's mean off."""

    def fit(self, X, y=None, sample_domain=None):
        X, domains = self._check_rows(X, y, sample_domain, dtype=[np.float64, np.float32])
        self.mean_ = X[domains.target if domains.target.any() else domains.source].mean(axis=0)
        self._n_features_out = X.shape[1]
        return self

    def transform(self, X):
        return X - self.mean_


@pytest.mark.parametrize(
    "base", [BaseWeighter, BaseRatioWeighter, BaseDomainTransformer, BaseTransferClassifier, BaseOnLabeled]
)
def test_contracts_are_abstract(base):
    with pytest.raises(TypeError, match="abstract"):
        base()


def test_stored_weights():
    X = np.zeros((5, 1))
    weighter = Doubling().fit(X, [1, None, 0, None, 1])
    assert_allclose(weighter.weights_, [0.5, 1, 1, 1, 1.5])
    assert weighter.effective_sample_size_ == pytest.approx(9 / 3.5)  # 3^2 / (0.5^2 + 1 + 1.5^2)
    assert isinstance(weighter.effective_sample_size_, float)
    with pytest.warns(SingleDomainWarning):
        assert_array_equal(Doubling().fit(X).weights_, np.ones(5))


def test_clip_bounds_the_weights_and_reports_the_share():
    X = np.array([[1.0], [9], [2], [3], [4]])  # the second is the target row; mean of the others 2.5
    y = [0, None, 0, 0, 0]
    assert Column().fit(X, y).clipped_share_ == 0
    multiple = Column(clip=1.4).fit(X, y)  # what is cut off the last row raises the others, and the mean stays
    assert multiple.clipped_share_ == 0.25
    assert_allclose(multiple.weights_, [2.6 / 6, 1, 5.2 / 6, 7.8 / 6, 1.4])
    quantile = Column(clip=0.5).fit(X, y)
    assert quantile.clipped_share_ == 0.5
    assert_allclose(quantile.weights_, np.array([1, 2, 2, 2.5, 2.5]) / 2)
    assert_allclose(quantile.predict_weights(X), X[:, 0])  # the ratio itself
    assert KMM(clip=0.5).fit(X, y).clipped_share_ > 0
    with pytest.raises(ValueError, match="clip must be None or a number > 0; got -1"):
        Column(clip=-1).fit(X, y)
    with pytest.raises(TypeError, match="clip must be None or a number > 0; got 'most' of type str"):
        Column(clip="most").fit(X, y)


def test_few_effective_rows_warn():
    X = np.full((31, 1), 0.01)
    X[:2] = 1000.0
    y = np.where(np.arange(31) < 30, 0.0, np.nan)
    with pytest.warns(
        LowEffectiveSampleSizeWarning, match=r"The 30 weighted source rows are worth 2\.0 equally"
    ) as caught:
        Column().fit(X, y)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Column().fit(X[:20], y[11:])  # a small source is small by itself
        Column(clip=1.0).fit(X + 100, y)


def test_a_ratio_of_zero_everywhere_is_an_error():
    with pytest.raises(ValueError, match="Column finds a ratio of 0 at all 2 source rows: the domains do not overlap"):
        Column().fit([[0.0], [0.0], [1.0]], [0, 0, None])


def test_predict_weights_of_new_rows():
    X = np.array([[1.0], [9], [2]])
    assert_allclose(Column().fit(X, [0, None, 0]).predict_weights([[7.0], [8.0]]), [7, 8])
    with pytest.warns(SingleDomainWarning):
        assert_array_equal(Column().fit(X).predict_weights(X), np.ones(3))
    with pytest.raises(NotFittedError):
        Column().predict_weights(X)
    with pytest.raises(ValueError, match="2 features.*expecting 1"):
        Column().fit(X, [0, None, 0]).predict_weights([[1.0, 2.0]])


def test_a_transformer_keeps_order_and_dtype():
    X = np.arange(6, dtype=np.float32).reshape(3, 2)
    mapped = Centring().fit_transform(X, [0, None, 1])
    assert_array_equal(mapped, X - X[1])
    assert mapped.dtype == np.float32 and get_tags(Centring()).transformer_tags.preserves_dtype == [
        "float64",
        "float32",
    ]
    frame = Centring().set_output(transform="pandas").fit_transform(X, sample_domain=[True, False, False])
    assert list(frame.columns) == ["centring0", "centring1"]
    assert_array_equal(frame, X - X[0])


@pytest.mark.parametrize("kind", [Doubling, Centring, Majority, KMM, TCA, ImportanceWeighted])
def test_sample_domain_is_requested_at_class_level(kind):
    assert not sklearn.get_config()["enable_metadata_routing"]
    estimator = kind(LogisticRegression()) if kind is ImportanceWeighted else kind()
    assert estimator.get_metadata_routing().consumes("fit", ["sample_domain", "other"]) == {"sample_domain"}
    with routing_on():
        assert estimator.set_fit_request(sample_domain="site") is estimator  # and may be renamed
