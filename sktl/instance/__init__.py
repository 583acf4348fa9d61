"""Transfer by instances: which source rows to trust.

A weighter finds weights of the source rows (``weights_``), and ``ImportanceWeighted(estimator, weighter)`` fits any
model with them. Only boosting needs target labels. Start with the unweighted model, ``OnLabeled(estimator)``: weights
help a model that is too simple to be right everywhere, and cost variance otherwise.

**Which one when.**

=====================================  ==============================================================================
what changes, or what you have         take
=====================================  ==============================================================================
p(x), nothing known about how          ``DiscriminatorWeighter`` first; ``AutoWeighter`` if nobody looks at the weights
p(x), normal columns or few rows       ``GaussianWeighter``
p(x), smooth ratio, a kernel method    ``ULSIF`` (fast), ``KLIEP`` (positive, no ridge), ``RULSIF`` (target partly
                                       outside the source), ``KMM`` (matches means, no density ratio)
p(x), one to five columns              ``KDEWeighter``, ``NearestNeighborWeighter``
the class shares p(y), not p(x | y)    ``LabelShiftClassifier`` (no refit), or ``MLLS``, ``BBSE``, ``RLLS`` as weighter
labels of some target rows             ``TrAdaBoostClassifier``, ``TrAdaBoostRegressor``; slower, and finds how far to
                                       trust the source: ``TwoStageTrAdaBoostRegressor``
the same, and several sources          ``MultiSourceTrAdaBoostClassifier``, ``TaskTrAdaBoostClassifier``
=====================================  ==============================================================================

Look at ``overlap_`` and ``effective_sample_size_`` of a fitted weighter before you trust its weights. A search over
``ImportanceWeighted(Ridge(), KMM())`` tries ``{"flattening": [0, 0.5, 1], "estimator__alpha": [1, 10],
"weighter__clip": [None, 10]}``, with ``cv=SourceTargetKFold()`` and ``scoring=ImportanceWeightedScorer()`` of
:mod:`sktl.model_selection`.
"""

from sktl.instance._auto import AutoWeighter
from sktl.instance._bbse import BBSE
from sktl.instance._discriminator import DiscriminatorWeighter
from sktl.instance._gaussian import GaussianWeighter
from sktl.instance._importance import ImportanceWeighted
from sktl.instance._kde import KDEWeighter
from sktl.instance._kliep import KLIEP
from sktl.instance._kmm import KMM
from sktl.instance._label_shift_classifier import LabelShiftClassifier
from sktl.instance._mlls import MLLS
from sktl.instance._multisource import MultiSourceTrAdaBoostClassifier
from sktl.instance._neighbors import NearestNeighborWeighter
from sktl.instance._rlls import RLLS
from sktl.instance._rulsif import RULSIF
from sktl.instance._task import TaskTrAdaBoostClassifier
from sktl.instance._tradaboost import TrAdaBoostClassifier
from sktl.instance._tradaboost_r2 import TrAdaBoostRegressor
from sktl.instance._two_stage import TwoStageTrAdaBoostRegressor
from sktl.instance._ulsif import ULSIF

__all__ = [
    "BBSE",
    "KLIEP",
    "KMM",
    "MLLS",
    "RLLS",
    "RULSIF",
    "ULSIF",
    "AutoWeighter",
    "DiscriminatorWeighter",
    "GaussianWeighter",
    "ImportanceWeighted",
    "KDEWeighter",
    "LabelShiftClassifier",
    "MultiSourceTrAdaBoostClassifier",
    "NearestNeighborWeighter",
    "TaskTrAdaBoostClassifier",
    "TrAdaBoostClassifier",
    "TrAdaBoostRegressor",
    "TwoStageTrAdaBoostRegressor",
]
