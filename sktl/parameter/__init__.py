"""What a source model already knows: start from a fitted model and a few labels of the target.

``source=`` is a fitted estimator (an old model: kept as it is, never changed), and ``fit(X_target, y_target)`` sees
target rows alone; or it is unfitted, and ``fit(X, y, sample_domain)`` fits it on the labelled source rows first.
Several sources are a list of (name, estimator) pairs.
"""

from sktl.parameter._gaussian_process import GaussianProcessTransferRegressor
from sktl.parameter._multi_task_ridge import MultiTaskTransferRidge
from sktl.parameter._trans_glm import TransGLM
from sktl.parameter._transfer_logistic import TransferLogisticRegression
from sktl.parameter._transfer_poisson import TransferPoissonRegressor
from sktl.parameter._transfer_ridge import TransferRidge
from sktl.parameter._transfer_svc import TransferLinearSVC

__all__ = [
    "GaussianProcessTransferRegressor",
    "MultiTaskTransferRidge",
    "TransGLM",
    "TransferLinearSVC",
    "TransferLogisticRegression",
    "TransferPoissonRegressor",
    "TransferRidge",
]
