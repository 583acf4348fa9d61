"""What to transfer, and when: splitters, scorers without target labels, and scores of each domain as target."""

from sktl.model_selection._hide import hide_labels
from sktl.model_selection._splitters import (
    LeaveOneDomainOut,
    SourceTargetKFold,
    SourceTargetShuffleSplit,
    TargetKFold,
)
from sktl.model_selection._transfer import cross_val_transfer, transfer_matrix

__all__ = [
    "LeaveOneDomainOut",
    "SourceTargetKFold",
    "SourceTargetShuffleSplit",
    "TargetKFold",
    "cross_val_transfer",
    "hide_labels",
    "transfer_matrix",
]
