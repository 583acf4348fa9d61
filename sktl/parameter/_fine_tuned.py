"""Go on with a fitted model on the target's rows, as far as rows held out say that it pays."""

from dataclasses import dataclass
from functools import partial
from numbers import Integral

import numpy as np
from sklearn.base import is_classifier
from sklearn.linear_model import LogisticRegression, Ridge

from sktl._checks import FOLDS, RANDOM_STATE, Interval
from sktl.base import BaseParameterTransfer, BaseTransferClassifier, BaseTransferRegressor
from sktl.domains import draw_rows
from sktl.parameter import _continued
from sktl.parameter._continued import most_cautious, row_losses, spread_folds
from sktl.parameter._steps import model_outputs, steppers_for
from sktl.parameter._tree_sources import mapped, taken_apart

__all__ = ["FineTunedClassifier", "FineTunedRegressor"]


@dataclass
class Continued:
    """The steps in front, the source's last model, and the stepper that went on with it (None: nothing was gained).

    ``tries`` are kinds of steps with their rates, ``paths`` (n_tries, max_epochs + 1) their losses held out, NaN once
    they stop.
    """

    front: object
    model: object
    classes: np.ndarray | None
    tries: tuple = ()
    paths: np.ndarray = None
    stepper: object = None
    rate: float = np.nan
    n_epochs: int = 0

    def outputs(self, X):
        """Outputs for rows, (n_samples, n_outputs)."""
        X = mapped(self.front, X)
        return model_outputs(self.model, X, self.classes) if self.stepper is None else self.stepper.outputs(X)


CONSTRAINTS = {
    "learning_rate": ("auto", Interval(low=0, closed="neither")),
    "max_epochs": (Interval(Integral, 0),),
    "n_iter_no_change": (Interval(Integral, 1),),
    "n_folds": FOLDS,
    "random_state": RANDOM_STATE,
}


def go_on(self, name, model, X, y, weights, rng):
    """Return (the model gone on with, its loss on rows held out)."""
    front, model = taken_apart(model)
    part = Continued(front, model, self.classes_ if is_classifier(self) else None)
    if len(y) < 2 or not self.max_epochs:  # no row can be held out: nothing speaks against the source
        return part, 0.0
    X, seed = mapped(front, X), int(rng.integers(2**31))
    part.tries = [
        (kind, rate) for kind in steppers_for(model, y, part.classes) for rate in _rates(kind, self.learning_rate)
    ]
    # one seed: paths differ by their steps and rate alone
    begin = partial(_begin, model, X, y, weights, part.classes, seed)
    losses = np.array([_path(self, partial(begin, *way), model, X, y, weights, part.classes) for way in part.tries])
    part.paths = np.average(losses, axis=2, weights=weights)
    # points from the longest path to the source itself: of those as good as the best the shortest
    points = [(r, t) for t in range(self.max_epochs, -1, -1) for r in range(len(part.tries))]
    points = [point for point in points if not np.isnan(part.paths[point])]
    chosen, loss = most_cautious(np.array([losses[point] for point in points]), weights)
    best, part.n_epochs = points[chosen]
    if part.n_epochs:
        kind, part.rate = part.tries[best]
        # from the source again, on all rows; one must be watched
        part.stepper = begin(kind, part.rate, np.arange(len(y)), X[:1])
        for _ in range(part.n_epochs):
            part.stepper.step()
        part.stepper.forget()
    return part, loss


def _rates(kind, learning_rate):
    """Rates to try: the kind's own, or the one asked for where the kind has one."""
    return kind.rates if learning_rate == "auto" or np.isnan(kind.rates[0]) else (learning_rate,)


def _begin(model, X, y, weights, classes, seed, kind, rate, kept, watched):
    """A stepper at the source's model, for the rows ``kept``."""
    return kind(model, draw_rows(X, kept), y[kept], weights[kept], classes, rate, seed, watched)


