"""How far apart the domains are: functions of two samples.

**Which one when.**

=======================================  ============================================================================
question                                 take
=======================================  ============================================================================
do the domains differ at all?            ``mmd_test``, ``energy_test``; ``classifier_two_sample_test`` with many columns
which columns differ?                    ``feature_shift_test``: also text, categories and missing values
how far apart, as one number             ``proxy_a_distance`` (0 to 2, no units), ``mmd``, ``energy_distance``,
                                         ``wasserstein_distance``, ``frechet_distance``, ``coral_distance``
what would weighting cost?               ``pearson_divergence``, ``kl_divergence``, ``js_divergence``
the directions of most variance          ``principal_angles``, ``subspace_distance``
class shares, rows within classes        ``label_shift_distance``, ``conditional_mmd``
what bounds the error on the target?     ``adaptation_bound``
which source model suits a new task?     :mod:`sktl.metrics.transferability`
=======================================  ============================================================================

Nearly all of them need columns on one scale: standardise both samples by the same means and deviations first.
"""

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
