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
any fitted model (histogram     1 to 100; of wide data     ``HypothesisTransfer*``: an average of the source as it
boosting, LightGBM, a           (text) 5 or more           is, shifted, rescaled or corrected, and of the target's
pipeline, ...)                                             own model; the default choice
a linear model, same columns    fewer than about 3 per     ``TransferRidge``, ``TransferLogisticRegression``,
                                column                     ``TransferLinearSVC``, ``TransferPoissonRegressor``:
                                                           the result is a linear model with ``coef_``. On text
                                                           the best from 50 labels on
a model to train further        5 or more                  ``FineTuned*``: close to the default choice; not naive
                                                           Bayes
a forest, or scikit-learn's     20 or more                 ``LeafRefit*``: the same trees with new leaf values, the
``GradientBoosting*`` (not                                 fastest; for forests also ``TransferForest*``, which
``HistGradientBoosting*``)                                 changes splits too and is better for regression. Not
                                                           for text or pixels
a single tree, to be read       20 or more                 ``TransferTree*``; a forest predicts better
a regressor; standard           few                        ``GaussianProcessTransferRegressor``
deviations are wanted
rows of several sources, more   20 or more                 ``TransGLM`` if few coefficients matter: it detects the
columns than target labels                                 helpful sources; else ``MultiTaskTransferRidge``
==============================  =========================  ========================================================

**Several sources.** The linear members weight them by ``weights="ball"``. Where no source is good that is worth 5 to 11
points, and with 5 labels of numbers 40 % of the error, over ``"simplex"``, which can't let go of them; on amazon 3 to 4
points. Where all are good, ``"simplex"`` has 5 to 10 % less error with 5 labels of numbers
(``benchmarks/several_sources.py``).

``MultiSourceVote`` (a model of each source, weighted by target labels) and ``DistributionWeightedCombination`` (each
believed where its own rows are dense) need the rows of all sources too, and one model of all of them usually wins: the
first helps where some sources follow another rule, the second where each covers another range
(``benchmarks/many_sources.py``; ``docs/many_sources.md`` says what every method does with several sources).

**None of them**, but the target's own model, if the source does not fit the target and there are many labels for the
number of columns: ``evidence_`` of ``HypothesisTransfer*`` then has its smallest error at "target". And **the source as
it is** with up to five labels of wide data: on text one label moves many predictions (newsgroups, 2 labels: 80.0 %
against 71.5). If the source's *rows* are available, compare with a pooled fit that gives the target rows more weight:
on newsgroups with 10 labels it has 87.7 % against 80.7 (``benchmarks/few_shot.py``).

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

Accuracy in % at 10 and 50 labels (``benchmarks/few_shot.py``, which has the other numbers of labels, the intervals and
the draws, 6 to 20; costly methods half as many; source: boosted trees, on digits, amazon, newsgroups and where it says
so a linear model):

===============================  ============  ============  ============  ============  ============  ============
labels: 10, 50                   heart         adult         class tables  digits        amazon        newsgroups
===============================  ============  ============  ============  ============  ============  ============
source as it is                  74.9  74.6    89.5  89.6    73.8  73.6    48.2  48.0    79.9  80.1    80.0  79.9
the target's own logistic model  74.1  79.1    87.7  87.8    67.2  70.9    36.3  72.8    51.1  64.1    63.0  85.3
pooled, target weighs 20 %       79.5  80.3    90.4  91.0    74.6  74.3    57.4  76.5    78.7  79.8    87.7  91.3
TrAdaBoost                       77.0  72.7    86.5  84.8    69.9  69.2    49.5  76.4    71.5  71.1    73.4  89.9
TransferGuard                    79.6  78.9    87.3  87.9    72.6  74.3    45.9  73.6    68.8  69.8    83.7  87.9
HypothesisTransferClassifier     80.2  81.5    91.2  91.6    73.5  75.1    54.9  78.2    78.2  79.4    80.7  95.2
TransferLogisticRegression       78.0  82.0    88.4  89.6    69.6  73.8    49.6  78.1    74.8  78.3    70.7  92.7
TransferLinearSVC                78.9  80.8    88.7  89.1    70.6  73.3    52.4  77.7    79.6  78.8    74.1  86.7
FineTunedClassifier              78.8  80.7    89.8  90.9    72.7  74.8    51.1  76.2    77.6  79.8    79.1  89.5
FineTunedClassifier, linear      80.0  81.9    88.8  89.3    71.8  73.9    -             -             -
LeafRefitClassifier, forest      75.7  78.9    89.0  89.2    73.4  73.8    47.6  64.2    68.1  68.8    71.9  72.0
LeafRefitClassifier, boosting    78.9  80.9    90.1  91.6    73.2  73.9    -             -             -
TransferForestClassifier         78.6  80.8    89.0  90.3    73.1  74.1    43.8  63.4    68.7  68.1    70.9  75.2
TransferTreeClassifier           75.8  77.1    87.4  88.4    69.3  72.8    24.4  37.1    61.1  62.1    65.1  67.4
===============================  ============  ============  ============  ============  ============  ============

Error over that of the target's own ridge:

=================================  ==============  ==============
labels: 10, 50                     number tables   counts
=================================  ==============  ==============
source as it is                    .82  1.00       .51  .68
pooled, target weighs 20 %         .81  .95        .49  .61
TrAdaBoostRegressor                .91  1.06       .67  .83
TransferGuard                      .88  .99        .83  .99
HypothesisTransferRegressor        .76  .88        .45  .56
TransferRidge                      .85  .92        .86  .96
TransferPoissonRegressor           -               .80  1.00
GaussianProcessTransferRegressor   .78  .90        .47  .59
FineTunedRegressor                 .79  .90        .46  .57
FineTunedRegressor, linear         .82  .92        .74  .95
LeafRefitRegressor, forest         .85  1.01       .50  .65
LeafRefitRegressor, boosting       .79  .91        .54  .62
TransferForestRegressor            .81  .95        .51  .61
TransferTreeRegressor              .93  1.12       .62  .72
=================================  ==============  ==============

At 50 labels these lose more than a point (for numbers, 1 % of the error) to the target's own model, on average over a
data set: ``TransferTree*`` on heart (1.7+-1.1), digits (34.6+-4.6), newsgroups (18.3+-4.9), number tables (11.4+-3.6);
``LeafRefitClassifier`` of a forest on digits (8.6+-1.7), newsgroups (13.3+-2.6; four classes 13.3+-5.3);
``TransferForestClassifier`` on digits (8.3+-1.3), newsgroups (10.5+-4.0). Text and pixels need sums of many columns,
which splits one by one do not give; on the tables of numbers one tree's steps are too coarse for what is linear.
"""

from sktl.parameter._anchor_regression import AnchorRegression
from sktl.parameter._distribution_weighted import DistributionWeightedCombination
from sktl.parameter._fine_tuned import FineTunedClassifier, FineTunedRegressor
from sktl.parameter._gaussian_process import GaussianProcessTransferRegressor
from sktl.parameter._hypothesis_classifier import HypothesisTransferClassifier
from sktl.parameter._hypothesis_regressor import HypothesisTransferRegressor
from sktl.parameter._leaf_refit import LeafRefitClassifier, LeafRefitRegressor
from sktl.parameter._multi_source_vote import MultiSourceVote
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
    "DistributionWeightedCombination",
    "FineTunedClassifier",
    "FineTunedRegressor",
    "GaussianProcessTransferRegressor",
    "HypothesisTransferClassifier",
    "HypothesisTransferRegressor",
    "LeafRefitClassifier",
    "LeafRefitRegressor",
    "MultiSourceVote",
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
