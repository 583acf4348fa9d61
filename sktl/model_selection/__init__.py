"""What to transfer, and when: splitters, scorers without target labels, and scores of each domain as target."""

from sktl.model_selection._hide import hide_labels
from sktl.model_selection._output_scorers import (
    DiscrepancyScorer,
    InformationMaximizationScorer,
    MixValScorer,
    PredictionEntropyScorer,
    SoftNeighborhoodDensityScorer,
)
from sktl.model_selection._risk_scorers import (
    CircularValidationScorer,
    DeepEmbeddedValidationScorer,
    ImportanceWeightedScorer,
    SourceScorer,
    TargetScorer,
)
from sktl.model_selection._splitters import (
    LeaveOneDomainOut,
    SourceTargetKFold,
    SourceTargetShuffleSplit,
    TargetKFold,
)
from sktl.model_selection._transfer import cross_val_transfer, transfer_matrix

__all__ = [
    "CircularValidationScorer",
    "DeepEmbeddedValidationScorer",
    "DiscrepancyScorer",
    "ImportanceWeightedScorer",
    "InformationMaximizationScorer",
    "LeaveOneDomainOut",
    "MixValScorer",
    "PredictionEntropyScorer",
    "SoftNeighborhoodDensityScorer",
    "SourceScorer",
    "SourceTargetKFold",
    "SourceTargetShuffleSplit",
    "TargetKFold",
    "TargetScorer",
    "cross_val_transfer",
    "hide_labels",
    "transfer_matrix",
]
