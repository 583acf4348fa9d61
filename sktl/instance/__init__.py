"""Transfer by instances: which source rows to trust."""

from sktl.instance._bbse import BBSE
from sktl.instance._importance import ImportanceWeighted
from sktl.instance._kmm import KMM
from sktl.instance._label_shift_classifier import LabelShiftClassifier
from sktl.instance._mlls import MLLS
from sktl.instance._rlls import RLLS
from sktl.instance._tradaboost import TrAdaBoostClassifier

__all__ = ["BBSE", "KMM", "MLLS", "RLLS", "ImportanceWeighted", "LabelShiftClassifier", "TrAdaBoostClassifier"]
