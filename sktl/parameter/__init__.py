"""What a source model already knows: start from a fitted model and a few labels of the target.

``source=`` is a fitted estimator (an old model: kept as it is, never changed), and ``fit(X_target, y_target)`` sees
target rows alone; or it is unfitted, and ``fit(X, y, sample_domain)`` fits it on the labelled source rows first.
Several sources are a list of (name, estimator) pairs, and ``source_weights_`` says what each was worth.

**Which member when.** Labels are those of the target.

===========================  ============================  ========================================================
the source is                labels                        take
===========================  ============================  ========================================================
any model                    1 to 100                      ``HypothesisTransferRegressor`` or ``...Classifier``, by
                                                           default: it weighs the source as it is, shifted, scaled,
                                                           corrected, stacked, and the target's own model
linear, same columns         fewer than some 3 a column    ``TransferRidge``, ``TransferLogisticRegression``,
                                                           ``TransferLinearSVC``, ``TransferPoissonRegressor``: the
                                                           coefficients can be read
to go on learning            20 and more                   ``FineTunedClassifier``, ``FineTunedRegressor``; not where
                                                           source and target share little
a forest, boosted trees      20 and more                   ``LeafRefit*``, quickest: the same trees with new answers;
                                                           ``TransferForest*``; not with many classes and few labels
one tree to be read          20 and more                   ``TransferTree*``; a forest is better everywhere
any regressor                few; deviations are wanted    ``GaussianProcessTransferRegressor``
rows of several sources      20 and more, fewer than       ``TransGLM`` where few coefficients matter: it finds the
                             columns                       sources that help; ``MultiTaskTransferRidge`` where many do
===========================  ============================  ========================================================

**None of them**, but the target's own model: where the source says nothing of the target and labels are many beside the
columns; ``evidence_`` of ``HypothesisTransfer*`` shows it, with the least error for "target". And where the source's
*rows* are at hand, compare a pooled fit with the target's rows up-weighted: on newsgroups with 20 labels it had 89 %
against 82 % in one draw (``benchmarks/few_shot.py``).

**Figures.** Regression (``benchmarks/hypothesis_transfer.py``; boosted trees as source; error over that of the target's
own ridge, and the share of draws that are more than 2 % worse than it):

==================================  ============  ============  ============  ============
fourteen tasks                      5 labels      10            20            50
==================================  ============  ============  ============  ============
source as it is                     .55  11 %     .60  12 %     .74  20 %     .87  28 %
shift                               .51   5 %     .55   7 %     .67  15 %     .77  28 %
model of the residuals              .51   3 %     .54   3 %     .64   5 %     .70   9 %
``HypothesisTransferRegressor``     .50   2 %     .53   3 %     .63   3 %     .69   2 %
the target's own extra trees        .88  35 %     .83  28 %     .88  21 %     .83   4 %
==================================  ============  ============  ============  ============

Accuracy in % (``benchmarks/few_shot.py``; boosted trees as source, three draws):

=================================  =======================  =======================
labels of the target               heart: 2, 10, 50         adult: 2, 10, 50
=================================  =======================  =======================
source as it is                    74.9  74.7  74.8         89.4  89.4  89.6
the target's own logistic model    67.9  75.7  80.1         87.4  87.0  87.4
pooled, target at 20 %             76.0  77.9  79.7         89.5  89.1  89.5
TrAdaBoost                         78.6  77.4  73.8         88.0  86.7  85.4
TransferGuard                         -  78.7  81.0            -  87.2  88.6
HypothesisTransferClassifier       75.7  77.5  80.5         89.8  90.5  91.2
TransferLogisticRegression         78.4  80.1  81.6         82.4  86.9  89.2
FineTunedClassifier                76.3  78.9  78.3         91.1  88.7  89.9
=================================  =======================  =======================
"""

from sktl.parameter._fine_tuned import FineTunedClassifier, FineTunedRegressor
from sktl.parameter._gaussian_process import GaussianProcessTransferRegressor
from sktl.parameter._hypothesis_classifier import HypothesisTransferClassifier
from sktl.parameter._hypothesis_regressor import HypothesisTransferRegressor
from sktl.parameter._leaf_refit import LeafRefitClassifier, LeafRefitRegressor
from sktl.parameter._multi_task_ridge import MultiTaskTransferRidge
from sktl.parameter._trans_glm import TransGLM
from sktl.parameter._transfer_forest import TransferForestClassifier, TransferForestRegressor
from sktl.parameter._transfer_logistic import TransferLogisticRegression
from sktl.parameter._transfer_poisson import TransferPoissonRegressor
from sktl.parameter._transfer_ridge import TransferRidge
from sktl.parameter._transfer_svc import TransferLinearSVC
from sktl.parameter._transfer_tree import TransferTreeClassifier, TransferTreeRegressor

__all__ = [
    "FineTunedClassifier",
    "FineTunedRegressor",
    "GaussianProcessTransferRegressor",
    "HypothesisTransferClassifier",
    "HypothesisTransferRegressor",
    "LeafRefitClassifier",
    "LeafRefitRegressor",
    "MultiTaskTransferRidge",
    "TransGLM",
    "TransferForestClassifier",
    "TransferForestRegressor",
    "TransferLinearSVC",
    "TransferLogisticRegression",
    "TransferPoissonRegressor",
    "TransferRidge",
    "TransferTreeClassifier",
    "TransferTreeRegressor",
]
