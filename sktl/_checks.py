"""The checks of parameters, and of optional packages, that every part shares."""

from importlib import import_module
from math import isfinite
from numbers import Integral, Real

from sklearn.metrics.pairwise import PAIRWISE_KERNEL_FUNCTIONS

from sktl.exceptions import MissingExtraError


def check_number(name, value, kind=Real, low=None, high=None, closed="both", options=()):
    """Raise unless ``value`` is one of ``options`` or a finite number of ``kind`` between ``low`` and ``high``.

    ``closed`` says which bounds belong to the range: "both", "left", "right" or "neither".
    """
    if _is_among(value, options):
        return
    noun = "an integer" if kind is Integral else "a number"
    bounds = [] if low is None else [f"{'>=' if closed in ('both', 'left') else '>'} {low}"]
    bounds += [] if high is None else [f"{'<=' if closed in ('both', 'right') else '<'} {high}"]
    wanted = " ".join([noun, " and ".join(bounds)]).strip()
    wanted = " or ".join([*(repr(option) for option in options), wanted])
    if isinstance(value, str) and any(isinstance(option, str) for option in options):
        raise ValueError(f"{name} must be {wanted}; got {value!r}.")
    if isinstance(value, bool) or not isinstance(value, kind):
        raise TypeError(f"{name} must be {wanted}; got {value!r} of type {type(value).__name__}.")
    below = low is not None and (value < low or (value == low and closed in ("right", "neither")))
    above = high is not None and (value > high or (value == high and closed in ("left", "neither")))
    if below or above or not isfinite(value):
        raise ValueError(f"{name} must be {wanted}; got {value!r}.")


def _is_among(value, options):
    """Whether ``value`` equals one of ``options`` and is of its kind (numpy's strings are strings, 1 is not True)."""
    return any(value is option or (isinstance(value, type(option)) and value == option) for option in options)


def check_option(name, value, options):
    """Raise unless ``value`` is one of ``options``."""
    if not _is_among(value, options):
        raise ValueError(f"{name} must be one of {', '.join(map(repr, options))}; got {value!r}.")


def check_kernel(kernel, gamma, degree=3, coef0=1):
    """Raise unless ``kernel`` is a callable or the name of one of scikit-learn's, with parameters it can take."""
    if not callable(kernel):
        check_option("kernel", kernel, tuple(sorted(PAIRWISE_KERNEL_FUNCTIONS)))
    check_number("gamma", gamma, low=0, closed="neither", options=("auto", "median", "scale"))
    check_number("degree", degree, low=0, closed="neither")
    check_number("coef0", coef0)


def import_extra(module, extra, purpose):
    """Import an optional ``module``, or say in one sentence which extra brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.split(".")[0]
        raise MissingExtraError(
            f"{purpose} needs {package}, which is not installed: pip install 'sktl[{extra}]'."
        ) from error
