"""How far apart the domains are: functions of two samples."""

from sktl.metrics import transferability
from sktl.metrics._a_distance import proxy_a_distance
from sktl.metrics._bound import adaptation_bound
from sktl.metrics._classifier_test import classifier_two_sample_test
from sktl.metrics._divergence import js_divergence, kl_divergence, pearson_divergence
from sktl.metrics._energy import energy_distance
from sktl.metrics._feature_shift import feature_shift_test
from sktl.metrics._label_shift import label_shift_distance
from sktl.metrics._mmd import conditional_mmd, mmd
from sktl.metrics._mmd_test import energy_test, mmd_test
from sktl.metrics._moments import coral_distance, frechet_distance
from sktl.metrics._subspace import principal_angles, subspace_distance
from sktl.metrics._wasserstein import wasserstein_distance

__all__ = [
    "adaptation_bound",
    "classifier_two_sample_test",
    "conditional_mmd",
    "coral_distance",
    "energy_distance",
    "energy_test",
    "feature_shift_test",
    "frechet_distance",
    "js_divergence",
    "kl_divergence",
    "label_shift_distance",
    "mmd",
    "mmd_test",
    "pearson_divergence",
    "principal_angles",
    "proxy_a_distance",
    "subspace_distance",
    "transferability",
    "wasserstein_distance",
]
