"""Transfer by features: where the domains look alike."""

from sktl.feature._augmentation import FeatureAugmentation
from sktl.feature._jdot_classifier import JDOTClassifier
from sktl.feature._jdot_regressor import JDOTRegressor
from sktl.feature._msda import MSDA
from sktl.feature._ot_mapping import OTMapping
from sktl.feature._scl import SCL
from sktl.feature._sfa import SFA
from sktl.feature._tca import TCA

__all__ = [
    "FeatureAugmentation",
    "JDOTClassifier",
    "JDOTRegressor",
    "MSDA",
    "OTMapping",
    "SCL",
    "SFA",
    "TCA",
]
