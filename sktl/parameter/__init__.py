"""Parameter transfer: start from a fitted model and a few labels of the target.

Pass a fitted model as ``source=`` (it is used as it is and never changed) and fit on target rows only,
``fit(X_target, y_target)``; rows without a label may be among them, and ``HypothesisTransfer*`` uses them. Or pass an
unfitted model and the rows of all domains, ``fit(X, y, sample_domain)``: it is fitted on the labelled source rows
first. Several sources are a list of (name, model) pairs, weighted by ``source_weights_``. In a grid search over
``source`` wrap each fitted model in ``sklearn.frozen.FrozenEstimator``: a search clones what it tries, and a plain
clone is unfitted. ``TransGLM`` and ``MultiTaskTransferRidge`` take no ``source``: they need the rows of all domains.

**Which one when.** Labels are those of the target; ``*`` stands for ``Classifier`` and ``Regressor``.

==============================  =========================  ========================================================
you have                        labels                     take
==============================  =========================  ========================================================
any fitted model (histogram     1 to 100                   ``HypothesisTransfer*``: an average of the source as it
boosting, LightGBM, a                                      is, shifted, rescaled or corrected, and of the target's
pipeline, ...)                                             own model; the default choice
a linear model, same columns    fewer than about 3 per     ``TransferRidge``, ``TransferLogisticRegression``,
                                column                     ``TransferLinearSVC``, ``TransferPoissonRegressor``:
                                                           the result is a linear model with ``coef_``
a model to train further        20 or more                 ``FineTuned*``; not if source and target have little in
                                                           common
a forest, or scikit-learn's     20 or more                 ``LeafRefit*``: the same trees with new leaf values, the
``GradientBoosting*`` (not                                 fastest; for forests also ``TransferForest*``, which
``HistGradientBoosting*``)                                 changes splits too and is better for regression. Not
                                                           with many classes and few labels
a single tree, to be read       20 or more                 ``TransferTree*``; a forest predicts better
a regressor; standard           few                        ``GaussianProcessTransferRegressor``
deviations are wanted
rows of several sources, more   20 or more                 ``TransGLM`` if few coefficients matter: it detects the
columns than target labels                                 helpful sources; else ``MultiTaskTransferRidge``
==============================  =========================  ========================================================

**None of them**, but the target's own model, if the source does not fit the target and there are many labels for the
number of columns: ``evidence_`` of ``HypothesisTransfer*`` then has its smallest error at "target". If the source's
*rows* are available, compare with a pooled fit that gives the target rows more weight: on newsgroups with 20 labels it
reached 89 % against 82 % in one draw (``benchmarks/few_shot.py``).

**Figures.** Regression (``benchmarks/hypothesis_transfer.py``; boosted trees as source; error relative to that of the
target's own ridge, and the share of draws that are more than 2 % worse than that ridge):

==================================  ============  ============  ============  ============
fourteen tasks                      5 labels      10            20            50
==================================  ============  ============  ============  ============
source as it is                     .55  11 %     .60  12 %     .74  20 %     .87  28 %
shift                               .51   5 %     .55   7 %     .67  15 %     .77  28 %
model of the residuals              .51   3 %     .54   3 %     .64   5 %     .70   9 %
``HypothesisTransferRegressor``     .50   2 %     .53   3 %     .63   3 %     .69   2 %
the target's own extra trees        .88  35 %     .83  28 %     .88  21 %     .83   4 %
==================================  ============  ============  ============  ============

Accuracy in % (``benchmarks/few_shot.py``, three draws; source: boosted trees, for ``TransferLogisticRegression`` a
logistic regression):

=================================  =======================  =======================
labels of the target               heart: 2, 10, 50         adult: 2, 10, 50
=================================  =======================  =======================
source as it is                    74.9  74.7  74.8         89.4  89.4  89.6
the target's own logistic model    67.9  75.7  80.1         87.4  87.0  87.4
pooled, target weighs 20 %         76.0  77.9  79.7         89.5  89.1  89.5
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
