"""The checks of parameters, declared in one table per class, and of optional packages, that every part shares.

A class says what its parameters may be in ``_constraints``, a dict of a tuple of constraints each, and its ``fit``
calls :func:`check_parameters`; a function says it by the decorator :func:`checked`. A constraint is a value that may be
given (``"auto"``, None, True), or a rule: :class:`Interval`, :class:`HasMethods`, :class:`InstanceOf`, ``callable``.
What ties two parameters together stays a line in the class.
"""

from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from inspect import signature
from math import isfinite
from numbers import Integral, Real

import numpy as np
from numpy.random import RandomState
from scipy.sparse import issparse
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics.pairwise import PAIRWISE_KERNEL_FUNCTIONS

from sktl.exceptions import MissingExtraError


@dataclass(frozen=True)
class Interval:
    """Finite numbers of ``kind`` between ``low`` and ``high``; ``closed``: "both", "left", "right" or "neither"."""

    kind: type = Real
    low: float | None = None
    high: float | None = None
    closed: str = "both"

    def is_kind(self, value):
        """Whether the value is a number of the kind."""
        return not isinstance(value, (bool, np.bool_)) and isinstance(value, self.kind)

    def allows(self, value):
        """Whether a number lies in the range."""
        below = self.low is not None and (
            value < self.low or (value == self.low and self.closed in ("right", "neither"))
        )
        above = self.high is not None and (
            value > self.high or (value == self.high and self.closed in ("left", "neither"))
        )
        return not (below or above) and isfinite(value)

    def __str__(self):
        bounds = [] if self.low is None else [f"{'>=' if self.closed in ('both', 'left') else '>'} {self.low}"]
        bounds += [] if self.high is None else [f"{'<=' if self.closed in ('both', 'right') else '<'} {self.high}"]
        return " ".join(["an integer" if self.kind is Integral else "a number", " and ".join(bounds)]).strip()


class HasMethods:
    """Objects (no classes) with all the methods named, for which ``test`` is true; ``noun`` names them in an error."""

    def __init__(self, *methods, noun="an estimator object", test=None):
        self.methods, self.noun, self.test = methods, noun, test

    def is_kind(self, value):
        """Whether the value is an object with the methods."""
        if isinstance(value, type) or not all(hasattr(value, method) for method in self.methods):
            return False
        try:
            return self.test is None or bool(self.test(value))
        except (AttributeError, TypeError):  # scikit-learn's tests of kind ask for tags, which an outsider may lack
            return False

    def allows(self, value):
        """Nothing more is asked."""
        return True

    def __str__(self):
        return f"{self.noun} with {' and '.join(self.methods)}"


class InstanceOf:
    """Objects of the kinds named; ``noun`` says what they are called in an error."""

    def __init__(self, *kinds, noun):
        self.kinds, self.noun = kinds, noun

    def is_kind(self, value):
        """Whether the value is of one of the kinds."""
        return isinstance(value, self.kinds)

    def allows(self, value):
        """Nothing more is asked."""
        return True

    def __str__(self):
        return self.noun


class _Callable(HasMethods):
    def __init__(self):
        super().__init__("__call__")

    def __str__(self):
        return "a callable"


#: Constraints of parameters that many share.
BOOLEAN = (True, False)
N_JOBS = (None, Interval(Integral))
SEED = (Interval(Integral, 0, 2**32 - 1),)
RANDOM_STATE = (None, *SEED, InstanceOf(RandomState, noun="a numpy RandomState"))
ESTIMATOR = (HasMethods("fit", "predict"),)
CLASSIFIER = (HasMethods("fit", "predict", noun="a classifier", test=is_classifier),)
REGRESSOR = (HasMethods("fit", "predict", noun="a regressor", test=is_regressor),)
FOLDS = (Interval(Integral, 2),)
KERNEL = {
    "kernel": (*sorted(PAIRWISE_KERNEL_FUNCTIONS), callable),
    "gamma": ("auto", "median", "scale", Interval(low=0, closed="neither")),
    "degree": (Interval(low=0, closed="neither"),),
    "coef0": (Interval(),),
}


def _rules(constraints):
    """The values that may be given, and the rules."""
    rules = [_Callable() if c is callable else c for c in constraints]
    kinds = (Interval, HasMethods, InstanceOf)
    return [c for c in rules if not isinstance(c, kinds)], [c for c in rules if isinstance(c, kinds)]


