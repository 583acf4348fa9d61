"""The checks of parameters and of optional packages."""

import sys
from fractions import Fraction
from math import inf, nan
from numbers import Integral, Real

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics.pairwise import PAIRWISE_KERNEL_FUNCTIONS, linear_kernel
from sklearn.naive_bayes import GaussianNB

from sktl._checks import (
    BOOLEAN,
    CLASSIFIER,
    ESTIMATOR,
    KERNEL,
    RANDOM_STATE,
    Interval,
    check_answers,
    check_parameters,
    check_squares,
    check_value,
    checked,
    import_extra,
)
from sktl.exceptions import MissingExtraError


def check_number(name, value, kind=Real, low=None, high=None, closed="both", options=()):
    """Raise unless ``value`` is one of ``options`` or a finite number of ``kind`` between ``low`` and ``high``."""
    check_value(name, value, (*options, Interval(kind, low, high, closed)))


def check_option(name, value, options):
    """Raise unless ``value`` is one of ``options``."""
    check_value(name, value, options)


def check_kernel(kernel, gamma, degree=3, coef0=1):
    """Raise unless ``kernel`` is a callable or the name of one of scikit-learn's, with parameters it can take."""
    for name, value in {"kernel": kernel, "gamma": gamma, "degree": degree, "coef0": coef0}.items():
        check_value(name, value, KERNEL[name])


# --- numbers ---


@pytest.mark.parametrize(
    "value, rule",
    [
        (0.5, {}),
        (-3, {}),
        (np.float32(2), {}),
        (np.int64(2), {}),
        (Fraction(1, 2), {"low": 0, "high": 1}),
        (1, {"kind": Integral, "low": 1}),
        (np.uint8(1), {"kind": Integral, "low": 1}),
        (10**30, {"kind": Integral}),
        (0, {"low": 0}),
        (1, {"low": 0, "high": 1}),
        (0, {"low": 0, "high": 1, "closed": "left"}),
        (1, {"low": 0, "high": 1, "closed": "right"}),
        (1e-300, {"low": 0, "closed": "neither"}),
        ("auto", {"low": 0, "options": ("auto",)}),
        (np.str_("auto"), {"low": 0, "options": ("auto",)}),  # GridSearchCV over an array of strings
        (None, {"low": 0, "options": ("auto", None)}),
        (inf, {"low": 0, "options": (inf,)}),
    ],
    ids=repr,
)
def test_good_numbers(value, rule):
    check_number("mu", value, **rule)


@pytest.mark.parametrize(
    "value, rule, error, sentence",
    [
        (-0.1, {"low": 0}, ValueError, r"mu must be a number >= 0; got -0\.1\."),
        (0, {"low": 0, "closed": "neither"}, ValueError, r"mu must be a number > 0; got 0\."),
        (0, {"low": 0, "closed": "right"}, ValueError, r"mu must be a number > 0; got 0\."),
        (1, {"low": 0, "high": 1, "closed": "left"}, ValueError, r"mu must be a number >= 0 and < 1; got 1\."),
        (1, {"high": 1, "closed": "neither"}, ValueError, r"mu must be a number < 1; got 1\."),
        (1.5, {"low": 0, "high": 1}, ValueError, r"mu must be a number >= 0 and <= 1; got 1\.5\."),
        (nan, {}, ValueError, r"mu must be a number; got nan\."),
        (nan, {"low": 0}, ValueError, r"mu must be a number >= 0; got nan\."),
        (inf, {"low": 0}, ValueError, r"mu must be a number >= 0; got inf\."),
        (-inf, {}, ValueError, r"mu must be a number; got -inf\."),
        (np.float64(inf), {"low": 0}, ValueError, r"mu must be a number >= 0; got .*inf"),
        (0, {"kind": Integral, "low": 1}, ValueError, r"mu must be an integer >= 1; got 0\."),
        (2.0, {"kind": Integral, "low": 1}, TypeError, r"mu must be an integer >= 1; got 2\.0 of type float\."),
        (True, {}, TypeError, r"mu must be a number; got True of type bool\."),
        (True, {"kind": Integral}, TypeError, r"mu must be an integer; got True of type bool\."),
        (np.True_, {}, TypeError, "of type bool"),
        (None, {"low": 0}, TypeError, r"mu must be a number >= 0; got None of type NoneType\."),
        (1j, {}, TypeError, r"mu must be a number; got 1j of type complex\."),
        ("1", {}, TypeError, r"mu must be a number; got '1' of type str\."),
        (np.array([1.0, 2.0]), {"options": ("auto",)}, TypeError, "got array.* of type ndarray"),
        (
            "Auto",
            {"low": 0, "options": ("auto", None)},
            ValueError,
            r"mu must be 'auto' or None or a number >= 0; got 'Auto'\.",
        ),
        (-1, {"low": 0, "options": ("auto",)}, ValueError, r"mu must be 'auto' or a number >= 0; got -1\."),
    ],
    ids=repr,
)
def test_bad_numbers(value, rule, error, sentence):
    with pytest.raises(error, match=f"^.*{sentence}"):
        check_number("mu", value, **rule)


