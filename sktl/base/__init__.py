"""The contracts of sktl's estimators, and ``OnLabeled``; no algorithm.

Base classes say what the families promise: :class:`BaseWeighter` (with :class:`BaseRatioWeighter` for those that weigh
new rows too), :class:`BaseDomainTransformer` (with :class:`BaseDomainAligner` for those that map each domain by a map
of its own), :class:`BaseTransferClassifier`, :class:`BaseTransferRegressor`; :class:`BaseOnLabeled` is what the
wrappers of ordinary estimators share. How ``sample_domain`` and weights reach the parts of any model:
:func:`fit_on_domains`, :func:`on_missing_labels`, :func:`consumes_domains`, :func:`weight_parameter`, :func:`respond`;
how rows are checked, and made numbers: :func:`validate_rows`, :func:`is_numeric`, :func:`numeric_steps`. Where the
user names no classifier: :func:`default_classifier`, :func:`domain_classifier`. For scikit-learn's meta-estimators that
refuse missing labels: :class:`WithoutTargetLabels`, :func:`placeholder_labels`.
:class:`BaseParameterTransfer` is the mixin of what starts from a source model, with functions that read one:
:func:`source_predict`, :func:`source_log_proba`, :func:`linear_parameters`, :func:`union_of_classes`.
"""

from sktl.base._asking import is_numeric, numeric_steps, respond
from sktl.base._classifiers import default_classifier, domain_classifier
from sktl.base._hidden import WithoutTargetLabels, placeholder_labels
from sktl.base._models import BaseTransferClassifier, BaseTransferRegressor
from sktl.base._routing import consumes_domains, fit_on_domains, on_missing_labels
from sktl.base._rows import validate_rows
from sktl.base._source import BaseParameterTransfer
from sktl.base._source_models import (
    default_floor,
    linear_parameters,
    source_log_proba,
    source_predict,
    union_of_classes,
)
from sktl.base._transformers import BaseDomainAligner, BaseDomainTransformer
from sktl.base._weighters import BaseRatioWeighter, BaseWeighter, overlap_of
from sktl.base._wrappers import BaseOnLabeled, OnLabeled, weight_parameter

__all__ = [
    "BaseDomainAligner",
    "BaseDomainTransformer",
    "BaseOnLabeled",
    "BaseParameterTransfer",
    "BaseRatioWeighter",
    "BaseTransferClassifier",
    "BaseTransferRegressor",
    "BaseWeighter",
    "OnLabeled",
    "WithoutTargetLabels",
    "consumes_domains",
    "default_classifier",
    "default_floor",
    "domain_classifier",
    "fit_on_domains",
    "is_numeric",
    "linear_parameters",
    "numeric_steps",
    "on_missing_labels",
    "overlap_of",
    "placeholder_labels",
    "respond",
    "source_log_proba",
    "source_predict",
    "union_of_classes",
    "validate_rows",
    "weight_parameter",
]
