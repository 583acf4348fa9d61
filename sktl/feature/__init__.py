"""Transfer by features: where the domains look alike."""

from sktl.feature._artl import ARTLClassifier
from sktl.feature._augmentation import FeatureAugmentation
from sktl.feature._bda import BDA
from sktl.feature._cmms import CMMSClassifier
from sktl.feature._combat import ComBat
from sktl.feature._coral import CORAL
from sktl.feature._dasvm import DASVMClassifier
from sktl.feature._dipls import DIPLSRegressor
from sktl.feature._direct_standardization import DirectStandardization
from sktl.feature._domain_scaler import DomainScaler
from sktl.feature._easytl import EasyTLClassifier
from sktl.feature._epo import EPO
from sktl.feature._gfk import GFK
from sktl.feature._jda import JDA
from sktl.feature._jdot_classifier import JDOTClassifier
from sktl.feature._jdot_regressor import JDOTRegressor
from sktl.feature._linear_ot import LinearOT
from sktl.feature._meda import MEDAClassifier
from sktl.feature._mida import MIDA
from sktl.feature._msda import MSDA
from sktl.feature._ot_mapping import OTMapping
from sktl.feature._piecewise_standardization import PiecewiseDirectStandardization
from sktl.feature._scl import SCL
from sktl.feature._sfa import SFA
from sktl.feature._shared_columns import SharedColumns
from sktl.feature._spectral_space import SpectralSpaceTransformation
from sktl.feature._spl import SPLClassifier
from sktl.feature._sstca import SSTCA
from sktl.feature._subspace_alignment import SubspaceAlignment
from sktl.feature._tca import TCA
from sktl.feature._tjm import TJM
from sktl.feature._union_columns import UnionColumns
from sktl.feature._voting import TransferVotingClassifier

__all__ = [
    "ARTLClassifier",
    "BDA",
    "CMMSClassifier",
    "CORAL",
    "DASVMClassifier",
    "DomainScaler",
    "EasyTLClassifier",
    "FeatureAugmentation",
    "GFK",
    "JDA",
    "JDOTClassifier",
    "JDOTRegressor",
    "LinearOT",
    "MEDAClassifier",
    "MIDA",
    "MSDA",
    "OTMapping",
    "SCL",
    "SFA",
    "SPLClassifier",
    "SSTCA",
    "SubspaceAlignment",
    "TCA",
    "TJM",
    "TransferVotingClassifier",
    "ComBat",
    "DIPLSRegressor",
    "DirectStandardization",
    "EPO",
    "PiecewiseDirectStandardization",
    "SpectralSpaceTransformation",
    "SharedColumns",
    "UnionColumns",
]