# --- options ---


@pytest.mark.parametrize(
    "value, options",
    [("a", ("a", "b")), (np.str_("b"), ("a", "b")), (None, ("a", None)), (True, (True, False)), (False, (True, False))],
    ids=repr,
)
def test_good_options(value, options):
    check_option("solver", value, options)


@pytest.mark.parametrize(
    "value, options",
    [
        ("c", ("a", "b")),
        ("A", ("a", "b")),
        (None, ("a", "b")),
        (1, (True, False)),
        (0, (True, False)),
        ("", ("a", None)),
        (["a"], ("a", "b")),
        (np.array(["a", "b"]), ("a", "b")),
        (b"a", ("a", "b")),
    ],
    ids=repr,
)
def test_bad_options(value, options):
    with pytest.raises(ValueError) as caught:
        check_option("solver", value, options)
    assert str(caught.value) == f"solver must be one of {', '.join(map(repr, options))}; got {value!r}."


# --- kernels ---


@pytest.mark.parametrize("kernel", [*PAIRWISE_KERNEL_FUNCTIONS, np.str_("rbf"), linear_kernel, lambda X, Y: X @ Y.T])
@pytest.mark.parametrize("gamma", [0.1, 3, "auto", "median", "scale"])
def test_good_kernels(kernel, gamma):
    check_kernel(kernel, gamma)


