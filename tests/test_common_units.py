"""What no result may depend on: units, offsets, columns that say nothing; and tables of categories alone."""

import numpy as np
import pytest
from battery import as_source, dense, domains_for, estimators, fitted_once, outcome
from discovery import instances
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sktl.base import BaseDomainAligner, BaseDomainTransformer, BaseTransferClassifier

#: Methods whose results depend on it, as their docstring's first paragraph says: why.
DEPENDS_ON_UNITS = (
    {
        "ARTLClassifier(kernel='linear')": "this kernel of the user's choice is in squared units, as reg beside it",
        "AnchorRegression(factor=10.0, reg=1.0)": "reg is a sum of squares of a column, as Ridge's alpha",
        "CORAL": "reg is in squared units, so that the paper's 1 keeps its meaning",
        "EasyTLClassifier": "decision values are distances, and align='coral' is CORAL with the paper's 1",
        "MSDA": "made for counts and tf-idf: the constant feature is 1",
        "SCL": "made for counts: presence is what is predicted",
        "SFA": "made for counts: presence is what is counted",
    }
    | {
        name: "penalises coefficients, as its twin in scikit-learn does: standardise the columns first"
        for name in (
            "MultiTaskTransferRidge",
            "TransferLinearSVC",
            "TransferLogisticRegression",
            "TransferPoissonRegressor",
            "TransferRidge",
        )
    }
    | {
        name: "goes on with a source that sees the columns as they are"
        for name in ("FineTunedClassifier", "FineTunedRegressor")
    }
)
#: Methods to which the origin means something: why.
DEPENDS_ON_OFFSETS = {
    name: "works on rows of unit norm, or on angles"
    for name in ("ARTLClassifier", "BDA", "JDA", "MEDAClassifier", "SSTCA", "TJM", "TransferVotingClassifier")
} | {name: "zero is absence: made for counts" for name in ("GraphTransferClassifier", "MSDA", "SCL", "SFA")}
DEPENDS_ON_OFFSETS["KMM(kernel='linear')"] = "this kernel of the user's choice measures from 0"
DEPENDS_ON_OFFSETS |= {
    "TransferLinearSVC": "penalises the intercept, as its twin in scikit-learn does",
    "TransferLogisticRegression": "stops at a tolerance that depends on the columns, as its twin does",
}
#: What an error says of rows that are all equal, or of numbers whose squares are none; the last are those of models of
#: the user's.
SAID_OF_SIZES = (
    "all equal",
    "is singular",
    "can be a pivot",
    "varies",
    "exceed the largest number",
    "with NaN or infinity",
    "infs or NaNs",
    "float32",
)
#: Methods to which a constant column means something: why.
DEPENDS_ON_CONSTANT_COLUMNS = (
    DEPENDS_ON_OFFSETS
    | {name: "shrinks covariances towards the mean variance of all columns" for name in ("CORAL", "LinearOT")}
    | {"FeatureAugmentation": "copies all columns, in blocks"}
    | {
        name: "trees draw the order of the columns that they look at"
        for name in (
            "LeafRefitClassifier",
            "LeafRefitRegressor",
            "TransferForestClassifier",
            "TransferForestRegressor",
            "TransferTreeClassifier",
            "TransferTreeRegressor",
        )
    }
)


def scale_free(estimator):
    """The estimator, with models of ours or the user's inside that do not depend on units either."""
    params = estimator.get_params(deep=False)
    linear = {
        k: v for k, v in params.items() if k in ("estimator", "source") and isinstance(v, (LogisticRegression, Ridge))
    }
    if linear:
        scaled = {name: make_pipeline(StandardScaler(), clone(model)) for name, model in linear.items()}
        return clone(estimator).set_params(**scaled)
    if "TrAdaBoost" in type(estimator).__name__:
        classifier = isinstance(estimator, BaseTransferClassifier)
        inner = DecisionTreeClassifier(max_depth=2) if classifier else make_pipeline(StandardScaler(), Ridge())
    else:
        return clone(estimator)
    return clone(estimator).set_params(estimator=inner)


def results(estimator, X, y, kwargs):
    """What the fitted estimator says about the rows, as a list of arrays."""
    return said(scale_free(estimator).fit(X, y, **kwargs), X)


def as_they_are(estimator, X, y, kwargs):
    """The same of the table as it is, by one fit for all tests."""
    return said(fitted_once(scale_free(estimator), "plain", X, y, kwargs)[0], X)