def _path(self, begin, model, X, y, weights, classes):
    """Losses of the rows, held out, after each epoch, (max_epochs + 1, n): folds go in step, NaN once they stop."""
    folds = spread_folds(y, self.n_folds)
    outs = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    steppers = [begin(np.flatnonzero(~np.isin(np.arange(len(y)), out)), draw_rows(X, out)) for out in outs]
    losses, said = np.full((self.max_epochs + 1, len(y)), np.nan), model_outputs(model, X, classes)
    losses[0] = row_losses(self, said, y)
    for epoch in range(1, self.max_epochs + 1):
        for out, stepper in zip(outs, steppers, strict=True):
            stepper.step()
            said[out] = stepper.watched()
        losses[epoch] = row_losses(self, said, y)
        # folds stop together, so that the loss of each epoch is over all rows
        if epoch - np.argmin(losses[: epoch + 1] @ weights) >= self.n_iter_no_change:
            break
    return losses


def history(self):
    """Loss on rows held out by source, learning rate and epoch: a dict of columns, to plot."""
    columns = {name: [] for name in ("source", "steps", "learning_rate", "epoch", "held_out_loss")}
    for (name, _), part in zip(self.sources_, self.models_, strict=True):
        for (kind, rate), path in zip(part.tries, part.paths if part.tries else (), strict=True):
            epochs = np.flatnonzero(~np.isnan(path))
            rows = *([value] * len(epochs) for value in (name, kind.noun, rate)), epochs, path[epochs]
            for column, values in zip(columns.values(), rows, strict=True):
                column.extend(values)
    return {name: np.array(column) for name, column in columns.items()}


def epochs(self):
    """Epochs that each source went on for, (n_sources,)."""
    return np.array([part.n_epochs for part in self.models_])


def rates(self):
    """Learning rate of each source's epochs, (n_sources,)."""
    return np.array([part.rate for part in self.models_])


