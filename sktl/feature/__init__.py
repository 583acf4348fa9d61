"""Transfer by features: where the domains look alike."""

from sktl.feature._cmms import CMMSClassifier
from sktl.feature._dasvm import DASVMClassifier
from sktl.feature._spl import SPLClassifier
from sktl.feature._tca import TCA

__all__ = ["TCA", "CMMSClassifier", "DASVMClassifier", "SPLClassifier"]
