"""A source's decision tree, moved to the target by SER, STRUT or both (Segev et al. 2017)."""

from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sktl._checks import RANDOM_STATE
from sktl.base import BaseTransferClassifier, BaseTransferRegressor
from sktl.parameter._continued import ContinuesClassifiers, ContinuesRegressors, mean_log_loss, mean_squared_error
from sktl.parameter._tree_transfer import METHODS, MovesTrees

__all__ = ["TransferTreeClassifier", "TransferTreeRegressor"]


class TransferTreeClassifier(MovesTrees, ContinuesClassifiers, BaseTransferClassifier):
    _constraints = {"method": tuple(METHODS), "random_state": RANDOM_STATE}
    _held_out_loss = staticmethod(mean_log_loss)

    def __init__(self, source=None, *, method="mix", shrinkage="auto", per_source=False, random_state=0):
        self.source = source
        self.method = method
        self.shrinkage = shrinkage
        self.per_source = per_source
        self.random_state = random_state

    def _default_source(self, X):
        return DecisionTreeClassifier(min_samples_leaf=5, random_state=0)


class TransferTreeRegressor(MovesTrees, ContinuesRegressors, BaseTransferRegressor):
    _constraints = {"random_state": RANDOM_STATE}
    _held_out_loss = staticmethod(mean_squared_error)

    def __init__(self, source=None, *, shrinkage="auto", per_source=False, random_state=0):
        self.source = source
        self.shrinkage = shrinkage
        self.per_source = per_source
        self.random_state = random_state

    def _default_source(self, X):
        return DecisionTreeRegressor(min_samples_leaf=5, random_state=0)
