"""What the domains look like: a report in plain words, and displays (``from_*`` computes, ``plot`` draws)."""

from sktl.inspection._attribution import shift_attribution
from sktl.inspection._attribution_display import AttributionDisplay
from sktl.inspection._boundary import BoundaryDisplay
from sktl.inspection._embedding import EmbeddingDisplay
from sktl.inspection._feature_shift import FeatureShiftDisplay
from sktl.inspection._transfer_curve import TransferCurveDisplay
from sktl.inspection._transfer_matrix import TransferMatrixDisplay
from sktl.inspection._weights import WeightDisplay
from sktl.inspection._witness import WitnessDisplay
from sktl.inspection.report._report import DomainReport

__all__ = [
    "AttributionDisplay",
    "BoundaryDisplay",
    "DomainReport",
    "EmbeddingDisplay",
    "FeatureShiftDisplay",
    "TransferCurveDisplay",
    "TransferMatrixDisplay",
    "WeightDisplay",
    "WitnessDisplay",
    "shift_attribution",
]
