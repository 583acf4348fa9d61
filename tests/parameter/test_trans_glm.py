"""TransGLM: what it borrows, units, few labels, families, errors."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier, is_regressor
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeRegressor

from sktl.exceptions import NoTargetLabelsError, SingleDomainWarning
from sktl.parameter import HypothesisTransferRegressor, LeafRefitRegressor, TransferRidge, TransGLM


def make_table(family, n=60, p=60, seed=0):
    rng = np.random.default_rng(seed)
    true = np.r_[1.0, -1.0, 0.8, np.zeros(p - 3)]
    coefs = {"target": true, "near": true + 0.02 * rng.normal(size=p), "far": -np.roll(true, 9)}
    domain = np.repeat(list(coefs), [n, 3 * n, 3 * n])
    X = rng.normal(size=(len(domain), p)) * np.linspace(0.5, 2, p)
    eta = np.array([x @ coefs[name] for x, name in zip(X, domain, strict=True)]) + (domain == "near")
    y = {
        "gaussian": lambda: eta + 1.5 * rng.normal(size=len(X)),
        "binomial": lambda: np.where(eta + rng.logistic(size=len(X)) > 0, "yes", "no"),
        "poisson": lambda: rng.poisson(np.exp(0.4 * eta)).astype(float),
    }[family]()
    return X, y, domain, true


@pytest.fixture(params=["gaussian", "binomial", "poisson"])
def family(request):
    return request.param


def test_it_borrows_from_the_source_that_is_near(family):
    X, y, domain, _ = make_table(family)
    model = TransGLM(family).fit(X, y, sample_domain=domain)
    assert model.source_names_ == ["far", "near"] and model.detected_sources_ == ["near"]
    assert model.source_gains_[1] > max(model.source_gains_[0], 0)
    assert_allclose(np.ravel(model.coef_), model.shared_coef_ + model.own_coef_)
    named = TransGLM(family, sources=["near"]).fit(X, y, sample_domain=domain)
    assert_allclose(named.coef_, model.coef_)
    assert np.isnan(named.source_gains_).all()


def test_units_of_the_columns_change_nothing_but_the_coefficients(family):
    X, y, domain, _ = make_table(family)
    scale = np.geomspace(1e-3, 1e3, X.shape[1])
    model = TransGLM(family).fit(X, y, sample_domain=domain)
    other = TransGLM(family).fit(X * scale + 5, y, sample_domain=domain)
    assert_allclose(other.coef_ * scale, model.coef_, atol=1e-4)
    assert other.detected_sources_ == model.detected_sources_


def test_it_is_a_classifier_only_with_the_binomial_family(family):
    X, y, domain, _ = make_table(family)
    model = TransGLM(family).fit(X, y, sample_domain=domain)
    binomial = family == "binomial"
    assert is_classifier(model) == binomial and is_regressor(model) != binomial
    assert hasattr(model, "predict_proba") == binomial
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(X), model.predict(X))
    if binomial:
        assert model.classes_.tolist() == ["no", "yes"] and model.coef_.shape == (1, 60)
        assert_allclose(model.predict_proba(X)[:, 1], 1 / (1 + np.exp(-model.decision_function(X))))
        assert model.score(X, y) == np.mean(model.predict(X) == y)
        unknown = y.astype(object)
        unknown[:10] = None
        assert model.score(X, unknown) == np.mean((model.predict(X) == y)[10:])
    if family == "poisson":
        assert (model.predict(X) > 0).all()


@pytest.mark.parametrize("n_labels", [1, 2, 3, 5])
def test_few_target_labels(family, n_labels):
    X, y, domain, _ = make_table(family)
    keep = np.r_[np.flatnonzero(domain == "target")[:n_labels], np.flatnonzero(domain != "target")]
    model = TransGLM(family).fit(X[keep], y[keep], sample_domain=domain[keep])
    assert np.isfinite(model.coef_).all()
    if n_labels < 4:
        assert model.detected_sources_ == ["far", "near"] and np.isnan(model.penalties_[1])


def test_weights_are_repeated_rows(family):
    X, y, domain, _ = make_table(family)
    weights = np.random.default_rng(1).integers(0, 3, len(y))
    repeat = np.repeat(np.arange(len(y)), weights)
    weighted = TransGLM(family, n_penalties=10).fit(X, y, sample_domain=domain, sample_weight=weights)
    repeated = TransGLM(family, n_penalties=10).fit(X[repeat], y[repeat], sample_domain=domain[repeat])
    assert_allclose(weighted.coef_, repeated.coef_, atol=1e-5)


def test_one_domain_is_a_lasso_of_all_rows():
    X, y, _, true = make_table("gaussian", n=800)
    with pytest.warns(SingleDomainWarning):
        model = TransGLM().fit(X[:400], y[:400])
    assert model.detected_sources_ == [] and not model.own_coef_.any()
    assert np.linalg.norm(model.coef_ - true) < 0.7


def test_errors_say_what_is_needed():
    X, y, domain, _ = make_table("gaussian")
    missing = np.where(domain == "target", np.nan, y)
    with pytest.raises(NoTargetLabelsError, match="needs labelled target rows; the 60 target rows have no label"):
        TransGLM().fit(X, missing, sample_domain=domain)
    with pytest.raises(ValueError, match=r"sources lists \['fur'\]; the sources with labels are \['far', 'near'\]"):
        TransGLM(sources=["fur"]).fit(X, y, sample_domain=domain)
    with pytest.raises(ValueError, match="needs two classes; got 3: .*OneVsRestClassifier"):
        TransGLM("binomial").fit(X, np.arange(len(y)) % 3, sample_domain=domain)
    with pytest.raises(ValueError, match="poisson family must not be negative"):
        TransGLM("poisson").fit(X, y, sample_domain=domain)
    with pytest.raises(ValueError, match="family must be one of 'gaussian', 'binomial', 'poisson'; got 'gamma'"):
        TransGLM("gamma").fit(X, y, sample_domain=domain)


@pytest.mark.parametrize("cls", [TransGLM, TransferRidge, HypothesisTransferRegressor, LeafRefitRegressor])
def test_regressors_of_the_family_name_the_way_out_for_classes(cls):
    X, domain = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) >= 20
    source = (DecisionTreeRegressor() if cls is LeafRefitRegressor else Ridge()).fit(X, X[:, 0])
    model = cls() if cls is TransGLM else cls(source)
    with pytest.raises(ValueError, match="must be numbers; got '(yes|no)'. For classes use the classifier"):
        model.fit(X, np.where(X[:, 0] > 0, "yes", "no"), domain)