@pytest.mark.parametrize(
    "arguments, error, sentence",
    [
        (("gaussian", "auto"), ValueError, r"^kernel must be one of .*'linear', .*'rbf'.*; got 'gaussian'\.$"),
        ((None, "auto"), ValueError, "kernel must be one of .*; got None"),
        ((["rbf"], "auto"), ValueError, r"kernel must be one of .*; got \['rbf'\]"),
        (("rbf", 0), ValueError, r"gamma must be 'auto' or 'median' or 'scale' or a number > 0; got 0\."),
        (("rbf", -1.0), ValueError, "gamma must be .*; got -1.0"),
        (("rbf", inf), ValueError, "gamma must be .*; got inf"),
        (("rbf", None), TypeError, "gamma must be .*; got None of type NoneType"),
        (("rbf", "mean"), ValueError, "gamma must be .*; got 'mean'"),
        (("linear", -1), ValueError, "gamma must be"),
        (("poly", 1.0, 0), ValueError, "degree must be a number > 0; got 0"),
        (("poly", 1.0, "3"), TypeError, "degree must be a number > 0; got '3' of type str"),
        (("poly", 1.0, 2, nan), ValueError, "coef0 must be a number; got nan"),
    ],
    ids=repr,
)
def test_bad_kernels(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        check_kernel(*arguments)


# --- extras ---


def test_an_extra_that_is_there():
    assert import_extra("json.decoder", "cli", "Reading") is sys.modules["json.decoder"]


@pytest.mark.parametrize("module", ["absent", "absent.part"])
def test_an_extra_that_is_missing(module, monkeypatch):
    monkeypatch.setitem(sys.modules, "absent", None)
    with pytest.raises(MissingExtraError) as caught:
        import_extra(module, "plot", "A plot")
    assert str(caught.value) == "A plot needs absent, which is not installed: pip install 'sktl[plot]'."
    assert isinstance(caught.value, ImportError) and isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_an_extra_that_is_broken_says_so_itself(tmp_path, monkeypatch):
    (tmp_path / "broken_extra.py").write_text("from json import no_such_name\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="no_such_name") as caught:  # "not installed" would be untrue
        import_extra("broken_extra", "plot", "A plot")
    assert not isinstance(caught.value, MissingExtraError)


# --- tables of parameters ---


class _Parent(BaseEstimator):
    _constraints = {"reg": ("auto", Interval(low=0)), "stack": BOOLEAN}

    def __init__(self, reg="auto", stack=True):
        self.reg = reg
        self.stack = stack


class _Child(_Parent):
    _constraints = {
        "reg": (Interval(low=0, high=1),),
        "estimator": (None, *ESTIMATOR),
        "metric": (callable,),
        "random_state": RANDOM_STATE,
    }

    def __init__(self, reg=0.5, stack=True, estimator=None, metric=max, random_state=None):
        super().__init__(reg, stack)
        self.estimator, self.metric, self.random_state = estimator, metric, random_state


@pytest.mark.parametrize(
    "good",
    [
        _Parent(),
        _Parent(3),
        _Child(),
        _Child(stack=np.False_),
        _Child(estimator=LogisticRegression(), random_state=np.random.RandomState(0)),
        _Child(random_state=2**32 - 1),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_a_table_lets_good_parameters_pass(good):
    check_parameters(good)


@pytest.mark.parametrize(
    "bad, error, sentence",
    [
        (_Parent(-1), ValueError, r"reg must be 'auto' or a number >= 0; got -1\."),
        (_Child("auto"), TypeError, r"reg must be a number >= 0 and <= 1; got 'auto' of type str\."),  # its own rule
        (_Child(stack="no"), ValueError, "stack must be one of True, False; got 'no'"),
        (_Child(stack=1), ValueError, "stack must be one of True, False; got 1"),
        (
            _Child(estimator=LogisticRegression),
            TypeError,
            r"estimator must be None or an estimator object with fit and predict; got the class LogisticRegression\. "
            r"Pass an object: LogisticRegression\(\)\.",
        ),
        (_Child(estimator="svm"), TypeError, "estimator must be .*; got 'svm' of type str"),
        (_Child(metric=3), TypeError, "metric must be a callable; got 3 of type int"),
        (_Child(random_state=-1), ValueError, "random_state must be None or an integer >= 0 .* RandomState; got -1"),
        (_Child(random_state=1.5), TypeError, "random_state must be .*; got 1.5 of type float"),
    ],
    ids=repr,
)
def test_a_table_names_a_bad_parameter(bad, error, sentence):
    with pytest.raises(error, match=sentence):
        check_parameters(bad)


def test_a_function_s_arguments_are_checked_by_name_and_by_place():
    @checked(alpha=(Interval(low=0, high=1),), squared=BOOLEAN)
    def level(x, alpha=0.05, *, squared=True):
        return x, alpha, squared

    assert level(1) == (1, 0.05, True) and level(1, 0.5, squared=False) == (1, 0.5, False)
    with pytest.raises(ValueError, match="alpha must be a number >= 0 and <= 1; got 2"):
        level(1, 2)
    with pytest.raises(ValueError, match="squared must be one of True, False; got 'no'"):
        level(1, squared="no")
    with pytest.raises(TypeError, match="level"):  # the call itself is wrong: Python's own error
        level()
    assert set(level._constraints) == {"alpha", "squared"}


@pytest.mark.parametrize("dtype, size", [(np.float64, 1e200), (np.float32, 1e25)])
def test_squares_that_exceed_the_largest_number_are_refused(dtype, size):
    X = np.array([[0.0, size], [1.0, 2.0]], dtype=dtype)
    with pytest.raises(ValueError, match=r"X_new has values up to 1e\+\d+: sums of their squares exceed .* Divide"):
        check_squares(X, "X_new")
    with pytest.raises(ValueError, match="values up to"):
        check_squares(csr_array(X))
    check_squares(np.sqrt(X))
    with pytest.raises(ValueError, match="4th powers"):
        check_squares(np.sqrt(X) * 2, power=4)
    check_squares(np.array([[np.nan, 1.0]]))
    check_squares(np.array([["a"]]))


def test_outsiders_without_tags_are_no_classifiers():
    class Outsider:
        def fit(self, X, y):
            return self

        def predict(self, X):
            return X

    for wrong in (Outsider(), LinearRegression(), LogisticRegression, "svm"):
        with pytest.raises(TypeError, match="estimator must be None or a classifier with fit and predict; got"):
            check_value("estimator", wrong, (None, *CLASSIFIER))
    check_value("estimator", LogisticRegression(), CLASSIFIER)


@pytest.mark.parametrize(
    "answers", [np.array([0.5, np.nan, 1.0]), np.array([[0.0, 1.0], [np.inf, np.nan], [1.0, 0.0]])]
)
def test_a_model_that_answers_nan_is_named(answers):
    with pytest.raises(ValueError, match=r"GaussianNB\(\) answers 1 of 3 rows with NaN or infinity, .* another model"):
        check_answers(GaussianNB(), answers)
    check_answers(GaussianNB(), answers[[0, 2]])
