"""Transfer by instances: which source rows to trust."""

from sktl.instance._importance import ImportanceWeighted
from sktl.instance._kmm import KMM
from sktl.instance._rulsif import RULSIF
from sktl.instance._tradaboost import TrAdaBoostClassifier
from sktl.instance._ulsif import ULSIF

__all__ = ["KMM", "RULSIF", "ULSIF", "ImportanceWeighted", "TrAdaBoostClassifier"]
