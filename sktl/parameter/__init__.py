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

Accuracy in % (``benchmarks/few_shot.py``, 20 draws; 10 for TrAdaBoost, ``TransferGuard``, boosting refitted,
``TransferForest*`` and ``TransferTree*``; source: boosted trees, on newsgroups and where it says so a linear model):

=================================  ===================  ===================  ===================
labels of the target               heart: 2, 10, 50     adult: 2, 10, 50     newsgroups
=================================  ===================  ===================  ===================
source as it is                    74.8  74.9  74.6     89.5  89.5  89.6     80.0  80.0  79.9
the target's own logistic model    68.0  74.1  79.1     79.3  87.7  87.8     52.8  63.0  85.3
pooled, target weighs 20 %         77.9  79.5  80.3     89.9  90.4  91.0     83.6  87.7  91.3
TrAdaBoost                         76.8  76.4  72.7     86.4  86.4  84.9     63.9  73.4  89.9
TransferGuard                         -  79.6  78.9        -  87.3  87.9        -  83.7  87.9
HypothesisTransferClassifier       78.2  80.2  81.5     90.4  91.2  91.6     65.4  75.0  83.9
TransferLogisticRegression         71.5  78.0  82.0     86.1  88.4  89.6     61.4  70.7  92.7
TransferLinearSVC                  74.5  78.9  80.8     87.3  88.7  89.1     63.2  74.1  86.7
FineTunedClassifier                74.9  78.8  80.7     88.8  89.8  90.9     62.8  79.1  89.5
FineTunedClassifier, linear        75.3  80.0  81.9     86.7  88.8  89.3        -     -     -
LeafRefitClassifier, forest        73.2  75.7  78.9     89.0  89.0  89.2     71.5  71.9  72.0
LeafRefitClassifier, boosting      78.5  78.9  80.9     88.1  90.1  91.6        -     -     -
TransferForestClassifier           73.8  78.6  80.8     84.0  89.0  90.3     63.6  70.9  75.2
TransferTreeClassifier             74.2  75.8  77.1     83.5  87.4  88.4     59.5  65.1  67.4
=================================  ===================  ===================  ===================

At 50 labels these lose more than a point to the target's own model: ``TransferTreeClassifier`` on heart (1.7), trees
and forests on newsgroups (10 to 18), ``HypothesisTransferClassifier`` on newsgroups (1.4 +- 2.1).
"""

from sktl.parameter._anchor_regression import AnchorRegression
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
    "AnchorRegression",
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
