"""The checks of parameters, and of optional packages, that every part shares."""

from importlib import import_module
from numbers import Integral, Real

from sktl.exceptions import MissingExtraError


def check_number(name, value, kind=Real, low=None, high=None, closed="both", options=()):
    """Raise unless ``value`` is one of ``options`` or a number of ``kind`` between ``low`` and ``high``.

    ``closed`` says which bounds belong to the range: "both", "left", "right" or "neither".
    """
    if any(value is option or (isinstance(option, str) and value == option) for option in options):
        return
    noun = "an integer" if kind is Integral else "a number"
    bounds = [] if low is None else [f"{'>=' if closed in ('both', 'left') else '>'} {low}"]
    bounds += [] if high is None else [f"{'<=' if closed in ('both', 'right') else '<'} {high}"]
    wanted = " ".join([noun, " and ".join(bounds)]).strip()
    wanted = " or ".join([*(repr(option) for option in options), wanted])
    if isinstance(value, bool) or not isinstance(value, kind):
        raise TypeError(f"{name} must be {wanted}; got {value!r} of type {type(value).__name__}.")
    below = low is not None and (value < low or (value == low and closed in ("right", "neither")))
    above = high is not None and (value > high or (value == high and closed in ("left", "neither")))
    if below or above or value != value:
        raise ValueError(f"{name} must be {wanted}; got {value!r}.")


def check_option(name, value, options):
    """Raise unless ``value`` is one of ``options``."""
    if not any(value is option or (type(value) is type(option) and value == option) for option in options):
        raise ValueError(f"{name} must be one of {', '.join(map(repr, options))}; got {value!r}.")


def import_extra(module, extra, purpose):
    """Import an optional ``module``, or say in one sentence which extra brings it."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise MissingExtraError(
            f"{purpose} needs {package}, which is not installed: pip install 'sktl[{extra}]'."
        ) from error
