"""Transfer by features: where the domains look alike."""

from sktl.feature._bda import BDA
from sktl.feature._jda import JDA
from sktl.feature._sstca import SSTCA
from sktl.feature._tca import TCA
from sktl.feature._tjm import TJM

__all__ = ["BDA", "JDA", "SSTCA", "TCA", "TJM"]
