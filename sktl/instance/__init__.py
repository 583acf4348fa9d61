"""Transfer by instances: which source rows to trust."""

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
