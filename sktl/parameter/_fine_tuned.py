"""Train a fitted model further on target rows, as long as held-out rows gain."""

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
from sktl.parameter._steps import model_outputs, stepper_for
from sktl.parameter._tree_sources import mapped, taken_apart

__all__ = ["FineTunedClassifier", "FineTunedRegressor"]


@dataclass
class Continued:
    """The steps in front, the source's last model, and the stepper that went on with it (None: nothing was gained).

    ``paths`` (n_rates, max_epochs + 1) are the losses held out, NaN after an early stop.
    """

    front: object
    model: object
    classes: np.ndarray | None
    rates: tuple = ()
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
    kind = stepper_for(model, y, part.classes)
    part.rates = kind.rates if self.learning_rate == "auto" or np.isnan(kind.rates[0]) else (self.learning_rate,)
    # one seed: paths differ by their rate alone
    begin = partial(_begin, kind, model, X, y, weights, part.classes, seed)
    losses = np.array([_path(self, begin, model, X, y, weights, part.classes, rate) for rate in part.rates])
    part.paths = np.average(losses, axis=2, weights=weights)
    # points from the longest path to the source itself: of those as good as the best the shortest
    points = [(r, t) for t in range(self.max_epochs, -1, -1) for r in range(len(part.rates))]
    points = [point for point in points if not np.isnan(part.paths[point])]
    chosen, loss = most_cautious(np.array([losses[point] for point in points]), weights)
    best, part.n_epochs = points[chosen]
    if part.n_epochs:
        part.rate = part.rates[best]
        # from the source again, on all rows; one must be watched
        part.stepper = begin(np.arange(len(y)), part.rate, X[:1])
        for _ in range(part.n_epochs):
            part.stepper.step()
        part.stepper.forget()
    return part, loss


def _begin(kind, model, X, y, weights, classes, seed, kept, rate, watched):
    """A stepper at the source's model, for the rows ``kept``."""
    return kind(model, draw_rows(X, kept), y[kept], weights[kept], classes, rate, seed, watched)