class FineTunedClassifier(BaseParameterTransfer, BaseTransferClassifier):
    r"""Go on with a fitted source model on the target's rows, for as many epochs as pay on rows held out.

    Training starts at the source and takes t epochs at the rate :math:`\eta` over the labelled target rows. Both are
    chosen by the log-loss on target rows held out in folds: of the points as good as the best, up to half a standard
    error, the one of fewest epochs, so that t = 0 is the source as it is. What an epoch is depends on the model:

    - ``SGDClassifier``, ``Perceptron``: a pass of gradient steps of constant size, :math:`\eta / \max_i (1 + |x_i|^2)`,
      so that the rate has no unit of X;
    - ``MLPClassifier``: a pass by a fresh optimiser of step :math:`\eta`, from the source's weights; its output layer
      gets more columns where the target has other classes;
    - ``GaussianNB``, ``MultinomialNB``, ``BernoulliNB``, ``ComplementNB``: the target's counts, weighing :math:`\eta`
      times all of the source's;
    - ``GradientBoostingClassifier``: one more tree by its warm start, with its own rate and depth;
    - another model with ``partial_fit``: one call of it;
    - any other model (histogram boosting, forests, LightGBM, XGBoost, ...): one more tree of depth 2, times
      :math:`\eta`, on the gradient of the loss at the source's log-odds.

    It *helps* where the source is near the truth and a few dozen rows show what is amiss. Accuracy in %, one draw, a
    logistic regression gone on with: heart disease at four sites 78.8 / 81.1 at 10 / 50 labels (as it was 76.1, the
    target's own 73.0 / 79.9), adult by sex, race and country 86.4 / 87.2 (86.7, 82.5 / 83.5), seven mixed tables 75.0
    at 50 (74.4, 70.5). Histogram boosting 78.2 / 78.9 on heart disease (75.5): no better than the target's own logistic
    regression at 50 labels. It *hurts* little beside the source, since no epoch is taken that rows held out do not ask
    for; beside the target's own model it may where the source is poor and the classes are many, as for other members
    on digits (it was not measured there), and small trees are slow then.

    Parameters
    ----------
    source : classifier or list of (name, model) pairs, default=None
        What the target starts from. Fitted, it is kept as it is, and all rows of ``fit`` are target rows; unfitted, a
        clone is fitted on the labelled source rows first. Of a Pipeline the last step goes on, and the steps before it
        stay. Several are averaged by ``source_weights_``. None: ``LogisticRegression()``.
    learning_rate : float or "auto", default="auto"
        The rate :math:`\eta`, above 0, where the model's epochs have one. "auto": the best of three or four.
    max_epochs : int, default=50
        Most epochs t. 0: the source as it is.
    n_iter_no_change : int, default=5
        Epochs without a smaller loss held out after which a rate is given up.
    n_folds : int, default=5
        Folds of the target's rows, at least 2; each class is spread over them.
    per_source : bool, default=False
        For an unfitted source: one model a source domain instead of one for their pool.
    random_state : int, RandomState instance or None, default=0
        Seeds the order of gradient steps, new weights and trees.

    Attributes
    ----------
    sources_ : list of (name, model) pairs
        The fitted source models, unchanged.
    source_weights_ : ndarray of shape (n_sources,)
        Share of each source in the answer, from the likelihood of the target's rows held out. They sum to 1.
    models_ : list
        What became of each source; each has ``outputs``.
    learning_rate_ : ndarray of shape (n_sources,)
        Rate of each source's epochs, NaN where it has none (a property).
    n_epochs_ : ndarray of shape (n_sources,)
        Epochs that each source went on for (a property).
    history_ : dict of ndarrays
        Columns ``source``, ``learning_rate``, ``epoch`` and ``held_out_loss``, one entry a point tried (a property).
    classes_ : ndarray of shape (n_classes,)
        Classes that the source or the target knows, sorted.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    LeafRefitClassifier : Changes a forest's leaves instead of adding trees.
    sktl.parameter.HypothesisTransferClassifier : A model beside the source instead of more training.

    Notes
    -----
    *A fresh optimiser.* A fitted network's optimiser would go on at the step that it ended with; a new one starts from
    the weights in ``coefs_`` and ``intercepts_``.

    *Classes* that only the target has get outputs of their own (linear models, networks, naive Bayes) or trees that
    lift them from a probability of 1e-3; those that only the source has stay.

    *Cost.* An epoch a fold, rate and step of the path: for 50 labels up to 1,000 small epochs, a second or less for
    linear models and trees.

    References
    ----------
    .. [1] J. Yosinski, J. Clune, Y. Bengio, H. Lipson (2014). How transferable are features in deep neural networks?
       NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import SGDClassifier
    >>> from sktl.parameter import FineTunedClassifier
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(500, 2)), rng.normal(size=(230, 2))
    >>> old = SGDClassifier(loss='log_loss', random_state=0).fit(X, X[:, 0] > 0)
    >>> y_target = X_target[:, 0] > 0.7  # the target's rule differs
    >>> new = FineTunedClassifier(old).fit(X_target[:30], y_target[:30])
    >>> for model in (old, new):
    ...     print(f"{model.score(X_target[30:], y_target[30:]):.2f}")
    0.75
    0.99
    """

    _constraints = CONSTRAINTS

    def __init__(
        self,
        source=None,
        *,
        learning_rate="auto",
        max_epochs=50,
        n_iter_no_change=5,
        n_folds=5,
        per_source=False,
        random_state=0,
    ):
        self.source = source
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.n_iter_no_change = n_iter_no_change
        self.n_folds = n_folds
        self.per_source = per_source
        self.random_state = random_state

    fit = _continued.fit
    predict_proba = _continued.predict_proba
    predict = _continued.predict_class
    _transfer = go_on
    history_ = property(history)
    n_epochs_ = property(epochs)
    learning_rate_ = property(rates)

    def __sklearn_tags__(self):
        return _continued.with_tags_of_sources(self, super().__sklearn_tags__())

    def _default_source(self, X):
        return LogisticRegression(max_iter=1000)


