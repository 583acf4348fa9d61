"""Transfer by features: where the domains look alike."""

from sktl.feature._artl import ARTLClassifier
from sktl.feature._easytl import EasyTLClassifier
from sktl.feature._gfk import GFK
from sktl.feature._meda import MEDAClassifier
from sktl.feature._tca import TCA

__all__ = ["ARTLClassifier", "EasyTLClassifier", "GFK", "MEDAClassifier", "TCA"]