def said(fitted, X):
    """What a fitted estimator says about rows; of an aligner, for each domain."""
    if isinstance(fitted, BaseDomainAligner):
        return [dense(fitted.transform(X)), dense(fitted.transform(X, sample_domain=as_source(fitted, X)))]
    return [outcome(fitted, X)]


def assert_alike(estimator, found, expected, moved=False):
    """Equal; features of a transformer may carry the unit, and where ``moved`` a constant."""
    for result, wanted in zip(found, expected, strict=True):
        if isinstance(estimator, BaseDomainTransformer):
            result = result[:, : wanted.shape[1]]  # constant columns give more where a map keeps the columns
            if moved:
                result, wanted = result - result.mean(axis=0), wanted - wanted.mean(axis=0)
            result = result * (np.linalg.norm(wanted) / np.linalg.norm(result))
        assert_allclose(result, wanted, rtol=1e-3, atol=1e-4)


def skip_if(estimator, reasons):
    """Skip with the reason that the table gives."""
    for name in (type(estimator).__name__, repr(estimator)):
        if name in reasons:
            pytest.skip(reasons[name])
    if reasons is not DEPENDS_ON_UNITS and estimator.get_params(deep=False).get("fit_intercept") is False:
        pytest.skip("without an intercept the origin means something, and a constant column is one")


@estimators
@pytest.mark.parametrize("unit", [2.0**-10, 2.0**13])  # powers of 2: no rounding
def test_units_do_not_matter(estimator, unit, two_domains):
    skip_if(estimator, DEPENDS_ON_UNITS)
    X, y, kwargs = domains_for(estimator, two_domains)
    assert_alike(estimator, results(estimator, X * unit, y, kwargs), as_they_are(estimator, X, y, kwargs))


@estimators
def test_offsets_do_not_matter(estimator, two_domains):
    skip_if(estimator, DEPENDS_ON_OFFSETS)
    X, y, kwargs = domains_for(estimator, two_domains)
    X = np.round(X * 2**14) / 2**14  # so that the sum loses no digit, not even in the float32 of trees
    assert_alike(estimator, results(estimator, X + 128.0, y, kwargs), results(estimator, X, y, kwargs), moved=True)


@estimators
def test_constant_columns_say_nothing(estimator, two_domains):
    skip_if(estimator, DEPENDS_ON_CONSTANT_COLUMNS)
    X, y, kwargs = domains_for(estimator, two_domains)
    more = np.column_stack([X, np.zeros(len(X)), np.full(len(X), 3.0)])
    assert_alike(estimator, results(estimator, more, y, kwargs), as_they_are(estimator, X, y, kwargs))


@pytest.mark.filterwarnings("ignore::sktl.exceptions.EarlyStopWarning")  # labels that the levels do not explain
@pytest.mark.filterwarnings("ignore::sktl.exceptions.WeakClassifierWarning")
@estimators
def test_tables_of_categories_alone(estimator, two_domains):
    _, y, kwargs = domains_for(estimator, two_domains)
    rng = np.random.default_rng(3)
    target = np.isnan(two_domains[1])
    levels = np.where(target, rng.choice(3, len(y), p=[0.2, 0.3, 0.5]), rng.choice(3, len(y)))
    assert all(np.isfinite(result).all() for result in results(estimator, np.eye(3)[levels], y, kwargs))


@pytest.mark.filterwarnings("ignore")  # all that can be warned of such rows
@pytest.mark.parametrize("size", [0.0, 1e200], ids=["zero", "huge"])
@estimators
def test_sizes_at_the_ends_are_answered_or_refused_in_words(estimator, size, two_domains):
    X, y, kwargs = domains_for(estimator, two_domains)
    try:
        result = outcome(clone(estimator).fit(X * size, y, **kwargs), X * size)
    except ValueError as error:
        assert any(word in str(error) for word in SAID_OF_SIZES), error
    else:
        own = isinstance(getattr(estimator, "estimator", None), GaussianNB)  # its own answers, passed on: NaN
        assert own or np.isfinite(result).all()


def test_the_tables_name_estimators():
    names = {name for estimator in instances() for name in (type(estimator).__name__, repr(estimator))}
    assert set(DEPENDS_ON_UNITS) | set(DEPENDS_ON_CONSTANT_COLUMNS) <= names
