"""One more epoch for each kind of fitted model that can go on learning: gradient steps, counts, trees, a line.

A *stepper* begins at the source's fitted model, and never changes it; ``step()`` is one epoch over the target's rows,
``watched()`` the outputs for rows given at the start, ``outputs(X)`` for any rows. Outputs are class probabilities,
(n, n_classes), or predictions, (n, 1).
"""

from copy import deepcopy
from inspect import signature

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sktl._checks import check_answers
from sktl.base import source_log_proba
from sktl.domains import n_rows
from sktl.parameter._line import Line
from sktl.parameter._renewed import renewed_bayes, renewed_linear, renewed_network
from sktl.parameter._tree_sources import columns_in, names_checked

BAYES = (GaussianNB, MultinomialNB, BernoulliNB, ComplementNB)


def model_outputs(model, X, classes):
    """Outputs of a fitted model for rows: probabilities of ``classes``, 0 where it doesn't know one; or predictions."""
    with names_checked():
        if classes is None:
            outputs = np.asarray(model.predict(X), dtype=float).reshape(n_rows(X), -1)
        elif not hasattr(model, "predict_proba"):
            return np.exp(source_log_proba(model, X, classes))
        else:
            outputs = np.zeros((n_rows(X), len(classes)))
            outputs[:, columns_in(getattr(model, "classes_", classes), classes)] = model.predict_proba(X)
    check_answers(model, outputs)
    return outputs


class Stepper:
    """A model that takes steps by ``partial_fit`` as it is: no rate to choose."""

    rates = (np.nan,)

    def __init__(self, model, X, y, weights, classes, rate, seed, watched):
        self.X, self.y, self.weights, self.classes, self.rate, self.seed = X, y, weights, classes, rate, seed
        self._rows = watched
        self.model = self._begin(model)

    def _begin(self, model):
        """The model to go on with: a copy of the source's."""
        return deepcopy(model)

    def step(self):
        """One epoch over the rows."""
        takes_weights = "sample_weight" in signature(self.model.partial_fit).parameters
        with names_checked():
            self.model.partial_fit(self.X, self._labels(), **({"sample_weight": self.weights} if takes_weights else {}))

    def _labels(self):
        return self.y if self.classes is None else self.classes[self.y]

    def outputs(self, X):
        """Outputs for any rows."""
        return model_outputs(self.model, X, self.classes)

    def watched(self):
        """Outputs for the rows given at the start."""
        return self.outputs(self._rows)

    def forget(self):
        """Let go of the rows, so that a fitted model holds none of the target's."""
        self.X = self.y = self.weights = self._rows = None

    def knows_all(self, model):
        """Whether the source knows every class."""
        return self.classes is None or len(model.classes_) == len(self.classes)


class LinearSteps(Stepper):
    """Stochastic gradient steps of a constant size: ``rate`` over the largest squared length of a row."""

    rates = (0.01, 0.1, 1.0)

    def _begin(self, model):
        squares = self.X.multiply(self.X) if hasattr(self.X, "multiply") else np.square(self.X)
        # a step of 1 / |x|^2 fits one row of squared loss at once, and below 2 / |x|^2 none makes its own row worse
        step = self.rate / (1 + squares.sum(axis=1).max())
        model = deepcopy(model) if self.knows_all(model) else renewed_linear(model, self)
        model.set_params(learning_rate="constant", eta0=step, early_stopping=False, random_state=self.seed)
        # partial_fit refuses "balanced"
        return model.set_params(class_weight=None) if self.classes is not None else model


class NetworkSteps(Stepper):
    """Adam's (or SGD's) steps of a network that starts at the source's weights, by a fresh optimiser of step ``rate``.

    The source's own optimiser would go on at the step that it ended with.
    """

    rates = (0.0003, 0.001, 0.003, 0.01)  # round Adam's usual 0.001

    def _begin(self, model):
        return renewed_network(model, self)


class BayesSteps(Stepper):
    """Counts of the target added to the source's: an epoch's weigh ``rate`` times all of the source's."""

    rates = (0.001, 0.01, 0.1, 1.0)  # from next to nothing to as much as all of the source's

    def _begin(self, model):
        copy = deepcopy(model) if self.knows_all(model) else renewed_bayes(model, self)
        self.weights = self.weights * (self.rate * np.sum(model.class_count_) / self.weights.sum())
        return copy


class BoostingSteps(Stepper):
    """One more tree by scikit-learn's warm start, with the source's own learning rate and depth."""

    def _begin(self, model):
        # early stopping of its own would end the path
        return deepcopy(model).set_params(warm_start=True, n_iter_no_change=None, random_state=self.seed)

    def step(self):
        """One more stage."""
        self.model.set_params(n_estimators=self.model.n_estimators + 1)
        with names_checked():
            self.model.fit(self.X, self._labels(), sample_weight=self.weights)


def stepper_for(model, y, classes):
    """Return the kind of stepper for a fitted model and the labels (codes or numbers) at hand."""
    knows_all = classes is None or len(getattr(model, "classes_", ())) == len(classes)
    if isinstance(model, (SGDClassifier, SGDRegressor)):
        return LinearSteps
    if isinstance(model, (MLPClassifier, MLPRegressor)):
        return NetworkSteps
    if isinstance(model, BAYES):
        return BayesSteps
    if isinstance(model, (GradientBoostingClassifier, GradientBoostingRegressor)) and knows_all:
        # a warm start takes the classes from its rows: all must be there
        return BoostingSteps if classes is None or len(np.unique(y)) == len(classes) else LineSteps
    return Stepper if hasattr(model, "partial_fit") and knows_all else LineSteps


class LineSteps(Stepper):
    """One more gradient step of a factor and a linear function, added to the source's scores: for any model."""

    # of the step that can't overshoot: the whole of it, and a third for a finer path
    rates = (0.3, 1.0)

    def _begin(self, model):
        self.source = model
        return Line(self, model_outputs)

    def forget(self):
        """Let go of the rows, and of the scores kept for them."""
        super().forget()
        self.model.forget()

    def step(self):
        """One more step."""
        self.model.step()

    def outputs(self, X):
        """Outputs for any rows."""
        return self.model.outputs(X)

    def watched(self):
        """Outputs for the rows given at the start, from scores kept up to date."""
        return self.model.watched()
