"""Scorers that look at a model's predictions for target rows, and use no labels."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, softmax, xlogy

from sktl._checks import Interval
from sktl._core.kernels import blocks
from sktl.domains import draw_rows
from sktl.metrics import mmd
from sktl.model_selection._scorer import REPRESENTATIONS, DomainScorer


def entropy(shares):
    """-sum p log p of each row."""
    return -xlogy(shares, shares).sum(axis=-1)


@dataclass(frozen=True)
class PredictionEntropyScorer(DomainScorer):
    """Minus the mean entropy of the class probabilities of target rows: how sure the model is.

    0 means complete certainty, -log(n_classes) none. *When it hurts*: a model that is sure and wrong scores best, and
    so does one that puts every target row into one class. On 30 real pairs its choice lost more than a point to the
    source alone on 80 %.

    See Also
    --------
    InformationMaximizationScorer : Also wants all classes used.

    References
    ----------
    .. [1] P. Morerio, J. Cavazza, V. Murino, "Minimal-entropy correlation alignment for unsupervised deep domain
       adaptation", ICLR 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection import PredictionEntropyScorer
    >>> X, y = np.array([[0.0], [1.0], [3.0], [4.0], [2.0]]), np.array([0, 0, 1, 1, np.nan])
    >>> round(PredictionEntropyScorer()(OnLabeled(LogisticRegression()).fit(X, y), X, y), 3)  # -log(2): a coin
    -0.693
    """

    _needs = ("target",)
    _of_classes = True

    def _score(self, rows):
        return -entropy(rows.probabilities(rows.domains.target)).mean()


@dataclass(frozen=True)
class InformationMaximizationScorer(DomainScorer):
    """Entropy of the mean prediction minus mean entropy of the predictions: sure of each row, and all classes used.

    The mutual information between row and predicted class: 0 to log(n_classes). *When it hurts*: the target's classes
    are of unequal size. On 30 real pairs its choice lost more than a point to the source alone on 83 %.

    See Also
    --------
    PredictionEntropyScorer : The second term alone.

    References
    ----------
    .. [1] Y. Shi, F. Sha, "Information-theoretical learning of discriminative clusters for unsupervised domain
       adaptation", ICML 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection import InformationMaximizationScorer
    >>> X, y = np.array([[0.0], [1.0], [30.0], [40.0], [-90.0], [99.0]]), np.array([0, 0, 1, 1, np.nan, np.nan])
    >>> round(InformationMaximizationScorer()(OnLabeled(LogisticRegression()).fit(X, y), X, y), 3)  # log(2)
    0.693
    """

    _needs = ("target",)
    _of_classes = True

    def _score(self, rows):
        shares = rows.probabilities(rows.domains.target)
        return entropy(shares.mean(axis=0)) - entropy(shares).mean()


@dataclass(frozen=True)
class SoftNeighborhoodDensityScorer(DomainScorer):
    r"""Soft neighbourhood density: whether target rows with similar predictions form dense groups.

    With f_i the predictions for the target rows (class probabilities), scaled to unit norm, and

    .. math:: P_{ij} = \exp(f_i^\top f_j / \tau) / \sum_{k \ne i} \exp(f_i^\top f_k / \tau), \quad j \ne i,

    the score is the mean over i of the entropy of P_i: large if each row has many near neighbours. It lies between 0
    and log(n - 1). *When it hurts*: a model that predicts the same for all rows scores best, right or wrong; in
    SKADA-Bench, and on our 30 real pairs (rank correlation -0.3), the score falls as the accuracy rises.

    Parameters
    ----------
    temperature : float > 0, default=0.05
        The paper's tau.

    Notes
    -----
    Cost: O(n^2 c) time for n target rows and c classes, O(n) memory (in blocks).

    References
    ----------
    .. [1] K. Saito, D. Kim, P. Teterwak, S. Sclaroff, T. Darrell, K. Saenko, "Tune it the right way: unsupervised
       validation of domain adaptation via soft neighborhood density", ICCV 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection import SoftNeighborhoodDensityScorer
    >>> X, y = np.array([[0.0], [9.0], [9.0], [9.0], [9.0]]), np.array([0, 1, np.nan, np.nan, np.nan])
    >>> round(SoftNeighborhoodDensityScorer()(OnLabeled(LogisticRegression()).fit(X, y), X, y), 3)  # log(2): all alike
    0.693
    """

    temperature: float = 0.05
    _constraints = {"temperature": (Interval(low=0, closed="neither"),)}
    _needs = ("target",)
    _of_classes = True

    def _score(self, rows):
        if rows.domains.target.sum() < 2:
            raise ValueError("SoftNeighborhoodDensityScorer needs at least two target rows; got 1.")
        answers = rows.probabilities(rows.domains.target)
        # unit norm, so that the temperature alone sets the scale
        return neighborhood_entropy(answers / np.linalg.norm(answers, axis=1, keepdims=True), self.temperature).mean()


def neighborhood_entropy(unit, temperature):
    """Entropy of each row's softmax over its similarities to the other rows, in blocks."""
    entropies = np.empty(len(unit))
    for rows in blocks(len(unit)):
        scores = unit[rows] @ unit.T / temperature
        scores[np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop)] = -np.inf
        total, shares = logsumexp(scores, axis=1), softmax(scores, axis=1)
        scores[shares == 0] = 0.0  # the row itself among them
        # log sum exp s - sum p s: no logarithm of shares that are 0 in doubles
        entropies[rows] = total - (shares * scores).sum(axis=1)
    return entropies


@dataclass(frozen=True)
class DiscrepancyScorer(DomainScorer):
    """Minus a distance between the domains after the pipeline's steps: how well they were brought together.

    Unbiased estimates, such as that of the squared MMD, can fall below 0 if the domains are alike: the score is then
    above 0. *When it hurts*: always, if used alone: a constant map has distance 0 and predicts nothing.

    Parameters
    ----------
    metric : callable, default=None
        Function of (X_source, X_target) that returns a float, such as those of :mod:`sktl.metrics`; None:
        :func:`sktl.metrics.mmd`.
    representation : {"auto", "input", "transformed"}, default="transformed"
        The rows compared: the rows of X ("input"), or what the pipeline's steps before the predictor make of them, each
        row through its own domain's map ("transformed"; all steps, if the last one is a transformer too). Steps inside
        ``OnLabeled`` do not count: ``OnLabeled(make_pipeline(scaler, model))`` is scored on its input. "auto": "input"
        if all rows are finite numbers, else "transformed".

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.metrics import mmd
    >>> from sktl.model_selection import DiscrepancyScorer
    >>> X, y = np.array([[0.0], [1.0], [3.0], [4.0], [2.0], [5.0]]), np.array([0, 0, 1, 1, np.nan, np.nan])
    >>> model = OnLabeled(LogisticRegression()).fit(X, y)
    >>> DiscrepancyScorer()(model, X, y) == -mmd(X[:4], X[4:])
    True
    """

    metric: object = None
    representation: str = "transformed"
    _constraints = {"metric": (None, callable), "representation": REPRESENTATIONS}
    _needs = ("source", "target")
    _asks_model = False

    def _score(self, rows):
        X, domains = rows.represent(self.representation), rows.domains
        samples = (draw_rows(X, np.flatnonzero(mask)) for mask in (domains.source, domains.target))
        return -float((mmd if self.metric is None else self.metric)(*samples))
