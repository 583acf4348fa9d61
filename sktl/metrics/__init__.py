"""How far apart the domains are: functions of two samples."""

from sktl.metrics._a_distance import proxy_a_distance
from sktl.metrics._bound import adaptation_bound
from sktl.metrics._divergence import js_divergence, kl_divergence, pearson_divergence
from sktl.metrics._energy import energy_distance
from sktl.metrics._label_shift import label_shift_distance
from sktl.metrics._mmd import conditional_mmd, mmd
from sktl.metrics._moments import coral_distance, frechet_distance
from sktl.metrics._subspace import principal_angles, subspace_distance
from sktl.metrics._wasserstein import wasserstein_distance

__all__ = [
    "adaptation_bound",
    "conditional_mmd",
    "coral_distance",
    "energy_distance",
    "frechet_distance",
    "js_divergence",
    "kl_divergence",
    "label_shift_distance",
    "mmd",
    "pearson_divergence",
    "principal_angles",
    "proxy_a_distance",
    "subspace_distance",
    "wasserstein_distance",
]
