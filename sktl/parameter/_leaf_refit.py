"""Leaf refit: the structure of a source's trees stays, the values in the leaves move towards the target's rows."""

from sklearn.base import is_classifier
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from sktl._checks import Interval
from sktl._core.trees import class_values, mean_values
from sktl.base import BaseTransferClassifier, BaseTransferRegressor
from sktl.parameter._continued import ContinuesClassifiers, ContinuesRegressors, mean_log_loss, mean_squared_error
from sktl.parameter._refit_parts import check_boosted, is_boosted, refit_average, refit_boosted
from sktl.parameter._tree_sources import statistics_of, taken_apart, trees_of

__all__ = ["LeafRefitClassifier", "LeafRefitRegressor"]


class _RefitsLeaves:
    """What the two share: parameters, and the choice between averaged and boosted trees."""

    _constraints = {"shrinkage": ("auto", Interval(low=0), float("inf"))}

    def __init__(self, source=None, *, shrinkage="auto", per_source=False):
        self.source = source
        self.shrinkage = shrinkage
        self.per_source = per_source

    def _transfer(self, name, model, X, y, weights, rng):
        """Return (the part of one source, its loss held out), and note the shrinkage."""
        front, model = taken_apart(model)
        classes = getattr(self, "classes_", None) if is_classifier(self) else None

        def held_out_loss(outputs):
            return self._held_out_loss(outputs, y, weights)

        if is_boosted(model):
            check_boosted(name, model, classes)
            part, used, loss = refit_boosted(front, model, X, y, weights, classes, self.shrinkage, held_out_loss)
        else:
            trees, statistics = trees_of(name, model, classes), statistics_of(y, weights, classes)
            values = mean_values if classes is None else class_values
            part, used, loss = refit_average(front, trees, X, statistics, values, self.shrinkage, held_out_loss)
        part.shrinkage = used
        return part, loss

    @property
    def shrinkage_(self):
        """Rows that each source's values count as, (n_sources,)."""
        return [part.shrinkage for part in self.models_]


class LeafRefitClassifier(_RefitsLeaves, ContinuesClassifiers, BaseTransferClassifier):
    """Keep the structure of a source's trees, refit their leaves."""

    _held_out_loss = staticmethod(mean_log_loss)

    def _default_source(self, X):
        return ExtraTreesClassifier(min_samples_leaf=5, random_state=0)


class LeafRefitRegressor(_RefitsLeaves, ContinuesRegressors, BaseTransferRegressor):
    """Keep the structure of a source's trees, refit their leaves."""

    _held_out_loss = staticmethod(mean_squared_error)

    def _default_source(self, X):
        return ExtraTreesRegressor(min_samples_leaf=5, random_state=0)
