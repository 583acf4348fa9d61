"""The contracts of sktl's estimators, and ``OnLabeled``; no algorithm.

Base classes say what the families promise: :class:`BaseWeighter` (with :class:`BaseRatioWeighter` for those that weigh
new rows too), :class:`BaseDomainTransformer` (with :class:`BaseDomainAligner` for those that map each domain by a map
of its own), :class:`BaseTransferClassifier`, :class:`BaseTransferRegressor`; :class:`BaseOnLabeled` is what the
wrappers of ordinary estimators share; :class:`BaseParameterTransfer` is the mixin of what starts from a source model,
with functions that read one (:func:`source_predict`, :func:`source_log_proba`, :func:`linear_parameters`, ...).
"""

from sktl.base._models import BaseTransferClassifier, BaseTransferRegressor
from sktl.base._source import BaseParameterTransfer
from sktl.base._source_models import (
    default_floor,
    linear_parameters,
    source_log_proba,
    source_predict,
    union_of_classes,
)
from sktl.base._transformers import BaseDomainAligner, BaseDomainTransformer
from sktl.base._weighters import BaseRatioWeighter, BaseWeighter
from sktl.base._wrappers import BaseOnLabeled, OnLabeled

__all__ = [
    "BaseDomainAligner",
    "BaseDomainTransformer",
    "BaseOnLabeled",
    "BaseRatioWeighter",
    "BaseParameterTransfer",
    "BaseTransferClassifier",
    "BaseTransferRegressor",
    "BaseWeighter",
    "OnLabeled",
    "default_floor",
    "linear_parameters",
    "source_log_proba",
    "source_predict",
    "union_of_classes",
]
