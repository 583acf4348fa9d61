"""``ImportanceWeighted`` is the inner estimator, weighted by hand."""

import numpy as np
import pytest
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from wrapped_models import NAN, NoWeights, Recorder

from sktl import OnLabeled
from sktl.exceptions import SingleDomainWarning
from sktl.instance import KMM, ImportanceWeighted

# --- ImportanceWeighted: by hand ---


def weighted_by_hand(inner, X, y, given=1.0, weighter=None, **kwargs):
    """The inner estimator on the labelled rows, under the weighter's weights times those given."""
    weights = clone(weighter or KMM()).fit(X, y, **kwargs).weights_ * given
    known = ~np.isnan(y)
    labels = y[known].astype(int) if is_classifier(inner) else y[known]
    return clone(inner).fit(X[known], labels, sample_weight=weights[known])


@pytest.mark.parametrize("given", [None, np.linspace(0.5, 2, 168), np.linspace(0.5, 2, 168).tolist()], ids=type)
@pytest.mark.parametrize("weighter", [None, KMM(), KMM(B=2.0, kernel="linear")], ids=repr)
@pytest.mark.parametrize("inner", [LogisticRegression(), Ridge()], ids=repr)
def test_importance_weighted_by_hand(inner, weighter, given, two_domains):
    X, y, _ = two_domains
    params = {} if given is None else {"sample_weight": given}
    model = ImportanceWeighted(inner, weighter).fit(X, y, **params)
    expected = weighted_by_hand(inner, X, y, 1.0 if given is None else np.asarray(given), weighter)
    assert_array_equal(model.estimator_.coef_, expected.coef_)
    assert not np.allclose(model.estimator_.coef_, OnLabeled(inner).fit(X, y, **params).estimator_.coef_)
    assert model.weighter is weighter and model.weighter_.weights_.shape == (168,)
    assert_array_equal(model.weighter_.weights_[101:], np.ones(67))


def test_labelled_target_rows_have_weight_one(two_domains):
    X, y, y_true = two_domains
    some = y.copy()
    some[110:120] = y_true[110:120]
    domain = read_only(np.isnan(y))
    model = ImportanceWeighted(Recorder()).fit(X, some, sample_domain=domain)
    weights = model.estimator_.sample_weight_
    assert_array_equal(weights[101:], np.ones(10))
    assert_array_equal(weights[:101], KMM().fit(X, some, sample_domain=domain).weights_[:101])
    assert weights[:101].mean() == pytest.approx(1) and weights[:101].std() > 0.05


def test_source_rows_without_label_are_weighted_but_not_fitted(two_domains):
    X, y, _ = two_domains
    domain = np.where(np.isnan(y), "target", "lab")
    gaps = y.copy()
    gaps[::4] = NAN
    model = ImportanceWeighted(LogisticRegression()).fit(X, read_only(gaps), sample_domain=domain)
    assert_array_equal(model.weighter_.weights_, KMM().fit(X, y).weights_)
    assert_array_equal(
        model.estimator_.coef_, weighted_by_hand(LogisticRegression(), X, gaps, sample_domain=domain).coef_
    )


@pytest.mark.parametrize(
    "inner",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), LogisticRegression())),
        OnLabeled(LogisticRegression()),
        OnLabeled(make_pipeline(StandardScaler(), LogisticRegression())),
        CalibratedClassifierCV(LogisticRegression(), cv=3),
    ],
    ids=["pipeline", "nested", "OnLabeled", "OnLabeled pipeline", "calibrated"],
)
def test_importance_weighted_around_others(inner, two_domains):
    X, y, _ = two_domains
    model = ImportanceWeighted(inner).fit(X, y)
    weights, final, prefix = KMM().fit(X, y).weights_[:101], getattr(inner, "estimator", inner), ""
    while isinstance(final, Pipeline):
        prefix, final = f"{prefix}{final.steps[-1][0]}__", final[-1]
    expected = clone(inner).fit(X[:101], y[:101].astype(int), **{f"{prefix}sample_weight": weights})
    assert_allclose(model.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("inner", [NoWeights(), KNeighborsClassifier(), make_pipeline(StandardScaler(), NoWeights())])
def test_an_estimator_without_weights_is_an_error(inner, two_domains):
    X, y, _ = two_domains
    name = type(inner[-1] if isinstance(inner, Pipeline) else inner).__name__
    with pytest.raises(TypeError, match=rf"must take sample_weight in fit.*{name}\(.*does not. Use one that does"):
        ImportanceWeighted(inner).fit(X, y)


def test_in_one_domain_the_weights_are_one(two_domains):
    X, _, y_true = two_domains
    with pytest.warns(SingleDomainWarning):
        model = ImportanceWeighted(LogisticRegression()).fit(X, y_true)
    assert_array_equal(model.weighter_.weights_, np.ones(168))
    assert_allclose(model.estimator_.coef_, LogisticRegression().fit(X, y_true).coef_)
