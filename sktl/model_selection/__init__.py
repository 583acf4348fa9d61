"""What to transfer, and when: splitters, scorers without target labels, and scores of each domain as target.

**Which one when.**

=========================================  ==========================================================================
question                                   take
=========================================  ==========================================================================
search parameters, no target labels        ``cv=SourceTargetKFold()`` with ``ImportanceWeightedScorer(loss="log_loss")``
                                           (numbers: its default loss) or ``CircularValidationScorer()``
search parameters, some target labels      ``cv=TargetKFold()`` with ordinary scorers
does transfer help at all?                 ``TransferGuard`` decides; ``negative_transfer_gap`` and
                                           ``transfer_learning_curve`` measure (they need target labels)
which sources are near?                    ``rank_sources``, ``domain_distance_matrix``; ``SourceSelector`` in a model
how does a method do on each domain?       ``cross_val_transfer``, ``transfer_matrix``; ``LeaveOneDomainOut`` without
                                           any rows of the new domain
how good on a target without labels?       ``TargetScoreEstimator``, or ``expected_score`` for a model that exists: any
                                           score with an interval; a few labels are used
domains in between, without labels         ``GradualSelfTraining``
which target rows to label next?           ``LabelPlanner``
=========================================  ==========================================================================

The other scorers are here for comparison (``benchmarks/model_selection.py``, 30 real pairs): the choices of
``PredictionEntropyScorer``, ``InformationMaximizationScorer``, ``SoftNeighborhoodDensityScorer`` and ``MixValScorer``
were worse than the source alone, ``DiscrepancyScorer`` and ``DeepEmbeddedValidationScorer`` said almost nothing, and
``SourceScorer`` prefers whatever adapts least.
"""

from sktl.model_selection._circular_scorer import CircularValidationScorer
from sktl.model_selection._expected import TargetScoreEstimator, expected_score
from sktl.model_selection._gap import negative_transfer_gap
from sktl.model_selection._gradual import GradualSelfTraining
from sktl.model_selection._guard import TransferGuard
from sktl.model_selection._hide import hide_labels
from sktl.model_selection._learning_curve import transfer_learning_curve
from sktl.model_selection._leave_one_domain_out import LeaveOneDomainOut
from sktl.model_selection._mixval import MixValScorer
from sktl.model_selection._output_scorers import (
    DiscrepancyScorer,
    InformationMaximizationScorer,
    PredictionEntropyScorer,
    SoftNeighborhoodDensityScorer,
)
from sktl.model_selection._plan import LabelPlanner
from sktl.model_selection._risk_scorers import SourceScorer, TargetScorer
from sktl.model_selection._selector import SourceSelector
from sktl.model_selection._source_target import SourceTargetKFold, SourceTargetShuffleSplit
from sktl.model_selection._sources import domain_distance_matrix, rank_sources
from sktl.model_selection._target_kfold import TargetKFold
from sktl.model_selection._transfer import cross_val_transfer
from sktl.model_selection._transfer_matrix import transfer_matrix
from sktl.model_selection._weighted_scorers import DeepEmbeddedValidationScorer, ImportanceWeightedScorer

__all__ = [
    "CircularValidationScorer",
    "DeepEmbeddedValidationScorer",
    "DiscrepancyScorer",
    "GradualSelfTraining",
    "ImportanceWeightedScorer",
    "InformationMaximizationScorer",
    "LabelPlanner",
    "LeaveOneDomainOut",
    "MixValScorer",
    "PredictionEntropyScorer",
    "SoftNeighborhoodDensityScorer",
    "SourceScorer",
    "SourceSelector",
    "SourceTargetKFold",
    "SourceTargetShuffleSplit",
    "TargetKFold",
    "TargetScoreEstimator",
    "TargetScorer",
    "TransferGuard",
    "cross_val_transfer",
    "domain_distance_matrix",
    "expected_score",
    "hide_labels",
    "negative_transfer_gap",
    "rank_sources",
    "transfer_learning_curve",
    "transfer_matrix",
]
