"""How far apart the domains are: functions of two samples."""

from sktl.metrics._a_distance import proxy_a_distance
from sktl.metrics._mmd import mmd

__all__ = ["mmd", "proxy_a_distance"]
