"""Transfer by features: where the domains look alike."""

from sktl.feature._jdot_classifier import JDOTClassifier
from sktl.feature._jdot_regressor import JDOTRegressor
from sktl.feature._ot_mapping import OTMapping
from sktl.feature._tca import TCA

__all__ = ["JDOTClassifier", "JDOTRegressor", "OTMapping", "TCA"]
