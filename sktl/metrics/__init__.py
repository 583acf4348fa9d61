"""How far apart the domains are: functions of two samples."""

from sktl.metrics import transferability
from sktl.metrics._a_distance import proxy_a_distance
from sktl.metrics._classifier_test import classifier_two_sample_test
from sktl.metrics._feature_shift import feature_shift_test
from sktl.metrics._mmd import mmd
from sktl.metrics._mmd_test import energy_test, mmd_test

__all__ = [
    "classifier_two_sample_test",
    "energy_test",
    "feature_shift_test",
    "mmd",
    "mmd_test",
    "proxy_a_distance",
    "transferability",
]
