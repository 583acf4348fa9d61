"""Transfer by features: where the domains look alike."""

from sktl.feature._tca import TCA

__all__ = ["TCA"]
