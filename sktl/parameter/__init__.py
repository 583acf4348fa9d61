"""What a source model already knows: start from a fitted model and a few labels of the target.

``source=`` is a fitted estimator (an old model: kept as it is, never changed), and ``fit(X_target, y_target)`` sees
target rows alone; or it is unfitted, and ``fit(X, y, sample_domain)`` fits it on the labelled source rows first.
Several sources are a list of (name, estimator) pairs.
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
