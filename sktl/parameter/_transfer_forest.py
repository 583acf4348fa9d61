"""A source's forest, moved to the target tree by tree (Segev et al. 2017)."""

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from sktl._checks import BOOLEAN, N_JOBS, RANDOM_STATE
from sktl.base import BaseTransferClassifier, BaseTransferRegressor
from sktl.parameter._continued import ContinuesClassifiers, ContinuesRegressors, mean_log_loss, mean_squared_error
from sktl.parameter._tree_transfer import METHODS, MovesTrees

__all__ = ["TransferForestClassifier", "TransferForestRegressor"]


class TransferForestClassifier(MovesTrees, ContinuesClassifiers, BaseTransferClassifier):
    _constraints = {
        "method": tuple(METHODS),
        "bootstrap": BOOLEAN,
        "n_jobs": N_JOBS,
        "random_state": RANDOM_STATE,
    }
    _held_out_loss = staticmethod(mean_log_loss)

    def __init__(
        self,
        source=None,
        *,
        method="mix",
        shrinkage="auto",
        bootstrap=True,
        per_source=False,
        n_jobs=None,
        random_state=0,
    ):
        self.source = source
        self.method = method
        self.shrinkage = shrinkage
        self.bootstrap = bootstrap
        self.per_source = per_source
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _default_source(self, X):
        return ExtraTreesClassifier(n_estimators=50, random_state=0)


class TransferForestRegressor(MovesTrees, ContinuesRegressors, BaseTransferRegressor):
    _constraints = {"bootstrap": BOOLEAN, "n_jobs": N_JOBS, "random_state": RANDOM_STATE}
    _held_out_loss = staticmethod(mean_squared_error)

    def __init__(
        self, source=None, *, shrinkage="auto", bootstrap=True, per_source=False, n_jobs=None, random_state=0
    ):
        self.source = source
        self.shrinkage = shrinkage
        self.bootstrap = bootstrap
        self.per_source = per_source
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _default_source(self, X):
        return ExtraTreesRegressor(n_estimators=50, min_samples_leaf=2, random_state=0)
