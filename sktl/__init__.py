"""Classical transfer learning in scikit-learn style: measure how far apart two domains are, and adapt.

A row whose label is missing is a target row. The parts: :mod:`sktl.instance`, :mod:`sktl.feature`,
:mod:`sktl.parameter` (how to transfer), :mod:`sktl.metrics` (how far apart the domains are), :mod:`sktl.calibration`
(what can be promised there), :mod:`sktl.model_selection` (what and when), :mod:`sktl.inspection` (what they look like),
:mod:`sktl.comparison` (which model for two tables), :mod:`sktl.datasets`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sktl import (
        calibration,
        comparison,
        datasets,
        feature,
        inspection,
        instance,
        metrics,
        model_selection,
        parameter,
        relation,
    )
    from sktl.base import OnLabeled
    from sktl.comparison import compare
    from sktl.domains import split_domains, stack_domains, target_mask

__version__ = "0.1.0"

__all__ = [
    "OnLabeled",
    "__version__",
    "calibration",
    "compare",
    "comparison",
    "datasets",
    "feature",
    "inspection",
    "instance",
    "metrics",
    "model_selection",
    "parameter",
    "relation",
    "split_domains",
    "stack_domains",
    "target_mask",
]

# Parts are imported when they are first asked for: `import sktl` takes no time, and the command line can be interrupted
# from its first moment on.
_PLACES = {
    "OnLabeled": "base",
    "compare": "comparison",
    "split_domains": "domains",
    "stack_domains": "domains",
    "target_mask": "domains",
}


def __getattr__(name):
    """Import a part, or a name of one, that was asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'sktl' has no attribute {name!r}")
    if name not in _PLACES:
        return import_module(f"sktl.{name}")
    value = globals()[name] = getattr(import_module(f"sktl.{_PLACES[name]}"), name)
    return value


def __dir__():
    """Every public name, imported or not."""
    return sorted({*globals(), *__all__})
