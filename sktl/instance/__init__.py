"""Transfer by instances: which source rows to trust."""

from sktl.instance._importance import ImportanceWeighted
from sktl.instance._kmm import KMM
from sktl.instance._multisource import MultiSourceTrAdaBoostClassifier
from sktl.instance._task import TaskTrAdaBoostClassifier
from sktl.instance._tradaboost import TrAdaBoostClassifier
from sktl.instance._tradaboost_r2 import TrAdaBoostRegressor
from sktl.instance._two_stage import TwoStageTrAdaBoostRegressor

__all__ = [
    "KMM",
    "ImportanceWeighted",
    "MultiSourceTrAdaBoostClassifier",
    "TaskTrAdaBoostClassifier",
    "TrAdaBoostClassifier",
    "TrAdaBoostRegressor",
    "TwoStageTrAdaBoostRegressor",
]