class FineTunedRegressor(BaseParameterTransfer, BaseTransferRegressor):
    r"""Go on with a fitted source model on the target's rows, for as many epochs as pay on rows held out.

    Training starts at the source and takes t epochs at the rate :math:`\eta` over the labelled target rows. Both are
    chosen by the squared error on target rows held out in folds: of the points as good as the best, up to half a
    standard error, the one of fewest epochs, so that t = 0 is the source as it is. What an epoch is depends on the
    model:

    - ``SGDRegressor``: a pass of gradient steps of constant size, :math:`\eta / \max_i (1 + |x_i|^2)`, so that the rate
      has no unit of X;
    - ``MLPRegressor``: a pass by a fresh optimiser of step :math:`\eta`, from the source's weights;
    - ``GradientBoostingRegressor``: one more tree by its warm start, with its own rate and depth;
    - another model with ``partial_fit``: one call of it;
    - any other model (histogram boosting, forests, LightGBM, XGBoost, ...): one more tree of depth 2, times
      :math:`\eta`, on the gradient of the loss at the source's predictions.

    It *helps* where the source is near the truth and a few dozen rows show what is amiss. It *hurts* little beside the
    source, since no epoch is taken that rows held out do not ask for; beside the target's own model it may where the
    source is poor. How often was not measured: of forests and gradient boosting :class:`LeafRefitRegressor` and
    :class:`TransferForestRegressor` were, and are the first to try.

    Parameters
    ----------
    source : regressor or list of (name, model) pairs, default=None
        What the target starts from. Fitted, it is kept as it is, and all rows of ``fit`` are target rows; unfitted, a
        clone is fitted on the labelled source rows first. Of a Pipeline the last step goes on, and the steps before it
        stay. Several are averaged by ``source_weights_``. None: ``Ridge()``.
    learning_rate : float or "auto", default="auto"
        The rate :math:`\eta`, above 0, where the model's epochs have one. "auto": the best of three or four.
    max_epochs : int, default=50
        Most epochs t. 0: the source as it is.
    n_iter_no_change : int, default=5
        Epochs without a smaller loss held out after which a rate is given up.
    n_folds : int, default=5
        Folds of the target's rows, at least 2; each range of y is spread over them.
    per_source : bool, default=False
        For an unfitted source: one model a source domain instead of one for their pool.
    random_state : int, RandomState instance or None, default=0
        Seeds the order of gradient steps, new weights and trees.

    Attributes
    ----------
    sources_ : list of (name, model) pairs
        The fitted source models, unchanged.
    source_weights_ : ndarray of shape (n_sources,)
        Share of each source in the answer, from the likelihood of the target's rows held out. They sum to 1.
    models_ : list
        What became of each source; each has ``outputs``.
    learning_rate_ : ndarray of shape (n_sources,)
        Rate of each source's epochs, NaN where it has none (a property).
    n_epochs_ : ndarray of shape (n_sources,)
        Epochs that each source went on for (a property).
    history_ : dict of ndarrays
        Columns ``source``, ``learning_rate``, ``epoch`` and ``held_out_loss``, one entry a point tried (a property).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    LeafRefitRegressor : Changes a forest's leaves instead of adding trees.
    sktl.parameter.HypothesisTransferRegressor : A model beside the source instead of more training.

    Notes
    -----
    *A fresh optimiser.* A fitted network's optimiser would go on at the step that it ended with; a new one starts from
    the weights in ``coefs_`` and ``intercepts_``.

    *One row* can't be held out: the source stays as it is.

    *Cost.* An epoch a fold, rate and step of the path: for 50 labels up to 1,000 small epochs, a second or less for
    linear models and trees.

    References
    ----------
    .. [1] J. Yosinski, J. Clune, Y. Bengio, H. Lipson (2014). How transferable are features in deep neural networks?
       NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import SGDRegressor
    >>> from sktl.parameter import FineTunedRegressor
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(500, 2)), rng.normal(size=(230, 2))
    >>> old = SGDRegressor(random_state=0).fit(X, X[:, 0])
    >>> y_target = X_target[:, 0] + X_target[:, 1]  # the target's rule differs
    >>> new = FineTunedRegressor(old).fit(X_target[:30], y_target[:30])
    >>> for model in (old, new):
    ...     print(f"{model.score(X_target[30:], y_target[30:]):.2f}")
    0.44
    1.00
    """

    _constraints = CONSTRAINTS

    def __init__(
        self,
        source=None,
        *,
        learning_rate="auto",
        max_epochs=50,
        n_iter_no_change=5,
        n_folds=5,
        per_source=False,
        random_state=0,
    ):
        self.source = source
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.n_iter_no_change = n_iter_no_change
        self.n_folds = n_folds
        self.per_source = per_source
        self.random_state = random_state

    fit = _continued.fit
    predict = _continued.predict_value
    _transfer = go_on
    history_ = property(history)
    n_epochs_ = property(epochs)
    learning_rate_ = property(rates)

    def __sklearn_tags__(self):
        return _continued.with_tags_of_sources(self, super().__sklearn_tags__())

    def _default_source(self, X):
        return Ridge()
