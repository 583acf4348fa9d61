"""Classical transfer learning in scikit-learn style: measure how far apart two domains are, and adapt.

A row whose label is missing is a target row. The parts: :mod:`sktl.instance`, :mod:`sktl.feature`,
:mod:`sktl.parameter` (how to transfer), :mod:`sktl.metrics` (how far apart the domains are),
:mod:`sktl.model_selection` (what and when), :mod:`sktl.inspection` (what they look like), :mod:`sktl.datasets`.
"""

from sktl import datasets, feature, inspection, instance, metrics, model_selection, parameter
from sktl.base import OnLabeled
from sktl.domains import split_domains, stack_domains, target_mask

__version__ = "0.1.0"

__all__ = [
    "OnLabeled",
    "__version__",
    "datasets",
    "feature",
    "inspection",
    "instance",
    "metrics",
    "model_selection",
    "parameter",
    "split_domains",
    "stack_domains",
    "target_mask",
]