def _is_among(value, options):
    """Whether ``value`` equals one of ``options`` and is of its kind (numpy's strings are strings, 1 is not True)."""
    if isinstance(value, np.bool_):
        value = bool(value)
    return any(value is option or (isinstance(value, type(option)) and value == option) for option in options)


def _wanted(options, rules):
    """What is needed, in words: few options and rules joined by "or", many options as a list."""
    if rules and len(options) <= 3:
        return " or ".join([*map(repr, options), *map(str, rules)])
    return " or ".join([f"one of {', '.join(map(repr, options))}", *map(str, rules)])


def check_value(name, value, constraints):
    """Raise unless ``value`` keeps one of the ``constraints``: what was needed, what came."""
    options, rules = _rules(constraints)
    if _is_among(value, options):
        return
    of_kind = [rule for rule in rules if rule.is_kind(value)]
    if any(rule.allows(value) for rule in of_kind):
        return
    wanted = _wanted(options, rules)
    words = any(isinstance(option, str) for option in options)
    as_option = not rules or (
        words and (isinstance(value, str) or not any(isinstance(rule, Interval) for rule in rules))
    )
    if of_kind or as_option:
        raise ValueError(f"{name} must be {wanted}; got {value!r}.")
    if isinstance(value, type):
        raise TypeError(f"{name} must be {wanted}; got the class {value.__name__}. Pass an object: {value.__name__}().")
    raise TypeError(f"{name} must be {wanted}; got {value!r} of type {type(value).__name__}.")


def constraints_of(cls):
    """The table of a class: its own entries over those of the classes above it."""
    return {name: rule for base in reversed(cls.__mro__) for name, rule in vars(base).get("_constraints", {}).items()}


def check_parameters(estimator):
    """Raise if a parameter of the estimator is not as its class's table says."""
    table, names = constraints_of(type(estimator)), estimator.get_params(deep=False)
    for name in names:
        if name in table:
            check_value(name, getattr(estimator, name), table[name])


def checked(**constraints):
    """Have a function's arguments checked before it runs; the table is kept as ``_constraints``."""

    def decorate(function):
        order = signature(function)

        @wraps(function)
        def wrapper(*args, **kwargs):
            try:
                bound = order.bind(*args, **kwargs).arguments
            except TypeError:  # a call that does not fit: Python's own error names the function
                return function(*args, **kwargs)
            for name, rule in constraints.items():
                if name in bound:
                    check_value(name, bound[name], rule)
            return function(*args, **kwargs)

        wrapper._constraints = constraints
        return wrapper

    return decorate


def check_squares(X, name="X", power=2):
    """Raise if the squares of finite rows, which distances and covariances are made of, exceed the largest number.

    A higher ``power`` (even) is for what squares covariances.
    """
    entries = (X.data if issparse(X) else X).ravel(order="K")
    if entries.dtype.kind != "f":
        return
    top = float(np.finfo(entries.dtype).max)
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(np.dot(entries, entries))  # one pass of BLAS; nan where missing values are allowed
    if total > top ** (2 / power):
        what = "squares" if power == 2 else f"{power}th powers"
        raise ValueError(
            f"{name} has values up to {np.abs(entries).max():.2g}: sums of their {what} exceed the largest number "
            f"of its dtype ({top:.2g}). Divide all columns by the same number first."
        )


def check_answers(model, answers):
    """Raise unless all that a model of the user's says of rows is finite: one NaN would make all weights NaN."""
    bad = ~np.isfinite(answers)
    if bad.any():
        rows = bad.reshape(len(bad), -1).any(axis=1).sum()
        raise ValueError(
            f"{model} answers {rows} of {len(bad)} rows with NaN or infinity, as some models do where all columns are "
            "constant or values are very large. Drop or rescale such columns, or pass another model."
        )


def check_fits(amount, most, what, way_out):
    """Refuse, before any work, what would not fit in memory or not come to an end: what it needs, and the way out."""
    if amount > most:
        raise ValueError(f"{what}; the limit is {most}. {way_out}")


def import_extra(module, extra, purpose):
    """Import an optional ``module``, or say in one sentence which extra brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.split(".")[0]
        raise MissingExtraError(
            f"{purpose} needs {package}, which is not installed: pip install 'sktl[{extra}]'."
        ) from error
