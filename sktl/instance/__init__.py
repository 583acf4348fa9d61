"""Transfer by instances: which source rows to trust."""

from sktl.instance._importance import ImportanceWeighted
from sktl.instance._kmm import KMM
from sktl.instance._tradaboost import TrAdaBoostClassifier

__all__ = ["KMM", "ImportanceWeighted", "TrAdaBoostClassifier"]