def _path(self, begin, model, X, y, weights, classes, rate):
    """Losses of the rows, held out, after each epoch, (max_epochs + 1, n): folds go in step, NaN once they stop."""
    folds = spread_folds(y, self.n_folds)
    outs = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    steppers = [begin(np.flatnonzero(~np.isin(np.arange(len(y)), out)), rate, draw_rows(X, out)) for out in outs]
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
    columns = {name: [] for name in ("source", "learning_rate", "epoch", "held_out_loss")}
    for (name, _), part in zip(self.sources_, self.models_, strict=True):
        for rate, path in zip(part.rates, part.paths if len(part.rates) else (), strict=True):
            epochs = np.flatnonzero(~np.isnan(path))
            rows = [name] * len(epochs), [rate] * len(epochs), epochs, path[epochs]
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
    r"""Train a fitted source model further on target rows, for as many epochs as held-out rows support.

    Training starts from the source model and runs t epochs at learning rate :math:`\eta` over the labelled target rows.
    Both are chosen by the log-loss of held-out folds of target rows: among the points within half a standard error of
    the best, the one with the fewest epochs. t = 0 is the source as it is. What an epoch is depends on the model:

    - ``SGDClassifier``, ``Perceptron``: a pass of gradient steps of constant size, :math:`\eta / \max_i (1 + |x_i|^2)`,
      so that the rate does not depend on the units of X;
    - ``MLPClassifier``: a pass of a new optimiser with step :math:`\eta`, from the source's weights; the output layer
      grows for classes that only the target has;
    - ``GaussianNB``, ``MultinomialNB``, ``BernoulliNB``, ``ComplementNB``: the target's counts are added, with
      :math:`\eta` times the total weight of the source's;
    - ``GradientBoostingClassifier``: one more tree by its ``warm_start``, with its own learning rate and depth;
    - another model with ``partial_fit``: one call of it;
    - any other model (histogram boosting, forests, logistic regression, LightGBM, XGBoost, ...): its log-odds s become
      :math:`s + a\,s / (3 \sqrt{K}) + b + w^\top z / \sqrt{d}`, with standardised columns z and K scores; an epoch is
      an accelerated gradient step of (a, b, w) from zero, of size :math:`\eta` over a bound of the curvature.

    It *helps* where the source is nearly right and a few dozen rows show what to correct. Accuracy in % at 10 / 50
    labels, mean of 20 draws (``benchmarks/few_shot.py``): heart disease at four sites, each from the others, source
    boosted trees 78.8 / 80.7 (the source 74.9 / 74.6, the target's own logistic regression 74.1 / 79.1), source
    logistic regression 80.0 / 81.9; adult by country, education and marital status 89.8 / 90.9 (89.5 / 89.6, 87.7 /
    87.8). It *hurts* little compared with the source, since epochs are added only if held-out rows improve; at one site
    of four (hungarian) it is 1.6 points behind the target's own model at 50 labels, since boosted trees are a poor
    source there. Over a data set it loses nowhere to it (digits 76.2 against 72.8, newsgroups 89.5, 85.3). Naive Bayes
    is a poor start: its log-loss falls while its accuracy falls too (``benchmarks/continued.py``, heart disease at 10
    labels 74.6, as it is 77.3).

    Parameters
    ----------
    source : classifier or list of (name, model) pairs, default=None
        The model to start from. A fitted one is used as it is, and all rows of ``fit`` are target rows; of an unfitted
        one a clone is fitted on the labelled source rows first. In a Pipeline the last step is trained further, and the
        steps before it stay as they are. Several sources are averaged by ``source_weights_``. None:
        ``LogisticRegression()``.
    learning_rate : float or "auto", default="auto"
        The rate :math:`\eta`, above 0, where the model's epochs have one. "auto": the best of two to four.
    max_epochs : int, default=50
        Largest number of epochs t. 0 keeps the source as it is.
    n_iter_no_change : int, default=5
        A learning rate is dropped after this many epochs without a smaller held-out loss.
    n_folds : int, default=5
        Folds of the target's rows, at least 2; each class is spread over them.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.
    random_state : int, RandomState instance or None, default=0
        Seeds the order of gradient steps, new weights and trees.

    Attributes
    ----------
    sources_ : list of (name, model) pairs
        The fitted source models, unchanged.
    source_weights_ : ndarray of shape (n_sources,)
        Weight of each source in the prediction, by the likelihood of held-out target rows. They sum to 1.
    models_ : list
        The adapted model of each source, with a method ``outputs``.
    learning_rate_ : ndarray of shape (n_sources,)
        Learning rate chosen for each source, NaN for models without one.
    n_epochs_ : ndarray of shape (n_sources,)
        Number of epochs that each source was trained further.
    history_ : dict of ndarrays
        Columns ``source``, ``learning_rate``, ``epoch`` and ``held_out_loss``, one entry per point tried.
    classes_ : ndarray of shape (n_classes,)
        Classes that the source or the target knows, sorted.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    LeafRefitClassifier : Changes the values in a forest's leaves instead of adding trees.
    sktl.parameter.HypothesisTransferClassifier : Corrects the source by a second model instead of training it further.

    Notes
    -----
    *New optimiser.* A fitted network's own optimiser would continue with the step size that it ended with, so a new one
    starts from the weights in ``coefs_`` and ``intercepts_``.

    *Classes* that only the target has get new outputs (linear models, networks, naive Bayes), or rise from a
    probability of 1e-3. Classes that only the source has are kept.

    *Why no trees.* Small trees added to the source's log-odds cost 15 times as much and gained less: at 50 labels,
    three draws, source boosted trees, heart disease 80.6 against 81.4, adult 90.6 against 91.4 %.

    *Cost.* One epoch for each fold, learning rate and point of the path: up to 1,000 small epochs for 50 labels, a
    tenth of a second for linear functions, a second for networks.

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
    __sklearn_tags__ = _continued.sklearn_tags
    _transfer = go_on
    history_ = property(history)
    n_epochs_ = property(epochs)
    learning_rate_ = property(rates)

    def _default_source(self, X):
        return LogisticRegression(max_iter=1000)


class FineTunedRegressor(BaseParameterTransfer, BaseTransferRegressor):
    r"""Train a fitted source model further on target rows, for as many epochs as held-out rows support.

    Training starts from the source model and runs t epochs at learning rate :math:`\eta` over the labelled target rows.
    Both are chosen by the squared error of held-out folds of target rows: among the points within half a standard error
    of the best, the one with the fewest epochs. t = 0 is the source as it is. What an epoch is depends on the model:

    - ``SGDRegressor``: a pass of gradient steps of constant size, :math:`\eta / \max_i (1 + |x_i|^2)`, so that the rate
      does not depend on the units of X;
    - ``MLPRegressor``: a pass of a new optimiser with step :math:`\eta`, from the source's weights;
    - ``GradientBoostingRegressor``: one more tree by its ``warm_start``, with its own learning rate and depth;
    - another model with ``partial_fit``: one call of it;
    - any other model (histogram boosting, forests, ridge, LightGBM, XGBoost, ...): its predictions s become :math:`s +
      a u + b + w^\top z / \sqrt{d}`, with standardised columns z and standardised predictions u; an epoch is an
      accelerated gradient step of (a, b, w) from zero, of size :math:`\eta` over a bound of the curvature.

    It *helps* where the source is nearly right and a few dozen rows show what to correct: hourly counts of bikes (by
    year and season) and medical visits, source boosted trees, error over that of the target's own ridge at 10 / 50
    labels .46 / .57 (the source .51 / .68), fifteen mixed tables .79 / .90 (.82 / 1.00). It *hurts* little compared
    with the source, since epochs are added only if held-out rows improve; compared with the target's own model it may
    lose where the source is poor.

    Parameters
    ----------
    source : regressor or list of (name, model) pairs, default=None
        The model to start from. A fitted one is used as it is, and all rows of ``fit`` are target rows; of an unfitted
        one a clone is fitted on the labelled source rows first. In a Pipeline the last step is trained further, and the
        steps before it stay as they are. Several sources are averaged by ``source_weights_``. None: ``Ridge()``.
    learning_rate : float or "auto", default="auto"
        The rate :math:`\eta`, above 0, where the model's epochs have one. "auto": the best of two to four.
    max_epochs : int, default=50
        Largest number of epochs t. 0 keeps the source as it is.
    n_iter_no_change : int, default=5
        A learning rate is dropped after this many epochs without a smaller held-out loss.
    n_folds : int, default=5
        Folds of the target's rows, at least 2; each range of y is spread over them.
    per_source : bool, default=False
        For an unfitted source: fit one model per source domain instead of one on all source rows.
    random_state : int, RandomState instance or None, default=0
        Seeds the order of gradient steps, new weights and trees.

    Attributes
    ----------
    sources_ : list of (name, model) pairs
        The fitted source models, unchanged.
    source_weights_ : ndarray of shape (n_sources,)
        Weight of each source in the prediction, by the likelihood of held-out target rows. They sum to 1.
    models_ : list
        The adapted model of each source, with a method ``outputs``.
    learning_rate_ : ndarray of shape (n_sources,)
        Learning rate chosen for each source, NaN for models without one.
    n_epochs_ : ndarray of shape (n_sources,)
        Number of epochs that each source was trained further.
    history_ : dict of ndarrays
        Columns ``source``, ``learning_rate``, ``epoch`` and ``held_out_loss``, one entry per point tried.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    LeafRefitRegressor : Changes the values in a forest's leaves instead of adding trees.
    sktl.parameter.HypothesisTransferRegressor : Corrects the source by a second model instead of training it further.

    Notes
    -----
    *New optimiser.* A fitted network's own optimiser would continue with the step size that it ended with, so a new one
    starts from the weights in ``coefs_`` and ``intercepts_``.

    *A single row* can't be held out: the source stays as it is.

    *Cost.* One epoch for each fold, learning rate and point of the path: up to 1,000 small epochs for 50 labels, a
    tenth of a second for linear functions, a second for networks.

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

    __init__ = FineTunedClassifier.__init__

    fit = _continued.fit
    predict = _continued.predict_value
    __sklearn_tags__ = _continued.sklearn_tags
    _transfer = go_on
    history_ = property(history)
    n_epochs_ = property(epochs)
    learning_rate_ = property(rates)

    def _default_source(self, X):
        return Ridge()
